"""Convolutions over one or two axes, channels last."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import autograd_lite as ag
from autograd_lite.errors import ShapeError, explain
from nn import activations
from nn.checks import positive_int
from nn.layer import Parameter, Shape
from nn.layers.weights import (
    NamedActivation,
    NamedConstraint,
    NamedInitializer,
    NamedRegularizer,
    Weighted,
    as_floats,
    check_ndim,
    get_activation,
)
from nn.layers.windows import channels_last, each_axis, get_padding

Size = int | tuple[int, ...] | list[int]
SPACE = {1: "length", 2: "height, width"}


class Windowed(Weighted):
    """Base of all convolutions: where their windows lie, and what follows them."""

    axes: ClassVar[int]
    paddings: ClassVar[tuple[str, ...]] = ()
    kernel: Parameter
    bias: Parameter | None

    def _place(
        self, kernel_size: Size, strides: Size, padding: str, data_format: Any, dilation_rate: Size
    ) -> None:
        where = type(self).__name__
        self.kernel_size = each_axis(where, "kernel_size", kernel_size, self.axes)
        self.strides = each_axis(where, "strides", strides, self.axes)
        self.padding = get_padding(where, padding, *self.paddings)
        self.data_format = channels_last(where, data_format)
        self.dilation_rate = each_axis(where, "dilation_rate", dilation_rate, self.axes)

    def _follow(self, activation: NamedActivation, use_bias: bool) -> None:
        self.activation = get_activation(activation, type(self).__name__)
        self.use_bias = use_bias

    def _channels(self, input_shape: Shape) -> int:
        expected = f"(batch, {SPACE[self.axes]}, channels)"
        check_ndim(self, input_shape, expected, self.axes + 2)
        return input_shape[-1] or 0

    def _follows(self, convolve: Callable[..., Any], x: Any, kernel: Any, *settings: Any) -> Any:
        """The activation of a convolution plus bias, in one sweep if it is relu."""
        relu = self.activation is activations.relu and self.activity_regularizer is None
        y = convolve(x, kernel, *settings, bias=self.bias, relu=relu)
        return y if relu else self._finish(y)

    def _plus_bias(self, y: Any) -> Any:
        return self._finish(y if self.bias is None else ag.add(y, self.bias))


class Convolution(Windowed):
    """Base of `Conv1D` and `Conv2D`."""

    convolve: ClassVar[Callable[..., Any]]

    def __init__(
        self,
        filters: int,
        kernel_size: Size,
        strides: Size = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Size = 1,
        groups: int = 1,
        activation: NamedActivation = None,
        use_bias: bool = True,
        kernel_initializer: NamedInitializer = "glorot_uniform",
        bias_initializer: NamedInitializer = "zeros",
        kernel_regularizer: NamedRegularizer = None,
        bias_regularizer: NamedRegularizer = None,
        activity_regularizer: NamedRegularizer = None,
        kernel_constraint: NamedConstraint = None,
        bias_constraint: NamedConstraint = None,
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        where = type(self).__name__
        self.filters = positive_int(where, "filters", filters)
        self._place(kernel_size, strides, padding, data_format, dilation_rate)
        self.groups = positive_int(where, "groups", groups)
        self._follow(activation, use_bias)
        self._settle(
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
        )
        if self.filters % self.groups:
            raise ValueError(
                explain(
                    where,
                    "filters do not make groups",
                    got=f"filters {filters}, groups {groups}",
                    expected="filters a multiple of groups",
                )
            )

    def build(self, input_shape: Shape) -> None:
        """Make `kernel` and `bias`."""
        channels = self._channels(input_shape)
        if channels % self.groups:
            raise ShapeError(
                explain(
                    self.name,
                    "channels do not make groups",
                    got=f"input {input_shape}, groups {self.groups}",
                    expected="channels a multiple of groups",
                )
            )
        shape = (*self.kernel_size, channels // self.groups, self.filters)
        self.kernel = self._weight("kernel", shape)
        self.bias = self._weight("bias", (self.filters,)) if self.use_bias else None

    def call(self, x: Any) -> Any:
        """``activation(convolution(x, kernel) + bias)``."""
        return self._follows(
            type(self).convolve,
            as_floats(x, self.kernel),
            self.kernel,
            self.strides,
            self.padding,
            self.dilation_rate,
            self.groups,
        )


class Conv1D(Convolution):
    """Convolution over one axis: ``activation(conv1d(x, kernel) + bias)``.

    Args:
        filters: Channels of the output.
        kernel_size: Entries of a window.
        strides: Steps from one window to the next.
        padding: ``"valid"`` for none, ``"same"`` for an output of ``ceil(length / strides)``,
            ``"causal"`` for windows that end where their output stands.
        data_format: None or ``"channels_last"``.
        dilation_rate: Steps from one entry of a window to the next.
        groups: Parts of the channels and filters that see only each other.
        activation: A name in `nn.activations`, a callable, or None.
        use_bias: Whether to add a bias.
        kernel_initializer: A name in `nn.initializers` or a callable ``f(shape)``.
        bias_initializer: Likewise.
        kernel_regularizer: A name in `nn.regularizers`, a callable, or None.
        bias_regularizer: Likewise.
        activity_regularizer: Likewise, of the output; divided by the length of the batch.
        kernel_constraint: A name in `nn.constraints`, a callable, or None.
        bias_constraint: Likewise.
        name: Of the layer.

    Shapes:
        ``(batch, length, channels) -> (batch, windows, filters)``; `kernel`
        ``(kernel_size, channels / groups, filters)``, `bias` ``(filters,)``.

    Raises:
        ValueError: a setting makes no sense, or a name is unknown.
        ShapeError: the input has other axes or channels, or no room for a window.

    Example:
        >>> layer = Conv1D(4, 3, padding="causal")
        >>> layer(np.zeros((2, 7, 5), np.float32)).shape, layer.kernel.shape
        ((2, 7, 4), (3, 5, 4))
    """

    axes = 1
    paddings = ("causal",)
    convolve = staticmethod(ag.conv1d)


class Conv2D(Convolution):
    """Convolution over two axes: ``activation(conv2d(x, kernel) + bias)``.

    The arguments are those of `Conv1D`; `kernel_size`, `strides` and `dilation_rate` are an int or
    one for each axis, and `padding` is ``"valid"`` or ``"same"``.

    Shapes:
        ``(batch, height, width, channels) -> (batch, rows, columns, filters)``; `kernel`
        ``(*kernel_size, channels / groups, filters)``, `bias` ``(filters,)``.

    Raises:
        ValueError: a setting makes no sense, or a name is unknown.
        ShapeError: the input has other axes or channels, or no room for a window.

    Example:
        >>> layer = Conv2D(4, (3, 5), strides=2, padding="same", activation="relu")
        >>> layer(np.zeros((2, 9, 9, 3), np.float32)).shape, layer.kernel.shape
        ((2, 5, 5, 4), (3, 5, 3, 4))
    """

    axes = 2
    convolve = staticmethod(ag.conv2d)


class TransposedConvolution(Windowed):
    """Base of `Conv1DTranspose` and `Conv2DTranspose`."""

    convolve: ClassVar[Callable[..., Any]]

    def __init__(
        self,
        filters: int,
        kernel_size: Size,
        strides: Size = 1,
        padding: str = "valid",
        output_padding: Size | None = None,
        data_format: str | None = None,
        dilation_rate: Size = 1,
        activation: NamedActivation = None,
        use_bias: bool = True,
        kernel_initializer: NamedInitializer = "glorot_uniform",
        bias_initializer: NamedInitializer = "zeros",
        kernel_regularizer: NamedRegularizer = None,
        bias_regularizer: NamedRegularizer = None,
        activity_regularizer: NamedRegularizer = None,
        kernel_constraint: NamedConstraint = None,
        bias_constraint: NamedConstraint = None,
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.filters = positive_int(type(self).__name__, "filters", filters)
        self._place(kernel_size, strides, padding, data_format, dilation_rate)
        self.output_padding = output_padding
        self._follow(activation, use_bias)
        self._settle(
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
        )

    def build(self, input_shape: Shape) -> None:
        """Make `kernel` and `bias`."""
        shape = (*self.kernel_size, self.filters, self._channels(input_shape))
        self.kernel = self._weight("kernel", shape)
        self.bias = self._weight("bias", (self.filters,)) if self.use_bias else None

    def call(self, x: Any) -> Any:
        """``activation(transposed convolution(x, kernel) + bias)``."""
        return self._plus_bias(
            type(self).convolve(
                as_floats(x, self.kernel),
                self.kernel,
                self.strides,
                self.padding,
                self.output_padding,
                self.dilation_rate,
            )
        )


class Conv1DTranspose(TransposedConvolution):
    """The transpose of a `Conv1D`: each entry adds a kernel to the output, a stride further on.

    The arguments are those of `Conv1D`, without groups and causal padding, and `output_padding`.

    Args:
        output_padding: None makes the output ``length * strides`` long for ``"same"``, else
            ``(length - 1) * strides + max(kernel_size, strides)``. An int makes it
            ``(length - 1) * strides + kernel_size + output_padding``, for ``"same"`` with
            ``kernel_size % 2`` in place of `kernel_size`.

    Shapes:
        ``(batch, length, channels) -> (batch, longer, filters)``; `kernel`
        ``(kernel_size, filters, channels)``, `bias` ``(filters,)``.

    Raises:
        ValueError: a setting makes no sense, or a name is unknown.
        ShapeError: the input has other axes or channels.

    Example:
        >>> layer = Conv1DTranspose(4, 3, strides=2, padding="same")
        >>> layer(np.zeros((2, 5, 6), np.float32)).shape, layer.kernel.shape
        ((2, 10, 4), (3, 4, 6))
    """

    name = "conv1d_transpose"
    axes = 1
    convolve = staticmethod(ag.conv_transpose1d)


class Conv2DTranspose(TransposedConvolution):
    """The transpose of a `Conv2D`, as `Conv1DTranspose` over two axes.

    Shapes:
        ``(batch, height, width, channels) -> (batch, rows, columns, filters)``; `kernel`
        ``(*kernel_size, filters, channels)``, `bias` ``(filters,)``.

    Raises:
        ValueError: a setting makes no sense, or a name is unknown.
        ShapeError: the input has other axes or channels.

    Example:
        >>> Conv2DTranspose(4, 3, strides=(2, 1))(np.zeros((2, 5, 5, 6), np.float32)).shape
        (2, 11, 7, 4)
    """

    name = "conv2d_transpose"
    axes = 2
    convolve = staticmethod(ag.conv_transpose2d)


# Keras' other names.
Convolution1D = Conv1D
Convolution2D = Conv2D
Convolution1DTranspose = Conv1DTranspose
Convolution2DTranspose = Conv2DTranspose
