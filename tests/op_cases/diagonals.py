"""Diagonals and triangles."""

from __future__ import annotations

import numpy as np

from op_cases.case import Case

OFFSETS = (0, 1, -2, 9)

CASES = [
    *(
        Case(name, ((2, 3, 4),), {"offset": offset, "axis1": first, "axis2": second})
        for name in ("diagonal", "trace")
        for offset in OFFSETS
        for first, second in ((0, 1), (1, 0), (-1, 0), (1, 2))
    ),
    Case("trace", ((3, 3),), {"dtype": None}),
    *(Case(name, ((3, 4),)) for name in ("diagonal", "trace", "diag", "diagflat", "tril", "triu")),
    *(
        Case(name, (shape,), {"k": k})
        for name in ("diag",)
        for shape in ((3,), (3, 2))
        for k in OFFSETS
    ),
    *(Case("diagflat", (shape,), {"k": k}) for shape in ((), (2, 2)) for k in OFFSETS),
    *(
        Case(name, (shape,), {"k": k})
        for name in ("tril", "triu")
        for shape in ((3,), (3, 4), (2, 3, 2), (0, 2))
        for k in (0, 1, -2)
    ),
    Case("diag", ((0,),)),
    Case("place_diagonal", ((2,),), {"shape": (2, 2)}, lambda x, shape: np.diag(x)),
    Case(
        "place_diagonal",
        ((3, 2),),
        {"shape": (2, 3, 4), "offset": -2, "axis1": -1, "axis2": 0},
        lambda x, **_: np.stack([np.diag(row, -2)[:, :2] for row in x], axis=1).transpose(2, 1, 0),
    ),
]
