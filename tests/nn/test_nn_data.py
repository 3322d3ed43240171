"""Arrays to columns, batches, splits and weights."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as ag
from nn import data


def numbered(n):
    """Inputs and targets that name their row."""
    return np.arange(2 * n, dtype=np.float32).reshape(n, 2), np.arange(n)


@given(n=st.integers(1, 40), batch_size=st.integers(1, 50), shuffle=st.booleans())
def test_batches_hold_every_sample_once(n, batch_size, shuffle):
    x, y = numbered(n)
    seen, sizes = [], []
    for batch_x, batch_y in data.batches((x, y), batch_size, shuffle):
        np.testing.assert_array_equal(batch_x, x[batch_y])
        seen += batch_y.tolist()
        sizes.append(len(batch_y))
    assert sorted(seen) == list(range(n))
    assert len(sizes) == data.steps((x, y), batch_size)
    assert all(size == batch_size for size in sizes[:-1])
    assert shuffle or seen == list(range(n))


def test_shuffling_follows_the_seed_and_goes_on():
    columns = numbered(50)

    def order():
        return [i for _, y in data.batches(columns, 8, shuffle=True) for i in y.tolist()]

    ag.set_seed(5)
    first, second = order(), order()
    assert first != second
    ag.set_seed(5)
    assert order() == first


def test_shuffled_batches_share_their_memory():
    x, y = numbered(12)
    places = {batch[0].__array_interface__["data"] for batch in data.batches((x, y), 4, True)}
    assert len(places) == 1


@pytest.mark.parametrize(
    "x", [np.arange(24.0).reshape(4, 6).T, np.arange(24.0).reshape(12, 2)[::2]]
)
def test_columns_that_are_not_contiguous(x):
    for batch_x, batch_y in data.batches((x, np.arange(6)), 4, shuffle=True):
        np.testing.assert_array_equal(batch_x, x[batch_y])


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8", "int16"])
def test_large_batches_of_images(dtype):
    x = np.random.default_rng(0).integers(0, 200, (300, 28, 28)).astype(dtype)
    for batch_x, batch_y in data.batches((x, np.arange(300)), 200, shuffle=True):
        assert batch_x.dtype == dtype
        np.testing.assert_array_equal(batch_x, x[batch_y])


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("float64", "float32"),
        ("float16", "float32"),
        ("uint8", "float32"),
        ("bool", "float32"),
        ("int64", "int64"),
        ("int32", "int32"),
    ],
)
def test_inputs_are_cast_to_the_models_dtype(dtype, expected):
    assert data.as_input(np.ones((2, 2), dtype), np.float32).dtype == expected


def test_inputs_of_the_right_dtype_are_not_copied():
    x = np.ones((2, 2), np.float32)
    assert data.as_input(x, np.float32) is x
    t = ag.tensor([1.0], dtype=np.float64)
    assert data.as_input(t, np.float32) is t


@pytest.mark.parametrize("x", [np.array(["a"]), np.array([None]), np.array([1j])])
def test_what_are_no_real_numbers_is_refused(x):
    with pytest.raises(TypeError, match="not an array of real numbers"):
        data.as_input(x, np.float32)


def test_columns_take_lists_and_tensors():
    x, y, w = data.columns("fit", ag.tensor([[1.0], [2.0]]), [0, 1], [[1], [2]], np.float32)
    assert type(x) is np.ndarray and y.tolist() == [0, 1] and w.tolist() == [1.0, 2.0]
    assert w.dtype == np.float32


@pytest.mark.parametrize(
    ("x", "y", "weight", "text"),
    [
        (np.zeros((3, 2)), np.zeros(2), None, r"lengths differ\n  got:      x \(3, 2\), y \(2,\)"),
        (np.zeros((3, 2)), np.zeros(3), np.ones(2), r"lengths differ(?s:.*)sample_weight \(2,\)"),
        (np.zeros((0, 2)), np.zeros(0), None, "no samples"),
        (np.float32(1), np.float32(1), None, "no samples"),
    ],
)
def test_columns_of_different_lengths_are_refused(x, y, weight, text):
    with pytest.raises(ag.errors.ShapeError, match=f"fit: {text}"):
        data.columns("fit", x, y, weight, np.float32)


@pytest.mark.parametrize(
    ("x", "y", "text"),
    [
        (np.zeros((3, 2)), None, "bad `y`(?s:.*)y is None"),
        (None, np.zeros(3), "x is None"),
        (iter([1]), np.zeros(3), "x is a list_iterator"),
        ({"a": np.zeros(3)}, np.zeros(3), "x is a dict"),
        ("text", np.zeros(3), "x is a str"),
    ],
)
def test_what_are_no_arrays_is_refused(x, y, text):
    with pytest.raises(TypeError, match=text):
        data.columns("fit", x, y, None, np.float32)


@pytest.mark.parametrize(
    ("n", "fraction", "first"), [(10, 0.2, 8), (10, 0.25, 7), (60000, 0.1, 54000), (3, 0.5, 1)]
)
def test_split_takes_the_last_rows_by_keras_rule(n, fraction, first):
    before, after = data.split(numbered(n), fraction)
    assert before[1].tolist() == list(range(first))
    assert after[1].tolist() == list(range(first, n))


@pytest.mark.parametrize(("n", "fraction"), [(1, 0.5), (3, 0.9), (10, 1e-20)])
def test_split_leaves_no_part_empty(n, fraction):
    with pytest.raises(ValueError, match="leaves a part without samples"):
        data.split(numbered(n), fraction)


def test_classes_on_one_side_are_warned_of():
    with pytest.warns(UserWarning, match=r"the last 2 rows, unshuffled, and classes \[1, 3\]"):
        data.warn_of_unseen(np.array([1, 2, 2, 3]), 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data.warn_of_unseen(np.array([1, 2, 2, 1]), 2)
