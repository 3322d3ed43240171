"""Objects as JSON and back: classes and functions go by name, so that no file can run code."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple, Self, TypeVar

import numpy as np

from autograd_lite.errors import DataError, explain
from nn.foreign import Foreign

T = TypeVar("T")
Config = dict[str, Any]

# Larger arrays among arguments belong into weights.
LARGEST_ARRAY = 100_000
_OWN_KINDS = "biuf"

_found: dict[str, Any] = {}
_names: dict[int, str] = {}


def register(target: Any = None, *, name: str | None = None) -> Any:
    """Let `nn.load_model` find a class or function of yours by its name, as a decorator.

    Args:
        target: The class or function.
        name: Under which it is saved; its own by default.

    Raises:
        ValueError: another has the name, or it has a dot: those are nn's own.

    Example:
        >>> @nn.register
        ... class Doubled(nn.Layer):
        ...     def call(self, x):
        ...         return x * 2
        >>> model = nn.Sequential([nn.Input((3,)), Doubled()])
        >>> nn.Sequential.from_config(model.get_config())(np.ones((1, 3))).tolist()
        [[2.0, 2.0, 2.0]]
    """
    if target is None:
        return lambda late: register(late, name=name)
    name = target.__name__ if name is None else name
    old = _found.get(name, target)
    again = (old.__module__, old.__qualname__) == (target.__module__, target.__qualname__)
    if "." in name or not again:
        got = f"{name!r} for {target!r}" + ("" if again else f", which is {old!r}")
        raise ValueError(explain("register", "the name is taken", got=got, fix="name= another"))
    _found[name], _names[id(target)] = target, name
    return target


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Any:
    """`register` by Keras' name, as a decorator.

    Args:
        package: For Keras' sake.
        name: Under which the class or function is saved; its own by default.

    Example:
        >>> @nn.saving.register_keras_serializable(package="mine")
        ... class Tripled(nn.Layer):
        ...     def call(self, x):
        ...         return x * 3
        >>> nn.configs.Decoder().find("Tripled") is Tripled
        True
    """
    return lambda target: register(target, name=name)


def know(kind: str, objects: Mapping[str, Any]) -> None:
    """Give nn's own classes and functions their names, ``kind.name``."""
    for name, value in objects.items():
        _found[f"{kind}.{name}"] = value
        _names.setdefault(id(value), f"{kind}.{name}")


class _Made:
    """What an object was made with. No tuple, in which layers would be looked for."""

    __slots__ = ("args", "kwargs")

    def __init__(self, args: tuple[Any, ...], kwargs: Config) -> None:
        self.args, self.kwargs = args, kwargs


