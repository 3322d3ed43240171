"""Differences of neighbours, slopes and areas."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import ops
from op_cases.case import Case, joined


def around(name: str, module: Any, *settings: str) -> Any:
    """A function of arrays, those after the first given by name."""
    function = getattr(module, name)
    return lambda x, *more, **s: function(x, **dict(zip(settings, more, strict=True)), **s)


def spelled(name: str, shapes: Any, names: Any, settings: Any, domain: Any = None) -> Case:
    """A row with arrays given by name."""
    ours, theirs = around(name, ops, *names), around(name, np, *names)
    return Case(name, shapes, settings, theirs, domain, ours)


def uneven(module: Any) -> Any:
    """`gradient` with points that are this far apart along the first axis."""
    return lambda f, h, k, **s: joined(module.gradient(f, module.cumsum(h), k, **s))


CASES = [
    *(Case("diff", ((3, 4),), s) for s in ({}, {"n": 2}, {"axis": 0}, {"n": 3, "axis": -2})),
    *(
        Case("diff", ((3, 4),), s)
        for s in ({"n": 0}, {"n": 5}, {"prepend": np.float32(1), "append": np.float32(2)})
    ),
    spelled("diff", ((3, 4), (3, 1), ()), ("prepend", "append"), {"n": 2}),
    spelled("diff", ((3, 4), (2, 4)), ("append",), {"axis": 0}),
    Case("ediff1d", ((3, 4),)),
    Case("ediff1d", ((4,), (2,), ())),
    spelled("ediff1d", ((4,), (3,)), ("to_begin",), {}),
    *(Case("gradient", ((4,),), {"edge_order": order}) for order in (1, 2)),
    Case("gradient", ((4, 5), ()), {}, domain=((-2, 2), (0.5, 1))),
    *(
        Case("gradient", ((3, 4),), {"edge_order": 2, "axis": axis})
        for axis in (None, 0, -1, (1, 0))
    ),
    *(
        Case(
            "gradient",
            ((3, 4), (3,), ()),
            {"edge_order": order},
            uneven(np),
            ((-2, 2), (0.5, 1.5), (0.5, 1)),
            uneven(ops),
        )
        for order in (1, 2)
    ),
    *(Case("trapezoid", ((3, 4),), s) for s in ({}, {"dx": 0.5}, {"axis": 0}, {"axis": -2})),
    Case("trapezoid", ((3, 4), (4,))),
    Case("trapezoid", ((3, 4), (3,)), {"axis": 0}),
    Case("trapezoid", ((3, 4), (3, 4)), {"axis": 0}),
    spelled("trapezoid", ((5,), ()), ("dx",), {}),
]
