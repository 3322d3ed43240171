"""Activations, against their formulas."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import erf, erfc, expit, log_expit

from op_cases.case import Case


def softplus(x: Any) -> Any:
    """By NumPy's own."""
    return np.logaddexp(x, 0)


def gelu(x: Any, approximate: bool = False) -> Any:
    """By erfc, or by tanh."""
    if approximate:
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return 0.5 * x * erfc(-x / math.sqrt(2))


def elu(x: Any, alpha: float = 1.0) -> Any:
    """Both branches, and a choice."""
    return np.where(x > 0, x, alpha * np.expm1(x))


def gate(x: Any, axis: int = -1) -> Any:
    """GLU by halves."""
    a, b = np.split(x, 2, axis)
    return a * expit(b)


SMOOTH: dict[str, Any] = {
    "_gelu": lambda x: 0.5 * x * (1 + erf(x / math.sqrt(2))),
    "_gelu_tanh": lambda x: gelu(x, True),
    "log_sigmoid": log_expit,
    "mish": lambda x: x * np.tanh(softplus(x)),
    "silu": lambda x: x * expit(x),
    "softplus": softplus,
    "softsign": lambda x: x / (1 + abs(x)),
    "tanh_shrink": lambda x: x - np.tanh(x),
}
PIECES: list[Any] = [
    ("celu", {}, lambda x: elu(x)),
    ("celu", {"alpha": 0.5}, lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(x / alpha))),
    ("elu", {}, elu),
    ("elu", {"alpha": 2.5}, elu),
    ("_elu", {"alpha": 0.3}, elu),
    ("gelu", {}, gelu),
    ("gelu", {"approximate": True}, gelu),
    ("hard_shrink", {}, lambda x: np.where(abs(x) > 0.5, x, 0)),
    ("hard_shrink", {"threshold": 1.5}, lambda x, threshold: np.where(abs(x) > threshold, x, 0)),
    ("hard_sigmoid", {}, lambda x: np.clip(x / 6 + 0.5, 0, 1)),
    ("hard_silu", {}, lambda x: x * np.clip((x + 3) / 6, 0, 1)),
    ("hard_tanh", {}, lambda x: np.clip(x, -1, 1)),
    ("leaky_relu", {}, lambda x: np.where(x > 0, x, 0.2 * x)),
    ("leaky_relu", {"negative_slope": 1.5}, lambda x, negative_slope: np.minimum(x, 1.5 * x)),
    ("leaky_relu", {"negative_slope": 0}, lambda x, negative_slope: np.maximum(x, 0)),
    ("relu6", {}, lambda x: np.clip(x, 0, 6)),
    ("selu", {}, lambda x: 1.0507009873554805 * elu(x, 1.6732632423543772)),
    ("soft_shrink", {}, lambda x: np.sign(x) * np.maximum(abs(x) - 0.5, 0)),
    ("soft_shrink", {"threshold": 2}, lambda x, threshold: np.sign(x) * np.maximum(abs(x) - 2, 0)),
    ("sparse_plus", {}, lambda x: np.where(x > 1, x, np.maximum(x + 1, 0) ** 2 / 4)),
    ("squareplus", {}, lambda x: (x + np.sqrt(x**2 + 4)) / 2),
    ("squareplus", {"b": 0.5}, lambda x, b: (x + np.sqrt(x**2 + b)) / 2),
    ("threshold", {"threshold": 1, "default_value": -2}, lambda x, **_: np.where(x > 1, x, -2)),
]


def _prelu(x: Any, slope: Any) -> Any:
    return np.where(x > 0, x, slope * x)


CASES = [
    *(
        Case(name, (shape,), {}, reference)
        for name, reference in SMOOTH.items()
        for shape in ((), (2, 3), (0, 3))
    ),
    *(
        Case(name, (shape,), settings, reference, domain=(-7, 7))
        for name, settings, reference in PIECES
        for shape in ((4, 5), ())
    ),
    *(
        Case("prelu", shapes, {}, _prelu, domain=((-2, 2), (0.1, 0.9)))
        for shapes in (((3, 4), (4,)), ((2, 3), (2, 3)), ((3, 4), ()))
    ),
    Case("_root", ((2, 3),), {"b": 4}, lambda x, b: np.sqrt(x**2 + b)),
    *(Case("glu", ((4, 6),), s, gate) for s in ({}, {"axis": 0}, {"axis": -2})),
]
