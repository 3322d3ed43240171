"""What holds for every kernel: any size, any layout of any argument, numbers that are not finite.

Each is compared with its reference in more precision, within a rounding for each of the terms that
are summed, and in the same precision as to where NaN and infinities are.
"""

import importlib
import inspect
from collections.abc import Callable
from typing import NamedTuple

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from thresholds import lift_products

from autograd_lite.kernels import convolution, optimizers, runtime
from autograd_lite.ops.windows import place

# The package's attributes of these names may be functions.
attention, elementwise, light, normalization, pooling, recurrent, rows, softmax, updates = (
    importlib.import_module(f"autograd_lite.kernels.{name}")
    for name in (
        *("attention", "elementwise", "matmul", "normalization", "pooling", "recurrent"),
        *("rows", "softmax", "updates"),
    )
)
FLOATS = (np.float32, np.float64)
few = settings(max_examples=10, derandomize=True, deadline=None)
pytestmark = pytest.mark.skipif(not runtime.use_compiled(), reason="numba is disabled")


@pytest.fixture(autouse=True, scope="module")
def nothing_is_too_small():
    """Lift the thresholds below which arrays go to NumPy."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (attention, elementwise, normalization, recurrent, rows, softmax, updates):
            for name in (name for name in vars(module) if name.startswith("_SMALL")):
                patch.setattr(module, name, 1)
        lift_products(patch)
        for name in ("_FEWEST", "_FEWEST_CHANNELS"):
            patch.setattr(pooling, name, 1)
        patch.setattr(attention, "_FEW_HEADS", 0)
        patch.setattr(convolution, "FEWEST_PRODUCTS", 1)
        yield


class Case(NamedTuple):
    """A kernel.

    Attributes:
        shapes: Of its arguments, for three sizes.
        call: Of it.
        terms: How many are summed at most.
        regroups: Whether factors are taken out of sums, so that infinity may stand for NaN.
        finite: Arguments by number that zeros outside of an image are multiplied with.
    """

    shapes: Callable
    call: Callable
    terms: Callable = max
    regroups: bool = False
    finite: tuple[int, ...] = ()


def added(total, a, b):
    total = total.copy(order="K")
    light.matmul_add(total, a, b)
    return total


def labels(x):
    return np.arange(len(x)) % x.shape[1]


def entropy_grad(g, x, target=None):
    target = labels(x) if target is None else target
    residual = softmax.cross_entropy_and_residual(x, target)[1]
    return softmax.cross_entropy_grad(g, residual, x, target)


def matrix(a, b, c):
    return [(a, b)]


def filled(a, b, c):
    return [(max(a, 1), max(b, 1))]


def heads(a, b, c):
    return [(2, a, max(c % 40, 1)), (2, max(b, 1), max(c % 40, 1)), (2, max(b, 1), a % 7 + 1)]


def attend(q, k, v):
    return attention.attention(q, k, v, None, 0.3)


def attend_back(q, k, v):
    out, weights = attend(q, k, v)
    return attention.attention_grad(np.cos(out), weights, q, k, v, 0.3)


def sequence(parts):
    return lambda a, b, c: [
        (a % 4, b, parts * max(c, 1)),
        (max(c, 1), parts * max(c, 1)),
        *((b, max(c, 1)),) * (2 if parts == 4 else 1),
    ]


def gru(z, kernel, h):
    return recurrent.gru(z, kernel, kernel[0], h)


def back(kind):
    forward = gru if kind == "gru" else getattr(recurrent, kind)

    def call(z, kernel, *firsts):
        found = forward(z, kernel, *firsts)
        states, *gates = found if isinstance(found, tuple) else (found,)
        return getattr(recurrent, f"{kind}_grad")(np.cos(states), *gates, kernel, states)

    return call


def windows(c, stride=2):
    return place("conv2d", (6, 7), (3, 2), stride, "valid", 1 + c % 2, False)


def images(a, b, c):
    b, c = max(b, 1), max(c, 1)
    return [(a % 3, 6, 7, b), (3, 2, b, c), (a % 3, *windows(c).size, c)]


POOL = place("max_pool2d", (6, 7), (3, 2), 2, "same")


def pooled(a, b, c):
    return [(a % 4, 6, 7, max(b, 1)), (a % 4, *POOL.size, max(b, 1))]


def chosen(x, g):
    best = pooling.window_max(x, POOL)
    taps = pooling.first_taps(x, best, POOL)
    return best, pooling.take_taps(x, taps, POOL), pooling.put_taps(g, taps, POOL)


def moments(x, axis):
    return normalization.moments(x, axis), normalization.mean_square(x, axis)


def normed(axis):
    def shapes(a, b, c):
        shape = max(a, 1), max(b, 1)
        mean = (1, shape[1]) if axis == (0,) else (shape[0], 1)
        return [shape, shape, mean, mean, (shape[1],), (shape[1],)]

    return shapes


def normalized(axis):
    def call(x, g, mean, inverse, gamma, beta):
        return (
            normalization.normalize(x, mean, inverse, gamma, beta, axis),
            normalization.normalize_grad(g, x, mean, inverse, gamma, axis),
            normalization.normal_products(g, x, mean, inverse, axis, gamma.shape),
        )

    return call


# Of the optimizers' steps: where, slots, and the scalars after them.
STEPS = {
    "sgd": (updates, 0, (0.1,)),
    "momentum": (updates, 1, (0.1, 0.9, True)),
    "rmsprop": (updates, 1, (0.1, 0.9, 1e-7)),
    "adam": (updates, 2, (0.1, 0.9, 0.999, 1e-7)),
    "adamw": (optimizers, 2, (0.1, 0.9, 0.999, 1e-7, 0.01)),
    "amsgrad": (optimizers, 3, (0.1, 0.9, 0.999, 1e-7)),
    "rmsprop_momentum": (optimizers, 2, (0.1, 0.9, 1e-7, 0.8)),
    "rmsprop_centered": (optimizers, 2, (0.1, 0.9, 0.7)),
    "rmsprop_centered_momentum": (optimizers, 3, (0.1, 0.9, 0.7, 0.8)),
    "adagrad": (optimizers, 1, (0.1, 1e-7)),
    "adadelta": (optimizers, 2, (0.1, 0.95, 1e-7)),
    "adamax": (optimizers, 2, (0.1, 0.9, 0.999, 1e-7)),
    "nadam": (optimizers, 2, (0.1, 0.2, 0.9, 0.999, 0.3, 1e-7)),
    "lion": (optimizers, 1, (0.1, 0.9, 0.99)),
    "ftrl": (optimizers, 2, (0.1, 0.5, 0.2, 0.3, 0.4)),
    "lamb": (optimizers, 2, (0.1, 0.9, 0.999, 0.1, 0.001, 1e-7)),
}


def step_case(name):
    """A step on copies of parameters and slots, these positive; it divides by their roots."""
    module, slots, scalars = STEPS[name]

    def call(p, g, *slots):
        written = [p.copy(order="K"), *(np.abs(s) for s in slots)]
        if "centered" in name:  # a mean square is no less than the mean's
            written[1] += written[2] ** 2
        getattr(module, name)(written[0], g, *written[1:], *scalars)
        return tuple(written)

    return Case(lambda a, b, c: [(a, b)] * (2 + slots), call, lambda _: 100)


UNARY = ("exp", "log", "tanh", "sigmoid", "erf", "sin", "cos", "sqrt")
CASES = {
    **{name: Case(matrix, getattr(elementwise, name), lambda *_: 2) for name in UNARY},
    **{name: step_case(name) for name in STEPS},
    "relu_grad": Case(lambda a, b, c: [(a, b)] * 2, elementwise.relu_grad),
    "softmax": Case(filled, softmax.softmax),
    "softmax, axis 0": Case(filled, lambda x: softmax.softmax(x, axis=0)),
    "log_softmax": Case(filled, softmax.log_softmax),
    "logsumexp": Case(filled, softmax.logsumexp),
    "cross_entropy": Case(filled, lambda x: softmax.cross_entropy(x, labels(x))),
    "cross_entropy of rows": Case(lambda a, b, c: filled(a, b, c) * 2, softmax.cross_entropy),
    "cross_entropy_grad": Case(lambda a, b, c: [(max(a, 1),), *filled(a, b, c)], entropy_grad),
    "cross_entropy_grad of rows": Case(
        lambda a, b, c: [(max(a, 1),), *filled(a, b, c) * 2], entropy_grad
    ),
    "softmax_grad": Case(
        lambda a, b, c: filled(a, b, c) * 2, attention.softmax_grad, regroups=True
    ),
    "attention": Case(heads, attend, sum),
    "attention_grad": Case(heads, attend_back, sum),
    "matmul": Case(lambda a, b, c: [(a, b), (b, c)], light.matmul),
    "linear": Case(lambda a, b, c: [(a, b), (b, c), (c,)], light.linear),
    "linear, relu": Case(
        lambda a, b, c: [(a, b), (b, c), (c,)], lambda x, w, b: light.linear(x, w, b, relu=True)
    ),
    "matmul_add": Case(lambda a, b, c: [(a, c), (a, b), (b, c)], added),
    "matmul_where": Case(lambda a, b, c: [(a, c), (a, b), (b, c)], light.matmul_where),
    "conv": Case(images, lambda x, w, g: convolution.conv(x, w, windows(w.shape[-1])), sum),
    "input_grad": Case(
        images,
        lambda x, w, g: convolution.input_grad(g, w, windows(w.shape[-1])),
        sum,
        finite=(1,),
    ),
    "kernel_grad": Case(
        images, lambda x, w, g: convolution.kernel_grad(x, g, windows(w.shape[-1])), sum
    ),
    "window_max": Case(pooled, chosen),
    "window_sum": Case(pooled, lambda x, g: pooling.window_sum(x, POOL)),
    "window_spread": Case(pooled, lambda x, g: pooling.window_spread(g, POOL)),
    "moments of rows": Case(filled, lambda x: moments(x, (1,)), sum),
    "moments of columns": Case(filled, lambda x: moments(x, (0,)), sum),
    "normalization of rows": Case(normed((1,)), normalized((1,)), sum, regroups=True),
    "normalization of columns": Case(normed((0,)), normalized((0,)), sum, regroups=True),
    "sum_rows": Case(matrix, rows.sum_rows),
    "take_rows": Case(filled, lambda x: rows.take_rows(x, np.arange(40) * 7 % len(x))),
    "rnn": Case(sequence(1), recurrent.rnn, sum),
    "gru": Case(sequence(3), gru, sum),
    "lstm": Case(sequence(4), recurrent.lstm, sum),
    "rnn_grad": Case(sequence(1), back("rnn"), sum),
    "gru_grad": Case(sequence(3), back("gru"), sum),
    "lstm_grad": Case(sequence(4), back("lstm"), sum),
}


def strided(x, step, start, order="C"):
    """`x` as a view of a larger array that begins inside of it."""
    larger = np.full([n * abs(step) + start + 1 for n in x.shape], np.nan, x.dtype, order)
    view = larger[tuple(slice(start, start + n * abs(step), abs(step)) for n in x.shape)]
    view = view[(slice(None, None, -1),) * x.ndim] if step < 0 else view
    view[...] = x
    return view


LAYOUTS = {
    "C": lambda x: x.copy(order="C"),
    "Fortran": np.asfortranarray,
    "reversed": lambda x: strided(x, -1, 0),
    "Fortran, reversed": lambda x: strided(x, -1, 0, "F"),
    "offset": lambda x: strided(x, 1, 3),
    "every second": lambda x: strided(x, 2, 1),
    "every third, reversed": lambda x: strided(x, -3, 2),
}
size = st.one_of(st.sampled_from([0, 1, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65]), st.integers(0, 70))
sizes = st.tuples(size, size, size)
special = st.sampled_from([np.nan, np.inf, -np.inf, 0.0, -0.0])
places = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 10**6), special), max_size=5)


def drawn(case, lengths, dtype, seed):
    """Arguments; what stands for a scale or a target is none the worse for being positive."""
    rng = np.random.default_rng(seed)
    shapes = case.shapes(*lengths)
    return [(rng.uniform(0.1, 1, s) * rng.choice([-1, 1], s)).astype(dtype) for s in shapes]


def outputs(found):
    return [np.asarray(x) for x in (found if isinstance(found, tuple) else (found,))]


def by_reference(case, arrays):
    with runtime.reference(), np.errstate(all="ignore"):
        return outputs(case.call(*arrays))


each_case = pytest.mark.parametrize("name", CASES)
each_dtype = st.sampled_from(FLOATS)


def positive(name, arrays):
    """Logarithms, roots and probabilities are of positive numbers."""
    if name in ("log", "sqrt"):
        return [np.abs(x) for x in arrays]
    return arrays


@pytest.mark.slow
@each_case
@few
@given(sizes, each_dtype, st.lists(st.sampled_from(sorted(LAYOUTS)), min_size=6, max_size=6))
def test_any_size_in_any_layout(name, lengths, dtype, layouts):
    case = CASES[name]
    arrays = positive(name, drawn(case, lengths, dtype, 0))
    laid = [LAYOUTS[at](x) for at, x in zip(layouts, arrays, strict=False)]
    for x in laid:
        x.flags.writeable = False
    exact = by_reference(case, [x.astype(np.longdouble) for x in arrays])
    terms = case.terms([n for shape in case.shapes(*lengths) for n in shape] or [1])
    for got, want in zip(outputs(case.call(*laid)), exact, strict=True):
        assert got.shape == want.shape
        assert got.dtype == dtype
        bound = (terms + 20) * np.finfo(dtype).eps * max(1.0, float(np.abs(want).max(initial=0)))
        np.testing.assert_allclose(got, want.astype(np.float64), rtol=0, atol=bound)
    for x, before in zip(laid, arrays, strict=True):
        assert np.array_equal(x, before), "an argument was written to"


@pytest.mark.slow
@each_case
@few
@given(sizes, each_dtype, places)
def test_nan_and_infinities_are_where_the_reference_has_them(name, lengths, dtype, spoilt):
    case = CASES[name]
    arrays = positive(name, drawn(case, lengths, dtype, 1))
    for argument, place_, value in spoilt:
        x = arrays[argument % len(arrays)]
        if x.size and argument % len(arrays) not in case.finite:
            x.flat[place_ % x.size] = value
    want = by_reference(case, arrays)
    with np.errstate(all="ignore"):
        found = outputs(case.call(*arrays))
    for got, expected in zip(found, want, strict=True):
        if case.regroups:
            np.testing.assert_array_equal(np.isfinite(got), np.isfinite(expected))
            continue
        np.testing.assert_array_equal(np.isnan(got), np.isnan(expected))
        infinite = np.isinf(expected)
        np.testing.assert_array_equal(got[infinite], expected[infinite])
        assert np.isfinite(got[np.isfinite(expected)]).all()


def test_every_kernel_has_a_row():
    table = inspect.getsource(importlib.import_module(__name__))
    modules = (attention, convolution, elementwise, light, normalization, optimizers, pooling)
    for module in (*modules, recurrent, rows, softmax, updates):
        for name in vars(module):
            if name.endswith("_reference") and "_step_" not in name:
                assert name.removesuffix("_reference") in table, name


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("dtype", FLOATS)
def test_parameters_that_are_read_only_are_refused(name, dtype):
    module, slots, scalars = STEPS[name]
    p, g, *others = (np.ones((8, 9), dtype) for _ in range(2 + slots))
    for locked in (p, *others):
        locked.flags.writeable = False
        with pytest.raises(ValueError, match="read-only"):
            getattr(module, name)(p, g, *others, *scalars)
        locked.flags.writeable = True
