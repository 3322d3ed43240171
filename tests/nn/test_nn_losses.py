"""Losses against plain float64 formulas: values, gradients, reductions, edges, refusals."""

import numpy as np
import pytest

import autograd_lite as ag
from nn import losses
from nn.activations import sigmoid, softmax

RNG = np.random.default_rng(7)
Y = RNG.standard_normal((6, 3))
P = RNG.standard_normal((6, 3))
LOGITS = RNG.standard_normal((6, 3))
LABELS = np.array([0, 2, 1, 1, 0, 2])
ONE_HOT = np.eye(3)[LABELS]
SOFT = RNG.dirichlet([1.0, 1.0, 1.0], 6)
BITS = RNG.integers(0, 2, (6, 3)).astype(float)


def log_softmax(z):
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


def binary(t, z):
    return (np.logaddexp(0, z) - t * z).mean(axis=-1)


def squash(z):
    return 1 / (1 + np.exp(-z))


# function, y_true, y_pred, settings, expected values
CASES = [
    ("mean_squared_error", Y, P, {}, ((P - Y) ** 2).mean(axis=-1)),
    ("mean_absolute_error", Y, P, {}, np.abs(P - Y).mean(axis=-1)),
    ("binary_crossentropy", BITS, LOGITS, {"from_logits": True}, binary(BITS, LOGITS)),
    ("binary_crossentropy", BITS, squash(LOGITS), {}, binary(BITS, LOGITS)),
    (
        "binary_crossentropy",
        BITS,
        LOGITS,
        {"from_logits": True, "label_smoothing": 0.2},
        binary(BITS * 0.8 + 0.1, LOGITS),
    ),
    (
        "categorical_crossentropy",
        SOFT,
        LOGITS,
        {"from_logits": True},
        -(SOFT * log_softmax(LOGITS)).sum(axis=-1),
    ),
    (
        "categorical_crossentropy",
        ONE_HOT,
        np.exp(log_softmax(LOGITS)),
        {},
        -(ONE_HOT * log_softmax(LOGITS)).sum(axis=-1),
    ),
    (
        "categorical_crossentropy",
        ONE_HOT,
        LOGITS,
        {"from_logits": True, "label_smoothing": 0.3},
        -((ONE_HOT * 0.7 + 0.1) * log_softmax(LOGITS)).sum(axis=-1),
    ),
    (
        "sparse_categorical_crossentropy",
        LABELS,
        LOGITS,
        {"from_logits": True},
        -log_softmax(LOGITS)[np.arange(6), LABELS],
    ),
    (
        "sparse_categorical_crossentropy",
        LABELS,
        np.exp(log_softmax(LOGITS)),
        {},
        -log_softmax(LOGITS)[np.arange(6), LABELS],
    ),
]
each_case = pytest.mark.parametrize(("name", "y", "p", "settings", "expected"), CASES)


@each_case
def test_values_of_arrays_and_tensors(name, y, p, settings, expected):
    function = losses.FUNCTIONS[name]
    values = function(y, p, **settings)
    assert isinstance(values, np.ndarray)
    np.testing.assert_allclose(values, expected, rtol=1e-10)
    np.testing.assert_allclose(function(y, ag.tensor(p), **settings).data, expected, rtol=1e-10)


@each_case
def test_gradients_to_second_order(name, y, p, settings, expected):
    function = losses.FUNCTIONS[name]
    ag.gradcheck(lambda p: function(y, p, **settings), (p,))
    ag.gradgradcheck(lambda p: function(y, p, **settings), (p,))


@each_case
def test_float32_stays_float32(name, y, p, settings, expected):
    p = ag.Tensor(p.astype(np.float32), requires_grad=True)
    loss = losses.LOSSES[name](**settings)(y, p)
    loss.backward()
    assert loss.shape == ()
    assert loss.dtype == p.grad.dtype == np.float32


@each_case
def test_class_is_the_mean_of_the_function(name, y, p, settings, expected):
    loss = losses.LOSSES[name](**settings)(y, ag.tensor(p))
    np.testing.assert_allclose(loss.item(), expected.mean(), rtol=1e-10)


