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
from nn.inputs import Input
from nn.layer import Layer

# A layer or operation, which of its outputs, another, and as which of its inputs it reads that.
Link = tuple[Any, int, Any, int]


class Picture(str):
    """A model in the language of Graphviz. A prompt shows it as it prints."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def plot_model(
    model: Layer,
    to_file: str | os.PathLike[str] | None = None,
    show_shapes: bool = False,
    expand_nested: bool = False,
) -> Picture:
    r"""The layers of a model and how they are connected, for Graphviz.

    Args:
        model: A graph, a `Sequential`, or another, whose layers are shown unconnected.
        to_file: Where to write it: ``.dot`` and ``.gv`` get the source; anything else is made by
            Graphviz's `dot`, which has to be installed. By default nothing is written.
        show_shapes: Whether the shapes of outputs are shown.
        expand_nested: Whether a model among the layers is drawn as a frame around its own.

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
    drawing = _Drawing(show_shapes, expand_nested)
    drawing.add(model)
    lines = ['node [shape=box, style=rounded, fontname="sans-serif"];', *drawing.lines]
    lines += [f"n{a} -> n{b};" for a, b in sorted(drawing.arrows)]
    picture = Picture("digraph {\n" + "".join(f"  {line}\n" for line in lines) + "}")
    if to_file is not None:
        _save(picture, Path(to_file))
    return picture


class _Drawing:
    """Lines of Graphviz' language, for the boxes of a model and of those in it.

    Attributes:
        lines: The boxes.
        arrows: From which box to which.
    """

    def __init__(self, show_shapes: bool, expand_nested: bool) -> None:
        self.show_shapes, self.expand_nested = show_shapes, expand_nested
        self.lines: list[str] = []
        self.arrows: set[tuple[int, int]] = set()
        self._count = 0

    def add(self, model: Any, depth: int = 0) -> tuple[list[int], list[int]]:
        """Draw a model; the boxes that its inputs go into, and that its outputs come out of."""
        functions, links, begins, ends = _parts(model)
        heads, tails = {}, {}
        for function in functions:
            nested = self.expand_nested and hasattr(function, "summary")
            if nested and _parts(function)[0]:
                self._line(f"subgraph cluster_{self._count} {{", depth)
                self._line(f"label={_quoted(function.name)};", depth + 1)
                heads[function], tails[function] = self.add(function, depth + 1)
                self._line("}", depth)
            else:
                heads[function] = tails[function] = [self._box(function, depth)]
        for source, i, target, j in links:
            self.arrows.add((_at(tails[source], i), _at(heads[target], j)))
        return [heads[f][0] for f in begins], [_at(tails[f], i) for f, i in ends]

    def _box(self, function: Any, depth: int) -> int:
        name = getattr(function, "name", "")
        text = f"{name} ({type(function).__name__})"
        shape = "?" if function.output_shape is None else str(function.output_shape)
        label = _quoted(text, shape) if self.show_shapes else _quoted(text)
        self._line(f"n{self._count} [label={label}];", depth)
        self._count += 1
        return self._count - 1

    def _line(self, line: str, depth: int) -> None:
        self.lines.append("  " * depth + line)


def _at(boxes: list[int], index: int) -> int:
    return boxes[index] if index < len(boxes) else boxes[0]


def _parts(model: Any) -> tuple[list[Any], list[Link], list[Any], list[tuple[Any, int]]]:
    """What is drawn, the links between, what inputs go into, and what outputs come out of."""
    graph = getattr(model, "graph", None)
    if graph is not None:
        begins = [x for x in graph.inputs if isinstance(x, Input)]
        return graph.functions, list(graph.links()), begins or graph.functions[:1], graph.ends()
    functions = list(model.sublayers().values())
    chained = functions == getattr(model, "layers", None) and hasattr(model, "add")
    pairs = itertools.pairwise(functions) if chained else ()
    return (
        functions,
        [(a, 0, b, 0) for a, b in pairs],
        functions[:1],
        [(f, 0) for f in functions[-1:]],
    )


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
