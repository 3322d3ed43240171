"""California housing: 20,640 blocks of the 1990 census, 8 features, the median price of a house.

R. K. Pace and R. Barry, "Sparse spatial autoregressions", Statistics and Probability Letters 33
(1997), 291-297; fetched from where Keras has it.
"""

from __future__ import annotations

from autograd_lite.errors import choose
from nn.datasets import tables
from nn.datasets.download import KERAS, fetch
from nn.datasets.tables import Split

__all__ = ["load_data"]

FILE = "california_housing.npz"
SHA256 = "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f"
ROWS = {"large": None, "small": 600}


def load_data(
    version: str = "large", test_split: float = 0.2, seed: int = 113
) -> tuple[Split, Split]:
    """Read the table; the first time, fetch it, for which the extra `data` is needed.

    Args:
        version: "large", all 20,640 rows, or "small", the first 600.
        test_split: The share of the rows to test on.
        seed: Of the order. The split is Keras' own.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: rows of eight features, and prices in dollars.

    Raises:
        DataError: the file cannot be fetched, or is not the published one.
        ImportError: it has to be fetched, and `pooch` is not installed.
        ValueError: `version` is unknown, or `test_split` not in [0, 1).
    """
    rows = choose(ROWS, version, "california_housing: `version`")
    x, y = tables.read(fetch(KERAS + FILE, FILE, SHA256))
    return tables.split("california_housing", x[:rows], y[:rows], test_split, seed)
