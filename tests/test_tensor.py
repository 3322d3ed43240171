"""`Tensor` as users see it: construction, dtypes, NumPy's habits, text, errors."""

from __future__ import annotations

import copy
import operator

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.errors import DTypeError, GradientError, NoRuleError, ShapeError

RNG = np.random.default_rng(0)
MATRIX = RNG.standard_normal((3, 4))
MATRIX.flags.writeable = False


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (1.5, "float32"),
        ([1.0, 2.0], "float32"),
        ([[1, 2]], "int64"),
        (True, "bool"),
        (np.float64(1.5), "float64"),
        (np.ones(2), "float64"),
        ([np.ones(2), np.ones(2)], "float64"),
        (np.ones(2, "f2"), "float16"),
        (ag.Tensor(np.ones(2)), "float64"),
    ],
)
def test_an_array_keeps_its_dtype_and_python_floats_get_the_default(data, dtype):
    assert ag.tensor(data).dtype == dtype
    assert ag.tensor(data, dtype="float64").dtype == np.float64


def test_the_default_dtype_can_be_set():
    ag.set_default_dtype(np.float64)
    try:
        assert ag.tensor(1.5).dtype == np.float64
        assert ag.get_default_dtype() == np.float64
        with pytest.raises(ValueError, match="not a floating dtype"):
            ag.set_default_dtype(int)
    finally:
        ag.set_default_dtype(np.float32)


def test_tensor_copies_and_the_class_shares():
    a = np.ones(2)
    assert not np.shares_memory(ag.tensor(a).data, a)
    assert np.shares_memory(ag.Tensor(a).data, a)


def test_integers_have_no_gradient():
    with pytest.raises(DTypeError, match=r"dtype int64(.|\n)*astype\(np\.float32\)"):
        ag.tensor([1, 2], requires_grad=True)


OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]


@pytest.mark.parametrize("op", OPERATORS)
@pytest.mark.parametrize("other", [2, 2.0, np.float32(2), np.float64(2), np.full(4, 2.0)])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_mixed_operands_promote_as_in_numpy_in_both_orders(op, other, dtype):
    a = np.abs(MATRIX).astype(dtype) + 0.5
    t = ag.Tensor(a, True)
    for ours, numpys in ((op(t, other), op(a, other)), (op(other, t), op(other, a))):
        assert isinstance(ours, ag.Tensor)
        assert ours.dtype == numpys.dtype
        np.testing.assert_array_equal(ours.data, numpys)
        t.grad = None
        ours.backward(np.ones(ours.shape))
        assert t.grad.dtype == dtype


@pytest.mark.parametrize(
    "op", [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne]
)
def test_comparisons_are_numpys_and_constant(op):
    t = ag.Tensor(MATRIX, True)
    for other in (0.1, MATRIX, MATRIX[0]):
        for ours, numpys in ((op(t, other), op(MATRIX, other)), (op(other, t), op(other, MATRIX))):
            np.testing.assert_array_equal(ours, numpys)
            assert ours.dtype == bool
            assert not ours.requires_grad


METHODS = [
    lambda a: a.sum(0),
    lambda a: a.sum(axis=1, keepdims=True),
    lambda a: a.mean(),
    lambda a: a.max(-1),
    lambda a: a.min(axis=(0, 1)),
    lambda a: a.var(0, ddof=1),
    lambda a: a.std(),
    lambda a: a.reshape(4, 3),
    lambda a: a.reshape((-1,)),
    lambda a: a.ravel(),
    lambda a: a.transpose(),
    lambda a: a.transpose(1, 0),
    lambda a: a.transpose((1, 0)),
    lambda a: a.T,
    lambda a: a.mT,
    lambda a: a.swapaxes(0, 1),
    lambda a: a[None].squeeze(0),
    lambda a: a.clip(-0.5, 0.5),
    lambda a: a.astype("f4"),
    lambda a: a[1:, ::2],
    lambda a: a[[0, 0], [1, 2]],
    lambda a: a @ a.T,
    lambda a: -abs(a),
    lambda a: np.maximum(a, 0) ** 2,
]


@pytest.mark.parametrize("f", METHODS)
def test_methods_are_numpys(f):
    out = f(ag.Tensor(MATRIX, True))
    np.testing.assert_array_equal(out.data, f(MATRIX))
    assert out.requires_grad


def test_plain_methods_give_plain_values():
    t = ag.Tensor(MATRIX, True)
    np.testing.assert_array_equal(t.argmax(1), MATRIX.argmax(1))
    np.testing.assert_array_equal(t.argmin(), MATRIX.argmin())
    assert type(t.argmax(1)) is np.ndarray
    assert t.tolist() == MATRIX.tolist()
    assert t[0, 0].item() == MATRIX[0, 0]
    assert (len(t), t.ndim, t.size, t.shape) == (3, 2, 12, (3, 4))
    assert [row.tolist() for row in t] == MATRIX.tolist()
    assert (float(t[0, 0]), int(t[0, 0]), bool(t[0, 0])) == (MATRIX[0, 0], int(MATRIX[0, 0]), True)
    assert [7, 8, 9][ag.tensor(1)] == 8
    with pytest.raises(ValueError, match="ambiguous"):
        bool(t)


