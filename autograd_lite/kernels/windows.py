"""Windows that slide over the middle axes of an array ``(n, *space, channels)``."""

import math
from typing import NamedTuple

import numpy as np


class Windows(NamedTuple):
    """Where windows lie: entry `tap` of window `o` is at ``o * strides + tap * dilation - low``.

    Attributes:
        space: Lengths of the axes that the windows slide over.
        window: Entries of a window along each of them.
        size: How many windows there are along each of them.
        strides: From one window to the next.
        low: How far the first window begins before the array, where there is padding.
        dilation: From one entry of a window to the next.
    """

    space: tuple[int, ...]
    window: tuple[int, ...]
    size: tuple[int, ...]
    strides: tuple[int, ...]
    low: tuple[int, ...]
    dilation: tuple[int, ...]

    @property
    def reach(self):
        """How many entries all windows together span along each axis, padding included."""
        return tuple(
            (n - 1) * s + (k - 1) * d + 1 if n else 0
            for n, k, s, d in zip(self.size, self.window, self.strides, self.dilation, strict=True)
        )

    @property
    def taps(self):
        """The entries of a window, by their position in it."""
        return [*np.ndindex(*self.window)]

    @property
    def inside(self):
        """Whether no window touches padding."""
        return not any(self.low) and all(
            r <= n for r, n in zip(self.reach, self.space, strict=True)
        )

    def overlap(self, tap):
        """Which windows have this entry within the array, and where there: two tuples of slices."""
        pairs = [_overlap(*axis) for axis in zip(*self, tap, strict=True)]
        return tuple(o for o, _ in pairs), tuple(i for _, i in pairs)


def _overlap(length, _, size, stride, low, dilation, tap):
    shift = tap * dilation - low
    first = max(0, -(shift // stride))
    last = min(size - 1, (length - 1 - shift) // stride)
    if last < first:
        return slice(0, 0), slice(0, 0)
    start = first * stride + shift
    return slice(first, last + 1), slice(start, last * stride + shift + 1, stride)


def counts(windows):
    """How many entries of each window are within the array.

    Shapes:
        ``(*size, 1)``.

    Example:
        >>> counts(Windows((3,), (2,), (3,), (1,), (0,), (1,)))[:, 0]
        array([2, 2, 1])
    """
    total = np.zeros((*windows.size, 1), int)
    for tap in windows.taps:
        total[windows.overlap(tap)[0]] += 1
    return total


def padded(x, windows):
    """`x`, with zeros around it as far as windows reach; `x` itself if none touches padding."""
    if windows.inside:
        return x
    reach = windows.reach
    out = np.zeros((x.shape[0], *reach, x.shape[-1]), x.dtype)
    low = windows.low
    kept = [min(n, r - p) for n, r, p in zip(windows.space, reach, low, strict=True)]
    inner = tuple(slice(p, p + n) for p, n in zip(low, kept, strict=True))
    out[:, *inner] = x[:, *(slice(n) for n in kept)]
    return out


def tiles(images, size, entries, most):
    """Parts of ``(images, *size)`` that need at most about `most` entries, as tuples of slices.

    Args:
        images: Length of the first axis.
        size: Lengths of the axes after it.
        entries: What one position needs.
        most: What a part may need. A part has at least one row of an image.
    """
    row = math.prod(size[1:]) * entries
    rows = max(1, most // max(row, 1))
    if rows < size[0]:
        for i in range(images):
            for first in range(0, size[0], rows):
                yield slice(i, i + 1), slice(first, min(first + rows, size[0]))
    elif size[0]:
        step = rows // size[0]
        for i in range(0, images, step):
            yield slice(i, min(i + step, images)), slice(0, size[0])
