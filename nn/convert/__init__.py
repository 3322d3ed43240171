"""Weights from other libraries, and to them: the same numbers under other names.

Settings are not weights: PyTorch's normalisations have ``epsilon=1e-5``, ours another default, and
paddings and activations are for the model to get right.
"""

from nn.convert.hdf5 import from_keras, to_keras
from nn.convert.pytorch import from_torch, to_torch

__all__ = ["from_keras", "from_torch", "to_keras", "to_torch"]
