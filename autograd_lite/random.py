"""The library's own random numbers. NumPy's global state is neither read nor changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

_generator = np.random.default_rng()


def set_seed(seed: int) -> None:
    """Fix initialisation, dropout and shuffling from here on.

    Args:
        seed: A non-negative integer. The same seed gives the same results, bit for bit, on any
            number of threads.

    Example:
        >>> import autograd_lite as ag
        >>> ag.set_seed(0)
        >>> ag.random.generator().integers(10)
        np.int64(8)
    """
    global _generator
    _generator = np.random.default_rng(seed)


def generator() -> np.random.Generator:
    """The generator in use.

    Example:
        >>> generator().random() < 1
        True
    """
    return _generator


def state() -> Any:
    """What `replayed` and `set_state` take to draw the numbers from here on again."""
    return _generator.bit_generator.state


def set_state(state: Any) -> None:
    """Go on from what `state` gave, in this process or another: numbers and strings in a dict.

    Example:
        >>> before = state()
        >>> first = generator().random()
        >>> set_state(before)
        >>> generator().random() == first
        True
    """
    _generator.bit_generator.state = state


@contextmanager
def replayed(state: Any) -> Iterator[None]:
    """Within it the numbers that followed `state` come again; afterwards all is as it was.

    Example:
        >>> before = state()
        >>> first = generator().random()
        >>> with replayed(before):
        ...     print(generator().random() == first)
        True
    """
    global _generator
    outside, _generator = _generator, np.random.default_rng()
    _generator.bit_generator.state = state
    try:
        yield
    finally:
        _generator = outside
