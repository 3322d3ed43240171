"""Derivatives without rules: Richardson's extrapolation with an error bar, noise, sides of a kink.

Everything here sees f along one line: `line(t)` is f at a distance t, in units in which a step of
one is the size of the arguments. It returns a vector, with NaN where f could not be computed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Line = Callable[[float], Any]

EPS = float(np.finfo(np.float64).eps)
STEP = 2.0**-9
LADDER = (2.0**-5, 2.0**-10, 2.0**-15, 2.0**5, 2.0**-20)
"""Further steps, in units of the first, to be tried where it was not good enough."""


class Estimate(NamedTuple):
    """A derivative along a line, for each output.

    Attributes:
        value: The derivative; NaN where f is not finite on both sides.
        bar: How far off it may be.
        bend: By how much the slopes of the two sides differ, or f jumps; 0 where f is smooth.
        size: The largest value of f that was seen.
    """

    value: Any
    bar: Any
    bend: Any
    size: Any

    def is_good(self) -> Any:
        """Where nothing is gained by another step."""
        scale = np.abs(self.value)
        return (self.bend == 0) & (self.bar <= 1e-7 * np.maximum(scale, scale.max(initial=0)))


def slope(line: Line, middle: Any, step: float, noise: Any = EPS) -> Estimate:
    """The derivative by central differences over three steps, each half of the last.

    Richardson's extrapolation cancels the error terms of order 2 and 4; what the last cancellation
    changed, before the change is divided by 15, is the error bar. Rounding adds `noise` times f,
    over the step.
    """
    sizes = step, step / 2, step / 4
    sides = [(line(h), line(-h)) for h in sizes]
    first, second, third = ((p - m) / (2 * h) for (p, m), h in zip(sides, sizes, strict=True))
    coarse, fine = (4 * second - first) / 3, (4 * third - second) / 3
    value = (16 * fine - coarse) / 15
    magnitude = np.maximum(np.abs(middle), np.abs(sides[0][0]))
    rounding = 16 * noise * magnitude / step
    wide, narrow = (
        np.abs(p + m - 2 * middle) / h
        for (p, m), h in zip((sides[0], sides[2]), (sizes[0], sizes[2]), strict=True)
    )
    is_bent = (narrow > wide / 2) & (narrow > 64 * rounding + 1e-9 * np.abs(value))
    jumps = (np.abs(third) > 2 * np.abs(first)) & (np.abs(third) > 64 * rounding)
    bend = np.where(is_bent, narrow, 0.0) + np.where(jumps, np.abs(third), 0.0)
    return Estimate(value, np.abs(fine - coarse) + rounding, bend, magnitude)


def refined(line: Line, middle: Any, step: float = STEP, noise: Any = EPS) -> Estimate:
    """`slope`, with other steps where the first is too coarse, too fine, or leaves the domain."""
    best = slope(line, middle, step, noise)
    for factor in LADDER:
        if best.is_good().all():
            break
        best = _better(best, slope(line, middle, step * factor, noise), middle, step * factor)
    return best


def _better(old: Estimate, new: Estimate, middle: Any, step: float) -> Estimate:
    """Of two estimates the narrower, and a smooth one before one that has a kink in reach."""
    resolution = 1024 * EPS * np.abs(middle) / step + new.bar
    gap = np.abs(new.value - old.value)
    smooth = (new.bend == 0) & (old.bend == 0)
    # Between the steps of a quantised f all looks smooth, and the slope is not that of f.
    bar = np.where(smooth & (gap > 2 * (old.bar + new.bar)), gap, new.bar)
    new = new._replace(bar=bar)
    straight = (old.bend > 0) & (new.bend == 0) & (resolution < old.bend / 4)
    narrower = ~(new.bar >= old.bar) & (np.isfinite(new.bar) | ~np.isfinite(old.bar))
    take = straight | (narrower & ((new.bend == 0) | (old.bend > 0)))
    better = Estimate(*(np.where(take, n, o) for n, o in zip(new, old, strict=True)))
    return better._replace(size=np.fmax(old.size, new.size))


def for_noise(line: Line, middle: Any, noise: Any) -> Estimate:
    """`slope` with the steps that suit a noisy f: wide ones."""
    widest, noise = float(np.max(noise)) ** (1 / 7), 4 * noise
    best = slope(line, middle, widest, noise)
    for part in (2, 4, 8):
        best = _better(best, slope(line, middle, widest / part, noise), middle, widest / part)
    return best


FINE, COARSE = 2.0**-36, 2.0**-12


def noise_of(line: Line, middle: Any, spacing: float = FINE) -> Any:
    """The relative noise of f, for each output: how far neighbouring values scatter.

    High differences of a smooth function vanish, those of noise do not: their size over that of
    the binomial coefficients is the noise (Hamming; More and Wild, Estimating computational
    noise, 2011). The error of an iterative solver is smooth on a fine scale and shows on a coarse
    one, where a kink looks like noise too. The two sides are looked at apart: the fine scale takes
    the quieter one, and so does not take a kink in the middle for noise.
    """
    pick: Any = np.fmin if spacing == FINE else np.fmax
    found = np.full(np.shape(middle), np.nan)
    for sign in (-1, 1):
        table = np.array([line(sign * k * spacing) for k in range(1, 10)])
        spread = np.sqrt(np.mean(np.diff(table, 6, axis=0) ** 2, axis=0) / math.comb(12, 6))
        size = np.abs(table).max(axis=0)
        with np.errstate(all="ignore"):
            found = pick(found, np.where(size > 0, spread / size, 0))
    return np.fmax(found, EPS)


class Side(NamedTuple):
    """What f does on one side of a point: the limits of its value and slope, with a bar."""

    value: float
    slope: float
    bar: float


def side(line: Line, sign: int, output: int) -> Side:
    """The limits from one side, by a polynomial through six points that leave the middle out."""
    best = Side(np.nan, np.nan, np.inf)
    previous = None
    for exponent in (9, 11, 14, 16, 19, 21):
        h = sign * 2.0**-exponent
        values = np.array([line(k * h)[output] for k in range(1, 7)])
        now = float(AT_ZERO @ values), float(SLOPE_AT_ZERO @ values / h)
        if previous is not None and exponent in (11, 16, 21):
            bar = abs(now[1] - previous[1]) + 64 * EPS * float(np.abs(values).max()) / abs(h)
            if bar < best.bar:
                best = Side(*now, bar)
        previous = now
    tiny = best.bar + 1e-7 * abs(best.value)
    return best._replace(slope=0.0) if abs(best.slope) <= tiny else best


def _weights() -> tuple[Any, Any]:
    """Weights of values at 1..6 that give a polynomial's value and slope at 0."""
    powers = np.vander(np.arange(1.0, 7.0), increasing=True)
    inverse = np.linalg.inv(powers)
    return inverse[0], inverse[1]


AT_ZERO, SLOPE_AT_ZERO = _weights()


def growth(line: Line, middle: Any, sign: int, output: int) -> float:
    """The one-sided slope if it grows without bound as the step shrinks: +-inf, else NaN.

    A jump, whose slope grows as 1/step, is not meant: its two limits differ.
    """
    quotients = [
        float((line(sign * 2.0**-k)[output] - middle[output]) / (sign * 2.0**-k))
        for k in (8, 18, 28)
    ]
    if not np.isfinite(quotients).all() or 0 in quotients:
        return math.nan
    first, second, third = np.abs(quotients)
    grows = 1.5 < second / first < 700 and 1.5 < third / second < 700
    return math.copysign(math.inf, quotients[2]) if grows else math.nan
