"""What all transforms share: what is differentiated by, and for whom the results are."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd_lite import batched, engine, forward
from autograd_lite.errors import DTypeError, explain
from autograd_lite.graph import STATE, Traced, enable_grad, place_of
from autograd_lite.op import op, raw
from autograd_lite.tensor import Tensor
from autograd_lite.trees import leaves_of, rebuild


class LinearMap:
    """A pullback or a pushforward: a function that `vmap` may give many directions at once.

    Args:
        one: The function.
        many: The same with a leading axis at each array; None, not a result, if that cannot be.
    """

    def __init__(self, one: Callable[..., Any], many: Callable[..., Any]) -> None:
        self.one, self.many = one, many

    def __call__(self, *directions: Any) -> Any:
        """The derivative along one direction."""
        return self.one(*directions)


@op(vjps=(lambda g: g,), view=True, domain=(-3, 3))
def identity(x: Any) -> Any:
    """x itself, under a place of its own in the graph.

    Example:
        >>> identity(np.ones(2))
        array([1., 1.])
    """
    return x


class Variable(Tensor):
    """A leaf that a transform has made for an argument; nobody else can want its gradient."""

    __slots__ = ()


class Scope:
    """One run of a transform: what it differentiates by, and whether its results are graph."""

    def __init__(self, f: Callable[..., Any], chosen: Sequence[int], args: Sequence[Any]) -> None:
        self.trees = [args[i] for i in chosen]
        self.given = [leaves_of(tree) for tree in self.trees]
        self.nested = STATE.depth > 0 or any(map(_depends, leaves_of(list(args))))
        self.recording = STATE.recording
        self.inputs = [
            [_variable(x, f, i) for x in leaves]
            for leaves, i in zip(self.given, chosen, strict=True)
        ]

    def look_around(self, outs: Sequence[Any]) -> None:
        """Be graph if f read Tensors from around it that require gradients, unless in `no_grad`.

        Else what depends on them, such as a model's weights in a loss of its derivatives, would
        silently be cut off from them.
        """
        if self.nested or not self.recording:
            return
        roots = [place_of(y) for y in outs if _depends(y)]
        edges = [edge for node in engine.reachable(roots) for edge in node.edges]
        leaves = {p for p in (*roots, *edges) if isinstance(p, Traced)}
        self.nested = any(type(leaf) is not Variable for leaf in leaves)

    def arguments(self) -> list[Any]:
        """The arguments to differentiate by, as Tensors."""
        return [rebuild(t, iter(x)) for t, x in zip(self.trees, self.inputs, strict=True)]

    def pull(self, out: Any, seed: Any, *, retain_graph: bool = True) -> list[Any]:
        """The gradient of ``<seed, out>`` by each input; zeros where nothing depends on it."""
        return self.pull_all([out], [seed], retain_graph=retain_graph)

    def pull_all(
        self, outs: Sequence[Any], seeds: Sequence[Any], *, retain_graph: bool = True
    ) -> list[Any]:
        """`pull` for several values at once."""
        graph = self.is_graph(seeds)
        keep = retain_graph or graph
        pull = functools.partial(engine.pull, create_graph=graph, retain_graph=keep)
        return self._pulled(pull, outs, seeds, graph)

    def pull_rows(self, outs: Sequence[Any], seeds: Sequence[Any]) -> list[Any]:
        """`pull_all` of many seeds, along a leading axis of each: for results that are no graph."""
        return self._pulled(batched.pull, outs, seeds, False, (len(seeds[0]),))

    def _pulled(
        self, pull: Any, outs: Any, seeds: Any, graph: bool, leading: tuple[int, ...] = ()
    ) -> list[Any]:
        inputs = self._flat()
        pairs = [(y, s) for y, s in zip(outs, seeds, strict=True) if _depends(y)]
        found = pull(
            [place_of(y) for y, _ in pairs],
            [_fitted(s, y.dtype, graph) for y, s in pairs],
            [place_of(x) for x in inputs],
        )
        gradients = [found.get(place_of(x)) for x in inputs]
        return [
            np.zeros(leading + x.shape, x.dtype) if g is None else g
            for x, g in zip(inputs, gradients, strict=True)
        ]

    def rows_at_once(self, out: Any) -> int:
        """For how many rows `pull_rows` is worth it: 1 where it is not to be used."""
        if self.nested or STATE.watch is not None or not _depends(out):
            return 1
        return batched.rows_at_once([place_of(out)], [place_of(x) for x in self._flat()])

    def tangents(self, outs: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
        """The derivative of each value along `tangents`, one for each input."""
        graph = self.is_graph(tangents)
        push = functools.partial(forward.push, create_graph=graph)
        return self._pushed(push, outs, tangents, graph)

    def tangent_rows(self, outs: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
        """`tangents` for many at once, along a leading axis of each, as in `pull_rows`."""
        return self._pushed(batched.push, outs, tangents, False, (len(tangents[0]),))

    def _pushed(
        self, push: Any, outs: Any, tangents: Any, graph: bool, leading: tuple[int, ...] = ()
    ) -> list[Any]:
        directions = {
            place_of(x): _fitted(t, x.dtype, graph)
            for x, t in zip(self._flat(), tangents, strict=True)
        }
        roots = [y for y in outs if _depends(y)]
        pushed = iter(push([place_of(y) for y in roots], directions))
        found = [(raw(y), next(pushed) if _depends(y) else None) for y in outs]
        return [
            np.zeros(leading + np.shape(y), np.asarray(y).dtype) if t is None else t
            for y, t in found
        ]

    def trees_of(self, flat: Sequence[Any]) -> list[Any]:
        """Results for the inputs, for the caller, in the form of the arguments."""
        results = iter(flat)
        return [
            rebuild(tree, iter([self.derivative(next(results), like) for like in leaves]))
            for tree, leaves in zip(self.trees, self.given, strict=True)
        ]

    def derivative(self, result: Any, like: Any) -> Any:
        """What was pulled or pushed, for the caller: a Tensor if it is graph."""
        return result if isinstance(result, Traced) else self.release(result, like)

    def _flat(self) -> list[Any]:
        return [x for inputs in self.inputs for x in inputs]

    def is_graph(self, directions: Sequence[Any]) -> bool:
        """Whether what is pulled or pushed becomes graph."""
        return self.nested or any(isinstance(d, Traced) and d.requires_grad for d in directions)

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
    return Variable(data, True)


def _depends(y: Any) -> bool:
    return isinstance(y, Traced) and y.requires_grad


def _fitted(direction: Any, dtype: Any, graph: bool) -> Any:
    """A seed or a tangent as the engine wants it: an array, or a Tensor if it becomes graph."""
    if graph and isinstance(direction, Traced):
        return direction
    array = np.asarray(raw(direction), dtype)
    return Tensor(array) if graph else array


@contextmanager
def running() -> Iterator[None]:
    """While a function is being differentiated: recording, and inner transforms are nested."""
    STATE.depth += 1
    try:
        with enable_grad():
            yield
    finally:
        STATE.depth -= 1


@contextmanager
def apart() -> Iterator[None]:
    """For rules that call transforms: these are nested in the graph of what they are given only."""
    depth, STATE.depth = STATE.depth, 0
    try:
        yield
    finally:
        STATE.depth = depth
