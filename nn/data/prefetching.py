"""Making things ahead of time, in a thread."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterator
from typing import Any


class _Line:
    """Between two threads: what is made, and how much more may be.

    Args:
        size: How many may wait.
    """

    def __init__(self, size: int) -> None:
        self.made: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()
        self.room = threading.Semaphore(size)
        self.stopped = False

    def fill(self, source: Iterator[Any]) -> None:
        """Make what there is room for, until there is no more, or nobody wants it."""
        last: Any = None
        try:
            while self.room.acquire() and not self.stopped:
                try:
                    item = next(source)
                except StopIteration:
                    break
                self.made.put((True, item))
                # Else this thread would keep it from being freed while it waits.
                del item
            if hasattr(source, "close"):
                source.close()
        except BaseException as error:
            last = error
        self.made.put((False, last))


def prefetched(source: Iterator[Any], size: int) -> Generator[Any, None, None]:
    """What `source` gives, made by a thread while others use what came before.

    The thread begins with the first that is asked for, and ends with this generator: when it is
    exhausted, closed or forgotten. An error of `source` is raised in its place in the row.

    Args:
        source: Is used by no one else.
        size: How many are made ahead at most.

    Example:
        >>> list(prefetched(iter("abc"), 2))
        ['a', 'b', 'c']
    """
    line = _Line(size)
    thread = threading.Thread(target=line.fill, args=(source,), name="prefetch", daemon=True)
    del source
    thread.start()
    try:
        while True:
            there, item = line.made.get()
            if there:
                line.room.release()
                yield item
                del item
            elif item is not None:
                raise item
            else:
                return
    finally:
        item = None
        line.stopped = True
        line.room.release()
        # A garbage collection may end this generator in any thread.
        if thread is not threading.current_thread():
            thread.join()
