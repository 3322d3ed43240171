"""Ops that pick, insert and drop entries by positions or conditions.

Positions and conditions have no gradient; a position that is picked several times adds up.
"""

from __future__ import annotations

import functools

import numpy as np

from autograd_lite.errors import NoRuleError, ShapeError, explain
from autograd_lite.op import BY_NUMPY, raw
from autograd_lite.ops import elementwise
from autograd_lite.ops.index import flat_or_along, getitem, rows_at
from autograd_lite.ops.shape import (
    astype,
    broadcast_to,
    concatenate,
    moveaxis,
    ravel,
    reshape,
    stack,
)
from autograd_lite.ops.twins import holds_tensor, shape_of, twin_of

__all__ = [
    "choose",
    "compress",
    "delete",
    "extract",
    "insert",
    "select",
    "take",
    "take_along_axis",
    "where",
]


def _in_range(indices, n, mode):
    """Integers as positions among n: "wrap" counts on from the start, "clip" stays at the ends."""
    indices = np.asarray(raw(indices))
    indices = indices.astype(np.intp, casting="safe" if indices.size else "unsafe")
    if mode not in ("raise", "wrap", "clip"):
        got, expected = f"mode={mode!r}", "'raise', 'wrap' or 'clip'"
        raise ValueError(explain("take", "unknown mode", got=got, expected=expected))
    if mode == "raise" or not n:
        return indices
    return indices % n if mode == "wrap" else indices.clip(0, n - 1)


@twin_of(np.take)
def take(a, indices, axis=None, *, mode="raise"):
    """Entries at integer positions along an axis; without one, of the flattened array.

    Args:
        a: Any array.
        indices: Integers, of any shape.
        axis: The axis that they count along.
        mode: What happens outside of the axis: "raise" an error, "wrap" around, or "clip" to its
            ends, where negative integers are 0.

    Raises:
        IndexError: a position is outside of the axis.

    Example:
        >>> take(np.array([4, 5, 6]), [[2, 0], [-1, 3]], mode="wrap")
        array([[6, 4],
               [6, 4]])
    """
    a, axis = flat_or_along(a, axis, numbers=True)
    return rows_at(a, _in_range(indices, a.shape[axis], mode), axis)


@twin_of(np.take_along_axis)
def take_along_axis(arr, indices, axis=-1):
    """Along an axis, the entries at the positions that `indices` has at the same place.

    Undoes `argsort`: ``take_along_axis(x, x.argsort(axis), axis)`` is sorted.

    Raises:
        IndexError: `indices` is not of integers, or one is outside of the axis.
        ShapeError: `indices` has another number of axes than `arr`.

    Example:
        >>> take_along_axis(np.array([[3, 1], [2, 4]]), np.array([[1, 0], [0, 0]]), axis=1)
        array([[1, 3],
               [2, 2]])
    """
    indices = np.asarray(raw(indices))
    arr, axis = flat_or_along(arr, axis)
    if indices.dtype.kind not in "iu":
        raise IndexError(
            explain("take_along_axis", "`indices` is not of integers", got=str(indices.dtype))
        )
    if indices.ndim != arr.ndim:
        raise ShapeError(
            explain(
                "take_along_axis",
                "`indices` has another number of axes",
                got=f"arr {arr.shape}, indices {indices.shape}",
                expected=f"{arr.ndim} axes",
            )
        )
    places = list(np.ogrid[tuple(slice(n) for n in arr.shape)])
    places[axis] = indices
    return getitem(arr, tuple(places))


@twin_of(np.choose)
def choose(a, choices, *, mode="raise"):
    """Of several arrays, at each place the entry of that one which `a` has the number of.

    Args:
        a: Integers.
        choices: A sequence of arrays, broadcast against each other and `a`.
        mode: As in `take`, for numbers that no array has.

    Example:
        >>> choose(np.array([1, 0]), [np.array([1, 2]), np.array([3, 4])])
        array([3, 2])
    """
    numbers = _in_range(a, len(choices), mode)
    if numbers.size and not 0 <= numbers.min() <= numbers.max() < len(choices):
        got = f"{numbers.min()} to {numbers.max()} of {len(choices)} choices"
        raise ValueError(explain("choose", "a number that no choice has", got=got))
    shape = np.broadcast_shapes(numbers.shape, *map(shape_of, choices))
    layers = stack([broadcast_to(c, shape=shape) for c in choices])
    return getitem(layers, (np.broadcast_to(numbers, shape), *np.ogrid[tuple(map(slice, shape))]))


@twin_of(np.select)
def select(condlist, choicelist, default=0):
    """At each place the choice of the first condition that holds, or the default if none does.

    Raises:
        ValueError: there are no conditions, or not as many as choices.
        TypeError: a condition is not of bools.

    Example:
        >>> x = np.array([1, 2, 3])
        >>> select([x < 2, x < 3], [x * 10, x * 100])
        array([ 10, 200,   0])
    """
    if len(condlist) != len(choicelist) or not len(condlist):
        got = f"{len(condlist)} conditions, {len(choicelist)} choices"
        expected = "as many of either, at least one"
        raise ValueError(explain("select", "numbers do not match", got=got, expected=expected))
    conditions = [np.asarray(raw(c)) for c in condlist]
    for i, condition in enumerate(conditions):
        if condition.dtype != bool:
            got = f"{condition.dtype} in condlist[{i}]"
            raise TypeError(explain("select", "a condition is not of bools", got=got))
    for condition, choice in zip(conditions[::-1], choicelist[::-1], strict=True):
        default = elementwise.where(condition, choice, default)
    return default


