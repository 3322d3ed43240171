"""Recurrent nets over whole sequences: each is one op, not one for every step and gate.

The op gives all states, and its rule pulls back through all steps in one sweep. Where that is to be
differentiated itself, `_lstm_back` and its like are made of ops, step by step, from the states.
"""

from __future__ import annotations

import math

import numpy as np

from autograd_lite.graph import Traced
from autograd_lite.kernels import recurrent as kernels
from autograd_lite.op import op
from autograd_lite.ops.elementwise import add, multiply, sigmoid, subtract
from autograd_lite.ops.index import getitem
from autograd_lite.ops.products import matmul
from autograd_lite.ops.reduce import sum_rows
from autograd_lite.ops.shape import (
    concatenate,
    matrix_transpose,
    reshape,
    take_slice,
)
from autograd_lite.ops.trigonometric import tanh
from autograd_lite.record import Product


def _any_traced(*values):
    return any(isinstance(value, Traced) for value in values)


def _columns(x, parts):
    """Equal parts of the last axis."""
    n = x.shape[-1] // parts
    return [take_slice(x, axis=-1, start=k * n, stop=(k + 1) * n) for k in range(parts)]


def _rows(x):
    return reshape(x, shape=(-1, x.shape[-1]))


def _before(states):
    """The states from which the steps start."""
    return take_slice(states, axis=0, start=0, stop=states.shape[0] - 1)


def _as_numbers(live, like):
    """1 for rows that take part in a step, 0 for others: ``(steps, batch, 1)``."""
    if live is None:
        return np.ones((like.shape[0], 1, 1), like.dtype)
    return np.asarray(live)[..., None].astype(like.dtype)


def _packed(*parts):
    return concatenate([reshape(part, shape=(-1,)) for part in parts])


def _size(shape):
    return math.prod(shape)


def _part(g, start, shape):
    """An array of a packed gradient."""
    return reshape(take_slice(g, 0, start, start + _size(shape)), shape=shape)


def _lstm_slopes(z, kernel, h, c):
    """What a step's gates do to its states: i, f, g to c; o to h; f, and what c does to h."""
    total = add(z, matmul(_before(h), kernel))
    i, f, g, o = _columns(total, 4)
    i, f, g, o = sigmoid(i), sigmoid(f), tanh(g), sigmoid(o)
    size = tanh(take_slice(c, axis=0, start=1, stop=c.shape[0]))
    by_i = multiply(multiply(g, i), subtract(1, i))
    by_f = multiply(multiply(_before(c), f), subtract(1, f))
    by_g = multiply(i, subtract(1, multiply(g, g)))
    by_o = multiply(multiply(size, o), subtract(1, o))
    return (
        concatenate([by_i, by_f, by_g], -1),
        by_o,
        f,
        multiply(o, subtract(1, multiply(size, size))),
    )


def _lstm_back(g, residual, z, kernel, live, out):
    """The gradient by z, h and c in one flat array."""
    if not _any_traced(g, z, kernel, out):
        return kernels.lstm_grad(g, residual, kernel, out, live)
    h, c = getitem(out, 0), getitem(out, 1)
    by_cell, by_output, forget, through = _lstm_slopes(z, kernel, h, c)
    alive, back = _as_numbers(live, z), matrix_transpose(kernel)
    dh, dc, steps = g[0, len(z)], g[1, len(z)], []
    for t in reversed(range(len(z))):
        on = alive[t]
        off = 1 - on
        whole = multiply(add(dc, multiply(dh, through[t])), on)
        by_gates = multiply(concatenate([whole, whole, whole], -1), by_cell[t])
        dz = concatenate([by_gates, multiply(multiply(dh, by_output[t]), on)], -1)
        steps.append(dz)
        dh = add(add(g[0, t], multiply(dh, off)), matmul(dz, back))
        dc = add(add(g[1, t], multiply(dc, off)), multiply(whole, forget[t]))
    return _packed(*steps[::-1], dh, dc)


@op(
    vjps=(
        lambda g, z_shape: _part(g, 0, z_shape),
        Product(
            matmul,
            lambda g, z_shape, out: (
                matrix_transpose(_rows(_before(getitem(out, 0)))),
                _rows(_part(g, 0, z_shape)),
            ),
        ),
        lambda g, z_shape, h_shape: _part(g, _size(z_shape), h_shape),
        lambda g, z_shape, h_shape: _part(g, _size(z_shape) + _size(h_shape), h_shape),
    ),
    through=_lstm_back,
    residual=kernels.lstm,
)
def lstm_states(z, kernel, h, c, live=None):
    """All states of an LSTM from what its inputs give to the gates, ``z = x @ W + b``.

    ``i, f, g, o = split(z + h @ kernel)``; ``c <- sigmoid(f) * c + sigmoid(i) * tanh(g)``; ``h <-
    sigmoid(o) * tanh(c)``. Rows that are not `live` in a step keep their state.

    Shapes:
        ``z (steps, batch, 4 * units)``, ``kernel (units, 4 * units)``, ``h`` and ``c
        (batch, units)``, ``live (steps, batch)`` -> ``(2, steps + 1, batch, units)``.

    Example:
        >>> zero = np.zeros((1, 1))
        >>> lstm_states(np.zeros((2, 1, 4)), np.zeros((1, 4)), zero, zero + 8)[1].ravel()
        array([8., 4., 2.])
    """
    return kernels.lstm(z, kernel, h, c, live)[0]


