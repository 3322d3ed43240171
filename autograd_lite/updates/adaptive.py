"""Steps whose length follows the size of the gradients, number by number."""

from __future__ import annotations

from autograd_lite import kernels
from autograd_lite.graph import Traced
from autograd_lite.updates.leaves import Array, writable


def rmsprop(
    parameter: Traced,
    gradient: Array,
    mean_square: Array,
    *,
    learning_rate: float,
    rho: float,
    epsilon: float,
    mean: Array | None = None,
    velocity: Array | None = None,
    momentum: float = 0.0,
) -> None:
    """``v = rho * v + (1 - rho) * g**2``, then ``w -= lr * g / sqrt(v + epsilon)``.

    With the slot `mean`, ``a = rho * a + (1 - rho) * g`` and ``v - a**2`` stands in place of v
    (Graves, 2013). With `velocity`, the steps s are gathered: ``m = momentum * m + s``, ``w -= m``.

    Source: Tieleman and Hinton, lecture 6.5 of Neural Networks for Machine Learning, 2012.

    Example:
        >>> import numpy as np, autograd_lite as ag
        >>> w, v = ag.tensor([1.0], requires_grad=True), np.zeros(1, "f4")
        >>> ag.updates.rmsprop(w, np.ones(1, "f4"), v, learning_rate=0.5, rho=0.75, epsilon=0.0)
        >>> w.tolist(), v.tolist()
        ([0.0], [0.25])
    """
    p, scalars = writable(parameter), (learning_rate, rho, epsilon)
    if mean is None and velocity is None:
        kernels.rmsprop(p, gradient, mean_square, *scalars)
    elif velocity is None:
        kernels.rmsprop_centered(p, gradient, mean_square, mean, *scalars)
    elif mean is None:
        kernels.rmsprop_momentum(p, gradient, mean_square, velocity, *scalars, momentum)
    else:
        slots = mean_square, mean, velocity
        kernels.rmsprop_centered_momentum(p, gradient, *slots, *scalars, momentum)


def adam(
    parameter: Traced,
    gradient: Array,
    mean: Array,
    mean_square: Array,
    *,
    alpha: float,
    beta_1: float,
    beta_2: float,
    epsilon: float,
    decay: float = 0.0,
    largest: Array | None = None,
) -> None:
    """``m += (g - m)(1 - b1)``, ``v += (g**2 - v)(1 - b2)``, ``w -= alpha * m / (sqrt(v) + eps)``.

    Args:
        parameter: The leaf to write.
        gradient: Its gradient.
        mean: Slot m.
        mean_square: Slot v.
        alpha: ``lr * sqrt(1 - b2**t) / (1 - b1**t)`` at step t, which starts at 1.
        beta_1: Decay b1 of m.
        beta_2: Decay b2 of v.
        epsilon: Added to the root.
        decay: The share of w that is taken off first (AdamW).
        largest: A slot for the largest v so far, which then stands in place of v (AMSGrad).

    Source: Kingma and Ba, Adam, 2015, the variant before section 2.1.

    Example:
        >>> import numpy as np, autograd_lite as ag
        >>> w, m, v = ag.tensor([1.0], requires_grad=True), np.zeros(1, "f4"), np.zeros(1, "f4")
        >>> ag.updates.adam(
        ...     w, np.ones(1, "f4"), m, v, alpha=1.0, beta_1=0.5, beta_2=0.75, epsilon=0.0
        ... )
        >>> w.tolist(), m.tolist(), v.tolist()
        ([0.0], [0.5], [0.25])
    """
    p, scalars = writable(parameter), (alpha, beta_1, beta_2, epsilon)
    if largest is not None:
        if decay:
            kernels.sgd(p, p, decay)
        kernels.amsgrad(p, gradient, mean, mean_square, largest, *scalars)
    elif decay:
        kernels.adamw(p, gradient, mean, mean_square, *scalars, decay)
    else:
        kernels.adam(p, gradient, mean, mean_square, *scalars)


def adagrad(
    parameter: Traced, gradient: Array, squares: Array, *, learning_rate: float, epsilon: float
) -> None:
    """``a += g**2``, then ``w -= lr * g / sqrt(a + epsilon)``.

    Source: Duchi, Hazan and Singer, Adaptive subgradient methods, 2011.

    Example:
        >>> import numpy as np, autograd_lite as ag
        >>> w, a = ag.tensor([1.0], requires_grad=True), np.zeros(1, "f4")
        >>> ag.updates.adagrad(w, np.full(1, 2.0, "f4"), a, learning_rate=0.25, epsilon=0.0)
        >>> w.tolist(), a.tolist()
        ([0.75], [4.0])
    """
    kernels.adagrad(writable(parameter), gradient, squares, learning_rate, epsilon)


