"""Learning rates that change with the steps: small pure functions with Keras' names and formulas.

Give one to an optimizer as its `learning_rate`. Steps count from 0.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from autograd_lite.errors import explain
from nn.checks import count, positive_int, real
from nn.foreign import Foreign
from nn.optimizers.groups import positive

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "LinearWarmup",
    "OneCycle",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "Schedule",
]


class Schedule(metaclass=Foreign):
    """A function of the number of steps taken. Subclasses are dataclasses that define `__call__`.

    Example:
        >>> from dataclasses import dataclass
        >>> @dataclass(frozen=True)
        ... class Halving(Schedule):
        ...     every: int
        ...
        ...     def __call__(self, step):
        ...         return 0.5 ** (step // self.every)
        >>> Halving(10)(25), Halving(10)
        (0.25, Halving(every=10))
    """

    foreign: ClassVar = {"name": None}

    def __call__(self, step: int) -> float:
        """The learning rate of the step after `step` steps."""
        raise NotImplementedError(
            explain(type(self).__name__, "no `__call__`", fix="define __call__(self, step)")
        )

    def _check(self, **bounds: tuple[float, float]) -> None:
        """Refuse settings outside of ``[low, high)``."""
        for name, (low, high) in bounds.items():
            real(type(self).__name__, name, getattr(self, name), low, high)

    def _check_positive(self, *names: str) -> None:
        for name in names:
            positive(type(self).__name__, name, getattr(self, name))

    def _check_lengths(self, *names: str) -> None:
        for name in names:
            positive_int(type(self).__name__, name, getattr(self, name))


# Keras' other name.
LearningRateSchedule = Schedule

_ANY = (0.0, math.inf)
_SHARE = (0.0, math.nextafter(1.0, 2.0))


@dataclass(frozen=True)
class ExponentialDecay(Schedule):
    """``lr * rate^(step / decay_steps)``.

    Args:
        initial_learning_rate: lr.
        decay_steps: Steps in which the learning rate falls by the factor `decay_rate`.
        decay_rate: rate.
        staircase: Whether ``step / decay_steps`` is rounded down.

    Example:
        >>> ExponentialDecay(0.5, decay_steps=10, decay_rate=0.25)(5)
        0.25
    """

    initial_learning_rate: float
    decay_steps: int
    decay_rate: float
    staircase: bool = False

    def __post_init__(self) -> None:
        self._check(initial_learning_rate=_ANY)
        self._check_positive("decay_rate")
        self._check_lengths("decay_steps")

    def __call__(self, step: int) -> float:
        """The learning rate of the step after `step` steps."""
        turns = step // self.decay_steps if self.staircase else step / self.decay_steps
        return self.initial_learning_rate * self.decay_rate**turns


@dataclass(frozen=True)
class InverseTimeDecay(Schedule):
    """``lr / (1 + rate * step / decay_steps)``.

    Args:
        initial_learning_rate: lr.
        decay_steps: How many steps count as one.
        decay_rate: rate.
        staircase: Whether ``step / decay_steps`` is rounded down.

    Example:
        >>> InverseTimeDecay(0.5, decay_steps=10, decay_rate=2.0)(5)
        0.25
    """

    initial_learning_rate: float
    decay_steps: int
    decay_rate: float
    staircase: bool = False

    def __post_init__(self) -> None:
        self._check(initial_learning_rate=_ANY, decay_rate=_ANY)
        self._check_lengths("decay_steps")

    def __call__(self, step: int) -> float:
        """The learning rate of the step after `step` steps."""
        turns = step // self.decay_steps if self.staircase else step / self.decay_steps
        return self.initial_learning_rate / (1 + self.decay_rate * turns)


@dataclass(frozen=True)
class PolynomialDecay(Schedule):
    """``(lr - end) (1 - step / decay_steps)^power + end``, and `end` from `decay_steps` on.

    Args:
        initial_learning_rate: lr.
        decay_steps: Steps to the end.
        end_learning_rate: end.
        power: 1 is a straight line.
        cycle: Whether to go on, each time the end is reached, with `decay_steps` times 2, 3, ...

    Example:
        >>> PolynomialDecay(0.5, decay_steps=10, end_learning_rate=0.25)(5)
        0.375
    """

    initial_learning_rate: float
    decay_steps: int
    end_learning_rate: float = 0.0001
    power: float = 1.0
    cycle: bool = False

    def __post_init__(self) -> None:
        self._check(initial_learning_rate=_ANY, end_learning_rate=_ANY, power=_ANY)
        self._check_lengths("decay_steps")

    def __call__(self, step: int) -> float:
        """The learning rate of the step after `step` steps."""
        steps: int = self.decay_steps
        if self.cycle:
            steps *= max(1, math.ceil(step / steps))
        left = 1 - min(step, steps) / steps
        end = self.end_learning_rate
        return (self.initial_learning_rate - end) * left**self.power + end


@dataclass(frozen=True)
class PiecewiseConstantDecay(Schedule):
    """``values[i]`` up to and with step ``boundaries[i]``, the last value ever after.

    Args:
        boundaries: Steps, growing.
        values: Learning rates, one more than boundaries.

    Example:
        >>> schedule = PiecewiseConstantDecay([100, 200], [0.1, 0.01, 0.001])
        >>> schedule(100), schedule(101), schedule(1000)
        (0.1, 0.01, 0.001)
    """

    boundaries: Sequence[int]
    values: Sequence[float]

    def __post_init__(self) -> None:
        where = type(self).__name__
        for value in self.values:
            real(where, "values", value)
        if sorted(set(self.boundaries)) != list(self.boundaries):
            got, expected = repr(self.boundaries), "growing numbers"
            raise ValueError(explain(where, "bad `boundaries`", got=got, expected=expected))
        if len(self.values) != len(self.boundaries) + 1:
            got = f"{len(self.boundaries)} boundaries, {len(self.values)} values"
            expected = "one value more than boundaries"
            raise ValueError(explain(where, "bad `values`", got=got, expected=expected))

    def __call__(self, step: int) -> float:
        """The learning rate of the step after `step` steps."""
        return self.values[bisect_left(self.boundaries, step)]


@dataclass(frozen=True)
class CosineDecay(Schedule):
    """``lr ((1 - alpha) (1 + cos(pi step / decay_steps)) / 2 + alpha)``, constant from the end on.

    With a `warmup_target`, a straight line from lr to it comes first, and the cosine starts there.

    Args:
        initial_learning_rate: lr.
        decay_steps: Steps of the cosine.
        alpha: The share of the learning rate that is left at the end.
        warmup_target: The learning rate after the warmup, or None for no warmup.
        warmup_steps: Steps of the warmup.

    Source:
        Loshchilov and Hutter, SGDR (2017).

    Example:
        >>> schedule = CosineDecay(0.0, 10, alpha=0.5, warmup_target=1.0, warmup_steps=4)
        >>> schedule(2), schedule(4), schedule(9), schedule(14)
        (0.5, 1.0, 0.75, 0.5)
    """

    initial_learning_rate: float
    decay_steps: int
    alpha: float = 0.0
    warmup_target: float | None = None
    warmup_steps: int = 0

    def __post_init__(self) -> None:
        self._check(initial_learning_rate=_ANY, alpha=_SHARE)
        if self.warmup_target is not None:
            self._check(warmup_target=_ANY)
        self._check_lengths("decay_steps")
        count(type(self).__name__, "warmup_steps", self.warmup_steps)

    def __call__(self, step: int) -> float:
        """The learning rate of the step after `step` steps."""
        start, target = self.initial_learning_rate, self.warmup_target
        if target is not None:
            if step < self.warmup_steps:
                return start + (target - start) * (step / self.warmup_steps)
            start, step = target, step - self.warmup_steps
        return start * _cosine(min(step / self.decay_steps, 1), self.alpha)


@dataclass(frozen=True)
class CosineDecayRestarts(Schedule):
    """Cosines as in `CosineDecay`, one after the other, each longer and starting lower.

    Args:
        initial_learning_rate: Where the first starts.
        first_decay_steps: Its steps.
        t_mul: How much longer each is than the one before; at least 1.
        m_mul: How much of the start of the one before each starts at.
        alpha: The share of the first start that is the least.

    Source:
        Loshchilov and Hutter, SGDR (2017).

    Example:
        >>> schedule = CosineDecayRestarts(1.0, 10, m_mul=0.5)
        >>> schedule(5), schedule(10), schedule(20), schedule(30)
        (0.5, 0.5, 0.25, 0.25)
    """

    initial_learning_rate: float
    first_decay_steps: int
    t_mul: float = 2.0
    m_mul: float = 1.0
    alpha: float = 0.0

    def __post_init__(self) -> None:
        self._check(initial_learning_rate=_ANY, t_mul=(1.0, math.inf), m_mul=_ANY, alpha=_SHARE)
        self._check_lengths("first_decay_steps")

    def __call__(self, step: int) -> float:
        """The learning rate of the step after `step` steps."""
        length, height, left = float(self.first_decay_steps), 1.0, float(step)
        if self.t_mul == 1.0:
            turns, left = divmod(left, length)
            height = self.m_mul**turns
        while left >= length:
            left -= length
            length *= self.t_mul
            height *= self.m_mul
        return self.initial_learning_rate * _cosine(left / length, self.alpha, height)


@dataclass(frozen=True)
class LinearWarmup(Schedule):
    """A straight line up to a learning rate, or to the start of another schedule, and then that.

    Args:
        after: A number, or a schedule, whose steps count from the end of the warmup.
        warmup_steps: Steps of the line.
        start: Where it starts.

    Example:
        >>> schedule = LinearWarmup(ExponentialDecay(1.0, 10, 0.5), warmup_steps=4)
        >>> schedule(0), schedule(1), schedule(4), schedule(14)
        (0.0, 0.25, 1.0, 0.5)
    """

    after: float | Callable[[int], float]
    warmup_steps: int
    start: float = 0.0

    def __post_init__(self) -> None:
        if not callable(self.after):
            self._check(after=_ANY)
        self._check(start=_ANY)
        self._check_lengths("warmup_steps")

    def __call__(self, step: int) -> float:
        """The learning rate of the step after `step` steps."""
        later = max(step - self.warmup_steps, 0)
        rate = self.after(later) if callable(self.after) else self.after
        share = min(step / self.warmup_steps, 1)
        return self.start + (rate - self.start) * share if share < 1 else rate


@dataclass(frozen=True)
class OneCycle(Schedule):
    """Half a cosine up to the highest learning rate, half a cosine down to nearly nothing.

    From ``max_learning_rate / div_factor`` up, and down to the start over `final_div_factor`.

    Args:
        max_learning_rate: The highest.
        total_steps: Steps of all the training; constant after them.
        warmup_share: The share of the steps that go up.
        div_factor: The highest over the first.
        final_div_factor: The first over the last.

    Source:
        Smith and Topin, Super-convergence (2018), with PyTorch's defaults.

    Example:
        >>> schedule = OneCycle(1.0, total_steps=10)
        >>> schedule(0), schedule(2), schedule(9) < 1e-5
        (0.04, 1.0, True)
    """

    max_learning_rate: float
    total_steps: int
    warmup_share: float = 0.3
    div_factor: float = 25.0
    final_div_factor: float = 1e4

    def __post_init__(self) -> None:
        self._check(max_learning_rate=_ANY, warmup_share=_SHARE)
        self._check_positive("div_factor", "final_div_factor")
        self._check_lengths("total_steps")

    def __call__(self, step: int) -> float:
        """The learning rate of the step after `step` steps."""
        top = self.max_learning_rate
        first = top / self.div_factor
        turn = self.warmup_share * self.total_steps - 1
        last = self.total_steps - 1
        if step <= turn:
            return first + (top - first) * (1 - _cosine(step / turn if turn else 1.0))
        end = first / self.final_div_factor
        share = min((step - turn) / (last - turn), 1) if last > turn else 1.0
        return end + (top - end) * _cosine(share)


def _cosine(share: float, least: float = 0.0, most: float = 1.0) -> float:
    """From `most` at 0 down to 0 at 1 by half a cosine, squeezed into what is above `least`."""
    return (1 - least) * most * (1 + math.cos(math.pi * share)) / 2 + least
