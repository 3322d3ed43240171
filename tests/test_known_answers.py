"""Derivatives that textbooks state in closed form, from models and methods people use."""

from __future__ import annotations

import itertools
from functools import partial

import numpy as np
import pytest
from scipy.special import ndtr

import autograd_lite as ag

close = partial(np.testing.assert_allclose, rtol=1e-10, atol=1e-12)


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def covariance(rng, n=4):
    root = rng.standard_normal((n, n))
    return root @ root.T + n * np.eye(n)


# Probability


def density(x):
    """Of the standard normal distribution."""
    return np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)


def log_normal(x, mean, cov):
    """Log-density of one point under a multivariate normal distribution."""
    away = x - mean
    quadratic = away @ np.linalg.solve(cov, away)
    return -0.5 * (quadratic + np.linalg.slogdet(cov)[1] + len(x) * np.log(2 * np.pi))


def log_normal_by_cholesky(x, mean, cov):
    root = np.linalg.cholesky(cov)
    white = np.linalg.solve(root, x - mean)
    return -0.5 * white @ white - np.sum(np.log(np.diagonal(root))) - len(x) / 2 * np.log(2 * np.pi)


@pytest.mark.parametrize("log_density", [log_normal, log_normal_by_cholesky])
def test_multivariate_normal_by_mean_and_covariance(log_density, rng):
    x, mean, cov = rng.standard_normal(4), rng.standard_normal(4), covariance(rng)
    by_mean, by_cov = ag.grad(log_density, argnums=(1, 2))(x, mean, cov)
    precision = np.linalg.inv(cov)
    pulled = precision @ (x - mean)
    close(by_mean, pulled)
    close(by_cov, 0.5 * (np.outer(pulled, pulled) - precision))


def test_multivariate_normal_has_the_precision_for_its_curvature(rng):
    x, mean, cov = rng.standard_normal(4), rng.standard_normal(4), covariance(rng)
    close(ag.hessian(partial(log_normal, x))(mean, cov), -np.linalg.inv(cov))


