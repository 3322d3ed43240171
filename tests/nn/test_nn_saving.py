"""Whole models in files: what comes back is the same model, and nothing of a file is run."""

import copy
import json

import numpy as np
import pytest
from safetensors.numpy import save_file

import autograd_lite as ag
import nn
from nn import layers
from nn.serialization import read, write

X = np.random.default_rng(0).normal(size=(6, 8)).astype(np.float32)


def again(model, path, x, **settings):
    """The model after a round trip, which gives the same for `x`."""
    notes = model.save(path)
    other = nn.load_model(path, **settings)
    ours, theirs = model.predict(x, verbose=0), other.predict(x, verbose=0)
    for a, b in zip(leaves(ours), leaves(theirs), strict=True):
        np.testing.assert_array_equal(a, b)
    assert [layer.name for layer in model.layers] == [layer.name for layer in other.layers]
    assert model.name == other.name and type(model) is type(other)
    return other, notes


def leaves(tree):
    if isinstance(tree, dict):
        tree = list(tree.values())
    return [leaf for part in tree for leaf in leaves(part)] if isinstance(tree, list) else [tree]


def sequential():
    return nn.Sequential([nn.Input((8,)), layers.Dense(4, "relu"), layers.Dense(2)])


def residual():
    x = nn.Input((8,), name="x")
    h = layers.Dense(8, activation="tanh", name="hidden")(x)
    shared = layers.Dense(3)
    y = shared(x + h) + shared(np.exp(-h)[:, ::-1]) * 2.0
    return nn.Model(x, y, name="residual")


def several():
    a, b = nn.Input((8,), name="a"), nn.Input((8,), name="b")
    both = layers.Concatenate()([a, b])
    inner = nn.Sequential([nn.Input((16,)), layers.Dense(5), layers.BatchNormalization()])
    z = inner(both)
    return nn.Model({"a": a, "b": b}, {"sum": z.sum(axis=-1, keepdims=True), "top": ag.tanh(z)})


class Branches(nn.Model):
    def __init__(self, width, sizes=(2, 3)):
        super().__init__()
        self.hidden = layers.Dense(width)
        self.heads = [layers.Dense(n) for n in sizes]

    def call(self, x, training=False):
        return [head(self.hidden(x)) for head in self.heads]


class Scale(nn.Layer):
    def __init__(self, factor, *, name=None):
        super().__init__(name)
        self.factor = factor

    def call(self, x):
        return x * self.factor


def double(x):
    return x * 2


# What comes back.


@pytest.mark.parametrize("make", [sequential, residual])
def test_the_same_model_comes_back(make, tmp_path):
    _, notes = again(make(), tmp_path / "m.safetensors", X)
    assert notes == []
    assert [p.name for p in tmp_path.iterdir()] == ["m.safetensors"]


def test_several_inputs_and_outputs(tmp_path):
    model = several()
    other, _ = again(model, tmp_path / "m", {"a": X, "b": 2 * X})
    assert other.input_names == model.input_names and other.output_names == model.output_names


def test_a_shared_layer_stays_one(tmp_path):
    model = residual()
    other, _ = again(model, tmp_path / "m", X)
    assert len(other.parameters()) == 4
    names = [name for name, _ in model.named_parameters()]
    assert [name for name, _ in other.named_parameters()] == names


def test_a_model_that_begins_inside_another(tmp_path):
    model = residual()
    inner = model.get_layer("hidden").output
    again(nn.Model(inner, layers.Dense(2)(inner)), tmp_path / "m", X)


def test_a_layer_that_two_models_of_one_share(tmp_path):
    dense = layers.Dense(8)
    one = nn.Sequential([nn.Input((8,)), dense])
    x = nn.Input((8,))
    other, _ = again(nn.Model(x, one(x) + dense(x)), tmp_path / "m", X)
    assert len(other.parameters()) == 2


def test_a_model_without_input_is_built_as_it_was(tmp_path):
    model = nn.Sequential([layers.Embedding(5, 4), layers.LSTM(3), layers.Dense(1)])
    tokens = np.array([[1, 2, 0], [4, 4, 4]])
    model(tokens)
    again(model, tmp_path / "m", tokens)


def test_wrappers_attention_and_convolutions(tmp_path):
    x = nn.Input((6, 4))
    h = layers.Bidirectional(layers.GRU(3, return_sequences=True), merge_mode="sum")(x)
    h = layers.MultiHeadAttention(2, 2)(h, h, use_causal_mask=True)
    h = layers.TimeDistributed(layers.Dense(4, kernel_initializer=nn.initializers.HeNormal(1)))(h)
    h = layers.Conv1D(4, 3, padding="causal", kernel_regularizer=nn.regularizers.L2(0.1))(h)
    y = layers.Flatten()(layers.Rescaling([0.5, 1, 2, 3], offset=np.float32(1))(h))
    model = nn.Model(x, y)
    data = np.random.default_rng(1).normal(size=(2, 6, 4)).astype(np.float32)
    other, _ = again(model, tmp_path / "m", data)
    assert [float(loss) for loss in other.losses] == [float(loss) for loss in model.losses]


