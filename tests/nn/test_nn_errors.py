"""Bad input to a model is refused before any work, and the message says how to mend it."""

import warnings

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn import layers, losses

X = np.random.default_rng(0).standard_normal((20, 4)).astype(np.float32)
LABELS = np.arange(20) % 3
ONE_HOT = np.eye(3)[LABELS]


def model(loss="sparse_categorical_crossentropy", units=3, activation="softmax", built=True):
    ag.set_seed(0)
    net = nn.Sequential([layers.Dense(5, "relu"), layers.Dense(units, activation)])
    if built:
        net.build((None, 4))
    net.compile("sgd", loss, metrics=["accuracy"])
    return net


NAN = np.where(np.arange(20) == 3, np.nan, 0.0)
# loss, units, x, y, settings of fit, error, text
BAD = {
    "lengths": ("mse", 3, X, ONE_HOT[:19], {}, ValueError, r"x \(20, 4\), y \(19, 3\)"),
    "no samples": ("mse", 3, X[:0], ONE_HOT[:0], {}, ValueError, "fit: no samples"),
    "no targets": ("mse", 3, X, None, {}, TypeError, "y is None"),
    "text": (
        "mse",
        3,
        np.array(["a"] * 20),
        ONE_HOT,
        {},
        TypeError,
        "not an array of real numbers",
    ),
    "label too large": (None, 2, X, LABELS, {}, ValueError, r"from 0 to 2(?s:.*)fix:      units=3"),
    "negative label": (
        None,
        3,
        X,
        LABELS - 1,
        {},
        ValueError,
        "from -1 to 1(?s:.*)without a class",
    ),
    "labels from 1": (
        None,
        3,
        X,
        LABELS + 1,
        {},
        ValueError,
        "to 3(?s:.*)fix:      y - 1(?s:.*)=4",
    ),
    "uint8 label": (None, 3, X, np.uint8(LABELS + 253), {}, ValueError, "to 255(?s:.*)units=256"),
    "float labels": (None, 3, X, LABELS / 2, {}, TypeError, r"\(20,\) of float64(?s:.*)astype"),
    "float one-hot labels": (None, 3, X, ONE_HOT, {}, TypeError, 'fix:      loss="categorical_cr'),
    "texts as labels": (None, 3, X, LABELS.astype(str), {}, TypeError, "return_inverse=True"),
    "one-hot labels": (None, 3, X, ONE_HOT.astype(int), {}, ValueError, "categorical_crossentropy"),
    "label rows": ("categorical_crossentropy", 3, X, LABELS, {}, ValueError, "sparse_categorical"),
    "target columns": ("mse", 2, X, ONE_HOT, {}, ValueError, r"y_true \(20, 3\), y_pred \(20, 2\)"),
    "not probabilities": (
        "binary_crossentropy",
        3,
        X,
        ONE_HOT * 2,
        {},
        ValueError,
        "from 0.0 to 2.0(?s:.*)for integer labels",
    ),
    "NaN targets": ("binary_crossentropy", 1, X, NAN, {}, ValueError, "from nan to nan"),
    "features": ("mse", 3, X[:, :3], ONE_HOT, {}, ValueError, r"input \(1, 3\), kernel \(4, 5\)"),
    "rank": (
        "mse",
        3,
        X[:, 0],
        ONE_HOT,
        {},
        ValueError,
        r"\(1,\), kernel \(4, 5\)(?s:.*)\(1, -1\)",
    ),
    "batch size 0": (None, 3, X, LABELS, {"batch_size": 0}, ValueError, "fit: bad `batch_size`"),
    "batch size 1.5": (None, 3, X, LABELS, {"batch_size": 1.5}, ValueError, r"got:      1\.5"),
    "batch size 8.0": (
        None,
        3,
        X,
        LABELS,
        {"batch_size": 8.0},
        ValueError,
        "fix:      batch_size=8",
    ),
    "batch size '8'": (
        None,
        3,
        X,
        LABELS,
        {"batch_size": "8"},
        ValueError,
        "fix:      batch_size=8",
    ),
    "first epoch -1": (None, 3, X, LABELS, {"initial_epoch": -1}, ValueError, "an integer, 0 or"),
    "first epoch '1'": (None, 3, X, LABELS, {"initial_epoch": "1"}, ValueError, "initial_epoch=1"),
    "epochs": (None, 3, X, LABELS, {"epochs": -1}, ValueError, "fit: bad `epochs`"),
    "epochs True": (None, 3, X, LABELS, {"epochs": True}, ValueError, "got:      True"),
    "verbose": (None, 3, X, LABELS, {"verbose": "loud"}, ValueError, "bad `verbose`"),
    "split 1": (None, 3, X, LABELS, {"validation_split": 1}, ValueError, r"in \[0, 1\)"),
    "split tiny": (None, 3, X, LABELS, {"validation_split": 1e-20}, ValueError, "without samples"),
    "validation data": (None, 3, X, LABELS, {"validation_data": X}, TypeError, r"\(x, y\) or"),
    "validation y": (
        None,
        3,
        X,
        LABELS,
        {"validation_data": (X, LABELS[:5])},
        ValueError,
        r"fit: validation_data: lengths differ(?s:.*)y \(5,\)",
    ),
    "validation labels": (
        None,
        3,
        X,
        LABELS,
        {"validation_data": (X, LABELS + 1)},
        ValueError,
        "values from 1 to 3",
    ),
    "weights": (None, 3, X, LABELS, {"sample_weight": np.ones(3)}, ValueError, r"_weight \(3,\)"),
    "class weights": ("mse", 3, X, ONE_HOT, {"class_weight": {0: 1.0}}, ValueError, "not classes"),
    "both weights": (
        None,
        3,
        X,
        LABELS,
        {"class_weight": {0: 1.0}, "sample_weight": np.ones(20)},
        ValueError,
        "both `class_weight` and `sample_weight`",
    ),
    "callbacks": (None, 3, X, LABELS, {"callbacks": [print]}, TypeError, "not a callback"),
}


