"""Padding against Keras': outputs, losses, gradients, training, of reference/masks.npz."""

import numpy as np
import pytest
from reference import packed

import autograd_lite as ag
import nn
from nn.masking import mask_of

ROWS, FILE = packed.load("masks.npz")
IDS, OTHER = FILE["ids"], FILE["other"]
WEIGHTS = np.array([[1.0] * 4, [0.5, 1.0, 2.0, 3.0], [2.0] * 4])
CLOSE = {"rtol": 1e-10, "atol": 1e-12}


def of(kind):
    rows = [row for row in ROWS if row["kind"] == kind]
    return pytest.mark.parametrize("row", rows, ids=lambda row: str(row["specs"]))


@pytest.fixture(autouse=True)
def in_float64():
    before = ag.get_default_dtype()
    ag.set_default_dtype(np.float64)
    yield
    ag.set_default_dtype(before)


def made(name, settings):
    settings = dict(settings)
    if name == "Bidirectional":
        settings["layer"] = made(*settings.pop("forward"))
    if name == "TimeDistributed":
        settings["layer"] = made(*settings["layer"])
    return getattr(nn.layers, name)(**settings)


def through(layers, x, training=False):
    for layer in layers:
        x = layer(x, training=training)
    return x


def ids(x, specs):
    return x.astype(np.int64) if specs[0][0] == "Embedding" else x


def fill(layers, weights):
    given = iter(weights)
    for layer in layers:
        layer.set_weights([next(given) for _ in layer.parameters()])


def check(ours, theirs):
    np.testing.assert_allclose(getattr(ours, "data", ours), theirs, **CLOSE)


def check_mask(out, row):
    ours, theirs = mask_of(out), row["mask"]
    assert (ours is None) == (not theirs)
    if theirs:
        np.testing.assert_array_equal(ours, theirs[0])


def check_gradients(layers, total, row):
    if isinstance(total, ag.Tensor):
        total.backward()
    weights = [w for layer in layers for w in layer.trainable_weights]
    for weight, theirs in zip(weights, row["gradients"], strict=True):
        check(np.zeros(weight.shape) if weight.grad is None else weight.grad, theirs)


@pytest.mark.filterwarnings("ignore:.*the input has a mask, and the output none")
@of("chain")
def test_one_layer_after_the_other(row):
    x, layers = ids(row["x"][0], row["specs"]), [made(*spec) for spec in row["specs"]]
    through(layers, x)
    fill(layers, row["weights"])
    out = through(layers, x, row["training"])
    check(out, row["output"][0])
    check_mask(out, row)
    for layer, theirs in zip(layers, _grouped(layers, row["after"]), strict=True):
        for ours, after in zip(layer.get_weights(), theirs, strict=True):
            check(ours, after)
    check_gradients(layers, (out * row["seeds"][0]).sum(), row)


def _grouped(layers, weights):
    given = iter(weights)
    return [[next(given) for _ in layer.parameters()] for layer in layers]


@of("merge")
def test_two_chains_that_meet(row):
    one, two, spec, tail = row["specs"]
    layers = [[made(*s) for s in specs] for specs in (one, two, [spec], tail)]
    first, second, (both,), rest = layers

    def run():
        a, b = through(first, IDS), through(second, OTHER)
        out = both(a, b) if spec[0] == "MultiHeadAttention" else both([a, b])
        return out, through(rest, out)

    run()
    everything = [layer for some in layers for layer in some]
    fill(everything, row["weights"])
    middle, out = run()
    check(out, row["output"][0])
    check_mask(middle, row)
    check_gradients(everything, (out * row["seeds"][0]).sum(), row)


@of("loss")
def test_losses_and_metrics(row):
    specs, name, reduction, weigh = row["specs"]
    x, layers = ids(row["x"][0], specs), [made(*spec) for spec in specs]
    through(layers, x)
    fill(layers, row["weights"])
    out, y = through(layers, x), row["y"][0]
    labels = name.startswith("Sparse")
    y = y.astype(np.int64) if labels else y
    weights = WEIGHTS if weigh else None
    metrics = nn.metrics
    if labels:
        chosen = [metrics.SparseCategoricalAccuracy(), metrics.SparseTopKCategoricalAccuracy(k=2)]
    else:
        chosen = [metrics.MeanAbsoluteError(), metrics.MeanSquaredError()]
    total = getattr(nn.losses, name)(reduction=reduction)(y, out, weights)
    check([total.item(), *(metric(y, out, weights) for metric in chosen)], row["values"][0])
    check_gradients(layers, total, row)


@of("training")
def test_training(row):
    x, y = ids(row["x"][0], row["specs"]), row["y"][0]
    labels = row["specs"][0][0] == "Embedding"
    y = y.astype(np.int64) if labels else y
    layers = [made(*spec) for spec in row["specs"]]
    if row["functional"]:
        start = nn.Input(x.shape[1:], dtype=x.dtype)
        model = nn.Model(start, through(layers, start))
    else:
        model = nn.Sequential(layers)
        model.build(x.shape)
    model.set_weights(row["weights"])
    metrics = ["accuracy"] if labels else ["mae"]
    loss = "sparse_categorical_crossentropy" if labels else "mse"
    model.compile(nn.optimizers.SGD(learning_rate=0.1), loss, metrics)
    settings = {"shuffle": False, "verbose": 0, "sample_weight": WEIGHTS}
    run = model.fit(x, y, 2, epochs=3, validation_data=(x, y), **settings)
    for name, theirs in zip(row["names"], row["history"][0], strict=True):
        check(run.history[name], theirs)
    for ours, theirs in zip(model.get_weights(), row["after"], strict=True):
        check(ours, theirs)
