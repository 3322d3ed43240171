"""Pooling, against loops over windows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.kernels.windows import Windows
from op_cases.case import Case, Given
from op_cases.convolution import pads, spread


def pool(x: Any, pool_size: Any, strides: Any, padding: Any, average: bool) -> Any:
    """One window after the other; padding is NaN, which neither extremes nor means count."""
    axes = x.ndim - 2
    window = spread(pool_size, axes)
    strides = window if strides is None else spread(strides, axes)
    padding = padding if isinstance(padding, list) else [padding] * axes
    around = [pads(*axis) for axis in zip(padding, x.shape[1:-1], window, strides, strict=True)]
    x = np.pad(x, [(0, 0), *around, (0, 0)], constant_values=np.nan)
    size = [(n - k) // s + 1 for n, k, s in zip(x.shape[1:-1], window, strides, strict=True)]
    out = np.zeros((x.shape[0], *size, x.shape[-1]))
    for at in np.ndindex(*size):
        where = (slice(o * s, o * s + k) for o, s, k in zip(at, strides, window, strict=True))
        seen = x[:, *where].reshape(x.shape[0], math.prod(window), x.shape[-1])
        out[:, *at] = np.nanmean(seen, 1) if average else np.nanmax(seen, 1)
    return out


def largest(x: Any, pool_size: Any, strides: Any = None, padding: Any = "valid") -> Any:
    """The reference of max pooling."""
    return pool(x, pool_size, strides, padding, False)


def average(x: Any, pool_size: Any, strides: Any = None, padding: Any = "valid") -> Any:
    """The reference of average pooling."""
    return pool(x, pool_size, strides, padding, True)


ONE: list[Any] = [
    {"pool_size": 2},
    {"pool_size": (3,), "strides": 2},
    {"pool_size": 3, "strides": 1, "padding": "same"},
    {"pool_size": 2, "strides": 3, "padding": "same"},
    {"pool_size": 3, "padding": [(1, 2)]},
]
TWO: list[Any] = [
    {"pool_size": 2},
    {"pool_size": (2, 3), "strides": (2, 1)},
    {"pool_size": 3, "strides": 2, "padding": "same"},
    {"pool_size": 2, "padding": 1},
    {"pool_size": 1, "strides": 2},
]
WINDOWS = Windows((5,), (3,), (3,), (2,), (1,), (1,))
SEEN = ((0, 1), (1, 2, 3), (3, 4))
TAPS = np.array([[[1, 2], [0, 2], [1, 0]], [[2, 2], [2, 0], [0, 1]]])


def _at(taps: Any) -> Any:
    return taps + np.array([-1, 1, 3])[:, None]


def _put(y: Any, taps: Any, windows: Any) -> Any:
    out = np.zeros((2, 5, 2))
    for at in np.ndindex(y.shape):
        out[at[0], _at(taps)[at], at[2]] += y[at]
    return out


def _sum(x: Any, windows: Any) -> Any:
    return np.stack([x[:, list(seen)].sum(1) for seen in SEEN], 1)


def _spread(y: Any, windows: Any) -> Any:
    out = np.zeros((2, 5, 2))
    for i, seen in enumerate(SEEN):
        for at in seen:
            out[:, at] += y[:, i]
    return out


def _first(x: Any, extremes: Any, windows: Any) -> Any:
    wide = np.pad(x, [(0, 0), (1, 1), (0, 0)], constant_values=-np.inf)
    return np.stack([wide[:, i : i + 3].argmax(1) for i in (0, 2, 4)], 1).astype(np.uint8)


ENTRIES = np.random.default_rng(0).standard_normal((2, 5, 2))
PLACED = {"windows": WINDOWS}

CASES = [
    *(
        Case(f"{name}_pool{axes}d", (shape,), settings, reference)
        for name, reference in (("max", largest), ("average", average))
        for axes, shape, rows in ((1, (2, 6, 2), ONE), (2, (2, 5, 6, 2), TWO))
        for settings in rows
    ),
    Case("max_pool1d", ((0, 4, 1),), {"pool_size": 2}, largest),
    Case("average_pool1d", ((0, 4, 1),), {"pool_size": 2}, average),
    Case("window_max", ((2, 5, 2),), PLACED, lambda x, windows: largest(x, 3, 2, 1)),
    Case(
        "first_taps",
        (Given(ENTRIES), Given(largest(ENTRIES, 3, 2, 1))),
        PLACED,
        _first,
    ),
    Case(
        "take_taps",
        ((2, 5, 2), Given(TAPS)),
        PLACED,
        lambda x, taps, windows: np.take_along_axis(x, _at(taps), 1),
    ),
    Case("put_taps", ((2, 3, 2), Given(TAPS)), PLACED, _put),
    Case("window_sum", ((2, 5, 2),), PLACED, _sum),
    Case("window_spread", ((2, 3, 2),), PLACED, _spread),
]
