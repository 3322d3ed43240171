"""Element-wise ops: rows for each with NumPy's function and a domain, and some of their own."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special

import autograd_lite as ag
from autograd_lite.op import OPS, Op
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
OF_BITS = ("bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift")
CASES += [Case(name, (Given(MASK), Given(INTEGERS > 2))) for name in OF_BITS[:3]]
CASES += [Case(name, (Given(INTEGERS), Given(6))) for name in OF_BITS]
CASES += [Case("invert", (Given(INTEGERS),)), Case("invert", (Given(MASK),))]
OURS = [name for name, o in OPS.items() if o.call.__module__.startswith("autograd_lite.")]


def _is_elementwise(op: Op) -> bool:
    ufunc = bool(op.numpy) and isinstance(op.numpy[0], np.ufunc) and op.numpy[0].signature is None
    return ufunc or bool(op.numpy and op.domain)


CASES += [
    Case(name, shapes)
    for name in OURS
    if _is_elementwise(OPS[name]) and name not in ("float_power", "invert", "ldexp", *OF_BITS)
    for shapes in (UNARY if len(OPS[name].vjps) == 1 else BINARY)
]


def _narrow(x: Any, y: Any) -> Any:
    """`float_power` in the dtype of x, as the properties expect of every op."""
    return ag.ops.astype(ag.ops.float_power(x, y), dtype=x.dtype)


def _first(call: Any) -> Any:
    return lambda *args: call(*args)[0]


CASES += [
    Case("float_power", (Given(INTEGERS), Given(np.array([3, 1, 0])))),
    Case("float_power", ((2, 3), (3,)), {}, np.float_power, ((0.3, 3), (-2, 2)), _narrow),
    Case("ldexp", ((2, 3), Given(np.array([0, 3, -2])))),
    Case("ldexp", ((), Given(-1))),
    Case("ldexp", ((3, 1), Given(np.array([0, 3, -2])))),
    Case("frexp", ((2, 3),), {}, _first(np.frexp), (1.2, 1.8), _first(ag.ops.frexp)),
    Case("frexp", (Given(np.array([3.0, 0.0, -5e-324])),)),
    Case("modf", ((2, 3),), domain=(1.2, 1.8)),
    Case("modf", ((),), domain=(-1.8, -1.2)),
    *(Case("_fraction", s, {}, lambda x: np.modf(x)[0]) for s in UNARY),
    *(Case("divmod", s, domain=((3.2, 3.8), (1.4, 1.5))) for s in BINARY),
    Case("round", ((2, 3),), {"decimals": 1}, domain=(1.26, 1.34)),
    Case("round", ((2, 3),), {"decimals": -1}, domain=(16, 24)),
    Case("round", ((2, 3), Given(1)), domain=(1.26, 1.34)),
    Case("sinc", ((5,),), domain=(-0.14, 0.14)),
    Case("sinc", ((4,),), domain=(5, 9)),
    Case("unwrap", ((2, 9),), domain=(-9, 9)),
    Case("unwrap", ((9, 2),), {"axis": 0, "discont": 4}, domain=(-9, 9)),
    Case("unwrap", ((9,),), {"period": 2.5}, domain=(-9, 9)),
]
