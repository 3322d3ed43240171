"""Whether predictions are probabilities or logits, and the fused losses of logits."""

from __future__ import annotations

from typing import Any

import autograd_lite as ag
from autograd_lite.errors import explain
from nn.activations import Probabilities
from nn.losses.base import EPSILON


def logits_of(where: str, y_pred: Any, from_logits: bool, kind: str, axis: int = -1) -> Any:
    """The logits behind `y_pred`, or None if only probabilities are known.

    Args:
        where: The loss that asks.
        y_pred: Predictions.
        from_logits: Whether they are said to be logits.
        kind: ``"sigmoid"`` or ``"softmax"``, the activation whose logits it can use.
        axis: Along which they sum to one; a softmax did so along the last.

    Raises:
        ValueError: they are said to be logits but are an activation's output.
    """
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
    if y_pred.kind != kind or axis not in (-1, y_pred.ndim - 1):
        return None
    return y_pred.logits


def normalised(p: Any) -> Any:
    """Probabilities scaled to sum to one, and held from 0 and 1."""
    return ag.clip(p / ag.sum(p, axis=-1, keepdims=True), EPSILON, 1 - EPSILON)


def by_rows(logits: Any, targets: Any) -> Any:
    """Fused cross-entropy of the last axis, whatever the number of axes before it."""
    if logits.ndim == 2:
        return ag.softmax_cross_entropy(logits, targets)
    k, leading = logits.shape[-1], logits.shape[:-1]
    rows = targets.reshape((-1, k) if targets.ndim == logits.ndim else (-1,))
    return ag.softmax_cross_entropy(logits.reshape((-1, k)), rows).reshape(leading)


def last(x: Any, axis: int) -> Any:
    """`x` with this axis moved to the end."""
    return x if axis in (-1, x.ndim - 1) else ag.moveaxis(x, axis, -1)
