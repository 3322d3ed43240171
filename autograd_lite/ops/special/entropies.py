"""Logarithms times numbers, entropies, and the logistic function's relatives."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.op import raw
from autograd_lite.ops.elementwise import (
    add,
    divide,
    exp,
    log,
    log1p,
    multiply,
    negative,
    sigmoid,
    subtract,
    where,
)
from autograd_lite.ops.neural import log_softmax as _log_softmax
from autograd_lite.ops.neural import logsumexp as _logsumexp
from autograd_lite.ops.neural import softmax as _softmax
from autograd_lite.ops.predicates import equal, greater, less_equal, logical_and
from autograd_lite.ops.reduce import max, sum
from autograd_lite.ops.shape import squeeze
from autograd_lite.ops.special.by_scipy import ANSWERS, scipy_op

__all__ = [
    "entr",
    "expit",
    "kl_div",
    "log_expit",
    "log_softmax",
    "logit",
    "logsumexp",
    "rel_entr",
    "softmax",
    "xlog1py",
    "xlogy",
]


def _over(x, y):
    """``x / y``, and 0 where x is 0."""
    zero = equal(x, 0)
    return divide(where(zero, 0, x), where(zero, 1, y))


def _by_factor(logarithm, bound):
    """``log(y)``, and 0 where both ``x = 0`` and y is at or below the bound of the domain."""

    def rule(g, x, y):
        chosen = logical_and(equal(x, 0), less_equal(y, bound))
        return multiply(g, where(chosen, 0, logarithm(where(chosen, 1, y))))

    return rule


@scipy_op(
    _by_factor(lambda y: log(y), 0),
    lambda g, x, y: multiply(g, _over(x, y)),
    domain=((-2, 2), (0.3, 3)),
)
def xlogy(x, y, /):
    """``x * log(y)``, and 0 where ``x = 0``, whatever y is.

    At ``x = y = 0`` both derivatives are 0.

    Example:
        >>> xlogy(np.array([0.0, 2.0]), np.array([0.0, 1.0]))
        array([0., 0.])
    """


@scipy_op(
    _by_factor(lambda y: log1p(y), -1),
    lambda g, x, y: multiply(g, _over(x, add(y, 1))),
    domain=((-2, 2), (-0.6, 3)),
)
def xlog1py(x, y, /):
    """``x * log(1 + y)``, accurate for small y, and 0 where ``x = 0``, whatever y is.

    At ``x = 0``, ``y = -1`` both derivatives are 0.

    Example:
        >>> xlog1py(np.array([0.0, 2.0]), np.array([-1.0, 1e-20]))
        array([0.e+00, 2.e-20])
    """


@scipy_op(lambda g, x: negative(multiply(g, add(log(x), 1))), domain=(0.3, 3))
def entr(x, /):
    """``-x * log(x)``, 0 at 0 and -inf below. Its derivative at 0 is infinite.

    Example:
        >>> entr(np.array([0.0, np.e]))
        array([ 0.        , -2.71828183])
    """


@scipy_op(
    lambda g, x, y: multiply(g, add(log(divide(x, y)), 1)),
    lambda g, x, y: negative(multiply(g, _over(x, y))),
    domain=(0.3, 3),
)
def rel_entr(x, y, /):
    """``x * log(x / y)``, and 0 for ``x = 0``, where its derivative by x is infinite.

    Example:
        >>> rel_entr(np.array([0.0, 1.0]), np.array([1.0, 1.0]))
        array([0., 0.])
    """


@scipy_op(
    lambda g, x, y: multiply(g, log(divide(x, y))),
    lambda g, x, y: multiply(g, subtract(1, _over(x, y))),
    domain=(0.3, 3),
)
def kl_div(x, y, /):
    """``x * log(x / y) - x + y``, and y for ``x = 0``, where its derivative by x is infinite.

    Example:
        >>> kl_div(np.array([0.0, 1.0]), np.array([1.0, 1.0]))
        array([1., 0.])
    """


@scipy_op(lambda g, x: divide(g, multiply(x, subtract(1, x))), domain=(0.1, 0.9))
def logit(x, /):
    """``log(x / (1 - x))``, the inverse of `expit`. Its derivative at 0 and 1 is infinite.

    Example:
        >>> logit(np.array([0.5, 1.0]))
        array([ 0., inf])
    """


@scipy_op(lambda g, x: multiply(g, sigmoid(negative(x))), domain=(-3, 3))
def log_expit(x, /):
    """``-log(1 + exp(-x))``, the logarithm of `expit`, without overflow.

    Example:
        >>> log_expit(np.array([0.0, -1000.0]))
        array([-6.93147181e-01, -1.00000000e+03])
    """


def logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: bool = False) -> Any:
    """``log(sum(b * exp(a)))`` over axes, without overflow; b is 1 unless given.

    Example:
        >>> logsumexp(np.array([1000.0, 1000.0]), b=np.array([0.5, 0.5]))
        np.float64(1000.0)
    """
    if b is None:
        return _logsumexp(a, axis=axis, keepdims=keepdims)
    peak = max(where(equal(raw(b), 0), -math.inf, raw(a)), axis=axis, keepdims=True)
    peak = where(equal(peak, -math.inf), 0, peak)
    above = subtract(a, peak)
    # What has weight 0 may lie above the others, but not so far that ``0 * inf`` gives NaN.
    highest = math.log(np.finfo(above.dtype).max) - 1
    above = where(logical_and(equal(b, 0), greater(above, highest)), highest, above)
    total = sum(multiply(b, exp(above)), axis=axis, keepdims=keepdims)
    return add(log(total), peak if keepdims else squeeze(peak, axis=axis))


def log_softmax(x: Any, axis: Any = None) -> Any:
    """``x - logsumexp(x)`` along an axis, several, or all for None.

    Example:
        >>> log_softmax(np.array([0.0, 0.0]))
        array([-0.69314718, -0.69314718])
    """
    if isinstance(axis, int):
        return _log_softmax(x, axis=axis)
    return subtract(x, _logsumexp(x, axis=axis, keepdims=True))


def softmax(x: Any, axis: Any = None) -> Any:
    """``exp(x) / sum(exp(x))`` along an axis, several, or all for None.

    Example:
        >>> softmax(np.array([0.0, 0.0]))
        array([0.5, 0.5])
    """
    return _softmax(x, axis=axis) if isinstance(axis, int) else exp(log_softmax(x, axis))


expit = sigmoid
ANSWERS["expit"] = sigmoid