def test_fisher_information_of_a_normal_variable():
    """The mean over the distribution of the squared score, by Gauss and Hermite's rule."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(20)
    mu, sigma = 0.3, 1.7

    def log_density(theta, x):
        mean, log_scale = theta
        return -0.5 * ((x - mean) / np.exp(log_scale)) ** 2 - log_scale

    theta = np.array([mu, np.log(sigma)])
    scores = np.array([ag.grad(log_density)(theta, mu + sigma * z) for z in nodes])
    information = (weights / weights.sum() * scores.T) @ scores
    close(information, np.diag([sigma**-2, 2.0]))


# Regression


def test_logistic_regression(rng):
    x, w, y = rng.standard_normal((20, 3)), rng.standard_normal(3), rng.integers(0, 2, 20)

    def loss(w):
        return np.sum(np.logaddexp(0, x @ w) - y * (x @ w))

    p = 1 / (1 + np.exp(-x @ w))
    close(ag.grad(loss)(w), x.T @ (p - y))
    close(ag.hessian(loss)(w), x.T @ np.diag(p * (1 - p)) @ x)


def test_softmax_regression(rng):
    x, w, labels = rng.standard_normal((20, 3)), rng.standard_normal((3, 5)), rng.integers(0, 5, 20)

    def loss(w):
        return np.sum(ag.softmax_cross_entropy(x @ w, labels))

    p = np.exp(x @ w) / np.exp(x @ w).sum(1, keepdims=True)
    close(ag.grad(loss)(w), x.T @ (p - np.eye(5)[labels]))
    blocks = np.einsum("ni,nj,na,nab->iajb", x, x, p, np.eye(5) - p[:, None, :])
    close(ag.hessian(loss)(w), blocks)


def test_least_squares_by_its_data(rng):
    """The solution moves with b as the pseudoinverse says."""
    a, b = rng.standard_normal((6, 3)), rng.standard_normal(6)
    by_b = ag.jacobian(lambda b: np.linalg.lstsq(a, b)[0])(b)
    close(by_b, np.linalg.pinv(a))


# Matrices


def test_log_determinant(rng):
    a = rng.standard_normal((4, 4))
    inverse = np.linalg.inv(a)

    def log_det(a):
        return np.linalg.slogdet(a)[1]

    close(ag.grad(log_det)(a), inverse.T)
    close(ag.hessian(log_det)(a), -np.einsum("li,jk->ijkl", inverse, inverse))
    close(ag.grad(np.linalg.det)(a), np.linalg.det(a) * inverse.T)


def test_derivative_of_an_inverse(rng):
    a = rng.standard_normal((3, 3))
    inverse = np.linalg.inv(a)
    close(ag.jacobian(np.linalg.inv)(a), -np.einsum("ik,lj->ijkl", inverse, inverse))


def test_cholesky_adjoint(rng):
    """Murray (2016): ``L^-T phi(L^T G) L^-1`` made symmetric, phi the lower half."""
    a, g = covariance(rng), np.tril(rng.standard_normal((4, 4)))
    root = np.linalg.cholesky(a)
    lower = np.tril(root.T @ g)
    lower[np.diag_indices(4)] /= 2
    inverse = np.linalg.inv(root)
    wanted = inverse.T @ lower @ inverse
    _, pull = ag.vjp(np.linalg.cholesky, a)
    close(pull(g)[0], (wanted + wanted.T) / 2)


def test_solve_adjoint(rng):
    a, b, g = rng.standard_normal((4, 4)), rng.standard_normal(4), rng.standard_normal(4)
    _, pull = ag.vjp(np.linalg.solve, a, b)
    by_a, by_b = pull(g)
    adjoint = np.linalg.solve(a.T, g)
    close(by_b, adjoint)
    close(by_a, -np.outer(adjoint, np.linalg.solve(a, b)))


def test_eigenvalues_of_a_symmetric_matrix(rng):
    a, direction = covariance(rng), covariance(rng)
    values, vectors = np.linalg.eigh(a)
    rates = vectors.T @ direction @ vectors
    for k in range(4):

        def kth(a, k=k):
            return np.linalg.eigvalsh(a)[k]

        close(ag.grad(kth)(a), np.outer(vectors[:, k], vectors[:, k]))
        others = [j for j in range(4) if j != k]
        curvature = 2 * sum(rates[k, j] ** 2 / (values[k] - values[j]) for j in others)
        _, bent = ag.jvp(ag.grad(kth), (a,), (direction,))
        close(np.vdot(direction, bent), curvature, rtol=1e-9)


def test_eigenvalue_of_a_matrix_that_is_not_symmetric(rng):
    """By its left and right eigenvectors: ``d lambda = u^H da v / u^H v``."""
    a = np.diag([1.0, 3.0, 6.0]) + 0.2 * rng.standard_normal((3, 3))
    _, right = np.linalg.eig(a)
    left = np.linalg.inv(right)
    for k in range(3):

        def kth(a, k=k):
            return np.real(np.linalg.eigvals(a)[k])

        close(ag.grad(kth)(a), np.outer(left[k], right[:, k]))


def test_singular_values_and_nuclear_norm(rng):
    a = rng.standard_normal((4, 3))
    u, _, vt = np.linalg.svd(a, full_matrices=False)
    close(ag.grad(lambda a: np.linalg.norm(a, 2))(a), np.outer(u[:, 0], vt[0]))
    close(ag.grad(lambda a: np.linalg.norm(a, "nuc"))(a), u @ vt)


# Solvers


def kepler(mean_anomaly, e):
    """The eccentric anomaly E of ``E - e sin E = M``, by Newton's method."""
    out = mean_anomaly + e * np.sin(mean_anomaly)
    for _ in range(20):
        out = out - (out - e * np.sin(out) - mean_anomaly) / (1 - e * np.cos(out))
    return out


eccentric = ag.implicit(kepler, lambda x, m, e: x - e * np.sin(x) - m)


