"""Checks of plain arguments, shared by layers, optimizers and the training loop."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Mapping
from numbers import Real
from typing import Any, TypeVar

from autograd_lite.errors import choose, explain

T = TypeVar("T")


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
    found = choose(table, value.lower() if isinstance(value, str) else value, where)
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
    if isinstance(identifier, str) and snake_case(identifier) in table:
        identifier = snake_case(identifier)
    return choose(table, identifier, where)


def snake_case(name: str) -> str:
    """A class name as Keras spells it in strings.

    Example:
        >>> snake_case("MeanSquaredError"), snake_case("Conv2D")
        ('mean_squared_error', 'conv2d')
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[0-9])(?=[A-Z][a-z0-9])", "_", name).lower()
