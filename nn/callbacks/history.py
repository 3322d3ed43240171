"""What `fit` returns."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from autograd_lite.errors import explain
from nn.callbacks.base import Callback, Logs


class History(Callback):
    """The results of each epoch.

    Training values are means over the epoch while the weights still changed; the `val_` ones are of
    the weights at the epoch's end.

    Args:
        params: How `fit` was called.

    Attributes:
        epoch: Numbers of the epochs run, from 0.
        history: For each name a list with a value for each epoch that has one.
        params: How `fit` was called: `epochs`, `steps`, `batch_size`, `verbose`.

    Example:
        >>> history = History()
        >>> history.record(0, {"loss": 0.5})
        >>> history.history
        {'loss': [0.5]}
    """

    kept = ("epoch", "history", "_epochs")

    def __init__(self, params: Mapping[str, int] | None = None) -> None:
        self.params = dict(params or {})
        self.on_train_begin()

    def __repr__(self) -> str:
        return f"<History of {len(self.epoch)} epochs: {', '.join(self.history)}>"

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Start afresh."""
        self.epoch: list[int] = []
        self.history: dict[str, list[float]] = {}
        self._epochs: dict[str, list[int]] = {}

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Add the results."""
        self.record(epoch, logs or {})

    def record(self, epoch: int, logs: Mapping[str, float]) -> None:
        """Add the results of an epoch."""
        self.epoch.append(epoch)
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)
            self._epochs.setdefault(name, []).append(epoch)

    def plot(self) -> Any:
        """Draw the loss and each metric by epochs, training and validation in one picture.

        Returns:
            A figure of matplotlib, which the extra `plot` installs; `figure.savefig(path)` writes
            it. Values that are several numbers, a metric's for each class, are left out.

        Raises:
            ImportError: matplotlib is not installed.
            ValueError: there are no epochs.
        """
        shown = [name for name in self.history if self._is_drawn(name)]
        names = list(dict.fromkeys(name.removeprefix("val_") for name in shown))
        if not names:
            raise ValueError(explain("History.plot", "no epochs to draw", fix="model.fit first"))
        figure = _figure("History.plot", len(names))
        for axes, name in zip(figure.axes, names, strict=True):
            for key, label in ((name, "training"), (f"val_{name}", "validation")):
                if key in shown:
                    epochs = [epoch + 1 for epoch in self._epochs[key]]
                    marker = "o" if len(epochs) < 25 else ""
                    axes.plot(epochs, self.history[key], label=label, marker=marker, markersize=3)
            axes.set(xlabel="epoch", ylabel=name.replace("_", " "))
            axes.xaxis.get_major_locator().set_params(integer=True)
            axes.grid(alpha=0.3)
            if f"val_{name}" in shown:
                axes.legend()
        return figure

    def _is_drawn(self, name: str) -> bool:
        return all(isinstance(value, float | int) for value in self.history[name])


def _figure(where: str, plots: int) -> Any:
    """An empty figure with so many axes, in rows of three."""
    figure_of = figure_class(where)
    columns = min(plots, 3)
    rows = math.ceil(plots / columns)
    figure = figure_of(figsize=(1.2 + 3.6 * columns, 3.2 * rows), layout="constrained")
    for i in range(plots):
        figure.add_subplot(rows, columns, i + 1)
    return figure


def figure_class(where: str) -> Any:
    """matplotlib's `Figure`, which needs neither a screen nor a state shared by all plots.

    Raises:
        ImportError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure  # here: it is slow to import, and an extra
    except ImportError as error:
        problem, fix = "plots are drawn by matplotlib", 'pip install "autograd_lite[plot]"'
        raise ImportError(explain(where, problem, got="it is not installed", fix=fix)) from error
    return Figure
