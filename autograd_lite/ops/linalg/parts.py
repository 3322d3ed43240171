"""What the rules of linear algebra share: adjoints, packed results, and terms of equal values.

Formulas are as the papers have them, with conjugates, so rules conjugate ``g`` on its way in and
the gradient on its way out: ops pair gradients and directions without (see `ops.complexes`).
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from autograd_lite.errors import GradientError, explain
from autograd_lite.op import op, raw
from autograd_lite.ops.complexes import conjugate
from autograd_lite.ops.elementwise import add, multiply, negative, subtract
from autograd_lite.ops.products import matmul
from autograd_lite.ops.shape import expand_dims, matrix_transpose, reshape, take_slice


def conj(x: Any) -> Any:
    """Complex conjugate; real numbers as they are."""
    return conjugate(x) if x.dtype.kind == "c" else x


def adjoint(x: Any) -> Any:
    """Conjugate transpose."""
    return conj(matrix_transpose(x))


def symmetrised(x: Any) -> Any:
    """``(x + x^H) / 2``."""
    return multiply(add(x, adjoint(x)), 0.5)


def skew(x: Any) -> Any:
    """``x - x^H``."""
    return subtract(x, adjoint(x))


def diagonal(values: Any) -> Any:
    """Matrices with the rows of `values` on their diagonals."""
    return multiply(np.eye(values.shape[-1], dtype=values.dtype), expand_dims(values, axis=-2))


def scaled(x: Any, values: Any) -> Any:
    """``x @ diag(values)``."""
    return multiply(x, expand_dims(values, axis=-2))


def columns(x: Any, start: int, stop: int) -> Any:
    """Columns ``start:stop``."""
    return take_slice(x, axis=-1, start=start, stop=stop)


def pack(a: Any, *parts: Any) -> Any:
    """Several results for each matrix of `a` as one array: one vector for each matrix."""
    batch = np.shape(a)[:-2]
    return np.concatenate([p.reshape(*batch, math.prod(p.shape[len(batch) :])) for p in parts], -1)


def unpack(packed: Any, *shapes: tuple[int, ...]) -> list[Any]:
    """The parts that `pack` has joined, by their shapes."""
    batch, start, parts = packed.shape[:-1], 0, []
    for shape in shapes:
        stop = start + math.prod(shape)
        parts.append(reshape(columns(packed, start, stop), shape=(*batch, *shape)))
        start = stop
    return parts


def _tiny(values: Any) -> Any:
    """What is no more than rounding, next to the largest of `values` along the last axis."""
    largest = np.abs(values).max(axis=-1, initial=0)
    return largest * (4 * math.sqrt(values.shape[-1]) * float(np.finfo(values.dtype).eps))


@op(vjps=(lambda g, out: negative(multiply(g, multiply(out, out))), None))
def _inverse_or_zero(x, values):
    """``1 / x``, and 0 where x is 0 up to rounding next to the largest of `values`.

    Shapes:
        ``x (..., n)`` or ``(..., n, n)``, ``values (..., n)``.
    """
    tiny = np.expand_dims(_tiny(values), tuple(range(np.ndim(values) - 1, np.ndim(x))))
    zero = np.abs(x) <= tiny
    return np.where(zero, 0, np.divide(1, np.where(zero, 1, x)))


def inverses(values: Any) -> Any:
    """``1 / values``, and 0 for values of 0."""
    return _inverse_or_zero(values, values)


def inverse_gaps(values: Any) -> Any:
    """``1 / (values_j - values_i)`` at ``i, j``, and 0 for equal values."""
    gaps = subtract(expand_dims(values, axis=-2), expand_dims(values, axis=-1))
    return _inverse_or_zero(gaps, values)


def inverse_sums(values: Any) -> Any:
    """``1 / (values_j + values_i)`` at ``i, j``, and 0 where both are 0."""
    sums = add(expand_dims(values, axis=-2), expand_dims(values, axis=-1))
    return _inverse_or_zero(sums, values)


def _depends(x: Any, chosen: Any, scale: Any) -> bool:
    """Whether x has entries above rounding where there was a choice."""
    x, scale = np.abs(raw(x)), np.abs(raw(scale))
    bound = np.sqrt(np.finfo(scale.dtype).eps) * scale.max(initial=0)
    return bool((x * chosen > bound).any())


def warn_of_choice(where: str, x: Any, inverse: Any, g: Any) -> None:
    """Warn if x, the part of the gradient g that `inverse` turns to 0, is not 0."""
    if _depends(x, raw(inverse) == 0, g):
        problem = "the gradient depends on the choice of vectors or of their phases"
        fix = "make the result independent of the choice; those terms count as 0"
        expected = "different values where single vectors matter"
        warnings.warn(explain(where, problem, expected=expected, fix=fix), stacklevel=2)


def fold(where: str, q: Any, g: Any, k: int) -> tuple[Any, Any]:
    """The first k columns of q, and their gradient once that of the others is moved to them.

    The other columns complete a basis: their span follows from the first,
    ``dq2 = -q1 dq1^H q2``, up to a rotation among themselves.

    Raises:
        GradientError: the gradient is one of such a rotation.
    """
    m = q.shape[-1]
    if m == k:
        return q, g
    q1, q2, g1, g2 = columns(q, 0, k), columns(q, k, m), columns(g, 0, k), columns(g, k, m)
    if _depends(skew(matmul(adjoint(q2), g2)), True, g):
        raise GradientError(
            explain(
                where,
                f"columns from {k} on are any basis of what the others leave, and have no gradient",
                expected="a result that depends on their span only",
                fix="ask for the reduced form, or detach these columns",
            )
        )
    return q1, subtract(g1, matmul(q2, matmul(adjoint(g2), q1)))
