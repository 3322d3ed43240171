"""The function to be checked, at one place, as a map of vectors: leaves in, leaves out.

Complex numbers are pairs of real ones here, which agrees with what gradients mean: the gradient of
a real value by ``x + iy`` is ``d/dx + i d/dy``.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from autograd_lite.errors import explain
from autograd_lite.graph import Node, Traced, enable_grad, no_grad
from autograd_lite.op import raw
from autograd_lite.tensor import Tensor
from autograd_lite.transforms import gradients
from autograd_lite.trees import leaves_of, rebuild

ARRAYS = (np.ndarray, np.generic)


class Leaf:
    """One array to differentiate by: a floating leaf of an argument, or a parameter.

    Attributes:
        name: As messages call it.
        array: The value in float64 (complex128), read-only.
        dtype: What it came in.
        span: Its place in the vector of all leaves.
        parameter: The Tensor that f reads it from, if it is no argument.
        place: Its number among all leaves of the arguments, if it is one.
    """

    def __init__(self, name: str, value: Any, start: int, parameter: Any = None) -> None:
        given = np.asarray(value)
        self.name, self.dtype, self.parameter = name, given.dtype, parameter
        self.place: int | None = None
        self.array = given.astype(np.complex128 if given.dtype.kind == "c" else np.float64)
        self.array.flags.writeable = False
        self.span = slice(start, start + _flat(self.array).size)

    def fill(self, vector: Any) -> Any:
        """The array that the vector of all leaves stands for."""
        part = np.ascontiguousarray(vector[self.span])
        part = part.view(self.array.dtype).reshape(self.array.shape)
        part.flags.writeable = False
        return part

    def index(self, entry: int) -> tuple[int, ...]:
        """The index of an entry of the vector in the array."""
        place = (entry - self.span.start) // (2 if self.array.dtype.kind == "c" else 1)
        return tuple(map(int, np.unravel_index(place, self.array.shape)))

    def size_of_steps(self) -> Any:
        """For each entry, what a change is to be measured by: its size, or what is usual."""
        x = np.abs(_flat(self.array))
        positive = x[(x > 0) & np.isfinite(x)]
        usual = float(np.median(positive)) if positive.size else 1.0
        return np.maximum(np.where(np.isfinite(x), x, 0), usual / 4)


class Problem:
    """f at a place.

    Attributes:
        leaves: What is differentiated by.
        x: Their entries, as one vector.
        steps: The size by which each is varied.
        middle: f there, as one vector.
        evaluations: How often f was called.
    """

    def __init__(
        self, f: Callable[..., Any], args: Sequence[Any], parameters: Any, seconds: float | None
    ) -> None:
        self.f, self.args = f, list(args)
        self.name, self.source = name_of(f), source_of(f)
        self.evaluations, self.started, self.seconds = 0, time.perf_counter(), seconds
        self.shapes: list[tuple[int, ...]] | None = None
        self.given = [raw(x) for x in leaves_of(self.args)]
        names = list(_names(self.args, _argument_names(f, len(self.args))))
        self.leaves: list[Leaf] = []
        direct = {id(x) for x in self.args}
        for k, (name, value) in enumerate(zip(names, self.given, strict=True)):
            # A float in a list is a setting, as in `quantile(x, [0.1, 0.9])`.
            if is_floating(value) and (isinstance(value, ARRAYS) or id(value) in direct):
                self._add(name, value).place = k
        for name, p in self._parameters(parameters):
            if p.requires_grad:
                self._add(f"parameter `{name}`", p.data, p)
        if not self.leaves:
            raise ValueError(
                explain(
                    "gradcheck",
                    "no input is of a floating dtype",
                    got=", ".join(str(np.asarray(x).dtype) for x in self.given) or "no inputs",
                    fix="pass floats, as in gradcheck(f, [np.array([1.0, 2.0])])",
                )
            )
        self.x = np.concatenate([_flat(leaf.array) for leaf in self.leaves])
        self.steps = np.concatenate([leaf.size_of_steps() for leaf in self.leaves])
        self.middle = np.zeros(0)

    def _add(self, name: str, value: Any, parameter: Any = None) -> Leaf:
        start = self.leaves[-1].span.stop if self.leaves else 0
        self.leaves.append(Leaf(name, value, start, parameter))
        return self.leaves[-1]

    def _parameters(self, source: Any) -> list[tuple[str, Any]]:
        if source is None:
            source = self.f
        if hasattr(source, "named_parameters"):
            with no_grad(), np.errstate(all="ignore"):
                self.f(*self.args)  # layers that make their parameters at the first call
            return list(source.named_parameters())
        return list(source.items()) if isinstance(source, dict) else []

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Parameters hold float64 while f is looked at, and afterwards what they held."""
        held = [leaf for leaf in self.leaves if leaf.parameter is not None]
        before = [(leaf.parameter, leaf.parameter.data, leaf.parameter.grad) for leaf in held]
        try:
            for leaf in held:
                leaf.parameter.data = leaf.array
            yield
        finally:
            for parameter, data, grad in before:
                parameter.data, parameter.grad = data, grad

    def out_of_time(self) -> bool:
        """Whether the seconds that the caller allows are over."""
        return self.seconds is not None and time.perf_counter() - self.started > self.seconds

    def apply(self, tensors: Sequence[Any]) -> list[Any]:
        """The leaves of what f returns when it is given these for the leaves."""
        self.evaluations += 1
        values = list(self.given)
        for leaf, tensor in zip(self.leaves, tensors, strict=True):
            if leaf.place is not None:
                values[leaf.place] = tensor
        return leaves_of(self.f(*rebuild(self.args, iter(values))))

    def tensors(self, arrays: Sequence[Any], requires_grad: bool) -> list[Any]:
        """Tensors of these arrays; a parameter is its own, and is made to hold its array."""
        made: list[Any] = []
        for leaf, array in zip(self.leaves, arrays, strict=True):
            if leaf.parameter is None:
                made.append(Tensor(array, requires_grad))
            else:
                leaf.parameter.data = array
                made.append(leaf.parameter)
        return made

    def restore(self) -> None:
        """Parameters hold the place again."""
        for leaf in self.leaves:
            if leaf.parameter is not None:
                leaf.parameter.data = leaf.array

    def value(self, vector: Any) -> Any:
        """f without recording, as a vector."""
        with no_grad():
            arrays = [leaf.fill(vector) for leaf in self.leaves]
            outs = self.apply(self.tensors(arrays, False))
        self.restore()
        shapes = [np.shape(raw(out)) for out in outs]
        if self.shapes is None:
            self.shapes = shapes
        if shapes != self.shapes:
            raise ValueError("the result's shape depends on the values")
        return flat_of(outs)

    def record(self, arrays: Sequence[Any] | None = None) -> tuple[list[Any], list[Any]]:
        """f with recording, here or at other arrays: ``(leaves, floating outputs)``."""
        with enable_grad():
            leaves = self.tensors(arrays or [leaf.array for leaf in self.leaves], True)
            return leaves, floating(self.apply(leaves))

    def pulled(self, vector: Any, seeds: Sequence[Any]) -> Any:
        """What `chain` gives at another place, as a vector."""
        leaves, outs = self.record([leaf.fill(vector) for leaf in self.leaves])
        result = self.vector(self.chain(leaves, outs, seeds))
        self.restore()
        return result

    def chain(
        self, leaves: list[Any], outs: list[Any], seeds: Sequence[Any], create_graph: bool = False
    ) -> list[Any]:
        """Pull back the outputs by the first seed, what comes of it by the second, and so on."""
        for k, seed in enumerate(seeds):
            last = k == len(seeds) - 1
            pulled = gradients(
                outs,
                leaves,
                split(seed, outs),
                create_graph=create_graph or not last,
                allow_unused=True,
            )
            if k < len(seeds) - 1:
                outs = [
                    np.zeros(x.shape, x.dtype) if g is None else g
                    for x, g in zip(leaves, pulled, strict=True)
                ]
        return pulled

    def vector(self, pulled: Sequence[Any]) -> Any:
        """Gradients by the leaves as one vector; zeros where there is none."""
        parts = [
            np.zeros(_flat(leaf.array).size) if g is None else _flat(raw(g))
            for leaf, g in zip(self.leaves, pulled, strict=True)
        ]
        return np.concatenate(parts).astype(np.float64)

    def leaf_at(self, entry: int) -> Leaf:
        """The leaf that an entry of the vector belongs to."""
        return next(leaf for leaf in self.leaves if entry < leaf.span.stop)

    def output_name(self, row: int) -> str:
        """The output and index behind an entry of the value's vector; empty for a single one."""
        if self.middle.size == 1 or self.shapes is None:
            return ""
        _, outs = self.record()
        for k, out in enumerate(outs):
            width = _flat(raw(out)).size
            if row < width:
                index = np.unravel_index(
                    row // (width // max(np.size(raw(out)), 1)), np.shape(raw(out))
                )
                name = f"output {k} at " if len(outs) > 1 else "output "
                return f"{name}{tuple(map(int, index))}"
            row -= width
        return ""


