"""Every kind of metric: values by hand, batches, weights, thresholds, averages, refusals."""

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn import losses, metrics

RNG = np.random.default_rng(13)
BITS = RNG.integers(0, 2, (10, 3))
CHANCES = RNG.uniform(size=(10, 3)).round(2)
LABELS = RNG.integers(0, 3, 10)
PIXELS = RNG.integers(0, 4, (2, 10))
WEIGHTS = RNG.integers(0, 4, 10)

# What makes a metric, and targets and predictions for it.
KINDS = [
    (metrics.MeanSquaredError, BITS, CHANCES),
    (metrics.RootMeanSquaredError, BITS, CHANCES),
    (metrics.PearsonCorrelation, BITS + CHANCES[::-1], CHANCES),
    (metrics.ConcordanceCorrelation, BITS, CHANCES),
    (metrics.CosineSimilarity, BITS, CHANCES),
    (metrics.R2Score, BITS, CHANCES),
    (lambda: metrics.R2Score(None), BITS, CHANCES),
    (metrics.TopKCategoricalAccuracy, np.eye(3)[LABELS], CHANCES),
    (lambda: metrics.SparseTopKCategoricalAccuracy(2), LABELS, CHANCES),
    (metrics.SparseCategoricalCrossentropy, LABELS, CHANCES + 0.1),
    (lambda: metrics.SparseCategoricalCrossentropy(ignore_class=1), LABELS, CHANCES + 0.1),
    (metrics.TruePositives, BITS, CHANCES),
    (metrics.TrueNegatives, BITS, CHANCES),
    (metrics.FalsePositives, BITS, CHANCES),
    (lambda: metrics.FalseNegatives([0.1, 0.5]), BITS, CHANCES),
    (lambda: metrics.Precision([0.7, 0.2]), BITS, CHANCES),
    (lambda: metrics.Recall(top_k=1), BITS, CHANCES),
    (metrics.AUC, BITS, CHANCES),
    (lambda: metrics.AUC(curve="PR"), BITS, CHANCES),
    (lambda: metrics.RecallAtPrecision(0.5), BITS, CHANCES),
    (lambda: metrics.F1Score("weighted", 0.5), BITS, CHANCES),
    (metrics.FBetaScore, BITS, CHANCES),
    (lambda: metrics.MeanIoU(4), *PIXELS),
    (metrics.BinaryIoU, BITS[:, 0], CHANCES[:, 0]),
]
each_kind = pytest.mark.parametrize(("make", "y", "p"), KINDS)


@each_kind
def test_batches_add_up_and_reset_forgets(make, y, p):
    whole, parts = make(), make()
    whole.update_state(y, p, WEIGHTS)
    parts.update_state(y[::-1], p)
    parts.reset_state()
    for part in (slice(0, 1), slice(1, 6), slice(6, 10)):
        parts.update_state(y[part], ag.tensor(p[part]), WEIGHTS[part])
    np.testing.assert_allclose(parts.result(), whole.result(), rtol=1e-12)


@each_kind
def test_a_weight_counts_a_sample_so_often(make, y, p):
    weighted, repeated = make(), make()
    weighted.update_state(y, p, WEIGHTS)
    repeated.update_state(np.repeat(y, WEIGHTS, axis=0), np.repeat(p, WEIGHTS, axis=0))
    np.testing.assert_allclose(weighted.result(), repeated.result(), rtol=1e-12)


@each_kind
def test_results_before_any_batch_are_no_nan(make, y, p):
    assert np.isfinite(make().result()).all()


@each_kind
def test_wrong_weights_are_refused(make, y, p):
    with pytest.raises(ag.errors.ShapeError, match="`sample_weight` does not fit"):
        make().update_state(y, p, np.ones(9))


@each_kind
def test_shapes_that_differ_are_refused(make, y, p):
    with pytest.raises(ag.errors.ShapeError):
        make().update_state(y[:9], p)


def test_mean_and_sum():
    mean, total = metrics.Mean("average"), metrics.Sum()
    for values, weight in (([[1.0, 3.0]], [2.0]), ([[5.0, 5.0]], None)):
        mean.update_state(values, weight)
        total.update_state(values, weight)
    assert (mean.name, mean.result(), total.result()) == ("average", 18 / 6, 18.0)


def test_integers_are_classes_to_the_accuracy():
    assert metrics.Accuracy()(np.array([1, 2, 3]), np.array([1, 2, 4])) == pytest.approx(2 / 3)
    assert metrics.Accuracy()(np.array([[1], [0]]), np.array([1, 0])) == 1.0


@pytest.mark.parametrize("name", ["cosine_similarity", "CosineSimilarity"])
def test_the_cosine_is_watched_with_the_sign_of_a_likeness(name):
    metric = metrics.get(getattr(metrics, name), losses.CosineSimilarity(), "here")
    metric.update_state(np.ones((1, 2)), np.ones((1, 2)))
    assert metric.result() == pytest.approx(1.0)
    named = metrics.get("cosine_similarity", losses.CosineSimilarity(), "here")
    assert named(np.ones((1, 2)), np.ones((1, 2))) == pytest.approx(1.0)


