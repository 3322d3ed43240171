"""Einstein's sums, and the ops that they are made of."""

from __future__ import annotations

import numpy as np

import autograd_lite as ag
from op_cases.case import Case

FORMS: dict[str, tuple[tuple[int, ...], ...]] = {
    "": ((),),
    "i->i": ((3,),),
    "bA": ((2, 3),),
    "ij->ji": ((2, 3),),
    "ijk->k": ((2, 3, 4),),
    "ij->": ((2, 3),),
    "ii": ((3, 3),),
    "ii->i": ((3, 3),),
    "iji->j": ((2, 3, 2),),
    "...ii->...i": ((2, 3, 3),),
    "i...->...": ((2, 3),),
    "i,i": ((3,), (3,)),
    "i,j": ((3,), (2,)),
    "i,j->": ((3,), (2,)),
    ",i": ((), (3,)),
    ",": ((), ()),
    "ij,jk": ((2, 3), (3, 4)),
    " i j , j k -> k i ": ((2, 3), (3, 4)),
    "ij,ij->ij": ((2, 3), (2, 3)),
    "ij,ji->ij": ((2, 3), (3, 2)),
    "ij,ij->i": ((2, 3), (2, 3)),
    "ij,ij": ((2, 3), (1, 3)),
    "ij,ij->j": ((1, 3), (2, 1)),
    "ij,kj->i": ((2, 3), (4, 3)),
    "ij,j->": ((2, 1), (3,)),
    "bij,bjk->bik": ((5, 2, 3), (5, 3, 4)),
    "bij,bj->ib": ((5, 2, 3), (5, 3)),
    "abij,ajbk->kaib": ((2, 3, 2, 4), (2, 4, 3, 2)),
    "Ab,bA": ((2, 3), (3, 2)),
    "iij,jk->k": ((2, 2, 3), (3, 4)),
    "ii,i->i": ((1, 1), (3,)),
    "ii,i": ((3, 3), (1,)),
    "...i,...j->...ij": ((4, 1, 2), (5, 3)),
    "i...,i...": ((2, 3), (2, 1, 3)),
    "...,...": ((2, 3), ()),
    "...j,jk": ((2, 3), (3, 4)),
    "ij,jk,kl->il": ((2, 3), (3, 4), (4, 2)),
    "i,i,i": ((3,), (3,), (3,)),
    "i,,j,ij->": ((2,), (), (3,), (2, 3)),
    "ab,cd,ac,bd": ((2, 3), (4, 2), (2, 4), (3, 2)),
    "i,j,k->kij": ((2,), (3,), (2,)),
    "ij,jk->ik": ((2, 0), (0, 3)),
    "ij,j->i": ((0, 3), (3,)),
}


def _lists(*arrays, labels, call=np.einsum):
    """The form with lists of labels, the output's last."""
    operands = [x for pair in zip(arrays, labels, strict=False) for x in pair]
    return call(*operands, *labels[len(arrays) :])


def _case(subscripts, shapes, **settings):
    return Case(
        "einsum",
        shapes,
        {"subscripts": subscripts, **settings},
        lambda *arrays, subscripts, **s: np.einsum(subscripts, *arrays, **s),
        spelled=lambda *arrays, subscripts, **s: ag.einsum(subscripts, *arrays, **s),
    )


CASES = [
    *(_case(subscripts, shapes) for subscripts, shapes in FORMS.items()),
    *(
        _case("ij,jk,kl->il", ((2, 3), (3, 4), (4, 2)), optimize=how)
        for how in (True, "optimal", ["einsum_path", (0, 1), (0, 1)], ["einsum_path", (0, 1, 2)])
    ),
    *(
        Case(
            "einsum",
            shapes,
            {"labels": labels},
            _lists,
            spelled=lambda *arrays, labels: _lists(*arrays, labels=labels, call=ag.einsum),
        )
        for shapes, labels in (
            (((2, 3), (3, 4)), ([0, 1], [1, 2], [2, 0])),
            (((2, 3), (3, 4)), ([0, 51], [51, 2])),
            (((2, 3),), ([27, 0],)),
            (((3, 3),), ([0, 0],)),
            (((2, 3), (3,)), ([..., 1], [1], [...])),
        )
    ),
    Case(
        "sum_labels",
        ((2, 3, 2),),
        {"labels": "iji", "output": "ji"},
        lambda x, **_: np.einsum("iji->ji", x),
    ),
    Case("sum_labels", ((2, 3),), {"labels": "ij", "output": "j"}, lambda x, **_: x.sum(0)),
    Case(
        "spread_labels",
        ((3,),),
        {"labels": "i", "output": "jii", "shape": (2, 3, 3)},
        lambda x, **_: np.array([np.diag(x)] * 2),
    ),
    Case(
        "spread_labels",
        ((2, 3),),
        {"labels": "ij", "output": "jki", "shape": (3, 4, 2)},
        lambda x, **_: np.stack([x.T] * 4, axis=1),
    ),
    Case(
        "contract",
        ((2, 3, 4), (4, 3, 5)),
        {"left": "ibj", "right": "jbk", "output": "bki"},
        lambda a, b, **_: np.einsum("ibj,jbk->bki", a, b),
    ),
]
