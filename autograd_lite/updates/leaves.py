"""Writing to leaves: every write is counted, so that a backward pass notices it."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.errors import GradientError, ShapeError, explain
from autograd_lite.graph import Traced, count_write

Array = np.ndarray[Any, np.dtype[Any]]


def writable(parameter: Traced) -> Array:
    """The array of a leaf, noted as written."""
    if parameter.node is not None:
        raise GradientError(
            explain(
                "update",
                "only leaves are written in place",
                got=f"a tensor made by `{parameter.node.plan.op.name}`",
                fix="update the leaf it was computed from",
            )
        )
    count_write(parameter)
    return parameter.data


def assign(parameter: Traced, array: Any) -> None:
    """Write new values into a leaf.

    Raises:
        ShapeError: the shapes differ.

    Example:
        >>> import autograd_lite as ag
        >>> w = ag.tensor([1.0, 2.0], requires_grad=True)
        >>> ag.updates.assign(w, [3.0, 4.0])
        >>> w
        Tensor([3., 4.], requires_grad=True)
    """
    if np.shape(array) != parameter.shape:
        raise ShapeError(
            explain(
                "assign", "shapes differ", got=str(np.shape(array)), expected=str(parameter.shape)
            )
        )
    writable(parameter)[...] = array
