"""Normalization layers, learned and of data; values are compared with Keras'."""

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn import layers

X = np.random.default_rng(0).standard_normal((6, 4)).astype(np.float32) * 3 + 1


@pytest.mark.parametrize(
    ("make", "shape", "parameters"),
    [
        (lambda: layers.BatchNormalization(), (5, 3), [(3,)] * 4),
        (lambda: layers.BatchNormalization(axis=1, scale=False), (5, 3, 2), [(3,)] * 3),
        (lambda: layers.LayerNormalization(), (5, 3), [(3,)] * 2),
        (lambda: layers.LayerNormalization(axis=[1, 2]), (5, 3, 2), [(3, 2)] * 2),
        (lambda: layers.LayerNormalization(center=False, scale=False), (5, 3), []),
        (lambda: layers.GroupNormalization(2), (5, 3, 4), [(4,)] * 2),
        (lambda: layers.RMSNormalization(), (5, 3), [(3,)]),
        (lambda: layers.UnitNormalization(), (5, 3), []),
    ],
)
def test_shapes_and_parameters(make, shape, parameters):
    layer = make()
    x = ag.Tensor(np.ones(shape, np.float32), requires_grad=True)
    y = layer(x, training=True)
    assert y.shape == shape and y.dtype == np.float32
    assert [p.shape for p in layer.parameters()] == parameters
    y.sum().backward()
    assert x.grad.shape == shape
    assert layer(np.ones(shape, np.int64)).dtype == np.float32


def test_batch_statistics_move_in_training_only():
    layer = layers.BatchNormalization(momentum=0.9)
    layer(X)
    assert not layer.moving_mean.data.any() and (layer.moving_variance.data == 1).all()
    y = layer(X, training=True)
    np.testing.assert_allclose(y.data.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(layer.moving_mean.data, 0.1 * X.mean(0), rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance.data, 0.9 + 0.1 * X.var(0), rtol=1e-5)
    moved = layer.get_weights()
    layer.trainable = False
    np.testing.assert_array_equal(layer(X, training=True).data, layer(X).data)
    for before, after in zip(moved, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


def test_moving_statistics_are_no_weights_to_train():
    layer = layers.BatchNormalization()
    layer(X)
    names = [name for name, p in layer.named_parameters() if p.trainable]
    assert names == ["gamma", "beta"]
    assert [name for name, _ in layer.named_parameters()] == [
        "gamma",
        "beta",
        "moving_mean",
        "moving_variance",
    ]


def test_a_network_with_it_trains_saves_and_loads(tmp_path):
    ag.set_seed(0)

    def model():
        made = nn.Sequential([layers.Dense(8), layers.BatchNormalization(), layers.Dense(1)])
        made.compile("adam", "mse")
        return made

    first, second = model(), model()
    y = X.sum(1, keepdims=True)
    history = first.fit(X, y, epochs=30, verbose=0).history["loss"]
    assert history[-1] < history[0]
    first.save_weights(tmp_path / "w.safetensors")
    second(X)
    second.load_weights(tmp_path / "w.safetensors")
    np.testing.assert_array_equal(first.predict(X, verbose=0), second.predict(X, verbose=0))


def test_instance_norm_by_minus_one():
    layer = layers.GroupNormalization(-1)
    y = layer(np.random.default_rng(0).standard_normal((2, 50, 3)))
    np.testing.assert_allclose(y.data.mean(1), 0, atol=1e-6)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: layers.BatchNormalization(momentum=1.5), "bad `momentum`"),
        (lambda: layers.LayerNormalization(epsilon=-1), "LayerNormalization: bad `epsilon`"),
        (lambda: layers.BatchNormalization(axis=0)(X), "no axis to normalize"),
        (lambda: layers.LayerNormalization(axis=2)(X), "no axis to normalize"),
        (lambda: layers.GroupNormalization(3)(X), "channels do not make groups"),
        (lambda: layers.GroupNormalization(0), "bad `groups`"),
        (lambda: layers.BatchNormalization(gamma_initializer="one"), "did you mean 'ones'"),
        (lambda: layers.Normalization(mean=1.0), "only one of"),
        (lambda: layers.Normalization(mean=[1.0, 2.0], variance=1.0)(X), "do not fit"),
        (lambda: layers.Normalization(mean=1.0, variance=1.0).adapt(X), "are given"),
        (lambda: layers.Normalization(axis=3)(X), "no such axis"),
    ],
)
def test_refusals(make, text):
    with pytest.raises(ValueError, match=text):
        make()


@pytest.mark.parametrize("make", [layers.BatchNormalization, layers.LayerNormalization])
def test_another_length_than_at_first(make):
    layer = make()
    layer(X)
    with pytest.raises(ag.errors.ShapeError):
        layer(np.ones((2, 5)))


@pytest.mark.parametrize("axis", [-1, 1, (1, 2), None])
def test_adapt_and_back(axis):
    data = np.random.default_rng(1).standard_normal((50, 3, 2)) * 5 + 2
    layer, back = layers.Normalization(axis=axis), layers.Normalization(axis=axis, invert=True)
    layer.adapt(data)
    back.adapt(data)
    y = layer(data)
    others = tuple(a for a in range(3) if a not in {a % 3 for a in layer.axis})
    np.testing.assert_allclose(y.mean(axis=others), 0, atol=1e-5)
    np.testing.assert_allclose(y.std(axis=others), 1, rtol=1e-5)
    np.testing.assert_allclose(back(y), data, rtol=1e-4, atol=1e-5)
    assert not any(p.requires_grad for p in layer.parameters())
    with pytest.raises(ag.errors.ShapeError):
        layers.Normalization(mean=np.zeros(3), variance=np.ones(3))(np.ones((2, 4)))
