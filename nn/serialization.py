"""Weights in files: safetensors, which holds arrays by name and cannot run code."""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import autograd_lite as ag
from autograd_lite.errors import DataError, ShapeError, explain
from nn.parameters import Owner, Parameter, members

Array = NDArray[Any]
Named = Iterable[tuple[str, Parameter]]
PathLike = str | os.PathLike[str]

FORMAT, VERSION = "autograd_lite", "1"
# Before the names of the optimizer's arrays; they are none of the model's.
OPTIMIZER = "optimizer:"

LONGEST_HEADER = 100_000_000
# How files begin that people take for ours, and what reads them.
_OTHERS = {
    b"\x89HDF": ("an HDF5 file", "nn.convert.from_keras(model, path), if Keras 3 wrote it"),
    b"PK\x03\x04": (
        "a ZIP archive",
        "nn.convert.from_keras(model, path) for Keras' .keras, nn.convert.from_torch(model, "
        "torch.load(path)) for PyTorch's, np.load(path) for NumPy's",
    ),
    b"\x93NUM": ("an .npy file", "model.set_weights of what np.load gives"),
}
_CHECKSUM = re.compile(rb'"sha256":"([0-9a-f]{64})"')
_NO_CHECKSUM = "0" * 64
_DTYPES = {
    "BOOL": "?",
    "U8": "u1",
    "I8": "i1",
    "U16": "<u2",
    "I16": "<i2",
    "U32": "<u4",
    "I32": "<i4",
    "U64": "<u8",
    "I64": "<i8",
    "F16": "<f2",
    "F32": "<f4",
    "F64": "<f8",
    "BF16": "<u2",
    "C64": "<c8",
}


class File(NamedTuple):
    """What a file holds: arrays by name, and text by name."""

    arrays: dict[str, Array]
    metadata: dict[str, str]

    @property
    def is_ours(self) -> bool:
        """Whether `save_weights` or `save` wrote it."""
        return self.metadata.get("format") == FORMAT


class Report(NamedTuple):
    """What became of the weights in a file.

    Attributes:
        loaded: Names of parameters that were read.
        missing: Names of parameters that the file does not have; they are as they were.
        unexpected: Names in the file that the model does not have.
        mismatched: Names in both whose shapes or dtypes differ; they are as they were.
    """

    loaded: list[str]
    missing: list[str]
    unexpected: list[str]
    mismatched: list[str]


def write(path: PathLike, arrays: Mapping[str, Array], metadata: Mapping[str, str]) -> None:
    """Write arrays to `path`. A reader sees the old file or the whole new one, never a part."""
    from safetensors.numpy import save as to_bytes  # here: importing nn stays cheap

    texts = {"format": FORMAT, "version": VERSION, "writer": ag.__version__, **metadata}
    # safetensors writes the buffer as it lies, so it must lie in C order.
    ordered = {name: np.asarray(a, order="C") for name, a in arrays.items()}
    content = to_bytes(ordered, metadata=texts | {"sha256": _NO_CHECKSUM})
    seal = f'"sha256":"{_NO_CHECKSUM}"'.encode()
    sealed = f'"sha256":"{hashlib.sha256(content).hexdigest()}"'.encode()
    at = content.index(seal)
    write_whole(path, content[:at] + sealed, memoryview(content)[at + len(seal) :])


def write_whole(path: PathLike, *parts: bytes | memoryview) -> None:
    """Write bytes to a temporary file that takes the place of `path` once it is on the disk.

    A reader sees the old file or the whole new one, never a part.
    """
    path = Path(path)
    if not path.parent.is_dir():
        fix = f"pathlib.Path({str(path.parent)!r}).mkdir(parents=True)"
        raise FileNotFoundError(explain("save", "no such folder", got=str(path), fix=fix))
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        with temporary.open("wb") as file:
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def read(path: PathLike, where: str) -> File:
    """All that is in a safetensors file, of any writer.

    Raises:
        DataError: it is not a whole safetensors file, or one of ours that was changed since.
    """
    with Path(path).open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        header, described = _header(file, size, path, where)
        start = file.tell()
        buffer = bytearray(size - start)
        if file.readinto(buffer) != len(buffer):
            raise _damaged(where, path, "it became shorter while it was read")
    metadata = described.pop("__metadata__", {})
    if not _is_texts(metadata):
        raise _damaged(where, path, "metadata that is no text")
    places = _places(described, len(buffer), path, where)
    if metadata.get("format") == FORMAT:
        _check_version(metadata, path, where)
        _check_seal(header, buffer, path, where)
    view = memoryview(buffer)
    arrays = {}
    for name, (kind, shape, first, last) in places.items():
        try:
            arrays[name] = _array(view[first:last], kind, shape)
        except ValueError as error:  # more axes, or longer ones, than NumPy can have
            raise _damaged(where, path, f"{name}: {error}") from error
    return File(arrays, metadata)


