"""Layers that move, repeat, draw or prepare numbers; values are compared with Keras'."""

import math

import numpy as np
import pytest

import autograd_lite as ag
from nn import layers

IMAGE = (2, 4, 5, 3)

TABLE = [
    (lambda: layers.Identity(), (2, 3), (2, 3)),
    (lambda: layers.Reshape((3, 2)), (2, 6), (2, 3, 2)),
    (lambda: layers.Reshape([-1]), (2, 3, 4), (2, 12)),
    (lambda: layers.Reshape((2, -1)), (0, 6), (0, 2, 3)),
    (lambda: layers.Permute((3, 1, 2)), IMAGE, (2, 3, 4, 5)),
    (lambda: layers.RepeatVector(4), (2, 3), (2, 4, 3)),
    (lambda: layers.ZeroPadding1D(), (2, 3, 4), (2, 5, 4)),
    (lambda: layers.ZeroPadding1D([0, 2]), (2, 3, 4), (2, 5, 4)),
    (lambda: layers.ZeroPadding2D(), IMAGE, (2, 6, 7, 3)),
    (lambda: layers.ZeroPadding2D(((0, 1), 2)), IMAGE, (2, 5, 9, 3)),
    (lambda: layers.Cropping1D(), (2, 3, 4), (2, 1, 4)),
    (lambda: layers.Cropping2D(), IMAGE, IMAGE),
    (lambda: layers.Cropping2D((1, (0, 3))), IMAGE, (2, 2, 2, 3)),
    (lambda: layers.UpSampling1D(), (2, 3, 4), (2, 6, 4)),
    (lambda: layers.UpSampling2D((1, 3)), IMAGE, (2, 4, 15, 3)),
    (lambda: layers.UpSampling2D(interpolation="bilinear"), IMAGE, (2, 8, 10, 3)),
    (lambda: layers.ReLU(max_value=6.0), (2, 3), (2, 3)),
    (lambda: layers.ReLU(6.0, 0.1, 0.5), (2, 3), (2, 3)),
    (lambda: layers.LeakyReLU(), (2, 3), (2, 3)),
    (lambda: layers.PReLU(), (2, 3), (2, 3)),
    (lambda: layers.ELU(), (2, 3), (2, 3)),
    (lambda: layers.Softmax(1), (2, 3, 4), (2, 3, 4)),
    (lambda: layers.SpatialDropout1D(0.5), (2, 3, 4), (2, 3, 4)),
    (lambda: layers.SpatialDropout2D(0.5), IMAGE, IMAGE),
    (lambda: layers.GaussianNoise(0.5), (2, 3), (2, 3)),
    (lambda: layers.GaussianDropout(0.5), (2, 3), (2, 3)),
    (lambda: layers.AlphaDropout(0.5), (2, 3), (2, 3)),
    (lambda: layers.ActivityRegularization(0.1), (2, 3), (2, 3)),
    (lambda: layers.Rescaling(2.0), (2, 3), (2, 3)),
]


@pytest.mark.parametrize(("make", "shape", "out_shape"), TABLE)
@pytest.mark.parametrize("training", [False, True])
def test_shapes_and_gradients(make, shape, out_shape, training):
    layer = make()
    x = ag.Tensor(np.ones(shape, np.float32), requires_grad=True)
    y = layer(x, training=training)
    assert y.shape == out_shape and y.dtype == np.float32
    assert layer.output_shape == (None, *out_shape[1:])
    y.sum().backward()
    assert x.grad.shape == shape


NOISE = [
    lambda **seed: layers.Dropout(0.3, **seed),
    lambda **seed: layers.Dropout(0.3, (None, 1), **seed),
    lambda **seed: layers.GaussianNoise(0.3, **seed),
    lambda **seed: layers.GaussianDropout(0.3, **seed),
    lambda **seed: layers.AlphaDropout(0.3, **seed),
]


@pytest.mark.parametrize("make", NOISE)
def test_noise_is_of_training_and_repeats_with_a_seed(make):
    x = np.random.default_rng(0).standard_normal((40, 30))
    assert make()(x) is x
    first, second = make(seed=5), make(seed=5)
    y = first(x, training=True)
    np.testing.assert_array_equal(y, second(x, training=True))
    assert (y != first(x, training=True)).any()


@pytest.mark.parametrize("make", NOISE)
def test_noise_keeps_the_mean_and_alpha_dropout_the_variance(make):
    x = np.random.default_rng(0).standard_normal((400, 400))
    y = make(seed=1)(x, training=True)
    assert abs(y.mean() - x.mean()) < 0.01
    if isinstance(make(), layers.AlphaDropout):
        assert abs(y.var() - 1) < 0.02


def test_noise_shape_drops_together():
    y = layers.Dropout(0.5, (1, None), seed=0)(np.ones((6, 50)), training=True)
    assert (y == y[:1]).all() and set(np.unique(y)) == {0.0, 2.0}
    y = layers.SpatialDropout2D(0.5, seed=0)(np.ones((2, 3, 3, 50)), training=True)
    assert (y == y[:, :1, :1]).all() and (y[0, 0, 0] != y[1, 0, 0]).any()


