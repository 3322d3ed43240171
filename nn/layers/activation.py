"""Activations with settings or weights of their own, as layers."""

from __future__ import annotations

import math
from typing import Any

import autograd_lite as ag
from autograd_lite.errors import ShapeError, explain
from nn import activations
from nn.checks import real
from nn.layer import Layer, Parameter, Shape
from nn.layers.weights import NamedConstraint, NamedInitializer, NamedRegularizer, Weighted


class ReLU(Layer):
    """``x`` above `threshold`, else ``negative_slope * (x - threshold)``; at most `max_value`.

    Args:
        max_value: None for no bound. The derivative from there on is 0.
        negative_slope: Of the part below.
        threshold: Where that part ends, itself included.
        name: Of the layer.

    Shapes:
        ``(batch, ...) -> (batch, ...)``

    Raises:
        ValueError: a setting is negative or no finite number.

    Example:
        >>> ReLU(max_value=6.0, negative_slope=0.5)(np.array([[-2.0, 3.0, 9.0]]))
        array([[-1.,  3.,  6.]])
    """

    supports_masking = True
    name = "re_lu"

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.max_value = None if max_value is None else real("ReLU", "max_value", max_value)
        self.negative_slope = real("ReLU", "negative_slope", negative_slope)
        self.threshold = real("ReLU", "threshold", threshold)

    def call(self, x: Any) -> Any:
        """The function of each entry."""
        return activations.relu(x, self.negative_slope, self.max_value, self.threshold)


class LeakyReLU(Layer):
    """``x`` where positive, else ``negative_slope * x`` (Maas et al., 2013).

    Args:
        negative_slope: Of the part below 0.
        name: Of the layer.

    Shapes:
        ``(batch, ...) -> (batch, ...)``

    Raises:
        ValueError: `negative_slope` is negative.

    Example:
        >>> LeakyReLU()(np.array([[-1.0, 2.0]]))
        array([[-0.3,  2. ]])
    """

    supports_masking = True
    name = "leaky_re_lu"

    def __init__(self, negative_slope: float = 0.3, *, name: str | None = None) -> None:
        super().__init__(name)
        self.negative_slope = real("LeakyReLU", "negative_slope", negative_slope)

    def call(self, x: Any) -> Any:
        """The function of each entry."""
        return ag.leaky_relu(x, self.negative_slope)


class PReLU(Weighted):
    """``x`` where positive, else ``alpha * x`` with a learned `alpha` (He et al., 2015).

    Args:
        alpha_initializer: A name in `nn.initializers` or a callable ``f(shape)``.
        alpha_regularizer: A name in `nn.regularizers`, a callable, or None.
        alpha_constraint: A name in `nn.constraints`, a callable, or None.
        shared_axes: Along these axes `alpha` is the same; 0 is the batch axis.
        name: Of the layer.

    Shapes:
        ``(batch, ...) -> (batch, ...)``; `alpha` as the input without the batch axis, of length 1
        along `shared_axes`.

    Raises:
        ShapeError: an axis to learn along varies, or the input has other axes than at first.

    Example:
        >>> layer = PReLU(alpha_initializer="ones", shared_axes=[1])
        >>> layer(np.zeros((2, 5, 3))).shape, layer.alpha.shape
        ((2, 5, 3), (1, 3))
    """

    supports_masking = True
    name = "p_re_lu"
    alpha: Parameter

    def __init__(
        self,
        alpha_initializer: NamedInitializer = "zeros",
        alpha_regularizer: NamedRegularizer = None,
        alpha_constraint: NamedConstraint = None,
        shared_axes: int | tuple[int, ...] | list[int] | None = None,
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self._settle(
            alpha_initializer=alpha_initializer,
            alpha_regularizer=alpha_regularizer,
            alpha_constraint=alpha_constraint,
        )
        axes = (shared_axes,) if isinstance(shared_axes, int) else tuple(shared_axes or ())
        self.shared_axes = axes

    def build(self, input_shape: Shape) -> None:
        """Make `alpha`."""
        ndim = len(input_shape)
        shared = {a % ndim for a in self.shared_axes if -ndim <= a < ndim}
        shape = [1 if a in shared else n for a, n in enumerate(input_shape)][1:]
        if None in shape or len(shared) != len(set(self.shared_axes)):
            raise ShapeError(
                explain(
                    self.name,
                    "no length to learn along",
                    got=f"input {input_shape}, shared_axes {self.shared_axes}",
                    expected="axes of the input in shared_axes, among them all that vary",
                )
            )
        self.alpha = self._weight("alpha", tuple(n for n in shape if n is not None))

    def call(self, x: Any) -> Any:
        """The function of each entry."""
        wanted = self.alpha.shape
        fits = len(wanted) == x.ndim - 1 and all(
            n in (1, m) for n, m in zip(wanted, x.shape[1:], strict=True)
        )
        if not fits:
            raise ShapeError(
                explain(
                    self.name,
                    "the input does not fit `alpha`",
                    got=f"input {x.shape}, alpha {wanted}",
                    expected=f"input (batch, {', '.join(map(str, wanted))})",
                )
            )
        return ag.prelu(x, self.alpha)


class ELU(Layer):
    """``x`` where positive, else ``alpha * (exp(x) - 1)`` (Clevert et al., 2016).

    Args:
        alpha: Positive: minus the limit far below 0.
        name: Of the layer.

    Shapes:
        ``(batch, ...) -> (batch, ...)``

    Raises:
        ValueError: `alpha` is not positive.

    Example:
        >>> ELU()(np.array([[-1000.0, 2.0]]))
        array([[-1.,  2.]])
    """

    supports_masking = True

    def __init__(self, alpha: float = 1.0, *, name: str | None = None) -> None:
        super().__init__(name)
        self.alpha = real("ELU", "alpha", alpha, low=math.ulp(0.0))

    def call(self, x: Any) -> Any:
        """The function of each entry."""
        return ag.elu(x, self.alpha)


class Softmax(Layer):
    """``exp(x_i) / sum_j exp(x_j)`` along `axis`.

    Args:
        axis: The axis of the sum.
        name: Of the layer.

    Shapes:
        ``(batch, ...) -> (batch, ...)``

    Example:
        >>> Softmax()(np.zeros((1, 4)))
        array([[0.25, 0.25, 0.25, 0.25]])
    """

    supports_masking = True

    def __init__(self, axis: int = -1, *, name: str | None = None) -> None:
        super().__init__(name)
        self.axis = axis

    def call(self, x: Any) -> Any:
        """The probabilities; those along the last axis remember their logits."""
        if self.axis in (-1, x.ndim - 1):
            return activations.softmax(x)
        return ag.softmax(x, axis=self.axis)
