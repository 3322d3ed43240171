"""autograd_lite: reverse-mode automatic differentiation on NumPy arrays, with numba kernels."""

from autograd_lite import errors, ops, random, updates
from autograd_lite.anomaly import detect_anomaly
from autograd_lite.graph import enable_grad, no_grad
from autograd_lite.inspection import draw, explain
from autograd_lite.kernels.rows import take_rows
from autograd_lite.kernels.runtime import get_num_threads, reference, set_num_threads
from autograd_lite.op import op
from autograd_lite.ops import *  # noqa: F403 - its families' `__all__` list them by name
from autograd_lite.ops import NAMES as _op_names
from autograd_lite.ops import fft, linalg, special
from autograd_lite.random import set_seed
from autograd_lite.tensor import (
    Tensor,
    from_dlpack,
    get_default_dtype,
    set_default_dtype,
    tensor,
)
from autograd_lite.testing import gradcheck, gradgradcheck
from autograd_lite.transforms import (
    checkpoint,
    grad,
    gradients,
    hessian,
    hvp,
    implicit,
    jacobian,
    jvp,
    linearize,
    ravel_tree,
    stop_gradient,
    value_and_grad,
    vjp,
    vmap,
)

__version__ = "0.1.0"

__all__ = [
    "Tensor",
    "__version__",
    "checkpoint",
    "detect_anomaly",
    "draw",
    "enable_grad",
    "errors",
    "explain",
    "fft",
    "from_dlpack",
    "get_default_dtype",
    "get_num_threads",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "gradients",
    "hessian",
    "hvp",
    "implicit",
    "jacobian",
    "jvp",
    "linalg",
    "linearize",
    "no_grad",
    "op",
    "ops",
    "random",
    "ravel_tree",
    "reference",
    "set_default_dtype",
    "set_num_threads",
    "set_seed",
    "special",
    "stop_gradient",
    "take_rows",
    "tensor",
    "updates",
    "value_and_grad",
    "vjp",
    "vmap",
    *_op_names,
]
