"""What callbacks are, and how the training loop calls them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from autograd_lite.errors import choose, explain
from nn.foreign import Foreign

Logs = dict[str, float]


class Callback(metaclass=Foreign):
    """Base class. Override the hooks you need; those left alone cost nothing.

    Epochs and batches count from 0. `logs` holds means over the samples of the epoch so far, and
    the validation's as `val_...` at its end. Setting ``self.model.stop_training = True`` ends
    training after the current batch.

    Attributes:
        model: The model in training.
        params: `epochs`, `steps`, `batch_size` and `verbose` of the call.
        kept: Names of attributes that `BackupAndRestore` keeps: numbers, strings, arrays, None, or
            lists and dicts of them.
    """

    kept: ClassVar[tuple[str, ...]] = ()
    model: Any = None
    params: Mapping[str, int] = {}
    # Whether its hooks come after everybody's, the history's too.
    _comes_last: ClassVar[bool] = False

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

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Before a prediction."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """After a prediction."""

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a batch of a prediction."""

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a batch of a prediction, which is ``logs["outputs"]``."""


HOOKS = tuple(name for name in vars(Callback) if name.startswith("on_"))


class Callbacks:
    """Several callbacks as one: `callbacks("on_epoch_end", epoch, logs)`.

    Args:
        callbacks: One, several, or None.
        model: For their `model`.
        params: For their `params`.
        record: Called at an epoch's end, after their hooks but before a backup's.

    Attributes:
        members: The callbacks, in the order they are called in.
        hooks: For each hook's name the methods that were overridden.
    """

    def __init__(
        self,
        callbacks: Any,
        model: Any,
        params: Mapping[str, int],
        record: Callable[..., None] | None = None,
    ) -> None:
        self.members = sorted(_checked(callbacks), key=lambda member: member._comes_last)
        for member in self.members:
            member.model, member.params = model, params
        self.hooks: dict[str, list[Callable[..., None]]] = {name: [] for name in HOOKS}
        self._add(member for member in self.members if not member._comes_last)
        if record is not None:
            self.hooks["on_epoch_end"].append(record)
        self._add(member for member in self.members if member._comes_last)

    def __call__(self, name: str, *args: Any) -> None:
        """Call a hook of all."""
        for hook in self.hooks[name]:
            hook(*args)

    def _add(self, members: Iterable[Callback]) -> None:
        for member in members:
            for name, hooks in self.hooks.items():
                hook = getattr(member, name)
                if getattr(hook, "__func__", hook) is not getattr(Callback, name):
                    hooks.append(hook)


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
