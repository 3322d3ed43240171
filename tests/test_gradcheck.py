"""The checker is checked: wrong rules must be caught, right ones must pass."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.testing import GradientCheckError

RNG = np.random.default_rng(2)
X = RNG.uniform(0.5, 2, (3, 4))


def op(*vjps, **settings):
    return ag.op(vjps=vjps, **settings)


def cube(rule):
    """x**3, differentiated by `rule`."""

    @op(rule)
    def cube(x):
        return x**3

    return cube


@op(lambda g, x: g * raw_mask(x))
def frozen_relu_squared(x):
    return np.maximum(x, 0) ** 2


def raw_mask(x):
    """2 max(x, 0) as a plain array: right once, frozen for the second derivative."""
    data = x.data if isinstance(x, ag.Tensor) else x
    return 2 * np.maximum(data, 0)


@op(lambda g, x: 3 * g * x**2)
def right(x):
    return x**3


WRONG = {
    "sign": (cube(lambda g, x: -3 * g * x**2), r"the sign is wrong"),
    "factor": (cube(lambda g, x: 6 * g * x**2), r"twice too large"),
    "half": (cube(lambda g, x: 1.5 * g * x**2), r"half too small"),
    "missing": (cube(lambda g, x: g * 0), r"missing"),
    "power": (cube(lambda g, x: 3 * g * x), r"expected: "),
    "ignores g": (cube(lambda g, x: 3 * x**2), r"expected: "),
    "one entry of many": (cube(lambda g, x: 3 * g * x**2 * bump(x)), r"index \(1, 2\)"),
}


def bump(x):
    factor = np.ones(x.shape)
    factor[1, 2] = 1.001
    return factor


def test_a_right_rule_passes():
    assert ag.gradcheck(right, [X], order=3)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_rule_is_caught_and_described(name):
    f, text = WRONG[name]
    weights = RNG.standard_normal(X.shape)
    with pytest.raises(GradientCheckError, match=rf"gradcheck of (.|\n)*argument 0(.|\n)*{text}"):
        ag.gradcheck(lambda x: f(x) * weights, [X])


def test_the_message_has_both_values_and_the_name():
    with pytest.raises(GradientCheckError) as caught:
        ag.gradcheck(cube(lambda g, x: -3 * g * x**2), [np.array([2.0])])
    assert "gradcheck of cube: wrong derivative by argument 0 (`x`) at index (0,)" in str(
        caught.value
    )
    assert "got:      -12" in str(caught.value)
    assert "expected: 12" in str(caught.value)


def test_a_rule_wrong_only_at_second_order_is_caught_there():
    f = frozen_relu_squared
    assert ag.gradcheck(f, [X])
    with pytest.raises(GradientCheckError, match="gradient of frozen_relu_squared"):
        ag.gradgradcheck(f, [X])


@pytest.mark.parametrize("wrong", [False, True])
def test_large_inputs_are_checked_along_directions_and_entries(wrong):
    x = RNG.standard_normal((100, 60))
    factor = np.ones(x.shape)
    if wrong:
        factor[np.abs(x).argmax() // 60, np.abs(x).argmax() % 60] = 1.01

    @op(lambda g, x: 2 * g * x * factor)
    def squared(x):
        return x**2

    if wrong:
        with pytest.raises(GradientCheckError):
            ag.gradcheck(squared, [x])
    else:
        assert ag.gradcheck(squared, [x], order=2)


def test_a_wrong_entry_shows_in_the_right_argument():
    @op(lambda g, y: g * y, lambda g, x: g * x * 2)
    def product(x, y):
        return x * y

    with pytest.raises(GradientCheckError, match=r"argument 1 \(`y`\)"):
        ag.gradcheck(product, [X, X + 1])


def test_integers_and_indices_are_passed_on():
    assert ag.gradcheck(lambda x, i: x[i], [X, np.array([0, 2, 2])])
    assert ag.gradcheck(lambda x, n: x**n, [X, 3])
    with pytest.raises(ValueError, match="no input is of a floating dtype"):
        ag.gradcheck(lambda i: i, [np.array([1])])


def test_float32_inputs_are_checked_in_float64():
    seen = []

    def f(x):
        seen.append(x.dtype)
        return np.sin(x)

    assert ag.gradcheck(f, [X.astype("f4")])
    assert set(seen) == {np.dtype("f8")}


def test_several_outputs_are_checked_together():
    assert ag.gradgradcheck(lambda x: {"a": np.sin(x), "b": [np.sum(x * x)]}, [X])


def test_a_derivative_that_is_nan_is_no_pass():
    with pytest.raises(GradientCheckError):
        ag.gradcheck(cube(lambda g, x: g * np.nan), [X])
