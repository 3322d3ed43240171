"""Losses of probabilities and of margins as metrics: means over all samples."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike, DTypeLike

from nn import losses
from nn.metrics.base import NamedMean, as_array, counted
from nn.targets import weights_for


class BinaryCrossentropy(NamedMean):
    """The mean of `losses.binary_crossentropy`.

    Args:
        name: The key in logs.
        dtype: As of `Metric`.
        from_logits: Whether predictions are logits.
        label_smoothing: s turns targets into ``t (1 - s) + s / 2``.
    """

    of = staticmethod(losses.binary_crossentropy)

    def __init__(
        self,
        name: str | None = None,
        dtype: DTypeLike | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(name, dtype, from_logits=from_logits, label_smoothing=label_smoothing)


class CategoricalCrossentropy(NamedMean):
    """The mean of `losses.categorical_crossentropy`.

    Args:
        name: The key in logs.
        dtype: As of `Metric`.
        from_logits: Whether predictions are logits.
        label_smoothing: s turns targets into ``t (1 - s) + s / k``.
        axis: That of the classes.
    """

    of = staticmethod(losses.categorical_crossentropy)

    def __init__(
        self,
        name: str | None = None,
        dtype: DTypeLike | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
    ) -> None:
        settings = {"from_logits": from_logits, "label_smoothing": label_smoothing, "axis": axis}
        super().__init__(name, dtype, **settings)


class SparseCategoricalCrossentropy(NamedMean):
    """The mean of `losses.sparse_categorical_crossentropy`.

    Args:
        name: The key in logs.
        dtype: As of `Metric`.
        from_logits: Whether predictions are logits.
        ignore_class: A label that does not count.
        axis: That of the classes.
    """

    of = staticmethod(losses.sparse_categorical_crossentropy)

    def __init__(
        self,
        name: str | None = None,
        dtype: DTypeLike | None = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        settings = {"from_logits": from_logits, "ignore_class": ignore_class, "axis": axis}
        super().__init__(name, dtype, **settings)
        self.ignore_class = ignore_class

    def update_state(
        self, y_true: Any, y_pred: Any, sample_weight: ArrayLike | None = None
    ) -> None:
        """Count a batch in, but for what is to be ignored."""
        if self.ignore_class is None:
            return super().update_state(y_true, y_pred, sample_weight)
        values = self.call(as_array(y_true), as_array(y_pred))
        valid = as_array(y_true).reshape(values.shape) != self.ignore_class
        weight = counted(y_pred, sample_weight)
        weight = 1.0 if weight is None else weight
        fitted = weights_for(self.name, "sample_weight", weight, values.shape)
        return self.count_in(values, fitted * valid)


class KLDivergence(NamedMean):
    """The mean of `losses.kl_divergence`."""

    of = staticmethod(losses.kl_divergence)

    def __init__(self, name: str | None = "kl_divergence") -> None:
        super().__init__(name)


class Poisson(NamedMean):
    """The mean of `losses.poisson`."""

    of = staticmethod(losses.poisson)


class Hinge(NamedMean):
    """The mean of `losses.hinge`."""

    of = staticmethod(losses.hinge)


class SquaredHinge(NamedMean):
    """The mean of `losses.squared_hinge`."""

    of = staticmethod(losses.squared_hinge)


class CategoricalHinge(NamedMean):
    """The mean of `losses.categorical_hinge`."""

    of = staticmethod(losses.categorical_hinge)
