"""Layers, regularizers and constraints give what Keras gives, to the rounding of float64."""

from pathlib import Path

import numpy as np
import pytest
from reference.layer_cases import (
    CASES,
    CONSTRAINTS,
    MATRIX,
    NUMBERS,
    OF_NUMBERS,
    REGULARIZERS,
    values,
    weight,
)

import autograd_lite as ag
from nn import constraints, layers, regularizers

FILE = Path(__file__).parents[1] / "reference" / "layers.npz"


@pytest.fixture(scope="module")
def keras():
    with np.load(FILE) as file:
        return dict(file)


@pytest.fixture(autouse=True)
def float64():
    before = ag.get_default_dtype()
    ag.set_default_dtype(np.float64)
    yield
    ag.set_default_dtype(before)


def built(layer, inputs):
    layer(inputs)
    named = list(layer.named_parameters())
    layer.set_weights([weight(name, p.shape, seed) for seed, (name, p) in enumerate(named)])
    return layer.parameters()


def gradients(y, tensors):
    (y * values(y.shape, 99)).sum().backward()
    return [t.grad.data for t in tensors if t.grad is not None]


def compare(ours, keras, key, tolerance=1e-12):
    y, *rest = (a.data if isinstance(a, ag.Tensor) else a for a in ours)
    assert y.shape == keras[key].shape
    np.testing.assert_allclose(y, keras[key], rtol=tolerance, atol=tolerance)
    flat = np.concatenate([np.ravel(a) for a in rest] or [[]])
    more = keras[f"{key} more"]
    np.testing.assert_allclose(flat, more, tolerance, tolerance, err_msg="gradients, or states")


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda n: f"{n}-{CASES[n].name}")
def test_layers(number, keras):
    case = CASES[number]
    settings = dict(case.settings)
    trainable = settings.pop("trainable", True)
    layer = getattr(layers, case.name)(**settings)
    layer.trainable = trainable
    arrays = [values(shape, seed) for seed, shape in enumerate(case.shapes)]
    inputs = [ag.Tensor(a, requires_grad=True) for a in arrays]
    given = inputs[0] if len(inputs) == 1 else inputs
    parameters = built(layer, given)
    for _ in range(case.calls):
        y = layer(given, training=case.training)
    ours = [y, *gradients(y, [*inputs, *parameters])]
    if case.training:
        ours += [p.data for p in parameters if not p.requires_grad]
    compare(ours, keras, f"layer{number}")


@pytest.mark.parametrize("number", range(len(OF_NUMBERS)), ids=lambda n: OF_NUMBERS[n][0])
def test_layers_of_numbers(number, keras):
    name, settings = OF_NUMBERS[number]
    layer = getattr(layers, name)(**settings)
    parameters = built(layer, NUMBERS)
    y = layer(NUMBERS)
    ours = [y, *(gradients(y, parameters) if parameters else [])]
    compare(ours, keras, f"numbers{number}")


@pytest.mark.parametrize("number", range(len(REGULARIZERS)), ids=lambda n: REGULARIZERS[n][0])
def test_regularizers(number, keras):
    name, settings = REGULARIZERS[number]
    x = ag.Tensor(MATRIX, requires_grad=True)
    y = getattr(regularizers, name)(**settings)(x)
    y.backward()
    compare([y, x.grad.data], keras, f"regularizer{number}")


@pytest.mark.parametrize("number", range(len(CONSTRAINTS)), ids=lambda n: CONSTRAINTS[n][0])
def test_constraints(number, keras):
    name, settings = CONSTRAINTS[number]
    compare([getattr(constraints, name)(**settings)(MATRIX)], keras, f"constraint{number}")
