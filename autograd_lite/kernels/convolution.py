"""Convolutions over any number of axes, channels last, and the two maps they are linear in.

With ``y = conv(x, kernel)`` the form ``sum(g * y)`` is linear in x, kernel and g: `conv`,
`input_grad` and `kernel_grad` are its derivatives by g, x and kernel, and so each other's.

Patches are gathered for a tile of the output that fits the cache, and multiplied as matrices:
``(positions, taps * channels) @ (taps * channels, filters)``, one product for each group.

Shapes:
    ``x (n, *space, c)``, ``kernel (*window, c / groups, f)``, ``g (n, *size, f)``.
"""

import math

import numpy as np

from autograd_lite.kernels.matmul import matmul
from autograd_lite.kernels.windows import padded, tiles

# Entries of a tile's patches. Of 2**17 to 2**20 the fastest for (32, 26, 26, 32) -> 64; all of them
# are alike for (32, 28, 28, 1) -> 32.
_TILE = 1 << 19
# With fewer channels a patch is gathered tap by tap: its runs in memory are too short to copy.
_FEW_CHANNELS = 8


def conv(x, kernel, windows, groups=1):
    """``y[n, o, f] = sum over taps t and channels c of x[n, at(o, t), c] * kernel[t, c, f]``.

    Args:
        x: Array ``(n, *space, c)``.
        kernel: Array ``(*window, c / groups, f)``.
        windows: `Windows` that say where ``at(o, t)`` is; outside of x there are zeros.
        groups: Channels and filters in so many parts, each part apart from the others.

    Returns:
        A new array ``(n, *size, f)``.

    Example:
        >>> from autograd_lite.kernels.windows import Windows
        >>> x, kernel = np.arange(4.0).reshape(1, 4, 1), np.ones((2, 1, 1))
        >>> conv(x, kernel, Windows((4,), (2,), (3,), (1,), (0,), (1,))).ravel()
        array([1., 3., 5.])
    """
    out = np.empty((x.shape[0], *windows.size, kernel.shape[-1]), np.result_type(x, kernel))
    parts, weights = _split(out, groups), _weights(kernel, groups)
    patches = _patches(x, windows, groups)
    for tile in _tiles(out, kernel, groups):
        rows = matmul(_gather(patches, tile, windows), weights)
        part = parts[:, *tile]
        part[...] = rows.reshape(part.shape)
    return out


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
    total = np.zeros(shape, np.result_type(x, g))
    sums = np.zeros(_weights(total, groups).shape, total.dtype)
    patches, parts = _patches(x, windows, groups), _split(g, groups)
    for tile in _tiles(g, total, groups):
        part = parts[:, *tile]
        rows = _gather(patches, tile, windows)
        sums += matmul(rows.swapaxes(1, 2), part.reshape(groups, -1, part.shape[-1]))
    _weights(total, groups)[...] = sums
    return total


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