@pytest.mark.parametrize("case", BAD)
def test_fit_refuses_before_any_work(case):
    loss, units, x, y, settings, error, text = BAD[case]
    activation = "softmax" if units > 1 else "sigmoid"
    net = model(loss or "sparse_categorical_crossentropy", units, activation)
    before = net.get_weights()
    with pytest.raises(error, match=text):
        net.fit(x, y, **{"verbose": 0, **settings})
    assert net.optimizer.iterations == 0
    for old, new in zip(before, net.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


IN_GENERAL = ("lengths", "no samples", "no targets", "text", "label too large", "features", "rank")


@pytest.mark.parametrize("method", ["evaluate", "train_on_batch", "test_on_batch"])
@pytest.mark.parametrize("case", IN_GENERAL)
def test_the_others_refuse_alike(method, case):
    loss, units, x, y, _, error, text = BAD[case]
    net = model(loss or "sparse_categorical_crossentropy", units)
    with pytest.raises(error, match=text.replace("fit:", f"{method}:")):
        getattr(net, method)(x, y)
    assert net.optimizer.iterations == 0


@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_compile_comes_first(method):
    net = nn.Sequential([layers.Dense(1)])
    with pytest.raises(RuntimeError, match=rf"{method}: the model is not compiled(?s:.*)compile\("):
        getattr(net, method)(X, X[:, 0])


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        (("rmspop", "mse"), ValueError, "compile: `optimizer`(?s:.*)did you mean 'rmsprop'"),
        (("sgd", "mean_square_error"), ValueError, "did you mean 'mean_squared_error'"),
        (("sgd", "mse", ["acuracy"]), ValueError, "`metrics`(?s:.*)did you mean 'accuracy'"),
        (("sgd", "mse", "accuracy"), TypeError, r"fix:      metrics=\['accuracy'\]"),
        (("sgd", "mse", [3]), TypeError, "neither a name nor callable"),
        ((3, "mse"), TypeError, "neither a name nor callable"),
        ((print, "mse"), TypeError, "an instance of nn's `Optimizer`"),
        (("sgd", 3), TypeError, "compile: `loss`: neither"),
        (("sgd", layers.Dense), TypeError, "an instance of nn's `Loss`"),
        (("sgd", losses.MeanSquaredError(reduction="none")), ValueError, "not reduced to a number"),
    ],
)
def test_compile_refuses(arguments, error, text):
    with pytest.raises(error, match=text):
        nn.Sequential([layers.Dense(1)]).compile(*arguments)


