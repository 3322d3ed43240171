"""Fourier transforms of complex arrays: values, dtypes, gradients, errors."""

from __future__ import annotations

import numpy as np
import pytest
from complex_differences import check, normal

import autograd_lite as ag
from autograd_lite.errors import NoRuleError, ShapeError
from autograd_lite.ops import fft

TAKE_COMPLEX = (
    "fft",
    "ifft",
    "irfft",
    "hfft",
    "fftn",
    "ifftn",
    "irfftn",
    "fft2",
    "ifft2",
    "irfft2",
)
TAKE_REAL = ("rfft", "ihfft", "rfftn", "rfft2")
ALL = (*TAKE_COMPLEX, *TAKE_REAL)
NORMS = (None, "backward", "ortho", "forward")


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def argument(rng, name, *shape):
    return normal(rng, *shape) if name in TAKE_COMPLEX else rng.standard_normal(shape)


@pytest.mark.parametrize("name", ALL)
def test_gradients_of_a_real_loss(name, rng):
    check(getattr(np.fft, name), argument(rng, name, 3, 4))


@pytest.mark.parametrize("name", ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"])
@pytest.mark.parametrize("n", [2, 3, 5, 6, 9])
def test_gradients_when_cut_off_or_padded(name, n, rng):
    x = argument(rng, name, 5)
    for norm in NORMS:
        check(lambda x, norm=norm: getattr(fft, name)(x, n, norm=norm), x)


def test_gradient_by_the_real_argument_of_a_complex_function(rng):
    check(np.fft.fft, rng.standard_normal(5))
    check(np.fft.irfft, rng.standard_normal(4))


@pytest.mark.parametrize("name", ["fft", "ifft", "fftn", "ifftn"])
def test_the_transpose_of_a_transform_is_the_transform(name, rng):
    f = getattr(fft, name)
    x, g = normal(rng, 3, 4), normal(rng, 3, 4)
    np.testing.assert_allclose(np.sum(g * f(x)), np.sum(f(g) * x))


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("shape", [(3, 4), (4, 5), (3, 2)])
def test_pullback_is_the_adjoint(name, shape, rng):
    f = getattr(fft, name)
    x = argument(rng, name, *shape)
    out, pullback = ag.vjp(f, x)
    v = normal(rng, *out.shape) if out.dtype.kind == "c" else rng.standard_normal(out.shape)
    np.testing.assert_allclose(np.vdot(v, out).real, np.vdot(pullback(v)[0], x).real)
    np.testing.assert_allclose(ag.jvp(f, (x,), (x,))[1], out)


@pytest.mark.parametrize("name", ALL)
def test_values_and_dtypes_are_numpys(name, rng):
    for dtype in (np.float32, np.float64, np.complex64, np.complex128, np.int64):
        if name in TAKE_REAL and np.dtype(dtype).kind == "c":
            continue
        x = argument(rng, name, 3, 5).real.astype(dtype)
        want = getattr(np.fft, name)(x)
        np.testing.assert_array_equal(getattr(fft, name)(x), want, strict=True)
        traced = getattr(np.fft, name)(ag.Tensor(x))
        np.testing.assert_array_equal(traced.data, want, strict=True)


@pytest.mark.parametrize("name", ALL)
def test_float32_has_float32_gradients(name, rng):
    x = ag.Tensor(argument(rng, name, 4, 5).real.astype(np.float32), True)
    out = getattr(np.fft, name)(x)
    assert out.dtype in (np.complex64, np.float32)
    (abs(out) ** 2).sum().backward()
    assert x.grad.dtype == np.float32


def test_settings_by_position_and_name_through_numpy(rng):
    x = normal(rng, 4, 6)
    t = ag.Tensor(x)
    np.testing.assert_array_equal(np.fft.fft(t, 5, 0, "ortho").data, np.fft.fft(x, 5, 0, "ortho"))
    out = np.fft.irfftn(t, s=(3, 7), axes=(1, 0), norm="forward")
    np.testing.assert_array_equal(out.data, np.fft.irfftn(x, (3, 7), (1, 0), "forward"))
    np.testing.assert_array_equal(np.fft.fftshift(t, 0).data, np.fft.fftshift(x, 0))
    with pytest.raises(NoRuleError, match="out"):
        np.fft.fft(t, out=np.empty((4, 6), complex))


def test_there_and_back(rng):
    x = rng.standard_normal((3, 5))
    for there, back in ((fft.rfft, fft.irfft), (fft.ihfft, fft.hfft)):
        np.testing.assert_allclose(back(there(x), 5), x, atol=1e-15)
    np.testing.assert_allclose(fft.irfftn(fft.rfftn(x), x.shape), x, atol=1e-15)
    identity = ag.jacobian(lambda x: np.fft.irfft(np.fft.rfft(x), 5))(x[0])
    np.testing.assert_allclose(identity, np.eye(5), atol=1e-15)


def test_convolution_by_the_theorem_has_the_gradient_of_a_convolution(rng):
    x, kernel = rng.standard_normal(8), rng.standard_normal(3)

    def convolve(x, kernel):
        return np.fft.irfft(np.fft.rfft(x, 10) * np.fft.rfft(kernel, 10), 10)

    np.testing.assert_allclose(convolve(x, kernel), np.convolve(x, kernel))
    assert ag.gradgradcheck(convolve, [x, kernel])


def test_imaginary_parts_that_irfft_ignores_have_no_gradient(rng):
    for n, ignored in ((6, [0, 3]), (7, [0])):
        g = ag.grad(lambda z, n=n: np.sum(np.fft.irfft(z, n) ** 2))(normal(rng, 4))
        np.testing.assert_array_equal(np.flatnonzero(g.imag == 0), ignored)


def test_frequencies_are_numpys():
    np.testing.assert_array_equal(fft.fftfreq(5, 0.5), np.fft.fftfreq(5, 0.5))
    np.testing.assert_array_equal(fft.rfftfreq(5, 0.5), np.fft.rfftfreq(5, 0.5))


@pytest.mark.parametrize("name", ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"])
def test_no_points_raise(name):
    for call in (lambda x: getattr(fft, name)(x, 0), lambda x: getattr(fft, name)(x[:0], -1)):
        with pytest.raises(ShapeError, match=f"(?s){name}: no points.*n=-?[01]"):
            call(np.ones(3))
    with pytest.raises(ValueError, match="norm"):
        getattr(fft, name)(np.ones(3), norm="half")


@pytest.mark.parametrize("name", ["fftn", "ifftn", "rfftn", "irfftn"])
def test_lengths_must_fit_axes(name):
    with pytest.raises(ShapeError, match=rf"(?s){name}: `s` and `axes` differ.*s=\(2, 3\)"):
        getattr(fft, name)(np.ones((3, 3)), (2, 3), (0,))
