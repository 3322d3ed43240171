"""Writes losses.npz: what Keras' losses do, in float64.

Run by hand where Keras and PyTorch are installed::

    KERAS_BACKEND=torch python tests/reference/make_losses.py

A case is named after itself: `huber {"delta": 0.5} numbers` is a function, its settings and the
inputs it was given, `y numbers` and `p numbers`. Of each case there are the values and, under
`gradient ...`, the gradient by predictions of the values times `slopes`. `Huber {} numbers` is a
class, of which there are the reduced losses: for each of `REDUCTIONS` without weights, with
them, and summed with half of the samples masked.
"""

import json
from pathlib import Path

import keras
import numpy as np
import torch
from keras.src.backend.torch import numpy as functions

keras.config.set_floatx("float64")
# Keras' own is in float32 whatever it is given.
functions.mean = lambda x, axis=None, keepdims=False: torch.mean(x, axis, keepdims)

REDUCTIONS = ("sum_over_batch_size", "sum", "mean_with_sample_weight")
ROWS = 8
BY_LABELS = (
    "sparse_categorical_crossentropy",
    "categorical_generalized_cross_entropy",
    "circle",
    "ctc",
)
FOCAL = {"gamma": 3.0, "alpha": 0.4}
SMOOTH = {"label_smoothing": 0.2}
LOGITS = {"from_logits": True}

CASES = [
    ("mean_squared_error", {}, "numbers"),
    ("mean_squared_error", {}, "cubes"),
    ("mean_absolute_error", {}, "numbers"),
    ("mean_absolute_percentage_error", {}, "numbers"),
    ("mean_squared_logarithmic_error", {}, "numbers"),
    ("mean_squared_logarithmic_error", {}, "counts"),
    ("cosine_similarity", {}, "numbers"),
    ("cosine_similarity", {"axis": 1}, "cubes"),
    ("huber", {}, "numbers"),
    ("huber", {"delta": 0.5}, "numbers"),
    ("log_cosh", {}, "numbers"),
    ("log_cosh", {}, "far"),
    ("poisson", {}, "counts"),
    ("kl_divergence", {}, "shares"),
    ("hinge", {}, "signs"),
    ("hinge", {}, "bits as scores"),
    ("squared_hinge", {}, "signs"),
    ("squared_hinge", {}, "bits as scores"),
    ("categorical_hinge", {}, "one-hot scores"),
    ("binary_crossentropy", {}, "bits"),
    ("binary_crossentropy", SMOOTH, "bits"),
    ("binary_crossentropy", LOGITS, "bits as scores"),
    ("binary_crossentropy", LOGITS | SMOOTH, "bits as scores"),
    ("binary_crossentropy", {"axis": 1}, "cubes of bits"),
    ("binary_focal_crossentropy", {}, "bits"),
    ("binary_focal_crossentropy", FOCAL | SMOOTH | {"apply_class_balancing": True}, "bits"),
    ("binary_focal_crossentropy", LOGITS | {"gamma": 1.5}, "bits as mild scores"),
    ("categorical_crossentropy", {}, "shares"),
    ("categorical_crossentropy", SMOOTH, "shares"),
    ("categorical_crossentropy", LOGITS, "one-hot scores"),
    ("categorical_crossentropy", LOGITS | SMOOTH, "one-hot scores"),
    ("categorical_crossentropy", {"axis": 1}, "cubes of bits"),
    ("categorical_crossentropy", LOGITS | {"axis": 1}, "cubes of bits"),
    ("categorical_focal_crossentropy", {}, "shares"),
    ("categorical_focal_crossentropy", FOCAL | SMOOTH, "shares"),
    ("categorical_focal_crossentropy", LOGITS | {"alpha": [0.2, 0.3, 0.5]}, "one-hot mild scores"),
    ("categorical_focal_crossentropy", {"axis": 1}, "cubes of bits"),
    ("categorical_generalized_cross_entropy", {"q": 0.5}, "labels of inner shares"),
    ("categorical_generalized_cross_entropy", {"q": 1.0}, "labels of inner shares"),
    ("sparse_categorical_crossentropy", {}, "labels of shares"),
    ("sparse_categorical_crossentropy", LOGITS, "labels of scores"),
    ("sparse_categorical_crossentropy", {"ignore_class": 2}, "labels of shares"),
    ("sparse_categorical_crossentropy", LOGITS | {"ignore_class": 0}, "labels of scores"),
    ("sparse_categorical_crossentropy", LOGITS | {"axis": 1}, "labels of cubes"),
    ("dice", {}, "bits"),
    ("dice", {"axis": [1, 2]}, "cubes of bits"),
    ("tversky", {}, "bits"),
    ("tversky", {"alpha": 0.7, "beta": 0.2, "axis": 1}, "bits"),
    ("circle", {}, "embeddings"),
    ("ctc", {}, "sequences"),
    ("circle", {"gamma": 2.0, "margin": 0.25, "remove_diagonal": False}, "embeddings"),
]
CLASSES = [
    ("MeanSquaredError", {}, "numbers"),
    ("MeanSquaredError", {}, "cubes"),
    ("Huber", {"delta": 0.5}, "numbers"),
    ("Poisson", {}, "counts"),
    ("Hinge", {}, "signs"),
    ("BinaryCrossentropy", SMOOTH, "bits"),
    ("CategoricalFocalCrossentropy", FOCAL, "shares"),
    ("SparseCategoricalCrossentropy", LOGITS | {"ignore_class": 2}, "labels of scores"),
]


