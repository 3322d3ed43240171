"""Regularizers, what layers add to losses, and how both reach the loss that is trained on."""

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn import regularizers
from nn.layers import Activation, ActivityRegularization, Conv1D, Dense

X = np.arange(12, dtype=np.float32).reshape(4, 3) / 10
Y = np.ones((4, 2), np.float32)


def dense(**settings):
    return Dense(2, kernel_initializer="ones", use_bias=False, **settings)


def values(losses):
    return [round(float(loss), 5) for loss in losses]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("l1", 0.03),
        ("l2", 0.05),
        ("L1L2", 0.08),
        ("l1_l2", 0.08),
        ("l1l2", 0.08),
        (regularizers.L1, 0.03),
        (lambda w: ag.sum(w), -1.0),
    ],
)
def test_by_name_class_or_function(name, expected):
    w = ag.Tensor(np.array([1.0, -2.0]), requires_grad=True)
    assert float(regularizers.get(name)(w)) == pytest.approx(expected)


def test_none_is_none():
    assert regularizers.get(None) is None


@pytest.mark.parametrize(
    "make",
    [
        lambda: regularizers.L1L2(0.3, 0.2),
        lambda: regularizers.OrthogonalRegularizer(0.5),
        lambda: regularizers.OrthogonalRegularizer(0.5, "columns"),
    ],
)
def test_derivatives(make):
    x = np.random.default_rng(0).standard_normal((3, 4)) + 0.1
    ag.gradcheck(make(), [x], order=2)


def test_orthogonal_rows_cost_nothing():
    assert float(regularizers.OrthogonalRegularizer()(np.eye(3))) == 0.0
    assert float(regularizers.OrthogonalRegularizer()(np.zeros((2, 3)))) == 0.0
    assert float(regularizers.OrthogonalRegularizer()(np.ones((1, 3)))) == 0.0


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: regularizers.get("l3"), ValueError, "one of l1, l1_l2"),
        (lambda: regularizers.get(3), TypeError, "neither a name nor callable"),
        (lambda: regularizers.L1(-1.0), ValueError, "L1: bad `l1`"),
        (lambda: regularizers.L2(float("nan")), ValueError, "got:      nan"),
        (lambda: regularizers.OrthogonalRegularizer(mode="row"), ValueError, "'rows'"),
        (lambda: regularizers.OrthogonalRegularizer()(np.ones(3)), ValueError, "no matrix"),
        (lambda: Dense(2, kernel_regularizer="l3"), ValueError, "Dense: `kernel_regularizer`"),
        (lambda: Conv1D(2, 2, bias_regularizer="l3"), ValueError, "Conv1D: `bias_regularizer`"),
    ],
)
def test_refusals(make, error, text):
    with pytest.raises(error, match=text):
        make()


def test_losses_of_a_layer():
    layer = dense(kernel_regularizer="l1", activity_regularizer="l2")
    y = layer(X)
    activity = 0.01 * float((y.data**2).sum()) / 4
    assert values(layer.losses) == values([0.06, activity])
    layer(X)
    assert len(layer.losses) == 2


def test_frozen_weights_add_nothing():
    layer = dense(kernel_regularizer="l1")
    layer(X)
    layer.trainable = False
    assert layer.losses == []


def test_losses_of_a_model_are_those_of_its_last_call():
    shared = dense(activity_regularizer="l1")

    class Twice(nn.Model):
        def __init__(self):
            super().__init__()
            self.first, self.middle = shared, Dense(3)
            self.inner = nn.Sequential([ActivityRegularization(l2=0.1)])

        def call(self, x):
            return shared(self.middle(self.inner(shared(x)) @ np.ones((2, 3), np.float32)))

    model = Twice()
    for _ in range(2):
        model(X)
        assert len(model.losses) == 3
    assert model.inner.losses == []


def test_an_error_in_a_call_leaves_no_trace():
    class Fails(nn.Model):
        def call(self, x):
            raise KeyError

    with pytest.raises(KeyError):
        Fails()(X)
    layer = ActivityRegularization(l1=1.0)
    layer(X)
    assert len(layer.losses) == 1


def test_add_loss_reaches_the_gradient():
    class Penalized(nn.Layer):
        def call(self, x):
            self.add_loss(ag.sum(x) * 2.0)
            return x

    layer = Penalized()
    x = ag.Tensor(X, requires_grad=True)
    layer(x)
    layer.losses[0].backward()
    np.testing.assert_array_equal(x.grad.data, np.full(X.shape, 2.0))


def compiled(**settings):
    model = nn.Sequential([dense(**settings)])
    model.compile(nn.optimizers.SGD(learning_rate=0.1), "mse")
    return model


def test_training_adds_them_undivided_and_reports_them():
    plain, penalized = compiled(), compiled(kernel_regularizer=regularizers.L2(0.5))
    assert penalized.evaluate(X, Y, verbose=0) == pytest.approx(
        plain.evaluate(X, Y, verbose=0) + 0.5 * 6, rel=1e-6
    )
    for model in (plain, penalized):
        model.fit(X, Y, verbose=0)
    difference = plain.get_weights()[0] - penalized.get_weights()[0]
    np.testing.assert_allclose(difference, 0.1 * 0.5 * 2, rtol=1e-5)
    history = penalized.history.history["loss"]
    assert history[0] == pytest.approx(compiled().evaluate(X, Y, verbose=0) + 3.0, rel=1e-6)


def test_activity_is_of_each_batch():
    model = compiled(activity_regularizer="l2")
    plain = compiled().evaluate(X, Y, verbose=0)
    activity = 0.01 * float(((X @ np.ones((3, 2), np.float32)) ** 2).sum()) / 4
    assert model.evaluate(X, Y, verbose=0) == pytest.approx(plain + activity, rel=1e-6)
    assert model.evaluate(X, Y, batch_size=2, verbose=0) == pytest.approx(plain + activity)


def test_relu_is_not_fused_past_its_regularizer():
    layer = Dense(2, "relu", activity_regularizer="l1")
    y = layer(X)
    assert float(layer.losses[0]) == pytest.approx(0.01 * float(y.data.sum()) / 4)
    assert Activation("relu")(X).shape == X.shape
