"""What `fit` returns."""

from __future__ import annotations

from collections.abc import Mapping


class History:
    """The results of each epoch.

    Training values are means over the epoch while the weights still changed; the `val_` ones are of
    the weights at the epoch's end.

    Attributes:
        epoch: Numbers of the epochs run, from 0.
        history: For each name a list with a value for each epoch.
        params: How `fit` was called: `epochs`, `steps`, `batch_size`, `verbose`.

    Example:
        >>> history = History({"epochs": 1})
        >>> history.record(0, {"loss": 0.5})
        >>> history.history
        {'loss': [0.5]}
    """

    def __init__(self, params: Mapping[str, int]) -> None:
        self.epoch: list[int] = []
        self.history: dict[str, list[float]] = {}
        self.params = dict(params)

    def __repr__(self) -> str:
        return f"<History of {len(self.epoch)} epochs: {', '.join(self.history)}>"

    def record(self, epoch: int, logs: Mapping[str, float]) -> None:
        """Add the results of an epoch."""
        self.epoch.append(epoch)
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)
