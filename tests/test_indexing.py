"""Every form of index that NumPy has: values are NumPy's, gradients are `np.add.at`'s."""

from __future__ import annotations

import re
from typing import Any

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

import autograd_lite as ag
from autograd_lite.ops.index import At

SHAPE = (3, 4, 5)
X = np.random.default_rng(0).normal(size=SHAPE)
ROWS, COLUMNS = np.array([0, 2, 2, -1]), np.array([3, 0, 0, 1])
PAIRS = np.array([[0, 1], [1, 0]])
POSITIVE = X > 0
NEWAXIS = None


class Two:
    """An object that counts as the integer 2."""

    def __index__(self) -> int:
        return 2

    def __repr__(self) -> str:
        return "Two()"


FORMS: list[Any] = [
    # integers
    *(0, 2, -1, -3, np.int64(1), np.int8(-1), np.uint8(2), np.array(1), Two()),
    *((0, 1), (0, 1, 2), (-1, -1, -1), (np.int32(1), 2), (np.array(1), np.array(2)), (Two(), 1)),
    # slices
    *(slice(None), slice(1, None), slice(None, -1), slice(None, None, -1), slice(2, 0, -1)),
    *(slice(0, 99), slice(-99, 2), slice(2, 2), slice(99, None), slice(None, None, 2)),
    *((slice(None), slice(1, 3)), (slice(None), slice(None), slice(None, None, -2))),
    (slice(np.int64(0), np.int64(2)), slice(None, 4, 3)),
    # None and Ellipsis
    *(None, Ellipsis, (), (None, None), (Ellipsis, None), (None, Ellipsis, None), (Ellipsis, 0)),
    *((0, Ellipsis), (0, Ellipsis, 0), (Ellipsis, slice(1, 3)), (1, None, slice(None), None, 2)),
    *((slice(None), None, 1), (0, 1, 2, Ellipsis), (Ellipsis, 0, 1, 2), (None, 0, None, 1)),
    # integer arrays and lists
    *(ROWS, ROWS[:0], np.array([[0, 1], [2, 0]]), np.zeros((2, 0), int), ROWS.astype(np.int8)),
    *([0, 1], [2, 2, 2], [], [[0, 1], [1, 2]], [[]], [-1], (ROWS,), ([0, 0, 1],), ((0, 1),)),
    *((ROWS, COLUMNS), (ROWS, COLUMNS, 0), (ROWS, 1), (1, ROWS), ([0, 1], [1, 2], [2, 3])),
    *((PAIRS, PAIRS), (PAIRS, [0, 1]), (PAIRS[:, :, None], [0, 1, 2]), (ROWS[:0], 1)),
    *(np.ix_([0, 2], [1, 1, 3]), np.ix_([0, 2], [1, 3], [4, 0, 0]), np.ix_([True, False, True])),
    # arrays with slices: adjacent ones stay in place, others come first
    *((slice(None), ROWS), (slice(None), slice(None), ROWS), (ROWS, slice(1, 3)), (Ellipsis, ROWS)),
    *((slice(None), ROWS, COLUMNS), (ROWS, slice(None), COLUMNS), (ROWS, Ellipsis, COLUMNS)),
    *((ROWS, slice(None), 0), (0, slice(None), ROWS), (slice(None), 0, ROWS), (0, ROWS)),
    *((ROWS, None, COLUMNS), (None, ROWS), (ROWS, None), (slice(0, 2), None, PAIRS)),
    *((PAIRS, slice(None), PAIRS), (slice(None, None, -1), PAIRS), (slice(2, 2), ROWS)),
    (np.array(1), slice(None), np.array(2)),
    # masks
    *(POSITIVE, ~POSITIVE & False, POSITIVE | True, POSITIVE[:, :, 0], POSITIVE[:, 0, 0]),
    *((POSITIVE[0, 0, :3],), (slice(None), POSITIVE[0]), (slice(None), POSITIVE[0, :, 0])),
    *((Ellipsis, POSITIVE[0, 0]), (POSITIVE[:, 0, 0], 0), (0, POSITIVE[0]), (POSITIVE[:, :, 0], 1)),
    *((POSITIVE[:, 0, 0], slice(1, 3)), (POSITIVE[:, 0, 0], None), (None, POSITIVE)),
    *([True, False, True], [False] * 3, ([True, False, True], [0, 1])),
    *((slice(None), [True, False, True, True], 0), ([True, True, False], slice(None), [0, 4])),
    # single truth values
    *(True, False, np.True_, np.array(True), np.array(False), (True, 0), (0, True), (False, 0)),
    *((None, True), (True, slice(0, 2)), (True, ROWS), (Ellipsis, False)),
]

