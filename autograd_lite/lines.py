"""The user's line behind a recorded call: kept as code and offset, read when a message needs it."""

from __future__ import annotations

import linecache
import os
import sys
from itertools import islice
from types import CodeType, FrameType
from typing import Any, NamedTuple

from autograd_lite.errors import AnomalyError

LIBRARY = frozenset({"autograd_lite", "nn", "numpy"})
"""Packages whose frames lie between the user and an op."""


class Line(NamedTuple):
    """A place in a program; `str` reads as ``train.py:12, `np.log(x)` ``."""

    code: CodeType
    offset: int

    @property
    def place(self) -> str:
        """File and line, as terminals and editors follow them."""
        return f"{_short(self.code.co_filename)}:{self._positions()[0]}"

    @property
    def text(self) -> str:
        """The call in the source, or its whole line, or an empty string if none can be read."""
        first, last, start, end = self._positions()
        if first is None:
            return ""
        whole = linecache.getline(self.code.co_filename, first)
        if last == first and start is not None and end is not None:
            part = whole.encode()[start:end].decode(errors="replace").strip()
            return part or whole.strip()
        return whole.strip()

    def _positions(self) -> tuple[int | None, ...]:
        every = self.code.co_positions()
        return next(islice(every, self.offset // 2, None), (None, None, None, None))

    def __str__(self) -> str:
        return f"{self.place}, `{self.text}`" if self.text else self.place


def user_line() -> Line | None:
    """The line that is being run outside of this library, or None if all frames are its own."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_globals.get("__name__", "").partition(".")[0] not in LIBRARY:
            return Line(frame.f_code, frame.f_lasti)
        frame = frame.f_back
    return None


def line_of(node: Any) -> Line | None:
    """The line that a node was recorded at, if `detect_anomaly` was watching."""
    return getattr(node, "line", None)


def named(node: Any) -> str:
    """A node's op for a message, with the user's line if it is known."""
    line = line_of(node)
    return f"`{node.plan.op.name}`" + (f", called at {line}" if line else "")


def add_line(error: BaseException, node: Any) -> None:
    """Let the traceback of an error in a backward pass name the line of the forward."""
    line = line_of(node)
    if line and not isinstance(error, AnomalyError):
        error.add_note(f"in the backward pass of `{node.plan.op.name}`, called at {line}")


def _short(path: str) -> str:
    """A path from the working directory, if it lies there."""
    below = os.getcwd() + os.sep
    return path.removeprefix(below)
