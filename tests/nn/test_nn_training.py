"""compile, fit, evaluate, predict: what they compute, and that all ways of training agree."""

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn import layers, losses

RNG = np.random.default_rng(3)
X = RNG.standard_normal((70, 4)).astype(np.float32)
LABELS = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0.5)
ONE_HOT = np.eye(3)[LABELS]
TARGET = X @ np.array([1.0, -2.0, 0.5, 3.0]) + 1


def classifier(metrics=("accuracy",), loss="sparse_categorical_crossentropy", **settings):
    ag.set_seed(0)
    net = nn.Sequential([nn.Input((4,)), layers.Dense(16, "relu"), layers.Dense(3, "softmax")])
    net.compile(nn.optimizers.Adam(learning_rate=0.01), loss, metrics, **settings)
    return net


def regressor(optimizer="sgd", metrics=()):
    ag.set_seed(0)
    net = nn.Sequential([nn.Input((4,)), layers.Dense(1)])
    net.compile(optimizer, "mse", metrics)
    return net


def fit(net, *data, **settings):
    """`fit`, quietly, with the same shuffles each time."""
    ag.set_seed(1)
    return net.fit(*data, verbose=0, **settings)


def weights(net):
    return np.concatenate([w.ravel() for w in net.get_weights()])


# It learns.


def test_classification_reaches_its_loss():
    history = classifier().fit(X, LABELS, 16, epochs=60, verbose=0).history
    assert history["loss"][-1] < 0.2 < 1.0 < history["loss"][0]
    assert history["accuracy"][-1] > 0.95
    assert all(type(v) is float for values in history.values() for v in values)


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "adam"])
def test_regression_reaches_its_loss(optimizer):
    net = regressor(optimizer)
    net.optimizer.learning_rate = 0.05
    history = net.fit(X, TARGET, 10, epochs=80, verbose=0).history
    assert history["loss"][-1] < 0.02
    np.testing.assert_allclose(net.layers[0].kernel.data[:, 0], [1, -2, 0.5, 3], atol=0.1)


@pytest.mark.parametrize(
    ("loss", "y", "units", "activation"),
    [
        ("sparse_categorical_crossentropy", LABELS, 3, "softmax"),
        ("sparse_categorical_crossentropy", LABELS.astype(np.uint8)[:, None], 3, "softmax"),
        ("categorical_crossentropy", ONE_HOT, 3, "softmax"),
        ("binary_crossentropy", LABELS > 0, 1, "sigmoid"),
        ("binary_crossentropy", (LABELS > 0)[:, None].astype(int), 1, "sigmoid"),
        (losses.SparseCategoricalCrossentropy(from_logits=True), LABELS, 3, None),
        (losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1), LABELS > 0, 1, None),
        ("mse", ONE_HOT, 3, "sigmoid"),
        ("mae", TARGET, 1, None),
    ],
)
def test_every_loss_trains(loss, y, units, activation):
    ag.set_seed(0)
    net = nn.Sequential([layers.Dense(16, "tanh"), layers.Dense(units, activation)])
    net.compile(nn.optimizers.Adam(learning_rate=0.02), loss, metrics=["accuracy"])
    history = net.fit(X, y, 16, epochs=15, verbose=0).history
    assert history["loss"][-1] < 0.8 * history["loss"][0]
    results = net.evaluate(X, y, verbose=0, return_dict=True)
    assert set(results) == {"loss", "accuracy"}


# All ways of training agree.


def test_fit_is_the_explicit_loop():
    fitted = classifier()
    fitted.fit(X, LABELS, 32, epochs=3, shuffle=False, verbose=0)

    ag.set_seed(0)
    net = nn.Sequential([layers.Dense(16, "relu"), layers.Dense(3)])
    net.build((None, 4))
    optimizer = nn.optimizers.Adam(net.parameters(), learning_rate=0.01)
    loss_of = losses.SparseCategoricalCrossentropy(from_logits=True)
    for _ in range(3):
        for first in range(0, len(X), 32):
            rows = slice(first, first + 32)
            loss = loss_of(LABELS[rows], net(X[rows], training=True))
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
    np.testing.assert_array_equal(weights(fitted), weights(net))