def test_float64_comes_back_as_float64(tmp_path):
    before = ag.get_default_dtype()
    ag.set_default_dtype(np.float64)
    try:
        model = sequential()
    finally:
        ag.set_default_dtype(before)
    other, _ = again(model, tmp_path / "m", X.astype(np.float64))
    assert {p.dtype for p in other.parameters()} == {np.dtype(np.float64)}
    assert ag.get_default_dtype() == before


def test_a_subclass_of_several_inputs(tmp_path):
    class Both(nn.Model):
        def __init__(self):
            super().__init__()
            self.left, self.right = layers.Dense(3), layers.Dense(3)

        def call(self, x):
            return self.left(x["a"]) + self.right(x["b"])

    model, x = Both(), {"a": X, "b": X[:, :5]}
    model(x)
    assert model.built_on == {"a": (None, 8), "b": (None, 5)}
    again(model, tmp_path / "m", x, custom_objects={"Both": Both})


def test_functions_of_numpy_in_a_graph(tmp_path):
    x = nn.Input((8,))
    h = np.where(x > 0, x, np.add.reduce(x, axis=1, keepdims=True))
    y = np.concatenate([h[..., None, 2:5:2], np.sum(h, axis=-1, keepdims=True)[:, None]], axis=-1)
    z = y / (np.linalg.norm(h, axis=-1, keepdims=True)[:, None] + 1.0).astype("f4")
    again(nn.Model(x, z.reshape((-1, 3)).max(axis=1)), tmp_path / "m", X)


def test_what_numpy_has_beyond_is_refused(tmp_path):
    x = nn.Input((8,))
    with pytest.raises(TypeError, match=r"no form in a file(?s:.*)not among the functions"):
        nn.Model(x, np.isclose(x, 0.0)).get_config()


@pytest.mark.parametrize("make", [sequential, residual])
def test_a_config_makes_a_model_with_new_weights(make):
    model = make()
    other = type(model).from_config(json.loads(json.dumps(model.get_config())))
    assert other.name == model.name
    assert [p.shape for p in other.parameters()] == [p.shape for p in model.parameters()]


def test_a_copy_has_a_config_of_its_own():
    model = residual()
    twin = copy.deepcopy(model)
    assert twin.get_config() == model.get_config()
    for a, b in zip(twin.layers, model.layers, strict=True):
        assert a is not b


def test_what_is_frozen_stays_frozen(tmp_path):
    model = sequential()
    model.layers[0].trainable = False
    other, _ = again(model, tmp_path / "m", X)
    assert [p.requires_grad for p in other.parameters()] == [False, False, True, True]
    assert [layer.trainable for layer in other.layers] == [False, True]


def test_loading_draws_no_numbers(tmp_path):
    sequential().save(tmp_path / "m")
    ag.set_seed(0)
    expected = ag.random.generator().random()
    ag.set_seed(0)
    nn.load_model(tmp_path / "m")
    assert ag.random.generator().random() == expected


# Classes and functions of one's own.


def test_own_classes_come_from_custom_objects(tmp_path):
    model = Branches(4, sizes=(1, 2))
    model(X)
    again(model, tmp_path / "m", X, custom_objects={"Branches": Branches})
    own = nn.Sequential([nn.Input((8,)), Scale(3.0), layers.Activation(double)])
    again(own, tmp_path / "m", X, custom_objects={"Scale": Scale, "double": double})


def test_unknown_names_are_refused_with_those_that_are_known(tmp_path):
    nn.Sequential([nn.Input((8,)), Scale(3.0)]).save(tmp_path / "m")
    with pytest.raises(ag.errors.DataError, match=r"'Scale'(?s:.*)one of: .*Other(?s:.*)register"):
        nn.load_model(tmp_path / "m", custom_objects={"Other": Scale})


def test_a_class_with_its_own_config(tmp_path):
    class Power(nn.Layer):
        def __init__(self, *exponents):
            super().__init__()
            self.exponents = exponents

        def call(self, x):
            return sum(x**n for n in self.exponents)

        def get_config(self):
            return {"exponents": self.exponents}

        @classmethod
        def from_config(cls, config):
            return cls(*config["exponents"])

    model = nn.Sequential([nn.Input((8,)), Power(1, 2)])
    again(model, tmp_path / "m", X, custom_objects={"Power": Power})
    with pytest.raises(TypeError, match=r"made with \*exponents"):
        Power.get_config = nn.Layer.get_config
        model.save(tmp_path / "m")


def test_what_has_no_form_in_a_file_is_refused(tmp_path):
    model = nn.Sequential([nn.Input((8,)), layers.Activation(lambda x: x)])
    with pytest.raises(TypeError, match=r"no form in a file(?s:.*)lambda(?s:.*)register"):
        model.save(tmp_path / "m")
    assert list(tmp_path.iterdir()) == []


def test_register_refuses_names_that_are_taken():
    def taken():
        """One."""

    nn.register(taken, name="test_register")
    nn.register(taken, name="test_register")
    with pytest.raises(ValueError, match="the name is taken"):
        nn.register(double, name="test_register")
    with pytest.raises(ValueError, match="the name is taken"):
        nn.register(name="layers.Dense")(Scale)


