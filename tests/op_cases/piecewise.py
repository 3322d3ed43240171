"""Element-wise ops with kinks."""

from __future__ import annotations

from typing import Any

import numpy as np

from op_cases.case import Case, Given

MASK = np.array([[True, False, True], [False, False, True]])


def _relu(x: Any) -> Any:
    return np.maximum(x, 0)


CASES = [
    Case("clip", ((2, 3), Given(-0.5), Given(0.5))),
    Case("clip", ((2, 3), Given(None), Given(0.5))),
    Case("clip", ((2, 3), Given(-0.5), Given(None))),
    Case("clip", ((2, 3), Given(np.array([-0.5, 0.1, 0])), Given(0.8))),
    Case("clip", ((2, 3), (3,), (2, 1)), domain=((-3, 3), (-2, -1), (1, 2))),
    *(Case("sign", s, domain=(0.2, 3)) for s in (((),), ((2, 3),))),
    *(Case("_sign", s, {}, np.sign, domain=(-3, -0.2)) for s in (((),), ((2, 3),))),
    *(
        Case(name, ((4, 2), (2,)), domain=((0.5, 3), (-3, 0)))
        for name in ("maximum", "minimum", "fmax", "fmin")
    ),
    Case("heaviside", (Given(MASK), (2, 3))),
    Case("copysign", ((4, 2), (2,)), domain=((-3, -0.2), (-3, -0.2))),
    Case("nan_to_num", ((),), {"nan": 1.0, "posinf": 2.0, "neginf": -2.0}),
    Case("clip", ((2, 3),), {"min": -0.5}),
    Case("clip", ((2, 3),), {"min": -0.5, "max": 0.5}),
    Case("_clip", ((2, 3), Given(-1), Given(1)), {}, np.clip),
    Case("relu", ((4, 3),), {}, _relu, domain=(-2, 2)),
    Case("relu", ((),), {}, _relu, domain=(-2, -1)),
    Case("relu_grad", ((2, 3), (2, 3)), {}, lambda x, y: x * (y > 0)),
]
