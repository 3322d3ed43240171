"""How NumPy's functions reach the ops: `np.exp(t)` and `np.sum(t, axis=0)` as they stand.

The tables come from the registry. A function without a rule raises; none drops a gradient silently.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite import ops
from autograd_lite.errors import DTypeError, NoRuleError, explain
from autograd_lite.op import BY_NUMPY, raw

Parameters = Mapping[str, inspect.Parameter]

PLAIN = {
    *(np.all, np.allclose, np.any, np.argmax, np.argmin, np.argpartition, np.argsort, np.argwhere),
    *(np.array2string, np.array_equal, np.array_equiv, np.array_repr, np.array_str),
    *(np.bitwise_count, np.count_nonzero, np.empty_like, np.flatnonzero, np.full_like, np.gcd),
    *(np.iscomplex, np.iscomplexobj, np.isclose, np.isfinite, np.isinf, np.isnan, np.isneginf),
    *(np.isposinf, np.isreal, np.isrealobj, np.lcm, np.may_share_memory, np.ndim, np.nextafter),
    *(np.nonzero, np.ones_like, np.result_type, np.searchsorted, np.shape, np.shares_memory),
    *(np.linalg.matrix_rank, np.signbit, np.size, np.spacing, np.zeros_like),
}
"""Functions whose results have no derivative: they get the arrays, and return arrays."""

BY_METHOD: dict[tuple[Any, str], str] = {
    (np.add, "reduce"): "sum",
    (np.multiply, "reduce"): "prod",
    (np.maximum, "reduce"): "max",
    (np.minimum, "reduce"): "min",
    (np.logaddexp, "reduce"): "logsumexp",
    (np.add, "accumulate"): "cumsum",
    (np.multiply, "accumulate"): "cumprod",
    (np.maximum, "accumulate"): "cummax",
    (np.minimum, "accumulate"): "cummin",
}
"""The names of the ops that answer for the methods of ufuncs."""

UNSAID = {
    **{"casting": "same_kind", "dtype": None, "keepdims": False, "order": "K"},
    **{"signature": None, "subok": True, "where": True},
}
"""Settings of ufuncs at values that change nothing."""


def array_ufunc(
    ufunc: np.ufunc, method: str, inputs: Sequence[Any], settings: dict[str, Any]
) -> Any:
    """Answer a ufunc that was given a Tensor."""
    ours = BY_NUMPY.get(ufunc) or ops.special.answer_for(ufunc)
    if ours is not None and method == "__call__" and not settings:
        return ours(*inputs)
    name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
    if method == "at":
        raise _no_writing(ufunc)
    if "out" in settings:
        raise _no_out(name)
    settings = {k: v for k, v in settings.items() if not _is_unsaid(k, v)}
    if ufunc in PLAIN or (ours and method in ("reduce", "accumulate") and _is_predicate(ours)):
        settings = {k: raw(v) for k, v in settings.items()}
        return getattr(ufunc, method)(*map(raw, inputs), **settings)
    if ours and method == "__call__":
        return _call(name, ours, inputs, settings)
    if ours and method == "outer":
        return _call(name, ours, _crossed(*inputs), settings)
    if (ufunc, method) not in BY_METHOD:
        raise _no_rule(name)
    return _call_along(name, getattr(ops, BY_METHOD[ufunc, method]), inputs[0], settings)


def _is_unsaid(key: str, value: Any) -> bool:
    if isinstance(value, str):
        return UNSAID.get(key) == value
    return key in UNSAID and value is UNSAID[key]


def _is_predicate(ours: Callable[..., Any]) -> bool:
    return hasattr(ours, "op") and not ours.op.ruled


def _call(
    name: str, ours: Callable[..., Any], inputs: Sequence[Any], settings: dict[str, Any]
) -> Any:
    """A ufunc with settings."""
    if "where" in settings:
        raise NoRuleError(
            explain(
                f"np.{name}",
                "`where=` without `out=` leaves entries undefined",
                fix=f"np.where(mask, np.{name}(...), other)",
            )
        )
    return _apply(name, ours, inputs, settings)


def _call_along(name: str, ours: Callable[..., Any], x: Any, settings: dict[str, Any]) -> Any:
    """A reduction or accumulation, along the first axis unless told."""
    if x.ndim == 0 and settings.get("axis", 0) in (0, -1):
        settings["axis"] = None
    settings.setdefault("axis", 0)
    return _apply(name, ours, [x], settings)


def _apply(
    name: str, ours: Callable[..., Any], inputs: Sequence[Any], settings: dict[str, Any]
) -> Any:
    """Call what answers. If it has no `dtype`, the arguments are cast to it."""
    known = _parameters(ours)
    if "dtype" in settings and "dtype" not in known:
        dtype = settings.pop("dtype")
        inputs = [_cast(name, x, dtype) for x in inputs]
    for key in settings:
        if key not in known:
            raise _no_rule(name, key)
    return ours(*inputs, **settings)


def _crossed(x: Any, y: Any) -> tuple[Any, Any]:
    """x with axes of length one, so that each entry meets each of y."""
    return ops.reshape(x, (*np.shape(x), *(1 for _ in np.shape(y)))), y


def _cast(name: str, x: Any, dtype: Any) -> Any:
    """An argument in the dtype to compute in; Python scalars take any."""
    if not hasattr(x, "dtype") or x.dtype == dtype:
        return x
    if np.dtype(dtype).kind not in "fc" or not np.can_cast(x.dtype, dtype, "same_kind"):
        raise DTypeError(
            explain(
                f"np.{name}",
                "`dtype=` does not fit the argument",
                got=f"dtype={np.dtype(dtype)} for {x.dtype}",
                expected="a floating or complex dtype that keeps the kind of the argument",
                fix=f"np.{name}(...).astype('{np.dtype(dtype)}')",
            )
        )
    return ops.astype(x, dtype=dtype)


def _no_out(name: str) -> NoRuleError:
    return NoRuleError(
        explain(
            f"np.{name}",
            "`out=` cannot take part in a graph",
            fix=f"use the result: y = np.{name}(...)",
        )
    )


def _no_writing(ufunc: np.ufunc) -> NoRuleError:
    name = ufunc.__name__
    update = "add(values)" if ufunc is np.add else f"set(np.{name}(x[index], values))"
    return NoRuleError(
        explain(
            f"np.{name}.at",
            "writes in place, which is not recorded",
            fix=f"x = x.at[index].{update}",
        )
    )


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
    if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in theirs.values()):
        if settings.get("out") is not None and "out" not in known:
            raise _no_out(_title(function))
        open_ended = any(p.kind == p.VAR_KEYWORD for p in known.values())
        for key in settings:
            if key not in known and not open_ended:
                raise _no_rule(_title(function), key)
        return ours(*args, **settings)
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
            raise _no_out(name) if key == "out" else _no_rule(name, key)
    return ours


# NumPy tells the signatures of these since 2.4.
WRITTEN_IN_C: dict[Any, Callable[..., None]] = {
    np.concatenate: lambda arrays, axis=0, out=None, dtype=None, casting="same_kind": None,
    np.dot: lambda a, b, out=None: None,
    np.inner: lambda a, b, /: None,
    np.vdot: lambda a, b, /: None,
    np.copyto: lambda dst, src, casting="same_kind", where=True: None,
    np.putmask: lambda a, mask, values: None,
    np.where: lambda condition, x=None, y=None: None,
}


@functools.cache
def _parameters(function: Callable[..., Any]) -> Parameters:
    """A function's parameters by name."""
    written = WRITTEN_IN_C.get(function) or WRITTEN_IN_C.get(getattr(function, "__wrapped__", None))
    return inspect.signature(written or function).parameters


def _title(function: Callable[..., Any]) -> str:
    """`linalg.solve` for np.linalg.solve."""
    module = function.__module__.replace("numpy.lib.scimath", "numpy.emath")
    return f"{module}.{function.__name__}".removeprefix("numpy.")


def _no_rule(name: str, setting: str | None = None) -> NoRuleError:
    problem = "has no derivative rule here" if setting is None else f"has no rule for `{setting}=`"
    fix = (
        "docs/differentiable.md lists what has one: write it with that (autograd_lite.ops), "
        "declare a rule with @ag.op, or pass x.detach().numpy() to drop the gradient"
    )
    return NoRuleError(explain(f"np.{name}", problem, fix=fix))


class NumPyMixin:
    """Gives a `Traced` class NumPy's two protocols."""

    __slots__ = ()

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **settings: Any) -> Any:
        if method == "__call__" and not settings:  # nearly always, so without a further call
            ours = BY_NUMPY.get(ufunc)
            if ours is not None:
                return ours(*inputs)
        return array_ufunc(ufunc, method, inputs, settings)

    def __array_function__(
        self, function: Callable[..., Any], types: Any, args: Any, settings: Any
    ) -> Any:
        return array_function(function, args, settings)
