"""What was learned on the digits 0 to 4 helps with 5 to 9: 0.85 are read instead of 0.77.

Nets see ten samples of each of the digits 5 to 9. One starts from nothing: it reads 0.771 of the
test digits. One keeps, frozen, the layers that were trained on all of 0 to 4, and learns only a new
head: 0.845. It then goes on to train those layers too, by small steps: 0.844, for so few samples
have no more to teach.

python examples/transfer.py    # half a minute
"""

import argparse

import numpy as np

import autograd_lite as ag
import nn
from nn import layers
from nn.datasets import mnist

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--each", type=int, default=10, help="samples of each new digit")
parser.add_argument("--quick", action="store_true", help="on a few of the digits")
arguments = parser.parse_args()

(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train = x_train.reshape((-1, 28, 28, 1)).astype("float32") / 255
x_test = x_test.reshape((-1, 28, 28, 1)).astype("float32") / 255
if arguments.quick:
    x_train, y_train, x_test, y_test = (a[:1000] for a in (x_train, y_train, x_test, y_test))

old, new = y_train < 5, y_test >= 5
few = np.concatenate([np.flatnonzero(y_train == d)[: arguments.each] for d in range(5, 10)])
x_few, y_few = x_train[few], y_train[few] - 5
x_new, y_new = x_test[new], y_test[new] - 5


def features():
    """Layers that make 800 numbers of an image."""
    return nn.Sequential(
        [
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.5),
        ],
        name="features",
    )


def train(base, x, y, rate, epochs, batch_size, head=None):
    """`base` and a head, a new one unless given, trained on x and y."""
    model = nn.Sequential([base, head or layers.Dense(5, activation="softmax", name="head")])
    model.compile(
        nn.optimizers.Adam(learning_rate=rate), "sparse_categorical_crossentropy", ["accuracy"]
    )
    model.fit(x, y, epochs=epochs, batch_size=batch_size, verbose=0)
    return model


def report(name, model):
    """Print how many numbers the model has to train, and its accuracy on 5 to 9."""
    count = sum(w.size for w in model.trainable_weights)
    _, accuracy = model.evaluate(x_new, y_new, batch_size=500, verbose=0)
    print(f"{name:12} {count:6,} weights trained, test accuracy on 5 to 9: {accuracy:.4f}")


ag.set_seed(0)
epochs = 2 if arguments.quick else 50
base = features()
train(base, x_train[old], y_train[old], 1e-3, epochs=1 if arguments.quick else 2, batch_size=64)

report("from nothing", train(features(), x_few, y_few, 1e-3, 2 * epochs, batch_size=10))

base.trainable = False
model = train(base, x_few, y_few, 1e-3, epochs, batch_size=10)
report("frozen", model)

base.trainable = True
head = model.get_layer("head")
report("fine-tuned", train(base, x_few, y_few, 2e-4, epochs, batch_size=10, head=head))
