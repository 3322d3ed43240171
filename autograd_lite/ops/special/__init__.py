"""Special functions under the names of `scipy.special`; they need SciPy when they are called.

SciPy's ufuncs take Tensors too: `scipy.special.gammaln(t)` is the same as `special.gammaln(t)`.
"""

from autograd_lite.ops.special import bessel, entropies, gammas, normal
from autograd_lite.ops.special.bessel import *
from autograd_lite.ops.special.by_scipy import answer_for as answer_for
from autograd_lite.ops.special.entropies import *
from autograd_lite.ops.special.gammas import *
from autograd_lite.ops.special.normal import *

_FAMILIES = (bessel, entropies, gammas, normal)
__all__ = sorted(name for family in _FAMILIES for name in family.__all__)
