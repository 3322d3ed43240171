"""Computations that are one node: checkpoint and implicit; and trees as vectors."""

from __future__ import annotations

import gc
from dataclasses import dataclass

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.errors import ShapeError

RNG = np.random.default_rng(3)
A = RNG.standard_normal((5, 5))
X = RNG.standard_normal(5)


def deep(x, w):
    for _ in range(3):
        x = np.tanh(w @ x) + x
    return x


@pytest.mark.parametrize("order", [1, 2, 3])
def test_checkpoint_changes_no_derivative(order):
    f, again = (
        (lambda x, w: np.sum(deep(x, w) ** 2)),
        lambda x, w: np.sum(ag.checkpoint(deep)(x, w) ** 2),
    )
    for _ in range(order - 1):
        f, again = (
            lambda x, w, f=f: np.sum(ag.grad(f)(x, w) ** 2),
            lambda x, w, f=again: np.sum(ag.grad(f)(x, w) ** 2),
        )
    for one, two in zip(ag.grad(f, (0, 1))(X, A), ag.grad(again, (0, 1))(X, A), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-12)


def test_checkpoint_pushes_forward_too():
    primals, tangents = (X, A), (X[::-1].copy(), A.T.copy())
    _, one = ag.jvp(deep, primals, tangents)
    _, two = ag.jvp(ag.checkpoint(deep), primals, tangents)
    np.testing.assert_allclose(one, two, rtol=1e-12)


def test_tensors_from_around_get_their_gradients():
    leaf = ag.Tensor(A.copy(), True)
    weight = leaf * 2

    def f(x):
        return np.tanh(weight @ x) @ leaf

    x = ag.Tensor(X.copy(), True)
    f(x).sum().backward(retain_graph=True)
    wanted = leaf.grad.data, x.grad.data
    leaf.grad = x.grad = None
    ag.checkpoint(f)(x).sum().backward()
    np.testing.assert_allclose(leaf.grad.data, wanted[0], rtol=1e-12)
    np.testing.assert_allclose(x.grad.data, wanted[1], rtol=1e-12)


def test_random_numbers_are_the_same_in_both_runs_and_go_on_afterwards():
    def noisy(x):
        return x * ag.random.generator().standard_normal(5)

    ag.set_seed(1)
    out, pull = ag.vjp(ag.checkpoint(noisy), X)
    following = ag.random.generator().standard_normal()
    ag.set_seed(1)
    np.testing.assert_array_equal(out, noisy(X))
    assert ag.random.generator().standard_normal() == following
    np.testing.assert_array_equal(pull(np.ones(5))[0], out / X)


def test_checkpoint_keeps_only_its_arguments():
    x = ag.Tensor(np.ones(1000), True)

    def chain(x):
        for _ in range(20):
            x = np.sin(x)
        return x

    def saved(y):
        found, stack = {}, [y.node]
        while stack:
            node = stack.pop()
            found |= {id(a): a.nbytes for a in node.saved if isinstance(a, np.ndarray)}
            stack += [e for e in node.edges if type(e) is type(node)]
        return sum(found.values())

    assert saved(ag.checkpoint(chain)(x)) < saved(chain(x)) / 5


def test_checkpoint_of_trees_and_without_gradients():
    f = ag.checkpoint(lambda p: {"y": p["w"] @ p["x"], "n": 3.0})
    out = f({"w": ag.Tensor(A, True), "x": X})
    out["y"].sum().backward()
    np.testing.assert_allclose(out["y"].data, A @ X)
    assert type(f({"w": A, "x": X})["y"]) is np.ndarray
    with ag.no_grad():
        assert not f({"w": ag.Tensor(A, True), "x": X})["y"].requires_grad


def test_a_checkpointed_graph_dies_by_reference_count():
    def once():
        x = ag.Tensor(X.copy(), True)
        ag.checkpoint(lambda x: np.sin(x) * 2)(x).sum().backward()

    once()  # what is imported or looked up the first time may leave cycles
    gc.collect()
    gc.disable()
    try:
        once()
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_ravel_tree_and_back():
    @dataclass
    class Parameters:
        w: np.ndarray
        b: float

    vector, unravel = ag.ravel_tree({"p": Parameters(A, 2.0), "n": (X.astype("f4"), None)})
    assert vector.shape == (31,)
    assert vector.dtype == np.float64
    back = unravel(vector)
    assert isinstance(back["p"], Parameters)
    np.testing.assert_array_equal(back["p"].w, A)
    assert back["n"][0].dtype == np.float32
    assert back["n"][1] is None

    def loss(v):
        p = unravel(v)["p"]
        return np.sum(p.w**2) * p.b

    np.testing.assert_allclose(ag.grad(loss)(vector)[:25], 4 * A.ravel())
    with pytest.raises(ShapeError, match=r"\(30,\)(.|\n)*\(31,\)"):
        unravel(vector[1:])


def test_gradients_come_in_the_form_of_dataclasses():
    @dataclass
    class Parameters:
        w: np.ndarray
        b: float

    g = ag.grad(lambda p: np.sum(p.w * p.b))(Parameters(X, 2.0))
    np.testing.assert_allclose(g.w, np.full(5, 2.0))
    assert g.b == pytest.approx(X.sum())


def test_stop_gradient():
    assert ag.grad(lambda x: x * ag.stop_gradient({"x": x})["x"])(3.0) == 3
    assert ag.stop_gradient(2.0) == 2.0
