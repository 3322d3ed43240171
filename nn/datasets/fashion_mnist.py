"""Fashion-MNIST: 70,000 articles of clothing in the form of MNIST, 28 x 28 grey pixels.

H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine
learning algorithms", arXiv:1708.07747 (2017). MIT licence; fetched from where Keras has it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.datasets import idx
from nn.datasets.download import KERAS, fetch

__all__ = ["CLASSES", "load_data"]

Split = tuple[NDArray[np.uint8], NDArray[np.uint8]]

CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
"""What the labels stand for."""
# SHA-256 of the compressed files.
FILES = {
    "train-images-idx3-ubyte.gz": (
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"
    ),
    "train-labels-idx1-ubyte.gz": (
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"
    ),
    "t10k-images-idx3-ubyte.gz": (
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"
    ),
    "t10k-labels-idx1-ubyte.gz": (
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"
    ),
}


def load_data() -> tuple[Split, Split]:
    """Read the images; the first time, fetch 30 MB, for which the extra `data` is needed.

    Returns:
        ``(x_train, y_train), (x_test, y_test)`` as of `nn.datasets.mnist`.

    Raises:
        DataError: a file cannot be fetched, or is not the published one.
        ImportError: it has to be fetched, and `pooch` is not installed.
    """
    arrays: list[NDArray[Any]] = [
        idx.read(fetch(KERAS + name, f"fashion_mnist/{name}", sha256))
        for name, sha256 in FILES.items()
    ]
    x_train, y_train, x_test, y_test = arrays
    return (x_train, y_train), (x_test, y_test)
