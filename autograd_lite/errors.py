"""Every error of the library: what was asked, what came, what was expected, how to mend it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any


class AutogradLiteError(Exception):
    """Base of the library's own errors. Each concrete one is also a builtin's subclass."""


class ShapeError(AutogradLiteError, ValueError):
    """Shapes that do not fit together."""


class DTypeError(AutogradLiteError, TypeError):
    """A dtype that cannot do what was asked of it."""


class GradientError(AutogradLiteError, RuntimeError):
    """A backward pass that cannot be carried out, or a derivative rule that is wrong."""


class AnomalyError(GradientError, FloatingPointError):
    """The first NaN or infinity that `detect_anomaly` saw."""


class NoRuleError(AutogradLiteError, TypeError):
    """A NumPy function was given a Tensor but has no derivative rule here."""


class DataError(AutogradLiteError, ValueError):
    """A file that is damaged, incomplete or not what it should be."""


def explain(
    where: str,
    problem: str,
    *,
    got: str | None = None,
    expected: str | None = None,
    fix: str | None = None,
) -> str:
    """The text of an error, in the one form that all errors have.

    Args:
        where: The function, op or layer that complains.
        problem: What is wrong, in a few words.
        got: What came, with shapes, dtypes or values.
        expected: What would have been right.
        fix: What the caller can do about it.

    Example:
        >>> print(explain("Dense", "bad `units`", got="0", expected="a positive integer"))
        Dense: bad `units`
          got:      0
          expected: a positive integer
    """
    lines = [f"{where}: {problem}"]
    for label, text in (("got", got), ("expected", expected), ("fix", fix)):
        if text is not None:
            indented = text.replace("\n", "\n" + " " * 12)
            lines.append(f"  {label + ':':<10}{indented}")
    return "\n".join(lines)


def choose(table: Mapping[str, Any], key: Any, where: str) -> Any:
    """Look `key` up in `table`; a callable passes through.

    Args:
        table: What can be named.
        key: A name in the table, or a callable.
        where: Who asks, for the message.

    Raises:
        ValueError: `key` is a name that the table does not have; the nearest names are offered.
        TypeError: `key` is neither a name nor callable.

    Example:
        >>> choose({"relu": max}, "relu", "Dense: `activation`") is max
        True
    """
    if isinstance(key, str):
        if key in table:
            return table[key]
        near = difflib.get_close_matches(key, table, n=3)
        raise ValueError(
            explain(
                where,
                "unknown name",
                got=repr(key),
                expected="one of " + ", ".join(sorted(table)),
                fix="did you mean " + " or ".join(map(repr, near)) + "?" if near else None,
            )
        )
    if callable(key):
        return key
    raise TypeError(
        explain(where, "neither a name nor callable", got=repr(key), expected="a name or callable")
    )
