"""Ops that give entries another shape, join and cut them, and the sum that undoes a broadcast."""

from __future__ import annotations

import builtins
import math
from typing import Any

import numpy as np

from autograd_lite.errors import ShapeError, explain
from autograd_lite.op import op

__all__ = [
    "astype",
    "broadcast_to",
    "concat",
    "concatenate",
    "expand_dims",
    "matrix_transpose",
    "moveaxis",
    "permute_dims",
    "ravel",
    "reshape",
    "squeeze",
    "stack",
    "swapaxes",
    "transpose",
]


def _checked(order, where):
    """`order`, if it does not depend on how the memory happens to be laid out."""
    if order not in ("C", "F"):
        raise ValueError(
            explain(
                where,
                "an order that depends on the layout of the memory",
                got=f"order={order!r}",
                expected="'C' or 'F'",
            )
        )
    return order


def _back(g, x_shape, order):
    return reshape(g, shape=x_shape, order=order)


@op(vjps=(_back,), numpy=np.reshape, view=True)
def reshape(x, shape, order="C", *, copy=None):
    """The same entries in another shape; one length may be -1.

    Args:
        x: Any array.
        shape: The new shape.
        order: "C", the last axis runs fastest, in x and in the result, or "F", the first.
        copy: True always copies, None only if needed, False never.

    Raises:
        ShapeError: the number of entries differs.
        ValueError: `order` is "A", or `copy=False` and the new shape needs a copy.

    Example:
        >>> reshape(np.arange(6), shape=(2, -1))
        array([[0, 1, 2],
               [3, 4, 5]])
    """
    x = np.asarray(x)
    if order == "C" and copy is None:
        try:
            return x.reshape(shape)
        except ValueError:
            raise _other_size(x, shape) from None
    order = _checked(order, "reshape")
    try:
        np.empty(x.size, bool).reshape(shape)
    except ValueError:
        raise _other_size(x, shape) from None
    return x.reshape(shape, order=order, copy=copy)


def _other_size(x, shape):
    return ShapeError(
        explain(
            "reshape",
            "the number of entries differs",
            got=f"x {x.shape}, shape {shape}",
            expected=f"{x.size} entries in the new shape",
        )
    )


def _undo_transpose(g, axes):
    return transpose(g, axes=None if axes is None else np.argsort(np.mod(axes, g.ndim)))


@op(vjps=(_undo_transpose,), numpy=np.transpose, view=True)
def transpose(x, axes=None):
    """Permute the axes: ``axes[i]`` becomes axis i; None reverses them.

    Example:
        >>> transpose(np.ones((2, 3))).shape
        (3, 2)
    """
    return np.transpose(x, axes)


@op(
    vjps=(lambda g, axis1, axis2: swapaxes(g, axis1=axis1, axis2=axis2),),
    numpy=np.swapaxes,
    view=True,
)
def swapaxes(x, axis1, axis2):
    """Interchange two axes.

    Example:
        >>> swapaxes(np.ones((2, 3, 4)), -1, -2).shape
        (2, 4, 3)
    """
    return np.asarray(x).swapaxes(axis1, axis2)


@op(
    vjps=(lambda g: matrix_transpose(g),),
    numpy=getattr(np, "matrix_transpose", None),
    view=True,
)
def matrix_transpose(x, /):
    """Interchange the last two axes.

    Example:
        >>> matrix_transpose(np.ones((2, 3, 4))).shape
        (2, 4, 3)
    """
    return np.asarray(x).swapaxes(-1, -2)


@op(
    vjps=(lambda g, source, destination: moveaxis(g, source=destination, destination=source),),
    numpy=np.moveaxis,
    view=True,
)
def moveaxis(x, source, destination):
    """Move axes to new positions; the others keep their order.

    Example:
        >>> moveaxis(np.ones((2, 3, 4)), 0, -1).shape
        (3, 4, 2)
    """
    return np.moveaxis(x, source, destination)


permute_dims = transpose


@op(vjps=(lambda g, x_shape: reshape(g, shape=x_shape),), numpy=np.squeeze, view=True)
def squeeze(x, axis=None):
    """Drop axes of length one: all of them, or those named.

    Example:
        >>> squeeze(np.ones((1, 3, 1)), axis=0).shape
        (3, 1)
    """
    return np.squeeze(x, axis)


@op(vjps=(lambda g, x_shape: reshape(g, shape=x_shape),), numpy=np.expand_dims, view=True)
def expand_dims(x, axis):
    """Insert axes of length one at these positions of the result.

    Example:
        >>> expand_dims(np.ones(3), axis=0).shape
        (1, 3)
    """
    return np.expand_dims(x, axis)


@op(vjps=(_back,), numpy=np.ravel, view=True)
def ravel(x, order="C"):
    """The entries as a vector, in the order "C", the last axis running fastest, or "F".

    Raises:
        ValueError: `order` is "A" or "K", which depend on the layout of the memory.

    Example:
        >>> ravel(np.ones((2, 3))).shape
        (6,)
    """
    return np.asarray(x).ravel(_checked(order, "ravel"))


