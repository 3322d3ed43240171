"""Digits squeezed into 16 numbers and restored, with mean squared error 0.0106.

Principal components, the best that straight maps can do with 16 numbers, leave 0.0269.

python examples/autoencoder.py                     # ten epochs, half a minute
python examples/autoencoder.py --plot digits.png   # and draws digits in and out, and between
"""

import argparse

import numpy as np

import autograd_lite as ag
import nn
from nn import layers
from nn.datasets import mnist

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--plot", metavar="FILE.png", help="draw digits in and out, and between")
parser.add_argument("--numbers", type=int, default=16, help="in the middle")
parser.add_argument("--epochs", type=int, default=10)
parser.add_argument("--quick", action="store_true", help="one epoch on a few of the digits")
arguments = parser.parse_args()
if arguments.plot:
    from _plot import plt  # needs matplotlib, which nothing else here does

(x_train, _), (x_test, y_test) = mnist.load_data()
x_train, x_test = (x.reshape((-1, 784)).astype("float32") / 255 for x in (x_train, x_test))
if arguments.quick:
    arguments.epochs, x_train = 1, x_train[:2000]

ag.set_seed(0)
encoder = nn.Sequential(
    [
        nn.Input((784,)),
        layers.Dense(256, activation="relu"),
        layers.Dense(128, activation="relu"),
        layers.Dense(arguments.numbers),
    ],
    name="encoder",
)
decoder = nn.Sequential(
    [
        nn.Input((arguments.numbers,)),
        layers.Dense(128, activation="relu"),
        layers.Dense(256, activation="relu"),
        layers.Dense(784, activation="sigmoid"),
    ],
    name="decoder",
)
model = nn.Sequential([encoder, decoder])
model.compile("adam", "binary_crossentropy", metrics=["mse"])
model.fit(x_train, x_train, epochs=arguments.epochs, batch_size=128)

# What the best straight map can do with as many numbers: principal components.
mean = x_train.mean(axis=0)
_, directions = np.linalg.eigh(np.cov(x_train.T))
plane = directions[:, -arguments.numbers :]
flat = (x_test - mean) @ plane @ plane.T + mean
restored = model.predict(x_test, batch_size=1000, verbose=0)
for name, pictures in (("the net", restored), ("principal components", flat)):
    print(f"{name:21} mean squared error {np.mean((pictures - x_test) ** 2):.5f}")

if arguments.plot:
    figure = plt.figure(figsize=(10, 6.4), layout="constrained")
    above, below = figure.subfigures(2, 1)
    chosen = [np.flatnonzero(y_test == digit)[3] for digit in range(10)]
    above.suptitle(f"test digits, and what is restored from {arguments.numbers} numbers")
    rows = [x_test[chosen], restored[chosen], flat[chosen]]
    below.suptitle("decoded along the straight line from one digit's numbers to another's")
    codes = encoder.predict(x_test[chosen], verbose=0)
    way = np.linspace(0, 1, 10, dtype="float32")[:, None]
    pairs = [(3, 8), (4, 9), (1, 7)]
    between = [decoder.predict((1 - way) * codes[a] + way * codes[b], verbose=0) for a, b in pairs]
    names = ["digit", "net", "components"], [f"{a} to {b}" for a, b in pairs]
    for part, lines, titles in zip((above, below), (rows, between), names, strict=True):
        for cells, line, title in zip(part.subplots(3, 10), lines, titles, strict=True):
            cells[0].set_ylabel(title)
            for axes, picture in zip(cells, line, strict=True):
                axes.set(xticks=[], yticks=[])
                axes.spines[:].set_visible(False)
                axes.imshow(picture.reshape(28, 28), cmap="gray_r", vmin=0, vmax=1)
    figure.savefig(arguments.plot, dpi=120)
    print(f"wrote {arguments.plot}")
