"""Layers of several inputs; values are compared with Keras'."""

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn import layers

A, B = np.ones((2, 3), np.float32), np.full((2, 3), 2.0, np.float32)


@pytest.mark.parametrize(
    ("make", "shapes", "out_shape"),
    [
        (layers.Add, [(2, 3), (2, 3), (2, 3)], (2, 3)),
        (layers.Add, [(2, 3, 4), (2, 1, 4)], (2, 3, 4)),
        (layers.Subtract, [(2, 3), (2, 3)], (2, 3)),
        (layers.Multiply, [(2, 3), (2, 1)], (2, 3)),
        (layers.Average, [(2, 3), (2, 3)], (2, 3)),
        (layers.Maximum, [(2, 3), (2, 3)], (2, 3)),
        (layers.Minimum, [(2, 3), (2, 3)], (2, 3)),
        (layers.Concatenate, [(2, 3), (2, 4), (2, 1)], (2, 8)),
        (lambda: layers.Concatenate(1), [(2, 3, 4), (2, 1, 4)], (2, 4, 4)),
        (lambda: layers.Dot(1), [(2, 3), (2, 3)], (2, 1)),
        (lambda: layers.Dot((-1, 1)), [(2, 5, 3), (2, 3)], (2, 5)),
        (lambda: layers.Dot((1, 2)), [(2, 3, 4, 5), (2, 6, 3)], (2, 4, 5, 6)),
    ],
)
def test_shapes_and_gradients(make, shapes, out_shape):
    layer = make()
    inputs = [ag.Tensor(np.ones(s, np.float32), requires_grad=True) for s in shapes]
    y = layer(inputs)
    assert y.shape == out_shape and y.dtype == np.float32
    assert layer.output_shape == (None, *out_shape[1:])
    y.sum().backward()
    assert [x.grad.shape for x in inputs] == shapes


def test_normalized_dot_is_the_cosine():
    x, y = np.array([[3.0, 4.0]]), np.array([[4.0, 3.0]])
    np.testing.assert_allclose(layers.Dot(1, normalize=True)([x, y]), [[24 / 25]])


@pytest.mark.parametrize(
    ("make", "inputs", "text"),
    [
        (layers.Add, A, "not several inputs"),
        (layers.Add, [A], "(?s)too few inputs.*at least 2"),
        (layers.Add, [A, np.ones((2, 4))], "shapes that broadcast"),
        (layers.Subtract, [A, B, A], "two inputs"),
        (layers.Concatenate, [A, np.ones((2, 3, 1))], "alike but for axis -1"),
        (lambda: layers.Concatenate(1), [np.ones((2, 3, 1)), np.ones((2, 3, 2))], "axis 1"),
        (lambda: layers.Dot(0), [A, B], "two inputs, as long"),
        (lambda: layers.Dot(1), [A, np.ones((2, 4))], "two inputs, as long"),
        (lambda: layers.Dot((1, 1, 1)), [A, B], "bad `axes`"),
    ],
)
def test_refusals(make, inputs, text):
    with pytest.raises(ValueError, match=text):
        make()(inputs)


def test_a_graph_of_branches_trains():
    ag.set_seed(0)
    image, words = nn.Input((6, 6, 2)), nn.Input((4,))
    x = layers.BatchNormalization()(layers.Conv2D(3, 3, kernel_regularizer="l2")(image))
    x = layers.GlobalAveragePooling2D()(layers.MaxPooling2D()(layers.ReLU()(x)))
    z = layers.GlobalMaxPooling1D()(layers.Conv1D(3, 2)(layers.Embedding(9, 5)(words)))
    both = [layers.Add()([x, z]), layers.Multiply()([x, z]), layers.Dot(1)([x, z])]
    model = nn.Model([image, words], layers.Dense(1)(layers.Concatenate()(both)))
    model.compile("adam", "mse")
    rng = np.random.default_rng(0)
    inputs = [rng.standard_normal((32, 6, 6, 2)), rng.integers(0, 9, (32, 4))]
    history = model.fit(inputs, np.ones((32, 1)), epochs=40, verbose=0).history["loss"]
    assert history[-1] < history[0] / 2
    assert model.layers[-2].output_shape == (None, 7)


@pytest.mark.parametrize("name", "add subtract multiply average maximum minimum".split())
def test_functions_are_the_layers(name):
    made = getattr(layers, name.capitalize())
    np.testing.assert_array_equal(getattr(layers, name)([A, B]), made()([A, B]))


def test_functions_take_the_settings_of_the_layers():
    x, y = nn.Input((2, 3)), nn.Input((2, 3))
    assert layers.concatenate([x, y], axis=1, name="both").shape == (None, 4, 3)
    assert layers.concatenate([A, B]).shape == (2, 6)
    np.testing.assert_allclose(layers.dot([A, B], axes=1, normalize=True), np.ones((2, 1)))
    assert layers.dot([x, y], axes=2).shape == (None, 2, 2)
