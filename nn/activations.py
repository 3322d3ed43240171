"""Functions between layers, by the names that layers know. Each takes an array or a Tensor.

Most are ops of autograd_lite. What is here besides are those that have settings in Keras alone, and
`sigmoid` and `softmax`, which remember their inputs for the losses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import (
    celu,
    elu,
    gelu,
    glu,
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_tanh,
    leaky_relu,
    log_sigmoid,
    log_softmax,
    mish,
    relu6,
    selu,
    silu,
    soft_shrink,
    softplus,
    softsign,
    sparse_plus,
    squareplus,
    tanh,
    tanh_shrink,
    threshold,
)
from autograd_lite import exp as exponential
from autograd_lite.errors import choose

__all__ = [
    "ACTIVATIONS",
    "Probabilities",
    "celu",
    "elu",
    "exponential",
    "gelu",
    "get",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh",
    "tanh_shrink",
    "threshold",
]


# Keras' other names.
swish, hard_swish = silu, hard_silu


class Probabilities(ag.Tensor):
    """The output of `softmax` or `sigmoid`, which remembers what it was computed from.

    A cross-entropy takes the logits from here and so is computed fused: no probability is rounded
    to 0 or 1 before its logarithm is taken.

    Attributes:
        logits: The input of the activation.
        kind: ``"softmax"`` or ``"sigmoid"``.
    """

    __slots__ = ("kind", "logits")

    def __init__(self, output: ag.Tensor, logits: ag.Tensor, kind: str) -> None:
        super().__init__(output.data, output.requires_grad, output.node)
        self.logits = logits
        self.kind = kind


def _remember(output: Any, logits: Any, kind: str) -> Any:
    return Probabilities(output, logits, kind) if isinstance(output, ag.Tensor) else output


def linear(x: Any) -> Any:
    """``x``, unchanged."""
    return x


def sigmoid(x: Any) -> Any:
    """``1 / (1 + exp(-x))``. A Tensor comes back as `Probabilities`."""
    return _remember(ag.sigmoid(x), x, "sigmoid")


def relu(
    x: Any, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> Any:
    """``x`` from `threshold` on, below it ``negative_slope * (x - threshold)``, cut at `max_value`.

    Example:
        >>> relu(np.array([-2.0, 3.0, 9.0])), relu(np.array([-2.0, 9.0]), 0.5, max_value=6.0)
        (array([0., 3., 9.]), array([-1.,  6.]))
    """
    if threshold:
        below = ag.multiply(ag.subtract(x, threshold), negative_slope)
        y = ag.where(ag.less_equal(x, threshold), below, x)
    else:
        y = ag.leaky_relu(x, negative_slope) if negative_slope else ag.relu(x)
    return y if max_value is None else ag.where(ag.greater_equal(y, max_value), max_value, y)


def sparse_sigmoid(x: Any) -> Any:
    """``(x + 1) / 2``, but 0 below -1 and 1 above 1.

    Example:
        >>> sparse_sigmoid(np.array([-2.0, 0.0, 0.5, 2.0]))
        array([0.  , 0.5 , 0.75, 1.  ])
    """
    return ag.multiply(ag.add(ag.clip(x, -1, 1), 1), 0.5)


def sparsemax(x: Any, axis: int = -1) -> Any:
    """``max(x - t, 0)``, the t such that it sums to 1 along an axis: the nearest distribution.

    Source:
        Martins and Astudillo (2016).

    Example:
        >>> sparsemax(np.array([[1.0, 0.8, -1.0]]))
        array([[0.6, 0.4, 0. ]])
    """
    values = np.moveaxis(x.data if isinstance(x, ag.Tensor) else np.asarray(x), axis, -1)
    falling = -np.sort(-values, axis=-1)
    ranks = np.arange(1, falling.shape[-1] + 1)
    # Which entries are above t follows from the values alone, as which is the largest does.
    above = (falling * ranks > falling.cumsum(axis=-1) - 1).sum(axis=-1, keepdims=True)
    least = np.take_along_axis(falling, np.maximum(above, 1) - 1, axis=-1)
    kept = np.moveaxis(values >= least, -1, axis).astype(values.dtype)
    count = kept.sum(axis=axis, keepdims=True)
    t = ag.divide(ag.subtract(ag.sum(ag.multiply(x, kept), axis=axis, keepdims=True), 1), count)
    return ag.where(kept != 0, ag.subtract(x, t), np.zeros((), kept.dtype))


def softmax(x: Any, axis: int = -1) -> Any:
    """``exp(x_i) / sum_j exp(x_j)`` along an axis. A Tensor comes back as `Probabilities`.

    Those along another axis than the last come back as a plain Tensor.

    Example:
        >>> y = softmax(ag.tensor([[0.0, 0.0]]))
        >>> y.numpy(), y.logits.numpy()
        (array([[0.5, 0.5]], dtype=float32), array([[0., 0.]], dtype=float32))
    """
    return _remember(ag.softmax(x), x, "softmax") if axis == -1 else ag.softmax(x, axis)


ACTIVATIONS: dict[str, Callable[..., Any]] = {
    "celu": celu,
    "elu": elu,
    "exponential": exponential,
    "gelu": gelu,
    "glu": glu,
    "hard_shrink": hard_shrink,
    "hard_sigmoid": hard_sigmoid,
    "hard_silu": hard_silu,
    "hard_swish": hard_silu,
    "hard_tanh": hard_tanh,
    "leaky_relu": leaky_relu,
    "linear": linear,
    "log_sigmoid": log_sigmoid,
    "log_softmax": log_softmax,
    "mish": mish,
    "relu": relu,
    "relu6": relu6,
    "selu": selu,
    "sigmoid": sigmoid,
    "silu": silu,
    "soft_shrink": soft_shrink,
    "softmax": softmax,
    "softplus": softplus,
    "softsign": softsign,
    "sparse_plus": sparse_plus,
    "sparse_sigmoid": sparse_sigmoid,
    "sparsemax": sparsemax,
    "squareplus": squareplus,
    "swish": silu,
    "tanh": tanh,
    "tanh_shrink": tanh_shrink,
}
"""What a layer's `activation` may be called. `threshold` needs its settings, and so has no name."""


def get(identifier: Any, where: str = "activations.get") -> Callable[..., Any]:
    """The function of this name; None is `linear`, and other callables pass through.

    Args:
        identifier: None, a name such as ``"relu"``, or a callable ``f(tensor)``.
        where: Who asks, for the message.

    Raises:
        ValueError: the name is unknown.
        TypeError: it is neither a name nor callable.

    Example:
        >>> get("relu")(np.array([-1.0, 2.0]))
        array([0., 2.])
    """
    if identifier is None:
        return linear
    if identifier is ag.relu:
        return relu
    found: Callable[..., Any] = choose(ACTIVATIONS, identifier, where)
    return found
