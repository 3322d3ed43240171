"""Callbacks: your code at set points of `fit` and `evaluate`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from numpy.typing import NDArray

from autograd_lite.errors import choose, explain

Logs = dict[str, float]


class Callback:
    """Base class. Override the hooks you need; those left alone cost nothing.

    Epochs and batches count from 0. `logs` holds means over the samples of the epoch so far, and
    the validation's as `val_...` at its end. Setting ``self.model.stop_training = True`` ends
    training after the current batch.

    Attributes:
        model: The model in training.
        params: `epochs`, `steps`, `batch_size` and `verbose` of the call.
    """

    model: Any = None
    params: Mapping[str, int] = {}

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Before the first epoch."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """After the last epoch, unless an exception ended it."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Before an epoch."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """After an epoch and its validation."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a training step."""

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a training step."""

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Before an evaluation or validation."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """After an evaluation or validation."""

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a batch of an evaluation."""

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a batch of an evaluation."""


HOOKS = tuple(name for name in vars(Callback) if name.startswith("on_"))


class Callbacks:
    """Several callbacks as one: `callbacks("on_epoch_end", epoch, logs)`.

    Attributes:
        hooks: For each hook's name the methods that were overridden.
    """

    def __init__(self, callbacks: Any, model: Any, params: Mapping[str, int]) -> None:
        self.members = _checked(callbacks)
        for member in self.members:
            member.model, member.params = model, params
        self.hooks: dict[str, list[Callable[..., None]]] = {
            name: [
                hook
                for hook in (getattr(member, name) for member in self.members)
                if getattr(hook, "__func__", hook) is not getattr(Callback, name)
            ]
            for name in HOOKS
        }

    def __call__(self, name: str, *args: Any) -> None:
        """Call a hook of all."""
        for hook in self.hooks[name]:
            hook(*args)


class LambdaCallback(Callback):
    """Hooks given as functions.

    Args:
        **hooks: Functions by the hooks' names, with their arguments.

    Raises:
        ValueError: there is no hook of that name.

    Example:
        >>> LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, logs["loss"]))
        <LambdaCallback on_epoch_end>
    """

    def __init__(self, **hooks: Callable[..., Any]) -> None:
        for name, function in hooks.items():
            choose(dict.fromkeys(HOOKS), name, "LambdaCallback")
            setattr(self, name, function)
        self._names = ", ".join(hooks)

    def __repr__(self) -> str:
        return f"<LambdaCallback {self._names}>"


class EarlyStopping(Callback):
    """Ends training when `monitor` has not improved for `patience` epochs.

    Args:
        monitor: A name in the logs.
        min_delta: The least change that counts as an improvement.
        patience: Epochs to wait for one.
        mode: ``"min"``, ``"max"``, or ``"auto"``: "max" for names that end in "acc" or "accuracy".
        restore_best_weights: Whether the model ends with the weights of its best epoch, also if
            training ran its full length.

    Attributes:
        best: The best value.
        best_epoch: The epoch it is of.
        stopped_epoch: The epoch after which training was ended, or None.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0.0,
        patience: int = 0,
        mode: str = "auto",
        restore_best_weights: bool = False,
    ) -> None:
        auto = -1 if monitor.endswith(("acc", "accuracy")) else 1
        modes = {"min": 1, "max": -1, "auto": auto}
        self._sign: int = choose(modes, mode, "EarlyStopping: `mode`")
        self.monitor, self.patience = monitor, patience
        self.min_delta = abs(min_delta)
        self.restore_best_weights = restore_best_weights

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Start afresh."""
        self.best = self._sign * math.inf
        self.best_epoch = 0
        self.stopped_epoch: int | None = None
        self._weights: list[NDArray[Any]] | None = None

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Compare, and stop if it is time."""
        value: float = choose(logs or {}, self.monitor, "EarlyStopping: `monitor`")
        if self._sign * (self.best - value) > self.min_delta:
            self.best, self.best_epoch = value, epoch
            if self.restore_best_weights:
                self._weights = self.model.get_weights()
        elif epoch - self.best_epoch >= self.patience:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Put the best weights back."""
        if self._weights is not None:
            self.model.set_weights(self._weights)


def _checked(callbacks: Any) -> list[Callback]:
    if callbacks is None:
        return []
    if isinstance(callbacks, Callback):
        return [callbacks]
    found = list(callbacks) if isinstance(callbacks, Iterable) else [callbacks]
    for member in found:
        if not isinstance(member, Callback):
            raise TypeError(
                explain(
                    "callbacks",
                    "not a callback",
                    got=repr(member),
                    expected="instances of nn.callbacks.Callback",
                    fix=f"{member.__name__}()" if isinstance(member, type) else None,
                )
            )
    return found
