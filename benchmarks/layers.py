"""Layers by themselves, forward and backward: ours beside PyTorch's, in microseconds.

python benchmarks/layers.py                     all of them, on all cores
python benchmarks/layers.py --only lstm conv    those whose names begin so

Inputs require a gradient, save pictures' first convolution, whose input is data. Each system has a
process of its own, and the processes take turns.
"""

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from frame import QUICK, cores, installed, serve, table, turns

Call = Callable[[], Any]
# The least time of an answer; an answer is the mean over as many calls as fit.
SECONDS = 0.0 if QUICK else 0.25

# Name: title and the shape of the input, channels last.
CASES = {
    "conv_stack": ("Conv2D 28x28x1 -> 32 -> 64, 3x3", (32, 28, 28, 1)),
    "conv_wide": ("Conv2D 32x32x3 -> 64, 3x3, same", (32, 32, 32, 3)),
    "depthwise": ("DepthwiseConv2D 32x32x64, 3x3, same", (32, 32, 32, 64)),
    "max_pool": ("MaxPooling2D 2x2 of 26x26x32", (32, 26, 26, 32)),
    "lstm": ("LSTM 64 units, 100 steps", (32, 100, 64)),
    "gru": ("GRU 64 units, 100 steps", (32, 100, 64)),
    "attention": ("Attention, 4 heads of 32, 128 tokens", (8, 4, 128, 32)),
    "multi_head": ("MultiHeadAttention, 4 heads of 32, 128 tokens", (8, 128, 128)),
    "batch_norm": ("BatchNormalization 28x28x32", (32, 28, 28, 32)),
    "layer_norm": ("LayerNormalization of 512", (1024, 512)),
}
BARE = ("conv_stack", "conv_wide")  # whose input needs no gradient


