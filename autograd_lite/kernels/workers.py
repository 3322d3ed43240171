"""The pool of threads that kernels are spread over: who works, who sleeps, who wakes them.

Workers are Python threads that run compiled code without the GIL: they look out for parts of a
kernel's work, for as long as a step of training may keep them waiting, and then sleep until the
next kernel wakes them. What they claim and how is `autograd_lite.kernels.compiled.pool`.
"""

import atexit
import threading

import numpy as np

# Words of the state that compiled code shares, on cache lines of their own where that counts.
TICKET, STOPPED, ENTRY, ARGUMENTS, DONE, OWNED, _WORDS = 0, 1, 16, 17, 32, 48, 64
_ALIGNMENT = 128

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
        self._starting = threading.Lock()
        self._threads = []
        self._asleep = []  # a held lock for each worker that sleeps; its release wakes the worker
        self.address = self._words.ctypes.data
        atexit.register(self.stop)

    def ready(self, parts):
        """The address of the state, for kernels, after calling up to `parts - 1` workers."""
        helpers = parts - 1
        if helpers > len(self._threads):
            self._start(helpers)
        asleep = self._asleep
        while asleep and helpers:
            helpers -= 1
            try:
                asleep.pop().release()
            except IndexError:  # another thread was faster
                break
        return self.address

    def _start(self, count):
        from autograd_lite.kernels.compiled import pool

        with self._starting:
            pool.serve(self.address, 0)  # compiles
            for number in range(len(self._threads), count):
                # More threads than cores would wait in the way of those that work.
                patience = _PATIENCE if number + 1 < self._cores else 0
                thread = threading.Thread(
                    target=self._work,
                    args=(pool.serve, patience),
                    name="autograd_lite",
                    daemon=True,
                )
                thread.start()
                self._threads.append(thread)

    def _work(self, serve, patience):
        address, words, lock = self.address, self._words, threading.Lock()
        lock.acquire()
        while not words[STOPPED]:
            serve(address, patience)
            self._asleep.append(lock)
            ticket = int(words[TICKET])
            if ticket & 0xFFFF < ticket >> 16 & 0xFFFF or words[STOPPED]:
                # Work came in between; whoever brought it may not have seen this worker asleep.
                try:
                    self._asleep.remove(lock)
                    continue
                except ValueError:
                    pass
            lock.acquire()

    def stop(self):
        """End all workers, as Python does not like threads that outlive it."""
        self._words[STOPPED] = 1
        for thread in self._threads:
            while thread.is_alive():
                if self._asleep:
                    self._asleep.pop().release()
                thread.join(0.01)

    def forget(self):
        """Begin anew in a forked child, which has none of its parent's threads."""
        self._words[:] = 0
        self._threads, self._asleep, self._starting = [], [], threading.Lock()
