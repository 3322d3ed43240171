"""Softmax, cross-entropy, gathered rows, functions and optimizer steps by NumPy and PyTorch.

python benchmarks/vector.py [threads]             on all cores unless told

Microseconds, medians of interleaved rounds in one process; ratios below 1 are in our favour.
"""

import os
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from frame import QUICK, THREAD_VARIABLES, cores, installed, machine, table

GIVEN = [argument for argument in sys.argv[1:] if argument != "--quick"]
if GIVEN or not os.environ.get("AUTOGRAD_LITE_NUM_THREADS"):
    THREADS = int(GIVEN[0]) if GIVEN else cores()
    os.environ |= dict.fromkeys(THREAD_VARIABLES, str(THREADS))
THREADS = int(os.environ["AUTOGRAD_LITE_NUM_THREADS"])

# ruff: noqa: E402  (the libraries count threads when they are imported)
import numpy as np

from autograd_lite.kernels import (
    cross_entropy_and_residual,
    cross_entropy_grad,
    elementwise,
    softmax,
    sum_rows,
    take_rows,
    updates,
)

torch = None
if installed("torch"):
    import torch

    torch.set_num_threads(THREADS)

SHAPES = ((128, 10), (128, 512), (1024, 1024), (32, 32000))
Call = Callable[[], Any]
# Seconds until the threads of the library before have stopped spinning, on the cores of the next.
PAUSE = 0.02


def medians(calls: list[Call | None], budget: float = 1.0) -> list[float]:
    """Median microseconds of each call, a round of all of them at a time, within some seconds."""
    present = [call for call in calls if call]
    counts = []
    for call in present:
        call()
        begin = time.perf_counter()
        call()
        counts.append(max(1, int(3e-4 / (time.perf_counter() - begin))))
    times: list[list[float]] = [[] for _ in present]
    least = 1 if QUICK else 5
    stop = time.perf_counter() + (0 if QUICK else budget)
    while time.perf_counter() < stop or len(times[0]) < least:
        for call, count, taken in zip(present, counts, times, strict=True):
            if THREADS > 1:
                time.sleep(PAUSE)
                call()
            begin = time.perf_counter()
            for _ in range(count):
                call()
            taken.append((time.perf_counter() - begin) / count * 1e6)
    results = iter(np.median(taken) for taken in times)
    return [next(results) if call else np.nan for call in calls]


def figures(times: list[float], *between: str) -> list[str]:
    """Cells of a row: times, what is given, and our time by each of the others."""
    ratios = [f"{times[0] / other:.2f}" for other in times[1:]]
    return [f"{t:.1f}" for t in times] + list(between) + ratios


def softmax_rows() -> list[list[str]]:
    """Softmax, and the loss with its gradient."""
    rows = []
    rng = np.random.default_rng(0)
    for n, k in SHAPES:
        x = (rng.standard_normal((n, k)) * 3).astype(np.float32)
        labels, g = rng.integers(0, k, n), np.full(n, 1 / n, np.float32)

        def by_numpy(x=x):
            power = np.exp(x - x.max(1, keepdims=True))
            return power / power.sum(1, keepdims=True)

        def loss(x=x, labels=labels, g=g):
            return cross_entropy_grad(g, cross_entropy_and_residual(x, labels)[1], x, labels)

        def loss_by_numpy(x=x, labels=labels, g=g, by_numpy=by_numpy):
            p = by_numpy()
            rows = np.arange(len(x))
            losses = -np.log(p[rows, labels])
            p[rows, labels] -= 1
            return losses, p * g[:, None]

        theirs = loss_by_torch = None
        if torch:
            leaf = torch.from_numpy(x).requires_grad_()
            tensor, targets = leaf.detach(), torch.from_numpy(labels)

            theirs = partial(torch.softmax, tensor, 1)

            def loss_by_torch(leaf=leaf, targets=targets):
                leaf.grad = None
                torch.nn.functional.cross_entropy(leaf, targets).backward()

        mine = medians([partial(softmax, x), by_numpy, theirs])
        rows.append([f"softmax {n}x{k}", *figures(mine)])
        mine = medians([loss, loss_by_numpy, loss_by_torch])
        rows.append([f"cross-entropy and gradient {n}x{k}", *figures(mine)])
    return rows


def ulps(got: np.ndarray, exact: np.ndarray) -> str:
    """The largest error in units of the last place."""
    spacing = np.spacing(np.abs(exact).astype(got.dtype)).astype(np.longdouble)
    return f"{float((np.abs(got - exact) / spacing).max()):.2f}"


def exact_erf(x: np.ndarray) -> np.ndarray:
    """The error function by its series of positive terms."""
    x = np.clip(x, -7, 7)
    total = term = x
    for k in range(1, 200):
        term = term * (2 * x * x) / (2 * k + 1)
        total = total + term
    return total * np.exp(-x * x) / np.sqrt(np.arctan(np.longdouble(1)))


# NumPy's function, or what a program without ours would write in NumPy.
THEIRS: dict[str, Any] = {
    "exp": np.exp,
    "log": np.log,
    "tanh": np.tanh,
    "sigmoid": elementwise.sigmoid_reference,
    "erf": None,
    "sin": np.sin,
    "cos": np.cos,
    "sqrt": np.sqrt,
}


