"""Calls that only find out shapes: layers that keep something from batch to batch do not then."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator


class _Thread(threading.local):
    rehearses: bool = False


_thread = _Thread()


@contextlib.contextmanager
def rehearsal() -> Iterator[None]:
    """Within it a layer is called on rows that are no part of any training or use."""
    before, _thread.rehearses = _thread.rehearses, True
    try:
        yield
    finally:
        _thread.rehearses = before


def rehearses() -> bool:
    """Whether this thread is within a `rehearsal`.

    Example:
        >>> with rehearsal():
        ...     rehearses()
        True
    """
    return _thread.rehearses
