"""The backward pass: order, sums, hooks, what is saved, what was overwritten."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.errors import GradientError, ShapeError
from autograd_lite.graph import Version


def leaf(value, **settings):
    return ag.tensor(value, dtype=np.float64, requires_grad=True, **settings)


def test_gradients_sum_over_all_paths():
    x = leaf(3.0)
    y = x * x
    (y * y + y + x).backward()
    assert x.grad.item() == 4 * 27 + 2 * 3 + 1


def test_backward_accumulates_and_repeats_exactly():
    x = leaf([1.0, 2.0])
    for times in (1, 2, 3):
        (x * x).sum().backward()
        np.testing.assert_array_equal(x.grad.data, times * 2 * x.data)


def test_a_second_pass_needs_retain_graph():
    x = leaf(2.0)
    y = x * x
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.item() == 8
    with pytest.raises(
        GradientError, match=r"freed by an earlier backward(.|\n)*retain_graph=True"
    ):
        y.backward()


def test_a_shared_part_that_was_freed_raises_too():
    h = leaf(2.0) * 3
    one, two = h * h, h + h
    one.backward()
    with pytest.raises(GradientError, match="freed"):
        two.backward()


def test_backward_of_many_entries_needs_a_gradient_of_the_same_shape():
    x = leaf([1.0, 2.0])
    with pytest.raises(
        GradientError, match=r"more than one entry(.|\n)*shape \(2,\)(.|\n)*loss\.sum"
    ):
        (x * 2).backward()
    with pytest.raises(ShapeError, match=r"got: +\(3,\)\n +expected: \(2,\)"):
        (x * 2).backward(np.ones(3))
    (x * 2).backward([1.0, 10.0])
    assert x.grad.tolist() == [2, 20]


def test_backward_from_a_constant_raises():
    with pytest.raises(GradientError, match="requires_grad=True"):
        (ag.tensor(1.0) * 2).backward()


def test_create_graph_gives_gradients_of_gradients():
    x = leaf(0.3)
    (x**4).backward(create_graph=True)
    first = x.grad
    x.grad = None
    first.backward(create_graph=True)
    second = x.grad
    x.grad = None
    second.backward()
    np.testing.assert_allclose(
        [first.item(), second.item(), x.grad.item()], [4 * 0.3**3, 12 * 0.3**2, 24 * 0.3]
    )


def test_leaf_gradients_share_memory_with_nothing():
    seed = np.ones(2)
    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    ag.Tensor(x.data, True).backward(seed)
    (x + y).backward(seed)
    for a in (x.grad.data, y.grad.data):
        assert not np.shares_memory(a, seed)
    assert not np.shares_memory(x.grad.data, y.grad.data)
    z = leaf([1.0, 2.0])
    z.sum().backward()
    z.grad.data[:] = 5  # a broadcast view would be read-only


def test_only_rules_that_are_needed_run():
    ran = []

    def rule(g, name):
        ran.append(name)
        return g

    @ag.op(vjps=(lambda g: rule(g, "x"), lambda g: rule(g, "y")))
    def plus(x, y):
        return x + y

    plus(np.ones(2), leaf([1.0, 2.0])).sum().backward()
    assert ran == ["y"]
    x = leaf([1.0, 2.0])
    middle = plus(x, x)
    ran.clear()
    ag.gradients(plus(middle, np.ones(2)).sum(), middle)
    assert ran == ["x"]


@pytest.mark.parametrize(
    ("make", "kept"),
    [
        (lambda x, y: x + y, 0),
        (lambda x, y: np.exp(x), 1),
        (lambda x, y: x * y, 2),
        (lambda x, y: x * np.ones(3), 1),
        (lambda x, y: np.sum(x), 0),
        (lambda x, y: x.reshape(3, 1), 0),
        (lambda x, y: np.concatenate([x, y]), 0),
        (lambda x, y: ag.linear(np.ones((2, 3)), np.ones((3, 3)), x), 0),
    ],
)
def test_a_node_keeps_what_its_rules_name_and_nothing_else(make, kept):
    out = make(leaf([1.0, 2.0, 3.0]), leaf([4.0, 5.0, 6.0]))
    assert len([v for v in out.node.saved if isinstance(v, (np.ndarray, ag.Tensor))]) == kept


def test_no_grad_records_nothing_and_is_of_its_thread():
    x = leaf(2.0)
    seen = []
    with ag.no_grad():
        assert not (x * x).requires_grad
        thread = threading.Thread(target=lambda: seen.append((x * x).requires_grad))
        thread.start()
        thread.join()
        with ag.enable_grad():
            assert (x * x).requires_grad
        assert not (x * x).requires_grad
    assert seen == [True]
    assert (x * x).requires_grad


def test_no_grad_survives_an_exception_and_decorates():
    with pytest.raises(ZeroDivisionError), ag.no_grad():
        _ = 1 / 0
    x = leaf(2.0)
    assert (x * x).requires_grad

    @ag.no_grad()
    def double(x, depth):
        return double(x, depth - 1) if depth else x * 2

    assert not double(x, 3).requires_grad
    assert (x * x).requires_grad


def test_hooks_see_and_replace_gradients():
    seen = []
    x = leaf([1.0, 2.0])
    y = x * 3
    y.register_hook(lambda g: seen.append(g.tolist()))
    scaled = y.register_hook(lambda g: g * 10)
    y.sum().backward(retain_graph=True)
    assert (seen, x.grad.tolist()) == ([[1, 1]], [30, 30])
    scaled.remove()
    x.grad = None
    y.sum().backward()
    assert x.grad.tolist() == [3, 3]
    x.register_hook(lambda g: np.ones(5))
    with pytest.raises(GradientError, match=r"got: +\(5,\)\n +expected: \(2,\)"):
        (x * 2).sum().backward()


def test_retain_grad_keeps_it_for_what_is_no_leaf():
    x = leaf([1.0, 2.0])
    y = x * 3
    y.retain_grad()
    z = y * y
    z.sum().backward()
    assert y.grad.tolist() == [6, 12]
    with pytest.warns(UserWarning, match="retain_grad"):
        assert z.grad is None


@pytest.mark.parametrize(
    "write",
    [
        lambda w: ag.updates.assign(w, np.zeros(2)),
        lambda w: ag.updates.sgd(w, np.ones(2), learning_rate=0.1),
        lambda w: w.__isub__(1.0),
        lambda w: w.__setitem__(0, 5.0),
        lambda w: w.detach().__imul__(2.0),
        lambda w: w.reshape(2, 1).__imul__(2.0),
        lambda w: w[::-1].__imul__(2.0),
    ],
)
@pytest.mark.parametrize("create_graph", [False, True])
def test_a_value_that_was_overwritten_raises_in_backward(write, create_graph):
    w = leaf([1.0, 2.0])
    kept, free = (w * w).sum(), (w + w).sum()
    with ag.no_grad():
        write(w)
    with pytest.raises(GradientError, match=r"`multiply`: its argument `[xy]` was overwritten"):
        kept.backward(create_graph=create_graph)
    free.backward()
    assert w.grad.tolist() == [2, 2]
    w.grad = None
    (w * w).sum().backward()
    np.testing.assert_array_equal(w.grad.data, 2 * w.data)


def test_an_overwritten_view_raises_too():
    w = leaf(np.ones((2, 3)))
    loss = (np.ones((4, 3)) @ w.T * w[0, 0]).sum()
    with ag.no_grad():
        w -= 1.0
    with pytest.raises(GradientError, match="overwritten"):
        loss.backward()


def test_an_overwritten_constant_raises():
    w, c = leaf([1.0, 2.0]), ag.tensor([3.0, 4.0])
    loss = (w * c).sum()
    c *= 2.0
    with pytest.raises(GradientError, match="argument `y` was overwritten"):
        loss.backward()


def test_replaced_data_is_used_as_it_was_or_refused():
    w = leaf([1.0, 2.0])
    loss = (w * w).sum()
    w.data = np.zeros(2)
    loss.backward(retain_graph=True)
    assert w.grad.tolist() == [2, 4]
    with pytest.raises(GradientError, match="was replaced after the forward"):
        loss.backward(create_graph=True)


def test_a_write_in_place_to_a_recording_leaf_is_refused():
    w = leaf([1.0, 2.0])
    for write in (lambda: w.__isub__(1.0), lambda: w.__setitem__(0, 1.0)):
        with pytest.raises(GradientError, match=r"no_grad\(\)"):
            write()
    with pytest.raises(GradientError, match="only leaves"):
        ag.updates.assign(w * 2, np.zeros(2))
    assert w.tolist() == [1, 2]


def test_augmented_assignment_of_what_is_no_leaf_is_recorded():
    w = leaf([1.0, 2.0])
    total = ag.tensor(0.0, dtype=np.float64)
    same = total
    for _ in range(3):
        total += (w * w).sum()
    assert same.item() == 0
    total.backward()
    assert w.grad.tolist() == [6, 12]


def test_a_constant_is_written_in_place_as_numpy_does():
    c = ag.tensor([1.0, 2.0])
    same = c
    c += 1
    c[0] = 7
    assert same.tolist() == [7, 3]


def test_the_check_of_versions_costs_nothing_when_nothing_was_written():
    before = Version.latest
    x = leaf([1.0])
    (x * x).backward(np.ones(1))
    assert Version.latest == before


def test_a_rule_of_wrong_shape_is_named():
    @ag.op(vjps=(lambda g: ag.sum(g),))
    def bad(x):
        return x * 1

    with pytest.raises(GradientError, match=r"bad: the rule of `x`(.|\n)*\(\)(.|\n)*\(3,\)"):
        bad(leaf([1.0, 2.0, 3.0])).sum().backward()


def test_a_rule_that_names_the_unknown_is_refused_at_once():
    with pytest.raises(TypeError, match=r"`z`(.|\n)*<argument>_shape"):
        ag.op(vjps=(lambda g, z: g,))(lambda x: x)
    with pytest.raises(TypeError, match=r"`x`(.|\n)*`position`(.|\n)*\(rule, \.\.\.\), a tuple"):
        ag.op(vjps=lambda g, x: g)(lambda x: x)
    with pytest.raises(TypeError, match="first parameter is `g`"):
        ag.op(vjps=(lambda x: x,))(lambda x: x)
    with pytest.raises(TypeError, match="rename the parameter"):
        ag.op(vjps=(lambda g: g,))(lambda out: out)


def test_gradients_leaves_grad_alone_and_names_unused_inputs():
    x, y = leaf(2.0), leaf(3.0)
    out = x * x
    assert ag.gradients(out, [x]) == [ag.tensor(4.0)]
    assert x.grad is None
    with pytest.raises(GradientError, match="input 1 has no influence"):
        ag.gradients(out, [x, y])
    assert ag.gradients(out, {"y": y}, allow_unused=True) == {"y": None}


def test_many_contributions_are_summed_without_disturbing_what_they_come_from():
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    seed = np.ones(2)
    y = x * w
    hook_seen = []
    y.register_hook(lambda g: hook_seen.append(g.data))
    (y + y + y + y + x + x + x).backward(seed)
    np.testing.assert_array_equal(seed, np.ones(2))
    np.testing.assert_array_equal(hook_seen[0], np.full(2, 4.0))
    np.testing.assert_array_equal(x.grad.data, 4 * w.data + 3)
    np.testing.assert_array_equal(w.grad.data, 4 * x.data)


def test_a_residual_is_computed_for_recorded_calls_only():
    calls = []

    def with_slope(x):
        calls.append("residual")
        return np.sin(x), np.cos(x)

    @ag.op(vjps=(lambda g, residual: g * residual,), residual=with_slope)
    def sine(x):
        calls.append("forward")
        return np.sin(x)

    x = ag.tensor(0.5, requires_grad=True)
    sine(0.5), sine(ag.tensor(0.5))
    with ag.no_grad():
        sine(x)
    assert calls == ["forward"] * 3
    sine(x).backward()
    assert calls[3:] == ["residual"]
    assert x.grad.item() == pytest.approx(np.cos(np.float32(0.5)))
