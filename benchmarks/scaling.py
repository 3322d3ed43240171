"""How the time and the memory of a training step grow, ours beside PyTorch's: tables and pictures.

python benchmarks/scaling.py --out docs/figures

Nets of dense layers with relu, RMSprop, cross-entropy, in explicit loops over one batch. Time is
the median step of the best round, since a busy machine only ever adds. Memory is the peak of the
process while it trains, beyond what it held when all was imported, such a net had been trained
before and the batch was there: parameters, gradients, slots, what the graph keeps, temporaries. On
Linux the peak is the kernel's own (VmHWM), reset before the first step; elsewhere it is the growth
of `ru_maxrss`, which sees no peak below an earlier one.
"""

import argparse
import contextlib
import ctypes
import gc
import importlib.util
import itertools
import math
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from frame import QUICK, cores, installed, machine, serve, table, turns

INPUTS, CLASSES, RATE = 784, 10, 1e-4
ROUNDS = 1 if QUICK else 3
STEPS = 3  # at least, and so many before the clock starts
SECONDS = 0.0 if QUICK else 0.4  # for the steps of an answer
LONGEST = 20.0  # seconds; what would train for longer is left out
MIB = 1 << 20
SYSTEMS = {"autograd_lite": (), "PyTorch": ("torch",)}


class Point(NamedTuple):
    """A net on the horizontal axis at `at`."""

    at: int
    widths: tuple[int, ...]
    batch: int

    def parameters(self) -> int:
        """How many it has."""
        return sum((m + 1) * n for m, n in itertools.pairwise(self.widths))

    def work(self) -> int:
        """What its step's time is about proportional to."""
        return self.parameters() * (self.batch + 8)


class Sweep(NamedTuple):
    """One thing that grows."""

    name: str
    title: str
    points: Sequence[Point]


class Result(NamedTuple):
    """Milliseconds of a step and MiB of its peak."""

    time: float
    memory: float


def square(at: int, width: int, batch: int) -> Point:
    """A net with two hidden layers of one width."""
    return Point(at, (INPUTS, width, width, CLASSES), batch)


def width_for(parameters: int) -> int:
    """The width of two hidden layers that make about so many parameters."""
    linear = INPUTS + CLASSES + 2
    return max(1, round((math.sqrt(linear**2 + 4 * parameters) - linear) / 2))


def sweeps() -> list[Sweep]:
    """All that is measured."""
    batches = (1, 4, 16, 64, 256, 1024, 4096, 8192)
    widths = (64, 128, 256, 512, 1024, 2048, 4096)
    depths = (1, 2, 5, 10, 20, 50, 100)
    sizes = [10**power for power in range(4, 9)]
    found = [
        Sweep("batch", "784-512-10", [Point(b, (INPUTS, 512, CLASSES), b) for b in batches]),
        Sweep("width", "784-width-width-10, batch 128", [square(w, w, 128) for w in widths]),
        Sweep(
            "depth",
            "784-128-...-128-10, batch 128",
            [Point(d, (INPUTS, *[128] * d, CLASSES), 128) for d in depths],
        ),
        Sweep(
            "parameters",
            "784-width-width-10, batch 32",
            [square(n, width_for(n), 32) for n in sizes],
        ),
    ]
    return [s._replace(points=s.points[:2]) for s in found[:2]] if QUICK else found


def ours(point: Point, x: np.ndarray, y: np.ndarray) -> Callable[[], Any]:
    """The explicit loop of the README."""
    import nn
    from nn import layers

    *hidden, last = point.widths[1:]
    model = nn.Sequential(
        [*(layers.Dense(w, activation="relu") for w in hidden), layers.Dense(last)]
    )
    model.build((None, point.widths[0]))
    optimizer = nn.optimizers.RMSprop(model.parameters(), learning_rate=RATE)
    loss_of = nn.losses.SparseCategoricalCrossentropy(from_logits=True)

    def step() -> None:
        loss = loss_of(y, model(x, training=True))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    return step


