"""Vector kernels against their references: values, ulps, layouts, special numbers, threads."""

import functools
import importlib
import itertools

import hypothesis.strategies as st
import mpmath
import numpy as np
import pytest
from hypothesis import given, settings

from autograd_lite.kernels import elementwise, runtime, updates

# The package's attribute of this name is the function.
softmax = importlib.import_module("autograd_lite.kernels.softmax")

FLOATS = (np.float32, np.float64)
each_float = pytest.mark.parametrize("dtype", FLOATS, ids=["float32", "float64"])
needs_compiler = pytest.mark.skipif(not runtime.use_compiled(), reason="numba is disabled")
fixed = settings(max_examples=100, derandomize=True, deadline=None)

UNARY = {
    "exp": (np.exp, mpmath.exp, 1.0),
    "log": (np.log, mpmath.log, 1.0),
    "tanh": (np.tanh, mpmath.tanh, 1.5),
    "sigmoid": (elementwise.sigmoid_reference, lambda x: 1 / (1 + mpmath.exp(-x)), 2.0),
    "erf": (elementwise.erf_reference, mpmath.erf, 1.2),
    "sin": (np.sin, mpmath.sin, 1.0),
    "cos": (np.cos, mpmath.cos, 1.0),
    "sqrt": (np.sqrt, mpmath.sqrt, 0.5),
}
POSITIVE = ("log", "sqrt")
each_unary = pytest.mark.parametrize("name", UNARY)


