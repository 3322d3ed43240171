"""Models of several outputs: a loss and metrics for each, and a weight for each loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from autograd_lite.errors import explain
from nn import losses, metrics
from nn.checks import real
from nn.losses import Loss
from nn.metrics import Metric
from nn.structures import as_one, leaves


class NoLoss(Loss):
    """What is trained on where `compile` was given no loss: what layers add, and nothing else."""

    def __call__(
        self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Any = None
    ) -> Any:
        """Zero."""
        return np.zeros((), leaves(y_pred)[0].dtype)

    def prepare(self, y: Any, output_shape: Any, dtype: DTypeLike) -> Any:
        """Targets as they are, if there are some."""
        return y

    def missing(self) -> ValueError:
        """What to raise where no layer adds anything."""
        problem, fix = "nothing to train on", 'compile(loss="mse"), for instance'
        got = "no loss in `compile`, and no layer that adds one"
        return ValueError(explain("the model's loss", problem, got=got, fix=fix))


class LossMean(Metric):
    """The mean over samples of the loss of one output."""

    def add(self, value: float, samples: int) -> None:
        """Count in a batch of so many samples."""
        self.total += value * samples
        self.count += samples


class OutputMetric(Metric):
    """A metric of one of several outputs.

    Args:
        metric: What it is.
        index: The output's place.
        name: The key in logs.
    """

    def __init__(self, metric: Metric, index: int, name: str) -> None:
        self.metric, self.index = metric, index
        super().__init__(name)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count in this output of a batch."""
        weight = None if sample_weight is None else sample_weight[self.index]
        y = y_true[self.index], leaves(y_pred)[self.index]
        self.metric.update_state(*y) if weight is None else self.metric.update_state(*y, weight)

    def result(self) -> float:
        """The metric's."""
        return self.metric.result()

    def reset_state(self) -> None:
        """The metric's."""
        self.metric.reset_state()


class SeveralLosses(Loss):
    """The sum of the outputs' losses, each times its weight.

    Attributes:
        names: Of the outputs.
        parts: The loss of each; None for an output that is not trained on.
        weights: What each is multiplied by.
        means: Of the losses of each output, without their weights.
    """

    def __init__(self, names: Sequence[str], parts: Sequence[Any], weights: Sequence[Any]) -> None:
        super().__init__(name="loss")
        self.names = list(names)
        self.parts = [
            None if part is None else losses.get(part, f"compile: `loss` of {name!r}")
            for name, part in zip(names, parts, strict=True)
        ]
        if not any(self.parts):
            raise ValueError(explain("compile", "no output has a loss", got=repr(list(parts))))
        self.weights = [
            1.0 if w is None else real("compile", f"loss_weights of {name!r}", w)
            for name, w in zip(names, weights, strict=True)
        ]
        self.means = [LossMean(f"{name}_loss") for name in names]

    def __call__(
        self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Any = None
    ) -> Any:
        """The weighted sum."""
        weights = sample_weight or [None] * len(self.parts)
        total: Any = 0.0
        rows = zip(
            self.parts, self.weights, self.means, y_true, leaves(y_pred), weights, strict=True
        )
        for part, factor, mean, y, output, weight in rows:
            if part is not None:
                loss = part(y, output, weight)
                mean.add(float(loss.item()), len(y))
                total = loss * factor + total
        return total

    def prepare(self, y: Any, output_shape: Any, dtype: DTypeLike) -> Any:
        """The targets of each output, checked and converted by its loss."""
        return [
            target if part is None else part.prepare(target, shape, dtype)
            for part, target, shape in zip(self.parts, y, output_shape, strict=True)
        ]

    def watched(self) -> list[Metric]:
        """The means of those outputs that have a loss."""
        return [mean for mean, part in zip(self.means, self.parts, strict=True) if part]


