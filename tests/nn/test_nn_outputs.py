"""Training with several inputs and outputs, and from iterables of batches."""

import warnings

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn import layers
from nn.feeding import StreamFeed, is_stream

RNG = np.random.default_rng(7)
X = RNG.standard_normal((20, 3)).astype(np.float32)
Z = RNG.standard_normal((20, 2)).astype(np.float32)
A = RNG.standard_normal((20, 1)).astype(np.float32)
B = RNG.integers(0, 2, 20)
LOSSES = {"a": "mse", "b": "sparse_categorical_crossentropy"}


def graph(outputs=2, **settings):
    ag.set_seed(0)
    x, z = nn.Input((3,), name="x"), nn.Input((2,), name="z")
    h = layers.Dense(4, "tanh")(x) + layers.Dense(4)(z)
    a, b = layers.Dense(1, name="a")(h), layers.Dense(2, "softmax", name="b")(h)
    net = nn.Model([x, z], [a, b] if outputs == 2 else a)
    settings = {"loss": LOSSES} | settings if outputs == 2 else {"loss": "mse"} | settings
    net.compile("sgd", **settings)
    return net


def single():
    ag.set_seed(0)
    net = nn.Sequential([nn.Input((3,)), layers.Dense(1)])
    net.compile("sgd", "mse")
    return net


class Pair(nn.Model):
    """Two outputs from a subclass: a tuple, or a dict."""

    def __init__(self, named=False):
        super().__init__()
        self.first, self.second, self.named = layers.Dense(1), layers.Dense(2), named

    def call(self, x):
        a, b = self.first(x), self.second(x)
        return {"p": a, "q": b} if self.named else (a, b)


class Both(nn.Model):
    """Two inputs to a subclass."""

    def __init__(self):
        super().__init__()
        self.last = layers.Dense(1)

    def call(self, x):
        x, z = (x["x"], x["z"]) if isinstance(x, dict) else x
        return self.last(np.concatenate([x, z], axis=-1))


def test_inputs_and_targets_by_order_or_by_name():
    runs = []
    for x, y in [
        ([X, Z], [A, B]),
        ((X, Z), (A, B)),
        ({"z": Z, "x": X}, {"b": B, "a": A}),
        ([ag.tensor(X), Z], [A.ravel(), B.tolist()]),
    ]:
        net = graph()
        ag.set_seed(1)
        runs.append(net.fit(x, y, 8, epochs=2, validation_split=0.2, verbose=0).history)
        assert net.train_on_batch(x, y) and net.test_on_batch(x, y)
    assert runs[0] == runs[1] == runs[2] == runs[3]
    assert list(runs[0]) == [
        *("loss", "a_loss", "b_loss"),
        *("val_loss", "val_a_loss", "val_b_loss"),
    ]


def test_the_loss_is_the_weighted_sum():
    net = graph(loss_weights=[2.0, 0.5], metrics=[["mae"], "accuracy"])
    found = net.evaluate([X, Z], [A, B], verbose=0, return_dict=True)
    assert list(found) == ["loss", "a_loss", "b_loss", "a_mae", "b_accuracy"]
    assert found["loss"] == pytest.approx(2 * found["a_loss"] + 0.5 * found["b_loss"])
    a, b = net.predict([X, Z], 7, verbose=0)
    assert a.shape == (20, 1) and b.shape == (20, 2)
    assert found["a_loss"] == pytest.approx(((a - A) ** 2).mean(), rel=1e-5)
    assert found["b_accuracy"] == (b.argmax(axis=1) == B).mean()


def test_outputs_without_a_loss():
    net = graph(loss={"b": "sparse_categorical_crossentropy"})
    before = net.get_layer("a").get_weights()
    history = net.fit([X, Z], {"b": B}, verbose=0).history
    assert list(history) == ["loss", "b_loss"]
    np.testing.assert_array_equal(net.get_layer("a").get_weights()[0], before[0])


def test_one_loss_for_all_outputs():
    net = Pair()
    net.compile("sgd", "mse")
    history = net.fit(X, [A, Z], verbose=0).history
    assert list(history) == ["loss", "output_1_loss", "output_2_loss"]
    assert [p.shape for p in net.predict(X, verbose=0)] == [(20, 1), (20, 2)]


