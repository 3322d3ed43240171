"""Losses: as functions, a value for each sample, and as classes, reduced to a number.

Targets come first, as in Keras. Predictions and targets are never broadcast against each other:
shapes agree, or one is a vector and the other the column of the same length.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

import autograd_lite as ag
from autograd_lite.errors import choose, explain
from nn.activations import Probabilities
from nn.checks import instance, real, snake_case
from nn.targets import align, as_operand, check_labels, check_range, labels_for, pair

Array = NDArray[Any]
Shape = tuple[int, ...]

# Probabilities are held this far from 0 and 1 before a logarithm is taken.
EPSILON = 1e-7

REDUCTIONS = ("sum_over_batch_size", "sum", "mean_with_sample_weight", "none")


def mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """``mean((y_pred - y_true)**2)`` over the last axis.

    Shapes:
        ``(n, ..., k), (n, ..., k) -> (n, ...)``; a vector counts as a column.

    Example:
        >>> mean_squared_error(np.array([[0.0, 1.0]]), np.array([[2.0, 1.0]]))
        array([2.])
    """
    y_true, y_pred = pair("mean_squared_error", y_true, y_pred)
    return _last_mean(ag.square(y_pred - y_true))


def mean_absolute_error(y_true: Any, y_pred: Any) -> Any:
    """``mean(|y_pred - y_true|)`` over the last axis.

    Shapes:
        ``(n, ..., k), (n, ..., k) -> (n, ...)``; a vector counts as a column.

    Example:
        >>> mean_absolute_error(np.array([[0.0, 1.0]]), np.array([[2.0, 1.0]]))
        array([1.])
    """
    y_true, y_pred = pair("mean_absolute_error", y_true, y_pred)
    return _last_mean(ag.abs(y_pred - y_true))


def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0
) -> Any:
    """``-mean(t log p + (1 - t) log(1 - p))`` over the last axis.

    Args:
        y_true: Targets t from 0 to 1.
        y_pred: Probabilities p, or their logits. A sigmoid's output is taken by its logits.
        from_logits: Whether `y_pred` are logits.
        label_smoothing: s turns targets into ``t (1 - s) + s / 2``.

    Shapes:
        ``(n, ..., k), (n, ..., k) -> (n, ...)``; a vector counts as a column.

    Example:
        >>> binary_crossentropy(np.array([1.0, 0.0]), np.array([0.5, 0.5]))
        array([0.69314718, 0.69314718])
    """
    where = "binary_crossentropy"
    logits = _logits(where, y_pred, from_logits, "sigmoid")
    t, p = pair(where, y_true, y_pred if logits is None else logits)
    if label_smoothing:
        t = t * (1 - label_smoothing) + label_smoothing / 2
    if logits is not None:
        return _last_mean(ag.sigmoid_cross_entropy(p, t))
    p = ag.clip(p, EPSILON, 1 - EPSILON)
    return _last_mean(-(t * ag.log(p) + (1 - t) * ag.log(1 - p)))


def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0
) -> Any:
    """``-sum(t log p)`` over the last axis, p scaled to sum to one.

    Args:
        y_true: Targets t: a one-hot row, or probabilities, for each sample.
        y_pred: Probabilities p, or their logits. A softmax's output is taken by its logits.
        from_logits: Whether `y_pred` are logits.
        label_smoothing: s turns targets into ``t (1 - s) + s / k``.

    Shapes:
        ``(n, ..., k), (n, ..., k) -> (n, ...)``

    Example:
        >>> categorical_crossentropy(np.array([[0.0, 1.0]]), np.array([[0.75, 0.25]]))
        array([1.38629436])
    """
    where = "categorical_crossentropy"
    logits = _logits(where, y_pred, from_logits, "softmax")
    t, p = pair(where, y_true, y_pred if logits is None else logits)
    if label_smoothing:
        t = t * (1 - label_smoothing) + label_smoothing / t.shape[-1]
    if logits is None:
        return -ag.sum(t * ag.log(_normalised(p)), axis=-1)
    return _by_rows(p, t)


def sparse_categorical_crossentropy(y_true: Any, y_pred: Any, from_logits: bool = False) -> Any:
    """``-log p[label]``, p scaled to sum to one.

    Args:
        y_true: Labels, integers from 0 to k - 1.
        y_pred: Probabilities p, or their logits. A softmax's output is taken by its logits.
        from_logits: Whether `y_pred` are logits.

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
    logits = _logits(where, y_pred, from_logits, "softmax")
    p = as_operand(y_pred if logits is None else logits)
    labels = labels_for(where, y_true, p.shape)
    if logits is not None:
        return _by_rows(p, labels)
    check_labels(where, labels, p.shape[-1])
    rows = ag.log(_normalised(p)).reshape((-1, p.shape[-1]))
    return -rows[np.arange(labels.size), labels.ravel()].reshape(labels.shape)


