"""Matrix products."""

from __future__ import annotations

import numpy as np

from autograd_lite import kernels
from autograd_lite.errors import ShapeError, explain
from autograd_lite.op import op
from autograd_lite.ops.elementwise import multiply
from autograd_lite.ops.shape import expand_dims, matrix_transpose, reshape, squeeze

__all__ = [
    "matmul",
]


def _by_left(g, a_shape, b):
    """``g @ b.T``, with the vector cases that `matmul` has."""
    if b.ndim == 1:
        return multiply(expand_dims(g, axis=-1), b)
    if len(a_shape) == 1:
        return squeeze(matmul(b, expand_dims(g, axis=-1)), axis=-1)
    return matmul(g, matrix_transpose(b))


def _by_right(g, a, b_shape):
    """``a.T @ g``; batches that b does not have are summed by the product itself."""
    if a.ndim == 1:
        return (
            multiply(expand_dims(a, axis=-1), expand_dims(g, axis=-2)) if g.ndim else multiply(a, g)
        )
    if len(b_shape) == 1:
        g = expand_dims(g, axis=-1)
        return squeeze(matmul(matrix_transpose(a), g), axis=-1)
    if len(b_shape) == 2 and a.ndim > 2:
        a = reshape(a, shape=(-1, a.shape[-1]))
        g = reshape(g, shape=(-1, g.shape[-1]))
    return matmul(matrix_transpose(a), g)


@op(vjps=(_by_left, _by_right), numpy=np.matmul, broadcasts=True)
def matmul(a, b, /):
    """Matrix product ``a @ b`` of the last two axes; leading axes broadcast.

    Shapes:
        ``(..., m, k), (..., k, n) -> (..., m, n)``; a vector ``(k,)`` is a row on the left, a
        column on the right, and its axis is dropped from the result.

    Raises:
        ShapeError: the inner dimensions differ, or an argument is 0-d.

    Example:
        >>> matmul(np.ones((2, 3)), np.ones(3))
        array([3., 3.])
    """
    try:
        return kernels.matmul(a, b)
    except ValueError:
        raise ShapeError(
            explain(
                "matmul",
                "inner dimensions differ" if np.ndim(a) and np.ndim(b) else "an argument is 0-d",
                got=f"a {np.shape(a)}, b {np.shape(b)}",
                expected="a (..., m, k) and b (..., k, n)",
                fix="transpose one argument, or check the layer's `units`",
            )
        ) from None
