"""Running sums, products and extremes along an axis.

Conventions: derivatives of `cumprod` are exact at zeros; of equal extremes the first counts.
"""

from __future__ import annotations

import numpy as np

from autograd_lite.errors import ShapeError, explain
from autograd_lite.op import op, raw
from autograd_lite.ops.elementwise import add, multiply
from autograd_lite.ops.elementwise import where as choose
from autograd_lite.ops.index import getitem
from autograd_lite.ops.order import add_along
from autograd_lite.ops.predicates import equal
from autograd_lite.ops.shape import concatenate, reshape, take_slice
from autograd_lite.ops.twins import twin_of

__all__ = [
    "cummax",
    "cummin",
    "cumprod",
    "cumsum",
    "cumulative_prod",
    "cumulative_sum",
    "nancumprod",
    "nancumsum",
]


def backwards(x, axis):
    """x with its entries along an axis in reverse."""
    return getitem(x, (*(slice(None),) * axis, slice(None, None, -1)))


def _line(x, axis):
    """What is scanned, and along which axis: without one the entries in C order."""
    if axis is None or x.ndim == 0:
        return reshape(x, (-1,)), 0
    return x, axis % x.ndim


def _cumsum_back(g, x_shape, axis):
    axis = 0 if axis is None else axis % g.ndim
    return reshape(backwards(cumsum(backwards(g, axis), axis), axis), x_shape)


@op(vjps=(_cumsum_back,), numpy=np.cumsum)
def cumsum(x, axis=None, dtype=None):
    """Running sums along an axis; None for the entries in C order.

    Example:
        >>> cumsum(np.array([1.0, 2.0, 3.0]))
        array([1., 3., 6.])
    """
    return np.cumsum(x, axis=axis, dtype=dtype)


def _recur_back(x, b, axis):
    """Solve ``y[i] = b[i] + x[i + 1] * y[i + 1]`` along an axis, by steps of doubling length."""
    n, step = b.shape[axis], 1
    link = take_slice(x, axis=axis, start=1, stop=n)  # from each entry to that one step further
    while step < n:
        near = take_slice(b, axis=axis, start=0, stop=n - step)
        far = take_slice(b, axis=axis, start=step, stop=n)
        rest = take_slice(b, axis=axis, start=n - step, stop=n)
        b = concatenate([add(near, multiply(link, far)), rest], axis=axis)
        left = max(n - 2 * step, 0)
        link = multiply(
            take_slice(link, axis=axis, start=0, stop=left),
            take_slice(link, axis=axis, start=step, stop=step + left),
        )
        step *= 2
    return b


def _cumprod_back(g, x, axis):
    """By x[j], ``prod(x[:j]) * sum over i >= j of g[i] * prod(x[j + 1 : i + 1])``."""
    line, axis = _line(x, axis)
    if line.size == 0:
        return reshape(g, x.shape)
    one = np.ones((*line.shape[:axis], 1, *line.shape[axis + 1 :]), line.dtype)
    n = line.shape[axis]
    before = take_slice(cumprod(line, axis), axis=axis, start=0, stop=n - 1)
    before = concatenate([one, before], axis=axis)
    return reshape(multiply(before, _recur_back(line, g, axis)), x.shape)


@op(vjps=(_cumprod_back,), numpy=np.cumprod)
def cumprod(x, axis=None, dtype=None):
    """Running products along an axis; None for the entries in C order.

    Its derivatives divide by nothing, and so are exact at zeros.

    Example:
        >>> cumprod(np.array([1.0, 2.0, 3.0]))
        array([1., 2., 6.])
    """
    return np.cumprod(x, axis=axis, dtype=dtype)


def _to_first(g, out, axis):
    """The gradient goes to where each extreme was first met."""
    met, n = np.moveaxis(raw(out), axis, 0), out.shape[axis]
    new = np.concatenate([np.ones_like(met[:1], bool), met[1:] != met[:-1]])
    places = np.where(new, np.arange(n).reshape(-1, *(1,) * (met.ndim - 1)), 0)
    first = np.moveaxis(np.maximum.accumulate(places, axis=0), 0, axis)
    return add_along(g, first, axis=axis, length=n)


@op(vjps=(_to_first,))
def cummax(x, axis=0):
    """Running maxima along an axis, as `np.maximum.accumulate`; of equal ones the first counts.

    Example:
        >>> cummax(np.array([1.0, 3.0, 2.0]))
        array([1., 3., 3.])
    """
    return np.maximum.accumulate(x, axis=axis)


@op(vjps=(_to_first,))
def cummin(x, axis=0):
    """Running minima along an axis, as `np.minimum.accumulate`; of equal ones the first counts.

    Example:
        >>> cummin(np.array([3.0, 1.0, 2.0]))
        array([3., 1., 1.])
    """
    return np.minimum.accumulate(x, axis=axis)


def _cumulative(scan, x, axis, dtype, start):
    """A scan of x, after its start if that is not None."""
    if axis is None and x.ndim > 1:
        raise ShapeError(
            explain(
                f"cumulative_{scan.__name__.removeprefix('cum')}",
                "`axis` is missing",
                got=f"x {x.shape}",
                expected="an axis, or x of one axis",
            )
        )
    line, axis = _line(x, axis)
    out = scan(line, axis, dtype)
    if start is None:
        return out
    first = np.full((*out.shape[:axis], 1, *out.shape[axis + 1 :]), start, out.dtype)
    return concatenate([first, out], axis=axis)


@twin_of(np.cumulative_sum)
def cumulative_sum(x, *, axis=None, dtype=None, include_initial=False):
    """Running sums along an axis, after a 0 with `include_initial`.

    Raises:
        ShapeError: x has several axes and none is named.

    Example:
        >>> cumulative_sum(np.array([1.0, 2.0]), include_initial=True)
        array([0., 1., 3.])
    """
    return _cumulative(cumsum, x, axis, dtype, 0 if include_initial else None)


@twin_of(np.cumulative_prod)
def cumulative_prod(x, *, axis=None, dtype=None, include_initial=False):
    """Running products along an axis, after a 1 with `include_initial`.

    Raises:
        ShapeError: x has several axes and none is named.

    Example:
        >>> cumulative_prod(np.array([2.0, 3.0]), include_initial=True)
        array([1., 2., 6.])
    """
    return _cumulative(cumprod, x, axis, dtype, 1 if include_initial else None)


@twin_of(np.nancumsum)
def nancumsum(a, axis=None, dtype=None):
    """Running sums along an axis, NaN counted as 0; its gradient is 0.

    Example:
        >>> nancumsum(np.array([1.0, np.nan, 3.0]))
        array([1., 1., 4.])
    """
    return cumsum(choose(equal(a, a), a, 0), axis, dtype)


@twin_of(np.nancumprod)
def nancumprod(a, axis=None, dtype=None):
    """Running products along an axis, NaN counted as 1; its gradient is 0.

    Example:
        >>> nancumprod(np.array([2.0, np.nan, 3.0]))
        array([2., 2., 6.])
    """
    return cumprod(choose(equal(a, a), a, 1), axis, dtype)
