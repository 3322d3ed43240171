"""Convolutions and their transposes over one or two axes, channels last.

As in all of deep learning, kernels are not flipped. `sum(g * conv(x, kernel))` is linear in x, in
the kernel and in g; `conv` and the two ops that are its rules give its derivatives by g, x and
kernel, and so are each other's rules: derivatives of any order need no more.
"""

from __future__ import annotations

from typing import Any

from autograd_lite.errors import ShapeError, explain
from autograd_lite.kernels import convolution as kernels
from autograd_lite.op import composed, op
from autograd_lite.ops.piecewise import relu as positive
from autograd_lite.ops.piecewise import relu_grad
from autograd_lite.ops.reduce import sum_rows
from autograd_lite.ops.shape import reshape
from autograd_lite.ops.windows import check_ndim, place, place_transposed
from autograd_lite.record import Mask

__all__ = [
    "conv1d",
    "conv2d",
    "conv_transpose1d",
    "conv_transpose2d",
    "depthwise_conv1d",
    "depthwise_conv2d",
]


_CONV = (
    lambda g, kernel, windows, groups: conv_input_grad(g, kernel, windows=windows, groups=groups),
    lambda g, x, windows, groups: conv_kernel_grad(x, g, windows=windows, groups=groups),
)
_CONV_BIAS = (*_CONV, lambda g: sum_rows(reshape(g, shape=(-1, g.shape[-1]))))


@op(vjps=_CONV)
def conv(x, kernel, windows, groups):
    """Convolution with `Windows` worked out: what `conv1d` and `conv2d` come to."""
    return kernels.conv(x, kernel, windows, groups)


@op(vjps=_CONV_BIAS)
def conv_bias(x, kernel, bias, windows, groups):
    """`conv` plus a number for each filter, in one sweep."""
    return kernels.conv(x, kernel, windows, groups, bias)


@op(vjps=_CONV_BIAS, through=Mask(relu_grad))
def conv_bias_relu(x, kernel, bias, windows, groups):
    """The positive part of `conv_bias`, in one sweep; the derivative of the kink is 0."""
    return kernels.conv(x, kernel, windows, groups, bias, relu=True)


@op(
    vjps=(
        lambda g, kernel, windows, groups: conv(g, kernel, windows=windows, groups=groups),
        lambda g, y, windows, groups: conv_kernel_grad(g, y, windows=windows, groups=groups),
    )
)
def conv_input_grad(y, kernel, windows, groups):
    """The transpose of `conv` as a map of x: ``(n, *size, f) -> (n, *space, c)``."""
    return kernels.input_grad(y, kernel, windows, groups)


@op(
    vjps=(
        lambda g, y, windows, groups: conv_input_grad(y, g, windows=windows, groups=groups),
        lambda g, x, windows, groups: conv(x, g, windows=windows, groups=groups),
    )
)
def conv_kernel_grad(x, y, windows, groups):
    """The transpose of `conv` as a map of the kernel: ``(n, *size, f) -> (*window, c, f)``."""
    return kernels.kernel_grad(x, y, windows, groups)


def _check(where, x, kernel, axes, groups):
    check_ndim(where, x, axes)
    if (
        kernel.ndim != axes + 2
        or x.shape[-1] != kernel.shape[-2] * groups
        or kernel.shape[-1] % groups
        or 0 in kernel.shape
    ):
        raise ShapeError(
            explain(
                where,
                "the kernel does not fit",
                got=f"x {x.shape}, kernel {kernel.shape}, groups {groups}",
                expected=f"kernel ({'k, ' * axes}channels / groups, filters), "
                "and filters a multiple of groups",
            )
        )


def _conv(where, x, kernel, strides, padding, dilation_rate, groups, bias, relu):
    axes = int(where[-2])
    if not isinstance(groups, int) or groups < 1:
        raise ValueError(
            explain(where, "bad `groups`", got=repr(groups), expected="an int of at least 1")
        )
    _check(where, x, kernel, axes, groups)
    windows = place(
        where, x.shape[1:-1], kernel.shape[:-2], strides, padding, dilation_rate, axes == 1
    )
    if bias is None:
        y = conv(x, kernel, windows=windows, groups=groups)
        return positive(y) if relu else y
    if bias.shape != kernel.shape[-1:]:
        raise ShapeError(
            explain(
                where,
                "the bias does not fit",
                got=f"bias {bias.shape}, kernel {kernel.shape}",
                expected=f"bias {kernel.shape[-1:]}",
            )
        )
    call = conv_bias_relu if relu else conv_bias
    return call(x, kernel, bias, windows=windows, groups=groups)


