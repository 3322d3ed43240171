"""`gradcheck`: derivatives against differences, with nothing to tune."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autograd_lite.errors import GradientError, explain
from autograd_lite.testing import contract
from autograd_lite.testing.captured import watched
from autograd_lite.testing.differences import STEP
from autograd_lite.testing.level import Level, Tolerance, draw
from autograd_lite.testing.problem import Problem, flat_of
from autograd_lite.testing.report import Finding, GradcheckResult, GradientCheckError


def gradcheck(
    f: Callable[..., Any],
    inputs: Any,
    *,
    eps: float | None = None,
    atol: float | None = None,
    rtol: float | None = None,
    order: int = 1,
    seed: int = 0,
    raise_exception: bool = True,
    kinks: str = "report",
    parameters: Any = None,
    seconds: float | None = None,
) -> GradcheckResult:
    """Check the derivatives of f, in float64, and all that derivatives rely on.

    Derivatives are compared with differences (Richardson's extrapolation over three steps), or
    with complex steps where every op is analytic. What they may differ by follows from the error
    bar of the difference, the noise of f, and rounding; `atol` and `rtol` allow more, and are
    rarely needed. Up to 4,096 entries the whole Jacobian is compared, above that random directions
    and entries. Where f has a kink, the derivative must lie between the slopes of the two sides.
    Also checked: that f is deterministic and writes to nothing; that the pullback is linear,
    agrees with `jvp`, and adds up in `.grad`; dtypes, memory layouts, and f(x, x).

    Args:
        f: Takes arrays or Tensors; returns one array, or a tree of them.
        inputs: The arguments, where to check: a list or tuple of arrays, dicts or lists of arrays;
            a single array or dict stands for itself. Floats are checked, all else is passed on.
        eps: The first step, relative to the size of an argument.
        atol: Allowed absolute difference, times the largest derivative if that is above one.
        rtol: Allowed relative difference.
        order: The highest order of derivative to check.
        seed: Of random directions.
        raise_exception: Whether to raise if something is wrong, or to return the result.
        kinks: "report" accepts a value between the slopes at a kink; "error" accepts no kink.
        parameters: What else to differentiate by: a model, or a dict of Tensors by name, that f
            reads. By default f itself, if it has `named_parameters`.
        seconds: Start nothing after so many; the result says what was left unchecked.

    Returns:
        A `GradcheckResult`, true if nothing was wrong. ``print`` of it tells how it was checked.

    Raises:
        GradientCheckError: something is wrong: it says what, where, by how much, and what to do.
        ValueError: no input is of a floating dtype, or a setting is unknown.

    Example:
        >>> import numpy as np
        >>> gradcheck(np.tanh, [np.array([0.1, 2.0])], order=2)
        <gradcheck of tanh: passed>
    """
    __tracebackhide__ = True
    if kinks not in ("report", "error") or order < 1:
        raise ValueError(
            explain(
                "gradcheck",
                "bad setting",
                got=f"kinks={kinks!r}, order={order}",
                expected='kinks="report" or "error", and an order of at least 1',
            )
        )
    args = inputs if isinstance(inputs, (list, tuple)) else [inputs]
    run = _Run(f, args, Tolerance(eps or STEP, atol or 0.0, rtol or 0.0), order, seed, kinks)
    result = run(parameters, seconds)
    if raise_exception and not result:
        raise GradientCheckError(result.message()) from run.error
    return result


def gradgradcheck(f: Callable[..., Any], inputs: Any, **settings: Any) -> GradcheckResult:
    """`gradcheck` to second order.

    Example:
        >>> import numpy as np
        >>> gradgradcheck(np.sin, [np.array([0.1, 2.0])])
        <gradcheck of sin: passed>
    """
    __tracebackhide__ = True
    return gradcheck(f, inputs, **({"order": 2} | settings))


def assert_grads(f: Callable[..., Any], *inputs: Any, order: int = 2, **settings: Any) -> None:
    """`gradcheck` as a line of a test: ``assert_grads(f, x, y)``, to second order.

    A failure shows the message and no lines of the checker.

    Raises:
        GradientCheckError: an AssertionError.

    Example:
        >>> import numpy as np
        >>> assert_grads(np.multiply, np.array([1.0, 2.0]), np.array(3.0))
    """
    __tracebackhide__ = True
    gradcheck(f, inputs, order=order, **settings)


CAUSES = ("repeatable", "recording", "writes", "linearity")
"""Findings that explain others, and so are told first."""


class _Run:
    """One check: what was asked, and what is found."""

    def __init__(
        self,
        f: Callable[..., Any],
        args: Sequence[Any],
        tolerance: Tolerance,
        order: int,
        seed: int,
        kinks: str,
    ) -> None:
        self.f, self.args, self.tolerance = f, args, tolerance
        self.order, self.seed, self.kinks = order, seed, kinks
        self.rng = np.random.default_rng(seed)
        self.error: GradientError | None = None

    def __call__(self, parameters: Any, seconds: float | None) -> GradcheckResult:
        started = time.perf_counter()
        with np.errstate(all="ignore"), watched(self.f) as written:
            problem = Problem(self.f, self.args, parameters, seconds)
            self.result = GradcheckResult(problem.name, problem.source)
            with problem.installed():
                self.guarded(problem)
        result = self.result
        result.findings += written
        result.evaluations = problem.evaluations
        result.seconds = time.perf_counter() - started
        settings = "".join(
            f", {name}={value!r}"
            for name, value, usual in (("order", self.order, 1), ("kinks", self.kinks, "report"))
            if value != usual
        )
        name = problem.name if problem.name.isidentifier() else "f"
        result.rerun = f"gradcheck({name}, inputs{settings}, seed={self.seed})"
        return result

    def guarded(self, problem: Problem) -> None:
        """Everything; what the library itself complains about becomes a finding."""
        try:
            self.everything(problem)
        except GradientError as error:
            self.error = error
            first, *rest = str(error).splitlines()
            told = dict(line.strip().partition(":")[::2] for line in rest)
            named = {k: v.strip() for k, v in told.items() if k in ("got", "expected", "fix")}
            self.result.findings.append(Finding("error", first, **named))
        except ValueError as error:
            if "read-only" not in str(error):
                raise
            self.result.findings.append(_write(error))

    def everything(self, problem: Problem) -> None:
        """All checks, each order after the one before it has passed."""
        problem.middle = problem.value(problem.x)
        result = self.result
        if not problem.middle.size or not problem.x.size:
            result.notes.append("nothing to differentiate: an argument or the result is empty")
        base = contract.Base(problem, self.rng)
        self.not_finite(problem)
        self.note(problem, base)
        broken = list(contract.repeatable(base))
        result.findings += broken
        if broken:
            return
        seeds: list[Any] = []
        for order in range(1, self.order + 1):
            self.level(problem, order, seeds)
            if order == 1:
                result.findings += contract.findings(base)
            elif order == 2:
                result.findings += contract.linear_in_seed(base)
            result.findings.sort(key=lambda finding: finding.kind not in CAUSES)
            if result.findings or problem.out_of_time():
                break
            width = problem.x.size if seeds else problem.middle.size
            seeds.append(draw(self.rng, width))
        if problem.out_of_time():
            result.unchecked.append(f"what {problem.seconds} seconds were not enough for")

    def not_finite(self, problem: Problem) -> None:
        """Say which results are NaN or infinite: there is nothing to compare there."""
        rows = np.flatnonzero(~np.isfinite(problem.middle))
        if rows.size:
            more = f", and {rows.size - 1} more" if rows.size > 1 else ""
            place = problem.output_name(int(rows[0])) or "the result"
            self.result.findings.append(
                Finding(
                    "edge",
                    f"the function is not finite at the point itself: {place}",
                    got=f"{problem.middle[rows[0]]}" + more,
                    expected="finite values, to take differences of",
                    fix="check at a point inside the function's domain",
                )
            )

    def level(self, problem: Problem, order: int, seeds: list[Any]) -> None:
        """One order."""
        level = Level(problem, list(seeds), self.tolerance, self.rng)
        level.check()
        result = self.result
        result.method.append(f"{level.method} (order {order})")
        result.worst = max(result.worst, level.worst)
        if level.unfinished or level.partial:
            result.unchecked.append(f"some derivatives of order {order}")
        found = sorted(level.entries, key=lambda entry: -np.nan_to_num(entry.excess, nan=np.inf))
        result.entries += found
        result.notes += level.notes
        for entry in found:
            finding = entry.finding()
            if order > 1:
                finding = _of_order(finding, order, problem.name)
            if entry.kind == "kink" and self.kinks == "report":
                result.notes.append(entry.note())
            else:
                result.findings.append(finding)

    def note(self, problem: Problem, base: contract.Base) -> None:
        """What is worth knowing."""
        for leaf, g in zip(problem.leaves, base.gradients, strict=True):
            if g is None and leaf.array.size:
                self.result.notes.append(f"no path leads from the result to {leaf.name}")
        if flat_of(base.outs).size == 0 and problem.shapes and not base.outs:
            self.result.notes.append("no result is of a floating dtype")


def _of_order(finding: Finding, order: int, name: str) -> Finding:
    word = {2: "second", 3: "third"}.get(order, f"{order}th")
    text = f"at {word} order (gradient of {name}), {finding.problem}"
    fix = finding.fix or (
        "the rule is right but not differentiable: it must be made of ops, not of NumPy on .data"
        if finding.kind == "wrong"
        else None
    )
    return Finding(finding.kind, text, finding.got, finding.expected, fix)


def _write(error: ValueError) -> Finding:
    """Where an array that must not be written to was written to."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return Finding(
        "writes",
        f"`{frame.name}` writes to its input",
        got=f"line {frame.lineno} of {Path(frame.filename).name}: {frame.line}",
        fix="compute out of place, or write to a copy",
    )
