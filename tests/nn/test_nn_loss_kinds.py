"""Every kind of loss: second derivatives, dtypes, shapes, weights and masks, edges, refusals."""

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn import losses
from nn.activations import sigmoid, softmax

RNG = np.random.default_rng(11)
Y = RNG.standard_normal((6, 3))
P = RNG.standard_normal((6, 3))
BITS = RNG.integers(0, 2, (6, 3)).astype(float)
CHANCES = RNG.uniform(0.1, 0.9, (6, 3))
LABELS = np.array([0, 2, 1, 1, 0, 2])
ONE_HOT = np.eye(3)[LABELS]
SHARES = RNG.dirichlet([2.0] * 3, 6)
UNIT = P / np.linalg.norm(P, axis=1, keepdims=True)
FOCAL = {"gamma": 1.5, "label_smoothing": 0.1}

# function, y_true, y_pred, settings
CASES = [
    ("mean_absolute_percentage_error", Y, P, {}),
    ("mean_squared_logarithmic_error", Y**2, P**2, {}),
    ("cosine_similarity", Y, P, {}),
    ("huber", Y, P, {"delta": 0.7}),
    ("log_cosh", Y, P, {}),
    ("poisson", Y**2, CHANCES, {}),
    ("kl_divergence", SHARES[::-1], SHARES, {}),
    ("hinge", 2 * BITS - 1, P, {}),
    ("squared_hinge", 2 * BITS - 1, P, {}),
    ("categorical_hinge", ONE_HOT, P, {}),
    ("binary_focal_crossentropy", BITS, CHANCES, FOCAL | {"apply_class_balancing": True}),
    ("binary_focal_crossentropy", BITS, P, FOCAL | {"from_logits": True}),
    ("categorical_focal_crossentropy", ONE_HOT, SHARES, FOCAL),
    ("categorical_focal_crossentropy", ONE_HOT, P, FOCAL | {"from_logits": True}),
    ("categorical_generalized_cross_entropy", LABELS, SHARES, {"q": 0.7}),
    ("dice", BITS, CHANCES, {"axis": -1}),
    ("tversky", BITS, CHANCES, {"alpha": 0.3, "beta": 0.9, "axis": -1}),
    ("circle", LABELS, UNIT, {"gamma": 2.0}),
]
each_case = pytest.mark.parametrize(("name", "y", "p", "settings"), CASES)
PAIRED = sorted(
    name
    for name, kind in losses.LOSSES.items()
    if issubclass(kind, losses.base.PairedLoss) and name not in ("dice", "tversky")
)


@each_case
def test_gradients_to_second_order(name, y, p, settings):
    def function(p):
        return losses.FUNCTIONS[name](y, p, **settings)

    ag.gradcheck(function, (p,))
    ag.gradgradcheck(function, (p,))


@each_case
def test_float32_stays_float32(name, y, p, settings):
    p = ag.Tensor(p.astype(np.float32), requires_grad=True)
    loss = losses.LOSSES[name](**settings)(y, p)
    loss.backward()
    assert loss.shape == () and loss.dtype == p.grad.dtype == np.float32


@each_case
def test_arrays_and_tensors_agree_and_the_class_is_their_mean(name, y, p, settings):
    values = losses.FUNCTIONS[name](y, p, **settings)
    assert isinstance(values, np.ndarray) and values.shape == (6,)
    np.testing.assert_array_equal(values, losses.FUNCTIONS[name](y, ag.tensor(p), **settings).data)
    loss = losses.LOSSES[name](**settings)
    counted = values[values > 0] if name == "circle" else values
    np.testing.assert_allclose(loss(y, ag.tensor(p)).item(), counted.mean())
    assert loss.name == name


@pytest.mark.parametrize("name", PAIRED)
@pytest.mark.parametrize("shape", [(6,), (6, 1), (1, 3), (3,), (6, 3, 1)])
def test_nothing_is_broadcast(name, shape):
    with pytest.raises(ag.errors.ShapeError) as error:
        losses.FUNCTIONS[name](np.zeros(shape), ag.tensor(CHANCES))
    assert f"y_true {shape}, y_pred (6, 3)" in str(error.value)


@pytest.mark.parametrize("name", PAIRED)
def test_prepare_gives_the_dtype_and_shape_of_the_output(name):
    prepared = losses.LOSSES[name]().prepare(np.array([0, 1, 1]), (1,), np.float32)
    assert prepared.shape == (3, 1) and prepared.dtype == np.float32


