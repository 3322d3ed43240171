"""Writes attention.npz: outputs, weights and gradients of Keras' MultiHeadAttention, in float64.

By hand, where Keras is installed: ``KERAS_BACKEND=torch python tests/reference/make_attention.py``.
"""

import json
from pathlib import Path

import keras
import numpy as np
import torch

BATCH, N, M, FEATURES = 2, 3, 4, 5
# Settings; how many of query, value and key differ; names of masks; whether causal.
CASES = [
    ({"num_heads": 2, "key_dim": 3}, 1, [], False),
    ({"num_heads": 2, "key_dim": 3}, 1, [], True),
    ({"num_heads": 2, "key_dim": 3}, 2, [], False),
    ({"num_heads": 2, "key_dim": 3, "value_dim": 2}, 3, [], True),
    ({"num_heads": 3, "key_dim": 2, "use_bias": False, "output_shape": 4}, 2, [], False),
    ({"num_heads": 2, "key_dim": 3, "output_shape": (2, 3)}, 2, [], False),
    ({"num_heads": 2, "key_dim": 3}, 2, ["attention_mask"], False),
    ({"num_heads": 2, "key_dim": 3}, 2, ["query_mask", "value_mask"], False),
    ({"num_heads": 2, "key_dim": 3}, 3, ["key_mask", "attention_mask"], True),
]
MASKS = {
    "query_mask": np.array([[True, True, False], [True, True, True]]),
    "value_mask": np.array([[True, True, True, False], [True, False, True, True]]),
    "key_mask": np.array([[True, True, False, False], [True, False, True, True]]),
    # Row 1 of the first attends to nothing.
    "attention_mask": np.array(
        [
            [[True, False, True, True], [False] * 4, [True] * 4],
            [[True] * 4, [False, True, True, False], [True, False, False, False]],
        ]
    ),
}


def numbers(rng, *shape):
    """Draws of few digits, which are small in a file."""
    return np.round(rng.normal(size=shape), 2)


def run(layer, rng, count, masks, causal):
    """Inputs, what comes out, and the gradients of a weighted sum of it."""
    lengths = (N,) if count == 1 else (N, M, M)[:count]
    inputs = [
        torch.tensor(numbers(rng, BATCH, n, FEATURES + i), requires_grad=True)
        for i, n in enumerate(lengths)
    ]
    given = inputs * 2 if count == 1 else inputs
    options = {name: torch.tensor(MASKS[name]) for name in masks}
    options |= {"use_causal_mask": causal, "return_attention_scores": True}
    options.pop("query_mask", None)
    layer(*given)
    layer.set_weights([numbers(rng, *w.shape) for w in layer.get_weights()])
    if "query_mask" in masks:  # which Keras takes from the tensor only
        inputs[0]._keras_mask = torch.tensor(MASKS["query_mask"])
    out, scores = layer(*given, **options)
    seeds = [numbers(rng, *out.shape), numbers(rng, *scores.shape)]
    sum((o * torch.tensor(s)).sum() for o, s in zip((out, scores), seeds, strict=True)).backward()
    return {
        "inputs": [t.detach().numpy() for t in inputs],
        "weights": layer.get_weights(),
        "outputs": [out.detach().numpy(), scores.detach().numpy()],
        "seeds": seeds,
        "gradients": [t.grad.numpy() for t in (*inputs, *(w.value for w in layer.weights))],
    }


def main():
    """Write the file: all numbers in one array, and what they are in JSON."""
    keras.config.set_floatx("float64")
    rng = np.random.default_rng(7)
    index, values = [], []
    for settings, count, masks, causal in CASES:
        layer = keras.layers.MultiHeadAttention(**settings)
        found = run(layer, rng, count, masks, causal)
        shapes = {kind: [a.shape for a in arrays] for kind, arrays in found.items()}
        values += [a.ravel() for arrays in found.values() for a in arrays]
        row = {"settings": settings, "masks": masks, "causal": causal}
        index.append(row | {"shapes": shapes})
    path = Path(__file__).with_name("attention.npz")
    text = np.frombuffer(json.dumps(index).encode(), np.uint8)
    np.savez_compressed(path, index=text, values=np.concatenate(values), **MASKS)
    print(path, path.stat().st_size)


main()
