"""Trees of arrays as one vector, for optimizers that know nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite import ops
from autograd_lite.errors import ShapeError, explain
from autograd_lite.op import raw
from autograd_lite.trees import leaves_of, rebuild


def ravel_tree(tree: Any) -> tuple[Any, Callable[[Any], Any]]:
    """All numbers of a tree in one vector, and the way back.

    Made of ops: both ways differentiate. Leaves that are Tensors give a Tensor.

    Args:
        tree: An array, or a dict, list, tuple or dataclass of them.

    Returns:
        ``(vector, unravel)``. The vector has the dtype that all leaves fit into, float64 for
        `scipy.optimize`; `unravel` gives each leaf its shape and dtype back, and raises ShapeError
        for a vector of another length.

    Example:
        >>> vector, unravel = ravel_tree({"w": np.ones((1, 2)), "b": 3.0})
        >>> vector
        array([1., 1., 3.])
        >>> unravel(vector * 2)
        {'w': array([[2., 2.]]), 'b': array(6.)}
    """
    leaves = leaves_of(tree)
    shapes = [np.shape(raw(x)) for x in leaves]
    dtypes = [np.asarray(raw(x)).dtype for x in leaves]
    bounds = np.cumsum([0, *map(math.prod, shapes)]).tolist()
    common = np.result_type(*dtypes) if dtypes else np.dtype(float)

    def unravel(vector: Any) -> Any:
        if np.shape(raw(vector)) != (bounds[-1],):
            raise ShapeError(
                explain(
                    "unravel",
                    "the vector does not fit the tree",
                    got=f"shape {np.shape(raw(vector))}",
                    expected=f"({bounds[-1]},)",
                )
            )
        parts = [
            ops.astype(ops.reshape(vector[a:b], shape), dtype)
            for a, b, shape, dtype in zip(bounds, bounds[1:], shapes, dtypes, strict=False)
        ]
        return rebuild(tree, iter(parts))

    flat = [ops.astype(ops.ravel(x), common) for x in leaves]
    return (ops.concatenate(flat) if flat else np.zeros(0)), unravel
