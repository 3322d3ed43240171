"""Smooth element-wise ops: arithmetic, powers, `exp` and `log`.

Binary ones broadcast; Python scalars are weak, as NumPy has it.
"""

from __future__ import annotations

import math
import operator

import numpy as np

from autograd_lite import kernels
from autograd_lite.op import op
from autograd_lite.ops.predicates import equal, greater_equal, logical_and

__all__ = [
    "add",
    "cbrt",
    "divide",
    "erf",
    "exp",
    "expm1",
    "hypot",
    "log",
    "log1p",
    "multiply",
    "negative",
    "positive",
    "pow",
    "power",
    "reciprocal",
    "sigmoid",
    "sqrt",
    "square",
    "subtract",
    "true_divide",
]


@op(vjps=(lambda g: g, lambda g: g), ufunc=np.add, domain=(-3, 3), broadcasts=True)
def add(x, y, /):
    """Sum ``x + y``.

    Example:
        >>> add(np.array([1.0, 2.0]), 1.0)
        array([2., 3.])
    """


@op(
    vjps=(lambda g: g, lambda g: negative(g)),
    ufunc=np.subtract,
    domain=(-3, 3),
    broadcasts=True,
)
def subtract(x, y, /):
    """Difference ``x - y``.

    Example:
        >>> subtract(np.array([1.0, 2.0]), 1.0)
        array([0., 1.])
    """


@op(
    vjps=(lambda g, y: multiply(g, y), lambda g, x: multiply(g, x)),
    ufunc=np.multiply,
    domain=(-3, 3),
    broadcasts=True,
)
def multiply(x, y, /):
    """Product ``x * y``.

    Example:
        >>> multiply(np.array([1.0, 2.0]), 3.0)
        array([3., 6.])
    """


@op(
    vjps=(
        lambda g, y: divide(g, y),
        lambda g, out, y: negative(divide(multiply(g, out), y)),
    ),
    ufunc=np.true_divide,
    domain=((-3, 3), (0.5, 3)),
    broadcasts=True,
)
def divide(x, y, /):
    """Quotient ``x / y``.

    Example:
        >>> divide(np.array([1.0, 3.0]), 2.0)
        array([0.5, 1.5])
    """


@op(vjps=(lambda g: negative(g),), ufunc=np.negative, domain=(-3, 3))
def negative(x, /):
    """Negation ``-x``.

    Example:
        >>> negative(np.array([1.0, -2.0]))
        array([-1.,  2.])
    """


@op(vjps=(lambda g: g,), ufunc=np.positive, domain=(-3, 3))
def positive(x, /):
    """A copy, ``+x``.

    Example:
        >>> positive(np.array([1.0, -2.0]))
        array([ 1., -2.])
    """


@op(
    vjps=(lambda g, out: negative(multiply(multiply(g, out), out)),),
    ufunc=np.reciprocal,
    domain=(0.5, 3),
)
def reciprocal(x, /):
    """``1 / x``.

    Example:
        >>> reciprocal(np.array([2.0, -4.0]))
        array([ 0.5 , -0.25])
    """


def power_by_base(g, x, y):
    """``y * x**(y - 1)``, and 0 where ``y = 0``, also at ``x = 0``."""
    if isinstance(y, (int, float)):
        return multiply(g, multiply(power(x, y - 1), y) if y else 0)
    constant = equal(y, 0)
    return multiply(g, multiply(y, power(x, where(constant, 0, subtract(y, 1)))))


def power_by_exponent(g, out, x, y):
    """``out * log(x)``, and 0 where ``x = 0`` and ``y >= 0``."""
    constant = logical_and(equal(x, 0), greater_equal(y, 0))
    return multiply(g, multiply(out, log(where(constant, 1, x))))


@op(
    vjps=(power_by_base, power_by_exponent),
    numpy=np.power,
    domain=((0.3, 3), (-2, 2)),
    broadcasts=True,
)
def power(x, y, /):
    """Power ``x ** y``.

    By x, the derivative is ``y * x**(y - 1)`` and 0 where ``y = 0``; by y it is ``out * log(x)``,
    and 0 where ``x = 0`` and ``y >= 0``.

    Example:
        >>> power(np.array([1.0, 3.0]), 2)
        array([1., 9.])
    """
    # The operator, as ndarray's own has fast paths for small constant exponents.
    return operator.pow(x, y) if isinstance(x, np.ndarray) else np.power(x, y)


