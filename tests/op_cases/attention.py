"""Rows of attention, against its formula."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import softmax

from op_cases.case import Case

SOME = np.array([[True, False, True], [True, True, True]])
NONE = np.array([[True, True, False], [False, False, False]])


def weights(q: Any, k: Any, mask: Any = None, scale: float = 1.0) -> Any:
    """A softmax over what is not masked, 0 elsewhere."""
    scores = scale * q @ np.swapaxes(k, -1, -2)
    if mask is None:
        return softmax(scores, axis=-1)
    power = np.where(mask, np.exp(scores), 0)
    total = power.sum(-1, keepdims=True)
    return np.where(mask, power / np.where(total, total, 1), 0)


def attention(
    q: Any, k: Any, v: Any, mask: Any = None, scale: Any = None, causal: bool = False
) -> Any:
    """The textbook's formula."""
    if causal:
        past = np.arange(k.shape[-2]) <= np.arange(q.shape[-2])[:, None]
        mask = past if mask is None else past & mask
    return weights(q, k, mask, q.shape[-1] ** -0.5 if scale is None else scale) @ v


def attend(q: Any, k: Any, v: Any, mask: Any = None, scale: float = 1.0) -> Any:
    """The same, with a scale that is given."""
    return weights(q, k, mask, scale) @ v


def grad(h: Any, p: Any, scale: float = 1.0) -> Any:
    """The Jacobian of softmax, row by row."""
    return scale * p * (h - (h * p).sum(-1, keepdims=True))


CASES = [
    *(Case("softmax_grad", (s, s), {"scale": f}, grad) for s, f in (((4,), 1.0), ((2, 3), 0.5))),
    *(
        Case("attention_weights", ((2, 4), (3, 4)), settings, weights)
        for settings in ({}, {"scale": 0.5}, {"mask": SOME}, {"mask": SOME[0]})
    ),
    Case("attention_weights", ((2, 2, 4), (2, 3, 4)), {"mask": SOME, "scale": 2.0}, weights),
    Case("attention_weights", ((2, 2, 2, 4), (2, 2, 3, 4)), {}, weights),
    Case("attention_weights", ((0, 4), (3, 4)), {}, weights),
    *(
        Case("attend", ((2, 2, 4), (2, 3, 4), (2, 3, 2)), settings, attend)
        for settings in ({}, {"scale": 0.5}, {"mask": SOME}, {"mask": NONE})
    ),
    Case("attend", ((2, 2, 2, 4), (2, 2, 3, 4), (2, 2, 3, 2)), {"mask": SOME[:, None]}, attend),
    Case("attend", ((2, 4), (3, 4), (3, 2)), {"mask": SOME}, attend),
    Case("attend", ((0, 4), (3, 4), (3, 2)), {}, attend),
    *(
        Case("dot_product_attention", ((2, 2, 4), (2, 3, 4), (2, 3, 2)), settings, attention)
        for settings in ({}, {"scale": 0.5}, {"causal": True}, {"mask": NONE, "causal": True})
    ),
]