def by_output(what: str, value: Any, names: Sequence[str], where: str = "compile") -> list[Any]:
    """A value for each output, from a list in their order or a dict by their names.

    Raises:
        ValueError: there are not as many, or a name is none of theirs.

    Example:
        >>> by_output("loss", {"b": "mse"}, ["a", "b"])
        [None, 'mse']
    """
    if value is None:
        return [None] * len(names)
    if isinstance(value, dict) and set(value) <= set(names):
        return [value.get(name) for name in names]
    if isinstance(value, list | tuple) and len(value) == len(names):
        return list(value)
    kind = type(value).__name__
    if isinstance(value, dict):
        kind = f"a dict of {', '.join(map(repr, value))}"
    elif isinstance(value, list | tuple):
        kind = f"{len(value)} in a {kind}"
    raise ValueError(
        explain(
            f"{where}: `{what}`",
            f"not one for each of {len(names)} outputs",
            got=kind,
            expected=f"a list of {len(names)}, or a dict of {', '.join(map(repr, names))}",
        )
    )


def several(loss: Any, loss_weights: Any, names: Sequence[str]) -> SeveralLosses:
    """The losses of several outputs; a single one is everybody's."""
    nested = isinstance(loss, dict | list | tuple)
    parts = by_output("loss", loss if nested else [loss] * len(names), names)
    found = SeveralLosses(names, parts, by_output("loss_weights", loss_weights, names))
    for part in found.parts:
        if part is not None:
            check_reduced(part)
    return found


def metrics_of(what: str, given: Any, loss: SeveralLosses) -> list[Metric]:
    """The metrics of several outputs, their names beginning with the output's."""
    found: list[Metric] = []
    for i, own in enumerate(by_output(what, given, loss.names)):
        listed = own if isinstance(own, list | tuple) or own is None else [own]
        part = loss.parts[i] or losses.MeanSquaredError()
        for metric in metrics.get_all(what, listed, part):
            found.append(OutputMetric(metric, i, f"{loss.names[i]}_{metric.name}"))
    return found


def only(what: str, value: Any, names: Sequence[str]) -> Any:
    """What was given for the only output, by its name or in a list of one.

    Raises:
        ValueError: it is a dict with another name.
    """
    if isinstance(value, dict):
        return by_output(what, value, names or list(value)[:1])[0]
    return value[0] if isinstance(value, list | tuple) and len(value) == 1 else value


def only_metrics(what: str, value: Any, names: Sequence[str]) -> Any:
    """The metrics of the only output: a list, whether by its name, in a list of one, or as it is.

    Example:
        >>> only_metrics("metrics", [["mae"]], ["a"]), only_metrics("metrics", {"a": "mae"}, ["a"])
        (['mae'], ['mae'])
    """
    nested = isinstance(value, list | tuple) and any(isinstance(v, list | tuple) for v in value)
    if isinstance(value, dict) or nested:
        value = only(what, value, names)
        return value if isinstance(value, list | tuple) or value is None else [value]
    return value


def check_reduced(loss: Loss) -> None:
    """Raise a ValueError unless the loss is a number."""
    if loss.reduction == "none":
        raise ValueError(
            explain(
                "compile",
                "the loss is not reduced to a number",
                got=f"{loss.name} with reduction={loss.reduction!r}",
                expected='reduction="sum_over_batch_size", for instance',
            )
        )


def only_output(where: str, what: str, value: Any, names: list[str], rows: int) -> Any:
    """The array in a list of one or in a dict, for a model of one output.

    Args:
        where: For the message.
        what: Likewise.
        value: What was given.
        names: Of the output, if it has one.
        rows: How many samples there are: a list of one array is one row if there is one sample.

    Raises:
        ValueError: it is a dict with another name, or with several.
    """
    if isinstance(value, dict) and (names or len(value) != 1):
        return by_output(what, value, names, where)[0]
    if isinstance(value, dict):
        return next(iter(value.values()))
    if isinstance(value, list | tuple) and len(value) == 1 and getattr(value[0], "ndim", 0) > 0:
        value = value if rows == 1 != len(value[0]) else value[0]
    return as_one(value)


def names_of(output: Any) -> list[str]:
    """Names for what a model gives several of: a dict's keys, or numbers from 1.

    Example:
        >>> names_of((np.zeros(2), np.zeros(2)))
        ['output_1', 'output_2']
    """
    if isinstance(output, dict):
        return list(output)
    return [f"output_{i}" for i in range(1, len(output) + 1)]
