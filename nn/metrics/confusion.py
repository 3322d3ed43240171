"""Metrics that count hits and misses above thresholds."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autograd_lite.errors import explain
from nn.checks import positive_int
from nn.metrics.base import Array, Metric, as_array, counted, ratio
from nn.targets import pair, weights_for


class Counts(Metric):
    """True and false positives and negatives at each of some thresholds.

    A prediction says yes above a threshold; a target says yes above one half.

    Args:
        thresholds: One, or several, for a value each.
        top_k: Only the k largest predictions of each row may say yes.
        class_id: Only this entry of the last axis counts.
        name: The key in logs.

    Raises:
        ValueError: a threshold is not a number, or `top_k` is not positive.

    Attributes:
        hits: Weight of true positives at each threshold.
        alarms: Weight of false positives, likewise.
        yes: Weight of targets that say yes.
        no: Weight of those that do not.
    """

    hits: Array
    alarms: Array
    yes: Any
    no: Any

    def __init__(
        self,
        thresholds: ArrayLike = 0.5,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
    ) -> None:
        self._single = np.ndim(thresholds) == 0
        given = np.atleast_1d(np.asarray(thresholds, np.float64))
        self._order = np.argsort(given, kind="stable")
        self.thresholds = given
        super().__init__(name)
        if given.size == 0 or np.isnan(given).any():
            got = repr(thresholds)
            raise ValueError(
                explain(self.name, "bad `thresholds`", got=got, expected="a number, or some")
            )
        self.top_k = None if top_k is None else positive_int(self.name, "top_k", top_k)
        self.class_id = class_id

    def update_state(
        self, y_true: Any, y_pred: Any, sample_weight: ArrayLike | None = None
    ) -> None:
        """Count a batch in."""
        y, p = pair(self.name, as_array(y_true), as_array(y_pred))
        weight = counted(y_pred, sample_weight)
        weight = 1.0 if weight is None else weight
        w = np.broadcast_to(weights_for(self.name, "sample_weight", weight, p.shape), p.shape)
        if self.top_k is not None:
            p = _largest(p, self.top_k)
        if self.class_id is not None:
            y, p, w = (a[..., self.class_id] for a in (y, p, w))
        self._count_in(y, p, w)

    def _count_in(self, y: Array, p: Array, w: Array) -> None:
        hits, alarms, yes, no = self._counts(y, p, w)
        self.hits += hits
        self.alarms += alarms
        self.yes += yes
        self.no += no

    def _counts(self, y: Array, p: Array, w: Array) -> tuple[Array, Array, float, float]:
        """What is added to `hits`, `alarms`, `yes` and `no`."""
        yes, w = y.ravel() > 0.5, w.ravel().astype(np.float64)
        above = self._above(p.ravel())
        hits, alarms = self._count(above[yes], w[yes]), self._count(above[~yes], w[~yes])
        return hits, alarms, float(w[yes].sum()), float(w[~yes].sum())

    def _above(self, p: Array) -> Array:
        """How many of the thresholds each prediction is above."""
        # In the dtype of the predictions: 0.1 in float32 is not above a threshold of 0.1.
        limits = self.thresholds[self._order].astype(p.dtype if p.dtype.kind == "f" else np.float64)
        above = np.searchsorted(limits, p, side="left")
        above[np.isnan(p)] = 0
        return above

    def _count(self, above: Array, w: Array) -> Array:
        """The weight above each threshold."""
        weights = np.bincount(above, w, len(self.thresholds) + 1)
        counted = np.empty(len(self.thresholds))
        counted[self._order] = weights[::-1].cumsum()[::-1][1:]
        return counted

    def _given(self, values: Any) -> Any:
        """One number for one threshold, an array for several."""
        return float(values[0]) if self._single else values.copy()

    def reset_state(self) -> None:
        """Forget all batches."""
        self.hits = np.zeros(len(self.thresholds))
        self.alarms = np.zeros(len(self.thresholds))
        self.yes = self.no = 0.0


class _AtThresholds(Counts):
    """A count at each threshold."""

    def __init__(self, thresholds: ArrayLike | None = None, name: str | None = None) -> None:
        super().__init__(0.5 if thresholds is None else thresholds, name=name)


class TruePositives(_AtThresholds):
    """The weight of samples that are rightly said yes to.

    Args:
        thresholds: One, or several, for a value each; one half unless given.
        name: The key in logs.

    Example:
        >>> TruePositives()(np.array([1, 1, 0]), np.array([0.9, 0.2, 0.8]))
        1.0
    """

    def result(self) -> Any:
        """The weight so far."""
        return self._given(self.hits)


class FalsePositives(_AtThresholds):
    """The weight of samples that are wrongly said yes to.

    Args:
        thresholds: One, or several, for a value each; one half unless given.
        name: The key in logs.

    Example:
        >>> FalsePositives([0.5, 0.85])(np.array([1, 1, 0]), np.array([0.9, 0.2, 0.8]))
        array([1., 0.])
    """

    def result(self) -> Any:
        """The weight so far."""
        return self._given(self.alarms)


class TrueNegatives(_AtThresholds):
    """The weight of samples that are rightly said no to.

    Args:
        thresholds: One, or several, for a value each; one half unless given.
        name: The key in logs.

    Example:
        >>> TrueNegatives()(np.array([1, 1, 0]), np.array([0.9, 0.2, 0.8]))
        0.0
    """

    def result(self) -> Any:
        """The weight so far."""
        return self._given(self.no - self.alarms)


class FalseNegatives(_AtThresholds):
    """The weight of samples that are wrongly said no to.

    Args:
        thresholds: One, or several, for a value each; one half unless given.
        name: The key in logs.

    Example:
        >>> FalseNegatives()(np.array([1, 1, 0]), np.array([0.9, 0.2, 0.8]))
        1.0
    """

    def result(self) -> Any:
        """The weight so far."""
        return self._given(self.yes - self.hits)


class _Share(Counts):
    """A share of hits, with thresholds and `top_k`."""

    def __init__(
        self,
        thresholds: ArrayLike | None = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
    ) -> None:
        if thresholds is None:
            thresholds = 0.5 if top_k is None else -np.inf
        super().__init__(thresholds, top_k, class_id, name)


class Precision(_Share):
    """``true positives / (true positives + false positives)``; 0 if nothing was said yes to.

    Args:
        thresholds: Above which a prediction says yes: one, or several, for a value each. One half,
            or none if `top_k` is given.
        top_k: Only the k largest predictions of each row may say yes.
        class_id: Only this entry of the last axis counts.
        name: The key in logs.

    Example:
        >>> Precision()(np.array([1, 1, 0]), np.array([0.9, 0.2, 0.8]))
        0.5
    """

    def result(self) -> Any:
        """The precision so far."""
        return self._given(ratio(self.hits, self.hits + self.alarms))


class Recall(_Share):
    """``true positives / (true positives + false negatives)``; 0 if no target says yes.

    Args:
        thresholds: Above which a prediction says yes: one, or several, for a value each. One half,
            or none if `top_k` is given.
        top_k: Only the k largest predictions of each row may say yes.
        class_id: Only this entry of the last axis counts.
        name: The key in logs.

    Example:
        >>> Recall([0.5, 0.1])(np.array([1, 1, 0]), np.array([0.9, 0.2, 0.8]))
        array([0.5, 1. ])
    """

    def result(self) -> Any:
        """The recall so far."""
        return self._given(ratio(self.hits, self.yes))


def _largest(p: Array, k: int) -> Array:
    """Predictions, minus infinity where there are k larger ones in the row."""
    chosen = np.argsort(-p, axis=-1, kind="stable")[..., :k]
    kept = np.full(p.shape, -np.inf, p.dtype if p.dtype.kind == "f" else np.float64)
    np.put_along_axis(kept, chosen, np.take_along_axis(p, chosen, axis=-1), axis=-1)
    return kept
