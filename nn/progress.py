"""One line on the screen for one pass over the data: a bar in a terminal, plain text elsewhere."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

import numpy as np

from autograd_lite.errors import explain

Logs = Mapping[str, float]

SILENT, BAR, LINE = 0, 1, 2
# The bar itself is as wide as the rest of the line leaves room for, or goes.
WIDEST, NARROWEST = 24, 4
# {postfix} brings its own comma.
REST = "{n_fmt}/{total_fmt}, {elapsed_s:.1f}s{postfix}"
LEFT = ", {remaining_s:.0f}s left"
WITH_LEFT = REST.replace("{postfix}", LEFT + "{postfix}")


def level(where: str, verbose: int | str) -> int:
    """Keras' `verbose` as 0, 1 or 2: "auto" is the bar in a terminal and plain lines elsewhere.

    Raises:
        ValueError: it is something else.
    """
    if verbose == "auto":
        return BAR if sys.stdout.isatty() else LINE
    if verbose not in (SILENT, BAR, LINE):
        raise ValueError(
            explain(where, "bad `verbose`", got=repr(verbose), expected='0, 1, 2 or "auto"')
        )
    return int(verbose)


def describe(logs: Logs) -> str:
    """Names and values in one line.

    Example:
        >>> describe({"loss": 0.25, "val_loss": 1e-5})
        'loss: 0.2500, val_loss: 1.0000e-05'
    """
    return ", ".join(f"{name}: {_short(value)}" for name, value in logs.items())


def _short(value: Any) -> str:
    """A number in five digits or so; the mean of several, as a metric for each class has them."""
    number = float(np.mean(value))
    return f"{number:.4f}" if number == 0 or abs(number) >= 1e-3 else f"{number:.4e}"


class Progress:
    """Shows one pass over the data; leaves a whole line behind however the pass ends.

    Args:
        title: What the line begins with.
        steps: How many there will be, if that is known.
        level: `SILENT`, `BAR` or `LINE`.
    """

    def __init__(self, title: str, steps: int | None, level: int) -> None:
        self.title, self.steps, self.level = title, steps, level
        self._bar: Any = None

    def __enter__(self) -> Progress:
        self._start = time.perf_counter()
        if self.level == BAR:
            self._bar = _bar(self.title, self.steps)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if self._bar is not None:
            # No prediction in the line that stays, be it of an interrupted pass.
            self._bar.bar_format = self._bar.bar_format.replace(LEFT, "")
            self._bar.close()
            self._bar = None

    def skip(self, steps: int) -> None:
        """So many steps were done before."""
        if self._bar is not None and steps:
            self._bar.update(steps)

    def advance(self, logs: Callable[[], Logs]) -> None:
        """One step done. `logs` is asked for only when the screen is about to change."""
        if self._bar is not None and self._bar.update():
            self._show(logs())

    def finish(self, logs: Logs) -> None:
        """All steps done, with these results."""
        if self._bar is not None:
            self._show(logs, ended=True)
            self._bar.ncols = None  # the line that stays is whole, if need be on two of the screen
        elif self.level == LINE:
            seconds = time.perf_counter() - self._start
            print(f"{self.title}, {seconds:.1f}s, {describe(logs)}", flush=True)

    def _show(self, logs: Logs, ended: bool = False) -> None:
        """Put these values on the bar's line, the bar in what room they leave."""
        values, seconds = describe(logs), time.perf_counter() - self._start
        line = f"{self.title} || {self.steps}/{self.steps}, {seconds:.1f}s, {values}"
        rest = REST
        if not ended and self._bar.total:
            rest = WITH_LEFT
            line += f", {seconds / self._bar.n * (self._bar.total - self._bar.n):.0f}s left"
        self._bar.set_postfix_str(values, refresh=False)
        # One column stays free: the seconds may grow by a digit before the line is drawn.
        self._bar.bar_format = _layout(self._bar.ncols - len(line) - 1, rest)


def _layout(room: int, rest: str = REST) -> str:
    """The line's format, with so many columns for the bar, and what comes after it."""
    bar = f" |{{bar:{min(room, WIDEST)}}}| " if room >= NARROWEST else ", "
    return "{desc}" + bar + rest


def _bar(title: str, steps: int | None) -> Any:
    from tqdm import tqdm  # not needed to import nn, nor to train without a terminal

    class Bar(tqdm):  # type: ignore[misc]
        monitor_interval = 0  # tqdm's thread against stalled bars, which would outlive the bar

    # tqdm's own look at the screen takes a size of 0, which some terminals report, at its word.
    columns, lines = shutil.get_terminal_size()
    return Bar(
        total=steps,
        desc=title,
        file=sys.stdout,
        ncols=columns,
        nrows=lines,
        bar_format=_layout(WIDEST),
    )
