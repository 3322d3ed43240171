"""Steps made again from a list: the same bits as steps that run as they are written, or no list."""

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn import layers, replay

RNG = np.random.default_rng(8)
X = RNG.standard_normal((70, 4)).astype(np.float32)
LABELS = RNG.integers(0, 3, 70)
ONE_HOT = np.eye(3, dtype=np.float32)[LABELS]
TARGETS = X @ RNG.standard_normal((4, 3)).astype(np.float32)
YES = (X[:, :3] > 0).astype(np.float32)
EPOCHS, BATCH = 3, 16  # the last batch of an epoch is shorter
STEPS = EPOCHS * 5
# Of two forms of batches the first two steps each are as written.
REPLAYED = STEPS - 4


def dense(*hidden, last=3, activation=None):
    return nn.Sequential([*(layers.Dense(5, a) for a in hidden), layers.Dense(last, activation)])


def functional():
    x = nn.Input((4,))
    h = layers.Dense(5, activation="tanh")(x)
    return nn.Model(x, layers.Dense(3, activation="softmax")(layers.Dense(5)(h)))


def nested():
    inner = nn.Sequential([layers.Dense(5, "relu"), layers.Dense(5, "tanh")])
    return nn.Sequential([nn.Input((4,)), inner, layers.Dense(3, "softmax")])


def flattened():
    net = dense("relu", activation="softmax")
    return nn.Sequential([layers.Flatten(), *net.layers, layers.Activation("linear")])


SPARSE, ENTROPY = "sparse_categorical_crossentropy", "categorical_crossentropy"
NETS = {
    "classes": (lambda: dense("relu", activation="softmax"), SPARSE, LABELS, ["accuracy", SPARSE]),
    "one-hot": (lambda: dense("relu", "tanh", activation="softmax"), ENTROPY, ONE_HOT, [ENTROPY]),
    "logits": (lambda: dense("gelu"), nn.losses.CategoricalCrossentropy(True), ONE_HOT, []),
    "yes or no": (lambda: dense("elu", activation="sigmoid"), "binary_crossentropy", YES, ["auc"]),
    "numbers": (lambda: dense("relu", "relu"), "mse", TARGETS, ["mae"]),
    "a column": (lambda: dense("silu", last=1), "mae", TARGETS[:, 0], []),
    "huber": (lambda: dense("softplus"), "huber", TARGETS, []),
    "functional": (functional, SPARSE, LABELS, ["accuracy"]),
    "nested": (nested, SPARSE, LABELS, ["accuracy"]),
    "flattened": (flattened, SPARSE, LABELS, ["accuracy"]),
}


@pytest.fixture
def made(monkeypatch):
    """The replays that are made."""
    found = []
    init = replay.Replay.__init__

    def noted(self, model):
        found.append(self)
        init(self, model)

    monkeypatch.setattr(replay.Replay, "__init__", noted)
    return found


def trained(make, loss, y, metrics=(), *, eager, optimizer="rmsprop", **settings):
    """The history and all weights after a training that is the same each time."""
    ag.set_seed(0)
    net = make()
    net.compile(optimizer, loss, list(metrics), run_eagerly=eager)
    settings = {"callbacks": [], **settings}
    settings["callbacks"] = [callback() for callback in settings["callbacks"]]
    history = net.fit(X, y, BATCH, EPOCHS, verbose=0, **settings).history
    return history, net.get_weights()


def check_alike(make, loss, y, metrics=(), **settings):
    history, weights = trained(make, loss, y, metrics, eager=False, **settings)
    expected, expected_weights = trained(make, loss, y, metrics, eager=True, **settings)
    assert history == expected
    for w, e in zip(weights, expected_weights, strict=True):
        np.testing.assert_array_equal(w, e, strict=True)


@pytest.mark.parametrize("name", NETS)
def test_a_replayed_training_has_the_same_bits(name, made):
    check_alike(*NETS[name])
    assert [r.steps for r in made] == [REPLAYED]


@pytest.mark.parametrize("optimizer", ["sgd", "adam", nn.optimizers.Adam(clipnorm=0.1)])
def test_with_any_optimizer(optimizer, made):
    def fresh():
        given = optimizer
        return given if isinstance(given, str) else nn.optimizers.Adam(clipnorm=given.clipnorm)

    make, loss, y, metrics = NETS["classes"]
    history, weights = trained(make, loss, y, metrics, eager=False, optimizer=fresh())
    expected, expected_weights = trained(make, loss, y, metrics, eager=True, optimizer=fresh())
    assert history == expected
    assert all(np.array_equal(w, e) for w, e in zip(weights, expected_weights, strict=True))
    assert [r.steps for r in made] == [REPLAYED]


# What is not known to call the same ops every time runs as it is written.


class Doubled(layers.Dense):
    def call(self, x):
        return 2 * super().call(x)


class Counting(nn.Sequential):
    def train_step(self, x, y, sample_weight=None):
        return super().train_step(x, y, sample_weight)


