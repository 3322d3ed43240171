"""Gathering rows and adding them up, against NumPy: bits, layouts, threads, what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite.kernels import rows, runtime

FLOATS = (np.float32, np.float64)
COPIED = (np.float32, np.float64, np.uint8)
each_float = pytest.mark.parametrize("dtype", FLOATS, ids=["float32", "float64"])
needs_compiler = pytest.mark.skipif(not runtime.use_compiled(), reason="numba is disabled")
fixed = settings(max_examples=60, derandomize=True, deadline=None)


@pytest.fixture(autouse=True, scope="module")
def small_arrays_compiled():
    """Lift the thresholds below which arrays go to NumPy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "_SMALL", 1)
        patch.setattr(rows, "_SMALL_SUM", 1)
        yield


def matrix(shape, dtype, seed=0):
    return (np.random.default_rng(seed).standard_normal(shape) * 50).astype(dtype)


@fixed
@given(
    n=st.integers(1, 70),
    tail=st.sampled_from([(1,), (7,), (64,), (65,), (3, 5), (0,), ()]),
    dtype=st.sampled_from([*COPIED, np.int64, np.float16]),
    data=st.data(),
)
def test_rows_are_numpys(n, tail, dtype, data):
    source = np.abs(matrix((n, *tail), np.float32)).astype(dtype)
    source.flags.writeable = False
    picked = np.array(data.draw(st.lists(st.integers(-n, n - 1), max_size=70)), np.int64)
    expected = source[picked]
    got = rows.take_rows(source, picked)
    assert got.dtype == dtype
    np.testing.assert_array_equal(got, expected, strict=True)
    out = np.empty(expected.shape, dtype)
    assert rows.take_rows(source, picked.astype(np.int32), out) is out
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("tail", [(1,), (33,), (784,), (3, 5)])
def test_bytes_become_numbers(tail):
    source = np.random.default_rng(0).integers(0, 256, (50, *tail)).astype(np.uint8)
    picked = np.array([3, -1, 49, 0, 3])
    expected = source[picked] * np.float32(1 / 255)
    got = rows.take_rows(source, picked, scale=1 / 255)
    np.testing.assert_array_equal(got, expected, strict=True)
    with runtime.reference():
        np.testing.assert_array_equal(rows.take_rows(source, picked, None, 1 / 255), expected)
    with pytest.raises(TypeError, match="`scale` is for bytes"):
        rows.take_rows(source.astype(np.float32), picked, scale=2.0)


def test_numbers_of_any_kind_are_copied():
    source = np.array([[np.nan, -0.0], [np.inf, -np.inf]], np.float32)
    got = rows.take_rows(source, np.array([1, 0, 0]))
    assert got.tobytes() == source[[1, 0, 0]].tobytes()


def test_other_layouts():
    source = matrix((12, 10), np.float32)
    picked = np.arange(24)[::-2] % 12
    wide = matrix((12, 21), np.float32)
    unaligned = np.empty(source.nbytes + 1, np.uint8)[1:].view(np.float32).reshape(source.shape)
    unaligned[...] = source
    for given_ in (source.T, source[::-1], source[:, ::2], wide[:, 1::2], unaligned, source[3:]):
        keep = picked % len(given_)
        np.testing.assert_array_equal(rows.take_rows(given_, keep), given_[keep])
    swapped = source.astype(source.dtype.newbyteorder())
    np.testing.assert_array_equal(rows.take_rows(swapped, picked), source[picked])


@pytest.mark.parametrize("small", [1, 1 << 30])
@pytest.mark.parametrize("bad", [5, -6, 2**40, -(2**40)])
def test_rows_out_of_bounds(bad, small, monkeypatch):
    monkeypatch.setattr(rows, "_SMALL", small)
    source, out = matrix((5, 8), np.float32), np.zeros((2, 8), np.float32)
    with pytest.raises(IndexError, match=f"index {bad} is out of bounds"):
        ag.take_rows(source, np.array([0, bad]), out)
    with pytest.raises(IndexError):
        ag.take_rows(source[:0], np.array([0, 0]), out)
    assert not out.any()


def test_bad_outs():
    source, picked = matrix((6, 8), np.float32), np.array([0, 1])
    locked = np.empty((2, 8), np.float32)
    locked.flags.writeable = False
    for out in (
        np.empty((3, 8), np.float32),
        np.empty((2, 8), np.float64),
        np.empty((8, 2), np.float32).T,
        locked,
    ):
        with pytest.raises(ValueError, match="bad `out`"):
            ag.take_rows(source, picked, out)
    with pytest.raises(ValueError, match="shares memory"):
        ag.take_rows(source, picked, source[:2])


@needs_compiler
def test_gathering_does_not_depend_on_threads():
    source, picked = matrix((40, 100), np.uint8), np.arange(77) * 7 % 40
    for n in (1, 2, 3, 4):
        with runtime.always(n):
            np.testing.assert_array_equal(rows.take_rows(source, picked), source[picked])
            scaled = rows.take_rows(source, picked, scale=0.5)
        np.testing.assert_array_equal(scaled, source[picked] * np.float32(0.5))


@each_float
@pytest.mark.parametrize("columns", [*range(70), 127, 128, 129, 255, 256, 257, 600])
def test_sums_have_the_bits_of_numpys(columns, dtype):
    for n in (0, 1, 2, 3, 17, 64):
        x = matrix((n, columns), dtype)
        x.flags.writeable = False
        got = rows.sum_rows(x)
        assert got.dtype == dtype
        np.testing.assert_array_equal(got, np.add.reduce(x, axis=0), strict=True)


@each_float
def test_sums_of_special_numbers(dtype):
    x = matrix((9, 40), dtype)
    x[2, ::5], x[3, ::7], x[4, ::7] = np.nan, np.inf, -np.inf
    with np.errstate(invalid="ignore"):
        expected, got = np.add.reduce(x, axis=0), rows.sum_rows(x)
    np.testing.assert_array_equal(got, expected)


@each_float
def test_sums_of_other_layouts(dtype):
    x = matrix((30, 40), dtype)
    for given_ in (x.T, x[::-1], x[:, ::3], np.asfortranarray(x), x.astype(np.float16)):
        expected = np.add.reduce(given_, axis=0)
        np.testing.assert_array_equal(rows.sum_rows(given_), expected, strict=True)


@each_float
@needs_compiler
def test_sums_do_not_depend_on_threads(dtype):
    x = matrix((50, 1000), dtype)
    for n in (1, 2, 3, 4):
        with runtime.always(n):
            np.testing.assert_array_equal(rows.sum_rows(x), np.add.reduce(x, axis=0))
