"""Dense and Activation."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar

import autograd_lite as ag
from autograd_lite.errors import ShapeError, explain
from nn import activations
from nn.checks import callers, positive_int
from nn.layer import Layer, Parameter, Shape
from nn.layers.weights import (
    NamedActivation,
    NamedConstraint,
    NamedInitializer,
    NamedRegularizer,
    Weighted,
    get_activation,
)


class Dense(Weighted):
    """Affine map of the last axis: ``activation(x @ kernel + bias)``.

    Args:
        units: Length of the last axis of the output.
        activation: A name in `nn.activations`, a callable, or None.
        use_bias: Whether to add a bias.
        kernel_initializer: A name in `nn.initializers` or a callable ``f(shape)``.
        bias_initializer: Likewise.
        kernel_regularizer: A name in `nn.regularizers`, a callable, or None.
        bias_regularizer: Likewise.
        activity_regularizer: Likewise, of the output; divided by the length of the batch.
        kernel_constraint: A name in `nn.constraints`, a callable, or None.
        bias_constraint: Likewise.
        name: Of the layer.

    Shapes:
        ``(batch, ..., n) -> (batch, ..., units)``; `kernel` ``(n, units)``, `bias` ``(units,)``.

    Raises:
        ValueError: `units` is not positive, or a name is unknown.
        ShapeError: the input has fewer than two axes, or not the length the kernel was made for.

    Example:
        >>> layer = Dense(4, activation="relu")
        >>> layer(np.zeros((2, 3), np.float32)).shape, layer.kernel.shape, layer.count_params()
        ((2, 4), (3, 4), 16)
    """

    supports_masking = True
    _replays = True
    foreign: ClassVar = {
        name: (None,) for name in ("lora_rank", "lora_alpha", "quantization_config")
    }
    kernel: Parameter
    bias: Parameter | None

    def __init__(
        self,
        units: int,
        activation: NamedActivation = None,
        use_bias: bool = True,
        kernel_initializer: NamedInitializer = "glorot_uniform",
        bias_initializer: NamedInitializer = "zeros",
        kernel_regularizer: NamedRegularizer = None,
        bias_regularizer: NamedRegularizer = None,
        activity_regularizer: NamedRegularizer = None,
        kernel_constraint: NamedConstraint = None,
        bias_constraint: NamedConstraint = None,
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.units = positive_int("Dense", "units", units)
        self.activation = get_activation(activation, "Dense")
        self.use_bias = use_bias
        self._settle(
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
        )

    def build(self, input_shape: Shape) -> None:
        """Make `kernel` and `bias`."""
        if len(input_shape) < 2 or not input_shape[-1]:
            raise ShapeError(
                explain(
                    self.name,
                    "the input has no features",
                    got=f"input {input_shape}",
                    expected="(batch, ..., features)",
                    fix="a vector is one row of features or one column: reshape((1, -1)) or "
                    "reshape((-1, 1))",
                )
            )
        if self.units == 1 and self.activation is activations.softmax:
            warnings.warn(
                f"{self.name}: a softmax over one unit is 1 whatever comes in; "
                'activation="sigmoid" is meant, or a unit for each class',
                stacklevel=callers(),
            )
        self.kernel = self._weight("kernel", (input_shape[-1], self.units))
        self.bias = self._weight("bias", (self.units,)) if self.use_bias else None

    def call(self, x: Any) -> Any:
        """``activation(x @ kernel + bias)``."""
        kernel = self.kernel
        if x.ndim < 2 or x.shape[-1] != kernel.shape[0]:
            raise self._misfit(x.shape)
        if x.dtype.kind != "f":
            x = x.astype(kernel.dtype)
        if self.bias is None:
            return self._finish(ag.matmul(x, kernel))
        if self.activation is activations.relu and self.activity_regularizer is None:
            return ag.linear_relu(x, kernel, self.bias)
        return self._finish(ag.linear(x, kernel, self.bias))

    def _misfit(self, shape: tuple[int, ...]) -> ShapeError:
        n = self.kernel.shape[0]
        fix = "the inputs it was built for, or a new model"
        if len(shape) < 2:
            fix = "rows of features, a single one too: x.reshape((1, -1))"
        elif len(shape) > 2 and n % shape[-1] == 0:
            fix = "layers.Flatten() before it, or x.reshape((len(x), -1))"
        return ShapeError(
            explain(
                self.name,
                "the input does not fit the kernel",
                got=f"input {shape}, kernel {self.kernel.shape}",
                expected=f"input (batch, ..., {n})",
                fix=fix,
            )
        )


class Activation(Layer):
    """An activation as a layer of its own.

    Args:
        activation: A name in `nn.activations`, or a callable.
        name: Of the layer.

    Shapes:
        ``(batch, ...) -> (batch, ...)``

    Example:
        >>> Activation("relu")(np.array([[-1.0, 2.0]]))
        array([[0., 2.]])
    """

    supports_masking = True
    _replays = True

    def __init__(self, activation: NamedActivation, *, name: str | None = None) -> None:
        super().__init__(name)
        self.activation = get_activation(activation, "Activation")

    def call(self, x: Any) -> Any:
        """``activation(x)``."""
        return self.activation(x)
