"""Data sets. MNIST comes with the package; others are fetched once, by the extra `data`."""

from nn.datasets import (
    boston_housing,
    california_housing,
    cifar10,
    fashion_mnist,
    imdb,
    mnist,
    sklearn,
)

__all__ = [
    "boston_housing",
    "california_housing",
    "cifar10",
    "fashion_mnist",
    "imdb",
    "mnist",
    "sklearn",
]