def test_an_array_of_what_requires_a_gradient_raises():
    t = ag.tensor([1.0], requires_grad=True)
    for convert in (np.asarray, ag.Tensor.numpy, np.array):
        with pytest.raises(GradientError, match=r"x\.detach\(\)\.numpy\(\)"):
            convert(t)
    assert np.shares_memory(t.detach().numpy(), t.data)
    assert not t.detach().requires_grad


def test_text():
    assert repr(ag.tensor([1.0, 2.0])) == "Tensor([1., 2.])"
    assert repr(ag.tensor(3.0, requires_grad=True)) == "Tensor(3., requires_grad=True)"
    assert repr(ag.tensor(np.ones(1))) == "Tensor([1.], dtype=float64)"
    assert f"{ag.tensor(3.14159):.2f}" == "3.14"
    assert f"{ag.tensor([1.0])}" == "Tensor([1.])"


def test_set_and_add_at_an_index_leave_the_tensor_alone():
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    v = ag.tensor([10.0, 20.0], requires_grad=True)
    y = x.at[1:].set(v)
    assert (x.tolist(), y.tolist()) == ([1, 2, 3], [1, 10, 20])
    y.sum().backward()
    assert (x.grad.tolist(), v.grad.tolist()) == ([1, 0, 0], [1, 1])
    assert x.at[[0, 0]].add(1.0).tolist() == [3, 2, 3]


def test_indexing_out_of_range_is_numpys_error():
    with pytest.raises(IndexError, match="out of bounds"):
        ag.tensor([1.0])[3]


@pytest.mark.parametrize(
    ("call", "shapes"),
    [
        (lambda: ag.tensor(np.ones((4, 3))) @ np.ones((4, 2)), r"a \(4, 3\), b \(4, 2\)"),
        (lambda: np.ones(3) @ ag.tensor(np.ones(4)), r"a \(3,\), b \(4,\)"),
        (lambda: ag.tensor(1.0) @ np.ones(4), r"0-d(.|\n)*a \(\), b \(4,\)"),
        (lambda: ag.tensor(np.ones((2, 3))).reshape(4, 2), r"x \(2, 3\), shape \(4, 2\)"),
        (
            lambda: ag.linear(np.ones((2, 3)), ag.tensor(np.ones((4, 5))), np.ones(5)),
            r"x \(2, 3\), kernel \(4, 5\), bias \(5,\)",
        ),
        (
            lambda: ag.softmax_cross_entropy(ag.tensor(np.ones((2, 3))), np.zeros(3, int)),
            r"logits \(2, 3\), labels \(3,\) of int64",
        ),
    ],
)
def test_shape_errors_show_the_shapes_and_the_expectation(call, shapes):
    with pytest.raises(ShapeError, match=rf"(.|\n)*{shapes}(.|\n)*expected: "):
        call()


def test_numpy_functions_without_a_rule_raise_and_are_named():
    t = ag.tensor([1.0, 2.0])
    for call, name in [
        (lambda: np.unique(t), "np.unique"),
        (lambda: np.histogram(t), "np.histogram"),
        (lambda: np.hypot.reduce(t), "np.hypot.reduce"),
        (lambda: np.add(t, 1, out=np.empty(2)), "`out=`"),
        (lambda: np.add(t, 1, where=[True, False]), "`where=`"),
        (lambda: np.einsum("i->", t, order="C"), "`order=`"),
    ]:
        with pytest.raises(NoRuleError, match=name):
            call()


def test_plain_numpy_functions_give_plain_results():
    t = ag.Tensor(MATRIX, True)
    np.testing.assert_array_equal(np.argmax(t, axis=1), MATRIX.argmax(1))
    assert np.shape(t) == (3, 4)
    assert np.isfinite(t).all()
    assert type(np.isfinite(t)) is np.ndarray
    assert np.allclose(t, MATRIX)
    assert np.zeros_like(t).shape == (3, 4)


def test_deep_copies_of_leaves_are_leaves():
    t = ag.tensor([1.0], requires_grad=True)
    other = copy.deepcopy(t)
    assert other.requires_grad
    assert not np.shares_memory(other.data, t.data)


def test_seed_fixes_the_librarys_generator_and_leaves_numpys():
    state = np.random.get_state()[1].copy()
    ag.set_seed(3)
    one = ag.random.generator().random(3)
    ag.set_seed(3)
    np.testing.assert_array_equal(one, ag.random.generator().random(3))
    np.testing.assert_array_equal(np.random.get_state()[1], state)


@pytest.mark.parametrize(
    ("name", "ours"), [("unsqueeze", "expand_dims"), ("view", "reshape"), ("to", "astype")]
)
def test_names_of_pytorch_are_translated(name, ours):
    x = ag.tensor([1.0])
    with pytest.raises(AttributeError, match=rf"Tensor\.{name}: PyTorch's(?s:.*)fix: .*{ours}"):
        getattr(x, name)
    assert not hasattr(x, name)
    with pytest.raises(AttributeError, match=r"no attribute 'summ'$") as error:
        x.summ  # noqa: B018
    assert error.value.name == "summ"  # Python then says: did you mean 'sum'?