@composed()
def conv1d(
    x: Any,
    kernel: Any,
    strides: Any = 1,
    padding: Any = "valid",
    dilation_rate: Any = 1,
    groups: int = 1,
    *,
    bias: Any = None,
    relu: bool = False,
) -> Any:
    """Convolution over one axis: ``y[n, o, f] = sum_tc x[n, o * stride + t, c] * kernel[t, c, f]``.

    Args:
        x: Array ``(batch, length, channels)``.
        kernel: Array ``(k, channels / groups, filters)``.
        strides: Steps from one window to the next.
        padding: ``"valid"``, ``"same"`` (for ``ceil(length / stride)`` windows), ``"causal"``
            (``k - 1`` zeros at the start), an int, or one pair ``[(before, after)]``.
        dilation_rate: Steps from one entry of a window to the next.
        groups: Parts of the channels and filters that see only each other.
        bias: Array ``(filters,)`` to add, or None.
        relu: Whether to take the positive part; neither costs a sweep of its own.

    Shapes:
        ``(n, length, c), (k, c / groups, f) -> (n, windows, f)``

    Raises:
        ShapeError: shapes do not fit, or there is no room for a window.
        ValueError: a setting makes no sense.

    Example:
        >>> conv1d(np.arange(4.0).reshape(1, 4, 1), np.ones((2, 1, 1))).ravel()
        array([1., 3., 5.])
    """
    return _conv("conv1d", x, kernel, strides, padding, dilation_rate, groups, bias, relu)


@composed()
def conv2d(
    x: Any,
    kernel: Any,
    strides: Any = 1,
    padding: Any = "valid",
    dilation_rate: Any = 1,
    groups: int = 1,
    *,
    bias: Any = None,
    relu: bool = False,
) -> Any:
    """Convolution over two axes, as `conv1d` over one.

    Args:
        x: Array ``(batch, height, width, channels)``.
        kernel: Array ``(kh, kw, channels / groups, filters)``.
        strides: Steps from one window to the next: an int, or one for each axis.
        padding: ``"valid"``, ``"same"`` (for ``ceil(length / stride)`` windows along an axis), an
            int, or for each axis an int or a pair ``(before, after)``.
        dilation_rate: Steps from one entry of a window to the next, as `strides`.
        groups: Parts of the channels and filters that see only each other.
        bias: Array ``(filters,)`` to add, or None.
        relu: Whether to take the positive part; neither costs a sweep of its own.

    Shapes:
        ``(n, h, w, c), (kh, kw, c / groups, f) -> (n, rows, columns, f)``

    Raises:
        ShapeError: shapes do not fit, or there is no room for a window.
        ValueError: a setting makes no sense.

    Example:
        >>> conv2d(np.ones((1, 3, 3, 1)), np.ones((3, 3, 1, 1)), padding="same")[0, :, :, 0]
        array([[4., 6., 4.],
               [6., 9., 6.],
               [4., 6., 4.]])
    """
    return _conv("conv2d", x, kernel, strides, padding, dilation_rate, groups, bias, relu)


def _depthwise(where, x, kernel, strides, padding, dilation_rate, bias, relu):
    if kernel.ndim != int(where[-2]) + 2:
        _check(where, x, kernel, int(where[-2]), 1)
    *window, channels, multiplier = kernel.shape
    flat = reshape(kernel, shape=(*window, 1, channels * multiplier))
    return _conv(where, x, flat, strides, padding, dilation_rate, channels, bias, relu)


@composed()
def depthwise_conv1d(
    x: Any,
    kernel: Any,
    strides: Any = 1,
    padding: Any = "valid",
    dilation_rate: Any = 1,
    *,
    bias: Any = None,
    relu: bool = False,
) -> Any:
    """`conv1d` of each channel by itself: filter ``c * m + j`` is channel c's j-th of m.

    Shapes:
        ``(n, length, c), (k, c, m) -> (n, windows, c * m)``

    Raises:
        ShapeError: shapes do not fit, or there is no room for a window.
        ValueError: a setting makes no sense.

    Example:
        >>> depthwise_conv1d(np.ones((1, 3, 2)), np.array([[[1.0], [2.0]]] * 2))
        array([[[2., 4.],
                [2., 4.]]])
    """
    where = "depthwise_conv1d"
    return _depthwise(where, x, kernel, strides, padding, dilation_rate, bias, relu)


