"""`pad`, each mode."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as ag
from op_cases.case import Case, Given

WIDTHS: list[Any] = [1, (1, 2), ((0, 2), (3, 0)), ((5, 4), (7, 8)), 0]
MODES: list[tuple[str, dict[str, Any]]] = [
    ("constant", {}),
    ("constant", {"constant_values": 1.5}),
    ("constant", {"constant_values": ((1, 2), (3, 4))}),
    *((mode, {}) for mode in ("edge", "wrap", "reflect", "symmetric", "linear_ramp")),
    *((mode, {"reflect_type": "odd"}) for mode in ("reflect", "symmetric")),
    ("linear_ramp", {"end_values": (1.0, -2.0)}),
    *((mode, {}) for mode in ("maximum", "mean", "median", "minimum")),
    *((mode, {"stat_length": ((1, 2), (2, 9))}) for mode in ("maximum", "mean", "median")),
]


def with_values(module):
    """`pad` by new entries that are differentiated too."""

    def pad(x, values, mode):
        setting = "end_values" if mode == "linear_ramp" else "constant_values"
        return module.pad(x, 2, mode, **{setting: values})

    return pad


CASES = [
    *(
        Case("pad", ((4, 3), Given(width)), {"mode": mode, **settings})
        for mode, settings in MODES
        for width in WIDTHS
    ),
    *(Case("pad", ((1, 3), Given(2)), {"mode": mode}) for mode in ("reflect", "symmetric")),
    Case("pad", ((1, 3), Given(2)), {"mode": "reflect", "reflect_type": "odd"}),
    Case("pad", ((0, 2), Given(1))),
    Case("pad", ((), Given(1))),
    Case("pad", ((), Given(1)), {"mode": "edge"}),
    *(
        Case("pad", ((3, 2), s), {"mode": mode}, with_values(np), spelled=with_values(ag))
        for mode in ("constant", "linear_ramp")
        for s in ((), (2,), (2, 1), (2, 2))
    ),
]
