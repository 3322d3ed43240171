"""nn: neural networks on autograd_lite, with Keras' interface and an explicit loop beside it."""

from nn import (
    activations,
    callbacks,
    constraints,
    datasets,
    initializers,
    layers,
    losses,
    metrics,
    optimizers,
    regularizers,
    schedules,
)
from nn.drawing import plot_model
from nn.history import History
from nn.layer import Layer, Parameter
from nn.layers import Input
from nn.model import Model, Sequential

__all__ = [
    "History",
    "Input",
    "Layer",
    "Model",
    "Parameter",
    "Sequential",
    "activations",
    "callbacks",
    "constraints",
    "datasets",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "optimizers",
    "plot_model",
    "regularizers",
    "schedules",
]
