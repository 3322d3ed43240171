"""MNIST: 70,000 handwritten digits of 28 x 28 grey pixels. Provenance and terms: README.md here."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.datasets import idx

__all__ = ["load_data"]

Split = tuple[NDArray[np.uint8], NDArray[np.uint8]]

FOLDER = Path(__file__).parent
# SHA-256 of the uncompressed files, which recompressing them does not change.
FILES = {
    "train-images-idx3-ubyte.gz": (
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"
    ),
    "train-labels-idx1-ubyte.gz": (
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"
    ),
    "t10k-images-idx3-ubyte.gz": (
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"
    ),
    "t10k-labels-idx1-ubyte.gz": (
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
    ),
}


def load_data() -> tuple[Split, Split]:
    """Read the digits from the files in the package.

    Every call makes new arrays, so writing to them harms nobody else.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``, all uint8: pixels from 0 (paper) to 255 (ink) of
        shapes ``(60000, 28, 28)`` and ``(10000, 28, 28)``, labels from 0 to 9 of shapes
        ``(60000,)`` and ``(10000,)``.

    Raises:
        DataError: a file is missing or is not, byte for byte, the published one.

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_data()
        >>> x_train.shape, y_train[:5]
        ((60000, 28, 28), array([5, 0, 4, 1, 9], dtype=uint8))
    """
    arrays: list[NDArray[Any]] = [
        idx.load(FOLDER / name, sha256=sha256) for name, sha256 in FILES.items()
    ]
    x_train, y_train, x_test, y_test = arrays
    return (x_train, y_train), (x_test, y_test)
