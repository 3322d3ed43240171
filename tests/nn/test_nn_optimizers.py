"""Optimizers against float64 NumPy trajectories written out from Keras' formulas."""

import math

import numpy as np
import pytest

import autograd_lite as ag
from nn.optimizers import (
    OPTIMIZERS,
    SGD,
    Adafactor,
    Adagrad,
    Adam,
    AdamW,
    Ftrl,
    Lion,
    Muon,
    Nadam,
    Optimizer,
    RMSprop,
)

STEPS = 20
RNG = np.random.default_rng(11)
START = RNG.standard_normal((5, 3))
GRADIENTS = RNG.standard_normal((STEPS, 5, 3))


def sgd(w, gradients, lr=0.01):
    for g in gradients:
        w = w - lr * g
    return w


def momentum(w, gradients, lr=0.01, mu=0.9, nesterov=False):
    m = np.zeros_like(w)
    for g in gradients:
        m = mu * m - lr * g
        w = w + (mu * m - lr * g if nesterov else m)
    return w


def rmsprop(w, gradients, lr=0.001, rho=0.9, epsilon=1e-7):
    v = np.zeros_like(w)
    for g in gradients:
        v = rho * v + (1 - rho) * g**2
        w = w - lr * g / np.sqrt(v + epsilon)
    return w


def adam(w, gradients, lr=0.001, b1=0.9, b2=0.999, epsilon=1e-7):
    m, v = np.zeros_like(w), np.zeros_like(w)
    for t, g in enumerate(gradients, start=1):
        m = m + (g - m) * (1 - b1)
        v = v + (g**2 - v) * (1 - b2)
        w = w - lr * math.sqrt(1 - b2**t) / (1 - b1**t) * m / (np.sqrt(v) + epsilon)
    return w


def adafactor(w, gradients, lr=0.001, relative=True):
    r, c = np.zeros(w.shape[:-1]), np.zeros((*w.shape[:-2], w.shape[-1]))
    for t, g in enumerate(gradients, start=1):
        b, s = 1 - t**-0.8, g**2 + 1e-30
        r, c = b * r + (1 - b) * s.mean(-1), b * c + (1 - b) * s.mean(-2)
        u = g / np.sqrt(np.expand_dims(r, -1) * np.expand_dims(c, -2) / r.mean())
        rho = min(lr, t**-0.5) if relative else lr
        size = max(1e-3, math.sqrt((w**2).mean()))
        w = w - size * rho * u / max(1, math.sqrt((u**2).mean()))
    return w


def muon(w, gradients, lr=0.001, wd=0.004):
    m = np.zeros_like(w)
    for g in gradients:
        w, m = w - lr * wd * w, 0.95 * m + g
        x = (g + 0.95 * m).T
        x = x / (np.linalg.norm(x) + 1e-7)
        for _ in range(5):
            a = x @ x.T
            x = 3.4445 * x - 4.7750 * a @ x + 2.0315 * a @ a @ x
        w = w - lr * 0.2 * math.sqrt(max(w.shape)) * x.T
    return w


TRAJECTORIES = [
    (SGD, {}, sgd, {}),
    (SGD, {"learning_rate": 0.5}, sgd, {"lr": 0.5}),
    (SGD, {"momentum": 0.9}, momentum, {}),
    (SGD, {"momentum": 0.5, "nesterov": True}, momentum, {"mu": 0.5, "nesterov": True}),
    (RMSprop, {}, rmsprop, {}),
    (
        RMSprop,
        {"learning_rate": 0.1, "rho": 0.5, "epsilon": 0.1},
        rmsprop,
        {"lr": 0.1, "rho": 0.5, "epsilon": 0.1},
    ),
    (Adam, {}, adam, {}),
    (
        Adam,
        {"learning_rate": 0.1, "beta_1": 0.5, "beta_2": 0.9, "epsilon": 0.1},
        adam,
        {"lr": 0.1, "b1": 0.5, "b2": 0.9, "epsilon": 0.1},
    ),
    (Adafactor, {}, adafactor, {}),
    (Adafactor, {"learning_rate": 0.5}, adafactor, {"lr": 0.5}),
    (
        Adafactor,
        {"learning_rate": 0.5, "relative_step": False},
        adafactor,
        {"lr": 0.5, "relative": False},
    ),
    (Muon, {}, muon, {}),
    (Muon, {"learning_rate": 0.1, "weight_decay": 0.5}, muon, {"lr": 0.1, "wd": 0.5}),
]
each_trajectory = pytest.mark.parametrize(("kind", "ours", "formula", "theirs"), TRAJECTORIES)


def leaf(array):
    return ag.tensor(array, requires_grad=True)


def run(optimizer, parameter, gradients):
    for g in gradients:
        optimizer.zero_grad()
        parameter.backward(g.astype(parameter.dtype))
        optimizer.step()


