"""Derivatives of one order, compared: the whole Jacobian, or directions of it, then entries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.testing import analytic
from autograd_lite.testing.differences import (
    COARSE,
    EPS,
    STEP,
    Estimate,
    for_noise,
    growth,
    noise_of,
    refined,
    side,
    slope,
)
from autograd_lite.testing.problem import Problem
from autograd_lite.testing.report import WORST, Entry

FULL = 4096
"""Up to so many entries the whole Jacobian is compared, above it directions and some entries."""
WIDE = 256
CLOSE = 256
"""At most so many entries are looked at closely for one order."""
CLOSE_ENOUGH = 1e-8
"""What rounding in a rule may do, relative to the derivatives around; float32 does more."""
LOOSE = 1e-3
"""An error bar wider than this, relative to the derivatives around, proves nothing."""


class Tolerance(NamedTuple):
    """What the user allows beyond the error bar: ``atol * max(1, largest) + rtol * |numeric|``."""

    eps: float = STEP
    atol: float = 0.0
    rtol: float = 0.0


class Level:
    """The derivative of one order: of f, of its pullback with a fixed seed, and so on.

    All is in units of `Problem.steps`: a column of a Jacobian says what one such step changes.

    Attributes:
        middle: The function of this order at the place.
        entries: What was looked at closely.
        worst: The largest difference, relative to the derivatives around.
    """

    def __init__(
        self, problem: Problem, seeds: Sequence[Any], tolerance: Tolerance, rng: Any
    ) -> None:
        self.problem, self.seeds, self.tolerance, self.rng = problem, seeds, tolerance, rng
        self.leaves, self.outs = problem.record()
        if seeds:
            self.outs = problem.chain(self.leaves, self.outs, seeds, create_graph=True)
            shapes = zip(self.outs, self.leaves, strict=True)
            self.outs = [np.zeros(x.shape, x.dtype) if g is None else g for g, x in shapes]
            self.middle = problem.vector(self.outs) * problem.steps
        else:
            self.middle = problem.middle
        self.entries: list[Entry] = []
        self.notes: list[str] = []
        self.worst, self.method = 0.0, "differences"
        self.unfinished = self.partial = False

    def value(self, vector: Any) -> Any:
        """The function of this order, elsewhere."""
        if self.seeds:
            return self.problem.pulled(vector, self.seeds) * self.problem.steps
        return self.problem.value(vector)

    def pull(self, seed: Any) -> Any:
        """The rules' ``seed @ J``, in units of steps."""
        if self.seeds:
            seed = seed * self.problem.steps
        pulled = self.problem.chain(self.leaves, self.outs, [seed])
        return self.problem.vector(pulled) * self.problem.steps

    def line(self, direction: Any, weights: Any = None) -> Callable[[float], Any]:
        """The function along a direction; with weights, their product with it."""
        problem, shift = self.problem, self.problem.steps * direction

        def at(t: float) -> Any:
            try:
                value = self.value(problem.x + t * shift)
            except Exception:  # f may raise whatever it likes outside of its domain
                problem.restore()
                value = np.full(self.middle.shape, np.nan)
            return value if weights is None else np.array([weights @ value])

        return at

    def unit(self, j: int) -> Any:
        """The direction of one entry."""
        direction = np.zeros(self.problem.x.size)
        direction[j] = 1
        return direction

    def check(self) -> None:
        """Compare all there is to compare."""
        n, m = self.problem.x.size, self.middle.size
        if not n or not m:
            return
        if not self.seeds and n * m <= FULL and n <= WIDE:
            self.whole()
        else:
            self.directions()

    def whole(self) -> None:
        """Every entry of the Jacobian."""
        n, m = self.problem.x.size, self.middle.size
        exact = np.array([self.pull(row) for row in np.eye(m)])
        columns = analytic.columns(self.problem, self.outs)
        known = n
        if columns is not None:
            self.method = "complex step"
            estimate = columns
        else:
            found = []
            for j in range(n):
                if self._late():
                    break
                found.append(slope(self.line(self.unit(j)), self.middle, self.tolerance.eps))
            known, nothing = len(found), np.full(m, np.nan)
            found += [Estimate(nothing, nothing, np.zeros(m), np.zeros(m))] * (n - len(found))
            estimate = Estimate(*(np.array(part).T for part in zip(*found, strict=True)))
        doubtful = self.doubtful(exact, estimate, self.spans())
        self.look(doubtful & (np.arange(n) < known), exact)

    def directions(self) -> None:
        """Random directions, all outputs at once, then single entries of a random combination."""
        for _ in range(2):
            if self._late():
                return
            u = draw(self.rng, self.problem.x.size)
            estimate = refined(self.line(u), self.middle, self.tolerance.eps)
            if self.seeds:
                self.hessian_along(u, estimate)
            else:
                self.combination(u, estimate)

    def hessian_along(self, u: Any, estimate: Estimate) -> None:
        """Compare ``H u``. A Hessian is its own transpose, so one pull gives all of it."""
        estimate = Estimate(*(part[None] for part in estimate))
        doubtful = self.doubtful(self.pull(u)[None], estimate, self.spans())
        for i in np.flatnonzero(doubtful)[:WORST]:
            known = len(self.entries)
            self.search(np.eye(1, self.middle.size, i)[0])
            if len(self.entries) == known:
                self.search_column(int(i))

    def combination(self, u: Any, estimate: Estimate) -> None:
        """Compare ``w @ J u`` for a random w, and some entries of ``w @ J``."""
        w = draw(self.rng, self.middle.size)
        row = self.pull(w)
        total = [np.abs(w) @ part for part in estimate[1:]]
        estimate = Estimate(*(np.array([[part]]) for part in (w @ estimate.value, *total)))
        scale = np.array([[np.abs(row).max()]])
        if self.doubtful(np.array([[row @ u]]), estimate, [slice(0, 1)], scale).any():
            self.search(w)
        self.probe(w, row)

    def probe(self, w: Any, row: Any) -> None:
        """Entries of ``w @ J``: each leaf's largest, some where ours is zero, some where not."""
        size = np.abs(row)
        chosen = [s.start + size[s].argmax() for s in self.spans() if s.stop > s.start]
        for group in (np.flatnonzero(size == 0), np.flatnonzero(size)):
            if group.size:
                chosen += [*self.rng.choice(group, min(3, group.size), replace=False)]
        for j in dict.fromkeys(map(int, chosen)):
            if self._late():
                return
            self.judge(w, j, row)

    def search(self, w: Any) -> None:
        """Find the entries that make ``w @ J`` doubtful, by halving."""
        row = self.pull(w)
        left = np.arange(row.size)
        for _ in range(2 * WORST):
            if self._late() or not left.size or not self.differs(w, row, left):
                return
            part = left
            while part.size > 1:
                half = part[: part.size // 2]
                part = half if self.differs(w, row, half) else part[part.size // 2 :]
            self.judge(w, int(part[0]), row)
            if len([e for e in self.entries if e.kind != "right"]) >= WORST:
                return
            left = left[left != part[0]]
        self.partial = True

    def search_column(self, j: int) -> None:
        """Find the output whose derivative by entry j is wrong, by halving, if there is one."""
        left = np.arange(self.middle.size)
        while left.size > 1:
            half = left[: left.size // 2]
            w = np.zeros(self.middle.size)
            w[half] = draw(self.rng, half.size)
            row = self.pull(w)
            verdict = self.verdict(w, j, float(row[j]), float(np.abs(row).max()))
            left = left[left.size // 2 :] if verdict[0] in ("right", "kink") else half
        w = np.eye(1, self.middle.size, left[0])[0]
        self.judge(w, j, self.pull(w))

    def differs(self, w: Any, row: Any, chosen: Any) -> bool:
        """Whether the chosen entries, varied together, do not do what ``w @ J`` says."""
        u = np.zeros(row.size)
        u[chosen] = draw(self.rng, len(chosen))
        middle = np.array([w @ self.middle])
        estimate = refined(self.line(u, w), middle, self.tolerance.eps)
        estimate = Estimate(*(part[:, None] for part in estimate))
        scale = np.array([[np.abs(row[chosen]).max(initial=0)]])
        return bool(self.doubtful(np.array([[row @ u]]), estimate, [slice(0, 1)], scale).any())

    def look(self, doubtful: Any, exact: Any) -> None:
        """Look closely at doubtful entries of a Jacobian."""
        infinite = np.isinf(exact).any(axis=0)
        for j in np.flatnonzero(infinite & np.isnan(exact).any(axis=0)):
            leaf = self.problem.leaf_at(int(j))
            self.notes.append(
                f"the derivative by {leaf.name} at index {leaf.index(int(j))} is infinite, and so "
                "the gradient is NaN where what comes in is zero (0 * inf)"
            )
        finite = np.isfinite(self.middle)
        pairs = np.argwhere(doubtful & finite[:, None] & ~(np.isnan(exact) & infinite))
        bad = 0
        for i, j in pairs[:CLOSE]:
            if bad >= WORST:
                return
            w = np.eye(1, self.middle.size, i)[0]
            entry = self.judge(w, int(j), exact[i], int(i))
            bad += entry.kind not in ("right", "kink")
        self.partial |= len(pairs) > CLOSE

    def doubtful(self, exact: Any, estimate: Estimate, spans: Any, scale: Any = None) -> Any:
        """Where a Jacobian and its estimate are not surely the same, or f is not surely smooth."""
        if scale is None:
            scale = scale_of(exact, estimate.value, spans)
        difference = np.abs(exact - estimate.value)
        allowed = estimate.bar + self.allowance(scale, estimate.value)
        wide = estimate.bar > self.widest(scale, estimate.size)
        found = ~(difference <= allowed) | (estimate.bend > 0) | wide
        fine = ~found & (scale > 1e-6 * estimate.size)
        self.worst = max(self.worst, (difference[fine] / scale[fine]).max(initial=0))
        return found

    def allowance(self, scale: Any, numeric: Any) -> Any:
        """What rounding in the rules, and the user, allow."""
        user = self.tolerance
        return CLOSE_ENOUGH * scale + user.atol * np.maximum(1, scale) + user.rtol * np.abs(numeric)

    def widest(self, scale: Any, size: Any) -> Any:
        """The widest error bar that still means something."""
        finite = np.abs(self.middle[np.isfinite(self.middle)])
        least = 1e-6 * size + 1e-10 * finite.max(initial=0) + 1e-300
        return LOOSE * scale + least + 2 * self.allowance(scale, scale)

    def spans(self) -> list[slice]:
        """The leaves' places among the columns."""
        return [leaf.span for leaf in self.problem.leaves]

    def judge(self, w: Any, j: int, row: Any, output: int | None = None) -> Entry:
        """Look closely at one entry of ``w @ J``, of which `row` is what the rules say."""
        leaf = self.problem.leaf_at(j)
        scale = float(np.abs(np.where(np.isfinite(row), row, 0))[leaf.span].max(initial=0))
        kind, numeric, bar, why, sides = self.verdict(w, j, float(row[j]), scale)
        step = float(self.problem.steps[j])
        if output is None and np.count_nonzero(w) == 1:
            output = int(np.flatnonzero(w)[0])
        if self.seeds and output is not None:
            step *= float(self.problem.steps[output])
        entry = Entry(
            kind,
            leaf.name,
            leaf.index(j),
            self._output(output),
            float(row[j]) / step,
            numeric / step,
            bar / step,
            why,
            None if sides is None else (sides[0] / step, sides[1] / step),
            abs(float(row[j]) - numeric) / (scale or 1),
        )
        if kind != "right":
            known = {(e.argument, e.index, e.output) for e in self.entries}
            if (entry.argument, entry.index, entry.output) not in known:
                self.entries.append(entry)
        elif bar < LOOSE * scale:
            self.worst = max(self.worst, entry.excess)
        return entry

    def _output(self, i: int | None) -> str:
        if i is None:
            return "a random combination of the results"
        if not self.seeds:
            return self.problem.output_name(i)
        leaf = self.problem.leaf_at(i)
        return f"the gradient by {leaf.name} at {leaf.index(i)}"

    def verdict(self, w: Any, j: int, ours: float, scale: float) -> tuple[Any, ...]:
        """``(kind, numeric, bar, what dominates the bar, slopes of the sides)``."""
        line, middle = self.line(self.unit(j), w), np.array([w @ self.middle])
        if not np.isfinite(middle).all():
            return "edge", np.nan, np.inf, "", None
        noise = noise_of(line, middle)
        best = refined(line, middle, self.tolerance.eps, noise)
        kind = self.compare(best, noise, ours, scale)
        if kind == "sided":
            allowed = float(self.allowance(scale, 0.0))
            return self.sided(line, middle, ours, allowed)
        if kind != "right":
            coarse = np.maximum(noise, noise_of(line, middle, COARSE))
            if coarse[0] > 64 * EPS:
                wide = for_noise(line, middle, coarse)
                again = self.compare(wide, coarse, ours, scale)
                if again != "sided":
                    kind, best, noise = again, wide, coarse
        why = "the noise of f" if noise[0] > 64 * EPS else "truncation or rounding"
        return kind, float(best.value[0]), float(best.bar[0]), why, None

    def compare(self, estimate: Estimate, noise: Any, ours: float, scale: float) -> str:
        """What follows from an estimate for our derivative; "sided" if f is not smooth there."""
        numeric, bar, bend = (float(part[0]) for part in estimate[:3])
        if not np.isfinite(numeric) or bend:
            return "sided"
        scale = max(scale, abs(numeric))
        is_off = not abs(ours - numeric) <= bar + float(self.allowance(scale, numeric))
        if bar > self.widest(scale, estimate.size[0]):
            return "wrong" if is_off else "inconclusive"
        return "wrong" if is_off else "right"

    def sided(self, line: Any, middle: Any, ours: float, allowed: float) -> tuple[Any, ...]:
        """The verdict where f has a kink, a jump, or an edge of its domain."""
        left, right = side(line, -1, 0), side(line, 1, 0)
        slopes = []
        for sign, one in ((-1, left), (1, right)):
            steep = growth(line, middle, sign, 0)
            slopes.append(one.slope if np.isnan(steep) else steep)
        low, high = min(slopes), max(slopes)
        if np.isnan(slopes).all():
            return "edge", np.nan, np.inf, "", None
        if np.isnan(slopes).any():
            k = int(np.isnan(slopes[0]))
            slopes[1 - k] = slopes[k]
            low = high = slopes[k]
        bar = max(b for b, s in ((left.bar, slopes[0]), (right.bar, slopes[1])) if s == s)
        bar = bar if np.isfinite(bar) and np.isfinite([low, high]).all() else 0.0
        numeric = low if low == high else (low + high) / 2
        inside = low - bar - allowed <= ours <= high + bar + allowed
        if low == high or high - low <= 4 * bar + allowed:
            jump = abs(left.value - right.value) > 1e-6 * abs(middle[0]) + 1e-12
            kind = "kink" if jump else "right"
            return (kind if inside else "wrong"), numeric, bar, "rounding", (slopes[0], slopes[1])
        return ("kink" if inside else "wrong"), numeric, bar, "rounding", (slopes[0], slopes[1])

    def _late(self) -> bool:
        self.unfinished |= self.problem.out_of_time()
        return self.unfinished


def scale_of(exact: Any, numeric: Any, spans: Sequence[slice]) -> Any:
    """For each entry the largest one in its row that belongs to the same leaf."""
    size = np.maximum(
        np.where(np.isfinite(exact), np.abs(exact), 0),
        np.where(np.isfinite(numeric), np.abs(numeric), 0),
    )
    scale = np.zeros_like(size)
    for span in spans:
        scale[:, span] = size[:, span].max(axis=1, initial=0, keepdims=True)
    return scale


def draw(rng: Any, size: int) -> Any:
    """Random numbers of both signs, none small, each with few bits: exact in every dtype."""
    return rng.integers(32, 97, size) * rng.choice([-1, 1], size) / 64
