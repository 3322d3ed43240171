"""Damaged files: each is refused with a clear error, or gives exactly what was written."""

import json
import random

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn import layers
from nn.serialization import read, write

CLEAR = (ag.errors.DataError, ag.errors.ShapeError)
MUTATIONS = 2_000
SIGNS = b'{}[]",:0123456789-eE.\\x00 truefalsn'
VALUES = (None, True, -1, 0, 2, 2.5, 1e300, "", "relu", "layers.Dense", [], {}, {"$same": 0}, "$")


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A model in a file, its bytes, and a place for damaged ones."""
    x = nn.Input((3,))
    h = layers.BatchNormalization()(layers.Dense(4, "relu", kernel_regularizer="l2")(x))
    model = nn.Model(x, layers.Dense(2)(h * 2.0 + h[:, ::-1]))
    model.compile(nn.optimizers.SGD(momentum=0.5), "mse", metrics=["mae"])
    model.fit(np.ones((4, 3), np.float32), np.ones((4, 2), np.float32), verbose=0)
    path = tmp_path_factory.mktemp("fuzz") / "m.safetensors"
    model.save(path)
    return model, path.read_bytes(), path.with_name("damaged")


def mutated(content, draw):
    """The bytes with one thing changed."""
    damaged = bytearray(content)
    header = int.from_bytes(content[:8], "little")
    kind = draw.randrange(7)
    if kind == 0:
        return bytes(damaged[: draw.randrange(len(damaged))])
    if kind == 1:
        length = draw.choice([0, 1, header - 1, header + 1, len(content), draw.getrandbits(64)])
        damaged[:8] = length.to_bytes(8, "little")
    elif kind == 2:  # in the header
        damaged[8 + draw.randrange(header)] = draw.choice(SIGNS)
    elif kind == 3:
        at = draw.randrange(len(damaged))
        damaged[at:at] = draw.randbytes(draw.randrange(1, 9))
    elif kind == 4:
        at = draw.randrange(len(damaged))
        del damaged[at : at + draw.randrange(1, 9)]
    elif kind == 5:  # another header of a length that fits
        described = json.loads(content[8 : 8 + header])
        replace_one(described, draw)
        text = json.dumps(described).encode()
        return len(text).to_bytes(8, "little") + text + content[8 + header :]
    else:
        damaged[draw.randrange(len(damaged))] ^= 1 << draw.randrange(8)
    return bytes(damaged)


def replace_one(tree, draw):
    """Change something in a tree of lists and dicts."""
    while True:
        key = draw.choice([*tree]) if isinstance(tree, dict) else draw.randrange(len(tree))
        child = tree[key]
        if isinstance(child, dict | list) and child and draw.random() < 0.85:
            tree = child
        elif draw.random() < 0.3:
            del tree[key]
            return
        else:
            tree[key] = draw.choice(VALUES)
            return


def same(ours, theirs):
    return all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("call", ["load_model", "load_weights"])
def test_damaged_bytes(saved, call):
    model, content, path = saved
    weights, draw, refused = model.get_weights(), random.Random(call), 0
    x = nn.Input((3,))
    other = nn.Model(x, layers.Dense(2)(layers.BatchNormalization()(layers.Dense(4)(x))))
    for _ in range(MUTATIONS):
        damaged = mutated(content, draw)
        path.write_bytes(damaged)
        try:
            if call == "load_model":
                other = nn.load_model(path)
            else:
                other.load_weights(path)
        except CLEAR as error:
            assert str(error).startswith(call)
            refused += damaged != content
        else:
            assert same(weights, other.get_weights())
    assert refused > 0.9 * MUTATIONS


@pytest.mark.slow
def test_wrong_models_with_a_right_checksum(saved):
    model, content, path = saved
    path.write_bytes(content)
    file, draw = read(path, "test"), random.Random(1)
    weights, outcomes = model.get_weights(), set()
    for _ in range(MUTATIONS // 2):
        described = json.loads(file.metadata["model"])
        replace_one(described, draw)
        write(path, file.arrays, {"model": json.dumps(described)})
        try:
            other = nn.load_model(path)
        except CLEAR as error:
            outcomes.add(type(error))
        else:
            assert same(weights, other.get_weights())
            outcomes.add(type(other))
    assert outcomes >= {*CLEAR, nn.Model}
    assert ag.get_default_dtype() == np.float32


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,9]}}', "in bytes 0 to 9"),
        (b'{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}', "a: "),
        (b'{"a":{"dtype":"O","shape":[2],"data_offsets":[0,8]}}', "a: "),
        (b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}', "in bytes 4 to 12"),
        (b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', "8 bytes of arrays"),
        (b'{"a":1,"a":2}', "comes twice"),
        (b'{"__metadata__":{"format":3}}', "metadata"),
        (b"7", "no JSON object"),
        (b"\xff", "no JSON"),
    ],
)
def test_bad_headers(tmp_path, header, problem):
    path = tmp_path / "w"
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(8))
    with pytest.raises(ag.errors.DataError, match=f"not a whole safetensors file(?s:.*){problem}"):
        read(path, "test")


@pytest.mark.parametrize("shape", [[0, 10**30], [1] * 100])
def test_shapes_that_numpy_cannot_have(tmp_path, shape):
    path, size = tmp_path / "w", 4 * np.prod(shape, dtype=object)
    entry = {"dtype": "F32", "shape": shape, "data_offsets": [0, int(size)]}
    header = json.dumps({"a": entry}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(int(size)))
    with pytest.raises(ag.errors.DataError, match=r"not a whole safetensors file(?s:.*)a: .*dim"):
        read(path, "test")


def test_a_long_header_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "w"
    with path.open("wb") as file:
        file.write((200_000_000).to_bytes(8, "little"))
        file.truncate(300_000_000)  # holes, that take no room on the disk
    with pytest.raises(ag.errors.DataError, match="a header of 200000000 bytes"):
        read(path, "test")


def test_numbers_in_weights_are_not_changed_unseen(saved):
    model, content, path = saved
    at = content.index(model.get_weights()[0].tobytes())
    damaged = bytearray(content)
    damaged[at] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(ag.errors.DataError, match=r"was changed since(?s:.*)SHA-256"):
        model.load_weights(path)


@pytest.mark.parametrize(
    "function",
    [
        ["function", {"$name": "numpy.save"}],
        ["function", {"$name": "os.system"}],
        ["function", {"$name": "builtins.eval"}],
        ["method", "tofile"],
        ["method", "__class__"],
        ["ufunc", {"$name": "numpy.add"}, "__reduce__"],
        ["ufunc", {"$name": "numpy.add"}, "at"],
    ],
)
def test_functions_of_files_are_not_called(saved, function):
    _, content, path = saved
    path.write_bytes(content)
    file = read(path, "test")
    described = json.loads(file.metadata["model"])
    parts = described["model"]["config"]["functions"]
    next(part for part in parts if "kind" in part)["function"] = function
    write(path, file.arrays, {"model": json.dumps(described)})
    with pytest.raises(ag.errors.DataError, match=r"unknown function|not registered"):
        nn.load_model(path)
