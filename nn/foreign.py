"""Keras' settings that say nothing here: of how it computes, or at the value that means none."""

from __future__ import annotations

import abc
import inspect
from collections.abc import Callable, Collection
from typing import Any, ClassVar

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import explain

Values = Collection[Any] | Callable[[str, Any], None] | None


class Foreign(abc.ABCMeta):
    """The class of classes that are told some of Keras' settings, and leave them be.

    A class lists them in `foreign`, besides those of its bases: the values that change nothing,
    None where no value does, or a check of the class's name and the value. Those that its own
    `__init__` takes are left to it.

    Raises:
        ValueError: a setting has another value.
    """

    foreign: ClassVar[dict[str, Values]] = {}

    def __call__(cls, *args: Any, **settings: Any) -> Any:
        """Make an object, without those settings."""
        known = cls.known_foreign() if settings else {}
        given = known.keys() & settings
        for name in given.difference(inspect.signature(cls.__init__).parameters) if given else ():  # type: ignore[misc]
            _check(cls.__name__, name, settings.pop(name), known[name])
        return super().__call__(*args, **settings)

    def known_foreign(cls) -> dict[str, Values]:
        """Such settings of this class and of its bases."""
        found: dict[str, Values] = {}
        for base in cls.__mro__:
            found = {**vars(base).get("foreign", {}), **found}
        return found


def _check(where: str, name: str, value: Any, values: Values) -> None:
    if callable(values):
        return values(where, value)
    if values is None or any(value is known or value == known for known in values):
        return
    raise ValueError(
        explain(
            where,
            "a setting of Keras' that is not here",
            got=f"{name}={value!r}",
            expected=" or ".join(map(repr, values)),
        )
    )


def check_dtype(where: str, dtype: Any, what: str = "a layer") -> None:
    """Refuse another dtype than the default one; None will do.

    Raises:
        ValueError: it is another.
    """
    default = np.dtype(ag.get_default_dtype())
    if dtype is not None and not (dtype == default.name or dtype == default):
        raise ValueError(
            explain(
                where,
                f"{what} has no dtype of its own",
                got=f"dtype={dtype!r}",
                expected=f"the default dtype, {default.name!r}",
                fix="ag.set_default_dtype(...) before the layers are made",
            )
        )