# Files.


def test_compile_and_the_optimizer_come_back(tmp_path):
    y = X[:, :2]
    model = sequential()
    schedule = nn.schedules.ExponentialDecay(0.01, 3, 0.5)
    model.compile(nn.optimizers.Adam(learning_rate=schedule), nn.losses.Huber(), ["mae"])
    model.fit(X, y, epochs=2, batch_size=2, shuffle=False, verbose=0)
    other, notes = again(model, tmp_path / "m", X)
    assert notes == [] and other.optimizer.iterations == 6
    for net in (model, other):
        net.fit(X, y, epochs=2, batch_size=2, shuffle=False, verbose=0)
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert model.history.history == other.history.history


def test_without_the_optimizer_or_uncompiled(tmp_path):
    model = sequential()
    model.compile(nn.optimizers.SGD(learning_rate=0.1), "mse")
    model.optimizer.learning_rate = 0.05
    model.fit(X, X[:, :2], verbose=0)
    model.save(tmp_path / "m", include_optimizer=False)
    other = nn.load_model(tmp_path / "m")
    assert other.optimizer.iterations == 0 and other.optimizer.learning_rate == 0.05
    bare = nn.load_model(tmp_path / "m", compile=False)
    with pytest.raises(RuntimeError, match="the model is not compiled"):
        bare.fit(X, X[:, :2])


def test_what_cannot_be_written_is_said(tmp_path):
    model = sequential()
    model.compile("adam", lambda y_true, y_pred: ag.mean(y_pred - y_true, axis=-1))
    other, notes = again(model, tmp_path / "m", X)
    assert len(notes) == 1 and "`loss` has no form in a file" in notes[0] and "lambda" in notes[0]
    assert not other._given


def test_weights_of_a_whole_model_are_weights(tmp_path):
    model, other = sequential(), sequential()
    model.compile("adam", "mse")
    model.fit(X, X[:, :2], verbose=0)
    model.save(tmp_path / "m")
    report = other.load_weights(tmp_path / "m")
    assert len(report.loaded) == 4
    np.testing.assert_array_equal(model.predict(X, verbose=0), other.predict(X, verbose=0))


def test_weights_in_part(tmp_path):
    small = nn.Sequential([nn.Input((8,)), layers.Dense(4), layers.Dense(3), layers.Dense(1)])
    sequential().save_weights(tmp_path / "w")
    before = small.get_weights()
    report = small.load_weights(tmp_path / "w", strict=False)
    assert report.loaded == ["layers.0.kernel", "layers.0.bias"]
    assert report.mismatched == ["layers.1.kernel", "layers.1.bias"]
    assert report.missing == ["layers.2.kernel", "layers.2.bias"] and report.unexpected == []
    for old, new in zip(before[2:], small.get_weights()[2:], strict=True):
        np.testing.assert_array_equal(old, new)


def test_numbers_without_axes_and_big_endian(tmp_path):
    arrays = {"a": np.array(3.0), "b": np.arange(3, dtype=">f4"), "c": np.zeros((0, 2))}
    write(tmp_path / "w", arrays, {})
    for name, array in read(tmp_path / "w", "test").arrays.items():
        np.testing.assert_array_equal(array, arrays[name], strict=name != "b")


def test_other_files_are_no_models(tmp_path):
    sequential().save_weights(tmp_path / "ours")
    save_file({"a": np.zeros(3)}, tmp_path / "theirs")
    with pytest.raises(ag.errors.DataError, match=r"no model in(?s:.*)weights only"):
        nn.load_model(tmp_path / "ours")
    with pytest.raises(ag.errors.DataError, match=r"no model in(?s:.*)another library's"):
        nn.load_model(tmp_path / "theirs")


def test_an_unbuilt_model_is_refused(tmp_path):
    with pytest.raises(RuntimeError, match="save: the model is not built"):
        Branches(3).save(tmp_path / "m")


def test_a_newer_version_is_refused(tmp_path):
    write(tmp_path / "m", {}, {"version": "2", "writer": "9.9"})
    with pytest.raises(ag.errors.DataError, match=r"another version(?s:.*)version 2, by 9\.9"):
        nn.load_model(tmp_path / "m")


def test_json_holds_the_layers(tmp_path):
    x = nn.Input((3,))
    model = nn.Model(x, layers.Dense(2, "relu", kernel_regularizer="l2")(x))
    twin = nn.models.model_from_json(model.to_json())
    assert type(twin) is nn.Model
    assert twin.get_config() == model.get_config()
    twin.set_weights(model.get_weights())
    given = np.ones((1, 3), np.float32)
    np.testing.assert_array_equal(model.predict(given), twin.predict(given))
    nn.models.save_model(model, tmp_path / "model")
    np.testing.assert_array_equal(
        nn.load_model(tmp_path / "model").predict(given), twin(given).data
    )
    with pytest.raises(ValueError, match="Expecting value"):
        nn.models.model_from_json("no JSON")
