"""Element-wise ops with kinks."""

from __future__ import annotations

from typing import Any

import numpy as np

from op_cases.case import Case, Given

MASK = np.array([[True, False, True], [False, False, True]])


def _relu(x: Any) -> Any:
    return np.maximum(x, 0)


CASES = [
    Case("where", (Given(MASK), (2, 3), (3,))),
    Case("where", (Given(MASK), (), (2, 1))),
    Case("where", (Given(MASK[:1]), (2, 1), (2, 1))),
    Case("clip", ((2, 3), Given(-0.5), Given(0.5))),
    Case("clip", ((2, 3), Given(None), Given(0.5))),
    Case("clip", ((2, 3), Given(-0.5), Given(None))),
    Case("clip", ((2, 3), Given(np.array([-0.5, 0.1, 0])), Given(0.8))),
    Case("clip", ((2, 3), (3,), (2, 1)), domain=((-3, 3), (-2, -1), (1, 2))),
    Case("_clip", ((2, 3), Given(-1), Given(1)), {}, np.clip),
    Case("relu", ((2, 3),), {}, _relu, domain=(-2, 2)),
    Case("relu", ((),), {}, _relu, domain=(-2, -1)),
    Case("relu_grad", ((2, 3), (2, 3)), {}, lambda x, y: x * (y > 0)),
]
