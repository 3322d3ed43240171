"""Graphs of layers: `Graph` is what `nn.Model(inputs, outputs)` runs."""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from autograd_lite.errors import explain
from nn.inputs import Input
from nn.layer import Layer
from nn.structures import leaves, mapped, rebuilt
from nn.symbolic import Call, Operation, SymbolicTensor

Function = Layer | Operation


class Step(NamedTuple):
    """A call, the symbols of it replaced by the places of their values.

    Attributes:
        function: The layer or operation.
        source: The place of its only input; None if there is more to it.
        args: A tree with `Place` leaves.
        kwargs: Likewise.
        target: The place of its only output, or of the first of several.
        parts: How many outputs there are; None for one that is no tree.
        done: Places that no later step reads.
    """

    function: Function
    source: int | None
    args: Any
    kwargs: Any
    target: int
    parts: int | None
    done: tuple[int, ...]


class Place:
    """Where a value is kept while a graph runs."""

    __slots__ = ("index",)

    def __init__(self, index: int) -> None:
        self.index = index


class Graph:
    """The calls between some symbolic tensors, in an order in which they can be run.

    Args:
        inputs: A symbolic tensor, or a tree of them.
        outputs: Likewise.

    Attributes:
        inputs: The symbolic tensors that are fed, in order.
        outputs: Those that are computed.
        input_names: Of the inputs; a dict's own keys.
        output_names: Of the layers that the outputs come out of; a dict's own keys.
        calls: In the order of their creation, each before those that read it.
        functions: The layers and operations, each once: those farthest from the outputs first, and
            among equals those met first on the way from the first output.

    Raises:
        TypeError: something is no symbolic tensor.
        ValueError: an output depends on an `Input` that is not among the inputs.
    """

    def __init__(self, inputs: Any, outputs: Any) -> None:
        self.input_form, self.output_form = _without_single(inputs), _without_single(outputs)
        self.inputs, self.outputs = leaves(self.input_form), leaves(self.output_form)
        _check_symbols("inputs", self.inputs)
        _check_symbols("outputs", self.outputs)
        fed = {_key(symbol) for symbol in self.inputs}
        if len(fed) < len(self.inputs):
            raise ValueError(explain("Model", "an input is given twice", got=str(self.inputs)))
        met = _met(self.outputs, fed)
        self.calls = sorted((c for c in met if isinstance(c, Call)), key=lambda c: c.order)
        self.functions = _by_depth(met, self.outputs, fed, self.inputs)
        self.input_names: list[str] = []
        self.output_names: list[str] = []
        self._steps = self._planned()

    def name(self) -> None:
        """Give the inputs and outputs their names, once the layers have theirs."""
        self.input_names = _names(self.input_form, self.inputs)
        self.output_names = _names(self.output_form, self.outputs)

    def edges(self) -> list[tuple[Any, Any]]:
        """Pairs of a layer or operation and one that reads its output, each pair once."""
        return [*dict.fromkeys((source, target) for source, _, target, _ in self.links())]

    def links(self) -> Iterator[tuple[Any, int, Any, int]]:
        """Sources, which of their outputs, targets, and as which of their inputs it is read."""
        for call in self.calls:
            for i, symbol in enumerate(call.symbols()):
                yield _maker(symbol), symbol.index, call.function, i

    def ends(self) -> list[tuple[Any, int]]:
        """What the outputs come out of, and which of its outputs they are."""
        return [(_maker(symbol), symbol.index) for symbol in self.outputs]

    def run(self, x: Any, training: bool) -> Any:
        """The outputs for these inputs."""
        values: list[Any] = [None] * self._size
        for i, (symbol, value) in enumerate(zip(self.inputs, self.arranged(x), strict=True)):
            values[i] = symbol.call(value) if isinstance(symbol, Input) else value
        for function, source, args, kwargs, target, parts, done in self._steps:
            if source is not None:
                out = function(values[source], training=training)
            else:
                named = _filled(kwargs, values)
                if isinstance(function, Layer):
                    named.setdefault("training", training)
                out = function(*_filled(args, values), **named)
            if parts is None:
                values[target] = out
            else:
                values[target : target + parts] = leaves(out)
            for place in done:
                values[place] = None
        return rebuilt(self.output_form, (values[i] for i in self._results))

    def arranged(self, x: Any) -> list[Any]:
        """The inputs in order, from a tree of the graph's form, a list, or a dict by name.

        Raises:
            ValueError: there are not as many, or the names are others.
        """
        if isinstance(x, dict):
            if not set(self.input_names) <= set(x):
                raise self._other_inputs(f"a dict of {', '.join(map(repr, x)) or 'nothing'}")
            return [x[name] for name in self.input_names]
        if len(self.inputs) == 1:
            single = isinstance(x, list | tuple) and len(x) == 1 and hasattr(x[0], "shape")
            return [x[0] if single else x]
        flat = isinstance(x, list | tuple) and len(x) == len(self.inputs)
        values = list(x) if flat else leaves(x)
        if len(values) != len(self.inputs) or not isinstance(x, list | tuple):
            kind = "one array" if hasattr(x, "shape") else f"{len(values)} arrays"
            raise self._other_inputs(kind)
        return values

    def _other_inputs(self, got: str) -> ValueError:
        names = ", ".join(repr(name) for name in self.input_names)
        count = len(self.inputs)
        arrays = "an array" if count == 1 else f"{count} arrays in a list"
        expected = f"{arrays}, or a dict of {names}"
        return ValueError(explain("the model's inputs", "not these", got=got, expected=expected))

    def _planned(self) -> list[Step]:
        places = {_key(symbol): i for i, symbol in enumerate(self.inputs)}
        free = len(places)
        last: dict[int, int] = {}
        drafts = []
        for number, call in enumerate(self.calls):
            for symbol in call.symbols():
                last[places[_key(symbol)]] = number
            args, kwargs = _placed((call.args, call.kwargs), places)
            outputs = len(leaves(call.form))
            places |= {(call, i): free + i for i in range(outputs)}
            simple = len(call.args) == 1 and isinstance(args[0], Place) and not kwargs
            source = args[0].index if simple and isinstance(call.function, Layer) else None
            parts = None if call.form is None else outputs
            drafts.append(Step(call.function, source, args, kwargs, free, parts, ()))
            free += outputs
        self._size, self._results = free, [places[_key(s)] for s in self.outputs]
        over: dict[int, list[int]] = {}
        for place, number in last.items():
            if place not in self._results:
                over.setdefault(number, []).append(place)
        return [step._replace(done=tuple(over.get(i, ()))) for i, step in enumerate(drafts)]


