"""A loss of embeddings: those of one class are to be near each other, far from all others."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import autograd_lite as ag
from autograd_lite.errors import ShapeError, explain
from nn.checks import real
from nn.losses.base import Array, Loss, Shape
from nn.targets import as_operand


def circle(
    y_true: Any,
    y_pred: Any,
    ref_labels: Any = None,
    ref_embeddings: Any = None,
    remove_diagonal: bool = True,
    gamma: float = 80.0,
    margin: float = 0.4,
) -> Any:
    """``softplus(lse_pos(gamma (d + m) (d - m)) + lse_neg(gamma (1 + m - d) (1 - m - d)))``.

    For each embedding, d is ``max(1 - cosine, 0)`` to each of the others, m the margin, and the
    logarithms of sums of exponentials are taken over those of its class and over the rest. A sample
    without any of its class, or without others, has no loss.

    Args:
        y_true: Labels, integers.
        y_pred: Embeddings of length one.
        ref_labels: Of the embeddings to compare with; the same ones unless given.
        ref_embeddings: Those to compare with.
        remove_diagonal: Whether a sample is not compared with the reference of the same index.
        gamma: Scale of the similarities.
        margin: From 0 to 1: smaller, and classes are held together more tightly.

    Shapes:
        ``(n,), (n, d) -> (n,)``; references ``(m,), (m, d)``.

    Raises:
        ShapeError: there is not one label for each embedding.

    Source: Sun et al., "Circle Loss" (2020).

    Example:
        >>> circle(np.array([0, 0, 1]), np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])).round(1)
        array([ 0. , 38.4,  0. ])
    """
    embeddings, labels = as_operand(y_pred), _labels(y_true, y_pred)
    others = embeddings if ref_embeddings is None else as_operand(ref_embeddings)
    of_others: Array = labels if ref_labels is None else _labels(ref_labels, others)
    near: Array = labels[:, None] == of_others
    far = np.logical_not(near)
    if remove_diagonal:
        near &= np.eye(*near.shape) == 0
    d = ag.maximum(1 - embeddings @ ag.matrix_transpose(others), 0)
    both = near.any(axis=1) & far.any(axis=1)
    pull = _log_sum(gamma * (d + margin) * (d - margin), near)
    push = _log_sum(gamma * ag.maximum(1 + margin - d, 0) * (1 - margin - d), far)
    return ag.where(both, ag.softplus(pull + push), np.zeros((), d.dtype))


def _log_sum(values: Any, chosen: Array) -> Any:
    """``log(sum(exp))`` of each row's chosen entries; some number for a row without any."""
    chosen = chosen | ~chosen.any(axis=1, keepdims=True)
    return ag.logsumexp(ag.where(chosen, values, np.array(-np.inf, values.dtype)), axis=1)


def _labels(y: Any, embeddings: Any) -> Array:
    labels, shape = np.asarray(y), embeddings.shape
    if len(shape) != 2 or labels.shape not in (shape[:1], (shape[0], 1)):
        raise ShapeError(
            explain(
                "circle",
                "there is not one label for each embedding",
                got=f"labels {labels.shape}, embeddings {shape}",
                expected="labels (n,), embeddings (n, d)",
            )
        )
    return labels.ravel()


class Circle(Loss):
    """`circle`, reduced; a mean is taken over the samples that have a loss.

    Args:
        gamma: Scale of the similarities.
        margin: From 0 to 1: smaller, and classes are held together more tightly.
        remove_diagonal: Whether a sample is not compared with itself.
        reduction: As of `Loss`.
        name: For messages.

    Raises:
        ValueError: `gamma` or `margin` is out of range.
    """

    def __init__(
        self,
        gamma: float = 80.0,
        margin: float = 0.4,
        remove_diagonal: bool = True,
        *,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name)
        self.gamma = real(self.name, "gamma", gamma)
        self.margin = real(self.name, "margin", margin)
        self.remove_diagonal = remove_diagonal

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """`circle`."""
        return circle(
            y_true,
            y_pred,
            remove_diagonal=self.remove_diagonal,
            gamma=self.gamma,
            margin=self.margin,
        )

    def counted(self, y_true: Any, values: Any) -> Array | None:
        """Where there is a loss."""
        return (values.data if isinstance(values, ag.Tensor) else values) > 0

    def prepare(self, y: Array, output_shape: Shape, dtype: DTypeLike) -> Array:
        """A label for each embedding."""
        return _labels(y, np.empty((len(y), *output_shape), np.bool_))
