"""A whole computation as one node of the graph, with one pullback for all that it depends on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

from autograd_lite.graph import Node, Place, Traced, place_of
from autograd_lite.record import OUT, VARIABLE, Plan, Step, record

Pullback = Callable[..., Sequence[Any]]


def macro(
    name: str, out: Any, inputs: Sequence[Traced], others: Sequence[Place], pullback: Pullback
) -> Traced:
    """Record `out` as the result of one step.

    Args:
        name: What errors call it.
        out: The array.
        inputs: The Tensors that it was computed from and that require a gradient.
        others: Further places it depends on, that the computation itself knows.
        pullback: ``(g, out, *values of inputs) -> gradients`` of the inputs, then of the others;
            given arrays or Tensors, as rules are. None stands for zeros.
    """
    edges = (*map(place_of, inputs), *others)
    keeps = ((OUT, None), *((VARIABLE, i) for i in range(len(inputs))))
    op = SimpleNamespace(
        name=name,
        arguments=[f"input {i}" for i in range(len(edges))],
        broadcasts=False,
        diagonal=False,
        variadic=False,
    )
    through = Step(-1, pullback, tuple(range(len(keeps))))
    steps = tuple(Step(i, _part(i), ()) for i in range(len(edges)))
    return record(out, inputs, {}, Plan(op, keeps, False, through, steps), edges)


def _part(i: int) -> Callable[[Any], Any]:
    return lambda gradients: gradients[i]


def places_before(nodes: Sequence[Node], since: int, own: Sequence[Place]) -> list[Place]:
    """What `nodes` read besides each other and `own`: leaves, and nodes no younger than `since`."""
    found: dict[Place, None] = {}
    for node in nodes:
        for edge in node.edges:
            if not isinstance(edge, Node) or edge.order <= since:
                found[edge] = None
    for place in own:
        found.pop(place, None)
    return list(found)
