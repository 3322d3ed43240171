"""Vectors for whole numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import explain
from nn.checks import positive_int
from nn.layer import Parameter, Shape
from nn.layers.weights import NamedConstraint, NamedInitializer, NamedRegularizer, Weighted


class Embedding(Weighted):
    """The row of a learned table for each whole number of the input.

    Args:
        input_dim: Rows of the table: the largest number plus one.
        output_dim: Their length.
        embeddings_initializer: A name in `nn.initializers` or a callable ``f(shape)``.
        embeddings_regularizer: A name in `nn.regularizers`, a callable, or None.
        embeddings_constraint: A name in `nn.constraints`, a callable, or None.
        mask_zero: Whether 0 stands for what is not there; `compute_mask` then says where numbers
            are, for layers that are called with a `mask`.
        name: Of the layer.

    Shapes:
        ``(batch, ...) -> (batch, ..., output_dim)``; `embeddings` ``(input_dim, output_dim)``.

    Raises:
        ValueError: a size is not positive, or a name is unknown.
        IndexError: a number has no row.

    Example:
        >>> layer = Embedding(10, 4)
        >>> layer(np.array([[1, 2, 2], [0, 9, 3]])).shape, layer.embeddings.shape
        ((2, 3, 4), (10, 4))
    """

    embeddings: Parameter

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: NamedInitializer = "uniform",
        embeddings_regularizer: NamedRegularizer = None,
        embeddings_constraint: NamedConstraint = None,
        mask_zero: bool = False,
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.input_dim = positive_int("Embedding", "input_dim", input_dim)
        self.output_dim = positive_int("Embedding", "output_dim", output_dim)
        self.mask_zero = mask_zero
        self._settle(
            embeddings_initializer=embeddings_initializer,
            embeddings_regularizer=embeddings_regularizer,
            embeddings_constraint=embeddings_constraint,
        )

    def build(self, input_shape: Shape) -> None:
        """Make `embeddings`."""
        self.embeddings = self._weight("embeddings", (self.input_dim, self.output_dim))

    def call(self, x: Any) -> Any:
        """The rows; floats are cut to whole numbers."""
        numbers = _whole(x)
        if numbers.size and not 0 <= numbers.min() <= numbers.max() < self.input_dim:
            raise IndexError(
                explain(
                    self.name,
                    "a number has no row",
                    got=f"numbers from {numbers.min()} to {numbers.max()}",
                    expected=f"from 0 to {self.input_dim - 1}",
                    fix=f"a larger input_dim than {self.input_dim}, or other numbers",
                )
            )
        return ag.embedding(self.embeddings, numbers)

    def compute_mask(self, x: Any) -> Any:
        """Where `x` is not 0, if `mask_zero`; else None."""
        return _whole(x) != 0 if self.mask_zero else None


def _whole(x: Any) -> Any:
    numbers = np.asarray(x.data if isinstance(x, ag.Tensor) else x)
    return numbers if numbers.dtype.kind in "iu" else numbers.astype(np.int64)
