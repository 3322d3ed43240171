"""Weights from Keras' files, which are HDF5: groups in groups, named after attributes or kinds."""

from __future__ import annotations

import io
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import DataError, ShapeError, explain
from nn.layer import Layer, Parameter

__all__ = ["from_keras"]

WHERE = "from_keras"
LARGEST_MEMBER = 8 * 2**30
MEMBER = "model.weights.h5"
# What Keras calls layers inside of layers, if not as we do.
INNER = {
    "query": "query_dense",
    "key": "key_dense",
    "value": "value_dense",
    "attention_output": "output_dense",
}


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
        _collect(model, file, "", problems, written)
    if not written and not problems:
        problems.append("no weights in the model; build it first")
    if problems:
        raise ShapeError(
            explain(
                WHERE,
                f"the weights in {path} are not this model's",
                got="\n".join(problems),
                expected="the same layers in the same order, as Keras 3 saves them",
            )
        )
    for parameter, array in written:
        ag.updates.assign(parameter, array)


def _opened(path: str | os.PathLike[str]) -> Any:
    import zipfile  # here: importing nn stays cheap

    try:
        import h5py  # an extra
    except ImportError as error:
        fix = 'pip install "autograd_lite[h5]"'
        raise ImportError(explain(WHERE, "h5py is not installed", fix=fix)) from error
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
                WHERE,
                f"not a file of weights: {path}",
                got=str(error),
                expected="a .weights.h5 or .keras file of Keras 3",
            )
        ) from error


def _collect(layer: Layer, group: Any, path: str, problems: list[str], written: list[Any]) -> None:
    """What is to be written into a layer and those below, from its group."""
    own = {name: p for name, p in vars(layer).items() if isinstance(p, Parameter)}
    if own:
        kept = group.get("cell/vars") or group.get("vars") or {}
        for i, (name, p) in enumerate(own.items()):
            array = np.asarray(kept[str(i)]) if str(i) in kept else None
            if array is None or array.shape != p.shape:
                got = "nothing" if array is None else str(array.shape)
                problems.append(f"{path}{name}: {got} in the file, {p.shape} here")
            else:
                written.append((p, array))
    for name, child in _children(layer, group).items():
        if child.parameters():
            if name in group:
                _collect(child, group[name], f"{path}{child.name}.", problems, written)
            else:
                problems.append(
                    f"{path}{child.name}: no group {group.name.rstrip('/')}/{name} in the file"
                )


def _children(layer: Any, group: Any) -> dict[str, Layer]:
    """The layers below, by the names of their groups."""
    listed = getattr(layer, "layers", None)
    if listed is None or "layers" not in group:
        return {INNER.get(name, name): child for name, child in layer.sublayers().items()}
    met: Counter[str] = Counter()
    found = {}
    for child in listed:
        kind = _kind(type(child).__name__)
        numbered = f"layers/{kind}_{met[kind]}" if met[kind] else f"layers/{kind}"
        met[kind] += 1
        # Some versions of Keras name groups after the layers.
        found[numbered if numbered in group else f"layers/{child.name}"] = child
    return found


def _kind(name: str) -> str:
    """A class name in snake case, as Keras has it in files."""
    apart = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", apart).lower()
