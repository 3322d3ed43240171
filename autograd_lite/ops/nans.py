"""Reductions that leave NaN out. An entry that is NaN gets the gradient 0."""

from __future__ import annotations

import numpy as np

from autograd_lite.op import op, raw
from autograd_lite.ops.predicates import equal, logical_and
from autograd_lite.ops.reduce import (
    masked,
    options_of,
    spread_mean,
    spread_prod,
    spread_sum,
    to_extremes,
)
from autograd_lite.ops.statistics import spread_options, spread_std, spread_var

__all__ = [
    "nanmax",
    "nanmean",
    "nanmin",
    "nanprod",
    "nanstd",
    "nansum",
    "nanvar",
]


def _present(x, where):
    """Which entries take part: those that `where` picks and that are not NaN."""
    numbers = equal(x, x)
    return numbers if where is True else logical_and(numbers, raw(where))


def _spread_nansum(g, x, axis, where):
    return spread_sum(g, x.shape, axis, _present(x, where))


@op(vjps=(_spread_nansum,), numpy=np.nansum)
def nansum(x, axis=None, dtype=None, *, keepdims=False, initial=None, where=True):
    """Sum over axes, NaN left out.

    Example:
        >>> nansum(np.array([1.0, np.nan, 3.0]))
        np.float64(4.0)
    """
    options = options_of("nansum", initial, where)
    return np.nansum(x, axis=axis, dtype=dtype, keepdims=keepdims, **options)


def _spread_nanprod(g, x, axis, initial, where):
    return spread_prod(g, x, axis, initial, _present(x, where))


@op(vjps=(_spread_nanprod,), numpy=np.nanprod)
def nanprod(x, axis=None, dtype=None, *, keepdims=False, initial=None, where=True):
    """Product over axes, NaN left out. Its derivatives are exact at zeros.

    Example:
        >>> nanprod(np.array([2.0, np.nan, 3.0]))
        np.float64(6.0)
    """
    options = options_of("nanprod", initial, where)
    return np.nanprod(x, axis=axis, dtype=dtype, keepdims=keepdims, **options)


def _spread_nanmean(g, x, axis, where):
    return spread_mean(g, x.shape, axis, _present(x, where))


@op(vjps=(_spread_nanmean,), numpy=np.nanmean)
def nanmean(x, axis=None, dtype=None, *, keepdims=False, where=True):
    """Arithmetic mean over axes, NaN left out; NaN, with a warning, where nothing else is.

    Example:
        >>> nanmean(np.array([1.0, np.nan, 3.0]))
        np.float64(2.0)
    """
    return np.nanmean(x, axis=axis, dtype=dtype, keepdims=keepdims, **options_of("", None, where))


@op(vjps=(to_extremes,), numpy=np.nanmax)
def nanmax(x, axis=None, *, keepdims=False, initial=None, where=True):
    """Largest entry along axes, NaN left out; k equal ones get ``1/k`` of the gradient each.

    Example:
        >>> nanmax(np.array([1.0, np.nan, 3.0]))
        np.float64(3.0)
    """
    return np.nanmax(x, axis=axis, keepdims=keepdims, **options_of("nanmax", initial, where))


@op(vjps=(to_extremes,), numpy=np.nanmin)
def nanmin(x, axis=None, *, keepdims=False, initial=None, where=True):
    """Smallest entry along axes, NaN left out; k equal ones get ``1/k`` of the gradient each.

    Example:
        >>> nanmin(np.array([1.0, np.nan, 3.0]))
        np.float64(1.0)
    """
    return np.nanmin(x, axis=axis, keepdims=keepdims, **options_of("nanmin", initial, where))


def _spread_nanvar(g, x, axis, ddof, correction, where):
    present = _present(x, where)
    return spread_var(g, masked(x, present), axis, ddof, correction, present)


@op(vjps=(_spread_nanvar,), numpy=np.nanvar)
def nanvar(x, axis=None, dtype=None, *, ddof=0, keepdims=False, where=True, correction=None):
    """Variance as `var` has it, NaN left out.

    Example:
        >>> nanvar(np.array([1.0, np.nan, 3.0]))
        np.float64(1.0)
    """
    options = spread_options(ddof, where, correction)
    return np.nanvar(x, axis=axis, dtype=dtype, keepdims=keepdims, **options)


def _spread_nanstd(g, out, x, axis, ddof, correction, where):
    present = _present(x, where)
    return spread_std(g, out, masked(x, present), axis, ddof, correction, present)


@op(vjps=(_spread_nanstd,), numpy=np.nanstd)
def nanstd(x, axis=None, dtype=None, *, ddof=0, keepdims=False, where=True, correction=None):
    """Standard deviation as `std` has it, NaN left out. Its derivative is 0 for equal values.

    Example:
        >>> nanstd(np.array([1.0, np.nan, 3.0]))
        np.float64(1.0)
    """
    options = spread_options(ddof, where, correction)
    return np.nanstd(x, axis=axis, dtype=dtype, keepdims=keepdims, **options)
