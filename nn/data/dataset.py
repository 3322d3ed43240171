"""Samples that go through a pipeline: shuffled, changed, in batches, made ahead of time."""

from __future__ import annotations

import functools
import inspect
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from typing import Any, NamedTuple

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import explain
from nn.checks import count, positive_int
from nn.data.indexed import ArrayRows, Order, Rows, SequenceRows, stacked
from nn.data.prefetching import prefetched

Random = np.random.Generator
ENDLESS = math.inf


class _Ordered(NamedTuple):
    """Elements by number, and which of them a pass has in which order."""

    rows: Rows
    order: Callable[[Random], Order]


class _Source(NamedTuple):
    """How a dataset makes its elements.

    Attributes:
        elements: Of one pass, given where its random numbers come from.
        length: How many; infinite, or None if that is not known.
        draws: Whether random numbers are used.
        ordered: If the elements are nothing but rows in some order.
    """

    elements: Callable[[Random], Iterator[Any]]
    length: float | None
    draws: bool = False
    ordered: _Ordered | None = None


class Dataset:
    """Elements in a row, that can be gone through again and again, and new datasets made of them.

    An element is what `fit` takes as a batch, ``(x, y)`` or ``(x, y, sample_weight)``, once
    `batch` has made it of single samples; arrays may be in lists, tuples and dicts of any depth.
    Nothing is computed before the dataset is gone through, and every pass computes all of it anew:
    shuffles differ from pass to pass. Random numbers follow `ag.set_seed`, in threads too.

    A dataset is made by `from_arrays`, `from_sequence` and `from_iterable`; methods leave it as it
    is and return another. ``len`` is there where it is known.

    Example:
        >>> x, y = np.arange(6.0), np.array([0, 1, 0, 1, 0, 1])
        >>> dataset = nn.data.Dataset.from_arrays(x, y).map(lambda x, y: (x / 5, y)).batch(4)
        >>> for batch_x, batch_y in dataset:
        ...     print(batch_x, batch_y)
        [0.  0.2 0.4 0.6] [0 1 0 1]
        [0.8 1. ] [0 1]
        >>> len(dataset)
        2
    """

    def __init__(self, source: _Source) -> None:
        self._source = source

    @staticmethod
    def from_arrays(*arrays: Any) -> Dataset:
        """The rows of arrays: ``(x[0], y[0])`` and so on; of a single one ``x[0]`` and so on.

        Shuffled and put into batches first, before anything else, they are gathered by whole
        batches. Of a file that is mapped, ``np.load(path, mmap_mode="r")``, only these are read.

        Args:
            *arrays: Of one length: arrays, tables of pandas, or lists, tuples and dicts of them.

        Raises:
            ShapeError: lengths differ, or there are no rows.
            DTypeError: columns of a table are not numbers.

        Example:
            >>> list(Dataset.from_arrays({"a": [1, 2]}, [3, 4]).batch(2))
            [({'a': array([1, 2])}, array([3, 4]))]
        """
        return _of_rows(ArrayRows("Dataset.from_arrays", *arrays))

    @staticmethod
    def from_sequence(sequence: Sequence[Any]) -> Dataset:
        """The elements of a sequence: of anything with a length and ``sequence[i]``.

        They are asked for when it is their turn, in the order of the shuffle.

        Raises:
            TypeError: it is no sequence.

        Example:
            >>> list(Dataset.from_sequence(["a", "b", "c"]).skip(1))
            ['b', 'c']
        """
        if not hasattr(sequence, "__len__") or not hasattr(sequence, "__getitem__"):
            raise _wrong_source("from_sequence", sequence, "a length, and elements by number")
        if isinstance(sequence, dict):
            raise _wrong_source("from_sequence", sequence, "a sequence", "Dataset.from_arrays")
        return _of_rows(SequenceRows(sequence))

    @staticmethod
    def from_iterable(iterable: Iterable[Any] | Callable[[], Iterator[Any]]) -> Dataset:
        """The elements of an iterable, or of the iterator that a function makes for each pass.

        Raises:
            TypeError: it can be gone through only once, or not at all.

        Example:
            >>> def squares():
            ...     for i in range(4):
            ...         yield i * i
            >>> list(Dataset.from_iterable(squares).batch(3))
            [array([0, 1, 4]), array([9])]
        """
        if isinstance(iterable, Iterator):
            fix = "the function that makes it, not called: from_iterable(lambda: ...)"
            raise _wrong_source("from_iterable", iterable, "what can be gone through again", fix)
        if isinstance(iterable, Iterable):
            length = len(iterable) if isinstance(iterable, Sized) else None
            return _made(lambda rng: _each(iterable), length)
        if not callable(iterable):
            raise _wrong_source("from_iterable", iterable, "an iterable, or a function")
        return _made(lambda rng: _each(iterable()), None)

    def __iter__(self) -> Iterator[Any]:
        """A pass over all elements."""
        # Here and not in a thread, where others draw at the same time: a seed gives one order.
        seed = ag.random.generator().integers(2**63) if self._source.draws else 0
        return self._source.elements(np.random.default_rng(seed))

    @property
    def endless(self) -> bool:
        """Whether a pass has no end, as after `repeat` without a number."""
        return self._source.length == ENDLESS

    def __repr__(self) -> str:
        length = self._source.length
        if length is None or length == ENDLESS:
            return f"<Dataset {'of unknown length' if length is None else 'without end'}>"
        return f"<Dataset of {length}>"

    def map(self, function: Callable[..., Any]) -> Dataset:
        """`function` of each element; the parts of a tuple are its arguments.

        Args:
            function: If it has a parameter named `rng`, it is given a NumPy generator for all that
                is random in it. Drawn from that, numbers follow `ag.set_seed` after `prefetch` too.

        Example:
            >>> noise = lambda x, rng: x + rng.normal(size=x.shape)
            >>> len(Dataset.from_arrays(np.zeros((8, 2))).batch(4).map(noise))
            2
        """
        source, random = self._source, _takes_rng(function)

        def elements(rng: Random) -> Iterator[Any]:
            settings = {"rng": _own(rng)} if random else {}
            for element in source.elements(rng):
                parts = element if isinstance(element, tuple) else (element,)
                yield function(*parts, **settings)

        return _made(elements, source.length, source.draws or random)

    def shuffle(self, buffer: int | None = None) -> Dataset:
        """The elements in random order, another one in each pass.

        Args:
            buffer: Each element is drawn from this many, the next taking its place: for what does
                not fit in memory. By default all orders are equally likely. Arrays and sequences
                are then drawn from directly; anything else is held in memory as a whole.

        Example:
            >>> ag.set_seed(0)
            >>> sorted(Dataset.from_sequence(range(5)).shuffle())
            [0, 1, 2, 3, 4]
        """
        source = self._source
        if buffer is not None:
            positive_int("Dataset.shuffle", "buffer", buffer)
        if source.length == ENDLESS and buffer is None:
            raise ValueError(
                explain(
                    "Dataset.shuffle",
                    "a dataset without end has no order of all",
                    fix="shuffle before repeat, or give a buffer",
                )
            )
        if source.ordered is not None and buffer is None:
            return _reordered(source, lambda rng, order: rng.permutation(order), source.length)
        return _made(lambda rng: _shuffled(source.elements, rng, buffer), source.length, draws=True)

    def batch(self, batch_size: int, drop_remainder: bool = False) -> Dataset:
        """Elements stacked along a new first axis, `batch_size` of them at a time.

        Args:
            batch_size: Elements to a batch.
            drop_remainder: Whether a last batch of fewer is left out.

        Raises:
            ShapeError: while going through: elements of a batch differ in form or shape.
        """
        size = positive_int("Dataset.batch", "batch_size", batch_size)
        source = self._source

        def elements(rng: Random) -> Iterator[Any]:
            for found, make in _batches(source, rng, size):
                if found == size or not drop_remainder:
                    yield make()

        length = source.length
        if length is not None and length != ENDLESS:
            length = length // size if drop_remainder else -(-length // size)
        return _made(elements, length, source.draws)

    def cache(self) -> Dataset:
        """The elements of the first whole pass, kept in memory and given again in every other.

        What is random before it is drawn once, so `shuffle` and augment after it.
        """
        source, kept = self._source, list[list[Any]]()

        def elements(rng: Random) -> Iterator[Any]:
            if kept:
                yield from kept[0]
                return
            found = []
            for element in source.elements(rng):
                found.append(element)
                yield element
            kept[:] = [found]

        return _made(elements, source.length, source.draws)

    def prefetch(self, size: int = 2) -> Dataset:
        """The same elements, made ahead of time by a thread: the last step of a pipeline.

        The thread ends with the pass, also if that is left early. What goes wrong in it is raised
        where the element was asked for.

        Args:
            size: How many may wait.
        """
        size = positive_int("Dataset.prefetch", "size", size)
        source = self._source
        return _made(
            lambda rng: prefetched(source.elements(rng), size), source.length, source.draws
        )

    def take(self, n: int) -> Dataset:
        """The first `n` elements, or all if there are fewer."""
        n, source = count("Dataset.take", "n", n), self._source
        length = None if source.length is None else min(n, source.length)
        if source.ordered is not None:
            return _reordered(source, lambda rng, order: order[:n], length, source.draws)
        return _made(lambda rng: itertools.islice(source.elements(rng), n), length, source.draws)

    def skip(self, n: int) -> Dataset:
        """All but the first `n` elements."""
        n, source = count("Dataset.skip", "n", n), self._source
        length = None if source.length is None else max(source.length - n, 0)
        if source.ordered is not None:
            return _reordered(source, lambda rng, order: order[n:], length, source.draws)
        return _made(
            lambda rng: itertools.islice(source.elements(rng), n, None), length, source.draws
        )

    def repeat(self, times: int | None = None) -> Dataset:
        """Pass after pass, `times` of them or without end; then `fit` needs `steps_per_epoch`.

        Example:
            >>> list(Dataset.from_sequence([1, 2]).repeat().take(5))
            [1, 2, 1, 2, 1]
        """
        source = self._source
        rounds = ENDLESS if times is None else count("Dataset.repeat", "times", times)

        def elements(rng: Random) -> Iterator[Any]:
            done, empty = 0, False
            while done < rounds and not empty:
                empty = True
                for element in source.elements(rng):
                    empty = False
                    yield element
                done += 1

        length = source.length
        if length is not None:
            length = 0 if not length or not rounds else length * rounds
        return _made(elements, length, source.draws)

    def enumerate(self, start: int = 0) -> Dataset:
        """Pairs of a number, from `start` on, and an element."""
        source = self._source
        return _made(
            lambda rng: enumerate(source.elements(rng), start), source.length, source.draws
        )


