"""Writes callbacks.npz: what Keras' callbacks do with values of ours.

Run by hand where Keras and PyTorch are installed::

    KERAS_BACKEND=torch python tests/reference/make_callbacks.py

A case is named after itself, `EarlyStopping {"patience": 2}` being a class and its settings, and is
run with each row of `values`, one an epoch. What is kept, one under the other, is for each epoch
until training was stopped a row with the numbers in `watched`, and then one with the weights, which
are the epoch's number.
"""

import json
from pathlib import Path

import numpy as np

ROWS, EPOCHS = 12, 14
STOPPING = [
    {"patience": 0},
    {"patience": 2, "restore_best_weights": True},
    {"patience": 2, "mode": "max", "restore_best_weights": True},
    {"patience": 1, "min_delta": 0.25},
    {"patience": 3, "baseline": 0.5, "restore_best_weights": True},
    {"patience": 2, "start_from_epoch": 4, "restore_best_weights": True},
    {"patience": 1, "start_from_epoch": 2, "mode": "max", "baseline": 0.25},
]
PLATEAU = [
    {"patience": 0},
    {"patience": 2, "factor": 0.5},
    {"patience": 1, "cooldown": 2, "factor": 0.5},
    {"patience": 1, "mode": "max", "min_delta": 0.25},
    {"patience": 1, "factor": 0.25, "min_lr": 0.0625},
]
SAVING = [
    {"save_best_only": True},
    {"save_best_only": True, "mode": "max"},
    {"save_best_only": True, "initial_value_threshold": 0.5},
    {"save_best_only": True, "mode": "max", "initial_value_threshold": 0.5},
    {},
]
ALL = {"EarlyStopping": STOPPING, "ReduceLROnPlateau": PLATEAU, "ModelCheckpoint": SAVING}


class Optimizer:
    """As much of one as a callback sees."""

    learning_rate = 0.5
    schedule = None


class Model:
    """As much of one as a callback sees. Its weights are the number of the epoch."""

    metrics = ()
    stop_training = validating = False

    def __init__(self):
        self.optimizer, self.epoch, self.saved = Optimizer(), -1, 0

    def get_weights(self):
        """The number."""
        return self.epoch

    def set_weights(self, weights):
        """Take it back."""
        self.epoch = weights

    def save_weights(self, filepath, overwrite=True):
        """Count."""
        self.saved += 1


def watched(callback, model):
    """What there is to see after an epoch."""
    names = ("wait", "best_epoch", "cooldown_counter")
    numbers = [getattr(callback, name, 0) for name in names]
    best = getattr(callback, "best", None)
    best = np.nan if best is None or np.isinf(best) else float(best)
    return [*numbers, best, model.saved, model.optimizer.learning_rate, model.stop_training]


def run(kind, settings, values, path):
    """A row for each epoch, and one for the end."""
    settings = {"monitor": "watched", "mode": "min"} | settings
    if kind.__name__ == "ModelCheckpoint":
        settings |= {"filepath": path, "save_weights_only": True}
    callback, model, rows = kind(**settings), Model(), []
    if hasattr(callback, "set_model"):
        callback.set_model(model)
    else:
        callback.model = model
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        callback.on_epoch_begin(epoch)
        model.epoch = epoch
        callback.on_epoch_end(epoch, {"watched": float(value)})
        rows.append(watched(callback, model))
        if model.stop_training:
            break
    callback.on_train_end()
    return np.array([*rows, [model.epoch, 0, 0, 0, 0, 0, 0]], np.float64)


def main():
    """Write the file."""
    from keras import callbacks

    values = np.random.default_rng(0).integers(0, 9, (ROWS, EPOCHS)) / 8
    values += np.linspace(1, -1, ROWS)[:, None].round() * np.arange(EPOCHS) / 8
    found = {"values": values}
    for name, rows in ALL.items():
        for settings in rows:
            kind, path = getattr(callbacks, name), "a.weights.h5"
            runs = [run(kind, settings, row, path) for row in values]
            found[f"{name} {json.dumps(settings)}"] = np.concatenate(runs)
    np.savez_compressed(Path(__file__).with_name("callbacks.npz"), **found)


if __name__ == "__main__":
    main()
