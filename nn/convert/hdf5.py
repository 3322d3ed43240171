"""Weights from and to Keras' files, which are HDF5: groups named after attributes or kinds."""

from __future__ import annotations

import io
import os
import re
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import DataError, ShapeError, explain
from nn import layers
from nn.layer import Layer, Parameter
from nn.parameters import members
from nn.serialization import write_whole

__all__ = ["from_keras", "to_keras"]

LARGEST_MEMBER = 8 * 2**30
MEMBER = "model.weights.h5"
# What Keras calls layers inside of layers, if not as we do.
INNER = {
    "query": "query_dense",
    "key": "key_dense",
    "value": "value_dense",
    "attention_output": "output_dense",
}
# What a compiled model of Keras keeps in its file besides its layers.
OTHERS = ("optimizer", "metrics", "loss_tracker", "seed_generator")
RECURRENT = (layers.SimpleRNN, layers.LSTM, layers.GRU)


def from_keras(model: Layer, path: str | os.PathLike[str]) -> None:
    """Overwrite all weights of a model by those of a Keras 3 model of the same layers.

    Layers are found as Keras numbers them: by kind, in order. The file's model is not rebuilt.

    Args:
        model: Of ours, built.
        path: Of a ``.weights.h5`` or ``.keras`` file.

    Raises:
        ImportError: h5py is not installed.
        DataError: it is no such file.
        ShapeError: layers do not agree; all differences are listed, nothing is written.
    """
    problems: list[str] = []
    written: list[tuple[Parameter, Any]] = []
    with _opened(path) as file:
        kept = _weights(file)
        for ours, place, name, parameter in _plan(model, "", kept, "", set()):
            shape = kept.pop(place, None)
            if shape is None:
                problems.append(f"{ours}{name}: no {place} in the file")
            elif shape != parameter.shape:
                problems.append(f"{ours}{name}: {shape} in the file, {parameter.shape} here")
            else:
                written.append((parameter, np.asarray(file[place])))
        problems += [f"{place}: nothing here" for place in kept if not _is_other(place)]
    if not model.parameters():
        problems.append("no weights in the model; build it first")
    if problems:
        raise ShapeError(
            explain(
                "from_keras",
                f"the weights in {path} are not this model's",
                got="\n".join(problems),
                expected="the same layers in the same order, as Keras 3 saves them",
            )
        )
    for parameter, array in written:
        ag.updates.assign(parameter, array)


def to_keras(model: Layer, path: str | os.PathLike[str]) -> None:
    """Write all weights of a model for `load_weights` of a Keras 3 model of the same layers.

    Args:
        model: Of ours, built.
        path: Of a ``.weights.h5`` file, as Keras wants it to be named.

    Raises:
        ImportError: h5py is not installed.
        ValueError: the path ends in something else.
        RuntimeError: there are no weights.

    Example:
        >>> import pathlib, tempfile
        >>> model, twin = (nn.Sequential([nn.Input((3,)), nn.layers.Dense(2)]) for _ in range(2))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     nn.convert.to_keras(model, pathlib.Path(folder, "m.weights.h5"))
        ...     nn.convert.from_keras(twin, pathlib.Path(folder, "m.weights.h5"))
        >>> bool((twin.layers[0].kernel.data == model.layers[0].kernel.data).all())
        True
    """
    h5py = _library("to_keras")
    if not os.fspath(path).endswith(".weights.h5"):
        raise ValueError(
            explain(
                "to_keras",
                "bad `path`",
                got=repr(os.fspath(path)),
                expected="a name that ends in .weights.h5",
            )
        )
    if not model.parameters():
        problem, fix = "no weights", "build the model first"
        raise RuntimeError(explain("to_keras", problem, got=repr(model), fix=fix))
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        for _, place, _, parameter in _plan(model, "", {}, "", set()):
            file[place] = parameter.data
    write_whole(path, content.getbuffer())


def _library(where: str) -> Any:
    try:
        import h5py  # an extra
    except ImportError as error:
        fix = 'pip install "autograd_lite[h5]"'
        raise ImportError(explain(where, "h5py is not installed", fix=fix)) from error
    return h5py


