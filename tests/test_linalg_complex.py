"""Linear algebra of complex numbers, by differences of a real loss both ways from each entry."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.ops import linalg

rng = np.random.default_rng(0)
A = rng.normal(size=(3, 3)) + 3 * np.eye(3)
B = rng.normal(size=(3, 2))
TALL = rng.normal(size=(4, 2))


def close(x, y):
    np.testing.assert_allclose(x, y, rtol=1e-5, atol=1e-6)


def loss_of(f, seed=1):
    def loss(x):
        y = f(x)
        random = np.random.default_rng(seed)
        w = random.normal(size=y.shape) + 1j * random.normal(size=y.shape)
        return ag.sum(ag.real(y * w)) if y.dtype.kind == "c" else ag.sum(y * w.real)

    return loss


def differences(loss, x, h=1e-5):
    out = np.zeros(x.shape, x.dtype)
    for i in np.ndindex(x.shape):
        for unit in (1, 1j) if x.dtype.kind == "c" else (1,):
            step = np.zeros(x.shape, x.dtype)
            step[i] = h * unit
            ahead, behind = loss(ag.tensor(x + step)), loss(ag.tensor(x - step))
            out[i] += unit * (float(ahead) - float(behind)) / (2 * h)
    return out


def hermitian(a):
    return (a + ag.conj(a.mT)) / 2


def definite(a):
    return a @ ag.conj(a.mT) + np.eye(3)


def span(v):
    """What does not depend on phases."""
    return (v * np.arange(1.0, 1 + v.shape[-1])) @ ag.conj(v.mT)


def without_phases(a):
    u, s, vh = linalg.svd(a, full_matrices=False)
    return (u * np.arange(1.0, 1 + s.shape[-1])) @ vh


def by_eig(a):
    w, v = linalg.eig(a)
    return (v * w * w) @ linalg.inv(v)


C = A + 1j * rng.normal(size=(3, 3))
LONG = TALL + 1j * rng.normal(size=(4, 2))
SIDE = B + 1j * rng.normal(size=(3, 2))
TURNS = rng.normal(size=(3, 3))
COMPLEX = [
    ("inv", linalg.inv, C),
    ("solve", lambda a: linalg.solve(a, SIDE), C),
    ("det", linalg.det, C),
    ("det, singular", linalg.det, C[:, [0, 0, 1]]),
    ("logabsdet", lambda a: linalg.slogdet(a).logabsdet, C),
    ("sign", lambda a: linalg.slogdet(a).sign, C),
    ("cholesky", lambda a: linalg.cholesky(definite(a)), C),
    ("cholesky, upper", lambda a: linalg.cholesky(definite(a), upper=True), C),
    ("eigh, values", lambda a: linalg.eigh(hermitian(a))[0], C),
    ("eigh, vectors", lambda a: span(linalg.eigh(hermitian(a))[1]), C),
    ("eigvalsh", lambda a: linalg.eigvalsh(hermitian(a), "U"), C),
    ("pinv, tall", linalg.pinv, LONG),
    ("pinv, wide", linalg.pinv, LONG.T),
    ("pinv, hermitian", lambda a: linalg.pinv(hermitian(a), hermitian=True), C),
    ("lstsq", lambda a: linalg.lstsq(a, LONG)[0], LONG),
    ("lstsq, wide", lambda a: linalg.lstsq(a, SIDE[:2])[0], LONG.T),
    ("svdvals", linalg.svdvals, LONG),
    *(
        (f"svd, {n}", without_phases, x)
        for n, x in (("tall", LONG), ("wide", LONG.T), ("square", C))
    ),
    ("svd, U", lambda a: span(linalg.svd(a, False)[0]), LONG),
    *(
        (f"qr, {n}", lambda a, i=i: linalg.qr(a)[i], x)
        for n, x in (("tall", LONG), ("wide", LONG.T))
        for i in (0, 1)
    ),
    ("eigvals", linalg.eigvals, C),
    ("eigvals of real", linalg.eigvals, TURNS),
    ("eig", by_eig, C),
    ("eig of real", by_eig, TURNS),
    ("eig, sizes", lambda a: ag.absolute(linalg.eig(a)[1]), TURNS),
    ("expm", linalg.expm, C / 3),
    ("sqrtm", linalg.sqrtm, C),
    ("sqrtm of real", linalg.sqrtm, -A),
    ("solve_triangular", lambda a: linalg.solve_triangular(a, SIDE, "C"), C),
    ("cho_solve", lambda a: linalg.cho_solve((linalg.cholesky(definite(a)), True), SIDE), C),
    *((f"norm {o}", lambda a, o=o: linalg.norm(a, o), C) for o in (None, "nuc", np.inf, -1, 2)),
    *((f"norm {o}", lambda a, o=o: linalg.norm(a, o), C[0]) for o in (np.inf, 1, 3)),
]


def _twice(f):
    """The gradient of a loss, as a function."""
    return lambda x: ag.grad(loss_of(f, 2))(x)


@pytest.mark.parametrize(("f", "x"), [r[1:] for r in COMPLEX], ids=[r[0] for r in COMPLEX])
def test_complex_gradients_to_second_order(f, x):
    assert np.iscomplexobj(np.linalg.eigvals(TURNS))
    for function in (f, _twice(f)):
        loss = loss_of(function)
        close(ag.grad(loss)(x), differences(loss, x))


def test_complex_span_of_the_rest():
    def rest(a):
        q = linalg.svd(a).U[:, 2:]
        return q @ ag.conj(q.mT)

    close(ag.grad(loss_of(rest))(LONG), differences(loss_of(rest), LONG))
