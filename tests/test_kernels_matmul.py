"""The compiled matrix product against NumPy's, at every size and layout that takes another path."""

import ctypes
import importlib
import itertools
import subprocess
import sys

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from thresholds import lift_products

from autograd_lite.kernels import runtime
from autograd_lite.kernels.matmul import linear, linear_reference, matmul, matmul_reference

# The package's attribute of this name is the function.
light = importlib.import_module("autograd_lite.kernels.matmul")
FLOATS = (np.float32, np.float64)
fixed = settings(max_examples=150, derandomize=True, deadline=None)
needs_compiler = pytest.mark.skipif(not runtime.use_compiled(), reason="numba is disabled")


@pytest.fixture(autouse=True, scope="module")
def everything_compiled():
    """Lift the thresholds: every product of floats that is not empty goes to the kernel."""
    with pytest.MonkeyPatch.context() as patch:
        lift_products(patch)
        yield


def numbers(shape, dtype, seed):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def within(x, before, after, step):
    """`x` as a view that starts `before` into a larger array and takes every `step`-th element."""
    shape = [(size * step + before + after) for size in x.shape[-2:]]
    larger = np.full((*x.shape[:-2], *shape), np.nan, x.dtype)
    view = larger[..., before::step, before::step][..., : x.shape[-2], : x.shape[-1]]
    view[...] = x
    return view


LAYOUTS = {
    "C": np.ascontiguousarray,
    "transposed": lambda x: x.swapaxes(-1, -2).copy().swapaxes(-1, -2),
    "reversed": lambda x: x[..., ::-1, ::-1].copy()[..., ::-1, ::-1],
    "rows reversed": lambda x: x[..., ::-1, :].copy()[..., ::-1, :],
    "transposed, reversed": lambda x: (
        x[..., ::-1, ::-1].swapaxes(-1, -2).copy().swapaxes(-1, -2)[..., ::-1, ::-1]
    ),
    "offset": lambda x: within(x, 3, 5, 1),
    "transposed, offset": lambda x: within(x.swapaxes(-1, -2), 1, 2, 1).swapaxes(-1, -2),
    "every third": lambda x: within(x, 1, 0, 3),
}
layouts = st.sampled_from(sorted(LAYOUTS))


def read_only(x):
    x.flags.writeable = False
    return x


def assert_close(got, a, b, bias=0, relu=False):
    """Within the rounding of a sum of `k` products, or of one more with a bias."""
    a, b, bias = (np.asarray(x, np.float64) for x in (a, b, bias))
    exact = a @ b + bias
    bound = (a.shape[-1] + 1) * np.finfo(got.dtype).eps * (abs(a) @ abs(b) + abs(bias))
    assert got.shape == exact.shape
    assert (abs(got - (np.maximum(exact, 0) if relu else exact)) <= bound).all()


def tile_edges():
    """Rows and columns beside every boundary of the tiles, for vectors of any width."""
    rows = {1, 2, 3, 5, 7, 11, 15, 27, 29}
    columns = {1, 3}
    for heights in ((14, 12, 8, 4), (6, 4, 2)):
        rows |= {height + extra for height in heights for extra in (-1, 0, 1)}
    for width in (2, 4, 8, 16, 32):
        columns |= {width + extra for extra in (-1, 0, 1)}
    return sorted(rows), sorted(columns)


@pytest.mark.parametrize("dtype", FLOATS)
def test_every_edge_of_the_tiles(dtype):
    rows, columns = tile_edges()
    a, b = numbers((max(rows), 17), dtype, 0), numbers((17, max(columns)), dtype, 1)
    for m, n, k in itertools.product(rows, columns, (1, 2, 17)):
        assert_close(matmul(a[:m, :k], b[:k, :n]), a[:m, :k], b[:k, :n])


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("a_layout", LAYOUTS)
@pytest.mark.parametrize("b_layout", LAYOUTS)
@pytest.mark.parametrize(("m", "k", "n"), [(37, 70, 45), (30, 40, 9), (150, 600, 33)])
def test_every_pair_of_layouts_gives_the_same_bits(dtype, a_layout, b_layout, m, k, n):
    a, b = numbers((m, k), dtype, m), numbers((k, n), dtype, n)
    plain = matmul(a, b)
    assert_close(plain, a, b)
    given_a, given_b = read_only(LAYOUTS[a_layout](a)), read_only(LAYOUTS[b_layout](b))
    got = matmul(given_a, given_b)
    assert got.flags.c_contiguous
    assert got.flags.writeable
    if runtime.use_compiled():
        np.testing.assert_array_equal(got, plain)
    assert_close(got, a, b)
    np.testing.assert_array_equal(given_a, a)
    np.testing.assert_array_equal(given_b, b)


size = st.integers(0, 70)


