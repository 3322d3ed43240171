"""Products: NumPy's names and dtypes, complex arguments, refused shapes."""

from __future__ import annotations

import numpy as np
import pytest
from complex_differences import check, normal

import autograd_lite as ag
from autograd_lite.errors import NoRuleError, ShapeError


@pytest.fixture
def rng():
    return np.random.default_rng(0)


BINARY = [
    (np.matmul, (2, 3), (3, 2)),
    (np.dot, (3,), (3,)),
    (np.dot, (2, 3), (2, 3, 2)),
    (np.vdot, (2, 3), (3, 2)),
    (np.inner, (2, 3), (2, 3)),
    (np.outer, (2,), (3,)),
    (np.tensordot, (2, 3), (2, 3)),
    (np.kron, (2, 2), (3,)),
    (np.cross, (2, 3), (3,)),
    (np.vecdot, (2, 1, 3), (2, 3)),
    (ag.matvec, (2, 3), (2, 3)),
    (ag.vecmat, (2, 3), (3, 2)),
    (ag.vecmat, (3,), (3, 2)),
]
each_product = pytest.mark.parametrize(
    ("f", "a", "b"), BINARY, ids=[f"{f.__name__}-{a}-{b}" for f, a, b in BINARY]
)


@each_product
def test_complex_gradients(f, a, b, rng):
    check(f, normal(rng, *a), normal(rng, *b))
    check(f, normal(rng, *a), rng.standard_normal(b))
    check(f, rng.standard_normal(a), normal(rng, *b))


@each_product
def test_values_of_arrays_are_numpys(f, a, b, rng):
    ours, numpys = getattr(ag, f.__name__), getattr(np, f.__name__, None)
    if numpys is None:
        pytest.skip("this NumPy does not have it")
    for dtype in (np.int32, np.float32, np.float64, np.complex64, np.complex128):
        x, y = (normal(rng, *s) * 4 for s in (a, b))
        if np.dtype(dtype).kind != "c":
            x, y = x.real, y.real
        x, y = x.astype(dtype), y.astype(dtype)
        want, out = numpys(x, y), ours(x, y)
        assert type(out) is type(want)
        np.testing.assert_allclose(out, want, rtol=1e-5, strict=True)
        if f is not np.matmul:
            assert ours(x.tolist(), y.tolist()).shape == want.shape


def test_products_of_many_with_complex_matrices(rng):
    a, b, c = normal(rng, 2, 3), normal(rng, 3, 2), normal(rng, 2)
    check(lambda *arrays: np.linalg.multi_dot(arrays), a, b, c)
    check(lambda a: np.linalg.matrix_power(a, 3), normal(rng, 2, 2))


@pytest.mark.parametrize(
    ("name", "shapes", "settings"),
    [
        ("matmul", [(2, 3, 4), (4, 2)], {}),
        ("tensordot", [(2, 3, 4), (3, 4, 2)], {}),
        ("tensordot", [(2, 3), (3, 2)], {"axes": 1}),
        ("outer", [(2,), (3,)], {}),
        ("cross", [(2, 3), (2, 3)], {}),
        ("cross", [(3, 2), (3, 2)], {"axis": 0}),
        ("vecdot", [(2, 3), (2, 3)], {"axis": 0}),
        ("matrix_transpose", [(2, 3, 4)], {}),
        ("diagonal", [(2, 3, 4)], {"offset": 1}),
        ("trace", [(2, 3, 4)], {}),
        ("trace", [(2, 3, 4)], {"offset": -1, "dtype": np.float32}),
    ],
)
def test_names_in_linalg(name, shapes, settings, rng):
    f = getattr(np.linalg, name)
    arrays = [rng.standard_normal(s) for s in shapes]
    out = f(*map(ag.Tensor, arrays), **settings)
    assert isinstance(out, ag.Tensor)
    want = f(*arrays, **settings)
    assert out.dtype == want.dtype
    np.testing.assert_allclose(out.data, want)


