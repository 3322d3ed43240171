"""Writes masks.npz: what Keras makes of padding, from Embedding and Masking to loss and metrics.

By hand, where Keras is installed: ``KERAS_BACKEND=torch python tests/reference/make_masks.py``.
All in float64: outputs, their masks, losses, gradients, metrics, and some epochs of training.
"""

import json
import sys
from pathlib import Path

import keras
import numpy as np
import torch
from keras.src.backend.common import dtypes

IDS = np.array([[1, 2, 0, 0], [3, 0, 2, 1], [2, 2, 1, 3]])
OTHER = np.array([[2, 0, 1, 0], [1, 1, 0, 0], [3, 2, 1, 1]])
EMBED = ["Embedding", {"input_dim": 4, "output_dim": 2, "mask_zero": True}]
PLAIN = ["Embedding", {"input_dim": 4, "output_dim": 2}]
MASK = ["Masking", {"mask_value": -1.0}]
ALL = {"return_sequences": True}
RNN = ["SimpleRNN", {"units": 2} | ALL]
BOTH = {"forward": ["LSTM", {"units": 2} | ALL], "merge_mode": "concat"}
# One layer after the other.
CHAINS = [
    [EMBED],
    [MASK],
    [EMBED, ["Dense", {"units": 3, "activation": "tanh"}]],
    [EMBED, ["Activation", {"activation": "relu"}]],
    [EMBED, ["ReLU", {}]],
    [EMBED, ["LeakyReLU", {}]],
    [EMBED, ["PReLU", {}]],
    [EMBED, ["ELU", {}]],
    [EMBED, ["Identity", {}]],
    [EMBED, ["Rescaling", {"scale": 2.0}]],
    [EMBED, ["Dropout", {"rate": 0.5}]],
    [EMBED, ["SpatialDropout1D", {"rate": 0.5}]],
    [EMBED, ["GaussianNoise", {"stddev": 0.5}]],
    [EMBED, ["GaussianDropout", {"rate": 0.5}]],
    [EMBED, ["AlphaDropout", {"rate": 0.5}]],
    [EMBED, ["ActivityRegularization", {"l2": 0.5}]],
    [EMBED, ["LayerNormalization", {}]],
    [EMBED, ["UnitNormalization", {}]],
    [EMBED, ["GroupNormalization", {"groups": 1}]],
    [EMBED, ["BatchNormalization", {}]],
    [MASK, ["BatchNormalization", {"momentum": 0.5}]],
    [EMBED, RNN],
    [EMBED, ["LSTM", {"units": 2}]],
    [EMBED, ["GRU", {"units": 2, "go_backwards": True} | ALL]],
    [EMBED, ["LSTM", {"units": 2} | ALL], ["GRU", {"units": 2}], ["Dense", {"units": 1}]],
    [MASK, ["GRU", {"units": 2}], ["Dense", {"units": 1}]],
    [EMBED, ["Bidirectional", BOTH]],
    [EMBED, ["Bidirectional", BOTH | {"forward": ["GRU", {"units": 2}]}]],
    [EMBED, ["TimeDistributed", {"layer": ["Dense", {"units": 3}]}], RNN],
    [EMBED, ["GlobalAveragePooling1D", {}]],
    [EMBED, ["GlobalAveragePooling1D", {"keepdims": True}], ["Dense", {"units": 1}]],
    [EMBED, ["GlobalMaxPooling1D", {}]],
    [EMBED, ["Flatten", {}], ["Dense", {"units": 1}]],
    [EMBED, ["Reshape", {"target_shape": [2, 4]}]],
    [EMBED, ["Permute", {"dims": [2, 1]}]],
    [EMBED, ["Conv1D", {"filters": 2, "kernel_size": 2}]],
    [EMBED, ["AveragePooling1D", {"pool_size": 2}]],
    [EMBED, ["ZeroPadding1D", {}]],
]
# Two chains, a layer of both, and a chain.
TAIL = [["GlobalAveragePooling1D", {}]]
MERGES = [
    [[EMBED], second, [name, {}], TAIL]
    for name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate")
    for second in ([EMBED], [PLAIN])
] + [
    [[PLAIN], [EMBED], ["Maximum", {}], TAIL],
    [[EMBED], [EMBED], ["Concatenate", {"axis": 1}], TAIL],
    [[EMBED], [EMBED], ["Dot", {"axes": 2}], []],
    [[EMBED], [EMBED], ["MultiHeadAttention", {"num_heads": 2, "key_dim": 2}], TAIL],
    [[EMBED], [PLAIN], ["MultiHeadAttention", {"num_heads": 1, "key_dim": 2}], TAIL],
    [[PLAIN], [EMBED], ["MultiHeadAttention", {"num_heads": 1, "key_dim": 2}], []],
    [[EMBED], [EMBED], ["Attention", {}], TAIL],
    [[PLAIN], [EMBED], ["Attention", {"use_scale": True}], []],
    [[EMBED], [PLAIN], ["Attention", {"score_mode": "concat", "use_scale": True}], TAIL],
    [[EMBED], [EMBED], ["AdditiveAttention", {}], TAIL],
    [[PLAIN], [EMBED], ["AdditiveAttention", {"use_scale": False}], []],
]
# The chain before a loss, the loss, its reduction, whether weighted.
LABELS = [EMBED, RNN, ["Dense", {"units": 3, "activation": "softmax"}]]
VALUES = [MASK, RNN, ["Dense", {"units": 1}]]
LOSSES = [
    [LABELS, "SparseCategoricalCrossentropy", "sum_over_batch_size", False],
    [LABELS, "SparseCategoricalCrossentropy", "sum", True],
    [LABELS, "SparseCategoricalCrossentropy", "mean_with_sample_weight", True],
    [VALUES, "MeanSquaredError", "sum_over_batch_size", False],
    [VALUES, "MeanSquaredError", "sum_over_batch_size", True],
    [VALUES, "Huber", "mean_with_sample_weight", False],
]
WEIGHTS = np.array([[1.0] * 4, [0.5, 1.0, 2.0, 3.0], [2.0] * 4])


