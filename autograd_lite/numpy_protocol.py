"""How NumPy's functions reach the ops: `np.exp(t)` and `np.sum(t, axis=0)` as they stand.

The tables come from the registry. A function without a rule raises; none drops a gradient silently.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite.errors import NoRuleError, explain
from autograd_lite.op import BY_NUMPY, raw

Parameters = Mapping[str, inspect.Parameter]

PLAIN = {
    *(np.all, np.allclose, np.any, np.argmax, np.argmin, np.argpartition, np.argsort, np.argwhere),
    *(np.array2string, np.array_equal, np.array_equiv, np.array_repr, np.array_str),
    *(np.count_nonzero, np.empty_like, np.flatnonzero, np.full_like, np.iscomplexobj, np.isclose),
    *(np.isfinite, np.isinf, np.isnan, np.isrealobj, np.may_share_memory, np.ndim, np.nonzero),
    *(np.ones_like, np.result_type, np.searchsorted, np.shape, np.shares_memory, np.signbit),
    *(np.size, np.zeros_like),
}
"""Functions whose results have no derivative: they get the arrays, and return arrays."""


def array_ufunc(
    ufunc: np.ufunc, method: str, inputs: Sequence[Any], settings: dict[str, Any]
) -> Any:
    """Answer a ufunc that was given a Tensor."""
    if "out" in settings:
        raise NoRuleError(
            explain(
                f"np.{ufunc.__name__}",
                "`out=` cannot take part in a graph",
                fix=f"use the result: y = np.{ufunc.__name__}(...)",
            )
        )
    name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
    if method == "__call__" and ufunc in PLAIN:
        return ufunc(*map(raw, inputs), **settings)
    if method != "__call__" or ufunc not in BY_NUMPY:
        raise _no_rule(name)
    if settings:
        raise _no_rule(name, next(iter(settings)))
    return BY_NUMPY[ufunc](*inputs)


def array_function(
    function: Callable[..., Any], args: Sequence[Any], settings: Mapping[str, Any]
) -> Any:
    """Answer any other function of NumPy's that was given a Tensor."""
    if function in PLAIN:
        return function(*_plain(args), **{k: raw(v) for k, v in settings.items()})
    if function not in BY_NUMPY:
        raise _no_rule(_title(function))
    ours = BY_NUMPY[function]
    theirs, known = _parameters(function), _parameters(ours)
    settings = {**dict(zip(theirs, args, strict=False)), **settings}
    named = _translated(_title(function), settings, theirs, known)
    if all(p.kind == p.POSITIONAL_ONLY for p in known.values()):
        return ours(*named.values())
    return ours(**named)


def _plain(args: Sequence[Any]) -> list[Any]:
    return [type(a)(map(raw, a)) if isinstance(a, (list, tuple)) else raw(a) for a in args]


def _translated(
    name: str, settings: Mapping[str, Any], theirs: Parameters, known: Parameters
) -> dict[str, Any]:
    """NumPy's settings by our names: arrays have theirs by position, settings by name."""
    ours = {}
    positions = list(known)
    for i, (key, parameter) in enumerate(theirs.items()):
        if key not in settings:
            continue
        value = settings[key]
        if key in known:
            ours[key] = value
        elif i < len(positions) and positions[i] not in theirs:
            ours[positions[i]] = value
        elif value is not parameter.default and value is not None:
            raise _no_rule(name, key)
    return ours


# NumPy tells the signatures of these since 2.4.
WRITTEN_IN_C: dict[Any, Callable[..., None]] = {
    np.concatenate: lambda arrays, axis=0, out=None, dtype=None, casting="same_kind": None,
    np.where: lambda condition, x=None, y=None: None,
}


@functools.cache
def _parameters(function: Callable[..., Any]) -> Parameters:
    """A function's parameters by name."""
    return inspect.signature(WRITTEN_IN_C.get(function, function)).parameters


def _title(function: Callable[..., Any]) -> str:
    """`linalg.solve` for np.linalg.solve."""
    return f"{function.__module__}.{function.__name__}".removeprefix("numpy.")


def _no_rule(name: str, setting: str | None = None) -> NoRuleError:
    problem = "has no derivative rule here" if setting is None else f"has no rule for `{setting}=`"
    fix = "write it with functions that have one (autograd_lite.ops), declare one with @ag.op, "
    return NoRuleError(
        explain(f"np.{name}", problem, fix=fix + "or pass x.detach().numpy() to drop the gradient")
    )


class NumPyMixin:
    """Gives a `Traced` class NumPy's two protocols."""

    __slots__ = ()

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **settings: Any) -> Any:
        return array_ufunc(ufunc, method, inputs, settings)

    def __array_function__(
        self, function: Callable[..., Any], types: Any, args: Any, settings: Any
    ) -> Any:
        return array_function(function, args, settings)