@pytest.fixture(autouse=True, scope="module")
def small_arrays_compiled():
    """Lift the thresholds below which arrays go to NumPy."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_SMALL", "_SMALL_FUSED", "_SMALL_ERF", "_SMALL_SQRT"):
            patch.setattr(elementwise, name, 1)
        patch.setattr(softmax, "_SMALL", 1)
        patch.setattr(updates, "_SMALL_ONE_CALL", 1)
        patch.setattr(updates, "_SMALL_TWO_CALLS", 1)
        patch.setattr(updates, "_SMALL_MANY_CALLS", 1)
        yield


def on_threads(call):
    """The results of a call on 1 to 4 threads, however little its work."""
    for n in (1, 2, 3, 4):
        with runtime.always(n):
            yield call()


def numbers(shape, dtype, seed=0, scale=3.0):
    return (np.random.default_rng(seed).standard_normal(shape) * scale).astype(dtype)


def wide(name, dtype):
    """Arguments over the whole range of a function, crowded where it is delicate."""
    rng = np.random.default_rng(1)
    low, high = (-104, 88.7) if dtype == np.float32 else (-746, 709.7)
    if name in POSITIVE:
        parts = [np.exp(rng.uniform(low, high - 1, 600)), rng.uniform(0.5, 2, 600)]
        parts.append(1 + rng.uniform(-1e-3, 1e-3, 200))
    else:
        parts = [rng.uniform(low, high, 600), rng.uniform(-20, 20, 400), rng.uniform(-1, 1, 400)]
        parts.append(np.exp(rng.uniform(low, 0, 200)) * rng.choice([-1, 1], 200))
    if name in ("sin", "cos"):
        parts.append(np.exp(rng.uniform(0, high, 400)))
        parts.append(np.pi / 2 * np.concatenate([np.arange(300), rng.integers(0, 1 << 20, 300)]))
    return np.concatenate(parts).astype(dtype)


@each_float
@each_unary
def test_ulps(name, dtype):
    x = wide(name, dtype)
    _, exact, bound = UNARY[name]
    got = getattr(elementwise, name)(x)
    smallest = np.finfo(dtype).smallest_subnormal
    with mpmath.workdps(40):
        for argument, value in zip(x, got, strict=True):
            true = exact(mpmath.mpf(float(argument)))
            spacing = max(np.spacing(np.abs(dtype(true))), smallest)
            limit = bound if runtime.use_compiled() else 5.0
            assert abs(mpmath.mpf(float(value)) - true) <= limit * float(spacing), argument


@each_float
@each_unary
def test_special_numbers(name, dtype):
    info = np.finfo(dtype)
    special = [np.nan, np.inf, 0.0, info.smallest_subnormal, info.tiny, info.max, 1.0, 1e-30]
    x = np.array([*special, *(-s for s in special)], dtype)
    with np.errstate(all="ignore"):
        expected = UNARY[name][0](x.astype(np.longdouble)).astype(dtype)
        got = getattr(elementwise, name)(x)
    np.testing.assert_array_max_ulp(got[~np.isnan(expected)], expected[~np.isnan(expected)], 2)
    np.testing.assert_array_equal(np.isnan(got), np.isnan(expected))
    assert np.array_equal(np.signbit(got[~np.isnan(got)]), np.signbit(expected[~np.isnan(got)]))


@each_unary
def test_ends_of_the_range(name):
    x = np.array([88.722839, 88.72284, -103.97, -103.98, -87.5, 9.1, 17.0, -88.9], np.float32)
    x = np.abs(x) if name in POSITIVE else x
    with np.errstate(all="ignore"):
        expected = UNARY[name][0](x.astype(np.float64)).astype(np.float32)
        np.testing.assert_array_max_ulp(getattr(elementwise, name)(x), expected, 2)


@each_float
@pytest.mark.parametrize("size", [*range(71), 1000, 5001])
def test_every_length(size, dtype):
    x, g = np.abs(numbers(size, dtype)), numbers(size, dtype, seed=1)
    for name, (reference, *_) in UNARY.items():
        got = getattr(elementwise, name)(x)
        assert got.dtype == dtype
        assert got.shape == x.shape
        np.testing.assert_allclose(got, reference(x), rtol=8 * np.finfo(dtype).eps)
    out = numbers(size, dtype, seed=2)
    assert np.array_equal(elementwise.relu_grad(g, out), elementwise.relu_grad_reference(g, out))


def layouts(x):
    """`x` in other layouts, with the same values."""
    read_only = x.copy()
    read_only.flags.writeable = False
    larger = np.zeros((*x.shape[:-1], 2 * x.shape[-1] + 1), x.dtype)
    larger[..., 1::2] = x
    unaligned = np.empty(x.nbytes + 1, np.uint8)[1:].view(x.dtype).reshape(x.shape)
    unaligned[...] = x
    return {
        "Fortran": np.asfortranarray(x),
        "read-only": read_only,
        "every second": larger[..., 1::2],
        "reversed": x[..., ::-1].copy()[..., ::-1],
        "unaligned": unaligned,
        "other byte order": x.astype(x.dtype.newbyteorder()),
    }


@each_float
@pytest.mark.parametrize("layout", layouts(np.ones((2, 3))))
def test_every_layout(layout, dtype):
    plain, other = numbers((7, 9, 5), dtype), numbers((7, 9, 5), dtype, seed=1)
    x = layouts(plain)[layout]
    before = x.copy()
    calls = [
        elementwise.exp,
        elementwise.sigmoid,
        lambda x: elementwise.relu_grad(other, x),
        lambda x: elementwise.relu_grad(x, other),
        lambda x: elementwise.relu_grad(x, x),
        softmax.softmax,
        lambda x: softmax.softmax(x, axis=0),
        lambda x: softmax.log_softmax(x, axis=1),
        lambda x: softmax.logsumexp(x, axis=(0, 2)),
        lambda x: softmax.cross_entropy(x[0], np.arange(9) % 5),
        lambda x: softmax.cross_entropy(x[0], x[1]),
    ]
    for call in calls:
        np.testing.assert_allclose(call(x), call(plain), rtol=1e-5, atol=1e-6)
    assert np.array_equal(x, before)


def test_other_types_are_numpys():
    whole = np.arange(4)
    assert np.array_equal(elementwise.exp(whole), np.exp(whole))
    assert elementwise.tanh(0.5) == np.tanh(0.5)
    assert elementwise.exp(np.ones(3, np.float16)).dtype == np.float16
    assert softmax.softmax(whole).dtype == np.float64
    assert np.array_equal(elementwise.relu_grad(2.0, whole), [0, 2, 2, 2])
    mixed = elementwise.relu_grad(np.ones(4, np.float32), np.ones(4))
    assert mixed.dtype == np.float32


@each_float
@needs_compiler
def test_bits_do_not_depend_on_threads(dtype):
    x, labels = numbers((37, 300), dtype), np.arange(37)
    targets = softmax.softmax(numbers((37, 300), dtype, seed=1))
    g = numbers(37, dtype, seed=2)
    by_label, by_target = (softmax.cross_entropy_and_residual(x, t)[1] for t in (labels, targets))
    calls = [
        *(functools.partial(getattr(elementwise, name), np.abs(x)) for name in UNARY),
        lambda: elementwise.relu_grad(x, targets),
        lambda: softmax.softmax(x),
        lambda: softmax.log_softmax(x, axis=0),
        lambda: softmax.logsumexp(x),
        lambda: softmax.cross_entropy(x, labels),
        lambda: softmax.cross_entropy(x, targets),
        lambda: softmax.cross_entropy_and_residual(x, labels)[1][0],
        lambda: softmax.cross_entropy_and_residual(x, targets)[1][1],
        lambda: softmax.cross_entropy_grad(g, by_label, x, labels),
        lambda: softmax.cross_entropy_grad(g, by_target, x, targets),
    ]
    for call in calls:
        first, *others = on_threads(call)
        for other in others:
            np.testing.assert_array_equal(first, other)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -3])
@each_float
def test_softmax_over_any_axis(axis, dtype):
    x = numbers((4, 17, 33), dtype)
    eps = np.finfo(dtype).eps
    for name in ("softmax", "log_softmax", "logsumexp"):
        got = getattr(softmax, name)(x, axis=axis)
        expected = getattr(softmax, f"{name}_reference")(x.astype(np.longdouble), axis=axis)
        assert got.dtype == dtype
        np.testing.assert_allclose(got, expected, rtol=20 * eps, atol=20 * eps)


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2), (2, 0), (1,), ()])
@pytest.mark.parametrize("keepdims", [False, True])
def test_logsumexp_over_several_axes(axis, keepdims):
    x = numbers((3, 4, 5), np.float64)
    got = softmax.logsumexp(x, axis=axis, keepdims=keepdims)
    expected = np.log(np.exp(x).sum(axis=axis, keepdims=keepdims))
    assert np.shape(got) == np.shape(expected)
    np.testing.assert_allclose(got, expected, rtol=1e-12)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (2, 0, 3)])
def test_nothing_to_sum(shape):
    x = np.zeros(shape, np.float32)
    assert softmax.softmax(x).shape == softmax.log_softmax(x).shape == shape
    assert np.array_equal(softmax.logsumexp(x), np.full(shape[:-1], -np.inf))
    if x.ndim == 2:
        empty = np.zeros(len(x), np.int64)
        assert len(x) or softmax.cross_entropy(x, empty).shape == (0,)


def test_axes_that_are_not_there():
    for call in (softmax.softmax, softmax.log_softmax, softmax.logsumexp):
        for x, axis in ((np.ones(3), 1), (np.ones((2, 2)), -3)):
            with pytest.raises(np.exceptions.AxisError):
                call(x, axis=axis)
    assert softmax.softmax(np.array(3.0)) == 1
    assert softmax.logsumexp(np.array(3.0)) == softmax.logsumexp(np.array([3.0])) == 3


def test_large_logits_do_not_overflow():
    x = np.array([[1e4, 0.0, -1e4], [-1e4, -1e4, -1e4]], np.float32)
    assert np.array_equal(softmax.softmax(x), [[1, 0, 0], np.full(3, np.float32(1) / 3)])
    np.testing.assert_allclose(softmax.cross_entropy(x, np.array([0, 1])), [0, np.log(3)], 1e-6)
    z, labels = np.repeat(np.array([[9.2102904, 0.0]], np.float32), 512, axis=0), np.zeros(512, int)
    _, residual = softmax.cross_entropy_and_residual(z, labels)
    grad = softmax.cross_entropy_grad(np.ones(512, np.float32), residual, z, labels)
    np.testing.assert_allclose(grad[0], [-1e-4, 1e-4], rtol=1e-3)


entries = st.one_of(
    st.sampled_from([np.nan, np.inf, -np.inf, 0.0, -0.0, 700.0, -700.0]), st.floats(-9, 9)
)


@fixed
@given(st.data(), st.integers(1, 4), st.integers(1, 40), st.sampled_from(FLOATS))
def test_special_rows(data, rows, columns, dtype):
    cells = st.lists(entries, min_size=columns, max_size=columns)
    x = np.array([data.draw(cells) for _ in range(rows)], dtype)
    classes = st.lists(st.integers(0, columns - 1), min_size=rows, max_size=rows)
    labels = np.array(data.draw(classes))
    targets, g = np.abs(numbers(x.shape, dtype)), numbers(rows, dtype)
    with np.errstate(all="ignore"):
        arguments = {
            "softmax": (x,),
            "log_softmax": (x,),
            "logsumexp": (x,),
            "cross_entropy": (x, labels),
            "cross_entropy_grad": (g, softmax.cross_entropy_and_residual(x, labels)[1], x, labels),
        }
        pairs = [(name, given) for name, given in arguments.items()]
        by_target = softmax.cross_entropy_and_residual(x, targets)[1]
        pairs += [("cross_entropy", (x, targets))]
        pairs += [("cross_entropy_grad", (g, by_target, x, targets))]
        expected = [getattr(softmax, f"{name}_reference")(*given) for name, given in pairs]
    eps = np.finfo(dtype).eps
    for (name, arrays), value in zip(pairs, expected, strict=True):
        with np.errstate(all="raise" if runtime.use_compiled() else "ignore"):
            got = getattr(softmax, name)(*arrays)
        np.testing.assert_allclose(got, value, rtol=3e3 * eps, atol=3e3 * eps, err_msg=name)


@each_float
@pytest.mark.parametrize("columns", [1, 2, 10, 15, 16, 17, 33, 70, 1000])
def test_cross_entropy(columns, dtype):
    eps = np.finfo(dtype).eps
    x, g = numbers((23, columns), dtype), numbers(23, dtype, seed=1)
    exact = x.astype(np.longdouble)
    for labels in (
        np.random.default_rng(0).integers(0, columns, 23),
        np.zeros(23, np.uint8),
        numbers((23, columns), dtype, seed=2),
    ):
        # A sum rounds in proportion to its terms, which targets of both signs let cancel.
        spread = np.ptp(exact, axis=-1)
        terms = spread if labels.ndim == 1 else spread * np.abs(labels).sum(-1)
        scale = 1 + float(terms.max())
        loss = softmax.cross_entropy(x, labels)
        expected = softmax.cross_entropy_reference(exact, labels)
        again, residual = softmax.cross_entropy_and_residual(x, labels)
        np.testing.assert_allclose(again, loss, rtol=4 * eps, atol=4 * eps * scale)
        grad = softmax.cross_entropy_grad(g, residual, x, labels)
        expected_grad = softmax.cross_entropy_grad_reference(g, None, exact, labels)
        assert loss.dtype == grad.dtype == dtype
        np.testing.assert_allclose(loss, expected, rtol=8 * eps, atol=8 * eps * scale)
        np.testing.assert_allclose(grad, expected_grad, rtol=50 * eps, atol=8 * eps * scale)


@pytest.mark.parametrize("bad", [3, -1, -4, 2**40])
def test_labels_out_of_range(bad):
    x, g = np.zeros((2, 3)), np.ones(2)
    labels = np.array([0, bad])
    for call in (
        lambda: softmax.cross_entropy(x, labels),
        lambda: softmax.cross_entropy_and_residual(x, labels),
        lambda: softmax.cross_entropy_grad(g, None, x, labels),
    ):
        with pytest.raises(IndexError, match=str(bad)):
            call()


STEPS = {
    "sgd": (0, {"learning_rate": 0.1}),
    "momentum": (1, {"learning_rate": 0.1, "momentum": 0.9, "nesterov": False}),
    "nesterov": (1, {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}),
    "rmsprop": (1, {"learning_rate": 0.1, "rho": 0.9, "epsilon": 1e-7}),
    "adam": (2, {"alpha": 0.1, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}),
}


def step(name, arrays, suffix=""):
    """The parameters and slots after a step, on copies."""
    p, g, *slots = [a.copy(order="K") for a in arrays]
    function = "momentum" if name == "nesterov" else name
    getattr(updates, function + suffix)(p, g, *slots, **STEPS[name][1])
    return p, *slots


def parameters(name, shape, dtype):
    slots = [np.abs(numbers(shape, dtype, seed)) for seed in range(STEPS[name][0])]
    return [numbers(shape, dtype, 7), numbers(shape, dtype, 8), *slots]


@each_float
@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("shape", [*range(0, 70, 3), 5001, (), (7, 9), (2, 0)])
def test_updates_give_the_bits_of_the_reference(shape, name, dtype):
    arrays = parameters(name, shape, dtype)
    pairs = zip(step(name, arrays), step(name, arrays, "_reference"), strict=True)
    assert all(np.array_equal(got, expected) for got, expected in pairs)


@pytest.mark.parametrize("name", STEPS)
@needs_compiler
def test_updates_do_not_depend_on_threads(name):
    arrays = parameters(name, 10_001, np.float32)
    arrays[1][:3] = np.nan, np.inf, -np.inf
    with np.errstate(all="ignore"):
        first, *others = on_threads(lambda: step(name, arrays))
    for other in others:
        assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize("name", STEPS)
def test_updates_of_other_layouts(name):
    arrays = parameters(name, (6, 8), np.float32)
    expected = step(name, arrays)
    strided = [np.asfortranarray(a) for a in arrays]
    halves = [a.astype(np.float16) for a in arrays]
    for got, value in zip(step(name, strided), expected, strict=True):
        assert np.array_equal(got, value)
    assert step(name, halves)[0].dtype == np.float16
    locked = arrays[0].copy()
    locked.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        updates.sgd(locked, arrays[1], 0.1)


@needs_compiler
def test_reference_and_compiled_agree_on_a_matrix():
    x = numbers((50, 60), np.float32)
    compiled = [f(x) for f in (elementwise.exp, softmax.softmax, elementwise.sigmoid)]
    with runtime.reference():
        plain = [f(x) for f in (elementwise.exp, softmax.softmax, elementwise.sigmoid)]
    for one, other in itertools.zip_longest(compiled, plain):
        np.testing.assert_allclose(one, other, rtol=2e-6)
