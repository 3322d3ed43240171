"""What `numpy.linalg` has a second time: the same functions, but always of the last two axes."""

from __future__ import annotations

import numpy as np

from autograd_lite.op import BY_NUMPY
from autograd_lite.ops.diagonals import diagonal, trace
from autograd_lite.ops.products import cross, outer, tensordot, vecdot
from autograd_lite.ops.shape import matrix_transpose

__all__: list[str] = []


def _diagonal(x, offset=0):
    return diagonal(x, offset=offset, axis1=-2, axis2=-1)


def _trace(x, offset=0, dtype=None):
    return trace(x, offset=offset, axis1=-2, axis2=-1, dtype=dtype)


BY_NUMPY.update(
    {
        np.linalg.cross: cross,
        np.linalg.diagonal: _diagonal,
        np.linalg.matrix_transpose: matrix_transpose,
        np.linalg.outer: outer,
        np.linalg.tensordot: tensordot,
        np.linalg.trace: _trace,
        np.linalg.vecdot: vecdot,
    }
)
