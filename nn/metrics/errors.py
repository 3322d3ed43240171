"""Metrics of numbers: errors, agreement, and how much of the variance is explained."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from autograd_lite.errors import choose
from nn import losses
from nn.checks import count
from nn.metrics.base import Array, Metric, NamedMean, as_array, counted, ratio
from nn.targets import pair, weights_for

AGGREGATIONS = ("uniform_average", "variance_weighted_average", "none")


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """The cosine of the angle between targets and predictions: minus the loss of this name.

    Shapes:
        ``(n, ..., k), (n, ..., k) -> (n, ...)``, `axis` left out.

    Example:
        >>> cosine_similarity(np.array([[1.0, 0.0]]), np.array([[3.0, 4.0]]))
        array([0.6])
    """
    return -losses.cosine_similarity(y_true, y_pred, axis)


def pearson_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Array:
    """``cov(t, p) / (sd(t) sd(p))`` along an axis; 0 where one of them is constant.

    Shapes:
        ``(n, ..., k), (n, ..., k) -> (n, ...)``, `axis` left out.

    Example:
        >>> pearson_correlation(np.array([[0.0, 1.0, 2.0]]), np.array([[0.0, 2.0, 4.0]]))
        array([1.])
    """
    t, p = pair("pearson_correlation", y_true, y_pred)
    t, p = (y - y.mean(axis=axis, keepdims=True) for y in (t, p))
    squares = np.sqrt(np.square(t).sum(axis=axis)) * np.sqrt(np.square(p).sum(axis=axis))
    return ratio((t * p).sum(axis=axis), squares)


def concordance_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Array:
    """``2 cov(t, p) / (var(t) + var(p) + (mean(t) - mean(p))**2)`` along an axis.

    1 where predictions are the targets, unlike the correlation of Pearson, which allows for a scale
    and an offset; 0 where both are the same constant.

    Shapes:
        ``(n, ..., k), (n, ..., k) -> (n, ...)``, `axis` left out.

    Source: Lin, "A Concordance Correlation Coefficient to Evaluate Reproducibility" (1989).

    Example:
        >>> concordance_correlation(np.array([[0.0, 1.0, 2.0]]), np.array([[1.0, 2.0, 3.0]]))
        array([0.57142857])
    """
    t, p = pair("concordance_correlation", y_true, y_pred)
    covariance = (t - t.mean(axis=axis, keepdims=True)) * (p - p.mean(axis=axis, keepdims=True))
    apart = np.square(t.mean(axis=axis) - p.mean(axis=axis))
    return ratio(2 * covariance.mean(axis=axis), t.var(axis=axis) + p.var(axis=axis) + apart)


class MeanSquaredError(NamedMean):
    """The mean of `losses.mean_squared_error`."""

    of = staticmethod(losses.mean_squared_error)


class RootMeanSquaredError(MeanSquaredError):
    """The square root of the mean of `losses.mean_squared_error`.

    Example:
        >>> RootMeanSquaredError()(np.array([[0.0], [0.0]]), np.array([[1.0], [7.0]]))
        5.0
    """

    def result(self) -> float:
        """The root of the mean so far."""
        return math.sqrt(super().result())


class MeanAbsoluteError(NamedMean):
    """The mean of `losses.mean_absolute_error`."""

    of = staticmethod(losses.mean_absolute_error)


class MeanAbsolutePercentageError(NamedMean):
    """The mean of `losses.mean_absolute_percentage_error`."""

    of = staticmethod(losses.mean_absolute_percentage_error)


class MeanSquaredLogarithmicError(NamedMean):
    """The mean of `losses.mean_squared_logarithmic_error`."""

    of = staticmethod(losses.mean_squared_logarithmic_error)


class LogCoshError(NamedMean):
    """The mean of `losses.log_cosh`, named ``"logcosh"``."""

    of = staticmethod(losses.log_cosh)

    def __init__(self, name: str | None = "logcosh") -> None:
        super().__init__(name)


class _Along(NamedMean):
    """A mean of what is computed along an axis."""

    def __init__(
        self, name: str | None = None, dtype: DTypeLike | None = None, axis: int = -1
    ) -> None:
        super().__init__(name, dtype=dtype, axis=axis)


class CosineSimilarity(_Along):
    """The mean cosine: 1 for the same direction, where the loss of this name is -1.

    Args:
        name: The key in logs.
        dtype: As of `Metric`.
        axis: Along which targets and predictions are vectors.
    """

    of = staticmethod(cosine_similarity)


class PearsonCorrelation(_Along):
    """The mean of `pearson_correlation`.

    Args:
        name: The key in logs.
        dtype: As of `Metric`.
        axis: Along which correlations are taken.
    """

    of = staticmethod(pearson_correlation)


class ConcordanceCorrelation(_Along):
    """The mean of `concordance_correlation`.

    Args:
        name: The key in logs.
        dtype: As of `Metric`.
        axis: Along which correlations are taken.
    """

    of = staticmethod(concordance_correlation)


class R2Score(Metric):
    """The share of the variance that is explained: ``1 - sum(w (y - p)**2) / sum(w (y - m)**2)``.

    m is the mean of all targets so far. Without variance the score is 1 for an error of zero,
    else 0. Variances of batches are merged, so that large means cost no digits.

    Args:
        class_aggregation: How the scores of several outputs become one: ``"uniform_average"``,
            ``"variance_weighted_average"``, or None to keep one an output.
        num_regressors: k > 0 adjusts for so many inputs: ``1 - (1 - r2) (n - 1) / (n - k - 1)``.
        name: The key in logs.

    Shapes:
        Targets and predictions ``(n,)`` or ``(n, outputs)``.

    Raises:
        ValueError: an argument is not one of these.

    Source: Chan et al., "Algorithms for Computing the Sample Variance" (1983), for merging.

    Example:
        >>> score = R2Score()
        >>> score(np.array([[1.0], [2.0], [3.0]]), np.array([[1.0], [2.0], [2.0]]))
        0.5
    """

    residue: Any
    spread: Any
    mean: Any
    weight: Any

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        names = dict(zip(AGGREGATIONS, AGGREGATIONS, strict=True))
        given = "none" if class_aggregation is None else class_aggregation
        self.class_aggregation = choose(names, given, f"{self.name}: `class_aggregation`")
        self.num_regressors = count(self.name, "num_regressors", num_regressors)

    def update_state(
        self, y_true: Any, y_pred: Any, sample_weight: ArrayLike | None = None
    ) -> None:
        """Count a batch in."""
        y, p = pair(self.name, as_array(y_true), as_array(y_pred))
        y, p = (np.asarray(a, np.float64).reshape(len(a), -1) for a in (y, p))
        weight = counted(y_pred, sample_weight)
        weight = 1.0 if weight is None else weight
        w = np.broadcast_to(weights_for(self.name, "sample_weight", weight, y.shape), y.shape)
        self.samples += len(y)
        self.residue = self.residue + (w * np.square(y - p)).sum(axis=0)
        here = w.sum(axis=0)
        mean = ratio((w * y).sum(axis=0), here)
        apart, both = mean - self.mean, self.weight + here
        self.spread = self.spread + (w * np.square(y - mean)).sum(axis=0)
        self.spread = self.spread + np.square(apart) * ratio(self.weight * here, both)
        self.mean = self.mean + apart * ratio(here, both)
        self.weight = both

    def result(self) -> Any:
        """The score so far."""
        flat = np.equal(self.spread, 0)
        scores = 1 - ratio(self.residue, self.spread)
        scores = np.where(flat, np.equal(self.residue, 0), scores)
        if self.class_aggregation == "variance_weighted_average":
            whole = np.sum(self.spread)
            scores = (scores * self.spread).sum() / whole if whole else scores.mean()
        elif self.class_aggregation == "uniform_average":
            scores = scores.mean()
        k, n = self.num_regressors, self.samples
        if k and n > k + 1:
            scores = 1 - (1 - scores) * (n - 1) / (n - k - 1)
        return scores if np.ndim(scores) else float(scores)

    def reset_state(self) -> None:
        """Forget all batches."""
        self.samples = 0
        self.residue = self.spread = self.mean = self.weight = 0.0
