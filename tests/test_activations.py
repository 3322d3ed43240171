"""Activations at their kinks, far out, and where they are refused."""

import numpy as np
import pytest

import autograd_lite as ag


def slope(function, *at):
    x = np.array(at, float)
    return ag.grad(lambda x: ag.sum(function(x)))(x).tolist()


KINKS = [
    (ag.relu6, (0.0, 6.0, 3.0), [0, 0, 1]),
    (ag.hard_tanh, (-1.0, 1.0, 0.0), [0, 0, 1]),
    (ag.hard_sigmoid, (-3.0, 3.0, 0.0), [0, 0, 1 / 6]),
    (ag.hard_silu, (-3.0, 3.0, 0.0), [0, 1, 0.5]),
    (ag.leaky_relu, (0.0, -0.0), [0.2, 0.2]),
    (ag.elu, (0.0, -0.0), [1, 1]),
    (lambda x: ag.elu(x, 0.5), (0.0, 1.0), [0.5, 1]),
    (lambda x: ag.elu(x, 2.0), (0.0, 1.0), [1, 1]),
    (ag.selu, (0.0,), [1.0507009873554805]),
    (ag.celu, (0.0,), [1]),
    (ag.soft_shrink, (-0.5, 0.5, 0.0), [0, 0, 0]),
    (ag.hard_shrink, (-0.5, 0.5, 0.0), [0, 0, 0]),
    (lambda x: ag.threshold(x, 1.0, 5.0), (1.0, 1.5), [0, 1]),
    (lambda x: ag.prelu(x, np.array([0.3, 0.3])), (0.0, 1.0), [0.3, 1]),
    (ag.softsign, (0.0,), [1]),
    (ag.sparse_plus, (-1.0, 1.0), [0, 1]),
    (ag.softplus, (0.0,), [0.5]),
]


@pytest.mark.parametrize(("function", "at", "expected"), KINKS)
def test_derivative_at_the_kink(function, at, expected):
    np.testing.assert_allclose(slope(function, *at), expected, rtol=1e-15)


def test_hard_shrink_is_zero_at_its_bounds():
    assert ag.hard_shrink(np.array([-0.5, 0.5])).tolist() == [0, 0]


def test_a_slope_has_no_gradient_where_x_is_positive():
    by_slope = ag.grad(lambda s: ag.sum(ag.prelu(np.array([-2.0, 0.0, 3.0]), s)))(np.ones(3))
    np.testing.assert_array_equal(by_slope, [-2, 0, 0])


SMOOTH = [
    *(ag.gelu, ag.silu, ag.mish, ag.softplus, ag.softsign, ag.log_sigmoid, ag.tanh_shrink),
    *(ag.elu, ag.selu, ag.celu, ag.squareplus, ag.sparse_plus, ag.hard_silu, ag.leaky_relu),
    *(ag.relu6, ag.hard_tanh, ag.hard_sigmoid, ag.soft_shrink, ag.hard_shrink),
    lambda x: ag.gelu(x, approximate=True),
]


@pytest.mark.parametrize("function", SMOOTH)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nothing_overflows_far_out(function, dtype):
    far = float(np.finfo(dtype).max) / 16
    x = np.array([-far, -1e4, 1e4, far], dtype)
    y, pull = ag.vjp(function, x)
    assert y.dtype == dtype
    assert np.isfinite(y).all()
    (g,) = pull(np.ones_like(y))
    assert np.isfinite(g).all()
    curved = ag.grad(lambda x: ag.sum(ag.grad(lambda x: ag.sum(function(x)))(x)))(x)
    assert np.isfinite(curved).all()


@pytest.mark.parametrize("function", SMOOTH)
def test_nan_passes(function):
    y = function(np.array([1.0, np.nan]))
    assert np.isnan(y).tolist() == [False, True]


def test_small_results_keep_their_digits():
    np.testing.assert_allclose(ag.softplus(np.array([-700.0])), np.exp(-700.0), rtol=1e-14)
    np.testing.assert_allclose(ag.squareplus(np.array([-1e6])), 1e-6, rtol=1e-6)
    np.testing.assert_allclose(ag.elu(np.array([-1e-20])), -1e-20)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: ag.elu(np.ones(2), 0), ValueError, "elu: bad `alpha`\n.*0"),
        (lambda: ag.celu(np.ones(2), -1), ValueError, "celu: bad `alpha`"),
        (lambda: ag.glu(np.ones((2, 3))), ag.errors.ShapeError, r"cannot be halved\n.*\(2, 3\)"),
    ],
)
def test_what_is_refused(call, error, text):
    with pytest.raises(error, match=text):
        call()