def test_relu_bends_where_it_is_told():
    x = np.array([-1.0, 0.4, 0.5, 0.6, 2.0, 3.0, np.nan])
    y = layers.ReLU(2.0, 0.1, 0.5)(x)
    np.testing.assert_allclose(y, [-0.15, -0.01, 0, 0.6, 2, 2, np.nan], atol=1e-15)


def test_softmax_remembers_its_logits():
    x = ag.Tensor(np.zeros((2, 3)), requires_grad=True)
    assert layers.Softmax()(x).logits is x
    assert layers.Softmax(1)(x).logits is x


def test_prelu_learns_along_what_is_not_shared():
    layer = layers.PReLU(alpha_initializer="ones", shared_axes=[1, 2])
    layer(np.ones((2, 4, 5, 3)))
    assert layer.alpha.shape == (1, 1, 3) and (layer.alpha.data == 1).all()
    layer(np.ones((2, 6, 7, 3)))
    with pytest.raises(ag.errors.ShapeError, match="does not fit `alpha`"):
        layer(np.ones((2, 6, 7, 4)))


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint8, np.float32])
def test_embedding_takes_whole_numbers(dtype):
    layer = layers.Embedding(5, 3, mask_zero=True)
    x = np.array([[0, 4], [2, 2]], dtype)
    y = layer(x)
    np.testing.assert_array_equal(y.data, layer.embeddings.data[x.astype(int)])
    np.testing.assert_array_equal(layer.compute_mask(x), x != 0)
    y.sum().backward()
    np.testing.assert_array_equal(layer.embeddings.grad.data[:, 0], [1, 0, 2, 0, 1])
    assert np.abs(layer.embeddings.data).max() <= 0.05
    assert layers.Embedding(5, 3).compute_mask(x) is None


def test_embedding_regularizes_its_table():
    layer = layers.Embedding(5, 3, "ones", embeddings_regularizer="l2")
    layer(np.array([[1]]))
    assert math.isclose(float(layer.losses[0]), 0.15, rel_tol=1e-6)


@pytest.mark.parametrize("number", [-1, 5])
def test_embedding_refuses_numbers_without_a_row(number):
    with pytest.raises(IndexError, match=r"(?s)no row.*from 0 to 4"):
        layers.Embedding(5, 3)(np.array([[0, number]]))


def test_category_encoding_shapes():
    one_hot = layers.CategoryEncoding(4, "one_hot")
    for shape, out in [((3,), (3, 4)), ((3, 1), (3, 4)), ((3, 2), (3, 2, 4))]:
        assert one_hot(np.zeros(shape, int)).shape == out
    y = layers.CategoryEncoding(4, "count")(np.array([[1, 1, 3]]))
    np.testing.assert_array_equal(y, [[0, 2, 0, 1]])


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: layers.Reshape((0, 2)), "bad `target_shape`"),
        (lambda: layers.Reshape((-1, -1)), "at most one -1"),
        (lambda: layers.Reshape((4,))(np.ones((2, 3))), "as many entries"),
        (lambda: layers.Reshape((-1, 4))(np.ones((2, 6))), "as many entries"),
        (lambda: layers.Permute((0, 1)), "bad `dims`"),
        (lambda: layers.Permute((2, 1))(np.ones((2, 3))), "does not have these axes"),
        (lambda: layers.RepeatVector(0), "bad `n`"),
        (lambda: layers.RepeatVector(2)(np.ones((2, 3, 4))), r"\(batch, features\)"),
        (lambda: layers.ZeroPadding1D(-1), "bad `padding`"),
        (lambda: layers.ZeroPadding1D((1, 2, 3)), "bad `padding`"),
        (lambda: layers.ZeroPadding2D(((1, 2, 3), 1)), "bad `padding`"),
        (lambda: layers.ZeroPadding2D(data_format="channels_first"), "no such `data_format`"),
        (lambda: layers.Cropping1D(2)(np.ones((2, 4, 1))), "nothing would be left"),
        (lambda: layers.UpSampling1D(0), "bad `size`"),
        (lambda: layers.UpSampling2D(interpolation="cubic"), "`interpolation`"),
        (lambda: layers.UpSampling2D()(np.ones((2, 3))), "height, width, channels"),
        (lambda: layers.ReLU(negative_slope=-1), "bad `negative_slope`"),
        (lambda: layers.ELU(0.0), "bad `alpha`"),
        (lambda: layers.PReLU(shared_axes=[3])(np.ones((2, 3))), "no length to learn along"),
        (lambda: layers.SpatialDropout1D(1.0), "SpatialDropout1D: bad `rate`"),
        (lambda: layers.SpatialDropout1D(0.5)(np.ones((2, 3))), "channels"),
        (
            lambda: layers.Dropout(0.5, (1,))(np.ones((2, 3)), training=True),
            "`noise_shape` does not fit",
        ),
        (lambda: layers.GaussianNoise(-1), "bad `stddev`"),
        (lambda: layers.Embedding(0, 3), "bad `input_dim`"),
        (lambda: layers.CategoryEncoding(3, "two_hot"), "`output_mode`"),
        (lambda: layers.CategoryEncoding(3)(np.array([[3]])), "out of range"),
        (lambda: layers.Discretization([1.0, 0.0]), "numbers in order"),
    ],
)
def test_refusals(make, text):
    with pytest.raises(ValueError, match=text):
        make()
