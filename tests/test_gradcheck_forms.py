"""What the checker takes and returns: forms of arguments, models, settings, the result."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite.testing import GradcheckResult, GradientCheckError, assert_grads, strategies

RNG = np.random.default_rng(2)
X = RNG.uniform(0.5, 2, (3, 4))


@ag.op(vjps=(lambda g, x: 2 * g * x**2,))
def wrong(x):
    return x**3


def test_integers_and_settings_are_passed_on():
    assert ag.gradcheck(lambda x, i: x[i], [X, np.array([0, 2, 2])])
    assert ag.gradcheck(lambda x, n: x**n, [X, 3])
    assert ag.gradcheck(lambda x, weights: x * weights[1], [X, [0.5, 2.0]])
    assert ag.gradcheck(lambda x, name: x * len(name), [X, "three"])
    with pytest.raises(ValueError, match="no input is of a floating dtype"):
        ag.gradcheck(lambda i: i, [np.array([1])])


def test_dicts_and_lists_are_taken_and_named():
    tree = {"kernel": X, "rest": [X[0], np.array(2.0)]}

    def f(p):
        return {"y": p["kernel"] @ p["rest"][0], "z": [np.sum(p["rest"][1] * p["kernel"])]}

    assert ag.gradgradcheck(f, [tree])
    assert ag.gradcheck(f, tree)
    with pytest.raises(
        GradientCheckError, match=r"argument 0 \(`p`\)\['rest'\]\[1\] at index \(\)"
    ):
        ag.gradcheck(lambda p: wrong(p["rest"][1]) * p["kernel"], [tree])


def test_a_single_array_stands_for_itself():
    assert ag.gradcheck(np.sin, X)
    assert ag.gradcheck(np.sin, 0.5, order=3)
    assert ag.gradcheck(np.sin, ag.Tensor(X, True))


def test_empty_arrays_pass_with_a_note():
    result = ag.gradcheck(np.sin, [np.zeros((0, 3))], order=2)
    assert result
    assert result.notes == ["nothing to differentiate: an argument or the result is empty"]


def test_float32_is_checked_in_float64_and_then_in_float32():
    seen = []

    def f(x):
        seen.append(x.dtype)
        return np.sin(x)

    assert ag.gradcheck(f, [X.astype("f4")])
    assert set(seen) >= {np.dtype("f8"), np.dtype("f4")}


def test_a_gradient_that_is_lost_in_float32_is_caught():
    def f(x):
        return (x + 1e12) - 1e12

    assert ag.gradcheck(f, [X], rtol=1e-3)
    with pytest.raises(GradientCheckError, match="in float32 is far from"):
        ag.gradcheck(lambda x: np.exp(x * 100) * np.exp(x * -100), [X.astype("f4")])


def test_complex_arguments_are_pairs_of_real_ones():
    z = X[0] + 1j * X[1]
    assert ag.gradcheck(lambda z: z * z * 2, [z], order=2)
    assert ag.gradcheck(lambda x, z: x * z, [X[0], z])


def test_several_outputs_and_outputs_without_derivatives():
    assert ag.gradgradcheck(lambda x: {"a": np.sin(x), "b": [np.sum(x * x)]}, [X])
    assert ag.gradcheck(lambda x: (x * 2, np.array([1, 2]), np.ones(2)), [X])
    with pytest.raises(GradientCheckError, match=r"of output 1 at \(0, 0\)"):
        ag.gradcheck(lambda x: (x, wrong(x)), [X[:1, :1]])


def test_an_argument_without_influence_is_noted_and_checked():
    result = ag.gradcheck(lambda x, y: x * 2, [X, X])
    assert result.notes == ["no path leads from the result to argument 1 (`y`)"]
    with pytest.raises(GradientCheckError, match=r"argument 1(.|\n)*missing(.|\n)*no path leads"):
        ag.gradcheck(lambda x, y: x * y.detach(), [X, X])


def test_captured_tensors_and_partials_are_fine():
    w = ag.tensor(X, requires_grad=True)
    assert ag.gradcheck(lambda x: x * w, [X])
    assert ag.gradcheck(functools.partial(np.multiply, X), [X])
    assert w.grad is None


class Model:
    """As much of a model as the checker needs."""

    def __init__(self, f=np.tanh):
        self.f = f
        self.kernel = ag.tensor(X.T, dtype=np.float32, requires_grad=True)
        self.mean = ag.tensor(np.zeros(3))

    def named_parameters(self):
        yield "dense.kernel", self.kernel
        yield "dense.mean", self.mean

    def __call__(self, x):
        return self.f((x - self.mean.data[0]) @ self.kernel)


def test_a_model_is_checked_by_parameter_and_left_as_it_was():
    model = Model()
    before = model.kernel.data
    assert ag.gradgradcheck(model, [X * 0.3])
    assert model.kernel.data is before
    assert model.kernel.grad is None
    bad = Model(wrong)
    with pytest.raises(GradientCheckError, match=r"(?s)gradcheck of Model.*`dense.kernel` at"):
        ag.gradcheck(bad, [np.eye(3, 4)])


def test_parameters_of_a_closure_are_named():
    w = ag.tensor(X[0], requires_grad=True)
    assert ag.gradcheck(lambda: np.sum(w * w * w), [], parameters={"w": w}, order=2)
    with pytest.raises(GradientCheckError, match="by parameter `w` at index"):
        ag.gradcheck(lambda: wrong(w), [], parameters={"w": w})
    model = Model()
    assert ag.gradcheck(lambda x: np.mean(model(x) ** 2), [X * 0.3], parameters=model)


def test_the_result_has_all_numbers():
    result = ag.gradcheck(wrong, [X], raise_exception=False, order=2)
    assert isinstance(result, GradcheckResult)
    assert not result
    assert repr(result) == "<gradcheck of wrong: failed>"
    assert result.findings[0].kind == "wrong"
    entry = result.entries[0]
    assert entry.ours / entry.numeric == pytest.approx(2 / 3)
    assert 0 < entry.bar < 1e-9
    assert "ratio 0.666667" in str(result)
    passed = ag.gradcheck(np.sin, [X])
    assert repr(passed) == "<gradcheck of sin: passed>"
    assert "complex step (order 1)" in str(passed)
    assert f"{passed.evaluations} evaluations" in str(passed)
    assert passed.worst < 1e-12


def test_time_is_bounded_and_what_is_left_is_told():
    result = ag.gradcheck(lambda x: ag.relu(x) * 2, [X], order=3, seconds=0.0)
    assert repr(result) == "<gradcheck of <lambda>: passed in part>"
    assert "0.0 seconds were not enough" in str(result)
    assert not ag.gradcheck(np.sin, [X], seconds=60).unchecked


def test_the_same_seed_gives_the_same_check():
    big = RNG.standard_normal((90, 90))
    one, two = (ag.gradcheck(lambda x: np.sin(x) * x, [big], seed=3) for _ in range(2))
    assert one.worst == two.worst


def test_bad_settings_are_refused():
    for bad in ({"kinks": "ignore"}, {"order": 0}):
        with pytest.raises(ValueError, match="bad setting"):
            ag.gradcheck(np.sin, [X], **bad)


def test_assert_grads_checks_to_second_order():
    assert assert_grads(np.multiply, X, X + 1) is None
    with pytest.raises(AssertionError, match="wrong derivative"):
        assert_grads(wrong, X)


@settings(max_examples=20, deadline=None)
@given(x=strategies.layouts(strategies.arrays(kinks=(0.0, 1.0), margin=0.1)))
def test_arrays_keep_away_from_kinks(x):
    assert (np.abs(x) > 0.09).all()
    assert (np.abs(x - 1) > 0.09).all()
    assert_grads(lambda x: np.abs(x) * ag.relu(x - 1), x)


@settings(max_examples=20, deadline=None)
@given(x=strategies.arrays((2, 3), distinct=True, dtype=np.float64))
def test_distinct_arrays_have_no_ties(x):
    assert len(np.unique(x)) == x.size
    assert_grads(lambda x: np.max(x, axis=1), x)


@settings(max_examples=20, deadline=None)
@given(pair=strategies.arguments(2, low=0.5, high=2), scale=st.floats(0.5, 2))
def test_arguments_broadcast(pair, scale):
    assert_grads(lambda x, y: x * y * scale / (x + y), *pair, order=1)