@pytest.mark.parametrize("name", ["SGD", "RMSprop", "Adam", "adam"])
def test_names_of_optimizers_in_any_case(name):
    net = nn.Sequential([layers.Dense(1)])
    net.compile(name, "mse")
    assert type(net.optimizer).__name__.lower() == name.lower()


def test_an_unbuilt_model_refuses_vectors():
    net = model(built=False)
    with pytest.raises(ValueError, match=r"the input has no features(?s:.*)reshape\(\(-1, 1\)\)"):
        net.fit(X[:, 0], LABELS, verbose=0)


def test_images_for_a_net_of_rows_name_flatten():
    net = model()
    net.fit(X, LABELS, verbose=0)
    with pytest.raises(ValueError, match=r"layers\.Flatten\(\) before it"):
        net.predict(X.reshape((20, 2, 2)), verbose=0)


@pytest.mark.parametrize("method", ["fit", "evaluate"])
def test_a_misfit_names_what_was_given(method):
    with pytest.raises(ValueError, match=rf"{method} was given x \(20, 3\)"):
        getattr(model(), method)(X[:, :3], LABELS)


def test_a_misfit_in_predict_names_what_was_given():
    with pytest.raises(ValueError, match=r"predict was given x \(4,\)") as error:
        model().predict(X[0])
    assert "fix:      rows of features, a single one too" in str(error.value)


@pytest.mark.parametrize("x", [3, np.float32(3.0), ag.tensor(3.0)])
def test_predict_refuses_a_number(x):
    with pytest.raises(ValueError, match=r"predict: `x` has no rows(?s:.*)a row for each sample"):
        model().predict(x)


@pytest.mark.parametrize("x", [None, "text", iter([1])])
def test_predict_refuses_what_is_no_array(x):
    with pytest.raises(TypeError, match="predict: bad `x`"):
        model().predict(x)


def test_sequential_takes_a_list_of_layers():
    with pytest.raises(TypeError, match=r"not a list(?s:.*)nn\.Sequential\(\[first, second\]\)"):
        nn.Sequential(layers.Dense(1))
    with pytest.raises(TypeError, match=r"fix:      Flatten\(\.\.\.\)"):
        nn.Sequential([layers.Flatten])
    with pytest.raises(TypeError, match=r'fix:      layers\.Activation\("relu"\)'):
        nn.Sequential([np.tanh])


@pytest.mark.parametrize(
    ("loss", "y"), [("sparse_categorical_crossentropy", LABELS), ("mse", LABELS * 1.0)]
)
def test_images_for_an_unbuilt_net_of_rows_name_flatten(loss, y):
    with pytest.raises(ValueError, match=r"y_pred \(20, 2, 3\)(?s:.*)layers\.Flatten\(\) first"):
        model(loss, built=False).fit(X.reshape((20, 2, 2)), y, verbose=0)


@pytest.mark.parametrize("size", [0, -1, 2.5, "8"])
def test_batch_sizes_of_evaluate_and_predict(size):
    net = model()
    with pytest.raises(ValueError, match="evaluate: bad `batch_size`"):
        net.evaluate(X, LABELS, size)
    with pytest.raises(ValueError, match="predict: bad `batch_size`"):
        net.predict(X, size)


