"""Products of vectors, matrices and arrays."""

from __future__ import annotations

import numpy as np

from op_cases.case import Case

MATRICES = [
    *(((4, 3), (3, 2)), ((3,), (3,)), ((3,), (3, 2)), ((4, 3), (3,)), ((5, 4, 3), (3, 2))),
    *(((4, 3), (5, 3, 2)), ((3,), (5, 3, 2)), ((5, 4, 3), (3,)), ((2, 1, 4, 3), (5, 3, 2))),
    *(((0, 3), (3, 2)), ((2, 0), (0, 3))),
]
TENSORS = [
    {"axes": 1},
    {"axes": 0},
    {"axes": (-1, 0)},
    {"axes": ((2, 0), (0, 1))},
]
VECTORS = [((3,), (3,)), ((2, 3), (2, 3)), ((4, 1, 3), (2, 3)), ((0,), (0,))]


def _matvec(x1, x2):
    return np.einsum("...ij,...j->...i", x1, x2)


def _vecmat(x1, x2):
    return np.einsum("...i,...ij->...j", x1, x2)


CASES = [
    *(Case("matmul", shapes) for shapes in MATRICES),
    *(Case("dot", shapes) for shapes in MATRICES[:8]),
    *(Case("dot", shapes) for shapes in (((), ()), ((2, 3), ()), ((2, 4, 3), (5, 3, 2)))),
    *(Case("vdot", shapes) for shapes in (((3,), (3,)), ((2, 3), (3, 2)), ((), ()), ((0,), (0,)))),
    *(Case("inner", ((3,), shape)) for shape in ((3,), (2, 3), (4, 2, 3), ())),
    *(Case("inner", ((2, 3), shape)) for shape in ((3,), (4, 3), (4, 2, 3))),
    *(Case("outer", shapes) for shapes in (((3,), (2,)), ((), (2,)), ((2, 2), (3, 1)))),
    *(Case("tensordot", ((3, 2, 4), (4, 3, 5)), s) for s in TENSORS),
    Case("tensordot", ((2, 3, 4), (3, 4, 5))),
    Case("tensordot", ((3, 4), (3, 4))),
    Case("tensordot", ((2, 0), (0, 3)), {"axes": 1}),
    *(
        Case("kron", shapes)
        for shapes in (((2,), (3,)), ((2, 3), (3, 2)), ((), (2,)), ((2,), (1, 3, 2)))
    ),
    *(Case("cross", shapes) for shapes in (((3,), (3,)), ((2, 3), (3,)), ((4, 1, 3), (2, 3)))),
    Case("cross", ((3, 2), (2, 3)), {"axisa": 0, "axisb": 1, "axisc": 0}),
    Case("cross", ((3, 4), (3, 4)), {"axis": 0}),
    Case("_cross", ((2, 3), (2, 3)), {}, np.cross),
    *(Case("vecdot", shapes) for shapes in VECTORS),
    *(Case("_vecdot", shapes, {}, np.vecdot) for shapes in VECTORS),
    Case("vecdot", ((3, 2), (3, 2)), {"axis": 0}, np.vecdot),
    *(
        Case("matvec", shapes, {}, _matvec)
        for shapes in (((2, 3), (3,)), ((4, 2, 3), (3,)), ((2, 3), (4, 3)), ((5, 1, 2, 3), (4, 3)))
    ),
    *(
        Case("vecmat", shapes, {}, _vecmat)
        for shapes in (((3,), (3, 2)), ((3,), (4, 3, 2)), ((4, 3), (3, 2)), ((5, 1, 3), (4, 3, 2)))
    ),
    *(
        Case("multi_dot", (shapes,))
        for shapes in (
            [(2, 3), (3, 4)],
            [(2, 3), (3, 4), (4, 2)],
            [(3,), (3, 4), (4, 2), (2, 5)],
            [(2, 3), (3, 4), (4,)],
            [(3,), (3, 4), (4,)],
        )
    ),
    *(Case("matrix_power", ((3, 3),), {"n": n}) for n in (-2, -1, 0, 1, 2, 3, 4, 7)),
    Case("matrix_power", ((2, 3, 3),), {"n": 3}),
]
