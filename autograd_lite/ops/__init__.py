"""The ops, one family a file. Each takes arrays or Tensors, and is declared in one place."""

from types import ModuleType
from typing import TYPE_CHECKING

from autograd_lite.ops import aliases as aliases
from autograd_lite.ops import fft as fft
from autograd_lite.ops import linalg as linalg
from autograd_lite.ops import special as special
from autograd_lite.ops.activations import *
from autograd_lite.ops.arranging import *
from autograd_lite.ops.attention import *
from autograd_lite.ops.chains import *
from autograd_lite.ops.complexes import *
from autograd_lite.ops.contractions import *
from autograd_lite.ops.convolution import *
from autograd_lite.ops.diagonals import *
from autograd_lite.ops.differences import *
from autograd_lite.ops.elementwise import *
from autograd_lite.ops.exponential import *
from autograd_lite.ops.index import *
from autograd_lite.ops.joining import *
from autograd_lite.ops.lookup import *
from autograd_lite.ops.nans import *
from autograd_lite.ops.neural import *
from autograd_lite.ops.noise import *
from autograd_lite.ops.normalization import *
from autograd_lite.ops.numeric import *
from autograd_lite.ops.order import *
from autograd_lite.ops.padding import *
from autograd_lite.ops.piecewise import *
from autograd_lite.ops.pooling import *
from autograd_lite.ops.predicates import *
from autograd_lite.ops.products import *
from autograd_lite.ops.rectifiers import *
from autograd_lite.ops.recurrent import *
from autograd_lite.ops.reduce import *
from autograd_lite.ops.rounding import *
from autograd_lite.ops.scan import *
from autograd_lite.ops.selecting import *
from autograd_lite.ops.shape import *
from autograd_lite.ops.statistics import *
from autograd_lite.ops.trigonometric import *

_APART = (fft, linalg, special)
_FAMILIES = [m for m in list(globals().values()) if isinstance(m, ModuleType) and m not in _APART]
NAMES = [name for family in _FAMILIES for name in getattr(family, "__all__", ())]
"""What users call: the families' public names. Those of namespaces are apart."""

if not TYPE_CHECKING:  # mypy knows literal lists only; without one it follows the imports
    __all__ = NAMES
