"""The models by Keras' path: ``from nn.models import Sequential, load_model``."""

from __future__ import annotations

from typing import TypeVar

from nn.model import Model, Sequential
from nn.saving import load_model

__all__ = ["Model", "Sequential", "clone_model", "load_model"]

M = TypeVar("M", bound=Model)


def clone_model(model: M) -> M:
    """Another model of the same layers, with new weights, and not compiled.

    Raises:
        TypeError: an argument of a layer has no form in JSON; see `Layer.get_config`.

    Example:
        >>> model = nn.Sequential([nn.Input((3,)), nn.layers.Dense(2)])
        >>> clone = nn.models.clone_model(model)
        >>> clone.layers[-1].kernel.shape, clone.layers[-1] is model.layers[-1]
        ((3, 2), False)
    """
    return type(model).from_config(model.get_config())
