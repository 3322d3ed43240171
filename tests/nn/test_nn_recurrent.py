"""Recurrent layers and wrappers: shapes, starts, masks, states, dropout, and what they refuse."""

import math

import numpy as np
import pytest

import autograd_lite as ag
import nn
from autograd_lite import kernels
from nn.layers import GRU, LSTM, Bidirectional, Dense, Dropout, Flatten, SimpleRNN, TimeDistributed

ALL = {"return_sequences": True, "return_state": True}
KINDS = [SimpleRNN, LSTM, GRU]
MASK = np.array([[False, True, False, True], [True, True, False, False]])

# layer, shapes of what comes out for (2, 4, 3), parameter shapes
TABLE = [
    (lambda: SimpleRNN(5), [(2, 5)], [(3, 5), (5, 5), (5,)]),
    (lambda: SimpleRNN(5, use_bias=False), [(2, 5)], [(3, 5), (5, 5)]),
    (lambda: LSTM(5), [(2, 5)], [(3, 20), (5, 20), (20,)]),
    (lambda: LSTM(5, **ALL), [(2, 4, 5), (2, 5), (2, 5)], [(3, 20), (5, 20), (20,)]),
    (lambda: GRU(5, **ALL), [(2, 4, 5), (2, 5)], [(3, 15), (5, 15), (2, 15)]),
    (lambda: GRU(5, reset_after=False), [(2, 5)], [(3, 15), (5, 15), (15,)]),
    (lambda: GRU(5, dropout=0.5, recurrent_dropout=0.5), [(2, 5)], [(3, 15), (5, 15), (2, 15)]),
    (lambda: LSTM(5, "relu", "relu"), [(2, 5)], [(3, 20), (5, 20), (20,)]),
    (lambda: Bidirectional(GRU(5)), [(2, 10)], [(3, 15), (5, 15), (2, 15)] * 2),
    (lambda: Bidirectional(SimpleRNN(5), None), [(2, 5)] * 2, [(3, 5), (5, 5), (5,)] * 2),
    (
        lambda: Bidirectional(LSTM(5, **ALL), "ave"),
        [(2, 4, 5), *[(2, 5)] * 4],
        [(3, 20), (5, 20), (20,)] * 2,
    ),
    (lambda: TimeDistributed(Dense(5)), [(2, 4, 5)], [(3, 5), (5,)]),
    (lambda: TimeDistributed(Dropout(0.5)), [(2, 4, 3)], []),
]


def listed(out):
    return list(out) if isinstance(out, tuple) else [out]


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize(("make", "out_shapes", "parameters"), TABLE)
@pytest.mark.parametrize("training", [False, True])
def test_shapes_and_gradients(make, out_shapes, parameters, training):
    layer = make()
    x = ag.Tensor(drawn(2, 4, 3).astype(np.float32), requires_grad=True)
    out = listed(layer(x, training=training))
    assert [o.shape for o in out] == out_shapes
    assert all(o.dtype == np.float32 for o in out)
    assert [p.shape for p in layer.parameters()] == parameters
    assert layer.count_params() == sum(map(math.prod, parameters))
    sum(o.sum() for o in out).backward()
    for tensor in (x, *layer.parameters()):
        assert tensor.grad.shape == tensor.shape
        assert tensor.grad.dtype == np.float32


def test_weights_start_as_keras_has_them():
    ag.set_seed(0)
    layer = LSTM(6)
    layer.build((None, None, 4))
    kernel, recurrent, bias = layer.get_weights()
    assert 0.9 * math.sqrt(6 / 28) < np.abs(kernel).max() <= math.sqrt(6 / 28)
    np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(6), atol=1e-6)
    np.testing.assert_array_equal(bias, [0] * 6 + [1] * 6 + [0] * 12)
    plain = LSTM(2, unit_forget_bias=False)
    plain.build((None, None, 4))
    assert not plain.bias.data.any()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mask", [None, MASK])
