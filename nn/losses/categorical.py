"""Cross-entropies of one class out of many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

import autograd_lite as ag
from nn.checks import real
from nn.losses.base import Array, Loss, Shape, held
from nn.losses.binary import SmoothedLoss
from nn.losses.logits import by_rows, last, logits_of, normalised
from nn.targets import as_operand, check_labels, labels_for, pair


def categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """``-sum(t log p)`` over an axis, p scaled to sum to one.

    Args:
        y_true: Targets t: a one-hot row, or probabilities, for each sample.
        y_pred: Probabilities p, or their logits. A softmax's output is taken by its logits.
        from_logits: Whether `y_pred` are logits.
        label_smoothing: s turns targets into ``t (1 - s) + s / k``.
        axis: That of the classes.

    Shapes:
        ``(n, ..., k), (n, ..., k) -> (n, ...)``

    Example:
        >>> categorical_crossentropy(np.array([[0.0, 1.0]]), np.array([[0.75, 0.25]]))
        array([1.38629436])
    """
    where = "categorical_crossentropy"
    logits = logits_of(where, y_pred, from_logits, "softmax", axis)
    t, p = pair(where, y_true, y_pred if logits is None else logits)
    t, p = _smooth(last(t, axis), label_smoothing), last(p, axis)
    return -ag.sum(t * ag.log(normalised(p)), axis=-1) if logits is None else by_rows(p, t)


def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: ArrayLike = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """``-sum(alpha (1 - p)**gamma t log p)`` over an axis, p scaled to sum to one.

    Args:
        y_true: Targets t: a one-hot row, or probabilities, for each sample.
        y_pred: Probabilities p, or their logits. A softmax's output is taken by its logits.
        alpha: A weight for all classes, or one for each.
        gamma: How fast a sure prediction loses weight; with 0 it keeps all.
        from_logits: Whether `y_pred` are logits.
        label_smoothing: s turns targets into ``t (1 - s) + s / k``.
        axis: That of the classes.

    Shapes:
        ``(n, ..., k), (n, ..., k) -> (n, ...)``

    Source: Lin et al., "Focal Loss for Dense Object Detection" (2017).

    Example:
        >>> categorical_focal_crossentropy(np.array([[0.0, 1.0]]), np.array([[0.5, 0.5]]))
        array([0.0433217])
    """
    where = "categorical_focal_crossentropy"
    logits = logits_of(where, y_pred, from_logits, "softmax", axis)
    t, p = pair(where, y_true, y_pred if logits is None else logits)
    t, p = _smooth(last(t, axis), label_smoothing), last(p, axis)
    if logits is None:
        p = normalised(p)
        logs = ag.log(p)
    else:
        logs = ag.log_softmax(p)
        p = ag.exp(logs)
    values = -np.asarray(alpha, p.dtype) * t * logs
    return ag.sum(ag.power(1 - p, gamma) * values if gamma else values, axis=-1)


def categorical_generalized_cross_entropy(y_true: Any, y_pred: Any, q: float = 0.5) -> Any:
    """``(1 - p[label]**q) / q``, for labels of which some are wrong; p is held at 1e-7 or more.

    Args:
        y_true: Labels, integers from 0 to k - 1.
        y_pred: Probabilities p. A softmax's output is taken by its logits.
        q: From near 0, the cross-entropy, to 1, the absolute error, which bears wrong labels best.

    Shapes:
        ``(n, ...), (n, ..., k) -> (n, ...)``; labels may have a last axis of length one.

    Source: Zhang and Sabuncu, "Generalized Cross Entropy Loss" (2018).

    Example:
        >>> categorical_generalized_cross_entropy(np.array([1]), np.array([[0.75, 0.25]]))
        array([1.])
    """
    where = "categorical_generalized_cross_entropy"
    logits = logits_of(where, y_pred, False, "softmax")
    p = as_operand(y_pred if logits is None else logits)
    labels = labels_for(where, y_true, p.shape)
    if logits is not None:
        return -ag.expm1(-q * by_rows(p, labels)) / q
    check_labels(where, labels, p.shape[-1])
    return (1 - ag.power(held(_at(p, labels)), q)) / q


def sparse_categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
) -> Any:
    """``-log p[label]``, p scaled to sum to one.

    Args:
        y_true: Labels, integers from 0 to k - 1.
        y_pred: Probabilities p, or their logits. A softmax's output is taken by its logits.
        from_logits: Whether `y_pred` are logits.
        ignore_class: A label, in or out of that range, whose loss is 0.
        axis: That of the classes.

    Shapes:
        ``(n, ...), (n, ..., k) -> (n, ...)``; labels may have a last axis of length one.

    Raises:
        DTypeError: the labels are not integers.
        ShapeError: there is not a label for each row of predictions.

    Example:
        >>> sparse_categorical_crossentropy(np.array([1]), np.array([[0.75, 0.25]]))
        array([1.38629436])
    """
    where = "sparse_categorical_crossentropy"
    logits = logits_of(where, y_pred, from_logits, "softmax", axis)
    p = last(as_operand(y_pred if logits is None else logits), axis)
    labels = labels_for(where, y_true, p.shape)
    if ignore_class is None:
        return _by_labels(where, labels, p, logits is not None)
    valid = labels != ignore_class
    values = _by_labels(where, np.where(valid, labels, 0), p, logits is not None)
    return ag.where(valid, values, np.zeros((), p.dtype))


def _by_labels(where: str, labels: Array, p: Any, from_logits: bool) -> Any:
    if from_logits:
        return by_rows(p, labels)
    check_labels(where, labels, p.shape[-1])
    return -_at(ag.log(normalised(p)), labels)


def _at(p: Any, labels: Array) -> Any:
    """The entry of each row at its label."""
    rows = p.reshape((-1, p.shape[-1]))
    return rows[np.arange(labels.size), labels.ravel()].reshape(labels.shape)


def _smooth(t: Any, label_smoothing: float) -> Any:
    return t * (1 - label_smoothing) + label_smoothing / t.shape[-1] if label_smoothing else t


class CategoricalCrossentropy(SmoothedLoss):
    """`categorical_crossentropy`, reduced.

    Args:
        from_logits: Whether predictions are logits.
        label_smoothing: s turns targets into ``t (1 - s) + s / k``.
        axis: That of the classes.
        reduction: As of `Loss`.
        name: For messages.
    """

    function: ClassVar[Callable[..., Any]] = staticmethod(categorical_crossentropy)
    _replays = True

    def classes(self, y: Array) -> Array | None:
        """Where each row is largest."""
        return y.argmax(axis=-1) if y.ndim == 2 else None


class CategoricalFocalCrossentropy(CategoricalCrossentropy):
    """`categorical_focal_crossentropy`, reduced.

    Args:
        alpha: A weight for all classes, or one for each.
        gamma: How fast a sure prediction loses weight.
        from_logits: Whether predictions are logits.
        label_smoothing: s turns targets into ``t (1 - s) + s / k``.
        axis: That of the classes.
        reduction: As of `Loss`.
        name: For messages.

    Raises:
        ValueError: `gamma` or `label_smoothing` is out of range.
    """

    function = staticmethod(categorical_focal_crossentropy)

    def __init__(
        self,
        alpha: ArrayLike = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        *,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        gamma = real(name or "categorical_focal_crossentropy", "gamma", gamma)
        super().__init__(
            from_logits,
            label_smoothing,
            axis,
            reduction=reduction,
            name=name,
            alpha=alpha,
            gamma=gamma,
        )


class SparseCategoricalCrossentropy(Loss):
    """`sparse_categorical_crossentropy`, reduced; a mean is taken over what is not ignored.

    Args:
        from_logits: Whether predictions are logits.
        ignore_class: A label that does not count.
        axis: That of the classes.
        reduction: As of `Loss`.
        name: For messages.
    """

    _replays = True

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
        *,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name)
        self.from_logits, self.ignore_class, self.axis = from_logits, ignore_class, axis

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """`sparse_categorical_crossentropy`."""
        return sparse_categorical_crossentropy(
            y_true, y_pred, self.from_logits, self.ignore_class, self.axis
        )

    def counted(self, y_true: Any, values: Any) -> Array | None:
        """Where the label is not the one to ignore."""
        if self.ignore_class is None:
            return None
        return np.asarray(y_true).reshape(values.shape) != self.ignore_class

    def prepare(self, y: Array, output_shape: Shape, dtype: DTypeLike) -> Array:
        """Labels, one for each row of the output and each less than its length."""
        shape = _moved((len(y), *output_shape), self.axis)
        labels = labels_for(self.name, y, shape)
        ignored = self.ignore_class
        check_labels(self.name, labels if ignored is None else labels[labels != ignored], shape[-1])
        return labels.astype(np.int64, copy=False)

    def classes(self, y: Array) -> Array | None:
        """The labels."""
        return y.ravel() if y.size == len(y) else None


class CategoricalGeneralizedCrossEntropy(SparseCategoricalCrossentropy):
    """`categorical_generalized_cross_entropy`, reduced.

    Args:
        q: From near 0, the cross-entropy, to 1, the absolute error.
        reduction: As of `Loss`.
        name: For messages.

    Raises:
        ValueError: `q` is not in (0, 1].
    """

    def __init__(
        self,
        q: float = 0.5,
        *,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name)
        self.q = real(self.name, "q", q, np.nextafter(0, 1), np.nextafter(1, 2))

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """`categorical_generalized_cross_entropy`."""
        return categorical_generalized_cross_entropy(y_true, y_pred, self.q)


def _moved(shape: Shape, axis: int) -> Shape:
    """A shape with this axis moved to its end."""
    axis %= len(shape)
    return shape[:axis] + shape[axis + 1 :] + shape[axis : axis + 1]
