"""What benchmarks share: the machine, fixed thread counts, processes that take turns, tables."""

import contextlib
import importlib.metadata
import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PEERS = ("torch", "jax", "optax", "keras", "tensorflow", "autograd")
PACKAGES = ("numpy", "numba", "llvmlite", *PEERS, "autograd_lite")
THREAD_VARIABLES = (
    "AUTOGRAD_LITE_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
)
# The least run that passes through all of our code, without peers: for the tests.
QUICK = "--quick" in sys.argv
# Idle workers of a pool spin for up to 200 ms before they sleep.
PAUSE = 0.0 if QUICK else 0.4


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def environment(threads: int) -> dict[str, str]:
    """The environment of a child process in which every library keeps to so many threads."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    pinned = dict.fromkeys(THREAD_VARIABLES, str(threads))
    return os.environ | pinned | {"PYTHONPATH": os.pathsep.join(paths)}


@contextlib.contextmanager
def confined(threads: int) -> Iterator[None]:
    """Start child processes on so many cores: JAX's pool has one thread a core, and no setting."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(allowed)[:threads])
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def hold(threads: int) -> None:
    """Go on in a process held to so many threads: libraries count them as they are imported."""
    pinned = environment(threads)
    if any(os.environ.get(name) != pinned[name] for name in THREAD_VARIABLES):
        with confined(threads):
            sys.exit(subprocess.run([sys.executable, *sys.argv], env=pinned).returncode)


class Worker:
    """A process that answers each line with one of JSON, `answers` in all.

    Each system has one of its own, so that no thread pool spins against another's.
    """

    def __init__(self, command: Sequence[str], threads: int):
        with confined(threads):
            self.process = subprocess.Popen(
                [sys.executable, *command, *(["--quick"] if QUICK else [])],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=environment(threads),
            )
        self.answers: list[Any] = []
        self.name = " ".join(command)
        self._line()  # it is ready

    def _line(self) -> str:
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} stopped with {self.process.wait()}")
        return line

    def ask(self) -> Any:
        """Let it measure once more."""
        print("go", file=self.process.stdin, flush=True)
        self.answers.append(json.loads(self._line()))
        return self.answers[-1]

    def close(self) -> None:
        """Let it end by itself."""
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def serve(measure: Callable[[], Any]) -> None:
    """In a `Worker`'s process: measure once for each line of input."""
    print("ready", flush=True)
    for _ in sys.stdin:
        print(json.dumps(measure()), flush=True)


def turns(commands: dict[str, Sequence[str]], threads: int, repeats: int) -> dict[str, list[Any]]:
    """What the programs answer, asked in turn, so that a noisy minute is everybody's."""
    with contextlib.ExitStack() as stack:
        workers = {name: Worker(command, threads) for name, command in commands.items()}
        for worker in workers.values():
            stack.callback(worker.close)
        for _ in range(repeats):
            for worker in workers.values():
                time.sleep(PAUSE)
                worker.ask()
    return {name: worker.answers for name, worker in workers.items()}


def installed(package: str) -> str | None:
    """The version of a package, None if it is not installed, or a peer in a quick run."""
    if QUICK and package in PEERS:
        return None
    for name in (package, f"{package}-cpu"):  # as TensorFlow's build without a GPU is called
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            return importlib.metadata.version(name)
    return None


def machine() -> str:
    """The processor, its vector units and the versions that the figures hold for."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        text = ""
    model = re.search(r"^model name\s*: (.*)$", text, re.MULTILINE)
    flags = set(text.split())
    units = [name for name in ("avx2", "fma", "avx512f", "asimd", "sve") if name in flags]
    name = model[1] if model else platform.processor() or platform.machine()
    versions = [f"{package} {v}" for package in PACKAGES if (v := installed(package))]
    return "\n".join(
        [
            f"{name}, {cores()} cores, {' '.join(units) or platform.machine()}",
            f"{platform.system()}, {platform.python_implementation()} {platform.python_version()}",
            ", ".join(versions),
        ]
    )


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table: the first column to the left, figures to the right."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]

    def line(cells: Sequence[str]) -> str:
        first = cells[0].ljust(widths[0])
        rest = (cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True))
        return "| " + " | ".join([first, *rest]) + " |"

    return "\n".join([f"\n{title}\n", line(heads), line(rule), *map(line, rows)])
