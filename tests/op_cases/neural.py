"""What nets are made of."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special

from autograd_lite.ops.neural import softmax_cross_entropy_grad
from op_cases.case import AXES, Case, Given


def one_hot(labels: Any, k: int) -> Any:
    """Target rows of integer labels."""
    return np.eye(k)[labels]


def cross_entropy(z: Any, t: Any) -> Any:
    """The textbook's formula, by SciPy."""
    t = one_hot(t, z.shape[1]) if np.asarray(t).dtype.kind == "i" else t
    return -(t * scipy.special.log_softmax(z, axis=1)).sum(1)


def with_its_residual(rows: Any, z: Any, t: Any) -> Any:
    """The fused rule, as it is reached where nothing was kept."""
    return softmax_cross_entropy_grad(rows, None, z, t)


def cross_entropy_grad(rows: Any, z: Any, t: Any) -> Any:
    """Its derivative by z, times `rows`."""
    t = one_hot(t, z.shape[1]) if np.asarray(t).dtype.kind == "i" else t
    return rows[:, None] * (scipy.special.softmax(z, axis=1) * t.sum(1, keepdims=True) - t)


LABELS = np.array([2, 0, 2])
ROWS = np.array([[0.2, 0.3, 0.5, 0.0], [1.0, 0.0, 0.0, 0.0], [0.5, 0.5, 1.0, 0.3]])


def _linear(x: Any, kernel: Any, bias: Any) -> Any:
    return x @ kernel + bias


def _relu(x: Any) -> Any:
    return np.maximum(x, 0)


CASES = [
    *(
        Case("softmax", (s,), {"axis": a}, scipy.special.softmax)
        for s, a in (((5,), -1), ((2, 3, 4), -1), ((2, 3, 4), 1), ((2, 3), 0))
    ),
    *(
        Case("log_softmax", (s,), {"axis": a}, scipy.special.log_softmax)
        for s, a in (((5,), -1), ((2, 3, 4), -1), ((2, 3, 4), 1))
    ),
    *(Case("logsumexp", ((2, 3, 4),), s, scipy.special.logsumexp) for s in AXES[:4]),
    Case("linear", ((4, 3), (3, 2), (2,)), {}, _linear),
    Case("linear", ((2, 4, 3), (3, 2), (2,)), {}, _linear),
    Case("linear", ((3,), (3, 2), (2,)), {}, _linear),
    Case("linear", ((0, 3), (3, 2), (2,)), {}, _linear),
    Case("linear_relu", ((4, 3), (3, 2), (2,)), {}, lambda *a: _relu(_linear(*a))),
    Case("linear_relu", ((2, 4, 3), (3, 2), (2,)), {}, lambda *a: _relu(_linear(*a))),
    Case("softmax_cross_entropy", ((3, 4), Given(LABELS)), {}, cross_entropy),
    Case("softmax_cross_entropy", ((3, 4), Given(ROWS)), {}, cross_entropy),
    Case("softmax_cross_entropy", ((3, 4), (3, 4)), {}, cross_entropy),
    Case("softmax_cross_entropy", ((0, 4), Given(LABELS[:0])), {}, cross_entropy),
    *(
        Case(
            "softmax_cross_entropy_grad",
            ((3,), (3, 4), Given(t)),
            {},
            cross_entropy_grad,
            spelled=with_its_residual,
        )
        for t in (LABELS, ROWS)
    ),
    *(
        Case(
            "sigmoid_cross_entropy",
            shapes,
            {},
            lambda z, t: (
                -(t * np.log(scipy.special.expit(z)) + (1 - t) * np.log(scipy.special.expit(-z)))
            ),
        )
        for shapes in (((2, 3), (2, 3)), ((2, 3), (3,)))
    ),
]
