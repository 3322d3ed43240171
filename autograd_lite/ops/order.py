"""Sorting, and statistics of what is sorted.

Conventions: the gradient follows the permutation, and equal entries keep their order. A quantile
between two entries gives each its share, so the median of an even number a half to each.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.graph import Traced
from autograd_lite.op import op, raw
from autograd_lite.ops.elementwise import add, divide, multiply, subtract
from autograd_lite.ops.reduce import axes_of, sum
from autograd_lite.ops.shape import astype, reshape, transpose
from autograd_lite.ops.twins import twin_of

__all__ = [
    "median",
    "nanmedian",
    "nanpercentile",
    "nanquantile",
    "partition",
    "percentile",
    "quantile",
    "sort",
]


@op(vjps=(lambda g, x_shape, index, axis: add_along(g, index, axis, x_shape[axis]), None))
def take_along(x, index, axis):
    """The entries at these positions along an axis, as `np.take_along_axis`.

    Example:
        >>> take_along(np.array([[1.0, 2.0]]), np.array([[1, 1, 0]]), axis=1)
        array([[2., 2., 1.]])
    """
    return np.take_along_axis(x, index, axis)


@op(vjps=(lambda g, index, axis: take_along(g, index, axis), None))
def add_along(x, index, axis, length):
    """Zeros of this `length` along an axis, with x added at positions: `take_along`'s adjoint.

    Example:
        >>> add_along(np.array([1.0, 2.0, 3.0]), np.array([1, 1, 0]), axis=0, length=2)
        array([3., 3.])
    """
    shape = list(x.shape)
    shape[axis] = length
    out = np.zeros(shape, x.dtype)
    places = list(np.indices(index.shape, sparse=True))
    places[axis] = index
    np.add.at(out, tuple(places), x)
    return out


@op(vjps=(None,))
def stable_order(x, axis):
    """The positions of the entries along an axis in ascending order; equal ones keep theirs.

    Example:
        >>> stable_order(np.array([2.0, 1.0, 1.0]), axis=0)
        array([1, 2, 0])
    """
    return np.argsort(x, axis=axis, kind="stable")


def _unsort(g, out, x, axis):
    """The rule of any op that permutes along an axis: the k-th smallest entries belong together."""
    shape = x.shape
    if axis is None:
        x, axis = reshape(x, (-1,)), 0
    place = raw(stable_order(stable_order(x, axis), axis))
    source = np.take_along_axis(raw(stable_order(out, axis)), place, axis)
    return reshape(take_along(g, source, axis), shape)


@op(vjps=(_unsort,), numpy=np.sort)
def sort(x, axis=-1, kind=None, *, stable=None):
    """The entries along an axis in ascending order; None flattens them first.

    Equal entries get gradients as a stable sort places them, whatever `kind` is.

    Example:
        >>> sort(np.array([3.0, 1.0, 2.0]))
        array([1., 2., 3.])
    """
    return np.sort(x, axis=axis, kind=kind, stable=stable)


@op(vjps=(_unsort,), numpy=np.partition)
def partition(x, kth, axis=-1, kind="introselect"):
    """The entries along an axis with the k-th smallest in its place, smaller ones before it.

    Example:
        >>> partition(np.array([3.0, 1.0, 2.0]), 1)
        array([1., 2., 3.])
    """
    return np.partition(x, kth, axis=axis, kind=kind)


def _rows(x, axis):
    """What is reduced as rows of a matrix."""
    axes = axes_of(axis, x.ndim)
    rest = [i for i in range(x.ndim) if i not in axes]
    front = transpose(x, axes=(*rest, *axes))
    return reshape(front, (_size(x.shape, rest), _size(x.shape, axes)))


def _size(shape, axes):
    return int(np.prod([shape[i] for i in axes], dtype=int))


def _from_rows(rows, shape, axis):
    """The inverse of `_rows`."""
    axes = axes_of(axis, len(shape))
    order = (*(i for i in range(len(shape)) if i not in axes), *axes)
    front = reshape(rows, tuple(shape[i] for i in order))
    return transpose(front, axes=tuple(np.argsort(order).tolist()))


def _steps(n, q, method):
    """Where quantiles lie among n sorted entries: NumPy's own of 0, 1, 2, ..."""
    return np.quantile(np.arange(n, dtype=float), q, method=method) if n else np.zeros(len(q))


# The alpha and beta of the continuous ones: q lies at ``n q + alpha + q (1 - alpha - beta) - 1``.
_CONTINUOUS = {
    "interpolated_inverted_cdf": (0, 1),
    "hazen": (0.5, 0.5),
    "weibull": (0, 0),
    "linear": (1, 1),
    "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
}


class _Places:
    """Between which entries of each row quantiles lie: a column for each q.

    Attributes:
        lower, upper: Positions in the row.
        share: How much of the way from the lower to the upper one it is.
        speed: The derivative of the share by q.
        taken: Whether a row has entries that take part, as a column.
    """

    def __init__(self, rows: Any, q: Any, method: str, skip_nan: bool) -> None:
        rows, flat = raw(rows), np.ravel(raw(q))
        order = np.argsort(rows, axis=1, kind="stable")  # NaN come last
        counts = (rows == rows).sum(1) if skip_nan else np.full(len(rows), rows.shape[1])
        different, which = np.unique(counts, return_inverse=True)
        steps = np.array([_steps(n, flat, method) for n in different])
        steps, counts = steps.reshape(-1, len(flat))[which], counts[:, None]
        below = np.floor(steps).astype(int)
        above = np.minimum(below + 1, np.maximum(counts - 1, 0))
        self.lower = np.take_along_axis(order, below, 1)
        self.upper = np.take_along_axis(order, above, 1)
        self.taken = counts > 0
        self.speed = _speed(counts, flat, method)
        self.share: Any = steps - below
        if isinstance(q, Traced):
            moved = subtract(reshape(q, (-1,)), flat)  # zeros that have q's derivative
            self.share = add(self.share, multiply(moved, self.speed))


