"""Dense, Activation and Input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd_lite as ag
from autograd_lite.errors import ShapeError, choose, explain
from nn import activations, initializers
from nn.checks import positive_int
from nn.layer import Layer, Parameter, Shape

NamedActivation = str | Callable[[Any], Any] | None
NamedInitializer = str | initializers.Initializer


def _activation(choice: NamedActivation, where: str) -> Callable[[Any], Any]:
    table = activations.ACTIVATIONS
    return choose(table, "linear" if choice is None else choice, f"{where}: `activation`")


class Dense(Layer):
    """Affine map of the last axis: ``activation(x @ kernel + bias)``.

    Args:
        units: Length of the last axis of the output.
        activation: A name in `nn.activations`, a callable, or None.
        use_bias: Whether to add a bias.
        kernel_initializer: A name in `nn.initializers` or a callable ``f(shape)``.
        bias_initializer: Likewise.
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

    kernel: Parameter
    bias: Parameter | None

    def __init__(
        self,
        units: int,
        activation: NamedActivation = None,
        use_bias: bool = True,
        kernel_initializer: NamedInitializer = "glorot_uniform",
        bias_initializer: NamedInitializer = "zeros",
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        table = initializers.INITIALIZERS
        self.units = positive_int("Dense", "units", units)
        self.activation = _activation(activation, "Dense")
        self.use_bias = use_bias
        self.kernel_initializer = choose(table, kernel_initializer, "Dense: `kernel_initializer`")
        self.bias_initializer = choose(table, bias_initializer, "Dense: `bias_initializer`")

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
        self.kernel = Parameter(self.kernel_initializer((input_shape[-1], self.units)))
        self.bias = Parameter(self.bias_initializer((self.units,))) if self.use_bias else None

    def call(self, x: Any) -> Any:
        """``activation(x @ kernel + bias)``."""
        kernel = self.kernel
        if x.ndim < 2 or x.shape[-1] != kernel.shape[0]:
            raise self._misfit(x.shape)
        if x.dtype.kind != "f":
            x = x.astype(kernel.dtype)
        if self.bias is None:
            return self.activation(ag.matmul(x, kernel))
        if self.activation is activations.relu:
            return ag.linear_relu(x, kernel, self.bias)
        return self.activation(ag.linear(x, kernel, self.bias))

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

    def __init__(self, activation: NamedActivation, *, name: str | None = None) -> None:
        super().__init__(name)
        self.activation = _activation(activation, "Activation")

    def call(self, x: Any) -> Any:
        """``activation(x)``."""
        return self.activation(x)


class Input(Layer):
    """Says what a `Sequential` is fed, so that it is built at once. Passes its input on.

    Args:
        shape: Of one sample, without the batch axis; None for a length that varies.
        name: Of the layer.

    Shapes:
        ``(batch, *shape) -> (batch, *shape)``

    Raises:
        ShapeError: the input does not have this shape.

    Example:
        >>> Input((3,))(np.zeros((2, 3))).shape
        (2, 3)
    """

    def __init__(self, shape: Shape, *, name: str | None = None) -> None:
        super().__init__(name)
        self.shape = tuple(None if n is None else positive_int("Input", "shape", n) for n in shape)

    def call(self, x: Any) -> Any:
        """``x``, after a look at its shape."""
        got = x.shape[1:]
        fits = len(got) == len(self.shape) and all(
            n in (None, m) for n, m in zip(self.shape, got, strict=True)
        )
        if not fits:
            raise ShapeError(
                explain(
                    self.name,
                    "the input does not have the shape that was declared",
                    got=str(x.shape),
                    expected=str((None, *self.shape)),
                )
            )
        return x
