"""Samples in two parts."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import autograd_lite as ag
from autograd_lite.errors import ShapeError, explain
from nn.structures import CONTAINERS, leaves, mapped

Array = NDArray[Any]
WHERE = "train_test_split"


def train_test_split(
    *arrays: Any,
    test_size: float = 0.25,
    stratify: ArrayLike | None = None,
    seed: int | None = None,
    shuffle: bool = True,
) -> list[Any]:
    """Rows drawn at random for a test, and the others: ``x_train, x_test, y_train, y_test``.

    Args:
        *arrays: Of one length: arrays, tables of pandas (which stay that), dicts of them.
        test_size: A share between 0 and 1, rounded up to whole rows, or a number of rows.
        stratify: A class for each row, mostly ``stratify=y``: both parts then have each class in
            its proportion, and at least once.
        seed: Of the draw; by default it follows `ag.set_seed`.
        shuffle: Whether rows are drawn; else the last are taken.

    Returns:
        Two parts for each of `arrays`, in turn.

    Raises:
        ShapeError: lengths differ.
        ValueError: a part would be empty, or would lack a class of `stratify`.

    Example:
        >>> x, y = np.arange(10).reshape(5, 2), np.arange(5)
        >>> x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=2, seed=0)
        >>> x_train.shape, x_test.shape, bool((x_test[:, 0] == 2 * y_test).all())
        ((3, 2), (2, 2), True)
    """
    found = [leaf for tree in arrays for leaf in leaves(_parts(tree))]
    lengths = {len(a) for a in found}
    if len(lengths) != 1:
        got = ", ".join(str(np.shape(a)) for a in found) or "nothing"
        raise ShapeError(
            explain(WHERE, "lengths differ", got=got, expected="a row for each sample")
        )
    n = lengths.pop()
    size = _size(test_size, n)
    rng = ag.random.generator() if seed is None else np.random.default_rng(seed)
    if stratify is not None:
        test = _stratified(np.asarray(stratify), size, n, rng, shuffle)
    else:
        test = (rng.permutation(n) if shuffle else np.arange(n))[n - size :]
    rest = np.setdiff1d(np.arange(n), test)
    if shuffle:
        rest = rng.permutation(rest)
    trees = [_parts(tree) for tree in arrays]
    return [mapped(functools.partial(_rows, rows), tree) for tree in trees for rows in (rest, test)]


def _parts(tree: Any) -> Any:
    """A dict as it is; a list of rows as an array."""
    if isinstance(tree, dict):
        return {name: _parts(part) for name, part in tree.items()}
    return np.asarray(tree) if isinstance(tree, CONTAINERS) else tree


def _rows(rows: NDArray[np.intp], a: Any) -> Any:
    return a.iloc[rows] if hasattr(a, "iloc") else a[rows]


def _size(test_size: Any, n: int) -> int:
    size = -1
    if isinstance(test_size, float | np.floating):
        size = math.ceil(float(test_size) * n) if 0 < test_size < 1 else -1
    elif isinstance(test_size, int | np.integer) and not isinstance(test_size, bool):
        size = int(test_size)
    if not 0 < size < n:
        raise ValueError(
            explain(
                WHERE,
                "a part without rows",
                got=f"test_size={test_size!r} of {n} rows",
                expected="a share between 0 and 1, or fewer rows than there are",
            )
        )
    return size


def _stratified(
    classes: Array, size: int, n: int, rng: np.random.Generator, shuffle: bool
) -> NDArray[np.intp]:
    """The rows of the test: of each class its share."""
    if classes.shape not in ((n,), (n, 1)):
        got, expected = f"stratify {classes.shape}", f"({n},): a class for each row"
        raise ShapeError(explain(WHERE, "bad `stratify`", got=got, expected=expected))
    names, numbers, counts = np.unique(classes.ravel(), return_inverse=True, return_counts=True)
    if counts.min() < 2 or not len(names) <= size <= n - len(names):
        raise ValueError(
            explain(
                WHERE,
                "not every class can be in both parts",
                got=f"{len(names)} classes of {counts.min()} rows or more, {size} rows to test on",
                expected="two rows of each class, and room for each on either side",
                fix="another test_size, or without stratify",
            )
        )
    order = rng.permutation(n) if shuffle else np.arange(n)
    taken = [order[numbers[order] == i][-share:] for i, share in enumerate(_shares(counts, size))]
    test = np.concatenate(taken)
    return rng.permutation(test) if shuffle else np.sort(test)


def _shares(counts: NDArray[np.intp], size: int) -> list[int]:
    """Whole rows of each class, at least one and not all, as near to its share as the sum allows.

    Example:
        >>> _shares(np.array([6, 3, 3]), 4), _shares(np.array([98, 2]), 10)
        ([2, 1, 1], [9, 1])
    """
    exact = counts * (size / counts.sum())
    shares = np.clip(np.floor(exact).astype(int), 1, counts - 1)
    while (missing := size - shares.sum()) != 0:
        step = 1 if missing > 0 else -1
        free = shares < counts - 1 if step > 0 else shares > 1
        shares[np.argmax(np.where(free, step * (exact - shares), -np.inf))] += step
    return [int(share) for share in shares]
