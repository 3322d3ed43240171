"""Moving, joining, padding and selecting as NumPy does it: results, kinds of results and errors."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.errors import NoRuleError, ShapeError

RNG = np.random.default_rng(0)
ARRAYS = [RNG.normal(size=shape) for shape in ((4, 3), (5,), (2, 3, 4), (), (0, 3), (1, 1))]
X, V = ARRAYS[:2]


def traced(x):
    """Floating arrays as Tensors, in lists and tuples too."""
    if isinstance(x, (list, tuple)):
        return type(x)(map(traced, x))
    floating = isinstance(x, np.ndarray) and x.dtype.kind == "f"
    return ag.Tensor(x, requires_grad=True) if floating else x


def outcome(function, args, settings):
    try:
        return function(*args, **settings)
    except (TypeError, ValueError, IndexError, ZeroDivisionError) as error:
        return error


def as_numpy(function, *args, **settings):
    """A function of NumPy's does the same with Tensors as with arrays, or both raise."""
    want = outcome(function, args, settings)
    got = outcome(function, [traced(a) for a in args], {k: traced(v) for k, v in settings.items()})
    if isinstance(want, Exception) or isinstance(got, Exception):
        assert isinstance(got, Exception) and isinstance(want, Exception), (want, got)
        assert not isinstance(got, NoRuleError)
        return
    several = isinstance(want, (list, tuple))
    assert not several or (type(got) is type(want) and len(got) == len(want))
    for ours, theirs in zip(got if several else [got], want if several else [want], strict=True):
        assert isinstance(ours, ag.Tensor)
        assert ours.requires_grad
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours.data, theirs, rtol=1e-12, strict=ours.ndim > 0)


each_array = pytest.mark.parametrize("x", ARRAYS, ids=lambda x: str(x.shape))


@each_array
@pytest.mark.parametrize("name", ["flip", "squeeze", "unstack", "repeat", "expand_dims"])
def test_axes(x, name):
    function = getattr(np, name)
    more = (2,) if name == "repeat" else ()
    for axis in (0, 1, -1, 5, (0, 1), (0, -1), None):
        if name in ("unstack", "repeat", "expand_dims") and not isinstance(axis, int):
            continue
        as_numpy(function, x, *more, axis=axis)


@each_array
def test_pairs_of_axes(x):
    for first, second in product((-3, -1, 0, 1, 2, 3), repeat=2):
        as_numpy(np.rot90, x, 1, (first, second))
        for function in (np.rollaxis, np.moveaxis, np.swapaxes):
            as_numpy(function, x, first, second)
        for function in (np.trace, np.diagonal):
            as_numpy(function, x, 0, first, second)


@each_array
@pytest.mark.parametrize("name", ["tile", "repeat", "resize", "roll"])
def test_numbers_of_copies(x, name):
    counts: list[Any] = [0, 1, 3, (2,), (2, 1), (1, 2, 3), (2, 0), [1, 2, 0, 3]]
    for count in counts:
        as_numpy(getattr(np, name), x, count)


@each_array
@pytest.mark.parametrize("name", ["tril", "triu", "diag", "diagflat", "trace", "diagonal"])
def test_offsets(x, name):
    for k in (-5, -1, 0, 2, 9):
        as_numpy(getattr(np, name), x, k)


@each_array
@pytest.mark.parametrize("name", ["split", "array_split", "hsplit", "vsplit", "dsplit"])
def test_parts(x, name):
    parts: list[Any] = [1, 2, 3, 0, -1, [1, 2], [2, 1], [], [0, 9], [-1], np.array([1, 3])]
    axes = (
        [{"axis": a} for a in (0, 1, -1, 4)] if name.endswith("split") and len(name) > 6 else [{}]
    )
    for where, part in product(axes if name == "array_split" else [{}], parts):
        as_numpy(getattr(np, name), x, part, **where)


@pytest.mark.parametrize("name", ["concatenate", "stack", "hstack", "vstack", "dstack"])
def test_joined(name):
    for arrays in ([X, X], (V, V), [X, V], [X, RNG.normal(size=(1, 3))], [ARRAYS[3]] * 2, [X], []):
        if arrays:
            as_numpy(getattr(np, name), arrays)
    as_numpy(np.concatenate, [X, X], dtype=np.float32)
    as_numpy(np.hstack, [X, X], dtype=np.float32, casting="unsafe")
    as_numpy(np.stack, [X, X], axis=2)
    as_numpy(np.concatenate, [X, X], dtype="int64")


