"""Who looks on while a thread records: `detect_anomaly`, and the tracing of programs."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from autograd_lite.engine import Pass
from autograd_lite.graph import STATE, Node, Place, Traced
from autograd_lite.op import set_recorder
from autograd_lite.record import Rule, Step, record

_lock = threading.Lock()
_watches = 0  # of all threads


@contextlib.contextmanager
def watched(watch: Any) -> Iterator[None]:
    """Let `watch` see what this thread records, by `watch.recorded(result, args, settings)`.

    Backward passes are made by `watch.backward_pass` then. Outside it costs nothing.
    """
    before, STATE.watch = STATE.watch, watch
    _count(1)
    try:
        yield
    finally:
        _count(-1)
        STATE.watch = before


def _count(change: int) -> None:
    """Record for watches while there are any, in whichever thread."""
    global _watches
    with _lock:
        _watches += change
        set_recorder(watched_record if _watches else record)


def watched_record(out: Any, args: Any, settings: Any, plan: Any, edges: Any) -> Traced:
    """`record`, seen by this thread's watch if there is one."""
    result = record(out, args, settings, plan, edges)
    if STATE.watch is not None:
        STATE.watch.recorded(result, args, settings)
    return result


class WatchedPass(Pass):
    """A backward pass that calls `rule_of(...)` in place of each rule."""

    __slots__ = ()

    def pull_node(self, node: Node, g: Any) -> None:
        """As without watch, with rules that are."""
        plan = node.plan
        through = plan.through and self._watched(node, None, plan.through)
        edges = zip(node.edges, plan.steps, strict=True)
        steps = tuple(self._watched(node, edge, step) for edge, step in edges)
        node.plan = plan._replace(through=through, steps=steps)
        try:
            super().pull_node(node, g)
        finally:
            node.plan = plan

    def _watched(self, node: Node, edge: Place | None, step: Step) -> Step:
        return step._replace(rule=self.rule_of(node, edge, step))

    def rule_of(self, node: Node, edge: Place | None, step: Step) -> Rule:
        """What to call for a step of `node` to `edge`, or None for the one before all others."""
        raise NotImplementedError
