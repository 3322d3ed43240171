"""Models as layers: building, names, summary, saving and loading."""

import os

import numpy as np
import pytest
from safetensors.numpy import save_file

import autograd_lite as ag
import nn
from nn import layers

X = np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32)


def seed_model():
    return nn.Sequential([layers.Dense(512, activation="relu"), layers.Dense(10, "softmax")])


class Branches(nn.Model):
    """Two layers side by side, found by attribute and in a dict."""

    def __init__(self):
        super().__init__()
        self.hidden = layers.Dense(2)
        self.heads = {"a": layers.Dense(1), "b": layers.Dense(1, use_bias=False)}

    def call(self, x, training=False):
        h = self.hidden(x)
        return self.heads["a"](h) + self.heads["b"](h)


class Late(nn.Model):
    """Makes its layer in `build`, as Keras allows."""

    def build(self, input_shape):
        self.only = layers.Dense(input_shape[-1])

    def call(self, x):
        return self.only(x)


def test_a_sequence_is_its_layers_in_order():
    net = nn.Sequential([layers.Dense(2), layers.Activation("tanh")])
    out = net(X)
    kernel, bias = net.get_weights()
    np.testing.assert_allclose(out.data, np.tanh(X @ kernel + bias), rtol=1e-5, atol=1e-6)


def test_add_and_pop():
    net = nn.Sequential()
    net.add(layers.Dense(2))
    net.add(layers.Dense(5))
    assert net(X).shape == (4, 5)
    assert net.pop().units == 5
    assert net(X).shape == (4, 2)


def test_layers_are_named_apart():
    net = nn.Sequential([layers.Dense(1), layers.Flatten(), layers.Dense(1), layers.Dense(1)])
    assert [layer.name for layer in net.layers] == ["dense", "flatten", "dense_1", "dense_2"]
    named = nn.Sequential([layers.Dense(1, name="mine")])
    assert named.layers[0].name == "mine"


def test_dotted_names():
    net = seed_model()
    net.build((None, 784))
    names = [name for name, _ in net.named_parameters()]
    assert names == [f"layers.{i}.{name}" for i in (0, 1) for name in ("kernel", "bias")]
    branches = Branches()
    branches(X)
    assert [name for name, _ in branches.named_parameters()] == [
        "hidden.kernel",
        "hidden.bias",
        "heads.a.kernel",
        "heads.a.bias",
        "heads.b.kernel",
    ]


@pytest.mark.parametrize("make", [Branches, Late, lambda: nn.Sequential([Branches(), Late()])])
def test_models_build_on_their_first_input_or_beforehand(make):
    called, built = make(), make()
    called(X)
    built.build((None, 3))
    built(X)
    assert [p.shape for p in called.parameters()] == [p.shape for p in built.parameters()] != []
    assert called.built and built.built
    assert called.output_shape == built.output_shape


def test_an_input_layer_builds_at_once():
    net = nn.Sequential([nn.Input((3,)), layers.Dense(2)])
    assert net.built and net.count_params() == 8 and net.output_shape == (None, 2)
    net.add(layers.Dense(1))
    assert net.count_params() == 11
    with pytest.raises(ValueError, match=r"expected: \(None, 3\)"):
        net(np.zeros((1, 4)))


def test_nested_models_and_models_inside_models_train_as_one():
    ag.set_seed(0)
    net = nn.Sequential([nn.Sequential([layers.Dense(4, "tanh")]), Branches()])
    net.compile("adam", "mse")
    net.fit(X, X[:, 0], epochs=1, verbose=0)
    assert len(net.optimizer.parameters) == len(net.parameters()) == 7


def test_a_list_of_rows_is_one_input():
    net = seed_model()
    np.testing.assert_array_equal(net(list(X)).data, net(X).data)
    np.testing.assert_array_equal(net.predict(list(X), verbose=0), net.predict(X, verbose=0))


def test_layers_by_name_and_index():
    net = seed_model()
    assert net.get_layer("dense_1") is net.get_layer(index=1) is net.get_layer(index=-1)
    assert Branches().get_layer(index=0).units == 2
    with pytest.raises(ValueError, match="did you mean"):
        net.get_layer("dense_2")
    with pytest.raises(ValueError, match="no layer with this index"):
        net.get_layer(index=2)
    with pytest.raises(ValueError, match="either `name` or `index`"):
        net.get_layer()


def test_layers_of_a_subclass_are_those_directly_below():
    net = Branches()
    assert net.layers == [net.hidden, net.heads["a"], net.heads["b"]]
    net.layers = [net.hidden]
    assert net.layers == [net.hidden]
    assert net.inputs == net.outputs == net.input_names == net.output_names == []


