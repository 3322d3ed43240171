"""Attention: weights from queries and keys in one op, and the mean of values by these weights."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.errors import ShapeError, explain
from autograd_lite.graph import Traced
from autograd_lite.kernels import attention as kernels
from autograd_lite.op import composed, op, raw
from autograd_lite.ops.elementwise import multiply, subtract
from autograd_lite.ops.products import matmul
from autograd_lite.ops.reduce import sum
from autograd_lite.ops.shape import concatenate, matrix_transpose, reshape, take_slice
from autograd_lite.record import Product

__all__ = ["attention_weights", "dot_product_attention"]


def _along(x, y):
    return sum(multiply(x, y), axis=-1, keepdims=True)


@op(
    vjps=(
        lambda g, p, scale: softmax_grad(g, p, scale=scale),
        lambda g, p, h, scale: _by_weights(g, p, h, scale),
    )
)
def softmax_grad(h, p, scale=1.0):
    """``scale * p * (h - sum(h * p))`` along the last axis: the rule of ``p = softmax(x)``.

    Example:
        >>> softmax_grad(np.array([1.0, 0.0]), np.array([0.5, 0.5]))
        array([ 0.25, -0.25])
    """
    return kernels.softmax_grad(h, p, scale)


def _by_weights(g, p, h, scale):
    own = multiply(g, subtract(h, _along(h, p)))
    return multiply(subtract(own, multiply(h, _along(g, p))), scale)


def _fit(where, q, k, v=None):
    same = q.ndim == k.ndim >= 2 and q.shape[:-2] == k.shape[:-2]
    fits = same and q.shape[-1] == k.shape[-1] and (v is None or v.shape[:-1] == k.shape[:-1])
    if not fits:
        values = "" if v is None else f", v {v.shape}"
        raise ShapeError(
            explain(
                where,
                "shapes do not fit",
                got=f"q {q.shape}, k {k.shape}{values}",
                expected="q (..., n, d), k (..., m, d)" + ("" if v is None else ", v (..., m, e)"),
            )
        )


def _as_mask(mask, q, k):
    """The mask as a plain array of booleans that fits the weights."""
    if mask is None:
        return None
    mask = np.asarray(raw(mask)).astype(np.bool_, copy=False)
    weights = (*q.shape[:-1], k.shape[-2])
    try:
        fits = np.broadcast_shapes(mask.shape, weights) == weights
    except ValueError:
        fits = False
    if not fits:
        raise ShapeError(
            explain(
                "attention_weights",
                "the mask does not fit",
                got=str(mask.shape),
                expected=f"booleans that broadcast to {weights}",
            )
        )
    return np.atleast_1d(mask)


@op(
    vjps=(
        Product(matmul, lambda g, k: (g, k)),
        Product(matmul, lambda g, q: (matrix_transpose(g), q)),
    ),
    through=lambda g, out, scale: softmax_grad(g, out, scale=scale),
)
def attention_weights(q, k, mask=None, scale=1.0):
    """How much each query attends to each key: ``softmax(scale * q @ k.T)``, fused.

    Args:
        q: Queries.
        k: Keys.
        mask: Booleans that broadcast to the weights: those where it is False are 0, and the others
            of a row sum to 1. A row that is all False is all 0. None for all True.
        scale: A factor.

    Shapes:
        ``q (..., n, d)``, ``k (..., m, d)`` -> ``(..., n, m)``.

    Raises:
        ShapeError: shapes do not fit.

    Example:
        >>> attention_weights(np.zeros((1, 2)), np.zeros((3, 2)), np.array([True, True, False]))
        array([[0.5, 0.5, 0. ]])
    """
    _fit("attention_weights", q, k)
    return kernels.attention_weights(q, k, _as_mask(mask, q, k), scale)


def _size(shape):
    return math.prod(shape)


def _part(g, start, shape):
    """An array of a packed gradient."""
    return reshape(take_slice(g, 0, start, start + _size(shape)), shape=shape)


def _attend_back(g, residual, q, k, v, mask, scale):
    """The gradient by q, k and v in one flat array."""
    if not any(isinstance(x, Traced) for x in (g, q, k, v)):
        return kernels.attention_grad(g, residual, q, k, v, scale)
    weights = attention_weights(q, k, mask=mask, scale=scale)
    by_scores = softmax_grad(matmul(g, matrix_transpose(v)), weights, scale=scale)
    parts = (
        matmul(by_scores, k),
        matmul(matrix_transpose(by_scores), q),
        matmul(matrix_transpose(weights), g),
    )
    return concatenate([reshape(part, shape=(-1,)) for part in parts])


@op(
    vjps=(
        lambda g, q_shape: _part(g, 0, q_shape),
        lambda g, q_shape, k_shape: _part(g, _size(q_shape), k_shape),
        lambda g, q_shape, k_shape, v_shape: _part(g, _size(q_shape) + _size(k_shape), v_shape),
    ),
    through=_attend_back,
    residual=lambda q, k, v, mask=None, scale=1.0: kernels.attention(
        q, k, v, _as_mask(mask, q, k), scale
    ),
)
def attend(q, k, v, mask=None, scale=1.0):
    """``attention_weights(q, k, mask, scale) @ v``, each head's scores in the cache.

    Shapes:
        ``q (..., n, d)``, ``k (..., m, d)``, ``v (..., m, e)`` -> ``(..., n, e)``.

    Example:
        >>> attend(np.zeros((1, 2)), np.zeros((2, 2)), np.array([[2.0], [4.0]]))
        array([[3.]])
    """
    return kernels.attention(q, k, v, _as_mask(mask, q, k), scale)[0]


@composed()
def dot_product_attention(
    q: Any, k: Any, v: Any, mask: Any = None, scale: float | None = None, causal: bool = False
) -> Any:
    """Scaled dot-product attention, ``softmax(scale * q @ k.T) @ v`` (Vaswani et al., 2017).

    Args:
        q: Queries.
        k: Keys.
        v: Values, one for each key.
        mask: Booleans that broadcast to ``(..., n, m)``: False where a query must not attend. A
            query that may attend to nothing gives 0.
        scale: A factor; None for ``1 / sqrt(d)``.
        causal: Whether query i attends to keys up to i only.

    Shapes:
        ``q (..., n, d)``, ``k (..., m, d)``, ``v (..., m, e)`` -> ``(..., n, e)``.

    Raises:
        ShapeError: shapes do not fit.

    Example:
        >>> x, v = np.zeros((2, 1)), np.array([[2.0], [4.0]])
        >>> dot_product_attention(x, x, v, causal=True)
        array([[2.],
               [3.]])
    """
    _fit("dot_product_attention", q, k, v)
    if causal:
        past = np.tri(q.shape[-2], k.shape[-2], dtype=np.bool_)
        mask = past if mask is None else np.logical_and(past, raw(mask))
    if scale is None:
        scale = 1 / math.sqrt(q.shape[-1])
    return attend(q, k, v, mask=mask, scale=scale)
