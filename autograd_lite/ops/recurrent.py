"""Recurrent nets over whole sequences: LSTM, GRU and the simple one, masks and states included."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.errors import ShapeError, explain
from autograd_lite.op import composed, raw
from autograd_lite.ops.elementwise import add
from autograd_lite.ops.index import getitem
from autograd_lite.ops.neural import linear
from autograd_lite.ops.products import matmul
from autograd_lite.ops.recurrences import gru_states, lstm_states, rnn_states
from autograd_lite.ops.shape import swapaxes, take_slice

__all__ = ["gru", "lstm", "rnn"]


def _check(where, gates, x, kernel, recurrent_kernel, **states):
    """Whether shapes fit; `states` are those of the batch, None for zeros."""
    units = recurrent_kernel.shape[0] if recurrent_kernel.ndim == 2 else -1
    width = x.shape[-1] if x.ndim == 3 and kernel is None else gates * units
    fits = (
        x.ndim == 3
        and width == gates * units
        and (kernel is None or kernel.shape == (x.shape[2], width))
        and recurrent_kernel.shape == (units, width)
        and all(s is None or s.shape == (x.shape[0], units) for s in states.values())
    )
    if not fits:
        got = {"x": x, "kernel": kernel, "recurrent_kernel": recurrent_kernel, **states}
        many = f"{gates} * units" if gates > 1 else "units"
        raise ShapeError(
            explain(
                where,
                "shapes do not fit",
                got=", ".join(f"{n} {a.shape}" for n, a in got.items() if a is not None),
                expected=f"x (batch, steps, k), kernel (k, {many}), recurrent_kernel "
                f"(units, {many}), states (batch, units)",
            )
        )


def _check_mask(where, mask, x):
    """The mask with steps first, as a plain array."""
    if mask is None:
        return None
    mask = np.asarray(raw(mask))
    if mask.shape != x.shape[:2]:
        raise ShapeError(
            explain(where, "bad `mask`", got=str(mask.shape), expected=f"{x.shape[:2]} of booleans")
        )
    return mask.astype(np.bool_).T


def _given(x, kernel, bias):
    """What the inputs give to the gates, steps first."""
    steps_first = swapaxes(x, 0, 1)
    if kernel is None:
        return steps_first if bias is None else add(steps_first, bias)
    return matmul(steps_first, kernel) if bias is None else linear(steps_first, kernel, bias)


def _first(state, x, recurrent_kernel):
    if state is not None:
        return state
    return np.zeros((x.shape[0], recurrent_kernel.shape[0]), x.dtype)


def _sequence(states):
    return swapaxes(take_slice(states, axis=0, start=1, stop=states.shape[0]), 0, 1)


@composed()
def lstm(
    x: Any,
    kernel: Any,
    recurrent_kernel: Any,
    bias: Any = None,
    h: Any = None,
    c: Any = None,
    mask: Any = None,
) -> tuple[Any, Any, Any]:
    """Long short-term memory (Hochreiter and Schmidhuber, 1997; Gers et al., 2000).

    At each step ``i, f, g, o = split(x_t @ kernel + h @ recurrent_kernel + bias)``, then
    ``c <- sigmoid(f) * c + sigmoid(i) * tanh(g)`` and ``h <- sigmoid(o) * tanh(c)``.

    Args:
        x: Sequences.
        kernel: Of the inputs, its columns in the order i, f, g, o; None for x multiplied already.
        recurrent_kernel: Of the state, likewise.
        bias: Likewise; None for 0.
        h: First state, None for 0.
        c: First cell, None for 0.
        mask: Where False, a step leaves h and c as they are.

    Returns:
        h after each step; the last h; the last c.

    Shapes:
        ``x (batch, steps, k)``, ``kernel (k, 4 * units)``, ``recurrent_kernel (units, 4 * units)``,
        ``bias (4 * units,)``, ``h`` and ``c (batch, units)``, ``mask (batch, steps)`` ->
        ``(batch, steps, units), (batch, units), (batch, units)``

    Raises:
        ShapeError: shapes do not fit.

    Example:
        >>> x, kernel = np.ones((1, 3, 2)), np.zeros((2, 4))
        >>> lstm(x, kernel, np.zeros((1, 4)), c=np.full((1, 1), 8.0))[2]
        array([[1.]])
    """
    _check("lstm", 4, x, kernel, recurrent_kernel, h=h, c=c)
    live = _check_mask("lstm", mask, x)
    h, c = (_first(state, x, recurrent_kernel) for state in (h, c))
    states = lstm_states(_given(x, kernel, bias), recurrent_kernel, h, c, live=live)
    sequence = swapaxes(getitem(states, (0, slice(1, None))), 0, 1)
    return sequence, getitem(states, (0, -1)), getitem(states, (1, -1))


@composed()
def gru(
    x: Any,
    kernel: Any,
    recurrent_kernel: Any,
    bias: Any = None,
    recurrent_bias: Any = None,
    h: Any = None,
    mask: Any = None,
) -> tuple[Any, Any]:
    """Gated recurrent unit (Cho et al., 2014), its reset gate after the product with the state.

    At each step ``a = x_t @ kernel + bias`` and ``s = h @ recurrent_kernel + recurrent_bias``, each
    split in three: ``z = sigmoid(a_z + s_z)``, ``r = sigmoid(a_r + s_r)``, then
    ``h <- z * h + (1 - z) * tanh(a_h + r * s_h)``.

    Args:
        x: Sequences.
        kernel: Of the inputs, its columns in the order z, r, h; None for x multiplied already.
        recurrent_kernel: Of the state, likewise.
        bias: Likewise; None for 0.
        recurrent_bias: Likewise.
        h: First state, None for 0.
        mask: Where False, a step leaves h as it is.

    Returns:
        h after each step; the last h.

    Shapes:
        ``x (batch, steps, k)``, ``kernel (k, 3 * units)``, ``recurrent_kernel (units, 3 * units)``,
        ``bias`` and ``recurrent_bias (3 * units,)``, ``h (batch, units)``, ``mask (batch, steps)``
        -> ``(batch, steps, units), (batch, units)``

    Raises:
        ShapeError: shapes do not fit.

    Example:
        >>> x, kernel = np.ones((1, 3, 2)), np.zeros((2, 3))
        >>> gru(x, kernel, np.zeros((1, 3)), h=np.full((1, 1), 8.0))[1]
        array([[1.]])
    """
    _check("gru", 3, x, kernel, recurrent_kernel, h=h)
    live = _check_mask("gru", mask, x)
    h = _first(h, x, recurrent_kernel)
    if recurrent_bias is None:
        recurrent_bias = np.zeros(recurrent_kernel.shape[1:], recurrent_kernel.dtype)
    given = _given(x, kernel, bias)
    states = gru_states(given, recurrent_kernel, recurrent_bias, h, live=live)
    return _sequence(states), getitem(states, -1)


@composed()
def rnn(
    x: Any,
    kernel: Any,
    recurrent_kernel: Any,
    bias: Any = None,
    h: Any = None,
    mask: Any = None,
) -> tuple[Any, Any]:
    """The simple recurrent net ``h <- tanh(x_t @ kernel + h @ recurrent_kernel + bias)``.

    Args:
        x: Sequences.
        kernel: Of the inputs; None for x multiplied already.
        recurrent_kernel: Of the state.
        bias: None for 0.
        h: First state, None for 0.
        mask: Where False, a step leaves h as it is.

    Returns:
        h after each step; the last h.

    Shapes:
        ``x (batch, steps, k)``, ``kernel (k, units)``, ``recurrent_kernel (units, units)``,
        ``bias (units,)``, ``h (batch, units)``, ``mask (batch, steps)`` ->
        ``(batch, steps, units), (batch, units)``

    Raises:
        ShapeError: shapes do not fit.

    Example:
        >>> rnn(np.full((1, 2, 1), 0.5), np.ones((1, 1)), np.zeros((1, 1)))[1]
        array([[0.46211716]])
    """
    _check("rnn", 1, x, kernel, recurrent_kernel, h=h)
    live = _check_mask("rnn", mask, x)
    h = _first(h, x, recurrent_kernel)
    states = rnn_states(_given(x, kernel, bias), recurrent_kernel, h, live=live)
    return _sequence(states), getitem(states, -1)
