"""Convolutions over any number of axes, channels last, and the two maps they are linear in.

With ``y = conv(x, kernel)`` the form ``sum(g * y)`` is linear in x, kernel and g: `conv`,
`input_grad` and `kernel_grad` are its derivatives by g, x and kernel, and so each other's.

Kernels serve float32 and float64 over one or two axes. All else, and what is too small to compile
for, goes to the NumPy reference beside each: there, patches are gathered for a tile of the output
that fits the cache, and multiplied as matrices, one product for each group.

Shapes:
    ``x (n, *space, c)``, ``kernel (*window, c / groups, f)``, ``g (n, *size, f)``.
"""

import functools
import itertools
import math
from typing import NamedTuple

import numpy as np

from autograd_lite.kernels import runtime
from autograd_lite.kernels.matmul import matmul
from autograd_lite.kernels.windows import Windows, padded, tiles

# Entries of a tile's patches. Of 2**17 to 2**20 the fastest for (32, 26, 26, 32) -> 64; all of them
# are alike for (32, 28, 28, 1) -> 32.
_TILE = 1 << 19
# With fewer channels a patch is gathered tap by tap: its runs in memory are too short to copy.
_FEW_CHANNELS = 8
# NumPy takes 25 us or more for the least convolution, the kernel 6 (here), but seconds to compile:
# where so few products are all there is, nobody should wait for that.
FEWEST_PRODUCTS = 100_000
# One core's rate, which decides whether waking others pays.
_PRODUCTS_PER_MICROSECOND = 50_000
_PRODUCTS_OF_CHANNELS_PER_MICROSECOND = 15_000
# A kernel of fewer entries than these leaves threads too little to share, so that images are cut
# into as many parts, however many threads there are, and what each gives is added up.
_FEW_SUMS = 8192
_PARTS = 8

_FLOATS = frozenset({np.dtype(np.float32), np.dtype(np.float64)})


@functools.cache
def _compiled():
    from autograd_lite.kernels.compiled import convolution

    return convolution


def _pays(x, other, windows, products):
    """Whether a kernel takes these two arrays, and is worth compiling."""
    return (
        products >= FEWEST_PRODUCTS
        and x.dtype == other.dtype
        and x.dtype in _FLOATS
        and 1 <= len(windows.space) <= 2
        and x.flags.aligned
        and other.flags.aligned
        and runtime.use_compiled()
    )


def _products(n, kernel_shape, windows):
    return n * math.prod(windows.size) * math.prod(kernel_shape)


def conv_reference(x, kernel, windows, groups=1, bias=None, relu=False):
    """`conv` in NumPy."""
    out = np.empty((x.shape[0], *windows.size, kernel.shape[-1]), np.result_type(x, kernel))
    parts, weights = _split(out, groups), _weights(kernel, groups)
    patches = _patches(x, windows, groups)
    for tile in _tiles(out, kernel, groups):
        rows = matmul(_gather(patches, tile, windows), weights)
        part = parts[:, *tile]
        part[...] = rows.reshape(part.shape)
    if bias is not None:
        out = out + bias
    return np.maximum(out, 0) if relu else out


def conv(x, kernel, windows, groups=1, bias=None, relu=False):
    """``y[n, o, f] = sum over taps t and channels c of x[n, at(o, t), c] * kernel[t, c, f]``.

    Args:
        x: Array ``(n, *space, c)``.
        kernel: Array ``(*window, c / groups, f)``.
        windows: `Windows` that say where ``at(o, t)`` is; outside of x there are zeros.
        groups: Channels and filters in so many parts, each part apart from the others.
        bias: Array ``(f,)`` to add, or None.
        relu: Whether to replace negative results by zero; NaN stays NaN.

    Returns:
        A new array ``(n, *size, f)``.

    Example:
        >>> from autograd_lite.kernels.windows import Windows
        >>> x, kernel = np.arange(4.0).reshape(1, 4, 1), np.ones((2, 1, 1))
        >>> conv(x, kernel, Windows((4,), (2,), (3,), (1,), (0,), (1,))).ravel()
        array([1., 3., 5.])
    """
    products = _products(len(x), kernel.shape, windows)
    alike = bias is None or bias.dtype == x.dtype
    if not (_pays(x, kernel, windows, products) and alike):
        return conv_reference(x, kernel, windows, groups, bias, relu)
    out = np.empty((len(x), *windows.size, kernel.shape[-1]), x.dtype)
    channels = _is_by_channel(kernel, groups)
    if channels:
        x, groups = _repeated(x, kernel.shape[-1]), 1
    arrays = [_dense(_plane(x)), _plane(kernel, 0), _plane(out)]
    if bias is not None:
        arrays.append(np.ascontiguousarray(bias))
    windows = _on_plane(windows)
    first = tuple(-p for p in windows.low)
    for part in _parts(groups, *arrays):
        _correlate(channels, *part, places=(first, windows.strides, windows.dilation), relu=relu)
    return out


