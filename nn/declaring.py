"""What every layer is told besides its own settings: `Dense(4, input_shape=(8,))`; or `build`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from autograd_lite.errors import explain
from nn.checks import unknown_argument
from nn.foreign import Foreign, check_dtype

NAMES = ("input_shape", "input_dim", "trainable", "dtype")


class Declares(Foreign):
    """The class of layers' classes, which take some settings besides their own.

    `input_shape`, or `input_dim`, is the shape of one sample: a `Sequential` that begins with such
    a layer is built at once; elsewhere it says nothing. `trainable=False` freezes the layer.
    `dtype` may be the default one.

    Raises:
        TypeError: a setting is unknown.
        ValueError: `input_shape` is no tuple, or `dtype` is another.
    """

    def __call__(cls, *args: Any, **settings: Any) -> Any:
        """Make a layer."""
        own, every = _accepted(cls)
        given = {n: settings.pop(n) for n in NAMES if n in settings and n not in own}
        if not every:
            known = {*own, *cls.known_foreign()}
            refuse(cls, [name for name in settings if name not in known])
        _check(cls, given)
        made = super().__call__(*args, **settings)
        declare(made, given)
        return made


def declare(layer: Any, given: dict[str, Any]) -> None:
    """Set what a layer is told besides its own settings.

    Raises:
        TypeError: there is more than that.
    """
    refuse(type(layer), [name for name in given if name not in NAMES])
    _check(type(layer), given)
    shape = given.get("input_shape")
    if shape is None and given.get("input_dim") is not None:
        shape = (given["input_dim"],)
    if shape is not None:
        layer.declared_shape = tuple(shape)
    if given.get("trainable") not in (None, layer.trainable):
        layer.trainable = given["trainable"]


def refuse(cls: type, names: Sequence[str], settings: Iterable[str] = ()) -> None:
    """Raise if there are names, which no `__init__` of the class takes.

    Args:
        cls: A class of layers.
        names: Of arguments.
        settings: What it takes besides the arguments that it lists.
    """
    if names:
        known = dict.fromkeys((*_accepted(cls)[0], *settings, *NAMES))
        raise unknown_argument(cls.__name__, names[0], known)


def _accepted(cls: type) -> tuple[list[str], bool]:
    """The arguments that a class of layers lists, and whether it may take others."""
    names: list[str] = []
    ours = True
    for base in cls.__mro__:
        if base.__module__ == "nn.layer":
            break
        init = vars(base).get("__init__")
        if init is None:
            continue
        parameters = list(inspect.signature(init).parameters.values())[1:]
        names += [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            return names, not ours
        ours = ours and base.__module__.startswith("nn.")
    return [*names, "name"], bool(names) or not ours


def _check(cls: type, given: dict[str, Any]) -> None:
    shape = given.get("input_shape")
    if shape is not None and not isinstance(shape, list | tuple):
        fix = f"input_shape=({shape},)"
        raise ValueError(explain(cls.__name__, "bad `input_shape`", got=repr(shape), fix=fix))
    check_dtype(cls.__name__, given.get("dtype"))


def finishing(build: Callable[..., None]) -> Callable[..., None]:
    """A layer's `build` that ends with the layer built, if it is its class's own."""

    @functools.wraps(build)
    def finished(self: Any, *shape: Any, **named: Any) -> None:
        build(self, *shape, **named)
        if getattr(type(self).build, "__wrapped__", None) is build:
            self._finish_build((*shape, *named.values())[0])

    return finished
