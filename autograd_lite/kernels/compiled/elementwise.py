"""Element-wise kernels: one line for each formula."""

from autograd_lite.kernels.compiled import formulas
from autograd_lite.kernels.compiled.lanes import sweep
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


def _relu_grad(g, out):
    return g.where(out > 0.0, 0.0)


exp = pointwise(formulas.exp)
log = pointwise(formulas.log)
tanh = pointwise(formulas.tanh)
sigmoid = pointwise(formulas.sigmoid)
relu_grad = pointwise(_relu_grad)
