"""Einstein's sums: NumPy's call, dtypes, complex operands, cost, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from complex_differences import check, normal
from hypothesis import given, settings, strategies
from op_cases.einsum import FORMS

import autograd_lite as ag
from autograd_lite.errors import DTypeError, ShapeError


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def operands(rng, subscripts, dtype=np.float64):
    size = 9 if np.dtype(dtype).kind == "i" else 1
    return [np.asarray(rng.standard_normal(s) * size).astype(dtype) for s in FORMS[subscripts]]


@pytest.mark.parametrize("subscripts", FORMS)
def test_numpys_call_takes_tensors(subscripts, rng):
    arrays = operands(rng, subscripts)
    out = np.einsum(subscripts, *[ag.Tensor(a, True) for a in arrays])
    assert out.requires_grad
    np.testing.assert_array_equal(out.data, ag.einsum(subscripts, *arrays))
    if len(arrays) > 1:
        half = np.einsum(subscripts, arrays[0], *map(ag.Tensor, arrays[1:]), optimize=True)
        np.testing.assert_array_equal(half.data, out.data)


def test_numpys_call_takes_lists_of_labels(rng):
    a, b = rng.standard_normal((2, 3)), rng.standard_normal((3, 4))
    out = np.einsum(ag.Tensor(a), [0, 1], b, [1, ...], [..., 0])
    np.testing.assert_allclose(out.data, (a @ b).T)


@pytest.mark.parametrize("subscripts", FORMS)
def test_values_types_and_dtypes_are_numpys(subscripts, rng):
    for dtype in ("?", "i1", "i8", "e", "f", "d", "F", "D"):
        arrays = operands(rng, subscripts, dtype)
        want, out = np.einsum(subscripts, *arrays), ag.einsum(subscripts, *arrays)
        assert type(out) is type(want)
        largest = np.max(np.einsum(subscripts, *[abs(a).astype(float) for a in arrays]), initial=0)
        atol = {"e": 1e-2, "f": 1e-5, "F": 1e-5}.get(dtype, 1e-13) * largest
        np.testing.assert_allclose(out, want, rtol=0, atol=atol, strict=out.ndim > 0)


@pytest.mark.parametrize("dtypes", ["id", "fd", "?i", "dF", "bf"])
def test_mixed_dtypes_are_promoted_first(dtypes):
    a, b = (np.full(200, 100).astype(t) for t in dtypes)
    for subscripts in ("i,i", "i,j->i", "i,i->i"):
        want, out = np.einsum(subscripts, a, b), ag.einsum(subscripts, a, b)
        np.testing.assert_array_equal(out, want, strict=out.ndim > 0)
        assert out.dtype == want.dtype
    out = ag.Tensor(b, b.dtype.kind in "fc")
    assert np.einsum("i,i", a, out).dtype == want.dtype


def test_dtype_and_casting(rng):
    x = rng.standard_normal(3)
    t = ag.Tensor(x, True)
    with pytest.raises(DTypeError, match=r"(?s)operand 0.*float64, casting='safe'"):
        ag.einsum("i,i", x, x, dtype=np.float32)
    out = np.einsum("i,i", t, t, dtype=np.float32, casting="same_kind")
    assert out.dtype == np.float32
    out.backward()
    assert t.grad.dtype == np.float64
    np.testing.assert_allclose(t.grad.data, 2 * x, rtol=1e-6)
    out = ag.einsum("i,i", x.astype("f"), x.astype("f"), dtype=np.float64)
    np.testing.assert_array_equal(out, np.einsum("i,i", x.astype("f"), x.astype("f"), dtype="d"))


COMPLEX = ["", ",i", "iji->j", "i,i", "i,j", "ij,kj->i", "ij,ij->j", "i...,i...", "i,,j,ij->"]


@pytest.mark.parametrize("subscripts", COMPLEX)
def test_complex_gradients(subscripts, rng):
    shapes = FORMS[subscripts]
    check(lambda *xs: np.einsum(subscripts, *xs), *[normal(rng, *s) for s in shapes])
    mixed = [normal(rng, *s) if i % 2 else rng.standard_normal(s) for i, s in enumerate(shapes)]
    check(lambda *xs: np.einsum(subscripts, *xs), *mixed)


@given(data=strategies.data())
@settings(max_examples=150, deadline=None)
def test_any_labels(data):
    """Labels drawn at random, with repeats, lengths of one, and any output."""
    rng = np.random.default_rng(data.draw(strategies.integers(0, 2**32 - 1)))
    lengths = {label: data.draw(strategies.integers(1, 3)) for label in "abcd"}
    terms = data.draw(strategies.lists(strategies.text("abcd", max_size=3), min_size=1, max_size=4))
    ones = [data.draw(strategies.sets(strategies.sampled_from("abcd"), max_size=1)) for _ in terms]
    output = "".join(data.draw(strategies.lists(strategies.sampled_from("abcd"), unique=True)))
    output = "".join(label for label in output if any(label in term for term in terms))
    arrays = [
        rng.standard_normal([1 if label in one else lengths[label] for label in term])
        for term, one in zip(terms, ones, strict=True)
    ]
    subscripts = f"{','.join(terms)}->{output}"
    want = np.einsum(subscripts, *arrays)
    np.testing.assert_allclose(ag.einsum(subscripts, *arrays), want, atol=1e-13)
    out, pullback = ag.vjp(lambda *xs: ag.einsum(subscripts, *xs), *arrays)
    v = rng.standard_normal(out.shape)
    for i, (x, gradient) in enumerate(zip(arrays, pullback(v), strict=True)):
        other = rng.standard_normal(x.shape)
        moved = np.einsum(subscripts, *arrays[:i], other, *arrays[i + 1 :])
        np.testing.assert_allclose(np.sum(gradient * other), np.sum(v * moved), atol=1e-12)


def test_a_diagonal_gives_no_gradient_off_it():
    x = np.full((2, 2), np.inf)
    gradient = ag.grad(lambda x: np.sum(np.einsum("ii->i", x) * np.inf))(x)
    np.testing.assert_array_equal(gradient, [[np.inf, 0], [0, np.inf]])


def test_many_operands_are_never_multiplied_out(rng):
    n = 300
    vectors = [rng.standard_normal(n) for _ in range(4)]
    a, b = rng.standard_normal((2, n, n))
    f = ag.value_and_grad(lambda *xs: np.einsum("a,b,c,d,ab,cd->", *xs), (0, 4))
    value, (by_vector, by_matrix) = f(*vectors, a, b)  # all at once: n**4 products
    inner, rest = a @ vectors[1], vectors[2] @ b @ vectors[3]
    np.testing.assert_allclose(value, (vectors[0] @ inner) * rest)
    np.testing.assert_allclose(by_vector, inner * rest)
    np.testing.assert_allclose(by_matrix, np.outer(*vectors[:2]) * rest)


def test_a_path_made_beforehand_is_taken(rng):
    arrays = [rng.standard_normal((3, 3)) for _ in range(4)]
    want = np.linalg.multi_dot(arrays)
    text = "ij,jk,kl,lm->im"
    for path in (np.einsum_path(text, *arrays)[0], ["einsum_path", [1, 2], [0, 1, 2]]):
        np.testing.assert_allclose(ag.einsum(text, *arrays, optimize=path), want)


def test_transposing_is_a_view_as_in_numpy(rng):
    x = rng.standard_normal((2, 3))
    assert np.shares_memory(ag.einsum("ij->ji", x), x)


WRONG = [
    ("ij,jk", [(2, 3), (4, 3)], "differ in length: 3, 4"),
    ("ij", [(3,)], "operand 0 has 1 axes, its subscripts are 'ij'"),
    ("i", [(2, 3)], "operand 0 has 2 axes"),
    ("i", [(3,), (3,)], "1 operands are described, 2 are given"),
    ("i,j", [(3,)], "2 operands are described, 1 are given"),
    ("i", [], "1 operands are described, 0 are given"),
    ("ii", [(1, 3)], "repeated label differ: 1, 3"),
    ("i,i->ii", [(3,), (3,)], "'i' more than once"),
    ("i->j", [(3,)], "label 'j' that no operand has"),
    ("...i->i", [(2, 3)], "no '...'"),
    ("i...,i...->", [(2, 3), (2, 3)], "no '...'"),
    ("i%", [(3,)], "something besides letters"),
    ("i.j", [(2, 2)], "something besides letters"),
    ("i....", [(2, 2)], "something besides letters"),
    ("...i...", [(2, 2)], "something besides letters"),
    ("i->>", [(2,)], "something besides letters"),
    ("i-j", [(2, 2)], "something besides letters"),
    ("i->i->i", [(2,)], "something besides letters"),
    ("ij,jk->i.k", [(2, 2), (2, 2)], "something besides letters"),
]


@pytest.mark.parametrize(("subscripts", "shapes", "problem"), WRONG)
def test_subscripts_that_are_refused(subscripts, shapes, problem):
    arrays = [np.ones(s) for s in shapes]
    with pytest.raises(ValueError):
        np.einsum(subscripts, *arrays)
    with pytest.raises(ShapeError) as error:
        ag.einsum(subscripts, *arrays)
    text = str(error.value)
    assert text.startswith("einsum: ")
    assert problem in text
    assert f"subscripts '{subscripts}'" in text
    assert all(str(s) in text for s in shapes)


@pytest.mark.parametrize("labels", [[0, 52], [0, "a"], [0, -1], [0, 0.5]])
def test_lists_of_labels_that_are_refused(labels):
    with pytest.raises(ShapeError, match="einsum: labels are integers from 0 to 51"):
        ag.einsum(np.ones((2, 2)), labels)


def test_calls_without_operands_are_refused():
    for call in ((), (np.ones(3),)):
        with pytest.raises(ShapeError, match="einsum: "):
            ag.einsum(*call)
