"""Keras' first program, on autograd_lite: two layers learn to read digits to about 98 %.

python examples/mnist.py                        # five epochs, some ten seconds
python examples/mnist.py --plot digits.png      # and draws its curves and mistakes
"""

import argparse

import nn
from nn import layers
from nn.datasets import mnist

parser = argparse.ArgumentParser(description="Train a two-layer net on MNIST.")
parser.add_argument("--epochs", type=int, default=5)
parser.add_argument("--plot", metavar="FILE.png", help="draw curves and wrongly read digits")
parser.add_argument("--quick", action="store_true", help="one epoch on a twentieth of the digits")
arguments = parser.parse_args()
if arguments.plot:
    from _plot import plot  # needs matplotlib, which nothing else here does

(train_images, train_labels), (test_images, test_labels) = mnist.load_data()
model = nn.Sequential(
    [
        layers.Dense(512, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer="rmsprop", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
train_images = train_images.reshape((60000, 28 * 28)).astype("float32") / 255
test_images = test_images.reshape((10000, 28 * 28)).astype("float32") / 255
if arguments.quick:
    arguments.epochs, train_images, train_labels = 1, train_images[:3000], train_labels[:3000]
history = model.fit(train_images, train_labels, epochs=arguments.epochs, batch_size=128)
predictions = model.predict(test_images[0:10])
print("predicted:", predictions.argmax(axis=1), "labels:", test_labels[0:10])
test_loss, test_acc = model.evaluate(test_images, test_labels)
print(f"test_acc: {test_acc}")

if arguments.plot:
    plot(arguments.plot, history, test_images, test_labels, model.predict(test_images))
