"""nn: neural networks on autograd_lite, with Keras' interface and an explicit loop beside it."""

from typing import TYPE_CHECKING, Any

from autograd_lite import __version__
from autograd_lite.errors import explain
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

# Where PyTorch's users find what torch.nn has.
_PYTORCH = {
    "BCELoss": "nn.losses.BinaryCrossentropy()",
    "BatchNorm2d": "nn.layers.BatchNormalization()",
    "Conv2d": "nn.layers.Conv2D(filters, kernel_size), for images (n, height, width, channels)",
    "CrossEntropyLoss": "nn.losses.SparseCategoricalCrossentropy(from_logits=True)",
    "Dropout": "nn.layers.Dropout(rate)",
    "Embedding": "nn.layers.Embedding(rows, width)",
    "Flatten": "nn.layers.Flatten()",
    "GRU": "nn.layers.GRU(units)",
    "LSTM": "nn.layers.LSTM(units)",
    "Linear": "nn.layers.Dense(units)",
    "MSELoss": "nn.losses.MeanSquaredError()",
    "MaxPool2d": "nn.layers.MaxPooling2D(pool_size)",
    "Module": "nn.Model, with `call` for `forward`",
    "ReLU": 'nn.layers.ReLU(), or activation="relu" in the layer before it',
    "Softmax": 'nn.layers.Softmax(), or activation="softmax" in the layer before it',
}

if not TYPE_CHECKING:  # mypy would take every name for known

    def __getattr__(name: str) -> Any:
        """Raise, and translate PyTorch's names."""
        if name not in _PYTORCH:
            raise AttributeError(f"module 'nn' has no attribute {name!r}")
        raise AttributeError(explain(f"nn.{name}", "PyTorch's name", fix=_PYTORCH[name]))
