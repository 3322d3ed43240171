"""All benchmarks, each in a process of its own: the machine, then the tables.

python benchmarks/run.py                          everything, on all cores
python benchmarks/run.py --only matmul epoch      some of it
python benchmarks/run.py --threads 2 1 --batch 32 128 1024
python benchmarks/run.py --quick                  a smoke test: tiny, and without peers

How time and memory grow is another program, scaling.py, since it takes minutes.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from frame import QUICK, confined, cores, environment, machine

FOLDER = Path(__file__).parent
# In this order; a program here prints its tables and takes no other notice of the rest.
PROGRAMS = ("matmul", "vector", "epoch", "nets", "layers", "step_profile", "threads", "start")
# How long to start is asked once, whatever the threads.
ONCE = {"start"}


def run(name: str, arguments: list[str], threads: int) -> bool:
    """Run one program with every library held to so many threads; whether it succeeded."""
    quick = ["--quick"] if QUICK else []
    command = [sys.executable, str(FOLDER / f"{name}.py"), *arguments, *quick]
    with confined(threads):
        return subprocess.run(command, env=environment(threads)).returncode == 0


def main() -> None:
    """Read the command line, print the machine, run the programs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=PROGRAMS, default=PROGRAMS)
    parser.add_argument("--threads", nargs="+", type=int, default=[cores()])
    parser.add_argument("--batch", nargs="+", default=["128"], help="batch sizes of the epoch")
    parser.add_argument("--repeats", default="5", help="repeats of the epoch")
    parser.add_argument("--quick", action="store_true", help="a smoke test, without peers")
    options = parser.parse_args()
    extra = {"epoch": ["--repeats", options.repeats, "--batch", *options.batch]}

    print(machine(), flush=True)
    # A pool whose threads wait by spinning takes ten times as long when a core is taken from it.
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    if load > cores() / 2:
        print(f"The machine is busy (load {load:.1f}): expect nonsense, above all on many threads.")
    failed = []
    for threads in options.threads:
        for name in options.only:
            if not (FOLDER / f"{name}.py").exists() or (name in ONCE and threads != cores()):
                continue
            if not run(name, extra.get(name, []), threads):
                failed.append(f"{name} on {threads} threads")
    if failed:
        sys.exit("failed: " + ", ".join(failed))


if __name__ == "__main__":
    main()
