"""Angles: trigonometric and hyperbolic functions, and their inverses.

Inverses have NumPy's branch cuts, and so have their rules, by their factors: the derivative of
`arccosh` has ``sqrt(x - 1) * sqrt(x + 1)``, as ``sqrt(x**2 - 1)`` is another function.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite import kernels
from autograd_lite.op import composed, op
from autograd_lite.ops.complexes import imag, real
from autograd_lite.ops.elementwise import (
    add,
    divide,
    hypot,
    multiply,
    negative,
    sqrt,
    square,
    subtract,
    where,
)
from autograd_lite.ops.piecewise import absolute
from autograd_lite.ops.predicates import equal, less

__all__ = [
    "acos",
    "acosh",
    "angle",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cos",
    "cosh",
    "deg2rad",
    "degrees",
    "rad2deg",
    "radians",
    "sin",
    "sinc",
    "sinh",
    "tan",
    "tanh",
    "unwrap",
]


@op(vjps=(lambda g, x: multiply(g, cos(x)),), numpy=np.sin, domain=(-3, 3))
def sin(x, /):
    """Sine of an angle in radians.

    Example:
        >>> sin(np.array([0.0, np.pi / 2]))
        array([0., 1.])
    """
    return kernels.sin(x)


@op(vjps=(lambda g, x: negative(multiply(g, sin(x))),), numpy=np.cos, domain=(-3, 3))
def cos(x, /):
    """Cosine of an angle in radians.

    Example:
        >>> cos(np.array([0.0]))
        array([1.])
    """
    return kernels.cos(x)


@op(vjps=(lambda g, out: multiply(g, add(square(out), 1)),), ufunc=np.tan, domain=(-1.2, 1.2))
def tan(x, /):
    """Tangent of an angle in radians.

    Example:
        >>> tan(np.array([0.0, np.pi / 4]))
        array([0., 1.])
    """


def _difference_of_squares(x):
    """``1 - x**2``, accurate near its zeros."""
    return multiply(subtract(1, x), add(x, 1))


def _sum_of_squares(x):
    """The factors of ``1 + x**2``, whose product may overflow."""
    if x.dtype.kind == "c":
        ix = multiply(x, 1j)
        return subtract(1, ix), add(ix, 1)
    length = hypot(x, 1)
    return length, length


def _root_of_product(a, b):
    return multiply(sqrt(a), sqrt(b))


@op(
    vjps=(lambda g, x: divide(g, _root_of_product(subtract(1, x), add(x, 1))),),
    ufunc=np.arcsin,
    domain=(-0.8, 0.8),
)
def arcsin(x, /):
    """Inverse of `sin`. Its derivative at -1 and 1 is infinite.

    Example:
        >>> arcsin(np.array([0.0, 1.0]))
        array([0.        , 1.57079633])
    """


@op(
    vjps=(lambda g, x: negative(divide(g, _root_of_product(subtract(1, x), add(x, 1)))),),
    ufunc=np.arccos,
    domain=(-0.8, 0.8),
)
def arccos(x, /):
    """Inverse of `cos`. Its derivative at -1 and 1 is minus infinity.

    Example:
        >>> arccos(np.array([1.0, 0.0]))
        array([0.        , 1.57079633])
    """


def _arctan_vjp(g, x):
    a, b = _sum_of_squares(x)
    return divide(divide(g, a), b)


@op(vjps=(_arctan_vjp,), ufunc=np.arctan, domain=(-3, 3))
def arctan(x, /):
    """Inverse of `tan`.

    Example:
        >>> arctan(np.array([0.0, 1.0]))
        array([0.        , 0.78539816])
    """


def _over_square(g, leg, y, x):
    """``g * leg / (x**2 + y**2)``, and 0 at the origin."""
    length = hypot(y, x)
    length = where(equal(length, 0), 1, length)
    return multiply(g, divide(divide(leg, length), length))


@op(
    vjps=(
        lambda g, y, x: _over_square(g, x, y, x),
        lambda g, y, x: negative(_over_square(g, y, y, x)),
    ),
    ufunc=np.arctan2,
    domain=((-3, 3), (0.5, 3)),
    broadcasts=True,
)
def arctan2(y, x, /):
    """Angle of the point (x, y), from -pi to pi. Its derivative at the origin is 0.

    Example:
        >>> arctan2(np.array([1.0, -1.0]), -1.0)
        array([ 2.35619449, -2.35619449])
    """


@op(vjps=(lambda g, x: multiply(g, cosh(x)),), ufunc=np.sinh, domain=(-3, 3))
def sinh(x, /):
    """Hyperbolic sine.

    Example:
        >>> sinh(np.array([0.0, 1.0]))
        array([0.        , 1.17520119])
    """


@op(vjps=(lambda g, x: multiply(g, sinh(x)),), ufunc=np.cosh, domain=(-3, 3))
def cosh(x, /):
    """Hyperbolic cosine.

    Example:
        >>> cosh(np.array([0.0, 1.0]))
        array([1.        , 1.54308063])
    """


@op(
    vjps=(lambda g, out: multiply(g, subtract(1, multiply(out, out))),),
    numpy=np.tanh,
    domain=(-3, 3),
)
def tanh(x, /):
    """Hyperbolic tangent.

    Example:
        >>> tanh(np.array([0.0, 20.0]))
        array([0., 1.])
    """
    return kernels.tanh(x)


def _arcsinh_vjp(g, x):
    a, b = _sum_of_squares(x)
    return divide(g, a if a is b else _root_of_product(a, b))


@op(vjps=(_arcsinh_vjp,), ufunc=np.arcsinh, domain=(-3, 3))
def arcsinh(x, /):
    """Inverse of `sinh`.

    Example:
        >>> arcsinh(np.array([0.0, 1.0]))
        array([0.        , 0.88137359])
    """


@op(
    vjps=(lambda g, x: divide(g, _root_of_product(subtract(x, 1), add(x, 1))),),
    ufunc=np.arccosh,
    domain=(1.2, 4),
)
def arccosh(x, /):
    """Inverse of `cosh`. Its derivative at 1 is infinite.

    Example:
        >>> arccosh(np.array([1.0, 2.0]))
        array([0.       , 1.3169579])
    """


@op(vjps=(lambda g, x: divide(g, _difference_of_squares(x)),), ufunc=np.arctanh, domain=(-0.8, 0.8))
def arctanh(x, /):
    """Inverse of `tanh`.

    Example:
        >>> arctanh(np.array([0.0, 0.5]))
        array([0.        , 0.54930614])
    """


@op(
    vjps=(lambda g: multiply(g, math.pi / 180),),
    ufunc=np.deg2rad,
    numpy=(np.deg2rad, np.radians),
    domain=(-3, 3),
)
def deg2rad(x, /):
    """Degrees as radians, ``x * pi / 180``.

    Example:
        >>> deg2rad(np.array([0.0, 180.0]))
        array([0.        , 3.14159265])
    """


@op(
    vjps=(lambda g: multiply(g, 180 / math.pi),),
    ufunc=np.rad2deg,
    numpy=(np.rad2deg, np.degrees),
    domain=(-3, 3),
)
def rad2deg(x, /):
    """Radians as degrees, ``x * 180 / pi``.

    Example:
        >>> rad2deg(np.array([0.0, np.pi]))
        array([  0., 180.])
    """


@composed(numpy=np.angle)
def angle(z: Any, deg: bool = False) -> Any:
    """Angle of a complex number, ``arctan2(imag(z), real(z))``; its derivative at 0 is 0.

    Example:
        >>> angle(np.array([1j, -1]), deg=True)
        array([ 90., 180.])
    """
    radians = arctan2(imag(z), real(z))
    return multiply(radians, 180 / math.pi) if deg else radians


@op(vjps=(lambda g: g,), numpy=np.unwrap)
def unwrap(p, discont=None, axis=-1, *, period=2 * math.pi):
    """Angles without jumps: multiples of the period are added, which have no derivative.

    Example:
        >>> unwrap(np.array([3.0, -3.0]))
        array([3.        , 3.28318531])
    """
    return np.unwrap(p, discont, axis, period=period)


_SINC_TERMS = [(-1) ** k * 2 * k / math.factorial(2 * k + 1) for k in range(12, 0, -1)]


def _sinc_slope(x):
    """``(cos(pi x) - sinc(x)) / x``; near 0, where that cancels, its series."""
    z = multiply(x, math.pi)
    near = less(absolute(x), 0.5)
    few = where(near, z, 0)
    square_of_few, series = square(few), _SINC_TERMS[0]
    for term in _SINC_TERMS[1:]:
        series = add(multiply(square_of_few, series), term)
    far = divide(subtract(cos(z), sinc(x)), where(near, 1, x))
    return where(near, multiply(multiply(few, series), math.pi), far)


@op(vjps=(lambda g, x: multiply(g, _sinc_slope(x)),), numpy=np.sinc, domain=(-3, 3))
def sinc(x, /):
    """``sin(pi x) / (pi x)``, and 1 at 0.

    Example:
        >>> sinc(np.array([0.0, 0.5]))
        array([1.        , 0.63661977])
    """
    return np.sinc(x)


acos, acosh, asin, asinh = arccos, arccosh, arcsin, arcsinh
atan, atan2, atanh = arctan, arctan2, arctanh
degrees, radians = rad2deg, deg2rad
