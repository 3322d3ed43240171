"""Normalisation beyond the table of cases: statistics, memory, constant entries, refusals."""

import numpy as np
import pytest

import autograd_lite as ag


def entries(*shape):
    return np.random.default_rng(0).standard_normal(shape)


def test_statistics_are_of_the_batch_and_differentiate():
    x = entries(6, 2, 3)
    y, mean, variance = ag.batch_norm(x)
    np.testing.assert_allclose(mean, x.mean((0, 1)))
    np.testing.assert_allclose(variance, x.var((0, 1)))
    np.testing.assert_allclose(y.mean((0, 1)), 0, atol=1e-12)

    def of_all(x):
        y, mean, variance = ag.batch_norm(x)
        return ag.sum(y**3) + ag.sum(mean**2 * variance)

    assert ag.gradgradcheck(of_all, [x])


def test_inference_with_the_statistics_of_the_batch_is_training():
    x, gamma, beta = entries(6, 3), entries(3), entries(3) + 1
    y, mean, variance = ag.batch_norm(x, gamma, beta)
    again = ag.batch_norm_inference(x, mean, variance, gamma, beta)
    np.testing.assert_allclose(y, again, rtol=1e-12)
    by_axis = ag.batch_norm_inference(x.T, mean, variance, gamma, beta, axis=0)
    np.testing.assert_allclose(by_axis, again.T, rtol=1e-12)


def test_groups_from_all_to_one_each():
    x = entries(2, 5, 4)
    np.testing.assert_allclose(ag.group_norm(x, 1), ag.layer_norm(x, axis=(1, 2)), rtol=1e-12)
    np.testing.assert_allclose(ag.group_norm(x, 4), ag.layer_norm(x, axis=1), rtol=1e-12)


@pytest.mark.parametrize("norm", [ag.layer_norm, ag.rms_norm, lambda x: ag.batch_norm(x)[0]])
def test_equal_entries_have_finite_gradients(norm):
    x = np.zeros((3, 4), np.float32)
    slope = ag.grad(lambda x: ag.sum(norm(x) * np.arange(12.0, dtype=np.float32).reshape(3, 4)))(x)
    assert np.isfinite(slope).all()
    assert slope.dtype == np.float32


def test_far_means_are_taken_off_before_squares():
    x = (entries(50, 8) + 1e4).astype(np.float32)
    exact = ag.layer_norm(x.astype(np.float64))
    np.testing.assert_allclose(ag.layer_norm(x), exact, atol=2e-3)


def test_the_graph_keeps_the_input_once_and_nothing_else_of_its_size():
    x = ag.tensor(entries(40, 30), requires_grad=True)
    y, _, _ = ag.batch_norm(x, ag.tensor(np.ones(30), requires_grad=True))
    large, nodes = set(), [y.node]
    while nodes:
        node = nodes.pop()
        large |= {
            id(a.data if isinstance(a, ag.Tensor) else a) for a in node.saved if np.size(a) > 30
        }
        nodes += [edge for edge in node.edges if hasattr(edge, "saved")]
    assert large == {id(x.data)}


X = np.ones((2, 3, 4))


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: ag.layer_norm(X, np.ones(3)), r"`gamma` does not fit\n.*\(3,\).*\n.*\(4,\)"),
        (lambda: ag.layer_norm(X, None, np.ones(1)), "`beta` does not fit"),
        (lambda: ag.layer_norm(X, axis=3), "no such axis"),
        (lambda: ag.rms_norm(X, np.ones(4), axis=(1, 2)), r"expected: gamma \(3, 4\)"),
        (lambda: ag.batch_norm(X, np.ones(3)), "batch_norm: `gamma` does not fit"),
        (lambda: ag.batch_norm_inference(X, np.ones(4), np.ones(3)), "`variance` does not fit"),
        (lambda: ag.group_norm(X, 3), "features do not make groups"),
        (lambda: ag.group_norm(X, 0), "features do not make groups"),
        (lambda: ag.group_norm(X, 1, axis=0), "an axis after the first"),
    ],
)
def test_what_is_refused(call, text):
    with pytest.raises(ag.errors.ShapeError, match=text):
        call()


LARGE = {
    "as many channels as positions": (
        lambda x, g, b: ag.group_norm(x, 4, g, b, axis=1),
        (4, 32, 32),
        32,
    ),
    "a square along its first axis": (lambda x, g, b: ag.layer_norm(x, g, b, axis=0), (64, 64), 64),
    "one axis alone": (lambda x, g, b: ag.batch_norm(x, g, b)[0], (5000,), 5000),
    "a strided factor": (lambda x, g, b: ag.layer_norm(x, g[::2], b[::2]), (64, 64), 128),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("case", LARGE)
def test_large_arrays_agree_with_the_reference(case, dtype):
    function, shape, n = LARGE[case]
    given = [entries(*s).astype(dtype) for s in (shape, (n,), (n,))]
    g = entries(*shape).astype(dtype)

    def both():
        tensors = [ag.tensor(a, requires_grad=True) for a in given]
        out = function(*tensors)
        out.backward(g)
        return [out.data, *(t.grad.data for t in tensors)]

    ours = both()
    with ag.reference():
        theirs = both()
    for a, b in zip(ours, theirs, strict=True):
        tolerance = 2e-4 if dtype == np.float32 else 1e-10
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def test_many_entries_far_from_zero():
    x = (entries(2_000_000) + 100).astype(np.float32)
    wide = x.astype(np.float64)
    expected = (wide - wide.mean()) / np.sqrt(wide.var() + 1e-3)
    assert np.abs(ag.layer_norm(x) - expected).max() < 1e-5