def numbers(rng, *shape):
    """Draws of few digits, which are small in a file."""
    return np.round(rng.normal(size=shape), 2)


def in_float64(result_type):
    """Keras' rule for the dtype of a result, which has no place for float64."""

    def wider(*dtypes):
        found = result_type(*dtypes)
        return "float64" if found == "float32" else found

    return wider


def floats(rng):
    """Sequences with steps that are all -1."""
    x = numbers(rng, 3, 4, 2)
    x[IDS == 0] = -1.0
    return x


def made(name, settings):
    """A layer by its name."""
    settings = dict(settings)
    if name == "Bidirectional":
        settings["layer"] = made(*settings.pop("forward"))
    if name == "TimeDistributed":
        settings["layer"] = made(*settings["layer"])
    return getattr(keras.layers, name)(**settings)


def through(layers, x, training=False):
    for layer in layers:
        takes = layer._call_has_training_arg
        x = layer(x, training=training) if takes else layer(x)
    return x


def fill(layers, rng):
    """Weights of few digits, and variances that are positive."""
    for layer in layers:
        weights = [numbers(rng, *w.shape) for w in layer.get_weights()]
        norm = isinstance(layer, keras.layers.BatchNormalization)
        layer.set_weights([np.abs(w) + 0.1 for w in weights] if norm else weights)


def found(layers, out, total):
    """Weights, an output with its mask, the gradients of a number made from it."""
    variables = [w for layer in layers for w in layer.trainable_variables]
    values = [w.value for w in variables]
    gradients = torch.autograd.grad(total, values, allow_unused=True) if values else []
    zeros = [np.zeros(v.shape) if g is None else g for g, v in zip(gradients, values, strict=True)]
    mask = keras.src.backend.get_keras_mask(out)
    return {
        "weights": [w for layer in layers for w in layer.get_weights()],
        "output": [out.detach().numpy()],
        "mask": [] if mask is None else [mask.numpy().astype(float)],
        "gradients": [np.asarray(g) for g in zeros],
    }


def weighted(out, rng):
    """Seeds of the gradients, and what they are the gradients of: padding left out."""
    seeds = numbers(rng, *out.shape)
    mask = keras.src.backend.get_keras_mask(out)
    if mask is not None:
        seeds *= mask.numpy().reshape(mask.shape + (1,) * (out.ndim - mask.ndim))
    return seeds, (out * torch.tensor(seeds)).sum()


def chain(rng, specs, training):
    x = IDS if specs[0][0] == "Embedding" else floats(rng)
    layers = [made(*spec) for spec in specs]
    through(layers, torch.tensor(x))
    fill(layers, rng)
    before = [w for layer in layers for w in layer.get_weights()]
    out = through(layers, torch.tensor(x), training)
    seeds, total = weighted(out, rng)
    row = found(layers, out, total)
    after = row.pop("weights")
    return {"x": [x], "seeds": [seeds], "weights": before, "after": after} | row


