"""Weights from and to PyTorch."""

import numpy as np
import pytest
from safetensors.numpy import save_file

import autograd_lite as ag
import nn
from nn import layers

RNG = np.random.default_rng(0)


def mlp(*names):
    dense = [
        layers.Dense(n, name=name) for n, name in zip((4, 2), names or (None, None), strict=True)
    ]
    return nn.Sequential([nn.Input((3,)), *dense])


def state(*prefixes):
    shapes = {"weight": (4, 3), "bias": (4,)}, {"weight": (2, 4), "bias": (2,)}
    return {
        f"{prefix}.{name}": RNG.normal(size=shape).astype(np.float32)
        for prefix, group in zip(prefixes, shapes, strict=True)
        for name, shape in group.items()
    }


def check(model, given, first, second):
    kernels = [layer.kernel.data for layer in model.layers]
    np.testing.assert_array_equal(kernels[0], given[f"{first}.weight"].T)
    np.testing.assert_array_equal(kernels[1], given[f"{second}.weight"].T)


def test_by_order_by_name_and_by_mapping():
    given = state("fc1", "fc2")
    model = mlp()
    nn.convert.from_torch(model, given)
    check(model, given, "fc1", "fc2")
    model = mlp("b", "a")
    nn.convert.from_torch(model, state("b", "a") | (named := state("b", "a")))
    check(model, named, "b", "a")
    nn.convert.from_torch(model, given, mapping={"b": "fc1", "a": "fc2"})
    check(model, given, "fc1", "fc2")


def test_from_a_file(tmp_path):
    given = state("net.0", "net.2")
    save_file(given, tmp_path / "torch.safetensors")
    model = mlp()
    nn.convert.from_torch(model, tmp_path / "torch.safetensors")
    check(model, given, "net.0", "net.2")


def test_files_are_read_in_the_order_of_numbers(tmp_path):
    """Safetensors has "10" before "2", and of layers of one shape nobody would notice."""
    given = {f"net.{2 * i}.weight": np.full((3, 3), i, np.float32) for i in range(12)}
    save_file(given, tmp_path / "torch.safetensors")
    dense = [layers.Dense(3, use_bias=False) for _ in range(12)]
    model = nn.Sequential([nn.Input((3,)), *dense])
    nn.convert.from_torch(model, tmp_path / "torch.safetensors")
    assert [int(layer.kernel.data[0, 0]) for layer in model.layers] == [*range(12)]


def test_files_have_no_order_of_names(tmp_path):
    given = state("one", "two")
    save_file(given, tmp_path / "torch.safetensors")
    model = mlp()
    with pytest.raises(ag.errors.ShapeError, match=r"one, two in a file, which does not keep"):
        nn.convert.from_torch(model, tmp_path / "torch.safetensors")
    names = dict(zip([layer.name for layer in model.layers], ("one", "two"), strict=True))
    nn.convert.from_torch(model, tmp_path / "torch.safetensors", names)
    check(model, given, "one", "two")


def test_a_module_of_its_own_has_no_prefix():
    model = nn.Sequential([nn.Input((3,)), layers.Dense(4)])
    given = nn.convert.to_torch(model, {model.layers[0].name: ""})
    assert set(given) == {"weight", "bias"}
    nn.convert.from_torch(model, given)


def test_a_gru_that_resets_before_is_not_pytorchs():
    model = nn.Sequential([nn.Input((5, 3)), layers.GRU(2, reset_after=False)])
    with pytest.raises(TypeError, match=r"no such layer in PyTorch(?s:.*)GRU with reset_after"):
        nn.convert.to_torch(model)


def test_bfloat16_is_read(tmp_path):
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file as save_torch

    given = {name: torch.tensor(a).bfloat16() for name, a in state("0", "1").items()}
    save_torch(given, tmp_path / "w")
    model = mlp()
    nn.convert.from_torch(model, tmp_path / "w")
    np.testing.assert_array_equal(model.layers[0].kernel.data, given["0.weight"].float().numpy().T)


def test_all_differences_are_listed_and_nothing_is_written():
    model = mlp()
    before = model.get_weights()
    given = state("0", "1")
    given["0.weight"] = given["0.weight"][:, :2]
    given["1.scale"] = given.pop("1.bias")
    with pytest.raises(ag.errors.ShapeError) as error:
        nn.convert.from_torch(model, given)
    for text in ("(2, 4) in 0, (3, 4) here", "no 1.bias", "1.scale: nothing in layers.1"):
        assert text in str(error.value)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_other_numbers_of_layers_are_refused():
    given = {name: a for name, a in state("0", "1").items() if name.startswith("0")}
    with pytest.raises(ag.errors.ShapeError, match=r"modules 0 \(weight, bias\)(?s:.*)dense_1"):
        nn.convert.from_torch(mlp(), given)


def test_layers_that_pytorch_does_not_have():
    model = nn.Sequential([nn.Input((3,)), layers.RMSNormalization()])
    with pytest.raises(TypeError, match="no such layer in PyTorch"):
        nn.convert.to_torch(model)
    with pytest.raises(RuntimeError, match="no weights"):
        nn.convert.to_torch(nn.Sequential([layers.Dense(2)]))


def test_shapes_that_cannot_be_turned_are_differences_too():
    model = nn.Sequential([nn.Input((4, 4, 3)), layers.PReLU(shared_axes=(1, 2))])
    with pytest.raises(ag.errors.ShapeError, match=r"layers\.0: 0 of another shape"):
        nn.convert.from_torch(model, {"0.weight": np.zeros(2, np.float32)})


