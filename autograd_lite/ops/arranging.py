"""Ops that arrange entries anew: turned, shifted, repeated, or brought to common shapes."""

from __future__ import annotations

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from autograd_lite.errors import explain
from autograd_lite.graph import Traced
from autograd_lite.op import op, raw
from autograd_lite.ops.index import flat_or_along, getitem, rows_at
from autograd_lite.ops.shape import (
    broadcast_to,
    concatenate,
    expand_dims,
    ravel,
    reshape,
    transpose,
)
from autograd_lite.ops.twins import shape_of, twin_of

__all__ = [
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "broadcast_arrays",
    "copy",
    "flip",
    "fliplr",
    "flipud",
    "meshgrid",
    "repeat",
    "resize",
    "roll",
    "rollaxis",
    "rot90",
    "tile",
    "trim_zeros",
]


@op(vjps=(lambda g, axis: flip(g, axis=axis),), numpy=np.flip, view=True)
def flip(m, axis=None):
    """Reverse the order of entries along axes: all, one or a tuple of them.

    Example:
        >>> flip(np.array([1, 2, 3]))
        array([3, 2, 1])
    """
    return np.flip(m, axis)


@twin_of(np.flipud)
def flipud(m):
    """`flip` along the first axis.

    Example:
        >>> flipud(np.array([[1, 2], [3, 4]]))
        array([[3, 4],
               [1, 2]])
    """
    return flip(m, axis=0)


@twin_of(np.fliplr)
def fliplr(m):
    """`flip` along the second axis.

    Example:
        >>> fliplr(np.array([[1, 2], [3, 4]]))
        array([[2, 1],
               [4, 3]])
    """
    return flip(m, axis=1)


@twin_of(np.rot90)
def rot90(m, k=1, axes=(0, 1)):
    """Turn by k right angles in the plane of two axes, from the first towards the second.

    Example:
        >>> rot90(np.array([[1, 2], [3, 4]]))
        array([[2, 4],
               [1, 3]])
    """
    turned = np.rot90(np.empty(tuple(range(m.ndim))), k, axes)  # each length names its axis
    first, second = normalize_axis_tuple(axes, m.ndim)
    quarter = k % 4
    if quarter in (1, 2):
        m = flip(m, axis=second)
    if quarter in (2, 3):
        m = flip(m, axis=first)
    return transpose(m, axes=turned.shape) if quarter % 2 else m


def _roll_back(g, shift, axis):
    back = np.negative(shift)
    return roll(g, shift=tuple(back.tolist()) if back.ndim else back.item(), axis=axis)


@op(vjps=(_roll_back,), numpy=np.roll)
def roll(a, shift, axis=None):
    """Shift entries along axes; those that leave at the end enter at the start.

    Args:
        a: Any array.
        shift: By how many places; a tuple for several axes.
        axis: Along which axis or axes; None shifts the entries of the flattened array.

    Example:
        >>> roll(np.arange(5), 2)
        array([3, 4, 0, 1, 2])
    """
    return np.roll(a, shift, axis)


@twin_of(np.tile)
def tile(A, reps):
    """Lay copies side by side: `reps` of them along the last axis, or a number for each axis.

    Example:
        >>> tile(np.array([1, 2]), (2, 2))
        array([[1, 2, 1, 2],
               [1, 2, 1, 2]])
    """
    reps = tuple(reps) if np.ndim(reps) else (reps,)
    ndim = max(len(reps), A.ndim)
    reps = (1,) * (ndim - len(reps)) + reps
    shape = (1,) * (ndim - A.ndim) + A.shape
    spaced = reshape(A, shape=tuple(n for length in shape for n in (1, length)))
    pairs = tuple(n for pair in zip(reps, shape, strict=True) for n in pair)
    whole = tuple(r * n for r, n in zip(reps, shape, strict=True))
    return reshape(broadcast_to(spaced, shape=pairs), shape=whole)


@twin_of(np.repeat)
def repeat(a, repeats, axis=None):
    """Each entry several times in a row: `repeats` times, or one number for each.

    Without an axis the entries of the flattened array are repeated.

    Example:
        >>> repeat(np.array([1, 2]), [1, 3])
        array([1, 2, 2, 2])
    """
    a, axis = flat_or_along(a, axis, numbers=True)
    repeats, n = raw(repeats), a.shape[axis]
    if np.size(repeats) != 1 or np.asarray(repeats).dtype.kind not in "iu":
        rows = np.repeat(np.arange(n), repeats)
        return rows_at(a, rows, axis)
    count = np.asarray(repeats).item()
    if count < 0:
        raise ValueError(explain("repeat", "a negative count", got=f"repeats={count}"))
    shape = list(a.shape)
    shape[axis] = n * count
    several = expand_dims(a, axis=axis + 1)
    spread = (*a.shape[: axis + 1], count, *a.shape[axis + 1 :])
    return reshape(broadcast_to(several, shape=spread), shape=tuple(shape))


@twin_of(np.resize)
def resize(a, new_shape):
    """The entries in C order, again and again from the start, until the new shape is full.

    Example:
        >>> resize(np.array([1, 2, 3]), (2, 2))
        array([[1, 2],
               [3, 1]])
    """
    entries = ravel(a) if a.size else concatenate([ravel(a), np.zeros(1, a.dtype)])
    return getitem(entries, np.resize(np.arange(entries.size), new_shape))


