"""The kernels of normalisation against their references in more precision, threads, layouts."""

import numpy as np
import pytest

from autograd_lite.kernels import normalization as kernels
from autograd_lite.kernels import runtime

FLOATS = (np.float32, np.float64)
each_float = pytest.mark.parametrize("dtype", FLOATS, ids=["float32", "float64"])
ROWS = [((3, 1), (1,)), ((7, 33), (1,)), ((2, 3, 5, 7), (2, 3)), ((300, 70), (1,)), ((999,), (0,))]
COLUMNS = [((5, 1), (0,)), ((6, 33), (0,)), ((4, 5, 6, 3), (0, 1, 2)), ((4096, 48), (0,))]
OTHERS = [((3, 4, 5), (1,)), ((3, 4, 5), (0, 2))]
each_layout = pytest.mark.parametrize(("shape", "axis"), [*ROWS, *COLUMNS, *OTHERS])


@pytest.fixture(autouse=True, scope="module")
def small_arrays_compiled():
    """Lift the threshold below which arrays go to NumPy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "_SMALL", 1)
        yield


def given(shape, axis, dtype):
    """x, a gradient, its statistics, gamma and beta."""
    rng = np.random.default_rng(0)
    x, g = (rng.standard_normal(shape).astype(dtype) + dtype(2) for _ in range(2))
    mean, variance = kernels.moments_reference(x.astype(np.longdouble), axis)
    inverse = 1 / np.sqrt(variance + 1e-3)
    kept = tuple(n for a, n in enumerate(shape) if a in axis)
    if axis == tuple(range(len(shape) - 1)) and len(shape) > 1:
        kept = shape[-1:]
    elif axis != tuple(range(len(shape) - len(axis), len(shape))):
        kept = tuple(n if a in axis else 1 for a, n in enumerate(shape))
    gamma, beta = (rng.standard_normal(kept).astype(dtype) for _ in range(2))
    return x, g, mean.astype(dtype), inverse.astype(dtype), gamma, beta


def results(x, g, mean, inverse, gamma, beta, axis, suffix=""):
    """What all functions give."""

    def call(name, *arguments):
        return getattr(kernels, name + suffix)(*arguments)

    yield "moments", call("moments", x, axis)
    yield "mean_square", call("mean_square", x, axis)
    for center in (mean, None):
        for scale, shift in ((gamma, beta), (None, None), (gamma, None)):
            yield "normalize", call("normalize", x, center, inverse, scale, shift, axis)
            yield "normalize_grad", call("normalize_grad", g, x, center, inverse, scale, axis)
        products = call("normal_products", g, x, center, inverse, axis, gamma.shape)
        yield "normal_products", products


@each_float
@each_layout
def test_kernels_equal_their_references(shape, axis, dtype):
    arrays = given(shape, axis, dtype)
    exact = results(*(a.astype(np.longdouble) for a in arrays), axis, suffix="_reference")
    eps = np.finfo(dtype).eps
    for (name, got), (_, expected) in zip(results(*arrays, axis), exact, strict=True):
        assert got.dtype == dtype and got.shape == expected.shape, name
        scale = max(1.0, float(np.abs(expected).max()))
        np.testing.assert_allclose(got, expected, rtol=0, atol=100 * eps * scale, err_msg=name)


@each_float
@pytest.mark.parametrize(("shape", "axis"), [*ROWS, *COLUMNS])
def test_bits_do_not_depend_on_threads(shape, axis, dtype):
    arrays = given(shape, axis, dtype)
    alone = [value.tobytes() for _, value in results(*arrays, axis)]
    for threads in (2, 3, 4):
        with runtime.always(threads):
            assert [value.tobytes() for _, value in results(*arrays, axis)] == alone


@pytest.mark.parametrize(("shape", "axis"), [((6, 8), (1,)), ((6, 8), (0,))])
def test_any_layout_of_memory_is_read(shape, axis):
    arrays = given(shape, axis, np.float32)
    x, g, *rest = arrays
    strided = (np.asfortranarray(x), np.repeat(g, 2, axis=0)[::2], *rest)
    for (name, a), (_, b) in zip(results(*strided, axis), results(*arrays, axis), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5, err_msg=name)


def test_a_constant_far_from_zero_has_no_variance():
    x = np.full((64, 100), 1e6, np.float32)
    for axis in ((0,), (1,)):
        np.testing.assert_array_equal(kernels.moments(x, axis)[1], 0)


@pytest.mark.parametrize("axis", [(0,), (1,)])
def test_nan_and_infinity_stay_in_their_row_or_column(axis):
    x = np.random.default_rng(0).standard_normal((64, 64)).astype(np.float32)
    x[3, 5] = np.nan
    with np.errstate(invalid="ignore"):
        moments = kernels.moments(x, axis).reshape(2, -1)
    bad = 5 if axis == (0,) else 3
    assert np.isnan(moments[:, bad]).all()
    assert np.isfinite(np.delete(moments, bad, axis=1)).all()


@pytest.mark.parametrize("dtype", [np.float16, np.longdouble, np.complex128])
def test_other_types_go_to_the_reference(dtype):
    x = np.arange(8).reshape(2, 4).astype(dtype)
    np.testing.assert_array_equal(kernels.moments(x, (1,)), kernels.moments_reference(x, (1,)))


def test_factors_of_another_shape_are_broadcast():
    x = np.arange(8.0).reshape(2, 4)
    mean, inverse = np.zeros((2, 1)), np.ones((2, 1))
    factor = np.array([[2.0], [3.0]])
    got = kernels.normalize(x, mean, inverse, factor, None, (1,))
    np.testing.assert_array_equal(got, x * factor)
    got = kernels.normal_products(x, x, mean, inverse, (1,), (2, 1))
    np.testing.assert_array_equal(got, (x * x).sum(1, keepdims=True))