def _opened(path: str | os.PathLike[str]) -> Any:
    import zipfile  # here: importing nn stays cheap

    h5py = _library("from_keras")
    source: Any = Path(path)
    try:
        if zipfile.is_zipfile(source):
            with zipfile.ZipFile(source) as archive:
                if archive.getinfo(MEMBER).file_size > LARGEST_MEMBER:
                    raise OSError(f"{MEMBER} has more than {LARGEST_MEMBER} bytes")
                source = io.BytesIO(archive.read(MEMBER))
        return h5py.File(source, "r")
    except FileNotFoundError:
        raise
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise DataError(
            explain(
                "from_keras",
                f"not a file of weights: {path}",
                got=str(error),
                expected="a .weights.h5 or .keras file of Keras 3",
            )
        ) from error


def _weights(file: Any) -> dict[str, tuple[int, ...]]:
    """The places of all arrays in a file, not in others that it links to, and their shapes."""
    found: dict[str, tuple[int, ...]] = {}
    file.visititems(lambda name, x: found.update({name: x.shape}) if hasattr(x, "shape") else None)
    return found


def _is_other(place: str) -> bool:
    return any(part in OTHERS or part.startswith("_") for part in place.split("/"))


def _plan(
    layer: Layer, path: str, kept: Collection[str], ours: str, seen: set[int]
) -> Iterator[tuple[str, str, str, Parameter]]:
    """Of each weight the path of its layer here, its place in a file, its name, and itself.

    Args:
        layer: With all that is below.
        path: Of its group.
        kept: The places in the file, if it is to be read.
        ours: The path of the layer here.
        seen: The numbers of the layers that were met, for Keras writes each once.
    """
    own = [(name, p) for name, p in members(layer) if isinstance(p, Parameter)]
    own.sort(key=lambda item: not item[1].trainable)
    inner = "cell/vars" if isinstance(layer, RECURRENT) else "vars"
    for i, (name, p) in enumerate(own):
        yield ours, f"{path}{inner}/{i}", name, p
    for group, child in _children(layer, path, kept):
        if child.parameters() and id(child) not in seen:
            seen.add(id(child))
            yield from _plan(child, f"{path}{group}/", kept, f"{ours}{child.name}.", seen)


def _children(layer: Any, path: str, kept: Collection[str]) -> Iterator[tuple[str, Layer]]:
    """The names of groups in a layer's own, and the layers in them."""
    if "layers" in vars(layer):  # its own, of a Sequential or a graph
        numbered = list(_held("layers", layer.layers))
        # Some versions of Keras name groups after the layers.
        others = [f"layers/{child.name}" for _, child in numbered]
    else:
        attributes = sorted(vars(layer).items())
        numbered = [x for name, value in attributes for x in _held(INNER.get(name, name), value)]
        # A model's attributes after "layers" in the alphabet are met as its layers before.
        unique = {id(child): child for child in layer.sublayers().values()}
        listed = {id(child): group for group, child in _held("layers", [*unique.values()])}
        others = [listed.get(id(child), group) for group, child in numbered]
    for (group, child), other in zip(numbered, others, strict=True):
        there = [any(p.startswith(f"{path}{name}/") for p in kept) for name in (group, other)]
        yield (other if there == [False, True] else group), child


def _held(name: str, value: Any) -> Iterator[tuple[str, Layer]]:
    """A layer, or those in lists and dicts, which Keras numbers by kind."""
    if isinstance(value, Layer):
        yield name, value
    elif isinstance(value, list | tuple | dict):
        met: Counter[str] = Counter()
        for part in value.values() if isinstance(value, dict) else value:
            if isinstance(part, Layer | list | tuple | dict):
                kind = _kind(type(part).__name__) if isinstance(part, Layer) else "container"
                numbered = f"{kind}_{met[kind]}" if met[kind] else kind
                met[kind] += 1
                yield from _held(f"{name}/{numbered}", part)


def _kind(name: str) -> str:
    """A class name in snake case, as Keras has it in files."""
    apart = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", apart).lower()
