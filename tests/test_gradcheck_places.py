"""Kinks, edges of the domain, noise and scales: what is no error must not be called one."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.testing import GradientCheckError

X = np.array([0.3, 0.7, 1.9])


@pytest.mark.parametrize(
    ("f", "inputs", "count"),
    [
        (np.abs, [np.array([0.0, 1.0, -2.0])], 1),
        (ag.relu, [np.array([0.0, 1.0, -2.0])], 1),
        (np.max, [np.array([1.0, 1.0, 0.0])], 2),
        (np.maximum, [np.array([1.0, 2.0]), np.array([1.0, 3.0])], 2),
        (lambda x: np.clip(x, 0, 1), [np.array([0.0, 1.0, 0.5])], 2),
        (np.sign, [np.array([0.0, 1.0])], 1),
    ],
    ids=["abs", "relu", "max", "maximum", "clip", "sign"],
)
def test_kinks_are_reported_and_pass_to_second_order(f, inputs, count):
    result = ag.gradcheck(f, inputs)
    assert result
    assert len(result.kinks) == count
    assert result.notes[0].startswith(("kink by argument 0", "jump by argument 0"))
    assert ag.gradcheck(f, inputs, order=2)
    with pytest.raises(GradientCheckError, match="kink"):
        ag.gradcheck(f, inputs, kinks="error")


def test_a_kink_is_told_with_both_slopes():
    result = ag.gradcheck(ag.relu, [np.array([1.0, 0.0])])
    (kink,) = result.kinks
    assert kink.index == (1,)
    assert (kink.ours, kink.sides) == (0, pytest.approx((0, 1)))
    note = "kink by argument 0 (`x`) at index (1,), of output (1,): left 0, right 1, ours 0"
    assert [n.replace("left -0", "left 0") for n in result.notes] == [note]


@pytest.mark.parametrize("distance", [1e-3, 1e-4, 1e-5, 1e-6])
def test_a_kink_nearby_is_none(distance):
    result = ag.gradcheck(ag.relu, [np.array([distance, -distance, 1.0])])
    assert result
    assert not result.kinks


def test_a_value_outside_of_the_slopes_is_an_error_at_a_kink():
    @ag.op(vjps=(lambda g, x: g * ((x > 0) * 1.0 + 2.0 * (x == 0)),))
    def relu(x):
        return np.maximum(x, 0)

    assert ag.gradcheck(relu, [np.array([1.0, -1.0])])
    with pytest.raises(GradientCheckError, match=r"at the kink(.|\n)*left -?0, right 1"):
        ag.gradcheck(relu, [np.array([1.0, 0.0])])


def test_a_wrong_derivative_beside_a_kink_is_an_error():
    @ag.op(vjps=(lambda g, x: g * (x > 1e-4) * 1.0,))
    def relu(x):
        return np.maximum(x, 0)

    with pytest.raises(GradientCheckError, match="expected: 1 ±"):
        ag.gradcheck(relu, [np.array([1.0, 1e-5])])


def test_nan_at_a_kink_is_an_error():
    with pytest.raises(GradientCheckError, match=r"at the kink(.|\n)*got:      nan"):
        ag.gradcheck(lambda x: np.sqrt(np.sum(x * x)), [np.zeros(2)])


def test_many_zeros_before_a_relu_pass_in_a_large_input():
    x = np.random.default_rng(0).standard_normal((80, 80))
    x[0, :3] = 0
    assert ag.gradcheck(ag.relu, [x]).kinks


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (np.sqrt, [0.0, 1.0]),
        (lambda x: np.sqrt(1 - x * x), [1.0, 0.5]),
        (np.log, [1e-8, 1.0, 1.0]),
        (lambda x: 1 / x, [1e-6, 1.0]),
        (lambda x: x**1.5, [0.0, 1.0]),
    ],
    ids=["sqrt at 0", "circle at 1", "log near 0", "pole near 0", "power at 0"],
)
def test_edges_of_the_domain_pass(f, x):
    assert ag.gradcheck(f, [np.array(x)])


def test_an_infinite_derivative_is_noted():
    result = ag.gradcheck(np.sqrt, [np.array([0.0, 1.0])])
    assert "at index (0,) is infinite" in result.notes[0]


def test_a_finite_rule_where_the_slope_is_infinite_is_an_error():
    @ag.op(vjps=(lambda g, x: g * 0.5 / np.sqrt(x + 1e-12),))
    def root(x):
        return np.sqrt(x)

    with pytest.raises(GradientCheckError, match="right inf"):
        ag.gradcheck(root, [np.array([0.0, 1.0])])


def test_a_point_outside_of_the_domain_is_named():
    with pytest.raises(GradientCheckError, match=r"not finite at the point itself: output \(1,\)"):
        ag.gradcheck(np.log, [np.array([1.0, 0.0])])


def test_a_function_that_raises_outside_of_its_domain_is_checked_on_one_side():
    def f(x):
        if np.min(x.data) < 0:
            raise ArithmeticError("negative")
        return x * x * x

    assert ag.gradcheck(f, [np.array([0.0, 1.0])])


def in_float32(x):
    return ag.exp(ag.astype(x, np.float32))


def test_float32_inside_widens_the_bar_and_is_no_error():
    assert ag.gradcheck(lambda x: ag.sum(in_float32(x)), [X])
    assert ag.gradcheck(in_float32, [X])


def test_a_wrong_rule_is_found_behind_float32():
    @ag.op(vjps=(lambda g, out: 1.05 * g * out,))
    def rough_exp(x):
        return np.exp(x)

    with pytest.raises(GradientCheckError, match=r"wrong derivative(.|\n)*ratio 1\.0(5|49)"):
        ag.gradcheck(lambda x: rough_exp(ag.astype(x, np.float32)), [X])


def bisected(tolerance, factor=1.0):
    """The square root by bisection, as a solver that stops at a tolerance."""

    @ag.op(vjps=(lambda g, x: factor * g * 0.5 / ag.sqrt(x),))
    def root(x):
        low, high = np.zeros_like(x), np.full_like(x, 4)
        while (high - low).max() > tolerance:
            middle = (low + high) / 2
            low, high = (np.where(middle**2 < x, *pair) for pair in ((middle, low), (high, middle)))
        return (low + high) / 2

    return root


def test_an_iterative_solver_is_checked_as_well_as_it_solves():
    assert ag.gradcheck(bisected(1e-6), [X])
    with pytest.raises(GradientCheckError, match=r"wrong derivative"):
        ag.gradcheck(bisected(1e-6, factor=2.0), [X])


def test_a_bar_too_wide_is_inconclusive_and_no_pass():
    @ag.op(vjps=(lambda g: g,))
    def noisy(x):
        return x + 1e-3 * np.sin(x * 1e15)

    with pytest.raises(GradientCheckError, match=r"(?s)cannot tell whether.*the noise of f"):
        ag.gradcheck(noisy, [X])


def test_a_tolerance_of_the_user_allows_what_is_known_to_be_rough():
    @ag.op(vjps=(lambda g, x: 3.003 * g * x**2,))
    def cube(x):
        return x**3

    assert not ag.gradcheck(cube, [X], raise_exception=False)
    assert ag.gradcheck(cube, [X], rtol=2e-3)
    assert ag.gradcheck(cube, [X], atol=2e-2)


def test_a_function_that_cancels_to_a_few_bits_is_not_called_wrong():
    x = np.linspace(-5.6, -4.5, 12)
    result = ag.gradcheck(lambda x: x * (1 + ag.tanh(0.8 * x + 0.036 * x**3)), [x])
    assert result


@pytest.mark.parametrize("scale", [1e-150, 1e-8, 1e8, 1e150])
def test_scales_do_not_matter(scale):
    assert ag.gradcheck(lambda x: np.tanh(x / scale), [X * scale], order=2)
    assert ag.gradcheck(lambda x: (x / scale) ** 2 * X, [X * scale], order=2)

    @ag.op(vjps=(lambda g, x: g * 2.01 * x,))
    def squared(x):
        return x**2

    with pytest.raises(GradientCheckError, match=r"ratio 1\.005"):
        ag.gradcheck(lambda x: squared(x / scale), [X * scale])


def test_arguments_of_different_scales_are_both_checked():
    @ag.op(vjps=(lambda g: g, lambda g, y: g * 2.02e-12 * y))
    def mixed(x, y):
        return x + 1e-12 * y**2

    with pytest.raises(GradientCheckError, match=r"argument 1 \(`y`\)"):
        ag.gradcheck(mixed, [np.array([1e-3]), np.array([1.0])])


def test_zeros_are_a_place_like_any_other():
    assert ag.gradcheck(np.cos, [np.zeros(2)], order=3)
    assert ag.gradcheck(lambda x: x**3, [np.zeros(2)], order=3)
