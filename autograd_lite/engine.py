"""The backward pass: in what order nodes are pulled back, and how their gradients are summed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any

import numpy as np

from autograd_lite import kernels
from autograd_lite.errors import GradientError, explain
from autograd_lite.graph import STATE, Node, Place, Traced, Version, place_of
from autograd_lite.lines import add_line, named
from autograd_lite.op import raw
from autograd_lite.ops.complexes import conjugate, real
from autograd_lite.ops.elementwise import add
from autograd_lite.ops.shape import astype, sum_to
from autograd_lite.record import CONSTANT, OUT, VARIABLE, Mask, Product


def pull(
    roots: Sequence[Place],
    seeds: Sequence[Any],
    targets: Iterable[Place] | None = None,
    *,
    create_graph: bool = False,
    retain_graph: bool = False,
    make: Callable[..., Pass] | None = None,
) -> dict[Place, Any]:
    """Pull gradients back: those of ``sum_i <seeds[i], roots[i]>`` at `targets`.

    Rules are called on arrays, so nothing is wrapped and nothing recorded. With `create_graph` the
    same rules are called on Tensors, and so the gradients are themselves graph. Rules know no
    complex conjugate; gradients are conjugated here, on their way in and out.

    Args:
        roots: Where to start.
        seeds: A gradient for each root: arrays, or Tensors with `create_graph`.
        targets: Where gradients are wanted; None for all leaves. No rule runs off their paths.
        create_graph: Whether the gradients shall be differentiable.
        retain_graph: Whether the nodes keep what they saved, for another pass.
        make: What kind of pass, if not the usual one.

    Returns:
        The gradient at each leaf or target that one reaches. Arrays at leaves are fresh.

    Raises:
        GradientError: the graph was freed, a value was overwritten since, or a rule is wrong.
    """
    seeds = [_conjugated(seed) for seed in seeds]
    grads = backpropagate(
        roots, seeds, targets, create_graph=create_graph, retain_graph=retain_graph, make=make
    )
    for place, g in grads.items():
        if isinstance(place, Traced) and place.hooks:
            g = grads[place] = _run_hooks(place.hooks, g, create_graph)
        if g.dtype.kind == "c":
            grads[place] = conjugate(g)
    return grads


def backpropagate(
    roots: Sequence[Place],
    seeds: Sequence[Any],
    targets: Iterable[Place] | None = None,
    *,
    create_graph: bool = False,
    retain_graph: bool = False,
    since: int = 0,
    make: Callable[..., Pass] | None = None,
) -> dict[Place, Any]:
    """`pull` as the rules have it: without conjugates, and without the hooks of leaves.

    Nodes that are not younger than `since` are left alone.
    """
    kept = frozenset(targets) if targets is not None else frozenset()
    nodes = reachable(roots, since)
    make = make or (Pass if STATE.watch is None else STATE.watch.backward_pass)
    run = make(kept, None if targets is None else _useful(nodes, kept), create_graph)
    grads = run.grads
    for root, seed in zip(roots, seeds, strict=True):
        run.collect(root, seed, (seed,))
    while nodes:
        node = nodes.pop()
        g = grads.get(node) if node in kept else grads.pop(node, None)
        if g is None:
            continue
        if node.hooks:
            g = _run_hooks(node.hooks, g, create_graph)
            if node in kept:
                grads[node] = g
        try:
            run.pull_node(node, g)
        except Exception as error:
            add_line(error, node)
            raise
        if not retain_graph:
            node.saved, node.edges = None, ()
    return grads


def _conjugated(g: Any) -> Any:
    """``conj(g)``, which is g itself for real numbers."""
    return conjugate(g) if g.dtype.kind == "c" else g


def reachable(roots: Sequence[Place], since: int = 0) -> list[Node]:
    """Every node that the roots depend on, oldest first. Iterative, as graphs are deep."""
    found = {root for root in roots if isinstance(root, Node)}
    stack = list(found)
    while stack:
        node = stack.pop()
        if node.saved is None:
            raise GradientError(
                explain(
                    f"backward, at {named(node)}",
                    "the graph was freed by an earlier backward pass",
                    fix="call backward(retain_graph=True) the first time, or run the forward again",
                )
            )
        for edge in node.edges:
            if type(edge) is Node and edge not in found and edge.order > since:
                found.add(edge)
                stack.append(edge)
    return sorted(found, key=attrgetter("order"))


def _useful(nodes: list[Node], targets: frozenset[Place]) -> set[Place]:
    """The targets, and the nodes from which a path leads on to one."""
    useful = set(targets)
    for node in nodes:
        if any(edge in useful for edge in node.edges):
            useful.add(node)
    return useful


class Pass:
    """The state of one backward pass.

    Attributes:
        grads: What has come together so far at each place.
        summed: Places whose array this pass has made, and so may add to in place.
        masked: Places whose gradient has been through their node's mask already.
        kept: Places whose gradient is wanted as it is.
        useful: Places where a gradient is of use, None for all.
        create_graph: Whether gradients are Tensors.
    """

    __slots__ = ("create_graph", "grads", "kept", "masked", "summed", "useful")

    def __init__(
        self, kept: frozenset[Place], useful: set[Place] | None, create_graph: bool
    ) -> None:
        self.grads: dict[Place, Any] = {}
        self.summed: set[Place] = set()
        self.masked: set[Place] = set()
        self.kept = kept
        self.useful = useful
        self.create_graph = create_graph

    def pull_node(self, node: Node, g: Any) -> None:
        """Run the rules of one node and add what they give to its inputs' gradients."""
        op, _, constants, through, steps = node.plan
        values: Any = node.saved
        if constants or self.create_graph or Version.latest > node.order:
            values = values_of(node, self.create_graph)
        outer = g
        if through is not None and node not in self.masked:
            g = through.rule(g, *[values[j] for j in through.reads])
        for edge, (i, rule, reads) in zip(node.edges, steps, strict=True):
            if self.useful is not None and edge not in self.useful:
                continue
            if type(rule) is Product and not self.create_graph:
                factors = rule.factors(g, *[values[j] for j in reads])
                self.multiply(edge, factors, op, i)
                continue
            if len(reads) == 1:
                d = rule(g, values[reads[0]])
            else:
                d = rule(g, *[values[j] for j in reads]) if reads else rule(g)
            if d is None:
                continue
            inner = type(edge) is Node
            like = edge if inner else edge.data  # type: ignore[union-attr]
            if d.shape != like.shape or d.dtype is not like.dtype:
                d = fit(d, edge, op, i)
            self.collect(edge, d, () if inner else (outer, g, *values))

    def multiply(self, place: Place, factors: tuple[Any, Any], op: Any, i: int) -> None:
        """Add the product of two factors to the gradient at `place`, in one sweep if it can be."""
        a, b = factors
        if place in self.summed:
            self.masked.discard(place)
            kernels.matmul_add(self.grads[place], a, b)
            return
        mask = None if place in self.grads else self._mask_of(place)
        d = kernels.matmul(a, b) if mask is None else kernels.matmul_where(mask, a, b)
        if d.shape != place.shape or d.dtype != place.dtype:
            d = fit(d, place, op, i)
        self.collect(place, d, ())
        self.summed.add(place)
        if mask is not None:
            self.masked.add(place)

    def _mask_of(self, place: Place) -> Any:
        """What hides a part of the gradient at `place`, if only its own node will look at it."""
        if type(place) is not Node or place.hooks or place in self.kept:
            return None
        through = place.plan.through
        if through is None or type(through.rule) is not Mask or place.saved is None:
            return None
        return place.saved[through.reads[0]]

    def collect(self, place: Place, d: Any, others: Sequence[Any]) -> None:
        """Add `d` to the gradient at `place`; `others` are arrays that it might be."""
        grads = self.grads
        if place not in grads:
            own = type(place) is Node or self.create_graph
            grads[place] = d if own else _own(d, others)
            return
        self.masked.discard(place)
        if place in self.summed:
            np.add(grads[place], d, out=grads[place])
        else:
            total = grads[place] = add(grads[place], d)
            if type(total) is np.ndarray:
                self.summed.add(place)


