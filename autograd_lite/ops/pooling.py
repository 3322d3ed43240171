"""The largest or the average entry of windows over one or two axes, channels last.

Padding never counts. Of equal largest entries the first gets the gradient, as in NumPy's argmax.
"""

from __future__ import annotations

from typing import Any

from autograd_lite.errors import explain
from autograd_lite.kernels import pooling as kernels
from autograd_lite.kernels.windows import counts
from autograd_lite.op import composed, op
from autograd_lite.ops.elementwise import divide
from autograd_lite.ops.windows import check_ndim, per_axis, place

__all__ = [
    "average_pool1d",
    "average_pool2d",
    "max_pool1d",
    "max_pool2d",
]


@op(
    vjps=(
        lambda g, out, x, windows: put_taps(
            g, first_taps(x, out, windows=windows), windows=windows
        ),
    )
)
def window_max(x, windows):
    """The largest entry of each window."""
    return kernels.window_max(x, windows)


@op(vjps=(None, None))
def first_taps(x, extremes, windows):
    """The number of the first entry of each window that is its extreme. Without derivative."""
    return kernels.first_taps(x, extremes, windows)


@op(vjps=(lambda g, taps, windows: put_taps(g, taps, windows=windows), None))
def take_taps(x, taps, windows):
    """The numbered entry of each window."""
    return kernels.take_taps(x, taps, windows)


@op(vjps=(lambda g, taps, windows: take_taps(g, taps, windows=windows), None))
def put_taps(y, taps, windows):
    """Each y added at the numbered entry of its window: the adjoint of `take_taps`."""
    return kernels.put_taps(y, taps, windows)


@op(vjps=(lambda g, windows: window_spread(g, windows=windows),))
def window_sum(x, windows):
    """The sum of each window."""
    return kernels.window_sum(x, windows)


@op(vjps=(lambda g, windows: window_sum(g, windows=windows),))
def window_spread(y, windows):
    """Each y added at every entry of its window: the adjoint of `window_sum`."""
    return kernels.window_spread(y, windows)


def _place(where, x, pool_size, strides, padding):
    axes = int(where[-2])
    check_ndim(where, x, axes)
    window = per_axis(where, "pool_size", pool_size, axes)
    strides = window if strides is None else strides
    windows = place(where, x.shape[1:-1], window, strides, padding)
    most = [
        (n - 1) * s + 1 - p
        for n, s, p in zip(windows.size, windows.strides, windows.low, strict=True)
    ]
    beyond = any(m > n for m, n in zip(most, windows.space, strict=True))
    if beyond or any(p >= k for p, k in zip(windows.low, window, strict=True)):
        raise ValueError(
            explain(
                where,
                "a window would lie in padding alone",
                got=f"padding {padding!r}, pool_size {pool_size!r}",
                expected="padding smaller than the window",
            )
        )
    return windows


def _average(where, x, pool_size, strides, padding):
    windows = _place(where, x, pool_size, strides, padding)
    share = counts(windows)
    # One number where no window touches padding, and it is exact in every dtype.
    share = int(share.flat[0]) if windows.inside else share.astype(x.dtype)
    return divide(window_sum(x, windows=windows), share)


@composed()
def max_pool1d(x: Any, pool_size: Any, strides: Any = None, padding: Any = "valid") -> Any:
    """The largest entry of each window over one axis; NaN passes.

    Of equal largest entries the first gets the gradient.

    Args:
        x: Array ``(batch, length, channels)``.
        pool_size: Entries of a window.
        strides: From one window to the next; None for `pool_size`.
        padding: ``"valid"``, ``"same"`` (for ``ceil(length / stride)`` windows), an int, or one
            pair ``[(before, after)]``. It never counts.

    Shapes:
        ``(n, length, c) -> (n, windows, c)``

    Raises:
        ShapeError: x has other axes, or no room for a window.
        ValueError: a setting makes no sense.

    Example:
        >>> max_pool1d(np.array([1.0, 3.0, 2.0, 0.0]).reshape(1, 4, 1), 2).ravel()
        array([3., 2.])
    """
    return window_max(x, windows=_place("max_pool1d", x, pool_size, strides, padding))


@composed()
def max_pool2d(x: Any, pool_size: Any, strides: Any = None, padding: Any = "valid") -> Any:
    """The largest entry of each window over two axes, as `max_pool1d` over one.

    `pool_size` and `strides` are an int or one for each axis; `padding` is as for `conv2d`.

    Shapes:
        ``(n, h, w, c) -> (n, rows, columns, c)``

    Raises:
        ShapeError: x has other axes, or no room for a window.
        ValueError: a setting makes no sense.

    Example:
        >>> max_pool2d(np.arange(16.0).reshape(1, 4, 4, 1), 2)[0, :, :, 0]
        array([[ 5.,  7.],
               [13., 15.]])
    """
    return window_max(x, windows=_place("max_pool2d", x, pool_size, strides, padding))


@composed()
def average_pool1d(x: Any, pool_size: Any, strides: Any = None, padding: Any = "valid") -> Any:
    """The mean of each window over one axis, of its entries within x.

    Args:
        x: Array ``(batch, length, channels)``.
        pool_size: Entries of a window.
        strides: From one window to the next; None for `pool_size`.
        padding: As for `max_pool1d`.

    Shapes:
        ``(n, length, c) -> (n, windows, c)``

    Raises:
        ShapeError: x has other axes, or no room for a window.
        ValueError: a setting makes no sense.

    Example:
        >>> average_pool1d(np.array([1.0, 3.0, 5.0]).reshape(1, 3, 1), 2, padding="same").ravel()
        array([2., 5.])
    """
    return _average("average_pool1d", x, pool_size, strides, padding)


@composed()
def average_pool2d(x: Any, pool_size: Any, strides: Any = None, padding: Any = "valid") -> Any:
    """The mean of each window over two axes, as `average_pool1d` over one.

    `pool_size` and `strides` are an int or one for each axis; `padding` is as for `conv2d`.

    Shapes:
        ``(n, h, w, c) -> (n, rows, columns, c)``

    Raises:
        ShapeError: x has other axes, or no room for a window.
        ValueError: a setting makes no sense.

    Example:
        >>> average_pool2d(np.arange(16.0).reshape(1, 4, 4, 1), 2)[0, :, :, 0]
        array([[ 2.5,  4.5],
               [10.5, 12.5]])
    """
    return _average("average_pool2d", x, pool_size, strides, padding)
