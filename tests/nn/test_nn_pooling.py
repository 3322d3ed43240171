"""Pooling layers: shapes, and what they refuse; values are compared with Keras'."""

import numpy as np
import pytest

import autograd_lite as ag
from nn import layers

STEPS, IMAGE = (2, 9, 4), (2, 8, 9, 4)

TABLE = [
    (lambda: layers.MaxPooling1D(), STEPS, (2, 4, 4)),
    (lambda: layers.MaxPool1D(3, 1, "same"), STEPS, (2, 9, 4)),
    (lambda: layers.AveragePooling1D((2,), padding="same"), STEPS, (2, 5, 4)),
    (lambda: layers.MaxPooling2D(), IMAGE, (2, 4, 4, 4)),
    (lambda: layers.AvgPool2D((2, 3), 1), IMAGE, (2, 7, 7, 4)),
    (lambda: layers.GlobalMaxPooling1D(), STEPS, (2, 4)),
    (lambda: layers.GlobalMaxPool2D(keepdims=True), IMAGE, (2, 1, 1, 4)),
    (lambda: layers.GlobalAveragePooling1D(keepdims=True), STEPS, (2, 1, 4)),
    (lambda: layers.GlobalAvgPool2D(), IMAGE, (2, 4)),
]


@pytest.mark.parametrize(("make", "shape", "out_shape"), TABLE)
def test_shapes_and_gradients(make, shape, out_shape):
    layer = make()
    x = ag.Tensor(np.ones(shape, np.float32), requires_grad=True)
    y = layer(x)
    assert y.shape == out_shape and y.dtype == np.float32 and not layer.parameters()
    assert layer.output_shape == (None, *out_shape[1:])
    y.sum().backward()
    assert x.grad.shape == shape
    assert layer(np.ones(shape, np.int64)).dtype == np.float32


@pytest.mark.parametrize(("make", "shape", "out_shape"), TABLE)
def test_other_axes_are_refused(make, shape, out_shape):
    with pytest.raises(ag.errors.ShapeError, match="channels"):
        make()(np.ones((*shape, 2)))


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: layers.MaxPooling1D(0), "bad `pool_size`"),
        (lambda: layers.MaxPooling2D((2, 2, 2)), "bad `pool_size`"),
        (lambda: layers.MaxPooling2D(strides=-1), "bad `strides`"),
        (lambda: layers.AveragePooling1D(padding="causal"), "AveragePooling1D: `padding`"),
        (lambda: layers.GlobalMaxPooling1D("channels_first"), "no such `data_format`"),
        (lambda: layers.MaxPooling1D(5)(np.ones((1, 3, 1))), "no room for a window"),
    ],
)
def test_refusals(make, text):
    with pytest.raises(ValueError, match=text):
        make()