@each_case
def test_further_axes_are_more_rows(name, y, p, settings, expected):
    y, p = y.reshape((2, 3, *y.shape[1:])), p.reshape((2, 3, 3))
    values = losses.FUNCTIONS[name](y, ag.tensor(p), **settings)
    np.testing.assert_allclose(values.data, expected.reshape((2, 3)), rtol=1e-10)


def test_targets_can_take_gradients():
    ag.gradcheck(losses.mean_squared_error, (Y, P))


# Vectors and columns.


@pytest.mark.parametrize("name", ["mse", "mae", "bce"])
@pytest.mark.parametrize("y_shape", [(6,), (6, 1)])
@pytest.mark.parametrize("p_shape", [(6,), (6, 1)])
def test_vectors_and_columns_are_the_same_thing(name, y_shape, p_shape):
    y, p = BITS[:, 0], squash(LOGITS[:, 0])
    values = losses.FUNCTIONS[name](y.reshape(y_shape), ag.tensor(p.reshape(p_shape)))
    assert values.shape == (6,)
    np.testing.assert_allclose(values.data, losses.FUNCTIONS[name](y[:, None], p[:, None]))


@pytest.mark.parametrize("name", ["mse", "mae", "bce", "categorical_crossentropy"])
@pytest.mark.parametrize(
    ("y_shape", "p_shape"),
    [((3,), (6, 3)), ((6,), (6, 3)), ((6, 1), (6, 3)), ((1, 3), (6, 3)), ((6, 3), (6, 3, 1))],
)
def test_nothing_is_broadcast(name, y_shape, p_shape):
    with pytest.raises(ag.errors.ShapeError) as error:
        losses.FUNCTIONS[name](np.zeros(y_shape), ag.tensor(np.full(p_shape, 0.5)))
    assert f"y_true {y_shape}, y_pred {p_shape}" in str(error.value)
    assert "only (n,) and (n, 1) are the same" in str(error.value)


def test_integer_labels_for_one_hot_rows_name_the_other_loss():
    with pytest.raises(ValueError, match='loss="sparse_categorical_crossentropy"'):
        losses.categorical_crossentropy(LABELS, LOGITS, from_logits=True)


def test_one_hot_rows_for_integer_labels_name_the_other_loss():
    with pytest.raises(ValueError, match=r'(?s)y_true \(6, 3\).*loss="categorical_crossentropy"'):
        losses.sparse_categorical_crossentropy(ONE_HOT.astype(int), LOGITS, from_logits=True)


@pytest.mark.parametrize("bad", [0.5, np.nan, np.inf])
def test_float_labels_that_are_no_whole_numbers_are_refused(bad):
    labels = np.where(np.arange(len(LABELS)) == 1, bad, LABELS)
    with pytest.raises(
        TypeError, match=r'(?s)labels are not integers.*float64.*y\.astype\("int64"'
    ):
        losses.sparse_categorical_crossentropy(labels, LOGITS, from_logits=True)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_whole_numbers_are_labels_of_any_dtype(dtype):
    labels = LABELS.astype(dtype)
    function = losses.sparse_categorical_crossentropy
    values = function(labels, LOGITS, from_logits=True)
    np.testing.assert_array_equal(values, function(LABELS, LOGITS, from_logits=True))


@pytest.mark.parametrize("bad", [-1, 3])
def test_labels_out_of_range_are_refused(bad):
    labels = np.array([0, bad])
    with pytest.raises(ValueError, match="targets out of range"):
        losses.sparse_categorical_crossentropy(labels, np.full((2, 3), 1 / 3))
    with pytest.raises(IndexError):
        losses.sparse_categorical_crossentropy(labels, ag.tensor(np.zeros((2, 3))), True)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int32, np.uint64])
@pytest.mark.parametrize("shape", [(6,), (6, 1)])
def test_labels_of_any_integer_dtype_as_vector_or_column(dtype, shape):
    labels = LABELS.astype(dtype).reshape(shape)
    for p, from_logits in ((LOGITS, True), (np.exp(log_softmax(LOGITS)), False)):
        values = losses.sparse_categorical_crossentropy(labels, p, from_logits)
        np.testing.assert_allclose(values, -log_softmax(LOGITS)[np.arange(6), LABELS])


# Probabilities and logits.


