"""Layers, one family a file."""

from nn.layer import Layer, Parameter
from nn.layers.core import Activation, Dense, Input
from nn.layers.regularization import Dropout
from nn.layers.reshaping import Flatten

__all__ = ["Activation", "Dense", "Dropout", "Flatten", "Input", "Layer", "Parameter"]
