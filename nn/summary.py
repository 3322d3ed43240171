"""A model as a table."""

from __future__ import annotations

from nn.layer import Layer

HEADER = ("Layer", "Output shape", "Params")


def table(model: Layer) -> str:
    """The layers directly below `model`, their output shapes and parameter counts, and totals."""
    rows = [_row(path, layer) for path, layer in model.sublayers().items()]
    widths = [max(map(len, column)) for column in zip(HEADER, *rows, strict=True)]
    parameters = model.parameters()
    total = sum(p.size for p in parameters)
    trainable = sum(p.size for p in parameters if p.requires_grad)
    size = sum(p.data.nbytes for p in parameters) / 2**20
    line = "-" * (sum(widths) + 4)
    return "\n".join(
        [
            f"Model: {model.name}",
            _line(HEADER, widths),
            line,
            *(_line(row, widths) for row in rows),
            line,
            f"Total: {total:,} ({size:.2f} MiB)",
            f"Trainable: {trainable:,}",
            f"Not trainable: {total - trainable:,}",
        ]
    )


def _row(path: str, layer: Layer) -> tuple[str, str, str]:
    name = layer.name if "name" in vars(layer) else path
    shape = "?" if layer.output_shape is None else str(layer.output_shape)
    params = f"{layer.count_params():,}" if layer.built else "not built"
    return f"{name} ({type(layer).__name__})", shape, params


def _line(cells: tuple[str, str, str], widths: list[int]) -> str:
    name, shape, params = cells
    return f"{name:<{widths[0]}}  {shape:<{widths[1]}}  {params:>{widths[2]}}"
