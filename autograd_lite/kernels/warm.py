"""Compiling ahead: a call of every kernel for every type it serves, on one thread and on several.

A test fails if a kernel is missing here.
"""

import numpy as np

from autograd_lite import kernels
from autograd_lite.kernels import runtime

# Just large enough that no call is left to NumPy.
_SIDE = 128


def calls():
    """Every call that compiles something, as `(label, function)`; those of a label share types."""
    for dtype in (np.float32, np.float64):
        for threads in (1, 2):
            label = f"{np.dtype(dtype)}, {'one thread' if threads == 1 else 'threads'}"
            for call in _of(dtype):
                yield label, _held_to(threads, call)


def _held_to(threads, call):
    def held():
        with runtime.always(threads):
            call()

    return held


def _of(dtype):
    """A call of every kernel with arrays of `dtype`."""
    x = np.ones((_SIDE, _SIDE), dtype)
    row, spare = x[0], [x.copy() for _ in range(3)]
    labels = np.arange(_SIDE) % _SIDE
    some_bytes = np.ones((_SIDE, 8 * _SIDE), np.uint8)
    k = kernels
    yield from (lambda f=f: f(x) for f in (k.exp, k.log, k.tanh, k.sigmoid, k.erf, k.sqrt))
    yield from (lambda f=f: f(x) for f in (k.sin, k.cos, k.softmax, k.log_softmax, k.logsumexp))
    yield from (lambda: k.relu_grad(x, x), lambda: k.matmul(x, x), lambda: k.sum_rows(x))
    for targets in (labels, x):
        yield lambda targets=targets: k.cross_entropy(x, targets)
        yield lambda targets=targets: k.cross_entropy_grad(
            row, k.cross_entropy_and_residual(x, targets)[1], x, targets
        )
    p, m, v = spare
    yield lambda: k.sgd(p, x, 0.1)
    yield lambda: k.momentum(p, x, m, 0.1, 0.9)
    yield lambda: k.momentum(p, x, m, 0.1, 0.9, nesterov=True)
    yield lambda: k.rmsprop(p, x, v, 0.1)
    yield lambda: k.adam(p, x, m, v, 0.1)
    yield lambda: k.take_rows(x, labels)
    if dtype is np.float32:
        yield lambda: k.take_rows(some_bytes, labels)
        yield lambda: k.take_rows(some_bytes, labels, scale=1 / 255)
