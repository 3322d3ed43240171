"""Convolutional layers: shapes, weights, and what they refuse; values are compared with Keras'."""

import math

import numpy as np
import pytest

import autograd_lite as ag
from nn import layers

STEPS, IMAGE = (2, 9, 4), (2, 8, 9, 4)

# layer, input shape, output shape, parameters' shapes
TABLE = [
    (lambda: layers.Conv1D(6, 3), STEPS, (2, 7, 6), [(3, 4, 6), (6,)]),
    (lambda: layers.Conv1D(6, 3, 2, "SAME"), STEPS, (2, 5, 6), [(3, 4, 6), (6,)]),
    (lambda: layers.Conv1D(6, 3, padding="causal"), STEPS, (2, 9, 6), [(3, 4, 6), (6,)]),
    (lambda: layers.Conv1D(6, (3,), groups=2, use_bias=False), STEPS, (2, 7, 6), [(3, 2, 6)]),
    (lambda: layers.Conv1D(6, 3, dilation_rate=4), STEPS, (2, 1, 6), [(3, 4, 6), (6,)]),
    (lambda: layers.Conv2D(6, 3), IMAGE, (2, 6, 7, 6), [(3, 3, 4, 6), (6,)]),
    (lambda: layers.Conv2D(6, (1, 3), [2, 1]), IMAGE, (2, 4, 7, 6), [(1, 3, 4, 6), (6,)]),
    (lambda: layers.Conv2D(8, 3, 3, "same", groups=4), IMAGE, (2, 3, 3, 8), [(3, 3, 1, 8), (8,)]),
    (lambda: layers.DepthwiseConv1D(3), STEPS, (2, 7, 4), [(3, 4, 1), (4,)]),
    (
        lambda: layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2),
        IMAGE,
        (2, 8, 9, 8),
        [(3, 3, 4, 2), (8,)],
    ),
    (lambda: layers.SeparableConv1D(5, 2), STEPS, (2, 8, 5), [(2, 4, 1), (1, 4, 5), (5,)]),
    (
        lambda: layers.SeparableConv2D(5, 2, depth_multiplier=3, use_bias=False),
        IMAGE,
        (2, 7, 8, 5),
        [(2, 2, 4, 3), (1, 1, 12, 5)],
    ),
    (lambda: layers.Conv1DTranspose(5, 3), STEPS, (2, 11, 5), [(3, 5, 4), (5,)]),
    (lambda: layers.Conv1DTranspose(5, 3, 2, "same"), STEPS, (2, 18, 5), [(3, 5, 4), (5,)]),
    (lambda: layers.Conv2DTranspose(5, 2, 2), IMAGE, (2, 16, 18, 5), [(2, 2, 5, 4), (5,)]),
    (
        lambda: layers.Conv2DTranspose(5, 3, 2, "same", 1),
        IMAGE,
        (2, 16, 18, 5),
        [(3, 3, 5, 4), (5,)],
    ),
]


@pytest.mark.parametrize(("make", "shape", "out_shape", "parameters"), TABLE)
def test_shapes_parameters_and_gradients(make, shape, out_shape, parameters):
    layer = make()
    x = ag.Tensor(np.ones(shape, np.float32), requires_grad=True)
    y = layer(x)
    assert y.shape == out_shape and y.dtype == np.float32
    assert [p.shape for p in layer.parameters()] == parameters
    assert layer.output_shape == (None, *out_shape[1:])
    assert layer.count_params() == sum(map(math.prod, parameters))
    y.sum().backward()
    for tensor in (x, *layer.parameters()):
        assert tensor.grad.shape == tensor.shape


@pytest.mark.parametrize(("make", "shape", "out_shape", "parameters"), TABLE)
def test_integers_are_numbers_and_float64_stays(make, shape, out_shape, parameters):
    layer = make()
    x = np.arange(math.prod(shape)).reshape(shape) % 3
    y = layer(x)
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y.data, layer(x.astype(np.float32)).data)
    assert layer(x.astype(np.float64)).dtype == np.float64


@pytest.mark.parametrize(("make", "shape", "out_shape", "parameters"), TABLE)
def test_other_axes_are_refused(make, shape, out_shape, parameters):
    with pytest.raises(ag.errors.ShapeError, match="channels"):
        make()(np.ones((*shape, 2)))
    layer = make()
    layer(np.ones(shape))
    with pytest.raises(ag.errors.ShapeError):
        layer(np.ones((*shape[:-1], 3)))


def test_bias_and_activation_follow():
    layer = layers.Conv1D(2, 1, activation="relu", bias_initializer="ones")
    y = layer(np.zeros((1, 3, 2), np.float32))
    np.testing.assert_array_equal(y.data, np.ones((1, 3, 2)))


def test_kernels_start_by_their_fans():
    ag.set_seed(0)
    layer = layers.Conv2D(32, 3)
    layer(np.zeros((1, 5, 5, 16), np.float32))
    limit = math.sqrt(6 / (9 * 16 + 9 * 32))
    assert 0.95 * limit < np.abs(layer.kernel.data).max() <= limit


def test_settings_reach_each_weight():
    layer = layers.SeparableConv2D(
        2,
        2,
        depthwise_initializer="ones",
        pointwise_regularizer="l2",
        depthwise_constraint="non_neg",
        bias_regularizer="l1",
    )
    layer(np.ones((1, 3, 3, 2), np.float32))
    assert (layer.depthwise_kernel.data == 1).all()
    assert layer.depthwise_kernel.constraint is layer.depthwise_constraint
    assert layer.pointwise_kernel.regularizer is layer.pointwise_regularizer
    assert len(layer.losses) == 2


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: layers.Conv2D(0, 3), "Conv2D: bad `filters`"),
        (lambda: layers.Conv2D(2, (3, 3, 3)), "bad `kernel_size`"),
        (lambda: layers.Conv1D(2, 3, strides=0), "bad `strides`"),
        (lambda: layers.Conv1D(2, 3, padding="full"), "Conv1D: `padding`"),
        (lambda: layers.Conv2D(2, 3, padding="causal"), "Conv2D: `padding`"),
        (lambda: layers.Conv2D(2, 3, data_format="channels_first"), "(?s)channels_first.*moveaxis"),
        (lambda: layers.Conv1D(3, 3, groups=2), "filters do not make groups"),
        (lambda: layers.Conv1D(3, 3, groups=3)(np.ones((1, 5, 4))), "channels do not make groups"),
        (lambda: layers.Conv1D(3, 9)(np.ones((1, 5, 4))), "no room for a window"),
        (lambda: layers.Conv1D(3, 3, activation="rellu"), "Conv1D: `activation`"),
        (lambda: layers.DepthwiseConv2D(3, depth_multiplier=0), "bad `depth_multiplier`"),
    ],
)
def test_refusals(make, text):
    with pytest.raises(ValueError, match=text):
        make()


def test_padding_is_a_name():
    with pytest.raises(TypeError, match="no name"):
        layers.Conv1D(2, 3, padding=1)