def test_equals_of_the_last_place_count_and_nan_does_not():
    p = np.array([[0.5, 0.5, 0.1], [0.5, np.nan, 0.1]])
    top = metrics.sparse_top_k_categorical_accuracy
    assert top(np.array([1, 1]), p, k=1).tolist() == [True, False]
    assert top(np.array([0, 2]), p, k=1).tolist() == [True, False]


# Thresholds and curves.


def brute(y, p, threshold, w):
    yes, said = y > 0.5, p > threshold
    w = np.broadcast_to(w[:, None], p.shape)
    return [w[a & b].sum() for a, b in ((yes, said), (~yes, said), (~yes, ~said), (yes, ~said))]


def test_counts_at_unsorted_thresholds_are_those_of_comparisons():
    thresholds = [0.75, 0.1, 0.5, 0.5, 0.0, 1.0]
    expected = np.array([brute(BITS, CHANCES, t, WEIGHTS) for t in thresholds]).T
    names = ("TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives")
    for name, row in zip(names, expected, strict=True):
        metric = getattr(metrics, name)(thresholds)
        assert metric(BITS, CHANCES, WEIGHTS).tolist() == row.tolist()


def test_a_prediction_at_the_threshold_says_no_in_its_own_dtype():
    p = np.array([0.1, 0.3], np.float32)
    assert metrics.TruePositives(0.1)(np.ones(2), p) == 1.0
    assert metrics.TruePositives(0.1)(np.ones(2), np.array([np.nan, 0.3])) == 1.0


def test_the_area_nears_the_share_of_pairs_in_order():
    y, p = RNG.integers(0, 2, 500), RNG.uniform(size=500)
    p = (p + y) / 2
    pairs = p[y == 1][:, None] - p[y == 0]
    area = metrics.AUC(num_thresholds=5000)(y, p)
    assert area == pytest.approx((pairs > 0).mean(), abs=1e-3)
    logits = np.log(p / (1 - p))
    assert metrics.AUC(5000, from_logits=True)(y, logits) == pytest.approx(area, abs=1e-9)


def test_a_shares_bound_that_none_meets_gives_zero():
    y, p = np.array([1, 0, 0]), np.array([0.1, 0.8, 0.9])
    assert metrics.RecallAtPrecision(0.9)(y, p) == 0.0


# Scores.


def test_r2_of_large_means_keeps_its_digits():
    y = np.array([[1.0], [2.0], [3.0], [4.0]])
    p = y + np.array([[0.1], [-0.1], [0.1], [-0.1]])
    plain, moved = metrics.R2Score(), metrics.R2Score()
    for part in (slice(0, 2), slice(2, 4)):
        plain.update_state(y[part], p[part])
        moved.update_state(y[part] + 1e9, p[part] + 1e9)
    assert plain.result() == pytest.approx(1 - 0.04 / 5)
    assert moved.result() == pytest.approx(plain.result(), rel=1e-6)


@pytest.mark.parametrize("average", [None, "uniform_average", "variance_weighted_average"])
def test_r2_without_variance(average):
    ones = np.ones((3, 1))
    assert metrics.R2Score(average)(ones, ones) == 1.0
    assert metrics.R2Score(average)(ones, 2 * ones) == 0.0


def test_r2_is_adjusted_only_where_there_are_samples_enough():
    y, p = np.arange(4.0), np.array([0.0, 1.0, 2.0, 4.0])
    assert metrics.R2Score(num_regressors=1)(y, p) == pytest.approx(1 - 0.2 * 3 / 2)
    assert metrics.R2Score(num_regressors=3)(y, p) == pytest.approx(0.8)


