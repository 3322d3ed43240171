"""Recurrent nets: all steps of a share of the batch's rows, which never need one another.

A step is a product with the kernel, which is packed once, and one sweep of each row. Rows that are
not `live` keep their states.
"""

import numpy as np

from autograd_lite.kernels.compiled import formulas
from autograd_lite.kernels.compiled.blocks import call_pack, call_product, panels_bytes, tools
from autograd_lite.kernels.compiled.lanes import sweep
from autograd_lite.kernels.compiled.parallel import share, spread
from autograd_lite.kernels.compiled.tile import keep, lanes_and_size
from autograd_lite.kernels.runtime import inner

__all__ = ["gru", "gru_grad", "lstm", "lstm_grad", "rnn", "rnn_grad", "tools"]


def _lstm(zi, zf, zg, zo, ri, rf, rg, ro, c):
    i, f, o = (formulas.sigmoid(a + b) for a, b in ((zi, ri), (zf, rf), (zo, ro)))
    g = formulas.tanh(zg + rg)
    new = f * c + i * g
    return i, f, g, o, new, o * formulas.tanh(new)


def _lstm_grad(i, f, g, o, before, after, dh, dc, by_h, by_c):
    dh, dc = dh + by_h, dc + by_c
    size = formulas.tanh(after)
    dc = dc + dh * o * (1.0 - size * size)
    dz = dc * g * i * (1.0 - i), dc * before * f * (1.0 - f), dc * i * (1.0 - g * g)
    return *dz, dh * size * o * (1.0 - o), dc * f


def _gru(xz, xr, xh, sz, sr, sh, bz, br, bh, h):
    z, r = formulas.sigmoid(xz + (sz + bz)), formulas.sigmoid(xr + (sr + br))
    seen = sh + bh
    new = formulas.tanh(xh + r * seen)
    return z, r, new, seen, new + z * (h - new)


def _gru_grad(z, r, new, seen, before, dh, by_h):
    dh = dh + by_h
    dnew = dh * (1.0 - z) * (1.0 - new * new)
    dz = dh * (before - new) * z * (1.0 - z)
    dr = dnew * seen * r * (1.0 - r)
    return dz, dr, dnew, dz, dr, dnew * r, dh * z


_sweep_lstm, _sweep_lstm_grad = sweep(_lstm), sweep(_lstm_grad)
_sweep_gru, _sweep_gru_grad = sweep(_gru), sweep(_gru_grad)
_sweep_rnn = sweep(lambda z, seen: formulas.tanh(z + seen))
_sweep_rnn_grad = sweep(lambda h, dh, by_h: (dh + by_h) * (1.0 - h * h))
_add = sweep(lambda x, y: x + y)


@inner
def _packed(tools, kernel, transposed, like):
    """Memory with the panels of a kernel, or of its transpose, and the address where they start."""
    k, n = kernel.shape
    row, column = kernel.strides
    if transposed:
        k, n, row, column = n, k, column, row
    memory = np.empty(panels_bytes(n, k, like) + 64, np.uint8)
    start = (memory.ctypes.data + 63) // 64 * 64
    call_pack(tools[0], kernel.ctypes.data, row, column, n, k, start, like)
    return memory, start


@inner
def _multiply(tools, a, first, panels, out, like):
    """``out = a[first : first + len(out)] @ B`` for matrices and a B in panels."""
    rows, n = out.shape
    k = a.shape[1]
    _, size = lanes_and_size(like)
    start = a.ctypes.data + first * k * size
    call_product(
        tools[1], rows, n, k, start, k * size, size, panels, out.ctypes.data, n * size, like
    )


