"""Products of many matrices."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from autograd_lite.errors import ShapeError, explain
from autograd_lite.graph import Traced
from autograd_lite.op import BY_NUMPY, composed
from autograd_lite.ops.elementwise import where
from autograd_lite.ops.products import matmul

__all__ = [
    "matrix_power",
    "multi_dot",
]


@composed(numpy=np.linalg.multi_dot)
def multi_dot(arrays: Sequence[Any]) -> Any:
    """Product of two or more matrices, in the order that costs the fewest multiplications.

    The order is found by dynamic programming: Cormen, Leiserson, Rivest and Stein, Introduction to
    Algorithms, section 15.2.

    Shapes:
        ``(k0, k1), (k1, k2), ..., -> (k0, kn)``; the first may be a row ``(k1,)`` and the last a
        column, and their axes are dropped from the result.

    Raises:
        ShapeError: there are fewer than two, or neighbours do not fit together.

    Example:
        >>> multi_dot([np.ones((2, 3)), np.ones((3, 4)), np.ones(4)])
        array([12., 12.])
    """
    chain = [a if isinstance(a, Traced) else np.asarray(a) for a in arrays]
    shapes = [a.shape for a in chain]
    matrices = [_as_matrix(s, i, len(chain)) for i, s in enumerate(shapes)]
    fits = all(a[1] == b[0] for a, b in pairwise(matrices) if a and b)
    if len(chain) < 2 or not all(matrices) or not fits:
        raise ShapeError(
            explain(
                "multi_dot",
                "the arrays do not make a chain",
                got="shapes " + ", ".join(map(str, shapes)),
                expected="two or more matrices, each with as many rows as the one before has "
                "columns; the first and the last may be vectors",
            )
        )
    lengths = [matrices[0][0], *(columns for _, columns in matrices)]
    splits = _best_splits(lengths)

    def product(i: int, j: int) -> Any:
        """Of the arrays from i to j."""
        if i == j:
            return chain[i]
        k = splits[i, j]
        return matmul(product(i, k), product(k + 1, j))

    return product(0, len(chain) - 1)


def _as_matrix(shape: tuple[int, ...], i: int, count: int) -> tuple[int, ...]:
    """Rows and columns; nothing if an array at place i of a chain cannot have this shape."""
    if len(shape) == 1 and i in (0, count - 1):
        return (1, *shape) if i == 0 else (*shape, 1)
    return shape if len(shape) == 2 else ()


def _best_splits(lengths: Sequence[int]) -> dict[tuple[int, int], int]:
    """Behind which matrix the cheapest product of matrices i to j is split, for all i < j."""
    count = len(lengths) - 1
    cost = {(i, i): 0 for i in range(count)}
    splits = {}
    for span in range(1, count):
        for i in range(count - span):
            j = i + span
            ends = lengths[i] * lengths[j + 1]
            costs = {k: cost[i, k] + cost[k + 1, j] + ends * lengths[k + 1] for k in range(i, j)}
            splits[i, j] = min(costs, key=costs.__getitem__)
            cost[i, j] = costs[splits[i, j]]
    return splits


@composed(numpy=np.linalg.matrix_power)
def matrix_power(a: Any, n: int) -> Any:
    """Square matrices to an integer power, by repeated squaring; a negative one inverts them.

    Shapes:
        ``(..., m, m) -> (..., m, m)``.

    Raises:
        ShapeError: the matrices are not square.
        TypeError: the power is not an integer.

    Example:
        >>> matrix_power(np.array([[1.0, 1.0], [0.0, 1.0]]), 5)
        array([[1., 5.],
               [0., 1.]])
    """
    a = a if isinstance(a, Traced) else np.asarray(a)
    shape = a.shape
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise ShapeError(
            explain(
                "matrix_power",
                "the matrices are not square",
                got=f"shape {shape}",
                expected="(..., m, m)",
            )
        )
    n = _integer(n)
    if n == 0:
        return where(np.False_, a, np.eye(shape[-1], dtype=a.dtype))
    if n < 0:
        a, n = BY_NUMPY[np.linalg.inv](a), -n
    result: Any = None
    while n:
        if n % 2:
            result = a if result is None else matmul(result, a)
        n //= 2
        a = matmul(a, a) if n else a
    return result


def _integer(n: Any) -> int:
    try:
        return n.__index__()
    except AttributeError:
        raise TypeError(
            explain("matrix_power", "the power is not an integer", got=repr(n), expected="an int")
        ) from None
