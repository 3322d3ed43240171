"""How kernels are cached, spread over threads and switched off; most in processes of their own."""

import math
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from autograd_lite.kernels import runtime

ROOT = Path(__file__).parents[1]
SETTINGS = ("AUTOGRAD_LITE_", "NUMBA_", "OMP_", "XDG_CACHE_HOME")
needs_compiler = pytest.mark.skipif(not runtime.use_compiled(), reason="numba is disabled")
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")

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


def environment(cache, **settings):
    """The environment of a process with these settings and no others of ours."""
    plain = {k: v for k, v in os.environ.items() if not k.startswith(SETTINGS)}
    return {**plain, "PYTHONPATH": str(ROOT), "AUTOGRAD_LITE_CACHE_DIR": str(cache), **settings}


def start(program, cache, *options, **settings):
    command = [sys.executable, *options, "-c", program]
    env = environment(cache, **settings)
    return subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish(process):
    """What a process printed and warned; it must succeed within a minute."""
    try:
        out, err = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    assert process.returncode == 0, err
    return out.strip(), err


def run(program, cache, *options, **settings):
    return finish(start(program, cache, *options, **settings))


def files(cache):
    return {path: path.stat().st_mtime_ns for path in cache.rglob("*.kernel")}


def test_importing_is_light(tmp_path):
    program = "import sys, autograd_lite.kernels; print('numba' in sys.modules)"
    assert run(program, tmp_path)[0] == "False"


def test_without_jit_nothing_is_imported(tmp_path):
    program = SOFTMAX + "import sys; print('numba' in sys.modules, runtime.use_compiled())"
    assert run(program, tmp_path, NUMBA_DISABLE_JIT="1")[0] == "False False"
    assert not files(tmp_path)


@needs_compiler
def test_processes_share_the_cache(tmp_path):
    program = SOFTMAX + (
        "from autograd_lite.kernels.compiled import softmax\n"
        "print(sum(softmax.softmax.serial.stats.cache_hits.values()))"
    )
    one = {"AUTOGRAD_LITE_NUM_THREADS": "1"}
    assert run(program, tmp_path, "-Werror", **one)[0] == "0"
    before = files(tmp_path)
    assert before
    assert run(program, tmp_path, "-Werror", **one)[0] == "1"
    assert files(tmp_path) == before
    run(program, tmp_path, **one, AUTOGRAD_LITE_VECTOR_BITS="128")
    assert set(before) < set(files(tmp_path))


@needs_compiler
def test_processes_that_start_together(tmp_path):
    together = [start(SOFTMAX, tmp_path, "-Werror") for _ in range(6)]
    for process in together:
        finish(process)
    assert files(tmp_path)
    assert {path.suffix for path in tmp_path.rglob("*") if path.is_file()} == {".kernel"}


@needs_compiler
def test_damaged_files_are_compiled_again(tmp_path):
    program = SOFTMAX + "kernels.exp(x); kernels.tanh(x)"
    one = {"AUTOGRAD_LITE_NUM_THREADS": "1"}
    run(program, tmp_path, **one)
    whole = {path: path.read_bytes() for path in files(tmp_path)}
    for number, (path, content) in enumerate(whole.items()):
        damaged = (b"", content[:-100], content[:500] + b"\0" * 99 + content[599:])
        path.write_bytes(damaged[number % 3])
    run(program, tmp_path, "-Werror", **one)
    assert len(whole) == 3
    assert all(abs(path.stat().st_size - len(whole[path])) < 99 for path in whole)


@needs_compiler
def test_an_unwritable_cache_is_one_warning(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    _, err = run(SOFTMAX + "kernels.exp(x)", tmp_path / "file" / "below")
    assert err.count("RuntimeWarning") == 1
    assert "AUTOGRAD_LITE_CACHE_DIR" in err


@needs_compiler
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no HOME")
def test_no_home_is_one_warning():
    program = "import os; os.environ.pop('HOME', None)\n" + SOFTMAX
    _, err = run(program, "")
    assert err.count("RuntimeWarning") == 1
    assert "HOME" in err


@needs_compiler
def test_a_full_disk_is_one_warning(tmp_path):
    pytest.importorskip("resource")
    program = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (999, 999))\n" + SOFTMAX
    _, err = run(program, tmp_path)
    assert err.count("RuntimeWarning") == 1
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


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
        runtime.default_num_threads()


@pytest.mark.parametrize(
    ("groups", "limits", "expected"),
    [
        ("0::/a/b\n", {"a/b/cpu.max": "max 100000", "a/cpu.max": "150000 100000"}, 1.5),
        ("0::/a/b\n", {"cpu.max": "max 100000"}, math.inf),
        ("0::/\n", {"cpu.max": "300000 100000"}, 3.0),
        ("4:cpu,cpuacct:/d\n3:memory:/d\n0::/\n", {"cpu/d": ("200000", "100000")}, 2.0),
        ("4:cpu,cpuacct:/d\n", {"cpu,cpuacct/d": ("50000", "100000")}, 0.5),
        ("4:cpu:/d\n", {"cpu/d": ("-1", "100000")}, math.inf),
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
    assert runtime.cpu_quota(tmp_path / "groups", tmp_path / "mount") == expected
    assert runtime.cpu_quota(tmp_path / "nothing", tmp_path / "mount") == math.inf


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


FORK = """
import os
runtime.set_num_threads(4)
runtime._start_cost = 0.0
check()
child = os.fork()
if child == 0:
    runtime.set_num_threads(2)
    check()
    assert runtime.threads() == 1
    y = np.linspace(0, 1, 300_000, dtype=np.float32)
    assert np.allclose(kernels.exp(y), np.exp(y))
    os._exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
check()
print(runtime.thread_layer())
"""

MANY = """
from concurrent.futures import ThreadPoolExecutor
runtime.set_num_threads(3)
runtime._start_cost = 0.0
with ThreadPoolExecutor(8) as pool:
    for done in [pool.submit(check) for _ in range(200)]:
        done.result()
print(runtime.thread_layer())
"""


@needs_compiler
@needs_fork
@pytest.mark.parametrize("layer", ["omp", "workqueue"])
def test_a_forked_child_computes(tmp_path, layer):
    settings = {} if layer == "omp" else {"NUMBA_THREADING_LAYER": layer}
    out, err = run(SOFTMAX + FORK, tmp_path, **settings)
    assert out in (layer, "workqueue")
    assert "Terminating" not in err


@needs_compiler
@pytest.mark.parametrize("layer", ["omp", "workqueue"])
def test_many_threads_call_at_once(tmp_path, layer):
    settings = {} if layer == "omp" else {"NUMBA_THREADING_LAYER": layer}
    assert run(SOFTMAX + MANY, tmp_path, **settings)[0] in (layer, "workqueue")


@needs_compiler
def test_parts_cover_everything_once():
    from autograd_lite.kernels.compiled.parallel import share

    for count, parts, grain in np.ndindex(40, 6, 9):
        bounds = [share(count, part, parts + 1, grain + 1) for part in range(parts + 1)]
        assert [first for first, _ in bounds[1:]] == [last for _, last in bounds[:-1]]
        assert (bounds[0][0], bounds[-1][1]) == (0, count)
        assert all(first % (grain + 1) == 0 or first == count for first, _ in bounds)


@needs_compiler
def test_info():
    info = runtime.info()
    assert info["num_threads"] == runtime.get_num_threads()
    assert info["vector_bits"] in (128, 256, 512)
    assert {"autograd_lite", "numba", "llvmlite", "numpy", "cpu", "thread_layer"} < set(info)
