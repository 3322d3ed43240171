"""Layers that make one array of several: they are called on a list of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from typing import Any, ClassVar

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ShapeError, explain
from nn.layer import Layer, Shape
from nn.layers.normalization import unit
from nn.masking import as_mask, trailing


def _check_several(layer: Layer, shapes: Any, least: int = 2) -> None:
    if not isinstance(shapes, list | tuple) or not all(isinstance(s, tuple) for s in shapes):
        raise ShapeError(
            explain(
                layer.name,
                "not several inputs",
                got=str(shapes),
                expected=f"a list of {least} arrays or more",
                fix="layer([x, y])",
            )
        )
    if len(shapes) < least:
        raise ShapeError(
            explain(
                layer.name,
                "too few inputs",
                got=f"{len(shapes)} inputs: {shapes}",
                expected=f"at least {least}",
            )
        )


def _misfit(layer: Layer, shapes: Any, expected: str) -> ShapeError:
    got = ", ".join(map(str, shapes))
    return ShapeError(explain(layer.name, "inputs do not fit", got=got, expected=expected))


class Merging(Layer):
    """Base of those that work entry by entry, with NumPy's broadcasting."""

    least: ClassVar[int] = 2
    combine: ClassVar[Callable[..., Any]]
    _makes_masks = False

    def build(self, input_shape: Any) -> None:
        """Check the shapes; there is nothing to make."""
        _check_several(self, input_shape, self.least)
        known = [tuple(1 if n is None else n for n in shape) for shape in input_shape]
        try:
            np.broadcast_shapes(*known)
        except ValueError:
            raise _misfit(self, input_shape, "shapes that broadcast") from None

    def call(self, inputs: Any) -> Any:
        """One array."""
        return reduce(type(self).combine, inputs)

    def compute_mask(self, x: Any, mask: Any = None) -> Any:
        """Where any of the inputs is there; None unless all have masks."""
        if mask is None or any(m is None for m in mask):
            return None
        return reduce(np.logical_or, map(as_mask, mask))


class _Extreme(Merging):
    """Base of those for which padding of one input must not hide what another has there."""

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """One array; where only some of the inputs are there, of these alone."""
        if mask is None:
            return super().call(inputs)
        (out, there), *others = _with_masks(inputs, mask)
        for x, own in others:
            x = ag.where(own, x, out)
            out = type(self).combine(ag.where(there, out, x), x)
            there = np.logical_or(there, own)
        return out


def _with_masks(inputs: Any, masks: Any) -> list[tuple[Any, Any]]:
    """Inputs and their masks, which broadcast with them; those without are there everywhere."""
    return [
        (x, np.True_ if own is None else trailing(as_mask(own), x.ndim))
        for x, own in zip(inputs, masks, strict=True)
    ]


class Add(Merging):
    """The sum of the inputs.

    Shapes:
        ``[(batch, ...), (batch, ...), ...] -> (batch, ...)``

    Raises:
        ShapeError: not several inputs, or their shapes do not broadcast.

    Example:
        >>> Add()([np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])])
        array([[4., 6.]])
    """

    combine = staticmethod(ag.add)


class Subtract(Merging):
    """The first of two inputs minus the second.

    Shapes:
        ``[(batch, ...), (batch, ...)] -> (batch, ...)``

    Raises:
        ShapeError: not two inputs, or their shapes do not broadcast.

    Example:
        >>> Subtract()([np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])])
        array([[-2., -2.]])
    """

    combine = staticmethod(ag.subtract)

    def build(self, input_shape: Any) -> None:
        """Check the shapes; there is nothing to make."""
        super().build(input_shape)
        if len(input_shape) != 2:
            raise _misfit(self, input_shape, "two inputs")


class Multiply(Merging):
    """The product of the inputs, entry by entry.

    Shapes:
        ``[(batch, ...), (batch, ...), ...] -> (batch, ...)``

    Raises:
        ShapeError: not several inputs, or their shapes do not broadcast.

    Example:
        >>> Multiply()([np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])])
        array([[3., 8.]])
    """

    combine = staticmethod(ag.multiply)

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """One array; where only some of the inputs are there, of these alone; 0 where none is."""
        if mask is None:
            return super().call(inputs)
        pairs = _with_masks(inputs, mask)
        out = super().call([ag.where(own, x, np.ones((), x.dtype)) for x, own in pairs])
        there = reduce(np.logical_or, [own for _, own in pairs])
        return ag.where(there, out, np.zeros((), out.dtype))


class Average(Merging):
    """The mean of the inputs, entry by entry.

    Shapes:
        ``[(batch, ...), (batch, ...), ...] -> (batch, ...)``

    Raises:
        ShapeError: not several inputs, or their shapes do not broadcast.

    Example:
        >>> Average()([np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])])
        array([[2., 3.]])
    """

    combine = staticmethod(ag.add)

    def call(self, inputs: Any) -> Any:
        """One array."""
        return ag.divide(super().call(inputs), len(inputs))


class Maximum(_Extreme):
    """The largest of the inputs, entry by entry; equal ones share the gradient.

    Shapes:
        ``[(batch, ...), (batch, ...), ...] -> (batch, ...)``

    Raises:
        ShapeError: not several inputs, or their shapes do not broadcast.

    Example:
        >>> Maximum()([np.array([[1.0, 5.0]]), np.array([[3.0, 4.0]])])
        array([[3., 5.]])
    """

    combine = staticmethod(ag.maximum)


class Minimum(_Extreme):
    """The smallest of the inputs, entry by entry; equal ones share the gradient.

    Shapes:
        ``[(batch, ...), (batch, ...), ...] -> (batch, ...)``

    Raises:
        ShapeError: not several inputs, or their shapes do not broadcast.

    Example:
        >>> Minimum()([np.array([[1.0, 5.0]]), np.array([[3.0, 4.0]])])
        array([[1., 4.]])
    """

    combine = staticmethod(ag.minimum)


