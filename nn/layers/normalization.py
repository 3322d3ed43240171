"""Layers that bring their input to mean 0 and variance 1, or to norm 1, along some axes."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ShapeError, explain
from nn import initializers
from nn.checks import positive_int, real
from nn.layer import Layer, Parameter, Shape
from nn.layers.weights import (
    NamedConstraint,
    NamedInitializer,
    NamedRegularizer,
    Weighted,
    as_any_floats,
    as_floats,
)
from nn.masking import as_mask

Axis = int | tuple[int, ...] | list[int]


def _lengths(layer: Layer, input_shape: Shape, axis: Axis) -> tuple[int, ...]:
    """The lengths of these axes, none of which may be the batch's."""
    ndim = len(input_shape)
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    known = [a % ndim for a in axes if -ndim <= a < ndim]
    lengths = [input_shape[a] for a in sorted(known)]
    if len(known) < len(axes) or 0 in known or None in lengths:
        raise ShapeError(
            explain(
                layer.name,
                "no axis to normalize",
                got=f"input {input_shape}, axis {axis!r}",
                expected="axes of the input after the first, of known length",
            )
        )
    return tuple(n for n in lengths if n is not None)


class _Scaled(Weighted):
    """Base of those with a learned factor and term for each entry along `axis`."""

    supports_masking = True
    axis: Any
    gamma: Parameter | None
    beta: Parameter | None

    def __init__(
        self,
        axis: Axis = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: NamedInitializer = "zeros",
        gamma_initializer: NamedInitializer = "ones",
        beta_regularizer: NamedRegularizer = None,
        gamma_regularizer: NamedRegularizer = None,
        beta_constraint: NamedConstraint = None,
        gamma_constraint: NamedConstraint = None,
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.axis, self.center, self.scale = axis, center, scale
        self.epsilon = real(type(self).__name__, "epsilon", epsilon)
        self._settle(
            beta_initializer=beta_initializer,
            gamma_initializer=gamma_initializer,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
        )

    def build(self, input_shape: Shape) -> None:
        """Make `gamma` and `beta`."""
        shape = _lengths(self, input_shape, self.axis)
        self.gamma = self._weight("gamma", shape) if self.scale else None
        self.beta = self._weight("beta", shape) if self.center else None


class LayerNormalization(_Scaled):
    """``(x - mean) / sqrt(var + epsilon) * gamma + beta``, along `axis` of each sample (Ba, 2016).

    Args:
        axis: An axis or several.
        epsilon: What is added to the variance.
        center: Whether there is a `beta`.
        scale: Whether there is a `gamma`.
        beta_initializer: A name in `nn.initializers` or a callable ``f(shape)``.
        gamma_initializer: Likewise.
        beta_regularizer: A name in `nn.regularizers`, a callable, or None.
        gamma_regularizer: Likewise.
        beta_constraint: A name in `nn.constraints`, a callable, or None.
        gamma_constraint: Likewise.
        name: Of the layer.

    Shapes:
        ``(batch, ...) -> (batch, ...)``; `gamma`, `beta` as long as the input along `axis`.

    Raises:
        ShapeError: the input has no such axis, or one of another length than at first.

    Example:
        >>> LayerNormalization(epsilon=0.0)(np.array([[1.0, 3.0]])).data
        array([[-1.,  1.]])
    """

    def call(self, x: Any) -> Any:
        """Each sample normalized by itself."""
        return ag.layer_norm(as_any_floats(x), self.gamma, self.beta, self.axis, self.epsilon)


class GroupNormalization(_Scaled):
    """Each sample's channels normalized in groups, over all positions (Wu and He, 2018).

    Args:
        groups: How many; -1 for as many as channels (instance normalization).
        axis: Of the channels.
        epsilon: What is added to the variance.
        **settings: Those of `LayerNormalization` from `center` on.

    Shapes:
        ``(batch, ..., channels) -> (batch, ..., channels)``; `gamma`, `beta` ``(channels,)``.

    Raises:
        ShapeError: `groups` does not divide the channels, or the input has no such axis.

    Example:
        >>> GroupNormalization(2, epsilon=0.0)(np.array([[1.0, 3.0, 5.0, 9.0]])).data
        array([[-1.,  1., -1.,  1.]])
    """

    def __init__(
        self, groups: int = 32, axis: int = -1, epsilon: float = 1e-3, **settings: Any
    ) -> None:
        super().__init__(axis, epsilon, **settings)
        own = "GroupNormalization"
        self.groups = groups if groups == -1 else positive_int(own, "groups", groups)

    def build(self, input_shape: Shape) -> None:
        """Make `gamma` and `beta`."""
        (channels,) = _lengths(self, input_shape, self.axis)
        if self.groups == -1:
            self.groups = channels
        if channels % self.groups:
            raise ShapeError(
                explain(
                    self.name,
                    "channels do not make groups",
                    got=f"input {input_shape}, groups {self.groups}",
                    expected="channels a multiple of groups",
                )
            )
        super().build(input_shape)

    def call(self, x: Any) -> Any:
        """Each group normalized by itself."""
        x = as_any_floats(x)
        return ag.group_norm(x, self.groups, self.gamma, self.beta, self.axis, self.epsilon)


class BatchNormalization(_Scaled):
    """Each channel normalized by mean and variance over the batch (Ioffe and Szegedy, 2015).

    In training ``(x - mean) / sqrt(var + epsilon) * gamma + beta`` with the mean and variance (over
    n, not n - 1) of the batch, of which moving averages are kept:
    ``moving = momentum * moving + (1 - momentum) * new``. Otherwise, and with ``trainable=False``,
    the moving averages take their place and stay as they are. Masked steps do not count.

    Args:
        axis: Of the channels.
        momentum: Of the moving averages.
        epsilon: What is added to the variance.
        center: Whether there is a `beta`.
        scale: Whether there is a `gamma`.
        beta_initializer: A name in `nn.initializers` or a callable ``f(shape)``.
        gamma_initializer: Likewise.
        moving_mean_initializer: Likewise.
        moving_variance_initializer: Likewise.
        **settings: Regularizers and constraints of `beta` and `gamma`, and `name`.

    Shapes:
        ``(batch, ..., channels) -> (batch, ..., channels)``; all weights ``(channels,)``.

    Raises:
        ValueError: `momentum` or `epsilon` is out of range, or a name is unknown.
        ShapeError: the input has no such axis, or one of another length than at first.

    Example:
        >>> layer = BatchNormalization(momentum=0.9)
        >>> layer(np.array([[1.0], [3.0]]), training=True).data.round(2)
        array([[-1.],
               [ 1.]])
        >>> [w.round(2).tolist() for w in layer.get_weights()]  # gamma, beta, moving mean, variance
        [[1.0], [0.0], [0.20000000298023224], [1.0]]
    """

    foreign: ClassVar = {
        "renorm": (False,),
        "renorm_clipping": None,
        "renorm_momentum": None,
        "synchronized": None,  # there is one process
    }
    moving_mean: Parameter
    moving_variance: Parameter

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: NamedInitializer = "zeros",
        gamma_initializer: NamedInitializer = "ones",
        moving_mean_initializer: NamedInitializer = "zeros",
        moving_variance_initializer: NamedInitializer = "ones",
        **settings: Any,
    ) -> None:
        initial = (beta_initializer, gamma_initializer)
        super().__init__(axis, epsilon, center, scale, *initial, **settings)
        self.momentum = real("BatchNormalization", "momentum", momentum, high=1.0 + 1e-12)
        self._settle(
            moving_mean_initializer=moving_mean_initializer,
            moving_variance_initializer=moving_variance_initializer,
        )

    def build(self, input_shape: Shape) -> None:
        """Make `gamma`, `beta`, `moving_mean` and `moving_variance`."""
        super().build(input_shape)
        shape = _lengths(self, input_shape, self.axis)
        state = vars(self)
        for name in ("moving_mean", "moving_variance"):
            setattr(self, name, Parameter(state[f"{name}_initializer"](shape), trainable=False))

    def call(self, x: Any, mask: Any = None, training: bool = False) -> Any:
        """Normalized by the batch if `training`, else by the moving averages.

        Args:
            x: The input.
            mask: False where entries do not count, with an axis for all but the last of `x`.
            training: Whether the averages move.
        """
        x = as_floats(x, self.moving_mean)
        settings = self.gamma, self.beta, self.axis, self.epsilon
        if not (training and self.trainable):
            return ag.batch_norm_inference(x, self.moving_mean, self.moving_variance, *settings)
        if mask is None:
            y, mean, variance = ag.batch_norm(x, *settings)
        else:
            mean, variance = self._moments(x, as_mask(mask))
            y = ag.batch_norm_inference(x, mean, variance, *settings)
        self._move(self.moving_mean, mean)
        self._move(self.moving_variance, variance)
        return y

    def _moments(self, x: Any, mask: Any) -> tuple[Any, Any]:
        """Mean and variance of the entries that count."""
        if mask.shape != x.shape[:-1]:
            raise ShapeError(
                explain(
                    self.name,
                    "the mask does not fit",
                    got=f"mask {mask.shape}, input {x.shape}",
                    expected=f"mask {x.shape[:-1]}",
                )
            )
        axes = tuple(a for a in range(x.ndim) if a != self.axis % x.ndim)
        there, none = np.broadcast_to(mask[..., None], x.shape), np.zeros((), x.dtype)
        count = np.maximum(np.count_nonzero(there, axis=axes, keepdims=True), 1).astype(x.dtype)
        mean = ag.sum(ag.where(there, x, none), axis=axes, keepdims=True) / count
        off = ag.where(there, x - mean, none)
        variance = ag.sum(ag.square(off), axis=axes, keepdims=True) / count
        return mean.reshape((-1,)), variance.reshape((-1,))

    def _move(self, moving: Parameter, new: Any) -> None:
        new = new.data if isinstance(new, ag.Tensor) else new
        ag.updates.assign(moving, moving.data * self.momentum + new * (1 - self.momentum))


