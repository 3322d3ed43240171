"""The small data sets that come with scikit-learn, by name."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_lite.errors import choose, explain
from nn.preprocessing import train_test_split

__all__ = ["load"]

Split = tuple[NDArray[Any], NDArray[Any]]

# The functions that read them, and whether targets are classes.
NAMES = {
    "breast_cancer": ("load_breast_cancer", True),
    "diabetes": ("load_diabetes", False),
    "digits": ("load_digits", True),
    "iris": ("load_iris", True),
    "wine": ("load_wine", True),
}


def load(name: str, test_size: float = 0.2, seed: int = 0) -> tuple[Split, Split]:
    """One of scikit-learn's data sets, which are in its package: nothing is fetched.

    Args:
        name: "breast_cancer", "diabetes", "digits", "iris" or "wine".
        test_size: As of `nn.preprocessing.train_test_split`. Both parts have every class in its
            proportion.
        seed: Of the split.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: features in float64, a row for each sample, and
        classes from 0 on or, of "diabetes", numbers.

    Raises:
        ValueError: there is no such data set.
        ImportError: scikit-learn is not installed.
    """
    reader, is_classes = choose(NAMES, name, "nn.datasets.sklearn.load")
    try:
        import sklearn.datasets
    except ImportError:
        fix = 'pip install "autograd_lite[sklearn]"'
        raise ImportError(
            explain("nn.datasets.sklearn", "scikit-learn is not installed", fix=fix)
        ) from None
    x, y = map(np.asarray, getattr(sklearn.datasets, reader)(return_X_y=True))
    stratify = y if is_classes else None
    parts = train_test_split(x, y, test_size=test_size, stratify=stratify, seed=seed)
    x_train, x_test, y_train, y_test = parts
    return (x_train, y_train), (x_test, y_test)
