"""MNIST as it is shipped, and what happens when its files are not as they were shipped."""

import gzip
import hashlib
import re
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest

from autograd_lite.errors import DataError
from nn.datasets import idx, mnist

LABELS = "t10k-labels-idx1-ubyte.gz"
IMAGES = "t10k-images-idx3-ubyte.gz"


@pytest.fixture(scope="module")
def data():
    return mnist.load_data()


@pytest.fixture
def tampered(tmp_path, monkeypatch):
    """A copy of the files that a test may spoil, and that `load_data` reads."""
    for name in mnist.FILES:
        shutil.copy(mnist.FOLDER / name, tmp_path / name)
    monkeypatch.setattr(mnist, "FOLDER", tmp_path)
    return tmp_path


def write_gzip(path: Path, raw: bytes) -> None:
    path.write_bytes(gzip.compress(raw, compresslevel=1))


def read_gzip(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes())


def sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def test_shapes_and_dtypes(data):
    (x_train, y_train), (x_test, y_test) = data
    assert x_train.shape == (60000, 28, 28)
    assert y_train.shape == (60000,)
    assert x_test.shape == (10000, 28, 28)
    assert y_test.shape == (10000,)
    assert {a.dtype for a in (x_train, y_train, x_test, y_test)} == {np.dtype("uint8")}


def test_content(data):
    (x_train, y_train), (x_test, y_test) = data
    assert y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert y_test[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert np.bincount(y_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    # The mean and deviation of the pixels that everybody normalises MNIST with.
    assert x_train.mean() / 255 == pytest.approx(0.1307, abs=5e-5)
    assert x_train.std() / 255 == pytest.approx(0.3081, abs=5e-5)
    assert x_test.max() == 255


def test_arrays_are_writable_and_fresh(data):
    (first, _), _ = data
    (second, _), _ = mnist.load_data()
    assert second.flags.writeable
    assert not np.shares_memory(first, second)
    second[...] = 0
    assert mnist.load_data()[0][0].any()


def test_the_readme_lists_the_hashes_that_are_checked():
    text = (Path(mnist.__file__).parent / "README.md").read_text()
    assert dict(re.findall(r"\| (\S+\.gz) \|.*\| ([0-9a-f]{64}) \|", text)) == mnist.FILES


def test_recompressed_file_is_accepted(tampered):
    write_gzip(tampered / LABELS, read_gzip(tampered / LABELS))
    assert mnist.load_data()[1][1].shape == (10000,)


@pytest.mark.parametrize("name", mnist.FILES)
@pytest.mark.parametrize("kept", [0.0, 0.5, 0.999])
def test_truncated_file(tampered, name, kept):
    path = tampered / name
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    with pytest.raises(DataError, match="truncated") as error:
        mnist.load_data()
    text = str(error.value)
    assert text.startswith(f"{path}: ")
    assert f"expected: SHA-256 {mnist.FILES[name]}" in text
    assert re.search(r"got: +SHA-256 [0-9a-f]{64}", text)
    assert "fix:" in text


@pytest.mark.parametrize("name", mnist.FILES)
def test_altered_content(tampered, name):
    raw = bytearray(read_gzip(tampered / name))
    raw[-1] ^= 1
    write_gzip(tampered / name, raw)
    with pytest.raises(DataError, match=f"(?s){name}: the content was altered.*got: ") as error:
        mnist.load_data()
    assert sha256(raw) in str(error.value)
    assert mnist.FILES[name] in str(error.value)


@pytest.mark.parametrize("where", [0, 0.3, 0.9, -6])
def test_flipped_bit_in_the_compressed_file(tampered, where):
    path = tampered / IMAGES
    blob = bytearray(path.read_bytes())
    blob[int(where * len(blob)) if isinstance(where, float) else where] ^= 4
    path.write_bytes(blob)
    with pytest.raises(DataError, match=rf"{IMAGES}: the (file is damaged|content was altered)"):
        mnist.load_data()


def test_missing_file(tampered):
    (tampered / IMAGES).unlink()
    with pytest.raises(DataError, match=f"{IMAGES}: the file is missing") as error:
        mnist.load_data()
    assert mnist.FILES[IMAGES] in str(error.value)


def test_unreadable_file(tampered):
    (tampered / LABELS).unlink()
    (tampered / LABELS).mkdir()
    with pytest.raises(DataError, match=LABELS):
        mnist.load_data()


def test_another_data_set_of_the_same_shape_is_refused(tampered):
    write_gzip(tampered / LABELS, bytes([0, 0, 8, 1]) + struct.pack(">I", 10000) + bytes(10000))
    with pytest.raises(DataError, match="the content was altered"):
        mnist.load_data()


def idx_file(code: int, shape: tuple[int, ...], values: bytes) -> bytearray:
    return bytearray([0, 0, code, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + values


@pytest.mark.parametrize("code", idx.DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (2, 0, 3), (2, 1, 3, 1)])
def test_parse_every_type(code, shape):
    values = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(idx.DTYPES[code])
    array = idx.parse(idx_file(code, shape, values.tobytes()), "file")
    assert array.dtype.isnative
    assert array.flags.writeable
    assert array.dtype == values.dtype.newbyteorder("=")
    np.testing.assert_array_equal(array, values, strict=False)


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"", r"file: not an IDX file\n  got: +magic number missing"),
        (b"\0\0\x08", r"not an IDX file\n  got: +magic number 00 00 08"),
        (b"\x1f\x8b\x08\x01" + bytes(8), r"not an IDX file\n  got: +magic number 1f 8b 08 01"),
        (b"\0\0\x0a\x01" + bytes(8), r"expected: 00 00, a type \(0x08, .*\), the number of"),
        (b"\0\0\x08\x03" + bytes(8), r"header is cut short\n  got: +12 bytes\n  expected: 16"),
        (b"\0\0\x08\x01\0\0\0\x03ab", r"got: +10 bytes\n  expected: 11 bytes for shape \(3,\) of"),
        (b"\0\0\x08\x01\0\0\0\x01ab", r"the length is not what the IDX header says"),
        (b"\0\0\x0e\x02" + b"\xff" * 8, r"expected: [\d,]+ bytes for shape \(4294967295, "),
    ],
)
def test_parse_refuses(raw, problem):
    with pytest.raises(DataError, match=problem):
        idx.parse(bytearray(raw), "file")
