"""Extremes and sums of windows, and the maps that spread gradients back over windows.

Kernels serve float32 and float64 over one or two axes, sums those of convolutions. All else goes to
the NumPy reference beside each, whose loops go over a window's entries, each a strided view of the
whole array: no patches are made, and padding is never written out.

Shapes:
    ``x (n, *space, c)``, ``g (n, *size, c)``.
"""

import functools
import math

import numpy as np

from autograd_lite.kernels import runtime
from autograd_lite.kernels.convolution import FEWEST_PRODUCTS, conv, input_grad

# Entries of all windows together from which compiling pays: those of sums are products.
_FEWEST = FEWEST_PRODUCTS
# A kernel works on vectors of channels: one alone costs it as much as 16.
_FEWEST_CHANNELS = 2
# Microseconds that an entry of a window takes on one thread, about.
_COST = 2e-4
_FLOATS = frozenset({np.dtype(np.float32), np.dtype(np.float64)})
_BYTE = np.dtype(np.uint8)


@functools.cache
def _compiled():
    from autograd_lite.kernels.compiled import pooling

    return pooling


def _pays(x, windows):
    """Whether a kernel takes an array, and is worth compiling."""
    entries = len(x) * math.prod(windows.size) * x.shape[-1] * math.prod(windows.window)
    return (
        entries >= _FEWEST
        and x.shape[-1] >= _FEWEST_CHANNELS
        and x.dtype in _FLOATS
        and 1 <= len(windows.space) <= 2
        and set(windows.dilation) == {1}
        and x.flags.aligned
        and runtime.use_compiled()
    )


def _run(kernel, windows, like, *arrays):
    """Call a kernel with arrays, which are contiguous; the first and the last of its own form."""
    planes = [a if a.ndim == 4 else a[:, None] for a in arrays]
    axes = windows.window, windows.strides, windows.low
    if len(windows.space) == 1:
        axes = [(one, *axis) for one, axis in zip((1, 1, 0), axes, strict=True)]
    cost = like.size * math.prod(windows.window) * _COST
    shapes = planes[0].shape, planes[-1].shape
    settings = [tuple(map(int, axis)) for axis in axes]
    kernel(cost, like.dtype.type(0), *map(id, planes), *shapes, *settings)


def window_max_reference(x, windows):
    """`window_max` in NumPy."""
    lowest = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    out = np.full((x.shape[0], *windows.size, x.shape[-1]), lowest, x.dtype)
    for tap in windows.taps:
        o, i = windows.overlap(tap)
        np.maximum(out[:, *o], x[:, *i], out=out[:, *o])
    return out


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
    if not _pays(x, windows):
        return window_max_reference(x, windows)
    out = np.empty((len(x), *windows.size, x.shape[-1]), x.dtype)
    _run(_compiled().window_max, windows, out, np.ascontiguousarray(x), out)
    return out


def first_taps_reference(x, extremes, windows):
    """`first_taps` in NumPy."""
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
    served = math.prod(windows.window) <= 256 and extremes.dtype == x.dtype
    if not (_pays(x, windows) and served):
        return first_taps_reference(x, extremes, windows)
    out = np.empty(extremes.shape, np.uint8)
    arrays = np.ascontiguousarray(x), np.ascontiguousarray(extremes), out
    _run(_compiled().first_taps, windows, extremes, *arrays)
    return out


def take_taps(x, taps, windows):
    """The entry of each window that is numbered by `taps`, as `first_taps` gives it.

    Returns:
        A new array ``(n, *size, c)``.
    """
    return x.reshape(-1)[_positions(taps, windows)]


def put_taps_reference(g, taps, windows):
    """`put_taps` in NumPy."""
    out = np.zeros((g.shape[0], *windows.space, g.shape[-1]), g.dtype)
    positions = _positions(taps, windows)
    spans = zip(windows.window, windows.dilation, windows.strides, strict=True)
    if all((k - 1) * d < s for k, d, s in spans):
        out.reshape(-1)[positions] = g
    else:
        np.add.at(out.reshape(-1), positions.ravel(), g.ravel())
    return out


def put_taps(g, taps, windows):
    """Zeros ``(n, *space, c)`` with `g` added at each window's numbered entry.

    Returns:
        A new array ``(n, *space, c)``.
    """
    if not (_pays(g, windows) and taps.dtype == _BYTE):
        return put_taps_reference(g, taps, windows)
    out = np.empty((len(g), *windows.space, g.shape[-1]), g.dtype)
    arrays = np.ascontiguousarray(g), np.ascontiguousarray(taps), out
    _run(_compiled().put_taps, windows, g, *arrays)
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


def window_sum_reference(x, windows):
    """`window_sum` in NumPy."""
    out = np.zeros((x.shape[0], *windows.size, x.shape[-1]), x.dtype)
    for tap in windows.taps:
        o, i = windows.overlap(tap)
        out[:, *o] += x[:, *i]
    return out


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
    if not _pays(x, windows):
        return window_sum_reference(x, windows)
    channels = x.shape[-1]
    return conv(x, np.ones((*windows.window, 1, channels), x.dtype), windows, channels)


def window_spread_reference(g, windows):
    """`window_spread` in NumPy."""
    out = np.zeros((g.shape[0], *windows.space, g.shape[-1]), g.dtype)
    for tap in windows.taps:
        o, i = windows.overlap(tap)
        out[:, *i] += g[:, *o]
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
    if not _pays(g, windows):
        return window_spread_reference(g, windows)
    channels = g.shape[-1]
    return input_grad(g, np.ones((*windows.window, 1, channels), g.dtype), windows, channels)
