"""Activations against plain formulas, with their gradients."""

import numpy as np
import pytest
import scipy.special

import autograd_lite as ag
from nn import activations
from nn.activations import ACTIVATIONS, Probabilities, sigmoid, softmax

# In float64, at points away from kinks.
X = np.array([[-30.0, -2.5, -0.3], [0.2, 1.7, 40.0]])


def rows_softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def nearest_distribution(row):
    """The Euclidean projection on the simplex, its threshold found by bisection."""
    low, high = row.max() - 1, row.max()
    for _ in range(200):
        t = (low + high) / 2
        low, high = (t, high) if np.maximum(row - t, 0).sum() > 1 else (low, t)
    return np.maximum(row - low, 0)


REFERENCES = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.2 * x),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "exponential": np.exp,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "hard_sigmoid": lambda x: np.clip(x / 6 + 0.5, 0, 1),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "gelu": lambda x: x * scipy.special.ndtr(x),
    "celu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "hard_shrink": lambda x: np.where(np.abs(x) > 0.5, x, 0),
    "hard_silu": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "log_sigmoid": lambda x: -np.logaddexp(0, -x),
    "mish": lambda x: x * np.tanh(np.logaddexp(0, x)),
    "relu6": lambda x: np.clip(x, 0, 6),
    "selu": lambda x: (
        1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(np.minimum(x, 0)))
    ),
    "soft_shrink": lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0),
    "sparse_plus": lambda x: np.where(x > 1, x, np.maximum(x + 1, 0) ** 2 / 4),
    "sparse_sigmoid": lambda x: np.clip((x + 1) / 2, 0, 1),
    "sparsemax": lambda x: np.array([nearest_distribution(row) for row in x]),
    "squareplus": lambda x: (x + np.sqrt(x**2 + 4)) / 2,
    "tanh_shrink": lambda x: x - np.tanh(x),
    "softplus": lambda x: np.logaddexp(0, x),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "tanh": np.tanh,
    "softmax": rows_softmax,
    "log_softmax": lambda x: np.log(rows_softmax(x)),
}


def test_every_activation_has_a_reference():
    assert set(ACTIVATIONS) - {"swish", "hard_swish", "glu"} == set(REFERENCES)
    assert ACTIVATIONS["swish"] is ACTIVATIONS["silu"]
    assert ACTIVATIONS["hard_swish"] is ACTIVATIONS["hard_silu"]


@pytest.mark.parametrize("name", REFERENCES)
def test_values_of_arrays_and_tensors(name):
    expected = REFERENCES[name](X)
    from_array = ACTIVATIONS[name](X)
    assert isinstance(from_array, np.ndarray)
    np.testing.assert_allclose(from_array, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(ACTIVATIONS[name](ag.tensor(X)).data, expected, atol=1e-12)


@pytest.mark.parametrize("name", REFERENCES)
def test_gradients_to_second_order(name):
    x = np.array([[-2.5, -0.3, 0.9], [0.2, 1.7, 2.4]])
    ag.gradcheck(ACTIVATIONS[name], (x,))
    ag.gradgradcheck(ACTIVATIONS[name], (x,))


@pytest.mark.parametrize("name", REFERENCES)
def test_float32_stays_float32(name):
    x = ag.tensor(X.astype(np.float32) / 10, requires_grad=True)
    y = ACTIVATIONS[name](x)
    y.sum().backward()
    assert y.dtype == x.grad.dtype == np.float32


@pytest.mark.parametrize(
    ("name", "at_zero"),
    [("relu", 0.0), ("leaky_relu", 0.2), ("elu", 1.0), ("softplus", 0.5), ("softsign", 1.0)],
)
def test_derivative_at_the_kink(name, at_zero):
    assert float(ag.grad(lambda x: ag.sum(ACTIVATIONS[name](x)))(np.zeros(1))[0]) == at_zero


SAFE = ["elu", "gelu", "softplus", "sigmoid", "silu", "softmax", "log_softmax"]


@pytest.mark.parametrize("name", SAFE)
def test_large_inputs_overflow_nowhere(name):
    x = np.array([[-1e4, 0.0, 1e4]])
    y, pullback = ag.vjp(ACTIVATIONS[name], x)
    assert np.isfinite(y).all()
    assert np.isfinite(pullback(np.ones_like(y))[0]).all()


@pytest.mark.parametrize(("function", "kind"), [(softmax, "softmax"), (sigmoid, "sigmoid")])
def test_probabilities_remember_their_logits(function, kind):
    logits = ag.tensor(X, requires_grad=True)
    p = function(logits)
    assert isinstance(p, Probabilities) and p.logits is logits and p.kind == kind
    assert p.requires_grad
    p[:, 0].sum().backward()
    plain = ag.tensor(X, requires_grad=True)
    getattr(ag, kind)(plain)[:, 0].sum().backward()
    np.testing.assert_array_equal(logits.grad.data, plain.grad.data)


def test_what_is_computed_from_probabilities_is_a_plain_tensor():
    p = softmax(ag.tensor(X, requires_grad=True))
    assert type(p * 2) is ag.Tensor
    assert type(p.reshape((3, 2))) is ag.Tensor


def test_get():
    assert activations.get(None) is activations.linear and activations.get(np.exp) is np.exp
    assert activations.get("relu") is activations.relu
    with pytest.raises(ValueError, match=r"activations.get: unknown(?s:.*)'relu'"):
        activations.get("rellu")


@pytest.mark.parametrize(
    ("name", "settings", "formula"),
    [
        ("relu", {"negative_slope": 0.5}, lambda x: np.where(x > 0, x, x / 2)),
        (
            "relu",
            {"negative_slope": 0.5, "max_value": 1.0, "threshold": 0.25},
            lambda x: np.where(x > 0.25, np.minimum(x, 1), (x - 0.25) / 2),
        ),
        ("softmax", {"axis": 0}, lambda x: rows_softmax(x.T).T),
        ("sparsemax", {"axis": 0}, lambda x: REFERENCES["sparsemax"](x.T).T),
    ],
)
def test_settings(name, settings, formula):
    function = getattr(activations, name)
    np.testing.assert_allclose(function(X, **settings), formula(X), rtol=1e-12, atol=1e-15)
    assert ag.gradcheck(lambda x: function(x, **settings), [X / 30])


def test_sparsemax_is_a_sparse_distribution():
    x = np.random.default_rng(0).standard_normal((4, 6))
    p = activations.sparsemax(x)
    np.testing.assert_allclose(p.sum(axis=-1), 1.0, rtol=1e-14)
    assert (p >= 0).all()
    assert (p == 0).any()
    assert ag.gradcheck(activations.sparsemax, [x])


def test_the_op_relu_is_the_activation():
    assert activations.get(ag.relu) is activations.relu