@composed()
def depthwise_conv2d(
    x: Any,
    kernel: Any,
    strides: Any = 1,
    padding: Any = "valid",
    dilation_rate: Any = 1,
    *,
    bias: Any = None,
    relu: bool = False,
) -> Any:
    """`conv2d` of each channel by itself: filter ``c * m + j`` is channel c's j-th of m.

    Shapes:
        ``(n, h, w, c), (kh, kw, c, m) -> (n, rows, columns, c * m)``

    Raises:
        ShapeError: shapes do not fit, or there is no room for a window.
        ValueError: a setting makes no sense.

    Example:
        >>> depthwise_conv2d(np.ones((1, 2, 2, 2)), np.ones((2, 2, 2, 1)))
        array([[[[4., 4.]]]])
    """
    where = "depthwise_conv2d"
    return _depthwise(where, x, kernel, strides, padding, dilation_rate, bias, relu)


def _conv_transpose(where, x, kernel, strides, padding, output_padding, dilation_rate):
    axes = int(where[-2])
    check_ndim(where, x, axes)
    if kernel.ndim != axes + 2 or x.shape[-1] != kernel.shape[-1] or 0 in kernel.shape:
        raise ShapeError(
            explain(
                where,
                "the kernel does not fit",
                got=f"x {x.shape}, kernel {kernel.shape}",
                expected=f"kernel ({'k, ' * axes}filters, channels)",
            )
        )
    windows = place_transposed(
        where, x.shape[1:-1], kernel.shape[:-2], strides, padding, output_padding, dilation_rate
    )
    return conv_input_grad(x, kernel, windows=windows, groups=1)


@composed()
def conv_transpose1d(
    x: Any,
    kernel: Any,
    strides: Any = 1,
    padding: Any = "valid",
    output_padding: Any = None,
    dilation_rate: Any = 1,
) -> Any:
    """The transpose of `conv1d`: each entry of x adds a kernel to the result, a stride further on.

    Args:
        x: Array ``(batch, length, channels)``.
        kernel: Array ``(k, filters, channels)``, the axes of the transposed convolution's.
        strides: Steps in the result from one entry of x to the next.
        padding: ``"valid"``: a length of ``(length - 1) * s + k + output_padding``, or
            ``"same"``: ``(length - 1) * s + k % 2 + output_padding``.
        output_padding: None makes it ``(length - 1) * s + max(k, s)`` and ``length * s``.
        dilation_rate: Steps from one entry of the kernel to the next; k is then what it spans.

    Shapes:
        ``(n, length, c), (k, f, c) -> (n, longer, f)``

    Raises:
        ShapeError: shapes do not fit.
        ValueError: a setting makes no sense.

    Example:
        >>> conv_transpose1d(np.ones((1, 3, 1)), np.ones((2, 1, 1))).ravel()
        array([1., 2., 2., 1.])
    """
    where = "conv_transpose1d"
    return _conv_transpose(where, x, kernel, strides, padding, output_padding, dilation_rate)


@composed()
def conv_transpose2d(
    x: Any,
    kernel: Any,
    strides: Any = 1,
    padding: Any = "valid",
    output_padding: Any = None,
    dilation_rate: Any = 1,
) -> Any:
    """The transpose of `conv2d`, as `conv_transpose1d` over two axes.

    Shapes:
        ``(n, h, w, c), (kh, kw, f, c) -> (n, rows, columns, f)``

    Raises:
        ShapeError: shapes do not fit.
        ValueError: a setting makes no sense.

    Example:
        >>> y = conv_transpose2d(np.ones((1, 2, 2, 1)), np.ones((3, 3, 1, 1)), 2, "same")
        >>> y.shape
        (1, 4, 4, 1)
    """
    where = "conv_transpose2d"
    return _conv_transpose(where, x, kernel, strides, padding, output_padding, dilation_rate)
