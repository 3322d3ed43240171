"""Reading and functional writing by index, in every form that NumPy has.

An index is one argument: an int, slice, None, Ellipsis, integer or boolean array, or a tuple.
Repeated positions add up in gradients and in `index_add`; `index_set` keeps the last, as NumPy.
"""

from __future__ import annotations

import numpy as np

from autograd_lite.graph import Traced
from autograd_lite.op import op, raw
from autograd_lite.ops.elementwise import where
from autograd_lite.ops.shape import sum_to

__all__ = [
    "getitem",
]


def plain_index(index):
    """An index without Tensors in it."""
    if isinstance(index, tuple):
        return tuple(map(raw, index))
    return np.asarray(index) if isinstance(index, list) else raw(index)


def _is_basic(index):
    """Whether an index reads each position at most once, and as a view."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(
        part is None
        or part is Ellipsis
        or isinstance(part, slice)
        or (isinstance(part, (int, np.integer)) and not isinstance(part, (bool, np.bool_)))
        for part in parts
    )


def _put(out, index, values):
    """Add `values` into `out` in place, each as often as its position is named."""
    if _is_basic(index) or (isinstance(index, np.ndarray) and index.dtype == bool):
        out[index] += values
    else:
        np.add.at(out, index, values)


@op(vjps=(lambda g, x_shape, index: index_put(g, index, shape=x_shape), None), view=True)
def getitem(x, index):
    """``x[index]``.

    Raises:
        IndexError: an index is out of range.

    Example:
        >>> getitem(np.array([1.0, 2.0, 3.0]), [0, 0, 2])
        array([1., 1., 3.])
    """
    return x[plain_index(index)]


@op(vjps=(lambda g, index: getitem(g, index), None))
def index_put(values, index, shape):
    """Zeros of this shape with `values` added at `index`: the adjoint of `getitem`.

    Example:
        >>> index_put(np.array([1.0, 2.0, 3.0]), np.array([0, 0, 2]), shape=(4,))
        array([3., 0., 3., 0.])
    """
    out = np.zeros(shape, values.dtype)
    _put(out, plain_index(index), values)
    return out


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


class At:
    """`x.at[index].set(values)` and `.add(values)`: new values, x as it was.

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

    def set(self, values: object) -> Traced:
        """A copy with `values` at the index."""
        return index_set(self._x, values, self._index)

    def add(self, values: object) -> Traced:
        """A copy with `values` added at the index, repeated positions each time."""
        return index_add(self._x, values, self._index)
