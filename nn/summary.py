"""A model as a table."""

from __future__ import annotations

from typing import Any

from nn.functional import Graph
from nn.layer import Layer

HEADER = ("Layer", "Output shape", "Params", "Connected to")


def table(model: Layer) -> str:
    """The layers directly below `model`, their output shapes and parameter counts, and totals.

    Where a graph has branches, the operations in it are rows too, and each row names those before.
    """
    rows = _rows(model)
    columns = [*zip(HEADER, *rows, strict=True)]
    if not any(columns[-1][1:]):
        columns.pop()
    widths = [max(map(len, column)) for column in columns]
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


def _rows(model: Layer) -> list[tuple[str, str, str, str]]:
    graph: Graph | None = getattr(model, "graph", None)
    if graph is None:
        return [_row(path, layer) for path, layer in model.sublayers().items()]
    edges = graph.edges()
    before: dict[Any, list[str]] = {function: [] for function in graph.functions}
    for source, target in edges:
        before[target].append(source.name)
    # In a chain each row is connected to the one above it, which needs no saying.
    chain = len(edges) == len(before) - 1 and all(len(names) < 2 for names in before.values())
    chain = chain and len({id(source) for source, _ in edges}) == len(edges)
    return [
        _row(function.name, function, "" if chain else ", ".join(names))
        for function, names in before.items()
    ]


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
    return "  ".join([text, *connected]).rstrip()
