"""Dropout: entries zeroed at random."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import random
from autograd_lite.errors import explain
from autograd_lite.op import composed, op

__all__ = [
    "dropout",
]

_LEVELS = 1 << 16


@op(vjps=(lambda g, kept, scale: keep(g, kept, scale=scale), None))
def keep(x, kept, scale):
    """``x * scale`` where `kept`, else 0.

    Example:
        >>> keep(np.array([1.0, 2.0]), np.array([True, False]), scale=2)
        array([2., 0.])
    """
    out = np.multiply(x, kept)
    out *= scale
    return out


@composed()
def dropout(x: Any, rate: float, rng: np.random.Generator | None = None) -> Any:
    """Each entry zeroed with probability `rate`, and the rest multiplied by ``1 / (1 - rate)``.

    Of what was drawn the graph keeps one byte for each entry.

    Args:
        x: Any floating array.
        rate: From 0 up to, not including, 1. Entries are drawn by 16 bits, so within 1/65536.
        rng: Where to draw from; None for the library's own generator, which `ag.set_seed` seeds.

    Raises:
        ValueError: `rate` is not from 0 up to 1.

    Source:
        Srivastava et al. (2014), in the form that scales while training.

    Example:
        >>> dropout(np.ones(6), 0.5, np.random.default_rng(3))
        array([2., 2., 0., 0., 2., 0.])
    """
    if not 0 <= rate < 1:
        raise ValueError(
            explain(
                "dropout", "bad `rate`", got=repr(rate), expected="from 0 up to, not including, 1"
            )
        )
    if rate == 0:
        return x
    rng = random.generator() if rng is None else rng
    # Sixteen bits are drawn in half the time of a float.
    dropped = min(max(round(rate * _LEVELS), 1), _LEVELS - 1)
    kept = rng.integers(_LEVELS, size=x.shape, dtype=np.uint16) >= dropped
    return keep(x, kept, scale=1 / (1 - rate))
