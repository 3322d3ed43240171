"""Sorting, and statistics of what is sorted."""

from __future__ import annotations

import numpy as np

from op_cases.case import AXES, Case, Given
from op_cases.reduce import broken, with_nan

METHODS = [
    "inverted_cdf",
    "averaged_inverted_cdf",
    "closest_observation",
    "interpolated_inverted_cdf",
    "hazen",
    "weibull",
    "linear",
    "median_unbiased",
    "normal_unbiased",
    "lower",
    "higher",
    "midpoint",
    "nearest",
]
QUARTERS = Given(np.array([0.02, 0.27, 0.97]))
PLACES = Given(np.array([[2, 0, 0, 1], [1, 1, 2, 2]]))


def _added(x, index, axis, length):
    """Zeros with x added one entry after the other."""
    shape = list(x.shape)
    shape[axis] = length
    out = np.zeros(shape)
    for place in np.ndindex(x.shape):
        target = list(place)
        target[axis] = index[place]
        out[tuple(target)] += x[place]
    return out


CASES = [
    *(Case("sort", ((3, 4),), s) for s in ({}, {"axis": 0}, {"axis": None}, {"kind": "heapsort"})),
    *(Case("sort", (shape,), {"stable": True}) for shape in ((5,), (0,), (2, 0, 3))),
    *(
        Case("partition", ((4, 5), Given(2)), s, lambda x, kth, **s: np.partition(x, kth, **s))
        for s in ({}, {"axis": 0}, {"axis": None})
    ),
    *(Case(name, ((2, 3, 4),), s) for name in ("median", "nanmedian") for s in AXES[:4]),
    *(Case(name, ((n,),)) for name in ("median", "nanmedian") for n in (1, 2, 5)),
    Case("median", ((),)),
    *(with_nan("nanmedian", {"axis": axis}) for axis in (1, (1, 2))),
    *(
        Case(name, ((3, 5), Given(q)), {"method": method, "axis": 1})
        for name, q in (("quantile", 0.33), ("nanquantile", 0.67))
        for method in METHODS
    ),
    *(
        Case(name, ((2, 3, 4), QUARTERS), s)
        for name in ("quantile", "nanquantile")
        for s in AXES[:4]
    ),
    *(
        Case(name, ((4, 5), (2, 2)), {"axis": 0, "method": method}, domain=((-2, 2), (0.42, 0.48)))
        for name in ("quantile", "nanquantile")
        for method in METHODS[3:9]
    ),
    *(
        Case(name, ((4, 5), ()), {"keepdims": True}, domain=((-2, 2), (32, 36)))
        for name in ("percentile", "nanpercentile")
    ),
    Case("percentile", ((4, 5), Given(np.array([20.5, 70.5])))),
    *(
        Case(
            name,
            ((2, 3, 4),),
            {"axis": -1, "q": q},
            broken(name, np),
            spelled=broken(name),
        )
        for name, q in (("nanquantile", 0.35), ("nanpercentile", 35))
    ),
    Case("take_along", ((3, 4), PLACES), {"axis": 0}, np.take_along_axis),
    *(Case("add_along", ((2, 4), PLACES), {"axis": axis, "length": 4}, _added) for axis in (0, 1)),
    *(
        Case("stable_order", ((3, 4),), {"axis": axis}, lambda x, axis: np.argsort(x, axis))
        for axis in (0, -1)
    ),
]
