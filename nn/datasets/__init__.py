"""Data sets that come with the package: nothing is downloaded."""

from nn.datasets import mnist

__all__ = ["mnist"]
