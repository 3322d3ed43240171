"""One step of an LSTM or a GRU: gates, states and their gradients, in one sweep of each row."""

from autograd_lite.kernels.compiled import formulas
from autograd_lite.kernels.compiled.lanes import sweep
from autograd_lite.kernels.runtime import kernel


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
    return *dz, dh * size * o * (1.0 - o), dh, dc * f


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


@kernel
def lstm(z, seen, live, before, gates, after, old, h):
    """Gates from what input and state give them, and the states after a step; dead rows keep."""
    n = h.shape[1]
    for k in range(len(h)):
        a, b, to = z[k], seen[k], gates[k]
        if live[k]:
            _sweep_lstm(
                0,
                n,
                (to[:n], to[n : 2 * n], to[2 * n : 3 * n], to[3 * n :], after[k], h[k]),
                (
                    a[:n],
                    a[n : 2 * n],
                    a[2 * n : 3 * n],
                    a[3 * n :],
                    b[:n],
                    b[n : 2 * n],
                    b[2 * n : 3 * n],
                    b[3 * n :],
                    before[k],
                ),
                (),
            )
        else:
            after[k], h[k], to[:] = before[k], old[k], 0


@kernel
def lstm_grad(gates, live, before, after, by_h, by_c, dz, dh, dc):
    """Pull `dh` and `dc`, with what is added to them, back to the gates; `dc` to the old state."""
    n = dh.shape[1]
    for k in range(len(dh)):
        a, to = gates[k], dz[k]
        if live[k]:
            _sweep_lstm_grad(
                0,
                n,
                (to[:n], to[n : 2 * n], to[2 * n : 3 * n], to[3 * n :], dh[k], dc[k]),
                (
                    a[:n],
                    a[n : 2 * n],
                    a[2 * n : 3 * n],
                    a[3 * n :],
                    before[k],
                    after[k],
                    dh[k],
                    dc[k],
                    by_h[k],
                    by_c[k],
                ),
                (),
            )
        else:
            to[:] = 0
            for j in range(n):
                dh[k, j] += by_h[k, j]
                dc[k, j] += by_c[k, j]


@kernel
def gru(x, seen, bias, live, before, gates, h):
    """Gates ``(z, r, candidate, what it saw)`` and the state after a step; dead rows keep."""
    n = h.shape[1]
    for k in range(len(h)):
        a, b, to = x[k], seen[k], gates[k]
        if live[k]:
            _sweep_gru(
                0,
                n,
                (to[:n], to[n : 2 * n], to[2 * n : 3 * n], to[3 * n :], h[k]),
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
                    before[k],
                ),
                (),
            )
        else:
            h[k], to[:] = before[k], 0


@kernel
def gru_grad(gates, live, before, by_h, dx, dseen, dh):
    """Pull `dh`, with what is added to it, back to both inputs of the gates and the old state."""
    n = dh.shape[1]
    for k in range(len(dh)):
        a, one, two = gates[k], dx[k], dseen[k]
        if live[k]:
            _sweep_gru_grad(
                0,
                n,
                (
                    one[:n],
                    one[n : 2 * n],
                    one[2 * n :],
                    two[:n],
                    two[n : 2 * n],
                    two[2 * n :],
                    dh[k],
                ),
                (
                    a[:n],
                    a[n : 2 * n],
                    a[2 * n : 3 * n],
                    a[3 * n :],
                    before[k],
                    dh[k],
                    by_h[k],
                ),
                (),
            )
        else:
            one[:] = 0
            two[:] = 0
            for j in range(n):
                dh[k, j] += by_h[k, j]
