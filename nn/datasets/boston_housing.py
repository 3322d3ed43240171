"""Boston housing: 506 towns and quarters, 13 features, the median price of a house.

The authors made a feature, "B", of the share of Black inhabitants, on the assumption that
segregation raises prices. Use `california_housing` instead, but to study such data.

D. Harrison and D. L. Rubinfeld, "Hedonic housing prices and the demand for clean air", Journal of
Environmental Economics and Management 5 (1978), 81-102; fetched from where Keras has it.
"""

from __future__ import annotations

from nn.datasets import tables
from nn.datasets.download import KERAS, fetch
from nn.datasets.tables import Split

__all__ = ["load_data"]

FILE = "boston_housing.npz"
SHA256 = "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5"


def load_data(test_split: float = 0.2, seed: int = 113) -> tuple[Split, Split]:
    """Read the table; the first time, fetch it, for which the extra `data` is needed.

    Args:
        test_split: The share of the rows to test on.
        seed: Of the order. The split is Keras' own.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: float64 of shapes ``(404, 13)``, ``(404,)``,
        ``(102, 13)`` and ``(102,)``; prices in thousands of dollars.

    Raises:
        DataError: the file cannot be fetched, or is not the published one.
        ImportError: it has to be fetched, and `pooch` is not installed.
        ValueError: `test_split` is not in [0, 1).
    """
    path = fetch(KERAS + FILE, FILE, SHA256)
    return tables.split("boston_housing", *tables.read(path), test_split, seed)