@fixed
@given(size, size, size, st.sampled_from(FLOATS), layouts, layouts, st.booleans(), st.booleans())
def test_any_small_size(m, k, n, dtype, a_layout, b_layout, affine, relu):
    a, b, bias = numbers((m, k), dtype, 1), numbers((k, n), dtype, 2), numbers(n, dtype, 3)
    given_a, given_b = read_only(LAYOUTS[a_layout](a)), read_only(LAYOUTS[b_layout](b))
    if not affine:
        got = matmul(given_a, given_b)
        assert_close(got, a, b)
    else:
        got = linear(given_a, given_b, read_only(bias), relu=relu)
        assert_close(got, a, b, bias, relu)
    assert got.dtype == dtype


# Each takes another way: several depth blocks, several blocks of columns, copied panels, a single
# panel of columns, and all of these on a ragged edge.
LARGE = [(20, 300, 1100), (600, 130, 70), (601, 517, 131), (128, 784, 512), (512, 128, 10)]
LARGE += [(3, 2000, 40), (257, 1025, 16)]


@needs_compiler
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(("m", "k", "n"), LARGE)
def test_threads_change_no_bit(dtype, m, k, n):
    from autograd_lite.kernels.compiled.gemm import multiply

    for a_layout, b_layout in itertools.product(("C", "transposed"), repeat=2):
        a = LAYOUTS[a_layout](numbers((1, m, k), dtype, 4))
        b = LAYOUTS[b_layout](numbers((1, k, n), dtype, 5))
        bias = numbers(n, dtype, 6)
        results = []
        for threads in (1, 2, 3, 4):
            out = np.full((1, m, n), np.nan, dtype)
            multiply(a, b, out, bias, True, threads)
            results.append(out)
        assert_close(results[0], a, b, bias, relu=True)
        for result in results[1:]:
            assert result.tobytes() == results[0].tobytes()


@needs_compiler
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("batches", [1, 2, 3, 5, 17])
def test_threads_change_no_bit_of_a_stack(dtype, batches):
    from autograd_lite.kernels.compiled.gemm import multiply

    a, b = numbers((batches, 40, 31), dtype, 7), numbers((batches, 31, 65), dtype, 8)
    results = []
    for threads in (1, 2, 3, 4):
        out = np.full((batches, 40, 65), np.nan, dtype)
        with runtime.always(threads):
            multiply(a, b, out)
        results.append(out.tobytes())
    assert_close(out, a, b)
    assert len(set(results)) == 1


@needs_compiler
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(("m", "k", "n"), [(512, 128, 10), (701, 99, 16), (300, 500, 5)])
def test_few_columns_of_a_transposed_operand(dtype, m, k, n):
    a, b = numbers((k, m), dtype, 1).T, numbers((k, n), dtype, 2)
    found = matmul(a, b, 0.5)
    assert found.flags.c_contiguous
    assert_close(2 * found, a, b)
    assert found.tobytes() == matmul(np.ascontiguousarray(a), b, 0.5).tobytes()