def test_blocks():
    row, column = RNG.normal(size=(1, 4)), RNG.normal(size=(4, 1))
    for blocks in ([[X, column], [row]], [V, V[0]], [[V], [V]], X, [[[X]], [[X]]], [[V, V]]):
        as_numpy(np.block, blocks)
    for blocks in ([[X], X], [X, []], [X, (X,)], [[X, column], [V]]):
        as_numpy(np.block, blocks)


@each_array
@pytest.mark.parametrize("mode", ["raise", "wrap", "clip", "other"])
def test_take(x, mode):
    for rows in (1, -1, [0, 0], [[0, 1], [-1, -2]], [], [True, False], np.array(1), [9, -9]):
        for axis in (None, 0, -1, 5):
            if x.size:
                as_numpy(np.take, x, rows, axis, mode=mode)


@each_array
def test_insert_and_delete(x):
    objects: list[Any] = [
        *(0, 1, -1, 99, slice(0, 2), slice(None, None, -2), [0], [0, 2], [2, 0, 0], [-1, 1], []),
        *(np.array([True, False, True, False]), [99], [[0]]),
    ]
    shapes: list[tuple[int, ...]] = [(), (1,), (2,), (3,), (2, 3), (3, 2), (4, 1), (1, 1, 1)]
    values = [RNG.normal(size=shape) for shape in shapes]
    for obj, axis in product(objects, (None, 0, 1, -1, 5)):
        if x.ndim:
            as_numpy(np.delete, x, obj, axis)
            for value in values:
                as_numpy(np.insert, x, obj, value, axis)
    as_numpy(np.insert, V, [0, 1], [V[0], 2.0])


MODES = ["constant", "edge", "linear_ramp", "maximum", "mean", "median", "minimum", "other"]
MODES += ["reflect", "symmetric", "wrap"]
WIDTHS: list[Any] = [
    *(0, 1, (1, 2), ((1, 2),), ((1, 0), (0, 3)), ((7, 9), (8, 3)), (11, 17), -1, 1.5),
    *(((1, 2), (0, 0), (3, 1)), ((1,), (2,))),
]


@each_array
@pytest.mark.parametrize("mode", MODES)
def test_pad(x, mode):
    for width in WIDTHS:
        as_numpy(np.pad, x, width, mode)
        if mode in ("reflect", "symmetric"):
            as_numpy(np.pad, x, width, mode, reflect_type="odd")
        if mode in ("maximum", "mean", "median", "minimum"):
            as_numpy(np.pad, x, width, mode, stat_length=((1, 2), (2, 9)))
        for values in (1.5, (1.0, 2.0), ((1, 2.0), (3, 4)), V[:2], X[:2, :2]):
            if mode == "constant":
                as_numpy(np.pad, x, width, mode, constant_values=values)
            if mode == "linear_ramp":
                as_numpy(np.pad, x, width, mode, end_values=values)
    as_numpy(np.pad, x, 1, mode, unknown=1)


def test_pad_by_a_dict():
    want = np.pad(X, ((2, 2), (0, 3)))
    np.testing.assert_array_equal(ag.pad(ag.Tensor(X), {0: 2, -1: (0, 3)}).data, want)


def test_pad_leaves_infinity_where_it_is():
    x = np.array([np.inf, 1.0, 2.0])
    for mode in ("reflect", "wrap", "constant"):
        got = ag.pad(ag.Tensor(x), ((2, 1),), mode).data
        np.testing.assert_array_equal(got, np.pad(x, ((2, 1),), mode))


def test_pad_median_of_nan_is_nan():
    x = np.array([1.0, np.nan, 2.0, 0.0])
    np.testing.assert_array_equal(ag.pad(ag.Tensor(x), 1, "median").data, np.pad(x, 1, "median"))


