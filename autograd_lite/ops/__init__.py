"""The ops, one family a file. Each takes arrays or Tensors, and is declared in one place."""

from typing import TYPE_CHECKING

from autograd_lite.ops import (
    complexes,
    elementwise,
    index,
    neural,
    piecewise,
    predicates,
    products,
    reduce,
    shape,
)
from autograd_lite.ops.complexes import *
from autograd_lite.ops.elementwise import *
from autograd_lite.ops.index import *
from autograd_lite.ops.neural import *
from autograd_lite.ops.piecewise import *
from autograd_lite.ops.predicates import *
from autograd_lite.ops.products import *
from autograd_lite.ops.reduce import *
from autograd_lite.ops.shape import *

FAMILIES = (complexes, elementwise, index, neural, piecewise, predicates, products, reduce, shape)
NAMES = [name for family in FAMILIES for name in family.__all__]
"""What users call: the families' public names."""

if not TYPE_CHECKING:  # mypy knows literal lists only; without one it follows the imports
    __all__ = NAMES
