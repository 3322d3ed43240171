"""Layers that make the axes between batch and channels longer or shorter, channels last."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ShapeError, choose, explain
from nn.layer import Layer, Shape
from nn.layers.convolution import SPACE, Size
from nn.layers.weights import as_any_floats, check_ndim
from nn.layers.windows import channels_last, each_axis, each_side

Sides = int | tuple[Any, ...] | list[Any]


class _Spatial(Layer):
    """Base of all of them."""

    axes: ClassVar[int]

    def build(self, input_shape: Shape) -> None:
        """Check the axes; there is nothing to make."""
        check_ndim(self, input_shape, f"(batch, {SPACE[self.axes]}, channels)", self.axes + 2)


class _ZeroPadding(_Spatial):
    def __init__(
        self, padding: Sides = 1, data_format: str | None = None, *, name: str | None = None
    ) -> None:
        super().__init__(name)
        where = type(self).__name__
        self.padding = each_side(where, "padding", padding, self.axes)
        self.data_format = channels_last(where, data_format)

    def call(self, x: Any) -> Any:
        """The input with zeros around it."""
        return ag.pad(x, ((0, 0), *self.padding, (0, 0)))


class ZeroPadding1D(_ZeroPadding):
    """Zeros before and after the steps of each sample.

    Args:
        padding: How many on both sides, or a pair ``(before, after)``.
        data_format: None or ``"channels_last"``.
        name: Of the layer.

    Shapes:
        ``(batch, length, channels) -> (batch, before + length + after, channels)``

    Raises:
        ValueError: `padding` is negative, or no pair.
        ShapeError: the input has other axes.

    Example:
        >>> ZeroPadding1D((2, 1))(np.ones((1, 2, 1))).ravel()
        array([0., 0., 1., 1., 0.])
    """

    axes = 1


class ZeroPadding2D(_ZeroPadding):
    """Zeros around each image.

    Args:
        padding: How many on all sides, or for each axis an int or a pair ``(before, after)``.
        data_format: None or ``"channels_last"``.
        name: Of the layer.

    Shapes:
        ``(batch, height, width, channels) -> (batch, taller, wider, channels)``

    Raises:
        ValueError: `padding` is negative, or neither ints nor pairs.
        ShapeError: the input has other axes.

    Example:
        >>> ZeroPadding2D((1, (0, 2)))(np.ones((5, 4, 4, 3))).shape
        (5, 6, 6, 3)
    """

    axes = 2


class _Cropping(_Spatial):
    def __init__(
        self, cropping: Sides = 1, data_format: str | None = None, *, name: str | None = None
    ) -> None:
        super().__init__(name)
        where = type(self).__name__
        self.cropping = each_side(where, "cropping", cropping, self.axes)
        self.data_format = channels_last(where, data_format)

    def call(self, x: Any) -> Any:
        """The input without its edges."""
        lengths = x.shape[1:-1]
        if any(n <= a + b for n, (a, b) in zip(lengths, self.cropping, strict=True)):
            raise ShapeError(
                explain(
                    self.name,
                    "nothing would be left",
                    got=f"input {x.shape}, cropping {self.cropping}",
                    expected="less cropping than the input is long",
                )
            )
        kept = [slice(a, n - b) for n, (a, b) in zip(lengths, self.cropping, strict=True)]
        return x[(slice(None), *kept)]


class Cropping1D(_Cropping):
    """Each sample without its first and last steps.

    Args:
        cropping: How many on both sides, or a pair ``(before, after)``.
        name: Of the layer.

    Shapes:
        ``(batch, length, channels) -> (batch, length - before - after, channels)``

    Raises:
        ValueError: `cropping` is negative, or no pair.
        ShapeError: the input has other axes, or nothing would be left.

    Example:
        >>> Cropping1D((2, 1))(np.arange(5.0).reshape(1, 5, 1)).ravel()
        array([2., 3.])
    """

    axes = 1


class Cropping2D(_Cropping):
    """Each image without its edges.

    Args:
        cropping: How many on all sides, or for each axis an int or a pair ``(before, after)``.
        data_format: None or ``"channels_last"``.
        name: Of the layer.

    Shapes:
        ``(batch, height, width, channels) -> (batch, shorter, narrower, channels)``

    Raises:
        ValueError: `cropping` is negative, or neither ints nor pairs.
        ShapeError: the input has other axes, or nothing would be left.

    Example:
        >>> Cropping2D(((1, 0), (0, 2)))(np.ones((5, 4, 4, 3))).shape
        (5, 3, 2, 3)
    """

    axes = 2

    def __init__(
        self,
        cropping: Sides = 0,
        data_format: str | None = None,
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(cropping, data_format, name=name)


class UpSampling1D(_Spatial):
    """Each step several times over.

    Args:
        size: How often.
        name: Of the layer.

    Shapes:
        ``(batch, length, channels) -> (batch, size * length, channels)``

    Raises:
        ValueError: `size` is not positive.
        ShapeError: the input has other axes.

    Example:
        >>> UpSampling1D(2)(np.array([[[1.0], [2.0]]])).ravel()
        array([1., 1., 2., 2.])
    """

    axes = 1

    def __init__(self, size: int = 2, *, name: str | None = None) -> None:
        super().__init__(name)
        (self.size,) = each_axis("UpSampling1D", "size", size, 1)

    def call(self, x: Any) -> Any:
        """The steps, repeated."""
        return ag.repeat(x, self.size, axis=1)


class UpSampling2D(_Spatial):
    """Images enlarged, by repeating pixels or by weighing neighbours.

    Args:
        size: How much along both axes, or along each.
        data_format: None or ``"channels_last"``.
        interpolation: ``"nearest"``, or ``"bilinear"`` between the centres of pixels.
        name: Of the layer.

    Shapes:
        ``(batch, height, width, channels) -> (batch, taller, wider, channels)``

    Raises:
        ValueError: `size` is not positive, or `interpolation` is unknown.
        ShapeError: the input has other axes.

    Example:
        >>> UpSampling2D((1, 2))(np.array([[[[1.0], [2.0]]]])).ravel()
        array([1., 1., 2., 2.])
        >>> UpSampling2D((1, 2), interpolation="bilinear")(np.array([[[[1.0], [2.0]]]])).ravel()
        array([1.  , 1.25, 1.75, 2.  ])
    """

    axes = 2

    def __init__(
        self,
        size: Size = 2,
        data_format: str | None = None,
        interpolation: str = "nearest",
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        where = "UpSampling2D"
        self.size = each_axis(where, "size", size, 2)
        self.data_format = channels_last(where, data_format)
        known = {"nearest": "nearest", "bilinear": "bilinear"}
        self.interpolation = choose(known, interpolation, f"{where}: `interpolation`")

    def call(self, x: Any) -> Any:
        """The images, enlarged."""
        if self.interpolation == "nearest":
            return ag.repeat(ag.repeat(x, self.size[0], axis=1), self.size[1], axis=2)
        x = as_any_floats(x)
        rows, columns = (
            _between(n, s, x.dtype) for n, s in zip(x.shape[1:3], self.size, strict=True)
        )
        wide = ag.moveaxis(ag.matmul(columns, x), 1, 2)
        return ag.moveaxis(ag.matmul(rows, wide), 2, 1)


def _between(length: int, factor: int, dtype: Any) -> Any:
    """The weights ``(factor * length, length)`` of neighbours at the centres of smaller pixels."""
    at = np.clip((np.arange(factor * length) + 0.5) / factor - 0.5, 0, length - 1)
    distance = np.abs(at[:, None] - np.arange(length))
    return np.maximum(1 - distance, 0).astype(dtype)