@spread
def lstm(tools, z, kernel, live, states, gates, part, parts):
    """Fill ``states[:, 1:]``, of h and c, and the gates ``i, f, candidate, o``."""
    first, last = share(z.shape[1], part, parts)
    if first >= last:
        return
    one, hs, cs, n = z.dtype.type(1), states[0], states[1], kernel.shape[0]
    memory, panels = _packed(tools, kernel, False, one)
    seen = np.empty((last - first, 4 * n), z.dtype)
    for t in range(len(z)):
        _multiply(tools, hs[t], first, panels, seen, one)
        for k in range(first, last):
            a, b, to = z[t, k], seen[k - first], gates[t, k]
            if live[t, k]:
                _sweep_lstm(
                    0,
                    n,
                    (
                        to[:n],
                        to[n : 2 * n],
                        to[2 * n : 3 * n],
                        to[3 * n :],
                        cs[t + 1, k],
                        hs[t + 1, k],
                    ),
                    (
                        a[:n],
                        a[n : 2 * n],
                        a[2 * n : 3 * n],
                        a[3 * n :],
                        b[:n],
                        b[n : 2 * n],
                        b[2 * n : 3 * n],
                        b[3 * n :],
                        cs[t, k],
                    ),
                    (),
                )
            else:
                cs[t + 1, k], hs[t + 1, k], to[:] = cs[t, k], hs[t, k], 0
    keep(memory)
    keep(seen)


@spread
def lstm_grad(tools, g, gates, kernel, live, states, dz, ends, part, parts):
    """Pull ``g``, by the states, back to the gates and, in `ends`, to the first states."""
    steps, batch, n = len(gates), gates.shape[1], kernel.shape[0]
    first, last = share(batch, part, parts)
    if first >= last:
        return
    one, by_h, by_c, cs = g.dtype.type(1), g[0], g[1], states[1]
    memory, panels = _packed(tools, kernel, True, one)
    dh, dc = np.zeros((last - first, n), g.dtype), np.zeros((last - first, n), g.dtype)
    for t in range(steps - 1, -1, -1):
        for k in range(first, last):
            a, to, mine = gates[t, k], dz[t, k], k - first
            if live[t, k]:
                _sweep_lstm_grad(
                    0,
                    n,
                    (to[:n], to[n : 2 * n], to[2 * n : 3 * n], to[3 * n :], dc[mine]),
                    (
                        a[:n],
                        a[n : 2 * n],
                        a[2 * n : 3 * n],
                        a[3 * n :],
                        cs[t, k],
                        cs[t + 1, k],
                        dh[mine],
                        dc[mine],
                        by_h[t + 1, k],
                        by_c[t + 1, k],
                    ),
                    (),
                )
            else:
                to[:] = 0
                _add(0, n, (dc[mine],), (dc[mine], by_c[t + 1, k]), ())
                _add(0, n, (ends[0, k],), (dh[mine], by_h[t + 1, k]), ())
        _multiply(tools, dz[t], first, panels, dh, one)
        for k in range(first, last):
            if not live[t, k]:
                dh[k - first] = ends[0, k]
    for k in range(first, last):
        _add(0, n, (ends[0, k],), (dh[k - first], by_h[0, k]), ())
        _add(0, n, (ends[1, k],), (dc[k - first], by_c[0, k]), ())
    keep(memory)
    keep(dh)


@spread
def gru(tools, x, kernel, bias, live, states, gates, part, parts):
    """Fill ``states[1:]`` and the gates ``z, r, candidate, what it saw``."""
    first, last = share(x.shape[1], part, parts)
    if first >= last:
        return
    one, n = x.dtype.type(1), kernel.shape[0]
    memory, panels = _packed(tools, kernel, False, one)
    seen = np.empty((last - first, 3 * n), x.dtype)
    for t in range(len(x)):
        _multiply(tools, states[t], first, panels, seen, one)
        for k in range(first, last):
            a, b, to = x[t, k], seen[k - first], gates[t, k]
            if live[t, k]:
                _sweep_gru(
                    0,
                    n,
                    (to[:n], to[n : 2 * n], to[2 * n : 3 * n], to[3 * n :], states[t + 1, k]),
                    (
                        a[:n],
                        a[n : 2 * n],
                        a[2 * n :],
                        b[:n],
                        b[n : 2 * n],
                        b[2 * n :],
                        bias[:n],
                        bias[n : 2 * n],
                        bias[2 * n :],
                        states[t, k],
                    ),
                    (),
                )
            else:
                states[t + 1, k], to[:] = states[t, k], 0
    keep(memory)
    keep(seen)


