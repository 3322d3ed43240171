"""Ops that read or write diagonals and triangles of matrices."""

from __future__ import annotations

import numpy as np

from autograd_lite.errors import ShapeError, explain
from autograd_lite.op import op
from autograd_lite.ops.elementwise import where
from autograd_lite.ops.reduce import sum
from autograd_lite.ops.shape import astype, ravel
from autograd_lite.ops.twins import twin_of

__all__ = [
    "diag",
    "diagflat",
    "diagonal",
    "trace",
    "tril",
    "triu",
]


def _onto_zeros(g, x_shape, offset, axis1, axis2):
    return place_diagonal(g, shape=x_shape, offset=offset, axis1=axis1, axis2=axis2)


@op(vjps=(_onto_zeros,), numpy=np.diagonal, view=True)
def diagonal(x, offset=0, axis1=0, axis2=1):
    """The diagonals of the planes of two axes, as a new last axis.

    Args:
        x: An array of two or more axes.
        offset: How far the diagonal lies above the main one; below if negative.
        axis1: The first axis of the planes: rows.
        axis2: The second axis: columns.

    Example:
        >>> diagonal(np.array([[1, 2], [3, 4]]))
        array([1, 4])
    """
    return np.diagonal(x, offset, axis1, axis2)


def _of_plane(g, offset, axis1, axis2):
    return diagonal(g, offset=offset, axis1=axis1, axis2=axis2)


@op(vjps=(_of_plane,))
def place_diagonal(x, shape, offset=0, axis1=0, axis2=1):
    """Zeros of this shape with the last axis of x on a diagonal: the adjoint of `diagonal`.

    Example:
        >>> place_diagonal(np.array([1.0, 2.0]), shape=(2, 2))
        array([[1., 0.],
               [0., 2.]])
    """
    out = np.zeros(shape, x.dtype)
    planes = np.moveaxis(out, (axis1, axis2), (-2, -1))
    along = np.arange(x.shape[-1])
    planes[..., along + max(-offset, 0), along + max(offset, 0)] = x
    return out


@twin_of(np.diag)
def diag(v, k=0):
    """A matrix with the vector v on its k-th diagonal; of a matrix, that diagonal.

    Raises:
        ShapeError: v has neither one nor two axes.

    Example:
        >>> diag(np.array([1, 2]))
        array([[1, 0],
               [0, 2]])
    """
    if v.ndim == 2:
        return diagonal(v, offset=k)
    if v.ndim != 1:
        got, expected = f"shape {v.shape}", "a vector or a matrix"
        raise ShapeError(explain("diag", "the wrong number of axes", got=got, expected=expected))
    n = v.size + abs(k)
    return place_diagonal(v, shape=(n, n), offset=k)


@twin_of(np.diagflat)
def diagflat(v, k=0):
    """A matrix with the entries of v, in C order, on its k-th diagonal.

    Example:
        >>> diagflat(np.array([[1], [2]]))
        array([[1, 0],
               [0, 2]])
    """
    return diag(ravel(v), k)


@twin_of(np.trace)
def trace(a, offset=0, axis1=0, axis2=1, dtype=None):
    """The sum of `diagonal`.

    Example:
        >>> trace(np.array([[1.0, 2.0], [3.0, 4.0]]))
        np.float64(5.0)
    """
    entries = diagonal(a, offset=offset, axis1=axis1, axis2=axis2)
    return sum(entries if dtype is None else astype(entries, dtype=dtype), axis=-1)


def _on_or_below(m, k, where):
    """Where matrices like m, or of rows like m, are on or below their k-th diagonal."""
    if m.ndim == 0:
        raise ShapeError(explain(where, "a single number has no triangle", got="shape ()"))
    rows, columns = (m.shape * 2)[-2:]
    return np.tri(rows, columns, k, dtype=bool)


@twin_of(np.tril)
def tril(m, k=0):
    """The last two axes on and below their k-th diagonal, zeros above it.

    Example:
        >>> tril(np.array([[1, 2], [3, 4]]))
        array([[1, 0],
               [3, 4]])
    """
    return where(_on_or_below(m, k, "tril"), m, 0)


@twin_of(np.triu)
def triu(m, k=0):
    """The last two axes on and above their k-th diagonal, zeros below it.

    Example:
        >>> triu(np.array([[1, 2], [3, 4]]))
        array([[1, 2],
               [0, 4]])
    """
    return where(_on_or_below(m, k - 1, "triu"), 0, m)
