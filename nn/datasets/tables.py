"""Tables of numbers in NumPy's npz, split as Keras does it."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_lite.errors import DataError, explain
from nn.checks import count, real

Array = NDArray[Any]
Split = tuple[Array, Array]


def read(path: Path) -> Split:
    """The arrays "x" and "y" of a file. Nothing that would have to be unpickled is read.

    Raises:
        DataError: the file is damaged, or is no such file.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            return file["x"], file["y"]
    except (OSError, EOFError, ValueError, KeyError, AttributeError, zipfile.BadZipFile) as error:
        raise DataError(
            explain(str(path), "not readable", got=repr(error), expected='npz of "x" and "y"')
        ) from error


def split(where: str, x: Array, y: Array, test_split: float, seed: int) -> tuple[Split, Split]:
    """Rows in an order drawn by `seed`, the last of them to test on: the same as in Keras.

    Raises:
        ValueError: `test_split` is not in [0, 1), or `seed` no integer of 0 or more.
    """
    share = real(where, "test_split", test_split, high=1.0)
    order = np.arange(len(x))
    # The older generator, for the sake of results that others have published.
    np.random.RandomState(count(where, "seed", seed)).shuffle(order)
    at = int(len(x) * (1 - share))
    first, last = order[:at], order[at:]
    return (x[first], y[first]), (x[last], y[last])
