"""Losses of numbers: differences, ratios, directions."""

from __future__ import annotations

import math
from typing import Any

import autograd_lite as ag
from nn.checks import real
from nn.losses.base import EPSILON, PairedLoss, held, mean_of
from nn.targets import pair


def mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """``mean((y_pred - y_true)**2)`` over the last axis.

    Shapes:
        ``(n, ..., k), (n, ..., k) -> (n, ...)``; a vector counts as a column.

    Example:
        >>> mean_squared_error(np.array([[0.0, 1.0]]), np.array([[2.0, 1.0]]))
        array([2.])
    """
    y_true, y_pred = pair("mean_squared_error", y_true, y_pred)
    return mean_of(ag.square(y_pred - y_true))


def mean_absolute_error(y_true: Any, y_pred: Any) -> Any:
    """``mean(|y_pred - y_true|)`` over the last axis.

    Shapes:
        ``(n, ..., k), (n, ..., k) -> (n, ...)``; a vector counts as a column.

    Example:
        >>> mean_absolute_error(np.array([[0.0, 1.0]]), np.array([[2.0, 1.0]]))
        array([1.])
    """
    y_true, y_pred = pair("mean_absolute_error", y_true, y_pred)
    return mean_of(ag.abs(y_pred - y_true))


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Any:
    """``100 mean(|y_pred - y_true| / max(|y_true|, 1e-7))`` over the last axis.

    Shapes:
        ``(n, ..., k), (n, ..., k) -> (n, ...)``; a vector counts as a column.

    Example:
        >>> mean_absolute_percentage_error(np.array([[2.0, 4.0]]), np.array([[1.0, 4.0]]))
        array([25.])
    """
    y_true, y_pred = pair("mean_absolute_percentage_error", y_true, y_pred)
    return 100 * mean_of(ag.abs((y_pred - y_true) / ag.maximum(ag.abs(y_true), EPSILON)))


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Any:
    """``mean((log(1 + p) - log(1 + t))**2)`` over the last axis, both held at 1e-7 or more.

    A negative prediction has no gradient.

    Shapes:
        ``(n, ..., k), (n, ..., k) -> (n, ...)``; a vector counts as a column.

    Example:
        >>> mean_squared_logarithmic_error(np.array([[0.0]]), np.array([[np.e - 1]])).round(6)
        array([1.])
    """
    y_true, y_pred = pair("mean_squared_logarithmic_error", y_true, y_pred)
    logs = (ag.log1p(ag.maximum(y, EPSILON)) for y in (y_pred, y_true))
    return mean_of(ag.square(next(logs) - next(logs)))


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Any:
    """The mean over the last axis of ``e**2 / 2``, or ``d (|e| - d / 2)`` where ``|e| > d``.

    Args:
        y_true: Targets.
        y_pred: Predictions; ``e = y_pred - y_true``.
        delta: The error d from which on the loss grows in a straight line.

    Shapes:
        ``(n, ..., k), (n, ..., k) -> (n, ...)``; a vector counts as a column.

    Source: Huber, "Robust Estimation of a Location Parameter" (1964).

    Example:
        >>> huber(np.array([[0.0], [0.0]]), np.array([[1.0], [3.0]]))
        array([0.5, 2.5])
    """
    y_true, y_pred = pair("huber", y_true, y_pred)
    size = ag.abs(y_pred - y_true)
    inner = ag.minimum(size, delta)
    return mean_of(inner * (size - inner / 2))


def log_cosh(y_true: Any, y_pred: Any) -> Any:
    """``mean(log(cosh(y_pred - y_true)))`` over the last axis, without overflow.

    Shapes:
        ``(n, ..., k), (n, ..., k) -> (n, ...)``; a vector counts as a column.

    Example:
        >>> log_cosh(np.array([[0.0], [0.0]]), np.array([[0.0], [1000.0]]))
        array([  0.        , 999.30685282])
    """
    y_true, y_pred = pair("log_cosh", y_true, y_pred)
    error = y_pred - y_true
    return mean_of(ag.logaddexp(error, -error) - math.log(2))


