"""Cross-entropies of yes or no."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike

import autograd_lite as ag
from nn.checks import real
from nn.losses.base import EPSILON, Array, PairedLoss, Shape, mean_of
from nn.losses.logits import logits_of
from nn.targets import check_range, pair


def binary_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """``-mean(t log p + (1 - t) log(1 - p))`` over an axis.

    Args:
        y_true: Targets t from 0 to 1.
        y_pred: Probabilities p, or their logits. A sigmoid's output is taken by its logits.
        from_logits: Whether `y_pred` are logits.
        label_smoothing: s turns targets into ``t (1 - s) + s / 2``.
        axis: Of the mean.

    Shapes:
        ``(n, ..., k), (n, ..., k) -> (n, ...)``; a vector counts as a column.

    Example:
        >>> binary_crossentropy(np.array([1.0, 0.0]), np.array([0.5, 0.5]))
        array([0.69314718, 0.69314718])
    """
    where = "binary_crossentropy"
    logits = logits_of(where, y_pred, from_logits, "sigmoid")
    t, p = pair(where, y_true, y_pred if logits is None else logits)
    return mean_of(_entropy(_smooth(t, label_smoothing), p, logits is not None), axis)


def binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """``-mean((1 - q)**gamma (t log p + (1 - t) log(1 - p)))`` over an axis.

    Here ``q = t p + (1 - t) (1 - p)`` is the probability of what came: what is foreseen already
    counts for little.

    Args:
        y_true: Targets t from 0 to 1.
        y_pred: Probabilities p, or their logits. A sigmoid's output is taken by its logits.
        apply_class_balancing: Whether entries are weighted by ``t alpha + (1 - t) (1 - alpha)``.
        alpha: That weight.
        gamma: How fast a sure prediction loses weight; with 0 it keeps all.
        from_logits: Whether `y_pred` are logits.
        label_smoothing: s turns targets into ``t (1 - s) + s / 2``.
        axis: Of the mean.

    Shapes:
        ``(n, ..., k), (n, ..., k) -> (n, ...)``; a vector counts as a column.

    Source: Lin et al., "Focal Loss for Dense Object Detection" (2017).

    Example:
        >>> binary_focal_crossentropy(np.array([1.0, 0.0]), np.array([0.5, 0.9]))
        array([0.1732868 , 1.86509391])
    """
    where = "binary_focal_crossentropy"
    logits = logits_of(where, y_pred, from_logits, "sigmoid")
    t, z = pair(where, y_true, y_pred if logits is None else logits)
    t = _smooth(t, label_smoothing)
    p = z if logits is None else ag.sigmoid(z)
    values = _entropy(t, z, logits is not None)
    if gamma:
        values = ag.power(1 - (t * p + (1 - t) * (1 - p)), gamma) * values
    if apply_class_balancing:
        values = (t * alpha + (1 - t) * (1 - alpha)) * values
    return mean_of(values, axis)


def _smooth(t: Any, label_smoothing: float) -> Any:
    return t * (1 - label_smoothing) + label_smoothing / 2 if label_smoothing else t


def _entropy(t: Any, p: Any, from_logits: bool) -> Any:
    """Of each entry."""
    if from_logits:
        return ag.sigmoid_cross_entropy(p, t)
    p = ag.clip(p, EPSILON, 1 - EPSILON)
    return -(t * ag.log(p) + (1 - t) * ag.log(1 - p))


class SmoothedLoss(PairedLoss):
    """What cross-entropies with targets from 0 to 1 share.

    Args:
        from_logits: Whether predictions are logits.
        label_smoothing: How much of each target is spread over all answers.
        axis: Of the function's sum or mean.
        reduction: As of `Loss`.
        name: For messages.
        settings: Further ones of the function.

    Raises:
        ValueError: `label_smoothing` is not in [0, 1).
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        *,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        **settings: Any,
    ) -> None:
        where = name or type(self).function.__name__
        self.from_logits = from_logits
        self.label_smoothing = real(where, "label_smoothing", label_smoothing, high=1.0)
        settings |= {"from_logits": from_logits, "label_smoothing": self.label_smoothing}
        super().__init__(reduction=reduction, name=name, axis=axis, **settings)

    def prepare(self, y: Array, output_shape: Shape, dtype: DTypeLike) -> Array:
        """Targets from 0 to 1, in the model's dtype and output shape."""
        y = super().prepare(y, output_shape, dtype)
        fix = 'scale them; for integer labels, loss="sparse_categorical_crossentropy" and a softmax'
        check_range(self.name, y, 0, 1, fix)
        return y


class BinaryCrossentropy(SmoothedLoss):
    """`binary_crossentropy`, reduced.

    Args:
        from_logits: Whether predictions are logits.
        label_smoothing: s turns targets into ``t (1 - s) + s / 2``.
        axis: Of the mean.
        reduction: As of `Loss`.
        name: For messages.
    """

    function: ClassVar[Callable[..., Any]] = staticmethod(binary_crossentropy)
    _replays = True

    def classes(self, y: Array) -> Array | None:
        """1 where a target is above one half, else 0."""
        return (y.ravel() > 0.5).astype(np.int64) if y.size == len(y) else None


class BinaryFocalCrossentropy(BinaryCrossentropy):
    """`binary_focal_crossentropy`, reduced.

    Args:
        apply_class_balancing: Whether entries are weighted by ``t alpha + (1 - t) (1 - alpha)``.
        alpha: That weight.
        gamma: How fast a sure prediction loses weight.
        from_logits: Whether predictions are logits.
        label_smoothing: s turns targets into ``t (1 - s) + s / 2``.
        axis: Of the mean.
        reduction: As of `Loss`.
        name: For messages.

    Raises:
        ValueError: `alpha`, `gamma` or `label_smoothing` is out of range.
    """

    function = staticmethod(binary_focal_crossentropy)

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        *,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        where = name or "binary_focal_crossentropy"
        super().__init__(
            from_logits,
            label_smoothing,
            axis,
            reduction=reduction,
            name=name,
            apply_class_balancing=apply_class_balancing,
            alpha=real(where, "alpha", alpha),
            gamma=real(where, "gamma", gamma),
        )
