"""Functions between layers, by the names that layers know. Each takes an array or a Tensor.

Most are ops of autograd_lite. What is here besides are `sigmoid` and `softmax`, which remember
their inputs for the losses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
    relu,
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


def softmax(x: Any) -> Any:
    """``exp(x_i) / sum_j exp(x_j)`` along the last axis. A Tensor comes back as `Probabilities`.

    Example:
        >>> y = softmax(ag.tensor([[0.0, 0.0]]))
        >>> y.numpy(), y.logits.numpy()
        (array([[0.5, 0.5]], dtype=float32), array([[0., 0.]], dtype=float32))
    """
    return _remember(ag.softmax(x), x, "softmax")


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
    found: Callable[..., Any] = choose(ACTIVATIONS, identifier, where)
    return found