@twin_of(np.where)
def where(condition, x=None, y=None, /):
    """x where the condition holds, else y; the places where it holds, if it is given alone.

    The side that is not taken gets a gradient of zeros; an infinite or NaN derivative behind it
    still gives ``0 * inf = NaN``. Cure: ``where(ok, f(where(ok, x, safe)), other)``.

    Example:
        >>> where(np.array([True, False]), 1.0, 2.0)
        array([1., 2.])
    """
    if x is None and y is None:
        return np.nonzero(raw(condition))
    return elementwise.where(condition, x, y)


@twin_of(np.compress)
def compress(condition, a, axis=None):
    """The slices along an axis for which the condition holds; without an axis, the entries.

    Raises:
        ShapeError: the condition is not a vector.

    Example:
        >>> compress([True, False, True], np.array([1, 2, 3]))
        array([1, 3])
    """
    condition = np.asarray(raw(condition))
    if condition.ndim != 1:
        got, expected = f"shape {condition.shape}", "a vector"
        raise ShapeError(explain("compress", "the condition", got=got, expected=expected))
    a, axis = flat_or_along(a, axis, numbers=True)
    return rows_at(a, np.flatnonzero(condition), axis)


@twin_of(np.extract)
def extract(condition, arr):
    """The entries of the flattened array for which the flattened condition holds.

    Example:
        >>> extract(np.array([[True, False]]), np.array([[1, 2]]))
        array([1])
    """
    return getitem(ravel(arr), np.flatnonzero(raw(condition)))


def _places(obj):
    """`obj` of `insert` or `delete` without Tensors."""
    return list(map(raw, obj)) if isinstance(obj, (list, tuple)) else raw(obj)


@twin_of(np.delete)
def delete(arr, obj, axis=None):
    """What is left along an axis, or of the flattened array, without an int, slice or several ints.

    Example:
        >>> delete(np.array([1, 2, 3]), 1)
        array([1, 3])
    """
    arr, axis = flat_or_along(arr, axis)
    return rows_at(arr, np.delete(np.arange(arr.shape[axis]), _places(obj)), axis)


@twin_of(np.insert)
def insert(arr, obj, values, axis=None):
    """Values before positions along an axis, or of the flattened array.

    Args:
        arr: Any array.
        obj: Where: an int, a slice, or several ints, all of them positions in `arr`.
        values: What, in the dtype of `arr`: broadcast to one slice for each position. A single
            position takes as many slices as there are.
        axis: The axis that is counted along.

    Example:
        >>> insert(np.array([1, 2, 3]), [0, 2], [8, 9])
        array([8, 1, 2, 9, 3])
    """
    arr, axis = flat_or_along(arr, axis)
    n, obj, values = arr.shape[axis], _places(obj), _array(values)
    count = np.insert(np.zeros(n, bool), obj, True).size - n
    if isinstance(obj, slice):
        obj = np.arange(*obj.indices(n))
    if count == 1:
        values = _with_axes(values, (1,) * (arr.ndim - values.ndim) + values.shape)
        if np.ndim(obj) == 0:
            values = moveaxis(values, source=0, destination=axis)
        count = values.shape[axis]
    shape = list(arr.shape)
    shape[axis] = count
    values = _with_axes(values, _without_leading_ones(values.shape, arr.ndim))
    values = astype(broadcast_to(values, shape=tuple(shape)), dtype=arr.dtype)
    order = np.insert(np.arange(n), obj, np.arange(n, n + count))
    return rows_at(concatenate([arr, values], axis=axis), order, axis)


def _array(values):
    """Nested lists of numbers and Tensors as an array or a Tensor."""
    if holds_tensor(values):
        return stack(list(map(_array, values))) if isinstance(values, (list, tuple)) else values
    return np.asarray(values)


def _with_axes(values, shape):
    return values if values.shape == shape else reshape(values, shape=shape)


def _without_leading_ones(shape, ndim):
    while len(shape) > ndim and shape[0] == 1:
        shape = shape[1:]
    return shape


def _refuse(function, fix):
    """Answer a function of NumPy's that writes in place by an error that tells what to do."""

    @functools.wraps(function)
    def refused(*args, **settings):
        name = f"np.{function.__name__}"
        raise NoRuleError(explain(name, "writes in place, which is not recorded", fix=fix))

    BY_NUMPY[function] = refused


_refuse(np.put, "x = x.ravel().at[ind].set(v).reshape(x.shape)")
_refuse(np.place, "x = x.at[mask].set(values), with a value for each True")
_refuse(np.putmask, "x = np.where(mask, values, x)")
_refuse(np.copyto, "x = np.where(mask, src, x), or np.broadcast_to(src, x.shape)")
_refuse(np.fill_diagonal, "i = np.arange(n); x = x.at[i, i].set(val)")
_refuse(np.put_along_axis, "x = x.at[np.arange(n)[:, None], indices].set(values), for axis 1")
