"""`detect_anomaly`: which op and line it names, what it shows, and which cure it offers."""

import re
import threading

import numpy as np
import pytest

import autograd_lite as ag
import nn
from autograd_lite.errors import AnomalyError, GradientError
from autograd_lite.graph import STATE
from autograd_lite.record import record
from autograd_lite.watching import watched_record


@pytest.fixture(autouse=True)
def registry_is_put_back(monkeypatch):
    monkeypatch.setitem(ag.op.__globals__, "OPS", dict(ag.op.__globals__["OPS"]))


def leaf(values):
    return ag.tensor(values, dtype=np.float64, requires_grad=True)


def found(f, **settings):
    """The message that `f` ends with."""
    with pytest.raises(AnomalyError) as error, ag.detect_anomaly(**settings):
        f()
    assert not hasattr(error.value, "__notes__")  # the line is in the message
    return str(error.value)


FORWARD = [
    ("sqrt", lambda: np.sqrt(leaf([1, -1])), False, "no real root"),
    ("log", lambda: np.log(leaf([1, -1])), False, "log_softmax"),
    ("log", lambda: np.log(leaf([1, 0])), True, "of 0 is -infinity"),
    ("power", lambda: leaf([1, -8]) ** (1 / 3), False, "negative base"),
    ("divide", lambda: leaf([1, 0]) / np.array([1, 0]), False, "0 / 0"),
    ("divide", lambda: 1 / leaf([1, 0]), True, "where(ok, y, 1)"),
    ("multiply", lambda: leaf([1, np.inf]) * np.array([1, 0]), False, "0 * infinity"),
    ("subtract", lambda: leaf([1, np.inf]) - np.array([1, np.inf]), False, "infinity - infinity"),
    ("exp", lambda: np.exp(leaf([1, 1e4])), True, "subtract the maximum"),
]


@pytest.mark.parametrize(("op", "f", "inf", "cure"), FORWARD)
def test_a_trap_in_the_forward_is_named_with_its_cure(op, f, inf, cure):
    message = found(f, inf=inf)
    assert re.match(rf"`{op}`, called at .*test_anomaly\.py:\d+, `.*`: it gave the first", message)
    assert "at [1]: " in message
    assert cure in message.partition("fix:")[2]


def test_infinity_is_no_anomaly_unless_asked():
    with ag.detect_anomaly():
        y = np.log(leaf([1, 0]))
    assert np.isneginf(y.data[1])


def test_gradients_alone_may_be_watched():
    x = leaf([2.0, -1.0])
    with ag.detect_anomaly(forward=False):
        np.where(x.data > 0, np.log(x), 0.0).sum().backward()
    assert x.grad.data.tolist() == [0.5, 0]
    message = found(lambda: (np.sqrt(x * 0.0) * 0.0).sum().backward(), forward=False)
    assert message.startswith("backward, at `sqrt`")


def test_inputs_are_shown_with_shape_range_and_entry():
    x = leaf(np.arange(-3.0, 3).reshape(2, 3))
    message = found(lambda: np.log(x) + 1)
    assert message.splitlines()[1:4] == [
        "  got:      x: float64 (2, 3), from -3 to 2",
        "            out: float64 (2, 3), from 0 to 0.693147, 3 NaN, 1 infinite",
        "            at [0, 0]: x = -3.0, out = nan",
    ]


def test_what_came_in_from_outside_is_said_to():
    data = ag.tensor([1.0, np.nan])
    message = found(lambda: leaf([1, 2]) * data)
    assert re.search(r"`multiply`.*: `y` came in with NaN, from no recorded op", message)
    message = found(lambda: ag.exp(leaf([np.nan, 2])))
    assert re.search(r"`exp`.*: `x` came in with NaN, from no recorded op", message)


def test_entries_are_shown_only_where_places_correspond():
    message = found(lambda: leaf(np.full((2, 2), np.inf)) @ np.zeros((2, 2)))
    assert "first at [0, 0]" in message
    assert "x[" not in message