@each_trajectory
@pytest.mark.parametrize(("dtype", "rtol"), [(np.float64, 1e-12), (np.float32, 2e-5)])
def test_twenty_steps(kind, ours, formula, theirs, dtype, rtol):
    parameter = leaf(START.astype(dtype))
    array, optimizer = parameter.data, kind([parameter], **ours)
    run(optimizer, parameter, GRADIENTS)
    assert parameter.data is array, "updates are in place"
    assert optimizer.iterations == STEPS
    np.testing.assert_allclose(array, formula(START, GRADIENTS, **theirs), rtol=rtol, atol=rtol)


@each_trajectory
def test_parameters_do_not_mix(kind, ours, formula, theirs):
    first, second = leaf(START), leaf(2 * START)
    optimizer = kind([first, second], **ours)
    for g in GRADIENTS[:5]:
        optimizer.zero_grad()
        first.backward(g)
        second.backward(-g)
        optimizer.step()
    np.testing.assert_allclose(first.data, formula(START, GRADIENTS[:5], **theirs))
    np.testing.assert_allclose(second.data, formula(2 * START, -GRADIENTS[:5], **theirs))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_slots_are_of_the_parameters_kind_beside_the_hyperparameters(name):
    parameter = leaf(START.astype(np.float32))
    optimizer = OPTIMIZERS[name]([parameter])
    (state,) = optimizer.state
    assert set(state) >= set(optimizer.slots)
    for slot in state.values():
        assert slot.dtype == np.float32 and (slot.shape == (5, 3) or name == "adafactor")
    assert not {"learning_rate", "iterations"} & set(state)


def test_slots_start_at_zero_or_where_they_are_told():
    w = leaf(START)
    assert not any(slot.any() for slot in Adam([w]).state[0].values())
    assert (Adagrad([w], initial_accumulator_value=0.5).state[0]["accumulator"] == 0.5).all()
    assert (Ftrl([w]).state[0]["accumulator"] == 0.1).all()


def test_adafactor_keeps_rows_and_columns_of_matrices():
    slots = Adafactor([leaf(np.zeros((2, 4, 3))), leaf(np.zeros(5))]).state
    assert {k: a.shape for k, a in slots[0].items()} == {"r": (2, 4), "c": (2, 3)}
    assert {k: a.shape for k, a in slots[1].items()} == {"v": (5,)}


def test_muon_leaves_vectors_and_what_is_named_to_adamw():
    named = {"embedding.table": (4, 3), "out.kernel": (4, 3), "kernel": (4, 3), "bias": (3,)}
    optimizer = Muon([(n, leaf(np.zeros(s))) for n, s in named.items()], exclude_layers=["^out"])
    assert [len(slots) for slots in optimizer.state] == [2, 2, 1, 2]


def test_plain_sgd_keeps_no_slot():
    assert SGD([leaf(START)]).state == [{}]


def test_learning_rate_can_be_set_between_steps():
    w = leaf(np.zeros(1))
    optimizer = SGD([w], learning_rate=1.0)
    run(optimizer, w, [np.ones(1)])
    optimizer.learning_rate = 0.25
    run(optimizer, w, [np.ones(1)])
    assert w.tolist() == [-1.25]


def test_parameters_without_gradient_are_left_alone():
    used, unused = leaf(np.ones(2)), leaf(np.ones(2))
    optimizer = Adam([used, unused])
    used.sum().backward()
    optimizer.step()
    assert unused.tolist() == [1.0, 1.0] and used.tolist() != [1.0, 1.0]


def test_a_step_without_gradients_is_refused():
    optimizer = SGD([leaf(np.ones(2))])
    with pytest.raises(RuntimeError, match=r"SGD\.step: no parameter has a gradient"):
        optimizer.step()
    assert optimizer.iterations == 0


def test_zero_grad():
    w = leaf(np.ones(2))
    optimizer = SGD([w])
    w.sum().backward()
    optimizer.zero_grad()
    assert w.grad is None


def test_binding_again_keeps_the_slots_of_those_that_stay():
    first, second = leaf(START), leaf(START)
    optimizer = RMSprop()
    optimizer.bind([first])
    run(optimizer, first, GRADIENTS[:1])
    kept = optimizer.state[0]["velocity"]
    optimizer.bind([second, first])
    assert optimizer.state[1]["velocity"] is kept
    assert not optimizer.state[0]["velocity"].any()


# Clipping.


def clipped_by(g, **limits):
    w = leaf(np.zeros_like(g))
    optimizer = SGD([w], learning_rate=1.0, **limits)
    run(optimizer, w, [g])
    return -w.data


def test_clipvalue():
    np.testing.assert_allclose(clipped_by(np.array([-3.0, 0.5]), clipvalue=1.0), [-1, 0.5])


def test_clipnorm():
    np.testing.assert_allclose(clipped_by(np.array([3.0, 4.0]), clipnorm=1.0), [0.6, 0.8])
    np.testing.assert_allclose(clipped_by(np.array([0.3, 0.4]), clipnorm=1.0), [0.3, 0.4])