@op(
    vjps=(lambda g, x_shape: sum_to(g, shape=x_shape),),
    numpy=np.broadcast_to,
    view=True,
)
def broadcast_to(x, shape):
    """Repeat x along new leading axes and axes of length one, without copying.

    Example:
        >>> broadcast_to(np.array([1.0, 2.0]), (2, 2))
        array([[1., 2.],
               [1., 2.]])
    """
    return _spread(x, shape) if np.ndim(x) == 0 else np.broadcast_to(x, shape)


def _spread(x, shape):
    """`broadcast_to` for a single entry, which every sum's rule calls: NumPy's takes 3 us."""
    out = np.ndarray(shape, x.dtype, np.asarray(x), 0, (0,) * len(shape))
    out.flags.writeable = False
    return out


@op(vjps=(lambda g, x_shape: broadcast_to(g, shape=x_shape),))
def sum_to(x, shape):
    """Sum over the axes along which `shape` would be broadcast to x: the adjoint of `broadcast_to`.

    Example:
        >>> sum_to(np.ones((4, 2, 3)), shape=(2, 1))
        array([[12.],
               [12.]])
    """
    extra = x.ndim - len(shape)
    kept = [i + extra for i, n in enumerate(shape) if n == 1 and x.shape[i + extra] != 1]
    axes = (*range(extra), *kept)
    if not axes:
        return x
    total = np.add.reduce(x, axis=axes)
    return total if total.shape == shape else total.reshape(shape)


@op(vjps=(lambda g: g,), numpy=np.astype if hasattr(np, "astype") else None)
def astype(x, dtype):
    """Cast to another dtype. The gradient is cast back.

    Example:
        >>> astype(np.array([1.5]), dtype="float32").dtype
        dtype('float32')
    """
    return np.asarray(x).astype(dtype)


def _part_of_concatenate(g, position, shapes, axis):
    if axis is None:
        start = builtins.sum(math.prod(s) for s in shapes[:position])
        part = take_slice(g, axis=0, start=start, stop=start + math.prod(shapes[position]))
        return reshape(part, shape=shapes[position])
    start = builtins.sum(s[axis] for s in shapes[:position])
    return take_slice(g, axis=axis, start=start, stop=start + shapes[position][axis])


@op(vjps=_part_of_concatenate, numpy=np.concatenate)
def concatenate(*arrays, axis=0, dtype=None, casting="same_kind"):
    """Join a sequence of arrays along an axis that they have; None flattens them first.

    Args:
        *arrays: One sequence: arrays of the same shape but for that axis.
        axis: The axis along which they are joined.
        dtype: The dtype of the result, if not the one that NumPy finds for all.
        casting: What casts to `dtype` are allowed.

    Example:
        >>> concatenate([np.array([1.0]), np.array([2.0, 3.0])])
        array([1., 2., 3.])
    """
    return np.concatenate(arrays, axis=axis, dtype=dtype, casting=casting)


concat = concatenate


def _part_of_stack(g, position, axis):
    axis = axis % g.ndim
    return squeeze(take_slice(g, axis=axis, start=position, stop=position + 1), axis=axis)


@op(vjps=_part_of_stack, numpy=np.stack)
def stack(*arrays, axis=0, dtype=None, casting="same_kind"):
    """Join a sequence of arrays of one shape along a new axis.

    Example:
        >>> stack([np.array([1.0, 2.0]), np.array([3.0, 4.0])], axis=1)
        array([[1., 3.],
               [2., 4.]])
    """
    return np.stack(arrays, axis=axis, dtype=dtype, casting=casting)


def _along(ndim, axis, start, stop):
    index: list[Any] = [slice(None)] * ndim
    index[axis] = slice(start, stop)
    return tuple(index)


def _into_zeros(g, x_shape, axis, start, stop):
    return place_slice(g, axis=axis, start=start, stop=stop, length=x_shape[axis])


@op(vjps=(_into_zeros,), view=True)
def take_slice(x, axis, start, stop):
    """Entries ``start:stop`` along one axis.

    Example:
        >>> take_slice(np.arange(5), axis=0, start=1, stop=3)
        array([1, 2])
    """
    return x[_along(x.ndim, axis, start, stop)]


@op(vjps=(lambda g, axis, start, stop: take_slice(g, axis=axis, start=start, stop=stop),))
def place_slice(x, axis, start, stop, length):
    """Zeros of this `length` along one axis, with x at ``start:stop``: the adjoint of `take_slice`.

    Example:
        >>> place_slice(np.ones(2), axis=0, start=1, stop=3, length=4)
        array([0., 1., 1., 0.])
    """
    shape = list(x.shape)
    shape[axis] = length
    out = np.zeros(shape, x.dtype)
    out[_along(x.ndim, axis, start, stop)] = x
    return out
