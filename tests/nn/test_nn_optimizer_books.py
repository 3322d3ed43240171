"""What all optimizers share: rates, decay, groups, accumulation, averages, saved state."""

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn.optimizers import OPTIMIZERS, SGD, Adam, AdamW, Nadam

RNG = np.random.default_rng(2)
START, GRADIENTS = RNG.standard_normal((4, 3)), RNG.standard_normal((12, 4, 3))


def leaf(array):
    return ag.tensor(array, requires_grad=True)


def run(optimizer, gradients):
    for g in gradients:
        optimizer.zero_grad()
        for i, p in enumerate(optimizer.parameters, start=1):
            p.backward((g * i).astype(p.dtype))
        optimizer.step()


# Rates.


def test_a_schedule_is_asked_before_each_step_from_0_on():
    asked = []
    w = leaf(np.zeros(1))
    optimizer = SGD([w], learning_rate=lambda step: asked.append(step) or 10.0**step)
    run(optimizer, [np.ones(1)] * 3)
    assert w.tolist() == [-111.0]
    assert asked == [0, 1, 2, 3]
    assert optimizer.learning_rate == 1000.0


def test_a_schedule_is_not_overwritten_by_a_number():
    optimizer = SGD(learning_rate=0.5)
    optimizer.learning_rate = lambda step: 1 / (1 + step)
    assert optimizer.learning_rate == 1.0 and optimizer.schedule is not None
    with pytest.raises(TypeError, match=r"follows a schedule(?s:.*)another schedule"):
        optimizer.learning_rate = 0.1
    optimizer.learning_rate = lambda step: 0.5
    assert optimizer.learning_rate == 0.5


def test_a_schedule_that_gives_no_rate_is_refused():
    with pytest.raises(ValueError, match=r"SGD: bad `learning_rate`\n  got:      -1\.0"):
        SGD(learning_rate=lambda step: -1)


def test_repr():
    assert repr(SGD(learning_rate=0.5)) == "<SGD learning_rate=0.5, iterations=0>"


# Weight decay.


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_decay_comes_before_the_update(name):
    settings = {"learning_rate": 0.25, "weight_decay": 0.5}
    decayed, plain = leaf(START), leaf(START * (1 - 0.125))
    with_decay = OPTIMIZERS[name]([decayed], **settings)
    without = OPTIMIZERS[name]([plain], **settings | {"weight_decay": 0.0})
    run(with_decay, GRADIENTS[:1])
    run(without, GRADIENTS[:1])
    np.testing.assert_allclose(decayed.data, plain.data, rtol=1e-12)


def test_parameters_without_gradient_do_not_decay():
    used, unused = leaf(START), leaf(START)
    optimizer = AdamW([used, unused])
    used.sum().backward()
    optimizer.step()
    assert np.array_equal(unused.data, START) and not np.array_equal(used.data, START)


@pytest.mark.parametrize("how", ["list", "names", "names later"])
def test_exclusions(how):
    kernel, bias = leaf(START), leaf(START)
    named = [("dense.kernel", kernel), ("dense.bias", bias)]
    optimizer = SGD(None if how == "names later" else named, weight_decay=0.5, learning_rate=0.5)
    if how == "list":
        optimizer.exclude_from_weight_decay([bias])
    else:
        optimizer.exclude_from_weight_decay(var_names=[r"bias$"])
    optimizer.bind(named)
    for p in (kernel, bias):
        p.backward(np.zeros_like(START))
    optimizer.step()
    np.testing.assert_allclose(kernel.data, START * 0.75)
    assert np.array_equal(bias.data, START)


def test_names_are_needed_to_exclude_by_name():
    optimizer = SGD([leaf(START)], weight_decay=0.5)
    with pytest.raises(ValueError, match=r"no names(?s:.*)model\.named_parameters\(\)"):
        optimizer.exclude_from_weight_decay(var_names=["bias"])


def test_a_models_own_names():
    model = nn.Sequential([nn.Input((3,)), nn.layers.Dense(2, name="out")])
    optimizer = AdamW(model.named_parameters())
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    assert [n.rpartition(".")[2] for n in optimizer.names] == ["kernel", "bias"]


