"""Norms of vectors and matrices, and condition numbers.

Conventions: the subgradient of least norm, so 0 for every norm of zeros; the largest of k equal
entries, sums or singular values get ``1/k`` each.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.graph import Traced
from autograd_lite.op import composed, op
from autograd_lite.ops.complexes import conjugate
from autograd_lite.ops.elementwise import divide, multiply, power, where
from autograd_lite.ops.index import getitem
from autograd_lite.ops.linalg.parts import conj
from autograd_lite.ops.linalg.singular import svdvals
from autograd_lite.ops.linalg.solving import inv
from autograd_lite.ops.piecewise import absolute, sign
from autograd_lite.ops.predicates import equal
from autograd_lite.ops.reduce import expand, max, min, sum
from autograd_lite.ops.shape import astype, expand_dims, moveaxis, reshape, transpose

__all__ = [
    "cond",
    "matrix_norm",
    "norm",
    "vector_norm",
]


def _nonzero(x):
    """x, and 1 where it is 0."""
    return where(equal(x, 0), 1, x)


def _direction(x):
    """The derivative of ``abs(x)``: its sign, or for a complex one ``conj(x) / abs(x)``."""
    return divide(conjugate(x), _nonzero(absolute(x))) if x.dtype.kind == "c" else sign(x)


def _share(sizes, extreme, axis):
    """``1/k`` for each of the k entries that are the extreme along an axis."""
    hit = equal(sizes, extreme)
    return where(hit, divide(1, astype(sum(hit, axis=axis, keepdims=True), dtype=sizes.dtype)), 0)


def _is_matrix_norm(ord, axis, ndim):  # noqa: A002 - NumPy's name
    axes = range(ndim) if axis is None else np.atleast_1d(axis)
    return ord is not None and len(axes) == 2


def _by_sums(x, ord, axis):  # noqa: A002
    """The slope of the largest or smallest sum of sizes over rows or columns."""
    rows, cols = (0, 1) if axis is None else axis
    summed, kept = (rows, cols) if abs(ord) == 1 else (cols, rows)
    sums = sum(absolute(x), axis=summed, keepdims=True)
    extreme = max if ord > 0 else min
    return multiply(_share(sums, extreme(sums, axis=kept, keepdims=True), kept), _direction(x))


def _norm_vjp(g, out, x, ord, axis):  # noqa: A002
    g, out = expand(g, x.shape, axis), expand(out, x.shape, axis)
    if ord is None or ord == "fro" or (ord == 2 and not _is_matrix_norm(ord, axis, x.ndim)):
        return multiply(g, divide(conj(x), _nonzero(out)))
    if _is_matrix_norm(ord, axis, x.ndim):
        return multiply(g, _by_sums(x, ord, axis))
    if ord == 0:
        return None
    sizes = absolute(x)
    if abs(ord) == math.inf:
        slope = _share(sizes, out, axis)
    elif ord == 1:
        return multiply(g, _direction(x))
    else:
        zero = equal(sizes, 0)
        slope = where(zero, 0, power(divide(where(zero, 1, sizes), _nonzero(out)), ord - 1))
    return multiply(g, multiply(slope, _direction(x)))


@op(vjps=(_norm_vjp,))
def _norm(x, ord=None, axis=None, keepdims=False):  # noqa: A002
    return np.linalg.norm(x, ord, axis, keepdims)


@composed(numpy=np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002
    """Norm of vectors along one axis, or of matrices in two; of all entries for neither.

    Vectors have ``sum(abs(x)**ord) ** (1/ord)``, the largest size for inf, the smallest for -inf,
    the number of entries that are not 0 for 0. Matrices have "fro", "nuc" (the sum of singular
    values), 2 and -2 (the largest, the smallest of them), and 1, -1, inf and -inf (the largest,
    the smallest sum of sizes of a column or row). None is the root of the sum of squares.

    Derivative:
        0 for zeros; k equal extremes get ``1/k`` each.

    Raises:
        ValueError: there is no such norm.

    Example:
        >>> norm(np.array([3.0, 4.0]))
        np.float64(5.0)
    """
    if not isinstance(x, Traced):
        return np.linalg.norm(x, ord, axis, keepdims)
    ndim = len(x.shape)
    extremes: dict[Any, Any] = {2: max, -2: min, "nuc": sum}
    if ord not in extremes or not _is_matrix_norm(ord, axis, ndim):
        return _norm(x, ord=ord, axis=axis, keepdims=keepdims)
    pair = (0, 1) if axis is None else axis
    out = extremes[ord](svdvals(moveaxis(x, source=pair, destination=(-2, -1))), axis=-1)
    return expand_dims(out, axis=tuple(a % ndim for a in pair)) if keepdims else out


@composed(numpy=np.linalg.matrix_norm)
def matrix_norm(x: Any, *, keepdims: bool = False, ord: Any = "fro") -> Any:  # noqa: A002
    """`norm` of the matrices in the last two axes.

    Example:
        >>> matrix_norm(np.array([[3.0, 0.0], [0.0, 4.0]]), ord="nuc")
        np.float64(7.0)
    """
    return norm(x, ord, (-2, -1), keepdims)


@composed(numpy=np.linalg.vector_norm)
def vector_norm(x: Any, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:  # noqa: A002
    """`norm` of the vectors of all entries along some axes: an int, a tuple, or None for all.

    Example:
        >>> vector_norm(np.array([[3.0, 0.0], [0.0, 4.0]]))
        np.float64(5.0)
    """
    if not isinstance(x, Traced):
        return np.linalg.vector_norm(x, axis=axis, keepdims=keepdims, ord=ord)
    if isinstance(axis, int):
        return norm(x, ord, axis, keepdims)
    shape, ndim = x.shape, len(x.shape)
    axes = tuple(range(ndim)) if axis is None else tuple(a % ndim for a in axis)
    rest = [i for i in range(ndim) if i not in axes]
    lengths = [math.prod(shape[i] for i in axes), *[shape[i] for i in rest]]
    flat = x if axis is None else transpose(x, axes=(*axes, *rest))
    out = norm(reshape(flat, shape=tuple(lengths)), ord, 0)
    kept = tuple(1 if i in axes else n for i, n in enumerate(shape))
    return reshape(out, shape=kept) if keepdims else out


@composed(numpy=np.linalg.cond)
def cond(x: Any, p: Any = None) -> Any:
    """Condition number ``norm(x, p) * norm(inv(x), p)``; by singular values for None, 2 and -2.

    Shapes:
        ``(..., n, n) -> (...)``; ``(..., m, n)`` for None, 2 and -2.

    Raises:
        LinAlgError: a Tensor has a singular matrix, and p is none of None, 2 and -2.

    Example:
        >>> cond(np.array([[2.0, 0.0], [0.0, 1.0]]))
        np.float64(2.0)
    """
    if not isinstance(x, Traced):
        return np.linalg.cond(x, p)
    if p not in (None, 2, -2):
        return multiply(norm(x, p, (-2, -1)), norm(inv(x), p, (-2, -1)))
    s = svdvals(x)
    first, last = getitem(s, (..., 0)), getitem(s, (..., -1))
    with np.errstate(all="ignore"):
        return divide(last, first) if p == -2 else divide(first, last)
