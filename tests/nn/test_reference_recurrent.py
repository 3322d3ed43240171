"""Recurrent layers against Keras': outputs, states and gradients, from reference/recurrent.npz."""

import json
from pathlib import Path

import numpy as np
import pytest

import autograd_lite as ag
import nn

FILE = np.load(Path(__file__).parents[1] / "reference" / "recurrent.npz")


def load():
    """The rows of the file, their arrays in place of shapes."""
    rows, at = json.loads(FILE["index"].tobytes()), 0
    for row in rows:
        for kind, shapes in row.pop("shapes").items():
            row[kind] = []
            for shape in shapes:
                size = int(np.prod(shape))
                row[kind].append(FILE["values"][at : at + size].reshape(shape))
                at += size
    assert at == FILE["values"].size
    return rows


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


@pytest.mark.parametrize("row", load(), ids=named)
def test_outputs_and_gradients_are_keras(row):
    layer, inputs, outputs = run(row)
    for ours, theirs in zip(outputs, row["outputs"], strict=True):
        np.testing.assert_allclose(ours.data, theirs, rtol=1e-10, atol=1e-12)
    total = sum((o * s).sum() for o, s in zip(outputs, row["seeds"], strict=True))
    total.backward()
    found = [t.grad.data for t in (*inputs, *layer.parameters())]
    for ours, theirs in zip(found, row["gradients"], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)
