"""Rows of recurrent nets, against loops over their steps."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import expit

from op_cases.case import Case

LIVE = np.array([[True, False], [False, True], [True, True]])


def _after(live: Any, t: int, new: Any, old: Any) -> Any:
    return new if live is None else np.where(live[t][:, None], new, old)


def lstm_loop(z: Any, kernel: Any, h: Any, c: Any, live: Any = None) -> Any:
    """The formulas of `lstm_states`, step by step."""
    hs, cs = [h], [c]
    for t in range(len(z)):
        i, f, g, o = np.split(z[t] + hs[-1] @ kernel, 4, axis=-1)
        c = expit(f) * cs[-1] + expit(i) * np.tanh(g)
        hs.append(_after(live, t, expit(o) * np.tanh(c), hs[-1]))
        cs.append(_after(live, t, c, cs[-1]))
    return np.stack([hs, cs])


def gru_loop(x: Any, kernel: Any, bias: Any, h: Any, live: Any = None) -> Any:
    """The formulas of `gru_states`, step by step."""
    hs = [h]
    for t in range(len(x)):
        az, ar, ah = np.split(x[t], 3, axis=-1)
        sz, sr, sh = np.split(hs[-1] @ kernel + bias, 3, axis=-1)
        z, r = expit(az + sz), expit(ar + sr)
        hs.append(_after(live, t, z * hs[-1] + (1 - z) * np.tanh(ah + r * sh), hs[-1]))
    return np.stack(hs)


def rnn_loop(z: Any, kernel: Any, h: Any, live: Any = None) -> Any:
    """The formula of `rnn_states`, step by step."""
    hs = [h]
    for t in range(len(z)):
        hs.append(_after(live, t, np.tanh(z[t] + hs[-1] @ kernel), hs[-1]))
    return np.stack(hs)


def _given(x: Any, kernel: Any, bias: Any) -> Any:
    return x.swapaxes(0, 1) @ kernel + bias


def _flat(states: Any, *last: Any) -> Any:
    return np.concatenate([a.ravel() for a in (states[1:].swapaxes(0, 1), *last)])


def lstm(x: Any, kernel: Any, recurrent: Any, bias: Any, h: Any, c: Any, mask: Any = None) -> Any:
    """`lstm` by its loop."""
    live = None if mask is None else mask.T
    hs, cs = lstm_loop(_given(x, kernel, bias), recurrent, h, c, live)
    return _flat(hs, hs[-1], cs[-1])


def gru(x: Any, kernel: Any, recurrent: Any, bias: Any, by: Any, h: Any, mask: Any = None) -> Any:
    """`gru` by its loop."""
    hs = gru_loop(_given(x, kernel, bias), recurrent, by, h, None if mask is None else mask.T)
    return _flat(hs, hs[-1])


def rnn(x: Any, kernel: Any, recurrent: Any, bias: Any, h: Any, mask: Any = None) -> Any:
    """`rnn` by its loop."""
    hs = rnn_loop(_given(x, kernel, bias), recurrent, h, None if mask is None else mask.T)
    return _flat(hs, hs[-1])


def without(reference: Any, count: int, width: int) -> Any:
    """A loop, with zeros for the arguments that are left out."""

    def call(x: Any, kernel: Any, recurrent: Any) -> Any:
        zero = np.zeros((len(x), len(recurrent)))
        bias = [np.zeros(kernel.shape[1])] * (2 if width == 3 else 1)
        return reference(x, kernel, recurrent, *bias, *[zero] * count)

    return call


LOOPS = (
    ("lstm_states", lstm_loop, 4, ((2, 3), (2, 3))),
    ("gru_states", gru_loop, 3, ((9,), (2, 3))),
    ("rnn_states", rnn_loop, 1, ((2, 3),)),
)
WHOLE = (
    ("lstm", lstm, 4, ((2, 2), (2, 2))),
    ("gru", gru, 3, ((6,), (2, 2))),
    ("rnn", rnn, 1, ((2, 2),)),
)

CASES = [
    *(
        Case(name, ((3, 2, 3 * n), (3, 3 * n), *rest), settings, loop)
        for name, loop, n, rest in LOOPS
        for settings in ({}, {"live": LIVE})
    ),
    *(Case(name, ((0, 2, 3 * n), (3, 3 * n), *rest), {}, loop) for name, loop, n, rest in LOOPS),
    *(
        Case(name, ((2, 3, 4), (4, 2 * n), (2, 2 * n), (2 * n,), *rest), settings, whole)
        for name, whole, n, rest in WHOLE
        for settings in ({}, {"mask": LIVE.T})
    ),
    *(
        Case(name, ((2, 3, 4), (4, 2 * n), (2, 2 * n)), {}, without(whole, 2 if n == 4 else 1, n))
        for name, whole, n, _ in WHOLE
    ),
]