def test_compile_knows_the_names_that_layers_gave():
    model = nn.Sequential([nn.Input((3,)), nn.layers.Dense(2)])
    optimizer = SGD(learning_rate=1.0, weight_decay=1.0)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    model.compile(optimizer, "mse")
    model.set_weights([np.ones((3, 2)), np.ones(2)])
    model.train_on_batch(np.zeros((1, 3), np.float32), np.ones((1, 2), np.float32))
    kernel, bias = model.get_weights()
    assert not kernel.any() and (bias == 1).all()


# Groups.


def test_groups_have_rates_and_decays_of_their_own():
    a, b, c = (leaf(np.ones(2)) for _ in range(3))
    groups = [{"params": [a]}, {"params": [b], "learning_rate": 0.5, "weight_decay": 0.0}]
    optimizer = SGD(
        [*groups, {"params": [c], "learning_rate": lambda t: 0.0}], 0.25, weight_decay=1
    )
    assert optimizer.parameters == [a, b, c]
    for p in (a, b, c):
        p.backward(np.ones(2))
    optimizer.step()
    assert [p.tolist() for p in (a, b, c)] == [[0.5, 0.5], [0.5, 0.5], [1.0, 1.0]]
    assert optimizer.learning_rate == 0.25
    optimizer.groups[1].learning_rate = 1.0
    optimizer.step()
    assert b.tolist() == [-0.5, -0.5]


def test_adam_in_a_group_is_adam_of_its_rate():
    alone, grouped, other = leaf(START), leaf(START), leaf(START)
    run(Adam([alone], learning_rate=0.1, weight_decay=0.3), GRADIENTS)
    groups = [{"params": [grouped], "learning_rate": 0.1, "weight_decay": 0.3}, {"params": [other]}]
    run(Adam(groups, learning_rate=7.0), GRADIENTS)
    assert np.array_equal(alone.data, grouped.data)


@pytest.mark.parametrize(
    ("given", "error", "text"),
    [
        ([{"learning_rate": 0.1}], TypeError, "a group without parameters"),
        ([{"params": leaf(START)}], TypeError, "a group without parameters"),
        ([{"params": [leaf(START)], "lr": 0.1}], ValueError, "a group's setting(?s:.*)'lr'"),
        ([{"params": [leaf(START)], "learning_rate": -1}], ValueError, "bad `learning_rate`"),
        ([{"params": [leaf(START)], "weight_decay": -1}], ValueError, "bad `weight_decay`"),
        ([{"params": []}], TypeError, "no parameters to train"),
        ("fast", TypeError, "got:      'fast'\n  expected: Tensors, such as model.parameters"),
        (["w"], TypeError, "got:      list of 'w'"),
        ([leaf(START)] * 2, ValueError, r"number 0, shape \(4, 3\), 2 times"),
        ([("w", leaf(START))] * 2, ValueError, r"got:      w, shape"),
    ],
)
def test_bad_groups(given, error, text):
    with pytest.raises(error, match=text):
        SGD(given)


# Accumulation.


def test_accumulation_is_the_mean_of_the_gradients():
    several, one = leaf(START), leaf(START)
    optimizer = Adam([several], gradient_accumulation_steps=3, clipnorm=0.5, learning_rate=0.1)
    run(optimizer, GRADIENTS[:2])
    assert np.array_equal(several.data, START) and optimizer.iterations == 0
    run(optimizer, GRADIENTS[2:])
    run(Adam([one], clipnorm=0.5, learning_rate=0.1), GRADIENTS.reshape(4, 3, 4, 3).mean(1))
    np.testing.assert_allclose(several.data, one.data, rtol=1e-12)
    assert optimizer.iterations == 4


def test_a_gradient_that_is_missing_counts_as_zero():
    a, b, never = leaf(np.zeros(1)), leaf(np.zeros(1)), leaf(np.zeros(1))
    optimizer = SGD([a, b, never], 1.0, momentum=0.5, gradient_accumulation_steps=2)
    for p in (a, b):
        optimizer.zero_grad()
        p.backward(np.ones(1))
        optimizer.step()
    assert (a.tolist(), b.tolist(), never.tolist()) == ([-0.5], [-0.5], [0.0])


# Averages.


def test_averages():
    w = leaf(np.zeros(1))
    optimizer = SGD([w], 1.0, use_ema=True, ema_momentum=0.5)
    optimizer.finalize_variable_values()
    assert w.tolist() == [0.0]
    run(optimizer, [-np.ones(1)] * 3)
    assert w.tolist() == [3.0]
    optimizer.finalize_variable_values()
    assert w.tolist() == [2.25]  # 1, then halfway to 2, then halfway to 3