def test_integers_are_rounded_as_numpy_does():
    x = np.array([1, 2, 4])
    for mode in ("mean", "linear_ramp", "median"):
        got = ag.pad(ag.tensor(x), 2, mode)
        np.testing.assert_array_equal(got.data, np.pad(x, 2, mode), strict=True)


def test_grids():
    vectors = (V, V[:3], V[:2])
    for settings in ({}, {"indexing": "ij"}, {"sparse": True}, {"copy": False}, {"indexing": "no"}):
        for count in (1, 2, 3):
            as_numpy(np.meshgrid, *vectors[:count], **settings)
    as_numpy(np.broadcast_arrays, X, V[:3], ARRAYS[3])
    as_numpy(np.broadcast_arrays, X, V)
    as_numpy(np.atleast_2d, V, X)


def test_trimmed_zeros():
    vector, matrix = np.array([0.0, 0, 1, 0, 2, 0]), np.zeros((4, 5))
    matrix[1:3, 2:4] = 1
    for trim in ("f", "b", "fb", "BF", "x"):
        as_numpy(np.trim_zeros, vector, trim)
        as_numpy(np.trim_zeros, np.zeros(3), trim)
    if np.lib.NumpyVersion(np.__version__) >= "2.2.0":
        for trim, axis in product(("f", "b", "fb"), (None, 0, 1, (0,), (0, 1), 9)):
            as_numpy(np.trim_zeros, matrix, trim, axis)


def test_choices():
    as_numpy(np.choose, np.array([2, 0, 1, 1, 0]), [V, V, V])
    for mode in ("raise", "wrap", "clip"):
        as_numpy(np.choose, np.array([5, -1, 0, 0, 1]), [V, V], mode=mode)
    as_numpy(np.select, [X > 0, X > 1], [X, X * 2])
    as_numpy(np.select, [X > 0], [X], -1.0)
    for conditions, choices in (([X > 0], [X, X]), ([], [X]), ([X.astype(int)], [X])):
        as_numpy(np.select, conditions, choices)


def test_where_alone_gives_places():
    for function in (np.where, ag.where):
        places = function(ag.Tensor(X) > 0)
        assert isinstance(places, tuple)
        assert all(type(rows) is np.ndarray for rows in places)
        np.testing.assert_array_equal(places, np.where(X > 0))


def test_like_functions_make_arrays():
    x = ag.Tensor(X, requires_grad=True)
    for made in (np.zeros_like(x), np.ones_like(x), np.full_like(x, 2), np.empty_like(x)):
        assert type(made) is np.ndarray and made.shape == X.shape and made.dtype == X.dtype
    assert type(np.flatnonzero(x)) is np.ndarray
    assert all(type(i) is np.ndarray for i in np.nonzero(x))


def test_asarray_does_not_drop_a_gradient():
    x = ag.Tensor(X, requires_grad=True)
    for function in (np.asarray, np.array, np.ascontiguousarray, np.asfortranarray):
        with pytest.raises(ag.errors.GradientError, match="would lose it"):
            function(x)
        assert type(function(x.detach())) is np.ndarray


def test_copy_does_not_share_memory():
    x = ag.Tensor(X)
    for copy in (np.copy(x), ag.copy(x), ag.reshape(x, -1, copy=True)):
        assert not np.shares_memory(copy.data, X)
    assert np.shares_memory(ag.reshape(x, -1, copy=False).data, X)
    with pytest.raises(ValueError, match="avoid"):
        ag.reshape(ag.Tensor(X.T), -1, copy=False)


WRITES = {
    "put": lambda x: np.put(x, [0], 1.0),
    "place": lambda x: np.place(x, X > 0, [1.0]),
    "putmask": lambda x: np.putmask(x, X > 0, 1.0),
    "copyto": lambda x: np.copyto(x, 1.0),
    "fill_diagonal": lambda x: np.fill_diagonal(x, 0.0),
    "put_along_axis": lambda x: np.put_along_axis(x, np.zeros((4, 1), int), 1.0, 1),
}


@pytest.mark.parametrize("name", WRITES)
def test_functions_that_write_are_refused_with_a_fix(name):
    with pytest.raises(NoRuleError, match=rf"np\.{name}: writes in place[^$]*fix:"):
        WRITES[name](ag.Tensor(X, requires_grad=True))


