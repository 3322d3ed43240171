"""Pooling beyond the table of cases: ties, NaN, integers, what is refused."""

import numpy as np
import pytest

import autograd_lite as ag


def line(*values):
    return np.array(values, float).reshape(1, -1, 1)


def test_the_first_of_equal_extremes_gets_the_gradient():
    slope = ag.grad(lambda x: ag.sum(ag.max_pool1d(x, 3, 1)))
    np.testing.assert_array_equal(slope(line(2, 2, 2, 1)).ravel(), [1, 1, 0, 0])
    square = np.zeros((1, 2, 2, 1))
    slope = ag.grad(lambda x: ag.sum(ag.max_pool2d(x, 2)))
    np.testing.assert_array_equal(slope(square).ravel(), [1, 0, 0, 0])


def test_windows_that_share_an_extreme_add_up():
    slope = ag.grad(lambda x: ag.sum(ag.max_pool1d(x, 2, 1)))
    np.testing.assert_array_equal(slope(line(0, 5, 1)).ravel(), [0, 2, 0])


def test_nan_passes_and_gets_the_gradient():
    x = line(1, np.nan, 3, 4)
    np.testing.assert_array_equal(ag.max_pool1d(x, 2).ravel(), [np.nan, 4])
    np.testing.assert_array_equal(
        ag.grad(lambda x: ag.sum(ag.max_pool1d(x, 2)))(x).ravel(), [0, 1, 0, 1]
    )


def test_padding_never_counts():
    x = line(-1, -2, -3)
    np.testing.assert_array_equal(ag.max_pool1d(x, 2, 2, "same").ravel(), [-1, -3])
    np.testing.assert_array_equal(ag.average_pool1d(x, 2, 2, "same").ravel(), [-1.5, -3])
    np.testing.assert_array_equal(ag.average_pool1d(x, 2, 2, 1).ravel(), [-1, -2.5])
    low = line(-np.inf, -np.inf)
    slope = ag.grad(lambda x: ag.sum(ag.max_pool1d(x, 3, 1, "same")))(low)
    np.testing.assert_array_equal(slope.ravel(), [2, 0])


def test_integers_and_many_entries():
    x = np.arange(600).reshape(1, 600, 1)
    assert ag.max_pool1d(x, 2).dtype == x.dtype
    np.testing.assert_array_equal(ag.max_pool1d(-x, 2, padding="same").ravel(), -x[0, ::2, 0])
    slope = ag.grad(lambda x: ag.sum(ag.max_pool1d(x, 300)))(x.astype(float))
    assert np.flatnonzero(slope).tolist() == [299, 599]


X = np.ones((1, 4, 2))


@pytest.mark.parametrize("pool", [ag.max_pool1d, ag.average_pool1d])
@pytest.mark.parametrize(
    ("settings", "error", "text"),
    [
        ({"pool_size": 0}, ValueError, "bad `pool_size`"),
        ({"pool_size": (2, 2)}, ValueError, "bad `pool_size`"),
        ({"pool_size": 5}, ag.errors.ShapeError, "no room for a window"),
        ({"pool_size": 2, "strides": -1}, ValueError, "bad `strides`"),
        ({"pool_size": 2, "padding": 2}, ValueError, "in padding alone"),
        ({"pool_size": 2, "padding": [(0, 4)]}, ValueError, "in padding alone"),
        ({"pool_size": 2, "padding": "causal"}, ValueError, "'valid', 'same',"),
    ],
)
def test_what_is_refused(pool, settings, error, text):
    with pytest.raises(error, match=text):
        pool(X, **settings)
    with pytest.raises(ag.errors.ShapeError, match="x has 2 axes"):
        pool(X[0], 2)
