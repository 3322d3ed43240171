"""Softmax, cross-entropy, element-wise functions and optimizer steps beside NumPy and PyTorch.

python benchmarks/vector.py [threads]             on all cores unless told

Microseconds, medians of interleaved rounds in one process; ratios below 1 are in our favour.
"""

import os
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from frame import THREAD_VARIABLES, cores, machine, table

if len(sys.argv) > 1 or not os.environ.get("AUTOGRAD_LITE_NUM_THREADS"):
    THREADS = int(sys.argv[1]) if len(sys.argv) > 1 else cores()
    os.environ |= dict.fromkeys(THREAD_VARIABLES, str(THREADS))
THREADS = int(os.environ["AUTOGRAD_LITE_NUM_THREADS"])

# ruff: noqa: E402  (the libraries count threads when they are imported)
import numpy as np

from autograd_lite.kernels import (
    cross_entropy,
    cross_entropy_grad,
    elementwise,
    softmax,
    updates,
)

try:
    import torch
except ImportError:
    torch = None
else:
    torch.set_num_threads(THREADS)

SHAPES = ((128, 10), (128, 512), (1024, 1024), (32, 32000))
Call = Callable[[], Any]


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
    stop = time.perf_counter() + budget
    while time.perf_counter() < stop or len(times[0]) < 5:
        for call, count, taken in zip(present, counts, times, strict=True):
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
            return cross_entropy_grad(g, cross_entropy(x, labels), x, labels)

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
        rows.append([f"softmax {n}x{k}", *figures(mine, "")])
        mine = medians([loss, loss_by_numpy, loss_by_torch])
        rows.append([f"cross-entropy and gradient {n}x{k}", *figures(mine, "")])
    return rows


def ulps(got: np.ndarray, exact: np.ndarray) -> str:
    """The largest error in units of the last place."""
    spacing = np.spacing(np.abs(exact).astype(got.dtype)).astype(np.longdouble)
    return f"{float((np.abs(got - exact) / spacing).max()):.2f}"


def elementwise_rows(size: int = 400_000) -> list[list[str]]:
    """Functions of one number."""
    rows = []
    numpy_sigmoid = elementwise.sigmoid_reference
    for dtype in (np.float32, np.float64):
        x = (np.random.default_rng(0).standard_normal(size) * 4).astype(dtype)
        for name, numpy_name in (("exp", "exp"), ("log", "log"), ("tanh", "tanh"), ("sigmoid", "")):
            given = np.abs(x) if name == "log" else x
            ours = getattr(elementwise, name)
            theirs = getattr(np, numpy_name) if numpy_name else numpy_sigmoid
            calls = [partial(ours, given), partial(theirs, given), None]
            if torch:
                calls[2] = partial(getattr(torch, name), torch.from_numpy(given))
            error = ulps(ours(given), theirs(given.astype(np.longdouble)))
            label = f"{name} {size:,} {np.dtype(dtype).name}"
            rows.append([label, *figures(medians(calls, 0.5), error)])
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
    if len(sys.argv) > 1:
        print(machine())
    last = ["ours/NumPy", "ours/PyTorch"]
    heads = ["ours", "NumPy", "PyTorch"]
    where = f"{THREADS} thread{'s' * (THREADS > 1)}, microseconds"
    print(table(f"Rows, {where}", ["", *heads, "", *last], softmax_rows()), flush=True)
    rows = elementwise_rows()
    print(table(f"Element-wise, {where}", ["", *heads, "max ulp", *last], rows), flush=True)
    rows = update_rows(400_000) + update_rows(10_000_000)
    print(table(f"Optimizer steps, {where}", ["", *heads, "of a copy's speed", *last], rows))


if __name__ == "__main__":
    main()
