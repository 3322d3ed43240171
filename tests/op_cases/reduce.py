"""Sums, means, extremes and spreads along axes."""

from __future__ import annotations

from op_cases.case import AXES, Case

CASES = [
    *(Case(name, ((2, 3, 4),), s) for name in ("sum", "mean", "max", "min") for s in AXES),
    *(
        Case(name, ((2, 3, 4),), {**s, "ddof": ddof})
        for name in ("var", "std")
        for s in AXES[:4]
        for ddof in (0, 1)
    ),
    *(Case("sum_rows", (s,), {}, lambda x: x.sum(0)) for s in ((2, 3), (3, 1), (0, 3), (2, 0))),
    *(Case(name, ((),)) for name in ("sum", "mean", "max", "min")),
    *(Case("sum", ((0, 3),), s) for s in AXES[:2]),
    *(Case(name, ((3,),)) for name in ("sum", "mean", "max", "min", "var", "std")),
]
