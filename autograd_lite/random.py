"""The library's own random numbers. NumPy's global state is neither read nor changed."""

from __future__ import annotations

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
