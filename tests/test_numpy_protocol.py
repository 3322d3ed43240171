"""NumPy's functions given Tensors: methods and settings of ufuncs, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.errors import DTypeError, NoRuleError
from autograd_lite.numpy_protocol import PLAIN
from autograd_lite.op import BY_NUMPY

RNG = np.random.default_rng(0)
A = RNG.uniform(0.5, 2, (2, 3, 4))
B = RNG.uniform(0.5, 2, (3,))
MASK = A > 1
A.flags.writeable = B.flags.writeable = False

CALLS = [
    lambda t: np.add.reduce(t),
    lambda t: np.add.reduce(t, 1),
    lambda t: np.add.reduce(t, axis=None),
    lambda t: np.add.reduce(t, axis=(0, 2), keepdims=True),
    lambda t: np.add.reduce(t, axis=-1, dtype=None, out=None, where=True),
    lambda t: np.add.reduce(t, axis=1, initial=3.0, where=MASK),
    lambda t: np.multiply.reduce(t, axis=(0, 1)),
    lambda t: np.multiply.reduce(t, axis=1, keepdims=True),
    lambda t: np.maximum.reduce(t, axis=1),
    lambda t: np.minimum.reduce(t),
    lambda t: np.logaddexp.reduce(t),
    lambda t: np.logaddexp.reduce(t, axis=(0, 1), keepdims=True),
    lambda t: np.add.reduce(np.sum(t)),
    lambda t: np.add.accumulate(t),
    lambda t: np.add.accumulate(t, axis=-1),
    lambda t: np.multiply.accumulate(t, 1),
    lambda t: np.multiply.outer(t, B),
    lambda t: np.subtract.outer(B, t),
    lambda t: np.divide.outer(2.0, t),
    lambda t: np.maximum.outer(t, 1.0),
    lambda t: np.exp(t, dtype=np.float64),
    lambda t: np.add(
        t, B[0], where=True, casting="_".join(["same", "kind"]), order="K", subok=True
    ),
    lambda t: np.divmod(t, 0.3)[1],
    lambda t: np.modf(t)[0],
]


@pytest.mark.parametrize("call", CALLS)
def test_methods_and_settings_of_ufuncs(call):
    out = call(ag.Tensor(A, True))
    wanted = call(A)
    assert out.requires_grad
    assert out.dtype == wanted.dtype
    np.testing.assert_allclose(out.data, wanted, rtol=1e-14, strict=np.ndim(wanted) > 0)
    assert ag.gradcheck(call, [A])


@pytest.mark.parametrize("x", [A, B[0]], ids=["array", "number"])
def test_outer_takes_tensors_on_either_side_or_both(x):
    t = ag.Tensor(B, True)
    np.testing.assert_array_equal(np.multiply.outer(x, t).data, np.multiply.outer(x, B))
    np.testing.assert_array_equal(np.multiply.outer(t, x).data, np.multiply.outer(B, x))
    np.testing.assert_array_equal(np.power.outer(t, t).data, np.power.outer(B, B))
    assert ag.gradcheck(np.arctan2.outer, [A[0], B])


def test_a_dtype_is_that_of_the_computation():
    for call in (
        lambda t: np.sqrt(t, dtype="f8"),
        lambda t: np.add(t, 0.1, dtype="f8"),
        lambda t: (
            np.multiply(B.astype("f4"), t, dtype=np.float64)
            if t.ndim == 1
            else np.multiply(t, 3, dtype=np.float64)
        ),
        lambda t: np.add.reduce(t, dtype="f8"),
        lambda t: np.logaddexp.reduce(t, dtype="f8"),
        lambda t: np.multiply.outer(t, B.astype("f4"), dtype="f8"),
    ):
        t = ag.Tensor(A.astype("f4"), True)
        out = call(t)
        assert out.dtype == np.float64
        np.testing.assert_allclose(out.data, call(t.data), rtol=1e-15)
        out.backward(np.ones(out.shape))
        assert t.grad.dtype == np.float32
    assert np.sqrt(ag.Tensor(np.array([4])), dtype="f4").dtype == np.float32


def test_a_dtype_of_another_kind_is_refused_as_by_numpy():
    for dtype in (np.int64, bool):
        with pytest.raises(TypeError):
            np.add(A, 1, dtype=dtype)
        with pytest.raises(DTypeError, match=r"np.add: (.|\n)*astype"):
            np.add(ag.Tensor(A), 1, dtype=dtype)
    with pytest.raises(DTypeError, match="dtype=float64 for complex128"):
        np.exp(ag.Tensor(A + 0j), dtype=float)


def test_reductions_without_derivative_give_arrays():
    t = ag.Tensor(A, True)
    for call in (
        lambda t: np.logical_and.reduce(t > 1, axis=0),
        lambda t: np.logical_or.reduce(t, axis=None),
        lambda t: np.signbit(t),
        lambda t: np.logical_xor.reduce(t, axis=1),
    ):
        assert isinstance(call(t), (np.ndarray, np.bool))
        np.testing.assert_array_equal(call(t), call(A))


T = ag.Tensor(A, True)
OUT = ag.Tensor(np.empty(A.shape))
# what is called, what the error says, and the fix that it proposes
REFUSED = [
    (lambda: np.add(T, 1, out=np.empty(A.shape)), "np.add: `out=`", "y = np.add(...)"),
    (lambda: np.exp(A, out=OUT), "np.exp: `out=`", "y = np.exp(...)"),
    (lambda: np.add.reduce(T, out=np.empty(A.shape[1:])), "np.add.reduce: `out=`", "y = "),
    (lambda: np.sum(T, out=np.empty(())), "np.sum: `out=`", "y = np.sum(...)"),
    (lambda: np.clip(T, 0, 1, out=OUT), "np.clip: `out=`", "y = np.clip(...)"),
    (lambda: np.log(T, where=MASK), "np.log: `where=`", "np.where(mask, np.log(...), other)"),
    (lambda: np.add(T, 1, casting="unsafe"), "no rule for `casting=`", "docs/differentiable.md"),
    (lambda: np.add(T, 1, order="F"), "no rule for `order=`", "docs/differentiable.md"),
    (lambda: np.add.at(T, 0, 1), "np.add.at: writes in place", "x.at[index].add(values)"),
    (lambda: np.add.at(np.zeros(3), 0, ag.Tensor(1.0)), "np.add.at", "x = x.at[index].add(values)"),
    (lambda: np.multiply.at(T, 0, 1), "np.multiply.at", "set(np.multiply(x[index], values))"),
    (lambda: np.add.reduceat(T, [0, 1]), "np.add.reduceat: has", "docs/differentiable.md"),
    (lambda: np.fmax.accumulate(T), "np.fmax.accumulate: has", "docs/differentiable.md"),
    (lambda: np.subtract.reduce(T), "np.subtract.reduce: has no", "docs/differentiable.md"),
    (lambda: np.emath.sqrt(T), "np.emath.sqrt: has no", "x.detach().numpy()"),
    (lambda: np.busday_count(T, T), "np.busday_count: has no", "autograd_lite.ops"),
    (lambda: np.nan_to_num(T, copy=False), "no rule for `copy=`", "docs/differentiable.md"),
]


@pytest.mark.parametrize(("call", "problem", "fix"), REFUSED, ids=[r[1] for r in REFUSED])
def test_what_is_refused_says_what_to_do(call, problem, fix):
    with pytest.raises(NoRuleError) as error:
        call()
    text = str(error.value)
    assert problem in text
    assert fix in text.partition("fix:")[2]


@pytest.mark.parametrize("function", [np.linalg.solve, np.fft.fft2], ids=lambda f: f.__name__)
def test_functions_of_submodules_are_named_as_they_are_called(function, monkeypatch):
    monkeypatch.delitem(BY_NUMPY, function, raising=False)
    called = f"np.{function.__module__.removeprefix('numpy.')}.{function.__name__}"
    with pytest.raises(NoRuleError, match=rf"{called}: has no derivative rule(.|\n)*@ag\.op"):
        function(*(2 * [T] if function is np.linalg.solve else [T]))


def test_an_array_augmented_by_a_tensor_is_refused():
    a = np.zeros(3)
    with pytest.raises(NoRuleError, match="use the result"):
        a += ag.Tensor(B, True)


def test_the_proposed_fixes_work():
    t = ag.Tensor(np.array([1.0, 4.0, 9.0]), True)
    mask, index = np.array([True, False, True]), [0, 0, 2]
    assert np.where(mask, np.log(t), 0.0).requires_grad
    wanted = t.data.copy()
    np.add.at(wanted, index, 1.0)
    np.testing.assert_array_equal(t.at[index].add(1.0).data, wanted)
    wanted = t.data.copy()
    np.multiply.at(wanted, [0, 2], 3.0)
    updated = t.at[[0, 2]].set(np.multiply(t[[0, 2]], 3.0))
    np.testing.assert_array_equal(updated.data, wanted)


def test_every_ufunc_of_numbers_is_answered():
    ufuncs = {f for f in vars(np).values() if isinstance(f, np.ufunc)}
    assert {f.__name__ for f in ufuncs - {*BY_NUMPY} - PLAIN} == {"isnat"}