@twin_of(np.meshgrid)
def meshgrid(*xi, copy=True, sparse=False, indexing="xy"):
    """Coordinates of a grid: a tuple of arrays, one varying along each axis as its vector does.

    Args:
        *xi: Vectors or single numbers.
        copy: Without meaning for Tensors, as ops do not write to what they get.
        sparse: Leave the other axes at length one, to be broadcast later.
        indexing: "xy" lets the first vector run along the second axis, "ij" along the first.

    Example:
        >>> meshgrid(np.array([1, 2]), np.array([3, 4, 5]))[0]
        array([[1, 2],
               [1, 2],
               [1, 2]])
    """
    if indexing not in ("xy", "ij"):
        got = f"indexing={indexing!r}"
        raise ValueError(explain("meshgrid", "unknown indexing", got=got, expected="'xy' or 'ij'"))
    order = list(range(len(xi)))
    if indexing == "xy" and len(xi) > 1:
        order[:2] = 1, 0
    shapes = ([-1 if i == axis else 1 for i in range(len(xi))] for axis in order)
    grid = tuple(reshape(x, shape=tuple(s)) for x, s in zip(xi, shapes, strict=True))
    return grid if sparse else broadcast_arrays(*grid)


@twin_of(np.trim_zeros)
def trim_zeros(filt, trim="fb", axis=None):
    """Cut the zeros off a vector's front ("f" in `trim`), back ("b" in `trim`), or both.

    Of an array with more axes, slices of zeros are cut, along all axes or those named.

    Example:
        >>> trim_zeros(np.array([0, 1, 0, 2, 0]))
        array([1, 0, 2])
    """
    np.trim_zeros(np.zeros(0), trim)  # raises if `trim` is not of these letters
    places = np.argwhere(raw(filt))
    cut = range(filt.ndim) if axis is None else normalize_axis_tuple(axis, filt.ndim)
    index = [slice(None)] * filt.ndim
    for i in cut:
        if not len(places):
            index[i] = slice(0, 0)
            continue
        low = places[:, i].min() if "f" in trim.lower() else None
        high = places[:, i].max() + 1 if "b" in trim.lower() else None
        index[i] = slice(low, high)
    return getitem(filt, tuple(index))


@twin_of(np.rollaxis)
def rollaxis(a, axis, start=0):
    """Move one axis back until it lies before the axis that is at `start` now; see `moveaxis`.

    Example:
        >>> rollaxis(np.ones((2, 3, 4)), 2).shape
        (4, 2, 3)
    """
    named = np.empty(tuple(range(a.ndim)))  # each axis has its number for a length
    return transpose(a, axes=np.rollaxis(named, axis, start).shape)


@op(vjps=(lambda g: g,), numpy=np.copy)
def copy(x, order="K", subok=False):
    """The same entries in memory of their own.

    Example:
        >>> copy(np.array([1.0, 2.0]))
        array([1., 2.])
    """
    return np.array(x, order=order, subok=subok)


def _each(arrays, convert):
    """The results for several arrays as a tuple, the one for one array as it is."""
    results = tuple(map(convert, arrays))
    return results[0] if len(results) == 1 else results


def _with_shape(x, shape):
    if shape_of(x) != shape:
        return reshape(x, shape=shape)
    return x if isinstance(x, Traced) else np.asarray(x)


@twin_of(np.atleast_1d)
def atleast_1d(*arys):
    """A single number becomes a vector; a tuple for several arguments.

    Example:
        >>> atleast_1d(3.0)
        array([3.])
    """
    return _each(arys, lambda x: _with_shape(x, shape_of(x) or (1,)))


@twin_of(np.atleast_2d)
def atleast_2d(*arys):
    """Leading axes of length one up to two axes; a tuple for several arguments.

    Example:
        >>> atleast_2d(np.ones(3)).shape
        (1, 3)
    """
    return _each(arys, lambda x: _with_shape(x, (1,) * (2 - len(shape_of(x))) + shape_of(x)))


@twin_of(np.atleast_3d)
def atleast_3d(*arys):
    """Axes of length one up to three axes; a tuple for several arguments.

    Shapes:
        ``() -> (1, 1, 1)``, ``(n,) -> (1, n, 1)``, ``(m, n) -> (m, n, 1)``.

    Example:
        >>> atleast_3d(np.ones(3)).shape
        (1, 3, 1)
    """

    def convert(x):
        shape = (1,) * (2 - len(shape_of(x))) + shape_of(x)
        return _with_shape(x, (*shape, 1) if len(shape) == 2 else shape)

    return _each(arys, convert)


@twin_of(np.broadcast_arrays)
def broadcast_arrays(*args, subok=False):
    """Each array, broadcast to the shape that all have together: a tuple.

    Example:
        >>> [x.shape for x in broadcast_arrays(np.ones(3), np.ones((2, 1)))]
        [(2, 3), (2, 3)]
    """
    shape = np.broadcast_shapes(*map(shape_of, args))
    return tuple(
        broadcast_to(x, shape=shape) if shape_of(x) != shape else _with_shape(x, shape)
        for x in args
    )
