"""Models as Keras' programs use them: what they say of themselves, and models within models."""

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn.layers import Dense

X = np.ones((4, 3), np.float32)


def test_version():
    assert nn.__version__ == ag.__version__


def test_metrics_names_are_those_of_evaluate():
    model = nn.Sequential([nn.Input((3,)), Dense(2)])
    assert model.metrics_names == []
    model.compile("sgd", "mse", metrics=["MAE", "RootMeanSquaredError"], weighted_metrics=["mse"])
    logs = model.evaluate(X, X[:, :2], verbose=0, return_dict=True)
    assert model.metrics_names == list(logs) == ["loss", "MAE", "RootMeanSquaredError", "mse"]


def test_metrics_names_of_several_outputs():
    x = nn.Input((3,))
    model = nn.Model(x, [Dense(1, name="a")(x), Dense(2, name="b")(x)])
    model.compile("sgd", ["mse", "mse"], metrics=[["mae"], ["mae"]])
    y = [X[:, :1], X[:, :2]]
    logs = model.evaluate(X, y, verbose=0, return_dict=True)
    assert model.metrics_names == list(logs)


def test_input_shape():
    x, y = nn.Input((3,)), nn.Input((2,))
    assert nn.Model(x, Dense(1)(x)).input_shape == (None, 3)
    assert nn.Model([x, y], nn.layers.concatenate([x, y])).input_shape == [(None, 3), (None, 2)]
    model = nn.Sequential([Dense(2)])
    assert model.input_shape is None
    model(X)
    assert model.input_shape == (None, 3)
    assert nn.Sequential([Dense(2, input_shape=(5,))]).input_shape == (None, 5)


def test_summary_of_what_is_trained():
    lines = []
    model = nn.Sequential([nn.Input((3,)), Dense(2, trainable=False), Dense(1)])
    model.summary(print_fn=lines.append, show_trainable=True, line_length=70)
    rows = lines[0].splitlines()
    assert rows[1].endswith("Params  Trainable") and rows[2] == "-" * 70
    assert [row[-1] for row in rows[3:6]] == ["Y", "N", "Y"]
    model.summary(None, False)


def test_symbols_of_a_sequential_are_no_layers_of_it():
    model = nn.Sequential([nn.Input((3,)), Dense(2)])
    before = list(model.sublayers())
    assert model.output.shape == (None, 2) and list(model.sublayers()) == before


def test_features_of_a_sequential_that_was_called_on_a_symbol():
    model = nn.Sequential([Dense(4, activation="relu"), Dense(2)])
    nn.Model(x := nn.Input((3,)), model(x))
    features = nn.Model(model.inputs, [layer.output for layer in model.layers])
    hidden, out = features(X)
    np.testing.assert_array_equal(hidden.data, model.layers[0](X).data)
    np.testing.assert_array_equal(out.data, model(X).data)


def built_by_a_call():
    model = nn.Sequential([Dense(4)])
    model(X)
    return model


def functional():
    x = nn.Input((3,))
    return nn.Model(x, Dense(4)(x))


@pytest.mark.parametrize(
    "make", [lambda: nn.Sequential([nn.Input((3,)), Dense(4)]), built_by_a_call, functional]
)
def test_a_built_model_first_builds_what_follows(make):
    top = nn.Sequential()
    top.add(make())
    top.add(Dense(1))
    assert top.layers[1].kernel.shape == (4, 1) and top.output_shape == (None, 1)
    assert top(X).shape == (4, 1)


def test_output_shape_after_add_and_pop():
    model = nn.Sequential([nn.Input((3,)), Dense(2)])
    model.add(Dense(5))
    assert model.output_shape == (None, 5)
    model.pop()
    assert model.output_shape == (None, 2)
