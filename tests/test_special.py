"""Special functions: values beyond SciPy's, conventions at edges, SciPy's own ufuncs, no SciPy."""

from __future__ import annotations

import sys

import mpmath
import numpy as np
import pytest
import scipy.special

import autograd_lite as ag
from autograd_lite.errors import NoRuleError
from autograd_lite.ops import special

inf = np.inf


def derivative(f, *arguments, by=0):
    return ag.grad(lambda *a: ag.sum(f(*a)), argnums=by)(*arguments)


TRUTH = [
    (special.gammaln, mpmath.loggamma, [0.2, 1.0, 30.0, 1e5]),
    (special.gamma, mpmath.gamma, [0.2, 2.5, 20.0, -1.5]),
    (special.digamma, mpmath.digamma, [0.2, 3.0, 1e4, -0.5]),
    (lambda x: special.polygamma(2, x), lambda x: mpmath.polygamma(2, x), [0.5, 3.0]),
    (special.erfc, mpmath.erfc, [-2.0, 0.1, 5.0, 20.0]),
    (special.erfinv, mpmath.erfinv, [-0.99, 0.0, 0.3]),
    (special.log_ndtr, lambda x: mpmath.log(mpmath.ncdf(x)), [-3.0, 0.5]),
    (special.i0e, lambda x: mpmath.exp(-abs(x)) * mpmath.besseli(0, x), [-3.0, 0.5, 500.0]),
    (special.i1e, lambda x: mpmath.exp(-abs(x)) * mpmath.besseli(1, x), [-3.0, 0.5, 500.0]),
    (lambda x: special.jv(1.5, x), lambda x: mpmath.besselj(1.5, x), [0.5, 20.0]),
    (lambda x: special.yv(1.5, x), lambda x: mpmath.bessely(1.5, x), [0.5, 20.0]),
    (lambda x: special.betainc(2.0, 3.0, x), lambda x: mpmath.betainc(2, 3, 0, x, True), [0.3]),
    (lambda x: special.gammainc(2.5, x), lambda x: mpmath.gammainc(2.5, 0, x, True), [0.3, 9.0]),
]


@pytest.mark.parametrize(("f", "exact", "points"), TRUTH)
def test_values_and_three_derivatives_are_those_of_mpmath(f, exact, points):
    mpmath.mp.dps = 40
    for x in points:
        g = f
        for order in range(4):
            wanted = float(mpmath.diff(exact, x, order))
            assert np.isclose(float(g(np.float64(x))), wanted, rtol=1e-9, atol=1e-14)
            g = ag.grad(g)


EDGES = [
    ("xlogy(0, 0) by x", special.xlogy, (0.0, 0.0), 0, 0),
    ("xlogy(0, 0) by y", special.xlogy, (0.0, 0.0), 1, 0),
    ("xlogy(0, y) by x", special.xlogy, (0.0, np.e), 0, 1),
    ("xlogy(x, 0) by y", special.xlogy, (2.0, 0.0), 1, inf),
    ("xlog1py(0, -1) by x", special.xlog1py, (0.0, -1.0), 0, 0),
    ("xlog1py(0, -1) by y", special.xlog1py, (0.0, -1.0), 1, 0),
    ("entr(0)", special.entr, (0.0,), 0, inf),
    ("rel_entr(0, 1) by y", special.rel_entr, (0.0, 1.0), 1, 0),
    ("kl_div(0, 1) by x", special.kl_div, (0.0, 1.0), 0, -inf),
    ("kl_div(0, 1) by y", special.kl_div, (0.0, 1.0), 1, 1),
    ("logit(0)", special.logit, (0.0,), 0, inf),
    ("erfinv(1)", special.erfinv, (1.0,), 0, inf),
    ("ndtri(0)", special.ndtri, (0.0,), 0, inf),
    ("i0e(0)", special.i0e, (0.0,), 0, 0),
    ("i1(0)", special.i1, (0.0,), 0, 0.5),
    ("j1(0)", special.j1, (0.0,), 0, 0.5),
    ("log_expit(-1e4)", special.log_expit, (-1e4,), 0, 1),
]


@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.parametrize(
    ("f", "arguments", "by", "wanted"), [r[1:] for r in EDGES], ids=[r[0] for r in EDGES]
)
def test_derivative_at_an_edge(f, arguments, by, wanted):
    assert derivative(f, *arguments, by=by) == wanted


