"""MultiHeadAttention against Keras': outputs, weights, gradients, from reference/attention.npz."""

import numpy as np
import pytest
from reference import packed

import autograd_lite as ag
import nn

ROWS, FILE = packed.load("attention.npz")


def named(row):
    return f"{len(row['inputs'])}-{row['causal']}-{row['masks']}-{row['settings']}"


@pytest.mark.parametrize("row", ROWS, ids=named)
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
        np.testing.assert_allclose(ours, theirs, 1e-10, 1e-12, err_msg="gradients")
