"""Special functions, against SciPy's."""

from __future__ import annotations

import numpy as np
import scipy.special

from autograd_lite.ops import special
from autograd_lite.ops.special.by_scipy import ANSWERS
from op_cases.case import Case, Given

SHAPES = [(), (3,), (2, 3), (0, 3)]
PAIRS = [((), (3,)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((0, 3), (3,))]
HERE = [
    name
    for name in ANSWERS
    if name in special.__all__ and name not in ("erf", "expit", "i0", "psi")
]
ORDERED = ["gammainc", "gammaincc", "iv", "ive", "jv", "yv"]
INTEGERS = np.array([[1], [2]], np.int16)  # float32 stays float32 beside them
betainc = scipy.special.betainc


def of_last(name: str, *orders: float) -> Case:
    """A row of the last argument, the others given as numbers that are not integers."""
    ours, theirs = getattr(special, name), getattr(scipy.special, name)
    domain = ours.op.domain[-1] if isinstance(ours.op.domain[0], tuple) else ours.op.domain
    return Case(
        name,
        ((2, 3),),
        {"orders": orders},
        lambda x, orders: theirs(*orders, x),
        domain,
        lambda x, orders: ours(*orders, x),
    )


CASES = [
    *(
        Case(name, (shape,), {}, getattr(scipy.special, name))
        for name in HERE
        if len(getattr(special, name).op.arguments) == 1
        for shape in SHAPES
    ),
    *(
        Case(name, shapes, {}, getattr(scipy.special, name))
        for name in ("beta", "betaln", "kl_div", "rel_entr", "xlog1py", "xlogy")
        for shapes in PAIRS
    ),
    *(
        Case(name, (Given(v), (2, 3)), {}, getattr(scipy.special, name))
        for name in ORDERED
        for v in ((1,) if name.startswith("gamma") else (1, INTEGERS))
    ),
    *(of_last(name, 2.5) for name in [*ORDERED, "zeta"]),
    *(of_last("betainc", a, 1.5) for a in (1.0, 2.5)),
    *(Case("betainc", (Given(1), Given(b), (2, 3)), {}, betainc) for b in (1, INTEGERS)),
    *(Case("polygamma", (Given(n), (2, 3)), {}, scipy.special.polygamma) for n in (0, 2, INTEGERS)),
    *(Case("zeta", (Given(x), (2, 3)), {}, scipy.special.zeta) for x in (2, INTEGERS + 1)),
]
