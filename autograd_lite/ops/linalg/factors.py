"""Triangular factors: Cholesky and QR."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from autograd_lite.errors import NoRuleError, explain
from autograd_lite.graph import Traced
from autograd_lite.op import composed, op
from autograd_lite.ops.elementwise import add, multiply, subtract
from autograd_lite.ops.linalg.parts import (
    adjoint,
    columns,
    conj,
    fold,
    pack,
    symmetrised,
    unpack,
)
from autograd_lite.ops.linalg.solving import inv, solve
from autograd_lite.ops.products import matmul
from autograd_lite.ops.shape import concatenate, take_slice

__all__ = [
    "cholesky",
    "qr",
]


def _below(n, dtype):
    """Ones below the diagonal, and halves on it."""
    return np.tri(n, dtype=dtype) - np.eye(n, dtype=dtype) / 2


def _cholesky_vjp(g, out):
    """``L^-H low(L^H g) L^-1``, symmetrised; `low` keeps the lower triangle (Murray 2016)."""
    inverse = inv(out)
    low = multiply(matmul(adjoint(out), conj(g)), _below(out.shape[-1], g.dtype))
    return conj(symmetrised(matmul(adjoint(inverse), matmul(low, inverse))))


@op(vjps=(_cholesky_vjp,))
def _cholesky(a):
    return np.linalg.cholesky(a)


@composed(numpy=np.linalg.cholesky)
def cholesky(a: Any, *, upper: bool = False) -> Any:
    """The lower triangular L of ``a = L @ L^H`` with a positive diagonal; with `upper`, ``L^H``.

    One triangle is read, and the gradient is that of the symmetric matrix: symmetric itself.

    Shapes:
        ``(..., n, n) -> (..., n, n)``.

    Raises:
        LinAlgError: a matrix is not positive definite.

    Example:
        >>> cholesky(np.array([[4.0, 2.0], [2.0, 5.0]]))
        array([[2., 0.],
               [1., 2.]])
    """
    if not isinstance(a, Traced):
        return np.linalg.cholesky(a, upper=upper)
    return adjoint(_cholesky(adjoint(a))) if upper else _cholesky(a)


class QRResult(NamedTuple):
    """What `qr` returns."""

    Q: Any
    R: Any


def _parts(packed, shape, mode):
    m, n = shape[-2:]
    k = m if mode == "complete" else min(m, n)
    return unpack(packed, (m, k), (k, n))


def _square_vjp(q, r, gq, gr):
    """The rule of ``a = q @ r`` with a square r (Walter & Lehmann 2012)."""
    k = r.shape[-1]
    inner = subtract(matmul(r, adjoint(gr)), matmul(adjoint(gq), q))
    low = multiply(inner, _below(k, inner.dtype))
    mirrored = add(low, adjoint(low))
    return adjoint(solve(r, adjoint(add(gq, matmul(q, mirrored)))))


def _qr_vjp(g, out, a_shape, mode):
    """A wide matrix is ``[x, y] = q @ [u, q^H y]``, so y takes part in the gradient of q."""
    n, k = a_shape[-1], min(a_shape[-2:])
    (gq, gr), (q, r) = _parts(conj(g), a_shape, mode), _parts(out, a_shape, mode)
    q, gq = fold("qr, Q", q, gq, k)
    gr = take_slice(gr, axis=-2, start=0, stop=k)
    r = take_slice(r, axis=-2, start=0, stop=k)
    if n == k:
        return conj(_square_vjp(q, r, gq, gr))
    square, wide, g_wide = columns(r, 0, k), columns(r, k, n), columns(gr, k, n)
    gq = add(gq, matmul(matmul(q, wide), adjoint(g_wide)))
    left = _square_vjp(q, square, gq, columns(gr, 0, k))
    return conj(concatenate([left, matmul(q, g_wide)], axis=-1))


@op(vjps=(_qr_vjp,))
def _qr(a, mode="reduced"):
    return pack(a, *np.linalg.qr(a, mode))


@composed(numpy=np.linalg.qr)
def qr(a: Any, mode: str = "reduced") -> Any:
    """Factors ``a = Q @ R`` with orthonormal columns and an upper triangle; only R for mode "r".

    The gradient needs the first ``min(m, n)`` columns of a to be independent. What mode "complete"
    adds to Q is any basis of what is left, and has a gradient where only its span matters.

    Shapes:
        ``(..., m, n) -> (..., m, k), (..., k, n)`` with ``k = min(m, n)``, or m if "complete".

    Raises:
        NoRuleError: mode "raw" of a Tensor.
        LinAlgError: in the backward pass, where these columns are dependent.
        GradientError: in the backward pass, where the choice of that basis matters.

    Example:
        >>> np.abs(qr(np.array([[3.0, 0.0], [4.0, 5.0]])).R)
        array([[5., 4.],
               [0., 3.]])
    """
    if not isinstance(a, Traced):
        return np.linalg.qr(a, mode)  # type: ignore[call-overload]
    if mode not in ("reduced", "complete", "r"):
        problem, fix = "no gradient in this mode", 'pass a.detach().numpy(), or take mode="reduced"'
        expected = '"reduced", "complete" or "r"'
        raise NoRuleError(explain("qr", problem, got=f"{mode!r}", expected=expected, fix=fix))
    packed = _qr(a, mode="complete" if mode == "complete" else "reduced")
    q, r = _parts(packed, a.shape, mode)
    return r if mode == "r" else QRResult(q, r)