def test_the_axis_of_a_ufunc(rng):
    x, y = rng.standard_normal((2, 3, 4))
    out = np.vecdot(ag.Tensor(x), y, axis=0)
    np.testing.assert_allclose(out.data, np.vecdot(x, y, axis=0))


def test_negative_powers_invert(rng):
    a = rng.standard_normal((2, 3, 3)) + 4 * np.eye(3)
    np.testing.assert_allclose(ag.matrix_power(a, -2), np.linalg.matrix_power(a, -2))
    assert ag.gradgradcheck(lambda a: np.linalg.matrix_power(a, -2), [a])


def test_the_zeroth_power_is_constant():
    a = np.full((2, 2), np.inf)
    np.testing.assert_array_equal(ag.matrix_power(a, 0), np.eye(2))
    gradient = ag.grad(lambda a: np.sum(np.linalg.matrix_power(a, 0)))(a)
    np.testing.assert_array_equal(gradient, np.zeros((2, 2)))


def test_a_chain_is_multiplied_in_the_cheapest_order():
    n = 10**5
    tall, wide = np.ones((n, 2)), np.ones((2, n))
    out = ag.multi_dot([tall, wide, tall, wide, np.ones(n)])  # not over n * n entries
    np.testing.assert_array_equal(out, np.full(n, 4.0 * n**2))


def test_settings_that_no_op_has_are_refused():
    t = ag.Tensor(np.ones((3, 3)))
    for call in (
        lambda: np.dot(t, t, out=np.empty((3, 3))),
        lambda: np.outer(t, t, np.empty((9, 9))),
        lambda: np.linalg.multi_dot([t, t], out=np.empty((3, 3))),
    ):
        with pytest.raises(NoRuleError, match="out"):
            call()


ERRORS = [
    (ag.dot, (2, 3), (2, 3)),
    (ag.dot, (3,), (2, 2, 3)),
    (ag.vdot, (2, 3), (5,)),
    (ag.inner, (2, 3), (2,)),
    (ag.tensordot, (2, 3), (3, 2, 4)),
    (ag.cross, (2,), (2,)),
    (ag.cross, (), (3,)),
    (ag.cross, (2, 3), (4, 3)),
    (ag.vecdot, (2, 3), (2,)),
    (ag.vecdot, (), (2,)),
    (ag.matvec, (2, 3), (2,)),
    (ag.matvec, (3,), (3,)),
    (ag.vecmat, (2,), (3, 2)),
    (ag.vecmat, (2,), (2,)),
]


@pytest.mark.parametrize(("f", "a", "b"), ERRORS)
def test_shapes_that_do_not_fit(f, a, b):
    with pytest.raises(ShapeError) as error:
        f(np.ones(a), np.ones(b))
    text = str(error.value)
    assert text.startswith(f"{f.__name__}: the shapes do not fit")
    assert f"shapes {a} and {b}" in text


def test_other_errors():
    with pytest.raises(ShapeError, match="tensordot: no such axis"):
        ag.tensordot(np.ones((2, 3)), np.ones(3), axes=(2, 0))
    with pytest.raises(ShapeError, match=r"(?s)multi_dot: .*shapes \(2, 3\), \(2, 3\)"):
        ag.multi_dot([np.ones((2, 3))] * 2)
    for chain in ([np.ones((2, 2))], [np.ones((2, 2)), np.ones(2), np.ones((2, 2))], []):
        with pytest.raises(ShapeError, match="multi_dot: the arrays do not make a chain"):
            ag.multi_dot(chain)
    with pytest.raises(ShapeError, match=r"(?s)matrix_power: .*not square.*\(2, 3\)"):
        ag.matrix_power(np.ones((2, 3)), 2)
    with pytest.raises(TypeError, match=r"(?s)matrix_power: the power is not an integer.*2\.0"):
        ag.matrix_power(np.eye(2), 2.0)