@pytest.mark.parametrize("reference", [False, True])
def test_one_op_is_the_steps(kind, mask, reference):
    fused, steps = kind(301, **ALL), kind(301, activation=lambda x: np.tanh(x), **ALL)
    x = drawn(2, 4, 3)
    for layer in (fused, steps):
        layer(x)
        for parameter, seed in zip(layer.parameters(), (1, 2, 3), strict=True):
            parameter.data = drawn(*parameter.shape, seed=seed) / 20

    def run(layer):
        given = ag.Tensor(x, requires_grad=True)
        out = layer(given, mask=mask)
        sum((o * o).sum() for o in out).backward()
        return [*out, given.grad, *(p.grad for p in layer.parameters())]

    if reference:
        with kernels.reference():
            found = run(fused)
    else:
        found = run(fused)
    for ours, theirs in zip(found, run(steps), strict=True):
        np.testing.assert_allclose(ours.data, theirs.data, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_masked_steps_have_no_influence(kind):
    layer = kind(3, return_sequences=True)
    x = drawn(2, 4, 3)
    other = np.where(MASK[..., None], x, 100.0)
    out = layer(x, mask=MASK).data
    np.testing.assert_array_equal(out, layer(other, mask=MASK).data)
    assert not out[0, 0].any()
    np.testing.assert_array_equal(out[0, 2], out[0, 1])
    given = ag.Tensor(x, requires_grad=True)
    layer(given, mask=MASK).sum().backward()
    assert not given.grad.data[~MASK].any()


@pytest.mark.parametrize("kind", KINDS)
def test_where_all_is_masked_the_state_is_the_first_one(kind):
    layer = kind(3, return_state=True)
    count = 2 if kind is LSTM else 1
    first = [drawn(2, 3, seed=k) for k in range(count)]
    out, *states = layer(drawn(2, 4, 3), initial_state=first, mask=np.zeros((2, 4), bool))
    assert not np.asarray(out.data).any()
    for ours, given in zip(states, first, strict=True):
        np.testing.assert_array_equal(ours.data, given)


@pytest.mark.parametrize("kind", KINDS)
def test_going_backwards_is_the_sequence_backwards(kind):
    one, two = kind(3, return_sequences=True), kind(3, return_sequences=True, go_backwards=True)
    x = drawn(2, 4, 3)
    one(x), two(x)
    two.set_weights(one.get_weights())
    np.testing.assert_array_equal(two(x).data, one(x[:, ::-1]).data)


@pytest.mark.parametrize("kind", KINDS)
def test_a_stateful_layer_goes_on(kind):
    whole, parts = kind(3), kind(3, stateful=True)
    x = drawn(2, 4, 3)
    whole(x)
    parts(x)
    parts.reset_state()
    parts.set_weights(whole.get_weights())
    for _ in range(2):
        parts(x[:, :2])
        np.testing.assert_allclose(parts(x[:, 2:]).data, whole(x).data, rtol=1e-6)
        parts.reset_state()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["dropout", "recurrent_dropout"])
def test_dropout_is_for_training_and_the_same_from_a_seed(kind, name):
    layer = kind(8, return_sequences=True, **{name: 0.5})
    x = drawn(2, 4, 3)
    plain = layer(x).data
    np.testing.assert_array_equal(plain, layer(x).data)
    ag.set_seed(1)
    dropped = layer(x, training=True).data
    ag.set_seed(1)
    np.testing.assert_array_equal(dropped, layer(x, training=True).data)
    assert (dropped != plain).any()
    if name == "recurrent_dropout":
        np.testing.assert_allclose(dropped[:, 0], plain[:, 0])  # the first state is 0


