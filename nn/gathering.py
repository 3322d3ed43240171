"""What layers add to the loss while a model runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


class _Run(threading.local):
    """Of each thread: the list that is filled, or None outside of any model."""

    terms: list[Any] | None = None


_run = _Run()


def gathered(function: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[Any, Any]:
    """The value of `function`, and what was offered meanwhile; None for it if within another."""
    if _run.terms is not None:
        return function(*args, **kwargs), None
    terms: list[Any] = []
    _run.terms = terms
    try:
        return function(*args, **kwargs), terms
    finally:
        _run.terms = None


def offer(term: Any) -> bool:
    """Give a term to the model that runs. False if none does."""
    if _run.terms is None:
        return False
    _run.terms.append(term)
    return True
