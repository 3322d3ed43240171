"""The pool of threads that kernels are spread over: who works, who sleeps, who wakes them.

Workers are Python threads that run compiled code without the GIL: they look out for parts of a
kernel's work, for as long as a step of training may keep them waiting, and then sleep until the
next kernel wakes them. What they claim and how is `autograd_lite.kernels.compiled.pool`.
"""

import atexit
import contextlib
import threading

import numpy as np

# Words of the state that compiled code shares, on cache lines of their own where that counts.
TICKET, STOPPED, ENTRY, ARGUMENTS, DONE, OWNED, _WORDS = 0, 1, 16, 17, 32, 48, 64
_ALIGNMENT = 128
# Of a ticket, from below: 16 bits of the next part, 16 of the number of parts, 32 of the job's.
PARTS, JOB, LOW = 16, 32, 0xFFFF

# How long an idle worker looks out for work before it sleeps: longer than the Python between two
# kernels of a step, as waking takes from 5 us to, on a busy host, milliseconds.
_PATIENCE = 2_000_000  # nanoseconds


def _state():
    """The words, all zero, at an aligned address."""
    room = np.zeros(8 * _WORDS + _ALIGNMENT, np.uint8)
    start = -room.ctypes.data % _ALIGNMENT
    return room[start : start + 8 * _WORDS].view(np.int64)


class Workers:
    """The pool of this process. It starts threads as they are asked for, and never more."""

    def __init__(self, cores):
        self._words = _state()
        self._cores = cores
        self._starting = threading.RLock()  # a signal's handler may need the pool meanwhile
        self._threads = []
        self._locks = {}  # of each thread, held but for the moment in which it is woken
        self._full = False
        self._asleep = []  # a held lock for each worker that sleeps; its release wakes the worker
        self.address = self._words.ctypes.data
        atexit.register(self.stop)

    def ready(self, parts):
        """The address of the state, for kernels, after calling up to `parts - 1` workers."""
        helpers = parts - 1
        if helpers > len(self._threads) and not self._full:
            self._start(helpers)
        asleep = self._asleep
        while asleep and helpers:
            helpers -= 1
            try:
                asleep.pop().release()
            except (IndexError, RuntimeError):  # another thread was faster
                break
        return self.address

    def _start(self, count):
        from autograd_lite.kernels.compiled import pool

        with self._starting:
            pool.serve(self.address, 0)  # compiles
            while (number := len(self._threads)) < count:
                # More threads than cores would wait in the way of those that work.
                patience = _PATIENCE if number + 1 < self._cores else 0
                lock = threading.Lock()
                lock.acquire()
                thread = threading.Thread(
                    target=self._work,
                    args=(pool.serve, patience, lock),
                    name="autograd_lite",
                    daemon=True,
                )
                self._locks[thread] = lock
                try:
                    thread.start()
                except RuntimeError:  # the system gives no more: those that are there do all
                    self._full = True
                    return
                self._threads.append(thread)

    def _work(self, serve, patience, lock):
        address, words = self.address, self._words
        while not words[STOPPED]:
            serve(address, patience)
            self._asleep.append(lock)
            ticket = int(words[TICKET])
            if ticket & LOW < ticket >> PARTS & LOW or words[STOPPED]:
                # Work came in between; whoever brought it may not have seen this worker asleep.
                try:
                    self._asleep.remove(lock)
                    continue
                except ValueError:
                    pass
            lock.acquire()

    def stop(self):
        """End all workers, as Python does not like threads that outlive it; none starts later."""
        self._words[STOPPED], self._full = 1, True
        for thread, lock in list(self._locks.items()):
            while thread.is_alive():
                with contextlib.suppress(RuntimeError):  # it was woken already
                    lock.release()
                thread.join(0.01)

    def forget(self):
        """Begin anew in a forked child, which has none of its parent's threads."""
        self._words[:] = 0
        self._threads, self._asleep, self._locks = [], [], {}
        self._starting, self._full = threading.RLock(), False
