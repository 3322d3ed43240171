"""Derivatives at the exact point where there is a choice, and values that must pass through."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as ag

inf, nan = np.inf, np.nan

# name, function, arguments, derivative by each argument
TABLE = [
    ("abs at 0", np.abs, [0.0], [0]),
    ("relu at 0", ag.relu, [0.0], [0]),
    (
        "linear_relu at 0",
        lambda x: ag.linear_relu(x[None], np.ones((1, 1)), np.zeros(1))[0, 0],
        [np.zeros(1)],
        [[0]],
    ),
    ("sign", np.sign, [0.0], [0]),
    ("maximum, equal", np.maximum, [1.0, 1.0], [0.5, 0.5]),
    ("minimum, equal", np.minimum, [1.0, 1.0], [0.5, 0.5]),
    ("max, two of three", np.max, [np.array([2.0, 1.0, 2.0])], [[0.5, 0, 0.5]]),
    ("min, all", np.min, [np.array([1.0, 1.0])], [[0.5, 0.5]]),
    ("clip at the lower bound", lambda x: np.clip(x, 0, 1), [0.0], [0]),
    ("clip at the upper bound", lambda x: np.clip(x, 0, 1), [1.0], [0]),
    ("clip inside", lambda x: np.clip(x, 0, 1), [0.5], [1]),
    ("clip at a bound with gradient", lambda x, b: ag.clip(x, b, None), [1.0, 1.0], [0.5, 0.5]),
    ("sqrt at 0", np.sqrt, [0.0], [inf]),
    ("std of equal values", np.std, [np.array([3.0, 3.0])], [[0, 0]]),
    ("x**0 at 0", lambda x: x**0, [0.0], [0]),
    ("x**0.0 at 0, array", lambda x: x ** np.array(0.0), [0.0], [0]),
    ("x**1 at 0", lambda x: x**1, [0.0], [1]),
    ("x**2 at 0", lambda x: x**2, [0.0], [0]),
    ("0**y, y > 0", lambda x, y: x**y, [0.0, 2.0], [0, 0]),
    ("0**0", lambda x, y: x**y, [0.0, 0.0], [0, 0]),
    ("fabs at 0", np.fabs, [0.0], [0]),
    ("absolute of -0.0", np.abs, [-0.0], [0]),
    ("copysign at 0", np.copysign, [0.0, -1.0], [0, 0]),
    ("copysign to -0.0", np.copysign, [2.0, -0.0], [-1, 0]),
    ("copysign of a tiny number", np.copysign, [1e-200, 1.0], [1, 0]),
    ("fmax, equal", np.fmax, [1.0, 1.0], [0.5, 0.5]),
    ("fmin, equal", np.fmin, [1.0, 1.0], [0.5, 0.5]),
    ("fmax, first NaN", np.fmax, [nan, 1.0], [0, 1]),
    ("fmax, second NaN", np.fmax, [1.0, nan], [1, 0]),
    ("fmin, first NaN", np.fmin, [nan, 1.0], [0, 1]),
    ("fmin, second NaN", np.fmin, [1.0, nan], [1, 0]),
    ("fmax, both NaN", np.fmax, [nan, nan], [0, 0]),
    ("fmax of infinities", np.fmax, [-inf, inf], [0, 1]),
    ("fmin of infinities", np.fmin, [-inf, inf], [1, 0]),
    ("heaviside at 0", np.heaviside, [0.0, 0.5], [0, 1]),
    ("heaviside off 0", np.heaviside, [-2.0, 0.5], [0, 0]),
    *((f"{f.__name__} at 2", f, [2.0], [0]) for f in (np.floor, np.ceil, np.trunc, np.rint)),
    *((f"{f.__name__} at 0.5", f, [0.5], [0]) for f in (np.rint, np.round, np.fix)),
    ("remainder at a jump", np.remainder, [6.0, 3.0], [1, -2]),
    ("remainder below 0", np.remainder, [-7.0, 3.0], [1, 3]),
    ("remainder of an infinite divisor", np.remainder, [-7.0, inf], [1, 1]),
    ("fmod below 0", np.fmod, [-7.0, 3.0], [1, 2]),
    ("fmod next to a multiple", np.fmod, [float(np.nextafter(0.3, 0)), 0.1], [1, -2]),
    ("fmod of an infinite divisor", np.fmod, [7.0, inf], [1, 0]),
    ("floor_divide", np.floor_divide, [6.0, 3.0], [0, 0]),
    ("modf", lambda x: np.modf(x)[0], [2.0], [1]),
    ("divmod", lambda x, y: np.divmod(x, y)[1], [6.0, 3.0], [1, -2]),
    ("frexp", lambda x: np.frexp(x)[0], [4.0], [0.125]),
    ("hypot at the origin", np.hypot, [0.0, 0.0], [0, 0]),
    ("hypot beyond squares", np.hypot, [0.0, -4e200], [0, -1]),
    ("hypot below squares", np.hypot, [3e-200, 4e-200], [0.6, 0.8]),
    ("arctan2 at the origin", np.arctan2, [0.0, 0.0], [0, 0]),
    ("arctan2 beyond squares", np.arctan2, [0.0, -4e200], [-1 / 4e200, 0]),
    ("cbrt at 0", np.cbrt, [0.0], [inf]),
    ("arcsin at 1", np.arcsin, [1.0], [inf]),
    ("arccos at -1", np.arccos, [-1.0], [-inf]),
    ("arccosh at 1", np.arccosh, [1.0], [inf]),
    ("arctanh at 1", np.arctanh, [1.0], [inf]),
    ("arcsinh beyond squares", np.arcsinh, [1e200], [1e-200]),
    ("arccosh beyond squares", np.arccosh, [4e200], [2.5e-201]),
    ("arctan beyond squares", np.arctan, [1e200], [0]),
    ("sinc at 0", np.sinc, [0.0], [0]),
    ("logaddexp, far apart", np.logaddexp, [1000.0, -1000.0], [1, 0]),
    ("logaddexp, equal", np.logaddexp, [1e4, 1e4], [0.5, 0.5]),
    ("logaddexp, one -inf", np.logaddexp, [-inf, 1.0], [0, 1]),
    ("logaddexp, both -inf", np.logaddexp, [-inf, -inf], [0, 0]),
    ("logsumexp, all -inf", ag.logsumexp, [np.array([-inf, -inf])], [[0, 0]]),
    ("logaddexp2, both -inf", np.logaddexp2, [-inf, -inf], [0, 0]),
    ("logaddexp2, one inf", np.logaddexp2, [inf, 1.0], [1, 0]),
    ("nan_to_num", np.nan_to_num, [np.array([nan, inf, -inf, 2.0])], [[0, 0, 0, 1]]),
    ("where, side not taken", lambda x: np.where(x > 0, x * x, -x), [2.0], [4]),
]


@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.parametrize(
    ("f", "arguments", "wanted"), [r[1:] for r in TABLE], ids=[r[0] for r in TABLE]
)
def test_derivative_at_the_exact_point(f, arguments, wanted):
    got = ag.grad(lambda *a: ag.sum(f(*a)), argnums=tuple(range(len(arguments))))(*arguments)
    for one, other in zip(got, wanted, strict=True):
        np.testing.assert_array_equal(one, other)


SECOND = [
    ("x**2 at 0", lambda x: x**2, 0.0, 2),
    ("x**3 at 0", lambda x: x**3, 0.0, 0),
    ("x**1 at 0", lambda x: x**1, 0.0, 0),
    ("relu at 1", ag.relu, 1.0, 0),
    ("abs at 1", np.abs, 1.0, 0),
    ("square at 0", np.square, 0.0, 2),
    ("logaddexp of equal ones", lambda x: np.logaddexp(x, 3.0), 3.0, 0.25),
    ("floor", np.floor, 2.5, 0),
]


@pytest.mark.parametrize(("f", "x", "wanted"), [r[1:] for r in SECOND], ids=[r[0] for r in SECOND])
def test_second_derivative_at_the_exact_point(f, x, wanted):
    assert ag.grad(ag.grad(lambda x: ag.sum(f(x))))(x) == wanted


@pytest.mark.parametrize(
    "f",
    [
        ag.relu,
        np.exp,
        np.tanh,
        ag.sigmoid,
        np.abs,
        lambda x: np.maximum(x, 0),
        lambda x: np.clip(x, -1, 1),
        lambda x: x @ np.ones((3, 2), np.float32),
        lambda x: ag.linear_relu(x, np.ones((3, 2), np.float32), np.zeros(2, np.float32)),
    ],
)
def test_nan_passes_and_stays_in_its_row(f):
    x = np.ones((2, 3), np.float32)
    x[0, 1] = nan
    out = f(ag.Tensor(x)).data
    assert np.isnan(out[0]).any()
    assert np.isfinite(out[1]).all()


def test_softmax_and_losses_do_not_overflow():
    z = np.array([[1e4, -1e4, 0.0]])
    np.testing.assert_array_equal(ag.softmax(z), [[1, 0, 0]])
    assert ag.logsumexp(z) == 1e4
    loss, gradient = ag.value_and_grad(
        lambda z: ag.sum(ag.softmax_cross_entropy(z, np.array([1])))
    )(z)
    assert loss == 2e4
    np.testing.assert_array_equal(gradient, [[1, -1, 0]])
    assert ag.sigmoid_cross_entropy(-1e4, 1.0) == 1e4


def test_a_label_out_of_range_raises():
    for label in (-1, 3):
        with pytest.raises(IndexError):
            ag.softmax_cross_entropy(np.zeros((1, 3)), np.array([label]))


def test_a_bound_of_clip_has_one_name():
    for bounds in ({"a_min": 0, "min": 0}, {"a_max": 1, "max": 1}):
        with pytest.raises(ValueError, match="clip: a bound was given twice"):
            ag.clip(ag.Tensor(np.ones(2)), **bounds)
