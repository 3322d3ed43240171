"""What layers are told of their input: `Dense(4, input_shape=(8,))`, as in Keras, or `build`."""

from __future__ import annotations

import abc
import functools
import inspect
from collections.abc import Callable
from typing import Any

from autograd_lite.errors import explain

NAMES = ("input_shape", "input_dim")


class Declares(abc.ABCMeta):
    """The class of layers' classes, which take the shape of one sample besides their own settings.

    A `Sequential` that begins with such a layer is built at once; elsewhere it says nothing.

    Raises:
        ValueError: `input_shape` is no tuple.
    """

    def __call__(cls, *args: Any, **settings: Any) -> Any:
        """Make a layer."""
        given = {n: settings.pop(n) for n in NAMES if n in settings and not cls._knows(n)}
        made = super().__call__(*args, **settings)
        shape = given.get("input_shape")
        if shape is None and given.get("input_dim") is not None:
            shape = (given["input_dim"],)
        if shape is not None and not isinstance(shape, list | tuple):
            fix = f"input_shape=({shape},)"
            raise ValueError(explain(cls.__name__, "bad `input_shape`", got=repr(shape), fix=fix))
        if shape is not None:
            made.declared_shape = tuple(shape)
        return made

    def _knows(cls, name: str) -> bool:
        """Whether it is an argument of the layer's own, as `input_dim` is of `Embedding`."""
        made = (vars(base)["__init__"] for base in cls.__mro__ if "__init__" in vars(base))
        return any(name in inspect.signature(init).parameters for init in made)


def finishing(build: Callable[..., None]) -> Callable[..., None]:
    """A layer's `build` that ends with the layer built, if it is its class's own."""

    @functools.wraps(build)
    def finished(self: Any, *shape: Any, **named: Any) -> None:
        build(self, *shape, **named)
        if getattr(type(self).build, "__wrapped__", None) is build:
            self._finish_build((*shape, *named.values())[0])

    return finished
