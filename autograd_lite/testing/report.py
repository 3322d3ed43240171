"""What a check has found, and how it says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd_lite.errors import GradientError, explain

WORST = 5


class GradientCheckError(GradientError, AssertionError):
    """A derivative that is wrong, or a function that breaks what derivatives rely on."""


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Attributes:
        kind: "wrong", "kink", "edge", "inconclusive" for a derivative, else the name of a check,
            such as "linearity", "repeatable" or "writes".
        problem: What it is, in a few words.
        got: What came.
        expected: What would have been right.
        fix: What to do about it.
    """

    kind: str
    problem: str
    got: str | None = None
    expected: str | None = None
    fix: str | None = None


@dataclass(frozen=True)
class Entry:
    """One derivative that was looked at closely.

    Attributes:
        kind: "right", "wrong", "kink", "edge" or "inconclusive".
        argument: The argument or parameter, by name.
        index: The entry of it.
        output: The entry of the result, or an empty string.
        ours: The derivative that rules give.
        numeric: The derivative by differences.
        bar: How far off `numeric` may be.
        why: What the bar is made of: "truncation", "rounding" or "noise of f".
        sides: The slopes from the left and the right, at a kink or edge.
    """

    kind: str
    argument: str
    index: tuple[int, ...]
    output: str
    ours: float
    numeric: float
    bar: float
    why: str = ""
    sides: tuple[float, float] | None = None
    excess: float = field(default=0, repr=False)

    def where(self) -> str:
        """The entry, by argument, index and output."""
        place = f"{self.argument} at index {self.index}"
        return f"{place}, of {self.output}" if self.output else place

    def note(self) -> str:
        """A kink that is no error, in a line."""
        left, right = self.sides or (np.nan, np.nan)
        word = "jump" if left == right else "kink"
        slopes = f"left {left:.4g}, right {right:.4g}, ours {self.ours:.4g}"
        return f"{word} by {self.where()}: {slopes}"

    def finding(self) -> Finding:
        """This entry, told."""
        if self.sides is not None and self.kind in ("wrong", "kink"):
            left, right = (f"{s:.6g}" for s in self.sides)
            place = "kink" if left != right else "edge of the domain or jump"
            return Finding(
                self.kind,
                f"{place if self.kind == 'kink' else 'wrong derivative at the ' + place} "
                f"by {self.where()}",
                got=f"{self.ours:.10g}",
                expected=f"between the slopes of the two sides: left {left}, right {right}",
                fix="check away from the kink"
                if self.kind == "kink"
                else "return a value between the slopes, as 0 for abs at 0",
            )
        if self.kind == "edge":
            return Finding(
                "edge",
                f"cannot check {self.where()}: the function is not finite around it",
                got=f"{self.ours:.10g}, with nothing to compare it to",
                fix="check at a point inside the function's domain",
            )
        value = f"{self.numeric:.10g} ± {self.bar:.1g}, by differences"
        if self.kind == "inconclusive":
            return Finding(
                "inconclusive",
                f"cannot tell whether the derivative by {self.where()} is right: "
                f"the error bar is too wide",
                got=f"{self.ours:.10g}",
                expected=f"{value}; {self.why} dominates",
                fix="compute the function in float64 and to full accuracy, "
                "or say what is good enough by `atol` and `rtol`",
            )
        return Finding(
            "wrong",
            f"wrong derivative by {self.where()}",
            got=f"{self.ours:.10g}",
            expected=value + _hint(self.ours, self.numeric, self.bar),
        )


def _hint(ours: float, numeric: float, bar: float) -> str:
    """What a telling ratio suggests."""
    if np.isnan(ours):
        return " (NaN: a 0 * inf, or 0 / 0, in the rule or behind a `where`?)"
    if ours == 0:
        return " (missing: a term, or the whole path, has no gradient)"
    if not numeric or not np.isfinite([ours, numeric]).all():
        return ""
    ratio = ours / numeric
    for value, text in ((-1, "the sign is wrong"), (2, "twice too large"), (0.5, "half too small")):
        if abs(ratio / value - 1) < 1e-4 + abs(bar / numeric):
            return f" ({text})"
    if abs(ratio - 1) < 1e-3:
        digits = int(-np.log10(max(abs(ratio - 1), 1e-15)))
        return (
            f"\n(the same to {digits} digits: is the function or the rule less exact than float64?"
            f"\nif it is meant to be, rtol=1e-{digits} allows it)"
        )
    return f" (ratio {ratio:.6g})"


@dataclass
class GradcheckResult:
    """What `gradcheck` returns: true if nothing was wrong.

    Attributes:
        name: The function.
        source: Its file and line.
        findings: What is wrong; empty if the check has passed.
        entries: The derivatives that were looked at closely, the worst first, and all kinks.
        notes: What is worth knowing but not wrong: kinks, noise, aliases.
        unchecked: What `seconds` left no time for, and outputs that have no derivative.
        method: How the derivatives were found: "differences" or "complex step", and the order.
        worst: The largest difference, relative to the derivatives around it.
        evaluations: How often the function was called.
        seconds: How long it took.
        rerun: The call that repeats the check.

    Example:
        >>> result = ag.gradcheck(np.tanh, [np.array([0.1, 2.0])])
        >>> result, bool(result), result.findings
        (<gradcheck of tanh: passed>, True, [])
    """

    name: str
    source: str = ""
    findings: list[Finding] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    method: list[str] = field(default_factory=list)
    worst: float = 0.0
    evaluations: int = 0
    seconds: float = 0.0
    rerun: str = ""

    def __bool__(self) -> bool:
        return not self.findings

    def __repr__(self) -> str:
        state = "failed" if self.findings else "passed in part" if self.unchecked else "passed"
        return f"<gradcheck of {self.name}: {state}>"

    def __str__(self) -> str:
        return self.message() if self.findings else self._summary()

    @property
    def kinks(self) -> list[Entry]:
        """The entries where the slopes from left and right differ."""
        return [entry for entry in self.entries if entry.kind == "kink"]

    def _summary(self) -> str:
        part = " in part" * bool(self.unchecked)
        lines = [
            f"gradcheck of {self.name}: passed{part}, by {', '.join(self.method)}; "
            f"largest difference {self.worst:.1e}; "
            f"{self.evaluations} evaluations in {self.seconds:.2g} s"
        ]
        lines += [f"  note: {note}" for note in self.notes]
        lines += [f"  unchecked: {what}" for what in self.unchecked]
        return "\n".join(lines)

    def message(self) -> str:
        """The text of the error: the first finding in full, and the others in a line each."""
        first, *others = self.findings
        where = f"gradcheck of {self.name}"
        lines = [
            explain(where, first.problem, got=first.got, expected=first.expected, fix=first.fix)
        ]
        also = [o.problem + (f" (got {o.got})" if o.got else "") for o in others]
        lines += [f"  {'also:':<10}{text}" for text in also[: WORST - 1]]
        if len(also) >= WORST:
            lines.append(f"  {'':<10}and {len(also) - WORST + 1} more in `result.findings`")
        lines += [f"  {'note:':<10}{note}" for note in self.notes[:WORST]]
        if self.source:
            lines.append(f"  {'defined:':<10}{self.source}")
        lines.append(f"  {'rerun:':<10}{self.rerun}")
        return "\n".join(lines)


def describe(value: Any) -> str:
    """An array's shape and dtype, and its values if they are few."""
    array = np.asarray(value)
    text = f"{array.dtype} of shape {array.shape}"
    return f"{text}, {np.array2string(array, precision=6)}" if array.size <= WORST else text
