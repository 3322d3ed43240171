"""Where parameters start: functions of a shape, drawn from what `ag.set_seed` sets."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

import autograd_lite as ag
from autograd_lite.errors import ShapeError, choose, explain

Array = NDArray[Any]
Initializer = Callable[..., Array]

# Standard deviation of a standard normal that is cut off at +-2, as Keras has it.
TRUNCATED_STDDEV = 0.87962566103423978


def zeros(shape: tuple[int, ...], dtype: DTypeLike | None = None) -> Array:
    """All zeros."""
    return np.zeros(shape, _dtype(dtype))


def ones(shape: tuple[int, ...], dtype: DTypeLike | None = None) -> Array:
    """All ones."""
    return np.ones(shape, _dtype(dtype))


@dataclass(frozen=True)
class Constant:
    """Every entry is `value`.

    Example:
        >>> Constant(0.5)((2,))
        array([0.5, 0.5], dtype=float32)
    """

    value: float = 0.0

    def __call__(self, shape: tuple[int, ...], dtype: DTypeLike | None = None) -> Array:
        """Make the array."""
        return np.full(shape, self.value, _dtype(dtype))


@dataclass(frozen=True)
class RandomNormal:
    """Independent draws from the normal distribution of this mean and standard deviation."""

    mean: float = 0.0
    stddev: float = 0.05

    def __call__(self, shape: tuple[int, ...], dtype: DTypeLike | None = None) -> Array:
        """Draw the array."""
        drawn = ag.random.generator().normal(self.mean, self.stddev, shape)
        return np.asarray(drawn, _dtype(dtype))


@dataclass(frozen=True)
class RandomUniform:
    """Independent draws, uniform from `minval` to `maxval`."""

    minval: float = -0.05
    maxval: float = 0.05

    def __call__(self, shape: tuple[int, ...], dtype: DTypeLike | None = None) -> Array:
        """Draw the array."""
        drawn = ag.random.generator().uniform(self.minval, self.maxval, shape)
        return np.asarray(drawn, _dtype(dtype))


@dataclass(frozen=True)
class VarianceScaling:
    """Draws of mean 0 and variance ``scale / fan``, which keeps signals of one size through layers.

    The normal draws are cut off at two standard deviations (of the normal before the cut).

    Args:
        scale: 1 for layers linear around zero, 2 before a relu.
        mode: ``"fan_in"``, ``"fan_out"`` or their mean ``"fan_avg"``.
        distribution: ``"uniform"`` or ``"normal"``.

    Source:
        Glorot and Bengio (2010), He et al. (2015), LeCun et al. (1998).

    Example:
        >>> ag.set_seed(0)
        >>> kernel = VarianceScaling(1.0, "fan_avg", "uniform")((300, 300))
        >>> bool(abs(kernel).max() <= 0.1), round(float(kernel.var() * 300), 1)
        (True, 1.0)
    """

    scale: float
    mode: str
    distribution: str

    def __call__(self, shape: tuple[int, ...], dtype: DTypeLike | None = None) -> Array:
        """Draw the array; `shape` ends with (inputs, outputs), any axes before are a window."""
        fan_in, fan_out = _fans(shape)
        fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
        variance = self.scale / max(1.0, choose(fans, self.mode, "VarianceScaling: `mode`"))
        draw = choose(
            {"uniform": _uniform, "normal": _truncated_normal},
            self.distribution,
            "VarianceScaling: `distribution`",
        )
        return np.asarray(draw(math.sqrt(variance), shape), _dtype(dtype))


glorot_uniform = VarianceScaling(1.0, "fan_avg", "uniform")
glorot_normal = VarianceScaling(1.0, "fan_avg", "normal")
he_uniform = VarianceScaling(2.0, "fan_in", "uniform")
he_normal = VarianceScaling(2.0, "fan_in", "normal")
lecun_uniform = VarianceScaling(1.0, "fan_in", "uniform")
lecun_normal = VarianceScaling(1.0, "fan_in", "normal")

INITIALIZERS: dict[str, Initializer] = {
    "zeros": zeros,
    "ones": ones,
    "constant": Constant(),
    "normal": RandomNormal(),
    "random_normal": RandomNormal(),
    "uniform": RandomUniform(),
    "random_uniform": RandomUniform(),
    "glorot_uniform": glorot_uniform,
    "glorot_normal": glorot_normal,
    "he_uniform": he_uniform,
    "he_normal": he_normal,
    "lecun_uniform": lecun_uniform,
    "lecun_normal": lecun_normal,
}


def _dtype(dtype: DTypeLike | None) -> np.dtype[Any]:
    return np.dtype(ag.get_default_dtype() if dtype is None else dtype)


def _fans(shape: tuple[int, ...]) -> tuple[int, int]:
    if len(shape) < 2:
        raise ShapeError(
            explain(
                "VarianceScaling",
                "the shape has no fans",
                got=str(shape),
                expected="at least two axes: (..., inputs, outputs)",
                fix='"zeros", "normal" or "uniform" for vectors',
            )
        )
    window = math.prod(shape[:-2])
    return window * shape[-2], window * shape[-1]


def _uniform(stddev: float, shape: tuple[int, ...]) -> Array:
    limit = math.sqrt(3.0) * stddev
    return ag.random.generator().uniform(-limit, limit, shape)


def _truncated_normal(stddev: float, shape: tuple[int, ...]) -> Array:
    generator = ag.random.generator()
    z = generator.standard_normal(shape)
    while (far := np.abs(z) > 2.0).any():
        z[far] = generator.standard_normal(np.count_nonzero(far))
    return z * (stddev / TRUNCATED_STDDEV)
