"""Functions that make derivatives of functions: arrays in, arrays out, to any order.

Arguments are arrays, Tensors or numbers, or dicts, lists, tuples and dataclasses of them. Inside
another transform, results are Tensors and part of the outer one's graph; so transforms nest.
Results are Tensors too where a Tensor that requires a gradient takes part, as an argument or from
around the function, such as a model's weights; within `no_grad` they are arrays even then.
"""

from autograd_lite.transforms.batching import vmap
from autograd_lite.transforms.checkpointing import checkpoint
from autograd_lite.transforms.implicit import implicit
from autograd_lite.transforms.matrices import hessian, hvp, jacobian
from autograd_lite.transforms.reverse import (
    grad,
    gradients,
    stop_gradient,
    value_and_grad,
    vjp,
)
from autograd_lite.transforms.tangents import jvp, linearize
from autograd_lite.transforms.vectors import ravel_tree

__all__ = [
    "checkpoint",
    "grad",
    "gradients",
    "hessian",
    "hvp",
    "implicit",
    "jacobian",
    "jvp",
    "linearize",
    "ravel_tree",
    "stop_gradient",
    "value_and_grad",
    "vjp",
    "vmap",
]