class Recorded(metaclass=Foreign):
    """Base of what remembers its arguments, so that another one can be made from its config."""

    _made: _Made | None = None
    # Parameters of `__init__` that no config has.
    _not_saved: ClassVar[tuple[str, ...]] = ()

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Make the object, and keep what it is made with."""
        self = super().__new__(cls)
        self._made = _Made(args, kwargs)
        return self

    def get_config(self) -> Config:
        """What it was made with, as JSON has it; `from_config` makes another one of it.

        Raises:
            TypeError: an argument has no form in JSON, such as a function without a name.

        Example:
            >>> nn.layers.Dropout(0.5, seed=1).get_config()
            {'rate': 0.5, 'noise_shape': None, 'seed': 1, 'name': None}
        """
        return self._config(Encoder())

    @classmethod
    def from_config(cls, config: Config, custom_objects: Mapping[str, Any] | None = None) -> Self:
        """An object of this class, with new weights if it has any.

        Args:
            config: Of `get_config`.
            custom_objects: Classes and functions of yours by name, besides those of `nn.register`.

        Raises:
            DataError: a name is unknown.

        Example:
            >>> nn.layers.Dense.from_config({"units": 4, "activation": "relu"}).units
            4
        """
        return cls._from_config(config, Decoder(custom_objects))

    def _config(self, encode: Encoder) -> Config:
        return {name: encode(value) for name, value in _arguments(self).items()}

    @classmethod
    def _from_config(cls, config: Config, decode: Decoder) -> Self:
        return cls(**{name: decode(value) for name, value in config.items()})


def _arguments(x: Any) -> Config:
    """By parameter, what an object was made with; or, if not recorded, its attributes."""
    if type(x).__init__ is object.__init__:
        return {}
    signature = inspect.signature(type(x).__init__)
    kinds = {name: p.kind for name, p in list(signature.parameters.items())[1:]}
    if isinstance(x, Recorded) and x._made is not None:
        bound = signature.bind(x, *x._made.args, **x._made.kwargs)
        bound.apply_defaults()
        values = dict(bound.arguments)
    else:
        missing = [name for name in kinds if not hasattr(x, name)]
        if missing:
            raise _not_savable(x, f"no attribute {missing[0]!r}, as a parameter is called")
        values = {name: getattr(x, name) for name in kinds}
    found: Config = {}
    for name, kind in kinds.items():
        if kind is inspect.Parameter.VAR_KEYWORD:
            found |= values[name]
        elif kind is not inspect.Parameter.VAR_POSITIONAL:
            found[name] = values[name]
        elif values[name]:
            raise _not_savable(x, f"made with *{name}")
    return {k: v for k, v in found.items() if k not in getattr(x, "_not_saved", ())}


def _not_savable(x: Any, why: str = "") -> TypeError:
    return TypeError(
        explain(
            "get_config",
            "this has no form in a file",
            got=f"{x!r}{': ' if why else ''}{why}",
            expected="numbers, strings, arrays, objects of nn, functions and classes with a name",
            fix="a function made by def and @nn.register, or get_config() and from_config()",
        )
    )


class Ref(NamedTuple):
    """A value in a graph: of which call (-1 for the inputs), and which part of what it gave."""

    call: int
    part: int


class Encoder:
    """Writes values as JSON has them; a layer that it meets again is the same one."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}

    def __call__(self, x: Any) -> Any:
        """`x` as numbers, strings, lists and dicts; what JSON does not have is tagged by a ``$``.

        Raises:
            TypeError: there is no such form.
        """
        if isinstance(x, np.generic):
            x = x.item()
        if x is None or isinstance(x, bool | int | str):
            return x
        if isinstance(x, float):
            return x if math.isfinite(x) else {"$float": repr(x)}
        if isinstance(x, Ref):
            return {"$value": [*x]}
        if isinstance(x, list | tuple):
            children = [self(child) for child in x]
            return children if isinstance(x, list) else {"$tuple": children}
        if isinstance(x, dict):
            return self._dict(x)
        if isinstance(x, np.ndarray):
            return self._array(x)
        if isinstance(x, slice):
            return {"$slice": [self(x.start), self(x.stop), self(x.step)]}
        if x is Ellipsis:
            return {"$ellipsis": True}
        if isinstance(x, np.dtype) or (isinstance(x, type) and issubclass(x, np.generic)):
            return {"$dtype": np.dtype(x).str}
        if id(x) in _names or isinstance(x, type) or inspect.isroutine(x):
            return {"$name": _name_of(x)}
        return self._object(x)

    def _dict(self, x: Config) -> Config:
        if any(isinstance(key, str) and key.startswith("$") for key in x):
            return x  # it comes out of another config
        if all(isinstance(key, str) for key in x):
            return {key: self(child) for key, child in x.items()}
        return {"$dict": [[self(key), self(child)] for key, child in x.items()]}

    def _array(self, x: Any) -> Config:
        if x.dtype.kind not in _OWN_KINDS or x.size > LARGEST_ARRAY:
            raise _not_savable(f"an array of {x.dtype} {x.shape}")
        return {"$array": [x.dtype.str, list(x.shape), [self(v) for v in x.ravel().tolist()]]}

    def _object(self, x: Any) -> Config:
        if id(x) in self._numbers:
            return {"$same": self._numbers[id(x)]}
        marks: Config = {}
        if hasattr(x, "named_by_model"):  # a layer
            marks["id"] = self._numbers[id(x)] = len(self._numbers)
            marks |= {k: v for k, v in vars(x).items() if k in ("name", "named_by_model")}
            marks |= {} if x.trainable else {"trainable": False}
        if isinstance(x, Recorded) and type(x).get_config is Recorded.get_config:
            config = x._config(self)
        elif hasattr(x, "get_config"):
            config = self(x.get_config())
        else:
            config = {name: self(value) for name, value in _arguments(x).items()}
        return {"$object": _name_of(type(x)), "config": config, **marks}