def test_dropped_inputs_are_the_same_at_all_steps():
    layer = SimpleRNN(40, "linear", return_sequences=True, dropout=0.5)
    layer(np.ones((1, 1, 1)))
    layer.set_weights([np.ones((1, 40)), np.zeros((40, 40)), np.zeros(40)])
    ag.set_seed(0)
    out = layer(np.ones((30, 5, 1)), training=True).data
    assert set(np.unique(out)) == {0.0, 2.0}
    assert (out == out[:, :1]).all()


def test_both_directions_have_weights_of_their_own():
    layer = Bidirectional(GRU(3, return_sequences=True))
    x = drawn(2, 4, 3)
    out = layer(x).data
    ahead, back = layer.forward_layer, layer.backward_layer
    assert (ahead.kernel.data != back.kernel.data).any()
    np.testing.assert_array_equal(out[..., :3], ahead(x).data)
    np.testing.assert_array_equal(out[..., 3:], back(x).data[:, ::-1])
    assert [n for n, _ in layer.named_parameters()][3] == "backward_layer.kernel"


def test_a_layer_that_was_built_is_not_shared_by_the_directions():
    built = LSTM(3)
    built(drawn(2, 4, 3))
    layer = Bidirectional(built)
    layer(drawn(2, 4, 3))
    assert len(layer.parameters()) == 6


def test_first_states_of_both_directions():
    layer = Bidirectional(LSTM(3, **ALL))
    states = [drawn(2, 3, seed=k) for k in range(4)]
    _, *final = layer(drawn(2, 4, 3), initial_state=states, mask=np.zeros((2, 4), bool))
    for ours, given in zip(final, states, strict=True):
        np.testing.assert_array_equal(ours.data, given)


def test_time_distributed_is_the_layer_at_each_step():
    layer = TimeDistributed(Dense(2))
    x = drawn(2, 4, 3)
    out = layer(x).data
    for t in range(4):
        np.testing.assert_allclose(out[:, t], layer.layer(x[:, t]).data, rtol=1e-12)
    assert TimeDistributed(Flatten())(drawn(2, 4, 3, 5)).shape == (2, 4, 15)


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_learns_what_came_first(kind):
    ag.set_seed(0)
    x = drawn(128, 6, 2).astype(np.float32)
    y = (x[:, 0, :1] > 0).astype(np.float32)
    model = nn.Sequential([kind(12), Dense(1, "sigmoid")])
    adam = nn.optimizers.Adam(learning_rate=0.02)
    model.compile(optimizer=adam, loss="binary_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=30, verbose=0)
    assert history.history["accuracy"][-1] > 0.95


def test_in_a_graph_of_layers():
    x = nn.Input((None, 3))
    y = Bidirectional(GRU(4, return_sequences=True))(x)
    y = TimeDistributed(Dense(2))(nn.layers.MultiHeadAttention(2, 3)(y, y))
    y, _, c = LSTM(5, return_state=True)(y)
    model = nn.Model(x, [y, c])
    for steps in (4, 6):
        assert [a.shape for a in model(drawn(2, steps, 3))] == [(2, 5), (2, 5)]


@pytest.mark.parametrize("kind", KINDS)
def test_third_derivatives_are_finite_differences_of_second(kind):
    layer = kind(2)
    x = drawn(1, 3, 2)
    layer(x)
    for p in layer.parameters():
        p.data = drawn(*p.shape, seed=5)

    def second(t):
        first = ag.grad(lambda s: (layer(x * s) ** 2).sum())
        return ag.grad(first)(t)

    with ag.no_grad():  # else the weights' graph comes with the result
        third, h = ag.grad(lambda t: second(t))(1.0), 1e-5
        numeric = (second(1.0 + h) - second(1.0 - h)) / (2 * h)
    np.testing.assert_allclose(third, numeric, rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: LSTM(0), ValueError, "LSTM: bad `units`"),
        (lambda: GRU(3, "tahn"), ValueError, "did you mean 'tanh'"),
        (lambda: LSTM(3, recurrent_activation="sigmod"), ValueError, "did you mean 'sigmoid'"),
        (lambda: GRU(3, dropout=1.0), ValueError, "GRU: bad `dropout`"),
        (lambda: GRU(3, recurrent_dropout=-1), ValueError, "bad `recurrent_dropout`"),
        (lambda: LSTM(3, return_sequence=True), TypeError, "mean return_sequences="),
        (lambda: Bidirectional(Dense(3)), TypeError, "not a recurrent layer"),
        (lambda: Bidirectional(GRU(3), "add"), ValueError, "merge_mode"),
        (lambda: Bidirectional(GRU(3), backward_layer=GRU(3)), ValueError, "does not match"),
        (lambda: TimeDistributed(np.tanh), TypeError, "not a layer"),
    ],
)
def test_bad_settings(make, error, text):
    with pytest.raises(error, match=text):
        make()


