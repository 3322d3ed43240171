"""The rarer optimizers' kernels against their NumPy references: bits, NaN, threads, layouts."""

import math

import numpy as np
import pytest

from autograd_lite.kernels import optimizers, runtime, updates

needs_compiler = pytest.mark.skipif(not runtime.use_compiled(), reason="numba is disabled")
each_float = pytest.mark.parametrize("dtype", (np.float32, np.float64), ids=["float32", "float64"])

# Slots, and the scalars after them.
STEPS = {
    "adamw": (2, (0.1, 0.9, 0.999, 1e-7, 0.01)),
    "amsgrad": (3, (0.1, 0.9, 0.999, 1e-7)),
    "rmsprop_momentum": (2, (0.1, 0.9, 1e-7, 0.8)),
    "rmsprop_centered": (2, (0.1, 0.9, 1e-7)),
    "rmsprop_centered_momentum": (3, (0.1, 0.9, 1e-7, 0.8)),
    "adagrad": (1, (0.1, 1e-7)),
    "adadelta": (2, (0.1, 0.95, 1e-7)),
    "adamax": (2, (0.1, 0.9, 0.999, 1e-7)),
    "nadam": (2, (0.1, 0.2, 0.9, 0.999, 0.3, 1e-7)),
    "lion": (1, (0.1, 0.9, 0.99)),
    "ftrl": (2, (0.1, 0.5, 0.2, 0.3, 0.4)),
    "lamb": (2, (0.1, 0.9, 0.999, 0.1, 0.001, 1e-7)),
}
each_step = pytest.mark.parametrize("name", STEPS)


@pytest.fixture(autouse=True, scope="module")
def small_arrays_compiled():
    """Lift the thresholds below which arrays go to NumPy."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_SMALL_ONE_CALL", "_SMALL_TWO_CALLS", "_SMALL_MANY_CALLS"):
            patch.setattr(updates, name, 1)
        yield


def arrays(name, shape, dtype):
    rng = np.random.default_rng(5)
    p, g, *slots = (rng.standard_normal(shape) for _ in range(2 + STEPS[name][0]))
    slots = [np.abs(s) * 3 for s in slots]
    if "centered" in name:
        slots[0] += slots[1] ** 2  # a mean square is no less than the mean's
    return [np.asarray(a, dtype) for a in (p, g, *slots)]


def step(name, given):
    """The parameters and slots after a step, on copies."""
    p, g, *slots = [a.copy(order="K") for a in given]
    getattr(optimizers, name)(p, g, *slots, *STEPS[name][1])
    return p, *slots


def by_numpy(name, given):
    with runtime.reference():
        return step(name, given)


def same(first, second):
    return all(np.array_equal(a, b, equal_nan=True) for a, b in zip(first, second, strict=True))


def test_every_kernel_is_here():
    references = {n for n in vars(optimizers) if n.endswith("_reference")}
    assert {f"{name}_reference" for name in STEPS} == references


@each_float
@each_step
@pytest.mark.parametrize("shape", [*range(0, 40, 3), 5001, (), (7, 9), (2, 0)])
@needs_compiler
def test_bits_of_the_reference(shape, name, dtype):
    given = arrays(name, shape, dtype)
    assert same(step(name, given), by_numpy(name, given))


@each_step
@needs_compiler
def test_numbers_that_are_not_finite(name):
    special = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0])
    count = 2 + STEPS[name][0]
    grid = np.stack(np.meshgrid(*[special] * min(count, 4), indexing="ij"))
    given = [np.ascontiguousarray(grid[min(i, 3)].ravel()) for i in range(count)]
    with np.errstate(all="ignore"):
        assert same(step(name, given), by_numpy(name, given))


@each_step
@needs_compiler
def test_threads_do_not_count(name):
    given = arrays(name, 10_001, np.float32)
    results = []
    for threads in (1, 2, 3, 4):
        with runtime.always(threads):
            results.append(step(name, given))
    assert all(same(results[0], other) for other in results[1:])


@each_step
def test_other_layouts(name):
    given = arrays(name, (6, 8), np.float32)
    strided = [np.asfortranarray(a) for a in given]
    for got, value in zip(step(name, strided), step(name, given), strict=True):
        # Lamb's norms sum in the order of memory.
        np.testing.assert_allclose(got, value, rtol=1e-6 if name == "lamb" else 0)
    assert step(name, [a.astype(np.float16) for a in given])[0].dtype == np.float16


def test_any_power_of_ftrl_joins_the_root():
    given = arrays("ftrl", 9, np.float64)
    p, g, n, z = [a.copy() for a in given]
    optimizers.ftrl(p, g, n, z, 0.1, math.nextafter(0.5, 1), 0.2, 0.3, 0.4)
    np.testing.assert_allclose(p, step("ftrl", given)[0], rtol=1e-12)


def test_lamb_without_a_norm_takes_the_step_as_it_is():
    p, g, m, v = np.zeros(3), np.ones(3), np.zeros(3), np.zeros(3)
    optimizers.lamb(p, g, m, v, 0.5, 0.5, 0.75, 0.5, 0.25, 0.0)
    np.testing.assert_allclose(p, -0.5)
