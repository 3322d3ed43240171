"""Recurrent layers against Keras': outputs, states and gradients, from reference/recurrent.npz."""

import numpy as np
import pytest
from reference import packed

import autograd_lite as ag
import nn

ROWS, FILE = packed.load("recurrent.npz")


def named(row):
    return f"{row['layer']}-{row['merge']}-{row['masked']}-{row['settings']}"


def made(row):
    layer = getattr(nn.layers, row["layer"])(2, **row["settings"])
    return layer if row["merge"] == "alone" else nn.layers.Bidirectional(layer, row["merge"])


def run(row):
    layer = made(row)
    layer(row["inputs"][0])
    for parameter, weight in zip(layer.parameters(), row["weights"], strict=True):
        parameter.data = weight.copy()
    x, *states = (ag.Tensor(a, requires_grad=True) for a in row["inputs"])
    given = {"mask": FILE["mask"]} if row["masked"] else {}
    if states:
        given["initial_state"] = states
    out = layer(x, **given)
    return layer, [x, *states], list(out) if isinstance(out, tuple) else [out]


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_outputs_and_gradients_are_keras(row):
    layer, inputs, outputs = run(row)
    for ours, theirs in zip(outputs, row["outputs"], strict=True):
        np.testing.assert_allclose(ours.data, theirs, rtol=1e-10, atol=1e-12)
    total = sum((o * s).sum() for o, s in zip(outputs, row["seeds"], strict=True))
    total.backward()
    found = [t.grad.data for t in (*inputs, *layer.parameters())]
    for ours, theirs in zip(found, row["gradients"], strict=True):
        np.testing.assert_allclose(ours, theirs, 1e-10, 1e-12, err_msg="gradients")
