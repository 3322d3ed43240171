"""All forms in which a model of one input and one output is given its samples and its losses."""

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn import data, layers

RNG = np.random.default_rng(5)
X = RNG.standard_normal((12, 3)).astype(np.float32)
Y = X.sum(axis=1, keepdims=True)
W = np.linspace(0.5, 2, 12, dtype=np.float32)


class Own(nn.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(1, name="o")

    def call(self, x):
        return self.dense(x)


def sequential():
    return nn.Sequential([nn.Input((3,), name="x"), layers.Dense(1, name="o")])


def undeclared():
    return nn.Sequential([layers.Dense(1, name="o")])


def graph():
    x = nn.Input((3,), name="x")
    return nn.Model(x, layers.Dense(1, name="o")(x))


def compiled(make, loss="mse", **settings):
    ag.set_seed(0)
    net = make()
    if not net.built:
        net.build((None, 3))
    net.compile("sgd", loss, **settings)
    return net


FORMS = {
    "lists": (sequential, lambda x: [x], lambda y: [y]),
    "tuples": (sequential, lambda x: (x,), lambda y: (y,)),
    "dicts": (sequential, lambda x: {"x": x}, lambda y: {"o": y}),
    "more in a dict": (sequential, lambda x: {"id": x, "x": x}, lambda y: y),
    "lists of a graph": (graph, lambda x: [x], lambda y: [y]),
    "dicts of a graph": (graph, lambda x: {"x": x}, lambda y: {"o": y}),
    "lists, undeclared": (undeclared, lambda x: [x], lambda y: [y]),
    "targets, undeclared": (undeclared, lambda x: x, lambda y: {"o": y}),
    "targets of a subclass": (Own, lambda x: x, lambda y: [y]),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_only_input_and_output_come_in_any_form(form):
    make, of_x, of_y = FORMS[form]
    plain, net = compiled(make), compiled(make)
    x, y, w = of_x(X), of_y(Y), of_y(W)
    assert net.evaluate(x, y, sample_weight=w) == plain.evaluate(X, Y, sample_weight=W)
    assert net.train_on_batch(x, y, w) == plain.train_on_batch(X, Y, W)
    assert net.test_on_batch(x, y) == plain.test_on_batch(X, Y)
    settings = {"validation_split": 0.5, "shuffle": False, "verbose": 0}
    assert net.fit(x, y, **settings).history == plain.fit(X, Y, **settings).history
    settings = {"validation_data": (x, y), "shuffle": False, "verbose": 0}
    expected = plain.fit(X, Y, **(settings | {"validation_data": (X, Y)})).history
    assert net.fit(x, y, **settings).history == expected
    np.testing.assert_array_equal(net.predict(x), plain.predict(X))
    np.testing.assert_array_equal(net.predict_on_batch(x), plain.predict_on_batch(X))


@pytest.mark.parametrize("form", FORMS)
def test_batches_come_in_any_form(form):
    make, of_x, of_y = FORMS[form]
    plain, net, third = compiled(make), compiled(make), compiled(make)
    expected = plain.fit(X, Y, 4, shuffle=False, verbose=0).history
    batches = [(of_x(X[i : i + 4]), of_y(Y[i : i + 4])) for i in (0, 4, 8)]
    assert net.fit(iter(batches), verbose=0).history == expected
    dataset = data.Dataset.from_arrays(of_x(X), of_y(Y)).batch(4)
    assert third.fit(dataset, verbose=0).history == expected
    np.testing.assert_array_equal(net.predict(iter(batches)), plain.predict(X, 4))
    np.testing.assert_array_equal(net.predict(dataset), plain.predict(X, 4))


def test_a_list_of_one_row_is_one_sample():
    net = compiled(sequential)
    assert net.predict([X[0]]).shape == net.predict([[1.0, 2.0, 3.0]]).shape == (1, 1)
    assert net.evaluate([X[0]], [Y[0]]) == net.evaluate(X[:1], Y[:1])


@pytest.mark.parametrize("make", [sequential, graph])
@pytest.mark.parametrize(
    ("x", "y", "text"), [({"q": X}, Y, "'x'|one of x"), (X, {"q": Y}, "(?s)`y`.*'q'.*'o'")]
)
def test_other_names_are_refused(make, x, y, text):
    with pytest.raises(ValueError, match=text):
        compiled(make).fit(x, y, verbose=0)


@pytest.mark.parametrize("make", [sequential, undeclared, graph, Own])
@pytest.mark.parametrize(
    ("loss", "metrics"),
    [
        (["mse"], [["mae"]]),
        ({"o": "mse"}, {"o": ["mae"]}),
        ("mse", {"o": "mae"}),
        (["mse"], [("mae",)]),
    ],
)
def test_the_only_loss_and_metrics_come_in_any_form(make, loss, metrics):
    plain = compiled(make, "mse", metrics=["mae"], weighted_metrics=["mae"])
    net = compiled(make, loss, metrics=metrics, weighted_metrics=metrics)
    expected = plain.evaluate(X, Y, sample_weight=W, return_dict=True)
    assert net.evaluate(X, Y, sample_weight=W, return_dict=True) == expected
    assert list(expected) == ["loss", "mae", "weighted_mae"]


@pytest.mark.parametrize("make", [sequential, graph])
@pytest.mark.parametrize("given", [{"loss": {"q": "mse"}}, {"metrics": {"q": ["mae"]}}])
def test_losses_of_other_names_are_refused(make, given):
    with pytest.raises(ValueError, match=rf"(?s)`{next(iter(given))}`.*a dict of 'q'.*'o'"):
        compiled(make, **given).fit(X, Y, verbose=0)


NUMBERS = np.arange(5.0)
IMAGES = RNG.standard_normal((5, 4, 4)).astype(np.float32)


def graph_of_one():
    x = nn.Input((1,))
    return nn.Model(x, layers.Dense(1)(x))


@pytest.mark.parametrize(
    ("make", "x", "full"),
    [
        (graph_of_one, NUMBERS, NUMBERS[:, None]),
        (lambda: nn.Sequential([nn.Input((1,)), layers.Dense(1)]), NUMBERS, NUMBERS[:, None]),
        (
            lambda: nn.Sequential(
                [nn.Input((1,)), layers.Embedding(5, 2), layers.Flatten(), layers.Dense(1)]
            ),
            np.arange(5),
            np.arange(5)[:, None],
        ),
        (
            lambda: nn.Sequential(
                [nn.Input((4, 4, 1)), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(1)]
            ),
            IMAGES,
            IMAGES[..., None],
        ),
        (
            lambda: nn.Sequential([nn.Input((4, 4)), layers.Flatten(), layers.Dense(1)]),
            IMAGES[..., None],
            IMAGES,
        ),
    ],
)
def test_a_last_axis_of_length_one_may_be_there_or_not(make, x, full):
    net, plain = compiled(make), compiled(make)
    settings = {"shuffle": False, "verbose": 0}
    assert net.fit(x, NUMBERS, **settings).history == plain.fit(full, NUMBERS, **settings).history
    np.testing.assert_array_equal(net.predict(x), plain.predict(full))
    np.testing.assert_array_equal(net.predict([x]), plain.predict(full))
    np.testing.assert_array_equal(net(x).data, plain(full).data)


@pytest.mark.parametrize("shape", [(5,), (5, 4), (5, 4, 4, 2), (5, 4, 4, 1, 1)])
def test_other_axes_are_not_added_or_taken(shape):
    net = compiled(lambda: nn.Sequential([nn.Input((4, 4)), layers.Flatten(), layers.Dense(1)]))
    with pytest.raises(ValueError, match="does not have the shape that was declared"):
        net.fit(np.zeros(shape), NUMBERS, verbose=0)


def test_labels_may_be_whole_numbers_of_floats():
    def make():
        return nn.Sequential([nn.Input((3,)), layers.Dense(3, "softmax")])

    kind = "sparse_categorical_crossentropy"
    net, plain = (compiled(make, kind, metrics=["accuracy"]) for _ in range(2))
    labels = np.arange(12) % 3
    expected = plain.fit(X, labels, shuffle=False, verbose=0).history
    assert net.fit(X, labels * 1.0, shuffle=False, verbose=0).history == expected


@pytest.mark.parametrize("shape", [(12,), (12, 1)])
def test_whole_targets_of_any_loss_have_class_weights(shape):
    net, plain = compiled(sequential), compiled(sequential)
    y = (np.arange(12.0) % 3).reshape(shape)
    by_class = {0: 1.0, 1: 0.5, 2: 3.0}
    weights = np.array([1.0, 0.5, 3.0])[np.arange(12) % 3]
    expected = plain.fit(X, y, sample_weight=weights, shuffle=False, verbose=0).history
    assert net.fit(X, y, class_weight=by_class, shuffle=False, verbose=0).history == expected


@pytest.mark.parametrize("y", [Y, np.zeros((12, 3))])
def test_other_targets_have_no_class_weights(y):
    net = compiled(lambda: nn.Sequential([layers.Dense(y.shape[1])]))
    with pytest.raises(ValueError, match="targets are not classes"):
        net.fit(X, y, class_weight={0: 2.0}, verbose=0)


class Squares(nn.Layer):
    def call(self, x):
        self.add_loss(ag.mean(x * x))
        return x


def test_a_model_without_a_loss_trains_on_what_its_layers_add():
    def make():
        return nn.Sequential([nn.Input((3,)), layers.Dense(2), Squares()])

    net = compiled(make, None)
    before = net.evaluate(X)
    assert before == pytest.approx(float(np.mean(net.predict(X) ** 2)), rel=1e-5)
    net.fit(X, epochs=2, validation_split=0.5, verbose=0)
    net.fit(((X,) for _ in range(2)), verbose=0)
    net.fit(X, X[:, :2], sample_weight=W, verbose=0)
    assert net.train_on_batch(X) < before
    assert net.test_on_batch(X) < before


def test_a_batch_has_32_samples_by_default():
    sizes = []

    class Counting(nn.Sequential):
        def train_step(self, x, y, sample_weight=None):
            sizes.append(len(x))
            return super().train_step(x, y, sample_weight)

    net = Counting([layers.Dense(1)])
    net.compile(optimizer="rmsprop", loss="mse", jit_compile=False)
    net.fit(np.ones((40, 2)), np.ones(40), batch_size=None, verbose=0)
    assert sizes == [32, 8]
    assert net.predict(np.ones((40, 2)), batch_size=None).shape == (40, 1)
    assert net.evaluate(np.ones((40, 2)), np.ones(40), batch_size=None) >= 0
