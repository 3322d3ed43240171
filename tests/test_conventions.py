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