def test_iou_leaves_out_what_does_not_occur():
    metric = metrics.IoU(5, [0, 4])
    assert metric([0, 0, 1], [0, 1, 1]) == 0.5
    assert metric.confusion.sum() == 3
    assert metrics.IoU(5, [4])([0, 0, 1], [0, 1, 1]) == 0.0


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: metrics.Precision(float("nan")), ValueError, "precision: bad `thresholds`"),
        (lambda: metrics.Precision([]), ValueError, "bad `thresholds`"),
        (lambda: metrics.Recall(top_k=0), ValueError, "recall: bad `top_k`"),
        (lambda: metrics.TopKCategoricalAccuracy(0), ValueError, "bad `k`"),
        (lambda: metrics.AUC(1), ValueError, "auc: bad `num_thresholds`"),
        (lambda: metrics.AUC(thresholds=[1.5]), ValueError, "numbers from 0 to 1"),
        (lambda: metrics.AUC(curve="RPC"), ValueError, r"(?s)`curve`.*ROC"),
        (lambda: metrics.AUC(summation_method="minor"), ValueError, "did you mean 'minoring'"),
        (lambda: metrics.PrecisionAtRecall(1.1), ValueError, "the share asked for"),
        (lambda: metrics.F1Score("macr"), ValueError, "did you mean 'macro'"),
        (lambda: metrics.FBetaScore(beta=0.0), ValueError, "bad `beta`"),
        (lambda: metrics.F1Score()(np.zeros((1, 2, 2)), np.zeros((1, 2, 2))), ValueError, "matrix"),
        (lambda: metrics.R2Score("mean"), ValueError, "`class_aggregation`"),
        (lambda: metrics.IoU(2, [2]), ValueError, "classes from 0 to 1"),
        (lambda: metrics.MeanIoU(0), ValueError, "bad `num_classes`"),
        (lambda: metrics.MeanIoU(2)([0, 2], [0, 1]), ValueError, "targets out of range"),
        (lambda: metrics.MeanIoU(2)(np.zeros((2, 2)), np.zeros(2)), ValueError, "sparse_y_true"),
    ],
)
def test_refusals(make, error, text):
    with pytest.raises(error, match=text):
        make()


def test_models_watch_metrics_by_their_names():
    ag.set_seed(0)
    net = nn.Sequential([nn.layers.Dense(1, "sigmoid")])
    names = ["auc", "precision", "recall", "root_mean_squared_error", "true_positives", "logcosh"]
    net.compile("sgd", "bce", metrics=names, weighted_metrics=[metrics.F1Score("micro", 0.5)])
    history = net.fit(CHANCES, BITS[:, 0], sample_weight=WEIGHTS, epochs=1, verbose=0)
    assert [*history.history] == ["loss", *names, "f1_score"]
    assert all(type(values[0]) is float for values in history.history.values())


@pytest.mark.parametrize(
    ("settings", "got"),
    [
        ({"num_labels": 3}, "num_labels=3"),
        ({"multi_label": True, "num_labels": 4}, r"predictions \(2, 3\), 4 labels"),
        ({"multi_label": True, "label_weights": [1, 2]}, r"predictions \(2, 3\), 2 labels"),
    ],
)
def test_the_labels_of_an_area_have_to_fit(settings, got):
    with pytest.raises(ValueError, match=f"auc: label.*(?s:.*)got: +{got}"):
        metrics.AUC(**settings)(np.eye(3)[:2], np.full((2, 3), 0.5))


def test_an_area_of_labels_starts_anew():
    metric = metrics.AUC(multi_label=True)
    y, p = np.array([[0, 1], [1, 0]]), np.array([[0.2, 0.9], [0.8, 0.3]])
    assert metric(y, p) == metric(y, p) == 1.0
    metric.reset_state()
    assert metric.result() == 0.0
    assert metric(y, 1 - p) == 0.0


class CategoricalTruePositives(metrics.Metric):
    """As in Keras' documentation."""

    def __init__(self, name="categorical_true_positives", **settings):
        super().__init__(name=name, **settings)
        self.true_positives = self.add_variable(shape=(), name="ctp", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        right = np.argmax(y_pred, axis=-1) == np.ravel(y_true)
        weight = 1.0 if sample_weight is None else sample_weight
        self.true_positives.assign_add(np.sum(right * weight))

    def result(self):
        return self.true_positives

    def reset_state(self):
        self.true_positives.assign(0.0)


def test_a_metric_with_variables():
    metric = CategoricalTruePositives()
    assert float(metric(LABELS, np.eye(3)[LABELS])) == len(LABELS)
    assert float(metric(LABELS, np.eye(3)[LABELS], np.full(len(LABELS), 0.5))) == 1.5 * len(LABELS)
    metric.reset_state()
    assert float(metric.result()) == 0.0
    assert [v.name for v in metric.variables] == ["ctp"]
    assert not metric.variables[0].requires_grad


def test_the_variables_start_anew_by_themselves():
    class Largest(metrics.Metric):
        def __init__(self):
            super().__init__("largest")
            self.largest = self.add_weight(shape=(2,))

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.largest.assign(np.maximum(self.largest, np.max(y_pred, axis=0)))

        def result(self):
            return self.largest

    metric = Largest()
    assert metric(None, np.array([[1.0, 2.0], [0.0, 3.0]])).tolist() == [1.0, 3.0]
    metric.reset_state()
    assert metric.result().tolist() == [0.0, 0.0]


def test_a_fit_watches_a_metric_with_variables():
    model = nn.Sequential([nn.layers.Dense(3, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=[CategoricalTruePositives()])
    x, y = np.eye(4), np.array([0, 1, 2, 0])
    history = model.fit(x, y, epochs=2, batch_size=2, verbose=0).history
    counts = history["categorical_true_positives"]
    assert all(type(count) is float and 0 <= count <= 4 for count in counts)