def parsed(text: str | bytes) -> Any:
    """JSON in which no key comes twice.

    Raises:
        ValueError: it is not.
    """

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise ValueError("a key comes twice")
        return found

    try:
        return json.loads(text, object_pairs_hook=once)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def save(path: PathLike, model: Owner) -> None:
    """Write the values of all parameters."""
    arrays = {name: p.data for name, p in model.named_parameters()}
    write(path, arrays, {"content": "weights", "names": json.dumps(by_layer(model))})


def by_layer(model: Owner) -> dict[str, str]:
    """Of each parameter's path the names of the layers on it, and its own.

    Example:
        >>> by_layer(nn.Sequential([nn.Input((3,)), nn.layers.Dense(2, name="top")]))
        {'layers.0.kernel': 'top.kernel', 'layers.0.bias': 'top.bias'}
    """
    return dict(_by_layer(model, "", "", {id(model)}))


def _by_layer(owner: Owner, path: str, label: str, seen: set[int]) -> Iterator[tuple[str, str]]:
    for key, value in members(owner):
        if id(value) not in seen:
            seen.add(id(value))
            if isinstance(value, Parameter):
                yield path + key, label + key
            else:
                name = getattr(value, "name", key)
                yield from _by_layer(value, f"{path}{key}.", f"{label}{name}.", seen)


def load(path: PathLike, model: Owner, strict: bool = True, by_name: bool = False) -> Report:
    """Read the values of parameters.

    Raises:
        ValueError: `by_name`, and two parameters have one name.
        DataError: it is not a whole safetensors file.
        ShapeError: `strict`, and names, shapes or dtypes are not those of the parameters. Nothing
            is written.
    """
    file = read(path, "load_weights")
    arrays = file.arrays
    if file.is_ours:
        arrays = {name: a for name, a in arrays.items() if not name.startswith(OPTIMIZER)}
    parameters = dict(model.named_parameters())
    if by_name:
        theirs: Any = None
        try:
            theirs = parsed(file.metadata.get("names", "{}")) if file.is_ours else {}
        except ValueError:
            pass
        if not _is_texts(theirs):
            raise _damaged("load_weights", path, "names that are no texts")
        arrays = _renamed(arrays, theirs, f"in {path}")
        parameters = _renamed(parameters, by_layer(model), "in the model")
    problem = f"the weights in {path} are not this model's"
    return assign(arrays, parameters.items(), problem, strict)


def _renamed(found: dict[str, Any], names: Mapping[str, str], where: str) -> dict[str, Any]:
    renamed = {names.get(name, name): value for name, value in found.items()}
    if len(renamed) < len(found):
        counts = Counter(names.get(name, name) for name in found)
        got = ", ".join(sorted(name for name, times in counts.items() if times > 1))
        problem, fix = f"two layers {where} have one name", "other names, or by_name=False"
        raise ValueError(explain("load_weights", problem, got=got, fix=fix))
    return renamed


def assign(
    arrays: Mapping[str, Array],
    parameters: Named,
    problem: str,
    strict: bool = True,
    where: str = "load_weights",
) -> Report:
    """Overwrite parameters by the arrays of their names.

    Raises:
        ShapeError: `strict`, and names, shapes or dtypes differ. Nothing is written.
    """
    ours = dict(parameters)
    report = Report([], [], [name for name in arrays if name not in ours], [])
    problems = [f"{name}: not in the model" for name in report.unexpected]
    for name, p in ours.items():
        if name not in arrays:
            report.missing.append(name)
            problems.append(f"{name}: not in the file")
        elif (a := arrays[name]).shape != p.shape or a.dtype != p.dtype:
            report.mismatched.append(name)
            problems.append(f"{name}: {a.dtype} {a.shape} in the file, {p.dtype} {p.shape} here")
        else:
            report.loaded.append(name)
    if problems and strict:
        expected = "the same names, shapes and dtypes"
        fix = "strict=False for those that fit" if report.loaded else None
        got = "\n".join(problems)
        raise ShapeError(explain(where, problem, got=got, expected=expected, fix=fix))
    for name in report.loaded:
        ag.updates.assign(ours[name], arrays[name])
    return report


