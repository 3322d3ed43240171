"""Derivatives of what a solver found, from the equation it solved and not from its steps."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite import ops
from autograd_lite.errors import ShapeError, explain
from autograd_lite.graph import STATE, Traced, no_grad
from autograd_lite.op import raw
from autograd_lite.scope import apart
from autograd_lite.transforms.macro import macro
from autograd_lite.transforms.matrices import jacobian
from autograd_lite.transforms.reverse import vjp
from autograd_lite.trees import leaves_of, rebuild

Function = Callable[..., Any]


def implicit(solve: Function, residual: Function) -> Function:
    """The solution ``x(a)`` of ``residual(x, a) = 0``, differentiable whatever found it.

    ``dx/da = -(d residual / dx)^-1 (d residual / da)``, the implicit function theorem. For a fixed
    point ``x = f(x, a)`` the residual is ``f(x, a) - x``.

    Args:
        solve: ``(*args) -> x``, an array; called on arrays, with any loop, library or tolerance.
        residual: ``(x, *args) -> array`` of as many entries as x, made of ops or NumPy functions.

    Returns:
        A function of the same arguments as `solve`: real arrays, Tensors or trees of them. It
        differentiates to any order.

    Raises:
        ShapeError: the residual has another size than x.
        numpy.linalg.LinAlgError: in the backward, where ``d residual / dx`` is singular.

    Example:
        >>> root = implicit(lambda a: np.sqrt(a), lambda x, a: x * x - a)
        >>> ag.grad(root)(4.0)
        np.float64(0.25)

    Source: Griewank and Walther, Evaluating derivatives, 2nd ed., 2008, chapter 15.
    """

    @functools.wraps(solve)
    def solution(*args: Any) -> Any:
        leaves = leaves_of(list(args))
        with no_grad():
            x = np.asarray(raw(solve(*rebuild(list(args), iter([raw(a) for a in leaves])))))
        chosen = [i for i, a in enumerate(leaves) if isinstance(a, Traced) and a.requires_grad]
        if not (chosen and STATE.recording):
            return x[()]

        def at(x: Any, *values: Any) -> Any:
            replaced = [raw(a) for a in leaves]
            for i, value in zip(chosen, values, strict=True):
                replaced[i] = value
            return residual(x, *rebuild(list(args), iter(replaced)))

        return macro("implicit", x, [leaves[i] for i in chosen], (), _pullback_of(at))

    return solution


def _pullback_of(residual: Function) -> Function:
    @apart()
    def pullback(g: Any, x: Any, *values: Any) -> tuple[Any, ...]:
        slope = jacobian(residual)(x, *values)
        if raw(slope).size != x.size**2:
            raise ShapeError(
                explain(
                    "implicit",
                    "the residual has not as many entries as the solution",
                    got=f"solution {x.shape}, derivative of the residual by it {slope.shape}",
                    expected="a residual of the solution's size",
                )
            )
        matrix = ops.reshape(slope, (x.size, x.size))
        column = np.linalg.solve(ops.transpose(matrix), ops.reshape(ops.negative(g), (x.size, 1)))
        out, pull = vjp(functools.partial(residual, x), *values)
        gradients: tuple[Any, ...] = pull(ops.reshape(column, np.shape(raw(out))))
        return gradients

    return pullback
