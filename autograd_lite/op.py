"""`@op`: a forward function and its derivative rules become one op over arrays or Tensors.

This is the only place where arrays and Tensors meet. Given arrays, an op computes. Given a Tensor,
it computes and records what the rules of the arguments that need a gradient have named.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite.errors import explain
from autograd_lite.graph import STATE, Traced, share_version
from autograd_lite.record import (
    CONSTANT,
    OUT,
    POSITION,
    SETTING,
    SHAPE,
    VARIABLE,
    Plan,
    Rule,
    Step,
    record,
)

EMPTY = inspect.Parameter.empty
NOTHING: dict[str, Any] = {}


class Op:
    """What is known of an op: its forward, rules, and how NumPy calls it.

    Attributes:
        name: The public name.
        forward: The function over arrays.
        call: The function over arrays or Tensors.
        arguments: Names of the positional arrays; `settings` are the parameters after them.
        vjps: A rule for each argument, None where it has no gradient.
        numpy: The NumPy functions that this op answers for; it is tested against the first.
        domain: Where an element-wise op is smooth: `(low, high)` for each argument or for all.
        diagonal: Whether an output depends on the entries at its own place only, so that a rule
            carries tangents forward as it carries gradients back, and takes many of either, along
            a leading axis.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        vjps: Sequence[Rule | None] | Rule,
        *,
        through: Rule | None,
        ufunc: np.ufunc | None,
        numpy: Any,
        domain: Any,
        broadcasts: bool,
        view: bool,
        residual: Callable[..., Any] | None,
    ) -> None:
        self.name = function.__name__
        self.forward = function if ufunc is None else ufunc
        self.variadic = callable(vjps)
        self.vjps: tuple[Rule | None, ...] = (vjps,) if callable(vjps) else tuple(vjps)
        self.through = through
        answers = ufunc if numpy is None else numpy
        self.numpy = answers if isinstance(answers, tuple) else (answers,) if answers else ()
        self.domain = domain
        self.broadcasts = broadcasts
        self.view = view
        self.residual = residual
        self.diagonal = domain is not None or (ufunc is not None and ufunc.signature is None)
        parameters = list(inspect.signature(function).parameters.values())
        self.positional = all(p.kind == p.POSITIONAL_ONLY for p in parameters)
        self.arguments = tuple(p.name for p in parameters[: len(self.vjps)])
        self.defaults = {p.name: p.default for p in parameters if p.default is not EMPTY}
        self.settings = tuple(p.name for p in parameters[len(self.vjps) :])
        self.plans: dict[int, Plan] = {}
        rules = [rule is not None for rule in self.vjps]
        self.ruled = -1 if self.variadic else sum(has << i for i, has in enumerate(rules))
        self._check_rules()
        call = _variadic_call(self) if self.variadic else _call(self)
        self.call = functools.update_wrapper(call, function)

    def _check_rules(self) -> None:
        for name in ("g", "out"):
            if name in self.arguments or name in self.settings:
                problem = f"`{name}` is what rules call a gradient or the result"
                raise TypeError(explain(self.name, problem, fix="rename the parameter"))
        for rule in (*self.vjps, self.through):
            if rule is not None:
                self._needs(rule)

    def _needs(self, rule: Rule) -> list[tuple[int, Any]]:
        """What the rule's parameters after `g` name, as (kind, key) pairs."""
        first, *names = _names(rule)
        if first != "g":
            raise TypeError(explain(self.name, "a rule's first parameter is `g`", got=first))
        return [self._meaning(name) for name in names]

    def _meaning(self, name: str) -> tuple[int, Any]:
        if name == "out":
            return OUT, None
        if name in self.settings or (name == "residual" and self.residual):
            return SETTING, name
        if self.variadic:
            if name in ("position", "shapes"):
                return (POSITION, None) if name == "position" else (SHAPE, None)
        elif name in self.arguments:
            return CONSTANT, self.arguments.index(name)
        elif name.endswith("_shape") and name[:-6] in self.arguments:
            return SHAPE, self.arguments.index(name[:-6])
        known = ["`out`", "`<argument>_shape`", *self.arguments, *self.settings]
        fix = None
        if self.variadic:
            known[1:] = ["`position`", "`shapes`", *self.settings]
            fix = "vjps=(rule, ...), a tuple, unless the op is of a list of arrays"
        problem, expected = "a rule names what the op does not have", "one of " + ", ".join(known)
        raise TypeError(explain(self.name, problem, got=f"`{name}`", expected=expected, fix=fix))

    def plan(self, mask: int, count: int) -> Plan:
        """The plan for the arguments whose bits are set in `mask`, of `count` arguments."""
        keeps: list[tuple[int, Any]] = []

        def need(i: int, kind: int, key: Any) -> tuple[int, Any]:
            if kind == CONSTANT and mask >> key & 1:
                return VARIABLE, key
            return (POSITION, i) if kind == POSITION else (kind, key)

        def step(i: int, rule: Rule) -> Step:
            needs = [need(i, *meant) for meant in self._needs(rule)]
            keeps.extend(n for n in needs if n not in keeps)
            return Step(i, rule, tuple(map(keeps.index, needs)))

        through = step(-1, self.through) if self.through else None
        rules = self.vjps * count if self.variadic else self.vjps
        steps = [step(i, r) for i, r in enumerate(rules) if r is not None and mask >> i & 1]
        constants = any(kind == CONSTANT for kind, _ in keeps)
        plan = self.plans[mask] = Plan(self, tuple(keeps), constants, through, tuple(steps))
        return plan

    def compute(self, arrays: Sequence[Any], settings: dict[str, Any], mask: int) -> Any:
        """The output; what the rules want beside it joins the settings."""
        if self.residual is None or not (mask & self.ruled and STATE.recording):
            return self.forward(*arrays, **settings)
        out, settings["residual"] = self.residual(*arrays, **settings)
        return out

    def wrap(self, out: Any, args: Sequence[Any], settings: dict[str, Any], mask: int) -> Traced:
        """The result of a call in which some argument is Traced: recorded if `mask` has bits.

        The bits are those of the arguments that require a gradient.
        """
        if mask and STATE.recording and (mask := mask & self.ruled):
            plan = self.plans.get(mask) or self.plan(mask, len(args))
            edges = tuple([args[i].node or args[i] for i, _, _ in plan.steps])
            result = record(out, args, settings, plan, edges)
        else:
            result = Traced.result_type(out)
        if self.view and isinstance(args[0], Traced):
            share_version(result, args[0])
        return result


