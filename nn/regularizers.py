"""What is added to the loss for a layer's weights or outputs: functions of a tensor, to a number.

A layer takes them as `kernel_regularizer` and the like. They are part of `Layer.losses`, which the
training loop adds to the loss of each batch, undivided.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ShapeError, choose, explain
from nn.checks import named, real

Regularizer = Callable[[Any], Any]


class L1L2:
    """``l1 * sum(abs(w)) + l2 * sum(w**2)``.

    Args:
        l1: Factor of the absolute values. They drive weights to 0 itself.
        l2: Factor of the squares, without the 1/2 of weight decay.

    Shapes:
        any ``-> ()``

    Raises:
        ValueError: a factor is negative or no finite number.

    Example:
        >>> float(L1L2(l1=0.5, l2=1.0)(np.array([1.0, -2.0])))
        6.5
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        where = type(self).__name__
        self.l1, self.l2 = real(where, "l1", l1), real(where, "l2", l2)

    def __call__(self, x: Any) -> Any:
        """What to add to the loss for `x`."""
        terms = []
        if self.l1:
            terms.append(ag.multiply(ag.sum(ag.absolute(x)), self.l1))
        if self.l2:
            terms.append(ag.multiply(ag.sum(ag.square(x)), self.l2))
        return sum(terms[1:], terms[0]) if terms else np.zeros((), x.dtype)


class L1(L1L2):
    """``l1 * sum(abs(w))``.

    Example:
        >>> float(L1(0.1)(np.array([1.0, -2.0])).round(3))
        0.3
    """

    def __init__(self, l1: float = 0.01) -> None:
        super().__init__(l1=l1)


class L2(L1L2):
    """``l2 * sum(w**2)``, without the 1/2 of weight decay.

    Example:
        >>> float(L2(0.1)(np.array([1.0, -2.0])))
        0.5
    """

    def __init__(self, l2: float = 0.01) -> None:
        super().__init__(l2=l2)


class OrthogonalRegularizer:
    """`factor` times the mean absolute cosine of the angles between rows, or between columns.

    Args:
        factor: Of the mean.
        mode: ``"rows"`` or ``"columns"``.

    Shapes:
        ``(rows, columns) -> ()``

    Raises:
        ValueError: `factor` is negative, or `mode` is unknown.
        ShapeError: what it is called with is no matrix.

    Example:
        >>> matrix = np.array([[1.0, 0.0], [1.0, 1.0]])
        >>> round(float(OrthogonalRegularizer(factor=1.0)(matrix)), 4)
        0.7071
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        where = "OrthogonalRegularizer"
        self.factor = real(where, "factor", factor)
        self.mode = mode
        self._axis = choose({"rows": 1, "columns": 0}, mode, f"{where}: `mode`")

    def __call__(self, x: Any) -> Any:
        """What to add to the loss for `x`."""
        if x.ndim != 2:
            raise ShapeError(
                explain(
                    "OrthogonalRegularizer",
                    "no matrix",
                    got=str(x.shape),
                    expected="(rows, columns)",
                )
            )
        squares = ag.sum(ag.square(x), axis=self._axis, keepdims=True)
        unit = ag.divide(x, ag.sqrt(ag.maximum(squares, EPSILON)))
        unit = unit if self._axis else ag.transpose(unit)
        n = unit.shape[0]
        pairs = np.triu_indices(n, 1)
        cosines = ag.matmul(unit, ag.transpose(unit))[pairs]
        return ag.multiply(ag.sum(ag.absolute(cosines)), self.factor / max(math.comb(n, 2), 1))


EPSILON = 1e-12
"""Least sum of squares that a row is divided by the root of."""

# Keras' other names.
l1, l2, l1_l2, orthogonal_regularizer = L1, L2, L1L2, OrthogonalRegularizer

REGULARIZERS: dict[str, Regularizer] = {
    "l1": L1(),
    "l1_l2": L1L2(l1=0.01, l2=0.01),
    "l1l2": L1L2(l1=0.01, l2=0.01),
    "l2": L2(),
    "orthogonal_regularizer": OrthogonalRegularizer(),
}


def get(identifier: Any, where: str = "regularizers.get") -> Regularizer | None:
    """The regularizer of this name; None and other callables pass through.

    Args:
        identifier: None, ``"l1"``, ``"l2"``, ``"l1_l2"`` (both 0.01), ``"orthogonal_regularizer"``,
            a class, or a callable ``f(tensor)``.
        where: Who asks, for the message.

    Raises:
        ValueError: the name is unknown.
        TypeError: it is neither a name nor callable.

    Example:
        >>> get("l2").l2
        0.01
    """
    found: Regularizer | None = None
    if identifier is not None:
        found = named(REGULARIZERS, identifier, where)
    return found
