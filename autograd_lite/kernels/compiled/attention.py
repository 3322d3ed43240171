"""Attention head by head, so that scores stay in the cache, and the gradient of rows of weights."""

import numpy as np

from autograd_lite.kernels.compiled.blocks import call_pack, call_product, panels_bytes, tools
from autograd_lite.kernels.compiled.formulas import exp_below as exp
from autograd_lite.kernels.compiled.lanes import MAX, SUM, sweep
from autograd_lite.kernels.compiled.parallel import share, spread
from autograd_lite.kernels.compiled.tile import data, keep, lanes_and_size
from autograd_lite.kernels.runtime import inner

__all__ = ["attend", "attend_grad", "softmax_grad", "tools"]

_ROWS = 48  # queries whose scores are dealt with at a time: whole tiles of any height

# As in `softmax`: a row has the bits that it has there.
_max = sweep(lambda x: x, folds=(MAX,), unroll=4)
_exp_and_sum = sweep(lambda x, peak: (exp(x - peak),) * 2, folds=(SUM,), unroll=2)
_scale = sweep(lambda x, factor: x * factor)
_along = sweep(lambda g, p: g * p, folds=(SUM,), unroll=4)
_across = sweep(lambda g, p, mean, scale: p * (g - mean) * scale)


@spread
def softmax_grad(g, p, scale, out, part, parts):
    """Rows ``scale * p * (g - sum(g * p))``."""
    rows, n = p.shape
    first, last = share(rows, part, parts)
    for i in range(first, last):
        mean = _along(i * n, n, (), (g, p), ())
        _across(i * n, n, (out,), (g, p), (mean, scale))


@inner
def _memory(size):
    """`size` bytes, and the address of a cache line in them with as many after it."""
    memory = np.empty(size + 64, np.uint8)
    return memory, (memory.ctypes.data + 63) // 64 * 64


@inner
def _head(x, strides, i, heads):
    """The address of head `i` of an array that is given by its id."""
    return data(x) + i // heads * strides[0] + i % heads * strides[1]


@inner
def _softmax(row):
    n = row.size
    peak = _max(0, n, (), (row,), ())
    total = _exp_and_sum(0, n, (row,), (row,), (peak,))
    _scale(0, n, (row,), (row,), (1 / total,))


@inner
def _masked_softmax(row, mask, lowest):
    some = False
    for j in range(row.size):
        some |= mask[j]
    for j in range(row.size):
        row[j] = row[j] if mask[j] else lowest
    if some:
        _softmax(row)
    else:
        row[:] = 0


@spread
def attend(
    tools, q, q_at, k, k_at, v, v_at, mask, mask_at, masked, heads, depth, lowest, scale, weights,
    out, part, parts,
):  # fmt: skip
    """Fill `weights` and `out`, which have one axis of all heads.

    q, k and v are ids of arrays ``(batch, heads, rows, columns)`` whose rows are contiguous, and
    their strides; `mask` has rows only, `mask_at` says where they are.
    """
    pack, multiply = tools
    count, n, width = out.shape
    m = weights.shape[2]
    one = out.dtype.type(1)
    _, size = lanes_and_size(one)
    first, last = share(count, part, parts)
    keys_memory, keys = _memory(panels_bytes(m, depth, one))
    values_memory, values = _memory(panels_bytes(width, m, one))
    for i in range(first, last):
        call_pack(pack, _head(k, k_at, i, heads), size, k_at[2], m, depth, keys, one)
        call_pack(pack, _head(v, v_at, i, heads), v_at[2], size, width, m, values, one)
        hidden = i // heads * mask_at[0] + i % heads * mask_at[1]
        queries, to = _head(q, q_at, i, heads), out.ctypes.data + i * n * width * size
        for top in range(0, n, _ROWS):
            rows = min(_ROWS, n - top)
            here = weights[i, top : top + rows]
            place = here.ctypes.data
            call_product(
                multiply,
                rows,
                m,
                depth,
                queries + top * q_at[2],
                q_at[2],
                size,
                keys,
                place,
                m * size,
                scale,
            )
            for r in range(rows):
                if masked:
                    row = hidden + (top + r) * mask_at[2]
                    _masked_softmax(here[r], mask[row], lowest)
                else:
                    _softmax(here[r])
            call_product(
                multiply, rows, width, m, place, m * size, size, values, to + top * width * size,
                width * size, one,
            )  # fmt: skip
    keep(keys_memory)
    keep(values_memory)


@spread
def attend_grad(
    tools, g, g_at, q, q_at, k, k_at, v, v_at, heads, scale, weights, dq, dk, dv, part, parts
):
    """Fill `dq`, `dk` and `dv` with what `g`, the gradient of `out`, is by them."""
    pack, multiply = tools
    count, n, depth = dq.shape
    m, width = dv.shape[1:]
    one = dq.dtype.type(1)
    _, size = lanes_and_size(one)
    first, last = share(count, part, parts)
    wide = max(depth, width)
    keys_memory, keys = _memory(panels_bytes(wide, max(m, n), one))
    values_memory, values = _memory(panels_bytes(m, width, one))
    scores = np.empty((n, m), dq.dtype)
    place = scores.ctypes.data
    for i in range(first, last):
        mine = weights[i]
        by_out, by_q = _head(g, g_at, i, heads), dq.ctypes.data + i * n * depth * size
        call_pack(pack, _head(k, k_at, i, heads), k_at[2], size, depth, m, keys, one)
        call_pack(pack, _head(v, v_at, i, heads), size, v_at[2], m, width, values, one)
        for top in range(0, n, _ROWS):
            rows = min(_ROWS, n - top)
            here = place + top * m * size
            call_product(
                multiply,
                rows,
                m,
                width,
                by_out + top * g_at[2],
                g_at[2],
                size,
                values,
                here,
                m * size,
                one,
            )
            for r in range(top, top + rows):
                mean = _along(0, m, (), (scores[r], mine[r]), ())
                _across(0, m, (scores[r],), (scores[r], mine[r]), (mean, scale))
            call_product(
                multiply, rows, depth, m, here, m * size, size, keys, by_q + top * depth * size,
                depth * size, one,
            )  # fmt: skip
        call_pack(pack, by_out, g_at[2], size, width, n, keys, one)
        call_product(
            multiply, m, width, n, mine.ctypes.data, size, m * size, keys,
            dv.ctypes.data + i * m * width * size, width * size, one,
        )  # fmt: skip
        call_pack(pack, _head(q, q_at, i, heads), q_at[2], size, depth, n, keys, one)
        call_product(
            multiply, m, depth, n, place, size, m * size, keys,
            dk.ctypes.data + i * m * depth * size, depth * size, one,
        )  # fmt: skip
    keep(keys_memory)
    keep(values_memory)
    keep(scores)
