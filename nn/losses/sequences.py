"""A loss of sequences whose alignment is not known."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import autograd_lite as ag
from autograd_lite.errors import DTypeError, ShapeError, explain
from nn.losses.base import Array, Loss, Shape
from nn.targets import as_operand, check_labels

# The logarithm of a probability of nothing: finite, so that differences of it are no NaN.
NEVER = -1e30


def ctc(y_true: Any, y_pred: Any) -> Any:
    """``-log`` of the probability of the labels, over all ways to spread them over the steps.

    Between labels, and while waiting, a model says blank, which is class 0; one label may take
    several steps, and between two of the same a blank has to be. A sequence too short for its
    labels has an infinite loss, and no gradient.

    Args:
        y_true: Labels from 1 on, filled up with zeros at the end.
        y_pred: Logits of each step.

    Shapes:
        ``(n, labels), (n, steps, classes) -> (n,)``

    Raises:
        DTypeError: the labels are not integers.
        ShapeError: shapes do not fit.
        ValueError: a label is none of the classes.

    Source: Graves et al., "Connectionist Temporal Classification" (2006).

    Example:
        >>> ctc(np.array([[1]]), np.zeros((1, 2, 2)))
        array([0.28768207])
    """
    logits = as_operand(y_pred)
    labels = _labels(y_true, logits.shape)
    (n, length), steps = labels.shape, logits.shape[1]
    states = np.zeros((n, 2 * length + 1), np.int64)
    states[:, 1::2] = labels
    said = np.broadcast_to(states[:, None], (n, steps, 2 * length + 1))
    logs = ag.take_along_axis(ag.log_softmax(logits), said, axis=-1)
    skips = np.zeros(states.shape, bool)
    skips[:, 2:] = (states[:, 2:] != 0) & (states[:, 2:] != states[:, :-2])
    never = np.full(states.shape, NEVER, logits.dtype)
    at = ag.where(np.arange(states.shape[1]) < 2, logs[:, 0], never)
    for step in range(1, steps):
        moved = ag.concatenate([never[:, :1], at[:, :-1]], axis=1)
        jumped = ag.concatenate([never[:, :2], at[:, :-2]], axis=1)[:, : states.shape[1]]
        arrived = ag.logaddexp(ag.logaddexp(at, moved), ag.where(skips, jumped, never))
        at = arrived + logs[:, step]
    rows, end = np.arange(n), 2 * np.count_nonzero(labels, axis=1)
    last = ag.where(end > 0, at[rows, np.maximum(end - 1, 0)], never[:, 0])
    total = -ag.logaddexp(at[rows, end], last)
    return ag.where(ag.greater(total, -NEVER / 2), np.array(np.inf, logits.dtype), total)


def _labels(y: Any, shape: Shape) -> Array:
    labels = np.asarray(y)
    if labels.dtype.kind not in "iu":
        got = f"y_true of {labels.dtype}"
        raise DTypeError(
            explain("ctc", "labels are not integers", got=got, fix='y.astype("int64")')
        )
    if len(shape) != 3 or labels.ndim != 2 or len(labels) != shape[0] or not shape[1]:
        raise ShapeError(
            explain(
                "ctc",
                "labels and logits do not fit",
                got=f"y_true {labels.shape}, y_pred {shape}",
                expected="y_true (n, labels), y_pred (n, steps, classes)",
            )
        )
    check_labels("ctc", labels, shape[-1])
    return labels


class CTC(Loss):
    """`ctc`, reduced.

    Args:
        reduction: As of `Loss`.
        name: For messages.
    """

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """`ctc`."""
        return ctc(y_true, y_pred)

    def prepare(self, y: Array, output_shape: Shape, dtype: DTypeLike) -> Array:
        """Labels, a row for each sequence."""
        return _labels(y, (len(y), *output_shape))
