"""Regression that stops by itself: an error of 1.19 where noise alone makes 1, least squares 2.63.

Friedman's test (1991): ten numbers of which five matter, and noise of deviation 1. The numbers come
in units of their own, from 0.0001 to 100,000, so the net begins with a Normalization layer.

python examples/regression.py                   # some hundred epochs, five seconds
python examples/regression.py --plot fit.png    # and draws the curves, and predictions
"""

import argparse

import numpy as np

import autograd_lite as ag
import nn
from nn import layers

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--plot", metavar="FILE.png", help="draw the curves, and predictions")
parser.add_argument("--epochs", type=int, default=500, help="at most")
parser.add_argument("--quick", action="store_true", help="three epochs")
arguments = parser.parse_args()
if arguments.plot:
    from _plot import plt  # needs matplotlib, which nothing else here does

rng = np.random.default_rng(0)
UNITS = 10.0 ** np.arange(-4, 6)


def samples(n):
    """Rows of ten numbers, and what Friedman's function makes of them, with noise."""
    x = rng.random((n, 10))
    a, b, c, d, e = x.T[:5]
    y = 10 * np.sin(np.pi * a * b) + 20 * (c - 0.5) ** 2 + 10 * d + 5 * e
    return x * UNITS, y + rng.standard_normal(n)


x_train, y_train = samples(2000)
x_test, y_test = samples(10000)

ag.set_seed(0)
normalize = layers.Normalization()
normalize.adapt(x_train)
model = nn.Sequential(
    [
        normalize,
        layers.Dense(64, activation="gelu"),
        layers.Dense(64, activation="gelu"),
        layers.Dense(1),
    ]
)
model.compile(
    nn.optimizers.AdamW(learning_rate=2e-3, weight_decay=0.01),
    "mse",
    metrics=[nn.metrics.RootMeanSquaredError(name="rmse")],
)
stop = nn.callbacks.EarlyStopping("val_rmse", patience=20, restore_best_weights=True)
history = model.fit(
    x_train,
    y_train,
    validation_split=0.2,
    epochs=3 if arguments.quick else arguments.epochs,
    callbacks=[stop],
    verbose=0,
).history
print(f"{len(history['loss'])} epochs, the best {stop.best_epoch + 1}: rmse {stop.best:.3f}")

# The best that sums of the ten numbers can do.
ones = np.ones((len(x_train), 1))
line = np.linalg.lstsq(np.hstack([x_train / UNITS, ones]), y_train)[0]
straight = x_test / UNITS @ line[:-1] + line[-1]
predicted = model.predict(x_test, verbose=0)[:, 0]
for name, guess in (("the net", predicted), ("least squares", straight)):
    print(f"{name:14} test rmse {np.sqrt(np.mean((guess - y_test) ** 2)):.3f}")

if arguments.plot:
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.4), layout="constrained")
    epochs = np.arange(1, len(history["loss"]) + 1)
    left.semilogy(epochs, history["rmse"], label="in training")
    left.semilogy(epochs, history["val_rmse"], label="of validation")
    left.axhline(1, color="0.4", linestyle=":", label="the noise")
    left.axvline(stop.best_epoch + 1, color="tab:red", linewidth=1, label="best epoch")
    left.set(title="root mean squared error", xlabel="epoch", yticks=(1, 2, 5, 10))
    left.xaxis.get_major_locator().set_params(integer=True)
    left.yaxis.set_major_formatter("{x:g}")
    left.yaxis.set_minor_formatter("")
    for guess, color, label in (
        (straight, "0.75", "least squares"),
        (predicted, "tab:blue", "the net"),
    ):
        right.plot(y_test[:1000], guess[:1000], ".", color=color, markersize=3, label=label)
    right.axline((10, 10), slope=1, color="0.2", linewidth=1)
    right.set(title="test samples", xlabel="measured", ylabel="predicted")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    figure.savefig(arguments.plot, dpi=120)
    print(f"wrote {arguments.plot}")