WRONG: list[Any] = [
    *(3, -4, (0, 4), (0, 0, 5), np.array(3), (0, 0, 0, 0), (Ellipsis, 0, 0, 0, 0)),
    *((Ellipsis, Ellipsis), [0, 3], np.array([-4]), (ROWS, np.array([4, 0, 0, 0])), (ROWS, 4)),
    *(1.0, 1.5, np.float64(1), "a", (0, 1.0), [0.5], np.array([1.0]), (slice(None), 0.0), [None]),
    *((ROWS, ROWS[:3]), (PAIRS, ROWS), ([0, 1], [0, 1, 2]), (ROWS, ROWS[:0])),
    *(POSITIVE[:2], POSITIVE[:, :3], (0, POSITIVE), [True, False], (POSITIVE, 0)),
    *(([True, True, False], [0, 1, 2]), (slice(0.5, None),), slice(None, None, 0), {}),
]


def numbered(forms):
    return [pytest.param(form, id=f"{i}-{form!r:.40}") for i, form in enumerate(forms)]


each_form = pytest.mark.parametrize("index", numbered(FORMS))


def scattered(x, index, values):
    out = np.zeros_like(x)
    np.add.at(out, index, values)
    return out


def as_array(index):
    """What `np.add.at` takes for an index: it wants no lists that are empty."""
    if isinstance(index, list):
        array = np.asarray(index)
        return array if array.size else array.astype(int)
    return tuple(map(as_array, index)) if isinstance(index, tuple) else index


def check(x, index):
    """Value, gradient and second derivative of ``sum(c * x[index] ** 3)``."""
    want = x[index]
    t = ag.Tensor(x, requires_grad=True)
    got = t[index]
    assert isinstance(got, ag.Tensor) and got.requires_grad
    np.testing.assert_array_equal(got.data, want, strict=got.ndim > 0)
    c = np.arange(1.0, np.size(want) + 1).reshape(np.shape(want))
    v = np.cos(np.arange(x.size)).reshape(x.shape)

    def cubes(x):
        return ag.sum(x[index] ** 3 * c)

    def slope(x):
        return ag.sum(ag.grad(cubes)(x) * v)

    index = as_array(index)
    close = {"rtol": 1e-12, "atol": 1e-12}
    gradient = ag.grad(cubes)(x)
    np.testing.assert_allclose(gradient, scattered(x, index, 3 * want**2 * c), **close)
    second = scattered(x, index, 6 * want * c) * v
    np.testing.assert_allclose(ag.grad(slope)(x), second, **close)


@each_form
def test_forms(index):
    check(X, index)


@each_form
def test_forms_on_arrays_are_numpys(index):
    got = ag.getitem(X, index)
    np.testing.assert_array_equal(got, X[index])
    assert type(got) is type(X[index])


@pytest.mark.parametrize("index", numbered(WRONG))
def test_wrong_forms_raise_what_numpy_raises(index):
    with pytest.raises((IndexError, TypeError, ValueError)) as theirs:
        X[index]
    with pytest.raises(theirs.type, match=re.escape(str(theirs.value))):
        ag.Tensor(X, True)[index]


def test_there_are_many_forms():
    assert len(FORMS) > 80 and len(WRONG) > 20


@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (3, 0, 2), (1, 1)])
@pytest.mark.parametrize("index", [(), None, Ellipsis, True, False, (None, Ellipsis), slice(0)])
def test_numbers_and_empty_arrays(shape, index):
    if shape == () and index == slice(0):
        return
    check(np.ones(shape), index)


