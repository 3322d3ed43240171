"""A convolutional net reads digits: 0.992 of the test digits after three epochs.

python examples/mnist_cnn.py                   # three epochs, a minute
python examples/mnist_cnn.py --plot seen.png   # and draws what its layers see in a digit
"""

import argparse

import autograd_lite as ag
import nn
from nn import layers
from nn.datasets import mnist

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--plot", metavar="FILE.png", help="draw what the layers see in a digit")
parser.add_argument("--epochs", type=int, default=3)
parser.add_argument("--quick", action="store_true", help="one epoch on a few of the digits")
arguments = parser.parse_args()
if arguments.plot:
    from _plot import plt  # needs matplotlib, which nothing else here does

(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train = x_train.reshape((-1, 28, 28, 1)).astype("float32") / 255
x_test = x_test.reshape((-1, 28, 28, 1)).astype("float32") / 255
if arguments.quick:
    arguments.epochs = 1
    x_train, y_train, x_test, y_test = (a[:1000] for a in (x_train, y_train, x_test, y_test))

ag.set_seed(0)
model = nn.Sequential(
    [
        nn.Input((28, 28, 1)),
        layers.Conv2D(16, 5, activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(32, 5, activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(128, activation="relu"),
        layers.Dropout(0.3),
        layers.Dense(10, activation="softmax"),
    ]
)
model.summary()
rate = nn.schedules.CosineDecay(2e-3, decay_steps=arguments.epochs * -(-len(x_train) // 64))
optimizer = nn.optimizers.Adam(learning_rate=rate)
model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=arguments.epochs, batch_size=64)
loss, accuracy = model.evaluate(x_test, y_test, batch_size=256)
print(f"test accuracy: {accuracy:.4f}")

if arguments.plot:
    figure = plt.figure(figsize=(10, 3.6), layout="constrained")
    whole, *parts = figure.subfigures(1, 3, width_ratios=(2, 4, 4))
    whole.suptitle("a digit")
    axes = whole.subplots()
    axes.set_axis_off()
    axes.imshow(x_test[0], cmap="gray_r")
    for part, last in zip(parts, model.layers[1:4:2], strict=True):
        first_layers = nn.Model(model.inputs, last.output)
        maps = first_layers.predict(x_test[:1], verbose=0)[0]
        part.suptitle(f"after {last.name}: {maps.shape}")
        columns = 4 if maps.shape[-1] == 16 else 8
        for axes, channel in zip(part.subplots(4, columns).flat, maps.T, strict=True):
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_color("0.85")
            axes.imshow(channel.T, cmap="gray_r")
    figure.savefig(arguments.plot, dpi=120)
    print(f"wrote {arguments.plot}")
