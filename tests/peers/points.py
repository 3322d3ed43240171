"""Points where frameworks choose differently, and the tables of who does what."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from peers.frameworks import Framework

A = np.array
TWO = A([[2.0, 1.0], [1.0, 2.0]])
NONE = "—"
"""In a table: the framework has no such function, or no derivative of it."""


class Names:
    """A framework's functions under the names of ours, or under its own."""

    def __init__(self, framework: Framework, own: bool = False):
        self.find = framework.own if own else framework.function

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if (function := self.find(name)) is None:
            raise NotImplementedError(name)
        return function


class Point(NamedTuple):
    """A function and where it is differentiated: the sum of what it gives, by all arguments."""

    label: str
    f: Callable[..., Any]
    arguments: tuple[Any, ...]


DERIVATIVES = [
    Point("`abs(x)` at 0", lambda m, x: m.absolute(x), (A(0.0),)),
    Point("`relu(x)` at 0", lambda m, x: m.relu(x), (A(0.0),)),
    Point("`relu6(x)` at 6", lambda m, x: m.relu6(x), (A(6.0),)),
    Point("`maximum(x, y)` at x = y", lambda m, x, y: m.maximum(x, y), (A(1.0), A(1.0))),
    Point("`max(x)` at `[2, 1, 2]`", lambda m, x: m.max(x), (A([2.0, 1.0, 2.0]),)),
    Point("`cummax(x)` at `[1, 3, 3]`", lambda m, x: m.cummax(x), (A([1.0, 3.0, 3.0]),)),
    Point("`clip(x, 0, 1)` at 0", lambda m, x: m.clip(x, 0, 1), (A(0.0),)),
    Point("`clip(x, 0, 1)` at 1", lambda m, x: m.clip(x, 0, 1), (A(1.0),)),
    Point("`sqrt(x)` at 0", lambda m, x: m.sqrt(x), (A(0.0),)),
    Point("`cbrt(x)` at 0", lambda m, x: m.cbrt(x), (A(0.0),)),
    Point("`norm(x)` at `[0, 0]`", lambda m, x: m.norm(x), (A([0.0, 0.0]),)),
    Point("`norm(x, inf)` at `[1, 1]`", lambda m, x: m.norm(x, np.inf), (A([1.0, 1.0]),)),
    Point("`std(x)` at `[3, 3]`", lambda m, x: m.std(x), (A([3.0, 3.0]),)),
    Point("`hypot(x, y)` at 0, 0", lambda m, x, y: m.hypot(x, y), (A(0.0), A(0.0))),
    Point("`arctan2(x, y)` at 0, 0", lambda m, x, y: m.arctan2(x, y), (A(0.0), A(0.0))),
    Point("`sinc(x)` at 0", lambda m, x: m.sinc(x), (A(0.0),)),
    Point("`x ** y` at 0, 0", lambda m, x, y: m.power(x, y), (A(0.0), A(0.0))),
    Point("`x ** y` at 0, 2", lambda m, x, y: m.power(x, y), (A(0.0), A(2.0))),
    Point("`x ** y` at -2, 2", lambda m, x, y: m.power(x, y), (A(-2.0), A(2.0))),
    Point("`prod(x)` at `[0, 2, 3]`", lambda m, x: m.prod(x), (A([0.0, 2.0, 3.0]),)),
    Point("`cumprod(x)` at `[2, 0, 3]`", lambda m, x: m.cumprod(x, axis=0), (A([2.0, 0.0, 3.0]),)),
    Point(
        "`where(x > 0, sqrt(x), 0)` at 0", lambda m, x: m.where(x > 0, m.sqrt(x), 0.0), (A(0.0),)
    ),
    Point("`nan_to_num(x)` at NaN", lambda m, x: m.nan_to_num(x), (A(np.nan),)),
    Point("`logaddexp(x, y)` at -inf, -inf", lambda m, x, y: m.logaddexp(x, y), (A(-np.inf),) * 2),
    Point("`sort(x) · [1, 2]` at `[1, 1]`", lambda m, x: _dot(m.sort(x)), (A([1.0, 1.0]),)),
    Point("`median(x)` at `[1, 2]`", lambda m, x: m.median(x), (A([1.0, 2.0]),)),
    Point("`x % y` at 6, 3", lambda m, x, y: m.remainder(x, y), (A(6.0), A(3.0))),
    Point("`abs(z)²` at 1 + 2i", lambda m, z: m.real(z * m.conjugate(z)), (A(1 + 2j),)),
    Point("`abs(z)` at 0 + 0i", lambda m, z: m.absolute(z), (A(0j),)),
    Point("`real(z²)` at 1 + 2i", lambda m, z: m.real(z * z), (A(1 + 2j),)),
    Point("`det(a)` at `[[1, 1], [1, 1]]`", lambda m, a: m.det(a), (np.ones((2, 2)),)),
    Point("`cholesky(a)` at `[[2, 1], [1, 2]]`", lambda m, a: m.cholesky(a), (TWO,)),
    Point("`eigh(a)[0][1]` at `[[2, 1], [1, 2]]`", lambda m, a: _second(m, a), (TWO,)),
    Point("`eigh(a)[0] · [1, 2]` at I", lambda m, a: _dot(m.eigh(a)[0]), (np.eye(2),)),
    Point("`eigh(a)[1]` at I", lambda m, a: m.eigh(a)[1], (np.eye(2),)),
    Point("`exp(a)` by `eigh`, at I", lambda m, a: _exponential(m, a), (np.eye(2),)),
    Point("nuclear norm by `svd`, at I", lambda m, a: m.svd(a)[1], (np.eye(2),)),
]
VALUES = [
    Point("`std(x)` of `[1, 3]`", lambda m, x: m.std(x), (A([1.0, 3.0]),)),
    Point("`median(x)` of `[1, 2]`", lambda m, x: m.median(x), (A([1.0, 2.0]),)),
    Point("`gelu(x)` of 1", lambda m, x: m.gelu(x), (A(1.0),)),
    Point("`leaky_relu(x)` of -1", lambda m, x: m.leaky_relu(x), (A(-1.0),)),
    Point("`sum(x, ())` of `[1, 2]`", lambda m, x: m.sum(x, ()), (A([1.0, 2.0]),)),
    Point("`round(x)` of 2.5", lambda m, x: m.round(x), (A(2.5),)),
    Point("`sqrt(x)` of -1", lambda m, x: m.sqrt(x), (A(-1.0),)),
]


