"""Optimizer steps in place, each one sweep over memory; formulas and defaults are Keras 3's.

Every function writes to its parameters and slots and returns nothing. Contiguous float32 or float64
arrays of one shape go to a kernel, all else to the NumPy reference beside it, and so do sizes at
which two or three NumPy calls are cheaper than one of ours. Both give the same bits.
"""

import functools

import numpy as np

from autograd_lite.kernels.runtime import use_compiled

_FLOATS = frozenset({np.dtype(np.float32), np.dtype(np.float64)})
# Microseconds a byte of every array on one thread, about.
_COST = 3e-5
# Sizes at which NumPy's one or two operations take as long as a call of a kernel.
_SMALL_ONE_CALL, _SMALL_TWO_CALLS, _SMALL_MANY_CALLS = 2048, 1024, 256


@functools.cache
def _compiled():
    global _SMALL_MANY_CALLS
    from autograd_lite.kernels.compiled import updates

    # Small arrays alone shall not make a program import numba; now that they need not, a call
    # beats NumPy's six or seven of any size.
    _SMALL_MANY_CALLS = 1
    return updates


def _suits(least, g, *written):
    """Whether a kernel may step through these arrays, of which it writes all but the first."""
    shape, dtype, flags = g.shape, g.dtype, g.flags
    if g.size < least or dtype not in _FLOATS or not (flags.c_contiguous and flags.aligned):
        return False
    for a in written:
        if a.shape != shape or a.dtype != dtype or not a.flags.carray:
            return False
    return use_compiled()


def _sweep(kernel, g, written, *scalars):
    if g.ndim != 1:
        g = g.reshape(-1)
        written = tuple([a.reshape(-1) for a in written])
    kernel(_COST * (len(written) + 1) * g.nbytes, written, g, scalars)


def sgd_reference(p, g, learning_rate):
    """`sgd` in NumPy."""
    p -= g * learning_rate


def sgd(p, g, learning_rate):
    """Gradient descent: ``p -= learning_rate * g``.

    Args:
        p: Parameters, written.
        g: Their gradient, of the same shape.
        learning_rate: Size of the step.

    Example:
        >>> p = np.array([1.0, 2.0])
        >>> sgd(p, np.array([2.0, 4.0]), 0.25)
        >>> p
        array([0.5, 1. ])
    """
    if _suits(_SMALL_ONE_CALL, g, p):
        _sweep(_compiled().sgd, g, (p,), float(learning_rate))
    else:
        sgd_reference(p, g, float(learning_rate))


def momentum_reference(p, g, m, learning_rate, momentum, nesterov):
    """`momentum` in NumPy."""
    step = g * learning_rate
    m *= momentum
    m -= step
    p += m * momentum - step if nesterov else m


def momentum(p, g, m, learning_rate, momentum, nesterov=False):
    """Descent with momentum: ``m = momentum m - learning_rate g``, then ``p += m``.

    With `nesterov`, ``p += momentum m - learning_rate g`` with the new `m` (Sutskever et al., On
    the importance of initialization and momentum in deep learning, 2013).

    Args:
        p: Parameters, written.
        g: Their gradient, of the same shape.
        m: Velocity, written; zeros at first.
        learning_rate: Size of the step.
        momentum: Share of the velocity that is kept.
        nesterov: Whether to look ahead.

    Example:
        >>> p, m = np.array([1.0]), np.array([1.0])
        >>> momentum(p, np.array([2.0]), m, 0.25, 0.5)
        >>> p, m
        (array([1.]), array([0.]))
    """
    scalars = float(learning_rate), float(momentum)
    if _suits(_SMALL_TWO_CALLS, g, p, m):
        kernel = _compiled().nesterov if nesterov else _compiled().momentum
        _sweep(kernel, g, (p, m), *scalars)
    else:
        momentum_reference(p, g, m, *scalars, nesterov)


def rmsprop_reference(p, g, v, learning_rate, rho, epsilon):
    """`rmsprop` in NumPy."""
    v *= rho
    v += g * g * (1 - rho)
    p -= g * learning_rate / np.sqrt(v + epsilon)


def rmsprop(p, g, v, learning_rate, rho=0.9, epsilon=1e-7):
    """RMSprop: ``v = rho v + (1 - rho) g**2``, ``p -= learning_rate g / sqrt(v + epsilon)``.

    Tieleman and Hinton, Neural Networks for Machine Learning, lecture 6.5; `epsilon` is inside the
    root, as in Keras.

    Args:
        p: Parameters, written.
        g: Their gradient, of the same shape.
        v: Mean square of the gradient, written; zeros at first.
        learning_rate: Size of the step.
        rho: Share of the mean square that is kept.
        epsilon: Added to the mean square.

    Example:
        >>> p, v = np.array([1.0]), np.array([0.0])
        >>> rmsprop(p, np.array([2.0]), v, 0.25, rho=0.75, epsilon=0.0)
        >>> p, v
        (array([0.5]), array([1.]))
    """
    rho = float(rho)
    if _suits(_SMALL_MANY_CALLS, g, p, v):
        scalars = float(learning_rate), rho, 1 - rho, float(epsilon)
        _sweep(_compiled().rmsprop, g, (p, v), *scalars)
    else:
        rmsprop_reference(p, g, v, float(learning_rate), rho, float(epsilon))


def adam_reference(p, g, m, v, alpha, beta_1, beta_2, epsilon):
    """`adam` in NumPy."""
    m += (g - m) * (1 - beta_1)
    v += (g * g - v) * (1 - beta_2)
    p -= m * alpha / (np.sqrt(v) + epsilon)


def adam(p, g, m, v, alpha, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    """Adam: ``m += (g - m)(1 - beta_1)``, ``v += (g**2 - v)(1 - beta_2)``.

    Then ``p -= alpha m / (sqrt(v) + epsilon)``, where the caller gives step t's
    ``alpha = learning_rate * sqrt(1 - beta_2**t) / (1 - beta_1**t)``: Kingma and Ba, Adam, 2015,
    end of section 2.

    Args:
        p: Parameters, written.
        g: Their gradient, of the same shape.
        m: Mean of the gradient, written; zeros at first.
        v: Mean square of the gradient, written; zeros at first.
        alpha: Size of the step, corrected for the zeros.
        beta_1: Share of the mean that is kept.
        beta_2: Share of the mean square that is kept.
        epsilon: Added to the root.

    Example:
        >>> p, m, v = np.array([1.0]), np.array([0.0]), np.array([0.0])
        >>> adam(p, np.array([2.0]), m, v, 0.5, beta_1=0.5, beta_2=0.75, epsilon=0.0)
        >>> p, m, v
        (array([0.5]), array([1.]), array([1.]))
    """
    alpha, beta_1, beta_2 = float(alpha), float(beta_1), float(beta_2)
    if _suits(_SMALL_MANY_CALLS, g, p, m, v):
        scalars = alpha, 1 - beta_1, 1 - beta_2, float(epsilon)
        _sweep(_compiled().adam, g, (p, m, v), *scalars)
    else:
        adam_reference(p, g, m, v, alpha, beta_1, beta_2, float(epsilon))
