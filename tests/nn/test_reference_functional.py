"""A graph with several inputs and outputs against Keras: outputs, history, weights after training.

The numbers are tests/reference/make_functional.py's, computed in float32.
"""

from pathlib import Path

import numpy as np
import pytest

import nn
from nn import layers

FILE = Path(__file__).parents[1] / "reference" / "functional.npz"


@pytest.fixture(scope="module")
def keras():
    with np.load(FILE, allow_pickle=False) as file:
        return dict(file)


@pytest.fixture
def model(keras):
    left, right = nn.Input((3,), name="left"), nn.Input((2,), name="right")
    shared = layers.Dense(4, activation="tanh", name="shared")
    h = shared(layers.Dense(3, name="p")(left))
    z = h + layers.Dense(4, name="q")(right) * 2 - shared(left)
    start = nn.Input((4,))
    inner = layers.Dense(5, name="first")(start)
    inner = nn.Model(start, layers.Dense(4, "relu", name="second")(inner), name="inner")
    r = inner(inner(z)) + z
    a = layers.Dense(1, name="a")(r)
    b = layers.Dense(2, name="b")(np.concatenate([h, r], axis=-1))
    c = layers.Dense(2, activation="softmax", name="c")(r[:, :3])
    net = nn.Model([left, right], [a, b, c])
    net.set_weights(part(keras, "before_"))
    return net


def part(arrays, prefix):
    return [a for name, a in arrays.items() if name.startswith(prefix)]


def test_outputs(model, keras):
    out = model.predict(part(keras, "x_"), verbose=0)
    for ours, theirs in zip(out, part(keras, "out_"), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def test_history_and_weights(model, keras):
    x, y, w = (part(keras, prefix) for prefix in ("x_", "y_", "w_"))
    model.compile(
        nn.optimizers.SGD(learning_rate=0.02),
        loss={"a": "mse", "b": "mae", "c": "sparse_categorical_crossentropy"},
        metrics={"a": ["mae"], "c": ["accuracy"]},
        weighted_metrics={"b": ["mse"]},
        loss_weights={"b": 0.5, "c": 2.0},
    )
    history = model.fit(
        x, y, 4, epochs=3, shuffle=False, verbose=0, sample_weight=w, validation_data=(x, y)
    ).history
    theirs = {k.removeprefix("history_"): v for k, v in keras.items() if k.startswith("history_")}
    assert set(history) == set(theirs)
    for name, values in theirs.items():
        np.testing.assert_allclose(history[name], values, rtol=1e-5, err_msg=name)
    for ours, after in zip(model.get_weights(), part(keras, "after_"), strict=True):
        np.testing.assert_allclose(ours, after, rtol=1e-5, atol=1e-6)
