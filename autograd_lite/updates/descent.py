"""Steps along the gradient, and along a mean of gradients."""

from __future__ import annotations

from autograd_lite import kernels
from autograd_lite.graph import Traced
from autograd_lite.updates.leaves import Array, writable


def sgd(parameter: Traced, gradient: Array, *, learning_rate: float) -> None:
    """``w -= lr * g``.

    Example:
        >>> import numpy as np, autograd_lite as ag
        >>> w = ag.tensor([1.0], requires_grad=True)
        >>> ag.updates.sgd(w, np.ones(1, "f4"), learning_rate=0.5)
        >>> w.tolist()
        [0.5]
    """
    kernels.sgd(writable(parameter), gradient, learning_rate)


def momentum(
    parameter: Traced,
    gradient: Array,
    velocity: Array,
    *,
    learning_rate: float,
    momentum: float,
    nesterov: bool = False,
) -> None:
    """``m = mu * m - lr * g``, then ``w += m``, or ``w += mu * m - lr * g`` with `nesterov`.

    Source: Sutskever et al., On the importance of initialization and momentum, 2013.

    Example:
        >>> import numpy as np, autograd_lite as ag
        >>> w, m = ag.tensor([1.0], requires_grad=True), np.zeros(1, "f4")
        >>> ag.updates.momentum(w, np.ones(1, "f4"), m, learning_rate=0.5, momentum=0.5)
        >>> w.tolist(), m.tolist()
        ([0.5], [-0.5])
    """
    kernels.momentum(writable(parameter), gradient, velocity, learning_rate, momentum, nesterov)


def lion(
    parameter: Traced,
    gradient: Array,
    mean: Array,
    *,
    learning_rate: float,
    beta_1: float,
    beta_2: float,
) -> None:
    """``w -= lr * sign(b1 * m + (1 - b1) * g)``, then ``m = b2 * m + (1 - b2) * g``.

    Source: Chen et al., Symbolic discovery of optimization algorithms, 2023.

    Example:
        >>> import numpy as np, autograd_lite as ag
        >>> w, m = ag.tensor([1.0], requires_grad=True), np.zeros(1, "f4")
        >>> g = np.full(1, 3.0, "f4")
        >>> ag.updates.lion(w, g, m, learning_rate=0.5, beta_1=0.9, beta_2=0.5)
        >>> w.tolist(), m.tolist()
        ([0.5], [1.5])
    """
    kernels.lion(writable(parameter), gradient, mean, learning_rate, beta_1, beta_2)


def ftrl(
    parameter: Traced,
    gradient: Array,
    squares: Array,
    linear: Array,
    *,
    learning_rate: float,
    power: float = 0.5,
    l1: float = 0.0,
    l2: float = 0.0,
    shrinkage: float = 0.0,
) -> None:
    """Follow the regularised leader: ``w = (clip(z, -l1, l1) - z) / (n**p / lr + l2)``.

    After ``z += g + shrinkage * w - ((n + g**2)**p - n**p) / lr * w`` and ``n += g**2``.

    Source: McMahan et al., Ad click prediction: a view from the trenches, 2013.

    Example:
        >>> import numpy as np, autograd_lite as ag
        >>> w, g = ag.tensor([1.0], requires_grad=True), np.ones(1, "f4")
        >>> n, z = np.zeros(1, "f4"), np.zeros(1, "f4")
        >>> ag.updates.ftrl(w, g, n, z, learning_rate=0.5)
        >>> w.tolist(), n.tolist(), z.tolist()
        ([0.5], [1.0], [-1.0])
    """
    p = writable(parameter)
    kernels.ftrl(p, gradient, squares, linear, learning_rate, power, l1, l2, shrinkage)
