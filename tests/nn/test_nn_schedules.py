"""Schedules: their corners, how they print, what they refuse. Values: test_reference_optimizers."""

import math

import pytest

from nn.optimizers import Adam, schedules
from nn.optimizers.schedules import (
    CosineDecay,
    CosineDecayRestarts,
    ExponentialDecay,
    InverseTimeDecay,
    LinearWarmup,
    OneCycle,
    PiecewiseConstantDecay,
    PolynomialDecay,
    Schedule,
)


def test_they_print_as_they_were_made_and_compare():
    schedule = ExponentialDecay(0.1, 10, 0.5)
    text = "ExponentialDecay(initial_learning_rate=0.1, decay_steps=10, decay_rate=0.5, "
    assert repr(schedule) == text + "staircase=False)"
    assert schedule == ExponentialDecay(0.1, 10, 0.5) != ExponentialDecay(0.1, 10, 0.6)
    with pytest.raises(AttributeError):
        schedule.decay_steps = 5


def test_they_stay_at_their_end():
    assert PolynomialDecay(0.5, 10, 0.25)(1000) == 0.25
    assert CosineDecay(0.5, 10, alpha=0.5)(1000) == 0.25
    assert OneCycle(0.5, 10)(9) == OneCycle(0.5, 10)(1000) == pytest.approx(0.5 / 25e4)


def test_restarts_start_at_the_top_to_the_step():
    schedule = CosineDecayRestarts(1.0, 3)
    starts = [3, 9, 21, 45, 93, 189, 381, 765]
    assert [schedule(step) for step in starts] == [1.0] * len(starts)
    assert all(schedule(step - 1) < 0.6 for step in starts)
    assert CosineDecayRestarts(1.0, 3, t_mul=1.0)(3 * 10**9) == 1.0


def test_warmup_of_nothing_and_of_a_number():
    assert CosineDecay(0.5, 10, warmup_target=1.0)(0) == 1.0
    schedule = LinearWarmup(0.5, 4, start=0.25)
    assert [schedule(step) for step in (0, 2, 4, 100)] == [0.25, 0.375, 0.5, 0.5]


@pytest.mark.parametrize("total", [1, 2, 3])
def test_the_shortest_cycles(total):
    rates = [OneCycle(1.0, total, warmup_share=0.5)(step) for step in range(total + 2)]
    assert all(math.isfinite(rate) and 0 <= rate <= 1 for rate in rates)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: ExponentialDecay(-1.0, 10, 0.5), "ExponentialDecay: bad `initial_learning_rate`"),
        (lambda: ExponentialDecay(1.0, 0, 0.5), "bad `decay_steps`"),
        (lambda: ExponentialDecay(1.0, 10, 0.0), "bad `decay_rate`(?s:.*)above 0"),
        (lambda: InverseTimeDecay(1.0, 1.5, 0.5), "bad `decay_steps`"),
        (lambda: PolynomialDecay(1.0, 10, power=-1.0), "bad `power`"),
        (lambda: CosineDecay(1.0, 10, alpha=1.5), "bad `alpha`"),
        (lambda: CosineDecay(1.0, 10, warmup_target="high"), "bad `warmup_target`"),
        (lambda: CosineDecay(1.0, 10, warmup_steps=-1), "bad `warmup_steps`"),
        (lambda: CosineDecayRestarts(1.0, 10, t_mul=0.5), "bad `t_mul`"),
        (lambda: PiecewiseConstantDecay([1, 2], [0.1, 0.2]), "one value more than boundaries"),
        (lambda: PiecewiseConstantDecay([2, 1], [0.1, 0.2, 0.3]), "bad `boundaries`"),
        (lambda: PiecewiseConstantDecay([1], [0.1, -0.2]), "bad `values`"),
        (lambda: LinearWarmup(0.1, 0), "bad `warmup_steps`"),
        (lambda: LinearWarmup(-0.1, 5), "bad `after`"),
        (lambda: OneCycle(0.1, 10, div_factor=0.0), "bad `div_factor`"),
    ],
)
def test_refusals(make, text):
    with pytest.raises(ValueError, match=text):
        make()


def test_a_schedule_without_a_formula():
    with pytest.raises(NotImplementedError, match="Schedule: no `__call__`"):
        Schedule()(0)


def test_keras_name_of_the_base_class():
    class Warm(schedules.LearningRateSchedule):
        def __init__(self, rate):
            self.rate = rate

        def __call__(self, step):
            return self.rate / (1 + step)

    assert Adam(Warm(0.5)).learning_rate == 0.5
