"""Embedding beyond the table of cases."""

import numpy as np
import pytest

import autograd_lite as ag

TABLE = np.arange(12.0).reshape(4, 3)


def test_repeated_numbers_add_up_in_order():
    g = np.array([[1e8, 1], [1, 1], [-1e8, 1]], np.float32)
    out = ag.vjp(lambda t: ag.embedding(t, np.array([1, 1, -3])), np.zeros((4, 2), np.float32))
    np.testing.assert_array_equal(out[1](g)[0][1], [0, 3])


def test_tensors_of_integers_are_indices():
    np.testing.assert_array_equal(ag.embedding(TABLE, ag.tensor(np.array([2]))).data, TABLE[[2]])


@pytest.mark.parametrize("numbers", [[4], [-5], [0, 7]])
def test_numbers_out_of_range_are_refused(numbers):
    with pytest.raises(IndexError, match="out of bounds"):
        ag.embedding(TABLE, np.array(numbers))


def test_other_indices_are_refused():
    with pytest.raises(ag.errors.DTypeError, match=r"indices are not integers\n.*float64"):
        ag.embedding(TABLE, np.array([1.0]))
    with pytest.raises(ag.errors.DTypeError, match="bool"):
        ag.embedding(TABLE, np.array([True]))