class SizedDataset(Dataset):
    """A `Dataset` whose length is known."""

    def __len__(self) -> int:
        """How many elements a pass has."""
        return int(self._source.length or 0)


def _dataset(source: _Source) -> Dataset:
    known = source.length is not None and source.length != ENDLESS
    return (SizedDataset if known else Dataset)(source)


def _made(
    elements: Callable[[Random], Iterator[Any]], length: float | None, draws: bool = False
) -> Dataset:
    return _dataset(_Source(elements, length, draws))


def _of_rows(rows: Rows) -> Dataset:
    return _in_order(_Ordered(rows, lambda rng: np.arange(len(rows))), len(rows), False)


def _reordered(
    source: _Source,
    change: Callable[[Random, Order], Order],
    length: float | None,
    draws: bool = True,
) -> Dataset:
    """The same rows in the order that `change` makes of theirs."""
    if source.ordered is None:
        raise AssertionError
    rows, before = source.ordered
    return _in_order(_Ordered(rows, lambda rng: change(rng, before(rng))), length, draws)


def _in_order(ordered: _Ordered, length: float | None, draws: bool) -> Dataset:
    rows, order = ordered
    # No `map`: a StopIteration of the user's own would end the pass as if it were complete.
    return _dataset(_Source(lambda rng: (rows.one(i) for i in order(rng)), length, draws, ordered))


