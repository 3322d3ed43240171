"""Padding changes nothing: not the output, not the loss, no gradient and no metric."""

import gc

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn import layers
from nn.masking import MASKS, mask_of

IDS = np.array([[1, 2, 4], [3, 1, 2]])
RNG = np.random.default_rng(0)
X = RNG.standard_normal((2, 3, 2))
LABELS = np.array([[0, 1, 2], [2, 2, 1]])


@pytest.fixture(autouse=True)
def in_float64():
    before = ag.get_default_dtype()
    ag.set_default_dtype(np.float64)
    ag.set_seed(0)
    yield
    ag.set_default_dtype(before)


def padded(x, steps=2, value=0):
    widths = [(0, 0), (0, steps), *[(0, 0)] * (x.ndim - 2)]
    return np.pad(x, widths, constant_values=value)


class Block(nn.Layer):
    """What passes masks on through the layers it is made of."""

    def __init__(self):
        super().__init__()
        self.add, self.norm = layers.Add(), layers.LayerNormalization()
        self.attention = layers.MultiHeadAttention(2, 3)

    def call(self, x, training=False):
        return self.norm(self.add([x, self.attention(x, x, training=training)]))


class Tagger(nn.Model):
    """A subclass that knows nothing of masks."""

    def __init__(self):
        super().__init__()
        self.embedding = layers.Embedding(5, 4, mask_zero=True)
        self.block, self.head = Block(), layers.Dense(3, "softmax")

    def call(self, x, training=False):
        return self.head(self.block(self.embedding(x), training=training))


def sequential():
    return nn.Sequential(
        [
            layers.Embedding(5, 3, mask_zero=True),
            layers.SpatialDropout1D(0.0),
            layers.Bidirectional(layers.LSTM(2, return_sequences=True)),
            layers.TimeDistributed(layers.Dense(4, "tanh")),
            layers.BatchNormalization(),
            layers.Dense(3, "softmax"),
        ]
    )


def functional():
    x = nn.Input((None,), dtype="int64")
    h = layers.Embedding(5, 4, mask_zero=True)(x)
    seen = layers.Add()([layers.GRU(4, return_sequences=True)(h), h])
    both = layers.Concatenate()([seen, layers.Attention(use_scale=True)([seen, h])])
    inner = nn.Sequential([layers.Activation("tanh"), layers.UnitNormalization()])
    return nn.Model(x, layers.Dense(3, "softmax")(inner(both)))


@pytest.mark.parametrize("make", [sequential, functional, Tagger])
def test_sequences_to_sequences(make):
    model, loss_of = make(), nn.losses.SparseCategoricalCrossentropy()
    model(IDS)

    def run(x, y):
        for p in model.parameters():
            p.grad = None
        out = model(x, training=True)
        loss = loss_of(y, out)
        loss.backward()
        return out.data[:, :3], loss.data, *(p.grad.data for p in model.trainable_weights)

    for ours, theirs in zip(run(padded(IDS), padded(LABELS)), run(IDS, LABELS), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)
    model.compile("sgd", "sparse_categorical_crossentropy", ["accuracy"])
    long = model.evaluate(padded(IDS, 4), padded(LABELS, 4), verbose=0)
    np.testing.assert_allclose(long, model.evaluate(IDS, LABELS, verbose=0), rtol=1e-12)


