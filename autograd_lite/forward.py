"""The forward pass of derivatives: tangents are pushed along a recorded graph, oldest node first.

No op declares a rule for this. An element-wise op has a diagonal Jacobian, so its rule serves both
ways; any other rule is linear in the gradient it is given, and is transposed by being recorded and
pulled back itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from autograd_lite import engine
from autograd_lite.graph import Node, Place, Traced, enable_grad, place_of, tick
from autograd_lite.op import raw
from autograd_lite.ops.elementwise import add
from autograd_lite.ops.shape import broadcast_to


def push(
    roots: Sequence[Place],
    tangents: Mapping[Place, Any],
    *,
    create_graph: bool = False,
    make: type[Push] | None = None,
) -> list[Any]:
    """Push tangents forward: ``sum_i d roots[k] / d x_i @ tangents[x_i]`` for each root.

    Args:
        roots: Where derivatives are wanted.
        tangents: A direction for each place to differentiate by, of its shape and dtype: arrays,
            or Tensors with `create_graph`.
        create_graph: Whether the results shall be differentiable.
        make: How a node pushes, if not the usual way.

    Returns:
        The derivative at each root; None where no tangent reaches it. The graph is kept.

    Raises:
        GradientError: the graph was freed, or a value was overwritten since.
    """
    found = dict(tangents)
    for node in engine.reachable(roots):
        if node in found or not any(edge in found for edge in node.edges):
            continue
        push_node = (make or Push)(node, create_graph)
        parts = [
            push_node.along(step.argument, step.rule, step.reads, found[edge])
            for edge, step in zip(node.edges, node.plan.steps, strict=True)
            if edge in found
        ]
        known = [part for part in parts if part is not None]
        if known:
            found[node] = known[0]
            for part in known[1:]:
                found[node] = add(found[node], part)
    return [found.get(root) for root in roots]


class Push:
    """One node: what its rules read, and how they carry a tangent.

    Attributes:
        backward_pass: How a recorded rule is pulled back, if not the usual way.
    """

    backward_pass: ClassVar[Callable[..., engine.Pass] | None] = None

    def __init__(self, node: Node, create_graph: bool) -> None:
        self.node = node
        self.create_graph = create_graph
        self.values = engine.values_of(node, create_graph)

    def along(
        self, argument: int, rule: Callable[..., Any], reads: tuple[int, ...], tangent: Any
    ) -> Any:
        """The part of one argument in the tangent of the output; None without a derivative."""
        node, op = self.node, self.node.plan.op
        if not op.diagonal:
            return self.transposed(argument, rule, reads, tangent)
        part = rule(self.spread(tangent), *[self.values[j] for j in reads])
        return None if part is None else engine.cast(part, node.dtype)

    def spread(self, tangent: Any) -> Any:
        """A tangent of an argument in the shape of the output."""
        shape = self.node.shape
        return tangent if tangent.shape == shape else broadcast_to(tangent, shape=shape)

    def transposed(
        self, argument: int, rule: Callable[..., Any], reads: tuple[int, ...], tangent: Any
    ) -> Any:
        """`along` for a rule that is linear, and no more: recorded, and itself pulled back."""
        node, through = self.node, self.node.plan.through
        edge = node.edges[[s.argument for s in node.plan.steps].index(argument)]
        since = tick()
        with enable_grad():
            g = start = Traced.result_type(np.zeros(node.shape, node.dtype), True)
            if through is not None:
                g = through.rule(g, *[self.values[j] for j in through.reads])
            pulled = rule(g, *[self.values[j] for j in reads])
            if not isinstance(pulled, Traced) or not pulled.requires_grad:
                return None
            pulled = engine.fit(pulled, edge, node.plan.op, argument)
            return engine.backpropagate(
                [place_of(pulled)],
                [tangent if self.create_graph else raw(tangent)],
                [start],
                create_graph=self.create_graph,
                retain_graph=self.create_graph,
                since=since,
                make=self.backward_pass,
            ).get(start)
