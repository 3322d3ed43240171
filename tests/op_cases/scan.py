"""Running sums, products and extremes."""

from __future__ import annotations

import numpy as np

from op_cases.case import Case
from op_cases.reduce import with_nan

ALONG = [{}, {"axis": 0}, {"axis": -1}, {"axis": 1}]

CASES = [
    *(
        Case(name, ((2, 3, 4),), s)
        for name in ("cumsum", "cumprod", "nancumsum", "nancumprod")
        for s in ALONG
    ),
    *(Case(name, (shape,)) for name in ("cumsum", "cumprod") for shape in ((), (1,), (7,), (0, 3))),
    *(Case("cumprod", ((3, 0),), {"axis": 0}),),
    *(with_nan(name, {"axis": -2}) for name in ("nancumsum", "nancumprod")),
    *(
        Case(name, ((2, 3, 4),), {"axis": axis, "include_initial": initial})
        for name in ("cumulative_sum", "cumulative_prod")
        for axis in (0, -1)
        for initial in (False, True)
    ),
    *(Case(name, ((4,),)) for name in ("cumulative_sum", "cumulative_prod")),
    *(
        Case(name, ((4, 3),), s, getattr(np, ufunc).accumulate)
        for name, ufunc in (("cummax", "maximum"), ("cummin", "minimum"))
        for s in ({}, {"axis": 1}, {"axis": -2})
    ),
]