@pytest.mark.parametrize(
    ("shape", "given", "text"),
    [
        ((2, 3), {}, r"expected: \(batch, steps, 3\)"),
        ((2, 4, 5), {}, r"got:      \(2, 4, 5\)"),
        ((2, 4, 3), {"mask": np.ones((2, 3), bool)}, r"mask does not fit\n  got:      \(2, 3\)"),
        ((2, 4, 3), {"initial_state": np.zeros((2, 5))}, r"expected: 2 of \(2, 5\)"),
        ((2, 4, 3), {"initial_state": [np.zeros((2, 4))] * 2}, r"got:      \(2, 4\), \(2, 4\)"),
    ],
)
def test_misfits(shape, given, text):
    layer = LSTM(5, name="memory")
    layer(np.zeros((1, 1, 3)))
    with pytest.raises(ag.errors.ShapeError, match=f"memory: (?s:.*){text}"):
        layer(np.zeros(shape), **given)


def test_other_misfits():
    with pytest.raises(ag.errors.ShapeError, match="bad `initial_state`"):
        Bidirectional(GRU(3))(np.zeros((1, 1, 3)), initial_state=[np.zeros((1, 3))])
    with pytest.raises(ag.errors.ShapeError, match="no steps"):
        TimeDistributed(Dense(3))(np.zeros((2, 3)))
    x, kernel = np.zeros((1, 2, 3)), np.zeros((3, 8))
    with pytest.raises(ag.errors.ShapeError, match="lstm: shapes do not fit"):
        ag.lstm(x, kernel, np.zeros((3, 8)))
    with pytest.raises(ag.errors.ShapeError, match="lstm: bad `mask`"):
        ag.lstm(x, kernel, np.zeros((2, 8)), mask=np.ones((2, 1), bool))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("built", [False, True])
def test_stateful_layers_are_trained_in_batches(kind, built):
    # What finds out shapes leaves no states behind.
    x, y = drawn(8, 4, 3), drawn(8, 1)
    rnn = kind(3, stateful=True)
    model = nn.Sequential([rnn, Dense(1)])
    if built:
        model.build((None, 4, 3))
    model.compile("sgd", "mse")
    model.fit(x, y, 4, epochs=2, validation_data=(x, y), shuffle=False, verbose=0)
    first = [state.copy() for state in rnn._left]
    model.train_on_batch(x[:4], y[:4])
    assert not any(np.array_equal(a, b) for a, b in zip(first, rnn._left, strict=True))
    start = nn.Input((4, 3))
    graph = nn.Model(start, kind(3, stateful=True)(start))
    assert graph.predict(x, batch_size=4, verbose=0).shape == (8, 3)


def test_batches_of_another_size_than_the_states_are_named():
    model = nn.Sequential([GRU(2, stateful=True)])
    model.predict(drawn(4, 3, 2), verbose=0)
    with pytest.raises(ag.errors.ShapeError, match=r"3 rows, after a batch of 4(?s:.*)reset_state"):
        model.predict(drawn(3, 3, 2), verbose=0)
