"""Metrics: what is watched but not trained on, over all samples since the last `reset_state`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd_lite.errors import choose, explain
from nn import losses
from nn.checks import instance, snake_case, spelled
from nn.losses import (
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_hinge,
    hinge,
    huber,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
)
from nn.metrics.accuracies import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
    binary_accuracy,
    categorical_accuracy,
    sparse_categorical_accuracy,
    sparse_top_k_categorical_accuracy,
    top_k_categorical_accuracy,
)
from nn.metrics.base import (
    FunctionMetric,
    Mean,
    MeanMetricWrapper,
    Metric,
    Sum,
    Tally,
)
from nn.metrics.confusion import (
    FalseNegatives,
    FalsePositives,
    Precision,
    Recall,
    TrueNegatives,
    TruePositives,
)
from nn.metrics.curves import (
    AUC,
    PrecisionAtRecall,
    RecallAtPrecision,
    SensitivityAtSpecificity,
    SpecificityAtSensitivity,
)
from nn.metrics.errors import (
    ConcordanceCorrelation,
    CosineSimilarity,
    LogCoshError,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    PearsonCorrelation,
    R2Score,
    RootMeanSquaredError,
    concordance_correlation,
    cosine_similarity,
    pearson_correlation,
)
from nn.metrics.fscores import (
    F1Score,
    FBetaScore,
)
from nn.metrics.ious import (
    BinaryIoU,
    IoU,
    MeanIoU,
    OneHotIoU,
    OneHotMeanIoU,
)
from nn.metrics.probabilities import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalHinge,
    Hinge,
    KLDivergence,
    Poisson,
    SparseCategoricalCrossentropy,
    SquaredHinge,
)

__all__ = [
    "AUC",
    "METRICS",
    "Accuracy",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "BinaryIoU",
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "ConcordanceCorrelation",
    "CosineSimilarity",
    "F1Score",
    "FBetaScore",
    "FalseNegatives",
    "FalsePositives",
    "FunctionMetric",
    "Hinge",
    "IoU",
    "KLDivergence",
    "LogCoshError",
    "Mean",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanIoU",
    "MeanMetricWrapper",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Metric",
    "OneHotIoU",
    "OneHotMeanIoU",
    "PearsonCorrelation",
    "Poisson",
    "Precision",
    "PrecisionAtRecall",
    "R2Score",
    "Recall",
    "RecallAtPrecision",
    "RootMeanSquaredError",
    "SensitivityAtSpecificity",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "SparseTopKCategoricalAccuracy",
    "SpecificityAtSensitivity",
    "SquaredHinge",
    "Sum",
    "Tally",
    "TopKCategoricalAccuracy",
    "TrueNegatives",
    "TruePositives",
    "binary_accuracy",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_accuracy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
    "concordance_correlation",
    "cosine_similarity",
    "get",
    "get_all",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "pearson_correlation",
    "poisson",
    "sparse_categorical_accuracy",
    "sparse_categorical_crossentropy",
    "sparse_top_k_categorical_accuracy",
    "squared_hinge",
    "top_k_categorical_accuracy",
]

# By name: those that can be made without arguments, and take two arrays.
METRICS: dict[str, type[Metric]] = {
    snake_case(c.__name__): c
    for c in (
        AUC,
        BinaryAccuracy,
        BinaryCrossentropy,
        BinaryIoU,
        CategoricalAccuracy,
        CategoricalCrossentropy,
        CategoricalHinge,
        ConcordanceCorrelation,
        CosineSimilarity,
        F1Score,
        FBetaScore,
        FalseNegatives,
        FalsePositives,
        Hinge,
        KLDivergence,
        MeanAbsoluteError,
        MeanAbsolutePercentageError,
        MeanSquaredError,
        MeanSquaredLogarithmicError,
        PearsonCorrelation,
        Poisson,
        Precision,
        R2Score,
        Recall,
        RootMeanSquaredError,
        SparseCategoricalAccuracy,
        SparseCategoricalCrossentropy,
        SparseTopKCategoricalAccuracy,
        SquaredHinge,
        TopKCategoricalAccuracy,
        TrueNegatives,
        TruePositives,
    )
}
METRICS |= {"fbeta_score": FBetaScore}
METRICS |= {"logcosh": LogCoshError, "log_cosh_error": LogCoshError}
METRICS |= {alias: METRICS[name] for alias, name in losses.ALIASES.items()}


def get(metric: Any, loss: losses.Loss | None = None, where: str = "metrics.get") -> Metric:
    """A `Metric` from a name (a loss's too), a function, a class or a `Metric`.

    Args:
        metric: What is asked for. ``"accuracy"`` is the one that fits the loss.
        loss: That is trained with: by its own name it is watched with its settings.
        where: Who asks, for the message.

    Raises:
        ValueError: the name is unknown.
        TypeError: it is no metric.

    Example:
        >>> get("mae").name, type(get("RootMeanSquaredError")).__name__
        ('mae', 'RootMeanSquaredError')
    """
    if isinstance(metric, Metric | type):
        return instance(Metric, METRICS, metric, where)
    name = metric if isinstance(metric, str) else None
    table = {**losses.FUNCTIONS, **METRICS, "accuracy": Accuracy, "acc": Accuracy}
    metric = spelled(table, metric)
    # With its settings, `from_logits` above all. The cosine is watched with the other sign.
    kind = losses.LOSSES.get(metric) if name else None
    if type(loss) is kind and kind is not losses.CosineSimilarity:
        return FunctionMetric(loss.call, name)
    found = choose(table, metric, where)
    if found is Accuracy:
        return Accuracy(name, loss=loss)
    return found(name=name) if isinstance(found, type) else FunctionMetric(found, name)


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
