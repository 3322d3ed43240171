"""Linear algebra: closed forms, degenerate points, errors. Rows by NumPy's names are op cases."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import scipy.linalg

import autograd_lite as ag
from autograd_lite.errors import GradientError, NoRuleError, ShapeError
from autograd_lite.ops import linalg

rng = np.random.default_rng(0)
A = rng.normal(size=(3, 3)) + 3 * np.eye(3)
S = (A + A.T) / 2
B = rng.normal(size=(3, 2))
TALL = rng.normal(size=(4, 2))
SINGULAR = np.array([[1.0, 2, 3], [2, 4, 6], [1, 0, 1]])
RANK_ONE = np.outer([1.0, 2, 3], [1.0, -1, 2])


def gradient(f, *arguments, by=0):
    return ag.grad(lambda *a: ag.sum(f(*a)), argnums=by)(*arguments)


def close(x, y, rtol=1e-10, atol=1e-12):
    np.testing.assert_allclose(x, y, rtol=rtol, atol=atol)


# Closed forms


def test_log_of_the_determinant_has_the_inverse():
    close(gradient(lambda a: linalg.slogdet(a).logabsdet, A), np.linalg.inv(A).T)
    close(gradient(lambda a: ag.log(linalg.det(a)), A), np.linalg.inv(A).T)


def test_an_eigenvalue_has_its_vectors():
    v = np.linalg.eigh(S).eigenvectors
    for f in (linalg.eigvalsh, lambda a: linalg.eigh(a).eigenvalues):
        for i in range(3):
            close(gradient(lambda a, f=f, i=i: f(a)[i], S), np.outer(v[:, i], v[:, i]))


def test_a_singular_value_has_its_vectors():
    u, _, vh = np.linalg.svd(TALL, full_matrices=False)
    for f in (linalg.svdvals, lambda a: linalg.svd(a).S, lambda a: linalg.svd(a, False, False)):
        for i in range(2):
            close(gradient(lambda a, f=f, i=i: f(a)[i], TALL), np.outer(u[:, i], vh[i]))


def test_the_system_and_its_adjoint():
    gb = np.linalg.solve(A.T, np.ones((3, 2)))
    close(gradient(linalg.solve, A, B, by=1), gb)
    close(gradient(linalg.solve, A, B), -gb @ np.linalg.solve(A, B).T)


@pytest.mark.parametrize(
    "back",
    [
        lambda a: ag.matmul(linalg.cholesky(a), linalg.cholesky(a).mT),
        lambda a: ag.matmul(linalg.cholesky(a, upper=True).mT, linalg.cholesky(a, upper=True)),
        lambda a: ag.matmul(*linalg.qr(a)),
        lambda a: ag.matmul(*linalg.qr(a, "complete")),
        lambda a: linalg.eigh(a)[1] @ ag.diag(linalg.eigh(a)[0]) @ linalg.eigh(a)[1].mT,
        lambda a: linalg.svd(a)[0] @ ag.diag(linalg.svd(a)[1]) @ linalg.svd(a)[2],
        lambda a: linalg.eig(a)[1] @ ag.diag(linalg.eig(a)[0]) @ linalg.inv(linalg.eig(a)[1]),
        lambda a: linalg.inv(linalg.inv(a)),
        lambda a: linalg.pinv(linalg.pinv(a)),
        lambda a: ag.matmul(linalg.sqrtm(a), linalg.sqrtm(a)),
    ],
)
def test_factors_multiplied_have_the_derivative_of_the_matrix(back):
    a = S @ S + np.diag([1.0, 5, 9])
    g = np.arange(9.0).reshape(3, 3)
    g = g + g.T
    close(gradient(lambda a: back(a) * g, a), g, rtol=1e-9, atol=1e-9)


def test_the_exponential_of_a_multiple_has_the_derivative_of_ode():
    slope = ag.jvp(lambda t: linalg.expm(A * t), (np.float64(0.3),), (np.float64(1.0),))[1]
    close(slope, A @ scipy.linalg.expm(0.3 * A), rtol=1e-9)
    _, frechet = scipy.linalg.expm_frechet(A.T, S)
    close(gradient(lambda a: linalg.expm(a) * S, A), frechet)


def test_third_derivatives():
    for f in (linalg.expm, linalg.det, linalg.inv, lambda a: linalg.eigvalsh((a + a.mT) / 2)):
        assert ag.gradgradcheck(lambda a, f=f: ag.grad(lambda a: ag.sum(f(a) ** 2))(a), [A[:2, :2]])


def test_lstsq_is_that_of_numpy_with_plain_parts():
    t = ag.tensor(TALL, requires_grad=True)
    ours, theirs = np.linalg.lstsq(t, TALL), np.linalg.lstsq(TALL, TALL)
    close(ours.x.data, theirs[0])
    assert not isinstance(ours.residuals, ag.Tensor)
    assert ours.rank == theirs[2] == 2
    close(ours.singular_values, theirs[3])


# Degenerate points


def test_determinant_of_singular_matrices_has_its_cofactors():
    minors = [
        [
            np.linalg.det(np.delete(np.delete(SINGULAR, i, 0), j, 1)) * (-1) ** (i + j)
            for j in range(3)
        ]
        for i in range(3)
    ]
    close(gradient(linalg.det, SINGULAR), minors)
    close(gradient(linalg.det, RANK_ONE), np.zeros((3, 3)))
    close(gradient(linalg.det, np.stack([A, SINGULAR]))[1], minors)
    for a in (SINGULAR, RANK_ONE, np.zeros((3, 3)), np.zeros((2, 2, 2)), np.zeros((1, 1))):
        assert ag.gradgradcheck(linalg.det, [a], atol=1e-13)  # of a singular one NumPy gives 0


def test_determinant_of_a_matrix_that_is_almost_singular():
    a = np.diag([1.0, 1e-9, 1e-12])
    close(np.diag(gradient(linalg.det, a)), [1e-21, 1e-12, 1e-9], rtol=1e-6, atol=0)


@pytest.mark.parametrize(
    "f", [linalg.inv, lambda a: linalg.slogdet(a)[1], lambda a: linalg.solve(a, B)]
)
def test_a_singular_matrix_raises_what_numpy_raises(f):
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        gradient(f, np.ones((3, 3)))


def test_a_matrix_that_is_not_definite_raises_what_numpy_raises():
    with pytest.raises(np.linalg.LinAlgError, match="positive definite"):
        gradient(linalg.cholesky, -np.eye(2))


EQUAL = np.diag([2.0, 2.0, 5.0])
FREE = [
    ("trace by eigh", lambda a: linalg.eigh(a)[0], EQUAL, np.eye(3)),
    ("trace by eigvalsh", linalg.eigvalsh, np.eye(3), np.eye(3)),
    ("squares", lambda a: linalg.eigvalsh(a) ** 2, EQUAL, 2 * EQUAL),
    ("log det", lambda a: ag.log(linalg.svdvals(a)), EQUAL, np.linalg.inv(EQUAL)),
    ("projection", lambda a: np.outer([1, 2, 3], [1, 2, 3]) * _project(a), EQUAL, None),
    ("polar factor of 1", lambda a: S * _polar(a), np.eye(3), np.zeros((3, 3))),
    ("polar factor of 1, skew", lambda a: (A - A.T) * _polar(a), np.eye(3), A - A.T),
    ("eigvals", lambda a: linalg.eigvals(a) ** 2, EQUAL, 2 * EQUAL),
]


def _project(a):
    v = linalg.eigh(a).eigenvectors[:, :2]
    return v @ v.mT


def _polar(a):
    u, _, vh = linalg.svd(a)
    return u @ vh


@pytest.mark.parametrize(("f", "a", "wanted"), [r[1:] for r in FREE], ids=[r[0] for r in FREE])
def test_equal_values_do_no_harm_where_the_choice_does_not_matter(f, a, wanted):
    got = gradient(f, a)
    if wanted is None:
        turn = scipy.linalg.qr(A)[0]
        same = gradient(lambda a: f(turn.T @ (turn @ a @ turn.T) @ turn), a)
        close(got, same, atol=1e-9)
        assert np.abs(got).max() > 0.1
    else:
        close(got, wanted)


@pytest.mark.parametrize(
    "f",
    [
        lambda a: linalg.eigh(a).eigenvectors[0],
        lambda a: linalg.svd(a).U[0],
        lambda a: linalg.eig(a).eigenvectors[0],
    ],
)
def test_a_gradient_that_depends_on_the_choice_warns(f):
    a = np.diag([2.0, 2.0, 5.0]) + 0 * A
    with pytest.warns(UserWarning, match="depends on the choice"):
        assert np.isfinite(gradient(lambda a: f(a) * np.arange(1.0, 4), a)).all()


def test_phases_of_complex_vectors_are_a_choice():
    with pytest.warns(UserWarning, match="or of their phases"):
        gradient(lambda a: ag.imag(linalg.eigh(a)[1][1]), S + 1j * (A - A.T))


def test_what_full_matrices_add_has_the_derivative_of_its_span():
    def null_space(a):
        q = linalg.svd(a).U[:, 2:]
        return q @ q.mT

    def by_qr(a):
        q = linalg.qr(a, "complete").Q[:, 2:]
        return q @ q.mT

    def exact(a):
        return np.eye(4) - a @ linalg.pinv(a)

    weights = np.arange(16.0).reshape(4, 4)
    for f in (null_space, by_qr):
        close(
            gradient(lambda a, f=f: f(a) * weights, TALL),
            gradient(lambda a: exact(a) * weights, TALL),
        )
        assert ag.gradgradcheck(f, [TALL])


@pytest.mark.parametrize(
    ("f", "name"),
    [
        (lambda a: linalg.svd(a).U, "svd, U"),
        (lambda a: linalg.svd(a.mT).Vh, "svd, Vh"),
        (lambda a: linalg.qr(a, "complete").Q, "qr, Q"),
    ],
)
def test_single_columns_of_the_rest_are_refused(f, name):
    with pytest.raises(GradientError, match=rf"{name}: columns from 2 on are any basis"):
        gradient(lambda a: f(a) * np.arange(16.0).reshape(4, 4), TALL)


def test_raw_qr_is_refused_for_tensors_only():
    assert len(linalg.qr(TALL, "raw")) == 2
    with pytest.raises(NoRuleError, match=r"qr: no gradient in this mode\n  got:      'raw'"):
        linalg.qr(ag.tensor(TALL), "raw")


def test_dependent_columns_have_no_qr_derivative():
    with pytest.raises(np.linalg.LinAlgError):
        gradient(lambda a: linalg.qr(a).R, np.zeros((3, 2)))


def test_pinv_and_lstsq_of_lower_rank():
    def scaled(t, function):
        return function(RANK_ONE * t)

    for function in (linalg.pinv, lambda a: linalg.lstsq(a, B)[0]):
        slope = ag.jacobian(lambda t, f=function: scaled(t, f))(np.float64(2.0))
        close(slope, -function(RANK_ONE) / 4)


ZEROS = np.zeros((2, 3))


@pytest.mark.parametrize("ord_", [None, "fro", "nuc", np.inf, -np.inf, 1, -1, 2, -2])
def test_norms_of_zeros_have_derivative_zero(ord_):
    close(gradient(lambda a: linalg.norm(a, ord_), ZEROS), ZEROS)
    if ord_ not in ("fro", "nuc", -1, -2):
        close(gradient(lambda a: linalg.norm(a, ord_), ZEROS[0]), ZEROS[0])


TIES = [
    ([1.0, -2, 2], np.inf, [0, -0.5, 0.5]),
    ([1.0, -1, 2], -np.inf, [0.5, -0.5, 0]),
    ([0.0, -1, 2], 1, [0, -1, 1]),
    ([0.0, -1, 2], 0, [0, 0, 0]),
    ([0.0, 3, 4], 2, [0, 0.6, 0.8]),
    ([[1.0, 1], [1, -1]], 1, [[0.5, 0.5], [0.5, -0.5]]),
    ([[1.0, 2], [3, -4]], np.inf, [[0, 0], [1, -1]]),
    ([[2.0, 0], [0, 2]], 2, [[0.5, 0], [0, 0.5]]),
    ([[2.0, 0], [0, 0]], "nuc", [[1, 0], [0, 0]]),
]


@pytest.mark.parametrize(("x", "ord_", "wanted"), TIES)
def test_equal_extremes_share(x, ord_, wanted):
    close(gradient(lambda x: linalg.norm(x, ord_), np.array(x)), wanted)


# Ways of calling


def test_results_have_the_names_of_numpy():
    t = ag.tensor(S)
    for name in ("eigh", "eig", "svd", "qr", "slogdet"):
        theirs, ours = getattr(np.linalg, name)(S), getattr(np.linalg, name)(t)
        assert type(ours).__name__ == type(theirs).__name__
        assert ours._fields == theirs._fields
        assert type(getattr(linalg, name)(S)) is type(theirs)
        for one, other in zip(ours, theirs, strict=True):
            close(one.data, other)


def test_forward_mode_meets_no_false_alarm():
    for f in (lambda a: linalg.eigh(a)[1], lambda a: linalg.svd(a)[0], lambda a: linalg.qr(a)[0]):
        slope = ag.jvp(f, (S,), (np.eye(3),))[1]
        close(slope, np.tensordot(ag.jacobian(f)(S), np.eye(3), 2), atol=1e-9)


def test_rank_and_condition():
    assert linalg.matrix_rank(ag.tensor(SINGULAR)) == 2
    with np.errstate(all="raise"):
        assert linalg.cond(ag.tensor(np.array([[1.0], [0]]))).data == 1
    assert linalg.cond(ag.tensor(np.diag([1.0, 0]))).data == np.inf


def test_shapes_that_do_not_fit():
    with pytest.raises(
        ShapeError, match=r"tensorsolve: lengths do not fit\n  got:      a \(2, 3\)"
    ):
        linalg.tensorsolve(ag.tensor(np.ones((2, 3))), np.ones(2))
    with pytest.raises(ValueError, match="Invalid norm order"):
        linalg.norm(ag.tensor(A), 3)


def test_empty_matrices():
    empty = np.zeros((0, 3, 3))
    for f in (linalg.inv, linalg.det, linalg.eigvalsh, linalg.svdvals, linalg.cholesky):
        assert gradient(f, empty).shape == (0, 3, 3)
    for f in (lambda a: linalg.eigh(a)[1], lambda a: linalg.svd(a)[0], lambda a: linalg.qr(a)[1]):
        assert gradient(f, empty).shape == (0, 3, 3)
    assert gradient(linalg.det, np.zeros((0, 0))).shape == (0, 0)


def test_without_scipy_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.linalg", None)
    with pytest.raises(ImportError, match=r"linalg.expm: SciPy.*\n.*autograd_lite\[scipy\]"):
        linalg.expm(A)