def _names(rule: Rule) -> Sequence[str]:
    """The names of a rule's parameters, where they can be read without `inspect`, which is slow."""
    code = getattr(rule, "__code__", None)
    if code is None or hasattr(rule, "__wrapped__"):
        return list(inspect.signature(rule).parameters)
    return code.co_varnames[: code.co_argcount]


OPS: dict[str, Op] = {}
"""Every op by name: the library's own and those that users declare."""

BY_NUMPY: dict[Any, Callable[..., Any]] = {}
"""What answers when NumPy's function is given a Tensor."""

COMPOSED: dict[str, Callable[..., Any]] = {}
"""Functions that are made of ops and so need no rules, by name."""


def raw(x: Any) -> Any:
    """The array behind a Tensor; anything else as it is."""
    return x.data if isinstance(x, Traced) else x


def unwrap(args: Sequence[Any]) -> tuple[Sequence[Any], int]:
    """The arrays behind `args`, and bits for those that require a gradient.

    What comes back is `args` itself if there is no Tensor among them.
    """
    arrays, mask = args, 0
    for i, a in enumerate(args):
        if isinstance(a, Traced):
            if arrays is args:
                arrays = list(args)
            arrays[i] = a.data  # type: ignore[index]
            mask |= a.requires_grad << i
    return arrays, mask


def set_recorder(recorder: Callable[..., Traced]) -> None:
    """Let `recorder` make the nodes, in all threads, instead of `record`."""
    global record
    record = recorder


def _call(op: Op) -> Callable[..., Any]:
    """What users call. Positional-only ops of one or two arguments, the most frequent, are fast."""
    if op.positional and not op.settings and all(op.vjps):
        if len(op.arguments) == 1:
            return _unary_call(op)
        if len(op.arguments) == 2 and not op.view:
            return _binary_call(op)
    return _general_call(op)


def _unary_call(op: Op) -> Callable[..., Any]:
    forward, view, plan = op.forward, op.view, op.plan(1, 1)

    def call(x: Any, /) -> Any:
        if not isinstance(x, Traced):
            return forward(x)
        out = forward(x.data)
        if x.requires_grad and STATE.recording:
            result = record(out, (x,), NOTHING, plan, (x.node or x,))
        else:
            result = Traced.result_type(out)
        if view:
            share_version(result, x)
        return result

    return call


def _binary_call(op: Op) -> Callable[..., Any]:
    forward = op.forward
    left, right, both = (op.plan(mask, 2) for mask in (1, 2, 3))

    def call(x: Any, y: Any, /) -> Any:
        if isinstance(x, Traced):
            if isinstance(y, Traced):
                out = forward(x.data, y.data)
                if y.requires_grad and STATE.recording:
                    if x.requires_grad:
                        return record(out, (x, y), NOTHING, both, (x.node or x, y.node or y))
                    return record(out, (x, y), NOTHING, right, (y.node or y,))
            else:
                out = forward(x.data, y)
            if x.requires_grad and STATE.recording:
                return record(out, (x, y), NOTHING, left, (x.node or x,))
        elif isinstance(y, Traced):
            out = forward(x, y.data)
            if y.requires_grad and STATE.recording:
                return record(out, (x, y), NOTHING, right, (y.node or y,))
        else:
            return forward(x, y)
        return Traced.result_type(out)

    return call


