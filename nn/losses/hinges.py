"""Losses of margins."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as ag
from nn.losses.base import PairedLoss, mean_of
from nn.targets import pair


def hinge(y_true: Any, y_pred: Any) -> Any:
    """``mean(max(1 - t p, 0))`` over the last axis; half of the gradient at the kink.

    Args:
        y_true: Targets t, -1 or 1; if all are 0 or 1, zeros count as -1.
        y_pred: Scores p.

    Shapes:
        ``(n, ..., k), (n, ..., k) -> (n, ...)``; a vector counts as a column.

    Example:
        >>> hinge(np.array([[1.0], [-1.0]]), np.array([[0.25], [0.5]]))
        array([0.75, 1.5 ])
    """
    return mean_of(_shortfall("hinge", y_true, y_pred))


def squared_hinge(y_true: Any, y_pred: Any) -> Any:
    """``mean(max(1 - t p, 0)**2)`` over the last axis.

    Args:
        y_true: Targets t, -1 or 1; if all are 0 or 1, zeros count as -1.
        y_pred: Scores p.

    Shapes:
        ``(n, ..., k), (n, ..., k) -> (n, ...)``; a vector counts as a column.

    Example:
        >>> squared_hinge(np.array([[1.0], [-1.0]]), np.array([[0.5], [0.5]]))
        array([0.25, 2.25])
    """
    return mean_of(ag.square(_shortfall("squared_hinge", y_true, y_pred)))


def categorical_hinge(y_true: Any, y_pred: Any) -> Any:
    """``max(1 + max((1 - t) p) - sum(t p), 0)`` over the last axis.

    Args:
        y_true: Targets t, one-hot rows.
        y_pred: Scores p.

    Shapes:
        ``(n, ..., k), (n, ..., k) -> (n, ...)``

    Example:
        >>> categorical_hinge(np.array([[0.0, 1.0]]), np.array([[0.5, 1.0]]))
        array([0.5])
    """
    t, p = pair("categorical_hinge", y_true, y_pred)
    return ag.maximum(ag.max((1 - t) * p, axis=-1) - ag.sum(t * p, axis=-1) + 1, 0)


def _shortfall(where: str, y_true: Any, y_pred: Any) -> Any:
    """How far each score is from a margin of one on its target's side."""
    t, p = pair(where, y_true, y_pred)
    values = t.data if isinstance(t, ag.Tensor) else t
    if np.logical_or(values == 0, values == 1).all():
        t = 2 * t - 1
    return ag.maximum(1 - t * p, 0)


class Hinge(PairedLoss):
    """`hinge`, reduced."""

    function = staticmethod(hinge)


class SquaredHinge(PairedLoss):
    """`squared_hinge`, reduced."""

    function = staticmethod(squared_hinge)


class CategoricalHinge(PairedLoss):
    """`categorical_hinge`, reduced."""

    function = staticmethod(categorical_hinge)
