"""Convolution, interpolation, polynomials, covariances."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import ops
from op_cases.case import Case, Given

LENGTHS = [((5,), (3,)), ((5,), (2,)), ((2,), (5,)), ((3,), (6,)), ((4,), (4,)), ((1,), (3,))]
REPEATS = np.array([1, 2, 3, 1])
KNOTS = Given(np.array([-1.5, -0.5, 0.1, 0.8, 1.6]))


def at_dtype(function: Any) -> Any:
    """A function that computes in float64, cast to the dtype of its first argument."""
    return lambda x, *args, **s: ops.astype(function(x, *args, **s), x.dtype)


def weighted(name: str, module: Any) -> Any:
    """`cov` with the second argument as weights."""
    return lambda m, w, **s: getattr(module, name)(m, aweights=w, **s)


def with_steps(module: Any) -> Any:
    """`interp` between knots that are this far apart."""
    return lambda x, steps, fp, **s: module.interp(x, module.cumsum(steps), fp, **s)


def _double(name: str, arguments: Any, settings: Any = None, domain: Any = None) -> Case:
    """A row of a function that computes in float64."""
    ours, theirs = getattr(ops, name), getattr(np, name)
    return Case(name, arguments, settings or {}, theirs, domain, at_dtype(ours))


CASES = [
    *(
        Case(name, lengths, {"mode": mode})
        for name in ("convolve", "correlate")
        for lengths in LENGTHS
        for mode in ("full", "same", "valid")
    ),
    *(Case(name, ((4,), (2,))) for name in ("convolve", "correlate")),
    Case("convolve", ((), (3,))),
    *(
        _double("interp", ((2, 3), KNOTS, (5,)), s)
        for s in ({}, {"left": 3.0}, {"right": 4.0}, {"left": 3.0, "right": 4.0})
    ),
    _double("interp", ((), KNOTS, (5,)), {}, ((-0.4, 0), (0, 0), (-2, 2))),
    Case(
        "interp",
        ((7,), (3,), (3,)),
        {},
        with_steps(np),
        ((0, 4), (0.5, 1.5), (-2, 2)),
        at_dtype(with_steps(ops)),
    ),
    Case("polyval", ((4,), (2, 3))),
    Case("polyval", ((1,), ())),
    *(
        _double("vander", ((4,),), s)
        for s in ({}, {"N": 3}, {"N": 6, "increasing": True}, {"N": 1})
    ),
    *(_double(name, ((3, 5),), s) for name in ("cov", "corrcoef") for s in ({}, {"rowvar": False})),
    *(_double("cov", ((3, 5),), s) for s in ({"bias": True}, {"ddof": 2})),
    *(
        _double("cov", ((3, 4),), {"fweights": np.array([1, 2, 3, 1]), **s})
        for s in ({}, {"ddof": 0})
    ),
    *(_double(name, ((4,),)) for name in ("cov", "corrcoef")),
    *(
        _double(name, shapes)
        for name in ("cov", "corrcoef")
        for shapes in [((5,), (5,)), ((2, 5), (5,))]
    ),
    *(
        Case(
            "cov",
            ((2, 4), (4,)),
            s,
            weighted("cov", np),
            (0.5, 2),
            at_dtype(weighted("cov", ops)),
        )
        for s in ({"ddof": 0}, {"ddof": 1}, {"fweights": REPEATS})
    ),
]
