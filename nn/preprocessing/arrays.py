"""Labels, vectors and sequences as arrays that a model takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from autograd_lite.errors import DTypeError, ShapeError, choose, explain
from nn.checks import positive_int

Array = NDArray[Any]
SIDES = {"pre": "pre", "post": "post"}


def one_hot(
    labels: ArrayLike, num_classes: int | None = None, dtype: DTypeLike = np.float32
) -> Array:
    """A vector for each label: 1 at its place, else 0.

    Args:
        labels: Integers from 0 on.
        num_classes: The length of a vector; one more than the largest label by default.
        dtype: Of the result.

    Shapes:
        ``(...) -> (..., num_classes)``

    Raises:
        DTypeError: labels are no integers.
        ValueError: a label is negative, or not below `num_classes`.

    Example:
        >>> one_hot([2, 0])
        array([[0., 0., 1.],
               [1., 0., 0.]], dtype=float32)
    """
    where, labels = "one_hot", np.asarray(labels)
    if labels.dtype.kind not in "biu" and labels.size:
        raise DTypeError(
            explain(
                where, "labels are no integers", got=str(labels.dtype), fix="labels.astype(int)"
            )
        )
    low, high = (int(labels.min()), int(labels.max())) if labels.size else (0, -1)
    n = high + 1 if num_classes is None else positive_int(where, "num_classes", num_classes)
    if low < 0 or high >= n:
        raise ValueError(
            explain(
                where,
                "labels out of range",
                got=f"labels from {low} to {high}",
                expected=f"0 to {n - 1}" if n else "0 or more",
                fix=f"num_classes={high + 1}, or labels that begin at 0" if low >= 0 else None,
            )
        )
    out = np.zeros((labels.size, n), dtype)
    out[np.arange(labels.size), labels.ravel().astype(np.intp)] = 1
    return out.reshape(*labels.shape, n)


def normalize(x: ArrayLike, axis: int = -1, order: float = 2) -> Array:
    """Vectors of length one: ``x / norm(x)``, and zeros where the norm is zero.

    To take a mean away and divide by a deviation there is `nn.layers.Normalization`.

    Args:
        x: Numbers; integers become floats.
        axis: Of the vectors.
        order: Of the norm, as NumPy's `ord`.

    Example:
        >>> normalize([[3.0, 4.0], [0.0, 0.0]])
        array([[0.6, 0.8],
               [0. , 0. ]])
    """
    x = np.asarray(x)
    if x.dtype.kind != "f":
        x = x.astype(np.float64)
    norm = np.linalg.norm(x, order, axis, keepdims=True) if x.ndim else np.abs(x)
    return np.asarray(x / np.where(norm == 0, np.ones((), x.dtype), norm))


def pad_sequences(
    sequences: Sequence[Any],
    maxlen: int | None = None,
    dtype: DTypeLike = np.int32,
    padding: str = "pre",
    truncating: str = "pre",
    value: Any = 0.0,
) -> Array:
    """Sequences of different lengths as one array, as Keras does it.

    Args:
        sequences: A list of lists or arrays, whose entries are of one shape.
        maxlen: The length of all; of the longest by default.
        dtype: Of the result; fractions are cut off by the default.
        padding: "pre" or "post": where what is missing is put.
        truncating: "pre" or "post": where what is too much is taken from.
        value: What to put there.

    Shapes:
        ``n`` times ``(length, ...) -> (n, maxlen, ...)``

    Raises:
        ValueError: a setting is unknown, or something is no sequence.
        ShapeError: entries differ in shape.

    Example:
        >>> pad_sequences([[1, 2, 3], [4]], maxlen=2)
        array([[2, 3],
               [0, 4]], dtype=int32)
    """
    where = "pad_sequences"
    before = choose(SIDES, padding, f"{where}: `padding`") == "pre"
    cut_before = choose(SIDES, truncating, f"{where}: `truncating`") == "pre"
    arrays = [_sequence(where, i, s, dtype) for i, s in enumerate(sequences)]
    if maxlen is None:
        n = max(map(len, arrays), default=0)
    else:
        n = positive_int(where, "maxlen", maxlen)
    filled = [a for a in arrays if len(a)]
    shape = filled[0].shape[1:] if filled else ()
    out = np.full((len(arrays), n, *shape), value, dtype)
    for i, a in enumerate(arrays):
        if not len(a):
            continue
        if a.shape[1:] != shape:
            got = f"{shape} and, in sequence {i}, {a.shape[1:]}"
            raise ShapeError(explain(where, "entries differ in shape", got=got))
        kept = a[-n:] if cut_before else a[:n]
        out[i, n - len(kept) if before else 0 :][: len(kept)] = kept
    return out


def _sequence(where: str, i: int, sequence: Any, dtype: DTypeLike) -> Array:
    if not hasattr(sequence, "__len__") or isinstance(sequence, str | bytes | dict):
        raise ValueError(
            explain(
                where,
                f"element {i} is no sequence of numbers",
                got=repr(sequence)[:60],
                expected="lists or arrays",
            )
        )
    return np.asarray(sequence, dtype)
