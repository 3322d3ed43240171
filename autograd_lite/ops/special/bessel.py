"""Bessel functions of real arguments. Recurrences: NIST Handbook, 10.6 and 10.29.

The order v is a constant: there is no derivative by it.
"""

from __future__ import annotations

import numpy as np

from autograd_lite.op import op
from autograd_lite.ops.elementwise import add, multiply, negative, subtract
from autograd_lite.ops.piecewise import sign
from autograd_lite.ops.special.by_scipy import ANSWERS, no_rule, scipy_op

__all__ = [
    "i0",
    "i0e",
    "i1",
    "i1e",
    "iv",
    "ive",
    "j0",
    "j1",
    "jn",
    "jv",
    "y0",
    "y1",
    "yv",
]


def _mean(x, y):
    return multiply(add(x, y), 0.5)


def _half_difference(x, y):
    return multiply(subtract(x, y), 0.5)


@op(vjps=(lambda g, x: multiply(g, i1(x)),), numpy=np.i0, domain=(-3, 3))
def i0(x, /):
    """Modified Bessel function of the first kind of order 0. Only its derivative needs SciPy.

    Example:
        >>> i0(np.array([0.0, 1.0]))
        array([1.        , 1.26606588])
    """
    return np.i0(x)


@scipy_op(lambda g, x: multiply(g, _mean(i0(x), iv(2, x))), domain=(-3, 3))
def i1(x, /):
    """Modified Bessel function of the first kind of order 1.

    Example:
        >>> i1(np.array([0.0, 1.0]))
        array([0.       , 0.5651591])
    """


@scipy_op(
    no_rule("iv", "v"),
    lambda g, v, x: multiply(g, _mean(iv(subtract(v, 1), x), iv(add(v, 1), x))),
    domain=((0, 3), (0.3, 3)),
)
def iv(v, x, /):
    """Modified Bessel function of the first kind of order v.

    Raises:
        NoRuleError: in the backward pass, if a derivative by v is asked for.

    Example:
        >>> iv(2, np.array([1.0]))
        array([0.13574767])
    """


def _less_scaling(g, slope, out, x):
    """The derivative of ``exp(-abs(x)) f(x)`` from that of f, scaled in the same way."""
    return multiply(g, subtract(slope, multiply(sign(x), out)))


@scipy_op(lambda g, out, x: _less_scaling(g, i1e(x), out, x), domain=(0.3, 3))
def i0e(x, /):
    """``exp(-abs(x)) * i0(x)``, without overflow. Its derivative at 0 is 0.

    Example:
        >>> i0e(np.array([0.0, 1000.0]))
        array([1.        , 0.01261724])
    """


@scipy_op(
    lambda g, out, x: _less_scaling(g, _mean(i0e(x), ive(2, x)), out, x),
    domain=(0.3, 3),
)
def i1e(x, /):
    """``exp(-abs(x)) * i1(x)``, without overflow.

    Example:
        >>> i1e(np.array([0.0, 1000.0]))
        array([0.        , 0.01261093])
    """


@scipy_op(
    no_rule("ive", "v"),
    lambda g, out, v, x: _less_scaling(g, _mean(ive(subtract(v, 1), x), ive(add(v, 1), x)), out, x),
    domain=((0, 3), (0.3, 3)),
)
def ive(v, x, /):
    """``exp(-abs(x)) * iv(v, x)``, without overflow.

    Raises:
        NoRuleError: in the backward pass, if a derivative by v is asked for.

    Example:
        >>> ive(2, np.array([1000.0]))
        array([0.01259202])
    """


@scipy_op(lambda g, x: negative(multiply(g, j1(x))), domain=(-3, 3))
def j0(x, /):
    """Bessel function of the first kind of order 0.

    Example:
        >>> j0(np.array([0.0, 1.0]))
        array([1.        , 0.76519769])
    """


@scipy_op(lambda g, x: multiply(g, _half_difference(j0(x), jv(2, x))), domain=(-3, 3))
def j1(x, /):
    """Bessel function of the first kind of order 1.

    Example:
        >>> j1(np.array([0.0, 1.0]))
        array([0.        , 0.44005059])
    """


@scipy_op(
    no_rule("jv", "v"),
    lambda g, v, x: multiply(g, _half_difference(jv(subtract(v, 1), x), jv(add(v, 1), x))),
    domain=((0, 3), (0.3, 3)),
)
def jv(v, x, /):
    """Bessel function of the first kind of order v; `jn` is another name of it.

    Raises:
        NoRuleError: in the backward pass, if a derivative by v is asked for.

    Example:
        >>> jv(2, np.array([1.0]))
        array([0.11490348])
    """


@scipy_op(lambda g, x: negative(multiply(g, y1(x))), domain=(0.5, 3))
def y0(x, /):
    """Bessel function of the second kind of order 0.

    Example:
        >>> y0(np.array([0.0, 1.0]))
        array([      -inf, 0.08825696])
    """


@scipy_op(lambda g, x: multiply(g, _half_difference(y0(x), yv(2, x))), domain=(0.5, 3))
def y1(x, /):
    """Bessel function of the second kind of order 1.

    Example:
        >>> y1(np.array([0.0, 1.0]))
        array([       -inf, -0.78121282])
    """


@scipy_op(
    no_rule("yv", "v"),
    lambda g, v, x: multiply(g, _half_difference(yv(subtract(v, 1), x), yv(add(v, 1), x))),
    domain=((0, 3), (0.5, 3)),
)
def yv(v, x, /):
    """Bessel function of the second kind of order v.

    Raises:
        NoRuleError: in the backward pass, if a derivative by v is asked for.

    Example:
        >>> yv(2, np.array([1.0]))
        array([-1.65068261])
    """


jn = jv
ANSWERS["i0"] = i0
