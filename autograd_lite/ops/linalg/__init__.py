"""Linear algebra under the names of `numpy.linalg`, and some functions of `scipy.linalg`.

Matrices are in the last two axes, and leading axes are batches, where NumPy has it so. Inverses of
singular matrices raise NumPy's LinAlgError. Rules follow Giles, Collected matrix derivative results
for forward and reverse mode AD (2008), Golub & Pereyra (1973) for pseudoinverses, Walter & Lehmann
(2012) for QR, Murray (2016) for Cholesky and Higham, Functions of matrices (2008).
"""

from autograd_lite.ops.chains import matrix_power, multi_dot
from autograd_lite.ops.linalg import (
    determinants,
    factors,
    functions,
    norms,
    singular,
    solving,
    spectral,
)
from autograd_lite.ops.linalg.determinants import *
from autograd_lite.ops.linalg.factors import *
from autograd_lite.ops.linalg.functions import *
from autograd_lite.ops.linalg.norms import *
from autograd_lite.ops.linalg.singular import *
from autograd_lite.ops.linalg.solving import *
from autograd_lite.ops.linalg.spectral import *
from autograd_lite.ops.products import cross, matmul, outer, tensordot, vecdot
from autograd_lite.ops.shape import matrix_transpose

_FAMILIES = (determinants, factors, functions, norms, singular, solving, spectral)
_ELSEWHERE = (cross, matmul, matrix_power, matrix_transpose, multi_dot, outer, tensordot, vecdot)
__all__ = sorted(
    {*(f.__name__ for f in _ELSEWHERE), *(name for family in _FAMILIES for name in family.__all__)}
)
