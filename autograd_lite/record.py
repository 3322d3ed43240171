"""How a call becomes a node: which values are saved for the rules, and which places are edges."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.graph import Node, Traced, tick

Rule = Callable[..., Any]

_new = object.__new__

VARIABLE, CONSTANT, OUT, SHAPE, SETTING, POSITION = range(6)


class Product:
    """A rule that ends in a matrix product, which the engine may finish in a way of its own.

    Args:
        multiply: The op for the product.
        factors: What it multiplies: a rule that gives a pair.
    """

    def __init__(self, multiply: Callable[..., Any], factors: Rule) -> None:
        self.multiply, self.factors = multiply, factors
        self.__signature__ = inspect.signature(factors)  # names what the rule reads

    def __call__(self, *values: Any) -> Any:
        """The product, by the op."""
        return self.multiply(*self.factors(*values))


class Mask:
    """A rule for `through=`: zeros where the output, of the shape of `g`, is not positive.

    Twice is as good as once, and before a sum as good as after it; so the engine may have a product
    masked as it is made.
    """

    __signature__ = inspect.signature(lambda g, out: None)

    def __init__(self, hide: Callable[[Any, Any], Any]) -> None:
        self.hide = hide

    def __call__(self, g: Any, out: Any) -> Any:
        """`g` where `out` is positive, by the op."""
        return self.hide(g, out)


class Step(NamedTuple):
    """The rule of one argument, and which of the saved values it reads."""

    argument: int
    rule: Rule
    reads: tuple[int, ...]


class Plan(NamedTuple):
    """How a node of `op` is pulled back when just some arguments need a gradient.

    Those are the arguments of `steps`, and the node's edges are in the same order. `keeps` says
    what is saved as (kind, key): an argument with or without an edge, the output, or a setting.
    """

    op: Any  # op.Op
    keeps: tuple[tuple[int, Any], ...]
    constants: bool  # whether something kept may be a Tensor without an edge
    through: Step | None
    steps: tuple[Step, ...]


def record(
    out: Any, args: Sequence[Any], settings: dict[str, Any], plan: Plan, edges: tuple[Any, ...]
) -> Traced:
    """Put `out` into the graph, with what the rules of the plan will read."""
    if type(out) is not np.ndarray:
        out = np.asarray(out)
    saved: list[Any] = []
    for kind, key in plan.keeps:
        if kind == VARIABLE:
            saved.append(args[key].data)
        elif kind == OUT:
            saved.append(out)
        elif kind == CONSTANT:
            saved.append(args[key])  # as a Tensor if it is one, for its version
        else:
            saved.append(_other(plan, kind, key, args, settings))
    node = Node()
    node.plan = plan
    node.edges = edges
    node.saved = saved
    node.order = tick()
    node.shape = out.shape
    node.dtype = out.dtype
    node.hooks = node.version = None
    # What the class would do, less its call and its checks: a third of the cost of a small op.
    result = _new(Traced.result_type)
    result.data = out
    result.requires_grad = True
    result.node = node
    result.hooks = result.version = None
    return result


def _other(plan: Plan, kind: int, key: Any, args: Sequence[Any], settings: dict[str, Any]) -> Any:
    """What a rule reads besides arguments and the output."""
    if kind == SETTING:
        return settings[key] if key in settings else plan.op.defaults[key]
    if kind == POSITION:
        return key
    return [_shape(a) for a in args] if key is None else _shape(args[key])


def _shape(x: Any) -> tuple[int, ...]:
    return x.shape if isinstance(x, (Traced, np.ndarray)) else np.shape(x)
