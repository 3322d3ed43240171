"""Ops that sum up axes: `axis` is None for all, an int or a tuple.

`where` picks the entries that take part and `initial` is an entry more; neither has a gradient.
Convention: `max` and `min` give each of k equal extremes ``1/k``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite import kernels
from autograd_lite.errors import GradientError, explain
from autograd_lite.graph import Traced
from autograd_lite.op import op, raw
from autograd_lite.ops.elementwise import add, divide, multiply
from autograd_lite.ops.elementwise import where as choose
from autograd_lite.ops.piecewise import maximum
from autograd_lite.ops.predicates import equal, logical_and
from autograd_lite.ops.shape import (
    astype,
    broadcast_to,
    concatenate,
    reshape,
    take_slice,
    transpose,
)

__all__ = [
    "amax",
    "amin",
    "max",
    "mean",
    "min",
    "prod",
    "sum",
]

_WIDE_ENOUGH = (np.dtype(np.float32), np.dtype(np.float64))  # to sum up in


def axes_of(axis, ndim):
    """`axis` as a tuple of non-negative ints."""
    if axis is None:
        return tuple(range(ndim))
    return tuple(a % ndim for a in (axis if isinstance(axis, tuple) else (axis,)))


def _kept(shape, axis):
    """`shape` with length one along the reduced axes."""
    axes = axes_of(axis, len(shape))
    return tuple(1 if i in axes else n for i, n in enumerate(shape))


def count_of(shape, axis, where=True):
    """How many entries each sum adds up: an int, or an array with the reduced axes kept."""
    if where is not True:
        return np.add.reduce(
            np.broadcast_to(raw(where), shape), axis=axis, dtype=int, keepdims=True
        )
    if axis is None:
        return math.prod(shape)
    return math.prod(shape[i] for i in axes_of(axis, len(shape)))


def expand(reduced, shape, axis):
    """Give a reduced array its reduced axes back, with length one; a single entry stays one."""
    if axis is None and reduced.ndim == 0:
        return reduced
    kept = _kept(shape, axis)
    return reduced if reduced.shape == kept else reshape(reduced, shape=kept)


def _spread(g, shape):
    """`broadcast_to`, which costs 3 us, where it is needed."""
    return g if g.shape == shape else broadcast_to(g, shape=shape)


def masked(g, where, other=0):
    """`g` where the mask holds, else `other`."""
    return g if where is True else choose(raw(where), g, other)


def constant(name, setting, value):
    """The array behind a setting that has no gradient.

    Raises:
        GradientError: it is a Tensor that requires one.
    """
    if isinstance(value, Traced) and value.requires_grad:
        raise GradientError(
            explain(
                name,
                f"`{setting}` has no derivative rule but requires a gradient",
                expected="an array, or a Tensor that does not require a gradient",
                fix=f"{setting}={setting}.detach()",
            )
        )
    return raw(value)


def options_of(name, initial, where):
    """NumPy's arguments for those of the settings that were given."""
    given: dict[str, Any] = (
        {} if initial is None else {"initial": constant(name, "initial", initial)}
    )
    return given if where is True else {**given, "where": raw(where)}


def spread_sum(g, x_shape, axis, where):
    """The rule of `sum`: `g` for each entry that took part."""
    return masked(_spread(expand(g, x_shape, axis), x_shape), where)


@op(vjps=(spread_sum,), numpy=np.sum)
def sum(x, axis=None, dtype=None, *, keepdims=False, initial=None, where=True):
    """Sum over axes.

    Example:
        >>> sum(np.array([[1.0, 2.0], [3.0, 4.0]]), axis=0)
        array([4., 6.])
    """
    if initial is None and where is True and dtype is None:  # which costs least
        return np.add.reduce(x, axis=axis, keepdims=keepdims)
    options = options_of("sum", initial, where)
    return np.add.reduce(x, axis=axis, dtype=dtype, keepdims=keepdims, **options)


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


def _products_of_others(x):
    """For each entry the product of all others along the first axis: no division, so exact at 0.

    The products of the pairs of two halves go up, those of all other pairs come down.
    """
    n = x.shape[0]
    if n < 2:
        return np.ones(x.shape, x.dtype)
    half = n // 2
    left = take_slice(x, axis=0, start=0, stop=half)
    right = take_slice(x, axis=0, start=half, stop=2 * half)
    odd = take_slice(x, axis=0, start=2 * half, stop=n)
    others = _products_of_others(concatenate([multiply(left, right), odd]))
    outer = take_slice(others, axis=0, start=0, stop=half)
    of_odd = take_slice(others, axis=0, start=half, stop=n - half)
    return concatenate([multiply(outer, right), multiply(outer, left), of_odd])


