"""Element-wise ops: rows for each of NumPy's ufuncs that has a rule, and some of their own."""

from __future__ import annotations

import numpy as np
import scipy.special

from autograd_lite.op import OPS
from op_cases.case import Case, Given

MASK = np.array([[True, False, True], [False, False, True]])
INTEGERS = np.arange(6).reshape(2, 3)


CASES = [
    Case("sigmoid", ((2, 3),), {}, scipy.special.expit),
    *(Case("erf", shape, {}, scipy.special.erf) for shape in (((2, 3),), ((),), ((0, 3),))),
    *(Case("power", ((2, 3), Given(p)), domain=(0.3, 2)) for p in (2, 3, 0, -1, 0.5, -1.5)),
    Case("power", (Given(2.0), (2, 3))),
]

UNARY = [((),), ((3,),), ((2, 3),), ((0, 3),)]
BINARY = [((), (3,)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((2, 3), (2, 3)), ((0, 3), (3,))]
BITWISE = ("bitwise_and", "bitwise_or", "invert")
CASES += [Case(name, (Given(MASK), Given(INTEGERS > 2))) for name in BITWISE[:2]]
CASES += [Case(name, (Given(INTEGERS), Given(6))) for name in BITWISE[:2]]
CASES += [Case("invert", (Given(INTEGERS),)), Case("invert", (Given(MASK),))]
OURS = [name for name, o in OPS.items() if o.call.__module__.startswith("autograd_lite.")]
CASES += [
    Case(name, shapes)
    for name in OURS
    if OPS[name].numpy and isinstance(OPS[name].numpy[0], np.ufunc)
    if name not in ("matmul", *BITWISE)
    for shapes in (UNARY if len(OPS[name].vjps) == 1 else BINARY)
]
