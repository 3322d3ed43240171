"""Arrays of samples: checked, converted once, split, and served in batches.

The samples of a call are columns, a tuple ``(x, y)`` or ``(x, y, weight)`` with a row for each.
"""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import autograd_lite as ag
from autograd_lite.errors import DTypeError, ShapeError, explain
from nn.data.arrays import Array, as_array, in_file
from nn.data.indexed import gather
from nn.structures import CONTAINERS, holds_arrays, leaves, mapped, rebuilt
from nn.symbolic import SymbolicTensor
from nn.targets import whole

Columns = tuple[Array, ...]


def as_input(x: Any, dtype: DTypeLike) -> Any:
    """`x` as a model takes it: floats, bools and uint8 (pixels) in `dtype`, other integers as is.

    A Tensor is left alone, so that gradients reach it. Of several arrays each is converted.

    Raises:
        DTypeError: it does not hold real numbers.
    """
    if isinstance(x, ag.Tensor | SymbolicTensor):
        return x
    if x.__class__ in CONTAINERS and holds_arrays(x):
        return mapped(lambda part: as_input(part, dtype), x)
    x = as_array("the model's input", x)
    if x.dtype == dtype:
        return x
    if x.dtype.kind not in "fbiu":
        raise DTypeError(
            explain(
                "the model's input",
                "not an array of real numbers",
                got=f"{x.dtype} of shape {x.shape}",
                expected="floats or integers, samples along the first axis",
            )
        )
    return x.astype(dtype) if x.dtype.kind in "fb" or x.dtype == np.uint8 else x


def columns(where: str, x: Any, y: Any, weight: Any, dtype: DTypeLike) -> Columns:
    """``(x, y)`` or ``(x, y, weight)`` as arrays of one length, inputs and weights in `dtype`.

    Raises:
        TypeError: one of them is no array.
        ShapeError: their lengths differ, or there are no rows.
    """
    named = {"x": _array(where, "x", x), "y": _array(where, "y", y)}
    if weight is not None:
        named["sample_weight"] = _array(where, "sample_weight", weight)
    _check_lengths(where, named)
    if weight is None:
        return _prepared(named["x"], dtype), named["y"]
    return _prepared(named["x"], dtype), named["y"], _weights(named["sample_weight"], dtype)


def several(where: str, x: Any, y: Any, weight: Any, dtype: DTypeLike) -> tuple[Any, Any, Any]:
    """Trees of arrays, as `columns` does with single ones; None stays for what is missing.

    Raises:
        TypeError: something is no array.
        ShapeError: their lengths differ, or there are no rows.
    """
    parts = {"x": x, "y": y, "sample_weight": weight}
    found: dict[str, Any] = {}
    for name, part in parts.items():
        nested = isinstance(part, CONTAINERS)
        keys = list(part) if isinstance(part, dict) else range(len(leaves(part)))
        labels = [f"{name}[{key!r}]" for key in keys] if nested else [name]
        flat = zip(labels, leaves(part), strict=True)
        arrays = [None if a is None else _array(where, label, a) for label, a in flat]
        found |= dict(zip(labels, arrays, strict=True))
        parts[name] = rebuilt(part, iter(arrays))
    given = {name: a for name, a in found.items() if a is not None}
    _check_lengths(where, given)
    weights = mapped(
        lambda w: None if w is None else _weights(w, dtype), parts.pop("sample_weight")
    )
    return _prepared(parts["x"], dtype), parts["y"], weights


def rows(x: Any) -> int:
    """How many samples there are in an array, or in each of several."""
    return len(next(a for a in leaves(x) if a is not None))


def three(validation_data: Any) -> tuple[Any, Any, Any]:
    """``x, y, sample_weight``, the last None if it was left out."""
    if not isinstance(validation_data, tuple | list) or len(validation_data) not in (2, 3):
        raise TypeError(
            explain(
                "fit",
                "bad `validation_data`",
                got=type(validation_data).__name__,
                expected="(x, y) or (x, y, sample_weight)",
            )
        )
    x, y, weight = (*validation_data, None)[:3]
    return x, y, weight


def inputs(where: str, x: Any, dtype: DTypeLike) -> Any:
    """`x` without targets, as a model takes it; a list or dict if it is several arrays.

    Raises:
        TypeError: it is no array.
        ShapeError: it has no axis of samples, or lengths differ.
    """
    if isinstance(x, CONTAINERS):
        x = mapped(lambda a: _array(where, "x", a), x)
        if len({a.shape[:1] for a in leaves(x)}) > 1:
            _check_lengths(where, {f"x[{i}]": a for i, a in enumerate(leaves(x))})
        return _prepared(x, dtype)
    x = _array(where, "x", x)
    if not x.ndim:
        fix = "np.array([[1.0, 2.0]]) for one sample of two features"
        expected = "an array, a row for each sample"
        raise ShapeError(explain(where, "`x` has no rows", got=repr(x), expected=expected, fix=fix))
    return _prepared(x, dtype)


@contextlib.contextmanager
def naming(where: str, x: Any) -> Iterator[None]:
    """Add to a ShapeError what the user gave, for a layer sees only some rows of it."""
    try:
        yield
    except ShapeError as error:
        given = ", ".join(str(a.shape) for a in leaves(x))
        error.add_note(f"{where} was given x {given} and tried some rows of it.")
        raise


