"""Writes metrics.npz: what Keras' metrics do.

Run by hand where Keras and PyTorch are installed::

    KERAS_BACKEND=torch python tests/reference/make_metrics.py

A case is named after itself: `Recall {"thresholds": 0.25} bits` is a class, its settings and the
inputs it was given, `y bits` and `p bits`, in two batches. Of each case there are the result
without weights, `plain ...`, and the result with `weights`, which are rounded up for intersections
over unions, as Keras cuts them to integers. It keeps float32 whatever it is asked for.
"""

import json
from pathlib import Path

import keras
import numpy as np

ROWS, FIRST = 12, 7
LOGITS = {"from_logits": True}
CURVES = [
    {"num_thresholds": n, "curve": curve, "summation_method": method}
    for n in (200, 9)
    for curve in ("ROC", "PR", "PRGAIN")
    for method in ("interpolation", "minoring", "majoring")
]
SCORES = [
    {"average": average, "threshold": threshold}
    for average in (None, "micro", "macro", "weighted")
    for threshold in (None, 0.4)
]
NUMBERS = (
    "MeanSquaredError",
    "RootMeanSquaredError",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredLogarithmicError",
    "CosineSimilarity",
    "LogCoshError",
    "PearsonCorrelation",
    "ConcordanceCorrelation",
    "Hinge",
    "SquaredHinge",
    "CategoricalHinge",
)
COUNTS = ("TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives")
SHARES = ("Precision", "Recall")
BEST = {
    "SensitivityAtSpecificity": "specificity",
    "SpecificityAtSensitivity": "sensitivity",
    "PrecisionAtRecall": "recall",
    "RecallAtPrecision": "precision",
}

CASES = [
    *((name, {}, "numbers") for name in NUMBERS),
    ("Poisson", {}, "counts"),
    ("KLDivergence", {}, "shares"),
    *(("R2Score", {"class_aggregation": a}, "numbers")
      for a in (None, "uniform_average", "variance_weighted_average")),
    ("R2Score", {"num_regressors": 2}, "column of numbers"),
    ("BinaryAccuracy", {}, "bits"),
    ("BinaryAccuracy", {"threshold": 0.25}, "bits"),
    ("CategoricalAccuracy", {}, "one-hot"),
    ("SparseCategoricalAccuracy", {}, "labels"),
    ("TopKCategoricalAccuracy", {"k": 2}, "one-hot"),
    ("SparseTopKCategoricalAccuracy", {"k": 2}, "labels"),
    ("SparseTopKCategoricalAccuracy", {"k": 1}, "labels"),
    ("SparseTopKCategoricalAccuracy", {"k": 2, "from_sorted_ids": True}, "sorted"),
    ("BinaryCrossentropy", {"label_smoothing": 0.1}, "bits"),
    ("BinaryCrossentropy", LOGITS, "bits"),
    ("CategoricalCrossentropy", {"label_smoothing": 0.1}, "one-hot"),
    ("CategoricalCrossentropy", LOGITS, "one-hot"),
    ("SparseCategoricalCrossentropy", {}, "labels"),
    ("SparseCategoricalCrossentropy", LOGITS | {"ignore_class": 1}, "labels"),
    *((name, {"thresholds": t}, "bits") for name in COUNTS for t in (0.5, [0.75, 0.25])),
    *((name, {"thresholds": t}, "bits") for name in SHARES for t in (None, [0.75, 0.25])),
    *((name, {"top_k": 2}, "bits") for name in SHARES),
    *((name, {"top_k": 1, "class_id": 1}, "bits") for name in SHARES),
    *((name, {"class_id": 2, "thresholds": 0.3}, "bits") for name in SHARES),
    *(("AUC", settings, "bits") for settings in CURVES),
    ("AUC", {"thresholds": [0.25, 0.5, 0.8]}, "bits"),
    ("AUC", LOGITS, "numbers against bits"),
    *(("AUC", {"multi_label": True, "curve": curve} | more, "bits")
      for curve in ("ROC", "PR", "PRGAIN")
      for more in ({}, {"num_labels": 3, "label_weights": [1.0, 0.5, 3.0]})),
    ("AUC", {"label_weights": [1.0, 0.5, 3.0]}, "bits"),
    *((name, {asked: 0.6, "num_thresholds": n}, "bits")
      for name, asked in BEST.items() for n in (200, 1, 6)),
    *((name, {asked: 0.3, "class_id": 1}, "bits") for name, asked in BEST.items()),
    *(("F1Score", settings, "bits") for settings in SCORES),
    *(("FBetaScore", settings | {"beta": 2.0}, "bits") for settings in SCORES),
    ("IoU", {"num_classes": 5, "target_class_ids": [0, 2, 4]}, "pixels"),
    ("MeanIoU", {"num_classes": 5}, "pixels"),
    ("MeanIoU", {"num_classes": 4, "ignore_class": 1}, "pixels"),
    ("BinaryIoU", {}, "column"),
    ("BinaryIoU", {"target_class_ids": [1], "threshold": 0.3}, "column"),
    ("OneHotIoU", {"num_classes": 3, "target_class_ids": [0, 1]}, "one-hot"),
    ("OneHotMeanIoU", {"num_classes": 3}, "one-hot"),
]  # fmt: skip