def test_fit_is_train_on_batch():
    fitted, stepped = classifier(), classifier()
    fitted.fit(X, LABELS, 32, epochs=2, shuffle=False, verbose=0)
    for _ in range(2):
        for first in range(0, len(X), 32):
            rows = slice(first, first + 32)
            loss, accuracy = stepped.train_on_batch(X[rows], LABELS[rows])
    np.testing.assert_array_equal(weights(fitted), weights(stepped))
    assert 0 < loss and 0 <= accuracy <= 1


def test_gradients_left_over_do_not_leak_into_a_step():
    clean, dirty = regressor(), regressor()
    dirty(X).sum().backward()
    clean.train_on_batch(X, TARGET)
    dirty.train_on_batch(X, TARGET)
    np.testing.assert_array_equal(weights(clean), weights(dirty))


def test_one_fit_of_two_epochs_is_two_fits_of_one():
    once, twice = classifier(), classifier()
    fit(once, X, LABELS, epochs=2)
    fit(twice, X, LABELS, epochs=1)
    second = twice.fit(X, LABELS, epochs=2, initial_epoch=1, verbose=0)
    np.testing.assert_array_equal(weights(once), weights(twice))
    assert second.epoch == [1]


def test_the_same_seed_gives_the_same_run_bit_for_bit():
    def run():
        ag.set_seed(4)
        net = nn.Sequential([layers.Dense(16, "relu"), layers.Dropout(0.3), layers.Dense(3)])
        net.compile("rmsprop", losses.SparseCategoricalCrossentropy(from_logits=True))
        history = net.fit(X, LABELS, 16, epochs=3, verbose=0).history
        return weights(net), history

    (first, first_history), (second, second_history) = run(), run()
    np.testing.assert_array_equal(first, second)
    assert first_history == second_history


def test_shuffling_changes_the_order_of_every_epoch():
    still, shuffled = classifier(), classifier()
    still.fit(X, LABELS, shuffle=False, verbose=0)
    shuffled.fit(X, LABELS, verbose=0)
    assert not np.array_equal(weights(still), weights(shuffled))


# What is reported.


def test_history_is_a_mean_over_samples():
    """A learning rate of 0: every batch sees the same weights, so the means are evaluate's."""
    net = classifier(("accuracy", "mse"), "categorical_crossentropy")
    net.optimizer.learning_rate = 0.0
    history = net.fit(X, ONE_HOT, 32, epochs=1, verbose=0)
    probabilities = net.predict(X, verbose=0).astype(np.float64)
    expected = [
        -np.log(probabilities[np.arange(70), LABELS]).mean(),
        (probabilities.argmax(axis=1) == LABELS).mean(),
        ((probabilities - ONE_HOT) ** 2).mean(),
    ]
    assert list(history.history) == ["loss", "accuracy", "mse"]
    np.testing.assert_allclose([v[0] for v in history.history.values()], expected, rtol=1e-5)
    for batch_size in (1, 32, 70, 1000):
        values = net.evaluate(X, ONE_HOT, batch_size, verbose=0)
        np.testing.assert_allclose(values, expected, rtol=1e-5)


def test_evaluate_without_metrics_is_a_float():
    value = regressor().evaluate(X, TARGET, verbose=0)
    assert type(value) is float
    assert type(regressor().test_on_batch(X, TARGET)) is float
    assert type(regressor().train_on_batch(X, TARGET)) is float


@pytest.mark.parametrize("method", ["evaluate", "test_on_batch", "train_on_batch"])
def test_results_by_name(method):
    settings = {"verbose": 0} if method == "evaluate" else {}
    as_list = getattr(classifier(), method)(X, LABELS, **settings)
    as_dict = getattr(classifier(), method)(X, LABELS, return_dict=True, **settings)
    assert list(as_dict) == ["loss", "accuracy"]
    assert list(as_dict.values()) == as_list


