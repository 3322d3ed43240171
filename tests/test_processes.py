"""Kernels stay right and alive among threads, processes and signals."""

import signal
import sys

import pytest
from children import finish, needs_compiler, needs_fork, run, start

pytestmark = [needs_compiler, pytest.mark.slow]

NETS = """
import multiprocessing, os, signal, sys, threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
import numpy as np
from autograd_lite import kernels
from small_nets import *
always_spread(4)
"""


def test_weights_do_not_depend_on_the_number_of_threads():
    program = NETS + (
        "for n in 1, 2, 3, 4:\n"
        "    runtime.set_num_threads(n)\n"
        "    print(runtime.threads(), trained())\n"
    )
    lines = run(program, None, "-Werror")[0].splitlines()
    threads, weights = zip(*map(str.split, lines), strict=True)
    assert threads == ("1", "2", "3", "4")
    assert len(set(weights)) == 1


def test_eight_threads_train_eight_nets():
    program = NETS + (
        "alone = [trained(seed) for seed in range(8)]\n"
        "nets = [Net(seed) for seed in range(8)]\n"
        "together = threading.Barrier(8)\n"
        "def train(net):\n"
        "    together.wait()\n"
        "    return net.train()\n"
        "with ThreadPoolExecutor(8) as pool:\n"
        "    assert list(pool.map(train, nets)) == alone\n"
        "assert len(set(alone)) == 8"
    )
    run(program, None, "-Werror")


def test_first_kernels_from_eight_threads_at_once(tmp_path):
    # Nothing is imported, compiled or cached yet.
    program = (
        "import threading\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "import sys\n"
        "import numpy as np\n"
        "from autograd_lite import kernels\n"
        "assert 'numba' not in sys.modules\n"
        "together = threading.Barrier(8)\n"
        "def work(number):\n"
        "    together.wait()\n"
        "    assert np.allclose(kernels.exp(np.zeros((300, 400))), 1)\n"
        "with ThreadPoolExecutor(8) as pool:\n"
        "    list(pool.map(work, range(8)))\n"
    )
    run(program, tmp_path)
    assert len(list(tmp_path.iterdir())) == 1


@needs_fork
def test_a_forked_child_trains():
    program = NETS + (
        "expected = trained()\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    runtime.set_num_threads(3)\n"
        "    os._exit(7 if trained_in_child(0, expected) == 1 else 1)\n"
        "assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7\n"
        "assert trained() == expected\n"
        "assert runtime.threads() == 4"
    )
    assert run(program, None)[1] == ""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_worker_processes_train(method):
    if sys.platform == "win32" and method != "spawn":
        pytest.skip("Windows only spawns")
    program = NETS + (
        "if __name__ == '__main__':\n"
        "    expected = trained()\n"
        f"    context = multiprocessing.get_context({method!r})\n"
        "    with ProcessPoolExecutor(1, context) as pool:\n"
        "        print(pool.submit(trained_in_child, 0, expected).result())\n"
        "    assert trained() == expected"
    )
    threads, err = run(program, None)
    assert threads == "1" or method != "fork"
    assert err == ""


@needs_fork
def test_fork_while_other_threads_compile_and_compute():
    # The first child is forked while the double-precision product is being compiled or loaded.
    program = NETS + (
        "expected = trained()\n"
        "go_on = True\n"
        "x = np.ones((300, 300))\n"
        "def busy():\n"
        "    while go_on:\n"
        "        kernels.matmul(x, x)\n"
        "others = [threading.Thread(target=busy) for _ in range(2)]\n"
        "for other in others:\n"
        "    other.start()\n"
        "for _ in range(5):\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        os._exit(0 if trained() == expected else 1)\n"
        "    assert os.waitpid(child, 0)[1] == 0\n"
        "assert all(other.is_alive() for other in others)\n"
        "go_on = False\n"
        "for other in others:\n"
        "    other.join()"
    )
    run(program, None, "-Wignore::DeprecationWarning")


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to send")
def test_interrupted_kernels_leave_everything_usable():
    program = NETS + (
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "expected = trained()\n"
        "x = np.ones((700, 700))\n"
        "for _ in range(3):\n"
        "    with expecting(KeyboardInterrupt):\n"
        "        print('ready', flush=True)\n"
        "        while True:\n"
        "            kernels.softmax(kernels.matmul(x, x))\n"
        "    assert trained() == expected\n"
    )
    process = start(program, None)
    for _ in range(3):
        if process.stdout.readline() == "ready\n":
            process.send_signal(signal.SIGINT)
    finish(process)