def test_one_hot_targets_are_asked_for():
    with pytest.raises(ValueError, match=r"one-hot targets: np\.eye\(3\)\[y\]"):
        losses.categorical_hinge(LABELS, P)


# Weights and masks.


@pytest.mark.parametrize("shape", [(5,), (7,), (6, 2), (3,), (1, 6), (6, 1, 2), (1,)])
def test_weights_that_do_not_fit_are_refused(shape):
    with pytest.raises(ag.errors.ShapeError) as error:
        losses.Huber()(Y, P, np.ones(shape))
    assert f"sample_weight {shape}, values (6,)" in str(error.value)


def test_a_mask_leaves_a_mean_over_what_counts():
    values = losses.huber(Y, P)
    mask = np.array([True, False, True, True, False, False])
    loss = losses.Huber()
    assert loss(Y, P, mask=mask) == pytest.approx(values[mask].mean())
    assert loss(Y, P, mask=np.ones(6)) == pytest.approx(values.mean())
    assert loss(Y, P, mask=np.zeros(6)) == 0.0
    weights = np.arange(6.0)
    assert loss(Y, P, weights, mask) == pytest.approx((values * weights)[mask].mean())
    summed = losses.Huber(reduction="sum")(Y, P, weights, mask)
    assert summed == pytest.approx((values * weights)[mask].sum())
    mean = losses.Huber(reduction="mean_with_sample_weight")
    assert mean(Y, P, weights, mask) == pytest.approx(
        np.average(values[mask], weights=weights[mask])
    )
    assert mean(Y, P, np.zeros(6)) == 0.0


def test_losses_of_all_entries_together_have_nothing_to_weigh():
    with pytest.raises(ag.errors.ShapeError, match=r"sample_weight \(6,\), values \(\)"):
        losses.Dice()(BITS, CHANCES, np.ones(6))
    assert losses.Dice(axis=1)(BITS, CHANCES, np.ones(6)) > 0


def test_ignored_labels_take_no_part():
    labels = np.where(LABELS == 2, -1, LABELS)
    kept = labels >= 0
    loss = losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1)
    assert loss.prepare(labels, (3,), np.float32).tolist() == labels.tolist()
    z = ag.tensor(P, requires_grad=True)
    found = loss(labels, z)
    found.backward()
    expected = losses.sparse_categorical_crossentropy(labels[kept], P[kept], True).mean()
    assert found.item() == pytest.approx(expected)
    assert z.grad.data[kept].all() and not z.grad.data[~kept].any()
    with pytest.raises(ValueError, match="from -1 to 1"):
        losses.SparseCategoricalCrossentropy(ignore_class=-2).prepare(labels, (3,), np.float32)


# Probabilities and logits.


@pytest.mark.parametrize(
    ("name", "y", "activation"),
    [
        ("binary_focal_crossentropy", np.eye(2), sigmoid),
        ("categorical_focal_crossentropy", np.eye(2), softmax),
        ("categorical_generalized_cross_entropy", np.array([0, 1]), softmax),
    ],
)
def test_probabilities_of_an_activation_are_taken_by_their_logits(name, y, activation):
    z = ag.tensor([[-200.0, 200.0], [3.0, -3.0]], requires_grad=True)
    losses.LOSSES[name]()(y, activation(z)).backward()
    assert np.isfinite(z.grad.data).all() and z.grad.data[1].any()


def test_a_softmax_of_another_axis_is_taken_as_probabilities():
    p = softmax(ag.tensor(P))
    values = losses.categorical_crossentropy(ONE_HOT, p, axis=0)
    np.testing.assert_array_equal(
        values.data, losses.categorical_crossentropy(ONE_HOT, p.data, axis=0)
    )


@pytest.mark.parametrize(
    "name",
    [
        "binary_focal_crossentropy",
        "categorical_focal_crossentropy",
        "dice",
        "kl_divergence",
        "poisson",
        "tversky",
    ],
)
def test_probabilities_of_zero_and_one_stay_finite(name):
    p = ag.tensor([[0.0, 1.0], [1.0, 0.0]], requires_grad=True)
    loss = losses.LOSSES[name]()(np.array([[0.0, 1.0], [0.0, 1.0]]), p)
    loss.backward()
    assert np.isfinite(loss.item()) and np.isfinite(p.grad.data).all()


# Edges.


def test_zero_vectors_have_no_direction_and_no_gradient():
    p = ag.tensor(np.zeros((1, 3)), requires_grad=True)
    loss = losses.cosine_similarity(np.ones((1, 3)), p)
    loss.backward(np.ones(1))
    assert loss.data == 0 and np.isfinite(p.grad.data).all()


