"""Compiled kernels on disk: shared, damaged, interrupted, and where nothing can be written."""

import contextlib
import os
import shutil
import subprocess
import sys

import pytest
from children import SOFTMAX, files, finish, needs_compiler, run, start


@needs_compiler
def test_processes_share_the_cache(tmp_path):
    program = SOFTMAX + (
        "from autograd_lite.kernels.compiled import softmax\n"
        "print(sum(softmax.softmax.compiled.stats.cache_hits.values()))"
    )
    one = {"AUTOGRAD_LITE_NUM_THREADS": "1"}
    assert run(program, tmp_path, "-Werror", **one)[0] == "0"
    before = files(tmp_path)
    assert before
    assert run(program, tmp_path, "-Werror", **one)[0] == "1"
    assert files(tmp_path) == before
    run(program, tmp_path, **one, AUTOGRAD_LITE_VECTOR_BITS="128")
    assert set(before) < set(files(tmp_path))


TOGETHER = """
import hashlib, pathlib, sys
from autograd_lite.kernels import runtime
runtime.cache_key()
read = pathlib.Path.read_bytes
def checked(path):
    content = read(path)
    if path.suffix == ".kernel":
        assert hashlib.sha256(content[32:]).digest() == content[:32], "torn"
    return content
pathlib.Path.read_bytes = checked
print("ready", flush=True)
sys.stdin.readline()
@runtime.kernel
def twice(x):
    return x + x
@runtime.kernel
def thrice(x):
    return twice(x) + x
assert [twice(2), thrice(2), thrice(2.5)] == [4, 6, 7.5]
"""


@needs_compiler
def test_sixteen_processes_that_start_together(tmp_path):
    together = [start(TOGETHER, tmp_path, "-Werror") for _ in range(16)]
    for process in together:
        process.stdout.readline()
    for process in together:
        process.stdin.write("\n")
        process.stdin.flush()
    for process in together:
        finish(process)
    assert len(files(tmp_path)) == 4
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


TINY = """
from autograd_lite.kernels import runtime
@runtime.kernel
def twice(x):
    return x + x
assert twice(2) == 4 and twice(2.5) == 5
"""


@contextlib.contextmanager
def mounted(folder, *options):
    """A file system of one's own in memory."""
    command = ["mount", "-t", "tmpfs", *options, "none", str(folder)]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("mounting takes a privileged Linux")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@needs_compiler
def test_a_disk_that_is_really_full_is_one_warning(tmp_path):
    with mounted(tmp_path, "-o", "size=4k"):
        _, err = run(TINY, tmp_path)
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert err.count("RuntimeWarning") == 1
    assert "No space left" in err


@needs_compiler
def test_a_read_only_disk_is_read_and_one_warning(tmp_path):
    with mounted(tmp_path):
        run(TINY, tmp_path)
        before = files(tmp_path)
        subprocess.run(["mount", "-o", "remount,ro", str(tmp_path)], check=True)
        run(TINY + "assert sum(twice.stats.cache_hits.values()) == 2", tmp_path, "-Werror")
        _, err = run(TINY + "twice(1j); twice((1, 2))", tmp_path)
        assert files(tmp_path) == before
    assert err.count("RuntimeWarning") == 1
    assert "Read-only" in err


@needs_compiler
@pytest.mark.skipif(getattr(os, "geteuid", int)() == 0, reason="root may write to anything")
def test_a_read_only_folder_is_one_warning(tmp_path):
    tmp_path.chmod(0o500)
    try:
        _, err = run(TINY, tmp_path)
    finally:
        tmp_path.chmod(0o700)
    assert err.count("RuntimeWarning") == 1
    assert "Permission denied" in err


@needs_compiler
def test_interrupted_writing_leaves_nothing_behind(tmp_path):
    program = (
        "import os\n"
        "replace = os.replace\n"
        "def interrupt(*paths):\n"
        "    os.replace = replace\n"
        "    raise KeyboardInterrupt\n"
        "os.replace = interrupt\n"
        "try:\n" + "".join(f"    {line}\n" for line in TINY.strip().splitlines()) + "\n"
        "except KeyboardInterrupt:\n"
        "    assert twice(2) == 4\n"
        "    print('again')"
    )
    assert run(program, tmp_path)[0] == "again"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


# Each process compiles one kernel, as its first; a third one loads them all.
ONE_KERNEL = """
import numpy as np
from autograd_lite.kernels import elementwise, runtime
elementwise._SMALL = 1
x = np.linspace(0.1, 3, 5000)
for name in NAMES:
    with runtime.always(2):
        assert np.allclose(getattr(elementwise, name)(x), getattr(np, name)(x)), name
    with runtime.always(1):
        assert np.allclose(getattr(elementwise, name)(x), getattr(np, name)(x)), name
"""


@needs_compiler
def test_kernels_of_different_processes_are_told_apart(tmp_path):
    names = ["tanh", "exp", "sqrt"]
    for name in names:
        run(f"NAMES = {[name]}\n{ONE_KERNEL}", tmp_path)
    run(f"NAMES = {names}\n{ONE_KERNEL}", tmp_path)
