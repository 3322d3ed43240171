"""Gradients of real functions of complex arrays, by differences."""

from __future__ import annotations

import numpy as np

import autograd_lite as ag


def normal(rng, *shape):
    """Complex numbers with normal parts."""
    return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)


def difference(loss, args, i, step=1e-3):
    """``dL/dx + i dL/dy`` by argument i, entry by entry; x alone where it is real."""
    x = args[i]

    def at(direction, k):
        moved = x.copy()
        moved[index] += k * step * direction
        return loss(*args[:i], moved, *args[i + 1 :])

    def along(d):
        return (8 * (at(d, 1) - at(d, -1)) - (at(d, 2) - at(d, -2))) / (12 * step)

    out = np.zeros(x.shape, x.dtype)
    for index in np.ndindex(x.shape):
        out[index] = along(1) + (1j * along(1j) if x.dtype.kind == "c" else 0)
    return out


def check(f, *args, seed=0):
    """Gradients of ``sum(w * abs(f(...))**2)`` and of its gradient's real products, by all args."""
    rng = np.random.default_rng(seed)
    args = tuple(map(np.asarray, args))
    weights = rng.uniform(0.5, 1.5, np.shape(f(*args)))

    def loss(*xs):
        return np.sum(weights * np.abs(f(*xs)) ** 2)

    everything = tuple(range(len(args)))
    directions = [normal(rng, *np.shape(x)) for x in args]

    def along(*xs):
        parts = ag.grad(loss, everything)(*xs)
        return sum(
            np.sum(np.real(part) * d.real) + np.sum(np.imag(part) * d.imag)
            for part, d in zip(parts, directions, strict=True)
        )

    for g in (loss, along):
        for i, gradient in enumerate(ag.grad(g, everything)(*args)):
            assert gradient.dtype == args[i].dtype
            np.testing.assert_allclose(gradient, difference(g, args, i), rtol=1e-7, atol=1e-7)
