"""`python -m autograd_lite`: info, warmup, cache."""

import importlib
import pkgutil
import re

import pytest
from children import needs_compiler, run

from autograd_lite import __main__, errors
from autograd_lite.kernels import cache_files, runtime

KEY, NAME = "0123456789abcdef0123", "softmax-0123456789abcdef0123.kernel"
CLI = "import sys; from autograd_lite.__main__ import main; sys.exit(main({}))"


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A cache with two kernels, what a killed process left, and nothing else."""
    folder = tmp_path / "cache"
    (folder / KEY).mkdir(parents=True)
    for name in (NAME, f"log-{KEY}.kernel", f"{NAME}.{KEY[:16]}", f"{NAME}.{KEY[4:]}"):
        (folder / KEY / name).write_bytes(bytes(500))
    monkeypatch.setenv("AUTOGRAD_LITE_CACHE_DIR", str(folder))
    return folder


def test_cache_is_described_and_cleared(root, capsys):
    assert __main__.main(["cache"]) == 0
    assert capsys.readouterr().out == f"4 files, 2.0 kB: {root}\n"
    assert __main__.main(["cache", "--clear"]) == 0
    assert capsys.readouterr().out == f"removed 4 files, 2.0 kB: {root}\n"
    assert not root.exists()
    assert __main__.main(["cache", "--clear"]) == 0
    assert capsys.readouterr().out == f"removed 0 files, 0.0 kB: {root}\n"


@pytest.mark.parametrize("strange", ["letters.txt", KEY[:19], KEY.upper() + "x"])
def test_a_folder_of_somebody_else_is_refused(root, capsys, strange):
    (root / strange).write_text("dear")
    assert __main__.main(["cache", "--clear"]) == 1
    assert re.search(rf"nothing was removed\n.*'{strange}' in it", capsys.readouterr().err)
    assert len(cache_files.cached_files(root)) == 4


def test_a_file_and_a_link_are_refused(root, tmp_path):
    with pytest.raises(errors.DataError, match="a file"):
        cache_files.clear_cache(root / KEY / NAME)
    (root / KEY[::-1]).symlink_to(tmp_path)
    with pytest.raises(errors.DataError, match="nothing was removed"):
        cache_files.clear_cache(root)
    assert (root / KEY / NAME).exists()


def test_strange_files_in_our_folders_stay(root):
    mine = root / KEY / "notes.kernel.txt"
    mine.write_text("mine")
    assert cache_files.clear_cache(root) == (4, 2000)
    assert [*root.rglob("*")] == [root / KEY, mine]


def test_errors_are_one_message(monkeypatch, capsys):
    monkeypatch.delenv("AUTOGRAD_LITE_CACHE_DIR", raising=False)
    for name in ("HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    assert __main__.main(["cache", "--clear"]) == 1
    assert "HOME is not set" in capsys.readouterr().err
    for wrong in ([], ["delete"], ["info", "--clear"]):
        with pytest.raises(SystemExit) as stopped:
            __main__.main(wrong)
        assert stopped.value.code == 2
        assert "usage:" in capsys.readouterr().err


def test_info_says_where_the_threads_come_from(monkeypatch, capsys):
    for name in ("AUTOGRAD_LITE_NUM_THREADS", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    __main__.main(["info"])
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    __main__.main(["info"])
    found = re.findall(r"^threads +\d+, by (.*)$", capsys.readouterr().out, re.MULTILINE)
    assert found == ["the CPUs that this process may use", "OMP_NUM_THREADS"]


def test_info(capsys):
    assert __main__.main(["info"]) == 0
    lines = dict(re.findall(r"^(\w[\w ]*?)  +(.*)$", capsys.readouterr().out, re.MULTILINE))
    assert {"autograd_lite", "numba", "llvmlite", "CPU", "features", "threads"} < lines.keys()
    bits = runtime.vector_bits()
    assert lines["vectors"].startswith(f"{bits} bits: {bits // 32} lanes of float32")
    assert lines["threads"].startswith(str(runtime.get_num_threads()))
    assert max(map(len, lines["features"].splitlines())) < 100


def test_nothing_to_warm_up_without_the_compiler(tmp_path):
    program = CLI.format(["warmup"]).replace("sys.exit(", "print(").replace("import sys; ", "")
    out, err = run(program, tmp_path, NUMBA_DISABLE_JIT="1")
    assert out == "1"
    assert "NUMBA_DISABLE_JIT" in err


@needs_compiler
@pytest.mark.slow
def test_warmup_compiles_everything():
    program = (
        "import importlib, io, contextlib\n"
        "from autograd_lite.__main__ import main\n"
        "said = io.StringIO()\n"
        "with contextlib.redirect_stdout(said):\n"
        "    assert main(['warmup']) == 0\n"
        "assert said.getvalue().startswith('ready in '), said.getvalue()\n"
        f"modules = {compiled_modules()!r}\n"
        "for name in modules:\n"
        "    for label, value in vars(importlib.import_module(name)).items():\n"
        "        kernel = getattr(value, 'compiled', value)\n"
        "        if type(getattr(kernel, '_cache', None)).__name__ == 'DiskCache':\n"
        "            print(name, label, len(kernel.signatures))\n"
    )
    # Two threads at least, or what other threads run is not compiled.
    out, _ = run(program, None, AUTOGRAD_LITE_NUM_THREADS="2")
    found = [line.split() for line in out.splitlines()]
    assert len(found) > 40
    once = {"take_scaled", "serve"}  # of one type only
    lacking = [f for f in found if int(f[2]) < 2 - (f[1] in once)]
    assert lacking == []


def compiled_modules():
    """The names of all modules of kernels."""
    package = importlib.import_module("autograd_lite.kernels.compiled")
    return [m.name for m in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")]
