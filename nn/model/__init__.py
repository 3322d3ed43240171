"""Models: layers that can be compiled, trained, evaluated and saved."""

from nn.configs import know
from nn.model.base import Model
from nn.model.sequential import Sequential

__all__ = ["Model", "Sequential"]

know("models", {"Model": Model, "Sequential": Sequential})
