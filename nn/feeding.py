"""Batches for the training loop: of arrays, and of iterables that make them."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograd_lite.errors import explain
from nn import data
from nn.structures import CONTAINERS, leaves, rebuilt

Batch = tuple[Any, ...]


class Feed:
    """What the loop takes its batches from.

    Attributes:
        steps: Batches to an epoch; None if that shows only at its end.
        batch_size: Of the batches, None if each has its own.
        ended: Whether there are no more batches for the epochs to come.
        rows: The number of samples in the first part of a batch.
    """

    steps: int | None
    batch_size: int | None = None
    ended: bool = False
    rows: Callable[[Any], int]

    def epoch(self) -> Iterator[Batch]:
        """The batches of one epoch."""
        raise NotImplementedError

    def look(self) -> None:
        """Check what can be checked before the first epoch."""


class Grouping:
    """Flat columns for several inputs or outputs, and the way back.

    Args:
        parts: ``(x, y, sample_weight)`` or fewer: arrays, or lists and dicts of arrays; None for
            what is missing.

    Example:
        >>> grouping = Grouping(([np.zeros(4), np.ones(4)], np.arange(4)))
        >>> len(grouping.columns)
        3
        >>> grouping.batch((1, 2, 3))
        ([1, 2], 3)
    """

    def __init__(self, parts: Batch) -> None:
        self.parts = parts
        self.columns = tuple(leaf for leaf in leaves(parts) if leaf is not None)

    def batch(self, columns: Batch) -> Batch:
        """Columns in the form of the parts."""
        given = iter(columns)
        found = (None if leaf is None else next(given) for leaf in leaves(self.parts))
        return tuple(rebuilt(part, found) for part in self.parts)


class ArrayFeed(Feed):
    """Batches of arrays that are all there.

    Args:
        samples: ``(x, y)`` or ``(x, y, sample_weight)``, as the training step takes them.
        batch_size: Rows to a batch.
        shuffle: Whether each pass has an order of its own.
        steps: Batches to an epoch; a whole pass by default.
        goes_on: Whether such an epoch begins where the last one ended.
    """

    def __init__(
        self,
        samples: Batch,
        batch_size: int,
        shuffle: bool = False,
        steps: int | None = None,
        goes_on: bool = False,
    ) -> None:
        nested = any(isinstance(part, CONTAINERS) for part in samples)
        self._grouping = Grouping(samples) if nested else None
        self._columns = samples if self._grouping is None else self._grouping.columns
        self.rows = data.rows if nested else len
        self._size, self._shuffle = batch_size, shuffle
        self.batch_size = batch_size
        self.steps = data.steps(self._columns, batch_size) if steps is None else steps
        self._endless = self._passes() if steps is not None and goes_on else None

    def epoch(self) -> Iterator[Batch]:
        """A pass over all rows, or the next `steps` batches."""
        return itertools.islice(
            self._pass() if self._endless is None else self._endless, self.steps
        )

    def _pass(self) -> Iterator[Batch]:
        batches = data.batches(self._columns, self._size, self._shuffle)
        return batches if self._grouping is None else map(self._grouping.batch, batches)

    def _passes(self) -> Iterator[Batch]:
        while True:
            yield from self._pass()


class StreamFeed(Feed):
    """Batches that an iterable makes: ``(x, y)`` or ``(x, y, sample_weight)`` each.

    Args:
        where: For messages.
        stream: A generator, a loader; what can be gone through again is.
        prepare: Checks a batch and makes it what the training step takes.
        steps: Batches to an epoch; by default as many as there are.
    """

    def __init__(
        self,
        where: str,
        stream: Any,
        prepare: Callable[..., Batch],
        steps: int | None = None,
    ) -> None:
        self._where, self._stream, self._prepare = where, stream, prepare
        length = len(stream) if hasattr(stream, "__len__") else None
        self.steps = length if steps is None else steps
        self._limited = steps is not None
        self._iterator: Iterator[Any] | None = None
        self._again = not isinstance(stream, Iterator)
        self._looked = False
        self.rows = data.rows

    def look(self) -> None:
        """Check the first batch, which the next epoch begins with all the same."""
        iterator = iter(self._stream)
        first = next(iterator, None)
        if first is None:
            self._finish(0)
        self._prepare(*three(self._where, first))
        self._iterator, self._looked = itertools.chain([first], iterator), True

    def epoch(self) -> Iterator[Batch]:
        """All batches, or the next `steps` of them."""
        if self._iterator is None or not (self._limited or self._looked):
            self._iterator = iter(self._stream)
        self._looked, taken = False, 0
        while not (self._limited and taken == self.steps):
            item = next(self._iterator, None)
            if item is None and self._limited and self._again:
                self._iterator = iter(self._stream)
                item = next(self._iterator, None)
            if item is None:
                break
            taken += 1
            yield self._prepare(*three(self._where, item))
        self._finish(taken)

    def _finish(self, taken: int) -> None:
        if not taken:
            raise ValueError(
                explain(
                    self._where,
                    "no batches",
                    got="an iterable that has ended",
                    expected="(x, y) or (x, y, sample_weight) at each step",
                    fix=None
                    if self._again
                    else "a new generator, or an object whose __iter__ starts anew",
                )
            )
        self.ended = not self._again and not self._limited
        if self._limited and self.steps is not None and taken < self.steps:
            self.ended = True
            warnings.warn(
                f"{self._where}: the batches ended at step {taken} of {self.steps}; training ends "
                "here. Give fewer steps, or an iterable that starts anew",
                stacklevel=2,
            )


def is_stream(x: Any) -> bool:
    """Whether `x` makes batches instead of being the samples.

    Example:
        >>> is_stream(iter([])), is_stream(np.zeros(3)), is_stream([1.0, 2.0])
        (True, False, False)
    """
    if isinstance(x, str | bytes | dict | np.ndarray) or hasattr(x, "__array__"):
        return False
    if isinstance(x, list | tuple):
        return False
    return hasattr(x, "__iter__") or (hasattr(x, "__getitem__") and hasattr(x, "__len__"))


def three(where: str, batch: Any) -> tuple[Any, Any, Any]:
    """``x, y, sample_weight`` of a batch, the last None if it was left out.

    Raises:
        TypeError: it is no tuple of two or three.
    """
    if not isinstance(batch, tuple | list) or len(batch) not in (2, 3):
        raise TypeError(
            explain(
                where,
                "a batch is not (x, y) or (x, y, sample_weight)",
                got=f"{len(batch)} in a {type(batch).__name__}"
                if isinstance(batch, tuple | list)
                else type(batch).__name__,
            )
        )
    x, y, weight = (*batch, None)[:3]
    return x, y, weight
