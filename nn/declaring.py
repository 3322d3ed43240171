"""The shape of its input as an argument of any layer: `Dense(4, input_shape=(8,))`, as in Keras."""

from __future__ import annotations

import inspect
from typing import Any

NAMES = ("input_shape", "input_dim")


class Declares(type):
    """The class of layers' classes, which take the shape of one sample besides their own settings.

    A `Sequential` that begins with such a layer is built at once; elsewhere it says nothing.
    """

    def __call__(cls, *args: Any, **settings: Any) -> Any:
        """Make a layer."""
        given = {n: settings.pop(n) for n in NAMES if n in settings and not cls._knows(n)}
        made = super().__call__(*args, **settings)
        if "input_shape" in given:
            made.declared_shape = tuple(given["input_shape"])
        elif given:
            made.declared_shape = (given["input_dim"],)
        return made

    def _knows(cls, name: str) -> bool:
        """Whether it is an argument of the layer's own, as `input_dim` is of `Embedding`."""
        made = (vars(base)["__init__"] for base in cls.__mro__ if "__init__" in vars(base))
        return any(name in inspect.signature(init).parameters for init in made)
