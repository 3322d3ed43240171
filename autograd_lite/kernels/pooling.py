"""Extremes and sums of windows, and the maps that spread gradients back over windows.

Loops go over a window's entries, each a strided view of the whole array: no patches are made, and
padding is never written out.

Shapes:
    ``x (n, *space, c)``, ``g (n, *size, c)``.
"""

import math

import numpy as np


def window_max(x, windows):
    """The largest entry of each window; padding does not count, NaN passes.

    Args:
        x: Array ``(n, *space, c)``.
        windows: `Windows`, each with an entry inside the array.

    Returns:
        A new array ``(n, *size, c)``.

    Example:
        >>> from autograd_lite.kernels.windows import Windows
        >>> x = np.array([1.0, 3.0, 2.0]).reshape(1, 3, 1)
        >>> window_max(x, Windows((3,), (2,), (2,), (1,), (0,), (1,))).ravel()
        array([3., 3.])
    """
    lowest = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    out = np.full((x.shape[0], *windows.size, x.shape[-1]), lowest, x.dtype)
    for tap in windows.taps:
        o, i = windows.overlap(tap)
        np.maximum(out[:, *o], x[:, *i], out=out[:, *o])
    return out


def first_taps(x, extremes, windows):
    """The number of each window's first entry that is its extreme, or NaN.

    Args:
        x: Array ``(n, *space, c)``.
        extremes: What `window_max` gave for it.
        windows: `Windows`.

    Returns:
        A new integer array ``(n, *size, c)``, of bytes if they can number a window's entries.

    Example:
        >>> from autograd_lite.kernels.windows import Windows
        >>> x = np.array([1.0, 3.0, 3.0]).reshape(1, 3, 1)
        >>> windows = Windows((3,), (2,), (2,), (1,), (0,), (1,))
        >>> first_taps(x, window_max(x, windows), windows).ravel()
        array([1, 0], dtype=uint8)
    """
    taps = windows.taps
    out = np.zeros(extremes.shape, np.min_scalar_type(len(taps) - 1))
    # From the last entry to the first, each hit in the place of those after it.
    for number, tap in reversed([*enumerate(taps)]):
        o, i = windows.overlap(tap)
        seen = x[:, *i]
        hit = (seen == extremes[:, *o]) | (seen != seen)
        # Arithmetic that wraps round: a choice by an erratic mask takes ten times as long.
        out[:, *o] += (number - out[:, *o]) * hit
    return out


def take_taps(x, taps, windows):
    """The entry of each window that is numbered by `taps`, as `first_taps` gives it.

    Returns:
        A new array ``(n, *size, c)``.
    """
    return x.reshape(-1)[_positions(taps, windows)]


def put_taps(g, taps, windows):
    """Zeros ``(n, *space, c)`` with `g` added at each window's numbered entry.

    Returns:
        A new array ``(n, *space, c)``.
    """
    out = np.zeros((g.shape[0], *windows.space, g.shape[-1]), g.dtype)
    positions = _positions(taps, windows)
    spans = zip(windows.window, windows.dilation, windows.strides, strict=True)
    if all((k - 1) * d < s for k, d, s in spans):
        out.reshape(-1)[positions] = g
    else:
        np.add.at(out.reshape(-1), positions.ravel(), g.ravel())
    return out


def _positions(taps, windows):
    """Where in ``(n, *space, c)``, counted in C order, the numbered entries are."""
    shape = (taps.shape[0], *windows.space, taps.shape[-1])
    steps = [math.prod(shape[i + 1 :]) for i in range(len(shape))]
    firsts = [
        np.arange(shape[0]),
        *(
            np.arange(n) * s - p
            for n, s, p in zip(windows.size, windows.strides, windows.low, strict=True)
        ),
        np.arange(shape[-1]),
    ]
    within = [
        sum(t * d * s for t, d, s in zip(tap, windows.dilation, steps[1:-1], strict=True))
        for tap in windows.taps
    ]
    positions = np.array(within)[taps]
    for axis, (first, step) in enumerate(zip(firsts, steps, strict=True)):
        positions += (first * step).reshape(-1, *(1 for _ in shape[axis + 1 :]))
    return positions


def window_sum(x, windows):
    """The sum of each window's entries, those outside the array being zeros.

    Returns:
        A new array ``(n, *size, c)``.

    Example:
        >>> from autograd_lite.kernels.windows import Windows
        >>> x = np.array([1.0, 3.0, 2.0]).reshape(1, 3, 1)
        >>> window_sum(x, Windows((3,), (2,), (2,), (1,), (0,), (1,))).ravel()
        array([4., 5.])
    """
    out = np.zeros((x.shape[0], *windows.size, x.shape[-1]), x.dtype)
    for tap in windows.taps:
        o, i = windows.overlap(tap)
        out[:, *o] += x[:, *i]
    return out


def window_spread(g, windows):
    """Zeros ``(n, *space, c)`` with `g` added at every entry of its window.

    Returns:
        A new array ``(n, *space, c)``.

    Example:
        >>> from autograd_lite.kernels.windows import Windows
        >>> g = np.array([1.0, 2.0]).reshape(1, 2, 1)
        >>> window_spread(g, Windows((3,), (2,), (2,), (1,), (0,), (1,))).ravel()
        array([1., 3., 2.])
    """
    out = np.zeros((g.shape[0], *windows.space, g.shape[-1]), g.dtype)
    for tap in windows.taps:
        o, i = windows.overlap(tap)
        out[:, *i] += g[:, *o]
    return out
