"""MultiHeadAttention against Keras': outputs, weights, gradients, from reference/attention.npz."""

import json
from pathlib import Path

import numpy as np
import pytest

import autograd_lite as ag
import nn

FILE = np.load(Path(__file__).parents[1] / "reference" / "attention.npz")


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
    return f"{len(row['inputs'])}-{row['causal']}-{row['masks']}-{row['settings']}"


@pytest.mark.parametrize("row", load(), ids=named)
def test_outputs_and_gradients_are_keras(row):
    settings = dict(row["settings"])
    if isinstance(settings.get("output_shape"), list):
        settings["output_shape"] = tuple(settings["output_shape"])
    layer = nn.layers.MultiHeadAttention(**settings)
    inputs = [ag.Tensor(a, requires_grad=True) for a in row["inputs"]]
    given = inputs * 2 if len(inputs) == 1 else inputs
    layer(*given)
    for parameter, weight in zip(layer.parameters(), row["weights"], strict=True):
        parameter.data = weight.copy()
    masks = {name: FILE[name] for name in row["masks"]}
    outputs = layer(*given, **masks, use_causal_mask=row["causal"], return_attention_scores=True)
    for ours, theirs in zip(outputs, row["outputs"], strict=True):
        np.testing.assert_allclose(ours.data, theirs, rtol=1e-10, atol=1e-12)
    sum((o * s).sum() for o, s in zip(outputs, row["seeds"], strict=True)).backward()
    found = [t.grad.data for t in (*inputs, *layer.parameters())]
    for ours, theirs in zip(found, row["gradients"], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)