@spread
def gru_grad(tools, g, gates, kernel, live, states, dx, dseen, end, part, parts):
    """Pull ``g``, by the states, back to both inputs of the gates and to the first state."""
    steps, batch, n = len(gates), gates.shape[1], kernel.shape[0]
    first, last = share(batch, part, parts)
    if first >= last:
        return
    one = g.dtype.type(1)
    memory, panels = _packed(tools, kernel, True, one)
    dh, by_gates = np.zeros((last - first, n), g.dtype), np.empty((last - first, n), g.dtype)
    for t in range(steps - 1, -1, -1):
        for k in range(first, last):
            a, one_, two, mine = gates[t, k], dx[t, k], dseen[t, k], dh[k - first]
            if live[t, k]:
                _sweep_gru_grad(
                    0,
                    n,
                    (
                        one_[:n],
                        one_[n : 2 * n],
                        one_[2 * n :],
                        two[:n],
                        two[n : 2 * n],
                        two[2 * n :],
                        mine,
                    ),
                    (
                        a[:n],
                        a[n : 2 * n],
                        a[2 * n : 3 * n],
                        a[3 * n :],
                        states[t, k],
                        mine,
                        g[t + 1, k],
                    ),
                    (),
                )
            else:
                one_[:] = 0
                two[:] = 0
                _add(0, n, (mine,), (mine, g[t + 1, k]), ())
        _multiply(tools, dseen[t], first, panels, by_gates, one)
        _add(0, dh.size, (dh,), (dh, by_gates), ())
    for k in range(first, last):
        _add(0, n, (end[k],), (dh[k - first], g[0, k]), ())
    keep(memory)
    keep(by_gates)


@spread
def rnn(tools, z, kernel, live, states, part, parts):
    """Fill ``states[1:]``."""
    first, last = share(z.shape[1], part, parts)
    if first >= last:
        return
    one, n = z.dtype.type(1), kernel.shape[0]
    memory, panels = _packed(tools, kernel, False, one)
    seen = np.empty((last - first, n), z.dtype)
    for t in range(len(z)):
        _multiply(tools, states[t], first, panels, seen, one)
        for k in range(first, last):
            if live[t, k]:
                _sweep_rnn(0, n, (states[t + 1, k],), (z[t, k], seen[k - first]), ())
            else:
                states[t + 1, k] = states[t, k]
    keep(memory)
    keep(seen)


@spread
def rnn_grad(tools, g, kernel, live, states, dz, end, part, parts):
    """Pull ``g``, by the states, back to what goes into tanh and to the first state."""
    first, last = share(dz.shape[1], part, parts)
    if first >= last:
        return
    one, n = g.dtype.type(1), kernel.shape[0]
    memory, panels = _packed(tools, kernel, True, one)
    dh = np.zeros((last - first, n), g.dtype)
    for t in range(len(dz) - 1, -1, -1):
        for k in range(first, last):
            mine, by_h = dh[k - first], g[t + 1, k]
            if live[t, k]:
                _sweep_rnn_grad(0, n, (dz[t, k],), (states[t + 1, k], mine, by_h), ())
            else:
                dz[t, k] = 0
                _add(0, n, (end[k],), (mine, by_h), ())
        _multiply(tools, dz[t], first, panels, dh, one)
        for k in range(first, last):
            if not live[t, k]:
                dh[k - first] = end[k]
    for k in range(first, last):
        _add(0, n, (end[k],), (dh[k - first], g[0, k]), ())
    keep(memory)
    keep(dh)
