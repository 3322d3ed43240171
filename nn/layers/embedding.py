"""Vectors for whole numbers, and masks of what is padding."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import explain
from nn.checks import positive_int
from nn.layer import Layer, Parameter, Shape
from nn.layers.weights import NamedConstraint, NamedInitializer, NamedRegularizer, Weighted
from nn.symbolic import SymbolicTensor


class Embedding(Weighted):
    """The row of a learned table for each whole number of the input.

    Args:
        input_dim: Rows of the table: the largest number plus one.
        output_dim: Their length.
        embeddings_initializer: A name in `nn.initializers` or a callable ``f(shape)``.
        embeddings_regularizer: A name in `nn.regularizers`, a callable, or None.
        embeddings_constraint: A name in `nn.constraints`, a callable, or None.
        mask_zero: Whether 0 is padding: the output then has a mask that says where numbers are,
            and layers behind it leave the rest out. 0 keeps its row, so the least number is 1.
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

    foreign: ClassVar = {
        name: (None,) for name in ("weights", "lora_rank", "lora_alpha", "quantization_config")
    }
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
        self.mask_zero = bool(mask_zero)
        if type(self).compute_mask is Embedding.compute_mask:
            self.supports_masking = self._makes_masks = self.mask_zero
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

    def compute_mask(self, x: Any, mask: Any = None) -> Any:
        """Where `x` is not 0, if `mask_zero`; else None."""
        if not self.mask_zero:
            return None
        return np.not_equal(x, 0) if isinstance(x, SymbolicTensor) else _whole(x) != 0


class Masking(Layer):
    """A mask of the steps that are padding: those whose features are all `mask_value`.

    They become 0, and layers behind this one leave them out: recurrent ones keep their state,
    `GlobalAveragePooling1D` and attention pass them over, losses and metrics do not count them. The
    mask travels from layer to layer, with `layers.Add` but not with ``+``.

    Args:
        mask_value: Of all features of a padded step.
        name: Of the layer.

    Shapes:
        ``(batch, steps, features) -> (batch, steps, features)``, the mask ``(batch, steps)``

    Example:
        >>> x = np.array([[[1.0], [2.0], [-1.0]]])
        >>> model = nn.Sequential([Masking(-1.0), nn.layers.GlobalAveragePooling1D()])
        >>> model(x).tolist()
        [[1.5]]
    """

    def __init__(self, mask_value: float = 0.0, *, name: str | None = None) -> None:
        super().__init__(name)
        self.mask_value = mask_value

    def call(self, x: Any) -> Any:
        """``x``, and 0 at steps that are padding."""
        return ag.where(self.compute_mask(x)[..., None], x, np.zeros((), x.dtype))

    def compute_mask(self, x: Any, mask: Any = None) -> Any:
        """Where any feature is not `mask_value`."""
        values = x.data if isinstance(x, ag.Tensor) else x
        return np.any(np.not_equal(values, self.mask_value), axis=-1)


def _whole(x: Any) -> Any:
    numbers = np.asarray(x.data if isinstance(x, ag.Tensor) else x)
    return numbers if numbers.dtype.kind in "iu" else numbers.astype(np.int64)