def test_images_are_flattened_along_a_graph(tmp_path):
    x = nn.Input((2, 2, 3))
    h = layers.Dropout(0.5)(layers.Flatten()(layers.Conv2D(3, 1)(x)))
    model = nn.Model(x, [layers.Dense(1, name="top")(h), h])
    given = nn.convert.to_torch(model)
    kernel = model.get_layer("top").kernel.data.reshape(2, 2, 3)
    np.testing.assert_array_equal(given["top.weight"].ravel(), kernel.transpose(2, 0, 1).ravel())
    nn.convert.from_torch(model, given)
    np.testing.assert_array_equal(model.get_layer("top").kernel.data.reshape(2, 2, 3), kernel)


# With PyTorch itself: the same weights give the same outputs, and come back.

IMAGES = ("images", (2, 5, 6, 4))
STEPS = ("steps", (2, 5, 4))
ROWS = ("rows", (3, 4))


def rows():
    return [
        ("Linear", ROWS, lambda t: t.Linear(4, 3), lambda: [layers.Dense(3)]),
        ("no bias", ROWS, lambda t: t.Linear(4, 3, False), lambda: [layers.Dense(3, None, False)]),
        ("Conv2d", IMAGES, lambda t: t.Conv2d(4, 6, (2, 3)), lambda: [layers.Conv2D(6, (2, 3))]),
        (
            "groups",
            IMAGES,
            lambda t: t.Conv2d(4, 6, 3, groups=2),
            lambda: [layers.Conv2D(6, 3, groups=2)],
        ),
        (
            "depthwise",
            IMAGES,
            lambda t: t.Conv2d(4, 8, 3, groups=4),
            lambda: [layers.DepthwiseConv2D(3, depth_multiplier=2)],
        ),
        (
            "transposed",
            IMAGES,
            lambda t: t.ConvTranspose2d(4, 3, 2, stride=2),
            lambda: [layers.Conv2DTranspose(3, 2, strides=2)],
        ),
        (
            "BatchNorm2d",
            IMAGES,
            lambda t: t.BatchNorm2d(4),
            lambda: [layers.BatchNormalization(epsilon=1e-5)],
        ),
        (
            "GroupNorm",
            IMAGES,
            lambda t: t.GroupNorm(2, 4),
            lambda: [layers.GroupNormalization(2, epsilon=1e-5)],
        ),
        (
            "LayerNorm",
            ROWS,
            lambda t: t.LayerNorm(4),
            lambda: [layers.LayerNormalization(epsilon=1e-5)],
        ),
        ("PReLU", IMAGES, lambda t: t.PReLU(4), lambda: [layers.PReLU(shared_axes=(1, 2))]),
        (
            "flattened",
            IMAGES,
            lambda t: t.Sequential(t.Conv2d(4, 3, 2), t.ReLU(), t.Flatten(), t.Linear(60, 2)),
            lambda: [layers.Conv2D(3, 2, activation="relu"), layers.Flatten(), layers.Dense(2)],
        ),
        ("RNN", STEPS, lambda t: t.RNN(4, 3, batch_first=True), lambda: [layers.SimpleRNN(3)]),
        ("LSTM", STEPS, lambda t: t.LSTM(4, 3, batch_first=True), lambda: [layers.LSTM(3)]),
        ("GRU", STEPS, lambda t: t.GRU(4, 3, batch_first=True), lambda: [layers.GRU(3)]),
    ]


@pytest.mark.peers
@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_outputs_are_those_of_pytorch(row):
    torch = pytest.importorskip("torch")
    _, (kind, shape), theirs, ours = row
    torch.manual_seed(0)
    net = torch.nn.Sequential(theirs(torch.nn))
    for p in net.parameters():
        torch.nn.init.normal_(p)
    net(torch.randn(shape if kind != "images" else (2, 4, 5, 6)))  # moves the moving averages
    net.eval()
    model = nn.Sequential([nn.Input(shape[1:]), *ours()])
    nn.convert.from_torch(model, net.state_dict())
    x = RNG.normal(size=shape).astype(np.float32)
    y = model.predict(x, verbose=0)
    fed = np.ascontiguousarray(np.moveaxis(x, -1, 1)) if kind == "images" else x
    with torch.no_grad():
        expected = net(torch.tensor(fed))
    if isinstance(expected, tuple):
        expected = expected[0][:, -1]
    expected = expected.numpy()
    expected = np.moveaxis(expected, 1, -1) if expected.ndim == 4 else expected
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-5)

    names = dict.fromkeys(name.rpartition(".")[0] for name in net.state_dict())
    owners = [layer.name for layer in model.layers if layer.parameters()]
    back = nn.convert.to_torch(model, dict(zip(owners, names, strict=True)))
    net.load_state_dict({n: torch.tensor(a) for n, a in back.items()}, strict=False)
    with torch.no_grad():
        again = net(torch.tensor(fed))
    again = again[0][:, -1] if isinstance(again, tuple) else again
    again = np.moveaxis(again.numpy(), 1, -1) if again.ndim == 4 else again.numpy()
    np.testing.assert_allclose(again, expected, rtol=1e-5, atol=1e-6)
    assert {n for n in net.state_dict() if not n.endswith("tracked")} == set(back)