def test_far_tails_have_derivatives():
    np.testing.assert_allclose(derivative(special.log_ndtr, -100.0), 100.00999800, rtol=1e-8)
    np.testing.assert_allclose(derivative(special.erfcx, 1e4), -5.6418957e-09, rtol=1e-6)


UFUNCS = [
    *("digamma", "erf", "erfc", "erfinv", "expit", "gamma", "gammaln", "i0", "i1e", "j0", "jn"),
    *("log_expit", "logit", "ndtr", "ndtri", "psi"),
]


@pytest.mark.parametrize("name", UFUNCS)
def test_ufuncs_of_scipy_are_answered(name):
    theirs = getattr(scipy.special, name)
    ours = getattr(special, name)
    assert special.answer_for(theirs) is getattr(special, "jv" if name == "jn" else name)
    x = (2, np.array([0.3, 0.6])) if name == "jn" else (np.array([0.3, 0.6]),)
    np.testing.assert_allclose(ours(*x), theirs(*x), rtol=1e-14)


def test_other_ufuncs_are_not_answered():
    assert special.answer_for(np.exp) is None
    assert special.answer_for(scipy.special.ellipk) is None
    same_name = np.frompyfunc(lambda x: x, 1, 1)
    assert special.answer_for(same_name) is None


def test_numpy_i0_takes_a_tensor():
    x = ag.tensor([0.0, 0.5], requires_grad=True)
    np.i0(x).sum().backward()
    np.testing.assert_allclose(x.grad, scipy.special.i1([0.0, 0.5]))


@pytest.mark.parametrize(
    ("f", "others"),
    [
        (special.gammainc, (1.5,)),
        (special.gammaincc, (1.5,)),
        (special.betainc, (1.5, 0.5)),
        (special.jv, (1.5,)),
        (special.zeta, (1.5,)),
    ],
)
def test_an_unknown_derivative_raises(f, others):
    with pytest.raises(NoRuleError, match=r"no derivative by `\w` is known here\n.*detach"):
        derivative(f, 2.0, *others)
    assert np.isfinite(derivative(f, 2.0, *others, by=len(others)))


X = np.array([[0.3, -1.2, 2.0], [0.1, 0.7, -0.4]])
B = np.array([[0.5, 1.0, 2.0], [0.1, 0.2, 0.3]])


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 1)])
def test_softmax_and_logsumexp_have_the_signatures_of_scipy(axis):
    for name in ("softmax", "log_softmax"):
        ours, theirs = getattr(special, name), getattr(scipy.special, name)
        np.testing.assert_allclose(ours(X, axis), theirs(X, axis), rtol=1e-14)
        assert ag.gradgradcheck(lambda x, f=ours: f(x, axis), [X])
    for b in (None, B):
        for keepdims in (False, True):
            settings = {"axis": axis, "b": b, "keepdims": keepdims}
            wanted = scipy.special.logsumexp(X, **settings)
            got = special.logsumexp(X, **settings)
            np.testing.assert_allclose(got, wanted, rtol=1e-14, strict=np.ndim(wanted) > 0)
    assert ag.gradgradcheck(lambda x, b: special.logsumexp(x, axis, b), [X, B])


def test_logsumexp_takes_weights_of_zero_and_infinities():
    for dtype in (np.float32, np.float64):
        a, b = np.array([1.0, 1e3], dtype), np.array([1.0, 0.0], dtype)
        assert special.logsumexp(a, b=b) == 1
        np.testing.assert_array_equal(derivative(lambda a, b=b: special.logsumexp(a, b=b), a), b)
    assert special.logsumexp(np.array([-inf, 0.0]), b=np.array([1.0, 1.0])) == 0


def test_without_scipy_the_error_names_the_extra(monkeypatch):
    from autograd_lite.ops.special import by_scipy

    monkeypatch.setitem(sys.modules, "scipy.special", None)
    by_scipy.scipy_special.cache_clear()
    with pytest.raises(ImportError, match=r"pip install \"autograd_lite\[scipy\]\""):
        special.gammaln(2.0)
    np.testing.assert_array_equal(special.i0(np.zeros(1)), [1.0])
    by_scipy.scipy_special.cache_clear()


def test_scipys_own_functions_take_tensors():
    x = np.array([0.5, 2.5])
    slope = ag.grad(lambda x: ag.sum(scipy.special.gammaln(x)))(x)
    np.testing.assert_allclose(slope, scipy.special.digamma(x), rtol=1e-14)
