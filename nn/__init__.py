"""nn: neural networks on autograd_lite, with Keras' interface and an explicit loop beside it."""

from autograd_lite import __version__
from nn import (
    activations,
    callbacks,
    constraints,
    convert,
    data,
    datasets,
    initializers,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    preprocessing,
    regularizers,
    utils,
)
from nn.callbacks import History
from nn.configs import register
from nn.drawing import plot_model
from nn.finder import LearningRates, find_learning_rate
from nn.layer import Layer, Parameter
from nn.layers import Input
from nn.model import Model, Sequential
from nn.optimizers import schedules
from nn.saving import load_model

__all__ = [
    "History",
    "Input",
    "Layer",
    "LearningRates",
    "Model",
    "Parameter",
    "Sequential",
    "__version__",
    "activations",
    "callbacks",
    "constraints",
    "convert",
    "data",
    "datasets",
    "find_learning_rate",
    "initializers",
    "layers",
    "load_model",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "plot_model",
    "preprocessing",
    "register",
    "regularizers",
    "schedules",
    "utils",
]
