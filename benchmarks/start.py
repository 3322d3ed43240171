"""How long one waits: the import, and the first trained step with and without compiled kernels."""

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence

from frame import QUICK, cores, environment, installed, table

REPEATS = 1 if QUICK else 5

IMPORT = """
import time
import numpy
start = time.perf_counter()
import {modules}
print(time.perf_counter() - start)
"""

FIRST_STEP = """
import time
start = time.perf_counter()
import nn
from nn import layers
from nn.datasets import mnist

(images, labels), _ = mnist.load_data()
images = images.reshape((60000, 784)).astype("float32") / 255
model = nn.Sequential(
    [layers.Dense(512, activation="relu"), layers.Dense(10, activation="softmax")]
)
model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(images[:128], labels[:128], batch_size=128, verbose=0)
print(time.perf_counter() - start)
"""


def seconds(program: str, cache: str) -> float:
    """What a new process prints, its kernels' cache in the given folder."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(cores()) | {"AUTOGRAD_LITE_CACHE_DIR": cache},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return float(done.stdout.split()[-1])


def imports(cache: str) -> list[list[str]]:
    """One row for us and one for each peer: the import alone, NumPy being there already."""
    ours = "autograd_lite, nn"
    rows = []
    for modules in (ours, *filter(installed, ("torch", "jax"))):
        program = IMPORT.format(modules=modules)
        seconds(program, cache)  # reads the files once, and writes .pyc
        rows.append(row(f"import {modules}", [seconds(program, cache) for _ in range(REPEATS)]))
    return rows


def first_steps(folder: str) -> list[list[str]]:
    """From the first import to the first trained step, MNIST read and the net built between."""
    empty = [seconds(FIRST_STEP, os.path.join(folder, str(i))) for i in range(2)]
    full = [seconds(FIRST_STEP, os.path.join(folder, "0")) for _ in range(REPEATS)]
    return [row("first step, empty cache", empty), row("first step, full cache", full)]


def row(what: str, samples: Sequence[float]) -> list[str]:
    """A row of the table."""
    return [what, str(len(samples)), f"{min(samples):.2f}", f"{statistics.median(samples):.2f}"]


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        rows = imports(folder) + first_steps(folder)
    title = f"Seconds to start, in new processes, threads: {cores()}"
    print(table(title, ["what", "runs", "best", "median"], rows))


if __name__ == "__main__":
    main()