def adadelta(
    parameter: Traced,
    gradient: Array,
    mean_square: Array,
    mean_square_step: Array,
    *,
    learning_rate: float,
    rho: float,
    epsilon: float,
) -> None:
    """``w -= lr * d`` with ``d = g * sqrt(b + epsilon) / sqrt(a + epsilon)``.

    ``a = rho * a + (1 - rho) * g**2`` before it, ``b = rho * b + (1 - rho) * d**2`` after it.

    Source: Zeiler, ADADELTA, 2012.

    Example:
        >>> import numpy as np, autograd_lite as ag
        >>> w, g = ag.tensor([1.0], requires_grad=True), np.full(1, 2.0, "f4")
        >>> a, b = np.zeros(1, "f4"), np.ones(1, "f4")
        >>> ag.updates.adadelta(w, g, a, b, learning_rate=0.5, rho=0.75, epsilon=0.0)
        >>> w.tolist(), a.tolist(), b.tolist()
        ([0.0], [1.0], [1.75])
    """
    p = writable(parameter)
    kernels.adadelta(p, gradient, mean_square, mean_square_step, learning_rate, rho, epsilon)


def adamax(
    parameter: Traced,
    gradient: Array,
    mean: Array,
    largest: Array,
    *,
    alpha: float,
    beta_1: float,
    beta_2: float,
    epsilon: float,
) -> None:
    """``m += (g - m)(1 - b1)``, ``u = max(b2 * u, |g|)``, ``w -= alpha * m / (u + epsilon)``.

    At step t, which starts at 1, ``alpha = lr / (1 - b1**t)``.

    Source: Kingma and Ba, Adam, 2015, section 7.1.

    Example:
        >>> import numpy as np, autograd_lite as ag
        >>> w, m, u = ag.tensor([1.0], requires_grad=True), np.zeros(1, "f4"), np.zeros(1, "f4")
        >>> ag.updates.adamax(
        ...     w, np.ones(1, "f4"), m, u, alpha=1.0, beta_1=0.5, beta_2=0.75, epsilon=0.0
        ... )
        >>> w.tolist(), m.tolist(), u.tolist()
        ([0.5], [0.5], [1.0])
    """
    p = writable(parameter)
    kernels.adamax(p, gradient, mean, largest, alpha, beta_1, beta_2, epsilon)


def nadam(
    parameter: Traced,
    gradient: Array,
    mean: Array,
    mean_square: Array,
    *,
    of_mean: float,
    of_gradient: float,
    beta_1: float,
    beta_2: float,
    correction: float,
    epsilon: float,
) -> None:
    """``w -= (of_mean * m + of_gradient * g) / (sqrt(v / correction) + epsilon)``.

    m and v as in `adam`; at step t, ``correction = 1 - b2**t``, and the two factors hold the
    learning rate and the momentum schedule.

    Source: Dozat, Incorporating Nesterov momentum into Adam, 2016.

    Example:
        >>> import numpy as np, autograd_lite as ag
        >>> w, g = ag.tensor([1.0], requires_grad=True), np.ones(1, "f4")
        >>> m, v = np.zeros(1, "f4"), np.zeros(1, "f4")
        >>> ag.updates.nadam(
        ...     w, g, m, v, of_mean=0.5, of_gradient=0.25,
        ...     beta_1=0.5, beta_2=0.75, correction=0.25, epsilon=0.0,
        ... )
        >>> w.tolist(), m.tolist(), v.tolist()
        ([0.5], [0.5], [0.25])
    """
    scalars = of_mean, of_gradient, beta_1, beta_2, correction, epsilon
    kernels.nadam(writable(parameter), gradient, mean, mean_square, *scalars)


def lamb(
    parameter: Traced,
    gradient: Array,
    mean: Array,
    mean_square: Array,
    *,
    learning_rate: float,
    beta_1: float,
    beta_2: float,
    corrections: tuple[float, float],
    epsilon: float,
) -> None:
    """``w -= lr * r * |w| / |r|`` with Adam's ``r = (m / c1) / (sqrt(v / c2) + epsilon)``.

    The factor ``|w| / |r|`` is 1 where a norm is 0. At step t the `corrections` are ``1 - b1**t``
    and ``1 - b2**t``.

    Source: You et al., Large batch optimization for deep learning, 2020.

    Example:
        >>> import numpy as np, autograd_lite as ag
        >>> w, g = ag.tensor([2.0], requires_grad=True), np.full(1, 3.0, "f4")
        >>> m, v = np.zeros(1, "f4"), np.zeros(1, "f4")
        >>> ag.updates.lamb(
        ...     w, g, m, v, learning_rate=0.5,
        ...     beta_1=0.5, beta_2=0.75, corrections=(0.5, 0.25), epsilon=0.0,
        ... )
        >>> w.tolist(), m.tolist(), v.tolist()
        ([1.0], [1.5], [2.25])
    """
    scalars = learning_rate, beta_1, beta_2, *corrections, epsilon
    kernels.lamb(writable(parameter), gradient, mean, mean_square, *scalars)
