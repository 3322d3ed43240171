"""grad and its relatives: known derivatives, trees, nesting, agreement with each other."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.errors import DTypeError, GradientError, ShapeError

RNG = np.random.default_rng(1)
A = RNG.standard_normal((4, 3))
B = RNG.standard_normal((3, 2))
X = RNG.standard_normal(3)


def chain(a, b):
    """A net of two matrix products, as one number."""
    return np.sum(np.tanh(a @ b) ** 2)


def softmax_loss(z):
    return ag.mean(ag.softmax_cross_entropy(z, np.array([0, 1, 1, 0])))


def target_loss(z):
    return ag.mean(ag.softmax_cross_entropy(z, np.full((4, 3), 0.25)))


def test_derivatives_of_tanh_to_the_third_order_are_the_closed_forms():
    x = 0.7
    t = math.tanh(x)
    first, second, third = 1 - t * t, -2 * t * (1 - t * t), (6 * t * t - 2) * (1 - t * t)
    f = np.tanh
    for wanted in (math.tanh(x), first, second, third):
        assert f(x) == pytest.approx(wanted, rel=1e-14)
        f = ag.grad(f)


@pytest.mark.parametrize(
    ("f", "args"),
    [
        (chain, (A, B)),
        (softmax_loss, (A,)),
        (target_loss, (A,)),
        (lambda x, w, b: ag.sum(ag.linear_relu(x, w, b) ** 2), (A, B, np.array([0.3, -0.2]))),
        (lambda z, t: ag.sum(ag.sigmoid_cross_entropy(z, t)), (A, np.abs(A))),
        (lambda z: ag.logsumexp(z) ** 2, (A,)),
    ],
)
def test_third_order_by_differences(f, args):
    assert ag.gradcheck(f, args, order=3)


@pytest.mark.parametrize("soft", [False, True])
def test_second_order_of_a_loss_that_kept_its_exponentials(soft):
    """Large enough for the kernel, whose residual must not count as a constant."""
    z, v = RNG.standard_normal((64, 20)), RNG.standard_normal((64, 20))
    labels = RNG.integers(0, 20, 64)
    targets = np.abs(RNG.standard_normal((64, 20))) if soft else labels

    def loss(z):
        return ag.sum(ag.softmax_cross_entropy(z, targets) ** 2)

    h = 1e-5
    difference = (ag.grad(loss)(z + h * v) - ag.grad(loss)(z - h * v)) / (2 * h)
    np.testing.assert_allclose(ag.hvp(loss, (z,), (v,))[0], difference, rtol=1e-5, atol=1e-6)


def test_grad_of_grad_does_not_confuse_its_variables():
    assert ag.grad(lambda x: x * ag.grad(lambda y: x * y)(1.0))(3.0) == 6
    assert ag.grad(lambda x: ag.grad(lambda y: x + y)(1.0) * x)(1.0) == 1
    assert ag.grad(lambda x: x * ag.grad(lambda y: y * x)(x))(2.0) == 4


def test_argnums_aux_and_keyword_arguments():
    def f(x, y, scale=1.0):
        return scale * np.sum(x * x * y), {"sum": x + y}

    gradient, aux = ag.grad(f, argnums=1, has_aux=True)(X, 2.0, scale=3.0)
    assert gradient == pytest.approx(3 * np.sum(X * X))
    np.testing.assert_allclose(aux["sum"], X + 2)
    assert type(aux["sum"]) is np.ndarray
    (value, _), gradients = ag.value_and_grad(f, argnums=(0, -1), has_aux=True)(X, 2.0)
    assert value == pytest.approx(2 * np.sum(X * X))
    np.testing.assert_allclose(gradients[0], 4 * X)


def test_trees_keep_their_form():
    def f(p):
        return np.sum(p["w"][0] @ p["w"][1]) + p["b"] ** 2

    g = ag.grad(f)({"w": (A, [B][0]), "b": 3.0, "none": None})
    assert g["b"] == 6
    assert g["none"] is None
    np.testing.assert_allclose(g["w"][0], np.ones((4, 2)) @ B.T)
    assert type(g["w"]) is tuple


def test_arrays_in_arrays_out_numbers_in_numbers_out():
    assert type(ag.grad(np.sum)(X)) is np.ndarray
    assert type(ag.grad(np.sin)(0.5)) is np.float64
    assert type(ag.grad(lambda x: x * 1.0)(np.array(0.5))) is np.ndarray
    assert ag.grad(lambda x: np.sum(x * x))(X.astype("f4")).dtype == np.float32


def test_tensors_in_the_graph_stay_in_it():
    x = ag.tensor(2.0, requires_grad=True)
    ag.grad(lambda y: y**3)(x).backward()
    assert x.grad.item() == 12


def test_arguments_that_are_not_chosen_count_too():
    y = ag.tensor(3.0, requires_grad=True)
    ag.grad(lambda x, y: x * x * y)(2.0, y).backward()
    assert y.grad.item() == 4
    ag.jacobian(lambda x, p: x * p["y"])(X, {"y": y}).sum().backward()
    assert y.grad.item() == 7


@pytest.mark.parametrize("transform", ["grad", "value_and_grad", "jacobian", "vjp", "jvp"])
def test_tensors_that_f_reads_from_around_it_keep_their_gradients(transform):
    w = ag.tensor(2.0, requires_grad=True)
    outside = {"leaf": w, "node": w * 1}
    for around in outside.values():

        def cube(x, around=around):
            return around * x**3

        derivative = {
            "grad": lambda f: ag.grad(f)(1.0),
            "value_and_grad": lambda f: ag.value_and_grad(f)(1.0)[1],
            "jacobian": lambda f: ag.jacobian(f)(1.0),
            "vjp": lambda f: ag.vjp(f, 1.0)[1](1.0)[0],
            "jvp": lambda f: ag.jvp(f, (1.0,), (1.0,))[1],
        }[transform]
        w.grad = None
        derivative(cube).backward(retain_graph=True)
        assert w.grad.item() == 3
        with ag.no_grad():
            assert type(derivative(cube)) is not ag.Tensor


def test_no_dependence_gives_zeros():
    np.testing.assert_array_equal(ag.grad(lambda x: 3.0)(X), np.zeros(3))
    np.testing.assert_array_equal(ag.grad(lambda x, y: np.sum(y))(X, X), np.zeros(3))
    assert ag.grad(ag.grad(lambda x: 2 * x))(1.0) == 0


def test_transforms_record_within_no_grad():
    with ag.no_grad():
        assert ag.grad(np.square)(3.0) == 6


def test_jacobian_against_the_matrix():
    np.testing.assert_allclose(ag.jacobian(lambda x: A @ x)(X), A)
    j = ag.jacobian(lambda x, y: np.tanh(x)[:, None] * y, argnums=(0, 1))(X, B[0])
    assert [part.shape for part in j] == [(3, 2, 3), (3, 2, 2)]
    np.testing.assert_allclose(j[1][1], np.tanh(X[1]) * np.eye(2))
    assert ag.jacobian(lambda x: x[:0])(X).shape == (0, 3)


def test_hessian_is_symmetric_and_right():
    q = A.T @ A
    np.testing.assert_allclose(ag.hessian(lambda x: x @ q @ x)(X), 2 * q, rtol=1e-12)
    h = ag.hessian(lambda z: softmax_loss(z))(A).reshape(12, 12)
    np.testing.assert_allclose(h, h.T, atol=1e-15)
    blocks = ag.hessian(lambda x, y: np.sum(x * y**2), argnums=(0, 1))(X, X)
    np.testing.assert_allclose(blocks[0][1], np.diag(2 * X))
    np.testing.assert_allclose(blocks[1][1], np.diag(2 * X))


def test_hvp_is_the_hessian_times_the_vector():
    v = RNG.standard_normal(A.shape)
    h = ag.hessian(softmax_loss)(A)
    np.testing.assert_allclose(ag.hvp(softmax_loss, (A,), (v,))[0], np.tensordot(h, v), atol=1e-15)
    parts = ag.hvp(chain, (A, B), (v, np.zeros_like(B)))
    assert [p.shape for p in parts] == [A.shape, B.shape]


@pytest.mark.parametrize("f", [np.tanh, lambda x: x @ B, lambda x: ag.softmax(x), np.sum])
def test_jvp_and_vjp_are_adjoint(f):
    u = RNG.standard_normal(A.shape)
    out, forward = ag.jvp(f, (A,), (u,))
    v = RNG.standard_normal(np.shape(out))
    again, pull = ag.vjp(f, A)
    np.testing.assert_array_equal(out, again)
    assert np.vdot(v, forward) == pytest.approx(np.vdot(pull(v)[0], u), rel=1e-12)


def test_jvp_of_a_gradient_is_hvp():
    v = RNG.standard_normal(A.shape)
    _, along = ag.jvp(ag.grad(softmax_loss), (A,), (v,))
    np.testing.assert_allclose(along, ag.hvp(softmax_loss, (A,), (v,))[0], atol=1e-15)


def test_a_pullback_can_be_called_again():
    _, pull = ag.vjp(np.square, X)
    np.testing.assert_array_equal(pull(np.ones(3))[0], pull(np.ones(3))[0])
    with pytest.raises(ShapeError, match=r"\(2,\)(.|\n)*\(3,\)"):
        pull(np.ones(2))


def test_errors_name_the_argument():
    with pytest.raises(ShapeError, match=r"shape \(3,\)(.|\n)*ag\.jacobian"):
        ag.grad(np.square)(X)
    with pytest.raises(DTypeError, match=r"argument 1(.|\n)*int64(.|\n)*argnums"):
        ag.grad(lambda x, n: np.sum(x) * n, argnums=(0, 1))(X, 3)
    with pytest.raises(ValueError, match="argnums"):
        ag.grad(np.sum, argnums=2)(X)
    with pytest.raises(ShapeError, match="tangents do not fit"):
        ag.jvp(np.sin, (X,), (np.ones(2),))


def test_an_error_inside_leaves_no_trace():
    with pytest.raises(ZeroDivisionError):
        ag.grad(lambda x: 1 / 0)(1.0)
    assert type(ag.grad(np.sin)(0.5)) is np.float64


def written_into_an_array(x):
    out = np.zeros(3)
    for i in range(3):
        out[i] = x[i] ** 2
    return np.sum(out)


def test_a_python_number_of_what_is_differentiated_raises():
    for f in (lambda x: math.sin(x), float, complex):
        with pytest.raises(GradientError, match=r"lose the gradient(.|\n)*np\.sin\(x\)"):
            ag.grad(f)(1.0)
        with pytest.raises(GradientError, match="lose the gradient"):
            ag.jvp(f, (1.0,), (1.0,))
    with pytest.raises(ValueError, match="setting an array element") as error:  # NumPy's own
        ag.grad(written_into_an_array)(X)
    assert "np.stack(values)" in str(error.value.__cause__)


def test_a_constant_in_a_derivative_is_asked_for_by_name():
    assert ag.grad(lambda x: x * math.sin(x.item()))(1.0) == math.sin(1)
    assert ag.grad(lambda x: x * math.sin(ag.stop_gradient(x)))(1.0) == math.sin(1)
    assert ag.grad(lambda x: x * (3 if x > 0 else 2) * int(x + 0.5))(1.0) == 3
    loss = ag.sum(ag.tensor(X, requires_grad=True))
    assert float(loss) == loss.item()


def test_a_value_instead_of_a_function_is_refused():
    for transform in (ag.grad, ag.value_and_grad, ag.jacobian, ag.hessian):
        with pytest.raises(TypeError, match=r"not a function(.|\n)*ndarray(.|\n)*\(f\)\(x\)"):
            transform(X)


def test_an_array_instead_of_a_tuple_is_refused():
    for transform, f in ((ag.jvp, np.sin), (ag.hvp, np.sum)):
        with pytest.raises(
            TypeError, match=r"`primals` is not a tuple(.|\n)*\(f, \(x,\), \(v,\)\)"
        ):
            transform(f, X, (X,))
        with pytest.raises(TypeError, match="`tangents` is not a tuple"):
            transform(f, (X,), X)
