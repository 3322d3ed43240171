"""Products of vectors, matrices and arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite import kernels
from autograd_lite.errors import ShapeError, explain
from autograd_lite.graph import Traced
from autograd_lite.op import composed, op, raw
from autograd_lite.ops.complexes import conjugate
from autograd_lite.ops.elementwise import multiply
from autograd_lite.ops.shape import (
    broadcast_to,
    expand_dims,
    matrix_transpose,
    moveaxis,
    reshape,
    squeeze,
    transpose,
)

__all__ = [
    "cross",
    "dot",
    "inner",
    "kron",
    "matmul",
    "matvec",
    "outer",
    "tensordot",
    "vdot",
    "vecdot",
    "vecmat",
]


def _by_left(g, a_shape, b):
    """``g @ b.T``, with the vector cases that `matmul` has."""
    if b.ndim == 1:
        return multiply(expand_dims(g, axis=-1), b)
    if len(a_shape) == 1:
        return squeeze(matmul(b, expand_dims(g, axis=-1)), axis=-1)
    return matmul(g, matrix_transpose(b))


def _by_right(g, a, b_shape):
    """``a.T @ g``; batches that b does not have are summed by the product itself."""
    if a.ndim == 1:
        return (
            multiply(expand_dims(a, axis=-1), expand_dims(g, axis=-2)) if g.ndim else multiply(a, g)
        )
    if len(b_shape) == 1:
        g = expand_dims(g, axis=-1)
        return squeeze(matmul(matrix_transpose(a), g), axis=-1)
    if len(b_shape) == 2 and a.ndim > 2:
        a = reshape(a, shape=(-1, a.shape[-1]))
        g = reshape(g, shape=(-1, g.shape[-1]))
    return matmul(matrix_transpose(a), g)


@op(vjps=(_by_left, _by_right), numpy=(np.matmul, np.linalg.matmul), broadcasts=True)
def matmul(a, b, /):
    """Matrix product ``a @ b`` of the last two axes; leading axes broadcast.

    Shapes:
        ``(..., m, k), (..., k, n) -> (..., m, n)``; a vector ``(k,)`` is a row on the left, a
        column on the right, and its axis is dropped from the result.

    Raises:
        ShapeError: the inner dimensions differ, or an argument is 0-d.

    Example:
        >>> matmul(np.ones((2, 3)), np.ones(3))
        array([3., 3.])
    """
    try:
        return kernels.matmul(a, b)
    except ValueError:
        raise ShapeError(
            explain(
                "matmul",
                "inner dimensions differ" if np.ndim(a) and np.ndim(b) else "an argument is 0-d",
                got=f"a {np.shape(a)}, b {np.shape(b)}",
                expected="a (..., m, k) and b (..., k, n)",
                fix="transpose one argument, or check the layer's `units`",
            )
        ) from None


def _misfit(where: str, a: Any, b: Any, expected: str) -> ShapeError:
    """The error of two arguments whose shapes do not fit together."""
    got = f"shapes {np.shape(a)} and {np.shape(b)}"
    return ShapeError(explain(where, "the shapes do not fit together", got=got, expected=expected))


def _arrays(*xs: Any) -> list[Any]:
    """Tensors as they are, anything else as NumPy's arrays."""
    return [x if isinstance(x, Traced) else np.asarray(x) for x in xs]


def _conjugated(x: Any) -> Any:
    """``conj(x)``, which is x itself for real numbers."""
    return conjugate(x) if np.iscomplexobj(raw(x)) else x


@composed(numpy=np.dot)
def dot(a: Any, b: Any) -> Any:
    """Sum of products over the last axis of a and the last but one, or only, axis of b.

    Shapes:
        ``(..., k), (k,) -> (...)``; ``(i..., k), (j..., k, n) -> (i..., j..., n)``; a 0-d
        argument multiplies. Unlike `matmul`, nothing is broadcast.

    Raises:
        ShapeError: the lengths of the axes differ.

    Example:
        >>> dot(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
        np.float64(11.0)
    """
    a, b = _arrays(a, b)
    if a.ndim == 0 or b.ndim == 0:
        return multiply(a, b)
    summed = -min(b.ndim, 2)
    if a.shape[-1] != b.shape[summed]:
        raise _misfit("dot", a, b, "a (..., k) and b (k,) or (..., k, n)")
    if b.ndim <= 2:
        return matmul(a, b)
    return tensordot(a, b, axes=(-1, summed))


