"""Linear systems, inverses and least squares."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.errors import ShapeError, explain
from autograd_lite.graph import Traced
from autograd_lite.op import composed, op, raw
from autograd_lite.ops.elementwise import add, negative, subtract
from autograd_lite.ops.linalg.parts import adjoint, conj, symmetrised
from autograd_lite.ops.products import matmul
from autograd_lite.ops.shape import (
    expand_dims,
    matrix_transpose,
    ravel,
    reshape,
    squeeze,
    transpose,
)

__all__ = [
    "inv",
    "lstsq",
    "pinv",
    "solve",
    "tensorinv",
    "tensorsolve",
]


def _inv_vjp(g, out):
    turned = matrix_transpose(out)
    return negative(matmul(turned, matmul(g, turned)))


@op(vjps=(_inv_vjp,), numpy=np.linalg.inv)
def inv(a):
    """Inverse ``a^-1`` of square matrices; its derivative is ``-a^-1 da a^-1``.

    Shapes:
        ``(..., n, n) -> (..., n, n)``.

    Raises:
        LinAlgError: a matrix is singular.

    Example:
        >>> inv(np.array([[2.0, 0.0], [0.0, 4.0]]))
        array([[0.5 , 0.  ],
               [0.  , 0.25]])
    """
    return np.linalg.inv(a)


def _solve_transposed(g, a, b_shape):
    turned = matrix_transpose(a)
    if len(b_shape) == 1:
        return squeeze(solve(turned, expand_dims(g, axis=-1)), axis=-1)
    return solve(turned, g)


def _solve_by_a(g, out, b_shape):
    if len(b_shape) == 1:
        return negative(matmul(expand_dims(g, axis=-1), expand_dims(out, axis=-2)))
    return negative(matmul(g, matrix_transpose(out)))


@op(
    vjps=(_solve_by_a, lambda g: g),
    through=_solve_transposed,
    numpy=np.linalg.solve,
    broadcasts=True,
)
def solve(a, b):
    """The x of ``a @ x = b``; leading axes broadcast. One more system gives both gradients.

    ``gb = solve(a.T, g)`` and ``ga = -gb x.T`` (Giles 2008).

    Shapes:
        ``a (..., n, n)`` with ``b (n,)`` or ``(..., n, k)``; a vector is what has one axis.

    Raises:
        LinAlgError: a matrix is singular.

    Example:
        >>> solve(np.array([[2.0, 0.0], [0.0, 4.0]]), np.array([1.0, 1.0]))
        array([0.5 , 0.25])
    """
    return np.linalg.solve(a, b)


def _pinv_vjp(g, out, a, hermitian):
    """Golub & Pereyra 1973, for matrices whose rank does not change."""
    g, p, ph, gh = conj(g), out, adjoint(out), adjoint(conj(g))
    left = matmul(gh, matmul(p, ph))
    right = matmul(matmul(ph, p), gh)
    first = matmul(ph, matmul(g, ph))
    second = subtract(left, matmul(a, matmul(p, left)))
    third = subtract(right, matmul(matmul(right, p), a))
    whole = subtract(add(second, third), first)
    return conj(symmetrised(whole) if hermitian else whole)


@op(vjps=(_pinv_vjp,), numpy=np.linalg.pinv)
def pinv(a, rcond=None, hermitian=False, *, rtol=...):
    """Moore-Penrose inverse. The gradient takes the rank for constant (Golub & Pereyra 1973).

    Singular values up to `rcond`, or `rtol`, times the largest count as 0; 1e-15 unless given.

    Shapes:
        ``(..., m, n) -> (..., n, m)``.

    Example:
        >>> pinv(np.array([[2.0, 0.0]]))
        array([[0.5],
               [0. ]])
    """
    if rtol is ...:
        return np.linalg.pinv(a, rcond, hermitian)
    return np.linalg.pinv(a, rcond, hermitian, rtol=rtol)


class LstsqResult(NamedTuple):
    """What `lstsq` returns."""

    x: Any
    residuals: Any
    rank: Any
    singular_values: Any


def _cutoff(a, rcond):
    """What `pinv` calls the `rcond` of `lstsq`."""
    return np.finfo(a.dtype).eps * max(a.shape) if rcond is None else rcond


def _as_columns(x):
    return expand_dims(x, axis=-1) if x.ndim == 1 else x


def _lstsq_by_a(g, out, a, b, rcond):
    """The derivative of ``pinv(a) @ b`` by the formula of Golub & Pereyra, in vectors."""
    g, x, b = (_as_columns(each) for each in (conj(g), out, b))
    p = pinv(a, _cutoff(a, rcond))
    ph = adjoint(p)
    z = matmul(ph, g)
    residual = subtract(b, matmul(a, x))
    free = subtract(g, matmul(p, matmul(a, g)))
    whole = add(
        subtract(matmul(residual, adjoint(matmul(p, z))), matmul(z, adjoint(x))),
        matmul(matmul(ph, x), adjoint(free)),
    )
    return conj(whole)


def _lstsq_by_b(g, a, b_shape, rcond):
    solved = matmul(matrix_transpose(pinv(a, _cutoff(a, rcond))), _as_columns(g))
    return reshape(solved, shape=b_shape)


@op(vjps=(_lstsq_by_a, _lstsq_by_b))
def _lstsq(a, b, rcond=None):
    return np.linalg.lstsq(a, b, rcond)[0]


@composed(numpy=np.linalg.lstsq)
def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """Least squares: the shortest x of those with the least ``norm(a @ x - b)``.

    x has a gradient, for a constant rank. Residuals, rank and singular values come as plain arrays.

    Shapes:
        ``a (m, n)``, ``b (m,)`` or ``(m, k)`` -> x ``(n,)`` or ``(n, k)``.

    Example:
        >>> lstsq(np.array([[1.0], [1.0]]), np.array([1.0, 3.0]))[0]
        array([2.])
    """
    if not isinstance(a, Traced) and not isinstance(b, Traced):
        return np.linalg.lstsq(a, b, rcond)
    others = np.linalg.lstsq(raw(a), raw(b), rcond)[1:]
    return LstsqResult(_lstsq(a, b, rcond=rcond), *others)


@composed(numpy=np.linalg.tensorinv)
def tensorinv(a: Any, ind: int = 2) -> Any:
    """Inverse of the map from the last axes to the first `ind`, as `tensordot` has it.

    Shapes:
        ``p + q -> q + p``, where p are the first `ind` lengths, and ``prod(p) = prod(q)``.

    Raises:
        ValueError: `ind` is not positive.
        LinAlgError: the matrix is singular or not square.

    Example:
        >>> tensorinv(np.eye(4).reshape(4, 2, 2), ind=1).shape
        (2, 2, 4)
    """
    if not isinstance(a, Traced) or ind <= 0:
        return np.linalg.tensorinv(raw(a), ind)
    first, last = a.shape[:ind], a.shape[ind:]
    return reshape(inv(reshape(a, shape=(math.prod(last), -1))), shape=(*last, *first))


@composed(numpy=np.linalg.tensorsolve)
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    """The x of ``tensordot(a, x, x.ndim) = b``; `axes` of a are moved to its end first.

    Raises:
        ShapeError: the lengths do not make a square matrix.
        LinAlgError: that matrix is singular.

    Example:
        >>> tensorsolve(np.eye(4).reshape(2, 2, 4), np.ones((2, 2)))
        array([1., 1., 1., 1.])
    """
    if axes is not None:
        kept = [i for i in range(np.ndim(raw(a))) if i not in axes]
        a = transpose(a, axes=(*kept, *axes))
    shape = np.shape(raw(a))[np.ndim(raw(b)) :]
    size = math.prod(shape)
    if np.size(raw(a)) != size * size:
        got = f"a {np.shape(raw(a))}, b {np.shape(raw(b))}"
        expected = "prod(a.shape[b.ndim:]) == prod(a.shape[:b.ndim])"
        raise ShapeError(explain("tensorsolve", "lengths do not fit", got=got, expected=expected))
    return reshape(solve(reshape(a, shape=(size, size)), ravel(b)), shape=shape)
