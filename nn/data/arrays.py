"""What is taken for an array: lists, Tensors, tables with columns, files that are mapped."""

from __future__ import annotations

import mmap
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd_lite as ag
from autograd_lite.errors import DTypeError, explain

Array = NDArray[Any]


def as_array(where: str, x: Any) -> Array:
    """`x` as an array, without a copy if it is one.

    A table (of pandas, of polars) gives a column of features for each of its columns, in the dtype
    that holds them all.

    Raises:
        DTypeError: columns of a table are not numbers.

    Example:
        >>> as_array("fit", [[1, 2]])
        array([[1, 2]])
    """
    if isinstance(x, ag.Tensor):
        return x.data
    if not hasattr(x, "to_numpy"):
        return np.asarray(x)
    found = np.asarray(x.to_numpy())
    if found.dtype != object or not hasattr(x, "columns"):
        return found
    # Columns of different kinds come as objects, though they may all be numbers.
    parts = {name: np.asarray(x[name].to_numpy()) for name in x.columns}
    others = [name for name, part in parts.items() if part.dtype.kind not in "fbiu"]
    if others:
        raise DTypeError(
            explain(
                where,
                "columns that are not numbers",
                got=", ".join(f"{name!r} of {parts[name].dtype}" for name in others),
                expected="floats, integers or bools, nothing missing",
                fix="drop them, or put numbers in their place: nn.preprocessing.one_hot of codes",
            )
        )
    return np.column_stack(list(parts.values()))


def in_file(x: Array) -> bool:
    """Whether an array is a mapped file, or part of one, which may not fit in memory.

    Example:
        >>> in_file(np.zeros(3))
        False
    """
    part: Any = x
    while isinstance(part, np.ndarray):
        if isinstance(part, np.memmap):
            return True
        part = part.base
    return isinstance(part, mmap.mmap)
