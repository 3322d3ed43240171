"""Labels, sequences, splits, images and text, before a model sees them."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite.errors import DTypeError, ShapeError
from nn.data import Dataset
from nn.preprocessing import (
    Tokenizer,
    normalize,
    one_hot,
    pad_sequences,
    random_flip,
    random_rotation,
    random_shift,
    random_zoom,
    train_test_split,
)

AUGMENTATIONS = [random_flip, random_shift, random_rotation, random_zoom]


def test_one_hot():
    np.testing.assert_array_equal(one_hot([[2], [0]]), [[[0, 0, 1]], [[1, 0, 0]]])
    np.testing.assert_array_equal(one_hot(np.uint8([1]), 4, dtype=bool), [[0, 1, 0, 0]])
    assert one_hot(3).tolist() == [0, 0, 0, 1]
    assert one_hot([], 3).shape == (0, 3) and one_hot([1]).dtype == np.float32


@pytest.mark.parametrize(
    ("labels", "classes", "error", "text"),
    [
        ([0, 3], 3, ValueError, "got: +labels from 0 to 3\n  expected: 0 to 2"),
        ([-1, 0], None, ValueError, "labels from -1 to 0"),
        ([0.5], None, DTypeError, r"no integers\n  got: +float64\n  fix: +labels.astype\(int\)"),
        ([0], 0, ValueError, "bad `num_classes`"),
    ],
)
def test_labels_that_have_no_vector(labels, classes, error, text):
    with pytest.raises(error, match=f"one_hot: (?s:.*){text}"):
        one_hot(labels, classes)


def test_normalize():
    x = np.array([[3.0, 4.0], [0.0, 0.0]], np.float32)
    assert normalize(x).dtype == np.float32
    np.testing.assert_allclose(normalize(x), [[0.6, 0.8], [0, 0]], rtol=1e-6)
    np.testing.assert_allclose(
        normalize([[1, 3], [3, 1]], axis=0, order=1), [[0.25, 0.75], [0.75, 0.25]]
    )


# What Keras 3 gives.
PADDED = [
    ({}, [[0, 0, 1], [0, 2, 3], [4, 5, 6], [0, 0, 0]]),
    ({"padding": "post"}, [[1, 0, 0], [2, 3, 0], [4, 5, 6], [0, 0, 0]]),
    ({"maxlen": 2}, [[0, 1], [2, 3], [5, 6], [0, 0]]),
    ({"maxlen": 2, "truncating": "post", "value": 9}, [[9, 1], [2, 3], [4, 5], [9, 9]]),
    (
        {"maxlen": 4, "padding": "post", "value": -1},
        [[1, -1, -1, -1], [2, 3, -1, -1], [4, 5, 6, -1], [-1] * 4],
    ),
]


@pytest.mark.parametrize(("settings", "expected"), PADDED)
def test_pad_sequences(settings, expected):
    found = pad_sequences([[1], [2, 3], np.array([4, 5, 6]), []], **settings)
    assert found.dtype == np.int32
    np.testing.assert_array_equal(found, expected)


def test_sequences_of_vectors():
    found = pad_sequences([np.ones((1, 2)), [], np.full((2, 2), 0.5)], dtype="float32")
    assert found.shape == (3, 2, 2) and found[:, :, 0].tolist() == [[0, 1], [0, 0], [0.5, 0.5]]
    assert pad_sequences([]).shape == (0, 0)


@pytest.mark.parametrize(
    ("sequences", "settings", "text"),
    [
        ([1, 2], {}, "element 0 is no sequence of numbers\n  got: +1"),
        (["text"], {}, "element 0 is no sequence"),
        ([[1], [[1]]], {}, r"entries differ in shape\n  got: +\(\) and, in sequence 1, \(1,\)"),
        ([[1]], {"padding": "left"}, "`padding`: unknown name(?s:.*)post, pre"),
        ([[1]], {"truncating": "left"}, "`truncating`: unknown name"),
        ([[1]], {"maxlen": 0}, "bad `maxlen`"),
    ],
)
def test_what_cannot_be_padded(sequences, settings, text):
    with pytest.raises(ValueError, match=f"pad_sequences: {text}"):
        pad_sequences(sequences, **settings)


@given(n=st.integers(2, 60), share=st.floats(0.01, 0.99), seed=st.integers(0, 5))
def test_a_split_has_every_row_once(n, share, seed):
    size = int(np.ceil(share * n))
    if size == n:
        return
    x = np.arange(2 * n).reshape(n, 2)
    x_train, x_test, y_train, y_test = train_test_split(
        x, {"a": np.arange(n)}, test_size=share, seed=seed
    )
    assert len(x_test) == size
    np.testing.assert_array_equal(x_train[:, 0], 2 * y_train["a"])
    np.testing.assert_array_equal(x_test[:, 0], 2 * y_test["a"])
    assert sorted([*y_train["a"], *y_test["a"]]) == list(range(n))


@given(
    counts=st.lists(st.integers(2, 30), min_size=1, max_size=6),
    share=st.floats(0.05, 0.95),
    shuffle=st.booleans(),
)
def test_a_stratified_split_has_every_class_in_proportion(counts, share, shuffle):
    classes = np.repeat(np.arange(len(counts)), counts)
    n, size = len(classes), int(np.ceil(share * len(classes)))
    if not len(counts) <= size <= n - len(counts):
        return
    names = np.array(list("abcdef"))[classes]
    rows = np.arange(n)
    _, test, _, found = train_test_split(
        rows, classes, test_size=share, stratify=names, seed=1, shuffle=shuffle
    )
    assert len(set(test)) == size
    got = np.bincount(found, minlength=len(counts))
    exact = np.array(counts) * size / n
    # A class may have to have one more than its share, and others then less.
    assert (got >= 1).all() and (got < counts).all()
    assert (abs(got - exact) < 1 + (exact < 1).sum() + (exact > np.array(counts) - 1).sum()).all()


def test_a_small_class_is_not_used_up():
    classes = np.repeat([0, 1], [2, 50])
    for size in (2, 50):
        test = train_test_split(classes, test_size=size, stratify=classes)[1]
        assert np.bincount(test).tolist() == [1, size - 1]


def test_splits_follow_the_seed():
    x = np.arange(100)
    ag.set_seed(7)
    first = train_test_split(x)[1]
    assert train_test_split(x)[1].tolist() != first.tolist()
    ag.set_seed(7)
    assert train_test_split(x)[1].tolist() == first.tolist()
    before = ag.random.state()
    assert train_test_split(x, seed=3)[0].tolist() == train_test_split(x, seed=3)[0].tolist()
    assert ag.random.state() == before
    train, test = train_test_split([*range(10)], test_size=3, shuffle=False)
    assert train.tolist() == list(range(7)) and test.tolist() == [7, 8, 9]


@pytest.mark.parametrize(
    ("arrays", "settings", "text"),
    [
        ((), {}, "lengths differ\n  got: +nothing"),
        ((np.zeros(3), np.zeros(2)), {}, r"lengths differ\n  got: +\(3,\), \(2,\)"),
        ((np.zeros(3),), {"test_size": 3}, "a part without rows\n  got: +test_size=3 of 3 rows"),
        ((np.zeros(3),), {"test_size": 0.0}, "a part without rows"),
        ((np.zeros(3),), {"test_size": 1.0}, "a part without rows"),
        ((np.zeros(3),), {"test_size": "all"}, "a part without rows"),
        ((np.zeros(3),), {"test_size": True}, "a part without rows"),
        ((np.zeros(4),), {"stratify": [0, 1]}, r"bad `stratify`\n  got: +stratify \(2,\)"),
        ((np.zeros(4),), {"stratify": [0, 0, 0, 1]}, "not every class can be in both parts"),
        ((np.zeros(4),), {"stratify": [0, 0, 1, 1], "test_size": 1}, "not(?s:.*)2 classes of 2"),
    ],
)
def test_what_cannot_be_split(arrays, settings, text):
    with pytest.raises(ValueError, match=f"train_test_split: {text}"):
        train_test_split(*arrays, **settings)


def images(*shape, dtype=np.float32):
    return np.random.default_rng(0).integers(0, 256, shape).astype(dtype)


@pytest.mark.parametrize("augment", AUGMENTATIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
@pytest.mark.parametrize("shape", [(5, 7, 6), (5, 7, 6, 3), (0, 4, 4), (2, 1, 1, 1)])
def test_augmentations_keep_shape_dtype_and_range(augment, dtype, shape):
    x = images(*shape, dtype=dtype)
    x.flags.writeable = False
    found = augment(x)
    assert found.shape == shape and found.dtype == dtype
    assert not np.shares_memory(found, x)
    if x.size:
        assert found.min() >= 0 and found.max() <= x.max()


@pytest.mark.parametrize("augment", AUGMENTATIONS)
def test_augmentations_follow_the_seed_and_differ_from_image_to_image(augment):
    x = np.repeat(images(1, 20, 20), 12, axis=0)
    ag.set_seed(1)
    first = augment(x)
    assert len({image.tobytes() for image in first}) > 1
    ag.set_seed(1)
    np.testing.assert_array_equal(augment(x), first)
    rng = np.random.default_rng
    np.testing.assert_array_equal(augment(x, rng=rng(2)), augment(x, rng=rng(2)))


@pytest.mark.parametrize("augment", AUGMENTATIONS)
@pytest.mark.parametrize("x", [np.zeros(3), np.zeros((3, 3)), np.zeros((1, 1, 1, 1, 1))])
def test_augmentations_take_batches(augment, x):
    with pytest.raises(
        ShapeError, match=rf"{augment.__name__}: no batch of images(?s:.*)x\[None\]"
    ):
        augment(x)


@pytest.mark.parametrize("augment", [random_shift, random_rotation, random_zoom])
def test_a_factor_of_zero_changes_nothing(augment):
    x = images(3, 5, 4, 2)
    settings = {"height": 0.0, "width": 0.0} if augment is random_shift else {"factor": 0.0}
    np.testing.assert_allclose(augment(x, **settings), x, rtol=1e-6)


@pytest.mark.parametrize(
    ("mode", "flips"),
    [
        ("horizontal", [(1, -1)]),
        ("vertical", [(-1, 1)]),
        ("horizontal_and_vertical", [(1, -1), (-1, 1), (-1, -1)]),
    ],
)
def test_flips(mode, flips):
    x = images(200, 3, 4, 2)
    found = random_flip(x, mode, rng=np.random.default_rng(0))
    choices = [(1, 1), *flips]
    seen = [
        next(c for c in choices if np.array_equal(a[:: c[0], :: c[1]], b))
        for a, b in zip(x, found, strict=True)
    ]
    assert all(seen.count(c) > 0.7 * len(x) / len(choices) for c in choices)


@pytest.mark.parametrize("fill", ["constant", "nearest"])
def test_shifts_are_by_whole_pixels(fill):
    x = images(60, 6, 8)
    found = random_shift(x, 0.34, 0.25, fill_mode=fill, fill_value=-1.0)
    mode = {"constant_values": -1} if fill == "constant" else {"mode": "edge"}
    seen = set()
    for image, moved in zip(x, found, strict=True):
        around = np.pad(image, 2, **({"mode": "constant"} | mode))
        offsets = [
            (a, b)
            for a, b in itertools.product(range(5), repeat=2)
            if np.array_equal(around[a : a + 6, b : b + 8], moved)
        ]
        seen.update(offsets[:1])
        assert len(offsets) == 1
    assert len(seen) > 15


class Largest:
    """A generator whose draws are the largest."""

    def uniform(self, low, high, size):
        return np.full(size, high)


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_rotations_by_quarter_turns_are_exact(interpolation):
    x = images(2, 5, 5, 2)
    settings = {"interpolation": interpolation, "rng": Largest()}
    for turns in (1, 2, 3):
        found = random_rotation(x, turns / 4, fill_mode="nearest", **settings)
        np.testing.assert_allclose(found, np.rot90(x, -turns, axes=(1, 2)), atol=1e-3)


def test_whole_numbers_are_rounded():
    x = images(4, 9, 9, dtype=np.uint8)
    found = random_rotation(x, 0.1, rng=Largest())
    exact = random_rotation(x.astype(np.float32), 0.1, rng=Largest())
    np.testing.assert_array_equal(found, np.rint(exact))


def test_a_rotation_fills_the_corners():
    found = random_rotation(np.ones((1, 9, 9)), 1 / 8, fill_value=-5.0, rng=Largest())
    assert found[0, 0, 0] == -5 and found[0, 4, 4] == 1


def test_bilinear_interpolation_is_exact_on_planes():
    rows, columns = np.indices((11, 11)) - 5.0
    x = (2 * rows + 3 * columns + 100)[None]
    angle = 2 * np.pi * 0.03
    found = random_rotation(x, 0.03, rng=Largest())[0]
    turned_rows = np.cos(angle) * rows - np.sin(angle) * columns
    turned_columns = np.sin(angle) * rows + np.cos(angle) * columns
    inside = np.s_[2:-2, 2:-2]
    np.testing.assert_allclose(found[inside], (2 * turned_rows + 3 * turned_columns + 100)[inside])
    zoomed = random_zoom(x, 0.5, rng=Largest())[0]
    np.testing.assert_allclose(zoomed[inside], ((2 * rows + 3 * columns) / 1.5 + 100)[inside])


def test_zooming_out_shows_what_is_around():
    x = np.ones((1, 8, 8))
    small = random_zoom(x, 0.5, rng=np.random.default_rng(5), interpolation="nearest")
    large = random_zoom(x, 0.5, rng=Largest())
    assert set(np.unique(small)) <= {0.0, 1.0} and large.sum() == 64


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda x: random_flip(x, "sideways"), "random_flip: `mode`: unknown name"),
        (lambda x: random_shift(x, height=-1), "random_shift: bad `height`"),
        (lambda x: random_shift(x, fill_mode="wrap"), "random_shift: `fill_mode`: unknown"),
        (lambda x: random_rotation(x, interpolation="cubic"), "`interpolation`: unknown"),
        (lambda x: random_rotation(x, "a lot"), "random_rotation: bad `factor`"),
        (lambda x: random_zoom(x, 1.0), "random_zoom: bad `factor`"),
    ],
)
def test_bad_settings_of_augmentations(call, text):
    with pytest.raises(ValueError, match=text):
        call(np.zeros((1, 2, 2)))


def test_augmentation_in_a_pipeline_follows_the_seed():
    x, y = images(12, 6, 6), np.arange(12)
    dataset = Dataset.from_arrays(x, y).batch(4).cache()
    dataset = dataset.map(lambda x, y, rng: (random_flip(x, rng=rng), y)).prefetch(2)

    def drawn():
        return np.concatenate([batch for batch, _ in dataset])

    ag.set_seed(0)
    first, second = drawn(), drawn()
    assert not np.array_equal(first, second)
    ag.set_seed(0)
    np.testing.assert_array_equal(drawn(), first)


def test_words():
    tokenizer = Tokenizer(num_tokens=4).fit(["It's a Dog, a dog!", "A cat; ÉTÉ_1"])
    assert tokenizer.vocabulary == ["a", "dog"] and len(tokenizer) == 4
    assert tokenizer.encode("a dog? it's été") == [2, 3, 1, 1]
    assert tokenizer.decode([2, 3, 1, 0]) == "a dog [UNK]"
    again = Tokenizer(vocabulary=tokenizer.vocabulary)
    assert again.encode_all(["dog", ""]) == [[3], []]


def test_characters():
    tokenizer = Tokenizer("char").fit(["abba b"])
    assert tokenizer.vocabulary == ["b", "a", " "]
    assert tokenizer.decode(tokenizer.encode("bab a")) == "bab a"


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: Tokenizer("line"), ValueError, "Tokenizer: `level`: unknown name"),
        (lambda: Tokenizer(num_tokens=1), ValueError, "bad `num_tokens`(?s:.*)2 or more"),
        (lambda: Tokenizer(vocabulary=["a", "a"]), ValueError, "bad `vocabulary`\n  got: +'a' tw"),
        (lambda: Tokenizer().fit("text"), TypeError, r"Tokenizer.fit: one string(?s:.*)\[text\]"),
        (lambda: Tokenizer().encode_all("text"), TypeError, "Tokenizer.encode_all: one string"),
        (lambda: Tokenizer().decode([2]), ValueError, "no such number\n  got: +2\n  exp.*0 to 1"),
        (lambda: Tokenizer().decode([-1]), ValueError, "no such number"),
    ],
)
def test_what_a_tokenizer_refuses(call, error, text):
    with pytest.raises(error, match=text):
        call()