@pytest.mark.parametrize("m", [0.1, 1.0, 3.0])
@pytest.mark.parametrize("e", [0.0, 0.3, 0.9])
def test_kepler(m, e):
    x = kepler(m, e)
    slope = 1 / (1 - e * np.cos(x))
    close(ag.grad(eccentric)(m, e), slope)
    close(ag.grad(eccentric, argnums=1)(m, e), np.sin(x) * slope)
    close(ag.grad(ag.grad(eccentric))(m, e), -e * np.sin(x) * slope**3)
    mixed = np.cos(x) * slope**2 - e * np.sin(x) ** 2 * slope**3
    close(ag.grad(ag.grad(eccentric), argnums=1)(m, e), mixed)
    close(ag.grad(ag.grad(eccentric, argnums=1))(m, e), mixed)


def test_kepler_through_the_iterations_is_the_same():
    for argnum in (0, 1):
        through = ag.grad(kepler, argnums=argnum)(1.0, 0.6)
        close(through, ag.grad(eccentric, argnums=argnum)(1.0, 0.6))


def test_square_root_of_a_matrix_by_its_equation(rng):
    """``X X = A``, so that ``dX X + X dX = dA``."""
    a = covariance(rng, 3)

    def solve(a):
        values, vectors = np.linalg.eigh(a)
        return vectors * np.sqrt(values) @ vectors.T

    root = ag.implicit(solve, lambda x, a: x @ x - a)
    g = np.eye(3)
    _, pull = ag.vjp(root, a)
    close(pull(g)[0], np.linalg.inv(solve(a)) / 2)


def test_oscillator_by_runge_kutta_against_its_sensitivities():
    """Damped oscillator ``y'' = -k y - c y'``: the derivatives of y obey linear equations too."""

    def field(state, theta):
        y, speed = state
        k, c = theta
        return np.stack([speed, -k * y - c * speed])

    def with_sensitivities(state, theta):
        y, speed = state[:2]
        k, c = theta
        a = np.array([[0, 1], [-k, -c]])
        by_theta = np.array([[0, 0], [-y, -speed]])
        s = state[2:].reshape(2, 2)
        return np.concatenate([field((y, speed), theta), (a @ s + by_theta).ravel()])

    def run(field, state, theta, steps=50, h=0.1):
        for _ in range(steps):
            one = field(state, theta)
            two = field(state + h / 2 * one, theta)
            three = field(state + h / 2 * two, theta)
            four = field(state + h * three, theta)
            state = state + h / 6 * (one + 2 * two + 2 * three + four)
        return state

    theta, start = np.array([2.0, 0.3]), np.array([1.0, 0.0])
    wanted = run(with_sensitivities, np.array([1.0, 0, 0, 0, 0, 0]), theta)
    got = ag.jacobian(lambda theta: run(field, start, theta))(theta)
    close(got, wanted[2:].reshape(2, 2))


# Finance


def call_price(s, k, t, r, sigma):
    """Black and Scholes' price of a European call."""
    d1 = (np.log(s / k) + (r + sigma**2 / 2) * t) / (sigma * np.sqrt(t))

    def phi(x):
        return 0.5 * (1 + ag.erf(x / np.sqrt(2)))

    return s * phi(d1) - k * np.exp(-r * t) * phi(d1 - sigma * np.sqrt(t))


