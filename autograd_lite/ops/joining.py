"""Ops that join arrays to one, and that part one into several."""

from __future__ import annotations

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from autograd_lite.errors import ShapeError, explain
from autograd_lite.op import raw
from autograd_lite.ops.arranging import atleast_1d, atleast_2d, atleast_3d
from autograd_lite.ops.shape import concatenate, ravel, reshape, squeeze, take_slice
from autograd_lite.ops.twins import shape_of, twin_of

__all__ = [
    "append",
    "array_split",
    "block",
    "column_stack",
    "dsplit",
    "dstack",
    "hsplit",
    "hstack",
    "split",
    "unstack",
    "vsplit",
    "vstack",
]


@twin_of(np.hstack)
def hstack(tup, *, dtype=None, casting="same_kind"):
    """Join along the second axis, vectors along their only one.

    Example:
        >>> hstack([np.ones((2, 1)), np.zeros((2, 2))])
        array([[1., 0., 0.],
               [1., 0., 0.]])
    """
    arrays = [atleast_1d(x) for x in tup]
    axis = 0 if arrays and arrays[0].ndim == 1 else 1
    return concatenate(arrays, axis=axis, dtype=dtype, casting=casting)


@twin_of(np.vstack)
def vstack(tup, *, dtype=None, casting="same_kind"):
    """Join along the first axis; a vector is one row.

    Example:
        >>> vstack([np.ones(2), np.zeros((1, 2))])
        array([[1., 1.],
               [0., 0.]])
    """
    return concatenate([atleast_2d(x) for x in tup], dtype=dtype, casting=casting)


@twin_of(np.dstack)
def dstack(tup):
    """Join along the third axis, after `atleast_3d`.

    Example:
        >>> dstack([np.ones((2, 3)), np.zeros((2, 3))]).shape
        (2, 3, 2)
    """
    return concatenate([atleast_3d(x) for x in tup], axis=2)


@twin_of(np.column_stack)
def column_stack(tup):
    """Join along the second axis; a vector is one column.

    Example:
        >>> column_stack([np.array([1, 2]), np.array([3, 4])])
        array([[1, 3],
               [2, 4]])
    """
    columns = [x if len(shape_of(x)) > 1 else reshape(x, shape=(-1, 1)) for x in tup]
    return concatenate(columns, axis=1)


@twin_of(np.append)
def append(arr, values, axis=None):
    """`concatenate` of two arrays; without an axis, of their entries.

    Example:
        >>> append(np.array([1, 2]), 3)
        array([1, 2, 3])
    """
    if axis is None:
        return concatenate([ravel(arr), ravel(values)])
    return concatenate([arr, values], axis=axis)


def _nesting(blocks):
    """The depth of the lists and the most axes in them."""
    if isinstance(blocks, tuple):
        raise TypeError(explain("block", "a tuple among the blocks", expected="nested lists"))
    if not isinstance(blocks, list):
        return 0, len(shape_of(blocks))
    if not blocks:
        raise ValueError(explain("block", "an empty list among the blocks"))
    depths, axes = zip(*map(_nesting, blocks), strict=True)
    if min(depths) != max(depths):
        raise ValueError(
            explain(
                "block",
                "lists of different depths",
                got=f"depths {1 + min(depths)} and {1 + max(depths)}",
                expected="the same number of lists around each block",
            )
        )
    return 1 + depths[0], max(axes)


def _joined(blocks, depth, ndim):
    if depth:
        return concatenate([_joined(b, depth - 1, ndim) for b in blocks], axis=-depth)
    shape = shape_of(blocks)
    return reshape(blocks, shape=(1,) * (ndim - len(shape)) + shape)


@twin_of(np.block)
def block(arrays):
    """Assemble an array from nested lists of blocks: innermost lists along the last axis.

    Raises:
        TypeError: a tuple is among the lists.
        ValueError: the lists are not of the same depth everywhere, or one is empty.

    Example:
        >>> block([[np.ones((1, 1)), np.zeros((1, 2))], [np.full((1, 3), 5.0)]])
        array([[1., 0., 0.],
               [5., 5., 5.]])
    """
    depth, axes = _nesting(arrays)
    return _joined(arrays, depth, max(depth, axes))


def _parts(ary, indices_or_sections, axis, split):
    """The parts of a Tensor, as NumPy's `split` parts the numbers of its rows."""
    axis = normalize_axis_index(axis, ary.ndim)
    rows = split(np.arange(ary.shape[axis]), raw(indices_or_sections))
    limits = [(int(r[0]), int(r[-1]) + 1) if r.size else (0, 0) for r in rows]
    return [take_slice(ary, axis=axis, start=start, stop=stop) for start, stop in limits]


@twin_of(np.array_split)
def array_split(ary, indices_or_sections, axis=0):
    """A list of parts along an axis: as many as said, about equal, or cut before these indices.

    Example:
        >>> array_split(np.arange(5), 2)
        [array([0, 1, 2]), array([3, 4])]
    """
    return _parts(ary, indices_or_sections, axis, np.array_split)


@twin_of(np.split)
def split(ary, indices_or_sections, axis=0):
    """A list of parts along an axis: as many as said, equal, or cut before these indices.

    Raises:
        ValueError: the length is not a multiple of the number of parts.

    Example:
        >>> split(np.arange(5), [1, 3])
        [array([0]), array([1, 2]), array([3, 4])]
    """
    return _parts(ary, indices_or_sections, axis, np.split)


def _with_axes(ary, least, where):
    if ary.ndim < least:
        got, expected = f"shape {ary.shape}", f"at least {least}"
        raise ShapeError(explain(where, "too few axes", got=got, expected=expected))


@twin_of(np.hsplit)
def hsplit(ary, indices_or_sections):
    """`split` along the second axis, of a vector along its only one.

    Example:
        >>> hsplit(np.arange(4), 2)
        [array([0, 1]), array([2, 3])]
    """
    _with_axes(ary, 1, "hsplit")
    return split(ary, indices_or_sections, 1 if ary.ndim > 1 else 0)


@twin_of(np.vsplit)
def vsplit(ary, indices_or_sections):
    """`split` along the first axis of two or more.

    Example:
        >>> vsplit(np.array([[1, 2], [3, 4]]), 2)
        [array([[1, 2]]), array([[3, 4]])]
    """
    _with_axes(ary, 2, "vsplit")
    return split(ary, indices_or_sections, 0)


@twin_of(np.dsplit)
def dsplit(ary, indices_or_sections):
    """`split` along the third axis.

    Example:
        >>> [x.shape for x in dsplit(np.ones((2, 3, 4)), 2)]
        [(2, 3, 2), (2, 3, 2)]
    """
    _with_axes(ary, 3, "dsplit")
    return split(ary, indices_or_sections, 2)


@twin_of(np.unstack)
def unstack(x, *, axis=0):
    """A tuple of the slices along an axis, without that axis: undoes `stack`.

    Example:
        >>> unstack(np.array([[1, 2], [3, 4]]), axis=1)
        (array([1, 3]), array([2, 4]))
    """
    if x.ndim == 0:
        raise ShapeError(explain("unstack", "a single number has no axis", got="shape ()"))
    axis = normalize_axis_index(axis, x.ndim)
    slices = (take_slice(x, axis=axis, start=i, stop=i + 1) for i in range(x.shape[axis]))
    return tuple(squeeze(part, axis=axis) for part in slices)
