"""Losses of overlap, for masks of images."""

from __future__ import annotations

from typing import Any

import autograd_lite as ag
from nn.checks import real
from nn.losses.base import EPSILON, Axis, PairedLoss
from nn.targets import pair


def dice(y_true: Any, y_pred: Any, axis: Axis = None) -> Any:
    """``1 - 2 sum(t p) / (sum(t) + sum(p) + 1e-7)``; 1 where both are empty.

    Args:
        y_true: Targets t from 0 to 1.
        y_pred: Probabilities p.
        axis: Of the sums; all together unless given. ``(1, 2, 3)`` gives each image a value.

    Shapes:
        Any shape, the same twice; `axis` is left out of it.

    Source: Milletari et al., "V-Net" (2016).

    Example:
        >>> dice(np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]]), axis=1)
        array([0.50000002])
    """
    t, p = pair("dice", y_true, y_pred)
    sizes = ag.sum(t, axis=axis) + ag.sum(p, axis=axis)
    return 1 - 2 * ag.sum(t * p, axis=axis) / (sizes + EPSILON)


def tversky(
    y_true: Any, y_pred: Any, alpha: float = 0.5, beta: float = 0.5, axis: Axis = None
) -> Any:
    """``1 - hits / (hits + alpha misses + beta false_alarms + 1e-7)``; 1 where both are empty.

    Hits are ``sum(t p)``, misses ``sum(t (1 - p))``, false alarms ``sum((1 - t) p)``; with both
    weights one half it is `dice`, with both one the Jaccard loss. The weights are Keras': in the
    paper alpha is that of false alarms.

    Args:
        y_true: Targets t from 0 to 1.
        y_pred: Probabilities p.
        alpha: Weight of misses.
        beta: Weight of false alarms.
        axis: Of the sums; all together unless given. ``(1, 2, 3)`` gives each image a value.

    Shapes:
        Any shape, the same twice; `axis` is left out of it.

    Source: Salehi et al., "Tversky loss function for image segmentation" (2017).

    Example:
        >>> tversky(np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]]), axis=1)
        array([0.50000005])
    """
    t, p = pair("tversky", y_true, y_pred)
    hits = ag.sum(t * p, axis=axis)
    misses, false_alarms = ag.sum(t * (1 - p), axis=axis), ag.sum((1 - t) * p, axis=axis)
    return 1 - hits / (hits + alpha * misses + beta * false_alarms + EPSILON)


class Dice(PairedLoss):
    """`dice`, reduced.

    Args:
        reduction: As of `Loss`.
        name: For messages.
        axis: Of the sums; all together unless given, which leaves sample weights nothing to weigh.
    """

    function = staticmethod(dice)

    def __init__(
        self,
        *,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        axis: Axis = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name, axis=axis)


class Tversky(PairedLoss):
    """`tversky`, reduced.

    Args:
        alpha: Weight of misses.
        beta: Weight of false alarms.
        reduction: As of `Loss`.
        name: For messages.
        axis: Of the sums; all together unless given, which leaves sample weights nothing to weigh.

    Raises:
        ValueError: a weight is negative.
    """

    function = staticmethod(tversky)

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        *,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        axis: Axis = None,
    ) -> None:
        alpha = real(name or "tversky", "alpha", alpha)
        beta = real(name or "tversky", "beta", beta)
        super().__init__(reduction=reduction, name=name, alpha=alpha, beta=beta, axis=axis)
