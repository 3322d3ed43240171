"""Callbacks that end training."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_lite.errors import explain
from nn.callbacks.base import Callback, Logs
from nn.callbacks.monitoring import Monitor
from nn.checks import count


class EarlyStopping(Monitor):
    """Ends training when `monitor` has not improved for `patience` epochs.

    Args:
        monitor: A name in the logs.
        min_delta: The least change that counts as an improvement.
        patience: Epochs to wait for one.
        verbose: 1 prints why training ended.
        mode: ``"min"``, ``"max"``, or ``"auto"``: "max" for names that end in "acc", "accuracy",
            "auc", "precision" or "recall".
        baseline: What a value has to be better than, too, for the waiting to start anew.
        restore_best_weights: Whether the model ends with the weights of its best epoch, also if
            training ran its full length.
        start_from_epoch: The first epoch, from 0, that counts.

    Attributes:
        best: The best value.
        best_epoch: The epoch it is of.
        wait: Epochs since.
        stopped_epoch: The epoch after which training was ended, or None.

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> EarlyStopping("val_accuracy", patience=3, restore_best_weights=True).patience
        3
    """

    kept = ("best", "best_epoch", "wait", "stopped_epoch", "_weights")

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0.0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.patience = count("EarlyStopping", "patience", patience)
        self.start_from_epoch = count("EarlyStopping", "start_from_epoch", start_from_epoch)
        self.verbose, self.baseline = verbose, baseline
        self.restore_best_weights = restore_best_weights

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Start afresh."""
        self.best = self._worst
        self.best_epoch = self.wait = 0
        self.stopped_epoch: int | None = None
        self._weights: list[NDArray[Any]] | None = None

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Compare, and stop if it is time."""
        value = self._value(logs)
        if value is None or epoch < self.start_from_epoch:
            return
        improved = self._improves(value, self.best)
        if improved or (self.restore_best_weights and self._weights is None):
            self.best_epoch = epoch
            if self.restore_best_weights:
                self._weights = self.model.get_weights()
        self.wait += 1
        if improved:
            self.best = value
            if self.baseline is None or self._improves(value, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Put the best weights back."""
        if self.verbose and self.stopped_epoch is not None:
            best = f"the best epoch was {self.best_epoch + 1}"
            print(f"Epoch {self.stopped_epoch + 1}: early stopping, {best}", flush=True)
        if self._weights is not None:
            self.model.set_weights(self._weights)


class TerminateOnNaN(Callback):
    """Ends training when the loss is NaN or infinite.

    Args:
        raise_error: Whether to raise an error instead, so that `on_train_end` of other callbacks is
            not called and a backup stays.

    Raises:
        RuntimeError: in training, with `raise_error`.

    Example:
        >>> model = nn.Sequential([nn.layers.Dense(1)])
        >>> model.compile(nn.optimizers.SGD(learning_rate=1e30), "mse")
        >>> x = np.ones((64, 2))
        >>> model.fit(x, x[:, 0], 1, callbacks=TerminateOnNaN(), verbose=0).epoch
        Batch 1: the loss is inf, training ends
        [0]
    """

    def __init__(self, raise_error: bool = False) -> None:
        self.raise_error = raise_error

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Look at the loss."""
        loss = float(np.sum((logs or {}).get("loss", 0.0)))
        if math.isfinite(loss):
            return
        if self.raise_error:
            raise RuntimeError(
                explain(
                    "TerminateOnNaN",
                    f"the loss is {loss} at batch {batch}",
                    fix="a smaller learning_rate, or look for NaN in x and y",
                )
            )
        print(f"Batch {batch}: the loss is {loss}, training ends", flush=True)
        self.model.stop_training = True


class ProgbarLogger(Callback):
    """For Keras' sake: `fit` shows its progress itself, as its `verbose` says."""
