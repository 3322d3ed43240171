"""Programs: what `trace` lists does for other arrays what the function does, to the bit."""

import weakref

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.graph import STATE
from autograd_lite.programs import may_trace, trace

RNG = np.random.default_rng(5)


def leaf(*shape, dtype=None):
    return ag.tensor(RNG.standard_normal(shape), dtype=dtype, requires_grad=True)


W, V, B, U = leaf(4, 5), leaf(5, 4), leaf(5), leaf(4)
LABELS = RNG.integers(0, 5, 6)
MASK = RNG.random((6, 5)) > 0.5


@ag.op(vjps=(lambda g: g,))
def moved(x, by):
    """An op whose rule does not read its setting."""
    return x + by


# Losses of x, and of labels.
WHOLE = {
    "products": lambda x, y: ag.sum(ag.linear_relu(x, W, B) @ V),
    "masked product": lambda x, y: ag.sum(ag.linear_relu(ag.linear_relu(x, W, B), V, U) ** 2),
    "cross-entropy": lambda x, y: ag.mean(ag.softmax_cross_entropy(ag.linear(x, W, B), y)),
    "skips": lambda x, y: ag.sum(ag.tanh(x @ W) * (x @ V.T) + ag.exp(B)),
    "one leaf alone": lambda x, y: ag.sum(B * B) + ag.sum(ag.sin(x)),
    "a gradient handed on": lambda x, y: ag.sum(B + W) + ag.sum(W),
    "views": lambda x, y: ag.sum(ag.reshape(x @ W, (-1,)) ** 2) + ag.sum(W.T),
    "broadcast": lambda x, y: ag.mean(ag.mean(x, axis=1, keepdims=True) * B) / 3,
    "reductions": lambda x, y: ag.sum(ag.max(x @ W, axis=1)) + ag.logsumexp(ag.mean(W, axis=0)),
    "rows": lambda x, y: ag.sum((x @ W)[y] ** 2),
    "lists": lambda x, y: ag.sum(ag.concatenate([x @ W, x @ V.T], axis=1) ** 2),
}

# Losses that depend on what no list of calls tells.
BROKEN = {
    "an array from elsewhere": lambda x, y: ag.sum((x @ W) * MASK),
    "computed outside of ops": lambda x, y: ag.sum(ag.tensor(np.round(x.data)) @ W),
    "a setting that is an array": lambda x, y: ag.sum(moved(x @ W, by=np.ones(5))),
    "a setting that rules read": lambda x, y: ag.sum(x @ W, where=MASK),
    "a product in one sweep": lambda x, y: ag.sum(ag.linear(x, W, B) + ag.linear(x * 2, W, B)),
}


def traced(loss, x, y, leaves=(W, V, B, U)):
    return trace(lambda: [loss(ag.Tensor(x, requires_grad=True), y)], [x, y], leaves)


def by_engine(loss, x, y, leaves=(W, V, B, U)):
    """The loss and its gradients, by id."""
    for p in leaves:
        p.grad = None
    value = loss(ag.tensor(x), y)
    value.backward()
    return value.data, {id(p): p.grad.data for p in leaves if p.grad is not None}


def check(grads, expected):
    assert {id(p) for p, _ in grads} == set(expected)
    for p, g in grads:
        np.testing.assert_array_equal(g, expected[id(p)], strict=True)


@pytest.mark.parametrize("name", WHOLE)
def test_a_program_does_what_the_function_does(name):
    loss, x = WHOLE[name], RNG.standard_normal((6, 4))
    (value,), grads, program = traced(loss, x, LABELS)
    expected, expected_grads = by_engine(loss, x, LABELS)
    np.testing.assert_array_equal(value.data, expected, strict=True)
    check(grads, expected_grads)
    for _ in range(2):
        x, y = RNG.standard_normal((6, 4)), RNG.permutation(LABELS)
        expected, expected_grads = by_engine(loss, x, y)
        (found,), grads = program(x, y)
        np.testing.assert_array_equal(found, expected, strict=True)
        check(grads, expected_grads)


@pytest.mark.parametrize("name", BROKEN)
def test_what_no_list_tells_gives_no_program_but_the_same_gradients(name):
    loss, x = BROKEN[name], RNG.standard_normal((6, 4))
    (value,), grads, program = traced(loss, x, LABELS)
    expected, expected_grads = by_engine(loss, x, LABELS)
    assert program is None
    np.testing.assert_array_equal(value.data, expected, strict=True)
    check(grads, expected_grads)


def test_a_program_reads_leaves_as_they_are_when_it_runs():
    w = leaf(4, 5)
    x = RNG.standard_normal((6, 4))
    _, _, program = traced(lambda x, y: ag.sum(x @ w), x, LABELS, [w])
    w.data = np.ones((4, 5))
    (found,), _ = program(x, LABELS)
    assert found == np.sum(x @ w.data)


@pytest.mark.parametrize("where", ["leaf", "node"])
def test_hooks_are_in_no_program(where):
    w = leaf(4, 5)

    def loss(x, y):
        h = x @ w
        if where == "node":
            h.register_hook(seen.append)
        return ag.sum(h)

    seen = []
    if where == "leaf":
        w.register_hook(seen.append)
    assert traced(loss, RNG.standard_normal((6, 4)), LABELS, [w])[2] is None


def test_gradients_belong_to_the_leaf_alone():
    loss = WHOLE["a gradient handed on"]
    x = RNG.standard_normal((6, 4))
    _, _, program = traced(loss, x, LABELS)
    _, grads = program(x, LABELS)
    before = [g.copy() for _, g in grads]
    grads[0][1][...] = 7
    np.testing.assert_array_equal(grads[1][1], before[1])
    _, again = program(x, LABELS)
    check(again, {id(p): g for (p, _), g in zip(grads, before, strict=True)})


def test_a_program_keeps_no_arrays():
    class Array(np.ndarray):  # one that can be told from others by a weak reference
        pass

    x = RNG.standard_normal((6, 4))
    _, _, program = traced(WHOLE["products"], x, LABELS)
    kept = [v for v in program._start if isinstance(v, np.ndarray) and v.ndim]
    assert not kept
    given = RNG.standard_normal((6, 4)).view(Array)
    seen = weakref.ref(given)
    program(given, LABELS)
    del given
    assert seen() is None


def test_places_are_used_again():
    def deep(x, y):
        for _ in range(50):
            x = ag.tanh(x @ W @ V)
        return ag.sum(x)

    x = RNG.standard_normal((6, 4))
    _, _, program = traced(deep, x, LABELS)
    # A turn leaves the two arrays that its rules read; all others give way.
    assert sum(value is None for value in program._start) < 50 * 2 + 20 < len(program._calls) / 2


def test_tracing_leaves_nothing_behind():
    assert may_trace()
    with pytest.raises(ZeroDivisionError):
        traced(lambda x, y: ag.sum(x @ W) * (1 / 0), RNG.standard_normal((6, 4)), LABELS)
    assert STATE.watch is None and may_trace()
    with ag.no_grad():
        assert not may_trace()
    with ag.detect_anomaly():
        assert not may_trace()