@op(vjps=(lambda g, out: multiply(g, out),), numpy=np.exp, domain=(-3, 3))
def exp(x, /):
    """Exponential ``e ** x``.

    Example:
        >>> exp(np.array([0.0, 1.0]))
        array([1.        , 2.71828183])
    """
    return kernels.exp(x)


@op(vjps=(lambda g, x: divide(g, x),), numpy=np.log, domain=(0.2, 3))
def log(x, /):
    """Natural logarithm.

    Example:
        >>> log(np.array([1.0, np.e]))
        array([0., 1.])
    """
    return kernels.log(x)


@op(vjps=(lambda g, x: divide(g, add(x, 1)),), ufunc=np.log1p, domain=(-0.7, 3))
def log1p(x, /):
    """``log(1 + x)``, accurate near 0.

    Example:
        >>> log1p(np.array([0.0, 1e-20]))
        array([0.e+00, 1.e-20])
    """


@op(vjps=(lambda g, x: multiply(g, exp(x)),), ufunc=np.expm1, domain=(-3, 3))
def expm1(x, /):
    """``e ** x - 1``, accurate near 0.

    Example:
        >>> expm1(np.array([0.0, 1e-20]))
        array([0.e+00, 1.e-20])
    """


@op(vjps=(lambda g, out: divide(g, multiply(out, 2)),), numpy=np.sqrt, domain=(0.2, 3))
def sqrt(x, /):
    """Square root. Its derivative at 0 is infinite.

    Example:
        >>> sqrt(np.array([1.0, 4.0]))
        array([1., 2.])
    """
    return kernels.sqrt(x)


@op(vjps=(lambda g, out: divide(g, multiply(square(out), 3)),), ufunc=np.cbrt, domain=(0.2, 3))
def cbrt(x, /):
    """Cube root, negative for negative x. Its derivative at 0 is infinite.

    Example:
        >>> cbrt(np.array([8.0, -27.0]))
        array([ 2., -3.])
    """


@op(vjps=(lambda g, x: multiply(g, multiply(x, 2)),), ufunc=np.square, domain=(-3, 3))
def square(x, /):
    """``x * x``.

    Example:
        >>> square(np.array([2.0, -3.0]))
        array([4., 9.])
    """


def _leg(g, x, out):
    """``g * x / out``, and 0 where both legs are 0."""
    return multiply(g, divide(x, where(equal(out, 0), 1, out)))


@op(
    vjps=(lambda g, x, out: _leg(g, x, out), lambda g, y, out: _leg(g, y, out)),
    ufunc=np.hypot,
    domain=((-3, 3), (0.5, 3)),
    broadcasts=True,
)
def hypot(x, y, /):
    """``sqrt(x**2 + y**2)``, without overflow. Its derivative at the origin is 0.

    Example:
        >>> hypot(np.array([3.0, 3e200]), np.array([4.0, 4e200]))
        array([5.e+000, 5.e+200])
    """


def _erf_slope(g, x):
    return multiply(multiply(g, 2 / math.sqrt(math.pi)), exp(negative(multiply(x, x))))


@op(vjps=(_erf_slope,), domain=(-3, 3))
def erf(x, /):
    """Error function ``2 / sqrt(pi) * integral of exp(-t**2) from 0 to x``.

    Example:
        >>> erf(np.array([0.0, 10.0]))
        array([0., 1.])
    """
    return kernels.erf(x)


@op(vjps=(lambda g, out: multiply(g, multiply(out, subtract(1, out))),), domain=(-3, 3))
def sigmoid(x, /):
    """Logistic function ``1 / (1 + exp(-x))``, without overflow.

    Example:
        >>> sigmoid(np.array([0.0, -1000.0]))
        array([0.5, 0. ])
    """
    return kernels.sigmoid(x)


@op(
    vjps=(
        None,
        lambda g, condition: where(condition, g, 0),
        lambda g, condition: where(condition, 0, g),
    ),
    numpy=np.where,
    broadcasts=True,
)
def where(condition, x, y):
    """x where the condition holds, else y.

    The side that is not taken gets a gradient of zeros; an infinite or NaN derivative behind it
    still gives ``0 * inf = NaN``. Cure: ``where(ok, f(where(ok, x, safe)), other)``.

    Example:
        >>> where(np.array([True, False]), 1.0, 2.0)
        array([1., 2.])
    """
    return np.where(condition, x, y)


pow = power
true_divide = divide
