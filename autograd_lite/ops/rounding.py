"""Whole parts and remainders. What is rounded has derivative 0 everywhere, at the jumps too."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.graph import Traced
from autograd_lite.op import composed, op, raw
from autograd_lite.ops.elementwise import divide, multiply, negative, subtract

__all__ = [
    "around",
    "ceil",
    "divmod",
    "fix",
    "floor",
    "floor_divide",
    "fmod",
    "frexp",
    "ldexp",
    "mod",
    "modf",
    "remainder",
    "rint",
    "round",
    "trunc",
]


def _zero(g):
    return multiply(g, 0)


@op(vjps=(_zero,), ufunc=np.floor, domain=(1.2, 1.8))
def floor(x, /):
    """The largest integer that is not above x.

    Example:
        >>> floor(np.array([1.7, -1.7]))
        array([ 1., -2.])
    """


@op(vjps=(_zero,), ufunc=np.ceil, domain=(1.2, 1.8))
def ceil(x, /):
    """The smallest integer that is not below x.

    Example:
        >>> ceil(np.array([1.7, -1.7]))
        array([ 2., -1.])
    """


@op(vjps=(_zero,), ufunc=np.trunc, domain=(1.2, 1.8))
def trunc(x, /):
    """The integer next to x on the side of 0.

    Example:
        >>> trunc(np.array([1.7, -1.7]))
        array([ 1., -1.])
    """


@op(vjps=(_zero,), numpy=np.fix, domain=(1.2, 1.8))
def fix(x, /):
    """`trunc` under its older name.

    Example:
        >>> fix(np.array([1.7, -1.7]))
        array([ 1., -1.])
    """
    return np.fix(x)


@op(vjps=(_zero,), ufunc=np.rint, domain=(1.6, 2.4))
def rint(x, /):
    """The nearest integer; halves go to the even one.

    Example:
        >>> rint(np.array([1.7, 2.5]))
        array([2., 2.])
    """


@op(vjps=(_zero,), numpy=(np.round, np.around), domain=(1.6, 2.4))
def round(a, decimals=0):
    """The nearest number with so many decimals; halves go to the even digit.

    Example:
        >>> round(np.array([1.234, 2.5]), 1)
        array([1.2, 2.5])
    """
    return np.round(a, decimals)


@op(
    vjps=(_zero, _zero),
    ufunc=np.floor_divide,
    domain=((3.2, 3.8), (1.4, 1.5)),
    broadcasts=True,
)
def floor_divide(x, y, /):
    """``floor(x / y)``.

    Example:
        >>> floor_divide(np.array([7.0, -7.0]), 2.0)
        array([ 3., -4.])
    """


@op(
    vjps=(lambda g: g, lambda g, x, y: negative(multiply(g, floor_divide(x, y)))),
    ufunc=np.remainder,
    domain=((3.2, 3.8), (1.4, 1.5)),
    broadcasts=True,
)
def remainder(x, y, /):
    """``x - y * floor(x / y)``, of the sign of y. By y the derivative is ``-floor(x / y)``.

    Example:
        >>> remainder(np.array([7.0, -7.0]), 3.0)
        array([1., 2.])
    """


def _fmod_by_divisor(g, out, x, y):
    return multiply(g, rint(divide(subtract(out, x), y)))


@op(
    vjps=(lambda g: g, _fmod_by_divisor),
    ufunc=np.fmod,
    domain=((3.2, 3.8), (1.4, 1.5)),
    broadcasts=True,
)
def fmod(x, y, /):
    """``x - y * trunc(x / y)``, of the sign of x. By y the derivative is ``-trunc(x / y)``.

    Example:
        >>> fmod(np.array([7.0, -7.0]), 3.0)
        array([ 1., -1.])
    """


@composed(numpy=np.divmod)
def divmod(x: Any, y: Any, /) -> tuple[Any, Any]:
    """`floor_divide` and `remainder`, as a pair.

    Example:
        >>> divmod(np.array([7.0]), 2.0)
        (array([3.]), array([1.]))
    """
    return floor_divide(x, y), remainder(x, y)


@op(vjps=(lambda g: g,), domain=(1.2, 1.8))
def _fraction(x, /):
    return np.modf(x)[0]


@composed(numpy=np.modf)
def modf(x: Any, /) -> tuple[Any, Any]:
    """The part of x behind the point, and the whole part, both of the sign of x.

    Example:
        >>> modf(np.array([1.5, -1.5]))
        (array([ 0.5, -0.5]), array([ 1., -1.]))
    """
    return (_fraction(x), trunc(x)) if isinstance(x, Traced) else np.modf(x)


@op(vjps=(lambda g, i: ldexp(g, i),), numpy=np.ldexp, domain=(-3, 3), broadcasts=True)
def ldexp(x, i):
    """``x * 2**i`` for integers i.

    Example:
        >>> ldexp(np.array([1.0, 1.5]), np.array([2, -1]))
        array([4.  , 0.75])
    """
    return np.ldexp(x, raw(i))


@composed(numpy=np.frexp)
def frexp(x: Any, /) -> tuple[Any, Any]:
    """Mantissa m and integer exponent e with ``x = m * 2**e`` and ``0.5 <= abs(m) < 1``.

    The derivative of m is ``2**-e``; exponents are an array.

    Example:
        >>> frexp(np.array([3.0, 0.25]))
        (array([0.75, 0.5 ]), array([ 2, -1], dtype=int32))
    """
    if not isinstance(x, Traced):
        return np.frexp(x)
    exponent = np.frexp(x.data)[1]
    return ldexp(x, -exponent), exponent


around = round
mod = remainder