def _speed(counts, q, method):
    """How fast a quantile passes the sorted entries: 0 before the first, and where it jumps."""
    if method not in _CONTINUOUS:
        return np.zeros((len(counts), len(q)))
    alpha, beta = _CONTINUOUS[method]
    speed = counts + 1 - alpha - beta
    return np.where(q * speed + alpha < 1, 0.0, speed)


def _columns(g, rows):
    """The gradient of the quantiles, with a row for each row and a column for each q."""
    return transpose(reshape(g, (-1, rows.shape[0])))


def _by_entries(g, a, q, axis, method, skip_nan):
    """Each quantile's gradient goes to the entries around it, by their shares."""
    if a.size == 0:
        return multiply(a, 0)
    rows = _rows(a, axis)
    places = _Places(rows, q, method, skip_nan)
    g = multiply(_columns(g, rows), places.taken.astype(g.dtype))
    upper = multiply(g, astype(places.share, g.dtype))
    n = rows.shape[1]
    to_lower = add_along(subtract(g, upper), places.lower, 1, n)
    return _from_rows(add(to_lower, add_along(upper, places.upper, 1, n)), a.shape, axis)


def _by_q(g, a, q, axis, method, skip_nan):
    """The slope between the entries around each quantile, to the right where there is a kink."""
    if a.size == 0:
        return multiply(q, 0)
    rows = _rows(a, axis)
    places = _Places(rows, q, method, skip_nan)
    rise = subtract(take_along(rows, places.upper, 1), take_along(rows, places.lower, 1))
    slope = multiply(rise, places.speed)
    return reshape(sum(multiply(_columns(g, rows), slope), axis=0), np.shape(raw(q)))


def _quantile_rules(skip_nan):
    return (
        lambda g, a, q, axis, method: _by_entries(g, a, q, axis, method, skip_nan),
        lambda g, a, q, axis, method: _by_q(g, a, q, axis, method, skip_nan),
    )


@op(vjps=_quantile_rules(False), numpy=np.quantile)
def quantile(a, q, axis=None, *, method="linear", keepdims=False):
    """Quantiles along axes, by any of NumPy's methods; those of an array q come first.

    The derivative by q is the slope between the entries around it, to its right at an entry; 0 for
    methods that jump.

    Shapes:
        ``q.shape`` and then that of a without the reduced axes.

    Example:
        >>> quantile(np.array([1.0, 2.0, 4.0]), 0.75)
        np.float64(3.0)
    """
    return np.quantile(a, q, axis=axis, method=method, keepdims=keepdims)


@op(vjps=_quantile_rules(True), numpy=np.nanquantile)
def nanquantile(a, q, axis=None, *, method="linear", keepdims=False):
    """Quantiles as `quantile` has them, NaN left out.

    Example:
        >>> nanquantile(np.array([1.0, np.nan, 2.0, 4.0]), 0.75)
        np.float64(3.0)
    """
    return np.nanquantile(a, q, axis=axis, method=method, keepdims=keepdims)


def _hundredth(q):
    """Percent as a fraction; a Python number stays one, for it leaves the dtype to the entries."""
    return q / 100 if type(q) in (int, float) else divide(q, 100)


@twin_of(np.percentile)
def percentile(a, q, axis=None, *, method="linear", keepdims=False):
    """Quantiles at q percent, as `quantile` has them.

    Example:
        >>> percentile(np.array([1.0, 2.0, 4.0]), 75)
        np.float64(3.0)
    """
    return quantile(a, _hundredth(q), axis, method=method, keepdims=keepdims)


@twin_of(np.nanpercentile)
def nanpercentile(a, q, axis=None, *, method="linear", keepdims=False):
    """Quantiles at q percent, NaN left out.

    Example:
        >>> nanpercentile(np.array([1.0, np.nan, 2.0, 4.0]), 75)
        np.float64(3.0)
    """
    return nanquantile(a, _hundredth(q), axis, method=method, keepdims=keepdims)


def _to_middle(skip_nan):
    return lambda g, a, axis: _by_entries(g, a, 0.5, axis, "linear", skip_nan)


@op(vjps=(_to_middle(False),), numpy=np.median)
def median(a, axis=None, *, keepdims=False):
    """The middle entry along axes, or the mean of the two middle ones, which get a half each.

    Example:
        >>> median(np.array([1.0, 5.0, 2.0, 4.0]))
        np.float64(3.0)
    """
    return np.median(a, axis=axis, keepdims=keepdims)


@op(vjps=(_to_middle(True),), numpy=np.nanmedian)
def nanmedian(a, axis=None, *, keepdims=False):
    """The median along axes, NaN left out.

    Example:
        >>> nanmedian(np.array([1.0, np.nan, 5.0, 2.0, 4.0]))
        np.float64(3.0)
    """
    return np.nanmedian(a, axis=axis, keepdims=keepdims)