@composed(numpy=np.vdot)
def vdot(a: Any, b: Any, /) -> Any:
    """Sum of ``conj(a) * b`` over all entries, in C order.

    Raises:
        ShapeError: the numbers of entries differ.

    Example:
        >>> vdot(np.array([1j, 2.0]), np.array([1j, 3.0]))
        np.complex128(7+0j)
    """
    a, b = _arrays(a, b)
    if a.size != b.size:
        raise _misfit("vdot", a, b, "as many entries in a as in b")
    return matmul(reshape(_conjugated(a), (-1,)), reshape(b, (-1,)))


@composed(numpy=np.inner)
def inner(a: Any, b: Any, /) -> Any:
    """Sum of products over the last axis of both; a 0-d argument multiplies.

    Shapes:
        ``(i..., k), (j..., k) -> (i..., j...)``.

    Raises:
        ShapeError: the last axes differ in length.

    Example:
        >>> inner(np.eye(2), np.array([3.0, 4.0]))
        array([3., 4.])
    """
    a, b = _arrays(a, b)
    if a.ndim == 0 or b.ndim == 0:
        return multiply(a, b)
    if a.shape[-1] != b.shape[-1]:
        raise _misfit("inner", a, b, "the same length of the last axes")
    return matmul(a, b) if b.ndim == 1 else tensordot(a, b, axes=(-1, -1))


@composed(numpy=np.outer)
def outer(a: Any, b: Any) -> Any:
    """Products of every entry of a with every entry of b: ``out[i, j] = a[i] * b[j]``.

    Shapes:
        ``(m,), (n,) -> (m, n)``; other shapes are flattened first.

    Example:
        >>> outer(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
        array([[3., 4.],
               [6., 8.]])
    """
    a, b = _arrays(a, b)
    return multiply(reshape(a, (a.size, 1)), reshape(b, (1, b.size)))


def _positions(where: str, axes: Any, ndim: int) -> tuple[int, ...]:
    """Axes of an array, given as an int or a sequence, as non-negative ints."""
    given = tuple(axes) if np.iterable(axes) else (axes,)
    for axis in given:
        if not -ndim <= axis < ndim:
            raise ShapeError(
                explain(where, "no such axis", got=f"axis {axis}", expected=f"{ndim} axes")
            )
    return tuple(int(axis) % ndim for axis in given)


