"""Reading and functional writing by index, in every form that NumPy has.

An index is one argument: an int, slice, None, Ellipsis, integer or boolean array, or a tuple.
Repeated positions add up in gradients and in `index_add`; `index_set` keeps the last, as NumPy.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from autograd_lite.errors import explain
from autograd_lite.graph import Traced
from autograd_lite.op import composed, op, raw
from autograd_lite.ops.elementwise import multiply, where
from autograd_lite.ops.piecewise import maximum, minimum
from autograd_lite.ops.shape import ravel, sum_to

__all__ = [
    "getitem",
]

_BASIC = frozenset((int, slice, type(None), type(Ellipsis), np.int64))


def _is_basic(index):
    """Whether an index reads each position at most once, and as a view."""
    if type(index) is tuple:
        return all(type(part) in _BASIC or isinstance(part, np.integer) for part in index)
    return type(index) in _BASIC or isinstance(index, np.integer)


def plain_index(index):
    """An index without Tensors and lists in it."""
    return tuple(map(_plain_part, index)) if isinstance(index, tuple) else _plain_part(index)


def _plain_part(part):
    if isinstance(part, (list, tuple)):
        array = np.asarray(part)
        if not array.size:
            return array.astype(np.intp)
        return array if array.dtype.kind in "iub" else part  # for NumPy to complain about
    return raw(part)


def _is_mask(index):
    return isinstance(index, np.ndarray) and index.dtype == bool


def _put(out, index, values):
    """Add `values` into `out` in place, each as often as its position is named."""
    if _is_basic(index) or _is_mask(index):
        out[index] += values
    else:
        np.add.at(out, index, values)


@composed()
def getitem(x, index):
    """``x[index]``.

    Raises:
        IndexError: an index is out of range.

    Example:
        >>> getitem(np.array([1.0, 2.0, 3.0]), [0, 0, 2])
        array([1., 1., 3.])
    """
    if _is_basic(index):
        return view_at(x, index)
    return gather(x, plain_index(index))


@op(vjps=(lambda g, x_shape, index: index_put(g, index, shape=x_shape), None), view=True)
def view_at(x, index):
    """``x[index]`` for ints, slices, None and Ellipsis."""
    return x[index]


@op(vjps=(lambda g, x_shape, index: index_put(g, index, shape=x_shape), None))
def gather(x, index):
    """``x[index]`` for an index with arrays in it: a copy."""
    return x[index]


@op(vjps=(lambda g, index: getitem(g, index), None))
def index_put(values, index, shape):
    """Zeros of this shape with `values` added at `index`: the adjoint of `getitem`.

    Example:
        >>> index_put(np.array([1.0, 2.0, 3.0]), np.array([0, 0, 2]), shape=(4,))
        array([3., 0., 3., 0.])
    """
    out = np.zeros(shape, values.dtype)
    index = plain_index(index)
    if _is_basic(index) or _is_mask(index):
        out[index] = values
    else:
        np.add.at(out, index, values)
    return out


def flat_or_along(x, axis, *, numbers=False):
    """x and an axis of it, not negative; the flattened x where `axis` is None.

    With `numbers`, a single number counts as a vector too.
    """
    x = x if isinstance(x, Traced) else np.asarray(x)
    if axis is None or (numbers and x.ndim == 0 and axis in (0, -1)):
        return ravel(x), 0
    return x, normalize_axis_index(axis, x.ndim)


def rows_at(x, rows, axis):
    """``x[..., rows, ...]`` for positions along one axis."""
    return getitem(x, (slice(None),) * axis + (rows,))


@op(vjps=(lambda g: g, lambda g, values_shape, index: _gather(g, values_shape, index), None))
def index_add(x, values, index):
    """A copy of x with `values` added at `index`, repeated positions as often as they are named.

    Example:
        >>> index_add(np.zeros(3), 1.0, np.array([0, 0, 2]))
        array([2., 0., 1.])
    """
    out = np.array(x, dtype=np.result_type(x, values))
    _put(out, plain_index(index), values)
    return out


def _gather(g, shape, index):
    """The gradient for values that were broadcast to ``g[index]``."""
    return sum_to(getitem(g, index), shape=shape)


def _kept_of_values(g, values_shape, index):
    """Of several values written to one position only the last one counts."""
    taken = getitem(g, index)
    plain = plain_index(index)
    if not _is_basic(plain):
        numbers = np.arange(taken.size).reshape(taken.shape)
        last = np.full(g.shape, -1)
        last[plain] = numbers
        taken = where(last[plain] == numbers, taken, 0)
    return sum_to(taken, shape=values_shape)


@op(vjps=(lambda g, index: index_set(g, 0, index), _kept_of_values, None))
def index_set(x, values, index):
    """A copy of x with `values` at `index`; of values for one position the last one stays.

    Example:
        >>> index_set(np.zeros(3), 1.0, 1)
        array([0., 1., 0.])
    """
    out = np.array(x, dtype=np.result_type(x, values))
    out[plain_index(index)] = values
    return out


def _once(x, index, where):
    """`index` without Tensors and lists, if it names no position of x twice."""
    index = plain_index(index)
    if not (_is_basic(index) or _is_mask(index)):
        named = np.arange(x.size).reshape(x.shape)[index].ravel()
        if np.unique(named).size != named.size:
            raise IndexError(
                explain(
                    where,
                    "a position is named twice",
                    expected="each position at most once",
                    fix="one call after the other for repeated positions",
                )
            )
    return index


class At:
    """New values at some positions, x as it was: ``x.at[index].set(values)`` and the like.

    Example:
        >>> import autograd_lite as ag
        >>> ag.tensor([1.0, 2.0]).at[0].set(5.0)
        Tensor([5., 2.])
    """

    __slots__ = ("_index", "_x")

    def __init__(self, x: Traced, index: object = None) -> None:
        self._x, self._index = x, index

    def __getitem__(self, index: object) -> At:
        return At(self._x, index)

    def get(self) -> Traced:
        """The values at the index: ``x[index]``."""
        return getitem(self._x, self._index)

    def set(self, values: object) -> Traced:
        """A copy with `values` at the index; of several for one position the last one stays."""
        return index_set(self._x, values, self._index)

    def add(self, values: object) -> Traced:
        """A copy with `values` added at the index, repeated positions each time."""
        return index_add(self._x, values, self._index)

    def multiply(self, values: object) -> Traced:
        """A copy with the entries at the index multiplied by `values`.

        Raises:
            IndexError: a position is named twice.
        """
        return self._combined(multiply, values)

    def max(self, values: object) -> Traced:
        """A copy with the larger of the entries at the index and `values`, as `ag.maximum`.

        Raises:
            IndexError: a position is named twice.
        """
        return self._combined(maximum, values)

    def min(self, values: object) -> Traced:
        """A copy with the smaller of the entries at the index and `values`, as `ag.minimum`.

        Raises:
            IndexError: a position is named twice.
        """
        return self._combined(minimum, values)

    def _combined(self, combine, values):
        index = _once(self._x, self._index, f"x.at[index].{combine.__name__.removesuffix('imum')}")
        return index_set(self._x, combine(getitem(self._x, index), values), index)
