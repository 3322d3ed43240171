"""Metrics of the whole trade-off between two kinds of mistakes, over many thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

import autograd_lite as ag
from autograd_lite.errors import ShapeError, choose, explain
from nn.checks import positive_int, real
from nn.foreign import check_dtype
from nn.metrics.base import Array, as_array, counted, ratio
from nn.metrics.confusion import Counts

CURVES = {name: name.upper() for name in ("ROC", "roc", "PR", "pr", "PRGAIN", "prgain")}
SUMMATIONS = {
    "interpolation": lambda y: (y[1:] + y[:-1]) / 2,
    "minoring": lambda y: np.minimum(y[1:], y[:-1]),
    "majoring": lambda y: np.maximum(y[1:], y[:-1]),
}


class AUC(Counts):
    """The area under a curve that thresholds trace out.

    ROC: the share of targets rightly said yes to, over the share wrongly said yes to. PR: precision
    over recall. PRGAIN: ``1 - yes / no * false positives / true positives``, precision's gain over
    saying yes always, over the same of false negatives, recall's, or 0 where that is negative.

    Args:
        num_thresholds: How many, evenly spaced from just below 0 to just above 1. The more, the
            nearer to the true area.
        curve: ``"ROC"``, ``"PR"`` or ``"PRGAIN"``.
        summation_method: ``"interpolation"``, trapezoids (for PR the interpolation of Davis and
            Goadrich); ``"minoring"`` and ``"majoring"``, sums from below and above.
        name: The key in logs.
        dtype: As of `Metric`.
        thresholds: Others, between 0 and 1.
        multi_label: Whether each entry of the last axis has a curve of its own, of whose areas the
            mean is taken.
        num_labels: The length of that axis, if it is to be checked.
        label_weights: How much each entry of the last axis counts: its area in the mean, or all
            that is counted of it.
        from_logits: Whether predictions are logits.

    Shapes:
        Any shape; all entries count alike. With `multi_label` ``(n, labels)``.

    Raises:
        ValueError: an argument is not one of these.
        ShapeError: there are not as many labels, or as many weights of them.

    Sources: Davis and Goadrich, "The Relationship Between Precision-Recall and ROC Curves" (2006);
        Flach and Kull, "Precision-Recall-Gain Curves" (2015).

    Example:
        >>> AUC()(np.array([0, 0, 1, 1]), np.array([0.1, 0.5, 0.3, 0.9]))
        0.75
    """

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: DTypeLike | None = None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: ArrayLike | None = None,
        from_logits: bool = False,
    ) -> None:
        where = name or "auc"
        check_dtype(where, dtype, "a metric")
        if num_labels is not None and not multi_label:
            got, fix = f"num_labels={num_labels}", "multi_label=True"
            raise ValueError(explain(where, "labels have no curves", got=got, fix=fix))
        self.multi_label, self.num_labels = multi_label, num_labels
        self.label_weights = None
        if label_weights is not None:
            self.label_weights = np.asarray(label_weights, np.float64)
        if thresholds is None:
            inner = _evenly(where, num_thresholds)
        else:
            inner = np.sort(np.asarray(thresholds, np.float64))
            if not ((inner >= 0) & (inner <= 1)).all():
                got = repr(thresholds)
                raise ValueError(
                    explain(where, "bad `thresholds`", got=got, expected="numbers from 0 to 1")
                )
        self.curve = choose(CURVES, curve, f"{where}: `curve`")
        self.height = choose(SUMMATIONS, summation_method, f"{where}: `summation_method`")
        self.davis = self.curve == "PR" and summation_method == "interpolation"
        self.from_logits = from_logits
        super().__init__(np.concatenate([[-1e-7], inner, [1 + 1e-7]]), name=name)

    def update_state(
        self, y_true: Any, y_pred: Any, sample_weight: ArrayLike | None = None
    ) -> None:
        """Count a batch in."""
        if self.from_logits:
            sample_weight = counted(y_pred, sample_weight)
            y_pred = ag.sigmoid(as_array(y_pred))
        super().update_state(y_true, y_pred, sample_weight)

    def _count_in(self, y: Array, p: Array, w: Array) -> None:
        if not self.multi_label and self.label_weights is None:
            return super()._count_in(y, p, w)
        if y.ndim == 1:
            y, p, w = (a[:, None] for a in (y, p, w))
        self._check_labels(p.shape)
        if not self.multi_label:
            return super()._count_in(y, p, w * self.label_weights)
        parts = [self._counts(y[:, j], p[:, j], w[:, j]) for j in range(p.shape[1])]
        hits, alarms, yes, no = (np.stack(part, axis=-1) for part in zip(*parts, strict=True))
        if self.hits.ndim == 1:
            self.reset_state(p.shape[1:])
        self.hits += hits
        self.alarms += alarms
        self.yes += yes
        self.no += no

    def _check_labels(self, shape: tuple[int, ...]) -> None:
        given = self.label_weights
        known = self.num_labels if given is None else len(given)
        if (known not in (None, shape[-1])) or (self.multi_label and len(shape) != 2):
            raise ShapeError(
                explain(
                    self.name,
                    "labels do not fit",
                    got=f"predictions {shape}" + (f", {known} labels" if known else ""),
                    expected=f"(n, {known or 'labels'})",
                )
            )

    def reset_state(self, labels: tuple[int, ...] = ()) -> None:
        """Forget all batches."""
        super().reset_state()
        if labels:
            self.hits, self.alarms = (np.zeros((len(self.thresholds), *labels)) for _ in range(2))
            self.yes, self.no = np.zeros(labels), np.zeros(labels)

    def result(self) -> float:
        """The area so far."""
        if self.hits.ndim == 1:
            return self._area(self.hits, self.alarms, self.yes, self.no)
        columns = zip(self.hits.T, self.alarms.T, self.yes, self.no, strict=True)
        areas = np.array([self._area(*column) for column in columns])
        weights = np.ones(len(areas)) if self.label_weights is None else self.label_weights
        return float(ratio((weights * areas).sum(), weights.sum()))

    def _area(self, hits: Array, alarms: Array, yes: Any, no: Any) -> float:
        if self.davis:
            return _davis_goadrich(hits, alarms, yes)
        x, y = ratio(alarms, no), ratio(hits, yes)
        if self.curve == "PR":
            x, y = y, ratio(hits, hits + alarms)
        elif self.curve == "PRGAIN":
            scale = ratio(yes, no)
            x = np.where(hits == 0, 0.0, np.maximum(1 - scale * ratio(yes - hits, hits), 0.0))
            y = np.where(hits == 0, 1.0, 1 - scale * ratio(alarms, hits))
        return float(((x[:-1] - x[1:]) * self.height(y)).sum())


def _evenly(where: str, n: int) -> Array:
    """``n - 2`` thresholds between 0 and 1."""
    if positive_int(where, "num_thresholds", n) < 2:
        raise ValueError(
            explain(where, "bad `num_thresholds`", got=repr(n), expected="an integer, 2 or more")
        )
    return np.arange(1, n - 1) / (n - 1)


def _davis_goadrich(hits: Array, alarms: Array, yes: float) -> float:
    """The area under precision over recall, where hits and alarms grow in step between points."""
    said = hits + alarms
    slope = ratio(hits[:-1] - hits[1:], said[:-1] - said[1:])
    intercept = hits[1:] - slope * said[1:]
    growth = np.where((said[:-1] > 0) & (said[1:] > 0), ratio(said[:-1], said[1:]), 1.0)
    pieces = slope * (hits[:-1] - hits[1:] + intercept * np.log(growth))
    return float(ratio(pieces.sum(), yes))


class _Best(Counts):
    """The largest of one share where another is no less than asked for."""

    def __init__(
        self,
        least: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
    ) -> None:
        one = num_thresholds == 1
        limits = [0.5] if one else [0.0, *_evenly(name or "metric", num_thresholds), 1.0]
        super().__init__(limits, class_id=class_id, name=name)
        self.least = real(self.name, "the share asked for", least, high=np.nextafter(1, 2))

    def _sensitivity(self) -> Array:
        return ratio(self.hits, self.yes)

    def _specificity(self) -> Array:
        return ratio(self.no - self.alarms, self.no)

    def _precision(self) -> Array:
        return ratio(self.hits, self.hits + self.alarms)

    def _best(self, of: Array, where: Array) -> float:
        return float(of[where >= self.least].max(initial=0.0))


class SensitivityAtSpecificity(_Best):
    """The best recall at which at least so much of what is no is said no to.

    Args:
        specificity: How much, from 0 to 1.
        num_thresholds: How many are tried.
        class_id: Only this entry of the last axis counts.
        name: The key in logs.

    Example:
        >>> metric = SensitivityAtSpecificity(0.5)
        >>> metric(np.array([0, 0, 0, 1, 1]), np.array([0.0, 0.3, 0.8, 0.3, 0.8]))
        0.5
    """

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(specificity, num_thresholds, class_id, name)

    def result(self) -> float:
        """The sensitivity so far."""
        return self._best(self._sensitivity(), self._specificity())


class SpecificityAtSensitivity(_Best):
    """The best share of no that is said no to at a recall of at least so much.

    Args:
        sensitivity: The recall, from 0 to 1.
        num_thresholds: How many are tried.
        class_id: Only this entry of the last axis counts.
        name: The key in logs.

    Example:
        >>> metric = SpecificityAtSensitivity(0.5)
        >>> round(metric(np.array([0, 0, 0, 1, 1]), np.array([0.0, 0.3, 0.8, 0.3, 0.8])), 6)
        0.666667
    """

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(sensitivity, num_thresholds, class_id, name)

    def result(self) -> float:
        """The specificity so far."""
        return self._best(self._specificity(), self._sensitivity())


class PrecisionAtRecall(_Best):
    """The best precision at a recall of at least so much.

    Args:
        recall: From 0 to 1.
        num_thresholds: How many are tried.
        class_id: Only this entry of the last axis counts.
        name: The key in logs.

    Example:
        >>> PrecisionAtRecall(0.5)(np.array([0, 0, 1, 1]), np.array([0.1, 0.5, 0.3, 0.9]))
        1.0
    """

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(recall, num_thresholds, class_id, name)

    def result(self) -> float:
        """The precision so far."""
        return self._best(self._precision(), self._sensitivity())


class RecallAtPrecision(_Best):
    """The best recall at a precision of at least so much.

    Args:
        precision: From 0 to 1.
        num_thresholds: How many are tried.
        class_id: Only this entry of the last axis counts.
        name: The key in logs.

    Example:
        >>> RecallAtPrecision(0.8)(np.array([0, 0, 1, 1]), np.array([0.1, 0.5, 0.3, 0.9]))
        0.5
    """

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(precision, num_thresholds, class_id, name)

    def result(self) -> float:
        """The recall so far."""
        return self._best(self._sensitivity(), self._precision())
