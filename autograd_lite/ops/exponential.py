"""Exponentials and logarithms to other bases, and sums of exponentials."""

from __future__ import annotations

import math

import numpy as np

from autograd_lite.op import op, raw
from autograd_lite.ops.elementwise import (
    divide,
    multiply,
    power_by_base,
    power_by_exponent,
    sigmoid,
    subtract,
    where,
)
from autograd_lite.ops.predicates import equal
from autograd_lite.ops.shape import astype

__all__ = [
    "exp2",
    "float_power",
    "log2",
    "log10",
    "logaddexp",
    "logaddexp2",
]

_LN2 = math.log(2)


@op(vjps=(lambda g, out: multiply(g, multiply(out, _LN2)),), ufunc=np.exp2, domain=(-3, 3))
def exp2(x, /):
    """``2 ** x``.

    Example:
        >>> exp2(np.array([0.0, 3.0]))
        array([1., 8.])
    """


@op(vjps=(lambda g, x: divide(multiply(g, 1 / _LN2), x),), ufunc=np.log2, domain=(0.2, 3))
def log2(x, /):
    """Logarithm to base 2.

    Example:
        >>> log2(np.array([1.0, 8.0]))
        array([0., 3.])
    """


@op(
    vjps=(lambda g, x: divide(multiply(g, 1 / math.log(10)), x),),
    ufunc=np.log10,
    domain=(0.2, 3),
)
def log10(x, /):
    """Logarithm to base 10.

    Example:
        >>> log10(np.array([1.0, 1000.0]))
        array([0., 3.])
    """


def _share(x, y, out):
    """``x - y``, whose `sigmoid` is the share of x in the sum; -inf where both are -inf."""
    return subtract(x, where(equal(out, -math.inf), 0, y))


@op(
    vjps=(
        lambda g, out, x, y: multiply(g, sigmoid(_share(x, y, out))),
        lambda g, out, x, y: multiply(g, sigmoid(_share(y, x, out))),
    ),
    ufunc=np.logaddexp,
    domain=(-3, 3),
    broadcasts=True,
)
def logaddexp(x, y, /):
    """``log(exp(x) + exp(y))``, without overflow.

    The derivatives are ``sigmoid(x - y)`` and ``sigmoid(y - x)``; 0 where both are -inf.

    Example:
        >>> logaddexp(np.array([-1000.0, 1000.0]), 0.0)
        array([   0., 1000.])
    """


@op(
    vjps=(
        lambda g, out, x, y: multiply(g, sigmoid(multiply(_share(x, y, out), _LN2))),
        lambda g, out, x, y: multiply(g, sigmoid(multiply(_share(y, x, out), _LN2))),
    ),
    ufunc=np.logaddexp2,
    domain=(-3, 3),
    broadcasts=True,
)
def logaddexp2(x, y, /):
    """``log2(2**x + 2**y)``, without overflow.

    The derivatives are as for `logaddexp`, to base 2.

    Example:
        >>> logaddexp2(np.array([0.0, 1000.0]), 0.0)
        array([   1., 1000.])
    """


def _widened(x, y):
    """Both arguments in the dtype of the result, so that the rules compute in it."""
    dtype = np.result_type(np.float64, raw(x), raw(y))
    return tuple(
        a if isinstance(a, (int, float, complex)) else astype(a, dtype=dtype) for a in (x, y)
    )


@op(
    vjps=(
        lambda g, x, y: power_by_base(g, *_widened(x, y)),
        lambda g, out, x, y: power_by_exponent(g, out, *_widened(x, y)),
    ),
    ufunc=np.float_power,
    domain=((0.3, 3), (-2, 2)),
    broadcasts=True,
)
def float_power(x, y, /):
    """`power` in float64 or complex128, whatever the arguments.

    Example:
        >>> float_power(2, np.array([-1, 2]))
        array([0.5, 4. ])
    """
