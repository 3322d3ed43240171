"""How a value came about: `explain` as text, `draw` as a picture of the graph."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.graph import Node, Traced, place_of
from autograd_lite.lines import line_of
from autograd_lite.op import raw
from autograd_lite.record import CONSTANT

Names = Mapping[str, Any] | Iterable[tuple[str, Any]]

_WIDEST = 44  # column of a tree; what is wider shifts its line


class Text(str):
    """A string that a prompt shows as it prints."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class Drawing(Text):
    """A graph in the language of Graphviz."""

    __slots__ = ()

    def save(self, path: str | os.PathLike[str], *, format: str | None = None) -> None:  # noqa: A002
        """Write the picture to a file.

        Args:
            path: Where to. ``.dot`` and ``.gv`` get the source; anything else is made by
                Graphviz's `dot`, which has to be installed.
            format: ``"svg"``, ``"png"``, ``"pdf"``, ...; that of the path's suffix by default.

        Raises:
            ValueError: the path has no suffix and `format` is not given, or `dot` rejects it.
            FileNotFoundError: `dot` is not installed.
        """
        format = format or Path(path).suffix[1:]  # noqa: A001
        if not format:
            fix = 'draw(t).save("graph.svg")'
            raise ValueError(
                errors.explain("draw", "no format for the file", got=str(path), fix=fix)
            )
        source = self.encode()
        Path(path).write_bytes(source if format in ("dot", "gv") else _rendered(source, format))


def explain(t: Traced, *, names: Names = (), depth: int | None = None) -> Text:
    """The history of a value: the ops that made it, newest first, with what each saves.

    Each op is a line, and its inputs are the lines below, named by number. Where an op has more
    than one input, all but the one with the longest history are set in. An op that several read
    is shown once, below the last of them. Constants are shown in the call as far as they are kept.

    Args:
        t: The value.
        names: Names of leaves, as a dict or as pairs: ``model.named_parameters()``.
        depth: How many ops to go back at most; all by default.

    Returns:
        A string, which a prompt shows as it prints. The lines of the user's program are in it if
        the ops were called within `detect_anomaly`.

    Example:
        >>> import autograd_lite as ag
        >>> w = ag.tensor([1.0, 2.0], requires_grad=True)
        >>> h = ag.exp(w)
        >>> explain((h * ag.sin(h)).sum(), names={"w": w})
        float32 () by 4 ops, which keep 16 bytes
        .grad is not kept: it is no leaf; call retain_grad() before backward()
        #4 sum(#3)           float32 ()
        #3 multiply(#1, #2)  float32 (2,)  keeps 16 bytes
        #2 sin(#1)           float32 (2,)  keeps 8 bytes
        #1 exp(w)            float32 (2,)  keeps 8 bytes
        w                    float32 (2,)  .grad is None: no backward pass has left one here
    """
    history = _History(t, names, depth)
    rows = [*_tree(history), *_leaf_rows(history)]
    widths = [min(max((len(row[i]) for row in rows), default=0), _WIDEST) for i in (0, 1)]
    lines = [history.title(), _why_no_grad(t)] if t.node else [history.title()]
    for row in rows:
        cells = [row[0].ljust(widths[0]), row[1].ljust(widths[1]), *row[2:]]
        lines.append("  ".join(filter(None, cells)).rstrip())
    if history.beyond:
        lines.append(f"... {history.beyond} more ops beyond depth={depth}")
    return Text("\n".join(lines))