def is_floating(x: Any) -> bool:
    """Whether x is a float, or an array of floating or complex numbers."""
    return isinstance(x, (float, complex, *ARRAYS)) and np.asarray(x).dtype.kind in "fc"


def floating(outs: Sequence[Any]) -> list[Any]:
    """The outputs that can have derivatives."""
    return [out for out in outs if is_floating(raw(out))]


def flat_of(outs: Sequence[Any]) -> Any:
    """The floating ones among the outputs, as one vector of float64."""
    parts = [_flat(raw(out)) for out in floating(outs)]
    return np.concatenate([np.zeros(0), *parts]).astype(np.float64, copy=False)


def _flat(x: Any) -> Any:
    x = np.ascontiguousarray(x).ravel()
    return x.view(x.real.dtype) if x.dtype.kind == "c" else x


def split(vector: Any, outs: Sequence[Any]) -> list[Any]:
    """Parts of a vector in the shapes and dtypes of the outputs; a Tensor gives Tensors."""
    if isinstance(vector, list):
        return vector
    parts, start = [], 0
    for out in outs:
        data = np.asarray(raw(out))
        width = data.size * (2 if data.dtype.kind == "c" else 1)
        part = np.array(vector[start : start + width])
        if data.dtype.kind == "c":
            part = part.view(np.complex128)
        part = part.reshape(data.shape).astype(data.dtype)
        part.flags.writeable = False
        parts.append(part)
        start += width
    return parts


