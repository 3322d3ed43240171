"""What holds weights within bounds: functions of an array, to the array that takes its place.

A layer takes them as `kernel_constraint` and the like; the training loop applies them after each
step. `axis` is what a norm is taken along: 0 for the inputs of each unit of a `Dense` kernel,
``(0, 1, 2)`` for those of each filter of a `Conv2D`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd_lite as ag
from nn.checks import named, real

Array = NDArray[Any]
Constraint = Callable[[Array], Array]
Axis = int | tuple[int, ...] | list[int] | None

EPSILON = 1e-7
"""What is added to norms before they divide."""


def _norms(w: Array, axis: Axis) -> Array:
    axis = tuple(axis) if isinstance(axis, list) else axis
    norms: Array = np.sqrt(np.sum(np.square(w), axis=axis, keepdims=True))
    return norms


class MaxNorm:
    """Scales down what has a norm above `max_value`: ``w * clip(n, 0, max_value) / (n + 1e-7)``.

    Args:
        max_value: Largest norm.
        axis: Along which norms are taken.

    Example:
        >>> MaxNorm(5.0)(np.array([[3.0, 6.0], [4.0, 8.0]])).round(4)
        array([[3., 3.],
               [4., 4.]])
    """

    def __init__(self, max_value: float = 2.0, axis: Axis = 0) -> None:
        self.max_value = real("MaxNorm", "max_value", max_value)
        self.axis = axis

    def __call__(self, w: Array) -> Array:
        """The array that takes the place of `w`."""
        norms = _norms(w, self.axis)
        return w * (np.clip(norms, 0, self.max_value) / (norms + EPSILON))


class NonNeg:
    """Makes negative entries 0.

    Example:
        >>> NonNeg()(np.array([-1.0, 2.0]))
        array([0., 2.])
    """

    def __call__(self, w: Array) -> Array:
        """The array that takes the place of `w`."""
        return np.maximum(w, 0)


class UnitNorm:
    """Makes norms 1: ``w / (n + 1e-7)``.

    Args:
        axis: Along which norms are taken.

    Example:
        >>> UnitNorm()(np.array([[3.0], [4.0]])).round(4)
        array([[0.6],
               [0.8]])
    """

    def __init__(self, axis: Axis = 0) -> None:
        self.axis = axis

    def __call__(self, w: Array) -> Array:
        """The array that takes the place of `w`."""
        return w / (_norms(w, self.axis) + EPSILON)


class MinMaxNorm:
    """Brings norms nearer to the range from `min_value` to `max_value`.

    ``w * (rate * clip(n, min_value, max_value) + (1 - rate) * n) / (n + 1e-7)``

    Args:
        min_value: Smallest norm.
        max_value: Largest norm.
        rate: 1 brings them into the range at once; less, by that share of the way each step.
        axis: Along which norms are taken.

    Example:
        >>> MinMaxNorm(1.0, 2.0, rate=0.5)(np.array([[4.0]])).round(4)
        array([[3.]])
    """

    def __init__(
        self,
        min_value: float = 0.0,
        max_value: float = 1.0,
        rate: float = 1.0,
        axis: Axis = 0,
    ) -> None:
        self.min_value = real("MinMaxNorm", "min_value", min_value)
        self.max_value = real("MinMaxNorm", "max_value", max_value, low=self.min_value)
        self.rate = real("MinMaxNorm", "rate", rate)
        self.axis = axis

    def __call__(self, w: Array) -> Array:
        """The array that takes the place of `w`."""
        norms = _norms(w, self.axis)
        wanted = np.clip(norms, self.min_value, self.max_value)
        return w * ((self.rate * wanted + (1 - self.rate) * norms) / (norms + EPSILON))


# Keras' other names.
max_norm, min_max_norm, non_neg, unit_norm = MaxNorm, MinMaxNorm, NonNeg, UnitNorm

CONSTRAINTS: dict[str, Constraint] = {
    "max_norm": MaxNorm(),
    "min_max_norm": MinMaxNorm(),
    "non_neg": NonNeg(),
    "unit_norm": UnitNorm(),
}


def get(identifier: Any, where: str = "constraints.get") -> Constraint | None:
    """The constraint of this name; None and other callables pass through.

    Args:
        identifier: None, a name such as ``"max_norm"``, a class, or a callable ``f(array)``.
        where: Who asks, for the message.

    Raises:
        ValueError: the name is unknown.
        TypeError: it is neither a name nor callable.

    Example:
        >>> get("max_norm").max_value
        2.0
    """
    found: Constraint | None = None
    if identifier is not None:
        found = named(CONSTRAINTS, identifier, where)
    return found


def apply(parameters: Iterable[Any]) -> None:
    """Hold every parameter to its constraint, if it has one. `fit` does so after each step.

    Example:
        >>> w = nn.Parameter(np.array([-1.0, 2.0]), constraint=NonNeg())
        >>> apply([w])
        >>> w.data
        array([0., 2.])
    """
    for parameter in parameters:
        constraint = getattr(parameter, "constraint", None)
        if constraint is not None:
            ag.updates.assign(parameter, constraint(parameter.data))
