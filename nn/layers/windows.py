"""Settings of layers that work on windows: sizes, strides, padding, channels last."""

from __future__ import annotations

from typing import Any

from autograd_lite.errors import choose, explain
from nn.checks import count, positive_int


def each_axis(where: str, name: str, value: Any, axes: int) -> tuple[int, ...]:
    """A positive int for each axis, all the same if one is given.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(value, tuple | list):
        if len(value) != axes:
            raise ValueError(
                explain(
                    where,
                    f"bad `{name}`",
                    got=repr(value),
                    expected=f"a positive integer, or {axes} of them",
                )
            )
        return tuple(positive_int(where, name, v) for v in value)
    return (positive_int(where, name, value),) * axes


def each_side(where: str, name: str, value: Any, axes: int) -> tuple[tuple[int, int], ...]:
    """For each axis what happens before and after it: from ints, pairs, or one int for all.

    Raises:
        ValueError: it is none of them.
    """
    if axes == 1:
        value = (value,) if isinstance(value, tuple | list) else value
    given = tuple(value) if isinstance(value, tuple | list) else (value,) * axes
    pairs = tuple(tuple(v) if isinstance(v, tuple | list) else (v, v) for v in given)
    if len(pairs) != axes or any(len(pair) != 2 for pair in pairs):
        raise ValueError(
            explain(
                where,
                f"bad `{name}`",
                got=repr(value),
                expected="an integer or a pair of them" + (" for each axis" if axes > 1 else ""),
            )
        )
    return tuple((count(where, name, a), count(where, name, b)) for a, b in pairs)


def get_padding(where: str, padding: Any, *more: str) -> str:
    """The name of a padding in small letters.

    Raises:
        ValueError: it is not known.
        TypeError: it is no name.
    """
    names = {name: name for name in ("valid", "same", *more)}
    if not isinstance(padding, str):
        expected = "one of " + ", ".join(map(repr, names))
        raise TypeError(
            explain(where, "`padding` is no name", got=repr(padding), expected=expected)
        )
    found: str = choose(names, padding.lower(), f"{where}: `padding`")
    return found


def channels_last(where: str, data_format: str | None) -> str:
    """``"channels_last"``, if that or None was asked for.

    Raises:
        ValueError: anything else was.
    """
    if data_format not in (None, "channels_last"):
        raise ValueError(
            explain(
                where,
                "no such `data_format` here",
                got=repr(data_format),
                expected='"channels_last": (batch, ..., channels)',
                fix="np.moveaxis(x, 1, -1) on the inputs, and no `data_format`",
            )
        )
    return "channels_last"
