"""What callbacks share that watch one number of the logs."""

from __future__ import annotations

import math
import warnings
from typing import Any

from autograd_lite.errors import choose
from nn.callbacks.base import Callback, Logs
from nn.checks import real


class Monitor(Callback):
    """Watches one number, and knows what is better.

    Args:
        monitor: Its name in the logs.
        mode: ``"min"``, ``"max"``, or ``"auto"``: "max" for names that end in "acc", "accuracy",
            "auc", "precision" or "recall".
        min_delta: The least change that counts as an improvement.

    Attributes:
        best: The best value so far.

    Raises:
        ValueError: an argument is out of range.
    """

    _GROWING = ("acc", "accuracy", "auc", "precision", "recall")
    best: float
    _missed: bool = False

    def __init__(self, monitor: str, mode: str, min_delta: float = 0.0) -> None:
        where = type(self).__name__
        modes = {"min": 1, "max": -1, "auto": -1 if monitor.endswith(self._GROWING) else 1}
        self._sign: int = choose(modes, mode, f"{where}: `mode`")
        self.monitor = monitor
        self.min_delta = real(where, "min_delta", abs(min_delta))

    @property
    def _worst(self) -> float:
        return self._sign * math.inf

    def _improves(self, value: float, on: float) -> bool:
        return bool(self._sign * (on - value) > self.min_delta)

    def _value(self, logs: Logs | None) -> Any:
        """The number; None if it is not there, which is warned of once."""
        logs = logs or {}
        if self.monitor not in logs and not self._awaited(logs) and not self._missed:
            self._missed = True
            warnings.warn(
                f"{type(self).__name__}: `monitor` is {self.monitor!r}, which is not in the logs "
                f"and so not watched; there are {', '.join(map(repr, logs)) or 'none'}",
                stacklevel=2,
            )
        return logs.get(self.monitor)

    def _awaited(self, logs: Logs) -> bool:
        """Whether it may come with a validation, which is not after every epoch."""
        validated = any(name.startswith("val_") for name in logs)
        return self.monitor.startswith("val_") and self.model.validating and not validated