def test_global_clipnorm():
    a, b = leaf(np.zeros(1)), leaf(np.zeros(1))
    optimizer = SGD([a, b], learning_rate=1.0, global_clipnorm=1.0)
    a.backward(np.array([3.0]))
    b.backward(np.array([4.0]))
    optimizer.step()
    np.testing.assert_allclose([a.data[0], b.data[0]], [-0.6, -0.8])


def test_a_gradient_that_is_not_finite_makes_all_of_them_nan():
    a, b = leaf(np.zeros(1)), leaf(np.zeros(1))
    optimizer = SGD([a, b], global_clipnorm=1.0)
    a.backward(np.array([np.inf]))
    b.backward(np.array([1.0]))
    optimizer.step()
    assert np.isnan([a.data[0], b.data[0]]).all()


def test_clipping_leaves_the_gradient_itself_alone():
    w, g = leaf(np.zeros(2)), np.array([3.0, 4.0])
    optimizer = SGD([w], clipnorm=1.0)
    w.backward(g)
    optimizer.step()
    assert w.grad.tolist() == [3.0, 4.0]


def test_clipping_keeps_float32():
    w = leaf(np.zeros(2, np.float32))
    optimizer = SGD([w], clipnorm=1.0)
    run(optimizer, w, [np.array([3.0, 4.0])])
    assert w.dtype == np.float32


# Refusals.


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: SGD(learning_rate=-1), ValueError, "SGD: bad `learning_rate`(?s:.*)at least 0"),
        (lambda: Adam(learning_rate="fast"), ValueError, "got:      'fast'"),
        (lambda: Adam(learning_rate=float("nan")), ValueError, "got:      nan"),
        (lambda: Adam(beta_1=1.0), ValueError, "Adam: bad `beta_1`"),
        (lambda: RMSprop(rho=2), ValueError, r"bad `rho`(?s:.*)in \[0, 1\)"),
        (lambda: SGD(momentum=-0.1), ValueError, "bad `momentum`"),
        (lambda: SGD(clipnorm=1.0, clipvalue=1.0), ValueError, "more than one way of clipping"),
        (lambda: Adam(-0.001), ValueError, "Adam: bad `learning_rate`"),
        (lambda: Adam([]), TypeError, r"model\.build\("),
        (lambda: Adam([np.zeros(3)]), TypeError, r"such as model\.parameters\(\)"),
        (lambda: Adam(leaf(START)), TypeError, "no parameters to train"),
    ],
)
def test_bad_settings(make, error, text):
    with pytest.raises(error, match=text):
        make()


def test_the_rate_may_come_first_as_in_keras():
    w = leaf(START)
    for optimizer in (SGD(0.5, 0.9), SGD([w], 0.5, 0.9), SGD(None, 0.5, 0.9)):
        assert (optimizer.learning_rate, optimizer.momentum) == (0.5, 0.9)
    assert SGD.from_config(SGD(0.5, 0.9).get_config()).momentum == 0.9
    assert Adam(lambda step: 1 / (1 + step)).learning_rate == 1.0
    assert Adam(np.float32(0.25)).parameters == []


def test_setting_a_bad_learning_rate_keeps_the_old_one():
    optimizer = SGD(learning_rate=0.5)
    with pytest.raises(ValueError, match="bad `learning_rate`"):
        optimizer.learning_rate = -1.0
    assert optimizer.learning_rate == 0.5


def test_an_optimizer_of_ones_own_is_a_formula():
    class Sign(Optimizer):
        """``w -= lr sign(g)``, and counts."""

        slots = ("count",)

        def update(self, parameter, gradient, count):
            count += 1
            ag.updates.assign(parameter, parameter.data - self.learning_rate * np.sign(gradient))

    w = leaf(np.zeros(2))
    optimizer = Sign([w], learning_rate=0.5)
    run(optimizer, w, [np.array([2.0, -3.0])] * 2)
    assert w.tolist() == [-1.0, 1.0]
    assert optimizer.state[0]["count"].tolist() == [2.0, 2.0]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Ftrl(learning_rate_power=0.5), "bad `learning_rate_power`(?s:.*)0 or less"),
        (lambda: Ftrl(beta=-1), "bad `beta`"),
        (lambda: Adafactor(clip_threshold=0), "bad `clip_threshold`(?s:.*)above 0"),
        (lambda: Adafactor(beta_2_decay=0.5), "bad `beta_2_decay`"),
        (lambda: Muon(ns_steps=1.5), "bad `ns_steps`"),
        (lambda: Muon(adam_weight_decay=-1), "Muon: bad `adam_weight_decay`"),
        (lambda: Lion(beta_2=1.0), "Lion: bad `beta_2`"),
        (lambda: AdamW(beta_1=1.0), "AdamW: bad `beta_1`"),
        (lambda: Nadam(epsilon=-1), "Nadam: bad `epsilon`"),
    ],
)
def test_bad_settings_of_the_others(make, text):
    with pytest.raises(ValueError, match=text):
        make()


def test_ftrl_at_a_learning_rate_of_0_stays():
    w = leaf(START)
    run(Ftrl([w], learning_rate=0.0), w, GRADIENTS[:1])
    assert np.array_equal(w.data, START)
