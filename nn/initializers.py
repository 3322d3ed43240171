"""Where parameters start: functions of a shape, drawn from what `ag.set_seed` sets.

Those that draw take a `seed`: with one they draw the same numbers every time, whatever the library
draws elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

import autograd_lite as ag
from autograd_lite.errors import ShapeError, choose, explain
from nn.checks import named

Array = NDArray[Any]
Initializer = Callable[..., Array]

# Standard deviation of a standard normal that is cut off at +-2, as Keras has it.
TRUNCATED_STDDEV = 0.87962566103423978


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


class Zeros(Constant):
    """Every entry is 0.

    Example:
        >>> Zeros()((2,))
        array([0., 0.], dtype=float32)
    """

    def __init__(self) -> None:
        super().__init__(0.0)


class Ones(Constant):
    """Every entry is 1.

    Example:
        >>> Ones()((2,))
        array([1., 1.], dtype=float32)
    """

    def __init__(self) -> None:
        super().__init__(1.0)


@dataclass(frozen=True)
class RandomNormal:
    """Independent draws from the normal distribution of this mean and standard deviation.

    Example:
        >>> abs(float(RandomNormal(1.0, 0.1, seed=0)((100, 100)).mean()) - 1) < 0.01
        True
    """

    mean: float = 0.0
    stddev: float = 0.05
    seed: int | None = None

    def __call__(self, shape: tuple[int, ...], dtype: DTypeLike | None = None) -> Array:
        """Draw the array."""
        drawn = _generator(self.seed).normal(self.mean, self.stddev, shape)
        return np.asarray(drawn, _dtype(dtype))


@dataclass(frozen=True)
class RandomUniform:
    """Independent draws, uniform from `minval` to `maxval`.

    Example:
        >>> float(abs(RandomUniform(seed=0)((100, 100))).max()) <= 0.05
        True
    """

    minval: float = -0.05
    maxval: float = 0.05
    seed: int | None = None

    def __call__(self, shape: tuple[int, ...], dtype: DTypeLike | None = None) -> Array:
        """Draw the array."""
        drawn = _generator(self.seed).uniform(self.minval, self.maxval, shape)
        return np.asarray(drawn, _dtype(dtype))


@dataclass(frozen=True)
class TruncatedNormal:
    """Draws from a normal distribution, those beyond two standard deviations drawn again.

    `stddev` is that of the normal distribution before the cut, so what is drawn has 0.88 of it.

    Example:
        >>> bool(abs(TruncatedNormal(stddev=0.1, seed=1)((100, 100))).max() <= 0.2)
        True
    """

    mean: float = 0.0
    stddev: float = 0.05
    seed: int | None = None

    def __call__(self, shape: tuple[int, ...], dtype: DTypeLike | None = None) -> Array:
        """Draw the array."""
        drawn = self.mean + self.stddev * _within_two(_generator(self.seed), shape)
        return np.asarray(drawn, _dtype(dtype))


@dataclass(frozen=True)
class VarianceScaling:
    """Draws of mean 0 and variance ``scale / fan``, which keeps signals of one size through layers.

    The normal draws are cut off at two standard deviations (of the normal before the cut).

    Args:
        scale: 1 for layers linear around zero, 2 before a relu.
        mode: ``"fan_in"``, ``"fan_out"`` or their mean ``"fan_avg"``. With the axes of a window
            before (inputs, outputs), a fan is its number of entries times the inputs or outputs.
        distribution: ``"truncated_normal"`` (also ``"normal"``), ``"untruncated_normal"`` or
            ``"uniform"``.
        seed: None to draw from the library's generator.

    Source:
        Glorot and Bengio (2010), He et al. (2015), LeCun et al. (1998).

    Example:
        >>> ag.set_seed(0)
        >>> kernel = VarianceScaling(1.0, "fan_avg", "uniform")((300, 300))
        >>> bool(abs(kernel).max() <= 0.1), round(float(kernel.var() * 300), 1)
        (True, 1.0)
    """

    scale: float = 1.0
    mode: str = "fan_in"
    distribution: str = "truncated_normal"
    seed: int | None = None

    def __call__(self, shape: tuple[int, ...], dtype: DTypeLike | None = None) -> Array:
        """Draw the array; `shape` ends with (inputs, outputs), any axes before are a window.

        The length of a vector is both, as in Keras.
        """
        fan_in, fan_out = _fans(shape)
        fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
        variance = self.scale / max(1.0, choose(fans, self.mode, "VarianceScaling: `mode`"))
        draw = choose(DISTRIBUTIONS, self.distribution, "VarianceScaling: `distribution`")
        return np.asarray(draw(_generator(self.seed), math.sqrt(variance), shape), _dtype(dtype))


class GlorotUniform(VarianceScaling):
    """Uniform within ``sqrt(6 / (inputs + outputs))`` (Glorot and Bengio, 2010).

    Example:
        >>> float(abs(GlorotUniform()((100, 50))).max()) <= 0.2
        True
    """

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(1.0, "fan_avg", "uniform", seed)


class GlorotNormal(VarianceScaling):
    """Normal, cut off, of variance ``2 / (inputs + outputs)`` (Glorot and Bengio, 2010).

    Example:
        >>> abs(float(GlorotNormal(seed=0)((100, 100)).var()) * 100 - 1) < 0.1
        True
    """

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(1.0, "fan_avg", "normal", seed)


class HeUniform(VarianceScaling):
    """Uniform within ``sqrt(6 / inputs)`` (He et al., 2015).

    Example:
        >>> float(abs(HeUniform()((150, 50))).max()) <= 0.2
        True
    """

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(2.0, "fan_in", "uniform", seed)


class HeNormal(VarianceScaling):
    """Normal, cut off, of variance ``2 / inputs`` (He et al., 2015).

    Example:
        >>> abs(float(HeNormal(seed=0)((200, 50)).var()) * 100 - 1) < 0.1
        True
    """

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(2.0, "fan_in", "normal", seed)


class LecunUniform(VarianceScaling):
    """Uniform within ``sqrt(3 / inputs)`` (LeCun et al., 1998).

    Example:
        >>> float(abs(LecunUniform()((75, 50))).max()) <= 0.2
        True
    """

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(1.0, "fan_in", "uniform", seed)


class LecunNormal(VarianceScaling):
    """Normal, cut off, of variance ``1 / inputs`` (LeCun et al., 1998).

    Example:
        >>> abs(float(LecunNormal(seed=0)((100, 50)).var()) * 100 - 1) < 0.1
        True
    """

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(1.0, "fan_in", "normal", seed)


@dataclass(frozen=True)
class Orthogonal:
    """An orthogonal matrix times `gain`: its columns are orthonormal, its rows if it is wide.

    Of more than two axes all but the last count as one. Every orthogonal matrix is equally likely.

    Source:
        Saxe et al. (2014).

    Example:
        >>> q = Orthogonal(seed=0)((3, 2), "float64")
        >>> bool(np.allclose(q.T @ q, np.eye(2)))
        True
    """

    gain: float = 1.0
    seed: int | None = None

    def __call__(self, shape: tuple[int, ...], dtype: DTypeLike | None = None) -> Array:
        """Draw the array."""
        if len(shape) < 2:
            raise ShapeError(
                explain(
                    "Orthogonal",
                    "no matrix",
                    got=str(shape),
                    expected="at least two axes: (..., inputs, outputs)",
                    fix='"zeros", "normal" or "uniform" for vectors',
                )
            )
        rows, columns = math.prod(shape[:-1]), shape[-1]
        tall = (max(rows, columns), min(rows, columns))
        q, r = np.linalg.qr(_generator(self.seed).standard_normal(tall))
        q *= np.where(np.diagonal(r) < 0, -1.0, 1.0)
        drawn = q if rows >= columns else q.T
        return np.asarray(self.gain * drawn.reshape(shape), _dtype(dtype))


@dataclass(frozen=True)
class Identity:
    """`gain` on the diagonal of a matrix, else 0.

    Example:
        >>> Identity()((2, 3))
        array([[1., 0., 0.],
               [0., 1., 0.]], dtype=float32)
    """

    gain: float = 1.0

    def __call__(self, shape: tuple[int, ...], dtype: DTypeLike | None = None) -> Array:
        """Make the array."""
        if len(shape) != 2:
            raise ShapeError(
                explain("Identity", "no matrix", got=str(shape), expected="(rows, columns)")
            )
        return np.asarray(self.gain * np.eye(*shape), _dtype(dtype))


# Keras' other names.
constant, identity, ones, zeros = Constant, Identity, Ones, Zeros
random_normal, random_uniform = RandomNormal, RandomUniform
truncated_normal, variance_scaling = TruncatedNormal, VarianceScaling
glorot_uniform, glorot_normal = GlorotUniform, GlorotNormal
he_uniform, he_normal = HeUniform, HeNormal
lecun_uniform, lecun_normal = LecunUniform, LecunNormal
IdentityInitializer, OrthogonalInitializer, orthogonal = Identity, Orthogonal, Orthogonal

INITIALIZERS: dict[str, Initializer] = {
    "zeros": Zeros(),
    "ones": Ones(),
    "constant": Constant(),
    "identity": Identity(),
    "normal": RandomNormal(),
    "random_normal": RandomNormal(),
    "uniform": RandomUniform(),
    "random_uniform": RandomUniform(),
    "truncated_normal": TruncatedNormal(),
    "variance_scaling": VarianceScaling(),
    "glorot_uniform": GlorotUniform(),
    "glorot_normal": GlorotNormal(),
    "he_uniform": HeUniform(),
    "he_normal": HeNormal(),
    "lecun_uniform": LecunUniform(),
    "lecun_normal": LecunNormal(),
    "orthogonal": Orthogonal(),
}


def get(identifier: Any, where: str = "initializers.get") -> Initializer:
    """The initializer of this name; a class is made an object, other callables pass through.

    Args:
        identifier: A name such as ``"he_normal"`` or ``"HeNormal"``, a class, or a callable
            ``f(shape, dtype=None)``.
        where: Who asks, for the message.

    Raises:
        ValueError: the name is unknown.
        TypeError: it is neither a name nor callable.

    Example:
        >>> get("HeNormal") == he_normal()
        True
    """
    found: Initializer = named(INITIALIZERS, identifier, where)
    return found


def _dtype(dtype: DTypeLike | None) -> np.dtype[Any]:
    return np.dtype(ag.get_default_dtype() if dtype is None else dtype)


def _generator(seed: int | None) -> np.random.Generator:
    return ag.random.generator() if seed is None else np.random.default_rng(seed)


def _fans(shape: tuple[int, ...]) -> tuple[int, int]:
    if len(shape) < 2:
        return 2 * (math.prod(shape),)
    window = math.prod(shape[:-2])
    return window * shape[-2], window * shape[-1]


def _within_two(generator: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Draws of a standard normal, cut off at two."""
    z = np.asarray(generator.standard_normal(shape))
    while (far := np.abs(z) > 2.0).any():
        z[far] = generator.standard_normal(np.count_nonzero(far))
    return z


def _uniform(generator: np.random.Generator, stddev: float, shape: tuple[int, ...]) -> Array:
    limit = math.sqrt(3.0) * stddev
    return generator.uniform(-limit, limit, shape)


def _normal(generator: np.random.Generator, stddev: float, shape: tuple[int, ...]) -> Array:
    return generator.normal(0.0, stddev, shape)


def _truncated(generator: np.random.Generator, stddev: float, shape: tuple[int, ...]) -> Array:
    return _within_two(generator, shape) * (stddev / TRUNCATED_STDDEV)


DISTRIBUTIONS: dict[str, Callable[..., Array]] = {
    "normal": _truncated,
    "truncated_normal": _truncated,
    "uniform": _uniform,
    "untruncated_normal": _normal,
}