class RMSNormalization(Layer):
    """``x / sqrt(mean(x**2) + epsilon) * scale``, the mean along `axis` (Zhang, Sennrich, 2019).

    Args:
        axis: An axis or several.
        epsilon: What is added to the mean square.
        name: Of the layer.

    Shapes:
        ``(batch, ...) -> (batch, ...)``; `scale` as long as the input along `axis`, ones at first.

    Raises:
        ShapeError: the input has no such axis, or one of another length than at first.

    Example:
        >>> RMSNormalization(epsilon=0.0)(np.array([[1.0, 7.0]])).data
        array([[0.2, 1.4]])
    """

    supports_masking = True
    name = "rms_normalization"
    scale: Parameter

    def __init__(self, axis: Axis = -1, epsilon: float = 1e-6, *, name: str | None = None) -> None:
        super().__init__(name)
        self.axis: Any = axis
        self.epsilon = real("RMSNormalization", "epsilon", epsilon)

    def build(self, input_shape: Shape) -> None:
        """Make `scale`."""
        shape = _lengths(self, input_shape, self.axis)
        self.scale = Parameter(initializers.Ones()(shape))

    def call(self, x: Any) -> Any:
        """Each sample scaled by itself."""
        return ag.rms_norm(as_floats(x, self.scale), self.scale, self.axis, self.epsilon)


class UnitNormalization(Layer):
    """``x / sqrt(max(sum(x**2), 1e-12))``, the sum along `axis` of each sample.

    Args:
        axis: An axis or several.
        name: Of the layer.

    Shapes:
        ``(batch, ...) -> (batch, ...)``

    Example:
        >>> UnitNormalization()(np.array([[3.0, 4.0]]))
        array([[0.6, 0.8]])
    """

    supports_masking = True

    def __init__(self, axis: Axis = -1, *, name: str | None = None) -> None:
        super().__init__(name)
        self.axis = tuple(axis) if isinstance(axis, list) else axis

    def call(self, x: Any) -> Any:
        """Each sample scaled by itself."""
        return unit(as_any_floats(x), self.axis)


def unit(x: Any, axis: Any) -> Any:
    """`x` over its norm along `axis`; norms below 1e-6 count as that."""
    squares = ag.sum(ag.square(x), axis=axis, keepdims=True)
    return ag.divide(x, ag.sqrt(ag.maximum(squares, 1e-12)))