def test_test_on_batch_is_evaluate_and_changes_nothing():
    net = classifier()
    before = weights(net)
    np.testing.assert_allclose(
        net.test_on_batch(X, LABELS), net.evaluate(X, LABELS, verbose=0), rtol=1e-6
    )
    np.testing.assert_array_equal(weights(net), before)
    assert net.optimizer.iterations == 0


@pytest.mark.parametrize("batch_size", [1, 32, 70, 100])
def test_predict_is_the_model(batch_size):
    net = classifier()
    predictions = net.predict(X, batch_size, verbose=0)
    assert type(predictions) is np.ndarray and predictions.dtype == np.float32
    np.testing.assert_allclose(predictions, net(X).data, rtol=1e-5)
    np.testing.assert_allclose(predictions.sum(axis=1), 1, rtol=1e-5)


def test_predict_of_no_rows_and_of_tensors():
    net = classifier()
    assert net.predict(X[:0], verbose=0).shape == (0, 3)
    np.testing.assert_array_equal(
        net.predict(ag.tensor(X, requires_grad=True), verbose=0), net.predict(X, verbose=0)
    )


def test_dropout_is_off_outside_training():
    net = nn.Sequential([layers.Dropout(0.5)])
    np.testing.assert_array_equal(net.predict(X, verbose=0), X)


def test_history():
    net = regressor()
    history = net.fit(X, TARGET, 32, epochs=2, verbose=0)
    assert history is net.history
    assert history.epoch == [0, 1]
    assert history.params == {"epochs": 2, "steps": 3, "batch_size": 32, "verbose": 0}
    assert repr(history) == "<History of 2 epochs: loss>"


# Validation.