def _batches(source: _Source, rng: Random, size: int) -> Iterator[tuple[int, Callable[[], Any]]]:
    """How many elements each batch has, and what makes it."""
    if source.ordered is not None:
        rows, order = source.ordered[0], source.ordered[1](rng)
        for start in range(0, len(order), size):
            chosen = order[start : start + size]
            yield len(chosen), functools.partial(rows.many, chosen)
        return
    elements = source.elements(rng)
    while found := list(itertools.islice(elements, size)):
        yield len(found), functools.partial(stacked, found)


def _own(rng: Random) -> Random:
    """A generator for one step only: others may draw in another thread at the same time."""
    return rng.spawn(1)[0]


def _shuffled(
    make: Callable[[Random], Iterator[Any]], rng: Random, size: int | None
) -> Iterator[Any]:
    """Each drawn from `size` that wait, or from all."""
    own, elements = _own(rng), make(rng)
    waiting = list(itertools.islice(elements, size))
    for element in elements:
        i = int(own.integers(len(waiting)))
        yield waiting[i]
        waiting[i] = element
    for i in own.permutation(len(waiting)):
        yield waiting[i]


def _each(iterable: Any) -> Iterator[Any]:
    if isinstance(iterable, Iterable):
        yield from iterable
        return
    raise _wrong_source("from_iterable", iterable, "a function that makes an iterator")


def _takes_rng(function: Callable[..., Any]) -> bool:
    try:
        return "rng" in inspect.signature(function).parameters
    except (TypeError, ValueError):  # some builtins have none
        return False


def _wrong_source(method: str, source: Any, expected: str, fix: str | None = None) -> TypeError:
    got = f"a {type(source).__name__}"
    return TypeError(explain(f"Dataset.{method}", "no source", got=got, expected=expected, fix=fix))