def nodes_of(outs: Sequence[Any]) -> list[Node]:
    """Every node behind the outputs."""
    stack = [out.node for out in outs if isinstance(out, Traced) and out.node is not None]
    found = set(stack)
    while stack:
        for edge in stack.pop().edges:
            if isinstance(edge, Node) and edge not in found:
                found.add(edge)
                stack.append(edge)
    return sorted(found, key=lambda node: node.order)


def name_of(f: Callable[..., Any]) -> str:
    """What f is called; a partial as the function in it."""
    f = getattr(f, "func", f)
    return str(getattr(f, "__name__", type(f).__name__))


def source_of(f: Callable[..., Any]) -> str:
    """File and line of f, or an empty string."""
    f = inspect.unwrap(getattr(f, "func", f))
    code = getattr(f, "__code__", None)
    return f"{Path(code.co_filename).name}:{code.co_firstlineno}" if code else ""


def _argument_names(f: Callable[..., Any], count: int) -> list[str]:
    try:
        names = list(inspect.signature(f).parameters)
    except (TypeError, ValueError):
        names = []
    known = [f" (`{name}`)" for name in names[:count]] + [""] * (count - len(names))
    return [f"argument {i}{name}" for i, name in enumerate(known)]


def _names(tree: Any, names: Any) -> Iterator[str]:
    """A name for each leaf of the arguments, with its keys."""
    for name, child in zip(names, tree, strict=True):
        yield from _paths(child, name)


def _paths(tree: Any, path: str) -> Iterator[str]:
    if isinstance(tree, dict):
        for key, child in tree.items():
            yield from _paths(child, f"{path}[{key!r}]")
    elif isinstance(tree, (list, tuple)):
        for k, child in enumerate(tree):
            yield from _paths(child, f"{path}[{k}]")
    elif tree is not None:
        yield path
