"""Attention: values, masks, dropout, kernels, and what it refuses."""

import numpy as np
import pytest

import autograd_lite as ag
import nn
from autograd_lite import kernels
from nn.layers import MultiHeadAttention


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize(
    ("settings", "out_shape", "count"),
    [
        ({}, (2, 5, 8), 8 * 6 * 3 + 6 * 3 + 6 * 8 + 8),
        ({"use_bias": False}, (2, 5, 8), 8 * 6 * 3 + 6 * 8),
        ({"value_dim": 4}, (2, 5, 8), 8 * 6 * 2 + 6 * 2 + 8 * 8 + 8 + 8 * 8 + 8),
        ({"output_shape": 4}, (2, 5, 4), 8 * 6 * 3 + 6 * 3 + 6 * 4 + 4),
        ({"output_shape": (2, 4)}, (2, 5, 2, 4), 8 * 6 * 3 + 6 * 3 + 6 * 8 + 8),
        ({"dropout": 0.5}, (2, 5, 8), 8 * 6 * 3 + 6 * 3 + 6 * 8 + 8),
    ],
)
@pytest.mark.parametrize("training", [False, True])
def test_shapes_and_gradients(settings, out_shape, count, training):
    layer = MultiHeadAttention(2, 3, **settings)
    x = ag.Tensor(drawn(2, 5, 8).astype(np.float32), requires_grad=True)
    out = layer(x, x, training=training)
    assert (out.shape, out.dtype, layer.count_params()) == (out_shape, np.float32, count)
    out.sum().backward()
    for tensor in (x, *layer.parameters()):
        assert tensor.grad.shape == tensor.shape
    names = [name for name, _ in layer.named_parameters()]
    assert names[0] == "query.kernel"
    assert names[-1].startswith("attention_output.")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("masked", [False, True])
def test_kernels_are_the_reference(dtype, masked):
    q, k = (drawn(3, 4, 37, 9, seed=s).astype(dtype) for s in (1, 2))
    mask = np.random.default_rng(3).random((37, 37)) < 0.6 if masked else None
    if masked:
        mask[5] = False

    def run():
        given = [ag.Tensor(a, requires_grad=True) for a in (q, k)]
        weights = ag.attention_weights(*given, mask=mask, scale=0.3)
        (weights * weights).sum().backward()
        return [weights, *(t.grad for t in given)]

    found = run()
    with kernels.reference():
        wanted = run()
    tolerance = 1e-5 if dtype == np.float32 else 1e-13
    for ours, theirs in zip(found, wanted, strict=True):
        assert ours.dtype == dtype
        np.testing.assert_allclose(ours.data, theirs.data, rtol=tolerance, atol=tolerance)


def test_a_query_that_sees_nothing_gives_zeros_and_takes_no_gradient():
    q, k, v = (ag.Tensor(drawn(3, 2, seed=s), requires_grad=True) for s in range(3))
    mask = np.array([[True, True, False], [False] * 3, [True] * 3])
    out = ag.dot_product_attention(q, k, v, mask)
    out.sum().backward()
    assert not out.data[1].any()
    assert not q.grad.data[1].any()
    assert np.isfinite(k.grad.data).all()


def test_scores_of_any_size_do_not_overflow():
    weights = ag.attention_weights(np.array([[1e200], [-1e200]]), np.array([[1e100], [-1e100]]))
    np.testing.assert_array_equal(weights, np.eye(2))


def test_causal_outputs_do_not_see_what_follows():
    layer = MultiHeadAttention(2, 3)
    x = drawn(1, 6, 4)
    before = layer(x, x, use_causal_mask=True).data
    x[:, 4:] = 9.0
    after = layer(x, x, use_causal_mask=True).data
    np.testing.assert_array_equal(before[:, :4], after[:, :4])
    assert (before[:, 4:] != after[:, 4:]).all()