def test_a_subclass_may_be_a_graph():
    class Residual(nn.Model):
        def __init__(self):
            x = nn.Input((3,))
            super().__init__(x, x + layers.Dense(3)(x), name="mine")

    net = Residual()
    assert net(X).shape == (4, 3) and net.name == "mine" and net.count_params() == 12


def test_models_of_several_inputs_build_on_several_shapes():
    class Two(nn.Model):
        def __init__(self):
            super().__init__()
            self.left, self.right = layers.Dense(2), layers.Dense(2)

        def call(self, x):
            a, b = x.values() if isinstance(x, dict) else x
            return self.left(a) + self.right(b)

    for shape in ([(None, 3), (None, 4)], {"a": (None, 3), "b": (None, 4)}):
        net = Two()
        net.build(shape)
        assert [p.shape for p in net.parameters()] == [(3, 2), (2,), (4, 2), (2,)]


@pytest.mark.parametrize("dtype", ["float64", "uint8", "bool", "int64"])
def test_inputs_of_any_dtype_give_the_models_own(dtype):
    x = np.ones((2, 3), dtype)
    net = seed_model()
    assert net(x).dtype == np.float32
    assert net.predict(x, verbose=0).dtype == np.float32
    assert net.dtype == np.float32


def test_a_model_of_float64():
    ag.set_default_dtype(np.float64)
    try:
        net = nn.Sequential([layers.Dense(2)])
        net.build((None, 3))
    finally:
        ag.set_default_dtype(np.float32)
    assert {p.dtype for p in net.parameters()} == {np.dtype(np.float64)}
    net.compile("sgd", "mse")
    net.fit(X, np.zeros((4, 2)), verbose=0)
    assert net.predict(X, verbose=0).dtype == np.float64


def test_gradients_reach_the_input_of_a_model():
    x = ag.tensor(X, requires_grad=True)
    seed_model()(x).sum().backward()
    assert x.grad.shape == X.shape


@pytest.mark.parametrize("wrong", ["dense", np.tanh, layers.Dense])
def test_what_are_no_layers_is_refused(wrong):
    with pytest.raises(TypeError, match=r"sequential: not a layer"):
        nn.Sequential([wrong])


def test_summary_of_the_seed(capsys):
    net = seed_model()
    net.build((None, 784))
    net.summary()
    assert capsys.readouterr().out.splitlines() == [
        "Model: sequential",
        "Layer            Output shape   Params",
        "--------------------------------------",
        "dense (Dense)    (None, 512)   401,920",
        "dense_1 (Dense)  (None, 10)      5,130",
        "--------------------------------------",
        "Total: 407,050 (1.55 MiB)",
        "Trainable: 407,050",
        "Not trainable: 0",
    ]


def test_summary_before_building_and_of_frozen_layers():
    net, lines = seed_model(), []
    net.summary(lines.append)
    assert "dense (Dense)    ?             not built" in lines[0]
    net.layers[0].trainable = False
    net.build((None, 784))
    net.summary(lines.append)
    assert "Trainable: 5,130\nNot trainable: 401,920" in lines[1]


def test_summary_of_a_subclass_names_the_attributes(capsys):
    net = Branches()
    net(X)
    net.summary()
    out = capsys.readouterr().out
    assert "hidden (Dense)   (None, 2)" in out
    assert "heads.a (Dense)  (None, 1)" in out


# Files.


def built(make=Branches):
    net = make()
    net.build((None, 3))
    return net


def test_weights_survive_the_round_trip(tmp_path):
    first, second = built(), built()
    assert not np.array_equal(first.predict(X, verbose=0), second.predict(X, verbose=0))
    path = tmp_path / "weights.safetensors"
    first.save_weights(path)
    second.load_weights(str(path))
    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_fortran_order_is_written_as_c_order(tmp_path):
    net = built()
    net.hidden.kernel.data = np.asfortranarray(net.hidden.kernel.data)
    other = built()
    net.save_weights(tmp_path / "w")
    other.load_weights(tmp_path / "w")
    np.testing.assert_array_equal(other.hidden.kernel.data, net.hidden.kernel.data)


def test_loading_writes_in_place(tmp_path):
    net = built()
    kernel = net.hidden.kernel
    net.save_weights(tmp_path / "w")
    net.load_weights(tmp_path / "w")
    assert net.hidden.kernel is kernel


