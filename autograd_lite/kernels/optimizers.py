"""The other optimizers' steps in place, each one sweep over memory; formulas are Keras 3's.

As in `updates`: every function writes to its parameters and slots, the NumPy reference beside it
serves small arrays and odd layouts, and both give the same bits.
"""

import math

import numpy as np

from autograd_lite.kernels import updates


def _step(reference, g, written, *scalars):
    """Run `reference`, or the kernel of its name, on arrays of which the first is the parameter."""
    scalars = tuple(map(float, scalars))
    if updates._suits(updates._SMALL_MANY_CALLS, g, *written):
        kernel = getattr(updates._compiled(), reference.__name__.removesuffix("_reference"))
        updates._sweep(kernel, g, written, *scalars)
    else:
        p, *slots = written
        reference(p, g, *slots, *scalars)


def adamw_reference(p, g, m, v, alpha, rest_1, rest_2, epsilon, decay):
    """`adamw` in NumPy."""
    m += (g - m) * rest_1
    v += (g * g - v) * rest_2
    p -= p * decay
    p -= m * alpha / (np.sqrt(v) + epsilon)


def adamw(p, g, m, v, alpha, beta_1, beta_2, epsilon, decay):
    """`adam` after ``p -= decay p`` (Loshchilov and Hutter, 2019).

    Example:
        >>> p, m, v = np.array([1.0]), np.array([0.0]), np.array([0.0])
        >>> adamw(p, np.array([2.0]), m, v, 0.5, 0.5, 0.75, epsilon=0.0, decay=0.25)
        >>> p
        array([0.25])
    """
    _step(adamw_reference, g, (p, m, v), alpha, 1 - beta_1, 1 - beta_2, epsilon, decay)


def amsgrad_reference(p, g, m, v, top, alpha, rest_1, rest_2, epsilon):
    """`amsgrad` in NumPy."""
    m += (g - m) * rest_1
    v += (g * g - v) * rest_2
    np.maximum(top, v, out=top)
    p -= m * alpha / (np.sqrt(top) + epsilon)


def amsgrad(p, g, m, v, top, alpha, beta_1, beta_2, epsilon):
    """`adam` with ``top = max(top, v)`` in place of v (Reddi, Kale and Kumar, 2018)."""
    _step(amsgrad_reference, g, (p, m, v, top), alpha, 1 - beta_1, 1 - beta_2, epsilon)


def rmsprop_momentum_reference(p, g, v, m, learning_rate, rho, rest, epsilon, momentum):
    """`rmsprop_momentum` in NumPy."""
    v *= rho
    v += g * g * rest
    m *= momentum
    m += g * learning_rate / np.sqrt(v + epsilon)
    p -= m


def rmsprop_momentum(p, g, v, m, learning_rate, rho, epsilon, momentum):
    """`rmsprop` with its step s gathered: ``m = momentum m + s``, ``p -= m``."""
    scalars = learning_rate, rho, 1 - rho, epsilon, momentum
    _step(rmsprop_momentum_reference, g, (p, v, m), *scalars)


def rmsprop_centered_reference(p, g, v, a, learning_rate, rho, rest, epsilon):
    """`rmsprop_centered` in NumPy."""
    v *= rho
    v += g * g * rest
    a *= rho
    a += g * rest
    p -= g * learning_rate / np.sqrt(v - a * a + epsilon)


def rmsprop_centered(p, g, v, a, learning_rate, rho, epsilon):
    """`rmsprop` with the variance, ``a = rho a + (1 - rho) g``, ``v - a**2`` in place of v."""
    scalars = learning_rate, rho, 1 - rho, epsilon
    _step(rmsprop_centered_reference, g, (p, v, a), *scalars)


def rmsprop_centered_momentum_reference(p, g, v, a, m, learning_rate, rho, rest, epsilon, momentum):
    """`rmsprop_centered_momentum` in NumPy."""
    v *= rho
    v += g * g * rest
    a *= rho
    a += g * rest
    m *= momentum
    m += g * learning_rate / np.sqrt(v - a * a + epsilon)
    p -= m


def rmsprop_centered_momentum(p, g, v, a, m, learning_rate, rho, epsilon, momentum):
    """`rmsprop_centered` with its step gathered, as in `rmsprop_momentum`."""
    scalars = learning_rate, rho, 1 - rho, epsilon, momentum
    _step(rmsprop_centered_momentum_reference, g, (p, v, a, m), *scalars)


def adagrad_reference(p, g, a, learning_rate, epsilon):
    """`adagrad` in NumPy."""
    a += g * g
    p -= g * learning_rate / np.sqrt(a + epsilon)


def adagrad(p, g, a, learning_rate, epsilon):
    """Adagrad: ``a += g**2``, ``p -= learning_rate g / sqrt(a + epsilon)`` (Duchi et al., 2011).

    Example:
        >>> p, a = np.array([1.0]), np.array([0.0])
        >>> adagrad(p, np.array([2.0]), a, 0.25, epsilon=0.0)
        >>> p, a
        (array([0.75]), array([4.]))
    """
    _step(adagrad_reference, g, (p, a), learning_rate, epsilon)


