"""From a thousand digits: 0.96 of the test digits read with augmentation, 0.91 without.

A net that sees the same thousand digits over and over learns them by heart, to accuracy 1. Here a
generator hands `fit` each of them turned, scaled and shifted a little, never twice the same.

python examples/mnist_augmented.py                     # trains twice, some ten seconds
python examples/mnist_augmented.py --plot varied.png   # and draws what the net gets to see
"""

import argparse

import numpy as np

import autograd_lite as ag
import nn
from nn import layers
from nn.datasets import mnist

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--plot", metavar="FILE.png", help="draw varied digits, and both trainings")
parser.add_argument("--epochs", type=int, default=40)
parser.add_argument("--quick", action="store_true", help="one epoch on a few of the digits")
arguments = parser.parse_args()
if arguments.plot:
    from _plot import plt  # needs matplotlib, which nothing else here does

(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train, y_train = x_train[:1000].astype("float32") / 255, y_train[:1000]
x_test = x_test.astype("float32") / 255
if arguments.quick:
    arguments.epochs = 1
    x_train, y_train, x_test, y_test = (a[:256] for a in (x_train, y_train, x_test, y_test))
rng = np.random.default_rng(0)


def varied(images):
    """Each image turned by up to 15 degrees, scaled by up to 15 % and shifted by up to 2 pixels."""
    n, side, _ = images.shape
    angle = np.radians(rng.uniform(-15, 15, n))
    scale = rng.uniform(0.85, 1.15, n)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / scale
    grid = np.indices((side, side)).reshape(2, -1) - (side - 1) / 2
    # Where each new pixel lies in the old image, which gets a margin of paper.
    place = np.einsum("ijn,jp->inp", turn, grid) + rng.uniform(-2, 2, (2, n, 1)) + (side + 1) / 2
    place = np.clip(place, 0, side + 0.999)
    paper = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    (row, column), (down, right) = place.astype(int), place % 1
    i = np.arange(n)[:, None]
    above = (1 - right) * paper[i, row, column] + right * paper[i, row, column + 1]
    below = (1 - right) * paper[i, row + 1, column] + right * paper[i, row + 1, column + 1]
    return ((1 - down) * above + down * below).reshape(images.shape).astype(images.dtype)


def batches(change, size=50):
    """Batches without end, each pass over the digits in an order of its own."""
    while True:
        for rows in np.split(rng.permutation(len(x_train)), range(size, len(x_train), size)):
            yield change(x_train[rows]), y_train[rows]


def train(change):
    """A new net, trained on what `change` makes of the digits; its history."""
    ag.set_seed(0)
    model = nn.Sequential(
        [
            nn.Input((28, 28)),
            layers.Reshape((28, 28, 1)),
            layers.Conv2D(16, 5, strides=2, activation="relu"),
            layers.Conv2D(32, 3, strides=2, activation="relu"),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(10),
        ]
    )
    steps = -(-len(x_train) // 50)
    rate = nn.schedules.CosineDecay(2e-3, decay_steps=arguments.epochs * steps)
    loss = nn.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(nn.optimizers.Adam(learning_rate=rate), loss, metrics=["accuracy"])
    return model.fit(
        batches(change),
        steps_per_epoch=steps,
        epochs=arguments.epochs,
        validation_data=(x_test, y_test),
        validation_batch_size=500,
        validation_freq=5 if arguments.epochs > 5 else 1,
        verbose=0,
    ).history


histories = {"as they are": train(lambda images: images), "varied": train(varied)}
for name, history in histories.items():
    train_accuracy, accuracy = history["accuracy"][-1], history["val_accuracy"][-1]
    print(
        f"{name:12} accuracy: {train_accuracy:.4f} in training, {accuracy:.4f} on the test digits"
    )

if arguments.plot:
    figure = plt.figure(figsize=(10, 4.5), layout="constrained")
    left, right = figure.subfigures(1, 2)
    left.suptitle("a digit, and what the net sees of it")
    for cells, image in zip(left.subplots(5, 8), x_train, strict=False):
        shown = [image, *varied(np.repeat(image[None], 7, axis=0))]
        for axes, picture in zip(cells, shown, strict=True):
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_color("tab:orange" if picture is image else "0.85")
            axes.imshow(picture, cmap="gray_r")
    axes = right.subplots()
    for (name, history), color in zip(histories.items(), ("tab:orange", "tab:blue"), strict=True):
        values = history["val_accuracy"]
        epochs = np.arange(1, len(values) + 1) * (arguments.epochs // len(values))
        axes.plot(epochs, values, "o-", color=color, label=f"{name}: {values[-1]:.4f}")
    ticks = epochs[:: len(epochs) // 10 + 1]
    axes.set(title="accuracy on the test digits", xlabel="epoch", xticks=ticks)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, loc="lower right")
    figure.savefig(arguments.plot, dpi=120)
    print(f"wrote {arguments.plot}")