def name_apart(model: str, functions: Iterable[Any]) -> None:
    """Give every layer and operation without a name of its own one that no other has.

    Raises:
        ValueError: two were given the same name.
    """
    functions = list(functions)
    taken: dict[str, Any] = {}
    for function in functions:
        if _has_own_name(function) and taken.setdefault(function.name, function) is not function:
            raise ValueError(
                explain(
                    model,
                    "two layers have the same name",
                    got=f"{taken[function.name]!r} and {function!r}",
                    fix="name= another for one of them, or one layer called twice to share weights",
                )
            )
    for function in functions:
        if not _has_own_name(function):
            # What another model called it stays, if it can.
            if not function.named_by_model or function.name in taken:
                function.name = _free(type(function).name or function.kind, taken)
                function.named_by_model = True
            taken[function.name] = function


def _has_own_name(function: Any) -> bool:
    return "name" in vars(function) and not function.named_by_model


def _free(base: str, taken: Container[str]) -> str:
    tries = itertools.chain([base], (f"{base}_{i}" for i in itertools.count(1)))
    return next(name for name in tries if name not in taken)


def _placed(tree: Any, places: Mapping[Any, int]) -> Any:
    """The tree with places for symbolic tensors."""
    return mapped(lambda x: Place(places[_key(x)]) if isinstance(x, SymbolicTensor) else x, tree)