def draw(t: Traced, *, names: Names = (), depth: int | None = None) -> Drawing:
    r"""The history of a value as a graph, for Graphviz.

    Args:
        t: The value.
        names: Names of leaves, as a dict or as pairs: ``model.named_parameters()``.
        depth: How many ops to go back at most; all by default.

    Returns:
        The source as a string, with a method ``save("graph.svg")``.

    Example:
        >>> import autograd_lite as ag
        >>> w = ag.tensor(1.0, requires_grad=True)
        >>> print(draw(w * w, names={"w": w}))
        digraph {
          node [shape=box, style=rounded, fontname="sans-serif"];
          leaf1 [label="w\nfloat32 ()", style=filled];
          op1 [label="multiply\nfloat32 ()"];
          leaf1 -> op1;
          leaf1 -> op1;
        }
    """
    history = _History(t, names, depth)
    lines = ['node [shape=box, style=rounded, fontname="sans-serif"];']
    places: dict[Any, str] = {}
    for i, (leaf, name) in enumerate(history.leaves.items(), 1):
        places[leaf] = f"leaf{i}"
        lines.append(f"leaf{i} [label={_quoted(name, _type(leaf))}, style=filled];")
    for node, number in history.numbers.items():
        places[node] = f"op{number}"
        line = line_of(node)
        tip = f", tooltip={_quoted(str(line))}" if line else ""
        label = _quoted(node.plan.op.name, _type(node))
        lines.append(f"op{number} [label={label}{tip}];")
    for node, number in history.numbers.items():
        lines += [f"{places[edge]} -> op{number};" for edge in node.edges if edge in places]
    return Drawing("digraph {\n" + "".join(f"  {line}\n" for line in lines) + "}")


class _History:
    """The part of a graph that a value depends on.

    Attributes:
        numbers: The ops that are shown, oldest first, counted from 1.
        leaves: The leaves that they read, with a name each.
        beyond: How many ops are not shown.
    """

    def __init__(self, t: Traced, names: Names, depth: int | None) -> None:
        if not isinstance(t, Traced):
            got = type(t).__name__  # type: ignore[unreachable]
            raise TypeError(errors.explain("explain", "only a Tensor has a history", got=got))
        self.t = t
        shown, found = _within(t, depth)
        self.beyond = len(found) - len(shown)
        ordered = sorted(shown, key=attrgetter("order"))
        self.numbers = {node: i for i, node in enumerate(ordered, 1)}
        known = {id(leaf): name for name, leaf in dict(names).items()}
        self.leaves: dict[Traced, str] = {}
        edges = [edge for node in ordered for edge in node.edges] or [place_of(t)]
        for edge in edges:
            if isinstance(edge, Traced) and edge not in self.leaves:
                self.leaves[edge] = known.get(id(edge), f"leaf {len(self.leaves) + 1}")

    def title(self) -> str:
        """What is known of the whole."""
        text = _type(self.t)
        if self.t.node is None:
            return f"{text}, {'a leaf' if self.t.requires_grad else 'without a history'}"
        count = len(self.numbers) + self.beyond
        if self.t.node.saved is None:
            return f"{text} by `{self.t.node.plan.op.name}`; a backward pass has freed the rest"
        held = {id(a): a.nbytes for node in self.numbers for a in map(_owner, _kept(node))}
        own = {id(_owner(leaf.data)) for leaf in self.leaves}
        shared = sum(n for key, n in held.items() if key in own)
        ops = f"{count} op{'s' if count > 1 else ''}"
        kept = f"{text} by {ops}, which keep {_bytes(sum(held.values()))}"
        return kept + (f", {_bytes(shared)} of them the leaves' own" if shared else "")

    def call(self, node: Node) -> str:
        """An op with its inputs."""
        op = node.plan.op
        inputs = {
            step.argument: self.label(edge)
            for step, edge in zip(node.plan.steps, node.edges, strict=False)
        }
        if op.variadic:
            return f"{op.name}([{', '.join(inputs.values())}])"
        for (kind, key), value in zip(node.plan.keeps, node.saved or (), strict=False):
            if kind == CONSTANT:
                inputs[key] = _constant(value)
        parts = [inputs.get(i, "_") for i in range(len(op.arguments))]
        return f"{op.name}({', '.join(parts)})"

    def label(self, edge: Any) -> str:
        """The number of an op or the name of a leaf."""
        if isinstance(edge, Traced):
            return self.leaves[edge]
        return f"#{self.numbers[edge]}" if edge in self.numbers else "..."


