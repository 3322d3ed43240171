"""Callbacks that set the learning rate."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from autograd_lite.errors import explain
from nn.callbacks.base import Callback, Logs
from nn.callbacks.monitoring import Monitor
from nn.checks import count, real


class ReduceLROnPlateau(Monitor):
    """Multiplies the learning rate by `factor` when `monitor` stops improving.

    The logs, and so the history, get `learning_rate`: that of the epoch's steps.

    Args:
        monitor: A name in the logs.
        factor: Less than 1.
        patience: Epochs without improvement to wait for.
        verbose: 1 prints what is done.
        mode: ``"min"``, ``"max"``, or ``"auto"``: "max" for names that end in "acc", "accuracy",
            "auc", "precision" or "recall".
        min_delta: The least change that counts as an improvement.
        cooldown: Epochs after a reduction in which none is waited for.
        min_lr: The learning rate stays at least as large.

    Raises:
        ValueError: an argument is out of range.
        TypeError: as training begins, if the optimizer's learning rate follows a schedule.

    Example:
        >>> model = nn.Sequential([nn.layers.Dense(1)])
        >>> model.compile(nn.optimizers.SGD(learning_rate=0.5), "mse")
        >>> plateau = ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=1e6)
        >>> x = np.ones((4, 2))
        >>> model.fit(x, x[:, 0], epochs=3, callbacks=plateau, verbose=0).history["learning_rate"]
        [0.5, 0.5, 0.25]
    """

    kept = ("best", "wait", "cooldown_counter")

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        where = "ReduceLROnPlateau"
        self.factor = real(where, "factor", factor, high=1.0)
        self.patience = count(where, "patience", patience)
        self.cooldown = count(where, "cooldown", cooldown)
        self.min_lr = real(where, "min_lr", min_lr)
        self.verbose = verbose

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Start afresh."""
        _refuse_schedule("ReduceLROnPlateau", self.model.optimizer)
        self.best: float | None = None  # type: ignore[assignment]
        self.wait = self.cooldown_counter = 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Compare, and reduce if it is time."""
        logs = {} if logs is None else logs
        logs["learning_rate"] = self.model.optimizer.learning_rate
        value = self._value(logs)
        if value is None:
            return
        if self.cooldown_counter:
            self.cooldown_counter -= 1
            self.wait = 0
        if self.best is None or self._improves(value, self.best):
            self.best, self.wait = value, 0
        elif not self.cooldown_counter:
            self.wait += 1
            if self.wait >= self.patience and self._reduce(epoch):
                self.cooldown_counter, self.wait = self.cooldown, 0

    def _reduce(self, epoch: int) -> bool:
        optimizer = self.model.optimizer
        if optimizer.learning_rate <= self.min_lr:
            return False
        optimizer.learning_rate = max(optimizer.learning_rate * self.factor, self.min_lr)
        if self.verbose:
            _tell("ReduceLROnPlateau", epoch, optimizer.learning_rate)
        return True


class LearningRateScheduler(Callback):
    """Sets the learning rate before each epoch.

    The logs, and so the history, get `learning_rate`. For rates that change with every step give
    the optimizer a schedule, one of `nn.schedules`.

    Args:
        schedule: A function ``(epoch, learning_rate)``, or of the epoch alone, from 0.
        verbose: 1 prints each rate.

    Raises:
        TypeError: as training begins, if the optimizer's learning rate follows a schedule; in
            training, if the function does not give a number.

    Example:
        >>> model = nn.Sequential([nn.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> halving = LearningRateScheduler(lambda epoch: 0.5**epoch)
        >>> x = np.ones((4, 2))
        >>> model.fit(x, x[:, 0], epochs=3, callbacks=halving, verbose=0).history["learning_rate"]
        [1.0, 0.5, 0.25]
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        self.schedule, self.verbose = schedule, verbose
        try:
            inspect.signature(schedule).bind(0, 0.0)
            self._takes_rate = True
        except TypeError:
            self._takes_rate = False

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """See that the rate can be set."""
        _refuse_schedule("LearningRateScheduler", self.model.optimizer)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Set the rate."""
        optimizer = self.model.optimizer
        given = (epoch, optimizer.learning_rate) if self._takes_rate else (epoch,)
        rate: Any = self.schedule(*given)
        try:
            optimizer.learning_rate = float(rate)
        except (TypeError, ValueError) as error:
            where, expected = "LearningRateScheduler", "a number from the schedule"
            raise TypeError(
                explain(where, f"bad rate for epoch {epoch}", got=repr(rate), expected=expected)
            ) from error
        if self.verbose:
            _tell("LearningRateScheduler", epoch, optimizer.learning_rate)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Put the rate into the logs."""
        if logs is not None:
            logs["learning_rate"] = self.model.optimizer.learning_rate


def _tell(who: str, epoch: int, rate: float) -> None:
    print(f"Epoch {epoch + 1}: {who} sets the learning rate to {rate:g}", flush=True)


def _refuse_schedule(where: str, optimizer: Any) -> None:
    if optimizer.schedule is not None:
        raise TypeError(
            explain(
                where,
                "the optimizer's learning rate follows a schedule",
                got=repr(optimizer.schedule),
                expected="a number, which a callback may set",
                fix=f"learning_rate=0.001, or leave {where} out",
            )
        )
