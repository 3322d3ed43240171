"""Averages, spreads and covariances.

Conventions: `std` of equal values has derivative 0; `var` and `std` divide by ``n - ddof``, with
``ddof=0`` as NumPy. The derivative of an absolute square is twice the conjugate.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from autograd_lite.errors import ShapeError, explain
from autograd_lite.graph import Traced
from autograd_lite.op import op, raw
from autograd_lite.ops.complexes import conjugate, real
from autograd_lite.ops.elementwise import divide, multiply, sqrt, subtract
from autograd_lite.ops.elementwise import where as choose
from autograd_lite.ops.index import getitem
from autograd_lite.ops.piecewise import clip
from autograd_lite.ops.predicates import equal
from autograd_lite.ops.products import matmul
from autograd_lite.ops.reduce import (
    at_least_one,
    axes_of,
    constant,
    count_of,
    expand,
    masked,
    max,
    mean,
    min,
    sum,
)
from autograd_lite.ops.shape import (
    astype,
    broadcast_to,
    concatenate,
    reshape,
    squeeze,
    transpose,
)
from autograd_lite.ops.twins import twin_of

__all__ = [
    "average",
    "corrcoef",
    "cov",
    "ptp",
    "std",
    "var",
]


def traced_or_array(x: Any) -> Any:
    """A Tensor as it is, anything else as an array."""
    return x if isinstance(x, Traced) else np.asarray(x)


def _shares(weights, shape, axis):
    """Weights in a shape that broadcasts to that of the data."""
    if weights.shape == shape:
        return weights
    axes = axes_of(axis, len(shape))
    if axis is None or weights.shape != tuple(shape[i] for i in axes):
        raise ShapeError(
            explain(
                "average",
                "the weights do not fit",
                got=f"weights {weights.shape}, a {shape}, axis {axis}",
                expected="the shape of a, or with `axis` that of a along it",
            )
        )
    weights = transpose(weights, axes=tuple(np.argsort(axes).tolist()))
    return reshape(weights, tuple(n if i in axes else 1 for i, n in enumerate(shape)))


@twin_of(np.average)
def average(a, axis=None, weights=None, returned=False, *, keepdims=False):
    """Mean with weights, ``sum(w * a) / sum(w)``; with `returned`, also the sum of the weights.

    Raises:
        ShapeError: the weights fit neither a nor its axes.
        ZeroDivisionError: the weights of some mean add up to 0.

    Example:
        >>> average(np.array([1.0, 3.0]), weights=np.array([3.0, 1.0]))
        np.float64(1.5)
    """
    a = traced_or_array(a)
    if weights is None:
        result = mean(a, axis, keepdims=keepdims)
        total = np.asarray(a.size / result.size, result.dtype)
    else:
        shares = _shares(traced_or_array(weights), a.shape, axis)
        whole = np.float64 if a.dtype.kind in "biu" else a.dtype
        dtype = np.result_type(a.dtype, shares.dtype, whole)
        total = sum(shares, axis, dtype, keepdims=keepdims)
        if (raw(total) == 0).any():
            raise ZeroDivisionError(explain("average", "the weights add up to 0"))
        result = divide(sum(multiply(a, astype(shares, dtype)), axis, keepdims=keepdims), total)
    return (result, broadcast_to(total, result.shape)) if returned else result


@twin_of(np.ptp)
def ptp(a, axis=None, *, keepdims=False):
    """Range from the smallest to the largest entry, ``max - min``; ties share as they do there.

    Example:
        >>> ptp(np.array([1.0, 5.0, 3.0]))
        np.float64(4.0)
    """
    return subtract(max(a, axis, keepdims=keepdims), min(a, axis, keepdims=keepdims))


def _freedom(count, ddof, correction):
    """``count - ddof``, what variances divide by; NaN if it is not positive."""
    left = count - (ddof if correction is None else correction)
    if isinstance(left, np.ndarray):
        return np.where(left > 0, left, np.nan)
    return left if left > 0 else math.nan


def _centred(x, axis, where):
    """Distances from the mean, conjugated."""
    if where is True:
        centre = mean(x, axis=axis, keepdims=True)
    else:
        total = sum(x, axis=axis, keepdims=True, where=where)
        centre = divide(total, at_least_one(count_of(x.shape, axis, where), x.dtype))
    centred = subtract(x, centre)
    return conjugate(centred) if x.dtype.kind == "c" else centred


def spread_var(g, x, axis, ddof, correction, where):
    """The rule of `var`: ``g * 2 * (x - mean) / (n - ddof)``."""
    scale = 2 / _freedom(count_of(x.shape, axis, where), ddof, correction)
    slope = multiply(_centred(x, axis, where), scale)
    return masked(multiply(expand(g, x.shape, axis), slope), where)


def spread_std(g, out, x, axis, ddof, correction, where):
    """The rule of `std`: ``g * (x - mean) / (std * (n - ddof))``, 0 where `std` is 0."""
    spread = expand(out, x.shape, axis)
    flat = equal(spread, 0)
    count = _freedom(count_of(x.shape, axis, where), ddof, correction)
    slope = divide(_centred(x, axis, where), multiply(choose(flat, 1, spread), count))
    return masked(multiply(expand(g, x.shape, axis), choose(flat, 0, slope)), where)


def spread_options(ddof, where, correction):
    """NumPy's arguments for the settings of `var` and `std` that were given."""
    options = {"ddof": ddof} if correction is None or ddof else {}
    if correction is not None:
        options["correction"] = correction
    return options if where is True else {**options, "where": raw(where)}