def test_logits_twice_is_refused():
    net = model(losses.SparseCategoricalCrossentropy(from_logits=True))
    with pytest.raises(ValueError, match="from_logits=True, but these are probabilities"):
        net.fit(X, LABELS, verbose=0)


@pytest.mark.parametrize("method", ["fit", "train_on_batch"])
def test_nothing_to_train_is_warned_of_once(method):
    flat = nn.Sequential([layers.Flatten()])
    flat.compile("sgd", "mse")
    with pytest.warns(UserWarning, match="nothing to train: all parameters"):
        getattr(flat, method)(X, X + 2)
    assert getattr(flat, method)(X, X + 2) is not None


def test_what_is_frozen_is_not_trained_until_it_is_thawed():
    net = model()
    net.trainable = False
    with pytest.warns(UserWarning, match="nothing to train"):
        losses_seen = net.fit(X, LABELS, 20, epochs=2, verbose=0).history["loss"]
    assert losses_seen[0] == losses_seen[1] > 0
    assert net.optimizer.iterations == 0
    net.trainable = True
    assert net.fit(X, LABELS, 20, epochs=2, verbose=0).history["loss"][1] < losses_seen[0]


def test_adversaries_share_a_frozen_model():
    ag.set_seed(0)
    generator = nn.Sequential([nn.Input((2,)), layers.Dense(4)])
    critic = nn.Sequential([nn.Input((4,)), layers.Dense(3), layers.Dense(1, "sigmoid")])
    critic.compile("adam", "binary_crossentropy")
    critic.trainable = False
    noise = nn.Input((2,))
    both = nn.Model(noise, critic(generator(noise)))
    both.compile("adam", "binary_crossentropy")
    before = critic.get_weights()[0], generator.get_weights()[0]
    with pytest.warns(UserWarning, match="nothing to train"):
        first = critic.train_on_batch(X, np.ones(20))
    both.train_on_batch(X[:, :2], np.ones(20))
    assert critic.train_on_batch(X, np.ones(20)) == first
    np.testing.assert_array_equal(critic.get_weights()[0], before[0])
    assert np.all(generator.get_weights()[0] != before[1])
    critic.trainable = True
    critic.train_on_batch(X, np.ones(20))
    assert np.any(critic.get_weights()[0] != before[0])


@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_no_loss_at_all_is_refused(method):
    net = nn.Sequential([nn.Input((4,)), layers.Dense(1)])
    net.compile()
    with pytest.raises(ValueError, match=r"nothing to train on(?s:.*)compile\(loss="):
        getattr(net, method)(X, LABELS)
    assert net.optimizer.iterations == 0


def test_the_optimizer_of_another_model_is_refused():
    first, second = model(), model()
    first.fit(X, LABELS, verbose=0)
    second.compile(first.optimizer, "sparse_categorical_crossentropy")
    with pytest.raises(RuntimeError, match=r"nothing to train(?s:.*)a new optimizer"):
        second.fit(X, LABELS, verbose=0)


def test_overflow_is_warned_of_by_nothing_but_the_nan_loss():
    net = model()
    net.compile(nn.optimizers.SGD(learning_rate=1e30), "sparse_categorical_crossentropy")
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        net.fit(X, LABELS, 5, epochs=3, verbose=0)
    assert len(seen) == 1
    assert "the loss is NaN since epoch 1, step " in str(seen[0].message)


def test_a_nan_loss_is_warned_of_once_with_its_step():
    x = X.copy()
    x[13] = np.nan
    net = model()
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        history = net.fit(x, LABELS, 5, epochs=3, shuffle=False, verbose=0)
    assert [w.category for w in seen] == [RuntimeWarning]
    assert "the loss is NaN since epoch 1, step 3" in str(seen[0].message)
    assert seen[0].filename == __file__
    assert np.isnan(history.history["loss"]).all()