def _header(file: IO[bytes], size: int, path: PathLike, where: str) -> tuple[bytes, dict[str, Any]]:
    """The bytes before the arrays, and what they say."""
    prefix = file.read(8)
    if prefix[:4] in _OTHERS:
        raise _damaged(where, path, *_OTHERS[prefix[:4]])
    length = int.from_bytes(prefix, "little")
    if len(prefix) < 8 or length > size - 8:
        got = f"{size} bytes, which end in the header"
        raise _damaged(where, path, got)
    if length > LONGEST_HEADER:
        raise _damaged(where, path, f"a header of {length} bytes, more than {LONGEST_HEADER}")
    header = file.read(length)
    try:
        described = parsed(header)
    except ValueError as error:
        raise _damaged(where, path, f"a header that is no JSON: {error}") from error
    if not isinstance(described, dict):
        raise _damaged(where, path, "a header that is no JSON object")
    return prefix + header, described


def _places(
    described: dict[str, Any], size: int, path: PathLike, where: str
) -> dict[str, tuple[str, tuple[int, ...], int, int]]:
    """Of each array its kind, shape, first byte and the one after the last: they fill the file."""
    found = {}
    for name, entry in described.items():
        match entry:
            case {"dtype": str(kind), "shape": list(lengths), "data_offsets": [first, last]} if (
                kind in _DTYPES and all(_is_count(n) for n in (*lengths, first, last))
            ):
                found[name] = kind, tuple(lengths), first, last
            case _:
                raise _damaged(where, path, f"{name}: {str(entry)[:100]}")
    end = 0
    for name, (kind, shape, first, last) in sorted(found.items(), key=lambda item: item[1][2:]):
        count = 1
        for n in shape:
            count *= n
        if first != end or last - first != count * np.dtype(_DTYPES[kind]).itemsize:
            raise _damaged(where, path, f"{name}: {shape} in bytes {first} to {last}")
        end = last
    if end != size:
        raise _damaged(where, path, f"{size} bytes of arrays, of which {end} are described")
    return found


def _array(view: memoryview, kind: str, shape: tuple[int, ...]) -> Array:
    flat = np.frombuffer(view, _DTYPES[kind])
    if kind == "BF16":  # the upper half of a float32
        flat = (flat.astype(np.uint32) << 16).view(np.float32)
    return flat.reshape(shape)


def _is_count(n: Any) -> bool:
    return isinstance(n, int) and not isinstance(n, bool) and n >= 0


def _is_texts(x: Any) -> bool:
    return isinstance(x, dict) and all(isinstance(v, str) for v in x.values())


def _check_version(metadata: Mapping[str, str], path: PathLike, where: str) -> None:
    if metadata.get("version") != VERSION:
        raise DataError(
            explain(
                where,
                f"another version of the format: {path}",
                got=f"version {metadata.get('version')}, by {metadata.get('writer')}",
                expected=f"version {VERSION}",
                fix="a newer autograd_lite",
            )
        )


def _check_seal(header: bytes, buffer: bytearray, path: PathLike, where: str) -> None:
    found = _CHECKSUM.search(header)
    digest = hashlib.sha256()
    if found is not None:
        first, last = found.span(1)
        for part in (header[:first], _NO_CHECKSUM.encode(), header[last:], buffer):
            digest.update(part)
    if found is None or digest.hexdigest() != found[1].decode():
        raise DataError(
            explain(
                where,
                f"the file was changed since it was written: {path}",
                got=f"SHA-256 {digest.hexdigest()[:16]}..." if found else "no checksum",
                expected=f"{found[1].decode()[:16]}..." if found else "one",
                fix="a copy of the file that is not damaged",
            )
        )


def _damaged(where: str, path: PathLike, got: str, fix: str | None = None) -> DataError:
    problem = f"not a whole safetensors file: {path}"
    expected = f"a file that {'model.save' if where == 'load_model' else 'save_weights'} wrote"
    return DataError(explain(where, problem, got=got, expected=expected, fix=fix))
