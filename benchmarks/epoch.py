"""The seed's epoch, 60,000 digits through 784 -> 512 relu -> 10 softmax: ours and every peer.

Each system has a process of its own, so that no thread pool spins against another's, and the
processes take turns, so that a noisy minute is everybody's.
"""

import argparse
import contextlib
import importlib.util
import json
import statistics
import subprocess
import sys
import time

from frame import confined, cores, environment, table
from systems import SYSTEMS

# Idle workers of a pool spin for up to 200 ms before they sleep.
PAUSE = 0.4


def work(name: str, batch: int) -> None:
    """In a child process: train for an epoch at each line of input, and say how long it took."""
    from nn.datasets import mnist

    (x, y), (x_test, y_test) = mnist.load_data()
    x, x_test = (a.reshape(len(a), 784).astype("float32") / 255 for a in (x, x_test))
    make, _ = SYSTEMS[name]
    epoch, predict = make(x, y, batch)
    epoch()  # compiles, and fills the caches
    print("ready", flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        epoch()
        seconds = time.perf_counter() - start
        right = float((predict(x_test).argmax(axis=1) == y_test).mean())
        print(json.dumps([seconds, right]), flush=True)


class Worker:
    """A system in a process of its own."""

    def __init__(self, name: str, batch: int, threads: int):
        command = [sys.executable, __file__, "--work", name, "--batch", str(batch)]
        with confined(threads):
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=environment(threads),
            )
        self.seconds: list[float] = []
        self.accuracy = 0.0
        self.answer()

    def answer(self) -> str:
        """The child's next line."""
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.process.args[3]} stopped with {self.process.wait()}")
        return line

    def train(self) -> None:
        """Let the child train for one epoch."""
        print("go", file=self.process.stdin, flush=True)
        seconds, self.accuracy = json.loads(self.answer())
        self.seconds.append(seconds)

    def close(self) -> None:
        """Let the child end by itself."""
        self.process.stdin.close()
        self.process.wait()


def available(names: list[str]) -> list[str]:
    """The systems among `names` whose packages are installed."""
    return [n for n in names if all(map(importlib.util.find_spec, SYSTEMS[n][1]))]


def measure(names: list[str], batch: int, threads: int, repeats: int) -> str:
    """The table of one batch size and thread count."""
    with contextlib.ExitStack() as stack:
        workers = {}
        for name in names:
            workers[name] = Worker(name, batch, threads)
            stack.callback(workers[name].close)
        for _ in range(repeats):
            for worker in workers.values():
                time.sleep(PAUSE)
                worker.train()
    medians = {name: statistics.median(worker.seconds) for name, worker in workers.items()}
    base = medians[names[0]]
    rows = [
        [
            name,
            f"{medians[name]:.3f}",
            f"{min(worker.seconds):.3f}",
            f"{worker.accuracy:.4f}",
            f"{base / medians[name]:.2f}",
        ]
        for name, worker in workers.items()
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
    parser.add_argument("--work", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.work, *options.batch)
        return
    for batch in options.batch:
        names = available(options.systems)
        print(measure(names, batch, options.threads, options.repeats), flush=True)


if __name__ == "__main__":
    main()
