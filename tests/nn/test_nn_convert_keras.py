"""Weights from Keras' files."""

import os
import sys

import numpy as np
import pytest

import autograd_lite as ag
import nn

X = np.random.default_rng(0).normal(size=(2, 6, 4)).astype(np.float32)
IMAGES = np.random.default_rng(0).normal(size=(2, 6, 6, 3)).astype(np.float32)


def sequences(lib):
    k = lib.layers
    x = k.Input((6, 4))
    h = k.Bidirectional(k.LSTM(3, return_sequences=True))(x)
    h = k.MultiHeadAttention(2, 2)(h, h)
    h = k.BatchNormalization(name="own")(h)
    h = k.SeparableConv1D(4, 2)(h)
    h = lib.Sequential([k.Input((5, 4)), k.Dense(3), k.TimeDistributed(k.Dense(2))])(h)
    return lib.Model(x, k.Dense(2)(k.GRU(3)(h)))


def images(lib):
    k = lib.layers
    return lib.Sequential(
        [
            k.Input((6, 6, 3)),
            k.Conv2D(4, 3),
            k.PReLU(shared_axes=(1, 2)),
            k.DepthwiseConv2D(2),
            k.LayerNormalization(),
            k.Flatten(),
            k.Dense(3, activation="relu"),
            k.Dropout(0.5, seed=1),
            k.Dense(2),
        ]
    )


@pytest.mark.slow
@pytest.mark.peers
@pytest.mark.parametrize(("make", "x"), [(sequences, X), (images, IMAGES)])
@pytest.mark.parametrize("ending", ["weights.h5", "keras"])
@pytest.mark.filterwarnings("ignore")
def test_outputs_are_those_of_keras(make, x, ending, tmp_path, monkeypatch):
    pytest.importorskip("h5py")
    pytest.importorskip("torch")
    if "keras" not in sys.modules:
        monkeypatch.setitem(os.environ, "KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras")
    theirs, ours = make(keras), make(nn)
    rng = np.random.default_rng(1)
    for weight in theirs.weights:
        weight.assign(rng.uniform(0.1, 1, weight.shape))
    path = tmp_path / f"m.{ending}"
    theirs.save(path) if ending == "keras" else theirs.save_weights(path)
    nn.convert.from_keras(ours, path)
    np.testing.assert_allclose(
        ours.predict(x, verbose=0), theirs.predict(x, verbose=0), rtol=1e-4, atol=1e-5
    )


def test_differences_are_listed_and_nothing_is_written(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "m.weights.h5", "w") as file:
        file["layers/dense/vars/0"] = np.zeros((3, 4), np.float32)
        file["layers/dense/vars/1"] = np.zeros(5, np.float32)
    dense = [nn.layers.Dense(4), nn.layers.Dense(2, name="top")]
    model = nn.Sequential([nn.Input((3,)), *dense])
    before = model.get_weights()
    with pytest.raises(ag.errors.ShapeError) as error:
        nn.convert.from_keras(model, tmp_path / "m.weights.h5")
    assert "dense.bias: (5,) in the file, (4,) here" in str(error.value)
    assert "top: no group /layers/top" in str(error.value)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_other_files_are_refused(tmp_path):
    pytest.importorskip("h5py")
    (tmp_path / "w").write_bytes(b"text")
    with pytest.raises(ag.errors.DataError, match="not a file of weights"):
        nn.convert.from_keras(nn.Sequential(), tmp_path / "w")
    with pytest.raises(FileNotFoundError):
        nn.convert.from_keras(nn.Sequential(), tmp_path / "gone")


def test_without_h5py_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ImportError, match=r"autograd_lite\[h5\]"):
        nn.convert.from_keras(nn.Sequential(), tmp_path / "w")