def pytorch(point: Point, x: np.ndarray, y: np.ndarray) -> Callable[[], Any]:
    """The same in PyTorch, from weights of the same variance."""
    import torch
    from torch import nn

    dense = [nn.Linear(m, n) for m, n in itertools.pairwise(point.widths)]
    for layer in dense:  # its own are so small that a hundred layers end in subnormal numbers
        nn.init.xavier_uniform_(layer.weight)
        nn.init.zeros_(layer.bias)
    model = nn.Sequential(*[part for d in dense[:-1] for part in (d, nn.ReLU())], dense[-1])
    optimizer = torch.optim.RMSprop(model.parameters(), lr=RATE, alpha=0.9, eps=1e-7)
    inputs, labels = torch.from_numpy(x), torch.from_numpy(y)

    def step() -> None:
        loss = nn.functional.cross_entropy(model(inputs), labels)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    return step


def status(name: str) -> float | None:
    """A line of this process' status in bytes, None where there is no such file."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(name):
                return float(line.split()[1]) * 1024
    return None


def settle() -> float:
    """Give back free memory and forget the peak; return the bytes held now."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return status("VmRSS:") or highest()


def highest() -> float:
    """Bytes that this process held at most since `settle`."""
    unit = 1 if sys.platform == "darwin" else 1024
    return status("VmHWM:") or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def work(system: str, widths: tuple[int, ...], batch: int) -> None:
    """In a child process: train on one batch, measure memory once and time whenever asked."""
    make = {"autograd_lite": ours, "PyTorch": pytorch}[system]
    rng = np.random.default_rng(0)

    def trained() -> Callable[[], Any]:
        step = make(Point(0, widths, batch), *data)
        settle()  # forgets what the first weights were drawn in
        for _ in range(STEPS):
            step()
        return step

    data = (
        rng.standard_normal((batch, widths[0]), np.float32),
        rng.integers(0, widths[-1], batch),
    )
    trained()  # loads all code that such a net needs, which is no part of the peak
    before = settle()
    step = trained()
    memory = (highest() - before) / MIB

    def measure() -> list[float]:
        times: list[float] = []
        while sum(times) < SECONDS or len(times) < STEPS:
            start = time.perf_counter()
            step()
            times.append(time.perf_counter() - start)
        return [statistics.median(times) * 1e3, memory]

    serve(measure)


def measure(sweep: Sweep, names: list[str], threads: int) -> dict[Point, dict[str, Result]]:
    """Every point, as long as a system is not too slow for the next one."""
    results: dict[Point, dict[str, Result]] = {}
    last: Point | None = None
    for point in sweep.points:
        fit = names
        if last is not None:
            growth = point.work() / last.work() * STEPS * (ROUNDS + 2) / 1e3
            before = results[last]
            fit = [n for n in names if n in before and before[n].time * growth < LONGEST]
        net = ["--net", *map(str, point.widths), "--batch", str(point.batch)]
        answers = turns({n: [__file__, "--work", n, *net] for n in fit}, threads, ROUNDS)
        results[point] = {
            n: Result(*(min(column) for column in zip(*given, strict=True)))
            for n, given in answers.items()
        }
        last = point
        print(f"{sweep.name} {point.at:,}: {results[point]}", file=sys.stderr, flush=True)
    return results


def rows(results: dict[Point, dict[str, Result]], names: list[str]) -> list[list[str]]:
    """The lines of a table."""
    lines = []
    for point, by_name in results.items():
        line = [f"{point.at:,}", f"{point.parameters():,}"]
        for field, form in (("time", ",.2f"), ("memory", ",.1f")):
            got = [getattr(by_name[n], field) if n in by_name else None for n in names]
            line += ["" if value is None else format(value, form) for value in got]
            known = len(got) == 2 and None not in got and got[1] > 0
            line.append(f"{got[0] / got[1]:.2f}" if known else "")
        lines.append(line)
    return lines


