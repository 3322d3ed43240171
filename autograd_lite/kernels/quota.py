"""How many CPUs this process may use: what the environment, affinity and containers grant."""

import math
import os
from pathlib import Path

from autograd_lite.errors import explain


def positive(value, where):
    """`value` as a positive int, or an error that names `where` it came from."""
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = 0
    if number < 1 or number != float(value):
        raise ValueError(
            explain(where, "bad count", got=repr(value), expected="a positive integer")
        )
    return number


def _quota_of(folder):
    """CPUs that the cgroup at `folder` may use, infinity if it is not limited."""
    try:
        if (folder / "cpu.max").exists():
            quota, period = (folder / "cpu.max").read_text().split()
        else:
            quota = (folder / "cpu.cfs_quota_us").read_text()
            period = (folder / "cpu.cfs_period_us").read_text()
        return float(quota) / float(period) if float(quota) > 0 else math.inf
    except (OSError, ValueError):  # absent, or the word "max"
        return math.inf


def cpu_quota(groups=Path("/proc/self/cgroup"), mount=Path("/sys/fs/cgroup")):
    """CPUs granted by control groups, versions 1 and 2; infinity without a limit.

    A limit of a parent binds its children, so every folder on the way up counts.
    """
    try:
        lines = groups.read_text().splitlines()
    except OSError:
        return math.inf
    least = math.inf
    for line in lines:
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if controllers and "cpu" not in controllers.split(","):
            continue
        for root in (mount / controllers, mount / "cpu") if controllers else (mount,):
            folder = root / path.lstrip("/")
            while folder != root.parent:
                least = min(least, _quota_of(folder))
                folder = folder.parent
    return least


def default_num_threads():
    """Threads to start with: what the environment asks for, else the CPUs that we may use."""
    name, asked = threads_asked_for()
    return positive(asked, name) if name else granted_cpus()


def threads_asked_for():
    """The variable of the environment that says how many threads to start with, and its value."""
    for name in ("AUTOGRAD_LITE_NUM_THREADS", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS"):
        asked = os.environ.get(name, "").split(",")[0].strip()
        if asked:
            return name, asked
    return None, None


def granted_cpus():
    """CPUs that affinity and the container's quota grant, one at least."""
    usable = os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        usable = len(os.sched_getaffinity(0))
    return max(1, math.ceil(min(usable, cpu_quota())))
