"""How a call becomes a node: which values are saved for the rules, and which places are edges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.graph import Node, Traced, tick

Rule = Callable[..., Any]

VARIABLE, CONSTANT, OUT, SHAPE, SETTING, POSITION = range(6)


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
    return Traced.result_type(out, True, node)


def _other(plan: Plan, kind: int, key: Any, args: Sequence[Any], settings: dict[str, Any]) -> Any:
    """What a rule reads besides arguments and the output."""
    if kind == SETTING:
        return settings[key] if key in settings else plan.op.defaults[key]
    if kind == POSITION:
        return key
    return [_shape(a) for a in args] if key is None else _shape(args[key])


def _shape(x: Any) -> tuple[int, ...]:
    return x.shape if isinstance(x, (Traced, np.ndarray)) else np.shape(x)