def test_outputs_of_a_subclass_by_name():
    net = Pair(named=True)
    net.compile("sgd", {"p": "mae", "q": "mse"}, metrics={"q": ["mae"]}, loss_weights={"q": 2})
    history = net.fit(X, {"q": Z, "p": A}, verbose=0).history
    assert list(history) == ["loss", "p_loss", "q_loss", "q_mae"]
    assert set(net.predict(X, verbose=0)) == {"p", "q"}


@pytest.mark.parametrize("x", [[X, Z], (X, Z), {"x": X, "z": Z}])
def test_several_inputs_of_a_subclass(x):
    net = Both()
    net.compile("sgd", "mse")
    net.fit(x, A, 8, verbose=0)
    np.testing.assert_allclose(net.predict(x, 8, verbose=0), net(x).data, rtol=1e-5)


def test_sample_weights_for_all_or_for_each():
    w = np.linspace(0, 1, 20)
    net = graph(weighted_metrics={"a": ["mse"]})
    for_all = net.evaluate([X, Z], [A, B], sample_weight=w, verbose=0)
    for_each = net.evaluate([X, Z], [A, B], sample_weight={"a": w, "b": w}, verbose=0)
    only_a = net.evaluate([X, Z], [A, B], sample_weight={"a": w}, verbose=0)
    assert for_all == for_each and for_all[1] == only_a[1] and for_all[2] != only_a[2]
    net.fit([X, Z], [A, B], 8, sample_weight=[w, None], verbose=0)


def test_a_single_output_may_be_named_too():
    plain, named = graph(outputs=1), graph(outputs=1, loss={"a": "mse"}, metrics={"a": "mae"})
    assert plain.evaluate([X, Z], A, verbose=0) == named.evaluate([X, Z], A, verbose=0)[0]
    assert len(nn.Model(plain.inputs[0], plain.inputs[0] * 2).predict([X], verbose=0)) == 20


