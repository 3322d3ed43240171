"""Indexing, reading and writing."""

from __future__ import annotations

from typing import Any

import numpy as np

from op_cases.case import Case, Given


def put(x: Any, index: Any, values: Any, ufunc: Any = None) -> Any:
    """`values` set, or combined by a ufunc, at an index of a copy."""
    out = np.array(x)
    if ufunc is None:
        out[index] = values
    else:
        ufunc.at(out, index, values)
    return out


INDEX = np.array([0, 2, 2, -1])

INDICES: list[Any] = [
    1,
    -1,
    slice(None, None, -2),
    None,
    Ellipsis,
    (Ellipsis, 0),
    (slice(1, None), None, 2),
    INDEX,
    [0, 0, 1],
    (INDEX, slice(0, 2)),
    (slice(None), np.array([[0, 1], [1, 1]])),
    (np.array([0, 1, 1]), np.array([2, 0, 0])),
    (INDEX[:, None], np.array([1, 1])),
    np.arange(12).reshape(4, 3) % 3 == 0,
    np.array([True, False, True, True]),
    np.array([], int),
    (slice(2, 2),),
]


CASES = [
    *(Case("getitem", ((4, 3), Given(i)), {}, lambda x, i: x[i]) for i in INDICES),
    Case("getitem", ((), Given(())), {}, lambda x, i: x[i]),
    *(Case("view_at", ((4, 3), Given(i)), {}, lambda x, i: x[i]) for i in INDICES[:7]),
    Case("gather", ((4, 3), Given(INDEX)), {}, lambda x, i: x[i]),
    Case("gather", ((4, 3), Given((slice(None), INDEX % 3))), {}, lambda x, i: x[i]),
    *(
        Case(
            "index_put",
            (np.empty((4, 3))[i].shape, Given(i)),
            {"shape": (4, 3)},
            lambda v, i, shape: put(np.zeros(shape), i, v, np.add),
        )
        for i in INDICES
    ),
    *(
        Case(
            name,
            ((4, 3), np.empty((4, 3))[i].shape, Given(i)),
            {},
            lambda x, v, i, ufunc=ufunc: put(x, i, v, ufunc),
        )
        for i in INDICES
        for name, ufunc in (("index_add", np.add), ("index_set", None))
    ),
    Case("index_add", ((4, 3), (), Given(INDEX)), {}, lambda x, v, i: put(x, i, v, np.add)),
    Case("index_set", ((4, 3), (3,), Given(INDEX)), {}, lambda x, v, i: put(x, i, v)),
]
