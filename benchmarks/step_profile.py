"""The seed's training step taken apart: each part's time beside the least it could take.

python benchmarks/step_profile.py --threads 1

Parts are timed where they run, inside `fit` on the digits: the functions that do the work are
wrapped by a clock. What is left of a step is Python, and what no part counts. The least time of a
matrix product is its operations at the rate of the register tile alone, that of everything else the
bytes it must move at the speed of a plain copy of as many bytes.
"""

import argparse
import contextlib
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from frame import QUICK, cores, hold, machine, table

BATCH, INPUTS, HIDDEN, CLASSES = 128, 784, 512, 10
EPOCHS = 1 if QUICK else 5
SAMPLES = 1024 if QUICK else 60_000
ROUNDS = 2 if QUICK else 20
# A copy of less is timed as one of so many bytes: a call would count for more than the copy.
LEAST_COPY = 1 << 20
FAR = 1 << 28  # bytes that no cache holds
EPILOGUE = "of it bias and relu (beside a bare product)"


class Clock:
    """Seconds spent in functions, by what they work on."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.calls = 0

    def wrap(self, function: Callable, key: Callable[..., str]) -> Callable:
        """`function`, timed under `key(*its arguments)`."""

        def timed(*args: Any, **settings: Any) -> Any:
            start = time.perf_counter()
            result = function(*args, **settings)
            self.seconds[key(*args)] += time.perf_counter() - start
            self.calls += 1
            return result

        return timed

    def each(self, generator: Callable, key: str) -> Callable:
        """`generator`, the time until each of its items under `key`."""

        def timed(*args: Any, **settings: Any) -> Iterator[Any]:
            following = self.wrap(generator(*args, **settings).__next__, lambda: key)
            with contextlib.suppress(StopIteration):
                while True:
                    yield following()

        return timed


def product(a: Any, b: Any, *_: Any) -> str:
    """The name of a product by its size: rows x depth x columns."""
    return f"matmul {a.shape[0]}x{a.shape[1]}x{b.shape[1]}"


@contextlib.contextmanager
def timed(clock: Clock) -> Iterator[None]:
    """Time the parts of every training step while the context is open."""
    from autograd_lite import kernels
    from nn import data
    from nn.trainer import Trainer

    def named(name: str) -> Callable[..., str]:
        return lambda *_: name

    entropy = named("softmax cross-entropy")
    keys = {
        "linear": product,
        "matmul": product,
        "matmul_add": lambda total, *factors: product(*factors),
        "matmul_where": lambda mask, *factors: product(*factors),
        "sum_rows": named("bias gradients"),
        "softmax": entropy,
        "cross_entropy": entropy,
        "cross_entropy_and_residual": entropy,
        "cross_entropy_grad": entropy,
        "rmsprop": named("update (RMSprop)"),
    }
    places = [(kernels, k, clock.wrap(getattr(kernels, k), keys[k])) for k in keys]
    places += [
        (data, "batches", clock.each(data.batches, "batch gather")),
        (Trainer, "_watch", clock.wrap(Trainer._watch, named("metrics"))),
    ]
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in places]
    try:
        for place in places:
            setattr(*place)
        yield
    finally:
        for place in before:
            setattr(*place)


def floors() -> dict[str, tuple[float, float]]:
    """The operations and the bytes of each part, in the order of the table."""
    n, k, h, c = BATCH, INPUTS, HIDDEN, CLASSES
    products = ((n, k, h), (n, h, c), (n, c, h), (h, n, c), (k, n, h))
    parameters = k * h + h + h * c + c
    return {f"matmul {m}x{d}x{w}": (2.0 * m * d * w, 0.0) for m, d, w in products} | {
        # An epilogue works on registers, and the bias is all that it reads.
        EPILOGUE: (0.0, 4.0 * h),
        "bias gradients": (0.0, 4.0 * n * (h + c)),
        # Probabilities for the metrics, losses and their gradient: each reads the logits.
        "softmax cross-entropy": (0.0, 4.0 * 5 * n * c + 8.0 * 2 * n),
        "update (RMSprop)": (0.0, 4.0 * 5 * parameters),
        "batch gather": (0.0, 4.0 * 2 * n * k + 8.0 * 2 * n),
        "metrics": (0.0, 4.0 * n * c + 8.0 * n),
    }


def together(threads: int, job: Callable[[], float]) -> float:
    """What `job` gives on so many threads at the same time, added up; the best of some rounds."""
    with ThreadPoolExecutor(threads) as pool:
        return max(sum(pool.map(lambda _: job(), range(threads))) for _ in range(ROUNDS))


def tile_rate(threads: int) -> float:
    """Operations a microsecond of the register tile alone, its operands in the first cache."""
    import numba

    from autograd_lite.kernels.compiled.tile import HEIGHTS, VECTORS, lanes_and_size, tile

    height, depth, size = HEIGHTS[0], 256, 4

    @numba.njit(nogil=True)
    def lanes(like):
        return lanes_and_size(like)[0]

    @numba.njit(nogil=True)
    def run(times, height, columns, depth, a, a_col, b, b_row, c, one, like):
        for _ in range(times):
            tile(
                height, height, columns, depth, a, 0, a_col, b, b_row, c, b_row, 0, 0, one, like,
                True, True,
            )  # fmt: skip

    like, one = np.float32(-np.inf), np.float32(1)
    columns, times = VECTORS * lanes(like), 20 if QUICK else 2000

    def job() -> float:
        a, b = np.ones((depth, height), np.float32), np.ones((depth, columns), np.float32)
        c = np.zeros((height, columns), np.float32)
        start = time.perf_counter()
        run(
            times, height, columns, depth,
            a.ctypes.data, height * size, b.ctypes.data, columns * size, c.ctypes.data, one, like,
        )  # fmt: skip
        return 2 * times * height * columns * depth / (time.perf_counter() - start) / 1e6

    job()  # compiles
    return together(threads, job)


def copy_rate(threads: int, size: float) -> float:
    """Bytes a microsecond, read and written, of copies that touch `size` bytes in all."""
    count = int(max(size, LEAST_COPY) / threads / 8)
    times = max(1, (1 << (20 if QUICK else 24)) // (8 * count))
    pairs = [(np.ones(count, np.float32), np.zeros(count, np.float32)) for _ in range(threads)]
    free = iter(pairs * (ROUNDS + 1))

    def job() -> float:
        source, target = next(free)
        start = time.perf_counter()
        for _ in range(times):
            np.copyto(target, source)
        return 8 * count * times / (time.perf_counter() - start) / 1e6

    return together(threads, job)


def trainer(features: int, hidden: int, classes: int, batch: int, count: int) -> Callable[[], Any]:
    """An epoch of the seed's program on a net of these widths."""
    import nn
    from nn import layers
    from nn.datasets import mnist

    (x, y), _ = mnist.load_data()
    x = x.reshape(-1, 784)[:count, :features].astype("float32") / 255
    y = y[:count] % classes
    model = nn.Sequential(
        [layers.Dense(hidden, activation="relu"), layers.Dense(classes, activation="softmax")]
    )
    model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])

    def epoch() -> float:
        start = time.perf_counter()
        model.fit(x, y, batch_size=batch, epochs=1, verbose=0)
        return (time.perf_counter() - start) / -(-count // batch) * 1e6

    epoch()
    return epoch


def epilogue() -> float:
    """Microseconds that bias and relu add to the largest forward product, by repeated calls."""
    from autograd_lite import kernels

    rng = np.random.default_rng(0)
    x, w = (rng.random(shape, np.float32) for shape in ((BATCH, INPUTS), (INPUTS, HIDDEN)))
    bias = np.zeros(HIDDEN, np.float32)
    differences = []
    for _ in range(ROUNDS * 20):
        start = time.perf_counter()
        kernels.matmul(x, w)
        middle = time.perf_counter()
        kernels.linear(x, w, bias, relu=True)
        differences.append(time.perf_counter() - middle - (middle - start))
    return statistics.median(differences) * 1e6


def cost_of_clock() -> float:
    """Microseconds that a call takes longer for being timed."""
    plain, clock, times = (lambda: None), Clock(), 10_000
    wrapped = clock.wrap(plain, lambda: "")
    seconds = []
    for function in (plain, wrapped):
        start = time.perf_counter()
        for _ in range(times):
            function()
        seconds.append(time.perf_counter() - start)
    return (seconds[1] - seconds[0]) / times * 1e6


def measured() -> tuple[float, float, dict[str, float], float]:
    """Microseconds of a step, of it outside the parts, of the parts, of a step of a tiny net."""
    epoch, tiny = trainer(INPUTS, HIDDEN, CLASSES, BATCH, SAMPLES), trainer(1, 1, 2, 4, 4096)
    steps = -(-SAMPLES // BATCH)
    cost = cost_of_clock()
    wholes, rests, least, parts = [], [], [], defaultdict(list)
    for _ in range(EPOCHS):
        least.append(tiny())
        clock = Clock()
        with timed(clock):
            whole = epoch() - cost * clock.calls / steps
        wholes.append(whole)
        rests.append(whole - sum(clock.seconds.values()) / steps * 1e6)
        for name, seconds in clock.seconds.items():
            parts[name].append(seconds / steps * 1e6)
    middles = {name: statistics.median(taken) for name, taken in parts.items()}
    return *map(statistics.median, (wholes, rests)), middles, statistics.median(least)


def row(name: str, taken: float, whole: float, floor: float | None) -> list[str]:
    """A line of the table."""
    shown = ["", ""] if floor is None else [f"{floor:,.1f}", f"{floor / taken:.0%}"]
    return [name, f"{taken:,.1f}", f"{taken / whole:.1%}", *shown]


def report(threads: int) -> str:
    """The table and what it was reckoned with."""
    whole, rest, parts, tiny = measured()
    parts[EPILOGUE] = max(epilogue(), 0.0)
    peak, far = tile_rate(threads), copy_rate(threads, FAR / 16 if QUICK else FAR)
    rows, floor_of_all, matmul, matmul_floor = [], 0.0, 0.0, 0.0
    for name, (operations, size) in floors().items():
        # Digits lie all over memory; the rest was just written or is read at every step.
        speed = far if name == "batch gather" else copy_rate(threads, size)
        floor = operations / peak + size / speed
        if name not in parts:
            rows.append([f"{name}: not seen", "", "", f"{floor:,.1f}", ""])
            continue
        if operations:
            matmul, matmul_floor = matmul + parts[name], matmul_floor + floor
        if name != EPILOGUE:
            floor_of_all += floor
        rows.append(row(name, parts[name], whole, None if name == EPILOGUE else floor))
    # Those of the last batch, which is shorter.
    strays = sum(t for name, t in parts.items() if name not in floors())
    rows[5:5] = [row("all products", matmul, whole, matmul_floor)]
    if strays:
        rows.append(row("the shorter last batch", strays, whole, None))
    rows.append(row("Python, and what no part counts", rest, whole, None))
    rows.append(row("the step", whole, whole, floor_of_all))
    heads = ["microseconds a step", "taken", "share", "least", "least / taken"]
    title = f"A step of 784-512-10, batch {BATCH}, in fit; threads: {threads}"
    notes = [
        "",
        "",
        f"The tile alone: {peak / 1e3:,.0f} GFLOP/s. A copy out of cache: {far / 1e3:,.1f} GB/s.",
        f"A step of the same program with one hidden unit and batch 4: {tiny:,.0f} microseconds.",
    ]
    return table(title, heads, rows) + "\n".join(notes)


def main() -> None:
    """Print the table, in a process whose libraries are held to so many threads."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=cores())
    parser.add_argument("--quick", action="store_true", help="a smoke test")
    parser.add_argument("--machine", action="store_true", help="say first what it runs on")
    options = parser.parse_args()
    hold(options.threads)
    if options.machine:
        print(machine())
    print(report(options.threads), flush=True)


if __name__ == "__main__":
    main()
