"""In-place updates of leaves, each one sweep over memory. Every write counts the version up.

The formulas are those of Keras 3; gradients and slots are arrays of the parameter's shape.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import kernels
from autograd_lite.errors import GradientError, ShapeError, explain
from autograd_lite.graph import Traced, count_write

Array = np.ndarray[Any, np.dtype[Any]]


def _writable(parameter: Traced) -> Array:
    """The array of a leaf, noted as written."""
    if parameter.node is not None:
        raise GradientError(
            explain(
                "update",
                "only leaves are written in place",
                got=f"a tensor made by `{parameter.node.plan.op.name}`",
                fix="update the leaf it was computed from",
            )
        )
    count_write(parameter)
    return parameter.data


def assign(parameter: Traced, array: Any) -> None:
    """Write new values into a leaf.

    Raises:
        ShapeError: the shapes differ.

    Example:
        >>> import autograd_lite as ag
        >>> w = ag.tensor([1.0, 2.0], requires_grad=True)
        >>> ag.updates.assign(w, [3.0, 4.0])
        >>> w
        Tensor([3., 4.], requires_grad=True)
    """
    if np.shape(array) != parameter.shape:
        raise ShapeError(
            explain(
                "assign", "shapes differ", got=str(np.shape(array)), expected=str(parameter.shape)
            )
        )
    _writable(parameter)[...] = array


def sgd(parameter: Traced, gradient: Array, *, learning_rate: float) -> None:
    """``w -= lr * g``.

    Example:
        >>> import numpy as np, autograd_lite as ag
        >>> w = ag.tensor([1.0], requires_grad=True)
        >>> ag.updates.sgd(w, np.ones(1, "f4"), learning_rate=0.5)
        >>> w.tolist()
        [0.5]
    """
    kernels.sgd(_writable(parameter), gradient, learning_rate)


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
    kernels.momentum(_writable(parameter), gradient, velocity, learning_rate, momentum, nesterov)


def rmsprop(
    parameter: Traced,
    gradient: Array,
    mean_square: Array,
    *,
    learning_rate: float,
    rho: float,
    epsilon: float,
) -> None:
    """``v = rho * v + (1 - rho) * g**2``, then ``w -= lr * g / sqrt(v + epsilon)``.

    Source: Tieleman and Hinton, lecture 6.5 of Neural Networks for Machine Learning, 2012.

    Example:
        >>> import numpy as np, autograd_lite as ag
        >>> w, v = ag.tensor([1.0], requires_grad=True), np.zeros(1, "f4")
        >>> ag.updates.rmsprop(w, np.ones(1, "f4"), v, learning_rate=0.5, rho=0.75, epsilon=0.0)
        >>> w.tolist(), v.tolist()
        ([0.0], [0.25])
    """
    kernels.rmsprop(_writable(parameter), gradient, mean_square, learning_rate, rho, epsilon)


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
    kernels.adam(_writable(parameter), gradient, mean, mean_square, alpha, beta_1, beta_2, epsilon)
