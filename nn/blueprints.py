"""Graphs of layers as JSON: what is called on what, in order, and which values come out."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.errors import DataError, explain
from nn.configs import Config, Decoder, Encoder, Ref
from nn.functional import Graph
from nn.inputs import Input
from nn.layer import Layer
from nn.structures import leaves, mapped
from nn.symbolic import METHODS, Call, Method, Operation, SymbolicTensor, get_item, operate

UFUNC_METHODS = ("__call__", "reduce", "accumulate")


def drawn(graph: Graph, encode: Encoder) -> Config:
    """A graph as JSON.

    Raises:
        TypeError: a layer's argument, or a function, has no form in JSON.
    """
    places: dict[Any, Ref] = {_key(s): Ref(-1, i) for i, s in enumerate(graph.inputs)}

    def written(tree: Any) -> Any:
        return encode(
            mapped(lambda x: places[_key(x)] if isinstance(x, SymbolicTensor) else x, tree)
        )

    inputs = [_input(symbol, encode) for symbol in graph.inputs]
    functions: dict[int, int] = {}
    parts, calls = [], []
    for number, call in enumerate(graph.calls):
        function = call.function
        if id(function) not in functions:
            functions[id(function)] = len(functions)
            parts.append(
                encode(function) if isinstance(function, Layer) else _operation(function, encode)
            )
        calls.append([functions[id(function)], written(call.args), written(call.kwargs)])
        for index in range(len(leaves(call.form))):
            places[call, index] = Ref(number, index)
    return {
        "inputs": inputs,
        "functions": parts,
        "calls": calls,
        "input_form": written(graph.input_form),
        "output_form": written(graph.output_form),
    }


def redrawn(config: Config, decode: Decoder) -> tuple[Any, Any]:
    """The inputs and outputs of a graph that `drawn` wrote, its layers built."""
    values: dict[Ref, Any] = {}
    for i, given in enumerate(config["inputs"]):
        values[Ref(-1, i)] = (
            decode(given) if "$object" in given or "$same" in given else _fed(given)
        )

    def read(tree: Any) -> Any:
        return _filled(decode(tree), values)

    functions = [part if "kind" in part else decode(part) for part in config["functions"]]
    for number, (index, args, kwargs) in enumerate(config["calls"]):
        out = _called(functions[index], read(args), read(kwargs), decode)
        for i, symbol in enumerate(leaves(out)):
            values[Ref(number, i)] = symbol
    return read(config["input_form"]), read(config["output_form"])


def _called(function: Any, args: Any, kwargs: Any, decode: Decoder) -> Any:
    if isinstance(function, Layer):
        return function(*args, **kwargs)
    if not isinstance(function, dict):
        raise DataError(explain("load_model", "not a layer", got=repr(function)))
    out = operate(_function(function["function"], decode), str(function["kind"]), *args, **kwargs)
    for symbol in leaves(out)[:1]:
        made = symbol.source.function
        made.name, made.named_by_model = str(function["name"]), bool(function["named_by_model"])
    return out


def _filled(tree: Any, values: dict[Ref, Any]) -> Any:
    if isinstance(tree, Ref):
        return values[tree]
    if isinstance(tree, dict):
        return {key: _filled(child, values) for key, child in tree.items()}
    if isinstance(tree, list | tuple):
        return type(tree)([_filled(child, values) for child in tree])
    return tree


def _key(symbol: SymbolicTensor) -> Any:
    return symbol if symbol.source is None else (symbol.source, symbol.index)


def _input(symbol: Any, encode: Encoder) -> Config:
    if isinstance(symbol, Input):
        return encode(symbol)
    name = symbol.source.function.name
    return {"shape": [*symbol.shape], "dtype": symbol.dtype.str, "name": name}


def _fed(config: Config) -> SymbolicTensor:
    """Where a graph begins with what another model's layer gives: a value of that name."""
    absent = Operation(lambda *_: None, str(config["name"]))
    absent.name = absent.kind
    return SymbolicTensor(tuple(config["shape"]), config["dtype"], Call(absent, (), {}), 0)


def _operation(operation: Operation, encode: Encoder) -> Config:
    function: Any = operation.function
    ufunc = getattr(function, "__self__", None)
    if isinstance(function, Method):
        written = ["method", function.name]
    elif function is get_item:
        written = ["get_item"]
    elif isinstance(ufunc, np.ufunc):
        written = ["ufunc", encode(ufunc), function.__name__]
    else:
        written = ["function", encode(function)]
    return {
        "kind": operation.kind,
        "function": written,
        "name": operation.name,
        "named_by_model": operation.named_by_model,
    }


def _function(written: list[Any], decode: Decoder) -> Any:
    match written:
        case ["method", str(name)] if name in METHODS:
            return Method(name)
        case ["get_item"]:
            return get_item
        case ["ufunc", ufunc, str(name)] if name in UFUNC_METHODS:
            return getattr(decode(ufunc), name)
        case ["function", function]:
            return decode(function)
    raise DataError(explain("load_model", "an unknown function", got=repr(written)))