def label(axis: Any) -> None:
    """Plain numbers along a logarithmic axis, more of them on a short one."""
    from matplotlib import ticker

    low, high = axis.get_view_interval()
    steps = (1.0, 2.0, 5.0) if high < 150 * low else (1.0,)
    axis.set_major_locator(ticker.LogLocator(subs=steps, numticks=12))
    axis.set_major_formatter(lambda value, _: short(value))
    axis.set_minor_formatter(ticker.NullFormatter())
    axis.grid(which="major", lw=0.5, alpha=0.5)


def short(value: float) -> str:
    """A number as an axis shows it.

    Example:
        >>> short(0.5), short(1000.0), short(2e6)
        ('0.5', '1,000', '2M')
    """
    return f"{value / 1e6:g}M" if value >= 1e6 else f"{value:,.0f}" if value >= 1 else f"{value:g}"


def draw(path: Path, field: str, title: str, unit: str, measured: Sequence[Any]) -> None:
    """A picture with a panel for each sweep."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    looks = {"autograd_lite": ("#0b5fa5", "o", "-"), "PyTorch": ("#d1601f", "s", "--")}
    figure, panels = plt.subplots(2, 2, figsize=(10, 7.5), layout="constrained")
    for axes, (sweep, results) in zip(panels.flat, measured, strict=False):
        for name, (color, marker, line) in looks.items():
            pairs = [(p.at, getattr(r[name], field)) for p, r in results.items() if name in r]
            if pairs:
                at, values = zip(*pairs, strict=True)
                axes.plot(at, values, color=color, marker=marker, ls=line, ms=5, label=name)
        axes.set(xscale="log", yscale="log", xlabel=sweep.name, ylabel=unit)
        axes.set_title(sweep.title, fontsize=11)
        axes.spines[["top", "right"]].set_visible(False)
        label(axes.xaxis)
        label(axes.yaxis)
    for axes in panels.flat[len(measured) :]:
        axes.axis("off")
    panels[0, 0].legend(frameon=False)
    figure.suptitle(title, fontsize=13)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=90)
    plt.close(figure)
    print(f"wrote {path}, {path.stat().st_size / 1000:.0f} kB")


def main() -> None:
    """Read the command line, measure, print the tables and draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [sweep.name for sweep in sweeps()]
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "figures")
    parser.add_argument("--only", nargs="+", choices=names, default=names, help="what grows")
    parser.add_argument("--threads", type=int, default=cores())
    parser.add_argument("--quick", action="store_true", help="a smoke test, without peers")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--net", nargs="+", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--batch", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.work, tuple(options.net), options.batch)
        return
    if not importlib.util.find_spec("matplotlib"):
        raise SystemExit('the pictures need matplotlib: pip install "autograd_lite[bench]"')
    print(machine(), flush=True)
    systems = [n for n, needs in SYSTEMS.items() if all(map(installed, needs))]
    columns = [f"{n}, {unit}" for unit in ("ms", "MiB") for n in (*systems, "ratio")]
    heads = [c if "ratio" not in c else c.replace("ratio, ", "ratio of ") for c in columns]
    measured = []
    for sweep in sweeps():
        if sweep.name in options.only:
            results = measure(sweep, systems, options.threads)
            measured.append((sweep, results))
            title = f"{sweep.name}: {sweep.title}; threads: {options.threads}"
            lines = rows(results, systems)
            print(table(title, [sweep.name, "of the net", *heads], lines), flush=True)
    threads = f"threads: {options.threads}"
    for field, what, unit in (
        ("time", f"Time of a training step, {threads}", "milliseconds"),
        ("memory", "Peak memory of a training step, beyond the imports", "MiB"),
    ):
        draw(options.out / f"scaling_{field}.png", field, what, unit, measured)


if __name__ == "__main__":
    main()
