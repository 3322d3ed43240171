"""Attention: weights that are a softmax of scaled products, values by these weights, gradients.

The kernels serve float32 and float64, and take heads wherever they lie in memory.
"""

import functools

import numpy as np

from autograd_lite.kernels.matmul import matmul
from autograd_lite.kernels.runtime import use_compiled
from autograd_lite.kernels.softmax import softmax_reference

_FLOATS = frozenset({np.dtype(np.float32), np.dtype(np.float64)})
# As softmax has them.
_COST = 6e-5
_SMALL = 1024
_PRODUCTS_PER_MICROSECOND = 50_000
# Threads share out whole heads. So few of them with so many products are left to other kernels.
_FEW_HEADS, _MANY_PRODUCTS = 4, 4_000_000
_NO_ROWS = np.ones((1, 1), np.bool_)
# What a hidden score is: the least number rather than -inf, of which a whole row would give NaN.
_LEAST = {dtype: np.finfo(dtype).min for dtype in _FLOATS}


@functools.cache
def _compiled():
    from autograd_lite.kernels.compiled import attention

    return attention


@functools.cache
def _softmax():
    from autograd_lite.kernels.compiled import softmax

    return softmax.softmax


def attention_weights(q, k, mask=None, scale=1.0):
    """``softmax(scale * q @ k.T)`` along the last axis, 0 where `mask` is False.

    A row of which everything is masked is all 0.

    Args:
        q: Queries ``(..., n, d)``.
        k: Keys ``(..., m, d)``.
        mask: Booleans that broadcast to ``(..., n, m)``, None for all True.
        scale: A factor.

    Shapes:
        ``(..., n, d), (..., m, d) -> (..., n, m)``

    Example:
        >>> attention_weights(np.zeros((2, 1)), np.zeros((2, 1)), np.array([[True, False]]))
        array([[1., 0.],
               [1., 0.]])
    """
    scores = matmul(q, np.swapaxes(k, -1, -2), scale=scale)
    if mask is not None:
        hidden = ~mask
        # The least number rather than -inf, of which a whole row would give NaN.
        np.copyto(scores, np.finfo(scores.dtype).min, where=hidden)
    weights = _softmax_in_place(scores)
    if mask is not None and not mask.any(axis=-1).all():
        np.copyto(weights, 0, where=hidden)
    return weights


def _softmax_in_place(x):
    if x.size < _SMALL or x.dtype not in _FLOATS or not use_compiled():
        return softmax_reference(x)
    rows = x.reshape(-1, x.shape[-1])  # a product is contiguous
    _softmax()(_COST * x.nbytes, rows, rows)
    return x


def softmax_grad_reference(g, p, scale=1.0):
    """`softmax_grad` in NumPy."""
    out = np.multiply(g, p)
    mean = np.add.reduce(out, axis=-1, keepdims=True)
    out -= p * mean
    return out if scale == 1 else np.multiply(out, scale, out=out)


def softmax_grad(g, p, scale=1.0):
    """The gradient of ``p = softmax(x)`` along the last axis by ``x / scale``.

    ``scale * p * (g - sum(g * p))``, in one pass over each row.

    Args:
        g: Gradient of p. The kernel serves float32 and float64.
        p: Rows that sum to 1.
        scale: A factor.

    Shapes:
        ``(..., n), (..., n) -> (..., n)``

    Example:
        >>> softmax_grad(np.array([1.0, 0.0]), np.array([0.5, 0.5]))
        array([ 0.25, -0.25])
    """
    suits = p.size >= _SMALL and g.dtype == p.dtype and p.dtype in _FLOATS and g.shape == p.shape
    if not suits or not use_compiled():
        return softmax_grad_reference(g, p, scale)
    g, p = (np.ascontiguousarray(a) for a in (g, p))
    out = np.empty_like(p)
    g_rows, p_rows, out_rows = (a.reshape(-1, p.shape[-1]) for a in (g, p, out))
    _compiled().softmax_grad(_COST * p.nbytes, g_rows, p_rows, float(scale), out_rows)
    return out


def _suits(q, k, v):
    """Whether a kernel takes all of attention, and is worth its call. Not a matter of threads."""
    if q.dtype not in _FLOATS or not (q.dtype == k.dtype == v.dtype) or not use_compiled():
        return False
    scores = q.size // (q.shape[-1] or 1) * k.shape[-2]
    products = scores * (q.shape[-1] + v.shape[-1])
    heads = scores // (q.shape[-2] * k.shape[-2] or 1)
    return scores >= _SMALL and v.size > 0 and (heads >= _FEW_HEADS or products < _MANY_PRODUCTS)


