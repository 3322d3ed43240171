"""What all transforms share: what is differentiated by, and for whom the results are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd_lite import engine
from autograd_lite.errors import DTypeError, explain
from autograd_lite.graph import STATE, Traced, enable_grad, place_of
from autograd_lite.op import op, raw
from autograd_lite.tensor import Tensor
from autograd_lite.trees import leaves_of, rebuild


@op(vjps=(lambda g: g,), view=True)
def identity(x: Any) -> Any:
    """x itself, under a place of its own in the graph.

    Example:
        >>> identity(np.ones(2))
        array([1., 1.])
    """
    return x


class Scope:
    """One run of a transform: what it differentiates by, and whether its results are graph."""

    def __init__(self, f: Callable[..., Any], chosen: Sequence[int], trees: Sequence[Any]) -> None:
        self.trees = trees
        self.given = [leaves_of(tree) for tree in trees]
        self.nested = STATE.depth > 0 or any(
            isinstance(x, Traced) and x.requires_grad for leaves in self.given for x in leaves
        )
        self.inputs = [
            [_variable(x, f, i) for x in leaves]
            for leaves, i in zip(self.given, chosen, strict=True)
        ]

    def arguments(self) -> list[Any]:
        """The arguments to differentiate by, as Tensors."""
        return [rebuild(t, iter(x)) for t, x in zip(self.trees, self.inputs, strict=True)]

    def gradients(self, out: Any, seed: Any, *, retain_graph: bool = False) -> list[Any]:
        """The gradient by each argument, as trees; zeros where nothing depends on it."""
        flat = [x for inputs in self.inputs for x in inputs]
        found = pull_to(out, seed, flat, create_graph=self.nested, retain_graph=retain_graph)
        results = iter(found)
        return [
            rebuild(tree, iter([self.release(next(results), like) for like in leaves]))
            for tree, leaves in zip(self.trees, self.given, strict=True)
        ]

    def release(self, result: Any, like: Any = None) -> Any:
        """A result for the caller: part of the graph if nested, else an array or a number."""
        if self.nested:
            return result
        array = np.asarray(raw(result))
        return array if array.ndim or isinstance(like, np.ndarray) else array[()]


def _variable(x: Any, f: Callable[..., Any], i: int) -> Any:
    """A Tensor of its own for x, connected to x where x is itself differentiated."""
    data = np.asarray(raw(x))
    if data.dtype.kind not in "fc":
        raise DTypeError(
            explain(
                f"{getattr(f, '__name__', 'function')}, argument {i}",
                "integers and truth values have no gradient",
                got=f"{data.dtype} of shape {data.shape}",
                expected="a floating dtype",
                fix="pass floats (2.0, x.astype(float)), or choose other arguments by `argnums`",
            )
        )
    if isinstance(x, Traced) and x.requires_grad:
        return identity(x)
    return Tensor(data, True)


def pull_to(
    out: Any, seed: Any, inputs: Sequence[Traced], *, create_graph: bool, retain_graph: bool
) -> list[Any]:
    """Gradients of ``<seed, out>`` at `inputs`, zeros where there is no path."""
    places = [place_of(x) for x in inputs]
    found: dict[Any, Any] = {}
    if isinstance(out, Traced) and out.requires_grad:
        found = engine.pull(
            [place_of(out)],
            [seed if create_graph else raw(seed)],
            places,
            create_graph=create_graph,
            retain_graph=retain_graph or create_graph,
        )
    return [found[p] if p in found else np.zeros(p.shape, p.dtype) for p in places]


@contextmanager
def running() -> Iterator[None]:
    """While a function is being differentiated: recording, and inner transforms are nested."""
    STATE.depth += 1
    try:
        with enable_grad():
            yield
    finally:
        STATE.depth -= 1
