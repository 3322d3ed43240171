"""F-scores: precision and recall in one number."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autograd_lite.errors import ShapeError, choose, explain
from nn.checks import real
from nn.metrics.base import Array, Metric, as_array, counted, ratio
from nn.targets import pair, weights_for

AVERAGES = ("micro", "macro", "weighted", "none")


class FBetaScore(Metric):
    """``(1 + b**2) precision recall / (b**2 precision + recall)`` of each class, averaged.

    Args:
        average: None for a value a class; ``"macro"``, their mean; ``"weighted"``, their mean by
            how often each class occurs; ``"micro"``, the score of all entries together.
        beta: b, how much more recall counts than precision.
        threshold: Above which a prediction says yes; unless given, only the largest of each row
            does.
        name: The key in logs.

    Shapes:
        Targets and predictions ``(n, classes)``; a vector counts as a column.

    Raises:
        ValueError: an argument is not one of these.

    Example:
        >>> y_true = np.array([[1, 1], [0, 1]])
        >>> FBetaScore(beta=2.0, threshold=0.5)(y_true, np.array([[0.9, 0.2], [0.7, 0.8]])).round(6)
        array([0.833333, 0.555556])
    """

    hits: Any
    alarms: Any
    misses: Any

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
    ) -> None:
        super().__init__(name)
        names = dict(zip(AVERAGES, AVERAGES, strict=True))
        given = "none" if average is None else average
        self.average = choose(names, given, f"{self.name}: `average`")
        self.beta = real(self.name, "beta", beta, low=np.nextafter(0, 1))
        self.threshold = threshold

    def update_state(
        self, y_true: Any, y_pred: Any, sample_weight: ArrayLike | None = None
    ) -> None:
        """Count a batch in."""
        y, p = pair(self.name, as_array(y_true), as_array(y_pred))
        if p.ndim > 2:
            got = f"predictions {p.shape}"
            raise ShapeError(explain(self.name, "not a matrix", got=got, expected="(n, classes)"))
        y, p = y.reshape(len(y), -1), p.reshape(len(p), -1)
        weight = counted(y_pred, sample_weight)
        weight = 1.0 if weight is None else weight
        w = weights_for(self.name, "sample_weight", weight, p.shape)
        said = self._said(p)
        self.hits = self.hits + (w * said * y).sum(axis=0, dtype=np.float64)
        self.alarms = self.alarms + (w * said * (1 - y)).sum(axis=0, dtype=np.float64)
        self.misses = self.misses + (w * ~said * y).sum(axis=0, dtype=np.float64)

    def _said(self, p: Array) -> Array:
        """Which predictions say yes."""
        if self.threshold is not None:
            return p > self.threshold
        return (p >= p.max(axis=-1, keepdims=True)) & (np.abs(p) > 1e-9)

    def result(self) -> Any:
        """The score so far."""
        hits, alarms, misses = self.hits, self.alarms, self.misses
        if self.average == "micro":
            hits, alarms, misses = (np.sum(a) for a in (hits, alarms, misses))
        square = self.beta**2
        scores = ratio((1 + square) * hits, (1 + square) * hits + square * misses + alarms)
        if self.average == "none":
            return scores
        if self.average == "weighted":
            return float(ratio((scores * (hits + misses)).sum(), np.sum(hits + misses)))
        return float(scores.mean())

    def reset_state(self) -> None:
        """Forget all batches."""
        self.hits = self.alarms = self.misses = 0.0


class F1Score(FBetaScore):
    """``2 precision recall / (precision + recall)`` of each class, averaged.

    Args:
        average: None for a value a class; ``"macro"``, their mean; ``"weighted"``, their mean by
            how often each class occurs; ``"micro"``, the score of all entries together.
        threshold: Above which a prediction says yes; unless given, only the largest of each row
            does.
        name: The key in logs.

    Raises:
        ValueError: `average` is not one of these.

    Example:
        >>> F1Score("macro", 0.5)(np.array([[1], [1], [1]]), np.array([[0.9], [0.2], [0.1]]))
        0.5
    """

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
    ) -> None:
        super().__init__(average, 1.0, threshold, name)
