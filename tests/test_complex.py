"""Complex arguments: values as NumPy's, gradients of real losses as ``dL/dx + i dL/dy``."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as ag

RNG = np.random.default_rng(0)
Z = RNG.uniform(-1.5, 1.5, (2, 3)) + 1j * RNG.uniform(0.2, 1.2, (2, 3))
Z.flags.writeable = False
W = np.array([1.3 - 0.4j, -0.7 + 0.9j, 0.2 + 1.1j])
X = np.array([0.7, -1.2, 0.4])

HOLOMORPHIC = [
    *(np.sin, np.cos, np.tan, np.arcsin, np.arccos, np.arctan),
    *(np.sinh, np.cosh, np.tanh, np.arcsinh, np.arccosh, np.arctanh),
    *(np.exp, np.exp2, np.expm1, np.log, np.log2, np.log10, np.log1p),
    *(np.sqrt, np.square, np.reciprocal, np.negative, np.positive, np.sinc),
]
OTHERS = [np.conjugate, np.real, np.imag, np.absolute, np.angle, np.sign, np.nan_to_num]
BINARY = [np.add, np.subtract, np.multiply, np.divide, np.power, np.float_power]


def name_of(f):
    return f.__name__


def by_differences(f, z, *, h=1e-4):
    """``dL/dx + i dL/dy`` of a real f, entry by entry, by five points."""
    gradient = np.zeros(z.shape, complex)
    directions = (1, 1j) if z.dtype.kind == "c" else (1,)
    for index in np.ndindex(z.shape):
        for direction in directions:
            step = np.zeros(z.shape, z.dtype)
            step[index] = h * direction
            near = f(z + step) - f(z - step)
            far = f(z + 2 * step) - f(z - 2 * step)
            gradient[index] += direction * (8 * near - far) / (12 * h)
    return gradient if z.dtype.kind == "c" else gradient.real


def check(f, *arguments):
    """Compare values with NumPy's, and first and second derivatives of a real loss."""
    out = f(*map(ag.Tensor, arguments))
    np.testing.assert_array_equal(out.data, f(*arguments))
    w = np.resize(W, out.shape)

    def loss(*a):
        return np.real(np.sum(w * f(*a)))

    for i, z in enumerate(arguments):
        v = np.resize(W if z.dtype.kind == "c" else X, z.shape)

        def at(y, i=i):
            return [*arguments[:i], y, *arguments[i + 1 :]]

        def slope(y, i=i, v=v, at=at):
            return np.real(np.sum(np.conjugate(v) * ag.grad(loss, argnums=i)(*at(y))))

        got = ag.grad(loss, argnums=i)(*arguments)
        assert got.dtype == z.dtype
        wanted = by_differences(lambda y, at=at: loss(*at(y)), z)
        np.testing.assert_allclose(got, wanted, rtol=1e-8, atol=1e-9)
        _, tangent = ag.jvp(lambda y, at=at: f(*at(y)), [z], [v])
        np.testing.assert_allclose(np.sum(w * tangent).real, slope(z), rtol=1e-12)
        got = ag.grad(slope)(z)
        np.testing.assert_allclose(got, by_differences(slope, z), rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("f", [*HOLOMORPHIC, *OTHERS], ids=name_of)
def test_one_complex_argument(f):
    check(f, Z)


@pytest.mark.parametrize("f", [np.arccosh, np.arctanh, np.sqrt, np.log, np.arcsin], ids=name_of)
def test_below_the_real_axis(f):
    check(f, np.conjugate(Z))


@pytest.mark.parametrize("f", BINARY, ids=name_of)
@pytest.mark.parametrize(
    "arguments", [(Z, W), (Z, X), (X, Z)], ids=["complex", "complex, real", "real, complex"]
)
def test_two_arguments(f, arguments):
    x, y = arguments
    check(f, np.abs(x) if f in (np.power, np.float_power) and x is X else x, y)


@pytest.mark.parametrize("f", [np.angle, np.real, np.imag, np.conjugate, np.real_if_close])
def test_a_real_argument_of_what_is_meant_for_complex_ones(f):
    check(f, X)


def test_where_takes_complex_sides():
    check(lambda z, w: np.where([True, False, True], z, w), Z, W)
    check(lambda z, x: np.where([True, False, True], z, x), Z, X)


def test_a_loss_that_is_no_holomorphic_function():
    check(lambda z: np.abs(z) ** 2 + np.angle(z) * np.real(z), Z)
    check(lambda z: np.hypot(np.real(z), np.imag(z)) - np.abs(z * z), Z)
    check(lambda z: np.sign(z * z) * np.conj(z), Z)


@pytest.mark.parametrize("f", [np.absolute, np.sign, np.angle, lambda z: np.angle(z, deg=True)])
def test_the_derivative_at_zero_is_zero(f):
    gradient = ag.grad(lambda z: np.real(np.sum(f(z) * (1 - 2j))))(np.zeros(2, complex))
    np.testing.assert_array_equal(gradient, np.zeros(2))


@pytest.mark.parametrize("f", [np.exp, np.arctan, np.absolute, np.imag, np.angle], ids=name_of)
def test_single_precision_stays(f):
    z = ag.Tensor(Z.astype("c8"), True)
    loss = np.real(np.sum(f(z)))
    loss.backward()
    assert loss.dtype == np.float32
    assert z.grad.dtype == np.complex64


def test_nan_to_num_drops_the_gradient_of_each_part_by_itself():
    z = np.array([complex(np.nan, 1), complex(2, np.inf), 3 - 1j])
    gradient = ag.grad(lambda z: np.real(np.sum((1 - 2j) * np.nan_to_num(z, posinf=9))))(z)
    np.testing.assert_array_equal(gradient, [2j, 1, 1 + 2j])


def test_the_steepest_ascent_is_the_direction_of_the_gradient():
    target = 2 - 1j
    gradient = ag.grad(lambda z: np.abs(z - target) ** 2)(np.complex128(0))
    np.testing.assert_allclose(gradient, -2 * target)


def test_real_if_close_is_real_if_all_parts_are():
    z = np.array([1 + 1e-15j, 2.0])
    gradient = ag.grad(lambda z: np.sum(np.real_if_close(z) ** 2))(z)
    np.testing.assert_array_equal(gradient, [2, 4])
    assert np.real_if_close(ag.Tensor(Z)).dtype == complex


@pytest.mark.parametrize(
    ("f", "z", "slope"),
    [
        (np.arccosh, 1e200 + 0j, 1e-200),
        (np.arcsinh, 1e200j + 1e200, (1 - 1j) / 2e200),
        (np.arctan, 1e-9 + 1j, 0.25 - 0.5e9j),
        (np.absolute, 3e200 + 4e200j, 0.6 - 0.8j),
    ],
)
def test_rules_do_not_overflow_or_cancel(f, z, slope):
    gradient = ag.grad(lambda z: np.real(f(z)))(np.complex128(z))
    np.testing.assert_allclose(np.conjugate(gradient), slope, rtol=1e-8)
