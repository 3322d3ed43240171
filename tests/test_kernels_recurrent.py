"""Recurrent kernels against their NumPy references: sizes, masks, dtypes, threads, NaN."""

import itertools

import numpy as np
import pytest

from autograd_lite.kernels import recurrent, runtime

needs_compiler = pytest.mark.skipif(not runtime.use_compiled(), reason="numba is disabled")
each_float = pytest.mark.parametrize("dtype", (np.float32, np.float64), ids=["float32", "float64"])
TOLERANCE = {np.float32: 1e-4, np.float64: 1e-11}
KINDS = {"lstm": 4, "gru": 3, "rnn": 1}  # and the parts of what their inputs give
each_kind = pytest.mark.parametrize("kind", KINDS)
# Steps, rows, units: whole tiles and what is left over, of any width of a vector.
SIZES = [
    *((steps, 3, 5) for steps in (0, 1, 4)),
    *((2, rows, 7) for rows in (0, 1, 2, 3, 4, 5, 6, 8, 9, 13, 16, 33)),
    *((3, 5, units) for units in (1, 2, 3, 4, 8, 15, 16, 17, 31, 33, 64, 65, 130, 300)),
]


@pytest.fixture(autouse=True, scope="module")
def small_arrays_compiled():
    """Lift the threshold below which arrays go to NumPy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recurrent, "_SMALL", 0)
        yield


def drawn(dtype, *shape, seed=0):
    return np.random.default_rng([seed, *shape]).standard_normal(shape).astype(dtype)


def run(kind, dtype, size, masked=False, at=None):
    """States, what else the forward gives, and the gradients; `at` has the first state a NaN."""
    steps, rows, units = size
    live = None
    if masked:
        live = np.random.default_rng(size).random((steps, rows)) < 0.6
    z = drawn(dtype, steps, rows, KINDS[kind] * units)
    kernel = drawn(dtype, units, KINDS[kind] * units) / dtype(1 + units**0.5)
    h, c = (drawn(dtype, rows, units, seed=k) for k in (1, 2))
    if at is not None:
        h[at] = np.nan
    g = drawn(dtype, *(2,) * (kind == "lstm"), steps + 1, rows, units, seed=3)
    if kind == "rnn":
        states = recurrent.rnn(z, kernel, h, live)
        return states, recurrent.rnn_grad(g, kernel, states, live)
    if kind == "gru":
        states, gates = recurrent.gru(z, kernel, drawn(dtype, 3 * units), h, live)
    else:
        states, gates = recurrent.lstm(z, kernel, h, c, live)
    back = getattr(recurrent, f"{kind}_grad")
    return states, gates, back(g, gates, kernel, states, live)


@each_kind
@each_float
@needs_compiler
@pytest.mark.parametrize("masked", [False, True])
def test_the_reference_on_any_number_of_threads(kind, dtype, masked):
    tolerance = TOLERANCE[dtype]
    for size in SIZES:
        with runtime.reference():
            expected = run(kind, dtype, size, masked)
        found = []
        for n in (1, 2, 3, 4):
            with runtime.always(n):
                found.append(run(kind, dtype, size, masked))
        for ours, theirs in zip(found[0], expected, strict=True):
            assert ours.dtype == dtype
            np.testing.assert_allclose(ours, theirs, tolerance, tolerance, strict=True)
        for one, other in itertools.product(found[:1], found[1:]):
            assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True)), size


@each_kind
@needs_compiler
def test_a_row_depends_on_itself_only(kind):
    size, at = (3, 9, 20), (4, 7)
    clean, spoilt = run(kind, np.float32, size), run(kind, np.float32, size, at=at)
    others = np.arange(9) != at[0]
    for ours, theirs in zip(clean[:-1], spoilt[:-1], strict=True):
        axis = ours.ndim - 2
        np.testing.assert_array_equal(*(a.compress(others, axis) for a in (ours, theirs)))
        assert np.isnan(theirs.take(at[0], axis)).any()


@each_kind
def test_other_dtypes_and_layouts(kind):
    size = (3, 4, 5)
    expected = run(kind, np.float64, size)
    for ours, theirs in zip(run(kind, np.longdouble, size), expected, strict=True):
        assert ours.dtype == np.longdouble
        np.testing.assert_allclose(ours, theirs, 1e-10, 1e-10)
    z, kernel = drawn(np.float64, 3, 4, 5), drawn(np.float64, 5, 5)
    given = recurrent.rnn(np.asfortranarray(z), kernel.T.copy().T, z[0, :, ::-1])
    np.testing.assert_array_equal(given, recurrent.rnn(z, kernel, z[0, :, ::-1].copy()))
