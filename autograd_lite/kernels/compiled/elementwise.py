"""Element-wise kernels: one line for each formula."""

import math

import numpy as np

from autograd_lite.kernels.compiled import formulas
from autograd_lite.kernels.compiled.lanes import MAX, sweep
from autograd_lite.kernels.compiled.parallel import share, spread

# Parts end on multiples of this many elements, so that no two threads write to one cache line.
GRAIN = 1024


def pointwise(formula):
    """The kernel `(ins, out)` that maps `formula` over a tuple of one-dimensional arrays."""
    loop = sweep(formula)

    def part(ins, out, part, parts):
        first, last = share(out.size, part, parts, GRAIN)
        loop(first, last - first, (out,), ins, ())

    return spread(part, name=formula.__name__)


def periodic(formula, exact):
    """`pointwise`, with the few arguments beyond `TURN_LIMIT` left to the C library's `exact`.

    That divides them by pi / 2 with as many digits as it takes (Payne and Hanek, 1983).
    """
    loop = sweep(lambda x: (formula(x), abs(x)), folds=(MAX,))
    limit, limit_64 = formulas.TURN_LIMIT[4], formulas.TURN_LIMIT[8]

    def part(ins, out, part, parts):
        first, last = share(out.size, part, parts, GRAIN)
        (x,) = ins
        most = limit if x.itemsize == 4 else limit_64
        if loop(first, last - first, (out,), ins, ()) > most:
            for i in range(first, last):
                if abs(x[i]) > most:
                    out[i] = exact(np.float64(x[i]))

    return spread(part, name=formula.__name__)


def _sqrt(x):
    return x.sqrt()


def _relu_grad(g, out):
    return g.where(out > 0.0, 0.0)


exp = pointwise(formulas.exp)
log = pointwise(formulas.log)
tanh = pointwise(formulas.tanh)
sigmoid = pointwise(formulas.sigmoid)
erf = pointwise(formulas.erf)
sqrt = pointwise(_sqrt)
sin = periodic(formulas.sin, math.sin)
cos = periodic(formulas.cos, math.cos)
relu_grad = pointwise(_relu_grad)
