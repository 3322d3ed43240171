"""How far to go along a direction, by values and slopes of the loss on it.

Source: Nocedal and Wright, Numerical Optimization (2nd edition, 2006), chapter 3.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from numpy.typing import NDArray

# A loss may fall this much less than its slope promises, and the slope must become this small.
_ENOUGH, _FLAT = 1e-4, 0.9
_EVALUATIONS = 25


class Point(NamedTuple):
    """The loss after a step along the direction."""

    step: float
    loss: float
    slope: float
    gradient: NDArray[Any]

    def sound(self) -> bool:
        """Whether it is a number and has a slope."""
        return math.isfinite(self.loss) and math.isfinite(self.slope)


Line = Callable[[float], Point]


def armijo(line: Line, start: Point, first: float) -> Point:
    """Shorten the step until the loss falls enough (procedure 3.1); `start` if it never does."""
    step = first
    for _ in range(_EVALUATIONS):
        here = line(step)
        if here.sound() and here.loss <= start.loss + _ENOUGH * step * start.slope:
            return here
        step *= 0.5
    return start


def strong_wolfe(line: Line, start: Point, first: float) -> Point:
    """Find a step after which the loss is lower and its slope small (algorithm 3.5).

    The best one seen if `_EVALUATIONS` do not find such a step; `start` if none is lower.
    """
    before, step = start, first
    for i in range(_EVALUATIONS):
        here = line(step)
        if _too_far(here, start) or (i and here.loss >= before.loss):
            return _zoom(line, start, before, here, _EVALUATIONS - i)
        if abs(here.slope) <= -_FLAT * start.slope:
            return here
        if here.slope >= 0:
            return _zoom(line, start, here, before, _EVALUATIONS - i)
        before, step = here, 2 * step
    return before


def _too_far(here: Point, start: Point) -> bool:
    return not here.sound() or here.loss > start.loss + _ENOUGH * here.step * start.slope


def _zoom(line: Line, start: Point, low: Point, high: Point, evaluations: int) -> Point:
    """Narrow down to a good step between two, of which `low` has the lower loss (3.6)."""
    for _ in range(evaluations):
        here = line(_between(low, high))
        if _too_far(here, start) or here.loss >= low.loss:
            high = here
            continue
        if abs(here.slope) <= -_FLAT * start.slope:
            return here
        if here.slope * (high.step - low.step) >= 0:
            high = low
        low = here
    return low


def _between(a: Point, b: Point) -> float:
    """Where the cubic through two values and slopes is least, kept away from both ends (3.59)."""
    width, middle = b.step - a.step, (a.step + b.step) / 2
    if not b.sound():
        return a.step + width / 10
    d = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.step - b.step) if width else math.nan
    root = math.copysign(math.sqrt(max(d * d - a.slope * b.slope, 0)), width)
    bottom = b.slope - a.slope + 2 * root
    step = b.step - width * (b.slope + root - d) / bottom if bottom else middle
    low, high = sorted((a.step + width / 10, b.step - width / 10))
    return min(max(step, low), high) if math.isfinite(step) else middle
