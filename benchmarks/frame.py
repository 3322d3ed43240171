"""What the benchmarks share: the machine's description, fixed thread counts, and tables."""

import contextlib
import importlib.metadata
import os
import platform
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("numpy", "numba", "llvmlite", "torch", "jax", "optax", "autograd_lite")
THREAD_VARIABLES = (
    "AUTOGRAD_LITE_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
)


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


def installed(package: str) -> str | None:
    """The version of a package, None if it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
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
