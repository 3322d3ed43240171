"""Optimizer steps in one sweep over parameters, gradients and slots.

The order of operations is the reference's, and nothing is fused: both give the same bits.
"""

from autograd_lite.kernels.compiled.elementwise import GRAIN
from autograd_lite.kernels.compiled.lanes import sweep
from autograd_lite.kernels.compiled.parallel import share, spread

_BLOCK = 4 * GRAIN  # elements


def update(formula):
    """The kernel `(written, g, scalars)` that maps `formula` over arrays, in place."""
    loop = sweep(formula)

    def part(written, g, scalars, part, parts):
        # From the end, which the product that made the gradient has left in the cache, to the
        # start, where the next product will find the parameters in it.
        first, end = share(g.size, part, parts, GRAIN)
        while first < end:
            start = max(first, end - _BLOCK)
            loop(start, end - start, written, (*written, g), scalars)
            end = start

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


def _maximum(a, b):
    """NumPy's maximum: a NaN in either stays."""
    return a.at_least(b).where(b.equals(b), b)


def _adamw(p, m, v, g, alpha, rest_1, rest_2, epsilon, decay):
    return _adam(p - p * decay, m, v, g, alpha, rest_1, rest_2, epsilon)


def _amsgrad(p, m, v, top, g, alpha, rest_1, rest_2, epsilon):
    m = m + (g - m) * rest_1
    v = v + (g * g - v) * rest_2
    top = _maximum(top, v)
    return p - m * alpha / (top.sqrt() + epsilon), m, v, top


def _rmsprop_momentum(p, v, m, g, learning_rate, rho, rest, epsilon, momentum):
    v = v * rho + g * g * rest
    m = m * momentum + g * learning_rate / (v + epsilon).sqrt()
    return p - m, v, m


def _rmsprop_centered(p, v, a, g, learning_rate, rho, rest, epsilon):
    v = v * rho + g * g * rest
    a = a * rho + g * rest
    return p - g * learning_rate / (v - a * a + epsilon).sqrt(), v, a


def _rmsprop_centered_momentum(p, v, a, m, g, learning_rate, rho, rest, epsilon, momentum):
    v = v * rho + g * g * rest
    a = a * rho + g * rest
    m = m * momentum + g * learning_rate / (v - a * a + epsilon).sqrt()
    return p - m, v, a, m


def _adagrad(p, a, g, learning_rate, epsilon):
    a = a + g * g
    return p - g * learning_rate / (a + epsilon).sqrt(), a


def _adadelta(p, a, b, g, learning_rate, rho, rest, epsilon):
    a = a * rho + g * g * rest
    d = g * (b + epsilon).sqrt() / (a + epsilon).sqrt()
    b = b * rho + d * d * rest
    return p - d * learning_rate, a, b


def _adamax(p, m, u, g, alpha, rest_1, beta_2, epsilon):
    m = m + (g - m) * rest_1
    u = _maximum(u * beta_2, abs(g))
    return p - m * alpha / (u + epsilon), m, u


def _nadam(p, m, v, g, of_m, of_g, rest_1, rest_2, grown, epsilon):
    m = m + (g - m) * rest_1
    v = v + (g * g - v) * rest_2
    return p - (m * of_m + g * of_g) / ((v / grown).sqrt() + epsilon), m, v


def _lion(p, m, g, learning_rate, beta_1, rest_1, beta_2, rest_2):
    d = m * beta_1 + g * rest_1
    # A zero or a NaN is its own sign.
    sign = d.lift(1.0).with_sign_of(d).where(abs(d) > 0.0, d)
    return p - sign * learning_rate, m * beta_2 + g * rest_2


def _ftrl(p, n, z, g, learning_rate, l1, l2, shrinkage):
    grown = n + g * g
    root = grown.sqrt()
    z = z + (g + p * shrinkage - (root - n.sqrt()) / learning_rate * p)
    return (z.at_least(-l1).at_most(l1) - z) / (root / learning_rate + l2), grown, z


def _lamb(r, m, v, g, rest_1, rest_2, grown_1, grown_2, epsilon):
    m = m + (g - m) * rest_1
    v = v + (g * g - v) * rest_2
    return m / grown_1 / ((v / grown_2).sqrt() + epsilon), m, v


sgd = update(_sgd)
momentum = update(_momentum)
nesterov = update(_nesterov)
rmsprop = update(_rmsprop)
adam = update(_adam)
adamw = update(_adamw)
amsgrad = update(_amsgrad)
rmsprop_momentum = update(_rmsprop_momentum)
rmsprop_centered = update(_rmsprop_centered)
rmsprop_centered_momentum = update(_rmsprop_centered_momentum)
adagrad = update(_adagrad)
adadelta = update(_adadelta)
adamax = update(_adamax)
nadam = update(_nadam)
lion = update(_lion)
ftrl = update(_ftrl)
lamb = update(_lamb)