@pytest.mark.parametrize(
    ("name", "y", "activation"),
    [
        ("sparse_categorical_crossentropy", np.array([0, 1]), softmax),
        ("categorical_crossentropy", np.eye(2), softmax),
        ("binary_crossentropy", np.eye(2), sigmoid),
    ],
)
def test_probabilities_of_an_activation_are_taken_by_their_logits(name, y, activation):
    """Logits at which float32 probabilities are 0 and 1: fused, the loss and gradient are exact."""
    z = ag.tensor([[-200.0, 200.0], [300.0, -300.0]], requires_grad=True)
    loss = losses.LOSSES[name]()(y, activation(z))
    loss.backward()
    plain = ag.tensor(z.data, requires_grad=True)
    expected = losses.LOSSES[name](from_logits=True)(y, plain)
    expected.backward()
    assert loss.item() == expected.item() > 100
    np.testing.assert_array_equal(z.grad.data, plain.grad.data)
    assert z.grad.data.any()


@pytest.mark.parametrize(
    ("loss", "activation", "kind"),
    [
        (losses.SparseCategoricalCrossentropy(from_logits=True), softmax, "softmax"),
        (losses.CategoricalCrossentropy(from_logits=True), softmax, "softmax"),
        (losses.BinaryCrossentropy(from_logits=True), sigmoid, "sigmoid"),
    ],
)
def test_from_logits_over_probabilities_is_refused(loss, activation, kind):
    p = activation(ag.tensor([[0.0, 1.0]]))
    with pytest.raises(ValueError, match=f"the output of a {kind}(?s:.*)leave from_logits out"):
        loss(np.array([[0.0, 1.0]]), p)


def test_softmax_under_a_binary_loss_is_taken_as_probabilities():
    p = softmax(ag.tensor(LOGITS))
    values = losses.binary_crossentropy(BITS, p)
    np.testing.assert_allclose(values.data, losses.binary_crossentropy(BITS, p.data))


@pytest.mark.parametrize("name", ["binary_crossentropy", "categorical_crossentropy"])
def test_probabilities_of_zero_and_one_stay_finite(name):
    p = ag.tensor([[0.0, 1.0], [1.0, 0.0]], requires_grad=True)
    loss = losses.LOSSES[name]()(np.array([[0.0, 1.0], [0.0, 1.0]]), p)
    loss.backward()
    assert np.isfinite(loss.item()) and np.isfinite(p.grad.data).all()


def test_probabilities_are_scaled_to_sum_to_one():
    p = np.array([[1.0, 3.0]])
    expected = [np.log(4)]
    np.testing.assert_allclose(losses.sparse_categorical_crossentropy([0], p), expected)
    np.testing.assert_allclose(losses.categorical_crossentropy([[1, 0]], p), expected)


# Reductions.

W = np.array([1.0, 0.0, 2.0, 0.5, 1.0, 3.0])
VALUES = ((P - Y) ** 2).mean(axis=-1)


@pytest.mark.parametrize(
    ("reduction", "plain", "weighted"),
    [
        ("sum_over_batch_size", VALUES.mean(), (VALUES * W).sum() / 6),
        ("mean", VALUES.mean(), (VALUES * W).sum() / 6),
        ("mean_with_sample_weight", VALUES.mean(), (VALUES * W).sum() / W.sum()),
        ("sum", VALUES.sum(), (VALUES * W).sum()),
        ("none", VALUES, VALUES * W),
        (None, VALUES, VALUES * W),
    ],
)
def test_reductions(reduction, plain, weighted):
    loss = losses.MeanSquaredError(reduction=reduction)
    np.testing.assert_allclose(loss(Y, ag.tensor(P)).data, plain)
    for weight in (W, W[:, None], W.tolist(), ag.tensor(W)):
        np.testing.assert_allclose(loss(Y, ag.tensor(P), weight).data, weighted)


def test_weights_apply_to_all_entries_of_a_sample():
    y, p = Y.reshape((2, 3, 3)), ag.tensor(P.reshape((2, 3, 3)))
    w = np.array([1.0, 3.0])
    values = VALUES.reshape((2, 3))
    loss = losses.MeanSquaredError()(y, p, w)
    np.testing.assert_allclose(loss.item(), (values * w[:, None]).mean())
    loss = losses.MeanSquaredError(reduction="mean_with_sample_weight")(y, p, w)
    np.testing.assert_allclose(loss.item(), (values * w[:, None]).sum() / (3 * w.sum()))


