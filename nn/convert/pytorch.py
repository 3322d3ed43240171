"""Weights from and to PyTorch: the same numbers under other names, with axes in another order."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import autograd_lite as ag
from autograd_lite.errors import ShapeError, explain
from nn import layers
from nn.layer import Layer, Parameter
from nn.serialization import read

__all__ = ["from_torch", "to_torch"]

Array = NDArray[Any]
Arrays = dict[str, Array]


def from_torch(
    model: Layer,
    state: Mapping[str, Any] | str | os.PathLike[str],
    mapping: Mapping[str, str] | None = None,
) -> None:
    """Overwrite all weights of a model by those of a PyTorch model of the same layers.

    Layers find theirs by `mapping`, by their names, or else by order: then there must be as many of
    the same kinds, in the order in which PyTorch's were made. A file does not keep that, so there
    the names must differ in numbers only, as ``net.0`` and ``net.10``. Where a `Flatten` follows
    images, the rows of the next `Dense` are put into the order that images have here.

    Args:
        model: Of ours, built.
        state: What `state_dict()` gave, of arrays or PyTorch tensors, or a safetensors file of it.
        mapping: PyTorch's names of modules, such as ``"features.0"``, by the names of our layers.

    Raises:
        ShapeError: layers and modules do not agree; all differences are listed, nothing is written.
        TypeError: a layer with weights is none of those that can be converted: Dense, convolutions,
            batch, layer and group normalisation, Embedding, PReLU, SimpleRNN, LSTM, GRU with
            `reset_after`.

    Example:
        >>> model = nn.Sequential([nn.Input((3,)), nn.layers.Dense(2)])
        >>> state = {"0.weight": np.ones((2, 3), np.float32), "0.bias": np.zeros(2, np.float32)}
        >>> nn.convert.from_torch(model, state)
        >>> model.layers[0].kernel.shape
        (3, 2)
    """
    where = "from_torch"
    in_file = isinstance(state, str | os.PathLike)
    if isinstance(state, str | os.PathLike):
        state = read(state, where).arrays
    modules: dict[str, Arrays] = {}
    for name, value in state.items():
        prefix, _, kind = name.rpartition(".")
        if kind not in IGNORED:
            modules.setdefault(prefix, {})[kind] = _plain(value)
    members = _members(model, where)
    if in_file:
        modules = {name: modules[name] for name in sorted(modules, key=_by_number)}
    matched = _matched(members, modules, mapping, where, in_file)
    problems, written = [], []
    for member, prefix in zip(members, matched, strict=True):
        found, ours = modules[prefix], _own(member.layer)
        rule = _rule(member.layer)
        missing = [n for n in rule.names(member.layer) if n not in found]
        surplus = [n for n in found if n not in rule.names(member.layer)]
        problems += [f"{member.path}: no {prefix}.{n}" for n in missing]
        problems += [f"{prefix}.{n}: nothing in {member.path}" for n in surplus]
        if missing or surplus:
            continue
        try:
            read_in = rule.read(member.layer, found)
        except ValueError as error:
            problems.append(f"{member.path}: {prefix} of another shape: {error}")
            continue
        for name, array in read_in.items():
            array = _unflattened(member, array) if name == "kernel" else array
            if array.shape != ours[name].shape:
                shapes = f"{array.shape} in {prefix}, {ours[name].shape} here"
                problems.append(f"{member.path}.{name}: {shapes}")
            written.append((ours[name], array))
    unused = [prefix for prefix in modules if prefix not in matched]
    problems += [f"{prefix}: no layer here" for prefix in unused]
    if problems:
        raise _other_weights(where, "\n".join(problems))
    for parameter, array in written:
        ag.updates.assign(parameter, array)


def to_torch(model: Layer, mapping: Mapping[str, str] | None = None) -> Arrays:
    """The weights of a model as PyTorch's `load_state_dict` takes them, once they are its tensors.

    Args:
        model: Of ours, built.
        mapping: PyTorch's names of modules by the names of our layers; else they keep those.

    Raises:
        TypeError: as of `from_torch`.

    Example:
        >>> model = nn.Sequential([nn.Input((3,)), nn.layers.Dense(2)])
        >>> {name: a.shape for name, a in nn.convert.to_torch(model, {"dense": "0"}).items()}
        {'0.weight': (2, 3), '0.bias': (2,)}
    """
    state: Arrays = {}
    for member in _members(model, "to_torch"):
        name = (mapping or {}).get(member.layer.name, member.layer.name)
        ours = {n: p.data for n, p in _own(member.layer).items()}
        if "kernel" in ours:
            ours["kernel"] = _flattened(member, ours["kernel"])
        for kind, array in _rule(member.layer).write(member.layer, ours).items():
            state[f"{name}.{kind}" if name else kind] = np.array(array, order="C")
    return state


# What PyTorch's modules keep besides what is trained or averaged.
IGNORED = ("num_batches_tracked",)


class Member(NamedTuple):
    """A layer with weights, and the images that were flattened for it.

    Attributes:
        path: In the model.
        layer: The layer.
        images: The shape ``(..., channels)`` of one image before a `Flatten`, or None.
    """

    path: str
    layer: Any
    images: tuple[int, ...] | None


class Rule(NamedTuple):
    """How the weights of a kind of layer are kept by PyTorch.

    Attributes:
        names: Of a layer, those that PyTorch has.
        read: Ours from PyTorch's.
        write: PyTorch's from ours.
    """

    names: Callable[[Any], list[str]]
    read: Callable[[Any, Arrays], Arrays]
    write: Callable[[Any, Arrays], Arrays]


def _members(model: Layer, where: str) -> list[Member]:
    """The layers that own weights themselves, in order."""
    found = list(_walk(model, "", set()))
    images = _images(model)
    for member in found:
        unlike = isinstance(member.layer, layers.GRU) and not member.layer.reset_after
        if unlike or not any(isinstance(member.layer, kind) for kind in RULES):
            known = ", ".join(kind.__name__ for kind in RULES) + " with reset_after"
            got = f"{member.layer!r} at {member.path!r}"
            raise TypeError(explain(where, "no such layer in PyTorch", got=got, expected=known))
    if not found:
        raise RuntimeError(
            explain(where, "no weights", got=repr(model), fix="build the model first")
        )
    return [m._replace(images=images.get(id(m.layer))) for m in found]


def _walk(layer: Layer, path: str, seen: set[int]) -> Iterator[Member]:
    if id(layer) not in seen:
        seen.add(id(layer))
        if _own(layer):
            yield Member(path, layer, None)
        for name, child in layer.sublayers().items():
            yield from _walk(child, f"{path}.{name}" if path else name, seen)


def _images(model: Any) -> dict[int, tuple[int, ...]]:
    """By the number of a `Dense`, the shape of the images that reach it flattened."""
    graph = getattr(model, "graph", None)
    listed = list(model.sublayers().values())
    pairs = list(pairwise(listed)) if graph is None else graph.edges()
    before = {id(after): layer for layer, after in pairs}
    found = {}
    for layer in listed:
        if isinstance(layer, layers.Dense):
            walk = before.get(id(layer))
            while walk is not None and not isinstance(walk, layers.Flatten):
                walk = before.get(id(walk)) if isinstance(walk, KEEPERS) else None
            shape = getattr(before.get(id(walk)), "output_shape", None) or ()
            if walk is not None and len(shape) == 4:
                found[id(layer)] = tuple(shape[1:])
    return found


KEEPERS = (layers.Dropout, layers.Activation, layers.ReLU, layers.Identity)


def _flattened(member: Member, kernel: Array) -> Array:
    """The rows in the order of channels first."""
    if member.images is None:
        return kernel
    images = kernel.reshape((*member.images, -1))
    return np.moveaxis(images, -2, 0).reshape(kernel.shape)


def _unflattened(member: Member, kernel: Array) -> Array:
    """The rows in the order of channels last."""
    if member.images is None or kernel.shape[0] != np.prod(member.images):
        return kernel
    *space, channels = member.images
    images = kernel.reshape((channels, *space, -1))
    return np.moveaxis(images, 0, -2).reshape(kernel.shape)


def _matched(
    members: list[Member],
    modules: Mapping[str, Arrays],
    mapping: Mapping[str, str] | None,
    where: str,
    in_file: bool,
) -> list[str]:
    """For each layer the name of its module."""
    names = [(mapping or {}).get(m.layer.name, m.layer.name) for m in members]
    if mapping is None and not all(name in modules for name in names):
        names = [*modules]
        if in_file and len({re.sub(r"\d+", "0", name) for name in names}) > 1:
            got = f"modules {', '.join(names)} in a file, which does not keep their order"
            raise _other_weights(where, got, "names that differ in numbers only, or a mapping")
    if len(names) != len(members) or not all(name in modules for name in names):
        ours = ", ".join(f"{m.layer.name} ({type(m.layer).__name__})" for m in members)
        theirs = ", ".join(f"{name} ({', '.join(kinds)})" for name, kinds in modules.items())
        raise _other_weights(where, f"modules {theirs}", f"one for each of {ours}")
    return names


def _other_weights(where: str, got: str, expected: str | None = None) -> ShapeError:
    problem = "the weights are not this model's"
    fix = "mapping={our name: PyTorch's name}, or the same layers in the same order"
    return ShapeError(explain(where, problem, got=got, expected=expected, fix=fix))


def _by_number(name: str) -> list[tuple[int, str]]:
    """In this order ``net.2`` comes before ``net.10``."""
    return [(int(n or 0), text) for text, n in re.findall(r"(\D*)(\d*)", name)]


def _plain(value: Any) -> Array:
    """A PyTorch tensor, or what NumPy takes, as an array."""
    return np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)


def _own(layer: Layer) -> dict[str, Parameter]:
    return {k: v for k, v in vars(layer).items() if isinstance(v, Parameter)}


def _rule(layer: Layer) -> Rule:
    return next(rule for kind, rule in RULES.items() if isinstance(layer, kind))


def _simple(pairs: Mapping[str, str], axes: Callable[[int], tuple[int, ...]] | None = None) -> Rule:
    """Each weight under another name, the kernel with its axes in another order."""
    back = {theirs: ours for ours, theirs in pairs.items()}

    def turned(name: str, a: Array, inverse: bool) -> Array:
        if axes is None or name != "kernel":
            return a
        order = axes(a.ndim)
        return a.transpose(np.argsort(order) if inverse else order)

    return Rule(
        lambda layer: [pairs[name] for name in _own(layer)],
        lambda _, given: {back[n]: turned(back[n], a, False) for n, a in given.items()},
        lambda _, ours: {pairs[n]: turned(n, a, True) for n, a in ours.items()},
    )


def _space_first(ndim: int) -> tuple[int, ...]:
    """``(out, in, *space)`` to ``(*space, in, out)``."""
    return (*range(2, ndim), 1, 0)


def _depthwise_read(layer: Any, given: Arrays) -> Arrays:
    *space, channels, multiplier = layer.kernel.shape
    kernel = given["weight"].reshape((channels, multiplier, *space))
    read = {"kernel": np.moveaxis(kernel, (0, 1), (-2, -1)), "bias": given.get("bias")}
    return {name: array for name, array in read.items() if array is not None}


def _depthwise_write(layer: Any, ours: Arrays) -> Arrays:
    *space, channels, multiplier = ours["kernel"].shape
    kernel = np.moveaxis(ours["kernel"], (-2, -1), (0, 1))
    written = {"weight": kernel.reshape((channels * multiplier, 1, *space))}
    return written | ({"bias": ours["bias"]} if "bias" in ours else {})


def _recurrent_names(layer: Any) -> list[str]:
    kinds = ("weight_ih", "weight_hh", *(("bias_ih", "bias_hh") if layer.use_bias else ()))
    return [f"{kind}_l0" for kind in kinds]


def _gates(layer: Any, a: Array) -> Array:
    """The last axis, its gates in the other library's order: update and reset are exchanged."""
    if not isinstance(layer, layers.GRU):
        return a
    first, second, third = np.split(a, 3, axis=-1)
    return np.concatenate([second, first, third], axis=-1)