def adadelta_reference(p, g, a, b, learning_rate, rho, rest, epsilon):
    """`adadelta` in NumPy."""
    a *= rho
    a += g * g * rest
    d = g * np.sqrt(b + epsilon) / np.sqrt(a + epsilon)
    b *= rho
    b += d * d * rest
    p -= d * learning_rate


def adadelta(p, g, a, b, learning_rate, rho, epsilon):
    """Adadelta: mean squares a of the gradient and b of the step (Zeiler, 2012).

    ``d = g sqrt(b + epsilon) / sqrt(a + epsilon)``, ``p -= learning_rate d``.
    """
    _step(adadelta_reference, g, (p, a, b), learning_rate, rho, 1 - rho, epsilon)


def adamax_reference(p, g, m, u, alpha, rest_1, beta_2, epsilon):
    """`adamax` in NumPy."""
    m += (g - m) * rest_1
    u *= beta_2
    np.maximum(u, np.abs(g), out=u)
    p -= m * alpha / (u + epsilon)


def adamax(p, g, m, u, alpha, beta_1, beta_2, epsilon):
    """Adamax: ``u = max(beta_2 u, |g|)``, ``p -= alpha m / (u + epsilon)`` (Kingma, Ba, 2015)."""
    _step(adamax_reference, g, (p, m, u), alpha, 1 - beta_1, beta_2, epsilon)


def nadam_reference(p, g, m, v, of_m, of_g, rest_1, rest_2, grown, epsilon):
    """`nadam` in NumPy."""
    m += (g - m) * rest_1
    v += (g * g - v) * rest_2
    p -= (m * of_m + g * of_g) / (np.sqrt(v / grown) + epsilon)


def nadam(p, g, m, v, of_m, of_g, beta_1, beta_2, grown, epsilon):
    """Nadam: ``p -= (of_m m + of_g g) / (sqrt(v / grown) + epsilon)`` (Dozat, 2016)."""
    scalars = of_m, of_g, 1 - beta_1, 1 - beta_2, grown, epsilon
    _step(nadam_reference, g, (p, m, v), *scalars)


def lion_reference(p, g, m, learning_rate, beta_1, rest_1, beta_2, rest_2):
    """`lion` in NumPy."""
    p -= np.sign(m * beta_1 + g * rest_1) * learning_rate
    m *= beta_2
    m += g * rest_2


def lion(p, g, m, learning_rate, beta_1, beta_2):
    """Lion: ``p -= learning_rate sign(beta_1 m + (1 - beta_1) g)`` (Chen et al., 2023).

    Example:
        >>> p, m = np.array([1.0]), np.array([0.0])
        >>> lion(p, np.array([2.0]), m, 0.25, 0.5, 0.75)
        >>> p, m
        (array([0.75]), array([0.5]))
    """
    _step(lion_reference, g, (p, m), learning_rate, beta_1, 1 - beta_1, beta_2, 1 - beta_2)


def ftrl_reference(p, g, n, z, learning_rate, l1, l2, shrinkage, power=0.5):
    """`ftrl` in NumPy, and for any power."""
    grown = n + g * g
    root, before = (np.sqrt(a) if power == 0.5 else a**power for a in (grown, n))
    z += g + p * shrinkage - (root - before) / learning_rate * p
    p[...] = (np.clip(z, -l1, l1) - z) / (root / learning_rate + l2)
    n[...] = grown


def ftrl(p, g, n, z, learning_rate, power, l1, l2, shrinkage):
    """Ftrl-proximal: `z` gathers gradients, `n` their squares (McMahan et al., 2013)."""
    scalars = learning_rate, l1, l2, shrinkage
    if power == 0.5:
        _step(ftrl_reference, g, (p, n, z), *scalars)
    else:
        ftrl_reference(p, g, n, z, *map(float, scalars), float(power))


def lamb_reference(r, g, m, v, rest_1, rest_2, grown_1, grown_2, epsilon):
    """The direction of `lamb`, into `r`, in NumPy."""
    m += (g - m) * rest_1
    v += (g * g - v) * rest_2
    r[...] = m / grown_1 / (np.sqrt(v / grown_2) + epsilon)


def lamb(p, g, m, v, learning_rate, beta_1, beta_2, grown_1, grown_2, epsilon):
    """Lamb: ``p -= learning_rate r |p| / |r|``, where r is Adam's direction (You et al., 2020).

    Two sweeps and two norms; the factor is 1 where a norm is 0.
    """
    r = np.empty_like(p)
    scalars = 1 - beta_1, 1 - beta_2, grown_1, grown_2, epsilon
    _step(lamb_reference, g, (r, m, v), *scalars)
    of_p, of_r = (math.sqrt(np.vdot(a, a)) for a in (p, r))
    ratio = of_p / of_r if of_p > 0 and of_r > 0 else 1.0
    updates.sgd(p, r, learning_rate * ratio)
