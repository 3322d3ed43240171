"""Ops that move entries about."""

from __future__ import annotations

import numpy as np

from op_cases.case import Case, Given

CASES = [
    Case("reshape", ((2, 6),), {"shape": (3, -1)}),
    Case("reshape", ((),), {"shape": (1, 1)}),
    Case("reshape", ((0, 3),), {"shape": (3, 0)}),
    Case("ravel", ((2, 3),)),
    Case("transpose", ((2, 3, 4),)),
    Case("transpose", ((2, 3, 4),), {"axes": (1, -1, 0)}),
    Case("swapaxes", ((2, 3, 4),), {"axis1": 0, "axis2": -1}),
    Case("matrix_transpose", ((2, 3, 4),)),
    Case("moveaxis", ((2, 3, 4),), {"source": 0, "destination": -1}),
    Case("moveaxis", ((2, 3, 4),), {"source": (0, 2), "destination": (1, 0)}),
    Case("squeeze", ((1, 3, 1),)),
    Case("squeeze", ((1, 3, 1),), {"axis": -1}),
    Case("expand_dims", ((2, 3),), {"axis": 1}),
    Case("expand_dims", ((2, 3),), {"axis": (0, -1)}),
    Case("broadcast_to", ((),), {"shape": (2, 3)}),
    Case("broadcast_to", ((3, 1),), {"shape": (2, 3, 4)}),
    Case("broadcast_to", ((0, 1),), {"shape": (0, 3)}),
    Case("sum_to", ((2, 3, 4),), {"shape": (3, 1)}, lambda x, shape: x.sum((0, 2))[:, None]),
    Case("sum_to", ((2, 3),), {"shape": (2, 3)}, lambda x, shape: x),
    Case("astype", ((2, 3), Given(np.float64))),
    Case("concatenate", ([(2, 3), (1, 3), (0, 3)],), {"axis": 0}),
    Case("concatenate", ([(2, 1), (2, 3)],), {"axis": -1}),
    Case("concatenate", ([(2, 1), (3,)],), {"axis": None}),
    Case("stack", ([(2, 3), (2, 3)],), {"axis": 1}),
    Case("stack", ([(), ()],), {"axis": -1}),
    Case("take_slice", ((4, 3),), {"axis": 1, "start": 1, "stop": 3}, lambda x, **_: x[:, 1:3]),
    Case(
        "place_slice",
        ((4, 1),),
        {"axis": 1, "start": 1, "stop": 2, "length": 3},
        lambda x, **_: np.pad(x, ((0, 0), (1, 1))),
    ),
    Case("identity", ((2, 3),), {}, lambda x: x),
]
