"""Compiled convolutions against the references: every tail, layout, block and number of threads."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.kernels import convolution, runtime
from autograd_lite.kernels.convolution import (
    conv,
    conv_reference,
    input_grad,
    input_grad_reference,
    kernel_grad,
    kernel_grad_reference,
)
from autograd_lite.ops.windows import place

FLOATS = (np.float32, np.float64)
each_float = pytest.mark.parametrize("dtype", FLOATS, ids=["float32", "float64"])
needs_compiler = pytest.mark.skipif(not runtime.use_compiled(), reason="numba is disabled")

# Images, a kernel's window, strides, padding, dilation.
WINDOWS = [
    ((5, 4), (3, 3), 1, "valid", 1),
    ((7, 6), (3, 3), 1, "same", 1),
    ((7, 6), (2, 3), 2, "same", 1),
    ((9, 11), (3, 2), (3, 1), [(2, 0), (0, 3)], 1),
    ((6, 9), (2, 3), 1, [(1, 4), (3, 0)], 2),
    ((8, 8), (3, 3), 2, 1, 2),
    ((11, 5), (5, 1), (2, 3), "same", (2, 1)),
    ((9, 9), (2, 2), 3, "valid", 1),
    ((4, 5), (1, 1), 1, "valid", 1),
    ((4, 5), (1, 1), 2, 1, 1),
    ((12,), (4,), 1, "causal", 2),
    ((13,), (3,), 2, "valid", 1),
    # Of images of so many positions, taps that meet padding alone are left out.
    ((14, 13), (3, 3), 1, "same", 1),
    ((17, 20), (4, 2), 1, [(5, 2), (1, 0)], 2),
    ((26, 31), (3, 5), 2, [(1, 4), 2], 1),
]
each_window = pytest.mark.parametrize("case", WINDOWS, ids=str)
# Channels, filters and groups, beside every boundary of the tiles of vectors of any width.
CHANNELS = [
    (1, 1, 1), (1, 7, 1), (3, 33, 1), (17, 5, 1), (4, 16, 1), (16, 32, 1), (2, 64, 1), (8, 40, 1),
    (4, 6, 2), (6, 3, 3), (34, 66, 2), (17, 17, 17), (3, 6, 3), (32, 32, 32), (40, 40, 40),
    (16, 48, 16),
]  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def nothing_is_too_small():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convolution, "FEWEST_PRODUCTS", 1)
        yield


def drawn(case, channels, dtype, n=2):
    """`x`, a kernel, a gradient of what they give, and `(windows, groups)`."""
    space, window, strides, padding, dilation = case
    c, f, groups = channels
    where = f"conv{len(space)}d"
    windows = place(where, space, window, strides, padding, dilation, len(space) == 1)
    rng = np.random.default_rng(0)
    shapes = (n, *space, c), (*window, c // groups, f), (n, *windows.size, f)
    return *(rng.standard_normal(s).astype(dtype) for s in shapes), (windows, groups)


def three(x, kernel, g, settings):
    """All three maps."""
    return (
        conv(x, kernel, *settings),
        input_grad(g, kernel, *settings),
        kernel_grad(x, g, *settings),
    )


REFERENCES = conv_reference, input_grad_reference, kernel_grad_reference


def assert_close(got, reference, *arrays, settings):
    """Within the rounding of a sum of as many products as there may be."""
    exact = reference(*(a.astype(np.float64) for a in arrays), *settings)
    size = reference(*(np.abs(a).astype(np.float64) for a in arrays), *settings)
    depth = arrays[0].size // arrays[0].shape[-1] + arrays[1].size
    assert got.shape == exact.shape
    assert got.dtype == arrays[0].dtype
    assert got.flags.c_contiguous
    assert (abs(got - exact) <= (depth + 2) * np.finfo(got.dtype).eps * size).all()


@each_float
@each_window
def test_every_window_and_tail(case, dtype):
    for channels in CHANNELS:
        x, kernel, g, settings = drawn(case, channels, dtype)
        pairs = (x, kernel), (g, kernel), (x, g)
        for got, reference, pair in zip(
            three(x, kernel, g, settings), REFERENCES, pairs, strict=True
        ):
            assert_close(got, reference, *pair, settings=settings)


@needs_compiler
@each_float
@pytest.mark.parametrize("channels", [(3, 33, 1), (40, 48, 2), (17, 17, 17), (16, 300, 1)])
@pytest.mark.parametrize("case", [WINDOWS[i] for i in (0, 1, 2, 5, 10, 13)], ids=str)
def test_threads_change_no_bit(case, channels, dtype):
    for n in (1, 3):
        given = drawn(case, channels, dtype, n)
        results = []
        for threads in (1, 2, 3, 4):
            with runtime.always(threads):
                results.append([r.tobytes() for r in three(*given)])
        assert all(r == results[0] for r in results)


@needs_compiler
@each_float
@pytest.mark.parametrize("channels", [(3, 33, 1), (40, 48, 2), (17, 17, 17)])
@each_window
def test_blocks_change_no_bit(monkeypatch, case, channels, dtype):
    given = drawn(case, channels, dtype, 5)
    whole = [r.tobytes() for r in three(*given)]
    for cache in (1, 4000, 40_000):
        monkeypatch.setattr(convolution._compiled(), "CACHE", cache)
        assert [r.tobytes() for r in three(*given)] == whole


@needs_compiler
@each_float
@pytest.mark.parametrize("channels", [(5, 6, 1), (4, 6, 2), (18, 18, 18)])
def test_an_image_does_not_depend_on_its_neighbours(channels, dtype):
    x, kernel, g, settings = drawn(WINDOWS[1], channels, dtype, 7)
    y, by_x, _ = three(x, kernel, g, settings)
    for some in (slice(0, 1), slice(2, 7)):
        np.testing.assert_array_equal(conv(x[some], kernel, *settings), y[some])
        np.testing.assert_array_equal(input_grad(g[some], kernel, *settings), by_x[some])


def layouts(x):
    """`x` in other layouts, with the same values."""
    read_only = x.copy()
    read_only.flags.writeable = False
    larger = np.full((*(n + 2 for n in x.shape[:-1]), 2 * x.shape[-1] + 1), np.nan, x.dtype)
    inner = larger[*(slice(1, -1) for _ in x.shape[:-1]), : x.shape[-1]]
    inner[...] = x
    spread = np.full_like(larger, np.nan)[*(slice(1, -1) for _ in x.shape[:-1]), 1::2]
    spread[...] = x
    unaligned = np.empty(x.nbytes + 1, np.uint8)[1:].view(x.dtype).reshape(x.shape)
    unaligned[...] = x
    return {
        "Fortran": np.asfortranarray(x),
        "read-only": read_only,
        "inside": inner,
        "every second": spread,
        "reversed": x[:, ::-1, ..., ::-1].copy()[:, ::-1, ..., ::-1],
        "channels first": np.moveaxis(np.ascontiguousarray(np.moveaxis(x, -1, 1)), 1, -1),
        "unaligned": unaligned,
        "other byte order": x.astype(x.dtype.newbyteorder()),
    }


@each_float
@pytest.mark.parametrize("layout", layouts(np.ones((2, 3, 2))))
@pytest.mark.parametrize("channels", [(1, 5, 1), (6, 5, 1), (6, 4, 2), (32, 32, 32)])
def test_every_layout(layout, channels, dtype):
    for case in (WINDOWS[0], WINDOWS[2], WINDOWS[10]):
        x, kernel, g, settings = drawn(case, channels, dtype)
        plain = three(x, kernel, g, settings)
        given = [layouts(a)[layout] for a in (x, kernel, g)]
        for got, expected in zip(three(*given, settings), plain, strict=True):
            np.testing.assert_allclose(got, expected, rtol=0, atol=500 * np.finfo(dtype).eps)
        for array, before in zip(given, (x, kernel, g), strict=True):
            np.testing.assert_array_equal(array, before)


@each_float
def test_broadcast_arrays(dtype):
    x, kernel, g, settings = drawn(WINDOWS[1], (6, 5, 1), dtype)
    for pixels in (x[:1], x[:, :1, :1], x[..., :1]):
        thin = np.broadcast_to(pixels, x.shape)
        assert_close(conv(thin, kernel, *settings), conv_reference, thin, kernel, settings=settings)
    thin = np.broadcast_to(g[:1, :1, :1, :1], g.shape)
    pair = thin, kernel
    assert_close(input_grad(*pair, *settings), input_grad_reference, *pair, settings=settings)
    pair = x, thin
    assert_close(kernel_grad(*pair, *settings), kernel_grad_reference, *pair, settings=settings)


@each_float
@pytest.mark.parametrize("channels", [(3, 33, 1), (4, 6, 2), (6, 12, 6), (17, 17, 17)])
def test_bias_and_relu_are_the_sum_of_their_parts_to_the_bit(channels, dtype):
    x, kernel, _, settings = drawn(WINDOWS[1], channels, dtype)
    bias = np.linspace(-1, 1, channels[1]).astype(dtype)
    x[0, 0, 0, 0] = np.nan
    parts = conv(x, kernel, *settings) + bias
    np.testing.assert_array_equal(conv(x, kernel, *settings, bias), parts)
    for given in (bias, np.repeat(bias, 2)[::2]):
        got = conv(x, kernel, *settings, given, relu=True)
        np.testing.assert_array_equal(got, np.maximum(parts, 0))
    got = conv(x, kernel, *settings, relu=True)
    np.testing.assert_array_equal(got, np.maximum(conv(x, kernel, *settings), 0))
    double = conv(x, kernel, *settings, bias.astype(np.float64))
    assert double.dtype == np.float64


@each_float
@pytest.mark.parametrize("channels", [(3, 18, 1), (6, 6, 6)])
def test_nan_and_infinity_spread_as_in_numpy(channels, dtype):
    for case, value in itertools.product((WINDOWS[1], WINDOWS[2]), (np.nan, np.inf)):
        x, kernel, g, settings = drawn(case, channels, dtype)
        x[1, 2, 3, 1], g[0, 1, 1, 2] = value, -value
        with np.errstate(invalid="ignore"):
            references = (
                conv_reference(x, kernel, *settings),
                input_grad_reference(g, kernel, *settings),
                kernel_grad_reference(x, g, *settings),
            )
            results = three(x, kernel, g, settings)
        for got, expected in zip(results, references, strict=True):
            np.testing.assert_array_equal(np.isnan(got), np.isnan(expected))
            infinite = np.isinf(expected)
            np.testing.assert_array_equal(got[infinite], expected[infinite])


def test_what_no_tap_reaches_is_zero():
    _, kernel, g, settings = drawn(((9, 9), (2, 1), 4, "valid", 1), (2, 3, 1), np.float32)
    by_x = input_grad(g, kernel, *settings)
    assert not by_x[:, 2:4].any()
    assert not by_x[:, :, 1:4].any()
    assert by_x[:, ::4, ::4][:, :2].all()


def test_nothing_gives_nothing():
    _, kernel, _, settings = drawn(WINDOWS[0], (3, 4, 1), np.float32)
    y = conv(np.ones((0, 5, 4, 3), np.float32), kernel, *settings)
    assert y.shape == (0, 3, 2, 4)
    assert input_grad(y, kernel, *settings).shape == (0, 5, 4, 3)
    by_kernel = kernel_grad(np.ones((0, 5, 4, 3), np.float32), y, *settings)
    np.testing.assert_array_equal(by_kernel, np.zeros((3, 3, 3, 4)))


@pytest.mark.parametrize("dtypes", [("i4", "i4"), ("f4", "f8"), ("f2", "f2"), ("c8", "c8")])
def test_other_dtypes_are_numpys(monkeypatch, dtypes):
    monkeypatch.setattr(convolution, "_compiled", lambda: pytest.fail("a kernel was called"))
    x, kernel, g, settings = drawn(WINDOWS[1], (3, 4, 1), np.float64)
    x, kernel = (4 * x).astype(dtypes[0]), (4 * kernel).astype(dtypes[1])
    got = conv(x, kernel, *settings)
    assert got.dtype == np.result_type(x, kernel)
    np.testing.assert_array_equal(got, conv_reference(x, kernel, *settings))
    for f, reference, pair in (
        (input_grad, input_grad_reference, ((4 * g).astype(dtypes[0]), kernel)),
        (kernel_grad, kernel_grad_reference, (x, (4 * g).astype(dtypes[1]))),
    ):
        np.testing.assert_array_equal(f(*pair, *settings), reference(*pair, *settings))


def test_reference_mode_calls_no_kernel(monkeypatch):
    monkeypatch.setattr(convolution, "_compiled", lambda: pytest.fail("a kernel was called"))
    given = drawn(WINDOWS[1], (3, 4, 1), np.float32)
    with runtime.reference():
        three(*given)


def test_small_convolutions_call_no_kernel(monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr(convolution, "FEWEST_PRODUCTS", 100_000)
    monkeypatch.setattr(convolution, "_compiled", lambda: pytest.fail("a kernel was called"))
    three(*drawn(WINDOWS[0], (3, 4, 1), np.float32))


@pytest.mark.parametrize("channels", [(2, 3, 1), (2, 2, 2)])
def test_kernels_as_ops_to_second_order(channels):
    x, kernel, _, (_, groups) = drawn(((5, 4), (2, 3), (2, 1), 1, 1), channels, np.float64, 1)
    bias = np.linspace(-1, 1, channels[1])

    def layer(x, kernel, bias):
        y = ag.conv2d(x, kernel, (2, 1), padding=1, groups=groups, bias=bias)
        return ag.conv2d(ag.tanh(y), np.ones((1, 1, channels[1], 1)), bias=bias[:1], relu=True)

    assert ag.gradcheck(layer, [x, kernel, bias], order=2)