@pytest.mark.parametrize("s", [80.0, 100.0, 125.0])
def test_greeks_of_black_and_scholes(s):
    k, t, r, sigma = 100.0, 0.75, 0.03, 0.25
    point = np.array([s, k, t, r, sigma])
    root = np.sqrt(t)
    d1 = (np.log(s / k) + (r + sigma**2 / 2) * t) / (sigma * root)
    d2 = d1 - sigma * root
    discount = np.exp(-r * t)
    vega = s * density(d1) * root
    gradient = ag.grad(lambda p: call_price(*p))(point)
    hessian = ag.hessian(lambda p: call_price(*p))(point)
    close(call_price(*point), s * ndtr(d1) - k * discount * ndtr(d2))
    close(gradient[0], ndtr(d1))  # delta
    close(gradient[1], -discount * ndtr(d2))
    theta = -s * density(d1) * sigma / (2 * root) - r * k * discount * ndtr(d2)
    close(gradient[2], -theta)
    close(gradient[3], k * t * discount * ndtr(d2))  # rho
    close(gradient[4], vega)
    close(hessian[0, 0], density(d1) / (s * sigma * root))  # gamma
    close(hessian[0, 4], -density(d1) * d2 / sigma)  # vanna
    close(hessian[4, 4], vega * d1 * d2 / sigma)  # volga
    charm = density(d1) * (2 * r * t - d2 * sigma * root) / (2 * t * sigma * root)
    close(hessian[0, 2], charm)
    speed = ag.grad(ag.grad(ag.grad(call_price)))(*point)
    close(speed, -hessian[0, 0] / s * (d1 / (sigma * root) + 1))


# Functions


def test_rosenbrock():
    def f(x):
        return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    x = np.array([-1.2, 1.0, 0.7, 2.0])
    hessian = np.diag([1200 * a**2 - 400 * b + 2 for a, b in itertools.pairwise(x)] + [0.0])
    hessian += np.diag([0.0] + [200.0] * 3)
    hessian += np.diag(-400 * x[:-1], 1) + np.diag(-400 * x[:-1], -1)
    close(ag.hessian(f)(x), hessian)
    np.testing.assert_array_equal(ag.grad(f)(np.ones(4)), 0)


def test_hilbert_matrix_is_a_hessian():
    """Of half the integral over 0 to 1 of a squared polynomial, by its coefficients."""
    nodes, weights = np.polynomial.legendre.leggauss(6)
    nodes, weights = (nodes + 1) / 2, weights / 2

    def energy(c):
        return 0.5 * np.sum(weights * np.polyval(c[::-1], nodes) ** 2)

    n = np.arange(5)
    close(ag.hessian(energy)(np.ones(5)), 1 / (n[:, None] + n + 1))


def test_convolution_by_fft(rng):
    signal, taps = rng.standard_normal(16), rng.standard_normal(16)

    def around(x, h):
        return np.fft.irfft(np.fft.rfft(x) * np.fft.rfft(h), n=16)

    circulant = np.stack([np.roll(taps, k) for k in range(16)], axis=1)
    close(ag.jacobian(around)(signal, taps), circulant)
    g = rng.standard_normal(16)
    gradient = ag.grad(lambda x, h: np.sum(g * around(x, h)), argnums=1)(signal, taps)
    close(gradient, [g @ np.roll(signal, k) for k in range(16)])


def test_parseval(rng):
    """The energy of a spectrum is n times that of the signal, and so are their gradients."""
    x = rng.standard_normal(12)
    close(ag.grad(lambda x: np.sum(np.abs(np.fft.fft(x)) ** 2))(x), 2 * 12 * x)


def test_legendre_polynomials_by_rodrigues():
    """``P_3(x) = (d/dx)^3 (x^2 - 1)^3 / 48``."""
    third = ag.grad(ag.grad(ag.grad(lambda x: (x**2 - 1) ** 3 / 48)))
    for x in (-0.9, 0.0, 0.4, 1.0):
        close(third(x), (5 * x**3 - 3 * x) / 2)


def test_hermite_polynomials_by_the_normal_density():
    fourth = ag.grad(ag.grad(ag.grad(ag.grad(density))))
    for x in (-1.3, 0.0, 0.7):
        close(fourth(x) / density(x), x**4 - 6 * x**2 + 3, rtol=1e-12)


def test_laplacian_of_a_harmonic_function(rng):
    """``1 / |x|`` solves Laplace's equation in three dimensions."""
    x = rng.standard_normal(3)
    hessian = ag.hessian(lambda x: 1 / np.linalg.norm(x))(x)
    close(np.trace(hessian), 0)
    r = np.linalg.norm(x)
    close(hessian, (3 * np.outer(x, x) - r**2 * np.eye(3)) / r**5)
