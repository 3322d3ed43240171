"""A model as a table."""

from __future__ import annotations

from typing import Any

from nn.functional import Graph
from nn.layer import Layer

HEADER = ("Layer", "Output shape", "Params", "Connected to")


def table(
    model: Layer,
    expand_nested: bool = False,
    show_trainable: bool = False,
    line_length: int | None = None,
) -> str:
    """The layers directly below `model`, their output shapes and parameter counts, and totals.

    Where a graph has branches, the operations in it are rows too, and each row names those before.

    Args:
        model: The model.
        expand_nested: Whether the layers of a model among them follow it, set in.
        show_trainable: Whether the last column says which layers are trained.
        line_length: Least width.
    """
    rows = _rows(model, expand_nested)
    columns = [*zip(HEADER, *(cells for _, *cells in rows), strict=True)]
    if not any(columns[-1][1:]):
        columns.pop()
    if show_trainable:
        trained = ("Y" if getattr(layer, "trainable", True) else "N" for layer, *_ in rows)
        columns.append(("Trainable", *trained))
    widths = [max(map(len, column)) for column in columns]
    widths[0] += max(0, (line_length or 0) - sum(widths) - 2 * (len(widths) - 1))
    parameters = model.parameters()
    total = sum(p.size for p in parameters)
    trainable = sum(p.size for p in parameters if p.requires_grad)
    size = sum(p.data.nbytes for p in parameters) / 2**20
    line = "-" * (sum(widths) + 2 * len(widths) - 2)
    header, *body = (_line(cells, widths) for cells in zip(*columns, strict=True))
    return "\n".join(
        [
            f"Model: {model.name}",
            header,
            line,
            *body,
            line,
            f"Total: {total:,} ({size:.2f} MiB)",
            f"Trainable: {trainable:,}",
            f"Not trainable: {total - trainable:,}",
        ]
    )


def _rows(model: Layer, expand_nested: bool) -> list[tuple[Any, str, str, str, str]]:
    """Each layer or operation, and its cells."""
    rows: list[tuple[Any, str, str, str, str]] = []
    for name, function, connected in _named(model):
        rows.append((function, *_row(name, function, connected)))
        if expand_nested and hasattr(function, "summary"):
            rows += [(f, f"  {name}", *cells) for f, name, *cells in _rows(function, True)]
    return rows


def _named(model: Layer) -> list[tuple[str, Any, str]]:
    """Names, layers or operations, and what they are connected to if that has to be said."""
    graph: Graph | None = getattr(model, "graph", None)
    if graph is None:
        return [(path, layer, "") for path, layer in model.sublayers().items()]
    edges = graph.edges()
    before: dict[Any, list[str]] = {function: [] for function in graph.functions}
    for source, target in edges:
        before[target].append(source.name)
    # In a chain each row is connected to the one above it, which needs no saying.
    chain = len(edges) == len(before) - 1 and all(len(names) < 2 for names in before.values())
    chain = chain and len({id(source) for source, _ in edges}) == len(edges)
    return [(f.name, f, "" if chain else ", ".join(names)) for f, names in before.items()]


def _row(path: str, layer: Any, connected: str = "") -> tuple[str, str, str, str]:
    if not isinstance(layer, Layer):
        return f"{layer.name} (Operation)", str(layer.output_shape), "0", connected
    name = layer.name if "name" in vars(layer) else path
    shape = "?" if layer.output_shape is None else str(layer.output_shape)
    params = f"{layer.count_params():,}" if layer.built else "not built"
    return f"{name} ({type(layer).__name__})", shape, params, connected


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    name, shape, params, *connected = cells
    text = f"{name:<{widths[0]}}  {shape:<{widths[1]}}  {params:>{widths[2]}}"
    others = (f"{cell:<{width}}" for cell, width in zip(connected, widths[3:], strict=True))
    return "  ".join([text, *others]).rstrip()
