"""Checks of plain arguments, shared by layers, optimizers and the training loop."""

from __future__ import annotations

import difflib
import math
import operator
import re
import sys
from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any, TypeVar

from autograd_lite.errors import choose, explain

T = TypeVar("T")


def unknown_argument(
    where: str, name: str, known: Iterable[str], fix: str | None = None
) -> TypeError:
    """The error for an argument that nobody takes; the nearest known one is `fix`, if none is."""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1)
    meant = f"did you mean {near[0]}=?" if near else None
    expected = "one of " + ", ".join(known)
    text = explain(where, "unknown argument", got=f"{name}=", expected=expected, fix=fix or meant)
    return TypeError(text)


def positive_int(where: str, name: str, value: Any) -> int:
    """`value` as an int of at least one; a bool is no number here."""
    return _at_least(1, where, name, value, "a positive integer")


def count(where: str, name: str, value: Any) -> int:
    """`value` as an int of at least zero."""
    return _at_least(0, where, name, value, "an integer, 0 or more")


def _at_least(low: int, where: str, name: str, value: Any, expected: str) -> int:
    try:
        number = low - 1 if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = low - 1
    if number < low:
        text = str(value).removesuffix(".0")
        meant = not isinstance(value, bool) and text.isdecimal() and int(text) >= low
        fix = f"{name}={text}" if meant else None
        raise ValueError(
            explain(where, f"bad `{name}`", got=repr(value), expected=expected, fix=fix)
        )
    return number


def real(where: str, name: str, value: Any, low: float = 0.0, high: float = math.inf) -> float:
    """`value` as a float with ``low <= value < high``; NaN is in no range."""
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    number = float(value) if is_number else math.nan
    if not low <= number < high:
        bounds = f"at least {low:g}" if high == math.inf else f"in [{low:g}, {high:g})"
        raise ValueError(
            explain(where, f"bad `{name}`", got=repr(value), expected=f"a number {bounds}")
        )
    return number


def instance(kind: type[T], table: Mapping[str, type[T]], value: Any, where: str) -> T:
    """`value` if it is a `kind`; for a name in `table` or a class of that kind, a new one."""
    if isinstance(value, kind):
        return value
    found = choose(table, spelled(table, value), where)
    if isinstance(found, type) and issubclass(found, kind):
        return found()
    wanted = f"a name, or an instance of nn's `{kind.__name__}`"
    raise TypeError(explain(where, "wrong type", got=repr(value), expected=wanted))


def named(table: Mapping[str, Any], identifier: Any, where: str) -> Any:
    """What `identifier` names in `table`, in either spelling; an instance of a class, else itself.

    Example:
        >>> named({"max_norm": max}, "MaxNorm", "constraint") is max
        True
    """
    if isinstance(identifier, type):
        return identifier()
    return choose(table, spelled(table, identifier), where)


def spelled(table: Mapping[str, Any], identifier: Any) -> Any:
    """The key of `table` that a string means: itself, in small letters, or as the class's name.

    Example:
        >>> spelled({"mae": 1, "log_cosh": 2}, "MAE"), spelled({"log_cosh": 2}, "LogCosh")
        ('mae', 'log_cosh')
    """
    if not isinstance(identifier, str):
        return identifier
    spellings = (identifier, identifier.lower(), snake_case(identifier))
    return next((key for key in spellings if key in table), identifier)


def snake_case(name: str) -> str:
    """A class name as Keras spells it in strings.

    Example:
        >>> snake_case("MeanSquaredError"), snake_case("Conv2D"), snake_case("PReLU")
        ('mean_squared_error', 'conv2d', 'p_re_lu')
    """
    return re.sub(r"(?<=.)(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])", "_", name).lower()


def callers() -> int:
    """The `stacklevel` of a warning for the line outside of nn that led here."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("nn."):
        level, frame = level + 1, frame.f_back
    return level
