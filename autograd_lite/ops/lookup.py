"""Rows of a table by their numbers, and the sum of rows by number that is its adjoint."""

from __future__ import annotations

import numpy as np

from autograd_lite import kernels
from autograd_lite.errors import DTypeError, explain
from autograd_lite.op import op

__all__ = [
    "embedding",
]


def _whole(indices):
    indices = np.asarray(indices)
    if indices.dtype.kind not in "iu":
        raise DTypeError(
            explain(
                "embedding",
                "indices are not integers",
                got=str(indices.dtype),
                expected="an integer array",
            )
        )
    return indices


@op(vjps=(lambda g, table_shape, indices: add_rows(g, indices, shape=table_shape), None))
def embedding(table, indices):
    """``table[indices]``: the rows with these numbers, negative ones counted from the end.

    The gradient sorts the numbers and adds up the rows of each, faster than that of indexing.

    Shapes:
        ``(n, *rest), indices -> (*indices, *rest)``

    Raises:
        DTypeError: the indices are not integers.
        IndexError: an index is out of range.

    Example:
        >>> embedding(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1, 1, 0]))
        array([[3., 4.],
               [3., 4.],
               [1., 2.]])
    """
    indices = _whole(indices)
    rows = kernels.take_rows(table, indices.reshape(-1))
    return rows.reshape(*indices.shape, *rows.shape[1:])


@op(vjps=(lambda g, indices: embedding(g, indices), None))
def add_rows(values, indices, shape):
    """Zeros of this shape with each of the rows added at its number: the adjoint of `embedding`.

    Example:
        >>> add_rows(np.array([[1.0], [2.0], [3.0]]), np.array([1, 1, 0]), shape=(2, 1))
        array([[3.],
               [3.]])
    """
    out = np.zeros(shape, values.dtype)
    numbers = _whole(indices).reshape(-1)
    if numbers.size:
        numbers = np.where(numbers < 0, numbers + shape[0], numbers)
        order = np.argsort(numbers, kind="stable")
        ordered = numbers[order]
        first = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
        rows = values.reshape(-1, *shape[1:])[order]
        out[ordered[first]] = np.add.reduceat(rows, first, axis=0)
    return out
