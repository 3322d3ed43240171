"""Recurrences over a sequence, all steps in a call: a product and one sweep of the gates each.

Sequences are ``(steps, batch, ...)``. `live` says which rows take part in a step, ``(steps,
batch)``; the others keep their state. The kernels serve float32 and float64; all else goes to the
NumPy reference beside each.
"""

import functools

import numpy as np

from autograd_lite.kernels.elementwise import sigmoid_reference
from autograd_lite.kernels.runtime import use_compiled

_FLOATS = frozenset({np.dtype(np.float32), np.dtype(np.float64)})
# Below so many numbers in all states, NumPy's calls cost less than numba's import.
_SMALL = 2048
# Microseconds on one thread, about: a byte of a row of the state in a step, and a product.
_COST, _COST_OF_PRODUCT = 5e-4, 1 / 50_000


@functools.cache
def _compiled():
    from autograd_lite.kernels.compiled import recurrent

    return recurrent


def _pays(states):
    return states.size >= _SMALL and states.dtype in _FLOATS and use_compiled()


def _cost(states, kernel):
    """Microseconds that all steps take on one thread, about."""
    rows = states.size // (len(kernel) or 1)
    return _COST * states.nbytes + _COST_OF_PRODUCT * rows * kernel.size


def _run(kernel, cost, first, *others):
    """Call a kernel with what it multiplies by."""
    kernel(cost, _compiled().tools(first.dtype), first, *others)


def _plain(*arrays):
    """The arrays in one dtype, C-contiguous and aligned."""
    dtype = np.result_type(*arrays)
    return [np.require(a, dtype, "CA") for a in arrays]


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


def lstm_reference(z, kernel, live, states, gates):
    """Fill `states`, from the first ones on, and `gates` in NumPy."""
    hs, cs = states
    for t in range(len(z)):
        seen = np.matmul(hs[t], kernel)
        lstm_step_reference(z[t], seen, live[t], cs[t], gates[t], cs[t + 1], hs[t], hs[t + 1])


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
    live = _all_live(live, z.shape[:2])
    states = np.empty((2, len(z) + 1, *h.shape), z.dtype)
    states[:, 0] = h, c
    gates = np.empty_like(z)
    if _pays(states):
        _run(_compiled().lstm, _cost(states[0], kernel), z, kernel, live, states, gates)
    else:
        lstm_reference(z, kernel, live, states, gates)
    return states, gates


def lstm_grad_reference(g, gates, kernel, live, states, dz, ends):
    """Fill `dz` and `ends`, the gradients by the first states, in NumPy."""
    (by_h, by_c), (_, cs) = g, states
    dh, dc = np.zeros_like(cs[0]), np.zeros_like(cs[0])
    for t in reversed(range(len(gates))):
        lstm_grad_step_reference(
            gates[t], live[t], cs[t], cs[t + 1], by_h[t + 1], by_c[t + 1], dz[t], dh, dc
        )
        np.copyto(dh, np.matmul(dz[t], kernel.T), where=live[t][:, None])
    np.add(dh, by_h[0], out=ends[0])
    np.add(dc, by_c[0], out=ends[1])


def lstm_grad(g, gates, kernel, states, live=None):
    """The gradient of `lstm`'s states pulled back to ``z, h, c``, each raveled, in one array."""
    g, gates, kernel, states = _plain(g, gates, kernel, states)
    live = _all_live(live, gates.shape[:2])
    packed = np.empty(gates.size + 2 * states[0, 0].size, g.dtype)
    dz = packed[: gates.size].reshape(gates.shape)
    ends = packed[gates.size :].reshape(2, *states.shape[2:])
    if _pays(states):
        cost = _cost(states[0], kernel)
        _run(_compiled().lstm_grad, cost, g, gates, kernel, live, states, dz, ends)
    else:
        lstm_grad_reference(g, gates, kernel, live, states, dz, ends)
    return packed


def gru_reference(x, kernel, bias, live, states, gates):
    """Fill `states`, from the first one on, and `gates` in NumPy."""
    for t in range(len(x)):
        seen = np.matmul(states[t], kernel)
        gru_step_reference(x[t], seen, bias, live[t], states[t], gates[t], states[t + 1])


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
    if _pays(states):
        _run(_compiled().gru, _cost(states, kernel), x, kernel, bias, live, states, gates)
    else:
        gru_reference(x, kernel, bias, live, states, gates)
    return states, gates


def gru_grad_reference(g, gates, kernel, live, states, dx, dseen, end):
    """Fill `dx`, `dseen` and `end`, the gradient by the first state, in NumPy."""
    end[...] = 0
    for t in reversed(range(len(gates))):
        gru_grad_step_reference(gates[t], live[t], states[t], g[t + 1], dx[t], dseen[t], end)
        end += np.matmul(dseen[t], kernel.T)
    end += g[0]


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
    end = packed[2 * size :].reshape(batch, n)
    if _pays(states):
        cost = _cost(states, kernel)
        _run(_compiled().gru_grad, cost, g, gates, kernel, live, states, dx, dseen, end)
    else:
        gru_grad_reference(g, gates, kernel, live, states, dx, dseen, end)
    return packed


def rnn_reference(z, kernel, live, states):
    """Fill `states`, from the first one on, in NumPy."""
    for t, row in enumerate(z):
        new = np.tanh(np.matmul(states[t], kernel) + row)
        states[t + 1] = np.where(live[t][:, None], new, states[t])


def rnn(z, kernel, h, live=None):
    """All states of ``h <- tanh(z + h @ kernel)``, ``(steps + 1, batch, units)``."""
    z, kernel, h = _plain(z, kernel, h)
    live = _all_live(live, z.shape[:2])
    states = np.empty((len(z) + 1, *h.shape), z.dtype)
    states[0] = h
    if _pays(states):
        _run(_compiled().rnn, _cost(states, kernel), z, kernel, live, states)
    else:
        rnn_reference(z, kernel, live, states)
    return states


def rnn_grad_reference(g, kernel, live, states, dz, end):
    """Fill `dz` and `end`, the gradient by the first state, in NumPy."""
    dh = g[-1]
    for t in reversed(range(len(dz))):
        on = live[t][:, None]
        dz[t] = np.where(on, dh * (1 - states[t + 1] * states[t + 1]), 0)
        dh = np.where(on, np.matmul(dz[t], kernel.T), dh) + g[t]
    end[...] = dh


def rnn_grad(g, kernel, states, live=None):
    """The gradient of `rnn`'s states pulled back to ``z, h``, each raveled, in one array."""
    g, kernel, states = _plain(g, kernel, states)
    packed = np.empty_like(g)
    dz, end = packed[:-1], packed[-1]
    live = _all_live(live, dz.shape[:2])
    if _pays(states):
        _run(_compiled().rnn_grad, _cost(states, kernel), g, kernel, live, states, dz, end)
    else:
        rnn_grad_reference(g, kernel, live, states, dz, end)
    return packed.reshape(-1)