def _dot(x: Any) -> Any:
    return x[0] + 2 * x[1]


def _second(m: Names, a: Any) -> Any:
    return m.eigh(a)[0][1]


def _exponential(m: Names, a: Any) -> Any:
    values, vectors = m.eigh(a)
    return m.matmul(vectors * m.exp(values), m.transpose(vectors))


def text_of(x: Any) -> str:
    """A number, vector or matrix as a cell shows it."""
    x = np.asarray(x)
    if x.ndim:
        return "[" + ", ".join(text_of(part) for part in x) + "]"
    if x.dtype.kind == "c":
        sign = "-" if x.imag < 0 else "+"
        return f"{text_of(x.real)} {sign} {text_of(abs(x.imag))}i"
    number = float(np.round(x, 4)) + 0.0
    return f"{number:.4g}"


def derivative(framework: Framework, point: Point) -> str:
    """The gradient by each argument, as a cell."""
    m = Names(framework)

    def total(*arguments: Any) -> Any:
        return framework.m.sum(point.f(m, *arguments))

    def cell() -> str:
        arguments = [framework.array(a) for a in point.arguments]
        gradients = framework.gradients(total, arguments, list(range(len(arguments))))
        return ", ".join(text_of(framework.plain(g)) for g in gradients)

    return _tried(cell)


def value(framework: Framework, point: Point) -> str:
    """What the framework's own function of that name gives, as a cell."""
    m = Names(framework, own=True)
    arguments = [framework.array(a) for a in point.arguments]
    return _tried(lambda: text_of(framework.plain(point.f(m, *arguments))))


def _tried(cell: Callable[[], str]) -> str:
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return cell()
    except (NotImplementedError, AttributeError):
        return NONE
    except (np.linalg.LinAlgError, RuntimeError, ValueError, TypeError, KeyError) as error:
        return f"`{type(error).__name__}`"


def measured(framework: Framework) -> dict[str, list[str]]:
    """Both columns of a framework."""
    return {
        "derivatives": [derivative(framework, p) for p in DERIVATIVES],
        "values": [value(framework, p) for p in VALUES],
    }
