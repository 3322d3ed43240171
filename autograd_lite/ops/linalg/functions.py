"""Functions of matrices and triangular systems, by SciPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.errors import explain
from autograd_lite.op import composed, op
from autograd_lite.ops.complexes import conjugate
from autograd_lite.ops.elementwise import multiply, negative
from autograd_lite.ops.products import matmul
from autograd_lite.ops.shape import concatenate, expand_dims, matrix_transpose, take_slice

__all__ = [
    "cho_solve",
    "expm",
    "solve_sylvester",
    "solve_triangular",
    "sqrtm",
]


def _scipy(asks: str) -> Any:
    """`scipy.linalg`, loaded at first use."""
    try:
        import scipy.linalg  # type: ignore[import-untyped]
    except ImportError:
        fix = 'pip install "autograd_lite[scipy]"'
        raise ImportError(explain(f"linalg.{asks}", "SciPy is not installed", fix=fix)) from None
    return scipy.linalg


def _expm_vjp(g, A):
    """The derivative along g at the transpose, from one larger exponential (Higham 2008, 10.6)."""
    n, turned = A.shape[-1], matrix_transpose(A)
    top = concatenate([turned, g], axis=-1)
    bottom = concatenate([np.zeros(turned.shape, turned.dtype), turned], axis=-1)
    whole = expm(concatenate([top, bottom], axis=-2))
    half = take_slice(whole, axis=-2, start=0, stop=n)
    return take_slice(half, axis=-1, start=n, stop=2 * n)


@op(vjps=(_expm_vjp,))
def expm(A):
    """Exponential of square matrices, ``sum(A**k / k!)``. Needs SciPy.

    Shapes:
        ``(..., n, n) -> (..., n, n)``.

    Raises:
        ImportError: SciPy is not installed.

    Example:
        >>> expm(np.array([[0.0, 1.0], [0.0, 0.0]]))
        array([[1., 1.],
               [0., 1.]])
    """
    return _scipy("expm").expm(A)


def _as_columns(x):
    return expand_dims(x, axis=-1) if x.ndim == 1 else x


def _triangular_back(g, a, trans, lower, unit_diagonal):
    return _solve_triangular(a, g, not trans, lower, unit_diagonal)


def _triangular_by_a(g, out, trans, lower, unit_diagonal):
    g, x = _as_columns(g), _as_columns(out)
    whole = matmul(x, matrix_transpose(g)) if trans else matmul(g, matrix_transpose(x))
    kept = np.tri(whole.shape[-1], k=-int(unit_diagonal), dtype=whole.dtype)
    return negative(multiply(whole, kept if lower else kept.T))


@op(vjps=(_triangular_by_a, lambda g: g), through=_triangular_back)
def _solve_triangular(a, b, trans=False, lower=False, unit_diagonal=False):
    return _scipy("solve_triangular").solve_triangular(
        a, b, trans=int(trans), lower=lower, unit_diagonal=unit_diagonal
    )


@composed()
def solve_triangular(
    a: Any, b: Any, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False
) -> Any:
    """The x of ``a @ x = b``, of ``a.T @ x = b`` for trans 1 or "T", of ``a^H @ x = b`` for 2.

    One triangle of a is read, without its diagonal if that is one; the rest has a gradient of 0.
    Needs SciPy.

    Shapes:
        ``a (n, n)``, ``b (n,)`` or ``(n, k)``.

    Raises:
        LinAlgError: an entry of the diagonal is 0.
        ImportError: SciPy is not installed.

    Example:
        >>> solve_triangular(np.array([[2.0, 0.0], [2.0, 1.0]]), np.array([2.0, 3.0]), lower=True)
        array([1., 1.])
    """
    if trans in (2, "C"):
        a = conjugate(a)
    return _solve_triangular(a, b, trans not in (0, "N"), lower, unit_diagonal)


@composed()
def cho_solve(c_and_lower: Any, b: Any) -> Any:
    """The x of ``a @ x = b`` from a's factor c by `cholesky`: the pair is ``(c, lower)``.

    Needs SciPy.

    Shapes:
        ``c (n, n)``, ``b (n,)`` or ``(n, k)``.

    Raises:
        ImportError: SciPy is not installed.

    Example:
        >>> cho_solve((np.array([[2.0, 0.0], [0.0, 1.0]]), True), np.array([4.0, 1.0]))
        array([1., 1.])
    """
    c, lower = c_and_lower
    half = solve_triangular(c, b, trans=0 if lower else 2, lower=lower)
    return solve_triangular(c, half, trans=2 if lower else 0, lower=lower)


def _sylvester_back(g, a, b):
    return solve_sylvester(matrix_transpose(a), matrix_transpose(b), g)


@op(
    vjps=(
        lambda g, out: negative(matmul(g, matrix_transpose(out))),
        lambda g, out: negative(matmul(matrix_transpose(out), g)),
        lambda g: g,
    ),
    through=_sylvester_back,
)
def solve_sylvester(a, b, q):
    """The x of ``a @ x + x @ b = q``. Needs SciPy.

    Shapes:
        ``a (m, m)``, ``b (n, n)``, ``q (m, n) -> (m, n)``.

    Raises:
        LinAlgError: an eigenvalue of a is minus one of b.
        ImportError: SciPy is not installed.

    Example:
        >>> solve_sylvester(np.eye(1), np.eye(1), np.array([[4.0]]))
        array([[2.]])
    """
    return _scipy("solve_sylvester").solve_sylvester(a, b, q)


def _sqrtm_vjp(g, out):
    turned = matrix_transpose(out)
    return solve_sylvester(turned, turned, g)


@op(vjps=(_sqrtm_vjp,))
def sqrtm(A):
    """The root of a square matrix with ``root @ root = A``; complex where it must be. Needs SciPy.

    ``root dr + dr root = dA``, which is a Sylvester equation (Higham 2008, 6).

    Shapes:
        ``(n, n) -> (n, n)``.

    Raises:
        ImportError: SciPy is not installed.

    Example:
        >>> sqrtm(np.array([[4.0, 0.0], [0.0, 9.0]]))
        array([[2., 0.],
               [0., 3.]])
    """
    return _scipy("sqrtm").sqrtm(A)