def poisson(y_true: Any, y_pred: Any) -> Any:
    """``mean(p - t log(p + 1e-7))`` over the last axis, for counts t of a mean p.

    Shapes:
        ``(n, ..., k), (n, ..., k) -> (n, ...)``; a vector counts as a column.

    Example:
        >>> poisson(np.array([[3.0]]), np.array([[1.0]])).round(6)
        array([1.])
    """
    y_true, y_pred = pair("poisson", y_true, y_pred)
    return mean_of(y_pred - y_true * ag.log(y_pred + EPSILON))


def kl_divergence(y_true: Any, y_pred: Any) -> Any:
    """``sum(t log(t / p))`` over the last axis, both held between 1e-7 and 1.

    Shapes:
        ``(n, ..., k), (n, ..., k) -> (n, ...)``

    Source: Kullback and Leibler, "On Information and Sufficiency" (1951).

    Example:
        >>> kl_divergence(np.array([[0.5, 0.5]]), np.array([[0.25, 0.75]]))
        array([0.14384104])
    """
    y_true, y_pred = pair("kl_divergence", y_true, y_pred)
    t, p = held(y_true), held(y_pred)
    return ag.sum(t * ag.log(t / p), axis=-1)


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Minus the cosine of the angle between targets and predictions; 0 if one of them is zero.

    Args:
        y_true: Targets.
        y_pred: Predictions.
        axis: Along which they are vectors.

    Shapes:
        ``(n, ..., k), (n, ..., k) -> (n, ...)``, `axis` left out.

    Example:
        >>> cosine_similarity(np.array([[1.0, 0.0]]), np.array([[3.0, 4.0]]))
        array([-0.6])
    """
    y_true, y_pred = pair("cosine_similarity", y_true, y_pred)
    return -ag.sum(_unit(y_true, axis) * _unit(y_pred, axis), axis=axis)


def _unit(x: Any, axis: int) -> Any:
    squares = ag.sum(ag.square(x), axis=axis, keepdims=True)
    return x / ag.sqrt(ag.maximum(squares, EPSILON**2))


class MeanSquaredError(PairedLoss):
    """`mean_squared_error`, reduced."""

    function = staticmethod(mean_squared_error)
    _replays = True


class MeanAbsoluteError(PairedLoss):
    """`mean_absolute_error`, reduced."""

    function = staticmethod(mean_absolute_error)
    _replays = True


class MeanAbsolutePercentageError(PairedLoss):
    """`mean_absolute_percentage_error`, reduced."""

    function = staticmethod(mean_absolute_percentage_error)


class MeanSquaredLogarithmicError(PairedLoss):
    """`mean_squared_logarithmic_error`, reduced."""

    function = staticmethod(mean_squared_logarithmic_error)


class LogCosh(PairedLoss):
    """`log_cosh`, reduced."""

    function = staticmethod(log_cosh)
    _replays = True


class Poisson(PairedLoss):
    """`poisson`, reduced."""

    function = staticmethod(poisson)


class KLDivergence(PairedLoss):
    """`kl_divergence`, reduced."""

    function = staticmethod(kl_divergence)


class Huber(PairedLoss):
    """`huber`, reduced.

    Args:
        delta: The error from which on the loss grows in a straight line.
        reduction: As of `Loss`.
        name: For messages.

    Raises:
        ValueError: `delta` is negative.
    """

    function = staticmethod(huber)
    _replays = True

    def __init__(
        self,
        delta: float = 1.0,
        *,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        delta = real(name or "huber", "delta", delta)
        super().__init__(reduction=reduction, name=name, delta=delta)


class CosineSimilarity(PairedLoss):
    """`cosine_similarity`, reduced.

    Args:
        axis: Along which targets and predictions are vectors.
        reduction: As of `Loss`.
        name: For messages.
    """

    function = staticmethod(cosine_similarity)

    def __init__(
        self,
        axis: int = -1,
        *,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name, axis=axis)
