"""Training steps of several nets: ours and every peer's, in microseconds a step.

python benchmarks/nets.py                       all of them, on all cores
python benchmarks/nets.py --only tanh chain     some of them

Each system has a process of its own, and the processes take turns.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from frame import QUICK, cores, installed, serve, table, turns
from mlp import STYLES, Case, samples
from systems import SYSTEMS

FEWEST_STEPS = 4
LINKS = 1000

# Steps are those of one answer; there are `--repeats` answers.
CASES = {
    "wide": Case((784, 2048, 2048, 10), "relu", "labels", "rmsprop", 1e-4, 128, 40),
    "regression": Case((20, 64, 64, 1), "relu", "mse", "adam", 1e-3, 32, 500, "loop"),
    "tanh": Case((2, 16, 16, 1), "tanh", "mse", "sgd", 1e-2, 32, 1000, "tensors"),
}
# The seed's net with other batches than its own: steps of an answer for each.
SEED = {32: 400, 1024: 20}
TITLES = {f"seed{batch}": f"784-512-10, RMSprop, batch {batch}" for batch in SEED} | {
    "wide": "784-2048-2048-10, RMSprop, batch 128",
    "regression": "Regression 20-64-64-1, Adam, batch 32",
    "tanh": "2-16-16-1, tanh, squared error, plain SGD, batch 32, with Tensors",
    "chain": f"A chain of {LINKS:,} additions of scalars, each",
}


def seed_epoch(system: str, batch: int) -> tuple[Callable[[], Any], int]:
    """The net and program of `epoch.py` on as many digits as the steps need."""
    from nn.datasets import mnist

    steps = FEWEST_STEPS if QUICK else SEED[batch]
    (x, y), _ = mnist.load_data()
    x = x[: steps * batch].reshape(-1, 784).astype("float32") / 255
    epoch, _ = SYSTEMS[system][0](x, y[: steps * batch], batch)
    return epoch, steps


def net_epoch(system: str, name: str) -> tuple[Callable[[], Any], int]:
    """One of `CASES`."""
    case = CASES[name]
    if QUICK:
        case = case._replace(steps=FEWEST_STEPS)
    maker, _ = STYLES[case.style][system]
    return maker(case, *samples(case)), case.steps


def ours_chain() -> tuple[Any, Callable[[Any], Any]]:
    import autograd_lite as ag

    return ag.tensor(1.0, requires_grad=True), lambda y: y.backward()


def numpy_chain() -> tuple[Any, Callable[[Any], Any]]:
    return np.ones(()), lambda y: None


def torch_chain() -> tuple[Any, Callable[[Any], Any]]:
    import torch

    return torch.tensor(1.0, requires_grad=True), lambda y: y.backward()


CHAINS = {
    "autograd_lite": (ours_chain, ()),
    "NumPy": (numpy_chain, ()),
    "PyTorch eager": (torch_chain, ("torch",)),
}


def chain(make: Callable[[], tuple[Any, Callable]], times: int) -> list[float]:
    """Microseconds an addition takes forward, and backward: medians."""
    x, backward = make()
    there, back = [], []
    for _ in range(times):
        start = time.perf_counter()
        y = x
        for _ in range(LINKS):
            y = np.add(y, x) if isinstance(x, np.ndarray) else y + x
        middle = time.perf_counter()
        backward(y)
        end = time.perf_counter()
        there.append(middle - start)
        back.append(end - middle)
    return [statistics.median(taken) / LINKS * 1e6 for taken in (there, back)]


def work(name: str, system: str) -> None:
    """In a child process: measure whenever asked."""
    if name == "chain":
        make, _ = CHAINS[system]
        times = 2 if QUICK else 30
        chain(make, 2)
        serve(lambda: chain(make, times))
        return
    if name.startswith("seed"):
        epoch, steps = seed_epoch(system, int(name.removeprefix("seed")))
    else:
        epoch, steps = net_epoch(system, name)
    epoch()  # compiles, and fills the caches

    def measure() -> list[float]:
        start = time.perf_counter()
        epoch()
        return [(time.perf_counter() - start) / steps * 1e6]

    serve(measure)


def systems_of(name: str) -> list[str]:
    """Those who take part and are installed, ours first."""
    if name == "chain":
        makers: Any = CHAINS
    elif name.startswith("seed"):
        makers = SYSTEMS
    else:
        makers = STYLES[CASES[name].style]
    return [n for n, (_, needs) in makers.items() if all(map(installed, needs))]


def report(name: str, threads: int, repeats: int) -> str:
    """The table of one net."""
    commands = {s: [__file__, "--work", name, "--system", s] for s in systems_of(name)}
    answers = turns(commands, threads, repeats)
    ours = [system for system in answers if system.startswith("autograd_lite")]
    medians = {s: np.median(given, axis=0) for s, given in answers.items()}
    rows = []
    for system, given in answers.items():
        cells = [f"{medians[system][0]:,.2f}", f"{min(first for first, *_ in given):,.2f}"]
        if name == "chain":
            cells[1] = f"{medians[system][1]:,.2f}" if medians[system][1] > 0.01 else ""
        ratios = [f"{medians[mine][0] / medians[system][0]:.2f}" for mine in ours]
        rows.append([system, *cells, *ratios])
    second = "backward" if name == "chain" else "best"
    first = "forward" if name == "chain" else "a step"
    heads = ["microseconds", first, second, *(f"{mine} / it" for mine in ours)]
    title = f"{TITLES[name]}; threads: {threads} (median of {repeats})"
    return table(title, heads, rows)


def main() -> None:
    """Read the command line and print one table a net."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=TITLES, default=[*TITLES])
    parser.add_argument("--threads", type=int, default=cores(), help="threads of every system")
    parser.add_argument("--repeats", type=int, default=7, help="answers of each system")
    parser.add_argument("--quick", action="store_true", help="a smoke test, without peers")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--system", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.work, options.system)
        sys.exit()
    for name in options.only:
        print(report(name, options.threads, 1 if QUICK else options.repeats), flush=True)


if __name__ == "__main__":
    main()
