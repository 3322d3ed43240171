"""CIFAR-10: 60,000 photographs of ten kinds of things, 32 x 32 pixels in colour.

A. Krizhevsky, "Learning multiple layers of features from tiny images", University of Toronto
(2009). Fetched from the author's page, in the binary form: nothing is unpickled.
"""

from __future__ import annotations

import tarfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autograd_lite.errors import DataError, explain
from nn.datasets.download import fetch

__all__ = ["CLASSES", "load_data"]

Split = tuple[NDArray[np.uint8], NDArray[np.uint8]]

CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
"""What the labels stand for."""
FILE = "cifar-10-binary.tar.gz"
URL = "https://www.cs.toronto.edu/~kriz/" + FILE
SHA256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
PARTS = [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]
ROWS = 10_000  # to a part
PIXELS = 3 * 32 * 32


def load_data() -> tuple[Split, Split]:
    """Read the photographs; the first time, fetch 170 MB, for which the extra `data` is needed.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``, all uint8: pixels of shapes
        ``(50000, 32, 32, 3)`` and ``(10000, 32, 32, 3)``, labels from 0 to 9 of shapes
        ``(50000, 1)`` and ``(10000, 1)``, as Keras has them.

    Raises:
        DataError: the file cannot be fetched, or is not the published one.
        ImportError: it has to be fetched, and `pooch` is not installed.
    """
    *training, test = _read(fetch(URL, FILE, SHA256))
    x, y = zip(*training, strict=True)
    return (np.concatenate(x), np.concatenate(y)), test


def _read(path: Path) -> list[Split]:
    """The parts of the archive. Its members are read where they are; nothing is unpacked."""
    try:
        with tarfile.open(path) as archive:
            found = {Path(m.name).name: m for m in archive.getmembers() if m.isfile()}
            files = [archive.extractfile(found[name]) for name in PARTS]
            return [_part(path, file.read()) for file in files if file is not None]
    except (OSError, EOFError, KeyError, tarfile.TarError, zlib.error) as error:
        raise DataError(
            explain(str(path), "not readable", got=repr(error), expected="CIFAR-10's archive")
        ) from error


def _part(path: Path, raw: bytes) -> Split:
    """A label and the pixels of red, green and blue, over and over."""
    if len(raw) != ROWS * (1 + PIXELS):
        got, expected = f"{len(raw):,} bytes", f"{ROWS * (1 + PIXELS):,} bytes"
        raise DataError(explain(str(path), "a part is not complete", got=got, expected=expected))
    rows = np.frombuffer(raw, np.uint8).reshape(ROWS, 1 + PIXELS)
    images = rows[:, 1:].reshape(ROWS, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), rows[:, :1].copy()