def test_the_fixes_do_what_they_say():
    n, rows = 3, np.array([[1], [0], [2], [0]])
    x, i = ag.Tensor(X), np.arange(n)
    want = X.copy()
    np.fill_diagonal(want, 7.0)
    np.testing.assert_array_equal(x.at[i, i].set(7.0).data, want)
    want = X.copy()
    np.put_along_axis(want, rows, 1.0, 1)
    np.testing.assert_array_equal(x.at[np.arange(4)[:, None], rows].set(1.0).data, want)
    want = X.copy()
    np.put(want, [0, 5], [8.0, 9.0])
    put = x.ravel().at[[0, 5]].set(np.array([8.0, 9.0])).reshape(x.shape)
    np.testing.assert_array_equal(put.data, want)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda x: ag.reshape(x, (5, 5)), ShapeError, "number of entries differs"),
        (lambda x: ag.reshape(x, (5, 5), order="F"), ShapeError, "number of entries differs"),
        (lambda x: ag.reshape(x, -1, order="A"), ValueError, "layout of the memory"),
        (lambda x: ag.ravel(x, order="K"), ValueError, "layout of the memory"),
        (lambda x: ag.pad(x, 1, "other"), ValueError, "pad: unknown mode"),
        (lambda x: ag.pad(x, 1, lambda *_: None), NoRuleError, "writes in place"),
        (lambda x: ag.pad(x, 1, end_values=1), ValueError, "does not have"),
        (lambda x: ag.pad(x, -1), ValueError, "negative width"),
        (lambda x: ag.pad(x, 1.5), TypeError, "not of integers"),
        (lambda x: ag.pad(x, ((1, 2), (3, 4), (5, 6))), ShapeError, "does not fit"),
        (lambda x: ag.pad(x[:0], 1, "edge"), ValueError, "empty axis"),
        (lambda x: ag.pad(x[:0], 1, "mean"), ValueError, "an empty axis"),
        (lambda x: ag.pad(x, 1, "mean", stat_length=0), ValueError, "nothing to take from"),
        (lambda x: ag.repeat(x, -1), ValueError, "negative count"),
        (lambda x: ag.block([x, (x,)]), TypeError, "a tuple"),
        (lambda x: ag.block([x, []]), ValueError, "an empty list"),
        (lambda x: ag.block([x, [x]]), ValueError, "different depths"),
        (lambda x: ag.dsplit(x, 2), ShapeError, "too few axes"),
        (lambda x: ag.unstack(x[0, 0]), ShapeError, "no axis"),
        (lambda x: ag.diag(x[None]), ShapeError, "wrong number of axes"),
        (lambda x: ag.tril(x[0, 0]), ShapeError, "no triangle"),
        (lambda x: ag.meshgrid(x[0], indexing="x"), ValueError, "unknown indexing"),
        (lambda x: ag.take(x, 0, mode="no"), ValueError, "unknown mode"),
        (lambda x: ag.take(x, [0.5]), TypeError, "Cannot cast"),
        (lambda x: ag.take(x, 99), IndexError, "out of bounds"),
        (lambda x: ag.take_along_axis(x, X, 0), IndexError, "not of integers"),
        (lambda x: ag.take_along_axis(x, np.array([0]), 0), ShapeError, "number of axes"),
        (lambda x: ag.compress([[True]], x), ShapeError, "condition"),
        (lambda x: ag.choose(np.array([2]), [x, x]), ValueError, "a number that no choice has"),
        (lambda x: ag.select([X > 0], [x, x]), ValueError, "numbers do not match"),
        (lambda x: ag.select([X], [x]), TypeError, "not of bools"),
    ],
)
def test_errors(call, error, text):
    with pytest.raises(error, match=text):
        call(ag.Tensor(X, requires_grad=True))


def test_complex_entries_move_as_real_ones_do():
    z = X + 1j * X[::-1]
    for call in (np.tril, np.ravel, np.flip, np.diagonal, lambda z: np.pad(z, 1, "reflect")):
        gradient = ag.grad(lambda z, call=call: ag.sum(ag.real(call(z))))(z)
        want = ag.grad(lambda x, call=call: ag.sum(call(x)))(X)
        np.testing.assert_allclose(gradient, want)
