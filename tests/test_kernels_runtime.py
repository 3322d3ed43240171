"""How kernels are spread over threads and switched off; some in processes of their own."""

import math
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from children import SOFTMAX, files, needs_compiler, run, start

from autograd_lite import kernels
from autograd_lite.kernels import quota, runtime


def test_importing_is_light(tmp_path):
    program = "import sys, autograd_lite.kernels; print('numba' in sys.modules)"
    assert run(program, tmp_path)[0] == "False"


def test_without_jit_nothing_is_imported(tmp_path):
    program = SOFTMAX + "import sys; print('numba' in sys.modules, runtime.use_compiled())"
    assert run(program, tmp_path, NUMBA_DISABLE_JIT="1")[0] == "False False"
    assert not files(tmp_path)


@needs_compiler
def test_an_interrupt_waits_for_the_compiler(tmp_path):
    # It comes at every compiler pass, and so does one that the user's own handler swallows.
    program = (
        "import signal\n"
        "from numba.core.compiler_machinery import PassManager\n"
        "from autograd_lite.kernels import runtime\n"
        "run = PassManager._runPass\n"
        "def interrupted(*args):\n"
        "    signal.raise_signal(signal.SIGINT)\n"
        "    return run(*args)\n"
        "PassManager._runPass = interrupted\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "@runtime.kernel\n"
        "def twice(x):\n"
        "    return x + x\n"
        "try:\n"
        "    twice(2)\n"
        "except KeyboardInterrupt:\n"
        "    assert len(twice.signatures) == 1 and twice(2) == 4\n"
        "    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler\n"
        "    seen = []\n"
        "    signal.signal(signal.SIGINT, lambda *args: seen.append(args))\n"
        "    print(twice(2.5), len(seen))"
    )
    assert run(program, tmp_path, "-Werror")[0] == "5.0 1"


@needs_compiler
@pytest.mark.parametrize("name", ["matmul", "softmax", "exp"])
def test_kernels_release_the_gil(name):
    # While Python would not switch threads by itself for an hour, only a released lock lets the
    # other thread count between two neighbouring lines of this one.
    x = np.ones((700, 700))
    call = (
        (lambda: kernels.matmul(x, x)) if name == "matmul" else (lambda: getattr(kernels, name)(x))
    )
    done, turns = threading.Event(), [0]

    def count():
        while not done.is_set():
            turns[0] += 1
            time.sleep(0)

    other = threading.Thread(target=count)
    interval = sys.getswitchinterval()
    with runtime.always(1):
        call()
        other.start()
        try:
            sys.setswitchinterval(3600)
            for _ in range(2000):
                before = turns[0]
                call()
                if turns[0] > before:
                    break
        finally:
            sys.setswitchinterval(interval)
            done.set()
            other.join()
    assert turns[0] > before


@needs_compiler
def test_always_holds_kernels_to_a_number_of_threads():
    before = runtime.threads(0.0), runtime.threads()
    with runtime.always(3):
        assert runtime.threads(0.0) == min(3, runtime._most)
    assert (runtime.threads(0.0), runtime.threads()) == before


@needs_compiler
def test_the_users_numba_is_left_alone(tmp_path):
    mine = tmp_path / "mine.py"
    mine.write_text("import numba\n@numba.njit(cache=True)\ndef one(): return 1\n")
    program = SOFTMAX + (
        f"import sys, numba; sys.path.insert(0, {str(tmp_path)!r})\n"
        "import mine; mine.one()\n"
        "check()\n"
        "same = numba.get_num_threads() == numba.config.NUMBA_NUM_THREADS\n"
        "print(mine.one.stats.cache_path, same)"
    )
    path, same = run(program, tmp_path / "cache", AUTOGRAD_LITE_NUM_THREADS="3")[0].split()
    assert Path(path) == tmp_path / "__pycache__"
    assert same == "True"


