"""Intersection over union, for labels of pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autograd_lite.errors import ShapeError, explain
from nn.checks import positive_int
from nn.metrics.base import Array, Metric, as_array, counted, ratio
from nn.targets import check_labels, weights_for


class IoU(Metric):
    """The mean of ``hits / (hits + false alarms + misses)`` over some of the classes.

    Classes that neither targets nor predictions have are left out of the mean.

    Args:
        num_classes: How many classes there are.
        target_class_ids: Those to take the mean over.
        name: The key in logs.
        ignore_class: Entries with this target do not count.
        sparse_y_true: Whether targets are labels; else one-hot, along `axis`.
        sparse_y_pred: Whether predictions are labels; else a number for each class, along `axis`.
        axis: That of the classes, where they have one.

    Raises:
        ValueError: `num_classes` is not positive, or labels are out of range.
        ShapeError: there is not one target for each prediction.

    Attributes:
        confusion: The weight of entries by target, in rows, and prediction, in columns.

    Example:
        >>> IoU(2, [0])(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]))
        0.5
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        self.num_classes = positive_int(name or "IoU", "num_classes", num_classes)
        super().__init__(name)
        self.target_class_ids = list(target_class_ids)
        if not set(self.target_class_ids) <= set(range(self.num_classes)):
            raise ValueError(
                explain(
                    self.name,
                    "bad `target_class_ids`",
                    got=repr(target_class_ids),
                    expected=f"classes from 0 to {num_classes - 1}",
                )
            )
        self.ignore_class, self.axis = ignore_class, axis
        self.sparse_y_true, self.sparse_y_pred = sparse_y_true, sparse_y_pred

    def update_state(
        self, y_true: Any, y_pred: Any, sample_weight: ArrayLike | None = None
    ) -> None:
        """Count a batch in."""
        y, p = self._labels(as_array(y_true), as_array(y_pred))
        if y.shape != p.shape and (*y.shape, 1) != p.shape and y.shape != (*p.shape, 1):
            raise ShapeError(
                explain(
                    self.name,
                    "there is not one target for each prediction",
                    got=f"targets {y.shape}, predictions {p.shape}",
                    expected="one shape, the axis of the classes left out",
                    fix="sparse_y_true=False for one-hot targets, sparse_y_pred=False for "
                    "predictions of each class",
                )
            )
        weight = counted(y_pred, sample_weight)
        weight = 1.0 if weight is None else weight
        w = np.broadcast_to(weights_for(self.name, "sample_weight", weight, y.shape), y.shape)
        y, p, w = y.ravel(), p.ravel(), w.ravel()
        if self.ignore_class is not None:
            valid = y != self.ignore_class
            y, p, w = y[valid], p[valid], w[valid]
        n = self.num_classes
        for labels in (y, p):
            check_labels(self.name, labels, n)
        self.confusion += np.bincount(y * n + p, w, n * n).reshape(n, n)

    def _labels(self, y: Array, p: Array) -> tuple[Array, Array]:
        """Both as integer labels."""
        y = y if self.sparse_y_true else y.argmax(axis=self.axis)
        p = p if self.sparse_y_pred else p.argmax(axis=self.axis)
        return y.astype(np.int64), p.astype(np.int64)

    def result(self) -> float:
        """The mean so far; 0 if none of the classes occurred."""
        hits = self.confusion.diagonal()
        union = self.confusion.sum(axis=0) + self.confusion.sum(axis=1) - hits
        hits, union = hits[self.target_class_ids], union[self.target_class_ids]
        return float(ratio(ratio(hits, union).sum(), np.count_nonzero(union)))

    def reset_state(self) -> None:
        """Forget all batches."""
        self.confusion = np.zeros((self.num_classes, self.num_classes))


class MeanIoU(IoU):
    """The mean over all classes that occur of ``hits / (hits + false alarms + misses)``.

    Args:
        num_classes: How many classes there are.
        name: The key in logs.
        ignore_class: Entries with this target do not count.
        sparse_y_true: Whether targets are labels; else one-hot, along `axis`.
        sparse_y_pred: Whether predictions are labels; else a number for each class, along `axis`.
        axis: That of the classes, where they have one.

    Example:
        >>> MeanIoU(3)(np.array([0, 0, 1]), np.array([0, 1, 1]))
        0.5
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        classes = range(positive_int(name or "MeanIoU", "num_classes", num_classes))
        super().__init__(
            num_classes, classes, name, ignore_class, sparse_y_true, sparse_y_pred, axis
        )


class OneHotIoU(IoU):
    """`IoU` of one-hot targets, and of predictions for each class.

    Args:
        num_classes: How many classes there are.
        target_class_ids: Those to take the mean over.
        name: The key in logs.
        ignore_class: Entries with this target do not count.
        sparse_y_pred: Whether predictions are labels.
        axis: That of the classes.

    Example:
        >>> OneHotIoU(2, [0, 1])(np.eye(2), np.array([[0.9, 0.1], [0.2, 0.8]]))
        1.0
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(
            num_classes, target_class_ids, name, ignore_class, False, sparse_y_pred, axis
        )


class OneHotMeanIoU(MeanIoU):
    """`MeanIoU` of one-hot targets, and of predictions for each class.

    Args:
        num_classes: How many classes there are.
        name: The key in logs.
        ignore_class: Entries with this target do not count.
        sparse_y_pred: Whether predictions are labels.
        axis: That of the classes.

    Example:
        >>> OneHotMeanIoU(2)(np.eye(2), np.array([[0.9, 0.1], [0.7, 0.3]]))
        0.25
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, name, ignore_class, False, sparse_y_pred, axis)


class BinaryIoU(IoU):
    """`IoU` of two classes, where predictions from a threshold on are the second.

    Args:
        target_class_ids: Those to take the mean over, of 0 and 1.
        threshold: From which on a prediction is of class 1.
        name: The key in logs.

    Example:
        >>> BinaryIoU([1])(np.array([0, 1, 1]), np.array([0.1, 0.9, 0.3]))
        0.5
    """

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
    ) -> None:
        super().__init__(2, target_class_ids, name)
        self.threshold = threshold

    def _labels(self, y: Array, p: Array) -> tuple[Array, Array]:
        return super()._labels(y, p >= self.threshold)