def test_the_unused_side_of_where_is_found():
    x = leaf([4.0, 0.0])

    def f():
        h = np.sqrt(x)
        h = h * 2 + 1
        y = np.where(x.data > 0, h, 0.0)
        y.sum().backward()

    message = found(f)
    assert re.match(
        r"backward, at `sqrt`, called at .*, `np\.sqrt\(x\)`: its rule for `x`", message
    )
    assert re.search(r"unused side of `where`, called at .*, `np\.where\(x\.data > 0, h", message)
    assert "where(ok, f(where(ok, x, safe)), other)" in message
    assert "at [1]: g = 0.0, out = 0.0" in message


@pytest.mark.parametrize(
    ("op", "f"),
    [
        ("divide", lambda x: np.where(x.data != 0, 1 / x, 0.0)),
        ("log", lambda x: ag.where(x.data > 0, ag.log(x), 0.0)),
        ("power", lambda x: ag.where(x.data > 0, x**0.5, 0.0)),
    ],
)
def test_where_is_found_behind_other_ops(op, f):
    message = found(lambda: f(leaf([4.0, 0.0])).sum().backward())
    assert message.startswith(f"backward, at `{op}`")
    assert "unused side of `where`" in message


def test_the_cure_for_where_cures():
    x = leaf([4.0, 0.0])
    ok = x.data > 0
    with ag.detect_anomaly(inf=True):
        np.where(ok, np.sqrt(np.where(ok, x, 1.0)), 0.0).sum().backward()
    assert x.grad.data.tolist() == [0.25, 0]


def test_a_zero_that_is_not_from_where_is_not_blamed_on_it():
    x = leaf([4.0, 0.0])
    message = found(lambda: (np.sqrt(x) * np.array([1.0, 0.0])).sum().backward())
    assert "where`" not in message
    assert "0 * infinity: g is 0 there" in message
    for chosen in (np.array([True, True]), True):
        message = found(
            lambda ok=chosen: ag.where(ok, np.sqrt(x) * np.array([1.0, 0.0]), 0).sum().backward()
        )
        assert "where`" not in message


def test_where_is_found_for_single_entries_and_through_sums():
    x = leaf(0.0)
    message = found(lambda: ag.where(x.data > 0, np.sqrt(x), 0.0).backward())
    assert "unused side of `where`" in message
    y = leaf([0.0, 0.0])
    message = found(lambda: ag.where(y.data.sum() > 0, np.sqrt(y).sum(), 0.0).backward())
    assert "unused side of `where`" in message


def test_a_slope_that_became_infinite_before_is_named():
    x = leaf([0.0, 0.0])
    message = found(lambda: np.sqrt((x * x).sum()).backward())
    assert re.match(r"backward, at `multiply`, called at .*, `x \* x`", message)
    assert re.search(r"g is infinite since `sqrt`, called at .*, `np\.sqrt\(\(x \* x", message)
    assert "the slope of sqrt at 0 is infinite" in message
    message = found(lambda: np.sqrt((x * x).sum()).backward(), inf=True)
    assert message.startswith("backward, at `sqrt`")
    assert "first infinity" in message


def test_a_bad_start_a_bad_hook_and_a_bad_sum():
    x = leaf([1.0, 2.0])
    message = found(lambda: (x * 2).backward([np.nan, 1.0]))
    assert "the backward pass started from NaN" in message

    def hooked():
        y = x * 2
        y.register_hook(lambda g: g * np.nan)
        y.sum().backward()

    assert "a hook returned NaN" in found(hooked)

    assert "several uses of a leaf" in found(two_uses(x))
    assert "several uses of its output" in found(two_uses(x, inner=True))


def two_uses(x, inner=False):
    """Two uses whose gradients are infinite, of opposite sign, while the values are not."""

    @ag.op(vjps=(lambda g: g * np.inf,))
    def steep(x):
        return x * 1.0

    @ag.op(vjps=(lambda g: g * -np.inf,))
    def falling(x):
        return x * 1.0

    def f():
        y = x * 1 if inner else x
        (steep(y) + falling(y)).sum().backward()

    return f


