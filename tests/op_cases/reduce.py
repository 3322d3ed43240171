"""Sums, means, products, extremes and spreads along axes, with and without NaN."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite import ops
from op_cases.case import AXES, Case

ROW = np.array([True, False, True, True])
ADDED = ("sum", "prod", "nansum", "nanprod")
EXTREMES = ("max", "min", "nanmax", "nanmin")
SPREADS = ("var", "std", "nanvar", "nanstd")
PLAIN = ("sum", "mean", "prod", "max", "min", "ptp")
HOLES = np.zeros((2, 3, 4))
HOLES[0, 1, 2] = HOLES[1, 0, 0] = HOLES[1, 2, 3] = np.nan


def broken(name: str, module: Any = ops) -> Callable[..., Any]:
    """A function of ours or NumPy's of something in which some entries are NaN."""
    function = getattr(module, name)
    return lambda x, **settings: function(x + HOLES.astype(x.dtype), **settings)


def with_nan(name: str, settings: Any) -> Case:
    """A row in which some entries are NaN."""
    return Case(name, ((2, 3, 4),), settings, broken(name, np), spelled=broken(name))


def weighted(function: Any, **settings: Any) -> Any:
    """`average` of its first argument with the second one as weights."""
    return lambda a, w=None, **more: function(a, weights=w, **settings, **more)


RETURNED = weighted(ops.average, returned=True)

CASES = [
    *(Case(name, ((2, 3, 4),), s) for name in PLAIN for s in AXES),
    *(
        Case(name, ((2, 3, 4),), {**s, "ddof": ddof})
        for name in ("var", "std")
        for s in AXES[:4]
        for ddof in (0, 1)
    ),
    *(Case(name, ((3, 5),), s) for name in (*ADDED, *EXTREMES) for s in ({"axis": 1}, {})),
    *(Case(name, ((3, 4),), {"axis": 1, "initial": 0.5}) for name in (*ADDED, *EXTREMES)),
    *(
        Case(name, ((3, 4),), {"initial": 3.0, "where": ROW, "axis": -2, "keepdims": True})
        for name in (*ADDED, *EXTREMES)
    ),
    *(
        Case(name, ((3, 4),), {"where": ROW, **s})
        for name in ("mean", "nanmean", *ADDED, *SPREADS)
        for s in ({"axis": 1}, {"keepdims": True})
    ),
    *(Case(name, ((3, 4),), {"axis": 1, "correction": 1.5}) for name in SPREADS),
    *(Case(name, ((3, 4),)) for name in ("nanmean", "nanvar", "nanstd")),
    *(with_nan(f"nan{name}", s) for name in (*PLAIN[:5], "var", "std") for s in AXES[:4]),
    *(with_nan(name, {"axis": (0, 2), "ddof": 1}) for name in ("nanvar", "nanstd")),
    *(Case("sum_rows", (s,), {}, lambda x: x.sum(0)) for s in ((2, 3), (3, 1), (0, 3), (2, 0))),
    *(Case(name, ((),)) for name in PLAIN),
    *(Case(name, ((0, 3),), s) for name in ("sum", "prod") for s in AXES[:2]),
    *(Case(name, ((3,),)) for name in (*PLAIN, "var", "std")),
    *(Case("prod", ((n,),)) for n in (1, 2, 5, 8)),
    *(Case("average", ((2, 3, 4),), s) for s in AXES[:4]),
    *(
        Case(
            "average",
            ((2, 3, 4), shape),
            s,
            weighted(np.average),
            ((-2, 2), (0.5, 2)),
            weighted(ops.average),
        )
        for shape, s in [
            ((2, 3, 4), {}),
            ((2, 3, 4), {"axis": 1}),
            ((3,), {"axis": 1, "keepdims": True}),
            ((4, 2), {"axis": (2, 0)}),
        ]
    ),
    *(
        Case("average", arguments, {}, weighted(np.average, returned=True), (0.5, 2), RETURNED)
        for arguments in [((3, 2),), ((3, 2), (3, 2))]
    ),
]
