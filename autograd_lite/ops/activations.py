"""Smooth functions between layers.

Formulas and defaults are those of Keras 3. Nothing overflows where the result is finite.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite import kernels
from autograd_lite.errors import ShapeError, explain
from autograd_lite.op import composed, op
from autograd_lite.ops.elementwise import (
    add,
    divide,
    erf,
    exp,
    multiply,
    negative,
    sigmoid,
    square,
    subtract,
)
from autograd_lite.ops.piecewise import absolute, clip
from autograd_lite.ops.shape import take_slice
from autograd_lite.ops.trigonometric import tanh

__all__ = [
    "gelu",
    "glu",
    "log_sigmoid",
    "mish",
    "silu",
    "softplus",
    "softsign",
    "squareplus",
    "tanh_shrink",
]

_SMOOTH = (-4, 4)


@op(vjps=(lambda g, x: multiply(g, sigmoid(x)),), domain=_SMOOTH)
def softplus(x, /):
    """``log(1 + exp(x))``, without overflow.

    Example:
        >>> softplus(np.array([0.0, 1000.0]))
        array([6.93147181e-01, 1.00000000e+03])
    """
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


@op(vjps=(lambda g, x: multiply(g, sigmoid(negative(x))),), domain=_SMOOTH)
def log_sigmoid(x, /):
    """``log(1 / (1 + exp(-x)))``, without overflow.

    Example:
        >>> log_sigmoid(np.array([0.0, -1000.0]))
        array([-6.93147181e-01, -1.00000000e+03])
    """
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


def _softsign_slope(g, x):
    size = add(absolute(x), 1)
    return divide(divide(g, size), size)  # the square of the size could overflow


@op(vjps=(_softsign_slope,), domain=(0.1, 4))
def softsign(x, /):
    """``x / (1 + |x|)``.

    Example:
        >>> softsign(np.array([-1.0, 3.0]))
        array([-0.5 ,  0.75])
    """
    return x / (np.abs(x) + 1)


def _silu_slope(g, x):
    s = sigmoid(x)
    return multiply(g, multiply(s, add(multiply(x, subtract(1, s)), 1)))


@op(vjps=(_silu_slope,), domain=_SMOOTH)
def silu(x, /):
    """``x * sigmoid(x)``, also called swish (Ramachandran et al., 2017).

    Example:
        >>> silu(np.array([0.0, 1000.0]))
        array([   0., 1000.])
    """
    return x * kernels.sigmoid(x)


def _mish_slope(g, x):
    t = tanh(softplus(x))
    inner = multiply(multiply(x, sigmoid(x)), subtract(1, square(t)))
    return multiply(g, add(t, inner))


@op(vjps=(_mish_slope,), domain=_SMOOTH)
def mish(x, /):
    """``x * tanh(softplus(x))`` (Misra, 2019).

    Example:
        >>> mish(np.array([0.0, 1000.0]))
        array([   0., 1000.])
    """
    return x * kernels.tanh(softplus(x))


@op(vjps=(lambda g, x: multiply(g, square(tanh(x))),), domain=_SMOOTH)
def tanh_shrink(x, /):
    """``x - tanh(x)``.

    Example:
        >>> tanh_shrink(np.array([0.0, 1000.0]))
        array([  0., 999.])
    """
    return x - kernels.tanh(x)


_ROOT_HALF = math.sqrt(0.5)
_DENSITY = 1 / math.sqrt(2 * math.pi)
_GELU_FLAT = 40.0  # beyond it the density is 0 in every dtype, and no square overflows


def _gelu_slope(g, x):
    near = clip(x, -_GELU_FLAT, _GELU_FLAT)
    below = multiply(add(erf(multiply(near, _ROOT_HALF)), 1), 0.5)
    density = multiply(exp(multiply(square(near), -0.5)), _DENSITY)
    return multiply(g, add(below, multiply(near, density)))


@op(vjps=(_gelu_slope,), domain=_SMOOTH)
def _gelu(x, /):
    return x * (0.5 * (kernels.erf(x * _ROOT_HALF) + 1))


_GELU_SCALE, _GELU_CUBE = math.sqrt(2 / math.pi), 0.044715
_GELU_TANH_FLAT = 10.0  # beyond it the tanh is 1 in every dtype, and no cube overflows


def _gelu_tanh_slope(g, x):
    u = clip(x, -_GELU_TANH_FLAT, _GELU_TANH_FLAT)
    squares = square(u)
    t = tanh(multiply(u, add(multiply(squares, _GELU_SCALE * _GELU_CUBE), _GELU_SCALE)))
    slope = add(multiply(squares, 3 * _GELU_SCALE * _GELU_CUBE), _GELU_SCALE)
    curved = multiply(multiply(u, slope), subtract(1, square(t)))
    return multiply(g, multiply(add(add(t, 1), curved), 0.5))


@op(vjps=(_gelu_tanh_slope,), domain=_SMOOTH)
def _gelu_tanh(x, /):
    u = np.clip(x, -_GELU_TANH_FLAT, _GELU_TANH_FLAT)
    t = kernels.tanh(u * (u * u * (_GELU_SCALE * _GELU_CUBE) + _GELU_SCALE))
    return x * (0.5 * (t + 1))


@composed()
def gelu(x: Any, approximate: bool = False) -> Any:
    """``x * Phi(x)``, Phi being the normal distribution's (Hendrycks and Gimpel, 2016).

    Args:
        x: Any array.
        approximate: Whether to take ``(1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2`` for
            Phi, rather than ``(1 + erf(x / sqrt(2))) / 2``.

    Example:
        >>> gelu(np.array([0.0, 1.0]))
        array([0.        , 0.84134475])
        >>> gelu(np.array([0.0, 1.0]), approximate=True)
        array([0.        , 0.84119199])
    """
    return _gelu_tanh(x) if approximate else _gelu(x)


def _squareplus_slope(g, x, b):
    return multiply(g, multiply(add(divide(x, _root(x, b)), 1), 0.5))


def _root_slope(g, out, x):
    return multiply(g, divide(x, out))


@op(vjps=(_root_slope,))
def _root(x, b):
    return np.hypot(x, math.sqrt(b))


@op(vjps=(_squareplus_slope,))
def squareplus(x, b=4):
    """``(x + sqrt(x**2 + b)) / 2``, a smooth relu without exponentials (Barron, 2021).

    Example:
        >>> squareplus(np.array([-1.5, 0.0, 1.5]))
        array([0.5, 1. , 2. ])
    """
    root = np.hypot(x, math.sqrt(b))
    # Below 0 the sum cancels: there it is its product with ``root - x``, which is b, over that.
    twice = root + np.abs(x)
    return np.where(np.less(x, 0), b / twice, twice)[()] / 2


@composed()
def glu(x: Any, axis: int = -1) -> Any:
    """``a * sigmoid(b)`` for the halves a and b of an axis (Dauphin et al., 2017).

    Shapes:
        ``(..., 2 * n) -> (..., n)``

    Raises:
        ShapeError: the axis cannot be halved.

    Example:
        >>> glu(np.array([2.0, 4.0, 0.0, 0.0]))
        array([1., 2.])
    """
    length = x.shape[axis]
    if length % 2:
        raise ShapeError(
            explain("glu", "the axis cannot be halved", got=f"x {x.shape}, axis {axis}")
        )
    half = length // 2
    gate = take_slice(x, axis=axis, start=half, stop=length)
    return multiply(take_slice(x, axis=axis, start=0, stop=half), sigmoid(gate))
