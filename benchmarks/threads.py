"""Threads beside others: Python's, BLAS's, and another process on the same cores."""

import argparse
import contextlib
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
from frame import QUICK, cores, hold, table

import autograd_lite as ag
from autograd_lite import kernels

M, K, N = 128, 784, 512
# Calls in one sample, so that a sample takes a tenth of a second.
CALLS = 2 if QUICK else 200


def repeated(call: Callable[[], object]) -> Callable[[], None]:
    """`call`, as often as a sample needs."""

    def many() -> None:
        for _ in range(CALLS):
            call()

    return many


def seconds(call: Callable[[], object]) -> float:
    """One sample."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def medians(calls: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Medians of samples taken in turn, after one that is not counted."""
    samples: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    for _ in range(repeats):
        for name, call in calls.items():
            samples[name].append(seconds(call))
    return {name: statistics.median(some) for name, some in samples.items()}


@contextlib.contextmanager
def threads(n: int) -> Iterator[None]:
    """Our kernels on so many threads."""
    before = ag.get_num_threads()
    ag.set_num_threads(n)
    try:
        yield
    finally:
        ag.set_num_threads(before)


def side_by_side(call: Callable[[], object]) -> Callable[[], None]:
    """`call` in two Python threads at once."""

    def both() -> None:
        other = threading.Thread(target=call)
        other.start()
        call()
        other.join()

    return both


def row(what: str, time_of: float, base: float, goal: str) -> list[str]:
    """A row of the table, in milliseconds."""
    return [what, f"{1e3 * base:.1f}", f"{1e3 * time_of:.1f}", f"{time_of / base:.2f}", goal]


def python_threads(x: np.ndarray, w: np.ndarray, repeats: int) -> list[str]:
    """Two Python threads with a product each on one thread, against one of them."""
    product = repeated(lambda: kernels.matmul(x, w))
    with threads(1):
        found = medians({"one": product, "two": side_by_side(product)}, repeats)
    return row("two Python threads / one, matmul", found["two"], found["one"], "1.3")


def alternating(x: np.ndarray, w: np.ndarray, repeats: int) -> list[str]:
    """Ours, NumPy's and ours in turn, against the sum of what each takes by itself."""

    def ours() -> None:
        kernels.matmul(x, w)

    def numpys() -> None:
        np.matmul(x, w)

    def pattern() -> None:
        ours()
        numpys()
        ours()

    calls = {"ours": repeated(ours), "NumPy": repeated(numpys), "pattern": repeated(pattern)}
    found = medians(calls, repeats)
    parts = 2 * found["ours"] + found["NumPy"]
    return row("ours, NumPy, ours / the sum of the parts", found["pattern"], parts, "1.1")


def epoch() -> Callable[[], object]:
    """One epoch of the digits, as in epoch.py, or the beginning of one."""
    from systems import ours

    from nn.datasets import mnist

    (x, y), _ = mnist.load_data()
    some = 512 if QUICK else 12_800
    train, _ = ours(x[:some].reshape(-1, K).astype("float32") / 255, y[:some], 128)
    return train


def two_threads(train: Callable[[], object], repeats: int) -> list[str]:
    """Training on two threads against one."""

    def on(n: int) -> None:
        with threads(n):
            train()

    found = medians({"one": lambda: on(1), "two": lambda: on(2)}, repeats)
    return row("training, two threads / one", found["two"], found["one"], "0.63")


def beside_a_busy_process(call: Callable[[], object], what: str, repeats: int) -> list[str]:
    """`call` while another process wants a core, against the same undisturbed."""
    call()
    quiet = statistics.median(seconds(call) for _ in range(repeats))
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        call()
        disturbed = statistics.median(seconds(call) for _ in range(repeats))
    finally:
        busy.kill()
        busy.wait()
    return row(f"{what} beside a busy process / alone", disturbed, quiet, "")


def main() -> None:
    """Read the command line, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=2 if QUICK else 9)
    parser.add_argument("--quick", action="store_true", help="a smoke test")
    repeats = parser.parse_args().repeats
    hold(cores())
    rng = np.random.default_rng(0)
    x, w = (rng.normal(size=shape).astype(np.float32) for shape in ((M, K), (K, N)))
    train = epoch()
    product = repeated(lambda: kernels.matmul(x, w))
    rows = [
        python_threads(x, w, repeats),
        alternating(x, w, repeats),
        two_threads(train, repeats),
        beside_a_busy_process(product, f"matmul {M}x{K}x{N}", repeats),
        beside_a_busy_process(train, "training", repeats),
    ]
    title = f"Threads beside others, milliseconds, threads: {cores()} (medians of {repeats})"
    print(table(title, ["what", "base", "time", "ratio", "goal <="], rows))


if __name__ == "__main__":
    main()