def test_validation_is_evaluate_at_the_end_of_the_epoch():
    net = classifier()
    history = net.fit(X[:50], LABELS[:50], validation_data=(X[50:], LABELS[50:]), verbose=0).history
    assert list(history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    values = net.evaluate(X[50:], LABELS[50:], verbose=0)
    assert [history["val_loss"][0], history["val_accuracy"][0]] == values


def test_validation_split_is_validation_data_of_the_last_rows():
    split, given = classifier(), classifier()
    by_split = fit(split, X, LABELS, epochs=2, validation_split=0.2)
    by_data = fit(given, X[:56], LABELS[:56], epochs=2, validation_data=(X[56:], LABELS[56:]))
    assert by_split.history == by_data.history


def test_validation_with_weights():
    net, w = regressor(), np.arange(70.0)
    history = net.fit(X, TARGET, validation_data=(X, TARGET, w), verbose=0).history
    assert history["val_loss"][0] == net.evaluate(X, TARGET, sample_weight=w, verbose=0)


@pytest.mark.parametrize(
    ("loss", "y"),
    [
        ("sparse_categorical_crossentropy", np.sort(LABELS)),
        ("categorical_crossentropy", np.eye(3)[np.sort(LABELS)]),
    ],
)
def test_a_class_on_one_side_of_the_split_is_warned_of(loss, y):
    with pytest.warns(UserWarning, match="are on one side only; shuffle x and y together") as seen:
        classifier(loss=loss).fit(X, y, validation_split=0.2, verbose=0)
    assert seen[0].filename == __file__


# Weights.


def test_zero_weights_leave_samples_out():
    some, weighted = regressor(), regressor()
    w = (np.arange(70) < 30).astype(float)
    some.fit(X[:30], TARGET[:30], 30, shuffle=False, verbose=0)
    some.optimizer.learning_rate = weighted.optimizer.learning_rate
    weighted.optimizer.learning_rate *= 70 / 30  # the loss divides by samples, not by weights
    weighted.fit(X, TARGET, 70, shuffle=False, sample_weight=w, verbose=0)
    np.testing.assert_allclose(weights(some), weights(weighted), rtol=1e-4)


def test_class_weights_are_sample_weights():
    by_class, by_sample = classifier(), classifier()
    fit(by_class, X, LABELS, class_weight={0: 2.0, 2: 0.5})
    fit(by_sample, X, LABELS, sample_weight=np.array([2.0, 1.0, 0.5])[LABELS])
    np.testing.assert_array_equal(weights(by_class), weights(by_sample))


def test_weights_follow_their_samples_through_the_shuffle():
    w = np.where(LABELS == 0, 0.0, 1.0)
    ag.set_seed(0)
    net = classifier()
    net.fit(X, LABELS, 8, epochs=60, sample_weight=w, verbose=0)
    assert not (net.predict(X, verbose=0).argmax(axis=1) == 0).any()


def test_metrics_ignore_sample_weights_and_weighted_metrics_use_them():
    net = classifier(weighted_metrics=[nn.metrics.SparseCategoricalAccuracy(name="weighted")])
    w = np.where(LABELS == 1, 1.0, 0.0)
    result = net.evaluate(X, LABELS, sample_weight=w, verbose=0, return_dict=True)
    right = net.predict(X, verbose=0).argmax(axis=1) == LABELS
    np.testing.assert_allclose(result["accuracy"], right.mean())
    np.testing.assert_allclose(result["weighted"], right[LABELS == 1].mean())


# Models and loops of one's own.


def test_a_train_step_of_ones_own():
    class Doubled(nn.Sequential):
        def train_step(self, x, y, sample_weight=None):
            super().train_step(x, y, sample_weight)
            return super().train_step(x, y, sample_weight)

    net = Doubled([layers.Dense(1)])
    net.compile("sgd", "mse")
    net.fit(X, TARGET, 35, epochs=1, verbose=0)
    assert net.optimizer.iterations == 4


def test_a_subclass_trains():
    class Residual(nn.Model):
        def __init__(self):
            super().__init__()
            self.hidden = [layers.Dense(4, "tanh"), layers.Dense(4, "tanh")]
            self.out = layers.Dense(1)

        def call(self, x, training=False):
            for layer in self.hidden:
                x = x + layer(x)
            return self.out(x)

    ag.set_seed(0)
    net = Residual()
    net.compile(nn.optimizers.Adam(learning_rate=0.05), "mse")
    history = net.fit(X, TARGET, 16, epochs=40, verbose=0).history
    assert history["loss"][-1] < 0.3
    assert len(net.optimizer.parameters) == 6


def test_frozen_layers_do_not_move():
    net = classifier()
    net.layers[0].trainable = False
    before = net.get_weights()
    net.fit(X, LABELS, verbose=0)
    after = net.get_weights()
    np.testing.assert_array_equal(before[0], after[0])
    assert not np.array_equal(before[2], after[2])
    net.layers[0].trainable = True
    net.fit(X, LABELS, verbose=0)
    assert not np.array_equal(before[0], net.get_weights()[0])


def test_layers_added_after_a_fit_are_trained_too():
    net = regressor()
    net.fit(X, TARGET, verbose=0)
    net.add(layers.Dense(1))
    net.fit(X, TARGET, verbose=0)
    assert len(net.optimizer.parameters) == 4


def test_an_optimizer_made_for_some_parameters_trains_those():
    net = regressor()
    kernel, bias = net.get_weights()
    net.compile(nn.optimizers.SGD([net.layers[0].bias]), "mse")
    net.fit(X, TARGET, verbose=0)
    np.testing.assert_array_equal(net.get_weights()[0], kernel)
    assert net.get_weights()[1] != bias


def test_labels_can_be_tensors_and_lists():
    results = [
        regressor().train_on_batch(x, y)
        for x, y in [(X, TARGET), (ag.tensor(X), ag.tensor(TARGET)), (X.tolist(), TARGET.tolist())]
    ]
    assert results[0] == results[1] == results[2]


def test_names_of_a_users_own_do_not_clash():
    class Own(nn.Model):
        def __init__(self):
            super().__init__()
            self._output = layers.Dense(1)

        def run(self, x):
            return self._output(x)

        def call(self, x):
            return self.run(x)

    net = Own()
    net.compile("sgd", "mse")
    before, after = fit(net, X, TARGET, epochs=2).history["loss"]
    assert after < before
    assert net.predict(X, verbose=0).shape == net.predict_on_batch(X).shape == (70, 1)
