"""Layers that differ between training and use, to keep a model from learning its data by heart."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ShapeError, explain
from nn import regularizers
from nn.checks import real
from nn.layer import Layer, Shape
from nn.layers.weights import Seeded, as_any_floats, check_ndim


class _Random(Seeded, Layer):
    """Base of those that draw."""

    supports_masking = True


class Dropout(_Random):
    """Zeroes each entry with probability `rate` and scales the rest by ``1 / (1 - rate)``.

    In training only; otherwise the input passes through.

    Args:
        rate: From 0 up to, not including, 1.
        noise_shape: Of what is drawn, None or a length for each axis: 1 where entries are kept or
            zeroed together, None for the length of the input.
        seed: None to draw from the library's generator, which `ag.set_seed` seeds.
        name: Of the layer.

    Shapes:
        ``(batch, ...) -> (batch, ...)``

    Source:
        Srivastava et al. (2014), in the form that scales while training.

    Example:
        >>> ag.set_seed(3)
        >>> Dropout(0.5)(np.ones((1, 6)), training=True)
        array([[2., 2., 0., 0., 2., 0.]])
        >>> Dropout(0.5)(np.ones((1, 2)))
        array([[1., 1.]])
    """

    def __init__(
        self,
        rate: float,
        noise_shape: Shape | None = None,
        seed: int | None = None,
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.rate = real(type(self).__name__, "rate", rate, high=1.0)
        self.noise_shape = noise_shape
        self._sow(seed)

    def call(self, x: Any, training: bool = False) -> Any:
        """``x * mask``, the mask drawn anew at each call."""
        if not training or self.rate == 0.0:
            return x
        wanted = self._noise_shape(x.shape)
        if wanted == x.shape:
            return ag.dropout(x, self.rate, self._generator())
        return ag.multiply(x, ag.dropout(np.ones(wanted, x.dtype), self.rate, self._generator()))

    def _noise_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        if self.noise_shape is None:
            return shape
        if len(self.noise_shape) != len(shape):
            raise ShapeError(
                explain(
                    self.name,
                    "`noise_shape` does not fit",
                    got=f"noise_shape {self.noise_shape}, input {shape}",
                    expected="a length or None for each axis of the input",
                )
            )
        return tuple(m if n is None else n for n, m in zip(self.noise_shape, shape, strict=True))


class _SpatialDropout(Dropout):
    """Base of those that zero whole channels."""

    ndim: int

    def __init__(self, rate: float, seed: int | None = None, *, name: str | None = None) -> None:
        space = (1,) * (self.ndim - 2)
        super().__init__(rate, (None, *space, None), seed, name=name)

    def build(self, input_shape: Shape) -> None:
        """Check the axes; there is nothing to make."""
        check_ndim(self, input_shape, "(batch, ..., channels)", self.ndim)


class SpatialDropout1D(_SpatialDropout):
    """`Dropout` of whole channels: a sample's channel is kept or zeroed at all steps.

    Args:
        rate: From 0 up to, not including, 1.
        seed: None to draw from the library's generator.
        name: Of the layer.

    Shapes:
        ``(batch, length, channels) -> (batch, length, channels)``

    Source:
        Tompson et al. (2015).

    Example:
        >>> y = SpatialDropout1D(0.5, seed=0)(np.ones((1, 3, 8)), training=True)
        >>> bool((y == y[:, :1]).all())
        True
    """

    ndim = 3


class SpatialDropout2D(_SpatialDropout):
    """`Dropout` of whole channels, as `SpatialDropout1D` for images.

    Shapes:
        ``(batch, height, width, channels) -> (batch, height, width, channels)``

    Source:
        Tompson et al. (2015).

    Example:
        >>> y = SpatialDropout2D(0.5, seed=0)(np.ones((1, 3, 3, 8)), training=True)
        >>> bool((y == y[:, :1, :1]).all())
        True
    """

    ndim = 4
    foreign: ClassVar = {"data_format": (None, "channels_last")}


class GaussianNoise(_Random):
    """``x + noise`` in training, the noise normal of mean 0; otherwise the input passes through.

    Args:
        stddev: Standard deviation of the noise.
        seed: None to draw from the library's generator.
        name: Of the layer.

    Shapes:
        ``(batch, ...) -> (batch, ...)``

    Example:
        >>> y = GaussianNoise(0.1, seed=0)(np.zeros((100, 100)), training=True)
        >>> round(float(y.std()), 2)
        0.1
    """

    def __init__(self, stddev: float, seed: int | None = None, *, name: str | None = None) -> None:
        super().__init__(name)
        self.stddev = real("GaussianNoise", "stddev", stddev)
        self._sow(seed)

    def call(self, x: Any, training: bool = False) -> Any:
        """The noise is drawn anew at each call."""
        if not training or self.stddev == 0.0:
            return x
        x = as_any_floats(x)
        noise = self._generator().normal(0.0, self.stddev, x.shape)
        return ag.add(x, noise.astype(x.dtype))


class GaussianDropout(_Random):
    """``x * noise`` in training, the noise normal of mean 1 and variance ``rate / (1 - rate)``.

    Args:
        rate: As of `Dropout`, which has the same mean and variance.
        seed: None to draw from the library's generator.
        name: Of the layer.

    Shapes:
        ``(batch, ...) -> (batch, ...)``

    Source:
        Srivastava et al. (2014), section 10.

    Example:
        >>> y = GaussianDropout(0.5, seed=0)(np.ones((100, 100)), training=True)
        >>> round(float(y.mean()), 1), round(float(y.std()), 1)
        (1.0, 1.0)
    """

    def __init__(self, rate: float, seed: int | None = None, *, name: str | None = None) -> None:
        super().__init__(name)
        self.rate = real("GaussianDropout", "rate", rate, high=1.0)
        self._sow(seed)

    def call(self, x: Any, training: bool = False) -> Any:
        """The noise is drawn anew at each call."""
        if not training or self.rate == 0.0:
            return x
        x = as_any_floats(x)
        stddev = math.sqrt(self.rate / (1.0 - self.rate))
        return ag.multiply(x, self._generator().normal(1.0, stddev, x.shape).astype(x.dtype))


SELU_FLOOR = -1.6732632423543772 * 1.0507009873554805
"""What selu tends to far below 0."""


class AlphaDropout(Dropout):
    """`Dropout` that fits ``selu``: it keeps mean 0 and variance 1, by dropping to selu's floor.

    Args:
        rate: From 0 up to, not including, 1.
        noise_shape: As of `Dropout`.
        seed: None to draw from the library's generator.
        name: Of the layer.

    Shapes:
        ``(batch, ...) -> (batch, ...)``

    Source:
        Klambauer et al. (2017).

    Example:
        >>> x = np.random.default_rng(0).standard_normal((200, 200))
        >>> y = AlphaDropout(0.3, seed=0)(x, training=True)
        >>> abs(round(float(y.mean()), 1)), round(float(y.std()), 1)
        (0.0, 1.0)
    """

    def call(self, x: Any, training: bool = False) -> Any:
        """The mask is drawn anew at each call."""
        if not training or self.rate == 0.0:
            return x
        x, rate = as_any_floats(x), self.rate
        kept = self._generator().random(self._noise_shape(x.shape)) >= rate
        scale = 1.0 / math.sqrt((1.0 - rate) * (1.0 + rate * SELU_FLOOR**2))
        shift = -scale * SELU_FLOOR * rate
        return ag.add(ag.multiply(ag.where(kept, x, SELU_FLOOR), scale), shift)


class ActivityRegularization(Layer):
    """Passes its input on, and adds ``(l1 * sum(abs(x)) + l2 * sum(x**2)) / batch`` to the loss.

    Args:
        l1: Factor of the absolute values.
        l2: Factor of the squares.
        name: Of the layer.

    Shapes:
        ``(batch, ...) -> (batch, ...)``

    Raises:
        ValueError: a factor is negative.

    Example:
        >>> layer = ActivityRegularization(l1=0.5)
        >>> y = layer(np.array([[1.0], [-3.0]]))
        >>> [float(loss) for loss in layer.losses]
        [1.0]
    """

    supports_masking = True

    def __init__(self, l1: float = 0.0, l2: float = 0.0, *, name: str | None = None) -> None:
        super().__init__(name)
        self.l1, self.l2 = (
            real("ActivityRegularization", "l1", l1),
            real("ActivityRegularization", "l2", l2),
        )
        self._regularizer = regularizers.L1L2(l1, l2)

    def call(self, x: Any) -> Any:
        """``x``."""
        self.add_loss(self._regularizer(as_any_floats(x)) / max(x.shape[0], 1))
        return x
