"""Ops that give entries another shape."""

from __future__ import annotations

import numpy as np

from op_cases.case import Case, Given

SHAPES = ((), (3,), (2, 3), (2, 3, 4), (0, 3))

CASES = [
    Case("reshape", ((2, 6),), {"shape": (3, -1)}),
    Case("reshape", ((2, 6),), {"shape": (3, -1), "order": "F"}),
    Case("reshape", ((2, 3, 4),), {"shape": (4, 6), "order": "F", "copy": True}),
    Case("reshape", ((),), {"shape": (1, 1)}),
    Case("reshape", ((0, 3),), {"shape": (3, 0)}),
    Case("ravel", ((2, 3),)),
    Case("ravel", ((2, 3, 4),), {"order": "F"}),
    Case("transpose", ((2, 3, 4),)),
    Case("transpose", ((2, 3, 4),), {"axes": (1, -1, 0)}),
    Case("swapaxes", ((2, 3, 4),), {"axis1": 0, "axis2": -1}),
    Case("matrix_transpose", ((2, 3, 4),)),
    Case("moveaxis", ((2, 3, 4),), {"source": 0, "destination": -1}),
    Case("moveaxis", ((2, 3, 4),), {"source": (0, 2), "destination": (1, 0)}),
    *(
        Case("rollaxis", ((2, 3, 4),), {"axis": axis, "start": start})
        for axis in (0, 1, -1)
        for start in (0, 1, 3, -1)
    ),
    Case("squeeze", ((1, 3, 1),)),
    Case("squeeze", ((1, 3, 1),), {"axis": -1}),
    Case("squeeze", ((1, 3, 1),), {"axis": (0, 2)}),
    Case("expand_dims", ((2, 3),), {"axis": 1}),
    Case("expand_dims", ((2, 3),), {"axis": (0, -1)}),
    Case("broadcast_to", ((),), {"shape": (2, 3)}),
    Case("broadcast_to", ((3, 1),), {"shape": (2, 3, 4)}),
    Case("broadcast_to", ((0, 1),), {"shape": (0, 3)}),
    *(Case(f"atleast_{n}d", (shape,)) for n in (1, 2, 3) for shape in SHAPES),
    *(Case(f"atleast_{n}d", ((), (2,), (2, 3))) for n in (1, 2, 3)),
    Case("broadcast_arrays", ((3,), (2, 1), ())),
    Case("broadcast_arrays", ((2, 3),)),
    Case("sum_to", ((2, 3, 4),), {"shape": (3, 1)}, lambda x, shape: x.sum((0, 2))[:, None]),
    Case("sum_to", ((2, 3),), {"shape": (2, 3)}, lambda x, shape: x),
    Case("astype", ((2, 3), Given(np.float64))),
    *(Case("copy", (shape,)) for shape in SHAPES),
    Case("copy", ((2, 3),), {"order": "F"}),
    Case("identity", ((2, 3),), {}, lambda x: x),
]