@pytest.mark.parametrize("shape", [(4, 5), (2, 4, 5), (1, 4, 5), (2, 3, 4, 5), (2, 1, 4, 5)])
def test_masks_of_every_shape(shape):
    layer = MultiHeadAttention(3, 2)
    mask = np.random.default_rng(0).random(shape) < 0.5
    query, value = drawn(2, 4, 6), drawn(2, 5, 6)
    _, scores = layer(query, value, attention_mask=mask, return_attention_scores=True)
    whole = mask[:, None] if mask.ndim == 3 else mask
    whole = np.broadcast_to(whole, scores.shape)
    assert not scores.data[~whole].any()
    np.testing.assert_allclose(scores.data.sum(-1), whole.any(-1), atol=1e-12)


def test_dropout_is_of_the_weights_in_training():
    layer = MultiHeadAttention(1, 2, dropout=0.5)
    x = drawn(1, 8, 4)
    plain, scores = layer(x, x, return_attention_scores=True)
    ag.set_seed(0)
    dropped, kept = layer(x, x, training=True, return_attention_scores=True)
    np.testing.assert_array_equal(scores.data, kept.data)
    assert (plain.data != dropped.data).any()


def test_in_a_model():
    class Attending(nn.Model):
        def __init__(self):
            super().__init__()
            self.attention = MultiHeadAttention(2, 4)
            self.score = nn.layers.Dense(1)

        def call(self, x, training=False):
            return self.score(self.attention(x, x, training=training)[:, 0])

    ag.set_seed(0)
    x = drawn(64, 4, 3).astype(np.float32)
    y = x.mean(axis=1)[:, :1]
    model = Attending()
    model.compile(optimizer=nn.optimizers.Adam(learning_rate=0.01), loss="mse")
    losses = model.fit(x, y, epochs=30, verbose=0).history["loss"]
    assert losses[-1] < losses[0] / 10


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: MultiHeadAttention(0, 4), ValueError, "bad `num_heads`"),
        (lambda: MultiHeadAttention(2, 0), ValueError, "bad `key_dim`"),
        (lambda: MultiHeadAttention(2, 4, value_dim=-1), ValueError, "bad `value_dim`"),
        (lambda: MultiHeadAttention(2, 4, dropout=1.0), ValueError, "bad `dropout`"),
        (lambda: MultiHeadAttention(2, 4, output_shape=0), ValueError, "bad `output_shape`"),
        (lambda: MultiHeadAttention(2, 4, heads=1), TypeError, r"unknown argument\n.*heads="),
        (lambda: MultiHeadAttention(2, 4)(np.zeros((1, 2, 3))), TypeError, "self-attention"),
    ],
)
def test_bad_settings(make, error, text):
    with pytest.raises(error, match=text):
        make()


@pytest.mark.parametrize(
    ("shapes", "given", "text"),
    [
        ([(2, 4, 6), (2, 5, 7)], {}, r"value \(2, 5, 7\)"),
        ([(2, 4, 6), (3, 5, 6)], {}, r"value \(3, 5, 6\)"),
        ([(2, 4, 6), (2, 5, 6), (2, 4, 6)], {}, r"key \(2, 4, 6\)"),
        ([(2, 4, 6), (2, 5, 6)], {"attention_mask": np.ones((2, 5, 4))}, r"mask \(2, 5, 4\)"),
        ([(2, 4, 6), (2, 5, 6)], {"value_mask": np.ones((2, 4))}, r"mask \(2, 4\)"),
    ],
)
def test_misfits(shapes, given, text):
    layer = MultiHeadAttention(2, 3)
    layer(np.zeros((1, 2, 6)), np.zeros((1, 2, 6)))
    with pytest.raises(ag.errors.ShapeError, match=text):
        layer(*map(np.zeros, shapes), **given)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: ag.attention_weights(np.ones((2, 3)), np.ones((2, 4))), r"k \(2, 4\)"),
        (lambda: ag.attention_weights(np.ones(3), np.ones(3)), r"q \(3,\)"),
        (
            lambda: ag.attention_weights(np.ones((2, 3)), np.ones((4, 3)), mask=np.ones((3, 4))),
            r"got:      \(3, 4\)\n  expected: booleans that broadcast to \(2, 4\)",
        ),
        (
            lambda: ag.dot_product_attention(np.ones((2, 3)), np.ones((4, 3)), np.ones((5, 1))),
            r"v \(5, 1\)",
        ),
    ],
)
def test_ops_refuse(call, text):
    with pytest.raises(ag.errors.ShapeError, match=text):
        call()
