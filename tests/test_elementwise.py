"""Element-wise functions at special values, and how accurate their derivatives are."""

from __future__ import annotations

import itertools

import mpmath
import numpy as np
import pytest
from mpmath import mp

import autograd_lite as ag

inf, nan = np.inf, np.nan

UNARY = [
    *(np.sin, np.cos, np.tan, np.arcsin, np.arccos, np.arctan, np.sinh, np.cosh, np.tanh),
    *(np.arcsinh, np.arccosh, np.arctanh, np.exp, np.exp2, np.expm1, np.log, np.log2, np.log10),
    *(np.log1p, np.cbrt, np.reciprocal, np.sqrt, np.square, np.fabs, np.absolute, np.sign),
    *(np.positive, np.negative, np.deg2rad, np.rad2deg, np.degrees, np.radians, np.sinc),
    *(np.nan_to_num, np.floor, np.ceil, np.trunc, np.rint, np.fix, np.round, np.around, np.angle),
    *(np.real, np.imag, np.conjugate, np.real_if_close, np.modf, np.unwrap),
]
PLAIN = [
    *(np.spacing, np.signbit, np.isfinite, np.isinf, np.isnan, np.isposinf, np.isneginf),
    *(np.isreal, np.iscomplex),
]
BINARY = [
    *(np.add, np.subtract, np.multiply, np.divide, np.arctan2, np.hypot, np.logaddexp),
    *(np.logaddexp2, np.float_power, np.fmod, np.mod, np.floor_divide, np.copysign, np.fmax),
    *(np.fmin, np.maximum, np.minimum, np.heaviside, np.divmod, np.equal, np.less),
    *(np.greater_equal, np.logical_xor),
]
SPECIAL = [nan, inf, -inf, 0.0, -0.0, 5e-324, -1e-45, 1e-310, 0.5, -1.5, 2.5, 1e30, -1e300]
QUIET = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def assert_same_bits(ours, numpys):
    ours = ours if isinstance(ours, tuple) else (ours,)
    numpys = numpys if isinstance(numpys, tuple) else (numpys,)
    for one, other in zip(ours, numpys, strict=True):
        one = one.data if isinstance(one, ag.Tensor) else one
        np.testing.assert_array_equal(one, other, strict=np.ndim(other) > 0)
        np.testing.assert_array_equal(np.signbit(one), np.signbit(other))


@QUIET
@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("f", [*UNARY, *PLAIN], ids=lambda f: f.__name__)
def test_special_values_are_numpys(f, dtype):
    x = np.array(SPECIAL).astype(dtype)
    assert_same_bits(f(ag.Tensor(x, True)), f(x))


@QUIET
@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("f", BINARY, ids=lambda f: f.__name__)
def test_pairs_of_special_values_are_numpys(f, dtype):
    x, y = np.array([*itertools.product(SPECIAL, SPECIAL)]).T.astype(dtype)
    assert_same_bits(f(ag.Tensor(x, True), ag.Tensor(y, True)), f(x, y))


@QUIET
def test_special_values_with_an_integer_argument_are_numpys():
    x = np.array(SPECIAL)
    for i in (3, -3, 2000, -1074):
        assert_same_bits(np.ldexp(ag.Tensor(x), i), np.ldexp(x, i))
    finite = x[np.isfinite(x)]
    assert_same_bits(np.frexp(ag.Tensor(finite)), np.frexp(finite))
    assert_same_bits(np.nextafter(ag.Tensor(x), 1.0), np.nextafter(x, 1.0))


def test_newer_names_are_the_same_ops():
    for new, old in [("acos", "arccos"), ("atan2", "arctan2"), ("conj", "conjugate")]:
        assert getattr(ag, new) is getattr(ag, old)
    for name in ("asin", "acosh", "asinh", "atanh", "pow", "abs", "mod", "radians", "degrees"):
        f = getattr(np, name)
        x = ag.Tensor(np.array([1.5 if name == "acosh" else 0.5]), True)
        arguments = (x, 2.0) if f in (np.power, np.mod) else (x,)
        assert f(*arguments).requires_grad
        np.testing.assert_array_equal(f(*arguments).data, getattr(ag, name)(*arguments).data)


SMALL = [1e-8, 1e-4, 0.01, 0.1, 0.157, 0.1591, 0.1592, 0.161, 0.3, 0.499, 0.501, 0.9, 1.7, 3.2]


def derivative(f):
    return ag.grad(lambda x: ag.sum(f(x)))