def input_grad_reference(g, kernel, windows, groups=1):
    """`input_grad` in NumPy."""
    space, low = windows.space, windows.low
    lengths = [max(p + n, r) for p, n, r in zip(low, space, windows.reach, strict=True)]
    channels = kernel.shape[-2] * groups
    wide = np.zeros((g.shape[0], *lengths, channels), np.result_type(g, kernel))
    parts, target = _split(g, groups), _split(wide, groups)
    weights = _weights(kernel, groups).swapaxes(1, 2)
    for tile in _tiles(g, kernel, groups):
        part = parts[:, *tile]
        rows = matmul(part.reshape(groups, -1, part.shape[-1]), weights)
        _scatter(rows.reshape(*part.shape[:-1], -1, kernel.shape[-2]), tile, windows, target)
    inner = tuple(slice(p, p + n) for p, n in zip(low, space, strict=True))
    return np.ascontiguousarray(wide[:, *inner])


def input_grad(g, kernel, windows, groups=1):
    """The gradient of x: each ``g[n, o, f] * kernel[t, c, f]`` added up at ``at(o, t)``.

    Args:
        g: Array ``(n, *size, f)``.
        kernel: Array ``(*window, c / groups, f)``.
        windows: As for `conv`.
        groups: As for `conv`.

    Returns:
        A new array ``(n, *space, c)``.

    Example:
        >>> from autograd_lite.kernels.windows import Windows
        >>> g, kernel = np.ones((1, 3, 1)), np.ones((2, 1, 1))
        >>> input_grad(g, kernel, Windows((4,), (2,), (3,), (1,), (0,), (1,))).ravel()
        array([1., 2., 2., 1.])
    """
    if not _pays(g, kernel, windows, _products(len(g), kernel.shape, windows)):
        return input_grad_reference(g, kernel, windows, groups)
    channels = _is_by_channel(kernel, groups)
    width = kernel.shape[-2] * groups
    times = kernel.shape[-1] // width if channels else 1
    out = np.empty((len(g), *windows.space, width * times), g.dtype)
    arrays = _dense(_plane(g)), _plane(kernel, 0), _plane(out)
    down, across = _phases(windows)
    for source, weights, target in _parts(1 if channels else groups, *arrays):
        weights = weights if channels else weights.swapaxes(2, 3)
        for y, x in itertools.product(down, across):
            place = target[:, y.outputs, x.outputs]
            if y.first is None or x.first is None:
                place[...] = 0
                continue
            places = (y.first, x.first), (1, 1), (y.delta, x.delta)
            _correlate(channels, source, weights[y.taps, x.taps], place, places=places)
    if times == 1:
        return out
    return functools.reduce(np.add, [out[..., i::times] for i in range(times)])


class _Phase(NamedTuple):
    """Those entries of an axis that see the same taps, the last one first: every stride-th one."""

    outputs: slice
    taps: slice
    first: int | None  # entry of g under the first of these taps; None if there are none
    delta: int


@functools.lru_cache(256)
def _phases(windows):
    """How x's gradient is made of convolutions of g: phases of the first axis, and of the second.

    Along an axis there are as many of them as a stride has steps.
    """
    return [[*_along(*axis)] for axis in zip(*_on_plane(windows), strict=True)]


