"""Metrics: values, weights, batches, and which accuracy is meant."""

import numpy as np
import pytest

import autograd_lite as ag
from nn import losses, metrics
from nn.losses import BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy

P = np.array([[0.1, 0.7, 0.2], [0.5, 0.3, 0.2], [0.3, 0.3, 0.4]])
LABELS = np.array([1, 2, 2])
ONE_HOT = np.eye(3)[LABELS]
COLUMN = np.array([[0.9], [0.4], [0.6]])
BITS = np.array([1, 1, 0])


@pytest.mark.parametrize(
    ("function", "y", "p", "expected"),
    [
        (metrics.sparse_categorical_accuracy, LABELS, P, [1, 0, 1]),
        (metrics.sparse_categorical_accuracy, LABELS[:, None], P, [1, 0, 1]),
        (metrics.categorical_accuracy, ONE_HOT, P, [1, 0, 1]),
        (metrics.binary_accuracy, BITS, COLUMN, [1, 0, 0]),
        (metrics.binary_accuracy, BITS[:, None], COLUMN, [1, 0, 0]),
        (metrics.binary_accuracy, BITS, COLUMN[:, 0], [1, 0, 0]),
        (metrics.binary_accuracy, ONE_HOT, P, [1, 2 / 3, 2 / 3]),
    ],
)
def test_values(function, y, p, expected):
    np.testing.assert_allclose(function(y, p), expected)


def test_a_prediction_of_one_half_says_no():
    assert metrics.binary_accuracy(np.array([0, 1]), np.array([0.5, 0.5])).tolist() == [True, False]


@pytest.mark.parametrize(
    ("loss", "y", "p", "expected"),
    [
        (None, LABELS, P, 2 / 3),
        (None, LABELS[:, None], P, 2 / 3),
        (None, ONE_HOT, P, 2 / 3),
        (None, BITS, COLUMN, 1 / 3),
        (None, BITS[:, None], COLUMN, 1 / 3),
        (None, BITS, COLUMN[:, 0], 1 / 3),
        (SparseCategoricalCrossentropy(), LABELS, P, 2 / 3),
        (CategoricalCrossentropy(), ONE_HOT, P, 2 / 3),
        (BinaryCrossentropy(), BITS, COLUMN, 1 / 3),
        # The loss speaks first: by the shapes alone this would be categorical.
        (BinaryCrossentropy(), ONE_HOT, P, 7 / 9),
        # Logits say yes above 0, probabilities above one half.
        (BinaryCrossentropy(from_logits=True), BITS, COLUMN - 0.5, 1 / 3),
        (BinaryCrossentropy(from_logits=True), np.array([1, 1, 1]), COLUMN, 1.0),
        (losses.MeanSquaredError(), ONE_HOT, P, 2 / 3),
    ],
)
def test_accuracy_is_chosen_by_the_loss_then_the_shapes(loss, y, p, expected):
    metric = metrics.get("accuracy", loss, "here")
    assert metric.name == "accuracy"
    metric.update_state(y, p)
    assert metric.result() == pytest.approx(expected)


def test_further_axes_are_more_entries():
    metric = metrics.SparseCategoricalAccuracy()
    metric.update_state(LABELS.reshape((1, 3)), P.reshape((1, 3, 3)))
    assert metric.result() == pytest.approx(2 / 3)


def test_mean_over_batches_weighs_samples_alike():
    metric = metrics.SparseCategoricalAccuracy()
    metric.update_state(LABELS[:2], P[:2])
    metric.update_state(LABELS[2:], P[2:])
    assert metric.result() == pytest.approx(2 / 3)
    metric.reset_state()
    assert metric.result() == 0.0


def test_sample_weights_divide_by_their_sum():
    metric = metrics.SparseCategoricalAccuracy()
    metric.update_state(LABELS, P, [1.0, 2.0, 5.0])
    assert metric.result() == pytest.approx(6 / 8)
    metric.reset_state()
    metric.update_state(LABELS.reshape((1, 3)), P.reshape((1, 3, 3)), [4.0])
    assert metric.result() == pytest.approx(2 / 3)


def test_tensors_are_read_and_results_are_floats():
    metric = metrics.CategoricalAccuracy()
    metric.update_state(ag.tensor(ONE_HOT), ag.tensor(P, requires_grad=True))
    assert type(metric.result()) is float


OTHER = {"circle", "cosine_similarity", "ctc", "dice", "tversky"}  # no mean of rows


@pytest.mark.parametrize("name", sorted(set(losses.FUNCTIONS) - OTHER))
def test_losses_are_metrics(name):
    is_sparse = name in ("sparse_categorical_crossentropy", "categorical_generalized_cross_entropy")
    y = LABELS if is_sparse else ONE_HOT
    metric = metrics.get(name, losses.MeanSquaredError(), "here")
    assert metric.name == name
    metric.update_state(y[:2], P[:2])
    metric.update_state(y[2:], P[2:])
    assert metric.result() == pytest.approx(losses.FUNCTIONS[name](y, P).mean())


def test_the_loss_by_its_name_has_its_settings():
    logits = np.log(P) + 5
    metric = metrics.get(
        "sparse_categorical_crossentropy", SparseCategoricalCrossentropy(from_logits=True), "here"
    )
    metric.update_state(LABELS, logits)
    assert metric.result() == pytest.approx(-np.log(P[np.arange(3), LABELS]).mean())


@pytest.mark.parametrize(
    ("choice", "kind", "name"),
    [
        ("acc", metrics.Accuracy, "acc"),
        ("binary_accuracy", metrics.BinaryAccuracy, "binary_accuracy"),
        (metrics.CategoricalAccuracy, metrics.CategoricalAccuracy, "categorical_accuracy"),
        (metrics.BinaryAccuracy("strict", threshold=0.7), metrics.BinaryAccuracy, "strict"),
        (losses.mean_squared_error, metrics.FunctionMetric, "mean_squared_error"),
        (lambda y, p: p, metrics.FunctionMetric, "<lambda>"),
    ],
)
def test_ways_of_naming_a_metric(choice, kind, name):
    metric = metrics.get(choice, losses.MeanSquaredError(), "here")
    assert type(metric) is kind and metric.name == name


def test_unknown_names_are_offered_the_nearest():
    with pytest.raises(ValueError, match=r"(?s)here: unknown name.*did you mean 'accuracy'"):
        metrics.get("acuracy", losses.MeanSquaredError(), "here")


def test_a_metric_without_call_says_so():
    with pytest.raises(NotImplementedError, match="define call"):
        metrics.Metric().update_state(LABELS, P)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("MAE", metrics.MeanAbsoluteError),
        ("MSE", metrics.MeanSquaredError),
        ("MeanSquaredError", metrics.MeanSquaredError),
        ("RootMeanSquaredError", metrics.RootMeanSquaredError),
        ("AUC", metrics.AUC),
        ("KLDivergence", metrics.KLDivergence),
        ("Accuracy", metrics.Accuracy),
    ],
)
def test_other_names(name, kind):
    made = metrics.get(name)
    assert type(made) is kind and made.name == name


def test_a_loss_is_watched_with_its_settings_by_any_name():
    loss = BinaryCrossentropy(from_logits=True)
    short, full = (metrics.get(name, loss) for name in ("bce", "BinaryCrossentropy"))
    for metric in (short, full):
        metric.update_state(BITS, np.array([3.0, -2.0, 1.0]))
    assert short.result() == full.result()
