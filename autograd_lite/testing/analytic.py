"""Complex steps: derivatives without cancellation, for functions made of analytic ops."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.graph import no_grad
from autograd_lite.op import raw
from autograd_lite.tensor import Tensor
from autograd_lite.testing.differences import EPS, Estimate
from autograd_lite.testing.problem import Problem, floating, nodes_of

STEP = 2.0**-30

ANALYTIC = frozenset(
    """add subtract multiply divide true_divide negative positive square reciprocal power exp expm1
    exp2 log log1p log2 log10 sqrt sin cos tan sinh cosh tanh arctan arcsinh sum mean prod cumsum
    matmul dot inner outer tensordot einsum kron trace diagonal reshape ravel transpose swapaxes
    moveaxis broadcast_to concatenate stack take_slice squeeze expand_dims flip roll tile repeat
    identity sum_to expand""".split()
)
"""Ops that extend to complex arguments, as NumPy computes them, by the same formula."""


def columns(problem: Problem, outs: Sequence[Any]) -> Estimate | None:
    """The Jacobian, in units of steps, as ``Im f(x + i h) / h``; None if f is not known analytic.

    There is no difference and so no cancellation, and h may be so small that its square does not
    count (Squire and Trapp, Using complex variables to estimate derivatives, 1998).
    """
    if any(leaf.parameter is not None or leaf.array.dtype.kind == "c" for leaf in problem.leaves):
        return None
    if any(raw(out).dtype.kind == "c" for out in outs):
        return None
    ops = {node.plan.op for node in nodes_of(outs)}
    if not all(o.name in ANALYTIC and o.call.__module__.startswith("autograd_lite.") for o in ops):
        return None
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # NumPy warns where it drops an imaginary part
        for j in range(problem.x.size):
            column = _column(problem, j)
            if column is None:
                return None
            found.append(column)
    value = np.array(found).T
    size = np.abs(value) + np.abs(problem.middle)[:, None]
    return Estimate(value, 1e3 * EPS * size, np.zeros_like(value), size)


def _column(problem: Problem, j: int) -> Any:
    """What an imaginary step of entry j does; None where f does not take complex numbers."""
    vector = problem.x.astype(np.complex128)
    vector[j] += 1j * STEP * problem.steps[j]
    arrays = [vector[leaf.span].reshape(leaf.array.shape) for leaf in problem.leaves]
    try:
        with no_grad():
            outs = floating(problem.apply([Tensor(a) for a in arrays]))
        value = np.concatenate([np.ravel(raw(out)) for out in outs]).astype(np.complex128)
    except Exception:
        return None
    if not np.allclose(value.real, problem.middle, rtol=1e-10, atol=0):
        return None
    return value.imag / STEP