def merged(rng, one, two, spec, tail):
    layers = [[made(*s) for s in specs] for specs in (one, two, [spec], tail)]
    first, second, (both,), rest = layers

    def run():
        a, b = through(first, torch.tensor(IDS)), through(second, torch.tensor(OTHER))
        out = both(a, b) if spec[0] == "MultiHeadAttention" else both([a, b])
        return out, through(rest, out)

    run()
    everything = [layer for some in layers for layer in some]
    fill(everything, rng)
    middle, out = run()
    seeds, total = weighted(out, rng)
    mask = keras.src.backend.get_keras_mask(middle)
    row = found(everything, out, total)
    row["mask"] = [] if mask is None else [mask.numpy().astype(float)]
    return {"seeds": [seeds]} | row


def loss(rng, specs, name, reduction, weigh):
    x = IDS if specs[0][0] == "Embedding" else floats(rng)
    layers = [made(*spec) for spec in specs]
    through(layers, torch.tensor(x))
    fill(layers, rng)
    out = through(layers, torch.tensor(x))
    y = rng.integers(0, 3, (3, 4)) if specs is LABELS else numbers(rng, 3, 4, 1)
    weights = WEIGHTS if weigh else None
    total = getattr(keras.losses, name)(reduction=reduction)(y, out, weights)
    metrics = keras.metrics
    if specs is LABELS:
        chosen = [metrics.SparseCategoricalAccuracy(), metrics.SparseTopKCategoricalAccuracy(k=2)]
    else:
        chosen = [metrics.MeanAbsoluteError(), metrics.MeanSquaredError()]
    for metric in chosen:
        metric.update_state(y, out, weights)
    values = [total.item(), *(float(metric.result()) for metric in chosen)]
    return {"x": [x], "y": [y], "values": [np.array(values)]} | found(layers, out, total)


def training(rng, specs, functional):
    """Some epochs of it: the history, and the weights before and after."""
    x = IDS if specs is LABELS else floats(rng)
    y = rng.integers(0, 3, (3, 4)) if specs is LABELS else numbers(rng, 3, 4, 1)
    layers = [made(*spec) for spec in specs]
    if functional:
        start = keras.Input(x.shape[1:], dtype=x.dtype.name)
        model = keras.Model(start, through(layers, start))
    else:
        model = keras.Sequential(layers)
        model(torch.tensor(x))
    fill(layers, rng)
    before = model.get_weights()
    name = "sparse_categorical_crossentropy" if specs is LABELS else "mse"
    metrics = ["accuracy"] if specs is LABELS else ["mae"]
    model.compile(keras.optimizers.SGD(0.1), name, metrics=metrics)
    settings = {"shuffle": False, "verbose": 0, "sample_weight": WEIGHTS}
    run = model.fit(x, y, batch_size=2, epochs=3, validation_data=(x, y), **settings)
    history = np.array(list(run.history.values()))
    ends = {"weights": before, "after": model.get_weights(), "history": [history]}
    return {"x": [x], "y": [y], "names": list(run.history)} | ends


def rows(rng):
    """What is run, and what came out."""
    for specs in CHAINS:
        drops = any(name.startswith(("Alpha", "Dropout", "Gauss", "Spatial")) for name, _ in specs)
        yield {"kind": "chain", "specs": specs, "training": not drops}, chain(rng, specs, not drops)
    for specs in MERGES:
        yield {"kind": "merge", "specs": specs}, merged(rng, *specs)
    for specs in LOSSES:
        yield {"kind": "loss", "specs": specs}, loss(rng, *specs)
    for specs in (LABELS, VALUES):
        for functional in (False, True):
            row = {"kind": "training", "specs": specs, "functional": functional}
            yield row, training(rng, specs, functional)


def main():
    """Write the file: all numbers in one array, and what they are in JSON."""
    keras.config.set_floatx("float64")
    # Keras divides by counts of masks plus this.
    keras.config.set_epsilon(1e-30)
    narrow = dtypes.result_type
    for module in [m for name, m in sys.modules.items() if name.startswith("keras.")]:
        if getattr(module, "result_type", None) is narrow:
            module.result_type = in_float64(narrow)
    rng = np.random.default_rng(11)
    index, values = [], []
    for row, arrays in rows(rng):
        row |= {"names": arrays.pop("names")} if "names" in arrays else {}
        row["shapes"] = {kind: [a.shape for a in some] for kind, some in arrays.items()}
        values += [np.asarray(a, float).ravel() for some in arrays.values() for a in some]
        index.append(row)
    path = Path(__file__).with_name("masks.npz")
    text = np.frombuffer(json.dumps(index).encode(), np.uint8)
    np.savez_compressed(path, index=text, values=np.concatenate(values), ids=IDS, other=OTHER)
    print(path, path.stat().st_size)


main()
