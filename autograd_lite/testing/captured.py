"""Arrays that a function has from outside: closures, globals, defaults, bound arguments."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd_lite.op import raw
from autograd_lite.testing.report import Finding

LARGEST = 2**26
"""Bytes of an array that is still copied, to be compared afterwards."""


@contextmanager
def watched(f: Any) -> Iterator[list[Finding]]:
    """Notes whether arrays that f has captured are written to while it is looked at."""
    captured = list(_captured(f))
    copies = [raw(value).copy() for _, value in captured]
    found: list[Finding] = []
    yield found
    for (name, value), copy in zip(captured, copies, strict=True):
        if not np.array_equal(raw(value), copy, equal_nan=raw(value).dtype.kind == "f"):
            text = f"the function writes to `{name}`, an array from outside"
            found.append(Finding("writes", text, fix="write to a copy, or pass it as an argument"))


def _captured(f: Any) -> Iterator[tuple[str, Any]]:
    """Arrays and Tensors in the closure, the defaults and the bound arguments of f."""
    for k, value in enumerate(getattr(f, "args", ())):
        yield from _array(f"bound argument {k}", value)
    for name, value in (getattr(f, "keywords", None) or {}).items():
        yield from _array(name, value)
    f = inspect.unwrap(getattr(f, "func", f))
    code = getattr(f, "__code__", None)
    if code is None:
        return
    for name, cell in zip(code.co_freevars, f.__closure__ or (), strict=True):
        try:
            value = cell.cell_contents
        except ValueError:  # not assigned yet
            continue
        yield from _array(name, value)
    for name in code.co_names:
        yield from _array(name, f.__globals__.get(name))
    for k, value in enumerate(f.__defaults__ or ()):
        yield from _array(f"default {k}", value)


def _array(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    array = raw(value)
    if isinstance(array, np.ndarray) and array.dtype.kind in "fciub" and array.nbytes <= LARGEST:
        yield name, value