@needs_compiler
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(("m", "k", "n"), [(5, 33, 7), (40, 300, 100), (600, 70, 33)])
def test_a_row_does_not_depend_on_its_neighbours(dtype, m, k, n):
    """Batch size, tile height and depth blocks do not show in a result."""
    a, b = numbers((m, k), dtype, 9), numbers((k, n), dtype, 10)
    whole = matmul(a, b)
    for some in (slice(0, 1), slice(1, 4), slice(m // 2, m)):
        np.testing.assert_array_equal(matmul(a[some], b), whole[some])
        np.testing.assert_array_equal(matmul(a, b[:, some]), whole[:, some])


@needs_compiler
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize(("m", "k", "n"), [(7, 5, 3), (33, 600, 10), (64, 300, 131)])
def test_linear_is_the_sum_of_its_parts_to_the_bit(dtype, relu, m, k, n):
    x, w, bias = numbers((m, k), dtype, 11), numbers((k, n), dtype, 12), numbers(n, dtype, 13)
    parts = matmul(x, w) + bias
    parts = np.maximum(parts, 0) if relu else parts
    np.testing.assert_array_equal(linear(x, w, bias, relu=relu), parts)
    np.testing.assert_array_equal(linear(x, w, np.repeat(bias, 2)[::2], relu=relu), parts)
    stacked = linear(x.reshape(1, m, 1, k), w, bias, relu=relu)
    np.testing.assert_array_equal(stacked, parts.reshape(1, m, 1, n))


special = st.sampled_from([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-42])
somewhere = st.lists(st.tuples(st.integers(0, 10**6), special), max_size=6)


@fixed
@given(
    st.integers(1, 40), st.integers(1, 40), st.integers(1, 40), st.sampled_from(FLOATS),
    somewhere, somewhere, somewhere, st.booleans(),
)  # fmt: skip
def test_nan_and_infinity_spread_as_in_numpy(m, k, n, dtype, in_x, in_w, in_bias, relu):
    arrays = numbers((m, k), dtype, 14), numbers((k, n), dtype, 15), numbers(n, dtype, 16)
    for array, places in zip(arrays, (in_x, in_w, in_bias), strict=True):
        for place, value in places:
            array.flat[place % array.size] = value
    with np.errstate(invalid="ignore"):
        want = linear_reference(*arrays, relu=relu)
        got = linear(*arrays, relu=relu)
    np.testing.assert_array_equal(np.isnan(got), np.isnan(want))
    np.testing.assert_array_equal(got[np.isinf(want)], want[np.isinf(want)])
    assert np.isfinite(got[np.isfinite(want)]).all()


STACKS = [
    ((5,), (5,)), ((5,), (5, 3)), ((4, 5), (5,)), ((2, 4, 5), (5,)), ((5,), (2, 5, 3)),
    ((2, 4, 5), (5, 3)), ((4, 5), (2, 5, 3)), ((2, 4, 5), (2, 5, 3)), ((1, 4, 5), (3, 5, 2)),
    ((2, 1, 4, 5), (3, 5, 6)), ((2, 3, 4, 5), (1, 3, 5, 6)), ((2, 3, 1, 5), (2, 1, 5, 1)),
    ((0, 4, 5), (0, 5, 3)), ((2, 0, 5), (2, 5, 3)), ((4, 0), (0, 3)), ((2, 4, 0), (0, 3)),
    ((3, 1, 2, 40, 20), (4, 1, 20, 30)),
]  # fmt: skip


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(("a_shape", "b_shape"), STACKS)
def test_vectors_and_stacks(dtype, a_shape, b_shape):
    a, b = numbers(a_shape, dtype, 17), numbers(b_shape, dtype, 18)
    got = matmul(a, b)
    assert got.dtype == dtype
    assert np.shape(got) == np.matmul(a, b).shape
    np.testing.assert_allclose(got, np.matmul(a, b), atol=100 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", FLOATS)
def test_stacks_of_any_strides(dtype):
    a, b = numbers((3, 4, 20, 30), dtype, 19), numbers((3, 4, 30, 25), dtype, 20)
    plain = matmul(a, b)
    assert_close(plain, a, b)
    moved = [np.moveaxis(np.moveaxis(x, 2, 0).copy(), 0, 2) for x in (a, b)]
    np.testing.assert_array_equal(matmul(*moved), plain)
    np.testing.assert_array_equal(matmul(a[::-1, ::2], b[::-1, ::2]), plain[::-1, ::2])
    np.testing.assert_array_equal(matmul(moved[0], b[0, 0]), matmul(a, b[0, 0]))


@pytest.mark.parametrize(
    "dtypes",
    [
        ("i4", "i8"),
        ("f2", "f2"),
        ("c8", "c8"),
        ("f4", "f8"),
        ("?", "?"),
        (">f4", ">f4"),
        ("u1", "f4"),
    ],
)
def test_other_dtypes_are_numpys(dtypes):
    a, b = (
        (np.arange(120) % 7).reshape(shape).astype(d)
        for shape, d in zip(((12, 10), (10, 12)), dtypes, strict=True)
    )
    got = matmul(a, b)
    assert got.dtype == np.matmul(a, b).dtype
    np.testing.assert_array_equal(got, np.matmul(a, b))
    bias = b[0].copy()
    np.testing.assert_array_equal(linear(a, b, bias), np.matmul(a, b) + bias)


def test_unaligned_arrays():
    raw = np.zeros(30 * 20 * 4 + 1, np.uint8)
    a = raw[1:].view(np.float32).reshape(30, 20)
    a[...] = numbers((30, 20), np.float32, 21)
    assert not a.flags.aligned
    assert_close(matmul(a, a.T), a, a.T)


@pytest.mark.parametrize("relu", [False, True])
def test_references(relu):
    x, w, bias = numbers((3, 4), np.float32, 22), numbers((4, 5), np.float32, 23), np.ones(5, "f4")
    np.testing.assert_array_equal(matmul_reference(x, w), np.matmul(x, w))
    want = np.matmul(x, w) + bias
    np.testing.assert_array_equal(
        linear_reference(x, w, bias, relu), np.maximum(want, 0) if relu else want
    )


def test_reference_mode_calls_no_kernel(monkeypatch):
    monkeypatch.setattr(light, "_kernel", lambda: pytest.fail("the kernel was called"))
    a = numbers((30, 30), np.float32, 24)
    with runtime.reference():
        np.testing.assert_array_equal(matmul(a, a), np.matmul(a, a))


@pytest.mark.parametrize(
    ("a_shape", "b_shape"), [((30, 40), (41, 30)), ((2, 30, 40), (3, 40, 30)), ((), (3,))]
)
def test_shapes_that_do_not_fit(a_shape, b_shape):
    with pytest.raises(ValueError, match=r"matmul|broadcast"):
        matmul(np.ones(a_shape), np.ones(b_shape))


def test_arrays_begin_with_their_data_pointer():
    """The kernel reads it there, because unboxing an array costs as much as a small product."""
    x = np.arange(10.0)[3:]
    assert ctypes.c_void_p.from_address(id(x) + object.__basicsize__).value == x.ctypes.data


def test_small_products_import_no_numba():
    program = (
        "import sys, numpy as np\n"
        "from autograd_lite.kernels.matmul import matmul, linear\n"
        "a = np.ones((32, 32), 'f4')\n"
        "matmul(a, a), linear(a, a, a[0]), matmul(a[0], a)\n"
        "sys.exit('numba' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
