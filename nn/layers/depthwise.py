"""Convolutions of each channel by itself, alone or followed by one that mixes channels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import autograd_lite as ag
from nn.checks import positive_int
from nn.layer import Parameter, Shape
from nn.layers.convolution import Size, Windowed
from nn.layers.weights import (
    NamedActivation,
    NamedConstraint,
    NamedInitializer,
    NamedRegularizer,
    as_floats,
)


class DepthwiseConvolution(Windowed):
    """Base of `DepthwiseConv1D` and `DepthwiseConv2D`."""

    convolve: ClassVar[Callable[..., Any]]

    def __init__(
        self,
        kernel_size: Size,
        strides: Size = 1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: Size = 1,
        activation: NamedActivation = None,
        use_bias: bool = True,
        depthwise_initializer: NamedInitializer = "glorot_uniform",
        bias_initializer: NamedInitializer = "zeros",
        depthwise_regularizer: NamedRegularizer = None,
        bias_regularizer: NamedRegularizer = None,
        activity_regularizer: NamedRegularizer = None,
        depthwise_constraint: NamedConstraint = None,
        bias_constraint: NamedConstraint = None,
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        where = type(self).__name__
        self.depth_multiplier = positive_int(where, "depth_multiplier", depth_multiplier)
        self._place(kernel_size, strides, padding, data_format, dilation_rate)
        self._follow(activation, use_bias)
        self._settle(
            depthwise_initializer=depthwise_initializer,
            bias_initializer=bias_initializer,
            depthwise_regularizer=depthwise_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            depthwise_constraint=depthwise_constraint,
            bias_constraint=bias_constraint,
        )

    def build(self, input_shape: Shape) -> None:
        """Make `kernel` and `bias`."""
        channels = self._channels(input_shape)
        shape = (*self.kernel_size, channels, self.depth_multiplier)
        self.kernel = self._weight("kernel", shape, "depthwise")
        made = (channels * self.depth_multiplier,)
        self.bias = self._weight("bias", made) if self.use_bias else None

    def call(self, x: Any) -> Any:
        """``activation(depthwise convolution(x, kernel) + bias)``."""
        x = as_floats(x, self.kernel)
        convolve = type(self).convolve
        return self._follows(
            convolve, x, self.kernel, self.strides, self.padding, self.dilation_rate
        )


class DepthwiseConv1D(DepthwiseConvolution):
    """`Conv1D` of each channel by itself, with filters of its own.

    Args:
        kernel_size: Entries of a window.
        strides: Steps from one window to the next.
        padding: ``"valid"`` for none, ``"same"`` for an output of ``ceil(length / strides)``.
        depth_multiplier: Filters of each channel; those of a channel lie side by side.
        data_format: None or ``"channels_last"``.
        dilation_rate: Steps from one entry of a window to the next.
        activation: A name in `nn.activations`, a callable, or None.
        use_bias: Whether to add a bias.
        depthwise_initializer: Of `kernel`: a name in `nn.initializers` or a callable ``f(shape)``.
        bias_initializer: Likewise, of `bias`.
        depthwise_regularizer: A name in `nn.regularizers`, a callable, or None.
        bias_regularizer: Likewise.
        activity_regularizer: Likewise, of the output; divided by the length of the batch.
        depthwise_constraint: A name in `nn.constraints`, a callable, or None.
        bias_constraint: Likewise.
        name: Of the layer.

    Shapes:
        ``(batch, length, channels) -> (batch, windows, channels * depth_multiplier)``; `kernel`
        ``(kernel_size, channels, depth_multiplier)``, `bias` ``(channels * depth_multiplier,)``.

    Raises:
        ValueError: a setting makes no sense, or a name is unknown.
        ShapeError: the input has other axes or channels, or no room for a window.

    Example:
        >>> layer = DepthwiseConv1D(3, depth_multiplier=2)
        >>> layer(np.zeros((2, 7, 5), np.float32)).shape, layer.kernel.shape
        ((2, 5, 10), (3, 5, 2))
    """

    axes = 1
    convolve = staticmethod(ag.depthwise_conv1d)


class DepthwiseConv2D(DepthwiseConvolution):
    """`Conv2D` of each channel by itself, as `DepthwiseConv1D` over two axes.

    Shapes:
        ``(batch, height, width, channels) -> (batch, rows, columns, channels * m)``; `kernel`
        ``(*kernel_size, channels, m)``, `bias` ``(channels * m,)`` with m the `depth_multiplier`.

    Raises:
        ValueError: a setting makes no sense, or a name is unknown.
        ShapeError: the input has other axes or channels, or no room for a window.

    Example:
        >>> DepthwiseConv2D(3, padding="same")(np.zeros((2, 7, 7, 5), np.float32)).shape
        (2, 7, 7, 5)
    """

    axes = 2
    convolve = staticmethod(ag.depthwise_conv2d)


class SeparableConvolution(Windowed):
    """Base of `SeparableConv1D` and `SeparableConv2D`."""

    convolve: ClassVar[Callable[..., Any]]
    mix: ClassVar[Callable[..., Any]]
    depthwise_kernel: Parameter
    pointwise_kernel: Parameter

    def __init__(
        self,
        filters: int,
        kernel_size: Size,
        strides: Size = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Size = 1,
        depth_multiplier: int = 1,
        activation: NamedActivation = None,
        use_bias: bool = True,
        depthwise_initializer: NamedInitializer = "glorot_uniform",
        pointwise_initializer: NamedInitializer = "glorot_uniform",
        bias_initializer: NamedInitializer = "zeros",
        depthwise_regularizer: NamedRegularizer = None,
        pointwise_regularizer: NamedRegularizer = None,
        bias_regularizer: NamedRegularizer = None,
        activity_regularizer: NamedRegularizer = None,
        depthwise_constraint: NamedConstraint = None,
        pointwise_constraint: NamedConstraint = None,
        bias_constraint: NamedConstraint = None,
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        where = type(self).__name__
        self.filters = positive_int(where, "filters", filters)
        self.depth_multiplier = positive_int(where, "depth_multiplier", depth_multiplier)
        self._place(kernel_size, strides, padding, data_format, dilation_rate)
        self._follow(activation, use_bias)
        self._settle(
            depthwise_initializer=depthwise_initializer,
            pointwise_initializer=pointwise_initializer,
            bias_initializer=bias_initializer,
            depthwise_regularizer=depthwise_regularizer,
            pointwise_regularizer=pointwise_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            depthwise_constraint=depthwise_constraint,
            pointwise_constraint=pointwise_constraint,
            bias_constraint=bias_constraint,
        )

    def build(self, input_shape: Shape) -> None:
        """Make `depthwise_kernel`, `pointwise_kernel` and `bias`."""
        channels = self._channels(input_shape)
        shape = (*self.kernel_size, channels, self.depth_multiplier)
        self.depthwise_kernel = self._weight("depthwise_kernel", shape, "depthwise")
        one = (1,) * self.axes
        shape = (*one, channels * self.depth_multiplier, self.filters)
        self.pointwise_kernel = self._weight("pointwise_kernel", shape, "pointwise")
        self.bias = self._weight("bias", (self.filters,)) if self.use_bias else None

    def call(self, x: Any) -> Any:
        """``activation(convolution(depthwise convolution(x)) + bias)``."""
        x = as_floats(x, self.depthwise_kernel)
        settings = self.strides, self.padding, self.dilation_rate
        y = type(self).convolve(x, self.depthwise_kernel, *settings)
        return self._follows(type(self).mix, y, self.pointwise_kernel)


class SeparableConv1D(SeparableConvolution):
    """A `DepthwiseConv1D` without bias, then a `Conv1D` of windows of one entry (Chollet, 2017).

    The arguments are those of the two; `strides`, `padding` and `dilation_rate` are for the first.

    Shapes:
        ``(batch, length, channels) -> (batch, windows, filters)``; `depthwise_kernel`
        ``(kernel_size, channels, depth_multiplier)``, `pointwise_kernel`
        ``(1, channels * depth_multiplier, filters)``, `bias` ``(filters,)``.

    Raises:
        ValueError: a setting makes no sense, or a name is unknown.
        ShapeError: the input has other axes or channels, or no room for a window.

    Example:
        >>> layer = SeparableConv1D(4, 3, depth_multiplier=2)
        >>> layer(np.zeros((2, 7, 5), np.float32)).shape
        (2, 5, 4)
        >>> [w.shape for w in layer.parameters()]
        [(3, 5, 2), (1, 10, 4), (4,)]
    """

    axes = 1
    convolve = staticmethod(ag.depthwise_conv1d)
    mix = staticmethod(ag.conv1d)


class SeparableConv2D(SeparableConvolution):
    """A `DepthwiseConv2D` without bias, then a `Conv2D` of windows of one entry (Chollet, 2017).

    The arguments are those of the two; `strides`, `padding` and `dilation_rate` are for the first.

    Shapes:
        ``(batch, height, width, channels) -> (batch, rows, columns, filters)``; `depthwise_kernel`
        ``(*kernel_size, channels, depth_multiplier)``, `pointwise_kernel`
        ``(1, 1, channels * depth_multiplier, filters)``, `bias` ``(filters,)``.

    Raises:
        ValueError: a setting makes no sense, or a name is unknown.
        ShapeError: the input has other axes or channels, or no room for a window.

    Example:
        >>> SeparableConv2D(4, 3, strides=2)(np.zeros((2, 7, 7, 5), np.float32)).shape
        (2, 3, 3, 4)
    """

    axes = 2
    convolve = staticmethod(ag.depthwise_conv2d)
    mix = staticmethod(ag.conv2d)


# Keras' other names.
SeparableConvolution1D = SeparableConv1D
SeparableConvolution2D = SeparableConv2D