def elementwise_rows(size: int = 400_000) -> list[list[str]]:
    """Functions of one number."""
    rows = []
    for dtype in (np.float32, np.float64):
        x = (np.random.default_rng(0).standard_normal(size) * 4).astype(dtype)
        for name, theirs in THEIRS.items():
            given = np.abs(x) if name in ("log", "sqrt") else x
            ours = getattr(elementwise, name)
            calls = [partial(ours, given), theirs and partial(theirs, given), None]
            if torch:
                calls[2] = partial(getattr(torch, name), torch.from_numpy(given))
            exact = exact_erf if name == "erf" else theirs
            some = given[:100_000]
            error = ulps(ours(some), exact(some.astype(np.longdouble)))
            label = f"{name} {size:,} {np.dtype(dtype).name}"
            rows.append([label, *figures(medians(calls, 0.5), error)])
    return rows


class Batches:
    """A call that gathers the next batch of shuffled rows, each object in an order of its own."""

    def __init__(self, gather: Callable[..., Any], source: Any, size: int, seed: int) -> None:
        self.gather, self.source, self.size = gather, source, size
        self.order = np.random.default_rng(seed).permutation(len(source))
        self.at = 0

    def __call__(self) -> None:
        """Gather it."""
        self.at = (self.at + self.size) % (len(self.order) - self.size)
        self.gather(self.source, self.order[self.at : self.at + self.size])


def row_rows() -> list[list[str]]:
    """Batches out of 60,000 rows, and sums over a batch."""
    rows = []
    pixels = np.random.default_rng(0).integers(0, 256, (60_000, 784)).astype(np.uint8)
    for source in (pixels.astype(np.float32), pixels):
        for size in (128, 1024):
            out = np.empty((size, 784), source.dtype)
            gathers: list[Any] = [
                lambda s, r, out=out: take_rows(s, r, out),
                lambda s, r, out=out: s.take(r, 0, out, "clip"),
                torch and (lambda s, r: torch.index_select(torch.from_numpy(s), 0, r)),
            ]
            calls = [g and Batches(g, source, size, seed) for seed, g in enumerate(gathers)]
            if calls[2]:
                calls[2].order = torch.from_numpy(calls[2].order)
            rows.append([f"gather {size} of {source.dtype}", *figures(medians(calls))])
    out = np.empty((128, 784), np.float32)
    scaled = [
        lambda s, r: take_rows(s, r, out, 1 / 255),
        lambda s, r: np.multiply(s[r], np.float32(1 / 255), out=out),
    ]
    mine = medians([*(Batches(g, pixels, 128, seed) for seed, g in enumerate(scaled)), None])
    rows.append(["gather 128 of uint8, scaled", *figures(mine)])
    for n, k in ((128, 512), (1024, 1024), (8192, 10)):
        x = np.random.default_rng(0).standard_normal((n, k)).astype(np.float32)
        third = torch and partial(torch.sum, torch.from_numpy(x), 0)
        mine = medians([partial(sum_rows, x), partial(np.add.reduce, x, axis=0), third], 0.5)
        rows.append([f"sum of rows {n}x{k}", *figures(mine)])
    return rows


def bandwidth(size: int) -> float:
    """Bytes a microsecond that a copy of so many float32 moves."""
    a, b = np.ones(size, np.float32), np.zeros(size, np.float32)
    calls: list[Call | None] = [partial(np.copyto, b, a), None]
    if torch:
        calls[1] = partial(torch.from_numpy(b).copy_, torch.from_numpy(a))
    return 8 * size / np.nanmin(medians(calls, 0.5))


def update_rows(size: int) -> list[list[str]]:
    """Optimizer steps on one parameter of so many numbers."""
    rng = np.random.default_rng(0)
    speed = bandwidth(size)
    rows = []
    for name, slots, settings, theirs in (
        ("sgd", 0, (1e-3,), ("SGD", {})),
        ("momentum", 1, (1e-3, 0.9, False), ("SGD", {"momentum": 0.9})),
        ("rmsprop", 1, (1e-3, 0.9, 1e-7), ("RMSprop", {})),
        ("adam", 2, (1e-3, 0.9, 0.999, 1e-7), ("Adam", {})),
    ):
        draws = [rng.standard_normal(size, np.float32) for _ in range(2)]
        mine = [*draws, *(np.zeros(size, np.float32) for _ in range(slots))]
        copies = [a.copy() for a in mine]
        step = getattr(updates, name)
        plain = getattr(updates, f"{name}_reference")
        third = None
        if torch:
            parameter = torch.nn.Parameter(torch.from_numpy(draws[0].copy()))
            parameter.grad = torch.from_numpy(draws[1].copy())
            third = getattr(torch.optim, theirs[0])([parameter], 1e-3, foreach=True, **theirs[1])
        calls = [
            partial(step, *mine, *settings),
            partial(plain, *copies, *settings),
            third and third.step,
        ]
        times = medians(calls)
        moved = 4 * size * (3 + 2 * slots) / times[0]
        rows.append([f"{name} {size:,}", *figures(times, f"{moved / speed:.0%}")])
    return rows


def main() -> None:
    """Print the tables."""
    if GIVEN:
        print(machine())
    last = ["ours/NumPy", "ours/PyTorch"]
    heads = ["ours", "NumPy", "PyTorch"]
    where = f"{THREADS} thread{'s' * (THREADS > 1)}, microseconds"
    print(table(f"Rows, {where}", ["", *heads, *last], softmax_rows()), flush=True)
    print(table(f"Batches, {where}", ["", *heads, *last], row_rows()), flush=True)
    rows = elementwise_rows()
    print(table(f"Element-wise, {where}", ["", *heads, "max ulp", *last], rows), flush=True)
    rows = update_rows(400_000) + update_rows(10_000_000)
    print(table(f"Optimizer steps, {where}", ["", *heads, "of a copy's speed", *last], rows))


if __name__ == "__main__":
    main()
