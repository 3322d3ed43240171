"""Functions between layers with kinks: the families of relu, and of hard and shrinking functions.

Formulas and defaults are those of Keras 3. At a kink the derivative is the subgradient of least
norm, so 0 where a function turns flat.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.errors import explain
from autograd_lite.op import composed, op
from autograd_lite.ops.elementwise import add, divide, multiply, subtract, where
from autograd_lite.ops.piecewise import absolute, clip
from autograd_lite.ops.predicates import greater, greater_equal, less

__all__ = [
    "celu",
    "elu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_tanh",
    "leaky_relu",
    "prelu",
    "relu6",
    "selu",
    "soft_shrink",
    "sparse_plus",
    "threshold",
]


def _elu_slope(g, out, alpha):
    # Of the slopes 1 and alpha at 0, the smaller.
    above = greater_equal(out, 0) if alpha > 1 else greater(out, 0)
    return multiply(g, where(above, 1, add(out, alpha)))


@op(vjps=(_elu_slope,))
def _elu(x, alpha):
    x = np.asarray(x)
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)) * alpha)[()]


def _check_alpha(name, alpha):
    if alpha <= 0:
        raise ValueError(
            explain(name, "bad `alpha`", got=repr(alpha), expected="a positive number")
        )


@composed()
def elu(x: Any, alpha: float = 1.0) -> Any:
    """``x`` where positive, else ``alpha * (exp(x) - 1)`` (Clevert et al., 2016).

    The derivative at 0 is ``min(1, alpha)``.

    Raises:
        ValueError: `alpha` is not positive.

    Example:
        >>> elu(np.array([-1000.0, 2.0]))
        array([-1.,  2.])
    """
    _check_alpha("elu", alpha)
    return _elu(x, alpha=alpha)


_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805


@composed()
def selu(x: Any) -> Any:
    """``1.0507 * elu(x, 1.6733)``, which keeps mean 0 and variance 1 (Klambauer et al., 2017).

    The derivative at 0 is 1.0507.

    Example:
        >>> selu(np.array([0.0, 1.0]))
        array([0.        , 1.05070099])
    """
    return multiply(_elu(x, alpha=_SELU_ALPHA), _SELU_SCALE)


@composed()
def celu(x: Any, alpha: float = 1.0) -> Any:
    """``x`` where positive, else ``alpha * (exp(x / alpha) - 1)`` (Barron, 2017).

    Raises:
        ValueError: `alpha` is not positive.

    Example:
        >>> celu(np.array([-1000.0, 2.0]), alpha=2.0)
        array([-2.,  2.])
    """
    _check_alpha("celu", alpha)
    return multiply(_elu(divide(x, alpha), alpha=1.0), alpha)


def _leaky_slope(g, x, negative_slope):
    return where(greater(x, 0), g, multiply(g, negative_slope))


@op(vjps=(_leaky_slope,))
def leaky_relu(x, negative_slope=0.2):
    """``x`` where positive, else ``negative_slope * x``. The derivative at 0 is `negative_slope`.

    Example:
        >>> leaky_relu(np.array([-1.0, 2.0]))
        array([-0.2,  2. ])
    """
    if 0 < negative_slope < 1:
        return np.maximum(x, np.multiply(x, negative_slope))
    return np.where(np.greater(x, 0), x, np.multiply(x, negative_slope))[()]


@op(
    vjps=(
        lambda g, x, slope: where(greater(x, 0), g, multiply(g, slope)),
        lambda g, x: where(greater(x, 0), 0, multiply(g, x)),
    ),
    domain=((0.2, 3), (0.1, 0.9)),
    broadcasts=True,
)
def prelu(x, slope, /):
    """``x`` where positive, else ``slope * x``, for learned slopes (He et al., 2015).

    The derivative by x at 0 is the slope.

    Example:
        >>> prelu(np.array([-1.0, -1.0, 2.0]), np.array([0.5, 0.1, 0.1]))
        array([-0.5, -0.1,  2. ])
    """
    return np.where(np.greater(x, 0), x, np.multiply(x, slope))[()]


def _between(low, high):
    """A rule that passes g strictly between two bounds."""

    def rule(g, x):
        # One interval around a centre: two passes, and one `where`.
        distance = absolute(subtract(x, (low + high) / 2)) if low + high else absolute(x)
        return where(less(distance, (high - low) / 2), g, 0)

    return rule


@op(vjps=(_between(0, 6),))
def relu6(x, /):
    """``x`` held within 0 and 6; the derivative is 0 at both.

    Example:
        >>> relu6(np.array([-1.0, 2.0, 7.0]))
        array([0., 2., 6.])
    """
    return np.clip(x, 0, 6)


@op(vjps=(_between(-1, 1),))
def hard_tanh(x, /):
    """``x`` held within -1 and 1; the derivative is 0 at both.

    Example:
        >>> hard_tanh(np.array([-2.0, 0.5]))
        array([-1. ,  0.5])
    """
    return np.clip(x, -1, 1)


@op(vjps=(lambda g, x: where(less(absolute(x), 3), multiply(g, 1 / 6), 0),))
def hard_sigmoid(x, /):
    """``x / 6 + 1/2``, held within 0 and 1; the derivative is 0 at ``x = 3`` and ``x = -3``.

    Example:
        >>> hard_sigmoid(np.array([-4.0, 0.0, 1.5]))
        array([0.  , 0.5 , 0.75])
    """
    return np.clip(x / 6 + 0.5, 0, 1)


def _hard_silu_slope(g, x):
    bent = add(multiply(x, 1 / 3), 0.5)
    return multiply(g, where(less(absolute(x), 3), bent, where(greater(x, 0), 1, 0)))


@op(vjps=(_hard_silu_slope,))
def hard_silu(x, /):
    """``x * hard_sigmoid(x)``, also called hard swish (Howard et al., 2019).

    The derivative is 0 at -3 and 1 at 3.

    Example:
        >>> hard_silu(np.array([-4.0, 1.5, 4.0]))
        array([-0.   ,  1.125,  4.   ])
    """
    return x * np.clip(x / 6 + 0.5, 0, 1)


def _outside(g, x, threshold):
    return where(greater(absolute(x), threshold), g, 0)


@op(vjps=(_outside,))
def soft_shrink(x, threshold=0.5):
    """``x`` brought nearer to 0 by `threshold`, 0 within it; the derivative at the bounds is 0.

    Example:
        >>> soft_shrink(np.array([-2.0, 0.3, 1.0]))
        array([-1.5,  0. ,  0.5])
    """
    return x - np.clip(x, -threshold, threshold)


@op(vjps=(_outside,))
def hard_shrink(x, threshold=0.5):
    """``x`` where ``|x| > threshold``, else 0; the derivative at the bounds is 0.

    Example:
        >>> hard_shrink(np.array([-2.0, 0.3, 1.0]))
        array([-2.,  0.,  1.])
    """
    # Not `<=`: NaN passes.
    return np.where(np.less_equal(np.abs(x), threshold), 0, x)[()]


@op(vjps=(lambda g, x, threshold: where(greater(x, threshold), g, 0),))
def threshold(x, threshold, default_value):
    """``x`` where greater than `threshold`, else `default_value`; the derivative there is 0.

    Example:
        >>> threshold(np.array([0.5, 2.0]), 1.0, -1.0)
        array([-1.,  2.])
    """
    return np.where(np.less_equal(x, threshold), default_value, x)[()]


@op(vjps=(lambda g, x: multiply(g, clip(multiply(add(x, 1), 0.5), 0, 1)),))
def sparse_plus(x, /):
    """0 up to -1, ``x`` from 1 on, ``(x + 1)**2 / 4`` between.

    Example:
        >>> sparse_plus(np.array([-2.0, 0.0, 2.0]))
        array([0.  , 0.25, 2.  ])
    """
    within = np.clip(x, -1, 1)
    return np.square(0.5 * (within + 1)) + np.maximum(x - within, 0)
