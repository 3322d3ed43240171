"""Element-wise ops with kinks.

Conventions there: the subgradient of least norm, so 0 for `absolute`, `relu` and `sign` at 0;
`maximum`, `minimum`, `fmax` and `fmin` give each of two equal arguments one half; `clip` gives 0 at
its bounds. Steps have derivative 0 everywhere.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite import kernels
from autograd_lite.errors import explain
from autograd_lite.graph import Traced
from autograd_lite.op import composed, op
from autograd_lite.ops.complexes import conjugate, imag, real
from autograd_lite.ops.elementwise import add, divide, multiply, where
from autograd_lite.ops.predicates import (
    equal,
    greater,
    less,
    logical_and,
    logical_not,
    logical_or,
)

__all__ = [
    "abs",
    "absolute",
    "clip",
    "copysign",
    "fabs",
    "fmax",
    "fmin",
    "heaviside",
    "maximum",
    "minimum",
    "nan_to_num",
    "relu",
    "sign",
]


_REAL = np.dtype(float)


def _absolute_vjp(g, x):
    if x.dtype.kind == "c":
        return multiply(g, conjugate(_phase(x)))
    return multiply(g, _sign(x))


@op(vjps=(_absolute_vjp,), ufunc=np.absolute, domain=(0.2, 3))
def absolute(x, /):
    """Absolute value, of complex numbers too. Its derivative at 0 is 0.

    Example:
        >>> absolute(np.array([2.0, -3.0]))
        array([2., 3.])
    """


@op(vjps=(lambda g, x: multiply(g, _sign(x)),), ufunc=np.fabs, domain=(0.2, 3))
def fabs(x, /):
    """Absolute value of real numbers, as floats. Its derivative at 0 is 0.

    Example:
        >>> fabs(np.array([2, -3]))
        array([2., 3.])
    """


@op(vjps=(lambda g: multiply(g, 0),), domain=(0.2, 3))
def _sign(x, /):
    return np.sign(x)


def _turn(g, out, x):
    """Only the part of a change across ``x / abs(x)`` turns it."""
    size = absolute(x)
    across = multiply(imag(multiply(g, out)), 1j)
    return multiply(across, divide(conjugate(out), where(equal(size, 0), 1, size)))


@op(vjps=(_turn,))
def _phase(x, /):
    return np.sign(x)


@composed(numpy=np.sign)
def sign(x: Any, /) -> Any:
    """-1, 0 or 1 by the sign of x, with derivative 0 everywhere; ``x / abs(x)`` of complex numbers.

    Example:
        >>> sign(np.array([2.0, -3.0, 0.0]))
        array([ 1., -1.,  0.])
    """
    return _phase(x) if getattr(x, "dtype", _REAL).kind == "c" else _sign(x)


@op(
    vjps=(lambda g, out, x: multiply(g, multiply(_sign(x), _sign(out))), lambda g: multiply(g, 0)),
    ufunc=np.copysign,
    domain=(0.2, 3),
    broadcasts=True,
)
def copysign(x, y, /):
    """``abs(x)`` with the sign of y, that of a zero too. Its derivative at ``x = 0`` is 0.

    Example:
        >>> copysign(np.array([2.0, 3.0]), np.array([-1.0, 0.0]))
        array([-2.,  3.])
    """


@op(
    vjps=(lambda g: multiply(g, 0), lambda g, x: where(equal(x, 0), g, 0)),
    ufunc=np.heaviside,
    domain=(0.2, 3),
    broadcasts=True,
)
def heaviside(x, y, /):
    """0 for negative x, 1 for positive, y for 0. By x the derivative is 0 everywhere.

    Example:
        >>> heaviside(np.array([-2.0, 0.0, 3.0]), 0.5)
        array([0. , 0.5, 1. ])
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


def _of_the_number(loses):
    """The rule of `fmax` or `fmin` for its first argument: one that is NaN has lost."""

    def rule(g, x, y):
        wins = logical_and(equal(x, x), logical_not(logical_or(loses(x, y), equal(x, y))))
        return where(equal(x, y), multiply(g, 0.5), where(wins, g, 0))

    return rule, lambda g, x, y: rule(g, y, x)


@op(
    vjps=_of_the_number(lambda x, y: less(x, y)),
    ufunc=np.fmax,
    domain=((-3, 0), (0.5, 3)),
    broadcasts=True,
)
def fmax(x, y, /):
    """The larger of x and y, or the one that is not NaN. Equal arguments share the gradient.

    Example:
        >>> fmax(np.array([-1.0, np.nan]), 0.0)
        array([0., 0.])
    """


@op(
    vjps=_of_the_number(lambda x, y: greater(x, y)),
    ufunc=np.fmin,
    domain=((-3, 0), (0.5, 3)),
    broadcasts=True,
)
def fmin(x, y, /):
    """The smaller of x and y, or the one that is not NaN. Equal arguments share the gradient.

    Example:
        >>> fmin(np.array([-1.0, np.nan]), 0.0)
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
def clip(
    x: Any,
    a_min: Any = None,
    a_max: Any = None,
    *,
    min: Any = None,  # noqa: A002 - NumPy's newer names of the bounds
    max: Any = None,  # noqa: A002
) -> Any:
    """``min(max(x, a_min), a_max)``; a bound may be None, or be given as `min` or `max`.

    The derivative is 1 strictly between the bounds and 0 at and beyond them. Bounds that are
    Tensors and require gradients get them by `minimum` and `maximum`, halves at equality.

    Raises:
        ValueError: a bound was given under both of its names.

    Example:
        >>> clip(np.array([-1.0, 0.5, 2.0]), 0, 1)
        array([0. , 0.5, 1. ])
    """
    low, high = _one_of("min", a_min, min), _one_of("max", a_max, max)
    if any(isinstance(b, Traced) and b.requires_grad for b in (low, high)):
        x = x if low is None else maximum(x, low)
        return x if high is None else minimum(x, high)
    return _clip(x, low, high)


def _one_of(name: str, older: Any, newer: Any) -> Any:
    if older is not None and newer is not None:
        raise ValueError(
            explain(
                "clip",
                "a bound was given twice",
                got=f"`a_{name}` and `{name}`",
                expected="one of them",
            )
        )
    return older if newer is None else newer


def _where_finite(g, x):
    return where(less(absolute(x), math.inf), g, 0)


def _nan_to_num_vjp(g, x):
    if x.dtype.kind != "c":
        return _where_finite(g, x)
    return add(_where_finite(real(g), real(x)), multiply(_where_finite(imag(g), imag(x)), 1j))


@op(vjps=(_nan_to_num_vjp,), numpy=np.nan_to_num, domain=(-3, 3))
def nan_to_num(x, *, nan=0.0, posinf=None, neginf=None):
    """x with NaN and infinities replaced, by the largest numbers where None; they get gradient 0.

    Example:
        >>> nan_to_num(np.array([1.0, np.nan, np.inf]), posinf=9.0)
        array([1., 0., 9.])
    """
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


abs = absolute