SMALL = hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=4)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_basic_forms_at_random(data):
    shape = data.draw(hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
    check(np.ones(shape), data.draw(hnp.basic_indices(shape, allow_newaxis=True)))


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_integer_arrays_at_random(data):
    shape = data.draw(SMALL)
    x = np.arange(float(np.prod(shape))).reshape(shape)
    check(x, data.draw(hnp.integer_array_indices(shape)))


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_mixed_forms_at_random(data):
    shape = data.draw(SMALL)
    x = np.arange(float(np.prod(shape))).reshape(shape)
    common = data.draw(hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3))
    parts = []
    for n in shape:
        within = st.integers(-n, n - 1)
        part = st.one_of(within, st.slices(n), hnp.arrays(int, common, elements=within))
        parts.append(data.draw(part))
        if data.draw(st.booleans()):
            parts.append(None)
    check(x, tuple(parts))


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_masks_at_random(data):
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=4))
    first = data.draw(st.integers(0, len(shape)))
    last = data.draw(st.integers(first, len(shape)))
    mask = data.draw(hnp.arrays(bool, shape[first:last]))
    check(np.ones(shape), (*[slice(None)] * first, mask))


@pytest.mark.parametrize(
    "index", [ROWS, POSITIVE, (ROWS, slice(None), COLUMNS), np.array(1), (0, ROWS), [np.array(0)]]
)
def test_tensors_as_index(index):
    def traced(part):
        return ag.tensor(part) if isinstance(part, np.ndarray) else part

    many = isinstance(index, (tuple, list))
    tensors = type(index)(map(traced, index)) if many else traced(index)
    x = ag.Tensor(X, requires_grad=True)
    (x[tensors] ** 2).sum().backward()
    np.testing.assert_allclose(x.grad.data, scattered(X, as_array(index), 2 * X[index]))
    np.testing.assert_array_equal(ag.getitem(X, tensors), X[index])


def test_float_tensor_as_index_is_refused():
    with pytest.raises(IndexError, match="integer"):
        ag.Tensor(X)[ag.tensor([1.0])]


def test_comparison_as_index():
    x = ag.Tensor(X, requires_grad=True)
    x[x > 0].sum().backward()
    np.testing.assert_array_equal(x.grad.data, X > 0)


def test_an_index_may_change_after_the_call():
    rows = [0, 0]
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = x[rows]
    rows.append(1)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.data, [2, 0])


def test_what_was_gathered_is_a_copy_and_outlives_a_write():
    table, w = ag.tensor([1.0, 2.0]), ag.tensor(3.0, requires_grad=True)
    y = (table[[0, 1]] * w).sum()
    table[0] = 5.0
    y.backward()
    assert w.grad.item() == 3
    y = (table[:1] * w).sum()
    table[0] = 6.0
    with pytest.raises(ag.errors.GradientError, match="written"):
        y.backward()


@each_form
def test_functional_writes(index):
    plain = as_array(index)
    values = np.random.default_rng(1).normal(size=X[index].shape)
    x, v = ag.Tensor(X, requires_grad=True), ag.Tensor(values, requires_grad=True)
    added, c = x.at[index].add(v), np.cos(np.arange(X.size)).reshape(SHAPE)
    np.testing.assert_allclose(added.data, X + scattered(X, plain, values))
    (added * c).sum().backward()
    np.testing.assert_array_equal(x.grad.data, c)
    np.testing.assert_array_equal(v.grad.data, c[index])
    want = X.copy()
    want[index] = values
    np.testing.assert_array_equal(x.at[index].set(v).data, want)
    np.testing.assert_array_equal(x.at[index].get().data, X[index])


@pytest.mark.parametrize("name", ["multiply", "max", "min"])
@pytest.mark.parametrize("index", [1, (slice(None), [0, 2]), POSITIVE, np.ix_([0, 2], [1, 3])])
def test_functional_updates(name, index):
    ufunc = {"multiply": np.multiply, "max": np.maximum, "min": np.minimum}[name]
    values = X[index] + np.where(np.arange(X[index].size) % 3, 0.5, -0.5).reshape(X[index].shape)

    def updated(x, v):
        return getattr(At(x)[index], name)(v)

    want = X.copy()
    ufunc.at(want, index, values)
    np.testing.assert_array_equal(updated(ag.Tensor(X), values).data, want)
    assert ag.gradgradcheck(updated, [X, values])


@pytest.mark.parametrize("name", ["multiply", "max", "min"])
def test_functional_updates_of_repeated_positions_are_refused(name):
    with pytest.raises(IndexError, match=rf"x.at\[index\].{name}: a position is named twice"):
        getattr(ag.Tensor(X).at[ROWS], name)(1.0)
