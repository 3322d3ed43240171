"""Layers that move numbers without changing them."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import autograd_lite as ag
from autograd_lite.errors import ShapeError, explain
from nn.checks import positive_int
from nn.layer import Layer, Shape
from nn.layers.weights import check_ndim


class Identity(Layer):
    """The input itself.

    For a function of your own there is no layer to wrap it: subclass `nn.Layer` and write it as
    `call`, so that weights in it are found; `Activation` takes a function of one array.

    Shapes:
        ``(batch, ...) -> (batch, ...)``

    Example:
        >>> Identity()(np.array([[1.0, 2.0]]))
        array([[1., 2.]])
    """

    supports_masking = True

    def call(self, x: Any) -> Any:
        """``x``."""
        return x


class Flatten(Layer):
    """All axes but the batch axis become one.

    Shapes:
        ``(batch, a, b, ...) -> (batch, a * b * ...)``; ``(batch,) -> (batch, 1)``

    Example:
        >>> Flatten()(np.zeros((5, 28, 28))).shape
        (5, 784)
    """

    foreign: ClassVar = {"data_format": (None, "channels_last")}
    _replays = True

    def call(self, x: Any) -> Any:
        """``x`` as rows."""
        return x.reshape((x.shape[0], math.prod(x.shape[1:])))


class Reshape(Layer):
    """Gives each sample another shape, its entries in the same order.

    Args:
        target_shape: Of a sample; one length may be -1, for what is left.
        name: Of the layer.

    Shapes:
        ``(batch, ...) -> (batch, *target_shape)``

    Raises:
        ValueError: `target_shape` has lengths that are not positive, or more than one -1.
        ShapeError: a sample has not as many entries.

    Example:
        >>> Reshape((-1, 2))(np.zeros((5, 12))).shape
        (5, 6, 2)
    """

    def __init__(
        self, target_shape: tuple[int, ...] | list[int], *, name: str | None = None
    ) -> None:
        super().__init__(name)
        shape = tuple(target_shape)
        self.target_shape = tuple(
            n if n == -1 else positive_int("Reshape", "target_shape", n) for n in shape
        )
        if shape.count(-1) > 1:
            expected = "at most one -1"
            raise ValueError(
                explain("Reshape", "bad `target_shape`", got=str(shape), expected=expected)
            )

    def call(self, x: Any) -> Any:
        """Each sample in its new shape."""
        size = math.prod(x.shape[1:])
        known = math.prod(n for n in self.target_shape if n != -1)
        fits = size % known == 0 if -1 in self.target_shape else size == known
        if not fits:
            raise ShapeError(
                explain(
                    self.name,
                    "a sample does not have as many entries",
                    got=f"input {x.shape}, {size} entries to a sample",
                    expected=f"target_shape {self.target_shape}",
                )
            )
        shape = (size // known if n == -1 else n for n in self.target_shape)
        return x.reshape((x.shape[0], *shape))


class Permute(Layer):
    """Changes the order of the axes of each sample.

    Args:
        dims: The axes of a sample, counted from 1, in their new order.
        name: Of the layer.

    Shapes:
        ``(batch, a, b, ...) -> (batch, ...)``, the same lengths in another order

    Raises:
        ValueError: `dims` are not 1, 2, ... in some order.
        ShapeError: the input has not as many axes.

    Example:
        >>> Permute((2, 1))(np.zeros((5, 3, 4))).shape
        (5, 4, 3)
    """

    def __init__(self, dims: tuple[int, ...] | list[int], *, name: str | None = None) -> None:
        super().__init__(name)
        self.dims = tuple(dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(
                explain(
                    "Permute",
                    "bad `dims`",
                    got=repr(dims),
                    expected="1, 2, ... in some order; the batch axis is not counted",
                )
            )

    def call(self, x: Any) -> Any:
        """The axes in their new order."""
        if x.ndim != len(self.dims) + 1:
            raise ShapeError(
                explain(
                    self.name,
                    "the input does not have these axes",
                    got=f"input {x.shape}, dims {self.dims}",
                    expected=f"{len(self.dims)} axes after the batch axis",
                )
            )
        return ag.transpose(x, (0, *self.dims))


class RepeatVector(Layer):
    """Each row n times over.

    Args:
        n: How often.
        name: Of the layer.

    Shapes:
        ``(batch, features) -> (batch, n, features)``

    Raises:
        ValueError: `n` is not positive.
        ShapeError: the input is not rows.

    Example:
        >>> RepeatVector(2)(np.array([[1.0, 2.0]]))
        array([[[1., 2.],
                [1., 2.]]])
    """

    def __init__(self, n: int, *, name: str | None = None) -> None:
        super().__init__(name)
        self.n = positive_int("RepeatVector", "n", n)

    def build(self, input_shape: Shape) -> None:
        """Check the axes; there is nothing to make."""
        check_ndim(self, input_shape, "(batch, features)", 2)

    def call(self, x: Any) -> Any:
        """The rows, repeated."""
        return ag.repeat(ag.expand_dims(x, 1), self.n, axis=1)