def inputs():
    """Targets and predictions by name, with the edges of each domain among them."""
    rng = np.random.default_rng(3)
    numbers = rng.standard_normal((2, ROWS, 3)).round(2) * 2
    numbers[:, 0] = [[0, 1, -1], [0, 1, -1]]
    numbers[0, 1] = 0
    numbers[:, 2] = [[0, 0, 0], [1, -0.5, 0.5]]
    counts = np.stack([rng.poisson(2.0, (ROWS, 3)), rng.gamma(2.0, size=(ROWS, 3)).round(3)])
    bits = rng.integers(0, 2, (ROWS, 3))
    chances = rng.uniform(size=(ROWS, 3)).round(3)
    chances[0], chances[1] = [0, 1, 0.5], [1, 0, 1e-9]
    scores = (rng.standard_normal((ROWS, 3)) * 3).round(2)
    scores[0], scores[1] = [1, -1, 0], [40, -40, 0]
    labels = rng.integers(0, 3, ROWS)
    shares = rng.dirichlet([1.0] * 3, (2, ROWS)).round(4)
    shares[0, :3] = np.eye(3)[labels[:3]]
    shares[1, :3] = [[0, 1, 0], [1, 0, 0], [2, 1, 1]]
    cubes = rng.standard_normal((2, ROWS, 4, 2)).round(2)
    embeddings = rng.standard_normal((ROWS, 4))
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    return {
        "numbers": numbers,
        "far": numbers * 300,
        "cubes": cubes,
        "counts": counts,
        "signs": (2 * bits - 1, scores),
        "bits as scores": (bits, scores),
        "bits": (bits, chances),
        "cubes of bits": (cubes[0] > 0, rng.uniform(size=cubes[0].shape).round(3)),
        "one-hot scores": (np.eye(3)[labels], scores),
        "bits as mild scores": (bits, scores.clip(-5, 5)),
        "one-hot mild scores": (np.eye(3)[labels], scores.clip(-5, 5)),
        "shares": shares,
        "labels of inner shares": (labels, shares[1].clip(0.01)),
        "labels of shares": (labels, shares[1]),
        "labels of scores": (labels, scores),
        "labels of cubes": (rng.integers(0, 4, (ROWS, 2)), cubes[1]),
        "sequences": (
            np.array([[1, 2, 0], [1, 1, 0], [3, 0, 0], [1, 2, 3], [0, 0, 0], [2, 2, 2]]),
            rng.standard_normal((6, 6, 4)).round(2),
        ),
        "embeddings": (np.array([0, 0, 1, 1, 1, 2, 0, 3]), embeddings),
    }


def settings_of(settings):
    return {k: tuple(v) if k == "axis" and isinstance(v, list) else v for k, v in settings.items()}


def of_function(name, settings, y, p, slopes):
    p = torch.tensor(np.asarray(p, float), requires_grad=True)
    y = torch.tensor(y if name in BY_LABELS else y.astype(float))
    values = getattr(keras.losses, name)(y, p, **settings_of(settings))
    slope = torch.tensor(slopes[: values.numel()].reshape(values.shape))
    (values * slope).sum().backward()
    return values.detach().numpy(), p.grad.numpy()


def of_class(name, settings, y, p, weights):
    found, weights = [], weights if np.ndim(p) == 2 else weights[:, None]
    # Sums of weights that stand for several values are another thing to Keras.
    for reduction in REDUCTIONS if np.ndim(p) == 2 else REDUCTIONS[:2]:
        loss = getattr(keras.losses, name)(**settings, reduction=reduction, dtype="float64")
        found += [loss(y, p), loss(y, p, sample_weight=weights)]
        masked = torch.tensor(np.asarray(p, float))
        masked._keras_mask = torch.arange(ROWS) % 2 == 0
        if np.ndim(p) == 2:
            found.append(loss(y, masked, sample_weight=weights))
    return np.array([float(x) for x in found])


def main():
    rng = np.random.default_rng(4)
    slopes = rng.uniform(0.5, 1.5, ROWS * 8).round(2)
    weights = np.array([1.0, 0.0, 2.0, 0.5, 1.0, 3.0, 0.25, 1.0])
    written = {"slopes": slopes, "weights": weights}
    given = {key: tuple(map(np.asarray, pair)) for key, pair in inputs().items()}
    for key, (y, p) in given.items():
        written |= {f"y {key}": y, f"p {key}": p}
    for name, settings, key in CASES:
        case = f"{name} {json.dumps(settings)} {key}"
        values, gradient = of_function(name, settings, *given[key], slopes)
        written |= {case: values, f"gradient {case}": gradient}
    for name, settings, key in CLASSES:
        case = f"{name} {json.dumps(settings)} {key}"
        written[case] = of_class(name, settings, *given[key], weights)
    np.savez_compressed(Path(__file__).with_name("losses.npz"), **written)


if __name__ == "__main__":
    main()
