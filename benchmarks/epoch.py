"""The seed's epoch, 60,000 digits through 784 -> 512 relu -> 10 softmax: ours and every peer.

Each system has a process of its own, and the processes take turns.
"""

import argparse
import statistics
import time

from frame import QUICK, cores, installed, serve, table, turns
from systems import SYSTEMS


def work(name: str, batch: int) -> None:
    """In a child process: train for an epoch whenever asked, and say how long it took."""
    from nn.datasets import mnist

    (x, y), (x_test, y_test) = mnist.load_data()
    x, x_test = (a.reshape(len(a), 784).astype("float32") / 255 for a in (x, x_test))
    if QUICK:
        x, y, x_test, y_test = x[:1024], y[:1024], x_test[:100], y_test[:100]
    make, _ = SYSTEMS[name]
    epoch, predict = make(x, y, batch)
    epoch()  # compiles, and fills the caches

    def measure() -> list[float]:
        start = time.perf_counter()
        epoch()
        seconds = time.perf_counter() - start
        return [seconds, float((predict(x_test).argmax(axis=1) == y_test).mean())]

    serve(measure)


def available(names: list[str]) -> list[str]:
    """The systems among `names` whose packages are installed."""
    return [n for n in names if all(map(installed, SYSTEMS[n][1]))]


def measure(names: list[str], batch: int, threads: int, repeats: int) -> str:
    """The table of one batch size and thread count."""
    commands = {name: [__file__, "--work", name, "--batch", str(batch)] for name in names}
    answers = turns(commands, threads, repeats)
    seconds = {name: [taken for taken, _ in given] for name, given in answers.items()}
    medians = {name: statistics.median(taken) for name, taken in seconds.items()}
    base = medians[names[0]]
    rows = [
        [
            name,
            f"{medians[name]:.3f}",
            f"{min(seconds[name]):.3f}",
            f"{answers[name][-1][1]:.4f}",
            f"{base / medians[name]:.2f}",
        ]
        for name in names
    ]
    title = f"One epoch of MNIST, batch {batch}, threads: {threads} (median of {repeats})"
    heads = ["system", "seconds", "best", "test accuracy", f"{names[0]} / it"]
    return table(title, heads, rows)


def main() -> None:
    """Read the command line and print one table a batch size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, nargs="+", default=[128], help="batch sizes")
    parser.add_argument("--threads", type=int, default=cores(), help="threads of every system")
    parser.add_argument("--repeats", type=int, default=5, help="epochs each, after the first")
    parser.add_argument("--systems", nargs="+", default=[*SYSTEMS], choices=[*SYSTEMS])
    parser.add_argument("--quick", action="store_true", help="a smoke test, without peers")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.work, *options.batch)
        return
    for batch in options.batch:
        names = available(options.systems)
        print(measure(names, batch, options.threads, 1 if QUICK else options.repeats))


if __name__ == "__main__":
    main()
