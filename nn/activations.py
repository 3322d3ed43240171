"""Element-wise functions between layers, and softmax. Each takes an array or a Tensor."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import autograd_lite as ag


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


def relu(x: Any) -> Any:
    """``max(x, 0)``; the derivative at 0 is 0.

    Example:
        >>> relu(np.array([-1.0, 2.0]))
        array([0., 2.])
    """
    return ag.relu(x)


def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """``x`` where positive, else ``negative_slope * x``."""
    return ag.where(x > 0, x, negative_slope * x)


def elu(x: Any) -> Any:
    """``x`` where positive, else ``exp(x) - 1`` (Clevert et al., 2016)."""
    # The inner `where` keeps exp, and its gradient, from overflowing on the unused side.
    return ag.where(x > 0, x, ag.expm1(ag.where(x > 0, 0.0, x)))


def exponential(x: Any) -> Any:
    """``exp(x)``."""
    return ag.exp(x)


def sigmoid(x: Any) -> Any:
    """``1 / (1 + exp(-x))``. A Tensor comes back as `Probabilities`."""
    return _remember(ag.sigmoid(x), x, "sigmoid")


def hard_sigmoid(x: Any) -> Any:
    """``x / 6 + 1/2``, held within 0 and 1."""
    return ag.clip(x / 6 + 0.5, 0.0, 1.0)


def silu(x: Any) -> Any:
    """``x * sigmoid(x)``, also called swish (Ramachandran et al., 2017)."""
    return x * ag.sigmoid(x)


def gelu(x: Any) -> Any:
    """``x * Phi(x)``, Phi being the normal distribution's, exact (Hendrycks and Gimpel, 2016)."""
    return 0.5 * x * (1 + ag.erf(x * math.sqrt(0.5)))


def softplus(x: Any) -> Any:
    """``log(1 + exp(x))``, without overflow."""
    return ag.sigmoid_cross_entropy(x, 0.0)


def softsign(x: Any) -> Any:
    """``x / (1 + |x|)``."""
    return x / (1 + ag.abs(x))


def tanh(x: Any) -> Any:
    """The hyperbolic tangent."""
    return ag.tanh(x)


def softmax(x: Any) -> Any:
    """``exp(x_i) / sum_j exp(x_j)`` along the last axis. A Tensor comes back as `Probabilities`.

    Example:
        >>> y = softmax(ag.tensor([[0.0, 0.0]]))
        >>> y.numpy(), y.logits.numpy()
        (array([[0.5, 0.5]], dtype=float32), array([[0., 0.]], dtype=float32))
    """
    return _remember(ag.softmax(x), x, "softmax")


def log_softmax(x: Any) -> Any:
    """``x_i - log(sum_j exp(x_j))`` along the last axis."""
    return ag.log_softmax(x)


ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    f.__name__: f
    for f in (
        linear,
        relu,
        leaky_relu,
        elu,
        exponential,
        sigmoid,
        hard_sigmoid,
        silu,
        gelu,
        softplus,
        softsign,
        tanh,
        softmax,
        log_softmax,
    )
} | {"swish": silu}
