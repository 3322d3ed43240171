"""The largest or mean entry of windows, or of all positions, channels last."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

import autograd_lite as ag
from nn.layer import Layer, Shape
from nn.layers.convolution import SPACE, Size
from nn.layers.weights import as_any_floats, check_ndim
from nn.layers.windows import channels_last, each_axis, get_padding
from nn.masking import as_mask


class Pooling(Layer):
    """Base of the layers that pool windows."""

    axes: ClassVar[int]
    pool: ClassVar[Callable[..., Any]]

    def __init__(
        self,
        pool_size: Size = 2,
        strides: Size | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        where = type(self).__name__
        self.pool_size = each_axis(where, "pool_size", pool_size, self.axes)
        self.strides = (
            self.pool_size if strides is None else each_axis(where, "strides", strides, self.axes)
        )
        self.padding = get_padding(where, padding)
        self.data_format = channels_last(where, data_format)

    def build(self, input_shape: Shape) -> None:
        """Check the axes; there is nothing to make."""
        check_ndim(self, input_shape, f"(batch, {SPACE[self.axes]}, channels)", self.axes + 2)

    def call(self, x: Any) -> Any:
        """One entry for each window."""
        return type(self).pool(as_any_floats(x), self.pool_size, self.strides, self.padding)


class MaxPooling1D(Pooling):
    """The largest entry of each window over one axis, channel by channel.

    Of equal largest entries the first gets the gradient. Padding never counts.

    Args:
        pool_size: Entries of a window.
        strides: Steps from one window to the next; None for `pool_size`.
        padding: ``"valid"`` for none, ``"same"`` for an output of ``ceil(length / strides)``.
        data_format: None or ``"channels_last"``.
        name: Of the layer.

    Shapes:
        ``(batch, length, channels) -> (batch, windows, channels)``

    Raises:
        ValueError: a setting makes no sense.
        ShapeError: the input has other axes, or no room for a window.

    Example:
        >>> MaxPooling1D()(np.array([[[1.0], [3.0], [2.0], [0.0]]])).ravel()
        array([3., 2.])
    """

    axes = 1
    pool = staticmethod(ag.max_pool1d)


class MaxPooling2D(Pooling):
    """The largest entry of each window over two axes, as `MaxPooling1D` over one.

    `pool_size` and `strides` are an int, or one for each axis.

    Shapes:
        ``(batch, height, width, channels) -> (batch, rows, columns, channels)``

    Raises:
        ValueError: a setting makes no sense.
        ShapeError: the input has other axes, or no room for a window.

    Example:
        >>> MaxPooling2D((2, 2))(np.arange(16.0).reshape(1, 4, 4, 1))[0, :, :, 0]
        array([[ 5.,  7.],
               [13., 15.]])
    """

    axes = 2
    pool = staticmethod(ag.max_pool2d)


class AveragePooling1D(Pooling):
    """The mean of each window over one axis, channel by channel; padding never counts.

    The arguments are those of `MaxPooling1D`.

    Shapes:
        ``(batch, length, channels) -> (batch, windows, channels)``

    Raises:
        ValueError: a setting makes no sense.
        ShapeError: the input has other axes, or no room for a window.

    Example:
        >>> AveragePooling1D(2, padding="same")(np.array([[[1.0], [3.0], [5.0]]])).ravel()
        array([2., 5.])
    """

    axes = 1
    pool = staticmethod(ag.average_pool1d)


class AveragePooling2D(Pooling):
    """The mean of each window over two axes, as `AveragePooling1D` over one.

    `pool_size` and `strides` are an int, or one for each axis.

    Shapes:
        ``(batch, height, width, channels) -> (batch, rows, columns, channels)``

    Raises:
        ValueError: a setting makes no sense.
        ShapeError: the input has other axes, or no room for a window.

    Example:
        >>> AveragePooling2D(2)(np.arange(16.0).reshape(1, 4, 4, 1))[0, :, :, 0]
        array([[ 2.5,  4.5],
               [10.5, 12.5]])
    """

    axes = 2
    pool = staticmethod(ag.average_pool2d)


class GlobalPooling(Layer):
    """Base of the layers that pool all positions."""

    axes: ClassVar[int]
    pool: ClassVar[Callable[..., Any]]

    def __init__(
        self, data_format: str | None = None, keepdims: bool = False, *, name: str | None = None
    ) -> None:
        super().__init__(name)
        self.data_format = channels_last(type(self).__name__, data_format)
        self.keepdims = keepdims

    def build(self, input_shape: Shape) -> None:
        """Check the axes; there is nothing to make."""
        check_ndim(self, input_shape, f"(batch, {SPACE[self.axes]}, channels)", self.axes + 2)

    def call(self, x: Any) -> Any:
        """One entry for each sample and channel."""
        axis = tuple(range(1, self.axes + 1))
        return type(self).pool(as_any_floats(x), axis=axis, keepdims=self.keepdims)


class GlobalMaxPooling1D(GlobalPooling):
    """The largest entry of each channel.

    Args:
        data_format: None or ``"channels_last"``.
        keepdims: Whether the axis stays, with length 1.
        name: Of the layer.

    Shapes:
        ``(batch, length, channels) -> (batch, channels)``

    Raises:
        ShapeError: the input has other axes.

    Example:
        >>> GlobalMaxPooling1D()(np.array([[[1.0], [3.0], [2.0]]]))
        array([[3.]])
    """

    axes = 1
    pool = staticmethod(ag.max)


class GlobalMaxPooling2D(GlobalPooling):
    """The largest entry of each channel, as `GlobalMaxPooling1D` over two axes.

    Shapes:
        ``(batch, height, width, channels) -> (batch, channels)``

    Raises:
        ShapeError: the input has other axes.

    Example:
        >>> GlobalMaxPooling2D(keepdims=True)(np.arange(4.0).reshape(1, 2, 2, 1)).shape
        (1, 1, 1, 1)
    """

    axes = 2
    pool = staticmethod(ag.max)


class GlobalAveragePooling1D(GlobalPooling):
    """The mean of each channel; the arguments are those of `GlobalMaxPooling1D`.

    Of a masked input the mean over the steps that are not padding; 0 if there are none.

    Shapes:
        ``(batch, length, channels) -> (batch, channels)``

    Raises:
        ShapeError: the input has other axes.

    Example:
        >>> GlobalAveragePooling1D()(np.array([[[1.0], [3.0], [2.0]]]))
        array([[2.]])
    """

    axes = 1
    pool = staticmethod(ag.mean)
    _makes_masks = False

    def call(self, x: Any, mask: Any = None) -> Any:
        """One entry for each sample and channel."""
        if mask is None:
            return super().call(x)
        x, there = as_any_floats(x), as_mask(mask)[..., None]
        # Not times the mask: padding may be infinite.
        kept = ag.where(there, x, np.zeros((), x.dtype))
        counts = np.count_nonzero(there, axis=1, keepdims=self.keepdims).astype(x.dtype)
        return ag.sum(kept, axis=1, keepdims=self.keepdims) / np.maximum(counts, 1)

    def compute_mask(self, x: Any, mask: Any = None) -> Any:
        """None: no steps come out."""


class GlobalAveragePooling2D(GlobalPooling):
    """The mean of each channel, as `GlobalAveragePooling1D` over two axes.

    Shapes:
        ``(batch, height, width, channels) -> (batch, channels)``

    Raises:
        ShapeError: the input has other axes.

    Example:
        >>> GlobalAveragePooling2D()(np.arange(4.0).reshape(1, 2, 2, 1))
        array([[1.5]])
    """

    axes = 2
    pool = staticmethod(ag.mean)


MaxPool1D, MaxPool2D = MaxPooling1D, MaxPooling2D
AvgPool1D, AvgPool2D = AveragePooling1D, AveragePooling2D
GlobalMaxPool1D, GlobalMaxPool2D = GlobalMaxPooling1D, GlobalMaxPooling2D
GlobalAvgPool1D, GlobalAvgPool2D = GlobalAveragePooling1D, GlobalAveragePooling2D