@op(vjps=(spread_var,), numpy=np.var)
def var(x, axis=None, dtype=None, *, ddof=0, keepdims=False, where=True, correction=None):
    """Variance: the mean square distance from the mean, over ``n - ddof``.

    `correction` is another name of `ddof`.

    Example:
        >>> var(np.array([1.0, 3.0]))
        np.float64(1.0)
    """
    options = spread_options(ddof, where, correction)
    return np.var(x, axis=axis, dtype=dtype, keepdims=keepdims, **options)


@op(vjps=(spread_std,), numpy=np.std)
def std(x, axis=None, dtype=None, *, ddof=0, keepdims=False, where=True, correction=None):
    """Standard deviation, the root of `var`. Its derivative is 0 where all values are equal.

    Example:
        >>> std(np.array([1.0, 3.0]))
        np.float64(1.0)
    """
    options = spread_options(ddof, where, correction)
    return np.std(x, axis=axis, dtype=dtype, keepdims=keepdims, **options)


def _variables(m, rowvar, dtype):
    """Observations as a matrix with a row for each variable."""
    if m.ndim > 2:
        raise ShapeError(
            explain("cov", "more than two axes", got=str(m.shape), expected="(n,) or (k, n)")
        )
    rows = reshape(m, (1, -1)) if m.ndim < 2 else m if rowvar else transpose(m)
    return astype(rows, dtype)


def _observation_weights(fweights, aweights):
    """The product of both kinds of weights, None without any."""
    if fweights is None:
        return aweights
    fweights = constant("cov", "fweights", fweights)
    return fweights if aweights is None else multiply(fweights, aweights)


def _cov_freedom(n, total, weights, aweights, ddof):
    """What sums of products are divided by."""
    if weights is None:
        left = n - ddof
    elif ddof == 0 or aweights is None:
        left = subtract(total, ddof)
    else:
        left = subtract(total, divide(multiply(sum(multiply(weights, aweights)), ddof), total))
    if raw(left) <= 0:
        warnings.warn("Degrees of freedom <= 0 for slice", RuntimeWarning, stacklevel=4)
        return 0.0
    return left


@twin_of(np.cov)
def cov(
    m,
    y=None,
    rowvar=True,
    bias=False,
    ddof=None,
    fweights=None,
    aweights=None,
    *,
    dtype=None,
):
    """Covariances of variables: ``(X - mean) @ (X - mean).H / (n - ddof)``, at least in float64.

    Rows of m, and of y below them, are variables; columns are observations. `fweights` has no
    gradient.

    Shapes:
        ``(k, n) -> (k, k)``; ``(n,)`` is one variable, and its variance is 0-d.

    Raises:
        ShapeError: m or y has more than two axes.
        GradientError: `fweights` requires a gradient.

    Example:
        >>> cov(np.array([[1.0, 3.0], [0.0, 4.0]]))
        array([[2., 4.],
               [4., 8.]])
    """
    parts = [traced_or_array(part) for part in (m, y) if part is not None]
    dtype = np.result_type(*[p.dtype for p in parts], np.float64) if dtype is None else dtype
    x = concatenate([_variables(p, rowvar, dtype) for p in parts])
    ddof = (0 if bias else 1) if ddof is None else ddof
    weights = _observation_weights(fweights, aweights)
    centre, totals = average(x, axis=1, weights=weights, returned=True)
    freedom = _cov_freedom(x.shape[1], totals[0], weights, aweights, ddof)
    centred = subtract(x, reshape(centre, (-1, 1)))
    other = transpose(centred if weights is None else multiply(centred, weights))
    products = matmul(centred, conjugate(other) if other.dtype.kind == "c" else other)
    return squeeze(multiply(products, divide(1, freedom)))


@twin_of(np.corrcoef)
def corrcoef(x, y=None, rowvar=True, *, dtype=None):
    """Correlations of variables, ``cov_ij / sqrt(cov_ii * cov_jj)``, with variables as in `cov`.

    Real ones are clipped to ``-1 .. 1``; their derivative is 0 at the bounds.

    Shapes:
        ``(k, n) -> (k, k)``; ``(n,)`` is one variable, and its correlation 0-d.

    Example:
        >>> corrcoef(np.array([[1.0, 2.0, 4.0], [-1.0, -2.0, -4.0]]))
        array([[ 1., -1.],
               [-1.,  1.]])
    """
    c = cov(x, y, rowvar, dtype=dtype)
    if c.ndim == 0:
        return divide(c, c)
    n = np.arange(c.shape[0])
    variances = getitem(c, (n, n))
    spread = sqrt(real(variances) if c.dtype.kind == "c" else variances)
    c = divide(divide(c, reshape(spread, (-1, 1))), spread)
    return c if c.dtype.kind == "c" else clip(c, -1, 1)