def _within(t: Traced, depth: int | None) -> tuple[set[Node], set[Node]]:
    """The nodes at most so many ops back, and all of them."""
    level = {t.node} if t.node is not None else set()
    found, shown, steps = set(level), set(level), 1
    while level:
        level = {e for node in level for e in node.edges if isinstance(e, Node)} - found
        found |= level
        if depth is None or steps < depth:
            shown |= level
        steps += 1
    return shown, found


def _tree(history: _History) -> list[tuple[str, ...]]:
    """A row for each op. Chains stay in their column, as graphs are deep."""
    if history.t.node is None:
        return []
    inputs = {
        node: [e for e in dict.fromkeys(node.edges) if isinstance(e, Node) and e in history.numbers]
        for node in history.numbers
    }
    waiting = dict.fromkeys(inputs, 0)
    height: dict[Node, int] = {}
    for node, edges in inputs.items():
        height[node] = 1 + max((height[e] for e in edges), default=0)
        for edge in edges:
            waiting[edge] += 1
    rows = []
    stack = [(history.t.node, "", "")]
    while stack:
        node, head, margin = stack.pop()
        rows.append(_row(history, node, head))
        ready = []
        for edge in inputs[node]:
            waiting[edge] -= 1
            if not waiting[edge]:
                ready.append(edge)
        if ready:
            last = max(ready, key=height.__getitem__)
            stack.append((last, margin, margin))
            branches = [e for e in ready if e is not last]
            stack += [(e, margin + "├─ ", margin + "│  ") for e in reversed(branches)]
    return rows


def _row(history: _History, node: Node, head: str) -> tuple[str, ...]:
    size = sum(a.nbytes for a in _kept(node))
    keeps = f"keeps {_bytes(size)}" if size else ""
    line = line_of(node)
    call = f"{head}#{history.numbers[node]} {history.call(node)}"
    return call, _type(node), keeps, str(line) if line else ""


def _leaf_rows(history: _History) -> list[tuple[str, ...]]:
    return [(n, _type(x), _why_no_grad(x)) for x, n in history.leaves.items()]


def _why_no_grad(t: Traced) -> str:
    """What `.grad` is, and why if it is None."""
    if not t.requires_grad:
        return ".grad is None: it does not require one (requires_grad=True)"
    if t.node is not None:
        hooked = t.node.hooks
        kept = ".grad is not kept: it is no leaf; call retain_grad() before backward()"
        return kept if not hooked else "it is no leaf, and has hooks"
    if t.grad is None:
        return ".grad is None: no backward pass has left one here"
    return "has .grad"


def _kept(node: Node) -> list[np.ndarray[Any, Any]]:
    """The arrays that a node holds, each once."""
    arrays = {id(a): a for a in map(raw, node.saved or ()) if isinstance(a, np.ndarray)}
    return list(arrays.values())


def _owner(array: Any) -> Any:
    """What owns the memory of an array."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _constant(value: Any) -> str:
    array = np.asarray(raw(value))
    return f"{array[()]:.4g}" if array.ndim == 0 and array.dtype.kind in "iuf" else _type(array)


def _type(x: Any) -> str:
    return f"{x.dtype} {x.shape}"


def _bytes(count: int) -> str:
    return f"{count} bytes" if count < 10_000 else f"{count / 1e6:.2f} MB"


def _quoted(*lines: str) -> str:
    text = "\\n".join(line.replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return f'"{text}"'


def _rendered(source: bytes, format: str) -> bytes:  # noqa: A002
    """The picture that Graphviz makes."""
    program = shutil.which("dot")
    if program is None:
        raise FileNotFoundError(
            errors.explain(
                "draw",
                "pictures are made by Graphviz, whose program `dot` is not installed",
                fix='apt install graphviz, brew install graphviz, or save("graph.dot")',
            )
        )
    run: Callable[..., Any] = subprocess.run
    done = run([program, f"-T{format}"], input=source, capture_output=True, check=False)
    if done.returncode:
        raise ValueError(
            errors.explain("draw", "`dot` failed", got=done.stderr.decode(errors="replace").strip())
        )
    picture: bytes = done.stdout
    return picture
