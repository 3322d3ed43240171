"""What differentiates: the page `docs/differentiable.md`, made from the registry of ops."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from autograd_lite import ops
from autograd_lite.numpy_names import (
    COULD,
    LEFT_OUT,
    METHODS,
    METHODS_LEFT_OUT,
    NUMPY_VERSION,
    OPERATORS,
    PLAIN_METHODS,
    PLAIN_RESULTS,
)
from autograd_lite.numpy_protocol import PLAIN
from autograd_lite.op import BY_NUMPY
from autograd_lite.tensor import Tensor

DIFFERENTIATES, GIVES_ARRAYS, RAISES = "differentiates", "gives arrays", "raises"

_HEAD = """# What differentiates

Made from the registry of ops by `python -m autograd_lite differentiable`, for the names of NumPy
{version}. Given a Tensor, a NumPy function either differentiates, or gives plain arrays as its
results have no derivative, or raises `NoRuleError`: none drops a gradient silently.

| Of NumPy's | that could differentiate | do | share |
| --- | --- | --- | --- |
{counts}

The last column of the tables below says where a derivative is a convention, at kinks and ties.
"""

_NO_PART = (
    "These take no part in a graph: a Tensor that requires a gradient raises where its values "
    "would be read."
)


class Entry(NamedTuple):
    """One function of NumPy's, under all its names."""

    names: list[str]
    state: str
    ours: Any = None

    @property
    def title(self) -> str:
        """Its names, the shortest first."""
        return ", ".join(f"`{name}`" for name in sorted(self.names, key=len))


def main() -> None:
    """Print the page."""
    print(page(), end="")


def page() -> str:
    """The whole page.

    Example:
        >>> page().splitlines()[0]
        '# What differentiates'
    """
    spaces = {space: list(entries(space)) for space in COULD}
    counts = [_count_row(f"`{space}*`", found) for space, found in spaces.items()]
    counts.append(_count_row("array methods and properties", list(methods())))
    counts.append(_count_row("operators", list(operators())))
    version = ".".join(map(str, NUMPY_VERSION))
    parts = [_HEAD.format(version=version, counts="\n".join(counts))]
    parts += [_section(space, found) for space, found in spaces.items()]
    parts += [_listed("Methods and properties of arrays", list(methods()), METHODS_LEFT_OUT)]
    parts += [_listed("Operators", list(operators()), {})]
    parts += [_beyond(), _left_out()]
    return "\n".join(parts)


def numpy_function(path: str) -> Any:
    """`np.linalg.norm` by its name; None if this NumPy has none."""
    found: Any = np
    for part in path.split(".")[1:]:
        found = getattr(found, part, None)
    return found


_WRITERS = [numpy_function(f"np.{name}") for name in LEFT_OUT["write into an argument"]]


def state(function: Any) -> str:
    """What becomes of a Tensor that is given to a NumPy function.

    Example:
        >>> state(np.exp), state(np.argmax), state(np.save)
        ('differentiates', 'gives arrays', 'raises')
    """
    ours = BY_NUMPY.get(function)
    if ours is None:
        return GIVES_ARRAYS if function in PLAIN else RAISES
    if function in _WRITERS:
        return RAISES
    return GIVES_ARRAYS if hasattr(ours, "op") and not ours.op.ruled else DIFFERENTIATES


def entries(space: str) -> Iterator[Entry]:
    """The functions of a namespace that could differentiate, aliases together."""
    known: dict[Any, list[str]] = {}
    for name in [*COULD[space], *_surprising(space)]:
        function = numpy_function(space + name)
        known.setdefault(name if function is None else function, []).append(space + name)
    for function, names in known.items():
        if callable(function):
            yield Entry(names, state(function), BY_NUMPY.get(function))
        else:
            yield Entry(names, RAISES)


def _surprising(space: str) -> Iterator[str]:
    """Names that no derivative was expected of, and which have one."""
    for path in (name for names in LEFT_OUT.values() for name in names):
        owner, _, name = f"np.{path}".rpartition(".")
        if f"{owner}." == space and state(numpy_function(space + name)) == DIFFERENTIATES:
            yield name


def methods() -> Iterator[Entry]:
    """The methods and properties of arrays that could differentiate."""
    others = {*PLAIN_METHODS, *(n for names in METHODS_LEFT_OUT.values() for n in names)}
    for name in METHODS:
        if name not in others:
            yield Entry([name], DIFFERENTIATES if hasattr(Tensor, name) else RAISES)


