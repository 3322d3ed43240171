"""What layers with weights have in common: their settings, by name or as callables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ShapeError, explain
from nn import activations, constraints, initializers, regularizers
from nn.layer import Layer, Parameter
from nn.parameters import drawn

NamedActivation = str | Callable[[Any], Any] | None
NamedInitializer = str | initializers.Initializer
NamedRegularizer = str | regularizers.Regularizer | None
NamedConstraint = str | constraints.Constraint | None

GETTERS = {
    "initializer": initializers.get,
    "regularizer": regularizers.get,
    "constraint": constraints.get,
}


def get_activation(choice: NamedActivation, where: str) -> Callable[[Any], Any]:
    """The function of this name; None is `linear`."""
    return activations.get(choice, f"{where}: `activation`")


class Seeded:
    """Draws from a generator of its own if it has a seed, else from the library's."""

    seed: int | None

    def _sow(self, seed: int | None) -> None:
        self.seed = seed
        self._own = None if seed is None else np.random.default_rng(seed)

    def _generator(self) -> np.random.Generator:
        return ag.random.generator() if self._own is None else self._own


class Weighted(Layer):
    """Base of layers with an activation, and with weights that are initialized and regularized."""

    activation: Callable[[Any], Any] = staticmethod(activations.linear)
    activity_regularizer: regularizers.Regularizer | None = None

    def _settle(self, **choices: Any) -> None:
        """Keep each choice as an attribute, looked up by what its name ends with."""
        where = type(self).__name__
        for name, choice in choices.items():
            get = GETTERS[name.rpartition("_")[2]]
            setattr(self, name, get(choice, f"{where}: `{name}`"))

    def _weight(self, name: str, shape: tuple[int, ...], prefix: str | None = None) -> Parameter:
        """A parameter with the settings that were kept for its name, or for `prefix`."""
        prefix = prefix or name
        settings = vars(self)
        return drawn(
            shape,
            settings[f"{prefix}_initializer"],
            regularizer=settings.get(f"{prefix}_regularizer"),
            constraint=settings.get(f"{prefix}_constraint"),
        )

    def _finish(self, y: Any) -> Any:
        """The activation of `y`, and what it adds to the loss: over the batch, its mean."""
        y = self.activation(y)
        if self.activity_regularizer is not None:
            self.add_loss(self.activity_regularizer(y) / max(y.shape[0], 1))
        return y


def as_floats(x: Any, weight: Any) -> Any:
    """`x`, in the dtype of `weight` if it holds no floats."""
    return x if x.dtype.kind == "f" else x.astype(weight.dtype)


def as_any_floats(x: Any) -> Any:
    """`x`, in the default dtype if it holds no floats."""
    return x if x.dtype.kind == "f" else x.astype(ag.get_default_dtype())


def check_ndim(layer: Layer, shape: tuple[Any, ...], expected: str, ndim: int) -> None:
    """Raise unless a shape has this many axes, and a last one.

    Raises:
        ShapeError: it does not.
    """
    if len(shape) != ndim or not shape[-1]:
        raise ShapeError(
            explain(
                layer.name,
                "the input does not have the axes that the layer works on",
                got=f"input {shape}",
                expected=expected,
                fix="x[..., np.newaxis] if the last axis is missing, x[np.newaxis] if the first is"
                if len(shape) == ndim - 1
                else None,
            )
        )