def _own(d: Any, others: Iterable[Any]) -> Any:
    """A leaf's gradient belongs to it alone, as users write to it: copy what is shared."""
    if type(d) is not np.ndarray or d.base is not None:
        return np.array(d)
    for other in others:
        if d is other:
            return np.array(d)
    return d


def fit(d: Any, edge: Place, op: Any, i: int) -> Any:
    """Give a gradient its argument's shape and dtype, as far as the op's declaration allows."""
    if d.shape != edge.shape:
        if not op.broadcasts:
            name = "an array" if op.variadic else f"`{op.arguments[i]}`"
            raise GradientError(
                explain(
                    op.name,
                    f"the rule of {name} gives a gradient of the wrong shape",
                    got=str(d.shape),
                    expected=str(edge.shape),
                    fix="mend the rule, or declare the op with broadcasts=True if it broadcasts",
                )
            )
        d = sum_to(d, shape=edge.shape)
    return cast(d, edge.dtype)


def cast(d: Any, dtype: Any) -> Any:
    """A gradient in another dtype; of a real argument's only the real part counts."""
    if d.dtype.kind == "c" and dtype.kind != "c":
        d = real(d)
    return d if d.dtype == dtype else astype(d, dtype=dtype)


def _run_hooks(hooks: list[Callable[[Any], Any]], g: Any, create_graph: bool) -> Any:
    """Show a gradient to the hooks, as a Tensor; what one returns replaces it."""
    g = _conjugated(g)
    seen = g if isinstance(g, Traced) else Traced.result_type(g)
    for hook in hooks:
        replaced = hook(seen)
        if replaced is not None:
            seen = replaced if isinstance(replaced, Traced) else Traced.result_type(replaced)
    if seen.shape != g.shape:
        raise GradientError(
            explain(
                "register_hook",
                "a hook changed the shape of the gradient",
                got=str(seen.shape),
                expected=str(g.shape),
            )
        )
    return _conjugated(seen if create_graph else seen.data)


