"""Elements that can be had by their numbers, one or many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

import autograd_lite as ag
from autograd_lite.errors import ShapeError, explain
from nn.data.arrays import Array, as_array
from nn.structures import holds_arrays, leaves, mapped, rebuilt

Order = NDArray[np.intp]


class Rows(Protocol):
    """Elements by number."""

    def __len__(self) -> int:
        """How many there are."""

    def one(self, row: int) -> Any:
        """An element."""

    def many(self, rows: Order) -> Any:
        """Several elements as one batch."""


class ArrayRows:
    """The rows of arrays.

    Args:
        where: For messages.
        *trees: One or several: an array, or lists, tuples and dicts of them.

    Raises:
        ShapeError: there are no arrays, one has no axis of rows, or lengths differ.
    """

    def __init__(self, where: str, *trees: Any) -> None:
        parts = tuple(_converted(where, tree) for tree in trees)
        self.tree = parts[0] if len(parts) == 1 else parts
        shapes = [a.shape for a in leaves(self.tree)]
        if not shapes or () in shapes or len({shape[0] for shape in shapes}) > 1:
            raise ShapeError(
                explain(
                    where,
                    "no rows" if not shapes or () in shapes else "lengths differ",
                    got=", ".join(map(str, shapes)) or "nothing",
                    expected="arrays with a row for each sample",
                )
            )
        self._length = int(shapes[0][0])

    def __len__(self) -> int:
        return self._length

    def one(self, row: int) -> Any:
        """The row of each array."""
        return mapped(lambda a: a[row], self.tree)

    def many(self, rows: Order) -> Any:
        """The rows of each array, in new ones."""
        return mapped(lambda a: gather(a, rows), self.tree)


class SequenceRows:
    """The elements of a sequence.

    Args:
        sequence: Has a length, and elements by number.
    """

    def __init__(self, sequence: Sequence[Any]) -> None:
        self._sequence = sequence

    def __len__(self) -> int:
        return len(self._sequence)

    def one(self, row: int) -> Any:
        """An element of the sequence."""
        return self._sequence[int(row)]

    def many(self, rows: Order) -> Any:
        """Elements of the sequence, stacked."""
        return stacked([self.one(row) for row in rows])


def gather(source: Array, rows: Order, out: Array | None = None) -> Array:
    """Some rows of an array, in `out` or in a new one; of a mapped file only these are read.

    Example:
        >>> gather(np.array([5, 6, 7]), np.array([2, 0]))
        array([7, 5])
    """
    if source.flags.c_contiguous:
        return np.asarray(ag.take_rows(source, rows, out))
    # `take` would copy the source, whole.
    if out is None:
        return np.asarray(source[rows])
    out[...] = source[rows]
    return out


def stacked(elements: Sequence[Any]) -> Any:
    """Elements of one form as a batch of that form.

    Raises:
        ShapeError: their shapes or forms differ.

    Example:
        >>> stacked([(1, {"a": 2.0}), (3, {"a": 4.0})])
        (array([1, 3]), {'a': array([2., 4.])})
    """
    columns = [leaves(element) for element in elements]
    try:
        arrays = [_stack(column) for column in zip(*columns, strict=True)]
    except ValueError as error:
        shapes = [", ".join(str(np.shape(leaf)) for leaf in column) for column in columns]
        other = next((s for s in shapes if s != shapes[0]), shapes[0])
        raise ShapeError(
            explain(
                "Dataset.batch",
                "elements do not fit together",
                got=f"shapes {shapes[0]} and {other}",
                expected="one form and one shape",
                fix="nn.preprocessing.pad_sequences before, or map them to one shape",
            )
        ) from error
    return rebuilt(elements[0], iter(arrays))


def _stack(column: Sequence[Any]) -> Array:
    return np.stack([a.data if isinstance(a, ag.Tensor) else np.asarray(a) for a in column])


def _converted(where: str, tree: Any) -> Any:
    """The tree with arrays for leaves; a list of numbers is one."""
    if isinstance(tree, dict):
        return {name: _converted(where, part) for name, part in tree.items()}
    if isinstance(tree, list | tuple) and (
        holds_arrays(tree) or any(hasattr(part, "to_numpy") for part in tree)
    ):
        parts = [_converted(where, part) for part in tree]
        return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)
    return as_array(where, tree)
