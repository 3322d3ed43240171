"""Singular values and vectors. Equal values are treated as `ops.linalg.spectral` has it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from autograd_lite.graph import Traced
from autograd_lite.op import composed, op, raw
from autograd_lite.ops.complexes import real
from autograd_lite.ops.elementwise import add, multiply, subtract, where
from autograd_lite.ops.linalg.parts import (
    adjoint,
    conj,
    diagonal,
    fold,
    inverse_gaps,
    inverse_sums,
    inverses,
    pack,
    scaled,
    skew,
    unpack,
    warn_of_choice,
)
from autograd_lite.ops.linalg.spectral import eigh, eigvalsh
from autograd_lite.ops.piecewise import absolute
from autograd_lite.ops.predicates import equal
from autograd_lite.ops.products import matmul
from autograd_lite.ops.selecting import take_along_axis
from autograd_lite.ops.shape import expand_dims

__all__ = [
    "matrix_rank",
    "svd",
    "svdvals",
]


class SVDResult(NamedTuple):
    """What `svd` returns."""

    U: Any
    S: Any
    Vh: Any


def _parts(packed, shape, full):
    m, n = shape[-2:]
    k = min(m, n)
    return unpack(packed, (m, m if full else k), (k,), (n if full else k, n))


def _outside(q, gq, turned, inverse):
    """What of ``gq`` is orthogonal to q, over the singular values."""
    rest = subtract(gq, matmul(q, turned))
    warn_of_choice("svd", rest, expand_dims(inverse, axis=-2), gq)
    return scaled(rest, inverse)


def _svd_vjp(g, out, a_shape, full_matrices):
    """Giles 2008; ``1 / (s_j**2 - s_i**2)`` is split in two, as only the gaps may vanish."""
    k = min(a_shape[-2:])
    gu, gs, gvh = _parts(conj(g), a_shape, full_matrices)
    u, s, vh = _parts(out, a_shape, full_matrices)
    s = real(s) if s.dtype.kind == "c" else s
    u, gu = fold("svd, U", u, gu, k)
    v, gv = fold("svd, Vh", adjoint(vh), adjoint(gvh), k)
    by_u, by_v = matmul(adjoint(u), gu), matmul(adjoint(v), gv)
    together, apart = skew(add(by_u, by_v)), skew(subtract(by_u, by_v))
    gaps = inverse_gaps(s)
    warn_of_choice("svd", together, gaps, g)
    middle = multiply(add(multiply(together, gaps), multiply(apart, inverse_sums(s))), 0.5)
    whole = matmul(u, matmul(add(middle, diagonal(gs)), adjoint(v)))
    if a_shape[-2] > k:
        whole = add(whole, matmul(_outside(u, gu, by_u, inverses(s)), adjoint(v)))
    if a_shape[-1] > k:
        whole = add(whole, matmul(u, adjoint(_outside(v, gv, by_v, inverses(s)))))
    return conj(whole)


@op(vjps=(_svd_vjp,))
def _svd(a, full_matrices=True):
    return pack(a, *np.linalg.svd(a, full_matrices))


def _svdvals_vjp(g, x):
    u, s, vh = svd(x, full_matrices=False)
    kept = where(equal(inverses(s), 0), 0, g)
    return conj(matmul(scaled(u, kept), vh))


@op(vjps=(_svdvals_vjp,), numpy=np.linalg.svdvals)
def svdvals(x):
    """Singular values, descending. ``d s_i = u_i^H dx v_i``, and 0 for values of 0.

    Shapes:
        ``(..., m, n) -> (..., min(m, n))``.

    Example:
        >>> svdvals(np.array([[0.0, 2.0], [1.0, 0.0]]))
        array([2., 1.])
    """
    return np.linalg.svdvals(x)


def _hermitian_svd(a):
    """By `eigh`: singular values are the sizes of eigenvalues."""
    w, v = eigh(a)
    order = np.argsort(np.abs(raw(w)))[..., ::-1]
    signs = np.take_along_axis(np.sign(raw(w)), order, axis=-1)
    w = take_along_axis(w, order, axis=-1)
    v = take_along_axis(v, order[..., None, :], axis=-1)
    return SVDResult(v, absolute(w), adjoint(scaled(v, signs)))


def _hermitian_svdvals(a):
    sizes = absolute(eigvalsh(a))
    return take_along_axis(sizes, np.argsort(raw(sizes))[..., ::-1], axis=-1)


@composed(numpy=np.linalg.svd)
def svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    """Singular value decomposition ``a = U @ diag(S) @ Vh``; only S if not `compute_uv`.

    What `full_matrices` adds to the reduced form is any basis of what is left. It has a gradient
    where only its span matters, as for a projection to the null space. Equal singular values are
    treated as equal eigenvalues by `eigh`, and so are those of 0.

    Shapes:
        ``(..., m, n) -> (..., m, m), (..., k), (..., n, n)`` with ``k = min(m, n)``; reduced
        ``(..., m, k), (..., k), (..., k, n)``.

    Raises:
        GradientError: in the backward pass, where the choice of that basis matters.

    Example:
        >>> svd(np.array([[0.0, 2.0], [1.0, 0.0]])).S
        array([2., 1.])
    """
    if not isinstance(a, Traced):
        return np.linalg.svd(  # type: ignore[call-overload]
            a, full_matrices, compute_uv, hermitian
        )
    if hermitian:
        return _hermitian_svd(a) if compute_uv else _hermitian_svdvals(a)
    if not compute_uv:
        return svdvals(a)
    u, s, vh = _parts(_svd(a, full_matrices=full_matrices), a.shape, full_matrices)
    return SVDResult(u, real(s) if s.dtype.kind == "c" else s, vh)


def matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    """Number of singular values above the tolerance: plain integers, without derivative.

    Example:
        >>> matrix_rank(np.ones((3, 2)))
        np.int64(1)
    """
    return np.linalg.matrix_rank(raw(A), tol, hermitian, rtol=rtol)