def values_of(node: Node, create_graph: bool) -> Any:
    """What the rules of `node` read: arrays, or Tensors with `create_graph`."""
    if Version.latest > node.order:
        _check_versions(node)
    if create_graph:
        return _as_graph(node)
    if node.plan.constants:
        return [raw(value) for value in node.saved]  # type: ignore[union-attr]
    return node.saved


def _as_graph(node: Node) -> list[Any]:
    """What the rules of `node` read, each value at its place in the graph."""
    assert node.saved is not None  # noqa: S101 - `reachable` has looked
    tensors = []
    for (kind, key), value in zip(node.plan.keeps, node.saved, strict=True):
        if kind == OUT:
            value = Traced.result_type(value, True, node)
        elif kind == VARIABLE:
            value = _variable(node, key, value)
        tensors.append(value)
    return tensors


def _edge(node: Node, argument: int) -> Place:
    """Where the gradient of an argument goes."""
    steps = node.plan.steps
    return next(e for e, s in zip(node.edges, steps, strict=True) if s.argument == argument)


def _variable(node: Node, argument: int, value: Any) -> Traced:
    """A saved argument as the Tensor that it was."""
    edge = _edge(node, argument)
    if isinstance(edge, Node):
        return Traced.result_type(value, True, edge)
    if edge.data is value:
        return edge
    op = node.plan.op
    raise GradientError(
        explain(
            f"backward, at `{op.name}`",
            f"`.data` of its argument `{op.arguments[argument]}` was replaced after the forward",
            expected="the array that the op was called with",
            fix="replace it after backward()",
        )
    )


def _check_versions(node: Node) -> None:
    """Raise if a value that the rules of `node` will read was written since it was saved."""
    assert node.saved is not None  # noqa: S101 - `reachable` has looked
    op = node.plan.op
    for (kind, key), value in zip(node.plan.keeps, node.saved, strict=True):
        owner: Place
        if kind == OUT:
            owner, name = node, "its output"
        elif kind == VARIABLE or (kind == CONSTANT and isinstance(value, Traced)):
            owner = _edge(node, key) if kind == VARIABLE else place_of(value)
            name = f"its argument `{op.arguments[key]}`"
        else:
            continue
        if owner.version and owner.version.written > node.order:
            raise GradientError(
                explain(
                    f"backward, at `{op.name}`",
                    f"{name} was overwritten in place after the forward pass",
                    expected="the value as it was when the op was called",
                    fix="write after backward(), or into a copy",
                )
            )
