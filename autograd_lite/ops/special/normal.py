"""Error functions and the normal distribution. Formulas: NIST Handbook, chapter 7."""

from __future__ import annotations

import math

from autograd_lite.ops.elementwise import add, erf, exp, multiply, negative, subtract
from autograd_lite.ops.special.by_scipy import ANSWERS, scipy_op

__all__ = [
    "erf",
    "erfc",
    "erfcinv",
    "erfcx",
    "erfinv",
    "log_ndtr",
    "ndtr",
    "ndtri",
]

_ROOT = math.sqrt(math.pi)
_ROOT_OF_TWO_PI = math.sqrt(2 * math.pi)


def _bell(x):
    """``exp(-x**2)``."""
    return exp(negative(multiply(x, x)))


def _half_square(x):
    return multiply(multiply(x, x), 0.5)


@scipy_op(lambda g, x: multiply(g, multiply(_bell(x), -2 / _ROOT)), domain=(-3, 3))
def erfc(x, /):
    """``1 - erf(x)``, accurate where that is small.

    Example:
        >>> erfc(np.array([0.0, 10.0]))
        array([1.00000000e+00, 2.08848758e-45])
    """


@scipy_op(
    lambda g, out, x: multiply(g, subtract(multiply(multiply(x, out), 2), 2 / _ROOT)),
    domain=(-1, 3),
)
def erfcx(x, /):
    """``exp(x**2) * erfc(x)``, without underflow.

    Example:
        >>> erfcx(np.array([0.0, 1e10]))
        array([1.00000000e+00, 5.64189584e-11])
    """


@scipy_op(
    lambda g, out: multiply(g, multiply(exp(multiply(out, out)), _ROOT / 2)), domain=(-0.9, 0.9)
)
def erfinv(y, /):
    """The inverse of `erf`. Its derivative at -1 and 1 is infinite.

    Example:
        >>> erfinv(np.array([0.0, 1.0]))
        array([ 0., inf])
    """


@scipy_op(
    lambda g, out: multiply(g, multiply(exp(multiply(out, out)), -_ROOT / 2)), domain=(0.1, 1.9)
)
def erfcinv(y, /):
    """The inverse of `erfc`. Its derivative at 0 and 2 is infinite.

    Example:
        >>> erfcinv(np.array([0.5, 2.0]))
        array([0.47693628,       -inf])
    """


def _density(g, x):
    return multiply(g, multiply(exp(negative(_half_square(x))), 1 / _ROOT_OF_TWO_PI))


@scipy_op(_density, domain=(-3, 3))
def ndtr(x, /):
    """The distribution function of the standard normal distribution.

    Example:
        >>> ndtr(np.array([0.0, 10.0]))
        array([0.5, 1. ])
    """


@scipy_op(
    lambda g, out: multiply(g, multiply(exp(_half_square(out)), _ROOT_OF_TWO_PI)),
    domain=(0.1, 0.9),
)
def ndtri(y, /):
    """The quantiles of the standard normal distribution: the inverse of `ndtr`.

    Example:
        >>> ndtri(np.array([0.5, 1.0]))
        array([ 0., inf])
    """


@scipy_op(
    lambda g, out, x: multiply(
        g, multiply(exp(negative(add(out, _half_square(x)))), 1 / _ROOT_OF_TWO_PI)
    ),
    domain=(-3, 3),
)
def log_ndtr(x, /):
    """``log(ndtr(x))``, without underflow.

    Example:
        >>> log_ndtr(np.array([0.0, -100.0]))
        array([-6.93147181e-01, -5.00552421e+03])
    """


ANSWERS["erf"] = erf