def data(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Normal numbers."""
    return np.random.default_rng(seed).standard_normal(shape, np.float32)


def ours(name: str, shape: tuple[int, ...]) -> Call:
    """Forward and backward through our layer."""
    import autograd_lite as ag
    from nn import Sequential, layers

    makers: dict[str, Callable[[], Any]] = {
        "conv_stack": lambda: Sequential([layers.Conv2D(32, 3), layers.Conv2D(64, 3)]),
        "conv_wide": lambda: layers.Conv2D(64, 3, padding="same"),
        "depthwise": lambda: layers.DepthwiseConv2D(3, padding="same"),
        "max_pool": lambda: layers.MaxPooling2D(2),
        "lstm": lambda: layers.LSTM(64, return_sequences=True),
        "gru": lambda: layers.GRU(64, return_sequences=True),
        "multi_head": lambda: layers.MultiHeadAttention(4, 32),
        "batch_norm": lambda: layers.BatchNormalization(),
        "layer_norm": lambda: layers.LayerNormalization(),
    }
    x = ag.tensor(data(shape), requires_grad=name not in BARE)
    if name == "attention":
        forward = lambda: ag.dot_product_attention(x, x, x)  # noqa: E731
    else:
        layer = makers[name]()
        given = (x, x) if name == "multi_head" else (x,)
        forward = lambda: layer(*given, training=True)  # noqa: E731
    gradient = data(forward().shape, seed=1)
    return lambda: forward().backward(gradient)


def torch_eager(name: str, shape: tuple[int, ...], last: bool = False) -> Call:
    """Forward and backward through PyTorch's, its channels first, in either order of memory."""
    import torch
    from torch import nn

    def first(layer: Any) -> Callable[[Any], Any]:
        """The first of a pair of results."""
        return lambda x: layer(x)[0]

    def multi_head() -> Callable[[Any], Any]:
        layer = nn.MultiheadAttention(128, 4, batch_first=True)
        return lambda x: layer(x, x, x, need_weights=False)[0]

    makers: dict[str, Callable[[], Any]] = {
        "conv_stack": lambda: nn.Sequential(nn.Conv2d(1, 32, 3), nn.Conv2d(32, 64, 3)),
        "conv_wide": lambda: nn.Conv2d(3, 64, 3, padding="same"),
        "depthwise": lambda: nn.Conv2d(64, 64, 3, padding="same", groups=64),
        "max_pool": lambda: nn.MaxPool2d(2),
        "lstm": lambda: first(nn.LSTM(64, 64, batch_first=True)),
        "gru": lambda: first(nn.GRU(64, 64, batch_first=True)),
        "attention": lambda: lambda x: nn.functional.scaled_dot_product_attention(x, x, x),
        "multi_head": multi_head,
        "batch_norm": lambda: nn.BatchNorm2d(32),
        "layer_norm": lambda: nn.LayerNorm(512),
    }
    layer, x = makers[name](), torch.from_numpy(data(shape))
    if x.ndim == 4 and name != "attention":
        order = torch.channels_last if last else torch.contiguous_format
        x = x.permute(0, 3, 1, 2).contiguous(memory_format=order)
        layer = layer.to(memory_format=order)
    x.requires_grad_(name not in BARE)
    gradient = torch.randn_like(layer(x))
    return lambda: layer(x).backward(gradient)


def torch_last(name: str, shape: tuple[int, ...]) -> Call | None:
    """As `torch_eager`, channels last, where there are pictures."""
    pictures = len(shape) == 4 and name != "attention"
    return torch_eager(name, shape, last=True) if pictures else None


SYSTEMS: dict[str, tuple[Callable[..., Call | None], tuple[str, ...]]] = {
    "autograd_lite": (ours, ()),
    "PyTorch eager": (torch_eager, ("torch",)),
    "PyTorch, channels last": (torch_last, ("torch",)),
}


def work(system: str, names: list[str]) -> None:
    """In a child process: measure all layers whenever asked."""
    make, _ = SYSTEMS[system]
    calls = {name: make(name, CASES[name][1]) for name in names}

    def measure() -> dict[str, float | None]:
        return {name: call and clock(call) for name, call in calls.items()}

    measure()  # compiles, and fills the caches
    serve(measure)


def clock(call: Call) -> float:
    """Microseconds a call takes."""
    start, count = time.perf_counter(), 0
    while count == 0 or time.perf_counter() - start < SECONDS:
        call()
        count += 1
    return (time.perf_counter() - start) / count * 1e6


def report(names: list[str], threads: int, repeats: int) -> str:
    """The table: a row a layer."""
    systems = [name for name, (_, needs) in SYSTEMS.items() if all(map(installed, needs))]
    commands = {s: [__file__, "--work", s, "--only", *names] for s in systems}
    answers = turns(commands, threads, repeats)
    mine, *peers = systems
    rows = []
    for name in names:
        medians = {
            s: np.median([answer[name] for answer in given])
            for s, given in answers.items()
            if given[0][name] is not None
        }
        cells = [f"{medians[s]:,.0f}" if s in medians else "" for s in systems]
        ratios = [f"{medians[mine] / medians[s]:.2f}" if s in medians else "" for s in peers]
        rows.append([CASES[name][0], *cells, *ratios])
    heads = ["forward and backward, us", *systems, *(f"{mine} / {peer}" for peer in peers)]
    return table(f"Layers; threads: {threads} (median of {repeats})", heads, rows)


def main() -> None:
    """Read the command line and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", default=[""], help="names, or how they begin")
    parser.add_argument("--threads", type=int, default=cores(), help="threads of every system")
    parser.add_argument("--repeats", type=int, default=7, help="answers of each system")
    parser.add_argument("--quick", action="store_true", help="a smoke test, without peers")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    options = parser.parse_args()
    names = [name for name in CASES if name.startswith(tuple(options.only))]
    if not names:
        parser.error(f"no such layer; there are {', '.join(CASES)}")
    if options.work:
        work(options.work, names)
        sys.exit()
    print(report(names, options.threads, 1 if QUICK else options.repeats), flush=True)


if __name__ == "__main__":
    main()
