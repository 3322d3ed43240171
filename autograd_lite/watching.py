"""Who looks on while a thread records: `detect_anomaly`, and the tracing of programs."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from autograd_lite.graph import STATE, Traced
from autograd_lite.op import set_recorder
from autograd_lite.record import record

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