def _filled(tree: Any, values: list[Any]) -> Any:
    """The tree with values at their places."""
    if tree.__class__ is Place:
        return values[tree.index]
    if isinstance(tree, dict):
        return {key: _filled(child, values) for key, child in tree.items()}
    if isinstance(tree, list | tuple):
        return type(tree)([_filled(child, values) for child in tree])
    return tree


def _without_single(form: Any) -> Any:
    single = isinstance(form, list | tuple) and len(form) == 1
    return form[0] if single else form


def _check_symbols(name: str, symbols: list[Any]) -> None:
    for symbol in symbols or [None]:
        if not isinstance(symbol, SymbolicTensor):
            raise TypeError(
                explain(
                    f"Model: `{name}`",
                    "not a symbolic tensor",
                    got=repr(symbol) if symbols else "none",
                    expected="nn.Input(...), or what layers gave for it",
                    fix="nn.Sequential([...]) for a list of layers"
                    if isinstance(symbol, Layer)
                    else None,
                )
            )


def _key(symbol: SymbolicTensor) -> Any:
    """The same for two symbols if they stand for the same value."""
    return symbol if symbol.source is None else (symbol.source, symbol.index)


def _names(form: Any, symbols: list[Any]) -> list[str]:
    """A dict's keys, else the names of the layers, each once."""
    if isinstance(form, dict) and len(form) == len(symbols):
        return [str(key) for key in form]
    names: list[str] = []
    for symbol in symbols:
        names.append(_free(_maker(symbol).name, names))
    return names


def _maker(symbol: Any) -> Any:
    """What a symbolic tensor comes out of."""
    return symbol if symbol.source is None else symbol.source.function


def _parents(node: Any, fed: set[Any]) -> Iterator[Any]:
    """The calls, and the inputs, that a call reads."""
    if isinstance(node, Call):
        for symbol in node.symbols():
            yield _origin(symbol, fed)


def _origin(symbol: SymbolicTensor, fed: set[Any]) -> Any:
    key = _key(symbol)
    return key if key in fed or symbol.source is None else symbol.source


def _met(outputs: list[Any], fed: set[Any]) -> dict[Any, int]:
    """All calls and inputs behind the outputs, each after what it reads, and when it was met."""
    met: dict[Any, int] = {}
    finished: dict[Any, int] = {}
    stack = [(_origin(symbol, fed), False) for symbol in reversed(outputs)]
    while stack:
        node, expanded = stack.pop()
        if expanded:
            finished[node] = met[node]
        elif node not in met:
            if isinstance(node, SymbolicTensor) and node not in fed:
                raise _disconnected(node)
            met[node] = len(met)
            stack.append((node, True))
            stack += [(parent, False) for parent in reversed([*_parents(node, fed)])]
    return finished


def _disconnected(symbol: SymbolicTensor) -> ValueError:
    return ValueError(
        explain(
            "Model",
            "an output depends on an input that is not among `inputs`",
            got=f"{symbol!r} of shape {symbol.shape}",
            fix="add it to `inputs`, or compute the outputs from the others",
        )
    )


def _by_depth(
    met: dict[Any, int], outputs: list[Any], fed: set[Any], inputs: list[Any]
) -> list[Any]:
    """Layers, operations and inputs, the farthest from the outputs first."""
    depth: dict[Any, int] = {}
    of_function: dict[Any, int] = {}
    first: dict[Any, int] = {}
    for node in reversed(met):
        function = node.function if isinstance(node, Call) else node
        depth[node] = of_function[function] = max(depth.get(node, 0), of_function.get(function, 0))
        first[function] = min(first.get(function, met[node]), met[node])
        for parent in _parents(node, fed):
            depth[parent] = max(depth[node] + 1, depth.get(parent, 0))
    found = [f for f in of_function if not isinstance(f, tuple)]
    found += [s for s in inputs if isinstance(s, Input) and s not in of_function]
    ranks = {f: (-of_function.get(f, 0), first.get(f, len(met))) for f in found}
    return sorted(found, key=ranks.__getitem__)
