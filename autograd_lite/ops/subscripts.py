"""What the subscripts of `einsum` mean for operands of given shapes: neither arrays nor ops."""

from __future__ import annotations

import functools
import re
import string
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.errors import ShapeError, explain

LETTERS = string.ascii_uppercase + string.ascii_lowercase
"""The labels, in the order in which an implicit output has them."""

Shape = tuple[int, ...]

_LETTER_OF = dict(enumerate(LETTERS))
_TERM = re.compile(r"[A-Za-z]*(\.\.\.)?[A-Za-z]*")


class Single(NamedTuple):
    """What is done with one operand first.

    It is reshaped to drop axes of length one that broadcast; then its labels are summed down to
    those of `output`. None where there is nothing to do.
    """

    shape: Shape | None
    labels: str
    output: str | None


class Pair(NamedTuple):
    """A contraction of values i and j, whose result is appended to the values."""

    i: int
    j: int
    left: str
    right: str
    output: str


class Plan(NamedTuple):
    """How a sum is computed: each operand by itself, then in pairs."""

    singles: tuple[Single, ...]
    pairs: tuple[Pair, ...]


def refusal(problem: str, subscripts: Any, shapes: Sequence[Shape] = ()) -> ShapeError:
    """The error of subscripts that are wrong, or do not fit the operands."""
    got = f"subscripts {subscripts!r}" + ", shapes " * bool(shapes) + ", ".join(map(str, shapes))
    expected = "a letter, or '...', for each axis, as in 'ij,jk->ik'"
    return ShapeError(explain("einsum", problem, got=got, expected=expected))


def letters_of(labels: Sequence[Any]) -> str:
    """A list of integers, and perhaps an ellipsis, as letters."""
    try:
        return "".join(["..." if i is ... else _LETTER_OF[i] for i in labels])
    except (KeyError, TypeError):
        problem = f"labels are integers from 0 to {len(LETTERS) - 1}, or an ellipsis"
        raise refusal(problem, labels) from None


@functools.lru_cache(4096)
def plan_of(subscripts: str, shapes: tuple[Shape, ...], optimize: Any) -> Plan:
    """The plan for operands of these shapes.

    Raises:
        ShapeError: the subscripts are wrong, or do not fit the shapes.
    """

    def refuse(problem: str) -> ShapeError:
        return refusal(problem, subscripts, shapes)

    terms, output = _parse(subscripts, shapes, refuse)
    lengths = _lengths(terms, shapes, refuse)
    kept = [
        [i for i, label in enumerate(term) if shape[i] == lengths[label]]
        for term, shape in zip(terms, shapes, strict=True)
    ]
    labels = ["".join([t[i] for i in axes]) for t, axes in zip(terms, kept, strict=True)]
    if len(labels) == 1:
        return Plan((Single(None, labels[0], output),), ())
    singles = []
    for k, (axes, shape) in enumerate(zip(kept, shapes, strict=True)):
        needed = {*output}.union(*labels[:k], *labels[k + 1 :])
        reduced = "".join([label for label in dict.fromkeys(labels[k]) if label in needed])
        singles.append(
            Single(
                None if len(axes) == len(shape) else tuple(shape[i] for i in axes),
                labels[k],
                None if reduced == labels[k] else reduced,
            )
        )
    reduced_labels = [s.labels if s.output is None else s.output for s in singles]
    path = _path(reduced_labels, output, lengths, optimize)
    return Plan(tuple(singles), tuple(_pairs(reduced_labels, output, path)))


def _parse(subscripts: str, shapes: Sequence[Shape], refuse: Any) -> tuple[list[str], str]:
    """The labels of each operand and of the output; axes under an ellipsis get free letters."""
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if len(terms) != len(shapes):
        raise refuse(f"{len(terms)} operands are described, {len(shapes)} are given")
    if not all(_TERM.fullmatch(term) for term in (*terms, output)):
        raise refuse("there is something besides letters, ',', '->' and one '...' an operand")
    spare = [
        _spare_axes(i, t, s, refuse) for i, (t, s) in enumerate(zip(terms, shapes, strict=True))
    ]
    rank = max(spare)
    free = "".join([letter for letter in LETTERS if letter not in subscripts])
    if rank > len(free):
        raise refuse(f"more than {len(LETTERS)} axes")
    broadcast = free[:rank]
    terms = [t.replace("...", broadcast[rank - n :]) for t, n in zip(terms, spare, strict=True)]
    if not arrow:
        used = "".join(terms)
        return terms, broadcast + "".join(
            [label for label in LETTERS if label not in broadcast and used.count(label) == 1]
        )
    if rank and "..." not in output:
        raise refuse("the output has no '...' for the axes that the operands' stands for")
    output = output.replace("...", broadcast)
    for label in output:
        if output.count(label) > 1:
            raise refuse(f"the output has the label '{label}' more than once")
        if not any(label in term for term in terms):
            raise refuse(f"the output has a label '{label}' that no operand has")
    return terms, output


def _spare_axes(i: int, term: str, shape: Shape, refuse: Any) -> int:
    """How many axes the ellipsis of an operand stands for."""
    spare = len(shape) - len(term.replace("...", ""))
    if spare < 0 or (spare and "..." not in term):
        raise refuse(f"operand {i} has {len(shape)} axes, its subscripts are '{term}'")
    return spare


def _lengths(terms: Sequence[str], shapes: Sequence[Shape], refuse: Any) -> dict[str, int]:
    """The length of each label; one gives way to any other, but not within an operand."""
    lengths: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        own: dict[str, int] = {}
        for label, length in zip(term, shape, strict=True):
            if own.setdefault(label, length) != length:
                raise refuse(f"the axes of a repeated label differ: {own[label]}, {length}")
            known = lengths.get(label, 1)
            if 1 not in (known, length) and known != length:
                raise refuse(f"the axes of a label differ in length: {known}, {length}")
            if known == 1:
                lengths[label] = length
    return lengths


def _path(
    terms: Sequence[str], output: str, lengths: dict[str, int], optimize: Any
) -> list[tuple[int, ...]]:
    """Which operands are contracted in turn: NumPy's, which appends the results to the others."""
    if len(terms) == 2:
        return [(0, 1)]
    dummies = [np.broadcast_to(0.0, [lengths[label] for label in term]) for term in terms]
    how = list(optimize) if isinstance(optimize, tuple) else optimize
    if isinstance(optimize, bool):
        how = "greedy"
    subscripts = f"{','.join(terms)}->{output}"
    path: list[tuple[int, ...]] = np.einsum_path(subscripts, *dummies, optimize=how)[0][1:]
    return [*path, tuple(range(len(terms) - sum(len(step) - 1 for step in path)))]


def _pairs(terms: Sequence[str], output: str, path: Sequence[tuple[int, ...]]) -> list[Pair]:
    """The contractions of a path two by two."""
    labels = list(terms)
    waiting = list(range(len(terms)))
    pairs: list[Pair] = []
    for step in path:
        chosen = [waiting[i] for i in step]
        waiting = [k for k in waiting if k not in chosen]
        while len(chosen) > 1:
            i, j, *rest = chosen
            needed = {*output}.union(*[labels[k] for k in (*waiting, *rest)])
            result = "".join([x for x in dict.fromkeys(labels[i] + labels[j]) if x in needed])
            if not waiting and not rest:
                result = output
            pairs.append(Pair(i, j, labels[i], labels[j], result))
            chosen = [len(labels), *rest]
            labels.append(result)
        waiting += chosen
    return pairs
