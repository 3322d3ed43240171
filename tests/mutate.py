"""Break every declared rule, one at a time, and see whether the gradient checks of its rows notice.

    make mutate            # all ops; a line for each mutant that survives
    python tests/mutate.py tanh matmul

A rule is broken where the graph records it, so the library itself is not touched. A mutant that
changes nothing on any row, such as the opposite of zero, is counted apart.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).parent))

from op_cases import CASES, Case

import autograd_lite as ag
from autograd_lite.op import OPS, Op, raw, set_recorder
from autograd_lite.record import Plan, Step, record

Rule = Callable[..., Any]


def dropped(d: Any, values: Sequence[Any]) -> Any:
    """No gradient at all."""
    return ag.multiply(d, 0)


def of_the_wrong_sign(d: Any, values: Sequence[Any]) -> Any:
    """The opposite."""
    return ag.negative(d)


def scaled(d: Any, values: Sequence[Any]) -> Any:
    """Too large by a thousandth."""
    return ag.multiply(d, 1.001)


def transposed(d: Any, values: Sequence[Any]) -> Any:
    """Entries in another order: transposed if square, else the last axis reversed."""
    if d.ndim >= 2 and d.shape[-1] == d.shape[-2]:
        return ag.matrix_transpose(d)
    return ag.flip(d, -1) if d.ndim else d


EQUIVALENT = {
    ("normalize", "beta", "transposed"): "what is reversed is then summed",
    ("sqrtm", "A", "transposed"): "its rows are symmetric matrices",
    ("eigvalsh", "a", "transposed"): "the gradient is symmetric",
}
"""Mutants that compute the same, and why."""

AFTER = (dropped, of_the_wrong_sign, scaled, transposed)
FROZEN = "frozen"


class Mutant(NamedTuple):
    """A way of breaking the rule of one argument of an op; -1 is the rule before the others."""

    op: Op
    argument: int
    kind: str

    @property
    def place(self) -> str:
        """Whose rule it is."""
        if self.argument < 0:
            return "`through`"
        return "every array" if self.op.variadic else self.op.arguments[self.argument]

    @property
    def is_equivalent(self) -> bool:
        """Whether it is known to compute the same."""
        return (self.op.name, self.place, self.kind) in EQUIVALENT

    def __str__(self) -> str:
        return f"{self.op.name}, rule of {self.place}: {self.kind}"


class Breaker:
    """Records nodes whose plans have the mutant in them, and notes whether it changed anything."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant
        self.changed = False
        self.plans: dict[int, Plan] = {}

    def __call__(self, out: Any, args: Any, settings: Any, plan: Plan, edges: Any) -> Any:
        if plan.op is self.mutant.op:
            plan = self.plans.setdefault(id(plan), self.broken(plan))
        return record(out, args, settings, plan, edges)

    def broken(self, plan: Plan) -> Plan:
        """The plan with the mutant in place of the rule."""
        at = self.mutant.argument
        if at < 0:
            return plan._replace(through=self.step(plan.through))
        every = self.mutant.op.variadic
        steps = [self.step(s) if every or s.argument == at else s for s in plan.steps]
        return plan._replace(steps=tuple(steps))

    def step(self, step: Step) -> Step:
        """One step with its rule broken."""
        rule, kind = step.rule, self.mutant.kind

        def wrong(g: Any, *values: Any) -> Any:
            d = rule(g, *values)
            if d is None:
                return None
            if kind == FROZEN:
                self.changed |= _varies(d, values)
                return rule(g, *map(_constant, values))
            other = next(f for f in AFTER if f.__name__ == kind)(d, values)
            self.changed |= not np.array_equal(raw(d), raw(other), equal_nan=True)
            return other

        return step._replace(rule=wrong)


def _varies(d: Any, values: Sequence[Any]) -> bool:
    """Whether a gradient has a derivative by what the rule read."""
    read = [v for v in values if isinstance(v, ag.Tensor) and v.requires_grad]
    if not (read and isinstance(d, ag.Tensor) and d.requires_grad):
        return False
    seed = np.random.default_rng(0).standard_normal(d.shape)
    found = ag.gradients(d, read, grad_outputs=seed, allow_unused=True)
    return any(slope is not None and slope.data.any() for slope in found)


def _constant(value: Any) -> Any:
    return value.detach() if isinstance(value, ag.Tensor) else value


def mutants(op: Op) -> Iterator[Mutant]:
    """All ways of breaking an op."""
    kinds = [f.__name__ for f in AFTER] + [FROZEN]
    places = [i for i, rule in enumerate(op.vjps) if rule is not None]
    places += [-1] if op.through else []
    yield from (Mutant(op, place, kind) for place in places for kind in kinds)


def caught(mutant: Mutant, cases: Sequence[Case]) -> bool | None:
    """Whether a check fails; None if the mutant changes nothing."""
    breaker = Breaker(mutant)
    set_recorder(breaker)
    try:
        for case in cases:
            if not all(np.size(case.arrays()[i]) for i in case.floating) or not case.floating:
                continue
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    passed = bool(ag.gradgradcheck(case.call, case.arrays()))
            except Exception:
                passed = False
            if not passed:
                return True
    finally:
        set_recorder(record)
    return False if breaker.changed else None


def run(names: Sequence[str]) -> int:
    """Break the rules of the named ops, or of all; print what happened; the number of survivors."""
    chosen = [OPS[n] for n in names] if names else [o for o in OPS.values() if any(o.vjps)]
    rows = {op.name: [c for c in CASES if c.op == op.name] for op in chosen}
    work = [mutant for op in chosen for mutant in mutants(op)]
    results = [(m, caught(m, rows[m.op.name])) for m in tqdm(work, disable=len(work) < 50)]
    survivors = [m for m, found in results if found is False and not m.is_equivalent]
    for mutant in survivors:
        print(f"survived: {mutant}")
    counted = [(m, found) for m, found in results if found is not None and not m.is_equivalent]
    total = Counter(m.kind for m, _ in counted)
    for kind, count in total.items():
        killed = sum(m.kind == kind and bool(found) for m, found in counted)
        print(f"{kind:18} {killed:5} of {count:5} caught")
    idle = len(results) - len(counted)
    print(f"{sum(total.values()) - len(survivors)} of {sum(total.values())} caught,", end=" ")
    print(f"{idle} change nothing on their rows; {len(chosen)} ops")
    return len(survivors)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ops", nargs="*", help="names of ops; all if none is given")
    sys.exit(bool(run(parser.parse_args().ops)))
