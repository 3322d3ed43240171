"""Determinants."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from autograd_lite.graph import Traced
from autograd_lite.op import composed, op
from autograd_lite.ops.complexes import imag, real
from autograd_lite.ops.elementwise import add, multiply, subtract
from autograd_lite.ops.linalg.parts import unpack
from autograd_lite.ops.linalg.solving import inv
from autograd_lite.ops.products import matmul
from autograd_lite.ops.reduce import sum
from autograd_lite.ops.shape import expand_dims, matrix_transpose

__all__ = [
    "det",
    "slogdet",
]

_TRUSTED = 1e6
"""Up to this condition number cofactors come from the inverse: less work than by an SVD."""


def _over_matrices(x):
    return expand_dims(expand_dims(x, axis=-1), axis=-1)


@op(vjps=(lambda g, a: multiply(_over_matrices(g), _cofactors(a)),), numpy=np.linalg.det)
def det(a):
    """Determinant of square matrices.

    The gradient is the matrix of cofactors, which is ``det(a) * inv(a).T`` and exists for singular
    matrices too; so does the second derivative. A third needs a regular matrix.

    Shapes:
        ``(..., n, n) -> (...)``.

    Example:
        >>> det(np.array([[2.0, 0.0], [0.0, 4.0]]))
        np.float64(8.0)
    """
    return np.linalg.det(a)


def _without_one(s):
    """At i, the product of s along the last axis without ``s_i``."""
    return np.where(np.eye(s.shape[-1], dtype=bool), 1, s[..., None, :]).prod(-1)


def _without_two(s):
    """At ``i, j``, the product of s along the last axis without ``s_i`` and ``s_j``."""
    units = np.eye(s.shape[-1], dtype=bool)
    return np.stack([_without_one(np.where(unit, 1, s)) for unit in units], -1)


def _singular_parts(a):
    """``u, s, vh`` of an SVD, and ``det(u) * det(vh)``."""
    u, s, vh = np.linalg.svd(a)
    return u, s, vh, (np.linalg.det(u) * np.linalg.det(vh))[..., None, None]


def _is_regular(a, inverse):
    size = np.abs(a).sum(-1).max(-1) * np.abs(inverse).sum(-1).max(-1)
    return bool((size < _TRUSTED).all())


@op(vjps=(lambda g, a: _cofactors_slope(g, a),))
def _cofactors(a):
    """Signed determinants of what is left without row i and column j; exact at any rank."""
    if not a.size:
        return np.zeros_like(a)
    try:
        inverse = np.linalg.inv(a)
        if _is_regular(a, inverse):
            return np.linalg.det(a)[..., None, None] * np.swapaxes(inverse, -1, -2)
    except np.linalg.LinAlgError:
        pass
    u, s, vh, sign = _singular_parts(a)
    return sign * (u.conj() * _without_one(s)[..., None, :]) @ vh.conj()


def _third(g, h, a):
    """The third derivative of the determinant, a form of three matrices, in two of them."""
    p = inv(a)
    x, y = matmul(p, g), matmul(p, h)
    xy, yx = matmul(x, y), matmul(y, x)
    dx, dy, dxy = (_over_matrices(_trace(each)) for each in (x, y, xy))
    whole = subtract(multiply(dx, dy), dxy)
    inner = subtract(add(xy, yx), add(multiply(dx, y), multiply(dy, x)))
    whole = matmul(add(multiply(whole, np.eye(a.shape[-1], dtype=a.dtype)), inner), p)
    return multiply(_over_matrices(det(a)), matrix_transpose(whole))


def _trace(x):
    return sum(multiply(x, np.eye(x.shape[-1], dtype=x.dtype)), axis=(-1, -2))


@op(vjps=(lambda g, a: _cofactors_slope(g, a), _third))
def _cofactors_slope(h, a):
    """The derivative of `_cofactors` at a along h, which is its own adjoint.

    Cofactors turn with the singular bases, and those of a diagonal matrix are products.
    """
    if not a.size:
        return np.zeros_like(a)
    u, s, vh, sign = _singular_parts(a)
    along = np.swapaxes(u, -1, -2).conj() @ h @ np.swapaxes(vh, -1, -2).conj()
    others = _without_two(s) * (1 - np.eye(s.shape[-1], dtype=s.dtype))
    main = np.diagonal(along, axis1=-2, axis2=-1)
    slope = -others * np.swapaxes(along, -1, -2)
    slope += np.eye(s.shape[-1], dtype=s.dtype) * (others @ main[..., None])
    return sign * u.conj() @ slope @ vh.conj()


class SlogdetResult(NamedTuple):
    """What `slogdet` returns."""

    sign: Any
    logabsdet: Any


def _slogdet_vjp(g, out, a):
    by_sign, by_log = unpack(g, (), ())
    slope = by_log
    if out.dtype.kind == "c":
        sign = unpack(out, (), ())[0]
        slope = add(real(by_log), multiply(imag(multiply(by_sign, sign)), 1j))
    return multiply(_over_matrices(slope), matrix_transpose(inv(a)))


@op(vjps=(_slogdet_vjp,))
def _slogdet(a):
    sign, logarithm = np.linalg.slogdet(a)
    return np.stack([sign, logarithm.astype(sign.dtype)], -1)


@composed(numpy=np.linalg.slogdet)
def slogdet(a: Any) -> Any:
    """Sign of the determinant and logarithm of its size, also where `det` itself would overflow.

    ``d logabsdet = trace(inv(a) da)``; the sign of a real determinant has derivative 0.

    Shapes:
        ``(..., n, n) -> (...), (...)``.

    Raises:
        LinAlgError: in the backward pass, where a matrix is singular: there is no derivative.

    Example:
        >>> slogdet(np.array([[-1.0, 0.0], [0.0, 1.0]])).sign
        np.float64(-1.0)
    """
    if not isinstance(a, Traced):
        return np.linalg.slogdet(a)
    sign, logarithm = unpack(_slogdet(a), (), ())
    return SlogdetResult(sign, real(logarithm) if logarithm.dtype.kind == "c" else logarithm)
