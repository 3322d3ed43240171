"""Memory for time: a part of the graph that is made anew when it is needed."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite import engine, random
from autograd_lite.graph import STATE, Place, Traced, enable_grad, place_of, tick
from autograd_lite.tensor import Tensor
from autograd_lite.transforms.macro import macro, places_before
from autograd_lite.transforms.vectors import ravel_tree
from autograd_lite.trees import leaves_of, rebuild

Function = Callable[..., Any]


def checkpoint(f: Function) -> Function:
    """f itself, except that the graph keeps only its arguments and runs it again in the backward.

    Memory falls to the largest of the parts, for one more forward. Random numbers of
    `ag.random.generator()` are the same in both runs, so a dropout mask is. Tensors that f takes
    from around it, such as a model's weights, get their gradients too.

    Args:
        f: Takes arrays, Tensors or trees of them; returns an array, or a tree of them.

    Example:
        >>> ag.grad(lambda x: checkpoint(np.tanh)(x) ** 2)(0.5)
        np.float64(0.7268619813835874)

    Source: Griewank and Walther, Algorithm 799: revolve, 2000; Chen et al., Training deep nets
    with sublinear memory cost, 2016.
    """

    @functools.wraps(f)
    def run(*args: Any, **settings: Any) -> Any:
        if not STATE.recording:
            return f(*args, **settings)
        part = _Part(functools.partial(f, **settings), args)
        return part.result()

    return run


class _Part:
    """One call: its function and arguments, and the random numbers that it met."""

    def __init__(self, f: Function, args: Sequence[Any]) -> None:
        self.f, self.args = f, args
        self.leaves = leaves_of(list(args))
        self.chosen = [i for i, x in enumerate(self.leaves) if _needs_gradient(x)]
        self.random = random.state()
        self.others: list[Place] = []

    def result(self) -> Any:
        """The value, as one node."""
        since = tick()
        variables = [Tensor(self.leaves[i].data, True) for i in self.chosen]
        vector, form = self.run(variables)
        if not _needs_gradient(vector):
            return form(vector)
        nodes = engine.reachable([place_of(vector)], since)
        self.others = places_before(nodes, since, variables)
        inputs = [self.leaves[i] for i in self.chosen]
        return form(macro("checkpoint", vector.data, inputs, self.others, self.pullback))

    def run(self, values: Sequence[Any]) -> tuple[Any, Function]:
        """f as one array, and how its results come back from it."""
        leaves = list(self.leaves)
        for i, value in zip(self.chosen, values, strict=True):
            leaves[i] = value
        with enable_grad():
            out = self.f(*rebuild(list(self.args), iter(leaves)))
            return (out, lambda y: y) if isinstance(out, Traced) else ravel_tree(out)

    def pullback(self, g: Any, _out: Any, *values: Any) -> list[Any]:
        """Run again, recording, and pull g back through that."""
        graph = isinstance(g, Traced)
        since = tick()
        variables = [v if isinstance(v, Traced) else Tensor(v, True) for v in values]
        with random.replayed(self.random):
            vector, _ = self.run(variables)
        targets = [*map(place_of, variables), *self.others]
        found = engine.backpropagate(
            [place_of(vector)],
            [g],
            targets,
            create_graph=graph,
            retain_graph=graph,
            since=since,
        )
        return [found.get(target) for target in targets]


def _needs_gradient(x: Any) -> bool:
    return isinstance(x, Traced) and x.requires_grad