def spread_prod(g, x, axis, initial, where):
    """The rule of `prod`: `g` times the product of all other entries."""
    axes = axes_of(axis, x.ndim)
    order = (*axes, *(i for i in range(x.ndim) if i not in axes))
    front = transpose(masked(x, where, 1), axes=order)
    rows = reshape(front, (count_of(x.shape, axis), *front.shape[len(axes) :]))
    others = reshape(_products_of_others(rows), front.shape)
    others = transpose(others, axes=tuple(np.argsort(order).tolist()))
    g = expand(g, x.shape, axis)
    g = g if initial is None else multiply(g, raw(initial))
    return masked(multiply(g, others), where)


@op(vjps=(spread_prod,), numpy=np.prod)
def prod(x, axis=None, dtype=None, *, keepdims=False, initial=None, where=True):
    """Product over axes. Its derivatives divide by nothing, and so are exact at zeros.

    Example:
        >>> prod(np.array([[1.0, 2.0], [3.0, 4.0]]), axis=0)
        array([3., 8.])
    """
    options = options_of("prod", initial, where)
    return np.multiply.reduce(x, axis=axis, dtype=dtype, keepdims=keepdims, **options)


def at_least_one(counts, dtype):
    """Counts to divide by: of nothing, nothing is spread."""
    return np.maximum(counts, 1).astype(dtype)


def spread_mean(g, x_shape, axis, where):
    """The rule of `mean`: ``g / n`` for each entry that took part."""
    count = count_of(x_shape, axis, where)
    count = count or 1 if where is True else at_least_one(count, g.dtype)
    return masked(_spread(divide(expand(g, x_shape, axis), count), x_shape), where)


@op(vjps=(spread_mean,), numpy=np.mean)
def mean(x, axis=None, dtype=None, *, keepdims=False, where=True):
    """Arithmetic mean over axes.

    Example:
        >>> mean(np.array([[1.0, 2.0], [3.0, 4.0]]), axis=0)
        array([2., 3.])
    """
    x = np.asarray(x)
    if dtype is not None or where is not True or x.dtype not in _WIDE_ENOUGH or not x.size:
        return x.mean(axis, dtype=dtype, keepdims=keepdims, where=raw(where))
    # What ndarray.mean does, in half its time.
    return np.true_divide(np.add.reduce(x, axis=axis, keepdims=keepdims), count_of(x.shape, axis))


def to_extremes(g, out, x, axis, initial, where):
    """The rule of `max` and `min`: `g` for the entries equal to the result, in equal shares."""
    extreme = expand(out, x.shape, axis)
    hit = equal(x, extreme)
    if where is not True:
        hit = logical_and(hit, raw(where))
    ties = sum(hit, axis=axis, keepdims=True)
    if initial is not None:
        ties = add(ties, equal(extreme, raw(initial)))
    ties = maximum(ties, 1)  # where NaN is the extreme, nothing equals it
    share = divide(expand(g, x.shape, axis), astype(ties, dtype=g.dtype))
    return choose(hit, share, 0)


@op(vjps=(to_extremes,), numpy=(np.max, np.amax))
def max(x, axis=None, *, keepdims=False, initial=None, where=True):
    """Largest entry along axes; k equal ones get ``1/k`` of the gradient each.

    `initial` counts as one of them where it is as large.

    Example:
        >>> max(np.array([[1.0, 2.0], [3.0, 4.0]]), axis=1)
        array([2., 4.])
    """
    return np.max(x, axis=axis, keepdims=keepdims, **options_of("max", initial, where))


@op(vjps=(to_extremes,), numpy=(np.min, np.amin))
def min(x, axis=None, *, keepdims=False, initial=None, where=True):
    """Smallest entry along axes; k equal ones get ``1/k`` of the gradient each.

    `initial` counts as one of them where it is as small.

    Example:
        >>> min(np.array([[1.0, 2.0], [3.0, 4.0]]), axis=1)
        array([1., 3.])
    """
    return np.min(x, axis=axis, keepdims=keepdims, **options_of("min", initial, where))


amax, amin = max, min