@composed(numpy=np.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """Sum of products over pairs of axes; the other axes of a come first in the result.

    Args:
        a: An array.
        b: An array.
        axes: How many of the last axes of a are summed with the first of b, or
            ``(axes of a, axes of b)``, each an int or a sequence.

    Raises:
        ShapeError: an axis does not exist, or two that are paired differ in length.

    Example:
        >>> tensordot(np.ones((2, 3, 4)), np.ones((4, 3)), axes=((1, 2), (1, 0)))
        array([12., 12.])
    """
    a, b = _arrays(a, b)
    pairs: Any = axes if np.iterable(axes) else (range(-axes, 0), range(axes))
    of_a = _positions("tensordot", pairs[0], a.ndim)
    of_b = _positions("tensordot", pairs[1], b.ndim)
    lengths = [a.shape[i] for i in of_a]
    if lengths != [b.shape[i] for i in of_b]:
        raise _misfit("tensordot", a, b, f"equal lengths of the axes {of_a} of a and {of_b} of b")
    rows = [i for i in range(a.ndim) if i not in of_a]
    columns = [i for i in range(b.ndim) if i not in of_b]
    k = math.prod(lengths)
    left = [a.shape[i] for i in rows]
    right = [b.shape[i] for i in columns]
    product = matmul(
        reshape(transpose(a, (*rows, *of_a)), (math.prod(left), k)),
        reshape(transpose(b, (*of_b, *columns)), (k, math.prod(right))),
    )
    return reshape(product, (*left, *right))


@composed(numpy=np.kron)
def kron(a: Any, b: Any) -> Any:
    """Kronecker product: blocks of b, scaled by the entries of a.

    Shapes:
        ``(m, n), (p, q) -> (m * p, n * q)``, and so for any number of axes; missing leading ones
        have length one.

    Example:
        >>> kron(np.array([1.0, 10.0]), np.array([1.0, 2.0]))
        array([ 1.,  2., 10., 20.])
    """
    a, b = _arrays(a, b)
    ndim = max(a.ndim, b.ndim)
    of_a = (1,) * (ndim - a.ndim) + a.shape
    of_b = (1,) * (ndim - b.ndim) + b.shape
    spread_a = [n for length in of_a for n in (length, 1)]
    spread_b = [n for length in of_b for n in (1, length)]
    product = multiply(reshape(a, tuple(spread_a)), reshape(b, tuple(spread_b)))
    return reshape(product, tuple(m * n for m, n in zip(of_a, of_b, strict=True)))


@op(vjps=(lambda g, b: _cross(b, g), lambda g, a: _cross(g, a)))
def _cross(a, b, /):
    return np.cross(a, b)


@composed(numpy=np.cross)
def cross(
    a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Any:
    """Vector product of vectors with three entries; the other axes broadcast.

    Vectors with two entries, which NumPy no longer wants either, are refused.

    Args:
        a: Vectors along `axisa`.
        b: Vectors along `axisb`.
        axisa: The axis of a that holds the vectors.
        axisb: The axis of b that holds the vectors.
        axisc: The axis of the result that holds them.
        axis: If given, all three of these.

    Raises:
        ShapeError: the vectors have not three entries, or the other axes do not broadcast.

    Example:
        >>> cross(np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0]))
        array([0., 0., 1.])
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = _arrays(a, b)
    for x, along in ((a, axisa), (b, axisb)):
        if x.ndim == 0 or x.shape[along] != 3:
            raise _misfit("cross", a, b, f"three entries along axis {along}")
    a, b = _to_last(a, axisa), _to_last(b, axisb)
    try:
        shape = np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        raise _misfit("cross", a, b, "axes that broadcast") from None
    a, b = [x if x.shape == shape else broadcast_to(x, shape) for x in (a, b)]
    out = _cross(a, b)
    return out if axisc == -1 else moveaxis(out, -1, axisc)


def _to_last(x: Any, axis: int) -> Any:
    return x if axis == -1 else moveaxis(x, axis, -1)


@op(
    vjps=(
        lambda g, x2: _conjugated(multiply(expand_dims(g, axis=-1), x2)),
        lambda g, x1: multiply(expand_dims(g, axis=-1), _conjugated(x1)),
    ),
    broadcasts=True,
)
def _vecdot(x1, x2, /):
    return np.vecdot(x1, x2)


@composed(numpy=np.vecdot)
def vecdot(x1: Any, x2: Any, axis: int = -1) -> Any:
    """Sum of ``conj(x1) * x2`` over one axis; the other axes broadcast.

    Shapes:
        ``(..., k), (..., k) -> (...)``.

    Raises:
        ShapeError: the axes differ in length, or an argument is 0-d.

    Example:
        >>> vecdot(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, 1.0]))
        array([3., 7.])
    """
    x1, x2 = _arrays(x1, x2)
    for x in (x1, x2):
        if x.ndim == 0 or x.shape[axis] != x1.shape[axis]:
            raise _misfit("vecdot", x1, x2, f"the same length of axis {axis}")
    return _vecdot(_to_last(x1, axis), _to_last(x2, axis))


@composed(numpy=getattr(np, "matvec", None))
def matvec(x1: Any, x2: Any, /) -> Any:
    """Matrices times vectors; leading axes broadcast.

    Shapes:
        ``(..., m, n), (..., n) -> (..., m)``.

    Raises:
        ShapeError: the last axes differ in length, or there are too few.

    Example:
        >>> matvec(np.ones((2, 3)), np.ones((4, 3))).shape
        (4, 2)
    """
    x1, x2 = _arrays(x1, x2)
    if x1.ndim < 2 or x2.ndim < 1 or x1.shape[-1] != x2.shape[-1]:
        raise _misfit("matvec", x1, x2, "x1 (..., m, n) and x2 (..., n)")
    if x2.ndim == 1:
        return matmul(x1, x2)
    return squeeze(matmul(x1, expand_dims(x2, axis=-1)), axis=-1)


@composed(numpy=getattr(np, "vecmat", None))
def vecmat(x1: Any, x2: Any, /) -> Any:
    """Conjugated vectors times matrices; leading axes broadcast.

    Shapes:
        ``(..., n), (..., n, m) -> (..., m)``.

    Raises:
        ShapeError: the lengths n differ, or there are too few axes.

    Example:
        >>> vecmat(np.array([1j, 1.0]), np.eye(2))
        array([0.-1.j, 1.+0.j])
    """
    x1, x2 = _arrays(x1, x2)
    if x1.ndim < 1 or x2.ndim < 2 or x1.shape[-1] != x2.shape[-2]:
        raise _misfit("vecmat", x1, x2, "x1 (..., n) and x2 (..., n, m)")
    x1 = _conjugated(x1)
    if x1.ndim == 1:
        return matmul(x1, x2)
    return squeeze(matmul(expand_dims(x1, axis=-2), x2), axis=-2)