def _along(space, window, size, stride, low, dilation):
    """The phases of one axis."""
    for start in range(min(stride, space)):
        outputs = slice(start, None, stride)
        taps = [t for t in range(window) if (start + low - t * dilation) % stride == 0]
        if not taps:
            yield _Phase(outputs, slice(0), None, 1)
            continue
        step = taps[1] - taps[0] if len(taps) > 1 else window
        first = (start + low - taps[-1] * dilation) // stride
        delta = step * dilation // stride if len(taps) > 1 else 1
        yield _Phase(outputs, slice(taps[-1], None, -step), first, delta)


def kernel_grad_reference(x, g, windows, groups=1):
    """`kernel_grad` in NumPy."""
    shape = (*windows.window, x.shape[-1] // groups, g.shape[-1])
    total = np.zeros(shape, np.result_type(x, g))
    sums = np.zeros(_weights(total, groups).shape, total.dtype)
    patches, parts = _patches(x, windows, groups), _split(g, groups)
    for tile in _tiles(g, total, groups):
        part = parts[:, *tile]
        rows = _gather(patches, tile, windows)
        sums += matmul(rows.swapaxes(1, 2), part.reshape(groups, -1, part.shape[-1]))
    _weights(total, groups)[...] = sums
    return total


def kernel_grad(x, g, windows, groups=1):
    """The gradient of the kernel: ``sum over n and o of x[n, at(o, t), c] * g[n, o, f]``.

    Args:
        x: Array ``(n, *space, c)``.
        g: Array ``(n, *size, f)``.
        windows: As for `conv`.
        groups: As for `conv`.

    Returns:
        A new array ``(*window, c / groups, f)``.

    Example:
        >>> from autograd_lite.kernels.windows import Windows
        >>> x, g = np.arange(4.0).reshape(1, 4, 1), np.ones((1, 3, 1))
        >>> kernel_grad(x, g, Windows((4,), (2,), (3,), (1,), (0,), (1,))).ravel()
        array([3., 6.])
    """
    shape = (*windows.window, x.shape[-1] // groups, g.shape[-1])
    products = _products(len(g), shape, windows)
    if not _pays(x, g, windows, products):
        return kernel_grad_reference(x, g, windows, groups)
    total = np.empty(shape, x.dtype)
    channels = _is_by_channel(total, groups)
    if channels:
        x, groups = _repeated(x, g.shape[-1]), 1
    windows = _on_plane(windows)
    places = tuple(-p for p in windows.low), windows.strides, windows.dilation
    compiled = _compiled()
    kernel = compiled.kernel_gradient_of_channels if channels else compiled.kernel_gradient
    count = min(_PARTS, len(x)) if total.size // groups < _FEW_SUMS else 1
    g = _plane(np.ascontiguousarray(g))
    for source, seen, part in _parts(groups, _dense(_plane(x)), g, total):
        whole = count == 1 and part.flags.c_contiguous
        sums = part[None] if whole else np.empty((count, *part.shape), x.dtype)
        kernel(
            _cost(products / groups, channels), x.dtype.type(-np.inf), id(source), source.shape,
            source.strides, id(seen), seen.shape, seen.strides, windows.window, id(sums), count,
            *places, compiled.CACHE,
        )  # fmt: skip
        if not whole:
            np.add.reduce(sums, out=part)
    return total


def _correlate(channels, x, kernel, out, bias=None, *, places, relu=False):
    """Write to `out` what windows over x give; `places` are their first, strides and dilation."""
    compiled = _compiled()
    call = compiled.correlate_channels if channels else compiled.correlate
    floor = x.dtype.type(0 if relu else -np.inf)
    cost = _cost(out.size * math.prod(kernel.shape[:3]), channels)
    call(
        cost, floor, id(x), x.shape, x.strides, id(kernel), kernel.strides, kernel.shape[:2],
        id(out), out.shape, out.strides, 0 if bias is None else id(bias), *places, compiled.CACHE,
    )  # fmt: skip


def _cost(products, channels):
    """Microseconds on one thread, about."""
    rate = _PRODUCTS_OF_CHANNELS_PER_MICROSECOND if channels else _PRODUCTS_PER_MICROSECOND
    return products / rate


def _is_by_channel(kernel, groups):
    """Whether each filter sees one channel."""
    return kernel.shape[-2] == 1 and groups > 1


def _repeated(x, filters):
    """x with each channel as often as it has filters."""
    times = filters // x.shape[-1]
    return x if times == 1 else np.repeat(x, times, axis=-1)


def _plane(x, axis=1):
    """x with two axes of space: the second is the only one of a sequence."""
    return x if x.ndim == 4 else np.expand_dims(x, axis)


@functools.lru_cache(256)
def _on_plane(windows):
    """Windows over two axes, in Python's ints, as kernels are compiled for."""
    fields = [tuple(map(int, field)) for field in windows]
    if len(windows.space) == 1:
        fields = [one + field for one, field in zip(_ONE, fields, strict=True)]
    return Windows(*fields)


_ONE = Windows((1,), (1,), (1,), (1,), (0,), (1,))


def _dense(x):
    """x, or a copy if its pixels' channels are not side by side or entries share memory."""
    return x if x.strides[-1] == x.itemsize and min(x.strides) > 0 else np.ascontiguousarray(x)


def _parts(groups, *arrays):
    """For each group its part of the last axis of every array."""
    if groups == 1:
        return [arrays]
    return zip(*(np.split(a, groups, axis=-1) for a in arrays), strict=True)


def _tiles(out, kernel, groups):
    """Tiles of the output, each small enough that its patches stay in the cache."""
    entries = math.prod(kernel.shape[:-1]) * groups
    return tiles(out.shape[0], out.shape[1:-1], entries, _TILE)


def _split(x, groups):
    """``(n, *space, c)`` as ``(groups, n, *space, c / groups)``, without copying."""
    return np.moveaxis(x.reshape(*x.shape[:-1], groups, x.shape[-1] // groups), -2, 0)


def _weights(kernel, groups):
    """The kernel as a stack of matrices ``(groups, taps * channels, filters)``, not copied."""
    return kernel.reshape(-1, groups, kernel.shape[-1] // groups).swapaxes(0, 1)


def _patches(x, windows, groups):
    """A view of what each window sees: ``(groups, n, *size, *window, c / groups)``."""
    x = _split(padded(x, windows), groups)
    step, first, *along, last = x.strides
    over = [s * a for s, a in zip(windows.strides, along, strict=True)]
    within = [d * a for d, a in zip(windows.dilation, along, strict=True)]
    return np.lib.stride_tricks.as_strided(
        x,
        (*x.shape[:2], *windows.size, *windows.window, x.shape[-1]),
        (step, first, *over, *within, last),
        writeable=False,
    )


def _gather(patches, tile, windows):
    """The patches of a tile as matrices ``(groups, positions, taps * channels)``."""
    part = patches[:, *tile]
    count = math.prod(part.shape[1 : 2 + len(windows.size)])
    depth = math.prod(part.shape[2 + len(windows.size) :])
    if part.shape[-1] >= _FEW_CHANNELS:
        return part.reshape(part.shape[0], count, depth)
    middle = range(1, 2 + len(windows.size))
    taps_first = part.transpose(0, *range(middle.stop, part.ndim), *middle)
    return taps_first.reshape(part.shape[0], depth, count).swapaxes(1, 2)


def _scatter(rows, tile, windows, target):
    """Add the patches ``rows (groups, n, *size, taps, c / groups)`` of a tile to where they lie."""
    for i, tap in enumerate(windows.taps):
        target[:, *_seen(tile, windows, tap)] += rows[..., i, :]


def _seen(tile, windows, tap):
    """Where in the padded array the windows of a tile have this entry."""
    images, *positions = tile
    positions += map(slice, windows.size[1:])
    steps = zip(windows.strides, windows.dilation, tap, strict=True)
    return images, *(
        slice((o.start or 0) * s + t * d, (o.stop - 1) * s + t * d + 1, s)
        for o, (s, d, t) in zip(positions, steps, strict=True)
    )
