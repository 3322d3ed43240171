"""What all metrics share: `Metric`, the mean of a function, and the books of a pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

import autograd_lite as ag
from autograd_lite.errors import explain
from nn import initializers
from nn.checks import snake_case
from nn.configs import Recorded
from nn.foreign import Foreign, check_dtype
from nn.masking import mask_of
from nn.parameters import Parameter, drawn
from nn.targets import weights_for

Array = NDArray[Any]


def as_array(x: Any) -> Array:
    """The values of a Tensor, anything else as an array."""
    return x.data if isinstance(x, ag.Tensor) else np.asarray(x)


def ratio(a: Any, b: Any) -> Any:
    """``a / b``, and 0 where b is."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    shape = np.broadcast_shapes(a.shape, b.shape)
    return np.divide(a, b, out=np.zeros(shape), where=np.broadcast_to(b != 0, shape))


def counted(y_pred: Any, sample_weight: ArrayLike | None) -> ArrayLike | None:
    """Sample weights, and 0 where the mask that comes along with predictions says padding."""
    mask = mask_of(y_pred)
    if mask is None or sample_weight is None:
        return sample_weight if mask is None else mask.astype(np.float64)
    return weights_for("metrics", "sample_weight", sample_weight, mask.shape) * mask


class Reset(Foreign):
    """The class of metrics' classes: one begins with `reset_state`, once all of it is made."""

    def __call__(cls, *args: Any, **settings: Any) -> Any:
        """Make a metric."""
        made = super().__call__(*args, **settings)
        made.reset_state()
        return made


class Metric(Recorded, metaclass=Reset):
    """The mean of `call(y_true, y_pred)` over all samples since the last `reset_state`.

    Subclass it and define `call`, which is given arrays and gives a value for each sample. A metric
    that is no such mean overrides `update_state`, `result` and `reset_state`.

    Args:
        name: The key in logs and in the history; the class name in snake case unless given.
        dtype: For Keras' sake, the default one if any: sums are in float64.

    Example:
        >>> class Bias(Metric):
        ...     def call(self, y_true, y_pred):
        ...         return (y_pred - y_true).mean(axis=-1)
        >>> bias = Bias()
        >>> bias.update_state(np.zeros((2, 1)), np.array([[1.0], [2.0]]))
        >>> bias.result()
        1.5
    """

    foreign: ClassVar = {"dtype": partial(check_dtype, what="a metric")}
    variables: Sequence[Parameter] = ()

    def __init__(self, name: str | None = None, dtype: DTypeLike | None = None) -> None:
        check_dtype(type(self).__name__, dtype, "a metric")
        self.name = snake_case(type(self).__name__) if name is None else name

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """`update_state` with these arguments, then `result`."""
        self.update_state(*args, **kwargs)
        return self.result()

    def call(self, y_true: Array, y_pred: Array) -> Array:
        """A value for each sample. Subclasses define it."""
        raise NotImplementedError(
            explain(self.name, "no `call`", fix="define call(self, y_true, y_pred)")
        )

    def update_state(
        self, y_true: Any, y_pred: Any, sample_weight: ArrayLike | None = None
    ) -> None:
        """Count a batch in: ``total += sum(w * values)``, ``count += sum(w)``.

        Padding does not count, if a mask comes along with `y_pred`.
        """
        values = np.asarray(self.call(as_array(y_true), as_array(y_pred)))
        self.count_in(values, counted(y_pred, sample_weight))

    def count_in(self, values: Array, sample_weight: ArrayLike | None = None) -> None:
        """Count values in.

        Raises:
            ShapeError: the weights do not fit them.
        """
        if sample_weight is None:
            is_bool = values.dtype.kind == "b"
            self.total += float(np.count_nonzero(values) if is_bool else values.sum())
            self.count += values.size
        else:
            weight = weights_for(self.name, "sample_weight", sample_weight, values.shape)
            self.total += float((values * weight).sum())
            self.count += float(weight.sum()) * (values.size / max(weight.size, 1))

    def add_variable(
        self,
        shape: tuple[int, ...] = (),
        initializer: Any = "zeros",
        dtype: DTypeLike | None = np.float64,
        aggregation: str | None = None,
        name: str | None = None,
    ) -> Parameter:
        """A sum to be kept, as Keras has it: `reset_state` of `Metric` sets it to 0.

        Args:
            shape: Of the sum; ``()`` is a number.
            initializer: A name in `nn.initializers` or a callable.
            dtype: By default float64.
            aggregation: For Keras' sake.
            name: Of the sum.

        Example:
            >>> class Largest(Metric):
            ...     def __init__(self, name="largest"):
            ...         super().__init__(name)
            ...         self.largest = self.add_variable(name="largest")
            ...
            ...     def update_state(self, y_true, y_pred, sample_weight=None):
            ...         self.largest.assign(np.maximum(self.largest, np.max(y_pred)))
            ...
            ...     def result(self):
            ...         return self.largest
            >>> float(Largest()([0.0, 0.0], [2.0, 3.0]))
            3.0
        """
        found = initializers.get(initializer or "zeros", f"{self.name}: `initializer`")
        made = drawn(shape, found, dtype, trainable=False)
        made.name = name or ""
        self.variables = [*self.variables, made]
        return made

    add_weight = add_variable

    def result(self) -> Any:
        """The mean so far; 0 if there is none."""
        return self.total / self.count if self.count else 0.0

    def reset_state(self) -> None:
        """Forget all batches."""
        self.total: float = 0.0
        self.count: float = 0.0
        for variable in self.variables:
            variable.assign(np.zeros(variable.shape))


