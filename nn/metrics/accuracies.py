"""Accuracies: how often predictions are right."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from nn import losses
from nn.checks import positive_int
from nn.metrics.base import Array, Metric, NamedMean
from nn.targets import labels_for, pair


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Array:
    """Share of the last axis in which ``y_pred > threshold`` agrees with ``y_true > 1/2``.

    Shapes:
        ``(n, ..., k), (n, ..., k) -> (n, ...)``; a vector counts as a column.

    Example:
        >>> binary_accuracy(np.array([1, 0]), np.array([0.9, 0.6]))
        array([ True, False])
    """
    y_true, y_pred = pair("binary_accuracy", y_true, y_pred)
    agree = np.asarray((y_pred > threshold) == (y_true > 0.5))
    if agree.ndim == 1:
        return agree
    return agree[..., 0] if agree.shape[-1] == 1 else agree.mean(axis=-1)


def categorical_accuracy(y_true: Any, y_pred: Any) -> Array:
    """Whether the largest entry of each row is where the target's is.

    Shapes:
        ``(n, ..., k), (n, ..., k) -> (n, ...)``

    Example:
        >>> categorical_accuracy(np.array([[0, 1], [0, 1]]), np.array([[0.2, 0.8], [0.9, 0.1]]))
        array([ True, False])
    """
    y_true, y_pred = pair("categorical_accuracy", y_true, y_pred)
    return np.asarray(y_pred.argmax(axis=-1) == y_true.argmax(axis=-1))


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Array:
    """Whether the largest entry of each row is at its label.

    Shapes:
        ``(n, ...), (n, ..., k) -> (n, ...)``; labels may have a last axis of length one.

    Example:
        >>> sparse_categorical_accuracy(np.array([1, 1]), np.array([[0.2, 0.8], [0.9, 0.1]]))
        array([ True, False])
    """
    y_pred = np.asarray(y_pred)
    labels = labels_for("sparse_categorical_accuracy", y_true, y_pred.shape)
    return np.asarray(y_pred.argmax(axis=-1) == labels)


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Array:
    """Whether the target's largest entry is where one of the k largest predictions is.

    Equals of the k-th largest count too.

    Shapes:
        ``(n, ..., c), (n, ..., c) -> (n, ...)``

    Example:
        >>> y_true = np.array([[0, 0, 1], [1, 0, 0]])
        >>> top_k_categorical_accuracy(y_true, np.array([[0.1, 0.6, 0.3], [0.1, 0.6, 0.3]]), k=2)
        array([ True, False])
    """
    y_true, y_pred = pair("top_k_categorical_accuracy", y_true, y_pred)
    return _in_top(y_pred, y_true.argmax(axis=-1), k)


def sparse_top_k_categorical_accuracy(
    y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False
) -> Array:
    """Whether one of the k largest entries of each row is at its label.

    Equals of the k-th largest count too.

    Args:
        y_true: Labels.
        y_pred: Predictions for each class; or class numbers, the likeliest first.
        k: How many may be tried.
        from_sorted_ids: Whether predictions are class numbers.

    Shapes:
        ``(n, ...), (n, ..., c) -> (n, ...)``; labels may have a last axis of length one.

    Example:
        >>> p = np.array([[0.1, 0.6, 0.3], [0.1, 0.6, 0.3]])
        >>> sparse_top_k_categorical_accuracy(np.array([2, 0]), p, k=2)
        array([ True, False])
    """
    y_pred = np.asarray(y_pred)
    labels = labels_for("sparse_top_k_categorical_accuracy", y_true, y_pred.shape)
    if from_sorted_ids:
        return np.asarray((y_pred[..., :k] == labels[..., None]).any(axis=-1))
    return _in_top(y_pred, labels, k)


def _in_top(y_pred: Array, labels: Array, k: int) -> Array:
    own = np.take_along_axis(y_pred, labels[..., None], axis=-1)
    # Written so that a NaN, a row's own or another's, is no success.
    return np.asarray(np.count_nonzero(~(y_pred <= own), axis=-1) < k) & ~np.isnan(own[..., 0])


class BinaryAccuracy(Metric):
    """The mean of `binary_accuracy`.

    Args:
        name: The key in logs.
        dtype: As of `Metric`.
        threshold: Predictions above it say yes; 0 for logits.
    """

    def __init__(
        self, name: str | None = None, dtype: DTypeLike | None = None, threshold: float = 0.5
    ) -> None:
        super().__init__(name, dtype)
        self.threshold = threshold

    def call(self, y_true: Array, y_pred: Array) -> Array:
        """`binary_accuracy`."""
        return binary_accuracy(y_true, y_pred, self.threshold)


class CategoricalAccuracy(Metric):
    """The mean of `categorical_accuracy`."""

    def call(self, y_true: Array, y_pred: Array) -> Array:
        """`categorical_accuracy`."""
        return categorical_accuracy(y_true, y_pred)


class SparseCategoricalAccuracy(Metric):
    """The mean of `sparse_categorical_accuracy`."""

    def call(self, y_true: Array, y_pred: Array) -> Array:
        """`sparse_categorical_accuracy`."""
        return sparse_categorical_accuracy(y_true, y_pred)


class Accuracy(Metric):
    """Binary, categorical or sparse accuracy: as the loss says, else as the shapes suggest.

    By the shapes it is binary where predictions are single numbers, sparse where targets have an
    axis less than predictions or a last axis of length one, and categorical otherwise. Predictions
    that are integers are classes, and right where they equal the targets.

    Args:
        name: The key in logs.
        dtype: As of `Metric`.
        loss: The loss trained with, if it is known. Logits under a binary cross-entropy are
            compared with 0.
    """

    def __init__(
        self,
        name: str | None = None,
        dtype: DTypeLike | None = None,
        loss: losses.Loss | None = None,
    ) -> None:
        super().__init__(name, dtype)
        self.rule: Callable[[Any, Any], Array] | None = None
        if isinstance(loss, losses.BinaryCrossentropy):
            self.rule = partial(binary_accuracy, threshold=0.0 if loss.from_logits else 0.5)
        elif isinstance(loss, losses.CategoricalCrossentropy):
            self.rule = categorical_accuracy
        elif isinstance(loss, losses.SparseCategoricalCrossentropy):
            self.rule = sparse_categorical_accuracy

    def call(self, y_true: Array, y_pred: Array) -> Array:
        """The accuracy of each sample."""
        rule = self.rule or _fitting(y_true, y_pred)
        return rule(y_true, y_pred)


class TopKCategoricalAccuracy(NamedMean):
    """The mean of `top_k_categorical_accuracy`.

    Args:
        k: How many classes may be tried.
        name: The key in logs.

    Raises:
        ValueError: `k` is not positive.
    """

    of = staticmethod(top_k_categorical_accuracy)

    def __init__(self, k: int = 5, name: str | None = None) -> None:
        super().__init__(name, k=positive_int("top_k_categorical_accuracy", "k", k))


class SparseTopKCategoricalAccuracy(NamedMean):
    """The mean of `sparse_top_k_categorical_accuracy`.

    Args:
        k: How many classes may be tried.
        name: The key in logs.
        from_sorted_ids: Whether predictions are class numbers, the likeliest first.

    Raises:
        ValueError: `k` is not positive.
    """

    of = staticmethod(sparse_top_k_categorical_accuracy)

    def __init__(self, k: int = 5, name: str | None = None, from_sorted_ids: bool = False) -> None:
        k = positive_int("sparse_top_k_categorical_accuracy", "k", k)
        super().__init__(name, k=k, from_sorted_ids=from_sorted_ids)


def _fitting(y_true: Array, y_pred: Array) -> Callable[[Any, Any], Array]:
    """The accuracy that such arrays suggest."""
    if y_pred.dtype.kind in "iub" and y_true.size == y_pred.size:
        return _equal
    if y_pred.ndim < 2 or y_pred.shape[-1] == 1:
        return binary_accuracy
    if y_true.ndim < y_pred.ndim or y_true.shape[-1] == 1:
        return sparse_categorical_accuracy
    return categorical_accuracy


def _equal(y_true: Array, y_pred: Array) -> Array:
    y_true, y_pred = pair("accuracy", y_true, y_pred)
    return np.asarray(y_true == y_pred)
