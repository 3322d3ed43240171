"""Layers that prepare data: without anything to train."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

import autograd_lite as ag
from autograd_lite.errors import ShapeError, choose, explain
from nn.checks import positive_int
from nn.layer import Layer, Parameter, Shape
from nn.layers.weights import as_any_floats

LEAST_DEVIATION = 1e-7


class Rescaling(Layer):
    """``x * scale + offset``.

    Args:
        scale: A number, or an array that broadcasts.
        offset: Likewise.
        name: Of the layer.

    Shapes:
        ``(batch, ...) -> (batch, ...)``

    Example:
        >>> Rescaling(1 / 255)(np.array([[0, 255]]))
        array([[0., 1.]], dtype=float32)
    """

    supports_masking = True

    def __init__(
        self, scale: ArrayLike, offset: ArrayLike = 0.0, *, name: str | None = None
    ) -> None:
        super().__init__(name)
        self.scale, self.offset = np.asarray(scale), np.asarray(offset)

    def call(self, x: Any) -> Any:
        """Each entry, rescaled."""
        x = as_any_floats(x)
        return ag.add(ag.multiply(x, self.scale.astype(x.dtype)), self.offset.astype(x.dtype))


class Normalization(Layer):
    """``(x - mean) / sqrt(variance)`` with the mean and variance of some data.

    They are given, or taken from data by `adapt`; then they are weights, which are saved, and the
    layer changes nothing before. A deviation below 1e-7 counts as that.

    Args:
        axis: Along which means differ: an axis, several, or None for one of all.
        mean: A number, or as many as along `axis`; with `variance`, instead of `adapt`.
        variance: Likewise.
        invert: Whether to do the opposite: ``x * sqrt(variance) + mean``.
        name: Of the layer.

    Shapes:
        ``(batch, ...) -> (batch, ...)``; `mean`, `variance` as long as the input along `axis`.

    Raises:
        ValueError: only one of `mean` and `variance` is given.
        ShapeError: the input does not fit them.

    Example:
        >>> layer = Normalization()
        >>> layer.adapt(np.array([[0.0, 10.0], [2.0, 30.0]]))
        >>> layer(np.array([[1.0, 40.0]]))
        array([[0., 2.]])
    """

    supports_masking = True
    mean: Any
    variance: Any

    def __init__(
        self,
        axis: int | tuple[int, ...] | list[int] | None = -1,
        mean: ArrayLike | None = None,
        variance: ArrayLike | None = None,
        invert: bool = False,
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        axes = () if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
        self.axis, self.invert = axes, invert
        self._given = None if mean is None or variance is None else (mean, variance)
        if (mean is None) != (variance is None):
            raise ValueError(
                explain(
                    "Normalization",
                    "only one of `mean` and `variance`",
                    got=f"mean {mean!r}, variance {variance!r}",
                    expected="both or none",
                )
            )

    def build(self, input_shape: Shape) -> None:
        """Make `mean` and `variance`: those given, else 0 and 1 for `adapt` to overwrite."""
        shape = self._lengths(input_shape)
        if self._given is None:
            dtype = ag.get_default_dtype()
            self.mean = Parameter(np.zeros(shape, dtype), trainable=False)
            self.variance = Parameter(np.ones(shape, dtype), trainable=False)
            return
        arrays = [np.asarray(a) for a in self._given]
        if any(a.size not in (1, int(np.prod(shape))) for a in arrays):
            raise ShapeError(
                explain(
                    self.name,
                    "`mean` and `variance` do not fit",
                    got=f"mean {arrays[0].shape}, variance {arrays[1].shape}, input {input_shape}",
                    expected=str(shape),
                )
            )
        self.mean, self.variance = (
            np.resize(a, shape).astype(ag.get_default_dtype()) for a in arrays
        )

    def adapt(self, data: Any) -> None:
        """Take the mean and variance of `data`, samples along the first axis.

        Raises:
            ValueError: they were given.
        """
        if self._given is not None:
            raise ValueError(
                explain(self.name, "`mean` and `variance` are given", fix="Normalization().adapt")
            )
        x = _plain(data).astype(np.float64)
        if not self.built:
            self(x[:1])
        others = tuple(a for a in range(x.ndim) if a not in self._axes(x.ndim))
        ag.updates.assign(self.mean, x.mean(axis=others).reshape(self.mean.shape))
        ag.updates.assign(self.variance, x.var(axis=others).reshape(self.mean.shape))

    def call(self, x: Any) -> Any:
        """Each entry, normalized."""
        x = as_any_floats(x)
        axes = self._axes(x.ndim)
        if tuple(x.shape[a] for a in axes) != self.mean.shape:
            raise ShapeError(
                explain(
                    self.name,
                    "the input does not fit the data it was adapted to",
                    got=f"input {x.shape}",
                    expected=f"{self.mean.shape} along {self.axis}",
                )
            )
        shape = [n if a in axes else 1 for a, n in enumerate(x.shape)]
        mean, variance = (_plain(a) for a in (self.mean, self.variance))
        mean = mean.reshape(shape).astype(x.dtype)
        deviation = np.maximum(np.sqrt(variance), LEAST_DEVIATION)
        deviation = deviation.reshape(shape).astype(x.dtype)
        if self.invert:
            return ag.add(ag.multiply(x, deviation), mean)
        return ag.divide(ag.subtract(x, mean), deviation)

    def _axes(self, ndim: int) -> list[int]:
        return sorted(a % ndim for a in self.axis)

    def _lengths(self, input_shape: Shape) -> tuple[int, ...]:
        ndim = len(input_shape)
        known = all(-ndim <= a < ndim and a % ndim for a in self.axis)
        lengths = [input_shape[a] for a in self._axes(ndim)] if known else []
        if None in lengths or not known:
            raise ShapeError(
                explain(
                    self.name,
                    "no such axis of known length",
                    got=f"input {input_shape}, axis {self.axis}",
                    expected="axes of the input after the first",
                )
            )
        return tuple(n for n in lengths if n is not None)


def _plain(x: Any) -> Any:
    return np.asarray(x.data if isinstance(x, ag.Tensor) else x)


class CategoryEncoding(Layer):
    """Whole numbers as vectors of zeros and ones, or of counts. Without gradient.

    Args:
        num_tokens: How many numbers there are, from 0 on.
        output_mode: ``"one_hot"``: a vector for each number; ``"multi_hot"``: one for each row,
            with ones at all its numbers; ``"count"``: likewise, with how often each occurs.
        name: Of the layer.

    Shapes:
        ``(batch, n) -> (batch, num_tokens)``; one-hot ``(batch,) -> (batch, num_tokens)``,
        ``(batch, n) -> (batch, n, num_tokens)``, an axis of length 1 left out

    Raises:
        ValueError: `num_tokens` is not positive, `output_mode` is unknown, or a number of the
            input is out of range.

    Example:
        >>> CategoryEncoding(4)(np.array([[0, 1], [3, 3]]))
        array([[1., 1., 0., 0.],
               [0., 0., 0., 1.]], dtype=float32)
    """

    foreign: ClassVar = {"sparse": (False,)}

    def __init__(
        self, num_tokens: int, output_mode: str = "multi_hot", *, name: str | None = None
    ) -> None:
        super().__init__(name)
        where = "CategoryEncoding"
        self.num_tokens = positive_int(where, "num_tokens", num_tokens)
        known = {mode: mode for mode in ("one_hot", "multi_hot", "count")}
        self.output_mode = choose(known, output_mode, f"{where}: `output_mode`")

    def call(self, x: Any) -> Any:
        """The vectors."""
        numbers = _plain(x).astype(np.int64)
        self._check(numbers)
        if self.output_mode == "one_hot" and numbers.ndim > 1 and numbers.shape[-1] == 1:
            numbers = numbers[..., 0]
        vectors = numbers[..., None] == np.arange(self.num_tokens)
        if self.output_mode == "multi_hot":
            vectors = vectors.any(axis=-2)
        elif self.output_mode == "count":
            vectors = vectors.sum(axis=-2)
        return vectors.astype(ag.get_default_dtype())

    def _check(self, numbers: Any) -> None:
        if numbers.size and not 0 <= numbers.min() <= numbers.max() < self.num_tokens:
            raise ValueError(
                explain(
                    self.name,
                    "a number is out of range",
                    got=f"numbers from {numbers.min()} to {numbers.max()}",
                    expected=f"from 0 to {self.num_tokens - 1}",
                    fix="a larger num_tokens",
                )
            )


class Discretization(Layer):
    """The number of the interval each entry lies in. Without gradient.

    Args:
        bin_boundaries: Where intervals end, in order: ``[0, 1]`` are three, below 0, from 0 up to
            1, and from 1 on.
        name: Of the layer.

    Shapes:
        ``(batch, ...) -> (batch, ...)``, int32

    Raises:
        ValueError: the boundaries are not in order.

    Example:
        >>> Discretization([0.0, 1.0])(np.array([[-1.0, 0.0, 0.5, 1.0]]))
        array([[0, 1, 1, 2]], dtype=int32)
    """

    foreign: ClassVar = {
        "output_mode": ("int",),
        "sparse": (False,),
        "num_bins": (None,),
        "epsilon": None,
    }

    def __init__(self, bin_boundaries: ArrayLike, *, name: str | None = None) -> None:
        super().__init__(name)
        self.bin_boundaries = np.asarray(bin_boundaries, np.float64)
        if self.bin_boundaries.ndim != 1 or (np.diff(self.bin_boundaries) < 0).any():
            raise ValueError(
                explain(
                    "Discretization",
                    "bad `bin_boundaries`",
                    got=repr(bin_boundaries),
                    expected="numbers in order",
                )
            )

    def call(self, x: Any) -> Any:
        """The numbers of the intervals."""
        return np.searchsorted(self.bin_boundaries, _plain(x), side="right").astype(np.int32)