REFUSED = {
    "losses": ({"loss": ["mse"]}, r"`loss`: not one for each of 2 outputs(?s:.*)1 in a list"),
    "loss names": ({"loss": {"c": "mse"}}, r"a dict of 'c'(?s:.*)a dict of 'a', 'b'"),
    "no loss": ({"loss": [None, None]}, "no output has a loss"),
    "metrics": ({"metrics": ["mae"]}, "`metrics`: not one for each"),
    "loss_weights": ({"loss_weights": 2.0}, "`loss_weights`: not one for each"),
    "negative weight": ({"loss_weights": {"a": -1.0}}, "loss_weights of 'a'"),
    "steps": ({"steps_per_execution": 4}, "nothing to put several of into"),
    "reduction": (
        {"loss": ["mse", nn.losses.MeanSquaredError(reduction="none")]},
        "not reduced to a number",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_compile_refuses(case):
    settings, text = REFUSED[case]
    with pytest.raises(ValueError, match=text):
        graph(**settings)


@pytest.mark.parametrize(
    ("x", "y", "settings", "text"),
    [
        ([X, Z], A, {}, "fit: `y`: not one for each of 2 outputs"),
        ([X, Z], {"c": A}, {}, "a dict of 'c'"),
        ([X, Z[:5]], [A, B], {}, r"lengths differ(?s:.*)x\[1\] \(5, 2\)"),
        ([X, Z], [A, B[:5]], {}, r"lengths differ(?s:.*)y\[1\] \(5,\)"),
        ([X, Z], [A, B + 1], {}, "units=3"),
        (X, [A, B], {}, "the model's inputs: not these"),
        ([X, Z], [A, B], {"sample_weight": [A]}, "`sample_weight`: not one for each"),
        ([X, Z], [A, B], {"class_weight": {0: 2.0}}, "`class_weight` with several outputs"),
    ],
)
def test_what_fit_refuses(x, y, settings, text):
    net = graph()
    before = net.get_weights()
    with pytest.raises(ValueError, match=text):
        net.fit(x, y, verbose=0, **settings)
    np.testing.assert_array_equal(net.get_weights()[0], before[0])


def test_loss_weights_need_several_outputs():
    net = graph(outputs=1)
    with pytest.raises(ValueError, match="only losses of several outputs have weights"):
        net.compile("sgd", "mse", loss_weights=[2.0])


# Iterables of batches.


def batches(n=4):
    return [(X[i : i + 5], A[i : i + 5]) for i in range(0, 5 * n, 5)]


class Again:
    """Can be gone through any number of times, like a loader."""

    def __iter__(self):
        return iter(batches())


def test_batches_are_as_good_as_arrays():
    arrays, stream = single(), single()
    expected = arrays.fit(X, A, 5, epochs=2, shuffle=False, verbose=0).history
    found = stream.fit(Again(), epochs=2, verbose=0)
    assert found.history == expected and found.params["steps"] is None
    assert stream.evaluate(iter(batches()), verbose=0) == arrays.evaluate(X, A, 5, verbose=0)
    np.testing.assert_array_equal(
        stream.predict(iter(batches()), verbose=0), arrays.predict(X, 5, verbose=0)
    )


def test_batches_for_several_inputs_and_with_weights():
    def endless():
        while True:
            yield {"x": X, "z": Z}, [A, B], [np.ones(20), np.ones(20)]

    history = graph().fit(endless(), steps_per_epoch=3, epochs=2, verbose=0)
    assert len(history.epoch) == 2 and history.params["steps"] == 3


@pytest.mark.parametrize("verbose", [0, 1, 2])
def test_progress_without_a_known_length(verbose, capsys):
    single().fit(Again(), verbose=verbose)
    assert ("Epoch 1/1" in capsys.readouterr().out) == (verbose > 0)


def test_steps_go_on_where_the_last_epoch_ended():
    seen = []

    class Spy(nn.Sequential):
        def train_step(self, x, y, sample_weight=None):
            seen.append(float(x[0, 0]))
            return super().train_step(x, y, sample_weight)

    for x, y in [(X, A), (Again(), None)]:
        net = Spy([layers.Dense(1)])
        net.compile("sgd", "mse")
        net.fit(x, y, 5, epochs=3, steps_per_epoch=3, shuffle=False, verbose=0)
    firsts = [float(X[i, 0]) for i in (0, 5, 10, 15)]
    assert seen == 2 * (2 * firsts + firsts[:1])


def test_batches_that_end_early_are_told_of():
    with pytest.warns(UserWarning, match="ended at step 4 of 6"):
        history = single().fit(iter(batches()), steps_per_epoch=6, epochs=3, verbose=0)
    assert history.epoch == [0]
    with pytest.warns(UserWarning, match="ended with epoch 1 of 2"):
        single().fit(iter(batches()), epochs=2, verbose=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        single().fit(iter(batches()), epochs=1, verbose=0)


def test_validation_from_batches_and_not_at_every_epoch():
    net = single()
    history = net.fit(X, A, epochs=4, validation_data=Again(), validation_freq=2, verbose=0)
    assert len(history.history["val_loss"]) == 2 and len(history.history["loss"]) == 4
    history = net.fit(X, A, epochs=4, validation_data=(X, A), validation_freq=[1, 4], verbose=0)
    assert len(history.history["val_loss"]) == 2
    net.optimizer.learning_rate = 0.0
    settings = {"validation_steps": 2, "validation_batch_size": 5}
    history = net.fit(X, A, validation_data=(X, A), verbose=0, **settings).history
    assert history["val_loss"][0] == pytest.approx(net.evaluate(X[:10], A[:10], verbose=0))


@pytest.mark.parametrize(
    ("x", "settings", "error", "text"),
    [
        (iter([]), {}, ValueError, "fit: no batches"),
        (iter([X]), {}, TypeError, "a batch is not"),
        (iter([(X, A, A, A)]), {}, TypeError, "4 in a tuple"),
        (iter(batches()), {"y": A}, ValueError, "`y` beside an iterable"),
        (iter(batches()), {"validation_split": 0.2}, ValueError, "`validation_split` beside"),
        (iter(batches()), {"steps_per_epoch": 0}, ValueError, "bad `steps"),
        (iter([(X, B[:3])]), {}, ValueError, "lengths differ"),
    ],
)
def test_what_makes_no_batches(x, settings, error, text):
    with pytest.raises(error, match=text):
        single().fit(x, verbose=0, **settings)


def test_predict_needs_batches():
    with pytest.raises(ValueError, match="predict: no batches"):
        single().predict(iter([]), verbose=0)


def test_what_is_a_stream():
    assert is_stream(Again()) and is_stream(StreamFeed("", iter([]), print).epoch())
    assert not any(map(is_stream, [None, 3, "text", X, ag.tensor(X), [X], {"x": X}]))


def test_predict_on_batch():
    assert [a.shape for a in graph().predict_on_batch({"x": X, "z": Z})] == [(20, 1), (20, 2)]
    assert type(single().predict_on_batch(X)) is np.ndarray
