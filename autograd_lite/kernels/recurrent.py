"""Recurrences over a sequence, all steps in a call: a product and one sweep of the gates each.

Sequences are ``(steps, batch, ...)``. `live` says which rows take part in a step, ``(steps,
batch)``; the others keep their state. The kernels serve float32 and float64.
"""

import functools

import numpy as np

from autograd_lite.kernels.elementwise import sigmoid_reference
from autograd_lite.kernels.runtime import use_compiled

_FLOATS = frozenset({np.dtype(np.float32), np.dtype(np.float64)})
# Below so many numbers in all states, NumPy's calls cost less than numba's import.
_SMALL = 2048


@functools.cache
def _compiled():
    from autograd_lite.kernels.compiled import recurrent

    return recurrent


def _pays(states):
    return states.size >= _SMALL and states.dtype in _FLOATS and use_compiled()


def _plain(*arrays):
    """The arrays in one dtype, C-contiguous."""
    dtype = np.result_type(*arrays)
    return [np.ascontiguousarray(a, dtype) for a in arrays]


def _all_live(live, shape):
    return np.ones(shape, np.bool_) if live is None else np.ascontiguousarray(live, np.bool_)


def _cut(x, parts):
    """Equal parts of the last axis, as views."""
    n = x.shape[-1] // parts
    return [x[..., k * n : (k + 1) * n] for k in range(parts)]


def lstm_step_reference(z, seen, live, before, gates, after, old, h):
    """One step of `lstm` in NumPy."""
    total = z + seen
    gates[...] = sigmoid_reference(total)
    i, f, g, o = _cut(gates, 4)
    np.tanh(_cut(total, 4)[2], out=g)
    after[...] = f * before + i * g
    h[...] = o * np.tanh(after)
    dead = ~live
    after[dead], h[dead], gates[dead] = before[dead], old[dead], 0


def lstm_grad_step_reference(gates, live, before, after, by_h, by_c, dz, dh, dc):
    """One step of `lstm_grad` in NumPy."""
    live = live[:, None]
    i, f, g, o = _cut(gates, 4)
    di, df, dg, do = _cut(dz, 4)
    dh += by_h
    dc += by_c
    size = np.tanh(after)
    whole = dc + dh * o * (1 - size * size)
    di[...] = whole * g * i * (1 - i)
    df[...] = whole * before * f * (1 - f)
    dg[...] = whole * i * (1 - g * g)
    do[...] = dh * size * o * (1 - o)
    np.copyto(dc, whole * f, where=live)
    np.copyto(dz, 0, where=~live)


def gru_step_reference(x, seen, bias, live, before, gates, h):
    """One step of `gru` in NumPy."""
    xz, xr, xh = _cut(x, 3)
    sz, sr, sh = _cut(seen + bias, 3)
    z, r, new, kept = _cut(gates, 4)
    z[...], r[...], kept[...] = sigmoid_reference(xz + sz), sigmoid_reference(xr + sr), sh
    new[...] = np.tanh(xh + r * sh)
    h[...] = new + z * (before - new)
    dead = ~live
    h[dead], gates[dead] = before[dead], 0


def gru_grad_step_reference(gates, live, before, by_h, dx, dseen, dh):
    """One step of `gru_grad` in NumPy."""
    live = live[:, None]
    z, r, new, seen = _cut(gates, 4)
    dz, dr, dnew = _cut(dx, 3)
    dh += by_h
    dnew[...] = dh * (1 - z) * (1 - new * new)
    dz[...] = dh * (before - new) * z * (1 - z)
    dr[...] = dnew * seen * r * (1 - r)
    np.copyto(dx, 0, where=~live)
    dseen[...] = dx
    _cut(dseen, 3)[2][...] *= r
    np.copyto(dh, dh * z, where=live)


def lstm(z, kernel, h, c, live=None):
    """All states of an LSTM, and its gates ``i, f, candidate, o``.

    Args:
        z: What the input gives to the gates, ``(steps, batch, 4 * units)``.
        kernel: What the state gives to them, ``(units, 4 * units)``.
        h: First state ``(batch, units)``; `c` likewise.
        c: First cell.
        live: Which rows take part, None for all.

    Returns:
        States ``(2, steps + 1, batch, units)``: of h and of c, the first ones included; and the
        gates, of z's shape.
    """
    z, kernel, h, c = _plain(z, kernel, h, c)
    steps = len(z)
    live = _all_live(live, z.shape[:2])
    states = np.empty((2, steps + 1, *h.shape), z.dtype)
    hs, cs = states
    hs[0], cs[0] = h, c
    gates, seen = np.empty_like(z), np.empty(z.shape[1:], z.dtype)
    step = _compiled().lstm if _pays(states) else lstm_step_reference
    for t in range(steps):
        np.matmul(hs[t], kernel, out=seen)
        step(z[t], seen, live[t], cs[t], gates[t], cs[t + 1], hs[t], hs[t + 1])
    return states, gates