class Concatenate(Layer):
    """The inputs one after the other along `axis`.

    Args:
        axis: Along which lengths add up; all others are alike.
        name: Of the layer.

    Shapes:
        ``[(batch, ..., m), (batch, ..., n), ...] -> (batch, ..., m + n + ...)``

    Raises:
        ShapeError: not several inputs, or their other axes differ.

    Example:
        >>> Concatenate()([np.array([[1.0, 5.0]]), np.array([[3.0]])])
        array([[1., 5., 3.]])
    """

    _makes_masks = False

    def __init__(self, axis: int = -1, *, name: str | None = None) -> None:
        super().__init__(name)
        self.axis = axis

    def build(self, input_shape: Any) -> None:
        """Check the shapes; there is nothing to make."""
        _check_several(self, input_shape, 1)
        ndim, axis = len(input_shape[0]), self.axis
        alike = -ndim <= axis < ndim and all(len(shape) == ndim for shape in input_shape)
        if alike:
            others = {tuple(np.delete(np.array(s, object), axis)) for s in input_shape}
            alike = len(others) == 1
        if not alike:
            raise _misfit(self, input_shape, f"shapes alike but for axis {axis}")

    def call(self, inputs: Any) -> Any:
        """One array."""
        return ag.concatenate(list(inputs), axis=self.axis)

    def compute_mask(self, x: Any, mask: Any = None) -> Any:
        """Where anything is there; inputs without a mask are there everywhere."""
        if mask is None:
            return None
        masks = [np.broadcast_to(own, a.shape) for a, own in _with_masks(x, mask)]
        return np.concatenate(masks, axis=self.axis).any(axis=-1)


class Dot(Layer):
    """For each sample, the product of two inputs summed along an axis of each.

    Args:
        axes: The axis of both, or a pair. The batch axis is 0, and cannot be summed.
        normalize: Whether both are brought to norm 1 along it first, which gives cosines.
        name: Of the layer.

    Shapes:
        ``[(batch, *a, k), (batch, k, *b)] -> (batch, *a, *b)``, with k anywhere after the batch;
        ``[(batch, k), (batch, k)] -> (batch, 1)``

    Raises:
        ShapeError: not two inputs, or their lengths along the axes differ.

    Example:
        >>> Dot(axes=1)([np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])])
        array([[11.]])
        >>> Dot(axes=(2, 1))([np.zeros((5, 2, 3)), np.zeros((5, 3, 4))]).shape
        (5, 2, 4)
    """

    _makes_masks = False

    def __init__(
        self, axes: int | tuple[int, int] | list[int], normalize: bool = False, *, name: Any = None
    ) -> None:
        super().__init__(name)
        self.axes = (axes, axes) if isinstance(axes, int) else tuple(axes)
        self.normalize = normalize
        if len(self.axes) != 2:
            raise ValueError(
                explain("Dot", "bad `axes`", got=repr(axes), expected="an int or a pair of them")
            )

    def build(self, input_shape: Any) -> None:
        """Check the shapes; there is nothing to make."""
        _check_several(self, input_shape)
        if len(input_shape) == 2:
            lengths = [_length(s, a) for s, a in zip(input_shape, self.axes, strict=True)]
            if lengths[0] == lengths[1] != 0:
                return
        raise _misfit(self, input_shape, f"two inputs, as long along axes {self.axes}")

    def call(self, inputs: Any) -> Any:
        """One array."""
        a, b = inputs
        if self.normalize:
            a, b = unit(a, self.axes[0]), unit(b, self.axes[1])
        a, b = ag.moveaxis(a, self.axes[0], -1), ag.moveaxis(b, self.axes[1], 1)
        shape = (*a.shape[:-1], *b.shape[2:])
        rows, columns = math.prod(a.shape[1:-1]), math.prod(b.shape[2:])
        batch, k = a.shape[0], a.shape[-1]
        product = ag.matmul(a.reshape((batch, rows, k)), b.reshape((batch, k, columns)))
        return product.reshape(shape if len(shape) > 1 else (batch, 1))

    def compute_mask(self, x: Any, mask: Any = None) -> Any:
        """None: no steps come out."""


def _length(shape: Shape, axis: int) -> int | None:
    """Along an axis after the first, 0 if there is no such axis."""
    ndim = len(shape)
    return shape[axis] if -ndim <= axis < ndim and axis % ndim else 0


def add(inputs: Any, **settings: Any) -> Any:
    """`Add` of a list of inputs."""
    return Add(**settings)(inputs)


def subtract(inputs: Any, **settings: Any) -> Any:
    """`Subtract` of a list of inputs."""
    return Subtract(**settings)(inputs)


def multiply(inputs: Any, **settings: Any) -> Any:
    """`Multiply` of a list of inputs."""
    return Multiply(**settings)(inputs)


def average(inputs: Any, **settings: Any) -> Any:
    """`Average` of a list of inputs."""
    return Average(**settings)(inputs)


def maximum(inputs: Any, **settings: Any) -> Any:
    """`Maximum` of a list of inputs."""
    return Maximum(**settings)(inputs)


def minimum(inputs: Any, **settings: Any) -> Any:
    """`Minimum` of a list of inputs."""
    return Minimum(**settings)(inputs)


def concatenate(inputs: Any, axis: int = -1, **settings: Any) -> Any:
    """`Concatenate` of a list of inputs."""
    return Concatenate(axis, **settings)(inputs)


def dot(inputs: Any, axes: Any = -1, **settings: Any) -> Any:
    """`Dot` of a list of two inputs."""
    return Dot(axes, **settings)(inputs)
