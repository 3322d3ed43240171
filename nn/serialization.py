"""Weights in files: safetensors, which holds arrays by name and cannot run code."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import DataError, ShapeError, explain
from nn.layer import Parameter

Named = Iterable[tuple[str, Parameter]]


def save(path: str | os.PathLike[str], parameters: Named) -> None:
    """Write all values to `path`. A reader sees the old file or the whole new one, never a part."""
    from safetensors.numpy import save as to_bytes  # here: importing nn stays cheap

    path = Path(path)
    # safetensors writes the buffer as it lies, so it must lie in C order.
    content = to_bytes({name: np.ascontiguousarray(p.data) for name, p in parameters})
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def load(path: str | os.PathLike[str], parameters: Named) -> None:
    """Read all values from `path`.

    Raises:
        DataError: it is not a whole safetensors file.
        ShapeError: names, shapes or dtypes are not those of the parameters. Nothing is written.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load as from_bytes

    content = Path(path).read_bytes()
    try:
        arrays = from_bytes(content)
    except SafetensorError as error:
        raise DataError(
            explain(
                "load_weights",
                f"not a whole safetensors file: {path}",
                got=str(error),
                expected="a file that save_weights wrote",
            )
        ) from error
    ours = dict(parameters)
    problems = [f"{name}: not in the model" for name in arrays if name not in ours]
    for name, p in ours.items():
        if name not in arrays:
            problems.append(f"{name}: not in the file")
        elif (a := arrays[name]).shape != p.shape or a.dtype != p.dtype:
            problems.append(f"{name}: {a.dtype} {a.shape} in the file, {p.dtype} {p.shape} here")
    if problems:
        raise ShapeError(
            explain(
                "load_weights",
                f"the weights in {path} are not this model's",
                got="\n".join(problems),
                expected="the same names, shapes and dtypes",
            )
        )
    for name, p in ours.items():
        ag.updates.assign(p, arrays[name])
