"""Ops that pick, insert and drop entries."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as ag
from op_cases.case import Case, Given

ROWS = np.array([[0, 2], [2, -1]])
MASK = np.array([[True, False, True], [False, False, True]])
NUMBERS = np.array([[2, 0, 1], [0, 0, 2]])
OBJECTS: list[Any] = [
    *(0, -1, 4, slice(1, 3), slice(None, None, -2), [1], [0, 2], [2, 0, 0]),
    *(np.array([], int), np.array([True, False, False, True])),
]


def selected(module):
    """`select` by two conditions."""

    def select(x, y, default):
        return module.select([MASK, NUMBERS > 1], [x, y], default)

    return select


def inserted(module):
    """`insert` with the values in the place of an array that is differentiated."""

    def insert(x, values, obj):
        return module.insert(x, obj, values, 0)

    return insert


CASES = [
    *(
        Case("take", ((3, 4), Given(rows)), {"axis": axis})
        for axis in (None, 0, -1)
        for rows in (1, -2, [0, 0, 1], ROWS, np.zeros((2, 0), int), [True, False])
    ),
    *(Case("take", ((3, 4), Given([-9, 5, 3])), {"axis": 1, "mode": m}) for m in ("wrap", "clip")),
    Case("take", ((), Given([0, 0])), {"axis": 0}),
    *(
        Case("take_along_axis", ((2, 3), Given(NUMBERS % (2 + axis % 2))), {"axis": axis})
        for axis in (0, 1, -1)
    ),
    Case("take_along_axis", ((2, 3), Given(np.array([5, 0, 0]))), {"axis": None}),
    Case("take_along_axis", ((2, 3), Given(np.array([[0], [2]])))),
    Case("where", (Given(MASK), (2, 3), (3,))),
    Case("where", (Given(MASK), (), (2, 1))),
    Case("where", (Given(MASK[:1]), (2, 1), (2, 1))),
    Case("select", ((2, 3), (3,), ()), {}, selected(np), spelled=selected(ag)),
    Case("select", ((2, 3), (), (2, 3)), {}, selected(np), spelled=selected(ag)),
    Case("choose", (Given(NUMBERS), (3, 2, 3))),
    Case("choose", (Given(NUMBERS), (3, 1, 3))),
    Case("choose", (Given(NUMBERS - 2), (3, 3)), {"mode": "wrap"}),
    Case("choose", (Given(NUMBERS + 1), (3, 3)), {"mode": "clip"}),
    *(Case("compress", (Given([True, False, True]), (3, 4)), {"axis": a}) for a in (None, 0, 1)),
    Case("extract", (Given(MASK), (2, 3))),
    Case("extract", (Given([0, 1, 1]), (2, 3))),
    *(
        Case("delete", ((4, 5), Given(obj)), {"axis": axis})
        for obj in OBJECTS[:2] + OBJECTS[3:]
        for axis in (0, None)
        if axis == 0 or np.asarray(obj).dtype != bool
    ),
    *(
        Case("insert", ((4, 2), shape), {"obj": obj}, inserted(np), spelled=inserted(ag))
        for obj in OBJECTS[:6]
        for shape in ((), (2,))
    ),
    *(
        Case("insert", ((4, 2), Given(obj), shape), {"axis": axis})
        for obj, shape, axis in (
            (1, (3, 2), 0),
            (1, (3, 4), 1),
            ([1], (3, 2), 0),
            ([1], (4, 3), -1),
            ([0, 2], (2, 2), 0),
            ([2, 0, 0], (3, 1), 0),
            ([0, 2], (4, 1), 1),
            (slice(0, 2), (2, 1), 0),
            (slice(None, None, -3), (2, 2), 0),
            (np.array([False, True, False, False]), (2, 2), 0),
            (np.array([], int), (0, 2), 0),
            (3, (2,), None),
            ([3, 8], (2,), None),
        )
    ),
]
