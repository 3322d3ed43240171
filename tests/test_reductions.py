"""Reductions, scans and order statistics where derivatives are special, and their errors."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import ops
from autograd_lite.errors import DTypeError, GradientError, NoRuleError, ShapeError

ZEROS = [[0.0, 2.0, 3.0], [0.0, 0.0, 3.0], [0.0, 0.0, 0.0], [1.5, 2.0, -3.0, 0.0, 4.0]]


def summed(f, **settings):
    """The sum of what f gives, each entry with a weight of its own."""

    def total(x):
        out = f(x, **settings)
        return ops.sum(ops.multiply(out, np.arange(1.0, 1 + out.size).reshape(out.shape)))

    return total


def hessian_of(f, x):
    return ag.jacobian(ag.grad(f))(x)


@pytest.mark.parametrize("x", ZEROS, ids=str)
def test_prod_is_exact_at_zeros(x):
    x = np.array(x)
    n = len(x)
    others = np.array([np.prod(np.delete(x, i)) for i in range(n)])
    pairs = np.array(
        [[np.prod(np.delete(x, [i, j])) * (i != j) for j in range(n)] for i in range(n)]
    )
    np.testing.assert_allclose(ag.grad(np.prod)(x), others, rtol=1e-15)
    np.testing.assert_allclose(hessian_of(np.prod, x), pairs, rtol=1e-15)


@pytest.mark.parametrize("x", ZEROS, ids=str)
@pytest.mark.parametrize("f", [np.cumprod, np.cumulative_prod, np.nancumprod])
def test_cumprod_is_exact_at_zeros(f, x):
    assert ag.gradgradcheck(f, [np.array(x)])


def test_third_derivative_of_a_product():
    third = ag.jacobian(lambda x: hessian_of(np.prod, x))(np.array([0.0, 0.0, 0.0, 2.0]))
    assert third[0, 1, 2] == 2.0


@pytest.mark.parametrize("f", [np.max, np.min, np.nanmax, np.nanmin])
def test_equal_extremes_share(f):
    np.testing.assert_array_equal(ag.grad(f)(np.array([2.0, 2.0, 2.0])), [1 / 3] * 3)


def test_initial_takes_part_in_ties():
    np.testing.assert_array_equal(
        ag.grad(lambda x: np.max(x, initial=3.0))(np.array([3.0, 1.0])), [0.5, 0]
    )
    np.testing.assert_array_equal(
        ag.grad(lambda x: np.max(x, initial=4.0))(np.array([3.0, 1.0])), [0, 0]
    )


def test_ptp_of_equal_values_has_gradient_zero():
    np.testing.assert_array_equal(ag.grad(np.ptp)(np.array([2.0, 2.0])), [0, 0])


def test_nan_takes_no_gradient():
    x = np.array([1.0, np.nan, 3.0])
    for f in (np.nansum, np.nanmean, np.nanmax, np.nanprod, np.nanstd, np.nanvar, np.nanmedian):
        assert ag.grad(f)(x)[1] == 0
    np.testing.assert_array_equal(ag.grad(np.nanmean)(x), [0.5, 0, 0.5])


def test_maximum_of_nan_warns_of_nothing():
    np.testing.assert_array_equal(ag.grad(np.max)(np.array([1.0, np.nan])), [0, 0])


@pytest.mark.parametrize("f", [np.nanmean, np.nanvar, np.nanstd, np.nanmax, np.nanmedian])
def test_nothing_but_nan(f):
    x = ag.Tensor(np.array([[np.nan, np.nan], [1.0, 2.0]]), True)
    with pytest.warns(RuntimeWarning):
        out = f(x, axis=1)
    out.backward(np.ones(2))
    assert np.isfinite(x.grad.data[1]).all()
    assert not (x.grad.data[0] > 0).any()


@pytest.mark.parametrize("f", [np.std, np.nanstd])
def test_std_of_equal_values_has_gradient_zero(f):
    np.testing.assert_array_equal(ag.grad(f)(np.array([2.0, 2.0])), [0, 0])


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.filterwarnings("ignore:Degrees of freedom")
@pytest.mark.parametrize("f", [np.var, np.std, np.nanvar])
def test_too_few_for_a_variance_give_nan(f):
    assert np.isnan(ag.grad(lambda x: f(x, ddof=1))(np.ones(1))).all()


@pytest.mark.filterwarnings("ignore:invalid value")
def test_mean_of_nothing_warns_as_numpy():
    with pytest.warns(RuntimeWarning, match="Mean of empty slice"):
        assert np.isnan(np.mean(ag.Tensor(np.ones(0))).item())


def test_running_extremes_give_ties_to_the_first():
    x = np.array([1.0, 3.0, 3.0, 2.0])
    np.testing.assert_array_equal(ag.grad(summed(ops.cummax))(x), [1, 9, 0, 0])
    np.testing.assert_array_equal(ag.grad(summed(ops.cummin))(-x), [1, 9, 0, 0])


def test_sorting_is_stable_for_gradients():
    x = np.array([2.0, 1.0, 2.0, 1.0])
    for kind in (None, "stable", "heapsort"):
        np.testing.assert_array_equal(ag.grad(summed(np.sort, kind=kind))(x), [3, 1, 4, 2])


def test_partition_gradient_follows_its_own_permutation():
    rng = np.random.default_rng(0)
    x = rng.permutation(50.0 + np.arange(50))
    gradient = ag.grad(summed(np.partition, kth=20))(x)
    order = np.argsort(np.partition(x, 20))
    np.testing.assert_array_equal(gradient[np.argsort(x)], order + 1)


def test_median_of_an_even_number_halves():
    np.testing.assert_array_equal(
        ag.grad(np.median)(np.array([4.0, 1.0, 2.0, 9.0])), [0.5, 0, 0.5, 0]
    )


def test_quantile_at_an_entry_has_the_slope_to_the_right():
    x = np.array([1.0, 2.0, 4.0])
    assert ag.grad(lambda q: np.quantile(x, q))(0.5) == 4.0
    assert ag.grad(lambda q: np.quantile(x, q))(0.0) == 2.0
    assert ag.grad(lambda q: np.quantile(x, q))(1.0) == 0.0
    assert ag.grad(lambda q: np.quantile(x, q, method="nearest"))(0.4) == 0.0


@pytest.mark.parametrize("method", ["lower", "higher", "nearest", "inverted_cdf"])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_gradient_goes_to_the_entry_that_was_taken(method, dtype):
    x = np.arange(11, dtype=dtype)
    for q in np.linspace(0, 1, 21).tolist():
        taken = np.quantile(x, q, method=method)
        gradient = ag.grad(lambda x, q=q: np.quantile(x, q, method=method))(x)
        np.testing.assert_array_equal(gradient, x == taken)


@pytest.mark.parametrize("name", ["percentile", "quantile", "nanpercentile", "nanquantile"])
@pytest.mark.parametrize("q", [1, 0.3, [0.3, 1.0], np.float32(0.7), np.array([0.2])], ids=repr)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, int])
def test_quantiles_are_numpys_to_the_bit(name, q, dtype):
    x = np.array([3.0, 1.0, 7.0, 4.0, 1.5]).astype(dtype)
    expected, out = getattr(np, name)(x, q), getattr(np, name)(ag.Tensor(x), q)
    np.testing.assert_array_equal(out.data, expected, strict=np.ndim(expected) > 0)
    assert out.dtype == expected.dtype


def test_median_of_many_half_floats():
    x = np.random.default_rng(0).permutation(np.linspace(-1, 1, 4001)).astype(np.float16)
    assert x[ag.grad(np.median)(x) > 0] == np.median(x)


@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value")
def test_median_of_nothing():
    assert ag.grad(np.median)(np.ones(0)).shape == (0,)


def test_interpolation_at_a_knot_has_the_slope_to_the_right():
    xp, fp = np.array([0.0, 1.0, 2.0]), np.array([0.0, 3.0, 5.0])
    slope = ag.grad(lambda x: ops.sum(np.interp(x, xp, fp)))
    np.testing.assert_array_equal(slope(np.array([-1.0, 0.0, 1.0, 2.0, 3.0])), [0, 3, 2, 0, 0])
    knots = ag.grad(lambda fp: ops.sum(np.interp(np.array([-1.0, 2.0, 3.0]), xp, fp, left=7.0)))
    np.testing.assert_array_equal(knots(fp), [0, 0, 2])
    right = ag.grad(lambda fp: np.interp(2.0, xp, fp, right=7.0))
    np.testing.assert_array_equal(right(fp), [0, 0, 1])


def test_interpolation_of_one_knot_and_of_nan():
    xp, fp = np.array([1.0]), np.array([5.0])
    points = np.array([0.0, 1.0, 2.0])
    np.testing.assert_array_equal(ag.grad(lambda f: ops.sum(np.interp(points, xp, f)))(fp), [3])
    with_nan = ag.grad(lambda x: ops.sum(np.interp(x, np.arange(3.0), np.arange(3.0))))
    np.testing.assert_array_equal(with_nan(np.array([0.5, np.nan])), [1, 0])


def test_lists_and_numbers_beside_a_tensor():
    t = np.array([1.0, 2.0, 4.0])
    np.testing.assert_array_equal(ag.grad(lambda f: np.interp(0.5, [0, 1, 2], f))(t), [0.5, 0.5, 0])
    np.testing.assert_array_equal(
        ag.grad(lambda p: np.interp(0.5, p - 1, [0, 4, 5]))(t), [-2, -2, 0]
    )
    np.testing.assert_array_equal(ag.grad(lambda x: np.interp(x, [0, 1], [0, 4]))(0.5), 4)
    for f in (np.convolve, np.correlate):
        ones = ag.grad(lambda x, f=f: ops.sum(f([1.0, 1.0], x, "full")))(t)
        np.testing.assert_array_equal(ones, [2, 2, 2])
    weighted = ag.grad(lambda x: np.average(x, weights=[1, 0, 3]))(t)
    np.testing.assert_array_equal(weighted, [0.25, 0, 0.75])
    np.testing.assert_array_equal(
        ag.grad(lambda x: np.sum(x, where=[True, False, True]))(t), [1, 0, 1]
    )
    np.testing.assert_array_equal(ag.grad(lambda x: np.trapezoid(x, [0, 1, 3]))(t), [0.5, 1.5, 1])
    np.testing.assert_array_equal(ag.grad(lambda x: np.polyval([1, 0, 2], x))(3.0), 6)


def test_perfect_correlation_has_gradient_zero():
    x = np.array([[1.0, 2.0], [3.0, 5.0]])
    gradient = ag.grad(lambda x: ops.sum(np.corrcoef(x)))(x)
    np.testing.assert_allclose(gradient, 0, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int32, bool])
@pytest.mark.parametrize(
    "name",
    [
        *("sum", "prod", "mean", "var", "std", "max", "min", "average", "median", "nansum"),
        *("nanmean", "nanmax", "cumsum", "cumprod", "cumulative_sum", "nancumsum", "diff", "sort"),
        *("ediff1d", "trapezoid", "vander", "cov"),
    ],
)
def test_dtypes_are_numpys(name, dtype):
    x, theirs = np.array([1, 0, 1, 1], dtype), getattr(np, name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            expected = theirs(x)
        except TypeError:
            return
        out = theirs(ag.Tensor(x))
        plain = getattr(ops, name)(x)
    assert type(plain) is type(expected)
    assert out.dtype == expected.dtype
    np.testing.assert_array_equal(out.data, expected)
    np.testing.assert_array_equal(plain, expected)


def test_dtype_setting_is_the_type_to_work_in():
    x = ag.Tensor(np.ones(3, np.float32), True)
    for f in (np.sum, np.prod, np.mean, np.var, np.cumsum, np.nansum):
        out = f(x, dtype=np.float64)
        assert out.dtype == np.float64
        out.backward(np.ones(out.shape))
        assert x.grad.dtype == np.float32


def test_where_may_be_a_tensor():
    x = ag.Tensor(np.array([1.0, 2.0, 4.0]), True)
    np.sum(x, where=x > 1.5).backward()
    np.testing.assert_array_equal(x.grad.data, [0, 1, 1])


def test_gradient_by_the_points():
    x = np.array([0.0, 1.0, 3.0, 4.5])
    assert ag.gradcheck(lambda x: np.gradient(np.exp(np.arange(4.0) / 4), x, edge_order=2), [x])


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda x: np.sum(x, initial=x[0]), GradientError, "`initial` has no derivative rule"),
        (lambda x: np.interp(0.5, x, x, left=x[0]), GradientError, "`left` has no derivative"),
        (lambda x: np.cov(x, fweights=x), GradientError, "`fweights` has no derivative rule"),
        (lambda x: np.interp(x, x, x, period=3.0), NoRuleError, "`period=`"),
        (lambda x: np.quantile(x, 0.5, weights=x), NoRuleError, "`weights=`"),
        (lambda x: np.var(x, mean=x[0]), NoRuleError, "`mean=`"),
        (lambda x: np.average(x, weights=np.ones(4)), ShapeError, "weights (4,), a (3,)"),
        (lambda x: np.average(x, weights=x - x), ZeroDivisionError, "add up to 0"),
        (lambda x: np.cov(x[:, None, None]), ShapeError, "more than two axes"),
        (lambda x: np.diff(x, n=-1), ValueError, "n >= 0, an axis"),
        (lambda x: np.diff(x[0]), ValueError, "n >= 0, an axis"),
        (lambda x: np.convolve(x, x, mode="most"), ValueError, "convolve: unknown `mode`"),
        (lambda x: np.correlate(x, x, mode=2), ValueError, "correlate: unknown `mode`"),
        (lambda x: np.ediff1d(x, to_end=1j), DTypeError, "`to_end` does not fit"),
        (lambda x: np.gradient(x, edge_order=3), ValueError, "bad `edge_order`"),
        (lambda x: np.gradient(x[:2], edge_order=2), ShapeError, "at least 3 along it"),
        (lambda x: np.gradient(x, x[:2]), ShapeError, "points (2,)"),
        (lambda x: np.gradient(x, 1.0, 2.0), TypeError, "spacings do not fit the axes"),
        (lambda x: np.cumulative_sum(x[:, None]), ShapeError, "`axis` is missing"),
        (
            lambda x: np.cumulative_prod(x[:, None]),
            ShapeError,
            "cumulative_prod: `axis` is missing",
        ),
    ],
)
def test_errors(call, error, text):
    with pytest.raises(error) as caught:
        call(ag.Tensor(np.array([1.0, 2.0, 4.0]), True))
    assert text in str(caught.value)