def test_all_mismatches_come_in_one_message_and_nothing_is_loaded(tmp_path):
    net = built()
    before = net.get_weights()
    arrays = {name: p.data + 1 for name, p in net.named_parameters()}
    arrays["hidden.kernel"] = np.zeros((2, 2), np.float32)
    arrays["hidden.bias"] = arrays["hidden.bias"].astype(np.float64)
    arrays["surplus"] = arrays.pop("heads.a.bias")
    save_file(arrays, tmp_path / "w")
    with pytest.raises(ag.errors.ShapeError) as error:
        net.load_weights(tmp_path / "w")
    for text in (
        "surplus: not in the model",
        "heads.a.bias: not in the file",
        "hidden.kernel: float32 (2, 2) in the file, float32 (3, 2) here",
        "hidden.bias: float64 (2,) in the file, float32 (2,) here",
    ):
        assert text in str(error.value)
    for old, new in zip(before, net.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize("damage", [lambda b: b[:-3], lambda b: b"", lambda b: b"text" + b])
def test_damaged_files_are_refused(tmp_path, damage):
    net, path = built(), tmp_path / "w"
    net.save_weights(path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ag.errors.DataError, match="not a whole safetensors file"):
        net.load_weights(path)


@pytest.mark.parametrize(
    ("start", "kind", "cure"),
    [
        (b"\x89HDF\r\n", "an HDF5 file", "from_keras"),
        (b"PK\x03\x04", "a ZIP archive", "from_torch"),
        (b"\x93NUMPY", "an .npy file", "set_weights"),
    ],
)
def test_files_of_others_are_named(tmp_path, start, kind, cure):
    path = tmp_path / "w"
    path.write_bytes(start + bytes(100))
    with pytest.raises(
        ag.errors.DataError, match=f"got:      {kind}(?s:.*)save_weights(?s:.*){cure}"
    ):
        built().load_weights(path)
    with pytest.raises(
        ag.errors.DataError, match=rf"got:      {kind}(?s:.*)model\.save(?s:.*){cure}"
    ):
        nn.load_model(path)


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    net, path = built(), tmp_path / "w"
    net.save_weights(path)
    before = path.read_bytes()
    net.set_weights([w + 1 for w in net.get_weights()])

    def fail(_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        net.save_weights(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("call", ["save_weights", "load_weights"])
def test_files_need_a_built_model(tmp_path, call):
    with pytest.raises(RuntimeError, match=rf"{call}: the model is not built(?s:.*)model\.build"):
        getattr(Branches(), call)(tmp_path / "w")


def test_the_program_of_the_first_edition_runs_as_it_stands():
    from nn import layers, models
    from nn.utils import to_categorical

    network = models.Sequential()
    network.add(layers.Dense(8, activation="relu", input_shape=(4 * 4,)))
    network.add(layers.Dense(3, activation="softmax"))
    assert network.built and [layer.name for layer in network.layers] == ["dense", "dense_1"]
    network.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])
    images = np.random.default_rng(0).integers(0, 256, (20, 4, 4)).astype(np.uint8)
    images = images.reshape((20, 4 * 4)).astype("float32") / 255
    labels = to_categorical(np.arange(20) % 3)
    network.fit(images, labels, epochs=1, batch_size=5, verbose=0)
    assert network.evaluate(images, labels, verbose=0)[1] <= 1


def test_the_shape_of_the_input_is_an_argument_of_any_layer():
    assert nn.Sequential([nn.layers.LSTM(3, input_shape=(None, 2))]).inputs[0].shape[1:] == (
        None,
        2,
    )
    assert nn.Sequential([nn.layers.Dense(3, input_dim=2)]).layers[0].kernel.shape == (2, 3)
    # Unless it has one of that name.
    assert nn.layers.Embedding(input_dim=5, output_dim=2).declared_shape is None
    with pytest.raises(TypeError, match="input_size"):
        nn.layers.Dense(3, input_size=2)
    again = nn.Sequential.from_config(nn.Sequential([nn.layers.Dense(3, input_dim=2)]).get_config())
    assert again.layers[0].kernel.shape == (2, 3) and len(again.layers) == 1


def test_layers_of_a_sequential_are_places_in_its_graph():
    model = nn.Sequential([nn.Input((4,)), nn.layers.Dense(3), nn.layers.Dense(2)])
    inner = nn.Model(inputs=model.input, outputs=[layer.output for layer in model.layers])
    x = np.ones((2, 4), np.float32)
    first, last = inner.predict(x, verbose=0)
    np.testing.assert_array_equal(last, model.predict(x, verbose=0))
    np.testing.assert_array_equal(first, model.layers[0](x).data)
    model.pop()
    model.add(nn.layers.Dense(5))
    assert model.output.shape == (None, 5) and model.inputs == [model.input]
    assert nn.Sequential([nn.layers.Dense(3)]).inputs == []
