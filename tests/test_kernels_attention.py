"""Attention's kernels against their NumPy references: shapes, layouts, masks, dtypes, threads."""

import importlib

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.kernels import runtime

attention = importlib.import_module("autograd_lite.kernels.attention")
needs_compiler = pytest.mark.skipif(not runtime.use_compiled(), reason="numba is disabled")
each_float = pytest.mark.parametrize("dtype", (np.float32, np.float64), ids=["float32", "float64"])
TOLERANCE = {np.float32: 1e-4, np.float64: 1e-11}
# Leading axes, queries, keys, depth, depth of values: whole tiles and what is left over.
SIZES = [
    *(((2, 3), n, 9, 4, 5) for n in (0, 1, 2, 4, 6, 8, 47, 48, 49, 97)),
    *(((2, 3), 5, m, 4, 3) for m in (1, 2, 15, 16, 17, 33, 64, 130)),
    *(((2, 3), 5, 6, d, 3) for d in (1, 2, 8, 17, 32, 64, 65)),
    *(((2, 3), 5, 6, 4, e) for e in (1, 2, 8, 17, 32, 64, 65)),
    *((lead, 5, 6, 4, 3) for lead in ((), (5,), (0,), (1, 1), (2, 1, 3), (2, 2, 2, 1))),
]


@pytest.fixture(autouse=True, scope="module")
def everything_compiled():
    """Lift the thresholds below which attention goes to NumPy, or to other kernels."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(attention, "_SMALL", 1)
        patch.setattr(attention, "_FEW_HEADS", 0)
        yield


def drawn(dtype, *shape, seed=0):
    return np.random.default_rng([seed, *shape]).standard_normal(shape).astype(dtype)


def masks(lead, n, m):
    """No mask, and masks of all shapes; some hide whole rows."""
    yield None
    shapes = [(m,), (n, m), (n, 1), (*lead, n, m)]
    if lead:
        shapes += [(*(1,) * len(lead), n, m), (*lead, 1, m), (lead[0], *(1,) * len(lead), m)]
    for shape in shapes:
        yield np.random.default_rng(shape).random(shape) < 0.6


def run(q, k, v, mask=None):
    out, weights = attention.attention(q, k, v, mask, 0.7)
    g = drawn(q.dtype, *out.shape, seed=9)
    return out, weights, attention.attention_grad(g, weights, q, k, v, 0.7)


def given(dtype, lead, n, m, d, e):
    return drawn(dtype, *lead, n, d), drawn(dtype, *lead, m, d, seed=1), drawn(dtype, *lead, m, e)


@each_float
@needs_compiler
def test_the_reference_on_any_number_of_threads(dtype):
    tolerance = TOLERANCE[dtype]
    for size in SIZES:
        arrays = given(dtype, *size)
        for mask in masks(*size[:3]):
            with runtime.reference():
                expected = run(*arrays, mask)
            found = []
            for n in (1, 2, 3, 4):
                with runtime.always(n):
                    found.append(run(*arrays, mask))
            for ours, theirs in zip(found[0], expected, strict=True):
                np.testing.assert_allclose(ours, theirs, tolerance, tolerance, strict=True)
            for other in found[1:]:
                assert all(map(np.array_equal, found[0], other)), size


def unaligned(x):
    y = np.empty(x.nbytes + 1, np.uint8)[1:].view(x.dtype).reshape(x.shape)
    y[...] = x
    return y


LAYOUTS = {
    "unaligned": unaligned,
    "heads inside": lambda x: x.swapaxes(1, 2).copy().swapaxes(1, 2),
    "Fortran": np.asfortranarray,
    "every second": lambda x: np.repeat(x, 2, axis=-1)[..., ::2],
    "reversed": lambda x: x[:, ::-1, ::-1].copy()[:, ::-1, ::-1],
    "parts": lambda x: np.concatenate([x] * 3, axis=-1)[..., : x.shape[-1]],
    "the same": lambda x: np.broadcast_to(x[:1, :1], x.shape),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(layout):
    laid = [LAYOUTS[layout](x) for x in given(np.float32, (2, 3), 50, 20, 8, 9)]
    for x in laid:
        x.flags.writeable = False
    plain = [x.copy(order="C") for x in laid]
    for ours, theirs in zip(run(*laid), run(*plain), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_what_is_special():
    q, k, v = given(np.float32, (2, 3), 5, 6, 4, 3)
    q[0, 1, 2, 0] = np.nan
    out, weights, _ = run(q, k, v)
    assert np.isnan(out[0, 1, 2]).all()
    assert np.isnan(weights[0, 1, 2]).all()
    assert np.isnan(out).sum() == 3
    # A hidden row is 0, and hidden keys are without influence.
    mask = np.arange(6) < 4
    k[..., 4:, :] = 1e30
    out, weights, _ = run(q, k, v, mask & (np.arange(5) < 4)[:, None])
    assert not out[..., 4, :].any()
    assert not weights[..., 4, :].any()
    np.testing.assert_allclose(
        out[1, :, :4], run(q, k[..., :4, :], v[..., :4, :])[0][1, :, :4], 1e-5
    )


@needs_compiler
def test_heads_are_shared_out_or_not_whatever_the_threads(monkeypatch):
    """Of few heads, the products are shared out; the results are those of whole heads."""
    arrays = given(np.float32, (2,), 200, 150, 64, 64)
    g = drawn(np.float32, 2, 200, 64)

    def both():
        out, weights = attention.attention(*arrays, None, 0.125)
        return out, weights, attention.attention_grad(g, weights, *arrays, 0.125)

    whole = both()
    monkeypatch.setattr(attention, "_FEW_HEADS", 4)
    monkeypatch.setattr(attention, "_MANY_PRODUCTS", 1000)
    for ours, theirs in zip(whole, both(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_other_dtypes():
    q, k, v = given(np.float64, (2, 3), 5, 6, 4, 3)
    expected = run(q, k, v)
    wide = run(*(x.astype(np.longdouble) for x in (q, k, v)))
    mixed = run(q, k.astype(np.float32), v)
    for ours, theirs, rough in zip(wide, expected, mixed, strict=True):
        np.testing.assert_allclose(ours.astype(np.float64), theirs, 1e-12, 1e-12)
        np.testing.assert_allclose(rough, theirs, 1e-5, 1e-5)


def test_the_op_is_its_parts():
    arrays = [ag.Tensor(x, requires_grad=True) for x in given(np.float64, (2, 3), 50, 20, 8, 9)]
    q, k, v = arrays
    found = []
    for out in (
        ag.dot_product_attention(q, k, v, scale=0.5),
        ag.attention_weights(q, k, scale=0.5) @ v,
    ):
        for x in arrays:
            x.grad = None
        (out * out).sum().backward()
        found.append([out, *(x.grad for x in arrays)])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours.data, theirs.data, 1e-11, 1e-11)
