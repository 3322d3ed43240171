"""Attention's weights, a softmax of scaled products, and what their gradient is by the scores."""

import functools

import numpy as np

from autograd_lite.kernels.matmul import matmul
from autograd_lite.kernels.runtime import use_compiled
from autograd_lite.kernels.softmax import softmax_reference

_FLOATS = frozenset({np.dtype(np.float32), np.dtype(np.float64)})
# As softmax has them.
_COST = 6e-5
_SMALL = 1024


@functools.cache
def _compiled():
    from autograd_lite.kernels.compiled import attention, softmax

    return softmax.softmax, attention.softmax_grad


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
    softmax, _ = _compiled()
    softmax(_COST * x.nbytes, rows, rows)
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
    _, kernel = _compiled()
    kernel(_COST * p.nbytes, g_rows, p_rows, float(scale), out_rows)
    return out