def test_without_averages_nothing_is_put_back():
    w = leaf(np.zeros(1))
    optimizer = SGD([w], 1.0)
    run(optimizer, [np.ones(1)])
    optimizer.finalize_variable_values()
    assert w.tolist() == [-1.0]


# The state.


ALL = [(name, {}) for name in OPTIMIZERS] + [
    ("sgd", {"momentum": 0.9}),
    ("rmsprop", {"momentum": 0.9, "centered": True}),
    ("adam", {"amsgrad": True, "weight_decay": 0.1, "use_ema": True, "ema_overwrite_frequency": 3}),
    ("nadam", {"gradient_accumulation_steps": 3, "learning_rate": lambda t: 0.1 / (1 + t)}),
]


@pytest.mark.parametrize(("name", "settings"), ALL)
@pytest.mark.parametrize("stop", [0, 1, 5])
def test_resuming_goes_on_as_if_nothing_had_happened(name, settings, stop):
    settings = {"learning_rate": 0.1} | settings
    through, stopped = [leaf(START), leaf(START[0])], [leaf(START), leaf(START[0])]
    gradients = [[g, g[0]] for g in GRADIENTS]

    def train(optimizer, parameters, steps):
        for g in steps:
            optimizer.zero_grad()
            for p, own in zip(parameters, g, strict=True):
                p.backward(own)
            optimizer.step()

    train(OPTIMIZERS[name](through, **settings), through, gradients)
    first = OPTIMIZERS[name](stopped, **settings)
    train(first, stopped, gradients[:stop])
    saved = first.state_dict()
    resumed = [leaf(p.data.copy()) for p in stopped]
    train(first, stopped, gradients[stop:])  # must not reach into what was saved
    second = OPTIMIZERS[name](resumed, **settings)
    second.load_state(saved)
    train(second, resumed, gradients[stop:])
    for p, q in zip(through, resumed, strict=True):
        assert np.array_equal(p.data, q.data)


def test_names_of_the_state():
    optimizer = Nadam([("kernel", leaf(START))], learning_rate=0.5)
    assert {k: (a.shape, a.dtype.kind) for k, a in optimizer.state_dict().items()} == {
        "steps": ((), "i"),
        "learning_rate": ((), "f"),
        "momentum_product": ((), "f"),
        "momentum_product_step": ((), "f"),
        "kernel.m": ((4, 3), "f"),
        "kernel.v": ((4, 3), "f"),
    }
    assert "0.m" in Nadam([leaf(START)]).state_dict()


def test_the_rates_of_groups_are_kept():
    groups = [{"params": [leaf(START)], "learning_rate": 0.5}, {"params": [leaf(START)]}]
    optimizer = SGD(groups, learning_rate=0.25)
    saved = optimizer.state_dict()
    optimizer.groups[0].learning_rate = optimizer.learning_rate = 1.0
    optimizer.load_state(saved)
    assert (optimizer.groups[0].learning_rate, optimizer.learning_rate) == (0.5, 0.25)


def test_a_state_of_another_is_refused_whole():
    w = leaf(START)
    ours, theirs = Adam([w]), Adam([leaf(START[:2].astype(np.float32))], use_ema=True)
    saved = theirs.state_dict() | {"steps": np.array(7)}
    with pytest.raises(ValueError, match="not this optimizer's") as caught:
        ours.load_state(saved)
    text = str(caught.value)
    assert "0.m: float32 (2, 3) in the state, float64 (4, 3) here" in text
    assert "0.average: not in this optimizer" in text
    assert ours.iterations == 0
    del saved["0.average"], saved["0.v"]
    with pytest.raises(ValueError, match=r"0\.v: not in the state"):
        ours.load_state(saved)


def test_settings_that_are_refused():
    for settings, text in (
        ({"weight_decay": -0.1}, "SGD: bad `weight_decay`"),
        ({"ema_momentum": 1.5}, "bad `ema_momentum`"),
        ({"ema_overwrite_frequency": 1.5}, "bad `ema_overwrite_frequency`"),
        ({"gradient_accumulation_steps": 1}, "bad `gradient_accumulation_steps`(?s:.*)2 or more"),
        ({"gradient_accumulation_steps": 2.5}, "bad `gradient_accumulation_steps`"),
    ):
        with pytest.raises(ValueError, match=text):
            SGD(**settings)
    assert SGD(ema_momentum=1).ema_momentum == 1
