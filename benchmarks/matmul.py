"""Matrix products: ours, NumPy's and PyTorch's, interleaved in one process.

python benchmarks/matmul.py [threads] [--dtype float64]

"NT" says that the second operand is a transposed view, "TN" the first. Where "by" says NumPy, our
product is dispatched to it.
"""

import argparse
import itertools
import math
import statistics
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from frame import PAUSE, QUICK, cores, hold, installed, table

ROUNDS = 1 if QUICK else 5
SECONDS = 0.0 if QUICK else 0.02  # per library and round

ALL = ("NN", "NT", "TN")
# ([batch,] rows, depth, columns) and the layouts that programs use at this size. The first six are
# those of a 784-512-10 net at batch 128: forward, backward and evaluation.
SIZES = (
    ((128, 784, 512), ("NN",)),
    ((128, 512, 10), ("NN",)),
    ((128, 10, 512), ("NT",)),
    ((512, 128, 10), ("TN",)),
    ((784, 128, 512), ("TN",)),
    ((10000, 784, 512), ("NN",)),
    ((32, 784, 128), ALL),
    ((1, 784, 512), ("NN", "NT")),
    ((64, 64, 64), ALL),
    ((256, 256, 256), ALL),
    ((1024, 1024, 1024), ALL),
    ((2048, 64, 2048), ALL),
    ((8, 128, 128, 128), ALL),
)


class Row(NamedTuple):
    """One product: seconds by each library, and whose code ours was."""

    name: str
    ours: float
    numpy: float
    torch: float | None
    by: str


def operands(size: tuple[int, ...], layout: str, dtype: str) -> list[np.ndarray]:
    """Random factors, transposed in memory as `layout` says."""
    *batch, m, k, n = size
    rng = np.random.default_rng(0)
    factors = []
    for shape, kind in zip(((m, k), (k, n)), layout, strict=True):
        shape = shape[::-1] if kind == "T" else shape
        factor = rng.standard_normal((*batch, *shape)).astype(dtype)
        factors.append(factor.swapaxes(-1, -2) if kind == "T" else factor)
    return factors


def interleaved(calls: dict[str, Callable], threads: int) -> dict[str, float]:
    """Seconds of each call: the best round's median, since a busy machine only ever adds."""
    rounds: dict[str, list[float]] = {name: [] for name in calls}
    for _, (name, call) in itertools.product(range(ROUNDS), calls.items()):
        if threads > 1:
            time.sleep(PAUSE / 2)
        call()
        times: list[float] = []
        while sum(times) < SECONDS or len(times) < 3:
            start = time.perf_counter()
            call()
            times.append(time.perf_counter() - start)
        rounds[name].append(statistics.median(times))
    return {name: min(times) for name, times in rounds.items()}


def rows(threads: int, dtype: str = "float32") -> Iterator[Row]:
    """Measure every size. The libraries must already be held to `threads`, by the environment."""
    from autograd_lite.kernels.matmul import _pays, matmul

    torch = None
    if installed("torch"):
        import torch

        torch.set_num_threads(threads)
    for size, layouts in SIZES[:5] if QUICK else SIZES:
        for layout in layouts:
            a, b = operands(size, layout, dtype)
            calls = {
                "ours": lambda a=a, b=b: matmul(a, b),
                "numpy": lambda a=a, b=b: np.matmul(a, b),
            }
            if torch:
                left, right = torch.from_numpy(a), torch.from_numpy(b)
                calls["torch"] = lambda left=left, right=right: torch.matmul(left, right)
            seconds = interleaved(calls, threads)
            name = f"{'x'.join(map(str, size))} {layout}"
            by = "kernel" if _pays(a, b) else "NumPy"
            yield Row(name, seconds["ours"], seconds["numpy"], seconds.get("torch"), by)


def mean(ratios: list[float]) -> str:
    """The geometric mean, as text."""
    return f"{math.exp(statistics.fmean(map(math.log, ratios))):.2f}" if ratios else ""


def report(threads: int, dtype: str) -> str:
    """The table, with the geometric means of the ratios as its last line."""
    cells, to_numpy, to_torch = [], [], []
    for row in rows(threads, dtype):
        to_numpy.append(row.ours / row.numpy)
        times = [row.ours, row.numpy, row.torch]
        if row.torch:
            to_torch.append(row.ours / row.torch)
        ratios = [f"{to_torch[-1]:.2f}" if row.torch else "", f"{to_numpy[-1]:.2f}"]
        cells.append([row.name, *(f"{t * 1e6:,.1f}" if t else "" for t in times), row.by, *ratios])
    cells.append(["geometric mean", "", "", "", "", mean(to_torch), mean(to_numpy)])
    heads = ["microseconds", "ours", "NumPy", "PyTorch", "by", "ours/PyTorch", "ours/NumPy"]
    return table(f"matmul, {dtype}, threads: {threads}", heads, cells)


def main() -> None:
    """Print the table, in a process whose libraries are held to so many threads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("threads", nargs="?", type=int, default=cores())
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float32")
    parser.add_argument("--quick", action="store_true", help="a smoke test, without peers")
    options = parser.parse_args()
    hold(options.threads)
    print(report(options.threads, options.dtype), flush=True)


if __name__ == "__main__":
    main()
