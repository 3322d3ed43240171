"""Ops that sum up axes: `axis` is None for all, an int or a tuple.

Conventions: `max` and `min` give each of k equal extremes ``1/k``; `std` of equal values has
derivative 0; `var` and `std` divide by ``n - ddof``, with ``ddof=0`` as NumPy.
"""

from __future__ import annotations

import math

import numpy as np

from autograd_lite import kernels
from autograd_lite.op import op
from autograd_lite.ops.elementwise import divide, multiply, subtract, where
from autograd_lite.ops.predicates import equal
from autograd_lite.ops.shape import astype, broadcast_to, reshape

__all__ = [
    "max",
    "mean",
    "min",
    "std",
    "sum",
    "var",
]

_WIDE_ENOUGH = (np.dtype(np.float32), np.dtype(np.float64))  # to sum up in


def _axes(axis, ndim):
    """`axis` as a tuple of non-negative ints."""
    if axis is None:
        return tuple(range(ndim))
    return tuple(a % ndim for a in (axis if isinstance(axis, tuple) else (axis,)))


def _kept(shape, axis):
    """`shape` with length one along the reduced axes."""
    axes = _axes(axis, len(shape))
    return tuple(1 if i in axes else n for i, n in enumerate(shape))


def _count(shape, axis):
    """How many entries each sum adds up."""
    if axis is None:
        return math.prod(shape)
    return math.prod(shape[i] for i in _axes(axis, len(shape)))


def expand(reduced, shape, axis):
    """Give a reduced array its reduced axes back, with length one; a single entry stays one."""
    if axis is None and reduced.ndim == 0:
        return reduced
    kept = _kept(shape, axis)
    return reduced if reduced.shape == kept else reshape(reduced, shape=kept)


def _spread(g, shape):
    """`broadcast_to`, which costs 3 us, where it is needed."""
    return g if g.shape == shape else broadcast_to(g, shape=shape)


@op(
    vjps=(lambda g, x_shape, axis: _spread(expand(g, x_shape, axis), x_shape),),
    numpy=np.sum,
)
def sum(x, axis=None, *, keepdims=False):
    """Sum over axes.

    Example:
        >>> sum(np.array([[1.0, 2.0], [3.0, 4.0]]), axis=0)
        array([4., 6.])
    """
    return np.add.reduce(x, axis=axis, keepdims=keepdims)


@op(vjps=(lambda g, x_shape: broadcast_to(g, shape=x_shape),))
def sum_rows(x):
    """The sum over the first axis of a matrix, one row after the other: the gradient of a bias.

    Shapes:
        ``(n, k) -> (k,)``.

    Example:
        >>> sum_rows(np.array([[1.0, 2.0], [3.0, 4.0]]))
        array([4., 6.])
    """
    return kernels.sum_rows(x)


def _spread_mean(g, x_shape, axis):
    count = _count(x_shape, axis) or 1  # of nothing, nothing is spread
    return _spread(divide(expand(g, x_shape, axis), count), x_shape)


@op(vjps=(_spread_mean,), numpy=np.mean)
def mean(x, axis=None, *, keepdims=False):
    """Arithmetic mean over axes.

    Example:
        >>> mean(np.array([[1.0, 2.0], [3.0, 4.0]]), axis=0)
        array([2., 3.])
    """
    x = np.asarray(x)
    if x.dtype not in _WIDE_ENOUGH or not x.size:
        return x.mean(axis, keepdims=keepdims)
    # What ndarray.mean does, in half its time.
    return np.true_divide(np.add.reduce(x, axis=axis, keepdims=keepdims), _count(x.shape, axis))


def _to_extremes(g, out, x, axis):
    hit = equal(x, expand(out, x.shape, axis))
    ties = sum(hit, axis=axis, keepdims=True)
    share = divide(expand(g, x.shape, axis), astype(ties, dtype=g.dtype))
    return where(hit, share, 0)


@op(vjps=(_to_extremes,), numpy=(np.max, np.amax))
def max(x, axis=None, *, keepdims=False):
    """Largest entry along axes; k equal ones get ``1/k`` of the gradient each.

    Example:
        >>> max(np.array([[1.0, 2.0], [3.0, 4.0]]), axis=1)
        array([2., 4.])
    """
    return np.max(x, axis=axis, keepdims=keepdims)


@op(vjps=(_to_extremes,), numpy=(np.min, np.amin))
def min(x, axis=None, *, keepdims=False):
    """Smallest entry along axes; k equal ones get ``1/k`` of the gradient each.

    Example:
        >>> min(np.array([[1.0, 2.0], [3.0, 4.0]]), axis=1)
        array([1., 3.])
    """
    return np.min(x, axis=axis, keepdims=keepdims)


def _centred(x, axis):
    return subtract(x, mean(x, axis=axis, keepdims=True))


def _var_vjp(g, x, axis, ddof):
    scale = 2 / (_count(x.shape, axis) - ddof)
    return multiply(expand(g, x.shape, axis), multiply(_centred(x, axis), scale))


@op(vjps=(_var_vjp,), numpy=np.var)
def var(x, axis=None, *, ddof=0, keepdims=False):
    """Variance: the mean square distance from the mean, over ``n - ddof``.

    Example:
        >>> var(np.array([1.0, 3.0]))
        np.float64(1.0)
    """
    return np.var(x, axis=axis, ddof=ddof, keepdims=keepdims)


def _std_vjp(g, out, x, axis, ddof):
    spread = expand(out, x.shape, axis)
    flat = equal(spread, 0)
    slope = divide(
        _centred(x, axis), multiply(where(flat, 1, spread), _count(x.shape, axis) - ddof)
    )
    return multiply(expand(g, x.shape, axis), where(flat, 0, slope))


@op(vjps=(_std_vjp,), numpy=np.std)
def std(x, axis=None, *, ddof=0, keepdims=False):
    """Standard deviation, the root of `var`. Its derivative is 0 where all values are equal.

    Example:
        >>> std(np.array([1.0, 3.0]))
        np.float64(1.0)
    """
    return np.std(x, axis=axis, ddof=ddof, keepdims=keepdims)