def test_log_cosh_and_huber_do_not_overflow():
    assert losses.log_cosh([0.0], [1e300]) == 1e300
    assert losses.huber([0.0], [-1e300]) == 1e300


def test_labels_of_zero_and_one_are_signs_to_a_hinge():
    np.testing.assert_array_equal(losses.hinge(BITS, P), losses.hinge(2 * BITS - 1, P))
    assert losses.hinge(np.array([0.5, 0.0]), np.array([1.0, 1.0])).tolist() == [0.5, 1.0]


def test_circles_of_samples_without_company_have_no_loss():
    p = ag.tensor(UNIT, requires_grad=True)
    loss = losses.circle(np.arange(6), p)
    loss.backward(np.ones(6))
    assert not loss.data.any() and not p.grad.data.any()
    with pytest.raises(ag.errors.ShapeError, match=r"labels \(5,\), embeddings \(6, 3\)"):
        losses.circle(np.arange(5), p)


def test_circles_around_references():
    references = {"ref_labels": LABELS[:4], "ref_embeddings": UNIT[:4]}
    found = losses.circle(LABELS, UNIT, **references, remove_diagonal=False, gamma=1.0)
    assert found.shape == (6,) and (found > 0).all()
    # Only itself is of the class of the first.
    assert losses.circle(LABELS, UNIT, **references)[0] == 0


# Sequences.

STEPS = RNG.standard_normal((2, 4, 3))


def test_ctc_is_the_sum_over_all_alignments():
    labels = np.array([[1, 2], [1, 1]])
    p = np.exp(STEPS) / np.exp(STEPS).sum(axis=-1, keepdims=True)
    totals = np.zeros(2)
    for path in np.ndindex((3,) * 4):
        merged = [c for i, c in enumerate(path) if c and (i == 0 or path[i - 1] != c)]
        for row in range(2):
            if merged == labels[row].tolist():
                totals[row] += np.prod(p[row, np.arange(4), path])
    np.testing.assert_allclose(losses.ctc(labels, STEPS), -np.log(totals), rtol=1e-12)
    ag.gradgradcheck(lambda z: losses.ctc(labels, z), (STEPS,))


def test_ctc_of_too_few_steps_is_infinite_without_a_gradient():
    z = ag.tensor(STEPS[:, :2].astype(np.float32), requires_grad=True)
    loss = losses.CTC(reduction="sum")(np.array([[1, 1], [1, 2]]), z)
    loss.backward()
    assert loss.item() == np.inf and loss.dtype == np.float32
    assert not z.grad.data[0].any() and np.isfinite(z.grad.data).all()


@pytest.mark.parametrize(
    ("labels", "error", "text"),
    [
        (np.ones((2, 1)), TypeError, "labels are not integers"),
        (np.ones(2, int), ValueError, r"y_true \(2,\), y_pred \(2, 4, 3\)"),
        (np.full((2, 1), 3), ValueError, "targets out of range"),
        (np.full((2, 1), -1), ValueError, "targets out of range"),
    ],
)
def test_ctc_refuses(labels, error, text):
    with pytest.raises(error, match=text):
        losses.ctc(labels, STEPS)
    with pytest.raises(error, match=text):
        losses.CTC().prepare(labels, (4, 3), np.float32)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: losses.Huber(-1.0), "huber: bad `delta`"),
        (lambda: losses.Tversky(alpha=-1), "tversky: bad `alpha`"),
        (lambda: losses.BinaryFocalCrossentropy(gamma=-1), "bad `gamma`"),
        (lambda: losses.CategoricalFocalCrossentropy(gamma="2"), "bad `gamma`"),
        (lambda: losses.CategoricalGeneralizedCrossEntropy(0.0), "bad `q`"),
        (lambda: losses.CategoricalGeneralizedCrossEntropy(1.5), "bad `q`"),
        (lambda: losses.Circle(margin=-0.1), "circle: bad `margin`"),
    ],
)
def test_settings_out_of_range(make, text):
    with pytest.raises(ValueError, match=text):
        make()


@pytest.mark.parametrize("name", ["huber", "kld", "MAPE", "msle", "squared_hinge", "log_cosh"])
def test_models_train_by_these_names(name):
    ag.set_seed(0)
    net = nn.Sequential([nn.layers.Dense(3, "softplus")])
    net.compile("sgd", name)
    history = net.fit(Y, SHARES, epochs=2, verbose=0)
    assert history.history["loss"][1] < history.history["loss"][0]