NEAR_ONE = [0.0, 0.5, 0.999999999, -0.99999999999]


def sinc_slope(x):
    return (mp.cospi(x) - mp.sincpi(x)) / x if x else 0


# name, function, its exact derivative, where, within
SLOPES = [
    ("sinc", np.sinc, sinc_slope, [*SMALL, 0.0, -0.05, 7.3], 4e-15),
    ("arcsin", np.arcsin, lambda x: 1 / mp.sqrt(1 - x * x), NEAR_ONE, 8e-16),
    ("arccos", np.arccos, lambda x: -1 / mp.sqrt(1 - x * x), NEAR_ONE, 8e-16),
    ("arctan", np.arctan, lambda x: 1 / (1 + x * x), [*SMALL, 1e5, -1e150], 1e-15),
    ("arcsinh", np.arcsinh, lambda x: 1 / mp.sqrt(1 + x * x), [*SMALL, 1e5, -1e300], 8e-16),
    ("arccosh", np.arccosh, lambda x: 1 / mp.sqrt(x * x - 1), [1.000000001, 1.5, 1e300], 8e-16),
    ("arctanh", np.arctanh, lambda x: 1 / (1 - x * x), NEAR_ONE, 8e-16),
    ("tan", np.tan, lambda x: mp.sec(x) ** 2, [0.0, 1.0, 1.57, 2.0], 2e-15),
    ("log2", np.log2, lambda x: 1 / (x * mp.log(2)), [1e-307, 0.5, 1e300], 8e-16),
    ("log10", np.log10, lambda x: 1 / (x * mp.log(10)), [1e-307, 0.5, 1e300], 8e-16),
    ("expm1", np.expm1, mp.exp, [-700.0, -40.0, 1e-9, 700.0], 8e-16),
    ("exp2", np.exp2, lambda x: 2**x * mp.log(2), [-1000.0, 0.5, 1000.0], 8e-16),
    ("cbrt", np.cbrt, lambda x: 1 / (3 * mp.cbrt(x) ** 2), [1e-300, 0.5, 1e300], 8e-16),
    ("reciprocal", np.reciprocal, lambda x: -1 / x**2, [1e-150, 0.5, 1e150], 8e-16),
    (
        "logaddexp",
        lambda x: np.logaddexp(x, 0.125),
        lambda x: 1 / (1 + mp.exp(0.125 - x)),
        [-700.0, -30.0, 0.1, 30.0],
        8e-16,
    ),
    (
        "hypot",
        lambda x: np.hypot(x, 0.125),
        lambda x: x / mp.sqrt(x * x + 0.125**2),
        [1e-200, 1e-9, 4.0, 1e300],
        8e-16,
    ),
]


@pytest.mark.parametrize(
    ("f", "slope", "points", "bound"), [r[1:] for r in SLOPES], ids=[r[0] for r in SLOPES]
)
def test_slopes_are_accurate(f, slope, points, bound):
    with mpmath.workdps(60):
        wanted = [float(slope(mp.mpf(x))) for x in points]
    got = derivative(f)(np.array(points))
    np.testing.assert_allclose(got, wanted, rtol=bound, atol=0)


def test_sinc_has_derivatives_of_higher_order_on_both_sides_of_its_series():
    x = np.array([*SMALL, -0.05])
    f = derivative(np.sinc)
    for order, bound in ((2, 1e-13), (3, 1e-12), (4, 1e-10)):
        f = derivative(f)
        with mpmath.workdps(60):
            wanted = [float(mpmath.diff(mp.sincpi, mp.mpf(v), order)) for v in x]
        np.testing.assert_allclose(f(x), wanted, rtol=bound, atol=bound * np.pi**order)


NUMBERS = [0.5, 2, np.float32(1.5), np.array(1.5, "f4"), np.array([1, 2]), [1.0, 2.0]]


@QUIET
@pytest.mark.parametrize("f", [f for f in UNARY if f is not np.unwrap], ids=lambda f: f.__name__)
@pytest.mark.parametrize("x", NUMBERS, ids=repr)
def test_plain_numbers_and_arrays_give_what_numpy_gives(f, x):
    ours, numpys = getattr(ag, f.__name__)(x), f(x)
    assert type(ours) is type(numpys)
    assert_same_bits(ours, numpys)
    assert np.result_type(*np.atleast_1d(ours)) == np.result_type(*np.atleast_1d(numpys))