def batches(samples: Columns, batch_size: int, shuffle: bool = False) -> Iterator[Columns]:
    """Every sample once, the last batch as short as it comes out.

    Shuffled batches are written over each other: use one before asking for the next.

    Example:
        >>> [x.tolist() for x, y in batches((np.arange(5), np.zeros(5)), 2)]
        [[0, 1], [2, 3], [4]]
    """
    n = len(samples[0])
    if not shuffle:
        for start in range(0, n, batch_size):
            yield tuple(column[start : start + batch_size] for column in samples)
        return
    order = ag.random.generator().permutation(n)
    # `take` would copy a column that is not contiguous, whole, at every call.
    sources = [c if in_file(c) else np.ascontiguousarray(c) for c in samples]
    buffers = [np.empty((min(n, batch_size), *c.shape[1:]), c.dtype) for c in sources]
    for start in range(0, n, batch_size):
        rows = order[start : start + batch_size]
        yield tuple(
            gather(source, rows, buffer[: len(rows)])
            for source, buffer in zip(sources, buffers, strict=True)
        )


def steps(samples: Columns, batch_size: int) -> int:
    """How many batches there are."""
    return -(-len(samples[0]) // batch_size)


def split(samples: Columns, fraction: float) -> tuple[Columns, Columns]:
    """Keras' validation split: rows from ``floor(n (1 - fraction))`` on go to the second part.

    Raises:
        ValueError: a part would be empty.

    Example:
        >>> first, second = split((np.arange(5),), 0.4)
        >>> first[0].tolist(), second[0].tolist()
        ([0, 1, 2], [3, 4])
    """
    n = len(samples[0])
    at = math.floor(n * (1 - fraction))
    if not 0 < at < n:
        raise ValueError(
            explain(
                "fit",
                "`validation_split` leaves a part without samples",
                got=f"{fraction} of {n} samples",
                expected="at least one sample on either side",
            )
        )
    return tuple(c[:at] for c in samples), tuple(c[at:] for c in samples)


def warn_of_unseen(classes: Array, at: int) -> None:
    """Warn if a class is only among the rows before `at`, or only among those from there on."""
    before, after = np.unique(classes[:at]), np.unique(classes[at:])
    one_sided = np.setxor1d(before, after)
    if one_sided.size:
        warnings.warn(
            f"validation_split takes the last {len(classes) - at} rows, unshuffled, and classes "
            f"{one_sided.tolist()} are on one side only; shuffle x and y together first",
            stacklevel=4,
        )


def class_weights(
    classes: Array | None, class_weight: Mapping[int, float], y: Array | None = None
) -> Array:
    """The weight of each sample's class; 1 for a class that is not mentioned.

    Args:
        classes: Of the samples, or None.
        class_weight: By class.
        y: Targets, which are the classes if these are None and each sample has one whole number.

    Raises:
        ValueError: the targets are not classes.

    Example:
        >>> class_weights(np.array([0, 2, 0]), {2: 5.0})
        array([1., 5., 1.])
    """
    if classes is None and y is not None and y.size == len(y) and whole(y):
        classes = y.ravel()
    if classes is None:
        raise ValueError(
            explain(
                "fit",
                "`class_weight`, but targets are not classes",
                expected="one label or one-hot row for each sample, and a cross-entropy",
                fix="sample_weight=, a weight for each sample",
            )
        )
    weights = np.ones(len(classes))
    for label, weight in class_weight.items():
        weights[classes == label] = weight
    return weights


def _prepared(x: Any, dtype: DTypeLike) -> Any:
    """As `as_input` does, but for mapped files, whose batches are converted when they are used."""
    return mapped(lambda a: a if in_file(a) and a.dtype.kind in "fbiu" else as_input(a, dtype), x)


def _array(where: str, name: str, value: Any) -> Array:
    if value is None or isinstance(value, str | bytes | Mapping | Iterator):
        got = f"{name} is {'None' if value is None else 'a ' + type(value).__name__}"
        raise TypeError(
            explain(where, f"bad `{name}`", got=got, expected="an array, a row for each sample")
        )
    return as_array(f"{where}: `{name}`", value)


def _check_lengths(where: str, named: Mapping[str, Array]) -> None:
    lengths = {len(a) if a.ndim else 0 for a in named.values()}
    if len(lengths) > 1 or lengths == {0}:
        raise ShapeError(
            explain(
                where,
                "no samples" if lengths == {0} else "lengths differ",
                got=", ".join(f"{name} {a.shape}" for name, a in named.items()),
                expected="a row for each sample, in each of them",
            )
        )


def _weights(weights: Array, dtype: DTypeLike) -> Array:
    """In the dtype of the model; a column of one for each sample as a vector."""
    weights = weights.astype(dtype)
    return weights.ravel() if weights.size == len(weights) else weights


def check_weights(where: str, name: str, weights: Array, output: tuple[int, ...]) -> None:
    """Raise unless there is a weight for each sample, or for each step of it.

    Args:
        where: For the message.
        name: Likewise.
        weights: As an array.
        output: The shape of the model's output, the batch's axis left out.

    Raises:
        ShapeError: there is not.
    """
    steps = output[:-1]
    if weights.shape[1:] != steps[: weights.ndim - 1]:
        n = len(weights)
        raise ShapeError(
            explain(
                where,
                "one weight for each sample is needed",
                got=f"{name} {weights.shape}",
                expected=f"({n},)" + (f", or {(n, *steps)} for the steps" if steps else ""),
            )
        )
