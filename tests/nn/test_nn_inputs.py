"""`Input`: its shape, and what it is among layers."""

import numpy as np
import pytest

import nn
from nn import layers


def test_an_input_is_its_own_output():
    x = nn.Input((3,))
    model = nn.Model(x, layers.Dense(2)(layers.Dense(4)(x)))
    features = nn.Model(model.input, [layer.output for layer in model.layers])
    assert [y.shape for y in features(np.zeros((5, 3)))] == [(5, 3), (5, 4), (5, 2)]
    assert x.input is x.output is x


def test_the_shape_of_a_batch():
    assert nn.Input(batch_shape=(4, None, 2)).shape == (4, None, 2)
    model = nn.Sequential([nn.Input(batch_shape=(4, 5, 2)), layers.LSTM(3, stateful=True)])
    again = nn.Sequential.from_config(model.get_config())
    assert again.input_shape == (4, 5, 2)
    assert again.predict(np.zeros((8, 5, 2)), batch_size=4, verbose=0).shape == (8, 3)


@pytest.mark.parametrize(
    "settings", [{"shape": (3,), "batch_shape": (1, 3)}, {"batch_shape": 3}, {"shape": None}]
)
def test_one_shape_of_an_input(settings):
    with pytest.raises(ValueError, match=r"Input: bad (shape|`shape`)"):
        nn.Input(**settings)
