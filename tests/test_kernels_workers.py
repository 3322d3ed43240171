"""The pool of threads: every part is done once, nobody waits for a sleeper, and it ends."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from children import needs_compiler, run

from autograd_lite.kernels import runtime
from autograd_lite.kernels.workers import STOPPED, Workers

pytestmark = needs_compiler

PARTS = 5


@pytest.fixture(scope="module")
def counted():
    """A kernel that adds one to a place for each of its parts."""
    from autograd_lite.kernels.compiled.parallel import split
    from autograd_lite.kernels.runtime import kernel

    def count_part(counts, part, parts):
        counts[part] += parts

    @kernel(name="count_parts_of_a_test")
    def count(team, parts, counts):
        split(inner, (counts,), team, parts)

    import numba

    inner = numba.njit(nogil=True)(count_part)
    return count


@pytest.fixture
def workers():
    """A pool for one test."""
    pool = Workers(cores=2)
    yield pool
    pool.stop()


def until(condition):
    """Wait until something holds; fail after a while."""
    patience = threading.Event()
    for _ in range(2000):
        if condition():
            return
        patience.wait(0.005)
    raise AssertionError("it did not come true")


@pytest.mark.parametrize("parts", range(1, PARTS + 1))
def test_every_part_is_done_once(counted, workers, parts):
    counts, times = np.zeros(PARTS, np.int64), 300
    for _ in range(times):
        counted(workers.ready(parts), parts, counts)
    assert counts.tolist() == [times * parts] * parts + [0] * (PARTS - parts)
    assert len(workers._threads) == parts - 1


def test_jobs_of_several_threads_at_once(counted, workers):
    together = threading.Barrier(4)

    def work(_):
        counts = np.zeros(PARTS, np.int64)
        together.wait()
        for _ in range(300):
            counted(workers.ready(3), 3, counts)
        return counts.tolist()

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(work, range(4))) == [[900] * 3 + [0] * 2] * 4


def test_nobody_waits_for_workers_that_do_not_come(counted):
    pool = Workers(cores=2)
    pool._threads = [object()] * (PARTS - 1)  # as if started, and never let run
    try:
        counts = np.zeros(PARTS, np.int64)
        counted(pool.ready(PARTS), PARTS, counts)
        assert counts.tolist() == [PARTS] * PARTS
    finally:
        pool._threads = []


def test_who_is_idle_sleeps_and_is_woken(counted, workers):
    counts = np.zeros(PARTS, np.int64)
    counted(workers.ready(3), 3, counts)
    until(lambda: len(workers._asleep) == 2)
    workers.ready(2)
    until(lambda: len(workers._asleep) == 2)  # it woke, and slept again
    workers.ready(3)
    counted(workers.ready(3), 3, counts)
    assert counts.tolist() == [6, 6, 6, 0, 0]


def test_workers_help(workers):
    # Each of two parts waits for the other, so neither thread can do both.
    import numba

    from autograd_lite.kernels.compiled.parallel import split
    from autograd_lite.kernels.compiled.pool import pause, read, write
    from autograd_lite.kernels.runtime import kernel

    @numba.njit(nogil=True)
    def meet_part(arrived, met, part, parts):
        write(arrived, part, 1)
        for _ in range(400_000_000):
            if read(arrived, 1 - part):
                met[part] = True
                return
            pause()

    @kernel(name="meet_of_a_test")
    def meet(team, parts, arrived, met):
        split(meet_part, (arrived, met), team, parts)

    arrived, met = np.ones(2, np.int64), np.zeros(2, bool)
    meet(0, 1, arrived.ctypes.data, met)  # compiles, while whoever was called would fall asleep
    arrived[:] = met[:] = 0
    meet(workers.ready(2), 2, arrived.ctypes.data, met)
    assert met.tolist() == [True, True]


def test_stopping_ends_all_threads(counted):
    pool = Workers(cores=2)
    counted(pool.ready(4), 4, np.zeros(PARTS, np.int64))
    threads = list(pool._threads)
    assert all(thread.is_alive() for thread in threads)
    pool.stop()
    assert not any(thread.is_alive() for thread in threads)
    assert pool._words[STOPPED]


def test_a_process_with_workers_ends_quietly(tmp_path):
    program = (
        "import numpy as np\n"
        "from autograd_lite import kernels\n"
        "from autograd_lite.kernels import runtime\n"
        "with runtime.always(4):\n"
        "    kernels.exp(np.zeros((300, 400)))\n"
        "print(len(runtime._workers._threads))"
    )
    assert run(program, tmp_path, "-Werror") == ("3", "")


def test_a_team_is_called_only_for_work_that_pays():
    with runtime.always(1):
        assert runtime.team(1e9) == (0, 1)
    before = runtime.get_num_threads()
    runtime.set_num_threads(2)
    try:
        assert runtime.team(0.1) == (0, 1)
        assert runtime.team(1e9) == (runtime._workers.address, 2)
    finally:
        runtime.set_num_threads(before)


def test_a_kernel_that_a_signal_calls_while_workers_start(workers):
    """Such a call comes from the thread that holds the lock."""
    with workers._starting:
        caller = threading.Thread(target=lambda: workers.ready(2), daemon=True)
        caller.start()
        workers.ready(2)
    caller.join()
    assert len(workers._threads) == 1


def test_no_more_threads_than_the_system_gives(counted, workers, monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    counts = np.zeros(PARTS, np.int64)
    counted(workers.ready(2), 2, counts)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        for _ in range(3):
            counted(workers.ready(4), 4, counts)
    assert counts.tolist() == [14, 14, 12, 12, 0]
    assert len(workers._threads) == 1


def test_stopping_ends_a_worker_that_nobody_would_wake(counted):
    """As after Ctrl-C between taking it from the list and waking it."""
    pool = Workers(cores=2)
    counted(pool.ready(2), 2, np.zeros(PARTS, np.int64))
    until(lambda: pool._asleep)
    pool._asleep.clear()
    stopper = threading.Thread(target=pool.stop, daemon=True)
    stopper.start()
    until(lambda: not stopper.is_alive())
    assert not pool._threads[0].is_alive()


def test_kernels_work_while_python_ends(tmp_path):
    program = (
        "import atexit\n"
        "import numpy as np\n"
        "class Last:\n"
        "    def __del__(self): work(4)\n"
        "def work(n):\n"
        "    with runtime.always(n): print(kernels.exp(np.zeros((30, 40))).sum())\n"
        "atexit.register(work, 3)\n"
        "from autograd_lite import kernels\n"
        "from autograd_lite.kernels import runtime\n"
        "work(2)\n"
        "last = Last()"
    )
    assert run(program, tmp_path) == ("1200.0\n1200.0\n1200.0", "")


def test_no_kernel_has_more_parts_than_can_be_counted():
    before = runtime.get_num_threads()
    runtime.set_num_threads(100_000)
    try:
        assert runtime.get_num_threads() == 100_000
        assert runtime.threads() == 1024
    finally:
        runtime.set_num_threads(before)
