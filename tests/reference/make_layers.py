"""Writes layers.npz: what Keras' layers, regularizers and constraints do, in float64.

Run by hand where Keras and JAX are installed::

    KERAS_BACKEND=jax JAX_ENABLE_X64=1 python tests/reference/make_layers.py

The cases are those of layer_cases.py. Of each there is the output and, flat in one array, the
gradients of ``sum(output * values)`` by the inputs and the trained weights, and the states after
training. With PyTorch behind it Keras computes products in float32.
"""

from pathlib import Path

import jax
import jax.numpy as jnp
import keras
import numpy as np
from keras.src import backend
from keras.src.backend.common import dtypes
from layer_cases import (
    CASES,
    CONSTRAINTS,
    MATRIX,
    NUMBERS,
    OF_NUMBERS,
    REGULARIZERS,
    values,
    weight,
)

keras.config.set_floatx("float64")
# Keras' own makes float32 of float64 and float32.
types = dtypes.result_type
backend.result_type = dtypes.result_type = lambda *given: (
    "float64" if "float64" in map(str, given) else types(*given)
)


def made(name, settings, inputs, dtype="float64"):
    """A layer whose weights have the values of the formula, and those that are trained."""
    layer = getattr(keras.layers, name)(**settings, dtype=dtype)
    layer(inputs)
    for seed, w in enumerate(layer.weights):
        w.assign(weight(w.path, w.shape, seed))
    states = [w.value for w in layer.non_trainable_weights]
    return layer, [w.value for w in layer.trainable_weights], states


def of_case(case):
    inputs = [values(shape, seed) for seed, shape in enumerate(case.shapes)]
    alone = len(inputs) == 1
    layer, trained, states = made(case.name, case.settings, inputs[0] if alone else inputs)
    kwargs = {"training": True} if case.training else {}

    def output(inputs, trained, states):
        given = inputs[0] if alone else inputs
        return layer.stateless_call(trained, states, given, **kwargs)

    for _ in range(case.calls - 1):
        _, states = output(inputs, trained, states)

    def loss(inputs, trained):
        y, _ = output(inputs, trained, states)
        return (y * values(y.shape, 99)).sum()

    by_inputs, by_weights = jax.grad(loss, (0, 1))(inputs, trained)
    y, after = output(inputs, trained, states)
    return [y, *by_inputs, *by_weights, *(after if case.training else [])]


def of_numbers(name, settings):
    dtype = "int32" if name == "Discretization" else "float64"
    layer, trained, states = made(name, settings, NUMBERS, dtype)

    def loss(trained):
        y, _ = layer.stateless_call(trained, states, NUMBERS)
        return (y * values(y.shape, 99)).sum()

    return [layer(NUMBERS), *(jax.grad(loss)(trained) if trained else [])]


def of_regularizer(name, settings):
    regularizer = getattr(keras.regularizers, name)(**settings)
    x = jnp.asarray(MATRIX)
    return [regularizer(x), jax.grad(regularizer)(x)]


def of_constraint(name, settings):
    return [getattr(keras.constraints, name)(**settings)(jnp.asarray(MATRIX))]


def main():
    found = {f"layer{n}": of_case(case) for n, case in enumerate(CASES)}
    found |= {f"numbers{n}": of_numbers(*case) for n, case in enumerate(OF_NUMBERS)}
    found |= {f"regularizer{n}": of_regularizer(*case) for n, case in enumerate(REGULARIZERS)}
    found |= {f"constraint{n}": of_constraint(*case) for n, case in enumerate(CONSTRAINTS)}
    arrays = {}
    for key, (output, *rest) in found.items():
        arrays[key] = np.asarray(output)
        arrays[f"{key} more"] = np.concatenate([np.ravel(a) for a in rest] or [[]])
    assert {n for n, a in arrays.items() if a.dtype != np.float64} == {"numbers4"}
    np.savez_compressed(Path(__file__).with_name("layers.npz"), **arrays)


if __name__ == "__main__":
    main()
