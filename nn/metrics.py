"""Metrics: what is watched but not trained on. All here are means over samples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import autograd_lite as ag
from autograd_lite.errors import choose, explain
from nn import losses
from nn.checks import instance, snake_case
from nn.targets import labels_for, pair

Array = NDArray[Any]


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Array:
    """Share of the last axis in which ``y_pred > threshold`` agrees with ``y_true > 1/2``.

    Shapes:
        ``(n, ..., k), (n, ..., k) -> (n, ...)``; a vector counts as a column.

    Example:
        >>> binary_accuracy(np.array([1, 0]), np.array([0.9, 0.6]))
        array([ True, False])
    """
    y_true, y_pred = pair("binary_accuracy", y_true, y_pred)
    agree = np.asarray((y_pred > threshold) == (y_true > 0.5))
    if agree.ndim == 1:
        return agree
    return agree[..., 0] if agree.shape[-1] == 1 else agree.mean(axis=-1)


def categorical_accuracy(y_true: Any, y_pred: Any) -> Array:
    """Whether the largest entry of each row is where the target's is.

    Shapes:
        ``(n, ..., k), (n, ..., k) -> (n, ...)``

    Example:
        >>> categorical_accuracy(np.array([[0, 1], [0, 1]]), np.array([[0.2, 0.8], [0.9, 0.1]]))
        array([ True, False])
    """
    y_true, y_pred = pair("categorical_accuracy", y_true, y_pred)
    return np.asarray(y_pred.argmax(axis=-1) == y_true.argmax(axis=-1))


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Array:
    """Whether the largest entry of each row is at its label.

    Shapes:
        ``(n, ...), (n, ..., k) -> (n, ...)``; labels may have a last axis of length one.

    Example:
        >>> sparse_categorical_accuracy(np.array([1, 1]), np.array([[0.2, 0.8], [0.9, 0.1]]))
        array([ True, False])
    """
    y_pred = np.asarray(y_pred)
    labels = labels_for("sparse_categorical_accuracy", y_true, y_pred.shape)
    return np.asarray(y_pred.argmax(axis=-1) == labels)


class Metric:
    """The mean of `call(y_true, y_pred)` over all samples since the last `reset_state`.

    Subclass it and define `call`, which is given arrays and gives a value for each sample. A metric
    that is no such mean overrides `update_state`, `result` and `reset_state`.

    Args:
        name: The key in logs and in the history; the class name in snake case unless given.

    Example:
        >>> class Bias(Metric):
        ...     def call(self, y_true, y_pred):
        ...         return (y_pred - y_true).mean(axis=-1)
        >>> bias = Bias()
        >>> bias.update_state(np.zeros((2, 1)), np.array([[1.0], [2.0]]))
        >>> bias.result()
        1.5
    """

    def __init__(self, name: str | None = None) -> None:
        self.name = snake_case(type(self).__name__) if name is None else name
        self.reset_state()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"

    def call(self, y_true: Array, y_pred: Array) -> Array:
        """A value for each sample. Subclasses define it."""
        raise NotImplementedError(
            explain(self.name, "no `call`", fix="define call(self, y_true, y_pred)")
        )

    def update_state(
        self, y_true: Any, y_pred: Any, sample_weight: ArrayLike | None = None
    ) -> None:
        """Count a batch in: ``total += sum(w * values)``, ``count += sum(w)``."""
        values = np.asarray(self.call(_array(y_true), _array(y_pred)))
        if sample_weight is None:
            is_bool = values.dtype.kind == "b"
            self.total += float(np.count_nonzero(values) if is_bool else values.sum())
            self.count += values.size
        else:
            weight = np.asarray(sample_weight)
            weight = weight.reshape(weight.shape + (1,) * (values.ndim - weight.ndim))
            self.total += float((values * weight).sum())
            self.count += float(weight.sum()) * (values.size / max(weight.size, 1))

    def result(self) -> float:
        """The mean so far; 0 if there is none."""
        return self.total / self.count if self.count else 0.0

    def reset_state(self) -> None:
        """Forget all batches."""
        self.total: float = 0.0
        self.count: float = 0.0


class FunctionMetric(Metric):
    """The mean of a function ``f(y_true, y_pred)`` of arrays.

    Args:
        function: Gives a value for each sample.
        name: The key in logs; the function's own unless given.
    """

    def __init__(self, function: Callable[..., Any], name: str | None = None) -> None:
        super().__init__(name or getattr(function, "__name__", "metric"))
        self.function = function

    def call(self, y_true: Array, y_pred: Array) -> Array:
        """``function(y_true, y_pred)``."""
        return np.asarray(self.function(y_true, y_pred))


class BinaryAccuracy(Metric):
    """The mean of `binary_accuracy`.

    Args:
        threshold: Predictions above it say yes; 0 for logits.
        name: The key in logs.
    """

    def __init__(self, threshold: float = 0.5, name: str | None = None) -> None:
        super().__init__(name)
        self.threshold = threshold

    def call(self, y_true: Array, y_pred: Array) -> Array:
        """`binary_accuracy`."""
        return binary_accuracy(y_true, y_pred, self.threshold)


class CategoricalAccuracy(Metric):
    """The mean of `categorical_accuracy`."""

    def call(self, y_true: Array, y_pred: Array) -> Array:
        """`categorical_accuracy`."""
        return categorical_accuracy(y_true, y_pred)


class SparseCategoricalAccuracy(Metric):
    """The mean of `sparse_categorical_accuracy`."""

    def call(self, y_true: Array, y_pred: Array) -> Array:
        """`sparse_categorical_accuracy`."""
        return sparse_categorical_accuracy(y_true, y_pred)


class Accuracy(Metric):
    """Binary, categorical or sparse accuracy: as the loss says, else as the shapes suggest.

    By the shapes it is binary where predictions are single numbers, sparse where targets have an
    axis less than predictions or a last axis of length one, and categorical otherwise.

    Args:
        loss: The loss trained with, if it is known. Logits under a binary cross-entropy are
            compared with 0.
        name: The key in logs.
    """

    def __init__(self, loss: losses.Loss | None = None, name: str | None = None) -> None:
        super().__init__(name)
        self.rule: Callable[[Any, Any], Array] | None = None
        if isinstance(loss, losses.BinaryCrossentropy):
            self.rule = partial(binary_accuracy, threshold=0.0 if loss.from_logits else 0.5)
        elif isinstance(loss, losses.CategoricalCrossentropy):
            self.rule = categorical_accuracy
        elif isinstance(loss, losses.SparseCategoricalCrossentropy):
            self.rule = sparse_categorical_accuracy

    def call(self, y_true: Array, y_pred: Array) -> Array:
        """The accuracy of each sample."""
        rule = self.rule or _by_shapes(y_true.shape, y_pred.shape)
        return rule(y_true, y_pred)


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
            means[metric.name] = metric.result()
        return means


METRICS: dict[str, type[Metric]] = {
    snake_case(c.__name__): c
    for c in (BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy)
}


def get(metric: Any, loss: losses.Loss, where: str) -> Metric:
    """A `Metric` from a name (a loss's too), a function, a class or a `Metric`."""
    if isinstance(metric, Metric | type):
        return instance(Metric, METRICS, metric, where)
    table = {**METRICS, **losses.FUNCTIONS, "accuracy": Accuracy, "acc": Accuracy}
    found, name = choose(table, metric, where), metric if isinstance(metric, str) else None
    if found is Accuracy:
        return Accuracy(loss, name)
    if isinstance(found, type):
        return found(name=name)
    # The loss that is trained with, by its name: with its settings, `from_logits` above all.
    same = name is not None and type(loss) is losses.LOSSES[name]
    return FunctionMetric(loss.call if same else found, name)


def get_all(name: str, metrics: Any, loss: losses.Loss) -> list[Metric]:
    """`compile`'s argument of this name as metrics; none for None.

    Raises:
        TypeError: it is no list.
    """
    if metrics is None:
        return []
    where = f"compile: `{name}`"
    if isinstance(metrics, str) or not isinstance(metrics, Iterable):
        fix = f"{name}=[{metrics!r}]"
        raise TypeError(explain(where, "not a list", got=repr(metrics), fix=fix))
    return [get(metric, loss, where) for metric in metrics]


def _array(x: Any) -> Array:
    return x.data if isinstance(x, ag.Tensor) else np.asarray(x)


def _by_shapes(y_true: tuple[int, ...], y_pred: tuple[int, ...]) -> Callable[[Any, Any], Array]:
    if len(y_pred) < 2 or y_pred[-1] == 1:
        return binary_accuracy
    if len(y_true) < len(y_pred) or y_true[-1] == 1:
        return sparse_categorical_accuracy
    return categorical_accuracy
