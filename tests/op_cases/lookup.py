"""Rows by number."""

from __future__ import annotations

from typing import Any

import numpy as np

from op_cases.case import Case, Given

NUMBERS = [
    np.array([0, 2, 2, -1]),
    np.array([[3, 0], [-4, 3]]),
    np.array(2),
    np.array([], int),
    np.array([1, 1], np.uint8),
]


def added(values: Any, numbers: Any, shape: Any) -> Any:
    """By NumPy's own, one row after the other."""
    out = np.zeros(shape)
    np.add.at(out, numbers, values)
    return out


CASES = [
    *(Case("embedding", ((4, 3), Given(i)), {}, lambda x, i: x[i]) for i in NUMBERS),
    Case("embedding", ((4, 2, 3), Given(NUMBERS[1])), {}, lambda x, i: x[i]),
    Case("embedding", ((4,), Given(NUMBERS[1])), {}, lambda x, i: x[i]),
    *(Case("add_rows", ((*i.shape, 3), Given(i)), {"shape": (4, 3)}, added) for i in NUMBERS),
    Case("add_rows", ((2, 2), Given(NUMBERS[1])), {"shape": (4,)}, added),
]
