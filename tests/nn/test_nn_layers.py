"""Each layer: shapes, weights, values, gradients, and what it refuses."""

import math

import numpy as np
import pytest

import autograd_lite as ag
from nn import activations
from nn.layers import Activation, Dense, Dropout, Flatten, Input

# layer, input shape, output shape, parameter shapes
TABLE = [
    (lambda: Dense(4), (5, 3), (5, 4), [(3, 4), (4,)]),
    (lambda: Dense(4, use_bias=False), (5, 3), (5, 4), [(3, 4)]),
    (lambda: Dense(4, activation="relu"), (5, 2, 3), (5, 2, 4), [(3, 4), (4,)]),
    (lambda: Dense(4, activation="softmax", use_bias=False), (5, 2, 3), (5, 2, 4), [(3, 4)]),
    (lambda: Flatten(), (5, 2, 3), (5, 6), []),
    (lambda: Flatten(), (5,), (5, 1), []),
    (lambda: Flatten(), (0, 2, 3), (0, 6), []),
    (lambda: Activation("tanh"), (5, 3), (5, 3), []),
    (lambda: Activation(np.abs), (5, 3), (5, 3), []),
    (lambda: Dropout(0.5), (5, 3), (5, 3), []),
    (lambda: Input((3,)), (5, 3), (5, 3), []),
    (lambda: Input((None, 3)), (5, 2, 3), (5, 2, 3), []),
]


@pytest.mark.parametrize(("make", "shape", "out_shape", "parameters"), TABLE)
@pytest.mark.parametrize("training", [False, True])
def test_shapes_and_parameters(make, shape, out_shape, parameters, training):
    layer = make()
    x = np.ones(shape, np.float32)
    out = layer(x, training=training)
    assert out.shape == out_shape
    assert out.dtype == np.float32
    assert [p.shape for p in layer.parameters()] == parameters
    assert layer.output_shape == (None, *out_shape[1:])
    assert layer.count_params() == sum(math.prod(s) for s in parameters)


@pytest.mark.parametrize(("make", "shape", "out_shape", "parameters"), TABLE)
def test_gradients_reach_input_and_parameters(make, shape, out_shape, parameters):
    layer = make()
    x = ag.Tensor(np.ones(shape, np.float32), requires_grad=True)
    layer(x, training=True).sum().backward()
    for tensor in (x, *layer.parameters()):
        assert tensor.grad.shape == tensor.shape


@pytest.mark.parametrize("activation", [None, "linear", "relu", "tanh", activations.relu])
@pytest.mark.parametrize("use_bias", [True, False])
def test_dense_is_the_formula(activation, use_bias):
    ag.set_seed(0)
    layer = Dense(4, activation, use_bias, bias_initializer="normal")
    x = np.random.default_rng(0).standard_normal((6, 3)).astype(np.float32)
    out = layer(x)
    expected = x @ layer.kernel.data + (layer.bias.data if use_bias else 0)
    if activation == "tanh":
        expected = np.tanh(expected)
    elif activation in ("relu", activations.relu):
        expected = np.maximum(expected, 0)
    np.testing.assert_allclose(out.data, expected, rtol=1e-5, atol=1e-6)


def test_dense_starts_as_keras_does():
    ag.set_seed(0)
    layer = Dense(50)
    layer(np.zeros((1, 100), np.float32))
    limit = math.sqrt(6 / 150)
    assert 0.95 * limit < np.abs(layer.kernel.data).max() <= limit
    assert not layer.bias.data.any()


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, bool])
def test_dense_takes_integers_as_numbers(dtype):
    layer = Dense(2)
    x = np.array([[0, 1, 1]])
    out = layer(x.astype(dtype))
    assert out.dtype == np.float32
    np.testing.assert_array_equal(out.data, layer(x.astype(np.float32)).data)


def test_dropout_passes_through_outside_training():
    x = np.ones((3, 4))
    assert Dropout(0.5)(x) is x
    assert Dropout(0.0)(x, training=True) is x


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dropout_keeps_the_mean(dtype):
    ag.set_seed(0)
    out = Dropout(0.25)(np.ones((400, 400), dtype), training=True)
    assert out.dtype == dtype
    np.testing.assert_allclose(np.unique(out), [0, 4 / 3], rtol=1e-6)
    assert abs((out == 0).mean() - 0.25) < 0.005


def test_dropout_masks_the_gradient_alike():
    ag.set_seed(0)
    x = ag.Tensor(np.ones((20, 20), np.float32), requires_grad=True)
    out = Dropout(0.5)(x, training=True)
    out.sum().backward()
    np.testing.assert_array_equal(x.grad.data, out.data)


def test_dropout_draws_a_new_mask_each_time_and_the_same_from_a_seed():
    x, layer = np.ones((8, 8)), Dropout(0.5)
    ag.set_seed(0)
    first, second = layer(x, training=True), layer(x, training=True)
    ag.set_seed(0)
    np.testing.assert_array_equal(layer(x, training=True), first)
    assert (first != second).any()


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Dense(0), r"Dense: bad `units`\n  got:      0\n  expected: a positive integer"),
        (lambda: Dense(-3), "got:      -3"),
        (lambda: Dense(2.0), r"got:      2\.0"),
        (lambda: Dense(True), "got:      True"),
        (lambda: Dense("64"), "got:      '64'"),
        (lambda: Dense(4, "rellu"), r"(?s)Dense: `activation`.*did you mean 'relu'"),
        (lambda: Dense(4, kernel_initializer="glorot"), "(?s)one of constant, glorot_normal"),
        (lambda: Activation("sofmax"), "did you mean 'softmax'"),
        (lambda: Dropout(1.0), r"Dropout: bad `rate`(?s:.*)in \[0, 1\)"),
        (lambda: Dropout(-0.1), r"got:      -0\.1"),
        (lambda: Dropout(float("nan")), "got:      nan"),
        (lambda: Dropout("0.5"), r"got:      '0\.5'"),
        (lambda: Input((0,)), "Input: bad `shape`"),
    ],
)
def test_bad_settings(make, text):
    with pytest.raises(ValueError, match=text):
        make()


def test_wrong_type_of_activation():
    with pytest.raises(TypeError, match="neither a name nor callable"):
        Dense(4, activation=3)


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        ((5, 4), r"input \(5, 4\), kernel \(6, 2\)\n  expected: input \(batch, \.\.\., 6\)"),
        ((6,), r"input \(6,\)"),
        ((5, 2, 3), r"layers\.Flatten\(\) before it"),
    ],
)
def test_dense_refuses_what_it_was_not_built_for(shape, text):
    layer = Dense(2, name="hidden")
    layer(np.zeros((1, 6)))
    with pytest.raises(ag.errors.ShapeError, match=f"(?s)hidden: .*{text}"):
        layer(np.zeros(shape))


@pytest.mark.parametrize("shape", [(5,), (), (5, 0)])
def test_dense_needs_features(shape):
    with pytest.raises(ag.errors.ShapeError, match=r"reshape\(\(-1, 1\)\)"):
        Dense(2)(np.zeros(shape))


@pytest.mark.parametrize("shape", [(5, 4), (5,), (5, 3, 3)])
def test_input_refuses_other_shapes(shape):
    with pytest.raises(ag.errors.ShapeError, match=r"expected: \(None, 3\)"):
        Input((3,))(np.zeros(shape))
