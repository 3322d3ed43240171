"""Ops that join arrays, and that part them."""

from __future__ import annotations

import numpy as np

import autograd_lite as ag
from op_cases.case import Case, Given

CUTS = np.array([1, 3])


def blocks(module):
    """A block matrix of four arrays, and one of rows."""

    def assemble(a, b, c, d):
        return module.block([[a, b], [c, d]])

    return assemble


CASES = [
    Case("concatenate", ([(2, 3), (1, 3), (0, 3)],), {"axis": 0}),
    Case("concatenate", ([(2, 1), (2, 3)],), {"axis": -1}),
    Case("concatenate", ([(2, 1), (3,)],), {"axis": None}),
    Case("stack", ([(2, 3), (2, 3)],), {"axis": 1}),
    Case("stack", ([(), ()],), {"axis": -1}),
    *(
        Case(name, ([shape, shape],))
        for name in ("hstack", "vstack", "dstack", "column_stack")
        for shape in ((), (3,), (2, 3), (2, 3, 2), (0, 3))
    ),
    Case("hstack", ([(2, 1), (2, 3)],)),
    Case("vstack", ([(2, 3), (3,)],)),
    Case("dstack", ([(2, 3), (2, 3, 2)],)),
    Case("column_stack", ([(2, 3), (2,)],)),
    Case("append", ((2, 3), (3,))),
    Case("append", ((2, 3), (2, 1)), {"axis": 1}),
    Case("append", ((), ())),
    Case("block", ([(2,), (), (3,)],)),
    Case("block", ((2, 3),)),
    Case("block", ([(2, 3), (2, 1)],)),
    Case("block", ((2, 3), (2, 1), (1, 3), (1, 1)), {}, blocks(np), spelled=blocks(ag)),
    Case("block", ((3,), (), (2,), (2,)), {}, blocks(np), spelled=blocks(ag)),
    *(
        Case(name, ((4, 6, 2), Given(parts)), {"axis": axis})
        for name in ("split", "array_split")
        for axis in (0, -2)
        for parts in (2, [1, 3], CUTS, [3, 9], [-1], [])
    ),
    Case("array_split", ((5,), Given(3))),
    Case("array_split", ((2,), Given(3))),
    Case("split", ((0, 2), Given(2))),
    *(Case(name, ((2, 4, 6), Given(2))) for name in ("vsplit", "hsplit", "dsplit")),
    *(Case(name, ((2, 4, 6), Given([1]))) for name in ("vsplit", "hsplit", "dsplit")),
    Case("hsplit", ((4,), Given(2))),
    *(Case("unstack", ((3, 2, 4),), {"axis": axis}) for axis in (0, 1, -1)),
    Case("unstack", ((3,),)),
    Case("take_slice", ((4, 3),), {"axis": 1, "start": 1, "stop": 3}, lambda x, **_: x[:, 1:3]),
    Case(
        "place_slice",
        ((4, 1),),
        {"axis": 1, "start": 1, "stop": 2, "length": 3},
        lambda x, **_: np.pad(x, ((0, 0), (1, 1))),
    ),
]