class FunctionMetric(Metric):
    """The mean of a function ``f(y_true, y_pred)`` of arrays.

    Args:
        function: Gives a value for each sample.
        name: The key in logs; the function's own unless given.
        dtype: As of `Metric`.
        settings: Further arguments of the function.

    Example:
        >>> metric = FunctionMetric(nn.losses.huber, delta=2.0)
        >>> metric(np.array([[0.0]]), np.array([[3.0]])), metric.name
        (4.0, 'huber')
    """

    def __init__(
        self,
        function: Callable[..., Any],
        name: str | None = None,
        dtype: DTypeLike | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(name or getattr(function, "__name__", "metric"), dtype)
        self.function, self.settings = function, settings

    def call(self, y_true: Array, y_pred: Array) -> Array:
        """``function(y_true, y_pred, **settings)``."""
        return as_array(self.function(y_true, y_pred, **self.settings))


MeanMetricWrapper = FunctionMetric


class NamedMean(FunctionMetric):
    """The mean of the function that a subclass names.

    Args:
        name: The key in logs.
        dtype: As of `Metric`.
        settings: Further arguments of the function.
    """

    of: ClassVar[Callable[..., Any]]

    def __init__(
        self, name: str | None = None, dtype: DTypeLike | None = None, **settings: Any
    ) -> None:
        super().__init__(type(self).of, name or snake_case(type(self).__name__), dtype, **settings)


class Mean(Metric):
    """The mean of values, ``sum(w v) / sum(w)``.

    Args:
        name: The key in logs.

    Example:
        >>> mean = Mean()
        >>> mean([1.0, 3.0]), mean([5.0], sample_weight=[2.0])
        (2.0, 3.5)
    """

    def update_state(self, values: Any, sample_weight: ArrayLike | None = None) -> None:  # type: ignore[override]
        """Count values in, each as often as its weight says."""
        self.count_in(as_array(values), sample_weight)


class Sum(Mean):
    """The sum of values, ``sum(w v)``.

    Args:
        name: The key in logs.

    Example:
        >>> total = Sum()
        >>> total([1.0, 3.0]), total([5.0], sample_weight=[2.0])
        (4.0, 14.0)
    """

    def result(self) -> float:
        """The sum so far."""
        return self.total


class Tally:
    """Means over the samples of one pass so far: of the loss, and of metrics, which it resets."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self.metrics = metrics
        self.total, self.count = 0.0, 0
        for metric in metrics:
            metric.reset_state()

    def add(self, loss: float, samples: int) -> None:
        """Count in a batch of so many samples; its metrics count themselves."""
        self.total += loss * samples
        self.count += samples

    def logs(self) -> dict[str, float]:
        """The means by name, the loss first."""
        means = {"loss": self.total / self.count}
        for metric in self.metrics:
            found = metric.result()
            means[metric.name] = found.tolist() if isinstance(found, ag.Tensor) else found
        return means