@needs_compiler
def test_vector_bits(tmp_path):
    program = "from autograd_lite.kernels import runtime; print(runtime.vector_bits())"
    assert run(program, tmp_path, AUTOGRAD_LITE_VECTOR_BITS="128")[0] == "128"
    widest = run(program, tmp_path)[0]
    assert run(program, tmp_path, AUTOGRAD_LITE_VECTOR_BITS="512")[0] == widest
    refused = start(program, tmp_path, AUTOGRAD_LITE_VECTOR_BITS="100")
    assert "128, 256 or 512" in refused.communicate(timeout=60)[1]


def test_number_of_threads():
    before = runtime.get_num_threads()
    try:
        runtime.set_num_threads(3)
        assert runtime.get_num_threads() == 3
        for bad in (0, -1, 1.5, "many", None, math.nan):
            with pytest.raises(ValueError, match="positive integer"):
                runtime.set_num_threads(bad)
        assert runtime.get_num_threads() == 3
    finally:
        runtime.set_num_threads(before)


def test_number_of_threads_from_the_environment(tmp_path, monkeypatch):
    program = "import autograd_lite.kernels as k; print(k.get_num_threads())"
    assert run(program, tmp_path, AUTOGRAD_LITE_NUM_THREADS="5", OMP_NUM_THREADS="2")[0] == "5"
    assert run(program, tmp_path, OMP_NUM_THREADS="2,1")[0] == "2"
    monkeypatch.setenv("AUTOGRAD_LITE_NUM_THREADS", "none")
    with pytest.raises(ValueError, match="AUTOGRAD_LITE_NUM_THREADS"):
        quota.default_num_threads()


@pytest.mark.parametrize(
    ("groups", "limits", "expected"),
    [
        ("0::/a/b\n", {"a/b/cpu.max": "max 100000", "a/cpu.max": "150000 100000"}, 1.5),
        ("0::/a/b\n", {"cpu.max": "max 100000"}, math.inf),
        ("0::/\n", {"cpu.max": "300000 100000"}, 3.0),
        ("4:cpu,cpuacct:/d\n3:memory:/d\n0::/\n", {"cpu/d": ("200000", "100000")}, 2.0),
        ("4:cpu,cpuacct:/d\n", {"cpu,cpuacct/d": ("50000", "100000")}, 0.5),
        ("4:cpu:/d\n", {"cpu/d": ("-1", "100000")}, math.inf),
        ("not a line\n0::/\n", {"cpu.max": "50000 100000"}, 0.5),
        ("", {}, math.inf),
    ],
)
def test_cpu_quota(tmp_path, groups, limits, expected):
    (tmp_path / "groups").write_text(groups)
    for name, limit in limits.items():
        path = tmp_path / "mount" / name
        if isinstance(limit, tuple):
            path.mkdir(parents=True)
            (path / "cpu.cfs_quota_us").write_text(limit[0])
            (path / "cpu.cfs_period_us").write_text(limit[1])
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(limit)
    assert quota.cpu_quota(tmp_path / "groups", tmp_path / "mount") == expected
    assert quota.cpu_quota(tmp_path / "nothing", tmp_path / "mount") == math.inf


def test_reference_nests_and_belongs_to_its_thread():
    compiled = runtime.use_compiled()
    seen = []
    with runtime.reference():
        with pytest.raises(KeyError), runtime.reference():
            raise KeyError
        assert not runtime.use_compiled()
        other = threading.Thread(target=lambda: seen.append(runtime.use_compiled()))
        other.start()
        other.join()
    assert runtime.use_compiled() == compiled
    assert seen == [compiled]


@needs_compiler
def test_parts_cover_everything_once():
    from autograd_lite.kernels.compiled.parallel import share

    for count, parts, grain in np.ndindex(40, 6, 9):
        bounds = [share.py_func(count, part, parts + 1, grain + 1) for part in range(parts + 1)]
        assert [first for first, _ in bounds[1:]] == [last for _, last in bounds[:-1]]
        assert (bounds[0][0], bounds[-1][1]) == (0, count)
        assert all(first % (grain + 1) == 0 or first == count for first, _ in bounds)


@needs_compiler
def test_info():
    info = runtime.info()
    assert info["num_threads"] == runtime.get_num_threads()
    assert info["vector_bits"] in (128, 256, 512)
    assert {"autograd_lite", "numba", "llvmlite", "numpy", "cpu", "cache_path"} < set(info)
