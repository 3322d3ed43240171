"""Parts of complex numbers, of real arguments; test_complex.py has the complex ones."""

from __future__ import annotations

import numpy as np

from op_cases.case import Case, Given

COMPLEX = np.array([[1 + 2j, -3j, 0], [4, -1 - 1e-15j, 2j]])

CASES = [
    *(Case(name, s) for name in ("real", "imag") for s in (((),), ((2, 3),), ((0, 3),))),
    *(Case(name, (Given(COMPLEX),)) for name in ("real", "imag", "conjugate", "angle")),
    Case("_phase", (Given(COMPLEX),), {}, np.sign),
    Case("angle", ((2, 3),)),
    Case("angle", ((2, 3),), {"deg": True}),
    Case("angle", (Given(COMPLEX),), {"deg": True}),
    Case("real_if_close", ((2, 3),)),
    Case("real_if_close", (Given(COMPLEX),)),
    Case("real_if_close", (Given(COMPLEX[1:, :2]),), {"tol": 1000}),
]
