"""Writes recurrent.npz: outputs, states and gradients of Keras' recurrent layers, in float64.

By hand, where Keras is installed: ``KERAS_BACKEND=torch python tests/reference/make_recurrent.py``.
"""

import json
from pathlib import Path

import keras
import numpy as np
import torch

BATCH, STEPS, FEATURES, UNITS = 2, 4, 3, 2
MASK = np.array([[False, True, False, True], [True, True, False, False]])
ALL = {"return_sequences": True, "return_state": True}
# Settings, whether masked, whether with first states.
CASES = [
    ({}, False, False),
    (ALL, False, False),
    (ALL | {"go_backwards": True}, False, False),
    (ALL, True, False),
    ({}, True, False),
    (ALL, False, True),
    (ALL | {"go_backwards": True}, True, True),
    ({"use_bias": False}, False, False),
    ({"activation": "relu", "return_sequences": True}, True, False),
]
BOTH = [({}, False), ({}, True), (ALL, False), (ALL, True)]
MERGES = ("concat", "sum", "mul", "ave", None)


def numbers(rng, *shape):
    """Draws of few digits, which are small in a file."""
    return np.round(rng.normal(size=shape), 2)


def product(a, b):
    """A matrix product in the dtype of its operands."""
    return torch.matmul(*map(keras.ops.convert_to_tensor, (a, b)))


def run(layer, rng, masked, count):
    """Inputs, what comes out, and the gradients of a weighted sum of it."""
    x = torch.tensor(numbers(rng, BATCH, STEPS, FEATURES), requires_grad=True)
    first = [torch.tensor(numbers(rng, BATCH, UNITS), requires_grad=True) for _ in range(count)]
    given = {"mask": torch.tensor(MASK)} if masked else {}
    if count:
        given["initial_state"] = first
    layer.build((BATCH, STEPS, FEATURES))
    layer.set_weights([numbers(rng, *w.shape) for w in layer.get_weights()])
    out = layer(x, **given)
    outputs = list(out) if isinstance(out, (list, tuple)) else [out]
    seeds = [numbers(rng, *o.shape) for o in outputs]
    sum((o * torch.tensor(s)).sum() for o, s in zip(outputs, seeds, strict=True)).backward()
    return {
        "inputs": [t.detach().numpy() for t in (x, *first)],
        "weights": layer.get_weights(),
        "outputs": [o.detach().numpy() for o in outputs],
        "seeds": seeds,
        "gradients": [t.grad.numpy() for t in (x, *first, *(w.value for w in layer.weights))],
    }


def cases():
    """What is run: the layer's name, its settings, how it is merged, masked or not, states."""
    for name in ("SimpleRNN", "LSTM", "GRU"):
        for settings, masked, states in CASES:
            yield name, settings, "alone", masked, states * (1 + (name == "LSTM"))
        for settings, masked in BOTH:
            for merge in MERGES if name == "LSTM" else MERGES[:1]:
                yield name, settings, merge, masked, 0
    for settings, masked, states in CASES:
        yield "GRU", settings | {"reset_after": False}, "alone", masked, int(states)
    yield "LSTM", {"recurrent_activation": "softsign"}, "alone", False, 0
    yield "LSTM", {"unit_forget_bias": False, "activation": "gelu"}, "alone", True, 0


def main():
    """Write the file: all numbers in one array, and what they are in JSON."""
    keras.config.set_floatx("float64")
    # Keras' own rounds float64 to float32 with this backend.
    keras.src.ops.matmul = product
    rng = np.random.default_rng(7)
    index, values = [], []
    for name, settings, merge, masked, count in cases():
        layer = getattr(keras.layers, name)(UNITS, **settings)
        if merge != "alone":
            layer = keras.layers.Bidirectional(layer, merge_mode=merge)
        found = run(layer, rng, masked, count)
        shapes = {kind: [a.shape for a in arrays] for kind, arrays in found.items()}
        values += [a.ravel() for arrays in found.values() for a in arrays]
        row = {"layer": name, "settings": settings, "merge": merge, "masked": masked}
        index.append(row | {"shapes": shapes})
    path = Path(__file__).with_name("recurrent.npz")
    text = np.frombuffer(json.dumps(index).encode(), np.uint8)
    np.savez_compressed(path, index=text, values=np.concatenate(values), mask=MASK)
    print(path, path.stat().st_size)


main()
