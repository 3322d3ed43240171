"""Forward mode, and what is made of it: known derivatives, nesting, trees, complex numbers."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.errors import GradientError, ShapeError

RNG = np.random.default_rng(2)
A = RNG.standard_normal((4, 3))
X = RNG.standard_normal(3)


def net(w, x):
    """Broadcasting, a product, a reduction and a branch."""
    return ag.softmax(np.tanh(w @ x) * 2 + ag.relu(w[:, 0])) + np.sum(w**2)


def test_jvp_is_the_difference_quotient():
    u, v, h = RNG.standard_normal(A.shape), RNG.standard_normal(3), 1e-6
    _, tangent = ag.jvp(net, (A, X), (u, v))
    difference = (net(A + h * u, X + h * v) - net(A - h * u, X - h * v)) / (2 * h)
    np.testing.assert_allclose(tangent, difference, rtol=1e-8, atol=1e-9)


def test_linearize_runs_the_function_once():
    calls = []

    def f(x):
        calls.append(1)
        return np.exp(x)

    out, push = ag.linearize(f, X)
    np.testing.assert_array_equal(out, np.exp(X))
    for i in range(3):
        np.testing.assert_allclose(push(np.eye(3)[i]), np.exp(X) * np.eye(3)[i])
    assert len(calls) == 1


def test_what_no_tangent_reaches_has_a_derivative_of_zeros():
    out, tangent = ag.jvp(lambda x: {"a": np.ones(2), "b": x * 2}, (X,), (X,))
    np.testing.assert_array_equal(tangent["a"], np.zeros(2))
    np.testing.assert_array_equal(tangent["b"], 2 * X)
    assert type(out["b"]) is np.ndarray


def test_forward_over_forward_reverse_over_forward_and_forward_over_reverse():
    def first(x):
        return ag.jvp(np.sin, (x,), (1.0,))[1]

    assert ag.jvp(first, (0.3,), (1.0,))[1] == pytest.approx(-np.sin(0.3), rel=1e-14)
    assert ag.grad(first)(0.3) == pytest.approx(-np.sin(0.3), rel=1e-14)
    assert ag.jvp(ag.grad(np.sin), (0.3,), (1.0,))[1] == pytest.approx(-np.sin(0.3), rel=1e-14)


def test_perturbations_are_not_confused():
    """The classic of Siskind and Pearlmutter: d/dx (x * d/dy (x + y)) = 1."""

    def derivative(f):
        return lambda x: ag.jvp(f, (x,), (1.0,))[1]

    for outer in (derivative, ag.grad):
        for inner in (derivative, ag.grad):
            assert outer(lambda x, inner=inner: x * inner(lambda y: x + y)(1.0))(1.0) == 1
            assert outer(lambda x, inner=inner: x * inner(lambda y: x * y)(2.0))(3.0) == 6


def test_a_tangent_may_itself_be_differentiated():
    v = ag.Tensor(X, True)
    _, tangent = ag.jvp(np.exp, (X,), (v,))
    tangent.backward(np.ones(3))
    np.testing.assert_allclose(v.grad.data, np.exp(X))
    seed = ag.Tensor(X, True)
    _, pull = ag.vjp(np.exp, X)
    pull(seed)[0].backward(np.ones(3))
    np.testing.assert_allclose(seed.grad.data, np.exp(X))


@pytest.mark.parametrize("mode", ["forward", "reverse", "auto"])
def test_jacobian_is_the_same_either_way(mode):
    parts = ag.jacobian(net, argnums=(0, 1), mode=mode)(A, X)
    wanted = ag.jacobian(net, argnums=(0, 1), mode="reverse")(A, X)
    assert [p.shape for p in parts] == [(4, 4, 3), (4, 3)]
    for part, want in zip(parts, wanted, strict=True):
        np.testing.assert_allclose(part, want, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_jacobian_of_a_jacobian(mode):
    def f(x):
        return np.sin(x) * x[0]

    second = ag.jacobian(ag.jacobian(f, mode=mode), mode=mode)(X)
    wanted = np.zeros((3, 3, 3))
    for i in range(3):
        wanted[i, i, i] -= np.sin(X[i]) * X[0]
        wanted[i, i, 0] += np.cos(X[i])
        wanted[i, 0, i] += np.cos(X[i])
    np.testing.assert_allclose(second, wanted, atol=1e-15)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_jacobians_of_complex_functions(mode):
    z, x = X + 1j * X[::-1], X
    holomorphic = ag.jacobian(lambda z: z * z * 1j, mode=mode)(z)
    np.testing.assert_allclose(holomorphic, np.diag(2j * z))
    along = ag.jacobian(lambda x: np.exp(x * 1j), mode=mode)(x)
    np.testing.assert_allclose(along, np.diag(1j * np.exp(1j * x)))
    real = ag.jacobian(lambda z: np.real(z * np.conj(z)), mode=mode)(z)
    np.testing.assert_allclose(real, np.diag(2 * z))


def test_errors():
    with pytest.raises(ValueError, match=r"no such mode(.|\n)*'sideways'"):
        ag.jacobian(np.sin, mode="sideways")
    with pytest.raises(ShapeError, match="tangents do not fit"):
        ag.linearize(np.sin, X)[1](np.ones(2))
    with pytest.raises(GradientError, match=r"complex(.|\n)*np\.real"):
        ag.grad(np.exp)(1j)
    with pytest.raises(GradientError, match="complex"):
        ag.Tensor(np.array(1j), True).backward()


def test_the_border_conjugates():
    """The gradient of a real loss is dL/dx + i dL/dy, by differences in either direction."""
    z, h = X + 1j * X[::-1], 1e-6

    def loss(z):
        return np.real(np.sum(np.exp(z) * (2 - 1j) * np.conj(z)))

    gradient = ag.grad(loss)(z)
    for k in range(3):
        unit = np.eye(3)[k] * h
        across = (loss(z + unit) - loss(z - unit)) / (2 * h)
        up = (loss(z + 1j * unit) - loss(z - 1j * unit)) / (2 * h)
        np.testing.assert_allclose(gradient[k], across + 1j * up, rtol=1e-7)
    seen = []
    leaf = ag.Tensor(z, True)
    middle = leaf * 1
    middle.register_hook(lambda g: seen.append(g.data))
    loss(middle).backward()
    np.testing.assert_allclose(seen[0], gradient)
    np.testing.assert_allclose(leaf.grad.data, gradient)
