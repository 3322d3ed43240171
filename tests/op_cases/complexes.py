"""Parts of complex numbers, of real arguments; test_complex.py has the complex ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import ops
from op_cases.case import Case, Given

COMPLEX = np.array([[1 + 2j, -3j, 0], [4, -1 - 1e-15j, 2j]])


def _turned(part: Any) -> Any:
    """The part of ``(x + iy)(1 - 2i)``, of real x and y."""
    return lambda x, y: part(ops.multiply(ops.add(x, ops.multiply(y, 1j)), 1 - 2j))


def _turned_phase(x: Any, y: Any) -> Any:
    return ops.real(_turned(ops.sign)(x, y))


def _phase_part(x: Any, y: Any) -> Any:
    z = (x + 1j * y) * (1 - 2j)
    return (z / abs(z)).real


CASES = [
    *(Case(name, s) for name in ("real", "imag") for s in (((),), ((2, 3),), ((0, 3),))),
    *(Case(name, (Given(COMPLEX),)) for name in ("real", "imag", "conjugate", "angle")),
    Case("_phase", (Given(COMPLEX),), {}, np.sign),
    Case("imag", ((2, 3),) * 2, {}, lambda x, y: y - 2 * x, spelled=_turned(ops.imag)),
    Case("_phase", ((2, 3),) * 2, {}, _phase_part, domain=(0.5, 2), spelled=_turned_phase),
    Case("angle", ((2, 3),)),
    Case("angle", ((2, 3),), {"deg": True}),
    Case("angle", (Given(COMPLEX),), {"deg": True}),
    Case("real_if_close", ((2, 3),)),
    Case("real_if_close", (Given(COMPLEX),)),
    Case("real_if_close", (Given(COMPLEX[1:, :2]),), {"tol": 1000}),
]
