"""Dropout: how much is dropped, what is kept for the backward pass, seeds, refusals."""

import numpy as np
import pytest

import autograd_lite as ag


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_the_share_of_zeros_is_the_rate(rate):
    ag.set_seed(0)
    y = ag.dropout(np.ones(200_000, np.float32), rate)
    assert y.dtype == np.float32
    assert abs(np.mean(y == 0) - rate) < 0.005
    np.testing.assert_allclose(y[y != 0], 1 / (1 - rate), rtol=1e-6)


def test_the_gradient_is_dropped_as_the_value_is():
    ag.set_seed(1)
    x = ag.tensor(np.ones(1000, np.float32), requires_grad=True)
    y = ag.dropout(x, 0.3)
    assert {np.asarray(a).dtype for a in y.node.saved if np.size(a) > 1} == {np.dtype(bool)}
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.data, y.data)


def test_the_seed_decides():
    draws = []
    for seed in (0, 0, 1):
        ag.set_seed(seed)
        draws.append(ag.dropout(np.ones(100), 0.5).tolist())
    assert draws[0] == draws[1] != draws[2]


def test_extreme_rates():
    x = np.ones(1000)
    assert ag.dropout(x, 0) is x
    assert ag.dropout(x, 1e-9, np.random.default_rng(0)).min() >= 0
    assert np.isfinite(ag.dropout(x, 1 - 1e-9)).all()


@pytest.mark.parametrize("rate", [-0.1, 1, np.nan])
def test_other_rates_are_refused(rate):
    with pytest.raises(ValueError, match="bad `rate`"):
        ag.dropout(np.ones(2), rate)
