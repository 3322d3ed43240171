"""Convolutions beyond the table of cases: SciPy's, tiles, third order, what is refused."""

import itertools

import numpy as np
import pytest
import scipy.signal

import autograd_lite as ag
from autograd_lite.kernels import convolution as kernels
from autograd_lite.kernels.windows import Windows


def entries(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def test_one_channel_is_scipys_correlation():
    x, kernel = entries(9, 8), entries(3, 2, seed=1)
    for padding, mode in (("valid", "valid"), ("same", "same")):
        out = ag.conv2d(x[None, :, :, None], kernel[:, :, None, None], padding=padding)
        expected = scipy.signal.correlate(x, kernel, mode)
        if mode == "same":  # SciPy's odd zero is before, ours behind, as Keras has it
            wide = scipy.signal.correlate(x, kernel, "full")
            expected = wide[1:10, 1:9]
        np.testing.assert_allclose(out[0, :, :, 0], expected, rtol=1e-12)
    line = ag.conv1d(x[:1, :, None], kernel[:, :1, None])
    np.testing.assert_allclose(line[0, :, 0], np.correlate(x[0], kernel[:, 0], "valid"))


@pytest.mark.parametrize("tile", [1, 40, 300, 2000])
@pytest.mark.parametrize(("channels", "groups"), [(2, 1), (9, 1), (6, 2), (3, 3)])
def test_tiles_do_not_show(monkeypatch, tile, channels, groups):
    windows = Windows((7, 6), (2, 3), (4, 6), (2, 1), (1, 1), (1, 1))
    x, kernel = entries(3, 7, 6, channels), entries(2, 3, channels // groups, 6, seed=1)
    g = entries(3, 4, 6, 6, seed=2)

    def run():
        return (
            kernels.conv(x, kernel, windows, groups),
            kernels.input_grad(g, kernel, windows, groups),
            kernels.kernel_grad(x, g, windows, groups),
        )

    whole = run()
    monkeypatch.setattr(kernels, "_TILE", tile)
    for one, other in zip(run(), whole, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-13, strict=True)


def test_padding_is_not_written_out_where_there_is_none():
    x = entries(2, 5, 4, 3)
    windows = Windows((5, 4), (2, 2), (4, 3), (1, 1), (0, 0), (1, 1))
    patches = kernels._patches(x, windows, 1)
    assert np.shares_memory(patches, x)


def test_the_three_maps_are_transposes_of_each_other():
    for strides, padding, groups in itertools.product((1, 2, 3), (0, 1, 2), (1, 2)):
        x, kernel = entries(2, 7, 4), entries(3, 4 // groups, 2, seed=1)
        y, pull = ag.vjp(lambda *a: ag.conv1d(*a, strides, padding, groups=groups), x, kernel)  # noqa: B023
        g = entries(*y.shape, seed=2)
        by_x, by_kernel = pull(g)
        whole = np.vdot(y, g)
        np.testing.assert_allclose([np.vdot(by_x, x), np.vdot(by_kernel, kernel)], whole)


def test_third_order():
    x, kernel = entries(1, 4, 1), entries(2, 1, 1, seed=1)

    def slope(x):
        return ag.sum(ag.grad(lambda x: ag.sum(ag.conv1d(x, kernel) ** 4))(x) ** 2)

    assert ag.gradcheck(lambda x: ag.grad(slope)(x), [x])


@pytest.mark.parametrize(
    ("strides", "padding", "lengths"),
    [(1, "valid", (6, 7)), (3, "valid", (12, 13)), (2, "same", (8, 8)), (3, "same", (12, 12))],
)
def test_lengths_of_transposes_are_keras(strides, padding, lengths):
    for k, length in zip((3, 4), lengths, strict=True):
        out = ag.conv_transpose1d(np.ones((1, 4, 2)), np.ones((k, 5, 2)), strides, padding)
        assert out.shape == (1, length, 5)


def test_a_transpose_is_the_gradient_of_its_convolution():
    x, kernel = entries(2, 8, 6, 3), entries(3, 3, 3, 4, seed=1)
    y, pull = ag.vjp(lambda x: ag.conv2d(x, kernel, 2, "same"), x)
    g = entries(*y.shape, seed=2)
    np.testing.assert_allclose(ag.conv_transpose2d(g, kernel, 2, "same"), pull(g)[0], rtol=1e-12)


@pytest.mark.parametrize("dtypes", [(np.float32, np.float32), (np.float32, np.float64)])
def test_dtypes_are_numpys(dtypes):
    x, kernel = entries(1, 5, 2).astype(dtypes[0]), entries(2, 2, 3).astype(dtypes[1])
    assert ag.conv1d(x, kernel).dtype == np.result_type(*dtypes)
    by_x, by_kernel = ag.grad(lambda *a: ag.sum(ag.conv1d(*a)), argnums=(0, 1))(x, kernel)
    assert (by_x.dtype, by_kernel.dtype) == dtypes


@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("settings", [{}, {"padding": "same", "strides": 2}, {"groups": 2}])
def test_bias_and_relu_are_as_if_done_apart(settings, relu):
    x, bias = entries(2, 6, 5, 4), entries(6, seed=2)
    kernel = entries(3, 2, 4 // settings.get("groups", 1), 6, seed=1)

    def apart(x, kernel, bias):
        y = ag.conv2d(x, kernel, **settings) + bias
        return ag.relu(y) if relu else y

    def together(x, kernel, bias):
        return ag.conv2d(x, kernel, **settings, bias=bias, relu=relu)

    y, pull = ag.vjp(together, x, kernel, bias)
    expected, pull_apart = ag.vjp(apart, x, kernel, bias)
    np.testing.assert_array_equal(y, expected)
    g = entries(*y.shape, seed=3)
    for one, other in zip(pull(g), pull_apart(g), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    assert ag.gradcheck(together, [x, kernel, bias], order=2)


def test_bias_and_relu_of_the_other_convolutions():
    x, bias = entries(2, 7, 3), entries(6, seed=2)
    for call, kernel in (
        (ag.conv1d, entries(3, 3, 6, seed=1)),
        (ag.depthwise_conv1d, entries(3, 3, 2, seed=1)),
    ):
        plain = call(x, kernel)
        np.testing.assert_array_equal(call(x, kernel, bias=bias), plain + bias)
        np.testing.assert_array_equal(call(x, kernel, relu=True), np.maximum(plain, 0))
    image, kernel = x[:, None], entries(1, 3, 3, 2, seed=1)
    plain = np.maximum(ag.depthwise_conv2d(image, kernel) + bias, 0)
    both = ag.depthwise_conv2d(image, kernel, bias=bias, relu=True)
    np.testing.assert_array_equal(both, plain)


def test_the_kink_of_relu_has_slope_zero():
    slope = ag.grad(lambda x: ag.sum(ag.conv1d(x, np.ones((1, 1, 1)), relu=True)))
    bias = np.zeros(1)
    fused = ag.grad(lambda x: ag.sum(ag.conv1d(x, np.ones((1, 1, 1)), bias=bias, relu=True)))
    x = np.array([-1.0, 0.0, 2.0]).reshape(1, 3, 1)
    for grad in (slope, fused):
        assert grad(x).ravel().tolist() == [0, 0, 1]


def test_nan_stays_in_its_windows():
    x = np.zeros((1, 6, 1))
    x[0, 2] = np.nan
    out = ag.conv1d(x, np.ones((2, 1, 1)))
    assert np.isnan(out).ravel().tolist() == [False, True, True, False, False]


X, K = np.ones((1, 5, 4)), np.ones((3, 4, 2))


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: ag.conv1d(X[0], K), ag.errors.ShapeError, r"x has 2 axes\n.*\(5, 4\)"),
        (lambda: ag.conv1d(X, K[:, :3]), ag.errors.ShapeError, r"does not fit\n.*\(3, 3, 2\)"),
        (lambda: ag.conv1d(X, K, bias=np.ones(3)), ag.errors.ShapeError, r"bias \(3,\)"),
        (lambda: ag.conv1d(X, K, groups=2), ag.errors.ShapeError, "groups 2"),
        (lambda: ag.conv1d(X, K[:, :2, :1], groups=2), ag.errors.ShapeError, "a multiple of"),
        (lambda: ag.conv1d(X, K, groups=0), ValueError, "bad `groups`"),
        (lambda: ag.conv1d(X, np.ones((6, 4, 2))), ag.errors.ShapeError, "no room for a window"),
        (lambda: ag.conv1d(X, K, strides=0), ValueError, r"bad `strides`\n.*0"),
        (lambda: ag.conv1d(X, K, strides=(1, 2)), ValueError, r"got: +\(1, 2\)"),
        (lambda: ag.conv1d(X, K, dilation_rate=1.5), ValueError, "bad `dilation_rate`"),
        (lambda: ag.conv1d(X, K, padding="some"), ValueError, "'valid', 'same', 'causal'"),
        (lambda: ag.conv1d(X, K, padding=-1), ValueError, "an int of at least 0"),
        (lambda: ag.conv1d(X, K, padding=[(1, 2, 3)]), ValueError, "bad `padding`"),
        (lambda: ag.conv2d(X[None], K[None], padding="causal"), ValueError, "'causal'\n"),
        (lambda: ag.conv_transpose1d(X, K), ag.errors.ShapeError, r"\(k, filters, channels\)"),
        (
            lambda: ag.conv_transpose1d(X, K.swapaxes(1, 2), padding=1),
            ValueError,
            "'valid' or 'same'",
        ),
        (
            lambda: ag.conv_transpose1d(X, K.swapaxes(1, 2), output_padding=-1),
            ValueError,
            "bad `output_padding`",
        ),
        (lambda: ag.depthwise_conv1d(X, K[:, :3]), ag.errors.ShapeError, "does not fit"),
        (lambda: ag.depthwise_conv2d(X[None], K), ag.errors.ShapeError, "does not fit"),
    ],
)
def test_what_is_refused(call, error, text):
    with pytest.raises(error, match=text):
        call()