def lstm_grad(g, gates, kernel, states, live=None):
    """The gradient of `lstm`'s states pulled back to ``z, h, c``, each raveled, in one array."""
    g, gates, kernel, states = _plain(g, gates, kernel, states)
    live_rows = _all_live(live, gates.shape[:2])
    packed = np.empty(gates.size + 2 * states[0, 0].size, g.dtype)
    dz = packed[: gates.size].reshape(gates.shape)
    (by_h, by_c), (_, cs) = g, states
    dh, dc, other = np.zeros_like(cs[0]), np.zeros_like(cs[0]), np.empty_like(cs[0])
    back = np.ascontiguousarray(kernel.T)
    step = _compiled().lstm_grad if _pays(states) else lstm_grad_step_reference
    for t in reversed(range(len(gates))):
        step(gates[t], live_rows[t], cs[t], cs[t + 1], by_h[t + 1], by_c[t + 1], dz[t], dh, dc)
        np.matmul(dz[t], back, out=other)
        if live is not None:
            np.copyto(other, dh, where=~live_rows[t][:, None])
        dh, other = other, dh
    first = packed[gates.size :].reshape(2, *dh.shape)
    np.add(dh, by_h[0], out=first[0])
    np.add(dc, by_c[0], out=first[1])
    return packed


def gru(x, kernel, bias, h, live=None):
    """All states of a GRU whose reset gate comes after the product with the state.

    Args:
        x: What the input gives to the gates, ``(steps, batch, 3 * units)``.
        kernel: What the state gives to them, ``(units, 3 * units)``.
        bias: What is added to that, ``(3 * units,)``.
        h: First state ``(batch, units)``.
        live: Which rows take part, None for all.

    Returns:
        States ``(steps + 1, batch, units)``, the first included; and ``(steps, batch, 4 * units)``
        of update gates, reset gates, candidates, and what these saw of the state.
    """
    x, kernel, bias, h = _plain(x, kernel, bias, h)
    steps, batch, _ = x.shape
    live = _all_live(live, (steps, batch))
    states = np.empty((steps + 1, *h.shape), x.dtype)
    states[0] = h
    gates = np.empty((steps, batch, 4 * h.shape[1]), x.dtype)
    seen = np.empty(x.shape[1:], x.dtype)
    step = _compiled().gru if _pays(states) else gru_step_reference
    for t in range(steps):
        np.matmul(states[t], kernel, out=seen)
        step(x[t], seen, bias, live[t], states[t], gates[t], states[t + 1])
    return states, gates


def gru_grad(g, gates, kernel, states, live=None):
    """The gradient of `gru`'s states, pulled back.

    To ``x``, to the product of states and kernel, and to ``h``: each raveled, in one array.
    """
    g, gates, kernel, states = _plain(g, gates, kernel, states)
    steps, batch, n = len(gates), *states.shape[1:]
    live = _all_live(live, (steps, batch))
    size = steps * batch * 3 * n
    packed = np.empty(2 * size + batch * n, g.dtype)
    dx = packed[:size].reshape(steps, batch, 3 * n)
    dseen = packed[size : 2 * size].reshape(dx.shape)
    dh, other = packed[2 * size :].reshape(batch, n), np.empty((batch, n), g.dtype)
    dh[...] = 0
    back = np.ascontiguousarray(kernel.T)
    step = _compiled().gru_grad if _pays(states) else gru_grad_step_reference
    for t in reversed(range(steps)):
        step(gates[t], live[t], states[t], g[t + 1], dx[t], dseen[t], dh)
        np.matmul(dseen[t], back, out=other)
        dh += other
    dh += g[0]
    return packed


def rnn(z, kernel, h, live=None):
    """All states of ``h <- tanh(z + h @ kernel)``, ``(steps + 1, batch, units)``."""
    z, kernel, h = _plain(z, kernel, h)
    states = np.empty((len(z) + 1, *h.shape), z.dtype)
    states[0] = h
    for t, row in enumerate(z):
        new = np.matmul(states[t], kernel, out=states[t + 1])
        new += row
        np.tanh(new, out=new)
        if live is not None:
            np.copyto(new, states[t], where=~live[t][:, None])
    return states


def rnn_grad(g, kernel, states, live=None):
    """The gradient of `rnn`'s states pulled back to ``z, h``, each raveled, in one array."""
    g, kernel, states = _plain(g, kernel, states)
    packed = np.empty_like(g)
    dz, dh = packed[:-1], g[-1]
    back = np.ascontiguousarray(kernel.T)
    slopes = 1 - states[1:] * states[1:]
    for t in reversed(range(len(dz))):
        np.multiply(dh, slopes[t], out=dz[t])
        if live is not None:
            np.copyto(dz[t], 0, where=~live[t][:, None])
        before = np.matmul(dz[t], back)
        if live is not None:
            np.copyto(before, dh, where=~live[t][:, None])
        dh = np.add(before, g[t], out=before)
    packed[-1] = dh
    return packed.reshape(-1)
