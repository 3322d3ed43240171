"""What models are fed: `Input`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike

import autograd_lite as ag
from autograd_lite.errors import ShapeError, explain
from nn.checks import positive_int
from nn.layer import Layer
from nn.structures import ranked
from nn.symbolic import SymbolicTensor


class Input(Layer, SymbolicTensor):
    """What a model is fed: call layers on it, or put it first in a `Sequential`.

    Args:
        shape: Of one sample, without the batch axis; None for a length that varies.
        batch_size: Of every batch; any by default.
        dtype: What arrays are cast to; by default the model's, and integers stay integers.
        batch_shape: `shape` after the length of the batch, in place of both.
        name: By which a model of several inputs is fed by dicts.

    Attributes:
        shape: With the batch axis.

    Shapes:
        ``(batch, *shape) -> (batch, *shape)``

    Raises:
        ValueError: `shape` is no tuple of positive integers, or there is `batch_shape` too.
        ShapeError: an array does not have this shape.

    Example:
        >>> x = nn.Input((3,))
        >>> model = nn.Model(x, x + nn.layers.Dense(3)(x))
        >>> model(np.zeros((2, 3))).shape
        (2, 3)
    """

    _replays = True
    foreign: ClassVar = {"sparse": (None, False), "ragged": (None, False), "optional": (False,)}

    def __init__(
        self,
        shape: Any = None,
        batch_size: int | None = None,
        dtype: DTypeLike | None = None,
        *,
        batch_shape: Any = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        if batch_shape is not None:
            if shape is not None or batch_size is not None or not isinstance(batch_shape, Iterable):
                got = f"shape={shape}, batch_size={batch_size}, batch_shape={batch_shape}"
                expected = "a tuple `batch_shape`, or else `shape` and `batch_size`"
                raise ValueError(explain("Input", "bad shape", got=got, expected=expected))
            batch_size, *shape = batch_shape
        if not isinstance(shape, Iterable):
            fix = f"nn.Input(({shape},))"
            raise ValueError(explain("Input", "bad `shape`", got=repr(shape), fix=fix))
        known = (None if n is None else positive_int("Input", "shape", n) for n in shape)
        if batch_size is not None:
            batch_size = positive_int("Input", "batch_size", batch_size)
        self.shape = (batch_size, *known)
        self.dtype = np.dtype(ag.get_default_dtype() if dtype is None else dtype)
        self._casts = dtype is not None

    __repr__ = Layer.__repr__

    @property
    def output(self) -> Any:
        """Itself."""
        return self

    @property
    def input(self) -> Any:
        """Itself."""
        return self

    def call(self, x: Any) -> Any:
        """``x``, after a look at its shape; a last axis of length one may be there or not."""
        if len(x.shape) != len(self.shape):
            x = ranked(x, self.shape)
        fits = len(x.shape) == len(self.shape) and all(
            n in (None, m) for n, m in zip(self.shape, x.shape, strict=True)
        )
        if not fits:
            raise ShapeError(
                explain(
                    self.name,
                    "the input does not have the shape that was declared",
                    got=str(x.shape),
                    expected=str(self.shape),
                )
            )
        return x.astype(self.dtype) if self._casts and x.dtype != self.dtype else x