def _gru_back(g, residual, x, kernel, bias, live, out):
    """The gradient by x, by what the state gives to the gates, and by h in one flat array."""
    if not _any_traced(g, x, kernel, bias, out):
        return kernels.gru_grad(g, residual, kernel, out, live)
    seen = _columns(add(matmul(_before(out), kernel), bias), 3)
    given = _columns(x, 3)
    z, r = (sigmoid(add(given[k], seen[k])) for k in range(2))
    new = tanh(add(given[2], multiply(r, seen[2])))
    alive, back = _as_numbers(live, x), matrix_transpose(kernel)
    by_z = multiply(multiply(subtract(_before(out), new), z), subtract(1, z))
    by_new = multiply(subtract(1, z), subtract(1, multiply(new, new)))
    by_r = multiply(multiply(multiply(by_new, seen[2]), r), subtract(1, r))
    slopes = multiply(concatenate([by_z, by_r, by_new], -1), alive)
    seen_slopes = multiply(concatenate([by_z, by_r, multiply(by_new, r)], -1), alive)
    keeps = add(multiply(z, alive), 1 - alive)
    dh, dx, dseen = g[len(x)], [], []
    for t in reversed(range(len(x))):
        thrice = concatenate([dh, dh, dh], -1)
        dx.append(multiply(thrice, slopes[t]))
        dseen.append(multiply(thrice, seen_slopes[t]))
        dh = add(add(g[t], multiply(dh, keeps[t])), matmul(dseen[-1], back))
    return _packed(*dx[::-1], *dseen[::-1], dh)


def _seen(g, x_shape):
    return _rows(_part(g, _size(x_shape), x_shape))


@op(
    vjps=(
        lambda g, x_shape: _part(g, 0, x_shape),
        Product(
            matmul,
            lambda g, x_shape, out: (matrix_transpose(_rows(_before(out))), _seen(g, x_shape)),
        ),
        lambda g, x_shape: sum_rows(_seen(g, x_shape)),
        lambda g, x_shape, h_shape: _part(g, 2 * _size(x_shape), h_shape),
    ),
    through=_gru_back,
    residual=kernels.gru,
)
def gru_states(x, kernel, bias, h, live=None):
    """All states of a GRU from what its inputs give to the gates, ``x = input @ W + b``.

    With ``s = h @ kernel + bias`` and both split in three: ``z = sigmoid(x_z + s_z)``, ``r =
    sigmoid(x_r + s_r)``, ``h <- z * h + (1 - z) * tanh(x_h + r * s_h)``. Rows that are not `live`
    in a step keep their state.

    Shapes:
        ``x (steps, batch, 3 * units)``, ``kernel (units, 3 * units)``, ``bias (3 * units,)``,
        ``h (batch, units)``, ``live (steps, batch)`` -> ``(steps + 1, batch, units)``.

    Example:
        >>> h, kernel = np.full((1, 1), 8.0), np.zeros((1, 3))
        >>> gru_states(np.zeros((2, 1, 3)), kernel, np.zeros(3), h).ravel()
        array([8., 4., 2.])
    """
    return kernels.gru(x, kernel, bias, h, live)[0]


def _rnn_back(g, z_shape, kernel, live, out):
    """The gradient by z and h in one flat array."""
    if not _any_traced(g, kernel, out):
        return kernels.rnn_grad(g, kernel, out, live)
    steps = z_shape[0]
    new = take_slice(out, axis=0, start=1, stop=steps + 1)
    alive, back = _as_numbers(live, new), matrix_transpose(kernel)
    slopes = multiply(subtract(1, multiply(new, new)), alive)
    dh, dz = g[steps], []
    for t in reversed(range(steps)):
        dz.append(multiply(dh, slopes[t]))
        dh = add(add(g[t], multiply(dh, 1 - alive[t])), matmul(dz[-1], back))
    return _packed(*dz[::-1], dh)


@op(
    vjps=(
        lambda g, z_shape: _part(g, 0, z_shape),
        Product(
            matmul,
            lambda g, z_shape, out: (
                matrix_transpose(_rows(_before(out))),
                _rows(_part(g, 0, z_shape)),
            ),
        ),
        lambda g, z_shape, h_shape: _part(g, _size(z_shape), h_shape),
    ),
    through=_rnn_back,
)
def rnn_states(z, kernel, h, live=None):
    """All states of ``h <- tanh(z + h @ kernel)``, where ``z = x @ W + b``.

    Rows that are not `live` in a step keep their state.

    Shapes:
        ``z (steps, batch, units)``, ``kernel (units, units)``, ``h (batch, units)``,
        ``live (steps, batch)`` -> ``(steps + 1, batch, units)``.

    Example:
        >>> rnn_states(np.full((2, 1, 1), 0.5), np.zeros((1, 1)), np.zeros((1, 1))).ravel()
        array([0.        , 0.46211716, 0.46211716])
    """
    return kernels.rnn(z, kernel, h, live)
