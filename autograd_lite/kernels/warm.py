"""Compiling ahead: a call of every kernel for every type it serves.

A test fails if a kernel is missing here.
"""

import numpy as np

from autograd_lite import kernels
from autograd_lite.kernels import attention, convolution, normalization, pooling, recurrent, runtime
from autograd_lite.kernels.windows import Windows

# Just large enough that no call is left to NumPy.
_SIDE = 128


def calls():
    """Every call that compiles something, as `(label, function)`; those of a label share types."""
    yield "threads", lambda: runtime.team(np.inf)
    for dtype in (np.float32, np.float64):
        for call in _of(dtype):
            yield str(np.dtype(dtype)), call


def _of(dtype):
    """A call of every kernel with arrays of `dtype`."""
    x = np.ones((_SIDE, _SIDE), dtype)
    row, spare = x[0], [x.copy() for _ in range(4)]
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
    yield from _updates(x, *spare)
    yield from _sequences(x)
    yield from _images(dtype)
    yield from _normalisations(x)
    yield lambda: k.take_rows(x, labels)
    if dtype is np.float32:
        yield lambda: k.take_rows(some_bytes, labels)
        yield lambda: k.take_rows(some_bytes, labels, scale=1 / 255)


def _updates(g, p, m, v, a):
    """A call of every optimizer's step."""
    k = kernels
    means = 0.1, 0.9, 0.999
    yield lambda: k.sgd(p, g, 0.1)
    yield lambda: k.momentum(p, g, m, 0.1, 0.9)
    yield lambda: k.momentum(p, g, m, 0.1, 0.9, nesterov=True)
    yield lambda: k.rmsprop(p, g, v, 0.1)
    yield lambda: k.rmsprop_momentum(p, g, v, m, 0.1, 0.9, 1e-7, 0.9)
    yield lambda: k.rmsprop_centered(p, g, v, a, 0.1, 0.9, 1e-7)
    yield lambda: k.rmsprop_centered_momentum(p, g, v, a, m, 0.1, 0.9, 1e-7, 0.9)
    yield lambda: k.adam(p, g, m, v, 0.1)
    yield lambda: k.adamw(p, g, m, v, *means, 1e-7, 0.1)
    yield lambda: k.amsgrad(p, g, m, v, a, *means, 1e-7)
    yield lambda: k.adagrad(p, g, a, 0.1, 1e-7)
    yield lambda: k.adadelta(p, g, v, a, 0.1, 0.9, 1e-7)
    yield lambda: k.adamax(p, g, m, v, *means, 1e-7)
    yield lambda: k.nadam(p, g, m, v, 0.1, 0.1, 0.9, 0.999, 1.0, 1e-7)
    yield lambda: k.lion(p, g, m, *means)
    yield lambda: k.ftrl(p, g, v, a, 0.1, 0.5, 0.0, 0.0, 0.0)
    yield lambda: k.lamb(p, g, m, v, *means, 1.0, 1.0, 1e-7)


def _normalisations(x):
    """A call of what is normalised along rows, and along columns."""
    n = normalization
    yield lambda: n.mean_square(x, (1,))
    for axis in ((1,), (0,)):
        yield lambda axis=axis: n.moments(x, axis)
        ones = np.ones([1 if a in axis else _SIDE for a in (0, 1)], x.dtype)
        yield lambda axis=axis, a=ones: n.normalize(x, a, a, x[0], x[0], axis)
        yield lambda axis=axis, a=ones: n.normalize_grad(x, x, a, a, x[0], axis)
        yield lambda axis=axis, a=ones: n.normal_products(x, x, a, a, axis, (_SIDE,))


def _sequences(x):
    """A call of what recurrent layers and attention are made of."""
    yield lambda: attention.softmax_grad(x, x)
    heads = x.reshape(4, -1, _SIDE)
    yield lambda: attention.attention_grad(*attention.attention(*[heads] * 3), *[heads] * 3)
    wide = np.concatenate([x] * 4, axis=1)
    z, x = wide[None], np.ascontiguousarray(wide[:, : 3 * _SIDE])

    def lstm():
        states, gates = recurrent.lstm(z, wide, wide[:, :_SIDE], wide[:, :_SIDE])
        recurrent.lstm_grad(states, gates, wide, states)

    def gru():
        states, gates = recurrent.gru(x[None], x, x[0], wide[:, :_SIDE])
        recurrent.gru_grad(states, gates, x, states)

    def rnn():
        states = recurrent.rnn(wide[None, :, :_SIDE], wide[:, :_SIDE], wide[:, :_SIDE])
        recurrent.rnn_grad(states, wide[:, :_SIDE], states)

    yield from (lstm, gru, rnn)


def _images(dtype):
    """A call of what convolutions and pooling are made of."""
    x = np.ones((8, 32, 32, 16), dtype)
    windows = Windows((32, 32), (2, 2), (16, 16), (2, 2), (0, 0), (1, 1))
    for groups in (1, 16):
        kernel = np.ones((2, 2, 16 // groups, 16), dtype)

        def convolve(kernel=kernel, groups=groups):
            y = convolution.conv(x, kernel, windows, groups)
            convolution.kernel_grad(x, y, windows, groups)

        yield convolve

    def pool():
        y = pooling.window_max(x, windows)
        pooling.put_taps(y, pooling.first_taps(x, y, windows), windows)

    yield pool
