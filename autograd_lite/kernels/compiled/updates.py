"""Optimizer steps in one sweep over parameters, gradients and slots.

The order of operations is the reference's, and nothing is fused: both give the same bits.
"""

from autograd_lite.kernels.compiled.elementwise import GRAIN
from autograd_lite.kernels.compiled.lanes import sweep
from autograd_lite.kernels.compiled.parallel import share, spread


def update(formula):
    """The kernel `(written, g, scalars)` that maps `formula` over arrays, in place."""
    loop = sweep(formula)

    def part(written, g, scalars, part, parts):
        first, last = share(g.size, part, parts, GRAIN)
        loop(first, last - first, written, (*written, g), scalars)

    return spread(part, name=formula.__name__)


def _sgd(p, g, learning_rate):
    return p - g * learning_rate


def _momentum(p, m, g, learning_rate, momentum):
    m = m * momentum - g * learning_rate
    return p + m, m


def _nesterov(p, m, g, learning_rate, momentum):
    step = g * learning_rate
    m = m * momentum - step
    return p + (m * momentum - step), m


def _rmsprop(p, v, g, learning_rate, rho, rest, epsilon):
    v = v * rho + g * g * rest
    return p - g * learning_rate / (v + epsilon).sqrt(), v


def _adam(p, m, v, g, alpha, rest_1, rest_2, epsilon):
    m = m + (g - m) * rest_1
    v = v + (g * g - v) * rest_2
    return p - m * alpha / (v.sqrt() + epsilon), m, v


sgd = update(_sgd)
momentum = update(_momentum)
nesterov = update(_nesterov)
rmsprop = update(_rmsprop)
adam = update(_adam)