def test_second_derivatives_are_watched_and_name_the_forward_line():
    def f():
        g = ag.grad(lambda v: ag.power(v, 1.5))
        ag.grad(g)(0.0)

    message = found(f, inf=True)
    assert re.match(r"backward, at `\w+`, called at .*, `ag\.power\(v, 1\.5\)`", message)


def test_a_layer_is_not_the_users_line():
    net = nn.Sequential([nn.layers.Input((2,)), nn.layers.Dense(3, activation="relu")])
    net.parameters()[0].data[0, 0] = np.nan
    message = found(lambda: net(np.ones((4, 2), np.float32)))
    assert re.search(r"called at .*test_anomaly\.py:\d+, `net\(np\.ones", message)
    assert "came in with NaN" in message


def test_it_is_both_of_its_bases():
    assert issubclass(AnomalyError, GradientError)
    assert issubclass(AnomalyError, FloatingPointError)


def test_it_is_a_decorator():
    @ag.detect_anomaly(inf=True)
    def f(x):
        return np.exp(x)

    assert f(leaf(1.0)).requires_grad
    for _ in range(2):
        with pytest.raises(AnomalyError, match="infinity"):
            f(leaf(1e4))
    assert STATE.watch is None


def test_nothing_is_left_behind():
    with pytest.raises(AnomalyError):
        with ag.detect_anomaly(), ag.detect_anomaly(inf=True):
            assert recorder() is watched_record
            np.exp(leaf(1e4))
    assert recorder() is record
    with np.errstate(over="ignore"):
        y = np.exp(leaf(1e4))
    assert not hasattr(y.node, "line")
    y = np.exp(leaf(1.0))
    plan = y.node.plan
    with ag.detect_anomaly():
        y.backward(retain_graph=True)
    assert y.node.plan is plan


def recorder():
    return ag.op.__globals__["record"]


def test_contexts_nest():
    with ag.detect_anomaly(inf=True):
        with ag.detect_anomaly():
            assert np.exp(leaf(1e4)).data == np.inf
        with pytest.raises(AnomalyError):
            np.exp(leaf(1e4))


def test_another_thread_is_not_watched():
    results = []

    def work():
        with np.errstate(invalid="ignore"):
            results.append(np.sqrt(leaf(-1.0)))

    with ag.detect_anomaly():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert np.isnan(results[0].data)
    assert not hasattr(results[0].node, "line")


def test_results_are_those_without():
    x = leaf([[0.3, 0.7], [0.2, 0.9]])

    def f(x):
        y = ag.tanh(x @ x) / (1 + ag.exp(x))
        return (y * np.where(x.data > 0.5, y, x)).sum()

    expected = ag.value_and_grad(f)(x.data), ag.hessian(f)(x.data)
    with ag.detect_anomaly():
        got = ag.value_and_grad(f)(x.data), ag.hessian(f)(x.data)
    assert np.array_equal(got[0][1], expected[0][1])
    assert np.array_equal(got[1], expected[1])


def test_lines_come_to_errors_of_rules():
    @ag.op(vjps=(lambda g, x: g[:1],))
    def short(x):
        return np.sin(x)

    @ag.op(vjps=(lambda g, x: 1 / 0,))
    def broken(x):
        return np.sin(x)

    for function, error in ((short, GradientError), (broken, ZeroDivisionError)):
        with ag.detect_anomaly():
            y = function(leaf([1.0, 2.0])).sum()
        with pytest.raises(error) as caught:
            y.backward()
        (note,) = caught.value.__notes__
        assert re.match(
            rf"in the backward pass of `{function.__name__}`, called at .*, `function\(leaf", note
        )


def test_an_overwritten_value_comes_with_its_line():
    x = leaf([1.0, 2.0])
    with ag.detect_anomaly():
        y = ag.sin(x)
    with ag.no_grad():
        x += 1
    with pytest.raises(GradientError, match="overwritten in place") as caught:
        y.sum().backward()
    assert re.search(r"`sin`, called at .*, `ag\.sin\(x\)`", caught.value.__notes__[0])