class Loss:
    """A loss reduced to a number. Subclass it and define `call(y_true, y_pred)`, a value a sample.

    Args:
        reduction: ``"sum_over_batch_size"``, the sum of loss x weight over the number of samples
            (not over the sum of weights: that is ``"mean_with_sample_weight"``); ``"sum"``; or
            ``"none"``, which keeps a value a sample.
        name: For messages; the class name in snake case unless given.

    Example:
        >>> class CubicError(Loss):
        ...     def call(self, y_true, y_pred):
        ...         return ag.mean(ag.abs(y_pred - y_true) ** 3, axis=-1)
        >>> float(CubicError()(np.array([[0.0], [0.0]]), np.array([[1.0], [2.0]])))
        4.5
    """

    def __init__(
        self, *, reduction: str | None = "sum_over_batch_size", name: str | None = None
    ) -> None:
        self.name = snake_case(type(self).__name__) if name is None else name
        reduction = "none" if reduction is None else reduction
        self.reduction: str = choose(
            dict(zip(REDUCTIONS, REDUCTIONS, strict=True)), reduction, f"{self.name}: `reduction`"
        )

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of each sample. Subclasses define it."""
        raise NotImplementedError(
            explain(self.name, "no `call`", fix="define call(self, y_true, y_pred)")
        )

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The reduced loss; `sample_weight` has an entry for each sample."""
        values = self.call(y_true, y_pred)
        if sample_weight is not None:
            weight = np.asarray(sample_weight, values.dtype)
            weight = weight.reshape(weight.shape + (1,) * (values.ndim - weight.ndim))
            values = values * weight
            if self.reduction == "mean_with_sample_weight":
                entries = values.size // max(weight.size, 1)
                return ag.sum(values) / (weight.sum() * entries)
        if self.reduction == "none":
            return values
        return ag.sum(values) if self.reduction == "sum" else ag.mean(values)

    def prepare(self, y: Array, output_shape: Shape, dtype: DTypeLike) -> Array:
        """Check all targets at once, before any training, and put them in the form `call` reads.

        Args:
            y: Targets of all samples.
            output_shape: Of the model, for one sample.
            dtype: Of the model.
        """
        return y.astype(dtype, copy=False) if y.dtype.kind == "f" else y

    def classes(self, y: Array) -> Array | None:
        """The class of each sample, or None if targets are not classes."""
        return None


class FunctionLoss(Loss):
    """A function ``f(y_true, y_pred)`` as a loss.

    Args:
        function: Gives a value for each sample.
        reduction: As of `Loss`.
        name: For messages; the function's own unless given.
    """

    def __init__(
        self,
        function: Callable[[Any, Any], Any],
        *,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name or getattr(function, "__name__", "loss"))
        self.function = function

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """``function(y_true, y_pred)``."""
        return self.function(y_true, y_pred)


class MeanSquaredError(Loss):
    """`mean_squared_error`, reduced."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """`mean_squared_error`."""
        return mean_squared_error(y_true, y_pred)

    def prepare(self, y: Array, output_shape: Shape, dtype: DTypeLike) -> Array:
        """Targets in the model's dtype and output shape."""
        return align(self.name, y.astype(dtype, copy=False), (len(y), *output_shape))


