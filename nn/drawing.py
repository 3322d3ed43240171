"""A model as a picture."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograd_lite.errors import explain
from nn.layer import Layer


class Picture(str):
    """A model in the language of Graphviz. A prompt shows it as it prints."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def plot_model(
    model: Layer, to_file: str | os.PathLike[str] | None = None, show_shapes: bool = False
) -> Picture:
    r"""The layers of a model and how they are connected, for Graphviz.

    Args:
        model: A graph, a `Sequential`, or another, whose layers are shown unconnected.
        to_file: Where to write it: ``.dot`` and ``.gv`` get the source; anything else is made by
            Graphviz's `dot`, which has to be installed. By default nothing is written.
        show_shapes: Whether the shapes of outputs are shown.

    Returns:
        The source, as a string.

    Raises:
        ValueError: the file's name has no suffix, or `dot` does not know it.
        FileNotFoundError: `dot` is not installed.

    Example:
        >>> x = nn.Input((3,), name="x")
        >>> model = nn.Model(x, x + nn.layers.Dense(3)(x))
        >>> print(plot_model(model, show_shapes=True))
        digraph {
          node [shape=box, style=rounded, fontname="sans-serif"];
          n0 [label="x (Input)\n(None, 3)"];
          n1 [label="dense (Dense)\n(None, 3)"];
          n2 [label="add (Operation)\n(None, 3)"];
          n0 -> n1;
          n0 -> n2;
          n1 -> n2;
        }
    """
    functions, edges = _parts(model)
    lines = ['node [shape=box, style=rounded, fontname="sans-serif"];']
    numbers = {function: i for i, function in enumerate(functions)}
    for function, i in numbers.items():
        name = getattr(function, "name", "")
        text = f"{name} ({type(function).__name__})"
        shape = "?" if function.output_shape is None else str(function.output_shape)
        label = _quoted(text, shape) if show_shapes else _quoted(text)
        lines.append(f"n{i} [label={label}];")
    arrows = sorted((numbers[a], numbers[b]) for a, b in edges)
    lines += [f"n{a} -> n{b};" for a, b in arrows]
    picture = Picture("digraph {\n" + "".join(f"  {line}\n" for line in lines) + "}")
    if to_file is not None:
        _save(picture, Path(to_file))
    return picture


def _parts(model: Any) -> tuple[list[Any], list[tuple[Any, Any]]]:
    """What is drawn, and the arrows between."""
    if getattr(model, "graph", None) is not None:
        return model.graph.functions, model.graph.edges()
    functions = list(model.sublayers().values())
    chained = functions == getattr(model, "layers", None) and hasattr(model, "add")
    return functions, list(itertools.pairwise(functions)) if chained else []


def _quoted(*lines: str) -> str:
    text = "\\n".join(line.replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return f'"{text}"'


def _save(picture: str, path: Path) -> None:
    kind = path.suffix[1:]
    if not kind:
        fix = 'plot_model(model, "model.svg")'
        raise ValueError(explain("plot_model", "no format for the file", got=str(path), fix=fix))
    source = picture.encode()
    path.write_bytes(source if kind in ("dot", "gv") else _rendered(source, kind))


def _rendered(source: bytes, kind: str) -> bytes:
    program = shutil.which("dot")
    if program is None:
        raise FileNotFoundError(
            explain(
                "plot_model",
                "pictures are made by Graphviz, whose program `dot` is not installed",
                fix='apt install graphviz, or plot_model(model, "model.dot")',
            )
        )
    run: Callable[..., Any] = subprocess.run
    done = run([program, f"-T{kind}"], input=source, capture_output=True, check=False)
    if done.returncode:
        got = done.stderr.decode(errors="replace").strip()
        raise ValueError(explain("plot_model", "`dot` failed", got=got))
    picture: bytes = done.stdout
    return picture
