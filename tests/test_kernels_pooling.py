"""Compiled pooling against the references, to the bit where entries are chosen."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_lite.kernels import convolution, pooling, runtime
from autograd_lite.ops.windows import place

FLOATS = (np.float32, np.float64)
each_float = pytest.mark.parametrize("dtype", FLOATS, ids=["float32", "float64"])
needs_compiler = pytest.mark.skipif(not runtime.use_compiled(), reason="numba is disabled")

# Images, windows, strides, padding.
WINDOWS = [
    ((6, 8), 2, 2, "valid"),
    ((7, 5), 2, 2, "same"),
    ((9, 9), 3, 2, "valid"),
    ((8, 7), 3, 1, "same"),
    ((7, 8), (1, 2), (2, 3), "valid"),
    ((5, 9), (3, 1), (1, 2), [(2, 1), (0, 0)]),
    ((6, 6), 6, 1, "valid"),
    ((13,), 3, 2, "same"),
    ((12,), 2, 2, "valid"),
]
CHANNELS = [1, 2, 3, 8, 16, 17, 33]
each_window = pytest.mark.parametrize("case", WINDOWS, ids=str)


@pytest.fixture(autouse=True, scope="module")
def nothing_is_too_small():
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_FEWEST", "_FEWEST_CHANNELS"):
            patch.setattr(pooling, name, 1)
        patch.setattr(convolution, "FEWEST_PRODUCTS", 1)
        yield


def drawn(case, channels, dtype, n=3):
    """Numbers with many ties, NaN and infinities, what is given to windows, and the windows."""
    space, window, strides, padding = case
    axes = len(space)
    window = window if isinstance(window, tuple) else (window,) * axes
    windows = place(f"max_pool{axes}d", space, window, strides, padding)
    rng = np.random.default_rng(0)
    x = rng.integers(-2, 3, (n, *space, channels)).astype(dtype)
    for value in (np.nan, np.inf, -np.inf):
        x[rng.random(x.shape) < 0.05] = value
    return x, rng.standard_normal((n, *windows.size, channels)).astype(dtype), windows


def chosen(x, g, windows):
    """The largest entries, which they are, and where their gradients go."""
    best = pooling.window_max(x, windows)
    taps = pooling.first_taps(x, best, windows)
    return best, taps, pooling.put_taps(g, taps, windows)


@each_float
@each_window
def test_chosen_entries_to_the_bit(case, dtype):
    for channels in CHANNELS:
        x, g, windows = drawn(case, channels, dtype)
        best, taps, by_x = chosen(x, g, windows)
        np.testing.assert_array_equal(best, pooling.window_max_reference(x, windows), strict=True)
        expected = pooling.first_taps_reference(x, best, windows)
        np.testing.assert_array_equal(taps, expected, strict=True)
        expected = pooling.put_taps_reference(g, taps, windows)
        np.testing.assert_array_equal(by_x, expected, strict=True)
        np.testing.assert_array_equal(pooling.take_taps(x, taps, windows), best)


@each_float
@each_window
def test_sums(case, dtype):
    for channels in CHANNELS:
        _, g, windows = drawn(case, channels, dtype)
        x = np.random.default_rng(1).standard_normal((3, *case[0], channels)).astype(dtype)
        close = {"rtol": 0, "atol": 200 * np.finfo(dtype).eps, "strict": True}
        expected = pooling.window_sum_reference(x, windows)
        np.testing.assert_allclose(pooling.window_sum(x, windows), expected, **close)
        expected = pooling.window_spread_reference(g, windows)
        np.testing.assert_allclose(pooling.window_spread(g, windows), expected, **close)


@needs_compiler
@each_float
@each_window
def test_threads_change_no_bit(case, dtype):
    x, g, windows = drawn(case, 17, dtype, 5)
    results = []
    for threads in (1, 2, 3, 4):
        with runtime.always(threads):
            sums = pooling.window_sum(x, windows), pooling.window_spread(g, windows)
            results.append([r.tobytes() for r in (*chosen(x, g, windows), *sums)])
    assert all(r == results[0] for r in results)


@each_float
def test_every_layout(dtype):
    x, g, windows = drawn(WINDOWS[2], 5, dtype)
    plain = chosen(x, g, windows)
    unaligned = np.empty(x.nbytes + 1, np.uint8)[1:].view(dtype).reshape(x.shape)
    unaligned[...] = x
    read_only = x.copy()
    read_only.flags.writeable = False
    layouts = np.asfortranarray(x), np.repeat(x, 2, 1)[:, ::2], unaligned, read_only
    for given in layouts:
        for got, expected in zip(chosen(given, g, windows), plain, strict=True):
            np.testing.assert_array_equal(got, expected)
    by_x = pooling.put_taps(np.asfortranarray(g), np.asfortranarray(plain[1]), windows)
    np.testing.assert_array_equal(by_x, plain[2])
    flat = np.broadcast_to(g[:1, :1, :1], g.shape)
    expected = pooling.put_taps_reference(flat, plain[1], windows)
    np.testing.assert_array_equal(pooling.put_taps(flat, plain[1], windows), expected)


def test_what_goes_to_the_references(monkeypatch):
    monkeypatch.setattr(pooling, "_compiled", lambda: pytest.fail("a kernel was called"))
    x, g, windows = drawn(WINDOWS[0], 3, np.float64)
    whole = np.arange(x.size).reshape(x.shape)
    chosen(whole, g.astype(int), windows)
    chosen(x.astype(np.float16), g.astype(np.float16), windows)
    with runtime.reference():
        chosen(x, g, windows)
    monkeypatch.setattr(pooling, "_FEWEST", 100_000)
    chosen(x, g, windows)


def test_windows_of_more_entries_than_a_byte_numbers():
    x, g, windows = drawn(((300,), 290, 5, "valid"), 2, np.float32)
    best, taps, by_x = chosen(x, g, windows)
    assert taps.dtype == np.uint16
    np.testing.assert_array_equal(pooling.take_taps(x, taps, windows), best)
    np.testing.assert_array_equal(by_x, pooling.put_taps_reference(g, taps, windows))


def test_no_images():
    _, _, windows = drawn(WINDOWS[0], 3, np.float32)
    none = np.ones((0, 6, 8, 3), np.float32)
    best, taps, by_x = chosen(none, none[:, :3, :4], windows)
    assert (best.shape, taps.shape, by_x.shape) == ((0, 3, 4, 3), (0, 3, 4, 3), none.shape)
