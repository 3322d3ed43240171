"""What a graph keeps alive, and for how long."""

from __future__ import annotations

import gc
import tracemalloc
import weakref

import numpy as np
import pytest

import autograd_lite as ag


def leaf(value, **settings):
    return ag.tensor(value, dtype=np.float64, requires_grad=True, **settings)


def test_inputs_that_no_rule_names_are_not_kept_alive():
    x = leaf(np.ones(10))
    h = x * 2.0
    array = weakref.ref(h.data)
    out = h + 1.0
    del h
    assert array() is None
    out.sum().backward()
    np.testing.assert_array_equal(x.grad.data, np.full(10, 2.0))


def test_saved_arrays_go_with_the_pass():
    x = leaf(np.ones(10))
    y = np.exp(x)
    out = np.square(y)
    array = weakref.ref(y.data)
    del y
    assert array() is not None
    out.sum().backward()
    assert array() is None
    assert out.node.saved is None


def test_a_graph_dies_with_its_loss_without_the_collector():
    gc.disable()
    try:
        x = leaf(np.ones(3))
        h = np.tanh(x * 2)
        node, array = weakref.ref(h.node), weakref.ref(h.data)
        loss = (h * h).sum()
        del h
        assert node() is not None
        del loss
        assert node() is None
        assert array() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("order", [1, 2])
def test_higher_orders_leave_no_cycles(order):
    gc.collect()
    gc.disable()
    try:
        x = leaf([0.1, 0.2])
        g = np.tanh(x).sum()
        for _ in range(order):
            g = ag.gradients(g, x, create_graph=True).sum()
        node = weakref.ref(g.node)
        del g
        assert node() is None
    finally:
        gc.enable()


def test_a_chain_of_100_000_ops_builds_runs_and_dies():
    x = leaf(1.0)
    y = x
    for _ in range(100_000):
        y = y + 1.0
    y.backward()
    assert x.grad.item() == 1
    y = x
    for _ in range(100_000):
        y = y * 1.0
    del y


def test_1000_steps_without_the_collector_do_not_grow():
    rng = np.random.default_rng(0)
    x, t = rng.standard_normal((32, 20)), rng.standard_normal((32, 1))
    w, b = leaf(rng.standard_normal((20, 1))), leaf(np.zeros(1))

    def step():
        loss = np.square(np.tanh(x @ w + b) - t).mean()
        loss.backward()
        with ag.no_grad():
            for p in (w, b):
                p -= 0.01 * p.grad
                p.grad = None
        return loss.item()

    first = step()
    for _ in range(50):
        step()
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(1000):
            last = step()
        assert tracemalloc.get_traced_memory()[0] - before < 2**20
    finally:
        tracemalloc.stop()
        gc.enable()
    assert last < first
