"""Batches for the training loop: of arrays, and of iterables that make them."""

from __future__ import annotations

import collections
import itertools
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import explain
from nn import data
from nn.structures import CONTAINERS, as_one, leaves, rebuilt

Batch = tuple[Any, ...]

# Entries of targets that are looked at before training where all would be too many.
SOME = 2**20


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

    def place(self, batch: int, steps: int) -> dict[str, Any]:
        """How to come back to where it is, for `seek`: numbers and strings.

        Args:
            batch: Batches taken in this epoch.
            steps: Batches taken in all.
        """
        raise NotImplementedError

    def seek(self, place: Mapping[str, Any], batch: int) -> None:
        """Go to a `place` where `batch` batches of an epoch were taken."""
        raise NotImplementedError


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
        prepare: Makes a batch what the training step takes, if the samples are not yet.
    """

    def __init__(
        self,
        samples: Batch,
        batch_size: int,
        shuffle: bool = False,
        steps: int | None = None,
        goes_on: bool = False,
        prepare: Callable[..., Batch] | None = None,
    ) -> None:
        nested = any(part is None or isinstance(part, CONTAINERS) for part in samples)
        self._grouping = Grouping(samples) if nested else None
        self._columns = samples if self._grouping is None else self._grouping.columns
        self.rows = data.rows if nested else len
        self._size, self._shuffle, self._prepare = batch_size, shuffle, prepare
        self.batch_size = batch_size
        self._an_epoch = data.steps(self._columns, batch_size) if steps is None else steps
        self.steps = self._an_epoch
        self._endless = self._passes() if steps is not None and goes_on else None
        # Of an epoch that is gone on with: the rest of its pass, and the batches taken.
        self._begun: Iterator[Batch] | None = None
        self._taken = 0

    def epoch(self) -> Iterator[Batch]:
        """A pass over all rows, or the next `steps` batches."""
        source = (self._begun or self._pass()) if self._endless is None else self._endless
        left = self._an_epoch - self._taken
        self._begun, self._taken = None, 0
        return itertools.islice(source, left)

    def place(self, batch: int, steps: int) -> dict[str, Any]:
        """Batches of this pass, and the random state its order was drawn from."""
        whole = data.steps(self._columns, self._size)
        passed = batch if self._endless is None else steps % whole
        return {"passed": passed, "drawn": self._drawn if passed else None}

    def seek(self, place: Mapping[str, Any], batch: int) -> None:
        """Draw the order of the rows again, and leave those out that were taken."""
        self._taken = batch
        if not place["passed"]:
            return
        with ag.random.replayed(place["drawn"]):
            begun = self._pass()
            collections.deque(itertools.islice(begun, place["passed"]), maxlen=0)
        if self._endless is None:
            self._begun = begun
        else:
            self._endless = itertools.chain(begun, self._passes())

    def _pass(self) -> Iterator[Batch]:
        self._drawn = ag.random.state()
        batches: Iterator[Batch] = data.batches(self._columns, self._size, self._shuffle)
        if self._grouping is not None:
            batches = map(self._grouping.batch, batches)
        return batches if self._prepare is None else itertools.starmap(self._prepare, batches)

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
        # Batches taken in the epoch that is gone on with, and since the stream was begun.
        self._taken = self._passed = 0
        self._drawn: Any = None
        self.rows = data.rows

    def look(self) -> None:
        """Check the first batch, which the next epoch begins with all the same."""
        iterator = self._start()
        first = next(iterator, None)
        if first is None:
            self._finish(0)
        self._prepare(*three(self._where, first))
        self._iterator, self._looked = itertools.chain([first], iterator), True

    def place(self, batch: int, steps: int) -> dict[str, Any]:
        """Batches since the iterable was begun, and the random state then."""
        goes_on = batch or self._limited
        return {"passed": self._passed if goes_on else 0, "drawn": self._drawn}

    def seek(self, place: Mapping[str, Any], batch: int) -> None:
        """Make the batches again that were taken, and throw them away."""
        self._taken = batch
        if self._again:
            self._iterator, self._looked = None, bool(batch)
        if not place["passed"]:
            return
        with ag.random.replayed(place["drawn"]):
            if self._iterator is None:
                self._iterator = self._start()
            collections.deque(itertools.islice(self._iterator, place["passed"]), maxlen=0)
        self._passed = place["passed"]

    def epoch(self) -> Iterator[Batch]:
        """All batches, or the next `steps` of them."""
        if self._iterator is None or not (self._limited or self._looked):
            self._iterator = self._start()
        self._looked, taken, self._taken = False, self._taken, 0
        while not (self._limited and taken == self.steps):
            item = self._next(self._iterator)
            if item is None:
                break
            taken += 1
            yield self._prepare(*three(self._where, item))
        self._finish(taken)

    def _start(self) -> Iterator[Any]:
        self._drawn, self._passed = ag.random.state(), 0
        return iter(self._stream)

    def _next(self, iterator: Iterator[Any]) -> Any:
        """The next batch as it comes, from the beginning again if steps are counted; or None."""
        item = next(iterator, None)
        if item is None and self._limited and self._again:
            self._iterator = self._start()
            item = next(self._iterator, None)
        self._passed += 1
        return item

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


def check_ends(where: str, stream: Any, steps: int | None, name: str) -> None:
    """Raise if batches are known to have no end, and nobody says how many to take.

    Raises:
        ValueError: there would be no end to it.
    """
    if steps is None and getattr(stream, "endless", False):
        raise ValueError(
            explain(
                where,
                "a dataset without end, and no number of steps",
                got=repr(stream),
                fix=f"{name}=, or Dataset.repeat(times)",
            )
        )


def three(where: str, batch: Any) -> tuple[Any, Any, Any]:
    """``x, y, sample_weight`` of a batch, None for what was left out.

    Raises:
        TypeError: it is no tuple of three or fewer.
    """
    if not isinstance(batch, tuple | list) or len(batch) not in (1, 2, 3):
        raise TypeError(
            explain(
                where,
                "a batch is not (x, y) or (x, y, sample_weight)",
                got=f"{len(batch)} in a {type(batch).__name__}"
                if isinstance(batch, tuple | list)
                else type(batch).__name__,
            )
        )
    x, y, weight = (*batch, None, None)[:3]
    return x, y, weight


def only_batches(where: str, **given: Any) -> None:
    """Refuse what an iterable of batches would have to bring along.

    Raises:
        ValueError: one of these is not None.
    """
    for name, value in given.items():
        if value is not None:
            problem = f"`{name}` beside an iterable of batches"
            fix = "put it in the batches: (x, y, sample_weight)"
            raise ValueError(explain(where, problem, fix=fix))


def inputs_of(batch: Any) -> Any:
    """The inputs of a batch that may have targets and weights too.

    Raises:
        TypeError: they are no arrays.
    """
    x = batch[0] if isinstance(batch, tuple) and batch else batch
    if not isinstance(x, CONTAINERS) and not getattr(x, "ndim", 0):
        expected = "an array, or an iterable of batches"
        raise TypeError(
            explain("predict", "bad `x`", got=f"batches of {type(x).__name__}", expected=expected)
        )
    return x


def only_input(x: Any, shape: Any) -> Any:
    """The array in a list of one, unless it is one row.

    Args:
        x: What was given.
        shape: Of the input, with the batch axis; None if it is not known.

    Example:
        >>> only_input([np.zeros((5, 3))], (None, 3)).shape, only_input([np.zeros(3)], None).shape
        ((5, 3), (1, 3))
    """
    if isinstance(x, list | tuple) and len(x) == 1 and getattr(x[0], "ndim", 0) > 0:
        row = x[0].shape
        if shape is None:
            is_row = len(row) == 1
        else:
            fits = zip(row, shape[1:], strict=False)
            is_row = len(row) == len(shape) - 1 and all(m in (None, n) for n, m in fits)
        x = x if is_row else x[0]
    return as_one(x)


def in_files(y: Any) -> bool:
    """Whether some of these arrays are mapped files."""
    return any(data.in_file(part) for part in leaves(y) if part is not None)


def some_rows(y: Any) -> Any:
    """The first rows, as many as have a million entries."""
    return y if y is None else y[: max(1, SOME * len(y) // max(y.size, 1))]
