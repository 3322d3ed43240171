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


def attributes(lib):
    k = lib.layers

    class Own(lib.Model):
        def __init__(self):
            super().__init__()
            self.first = self.again = k.Dense(4)
            self.parts = [k.Dense(4), [k.Dense(3, use_bias=False)]]
            self.named = {"b": k.Dense(3), "a": k.Dense(4)}
            self.inner = lib.Sequential([k.BatchNormalization(center=False), k.Dense(2)])

        def call(self, x):
            x = self.again(self.first(x))
            for layer in (*self.parts[:1], *self.parts[1], self.named["a"], self.named["b"]):
                x = layer(x)
            return self.inner(x)

    model = Own()
    model(X)
    return model


def words(lib):
    k = lib.layers
    x = k.Input((6,), dtype="int32")
    h = k.SimpleRNN(3, use_bias=False)(k.LSTM(4, return_sequences=True)(k.Embedding(9, 4)(x)))
    return lib.Model(x, k.BatchNormalization(scale=False)(k.Dense(2)(h)))


WORDS = np.random.default_rng(0).integers(0, 9, (3, 6))
MODELS = [(sequences, X), (images, IMAGES), (attributes, X), (words, WORDS)]


@pytest.fixture
def keras(monkeypatch):
    pytest.importorskip("h5py")
    pytest.importorskip("torch")
    if "keras" not in sys.modules:
        monkeypatch.setitem(os.environ, "KERAS_BACKEND", "torch")
    return pytest.importorskip("keras")


def check(ours, theirs, x):
    found, expected = ours.predict(x, verbose=0), theirs.predict(x, verbose=0)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
@pytest.mark.peers
@pytest.mark.parametrize(("make", "x"), MODELS)
@pytest.mark.parametrize("ending", ["weights.h5", "keras"])
@pytest.mark.filterwarnings("ignore")
def test_outputs_are_those_of_keras(keras, make, x, ending, tmp_path):
    theirs, ours = make(keras), make(nn)
    rng = np.random.default_rng(1)
    for weight in theirs.weights:
        weight.assign(rng.uniform(0.1, 1, weight.shape))
    path = tmp_path / f"m.{ending}"
    theirs.save(path) if ending == "keras" else theirs.save_weights(path)
    nn.convert.from_keras(ours, path)
    check(ours, theirs, x)


@pytest.mark.slow
@pytest.mark.peers
@pytest.mark.parametrize(("make", "x"), MODELS)
@pytest.mark.filterwarnings("ignore")
def test_keras_reads_what_is_written(keras, make, x, tmp_path):
    theirs, ours, twin = make(keras), make(nn), make(nn)
    rng, path = np.random.default_rng(1), tmp_path / "m.weights.h5"
    ours.set_weights([rng.uniform(0.1, 1, w.shape).astype(w.dtype) for w in ours.get_weights()])
    nn.convert.to_keras(ours, path)
    theirs.load_weights(path)
    check(ours, theirs, x)
    nn.convert.from_keras(twin, path)
    for a, b in zip(ours.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.slow
@pytest.mark.peers
@pytest.mark.filterwarnings("ignore")
def test_the_file_of_a_trained_model_holds_more_than_weights(keras, tmp_path):
    theirs, ours = images(keras), images(nn)
    theirs.compile("adam", "mse", metrics=["mae"])
    theirs.fit(IMAGES, np.zeros((2, 2), np.float32), verbose=0)
    theirs.save(tmp_path / "m.keras")
    nn.convert.from_keras(ours, tmp_path / "m.keras")
    check(ours, theirs, IMAGES)


def test_what_cannot_be_written(tmp_path):
    pytest.importorskip("h5py")
    model = nn.Sequential([nn.layers.Dense(2)])
    with pytest.raises(RuntimeError, match=r"to_keras: no weights(?s:.*)build"):
        nn.convert.to_keras(model, tmp_path / "m.weights.h5")
    with pytest.raises(ValueError, match=r"bad `path`(?s:.*)m\.h5(?s:.*)\.weights\.h5"):
        nn.convert.to_keras(model, tmp_path / "m.h5")
    assert [*tmp_path.iterdir()] == []


def test_weights_that_the_model_does_not_have_are_differences(tmp_path):
    """Else a gamma could be read as a beta."""
    pytest.importorskip("h5py")
    whole = nn.Sequential([nn.Input((3,)), nn.layers.BatchNormalization(), nn.layers.Dense(2)])
    nn.convert.to_keras(whole, tmp_path / "m.weights.h5")
    model = nn.Sequential([nn.Input((3,)), nn.layers.BatchNormalization(center=False)])
    with pytest.raises(ag.errors.ShapeError) as error:
        nn.convert.from_keras(model, tmp_path / "m.weights.h5")
    for place in ("batch_normalization/vars/3", "dense/vars/0", "dense/vars/1"):
        assert f"layers/{place}: nothing here" in str(error.value)


def test_files_that_mislead(tmp_path):
    """Arrays larger than memory that take no room, links to other files, groups in circles."""
    h5py = pytest.importorskip("h5py")
    path, model = tmp_path / "m.weights.h5", nn.Sequential([nn.Input((3,)), nn.layers.Dense(2)])
    nn.convert.to_keras(model, tmp_path / "other.weights.h5")
    with h5py.File(path, "w") as file:
        file.create_dataset("layers/dense/vars/0", (1 << 40,), "f4", chunks=(1024,))
        file["layers/dense/vars/1"] = h5py.ExternalLink("other.weights.h5", "layers/dense/vars/1")
        file["layers/circle"] = file["layers"]
    with pytest.raises(ag.errors.ShapeError) as error:
        nn.convert.from_keras(model, path)
    assert "kernel: (1099511627776,) in the file, (3, 2) here" in str(error.value)
    assert "bias: no layers/dense/vars/1 in the file" in str(error.value)


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
    assert "top.kernel: no layers/dense_1/vars/0 in the file" in str(error.value)
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
    for call in (nn.convert.from_keras, nn.convert.to_keras):
        with pytest.raises(ImportError, match=r"autograd_lite\[h5\]"):
            call(nn.Sequential(), tmp_path / "w")
