"""Element-wise ops with kinks.

Conventions there: the subgradient of least norm, so 0 for `absolute`, `relu` and `sign` at 0;
`maximum` and `minimum` give each of two equal arguments one half; `clip` gives 0 at its bounds.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import kernels
from autograd_lite.graph import Traced
from autograd_lite.op import composed, op
from autograd_lite.ops.elementwise import multiply, where
from autograd_lite.ops.predicates import equal, greater, less

__all__ = [
    "abs",
    "absolute",
    "clip",
    "maximum",
    "minimum",
    "relu",
    "sign",
]


@op(vjps=(lambda g, x: multiply(g, sign(x)),), ufunc=np.absolute, domain=(0.2, 3))
def absolute(x, /):
    """Absolute value. Its derivative at 0 is 0.

    Example:
        >>> absolute(np.array([2.0, -3.0]))
        array([2., 3.])
    """


@op(vjps=(lambda g: multiply(g, 0),), ufunc=np.sign, domain=(0.2, 3))
def sign(x, /):
    """-1, 0 or 1 by the sign of x. Its derivative is 0 everywhere.

    Example:
        >>> sign(np.array([2.0, -3.0, 0.0]))
        array([ 1., -1.,  0.])
    """


@op(vjps=(lambda g, out: relu_grad(g, out),), domain=(0.2, 3))
def relu(x, /):
    """``max(x, 0)``; NaN passes. Its derivative at 0 is 0.

    Example:
        >>> relu(np.array([-1.0, 2.0]))
        array([0., 2.])
    """
    return np.maximum(x, 0)


@op(vjps=(lambda g, y: relu_grad(g, y), lambda g: multiply(g, 0)))
def relu_grad(x, y, /):
    """x where ``y > 0``, else 0: the rule of `relu`, in one pass. Shapes are equal.

    Example:
        >>> relu_grad(np.array([3.0, 4.0]), np.array([0.0, 1.0]))
        array([0., 4.])
    """
    return kernels.relu_grad(x, y)


def _of_the_winner(beats):
    """The rule of `maximum` or `minimum` for the argument that `beats` the other; ties halve."""

    def first(g, x, y):
        return where(equal(x, y), multiply(g, 0.5), where(beats(x, y), g, 0))

    def second(g, x, y):
        return where(equal(x, y), multiply(g, 0.5), where(beats(y, x), g, 0))

    return first, second


@op(
    vjps=_of_the_winner(lambda x, y: greater(x, y)),
    ufunc=np.maximum,
    domain=((-3, 0), (0.5, 3)),
    broadcasts=True,
)
def maximum(x, y, /):
    """The larger of x and y; NaN passes. Equal arguments share the gradient.

    Example:
        >>> maximum(np.array([-1.0, 2.0]), 0.0)
        array([0., 2.])
    """


@op(
    vjps=_of_the_winner(lambda x, y: less(x, y)),
    ufunc=np.minimum,
    domain=((-3, 0), (0.5, 3)),
    broadcasts=True,
)
def minimum(x, y, /):
    """The smaller of x and y; NaN passes. Equal arguments share the gradient.

    Example:
        >>> minimum(np.array([-1.0, 2.0]), 0.0)
        array([-1.,  0.])
    """


def _inside(g, x, a_min, a_max):
    """``g`` strictly between the bounds, else 0."""
    if a_min is not None:
        g = where(greater(x, a_min), g, 0)
    if a_max is not None:
        g = where(less(x, a_max), g, 0)
    return g


@op(vjps=(_inside, None, None), broadcasts=True)
def _clip(x, a_min, a_max):
    return np.clip(x, a_min, a_max)


@composed(numpy=np.clip)
def clip(x: Any, a_min: Any = None, a_max: Any = None) -> Any:
    """``min(max(x, a_min), a_max)``; a bound may be None.

    The derivative is 1 strictly between the bounds and 0 at and beyond them. Bounds that are
    Tensors and require gradients get them by `minimum` and `maximum`, halves at equality.

    Example:
        >>> clip(np.array([-1.0, 0.5, 2.0]), 0, 1)
        array([0. , 0.5, 1. ])
    """
    if any(isinstance(b, Traced) and b.requires_grad for b in (a_min, a_max)):
        x = x if a_min is None else maximum(x, a_min)
        return x if a_max is None else minimum(x, a_max)
    return _clip(x, a_min, a_max)


abs = absolute