class OwnLoss(nn.losses.MeanSquaredError):
    def call(self, y_true, y_pred):
        return super().call(y_true, y_pred) * float(np.mean(y_true))


UNKNOWN = {
    "dropout": (lambda: nn.Sequential([layers.Dropout(0.5), layers.Dense(3)]), "mse"),
    "moving averages": (
        lambda: nn.Sequential([layers.BatchNormalization(), layers.Dense(3)]),
        "mse",
    ),
    "a layer of one's own": (lambda: nn.Sequential([Doubled(3)]), "mse"),
    "a model of one's own": (lambda: Counting([layers.Dense(3)]), "mse"),
    "a loss of one's own": (lambda: dense("relu"), OwnLoss()),
    "a function as loss": (lambda: dense(), lambda y, p: ag.mean(ag.abs(y - p), axis=-1)),
    "a function as activation": (lambda: dense(activation=lambda z: z * 2), "mse"),
    "a penalty": (lambda: nn.Sequential([layers.Dense(3, kernel_regularizer="l2")]), "mse"),
    "a penalty on outputs": (
        lambda: nn.Sequential([layers.Dense(3, activity_regularizer="l2")]),
        "mse",
    ),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_the_unknown_runs_as_it_is_written(name, made):
    check_alike(*UNKNOWN[name], TARGETS)
    assert not made


def test_a_label_to_ignore_is_counted_in_each_batch(made):
    loss = nn.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=2)
    check_alike(dense, loss, LABELS)
    assert not made


def test_weights_of_samples_run_as_written(made):
    weight = RNG.random(70)
    check_alike(*NETS["classes"], sample_weight=weight)
    assert [r.steps for r in made] == [0]


def test_a_watched_training_runs_as_written(made):
    with ag.detect_anomaly():
        check_alike(*NETS["classes"])
    assert [r.steps for r in made] == [0]


def test_a_large_step_is_not_traced(made, monkeypatch):
    monkeypatch.setattr(replay, "_MANY", 100)
    check_alike(*NETS["classes"])
    assert [r.steps for r in made] == [0]


class Liar(layers.Layer):
    """Says that it replays, and hides a number of the batch from the list."""

    _replays = True

    def call(self, x):
        return x * float(ag.max(x))


def test_a_list_that_gives_other_bits_is_never_used(made):
    check_alike(lambda: nn.Sequential([layers.Dense(4), Liar(), layers.Dense(3)]), "mse", TARGETS)
    assert [r.steps for r in made] == [0]


# What is changed in the middle of a training counts from then on.


def between(change):
    """A callback that changes something before the 8th step."""

    class Change(nn.callbacks.Callback):
        step = 0

        def on_train_batch_begin(self, batch, logs=None):
            self.step += 1
            if self.step == 8:
                change(self.model)

    return Change


def set_weights(model):
    model.set_weights([np.ones_like(w) for w in model.get_weights()])


def replace_weights(model):
    kernel = model.layers[0].kernel
    kernel.data = kernel.data * 2


def set_activation(model):
    model.layers[0].activation = nn.activations.tanh


def set_own_activation(model):
    model.layers[0].activation = lambda z: z * float(ag.max(z))


def freeze(model):
    model.layers[0].trainable = False


def freeze_one(model):
    model.layers[0].bias.requires_grad = False


def hook(model):
    model.layers[0].kernel.register_hook(lambda g: g * 0.5)


def set_loss(model):
    model.loss.settings["label_smoothing"] = 0.3


def set_rate(model):
    model.optimizer.learning_rate = 0.1


CHANGES = (
    set_weights,
    replace_weights,
    set_activation,
    set_own_activation,
    freeze,
    freeze_one,
    hook,
    set_loss,
    set_rate,
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda f: f.__name__)
def test_a_change_between_steps_counts(change, made):
    check_alike(*NETS["one-hot"][:3], callbacks=[between(change)])
    assert 0 < made[0].steps < STEPS
    unchanged, _ = trained(*NETS["one-hot"][:3], eager=False)
    changed, _ = trained(*NETS["one-hot"][:3], eager=False, callbacks=[between(change)])
    assert unchanged != changed


def test_parameters_that_the_optimizer_does_not_clear_gather_gradients():
    def make():
        net = dense("relu")
        net.build((None, 4))
        return net

    def gathered(eager):
        ag.set_seed(0)
        net = make()
        net.compile(nn.optimizers.SGD(net.layers[1].parameters(), 0.1), "mse", run_eagerly=eager)
        net.fit(X, TARGETS, BATCH, EPOCHS, verbose=0)
        return net.layers[0].kernel.grad.data

    np.testing.assert_array_equal(gathered(eager=False), gathered(eager=True))


def test_gradients_are_there_for_callbacks(made):
    seen = []

    class Look(nn.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(self.model.layers[0].kernel.grad.data.copy())

    check_alike(*NETS["classes"], callbacks=[Look])
    for a, b in zip(seen[:STEPS], seen[STEPS:], strict=True):
        np.testing.assert_array_equal(a, b)
    assert made[0].steps == REPLAYED
