"""Constraints, and when they are applied."""

import numpy as np
import pytest

import nn
from nn import constraints
from nn.layers import Conv2D, Dense

W = np.random.default_rng(0).standard_normal((5, 4)).astype(np.float32) * 2


def norms(w, axis=0):
    return np.sqrt((w.astype(np.float64) ** 2).sum(axis=axis))


def test_formulas():
    n = norms(W)
    np.testing.assert_allclose(norms(constraints.MaxNorm(2.5)(W)), np.minimum(n, 2.5), rtol=1e-5)
    np.testing.assert_allclose(norms(constraints.UnitNorm(axis=1)(W), 1), 1, rtol=1e-5)
    np.testing.assert_array_equal(constraints.NonNeg()(W), np.maximum(W, 0))
    halfway = constraints.MinMaxNorm(4.0, 5.0, rate=0.5)(W)
    np.testing.assert_allclose(norms(halfway), (np.clip(n, 4, 5) + n) / 2, rtol=1e-5)


@pytest.mark.parametrize("name", constraints.CONSTRAINTS)
def test_dtype_and_zeros(name):
    constraint = constraints.get(name)
    assert constraint(W).dtype == np.float32
    assert not constraint(np.zeros((3, 2), np.float32)).any()


@pytest.mark.parametrize("name", ["max_norm", "MaxNorm", constraints.MaxNorm])
def test_by_name_or_class(name):
    assert constraints.get(name).max_value == 2.0


def test_none_and_functions_pass():
    assert constraints.get(None) is None
    assert constraints.get(np.abs) is np.abs


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: constraints.get("maxnorm2"), "did you mean"),
        (lambda: constraints.MaxNorm(-1.0), "MaxNorm: bad `max_value`"),
        (lambda: constraints.MinMaxNorm(2.0, 1.0), "MinMaxNorm: bad `max_value`"),
        (lambda: Dense(2, kernel_constraint="nonneg2"), "Dense: `kernel_constraint`"),
    ],
)
def test_refusals(make, text):
    with pytest.raises(ValueError, match=text):
        make()


def test_fit_applies_them_after_each_step():
    x, y = np.ones((8, 5), np.float32), -np.ones((8, 3), np.float32)
    model = nn.Sequential([Dense(3, kernel_constraint="non_neg", bias_constraint="non_neg")])
    model.compile(nn.optimizers.SGD(learning_rate=0.5), "mse")
    seen = []

    class Look(nn.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(min(w.min() for w in model.get_weights()))

    model.fit(x, y, batch_size=2, verbose=0, callbacks=[Look()])
    assert len(seen) == 4 and min(seen) == 0.0


def test_train_on_batch_applies_them():
    model = nn.Sequential([Conv2D(2, 3, kernel_constraint=constraints.MaxNorm(0.1, (0, 1, 2)))])
    model.compile("sgd", "mse")
    model.train_on_batch(np.ones((2, 4, 4, 1)), np.ones((2, 2, 2, 2)))
    assert norms(model.get_weights()[0], (0, 1, 2)).max() <= 0.1 + 1e-6


def test_apply_in_a_loop_of_ones_own():
    layer = Dense(2, kernel_constraint="unit_norm")
    layer(np.ones((1, 3)))
    before = layer.bias.data.copy()
    constraints.apply(layer.parameters())
    np.testing.assert_allclose(norms(layer.kernel.data), 1, rtol=1e-5)
    np.testing.assert_array_equal(layer.bias.data, before)


@pytest.mark.parametrize("name", constraints.CONSTRAINTS)
def test_snake_names_are_the_classes(name):
    kind = getattr(constraints, name)
    assert isinstance(kind, type) and isinstance(constraints.get(name), kind)