def test_unknown_reduction():
    with pytest.raises(ValueError, match=r"(?s)`reduction`.*did you mean 'sum'"):
        losses.MeanSquaredError(reduction="summ")


@pytest.mark.parametrize("smoothing", [-0.1, 1.0, "a little"])
def test_bad_label_smoothing(smoothing):
    with pytest.raises(ValueError, match=r"categorical_crossentropy: bad `label_smoothing`"):
        losses.CategoricalCrossentropy(label_smoothing=smoothing)


# Looking up and preparing.


@pytest.mark.parametrize(
    "choice",
    [
        "mse",
        "MSE",
        "mean_squared_error",
        losses.mean_squared_error,
        losses.MeanSquaredError,
        losses.MeanSquaredError(),
    ],
)
def test_ways_of_naming_a_loss(choice):
    assert type(losses.get(choice, "here")) is losses.MeanSquaredError


def test_a_function_of_ones_own():
    def cubed(y_true, y_pred):
        return ag.mean(ag.abs(y_pred - y_true) ** 3, axis=-1)

    loss = losses.get(cubed, "here")
    assert loss.name == "cubed"
    np.testing.assert_allclose(loss(Y, P), (np.abs(P - Y) ** 3).mean())


def test_a_loss_without_call_says_so():
    with pytest.raises(NotImplementedError, match=r"define call\(self, y_true, y_pred\)"):
        losses.Loss()(Y, P)


@pytest.mark.parametrize(
    ("loss", "y", "output", "text"),
    [
        ("sparse_categorical_crossentropy", [0, 1, 3], (3,), r"from 0 to 3(?s:.*)units=4"),
        ("sparse_categorical_crossentropy", [0, -1, 1], (3,), "from -1 to 1"),
        ("sparse_categorical_crossentropy", [0, 1, 1], (1,), "from 0 to 1(?s:.*)from 0 to 0"),
        ("categorical_crossentropy", np.eye(3) * 2, (3,), r"from 0\.0 to 2\.0"),
        ("binary_crossentropy", [0, 1, 2], (1,), r"from 0\.0 to 2\.0"),
        ("binary_crossentropy", [0, 1, np.nan], (1,), "from nan to nan"),
        ("mse", [0, 1, 2], (2,), r"y_true \(3,\), y_pred \(3, 2\)"),
    ],
)
def test_prepare_looks_at_all_targets(loss, y, output, text):
    with pytest.raises(ValueError, match=text):
        losses.LOSSES[loss]().prepare(np.asarray(y), output, np.float32)


@pytest.mark.parametrize(
    ("loss", "y", "output", "shape", "dtype"),
    [
        ("sparse_categorical_crossentropy", np.array([[0], [1]]), (2,), (2,), np.int64),
        ("sparse_categorical_crossentropy", np.array([True, False]), (2,), (2,), np.int64),
        ("categorical_crossentropy", np.eye(2, dtype=int), (2,), (2, 2), np.float32),
        ("binary_crossentropy", np.array([True, False]), (1,), (2, 1), np.float32),
        ("mse", np.array([1.0, 2.0]), (1,), (2, 1), np.float32),
    ],
)
def test_prepare_gives_the_form_that_call_reads(loss, y, output, shape, dtype):
    prepared = losses.LOSSES[loss]().prepare(y, output, np.float32)
    assert prepared.shape == shape and prepared.dtype == dtype


def test_classes():
    def classes(name, y):
        return losses.LOSSES[name]().classes(np.asarray(y))

    assert classes("sparse_categorical_crossentropy", [[2], [0]]).tolist() == [2, 0]
    assert classes("categorical_crossentropy", [[0, 1], [1, 0]]).tolist() == [1, 0]
    assert classes("binary_crossentropy", [[0.9], [0.1]]).tolist() == [1, 0]
    assert classes("binary_crossentropy", [[0.9, 0.1]]) is None
    assert classes("mse", [1.0]) is None