class MeanAbsoluteError(MeanSquaredError):
    """`mean_absolute_error`, reduced."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """`mean_absolute_error`."""
        return mean_absolute_error(y_true, y_pred)


class _CrossEntropy(Loss):
    """What the cross-entropies share: `from_logits`."""

    def __init__(
        self,
        from_logits: bool = False,
        *,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name)
        self.from_logits = from_logits


class SparseCategoricalCrossentropy(_CrossEntropy):
    """`sparse_categorical_crossentropy`, reduced."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """`sparse_categorical_crossentropy`."""
        return sparse_categorical_crossentropy(y_true, y_pred, self.from_logits)

    def prepare(self, y: Array, output_shape: Shape, dtype: DTypeLike) -> Array:
        """Labels, one for each row of the output and each less than its length."""
        labels = labels_for(self.name, y, (len(y), *output_shape))
        check_labels(self.name, labels, output_shape[-1])
        return labels.astype(np.int64, copy=False)

    def classes(self, y: Array) -> Array | None:
        """The labels."""
        return y.ravel() if y.size == len(y) else None


class _SmoothedCrossEntropy(_CrossEntropy):
    """What the cross-entropies with targets from 0 to 1 share: `label_smoothing`."""

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        *,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        super().__init__(from_logits, reduction=reduction, name=name)
        self.label_smoothing = real(self.name, "label_smoothing", label_smoothing, high=1.0)

    def prepare(self, y: Array, output_shape: Shape, dtype: DTypeLike) -> Array:
        """Targets from 0 to 1, in the model's dtype and output shape."""
        y = align(self.name, y.astype(dtype, copy=False), (len(y), *output_shape))
        fix = 'scale them; for integer labels, loss="sparse_categorical_crossentropy" and a softmax'
        check_range(self.name, y, 0, 1, fix)
        return y


class CategoricalCrossentropy(_SmoothedCrossEntropy):
    """`categorical_crossentropy`, reduced."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """`categorical_crossentropy`."""
        return categorical_crossentropy(y_true, y_pred, self.from_logits, self.label_smoothing)

    def classes(self, y: Array) -> Array | None:
        """Where each row is largest."""
        return y.argmax(axis=-1) if y.ndim == 2 else None


class BinaryCrossentropy(_SmoothedCrossEntropy):
    """`binary_crossentropy`, reduced."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """`binary_crossentropy`."""
        return binary_crossentropy(y_true, y_pred, self.from_logits, self.label_smoothing)

    def classes(self, y: Array) -> Array | None:
        """1 where a target is above one half, else 0."""
        return (y.ravel() > 0.5).astype(np.int64) if y.size == len(y) else None


ALIASES = {"mse": "mean_squared_error", "mae": "mean_absolute_error", "bce": "binary_crossentropy"}

FUNCTIONS: dict[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (
        mean_squared_error,
        mean_absolute_error,
        binary_crossentropy,
        categorical_crossentropy,
        sparse_categorical_crossentropy,
    )
}
FUNCTIONS |= {alias: FUNCTIONS[name] for alias, name in ALIASES.items()}

LOSSES: dict[str, type[Loss]] = {
    snake_case(c.__name__): c
    for c in (
        MeanSquaredError,
        MeanAbsoluteError,
        BinaryCrossentropy,
        CategoricalCrossentropy,
        SparseCategoricalCrossentropy,
    )
}
LOSSES |= {alias: LOSSES[name] for alias, name in ALIASES.items()}


def get(loss: Any, where: str) -> Loss:
    """A `Loss` from a name, a function, a class or a `Loss`."""
    if isinstance(loss, str | type | Loss) or not callable(loss):
        return instance(Loss, LOSSES, loss, where)
    name = getattr(loss, "__name__", "")
    # One of ours: its class knows more of its targets than the function alone.
    return LOSSES[name]() if FUNCTIONS.get(name) is loss else FunctionLoss(loss)


def _logits(where: str, y_pred: Any, from_logits: bool, kind: str) -> Any:
    """The logits behind `y_pred`, or None if only probabilities are known."""
    if not isinstance(y_pred, Probabilities):
        return y_pred if from_logits else None
    if from_logits:
        raise ValueError(
            explain(
                where,
                "from_logits=True, but these are probabilities",
                got=f"the output of a {y_pred.kind}",
                expected="logits: the output of a layer without activation",
                fix="leave from_logits out (the loss is computed from the logits all the same), "
                f"or the {y_pred.kind}",
            )
        )
    return y_pred.logits if y_pred.kind == kind else None


def _last_mean(values: Any) -> Any:
    return ag.mean(values, axis=-1) if values.ndim > 1 else values


def _normalised(p: Any) -> Any:
    return ag.clip(p / ag.sum(p, axis=-1, keepdims=True), EPSILON, 1 - EPSILON)


def _by_rows(logits: Any, targets: Any) -> Any:
    """Fused cross-entropy of the last axis, whatever the number of axes before it."""
    if logits.ndim == 2:
        return ag.softmax_cross_entropy(logits, targets)
    k, leading = logits.shape[-1], logits.shape[:-1]
    rows = targets.reshape((-1, k) if targets.ndim == logits.ndim else (-1,))
    return ag.softmax_cross_entropy(logits.reshape((-1, k)), rows).reshape(leading)