def inputs():
    """Targets and predictions by name."""
    rng = np.random.default_rng(5)
    numbers = rng.standard_normal((2, ROWS, 3)).round(2)
    numbers[1] += numbers[0]
    bits = rng.integers(0, 2, (ROWS, 3))
    chances = ((rng.uniform(size=(ROWS, 3)) + bits / 2) / 1.5).round(2)
    chances[:3] = [[0, 0.5, 1], [0.25, 0.75, 0.5], [1, 0, 0.1]]
    labels = rng.integers(0, 3, ROWS)
    shares = rng.dirichlet([1.0] * 3, (2, ROWS)).round(2)
    shares[1, 0] = [0.4, 0.4, 0.2]
    return {
        "numbers": numbers,
        "column of numbers": numbers[..., :1],
        "numbers against bits": (bits, numbers[1]),
        "counts": (rng.poisson(2.0, (ROWS, 3)), rng.gamma(2.0, size=(ROWS, 3)).round(2)),
        "shares": shares.clip(0.01),
        "bits": (bits, chances),
        "column": (bits[:, 0], chances[:, 0]),
        "one-hot": (np.eye(3)[labels], shares[1]),
        "labels": (labels, shares[1]),
        "sorted": (labels, rng.permuted(np.tile(np.arange(3), (ROWS, 1)), axis=1)),
        "pixels": (rng.integers(0, 4, ROWS), rng.integers(0, 4, ROWS)),
    }


def result(name, settings, y, p, *weights):
    metric = getattr(keras.metrics, name)(**settings)
    for part in (slice(None, FIRST), slice(FIRST, None)):
        metric.update_state(*(a[part] for a in (y, p, *weights)))
    return np.asarray(metric.result())


def main():
    weights = np.array([1.0, 0.5, 2.0, 0.0, 1.0, 3.0, 0.25, 1.0, 0.75, 1.5, 2.0, 1.0])
    written = {"weights": weights}
    given = {key: tuple(map(np.asarray, pair)) for key, pair in inputs().items()}
    for key, (y, p) in given.items():
        written |= {f"y {key}": y, f"p {key}": p}
    for name, settings, key in CASES:
        case = f"{name} {json.dumps(settings)} {key}"
        own = np.ceil(weights) if name.endswith("IoU") else weights
        # Without weights a cross-entropy counts what is ignored as 0, with weights not at all.
        ones = (np.ones(ROWS),) if "ignore_class" in settings else ()
        written[case] = result(name, settings, *given[key], own)
        written[f"plain {case}"] = result(name, settings, *given[key], *ones)
    np.savez_compressed(Path(__file__).with_name("metrics.npz"), **written)


if __name__ == "__main__":
    main()