def _name_of(x: Any) -> str:
    known = _names.get(id(x))
    if known is not None and _found[known] is x:
        return known
    name: str = getattr(x, "__name__", "")
    if not name.isidentifier():
        raise _not_savable(x)
    if str(getattr(x, "__module__", "")).partition(".")[0] in ("numpy", "autograd_lite"):
        raise _not_savable(x, "not among the functions that a file can name")
    return name


class Decoder:
    """Reads what an `Encoder` wrote.

    Args:
        custom_objects: Classes and functions by name, besides those that are registered.
    """

    def __init__(self, custom_objects: Mapping[str, Any] | None = None) -> None:
        self._custom = dict(custom_objects or {})
        self._objects: dict[int, Any] = {}

    def __call__(self, x: Any) -> Any:
        """The value.

        Raises:
            DataError: a tag or a name is unknown.
        """
        if isinstance(x, list):
            return [self(child) for child in x]
        if not isinstance(x, dict):
            return x
        tag = next((key for key in x if key.startswith("$")), None)
        if tag is None:
            return {key: self(child) for key, child in x.items()}
        if tag not in _READERS:
            raise DataError(explain("load_model", "an unknown kind of value", got=tag))
        return _READERS[tag](self, x[tag], x)

    def find(self, name: str) -> Any:
        """The class or function of this name.

        Raises:
            DataError: there is none.
        """
        if name in self._custom:
            return self._custom[name]
        if name in _found:
            return _found[name]
        own = [known for known in _found if "." not in known] + [*self._custom]
        raise DataError(
            explain(
                "load_model",
                "a name that is not registered",
                got=repr(name),
                expected=f"nn's own, or one of: {', '.join(sorted(own)) or 'none registered'}",
                fix=f"@nn.register above it, or custom_objects={{{name!r}: ...}}",
            )
        )

    def _object(self, name: str, x: Config) -> Any:
        made = self._made(self.find(name), x["config"])
        if "id" in x:
            self._objects[x["id"]] = made
            for key, kind in (("name", str), ("named_by_model", bool), ("trainable", bool)):
                if key in x:
                    setattr(made, key, _checked(kind, x[key]))
        return made

    def _made(self, kind: Any, config: Config) -> Any:
        if not isinstance(kind, type):
            raise DataError(explain("load_model", "not a class", got=repr(kind)))
        if issubclass(kind, Recorded):
            if kind.from_config.__func__ is Recorded.from_config.__func__:  # type: ignore[attr-defined]
                return kind._from_config(config, self)
            return kind.from_config(self(config))
        return getattr(kind, "from_config", lambda given: kind(**given))(self(config))

    def _same(self, number: int, _: Config) -> Any:
        return self._objects[number]


def _checked(kind: type[T], x: Any) -> T:
    if not isinstance(x, kind):
        raise DataError(explain("load_model", f"not of type {kind.__name__}", got=repr(x)))
    return x


def _read_array(decode: Decoder, content: Any, _: Config) -> Any:
    dtype, shape, values = content
    if np.dtype(_checked(str, dtype)).kind not in _OWN_KINDS or len(values) > LARGEST_ARRAY:
        raise DataError(explain("load_model", "not an array of numbers", got=f"{dtype} {shape}"))
    return np.array(decode(values), dtype).reshape(shape)


_READERS: dict[str, Callable[[Decoder, Any, Config], Any]] = {
    "$array": _read_array,
    "$dict": lambda decode, x, _: {decode(key): decode(child) for key, child in x},
    "$dtype": lambda _, x, __: np.dtype(_checked(str, x)),
    "$ellipsis": lambda *_: Ellipsis,
    "$float": lambda _, x, __: float(x),
    "$name": lambda decode, x, _: decode.find(x),
    "$object": Decoder._object,
    "$same": Decoder._same,
    "$slice": lambda decode, x, _: slice(*decode(x)),
    "$tuple": lambda decode, x, _: tuple(decode(x)),
    "$value": lambda _, x, __: Ref(*(_checked(int, n) for n in x)),
}
