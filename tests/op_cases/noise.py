"""Dropout, with a generator that starts anew at each call."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as ag
from op_cases.case import Case, Given

MASK = np.array([[True, False, True], [False, False, True]])


def _dropout(x: Any, rate: float) -> Any:
    return ag.dropout(x, rate, np.random.default_rng(1))


def _reference(x: Any, rate: float) -> Any:
    drawn = np.random.default_rng(1).integers(1 << 16, size=x.shape, dtype=np.uint16)
    return np.where(drawn / (1 << 16) >= rate, x / (1 - rate), 0)


CASES = [
    *(Case("dropout", ((3, 4),), {"rate": r}, _reference, spelled=_dropout) for r in (0.0, 0.5)),
    Case("dropout", ((2, 3, 4),), {"rate": 0.25}, _reference, spelled=_dropout),
    Case("dropout", ((0, 4),), {"rate": 0.25}, _reference, spelled=_dropout),
    Case("dropout", ((),), {"rate": 0.25}, _reference, spelled=_dropout),
    Case("keep", ((2, 3), Given(MASK)), {"scale": 2.5}, lambda x, kept, scale: 2.5 * x * kept),
]
