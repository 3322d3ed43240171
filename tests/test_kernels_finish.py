"""What a product does on its way out: add to a sum, scale, hide what relu's derivative hides."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thresholds import lift_products

import autograd_lite as ag
from autograd_lite.kernels import matmul, matmul_add, matmul_where, runtime

FLOATS = (np.float32, np.float64)
fixed = settings(max_examples=60, deadline=None, derandomize=True)
needs_compiler = pytest.mark.skipif(not runtime.use_compiled(), reason="NUMBA_DISABLE_JIT=1")
sides = st.integers(1, 70)


@pytest.fixture(autouse=True, scope="module")
def no_product_is_too_small():
    with pytest.MonkeyPatch.context() as patch:
        lift_products(patch)
        yield


def drawn(shapes, dtype, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


def tolerance(k, dtype):
    return {"rtol": 0, "atol": 8 * (k + 4) * np.finfo(dtype).eps}


@fixed
@given(sides, sides, sides, st.sampled_from(FLOATS), st.booleans(), st.booleans())
def test_finishing(m, k, n, dtype, left_transposed, right_transposed):
    a, b, c = drawn(((m, k), (k, n), (m, n)), dtype)
    a = np.asfortranarray(a) if left_transposed else a
    b = np.asfortranarray(b) if right_transposed else b
    exact = a.astype(np.longdouble) @ b.astype(np.longdouble)
    np.testing.assert_allclose(matmul(a, b, 0.5), exact / 2, **tolerance(k, dtype))
    shown = matmul_where(c, a, b)
    np.testing.assert_allclose(shown, np.where(c > 0, exact, 0), **tolerance(k, dtype))
    total = c.copy()
    matmul_add(total, a, b)
    np.testing.assert_allclose(total, c + exact, **tolerance(k, dtype))
    assert total.dtype == shown.dtype == dtype


@needs_compiler
@pytest.mark.parametrize("shape", [(20, 300, 1100), (601, 517, 131), (512, 128, 10)])
@pytest.mark.parametrize("dtype", FLOATS)
def test_threads_and_depth_blocks_change_no_bit(shape, dtype):
    m, k, n = shape
    a, b, c = drawn(((m, k), (k, n), (m, n)), dtype)
    results = []
    for threads in (1, 2, 3):
        with runtime.always(threads):
            total = c.copy()
            matmul_add(total, a, b)
            results.append((total, matmul_where(c, a, b), matmul(a, b, 3.0)))
    for others in results[1:]:
        for one, other in zip(results[0], others, strict=True):
            assert one.tobytes() == other.tobytes()
    plain = matmul(a, b)
    np.testing.assert_array_equal(results[0][1], np.where(c > 0, plain, 0))
    np.testing.assert_array_equal(results[0][2], plain * dtype(3))


@pytest.mark.parametrize("dtype", FLOATS)
def test_stacks(dtype):
    a, b, c = drawn(((2, 3, 40, 20), (3, 20, 30), (2, 3, 40, 30)), dtype)
    a = np.moveaxis(np.moveaxis(a, 2, 0).copy(), 0, 2)
    product = np.matmul(a, b)
    np.testing.assert_allclose(matmul_where(c, a, b), np.where(c > 0, product, 0), atol=1e-4)
    total = c.copy()
    matmul_add(total, a, b)
    np.testing.assert_allclose(total, c + product, atol=1e-4)


def test_nan_passes_where_it_is_shown_and_not_where_it_is_hidden():
    a, b = np.full((9, 9), np.nan), np.ones((9, 9))
    mask = np.where(np.eye(9), 1.0, -1.0)
    mask[0, 1] = np.nan
    shown = matmul_where(mask, a, b)
    np.testing.assert_array_equal(np.isnan(shown), np.eye(9) > 0)


def test_what_the_kernel_cannot_take_is_numpys():
    a, b, c = drawn(((6, 5), (5, 8), (6, 16)), np.float64)
    wide = c[:, ::2]
    np.testing.assert_allclose(matmul_where(wide, a, b), np.where(wide > 0, a @ b, 0))
    total = np.zeros((6, 8), np.float32)
    matmul_add(total, a, b)
    np.testing.assert_allclose(total, a @ b, rtol=1e-5)
    assert matmul(np.arange(3), np.arange(3), 2) == 10


def test_a_sum_that_is_also_a_factor_is_refused():
    a = np.ones((8, 8))
    for other in (a, a.T, a[::-1]):
        with pytest.raises(ValueError, match="shares memory"):
            matmul_add(a, other, np.ones((8, 8)))
    with pytest.raises(ValueError, match="broadcast"):
        matmul_add(np.ones((3, 8)), np.ones((4, 8)), np.ones((8, 8)))
    with pytest.raises(ValueError, match="broadcast"):
        matmul_where(np.ones((3, 8)), np.ones((4, 8)), np.ones((8, 8)))


def shared_net(x, w, b):
    """Each weight three times, a relu read twice, and once by something else than a product."""
    h = x
    for _ in range(3):
        h = ag.linear_relu(h, w, b)
    return ag.sum(ag.linear(h, w, b) * ag.sum(h) + ag.linear(h, w, b))


@pytest.mark.parametrize("size", [3, 40])
def test_gradients_through_shared_weights(size):
    x, w, b = drawn(((size, size), (size, size), (size,)), np.float64)
    w /= np.sqrt(size)

    def plain(x, w, b):
        h = x
        for _ in range(3):
            h = np.maximum(h @ w + b, 0)
        return np.sum((h @ w + b) * np.sum(h) + (h @ w + b))

    wanted = ag.grad(plain, (0, 1, 2))(x, w, b)
    for got, want in zip(ag.grad(shared_net, (0, 1, 2))(x, w, b), wanted, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-11, atol=1e-11 * np.abs(want).max())


@pytest.mark.parametrize("product_first", [False, True])
def test_what_joins_a_masked_gradient_is_masked_too(product_first):
    x, w, b = drawn(((6, 6), (6, 6), (6,)), np.float64)

    def net(x, affine, affine_relu):
        h = affine_relu(x)
        parts = [lambda: np.sum(affine(h)), lambda: np.sum(h - 3)]
        return parts[product_first]() + parts[not product_first]()

    def fused(x):
        return net(x, lambda h: ag.linear(h, w, b), lambda h: ag.linear_relu(h, w, b))

    def plain(x):
        return net(x, lambda h: h @ w + b, lambda h: np.maximum(h @ w + b, 0))

    np.testing.assert_allclose(ag.grad(fused)(x), ag.grad(plain)(x), rtol=1e-12)


def test_hooks_and_targets_see_the_gradient_before_the_mask():
    x, w, b = drawn(((6, 6), (6, 6), (6,)), np.float64)
    seen = []
    h = ag.linear_relu(x, ag.Tensor(w, True), b)
    out = ag.linear(h, w, b)
    want = np.ones((6, 6)) @ w.T
    (wanted,) = (ag.gradients(ag.sum(out), [h])[0],)
    np.testing.assert_allclose(wanted.data, want)
    h.register_hook(lambda g: seen.append(g.data))
    ag.sum(out).backward()
    np.testing.assert_allclose(seen[0], want)


def test_a_gradient_that_is_summed_up_is_the_leafs_own():
    x, w = drawn(((6, 6), (6, 6)), np.float64)
    leaf, b = ag.Tensor(w, True), np.zeros(6)
    loss = ag.sum(ag.linear(x, leaf, b) + ag.linear(x, leaf, b))
    loss.backward(retain_graph=True)
    first = leaf.grad.data.copy()
    leaf.grad.data[...] = 0
    leaf.grad = None
    loss.backward()
    np.testing.assert_array_equal(leaf.grad.data, first)
