"""A write that fails anywhere leaves the old file whole, and nothing beside it."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import nn
from nn import callbacks, resuming
from nn.serialization import read, write

OLD, NEW = ({"a": np.full(5000, value, np.float32)} for value in (1, 2))


class Full:
    """A disk that fails at the n-th of all calls that write to it.

    Attributes:
        calls: That were let through so far, and the one that was not.
    """

    def __init__(self, patch, last=None):
        self.calls, self.last = [], last
        opened = Path.open

        def open_(path, mode="r", *rest, **named):
            file = opened(path, mode, *rest, **named)
            return Watched(file, self) if "w" in mode else file

        patch.setattr(Path, "open", open_)
        for where, name in ((os, "fsync"), (Path, "replace")):
            patch.setattr(where, name, self.wrapped(name, getattr(where, name)))

    def wrapped(self, name, call):
        def checked(*arguments):
            self.calls.append(name)
            if len(self.calls) - 1 == self.last:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return call(*arguments)

        return checked


class Watched:
    """A file whose writes are counted; the one that fails has written half."""

    def __init__(self, file, disk):
        self.file, self.fileno = file, file.fileno
        self.flush = disk.wrapped("flush", file.flush)
        self.checked = disk.wrapped("write", file.write)

    def write(self, content):
        try:
            self.checked(content)
        except OSError:
            self.file.write(content[: len(content) // 2])
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()


def places(patch, call):
    """How many calls may fail in a whole write."""
    with patch.context() as inner:
        disk = Full(inner)
        call()
    assert {"write", "flush", "fsync", "replace"} == set(disk.calls)
    assert disk.calls[-2:] == ["fsync", "replace"], "renamed before it is on the disk"
    return len(disk.calls)


def test_arrays(tmp_path, monkeypatch):
    path = tmp_path / "w.safetensors"
    for i in range(places(monkeypatch, lambda: write(path, OLD, {}))):
        with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
            Full(patch, i)
            write(path, NEW, {})
        assert [p.name for p in tmp_path.iterdir()] == [path.name]
        assert np.array_equal(read(path, "test").arrays["a"], OLD["a"])
    write(path, NEW, {})
    assert np.array_equal(read(path, "test").arrays["a"], NEW["a"])


def model():
    net = nn.Sequential([nn.Input((3,)), nn.layers.Dense(2)])
    net.compile("sgd", "mse")
    return net


@pytest.mark.parametrize("kind", ["model", "weights", "checkpoint", "backup"])
def test_every_way_of_saving(tmp_path, monkeypatch, kind):
    net, x = model(), np.ones((4, 3), np.float32)
    path = tmp_path / "m.safetensors"

    def save():
        if kind == "model":
            net.save(path)
        elif kind == "weights":
            net.save_weights(path)
        elif kind == "checkpoint":
            net.fit(x, x[:, :2], verbose=0, callbacks=callbacks.ModelCheckpoint(path))
        else:
            resuming.write(path, resuming.snapshot(net))

    for i in range(places(monkeypatch, save)):
        before = path.read_bytes()
        net.set_weights([w + 1 for w in net.get_weights()])
        with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
            Full(patch, i)
            save()
        assert path.read_bytes() == before
        assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX only")
def test_a_limit_of_the_system_on_the_size_of_files(tmp_path):
    """With the system's own error, and not one of ours."""
    resource, signal = pytest.importorskip("resource"), pytest.importorskip("signal")
    path = tmp_path / "w.safetensors"
    write(path, OLD, {})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            write(path, NEW, {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    assert np.array_equal(read(path, "test").arrays["a"], OLD["a"])


def test_threads_that_write_to_one_path(tmp_path):
    path = tmp_path / "w.safetensors"

    def writes(number):
        for _ in range(20):
            write(path, {"a": np.full(1000, number)}, {})

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(writes, range(4)))
    assert len(set(read(path, "test").arrays["a"].tolist())) == 1
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