@pytest.mark.parametrize(
    "last",
    [layers.SimpleRNN(2), layers.Bidirectional(layers.GRU(2)), layers.GlobalAveragePooling1D()],
)
def test_sequences_to_vectors(last):
    model = nn.Sequential([layers.Masking(-9.0), last, layers.Dense(1)])
    model(X)

    def run(x):
        x = ag.tensor(x, requires_grad=True)
        for p in model.parameters():
            p.grad = None
        out = model(x)
        nn.losses.MeanSquaredError()(np.ones((2, 1)), out).backward()
        return out.data, x.grad.data[:, :3], *(p.grad.data for p in model.parameters())

    for ours, theirs in zip(run(padded(X, value=-9.0)), run(X), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("make", [sequential, functional, Tagger])
def test_training_is_the_same(make):
    trained = []
    for x, y in ((IDS, LABELS), (padded(IDS), padded(LABELS))):
        ag.set_seed(1)
        model = make()
        model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
        history = model.fit(x, y, epochs=3, validation_data=(x, y), verbose=0).history
        trained.append((*history.values(), *model.get_weights()))
    for ours, theirs in zip(*trained, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


def test_an_explicit_mask_wins():
    gru, other = layers.GRU(2, return_sequences=True), np.array([[True, False, True]] * 2)
    h = layers.Masking()(X)
    out = gru(h, mask=other)
    np.testing.assert_array_equal(mask_of(out), other)
    np.testing.assert_array_equal(out.data, gru(X, mask=other).data)
    np.testing.assert_array_equal(mask_of(gru(h)), np.ones((2, 3), bool))
    attention = layers.MultiHeadAttention(1, 2)
    np.testing.assert_array_equal(
        attention(h, h, value_mask=other).data, attention(X, X, value_mask=other).data
    )
    np.testing.assert_array_equal(mask_of(attention(h, h, query_mask=other)), other)
    loss = nn.losses.MeanSquaredError(reduction="sum")
    assert float(loss(np.zeros((2, 3, 2)), out, mask=np.zeros((2, 3)))) == 0


def test_states_beside_a_mask():
    h, lstm = layers.Masking()(padded(X)), layers.LSTM(2)
    states = [np.ones((2, 2)), np.ones((2, 2))]
    ours, theirs = lstm(h, initial_state=states), lstm(X, initial_state=states)
    np.testing.assert_allclose(ours.data, theirs.data, rtol=1e-14)


def test_masks_of_models():
    model = nn.Sequential([layers.GRU(2, return_sequences=True), layers.Dense(1)])
    mask = np.array([[True, True, False]] * 2)
    out = model(X, mask=mask)
    np.testing.assert_array_equal(mask_of(out), mask)
    np.testing.assert_array_equal(out.data[:, :2], model(X[:, :2]).data)
    assert mask_of(model(X)) is None
    x = nn.Input((None, 2))
    graph = nn.Model(x, model(x))
    np.testing.assert_array_equal(mask_of(graph(X, mask=mask)), mask)
    # Inside another, and in another dtype.
    outer = nn.Sequential([layers.Masking(), model])
    assert mask_of(outer(padded(X))).sum() == 6
    assert mask_of(model(layers.Masking()(padded(X).astype(np.float32)))).sum() == 6


def test_a_model_may_say_what_its_mask_is():
    class Halved(nn.Model):
        def call(self, x, training=False):
            return x[:, ::2] * 1.0

        def compute_mask(self, x, mask=None):
            return None if mask is None else mask[:, ::2]

    out = Halved()(layers.Masking()(padded(X)))
    np.testing.assert_array_equal(mask_of(out), [[True, True, False]] * 2)


def test_a_mask_asked_for():
    x = nn.Input((None,), dtype="int64")
    embedding = layers.Embedding(5, 3, mask_zero=True)
    gru = layers.GRU(2)
    model = nn.Model(x, gru(embedding(x) * 2.0, mask=embedding.compute_mask(x)))
    np.testing.assert_allclose(model(padded(IDS)).data, model(IDS).data, rtol=1e-14)


def test_a_layer_that_passes_none_on_says_so():
    h = layers.Embedding(5, 3, mask_zero=True)(IDS)
    with pytest.warns(UserWarning, match="flatten: the input has a mask, and the output none"):
        out = layers.Flatten()(h)
    assert mask_of(out) is None

    class Own(nn.Layer):
        supports_masking = True

        def call(self, x):
            return x * 2

    np.testing.assert_array_equal(mask_of(Own()(h)), IDS != 0)


def test_a_layer_that_makes_masks():
    class Short(nn.Layer):
        """Steps after the second are padding, if the first feature says so."""

        def call(self, x, mask=None):
            self.seen = mask
            return x * 1.0

        def compute_mask(self, x, mask=None):
            return None if (x[:, 0, 0] > 5).all() else np.arange(x.shape[1]) < np.full((2, 1), 2)

    layer, big = Short(), X + 10
    assert mask_of(layer(big)) is None
    assert mask_of(layer(X)).tolist() == [[True, True, False]] * 2
    assert mask_of(layer(big)) is None
    layer(layers.Masking()(X))
    assert layer.seen.all()


def test_steps_of_steps():
    # Documents of sentences of words.
    words = np.array([[[1, 2, 0], [3, 0, 0], [0, 0, 0]]])
    gru = layers.GRU(2)
    model = nn.Sequential(
        [
            layers.Embedding(5, 3, mask_zero=True),
            layers.TimeDistributed(gru),
            layers.GlobalAveragePooling1D(),
        ]
    )
    out, rows = model(words).data, model.layers[0]
    one, two = gru(rows(np.array([[1, 2]]))).data, gru(rows(np.array([[3]]))).data
    np.testing.assert_allclose(out, (one + two) / 2, rtol=1e-12)


def test_rows_of_nothing_but_padding():
    h = layers.Masking()(np.concatenate([X, np.zeros((1, 3, 2))]))
    out = layers.GlobalAveragePooling1D()(h)
    assert out[2].tolist() == [0, 0]
    y, mean, count = np.zeros((3, 3, 1)), nn.metrics.MeanAbsoluteError(), nn.metrics.Precision()
    mean.update_state(y, layers.Dense(1, kernel_initializer="ones")(h))
    assert mean.count == 6
    count.update_state(y + 1, layers.Dense(1, "sigmoid", bias_initializer="ones")(h), np.ones(3))
    assert count.yes == 6


def test_padding_may_be_infinite():
    x = np.where(padded(X, value=np.inf) == np.inf, np.inf, padded(X))
    x = ag.tensor(x, requires_grad=True)
    h = layers.Masking(np.inf)(x)
    out = layers.GlobalAveragePooling1D()(h)
    out.sum().backward()
    np.testing.assert_allclose(out.data, X.mean(axis=1))
    assert np.isfinite(x.grad.data).all()


def test_weighted_steps():
    model = nn.Sequential([layers.Masking(), layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"], weighted_metrics=["mae"])
    x, y = padded(X), np.ones((2, 5, 1))
    w = np.zeros((2, 5))
    w[:, [1, 4]] = 3.0
    logs = model.evaluate(x, y, sample_weight=w, verbose=0, return_dict=True)
    errors = np.abs(model(X).data - 1)
    assert logs["mae"] == pytest.approx(errors.mean())
    assert logs["weighted_mae"] == pytest.approx(errors[:, 1].mean())
    assert logs["loss"] == pytest.approx(3 * np.square(errors[:, 1]).sum() / 6)
    with pytest.raises(ag.errors.ShapeError, match=r"got: .*\(2, 4\)\n  expected: .* \(2, 5\) for"):
        model.evaluate(x, y, sample_weight=w[:, :4], verbose=0)


def test_nothing_is_left_behind():
    gc.collect()
    assert not MASKS
    model = functional()
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(IDS, LABELS, epochs=2, validation_split=0.5, verbose=0)
    model.fit(((IDS, LABELS) for _ in range(2)), verbose=0)
    assert not MASKS
    out = model.predict(IDS, verbose=0)
    assert not MASKS and mask_of(out) is None
    out = model(IDS)
    assert len(MASKS) == 1
    del out
    assert not MASKS


def test_layers_without_masks_go_the_short_way(monkeypatch):
    chain = [layers.Dense(3), layers.Dropout(0.5), layers.LSTM(2), layers.Embedding(3, 2)]
    for layer in chain[:3]:
        layer(X)
    chain[3](IDS % 3)
    monkeypatch.setattr(nn.Layer, "_call_in_full", None)
    for layer in chain[:3]:
        layer(X)
    chain[3](IDS % 3)


def test_a_model_with_masks_is_saved(tmp_path):
    x = nn.Input((None, 2))
    h = layers.Masking(0.5)(x)
    out = layers.AdditiveAttention()([h, layers.Attention(score_mode="concat")([h, h])])
    model = nn.Model(x, layers.GlobalAveragePooling1D()(out))
    model.save(tmp_path / "model.safetensors")
    again = nn.load_model(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(again(X).data, model(X).data)
    np.testing.assert_allclose(again(padded(X, value=0.5)).data, again(X).data, rtol=1e-12)


def test_attention_layers():
    q, v = RNG.standard_normal((2, 3, 2)), RNG.standard_normal((2, 4, 5))
    k = RNG.standard_normal((2, 4, 2))
    layer = layers.Attention()
    out, weights = layer([q, v, k], return_attention_scores=True)
    assert out.shape == (2, 3, 5)
    np.testing.assert_allclose(weights.sum(axis=-1), 1)
    _, past = layer([q, v, k], return_attention_scores=True, use_causal_mask=True)
    assert (np.asarray(past)[:, 0] == [1, 0, 0, 0]).all()
    # Queries that are padding.
    asking = np.array([[True, False, True]] * 2)
    out = np.asarray(layer([q, v, k], mask=[asking, None]))
    assert (out.any(axis=-1) == asking).all()
    # A query left with nothing to attend to.
    for layer in (layers.Attention(), layers.AdditiveAttention()):
        out = layer([q, v, k], mask=[None, np.array([[False] * 4, [True] * 4])])
        assert not np.asarray(out.data if isinstance(out, ag.Tensor) else out)[0].any()
    layer = layers.Attention(dropout=0.5, seed=0)
    assert not np.allclose(layer([q, v, k], training=True), layer([q, v, k]))
    with pytest.raises(ag.errors.ShapeError, match="queries, values and keys that fit"):
        layers.Attention()([q, v])
    with pytest.raises(ag.errors.ShapeError, match=r"fix: .*query, value"):
        layers.Attention()(q)
    with pytest.raises(ValueError, match="score_mode"):
        layers.Attention(score_mode="cosine")
