"""Programs run by the tests in processes of their own, each with a hard limit on its time."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from autograd_lite.kernels import runtime

ROOT = Path(__file__).parents[1]
# What a program's environment must not inherit: it would decide what is being tested.
SETTINGS = ("AUTOGRAD_LITE_", "NUMBA_", "OMP_")
SECONDS = 480  # compiling all kernels takes minutes on a slow machine

# A program with one kernel, and its check.
SOFTMAX = """
import numpy as np
from autograd_lite import kernels
from autograd_lite.kernels import runtime
x = np.linspace(-3, 3, 300 * 400).reshape(300, 400)
with runtime.reference():
    expected = kernels.softmax(x)
def check():
    assert np.allclose(kernels.softmax(x), expected, rtol=1e-14)
check()
"""

needs_compiler = pytest.mark.skipif(not runtime.use_compiled(), reason="numba is disabled")
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")


def environment(cache=None, **settings):
    """The environment of a process with these settings and no others of ours.

    Without a `cache` it is the user's, so that only the first run of a test has to compile.
    """
    plain = {k: v for k, v in os.environ.items() if not k.startswith(SETTINGS)}
    if cache is None:
        cache = os.environ.get("AUTOGRAD_LITE_CACHE_DIR", "")
    else:
        plain.pop("XDG_CACHE_HOME", None)
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    return {**plain, "PYTHONPATH": paths, "AUTOGRAD_LITE_CACHE_DIR": str(cache), **settings}


def start(program, cache=None, *options, **settings):
    """Start Python on a program, with its input and output connected to ours."""
    return subprocess.Popen(
        [sys.executable, *options, "-c", program],
        cwd=ROOT,
        env=environment(cache, **settings),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(process):
    """What a process printed and warned; it must succeed within the limit."""
    try:
        out, err = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        # Its children would keep its output open.
        os.killpg(process.pid, signal.SIGKILL) if os.name == "posix" else process.kill()
        raise AssertionError(process.communicate()[1] or "no answer") from None
    assert process.returncode == 0, err
    return out.strip(), err


def run(program, cache=None, *options, **settings):
    """Start and finish."""
    return finish(start(program, cache, *options, **settings))


def files(cache):
    """Every kernel below a folder, and when it was written."""
    return {path: path.stat().st_mtime_ns for path in cache.rglob("*.kernel")}
