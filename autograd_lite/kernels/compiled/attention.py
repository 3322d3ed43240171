"""The gradient of rows of attention's weights, from the weights."""

from autograd_lite.kernels.compiled.lanes import SUM, sweep
from autograd_lite.kernels.compiled.parallel import share, spread

_along = sweep(lambda g, p: g * p, folds=(SUM,), unroll=4)
_across = sweep(lambda g, p, mean, scale: p * (g - mean) * scale)


@spread
def softmax_grad(g, p, scale, out, part, parts):
    """Rows ``scale * p * (g - sum(g * p))``."""
    rows, n = p.shape
    first, last = share(rows, part, parts)
    for i in range(first, last):
        mean = _along(i * n, n, (), (g, p), ())
        _across(i * n, n, (out,), (g, p), (mean, scale))
