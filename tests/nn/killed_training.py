"""A training that kills itself, for test_nn_resume.py: python killed_training.py FOLDER WHEN.

WHEN is `never`, `step:N`, `validation:N`, `epoch:N` (before the N-th such hook of this process
returns), `write:N` (in the middle of the N-th backup) or `rename:N` (just after it).
"""

import os
import signal
import sys
from pathlib import Path

import numpy as np

import autograd_lite as ag
import nn
from nn import callbacks


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def hooks(when, number):
    seen = 0

    def count(*_):
        nonlocal seen
        seen += 1
        if seen == number:
            die()

    names = {"step": "on_train_batch_end", "validation": "on_test_batch_end"}
    names |= {"epoch": "on_epoch_end", "never": "on_test_begin"}
    if when == "rename":
        replace = Path.replace
        Path.replace = lambda *args: (replace(*args), count())
    elif when == "write":
        fsync = os.fsync

        def half(descriptor):
            os.ftruncate(descriptor, os.fstat(descriptor).st_size // 2)
            fsync(descriptor)
            count()

        os.fsync = half if number == 1 else fsync
    return callbacks.LambdaCallback(**{names.get(when, "on_test_begin"): count})


def model():
    layers = [nn.layers.Dense(8, "tanh"), nn.layers.Dropout(0.3), nn.layers.Dropout(0.2, seed=3)]
    net = nn.Sequential([*layers, nn.layers.BatchNormalization(), nn.layers.Dense(1, "sigmoid")])
    rate = nn.schedules.ExponentialDecay(0.05, 20, 0.9)
    metrics = ["accuracy", nn.metrics.AUC(num_thresholds=20)]
    net.compile(nn.optimizers.Adam(learning_rate=rate), "binary_crossentropy", metrics)
    return net


def main(folder, when):
    kind, _, number = when.partition(":")
    ag.set_seed(0)
    rng = np.random.default_rng(1)
    x = rng.standard_normal((50, 4)).astype(np.float32)
    y = (x.sum(axis=1) > 0).astype(np.float32)
    stopping = callbacks.EarlyStopping("loss", patience=50, restore_best_weights=True)
    saving = callbacks.ModelCheckpoint(
        folder / "best.safetensors", "val_loss", save_best_only=True, save_weights_only=True
    )
    backup = callbacks.BackupAndRestore(folder / "backup", save_freq=3)
    table = callbacks.CSVLogger(folder / "log.csv")
    net = model()
    history = net.fit(
        x[:40],
        y[:40],
        8,
        epochs=6,
        validation_data=(x[40:], y[40:]),
        callbacks=[backup, stopping, saving, table, hooks(kind, int(number or 0))],
        verbose=0,
    )
    final = {str(i): w for i, w in enumerate(net.get_weights())}
    values = {f"h.{name}": np.array(row) for name, row in history.history.items()}
    np.savez(folder / "final.npz", **final, **values)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
