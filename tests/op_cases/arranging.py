"""Ops that arrange entries anew."""

from __future__ import annotations

import numpy as np

from op_cases.case import Case, Given

ZEROS = np.array([0.0, 0.0, 1.0, 0.0, 2.0, 0.0])

CASES = [
    *(Case("flip", ((2, 3, 4),), {"axis": axis}) for axis in (None, 0, -1, (0, 2), ())),
    Case("flip", ((),)),
    *(Case(name, ((2, 3, 2),)) for name in ("flipud", "fliplr")),
    *(Case("rot90", ((2, 3),), {"k": k}) for k in (-1, 0, 1, 2, 3, 5)),
    *(Case("rot90", ((2, 3, 4),), {"axes": axes}) for axes in ((1, 0), (0, 2), (-1, 1))),
    *(
        Case("roll", ((3, 4),), {"shift": shift, "axis": axis})
        for shift, axis in ((2, None), (-1, 0), (5, -1), ((1, 2), (0, 1)), (1, (0, 1)))
    ),
    Case("roll", ((3, 4),), {"shift": (1, 1), "axis": (0, 0)}),
    Case("roll", ((0,),), {"shift": 1}),
    *(Case("tile", ((2, 3), Given(reps))) for reps in (2, (2, 1), (1, 3), (2, 1, 2), 0, ())),
    Case("tile", ((), Given((2, 2)))),
    *(
        Case("repeat", ((2, 3), Given(repeats)), {"axis": axis})
        for repeats, axis in ((2, None), (2, 0), (3, -1), (0, 1), ([1, 0, 2], 1), ([2], 0))
    ),
    Case("repeat", ((2, 2), Given(np.array([1, 2, 0, 3])))),
    Case("repeat", ((), Given(3))),
    *(Case("resize", ((2, 3), Given(shape))) for shape in ((3, 3), 4, (0, 2), (2, 3, 4))),
    *(
        Case("meshgrid", ((2,), (3,), ()), {"sparse": sparse, "indexing": indexing})
        for sparse in (False, True)
        for indexing in ("xy", "ij")
    ),
    Case("meshgrid", ((2,), (3,))),
    Case("meshgrid", ((3,),)),
    *(Case("trim_zeros", (Given(ZEROS),), {"trim": trim}) for trim in ("fb", "f", "B")),
    Case("trim_zeros", ((3,),)),
]