def _heads(x):
    """`x` as ``(batch, heads, rows, columns)`` of contiguous rows, a view if it can be."""
    if x.ndim != 4:
        lead = x.shape[:-2]
        x = x.reshape(1, *lead, *x.shape[-2:]) if x.ndim == 3 else x.reshape(-1, 1, *x.shape[-2:])
    if x.strides[-1] != x.itemsize or not x.flags.aligned:
        x = np.require(x, requirements="CA")
    return x


def _place(x):
    """How kernels take an array of `_heads`."""
    return id(x), x.strides[:3]


def _flat(x):
    """A contiguous array with one axis of all heads."""
    return x.reshape(-1, *x.shape[-2:])


def _cost(weights, depths):
    """Microseconds on one thread, about, of products of such depths for each weight."""
    return weights.size * (depths / _PRODUCTS_PER_MICROSECOND + _COST * weights.itemsize)


def attention_reference(q, k, v, mask=None, scale=1.0):
    """`attention` in other functions of this module."""
    weights = attention_weights(q, k, mask, scale)
    return matmul(weights, v), weights


def attention(q, k, v, mask=None, scale=1.0):
    """``attention_weights(q, k, mask, scale) @ v``, and these weights.

    Args:
        q: Queries ``(..., n, d)``.
        k: Keys ``(..., m, d)``.
        v: Values ``(..., m, e)``.
        mask: Booleans that broadcast to ``(..., n, m)``, None for all True.
        scale: A factor of the scores.

    Shapes:
        ``(..., n, d), (..., m, d), (..., m, e) -> (..., n, e), (..., n, m)``

    Example:
        >>> x = np.zeros((2, 1))
        >>> attention(x, x, np.array([[2.0], [4.0]]))[0]
        array([[3.],
               [3.]])
    """
    if not _suits(q, k, v):
        return attention_reference(q, k, v, mask, scale)
    lead, (n, depth), m = q.shape[:-2], q.shape[-2:], k.shape[-2]
    out = np.empty((*lead, n, v.shape[-1]), q.dtype)
    weights = np.empty((*lead, n, m), q.dtype)
    q, k, v = _heads(q), _heads(k), _heads(v)
    _compiled().attend(
        _cost(weights, depth + v.shape[-1]), _compiled().tools(q.dtype),
        *_place(q), *_place(k), *_place(v), *_rows_of(mask, weights.shape), mask is not None,
        q.shape[1], depth, _LEAST[q.dtype], q.dtype.type(scale), _flat(weights), _flat(out),
    )  # fmt: skip
    return out, weights


def _rows_of(mask, shape):
    """The rows of a mask, and how far apart they are by each axis of `_heads` but the last one."""
    if mask is None:
        return _NO_ROWS, (0, 0, 0)
    if len(shape) > 4:
        mask = np.broadcast_to(mask, shape).reshape(-1, 1, *shape[-2:])
    else:
        mask = mask.reshape((1,) * (4 - mask.ndim) + mask.shape)
    mask = np.array(np.broadcast_to(mask, (*mask.shape[:-1], shape[-1])), order="C")
    batch, heads, rows, _ = mask.shape
    apart = (heads * rows * (batch > 1), rows * (heads > 1), int(rows > 1))
    return mask.reshape(-1, shape[-1]), apart


def attention_grad_reference(g, weights, q, k, v, scale=1.0):
    """`attention_grad` in other functions of this module."""
    g_scores = softmax_grad(matmul(g, np.swapaxes(v, -1, -2)), weights, scale)
    by_k, by_v = (matmul(np.swapaxes(x, -1, -2), y) for x, y in ((g_scores, q), (weights, g)))
    return np.concatenate([x.reshape(-1) for x in (matmul(g_scores, k), by_k, by_v)])


def attention_grad(g, weights, q, k, v, scale=1.0):
    """The gradient of `attention` pulled back to ``q, k, v``, each raveled, in one array.

    Args:
        g: Gradient of the first result.
        weights: The second result.
        q: As for `attention`, `k`, `v` and `scale` too.
        k: Keys.
        v: Values.
        scale: A factor of the scores.
    """
    if g.dtype != q.dtype or not _suits(q, k, v):
        return attention_grad_reference(g, weights, q, k, v, scale)
    packed = np.empty(q.size + k.size + v.size, q.dtype)
    by_q, by_k = packed[: q.size], packed[q.size : q.size + k.size]
    by_q, by_k = by_q.reshape(-1, *q.shape[-2:]), by_k.reshape(-1, *k.shape[-2:])
    by_v = packed[q.size + k.size :].reshape(-1, *v.shape[-2:])
    g, q, k, v = _heads(g), _heads(q), _heads(k), _heads(v)
    _compiled().attend_grad(
        _cost(weights, 2 * q.shape[-1] + 2 * v.shape[-1]), _compiled().tools(q.dtype),
        *_place(g), *_place(q), *_place(k), *_place(v), q.shape[1], q.dtype.type(scale),
        _flat(weights), by_q, by_k, by_v,
    )  # fmt: skip
    return packed