def operators() -> Iterator[Entry]:
    """The operators that could differentiate."""
    for sign, name in OPERATORS.items():
        yield Entry([sign], DIFFERENTIATES if hasattr(Tensor, f"__{name}__") else RAISES)


def note(function: Callable[..., Any]) -> str:
    """What a docstring says of the derivative, before its sections.

    Example:
        >>> note(ops.absolute)
        'Its derivative at 0 is 0.'
    """
    text = inspect.getdoc(function) or ""
    prose = re.split(r"\n\n(?=[A-Z]\w+:\n)", text)[0]
    sentences = re.split(r"(?<=[.;])\s+(?=[A-Z`])", re.sub(r"\s+", " ", prose))
    found = [s for s in sentences if re.search(r"derivative|gradient|slope", s, re.IGNORECASE)]
    return " ".join(found).replace("|", "\\|")


def _count_row(what: str, found: list[Entry]) -> str:
    could = [entry for entry in found if entry.state != GIVES_ARRAYS]
    done = sum(entry.state == DIFFERENTIATES for entry in could)
    return f"| {what} | {len(could)} | {done} | {done / len(could):.0%} |"


def _section(space: str, found: list[Entry]) -> str:
    lines = [f"## {space}*\n", "| NumPy | here | derivative |", "| --- | --- | --- |"]
    for entry in found:
        if entry.state == DIFFERENTIATES:
            lines.append(f"| {entry.title} | {_path(entry.ours)} | {note(entry.ours)} |")
    text = "\n".join(lines) + "\n"
    return text + _others(found)


def _others(found: list[Entry]) -> str:
    """What does not differentiate."""
    text = ""
    for what, label in ((GIVES_ARRAYS, "Give plain arrays"), (RAISES, "Raise, with no rule yet")):
        titles = [entry.title for entry in found if entry.state == what]
        if titles:
            text += "\n" + _paragraph(f"{label}: {', '.join(titles)}.")
    return text


def _listed(title: str, found: list[Entry], left_out: dict[str, list[str]]) -> str:
    done = ", ".join(entry.title for entry in found if entry.state == DIFFERENTIATES)
    text = f"## {title}\n\n" + _paragraph(f"Differentiate: {done}.") + _others(found)
    for reason, names in left_out.items():
        text += "\n" + _paragraph(f"Left out, as they {reason}: {_quoted(names)}.")
    return text


def _beyond() -> str:
    """Ops that NumPy does not have."""
    answering = {id(function) for function in BY_NUMPY.values()}
    lines = ["## Beyond NumPy\n", "| here | derivative |", "| --- | --- |"]
    for name in sorted(set(ops.NAMES)):
        function = getattr(ops, name)
        if id(function) not in answering and callable(function) and _has_gradient(function):
            lines.append(f"| `ag.{name}` | {note(function)} |")
    return "\n".join(lines) + "\n"


def _has_gradient(function: Any) -> bool:
    return inspect.isfunction(function) and (not hasattr(function, "op") or function.op.ruled != 0)


def _left_out() -> str:
    arrays: list[str] = []
    others: list[str] = []
    for name in PLAIN_RESULTS:
        function = numpy_function(f"np.{name}")
        (others if function is None or state(function) == RAISES else arrays).append(name)
    text = "## Left out\n\n"
    text += _paragraph(f"No derivative, and plain results: {_quoted(arrays)}.")
    if others:
        text += "\n" + _paragraph(f"No derivative, and not answered: {_quoted(others)}.")
    text += "\n" + _paragraph(_NO_PART) + "\n"
    text += "| functions that | names |\n| --- | --- |\n"
    for reason, names in LEFT_OUT.items():
        text += f"| {reason} | {_quoted(filter(_unanswered, names))} |\n"
    return text


def _unanswered(name: str) -> bool:
    function = numpy_function(f"np.{name}")
    return function is None or state(function) == RAISES


def _path(function: Any) -> str:
    """Our name for a function, as users reach it; empty if they do so through NumPy only."""
    name = function.__name__
    for prefix in ("", "linalg.", "fft."):
        owner = getattr(ops, prefix[:-1], None) if prefix else ops
        if getattr(owner, name, None) is function and not name.startswith("_"):
            return f"`ag.{prefix}{name}`"
    return ""


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _paragraph(text: str) -> str:
    return textwrap.fill(text, 100, break_long_words=False, break_on_hyphens=False) + "\n"
