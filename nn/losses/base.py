"""What all losses share: `Loss`, its reductions, and a function as a loss."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

import autograd_lite as ag
from autograd_lite.errors import DTypeError, choose, explain
from nn.checks import snake_case
from nn.configs import Recorded
from nn.foreign import check_dtype
from nn.masking import mask_of
from nn.targets import align, weights_for

Array = NDArray[Any]
Shape = tuple[int, ...]
Axis = int | tuple[int, ...] | None

# Probabilities are held this far from 0 and 1 before a logarithm is taken.
EPSILON = 1e-7

REDUCTIONS = {
    name: name for name in ("sum_over_batch_size", "sum", "mean_with_sample_weight", "none")
} | {"mean": "sum_over_batch_size"}


def mean_of(values: Any, axis: int = -1) -> Any:
    """The mean over an axis; a vector counts as a column, and stays as it is."""
    return ag.mean(values, axis=axis) if values.ndim > 1 else values


def held(p: Any) -> Any:
    """Probabilities between 1e-7 and 1: no gradient outside, but all of it at 1."""
    return ag.where(ag.greater(p, 1), np.ones((), p.dtype), ag.maximum(p, EPSILON))


class Loss(Recorded):
    """A loss reduced to a number. Subclass it and define `call(y_true, y_pred)`, a value a sample.

    Args:
        reduction: ``"sum_over_batch_size"``, or ``"mean"``: the sum of loss x weight over the
            number of samples (not over the sum of weights: that is ``"mean_with_sample_weight"``);
            ``"sum"``; or ``"none"``, which keeps a value a sample.
        name: For messages; the class name in snake case unless given.
        dtype: For Keras' sake, the default one if any: that of the predictions is what counts.

    Example:
        >>> class CubicError(Loss):
        ...     def call(self, y_true, y_pred):
        ...         return ag.mean(ag.abs(y_pred - y_true) ** 3, axis=-1)
        >>> float(CubicError()(np.array([[0.0], [0.0]]), np.array([[1.0], [2.0]])))
        4.5
    """

    foreign: ClassVar = {"dtype": partial(check_dtype, what="a loss")}
    # Whether `call` of this very class calls the same ops whatever the numbers are, and does
    # nothing else: see `nn.replay`.
    _replays: ClassVar[bool] = False

    def __init__(
        self,
        *,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        check_dtype(type(self).__name__, dtype, "a loss")
        self.name = snake_case(type(self).__name__) if name is None else name
        reduction = "none" if reduction is None else reduction
        self.reduction: str = choose(REDUCTIONS, reduction, f"{self.name}: `reduction`")

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of each sample. Subclasses define it."""
        raise NotImplementedError(
            explain(self.name, "no `call`", fix="define call(self, y_true, y_pred)")
        )

    def __call__(
        self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: ArrayLike | None = None
    ) -> Any:
        """The reduced loss.

        Args:
            y_true: Targets.
            y_pred: Predictions.
            sample_weight: A weight for each sample, or for each value of `call`.
            mask: Which samples, or values, count. A mean is then taken over these alone. By default
                the mask that comes along with `y_pred`, as of a model with `Masking`.

        Raises:
            ShapeError: weights or mask do not fit the values of `call`.
        """
        values = self.call(y_true, y_pred)
        mask = mask_of(y_pred) if mask is None else mask
        weight = self._weight(values, sample_weight, mask, self.counted(y_true, values))
        if weight is not None:
            values = values * weight
            if self.reduction == "mean_with_sample_weight":
                total = weight.sum() * (values.size // max(weight.size, 1))
                return ag.sum(values) / total if total else ag.sum(values)
        if self.reduction == "none":
            return values
        return ag.sum(values) if self.reduction == "sum" else ag.mean(values)

    def counted(self, y_true: Any, values: Any) -> Array | None:
        """Which values of `call` count, as by a mask; None if all of them."""
        return None

    def prepare(self, y: Array, output_shape: Shape, dtype: DTypeLike) -> Array:
        """Check all targets at once, before any training, and put them in the form `call` reads.

        Args:
            y: Targets of all samples.
            output_shape: Of the model, for one sample.
            dtype: Of the model.
        """
        return y.astype(dtype, copy=False) if y.dtype.kind == "f" else y

    def classes(self, y: Array) -> Array | None:
        """The class of each sample, or None if targets are not classes."""
        return None

    def _weight(self, values: Any, weight: Any, *masks: Any) -> Array | None:
        """The product of weights and masks, an axis for each of `values`; None if there are none.

        For a mean, a mask weighs entries by how many there are over how many count.
        """
        factors = [] if weight is None else [self._fit("sample_weight", weight, values)]
        valid = [self._fit("mask", mask, values) != 0 for mask in masks if mask is not None]
        if valid:
            mask = np.logical_and.reduce(np.broadcast_arrays(*valid))
            kept = mask.astype(values.dtype)
            if self.reduction == "sum_over_batch_size":
                kept *= mask.size / max(np.count_nonzero(mask), 1)
            factors.append(kept)
        if not factors:
            return None
        return factors[0] if len(factors) == 1 else np.multiply(*factors)

    def _fit(self, what: str, weight: Any, values: Any) -> Array:
        return weights_for(self.name, what, weight, values.shape).astype(values.dtype, copy=False)


class FunctionLoss(Loss):
    """A function ``f(y_true, y_pred)`` as a loss.

    Args:
        function: Gives a value for each sample.
        reduction: As of `Loss`.
        name: For messages; the function's own unless given.

    Example:
        >>> loss = FunctionLoss(lambda y_true, y_pred: ag.max(ag.abs(y_pred - y_true), axis=-1))
        >>> float(loss(np.zeros((1, 2)), np.array([[1.0, -3.0]])))
        3.0
    """

    def __init__(
        self,
        function: Callable[[Any, Any], Any],
        *,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name or getattr(function, "__name__", "loss"))
        self.function = function

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """``function(y_true, y_pred)``."""
        return self.function(y_true, y_pred)


class PairedLoss(Loss):
    """A loss whose targets have the shape of the predictions: `function`, with `settings`.

    Attributes:
        function: ``f(y_true, y_pred, **settings)``, a value for each sample.
        settings: Of this loss, checked.
    """

    function: ClassVar[Callable[..., Any]]

    def __init__(
        self,
        *,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(reduction=reduction, name=name or type(self).function.__name__)
        self.settings = settings

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The function of this name."""
        return type(self).function(y_true, y_pred, **self.settings)

    def prepare(self, y: Array, output_shape: Shape, dtype: DTypeLike) -> Array:
        """Targets in the model's dtype and output shape.

        Raises:
            DTypeError: they are not numbers.
        """
        try:
            numbers = y.astype(dtype, copy=False)
        except (TypeError, ValueError):
            raise DTypeError(
                explain(
                    self.name,
                    "targets are not numbers",
                    got=f"y_true {y.shape} of {y.dtype}, such as {y.flat[0]!r}",
                    expected=f"numbers, as {np.dtype(dtype)}",
                    fix="names, y = np.unique(y, return_inverse=True) for names of classes",
                )
            ) from None
        return align(self.name, numbers, (len(y), *output_shape))