def _recurrent_read(layer: Any, given: Arrays) -> Arrays:
    found = {name.removesuffix("_l0"): _gates(layer, a.T) for name, a in given.items()}
    read = {"kernel": found["weight_ih"], "recurrent_kernel": found["weight_hh"]}
    if layer.use_bias:
        both = np.stack([found["bias_ih"], found["bias_hh"]])
        read["bias"] = both if layer.bias.ndim == 2 else both.sum(axis=0)
    return read


def _recurrent_write(layer: Any, ours: Arrays) -> Arrays:
    given = [ours["kernel"], ours["recurrent_kernel"]]
    if layer.use_bias:
        bias = ours["bias"]
        given += [*bias] if bias.ndim == 2 else [bias, np.zeros_like(bias)]
    return {n: _gates(layer, a).T for n, a in zip(_recurrent_names(layer), given, strict=True)}


def _alpha_read(layer: Any, given: Arrays) -> Arrays:
    return {"alpha": given["weight"].reshape(layer.alpha.shape)}


KERNEL = {"kernel": "weight", "bias": "bias"}
SCALED = {"gamma": "weight", "beta": "bias"}
MOVING = {"moving_mean": "running_mean", "moving_variance": "running_var"}

RECURRENT = Rule(_recurrent_names, _recurrent_read, _recurrent_write)
DEPTHWISE = Rule(lambda layer: [KERNEL[n] for n in _own(layer)], _depthwise_read, _depthwise_write)

RULES: dict[type[Layer], Rule] = {
    layers.Dense: _simple(KERNEL, _space_first),
    layers.DepthwiseConv1D: DEPTHWISE,
    layers.DepthwiseConv2D: DEPTHWISE,
    layers.Conv1DTranspose: _simple(KERNEL, _space_first),
    layers.Conv2DTranspose: _simple(KERNEL, _space_first),
    layers.Conv1D: _simple(KERNEL, _space_first),
    layers.Conv2D: _simple(KERNEL, _space_first),
    layers.BatchNormalization: _simple(SCALED | MOVING),
    layers.LayerNormalization: _simple(SCALED),
    layers.GroupNormalization: _simple(SCALED),
    layers.Embedding: _simple({"embeddings": "weight"}),
    layers.PReLU: Rule(
        lambda _: ["weight"], _alpha_read, lambda _, ours: {"weight": ours["alpha"].ravel()}
    ),
    layers.SimpleRNN: RECURRENT,
    layers.LSTM: RECURRENT,
    layers.GRU: RECURRENT,
}
