"""Eigenvalues and eigenvectors.

Equal eigenvalues: their vectors are a matter of choice, and so are signs and complex phases.
Terms ``1 / (w_i - w_j)`` of equal values count 0, which is right for what is computed from the
values alone, or from projections on whole eigenspaces; if the gradient depends on the choice, a
warning says so. A term that is 0 / 0, as in ``V f(w) V.T`` at equal values, is lost without one:
use `expm` or `solve` there, or keep values apart. Second derivatives need different values.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from autograd_lite.graph import Traced
from autograd_lite.op import composed, op
from autograd_lite.ops.complexes import real
from autograd_lite.ops.elementwise import add, multiply, subtract
from autograd_lite.ops.linalg.parts import (
    adjoint,
    conj,
    diagonal,
    inverse_gaps,
    pack,
    scaled,
    skew,
    symmetrised,
    unpack,
    warn_of_choice,
)
from autograd_lite.ops.linalg.solving import solve
from autograd_lite.ops.products import matmul
from autograd_lite.ops.reduce import sum
from autograd_lite.ops.shape import expand_dims, matrix_transpose

__all__ = [
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
]


class EighResult(NamedTuple):
    """What `eigh` returns."""

    eigenvalues: Any
    eigenvectors: Any


class EigResult(NamedTuple):
    """What `eig` returns."""

    eigenvalues: Any
    eigenvectors: Any


def _parts(packed, n):
    return unpack(packed, (n,), (n, n))


def _real(x):
    return real(x) if x.dtype.kind == "c" else x


def _eigh_vjp(g, out, a_shape):
    """``v (diag(gw) + (v^H gv) / (w_j - w_i)) v^H``, symmetrised (Giles 2008)."""
    n = a_shape[-1]
    (gw, gv), (w, v) = _parts(conj(g), n), _parts(out, n)
    inverse = inverse_gaps(_real(w))
    turned = matmul(adjoint(v), gv)
    warn_of_choice("eigh", skew(turned), inverse, g)
    middle = add(diagonal(gw), multiply(turned, inverse))
    return conj(symmetrised(matmul(v, matmul(middle, adjoint(v)))))


@op(vjps=(_eigh_vjp,))
def _eigh(a, UPLO="L"):
    return pack(a, *np.linalg.eigh(a, UPLO))


@composed(numpy=np.linalg.eigh)
def eigh(a: Any, UPLO: str = "L") -> Any:
    """Eigenvalues, ascending, and orthonormal eigenvectors of symmetric or Hermitian matrices.

    One triangle is read, and the gradient is that of the symmetric matrix: symmetric itself.
    Terms ``1 / (w_i - w_j)`` of equal values count 0 in the gradient; if that matters, because the
    result depends on the choice of vectors, there is a warning.

    Shapes:
        ``(..., n, n) -> (..., n), (..., n, n)``; vectors are columns.

    Example:
        >>> eigh(np.array([[2.0, 0.0], [0.0, 1.0]])).eigenvalues
        array([1., 2.])
    """
    if not isinstance(a, Traced):
        return np.linalg.eigh(a, UPLO)  # type: ignore[call-overload]
    w, v = _parts(_eigh(a, UPLO=UPLO), a.shape[-1])
    return EighResult(_real(w), v)


def _eigvalsh_vjp(g, a, UPLO):
    v = eigh(a, UPLO).eigenvectors
    return conj(matmul(scaled(v, g), adjoint(v)))


@op(vjps=(_eigvalsh_vjp,), numpy=np.linalg.eigvalsh)
def eigvalsh(a, UPLO="L"):
    """Eigenvalues, ascending, of symmetric or Hermitian matrices. ``d w_i = v_i^H da v_i``.

    One triangle is read, and the gradient is that of the symmetric matrix: symmetric itself.

    Shapes:
        ``(..., n, n) -> (..., n)``.

    Example:
        >>> eigvalsh(np.array([[2.0, 0.0], [0.0, 1.0]]))
        array([1., 2.])
    """
    return np.linalg.eigvalsh(a, UPLO)


def _eig_vjp(g, out, a_shape):
    """Giles 2008, and the part that keeps the vectors at length one."""
    n = a_shape[-1]
    (gw, gv), (w, v) = _parts(conj(g), n), _parts(out, n)
    vh = adjoint(v)
    turned = matmul(vh, gv)
    lengths = _real(_diagonal_of(turned))
    free = subtract(turned, scaled(matmul(vh, v), lengths))
    inverse = conj(inverse_gaps(w))
    warn_of_choice("eig", free, inverse, g)
    middle = add(diagonal(gw), multiply(free, inverse))
    return conj(solve(vh, matmul(middle, vh)))


def _diagonal_of(x):
    return sum(multiply(x, np.eye(x.shape[-1], dtype=x.dtype)), axis=-1)


@op(vjps=(_eig_vjp,))
def _eig(a):
    return pack(a, *np.linalg.eig(a))


@composed(numpy=np.linalg.eig)
def eig(a: Any) -> Any:
    """Eigenvalues and eigenvectors, of length one, of square matrices; complex where they must be.

    Terms ``1 / (w_i - w_j)`` of equal values count 0 in the gradient; if that matters, because the
    result depends on the choice of vectors, there is a warning.

    Raises:
        LinAlgError: in the backward pass, for a matrix that has no basis of eigenvectors.

    Shapes:
        ``(..., n, n) -> (..., n), (..., n, n)``; vectors are columns.

    Example:
        >>> eig(np.array([[0.0, 1.0], [-1.0, 0.0]])).eigenvalues
        array([0.+1.j, 0.-1.j])
    """
    if not isinstance(a, Traced):
        return np.linalg.eig(a)
    return EigResult(*_parts(_eig(a), a.shape[-1]))


def _eigvals_vjp(g, a):
    turned = matrix_transpose(eig(a).eigenvectors)
    return solve(turned, multiply(expand_dims(g, axis=-1), turned))


@op(vjps=(_eigvals_vjp,), numpy=np.linalg.eigvals)
def eigvals(a):
    """Eigenvalues of square matrices, in no order. ``d w = diagonal(inv(v) da v)``.

    Raises:
        LinAlgError: in the backward pass, for a matrix that has no basis of eigenvectors.

    Shapes:
        ``(..., n, n) -> (..., n)``.

    Example:
        >>> eigvals(np.array([[2.0, 0.0], [0.0, 1.0]]))
        array([2., 1.])
    """
    return np.linalg.eigvals(a)
