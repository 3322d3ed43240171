"""The models by Keras' path: ``from nn.models import Sequential, load_model``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from nn.configs import Decoder
from nn.model import Model, Sequential
from nn.saving import load_model
from nn.serialization import PathLike, parsed

__all__ = [
    "Model",
    "Sequential",
    "clone_model",
    "load_model",
    "model_from_json",
    "save_model",
]

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


def model_from_json(text: str, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The model that `Model.to_json` described, with new weights, and not compiled.

    Args:
        text: Of `Model.to_json`.
        custom_objects: Classes and functions of yours by name, besides those of `nn.register`.

    Raises:
        DataError: a name is unknown.
        ValueError: it is no JSON.

    Example:
        >>> model = nn.Sequential([nn.Input((3,)), nn.layers.Dense(2)])
        >>> nn.models.model_from_json(model.to_json()).output_shape
        (None, 2)
    """
    return Decoder(custom_objects)(parsed(text))


def save_model(model: Model, path: PathLike, include_optimizer: bool = True) -> list[str]:
    """`Model.save`, as a function."""
    return model.save(path, include_optimizer)