def _general_call(op: Op) -> Callable[..., Any]:
    forward, compute, wrap, arguments = op.forward, op.compute, op.wrap, op.arguments
    names, count = [*op.arguments, *op.settings], len(op.arguments)

    def bind(args: tuple[Any, ...], settings: dict[str, Any]) -> tuple[Any, ...]:
        """Arguments given by name join `args`, settings given by position join `settings`."""
        if len(args) > len(names):
            raise TypeError(f"{op.name}() takes {len(names)} arguments but {len(args)} were given")
        settings.update(zip(names[count:], args[count:], strict=False))
        rest = (settings.pop(n, op.defaults.get(n, EMPTY)) for n in arguments[len(args) :])
        args = (*args[:count], *rest)
        for name, a in zip(arguments, args, strict=True):
            if a is EMPTY:
                raise TypeError(f"{op.name}() is missing the argument {name!r}")
        return args

    def call(*args: Any, **settings: Any) -> Any:
        if len(args) != count:
            args = bind(args, settings)
        arrays, mask = unwrap(args)
        if arrays is args:
            return forward(*args, **settings)
        return wrap(compute(arrays, settings, mask), args, settings, mask)

    return call


def _variadic_call(op: Op) -> Callable[..., Any]:
    forward, names = op.forward, op.settings

    def call(arrays: Sequence[Any], *positional: Any, **settings: Any) -> Any:
        settings.update(zip(names, positional, strict=False))
        args = tuple(arrays)
        plain, mask = unwrap(args)
        if plain is args:
            return forward(*args, **settings)
        return op.wrap(forward(*plain, **settings), args, settings, mask)

    return call


def op(
    *,
    vjps: Sequence[Rule | None] | Rule,
    through: Rule | None = None,
    ufunc: np.ufunc | None = None,
    numpy: Any = None,
    domain: Any = None,
    broadcasts: bool = False,
    view: bool = False,
    residual: Callable[..., Any] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare an op: the decorated function computes on arrays, `vjps` say how it is pulled back.

    A rule is a function of `g`, the gradient of the output, and of whatever it names after that:
    `out`, any of the forward's arguments, `<argument>_shape`, or a setting. The graph keeps those
    and nothing else. Rules are written with ops, so that derivatives of any order follow. Calls of
    ops whose one or two parameters are positional-only (`def f(x, /)`) cost least.

    Args:
        vjps: A rule for each array argument, in order; None for one without a gradient. The
            forward's further parameters are settings. A single rule instead of a sequence makes
            the op variadic: it takes one sequence of arrays, and the rule, for any of them, may
            name `position` and `shapes`.
        through: A rule applied to `g` before the others, for a forward `outer(inner(...))` whose
            outer derivative all arguments share: `linear_relu` masks `g` once.
        ufunc: The NumPy ufunc that the op is, if it is one: it computes, and the decorated
            function is there for its name, parameters and docstring.
        numpy: The NumPy function, or functions, that this op answers for, if not `ufunc`.
        domain: Where an element-wise op is smooth, for the tests: `(low, high)` for all arguments,
            or a pair for each.
        broadcasts: Whether arguments are broadcast against each other; gradients are then summed
            back by the engine.
        view: Whether the result may share memory with the first argument.
        residual: Computes, instead of the forward, ``(output, residual)`` where the call is
            recorded; rules may name `residual`, which is held constant: they hand it on to an op
            that knows how it follows from the arguments.

    Raises:
        TypeError: a rule names something that the op does not have.

    Example:
        >>> import numpy as np, autograd_lite as ag
        >>> @ag.op(vjps=(lambda g, x: g * 3 * x**2,))
        ... def cube(x):
        ...     return x**3
        >>> ag.grad(cube)(2.0)
        np.float64(12.0)
    """

    def declare(function: Callable[..., Any]) -> Callable[..., Any]:
        declared = Op(
            function,
            vjps,
            through=through,
            ufunc=ufunc,
            numpy=numpy,
            domain=domain,
            broadcasts=broadcasts,
            view=view,
            residual=residual,
        )
        OPS[declared.name] = declared
        for answered in declared.numpy:
            BY_NUMPY[answered] = declared.call
        declared.call.op = declared  # type: ignore[attr-defined]
        return declared.call

    return declare


def composed(*, numpy: Any = None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a function made of ops, which needs no rules of its own, to answer for NumPy's."""

    def declare(function: Callable[..., Any]) -> Callable[..., Any]:
        COMPOSED[function.__name__] = function
        if numpy is not None:
            BY_NUMPY[numpy] = function
        return function

    return declare
