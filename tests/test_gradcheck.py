"""The checker is checked: wrong rules must be caught and described, right ones must pass."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.testing import GradientCheckError, contract
from autograd_lite.testing.problem import Problem

RNG = np.random.default_rng(2)
X = RNG.uniform(0.5, 2, (3, 4))
X.flags.writeable = False


def op(*vjps, **settings):
    return ag.op(vjps=vjps, **settings)


def cube(rule):
    """x**3, differentiated by `rule`."""

    @op(rule)
    def cube(x):
        return x**3

    return cube


def numbers(x):
    """The plain array: right once, frozen for the second derivative."""
    return x.data if isinstance(x, ag.Tensor) else x


def bump(x, at=(1, 2)):
    factor = np.ones(x.shape)
    factor[at] = 1.001
    return factor


def writes_g(g, x):
    if isinstance(g, np.ndarray):
        g *= 3
        return g * x**2
    return 3 * g * x**2


def writes_saved(g, x):
    slope = 3 * g * x**2
    if isinstance(x, np.ndarray):
        x.flags.writeable = True
        x *= 2
    return slope


CALLS = []


def drifts(g, x):
    CALLS.append(x)
    return 3 * g * x**2 * (1 + 1e-15 * len(CALLS))


WRONG = {
    "sign": (lambda g, x: -3 * g * x**2, "the sign is wrong"),
    "factor": (lambda g, x: 6 * g * x**2, "twice too large"),
    "half": (lambda g, x: 1.5 * g * x**2, "half too small"),
    "missing": (lambda g, x: g * 0, "missing"),
    "missing term": (lambda g, x: 3 * g * x**2 - g * x, r"ratio 0\.\d+"),
    "power": (lambda g, x: 3 * g * x, "ratio"),
    "transposed": (lambda g, x: ag.reshape(ag.transpose(3 * g * x**2), x.shape), "expected: "),
    "ignores g": (lambda g, x: 3 * x**2 + 0 * g, "not zero: a rule ignores `g`"),
    "square of g": (lambda g, x: 3 * g * g * x**2, "the pullback is not linear"),
    "one entry of many": (lambda g, x: 3 * g * x**2 * bump(x), r"index \(1, 2\)"),
    "float32": (lambda g, x: ag.astype(3 * g * x**2, np.float32), r"the same to \d digits"),
    "nan": (lambda g, x: g * np.nan, r"NaN: a 0 \* inf"),
    "writes g": (writes_g, "writes to the gradient `g`"),
    "writes a saved value": (writes_saved, "writes to a value that was saved|deterministic"),
    "not deterministic": (drifts, "not deterministic: two backward passes"),
}


def test_a_right_rule_passes():
    assert ag.gradcheck(cube(lambda g, x: 3 * g * x**2), [X], order=3)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_rule_is_caught_and_described(name):
    rule, text = WRONG[name]
    f = cube(rule)
    with pytest.raises(GradientCheckError, match=rf"gradcheck of (.|\n)*({text})"):
        ag.gradcheck(lambda x: f(x * 1) * (X + 1), [X])


def test_the_message_says_all_that_is_known():
    with pytest.raises(GradientCheckError) as caught:
        ag.gradcheck(cube(lambda g, x: -3 * g * x**2), [np.array([2.0])], seed=5)
    first, got, expected, defined, rerun = str(caught.value).splitlines()
    assert first == "gradcheck of cube: wrong derivative by argument 0 (`x`) at index (0,)"
    assert got == "  got:      -12"
    assert expected.startswith("  expected: 12 ± ")
    assert expected.endswith(", by differences (the sign is wrong)")
    assert defined.startswith("  defined:  test_gradcheck.py:")
    assert rerun == "  rerun:    gradcheck(cube, inputs, seed=5)"


def test_the_message_shows_the_worst_entries_only():
    with pytest.raises(GradientCheckError) as caught:
        ag.gradcheck(cube(lambda g, x: 6 * g * x**2), [np.ones(50)])
    assert len(str(caught.value).splitlines()) < 12


@op(lambda g, x: g * 2 * np.maximum(numbers(x), 0))
def frozen_relu_squared(x):
    return np.maximum(x, 0) ** 2


@op(lambda g, x: 2 * numbers(g) * x)
def frozen_gradient(x):
    return x**2


def test_a_rule_wrong_only_at_second_order_is_caught_there():
    f = frozen_relu_squared
    assert ag.gradcheck(f, [X])
    with pytest.raises(GradientCheckError, match=r"second order \(gradient of frozen_relu_squared"):
        ag.gradgradcheck(f, [X])


def test_a_rule_that_hides_g_from_the_graph_is_caught():
    with pytest.raises(GradientCheckError, match=r"differentiable by what|contradict"):
        ag.gradgradcheck(frozen_gradient, [X])


@op(lambda g, y: g * y, lambda g, x: 2 * g * x)
def twisted(x, y):
    return x * y


TWISTED = {
    "by x": (lambda g, y: twisted(g, y), lambda g, x: g * x),
    "by y": (lambda g, y: g * y, lambda g, x: twisted(g, x)),
}


@pytest.mark.parametrize("name", TWISTED)
def test_a_mixed_second_derivative_that_is_wrong_in_one_order_is_found(name):
    @op(*TWISTED[name])
    def product(x, y):
        return x * y

    assert ag.gradcheck(product, [X, X + 1])
    with pytest.raises(GradientCheckError, match=r"second order(.|\n)*twice too large"):
        ag.gradcheck(product, [X, X + 1], order=2)


def test_a_rule_wrong_only_at_third_order_is_caught_there():
    @op(lambda g, x: g * 4 * x * numbers(x) ** 2 + g * 0)
    def first_frozen(x):
        return x**4

    @op(lambda g, x: first_frozen_slope(x) * g)
    def quartic(x):
        return x**4

    @op(lambda g, x: g * 12 * numbers(x) ** 2)
    def first_frozen_slope(x):
        return 4 * x**3

    assert ag.gradcheck(quartic, [X], order=2)
    with pytest.raises(GradientCheckError, match="at third order"):
        ag.gradcheck(quartic, [X], order=3)
    assert first_frozen(2.0) == 16


BIG = RNG.standard_normal((100, 100))


def squared(factor):
    @op(lambda g, x: 2 * g * x * factor)
    def squared(x):
        return x**2

    return squared


def test_large_inputs_are_checked_along_directions_and_entries():
    assert ag.gradcheck(squared(1), [BIG], order=2)
    assert ag.gradcheck(lambda x: ag.sum(ag.exp(x) * x), [BIG], order=2)


def test_one_wrong_entry_of_ten_thousand_is_found():
    with pytest.raises(GradientCheckError, match=r"index \(37, 53\)"):
        ag.gradcheck(squared(bump(BIG, (37, 53))), [BIG])


def test_one_forgotten_entry_of_ten_thousand_is_found():
    factor = np.ones(BIG.shape)
    factor[37, 53] = 0
    with pytest.raises(GradientCheckError, match=r"index \(37, 53\)(.|\n)*missing"):
        ag.gradcheck(lambda x: ag.sum(squared(factor)(x)), [BIG])


def test_one_wrong_second_derivative_of_ten_thousand_is_found():
    factor = np.ones(BIG.shape)
    factor[37, 53] = 0

    @op(lambda g, x: g * (2 * x * factor + 2 * numbers(x) * (1 - factor)))
    def squared(x):
        return x**2

    with pytest.raises(GradientCheckError, match=r"second order(.|\n)*index \(37, 53\)"):
        ag.gradcheck(squared, [BIG], order=2)


def test_a_wrong_rule_shows_in_the_right_argument():
    @op(lambda g, y: g * y, lambda g, x: g * x * 2)
    def product(x, y):
        return x * y

    with pytest.raises(GradientCheckError, match=r"argument 1 \(`y`\)"):
        ag.gradcheck(product, [X, X + 1])


def test_a_small_derivative_beside_large_ones_is_checked_too():
    @op(lambda g: 1.01 * g)
    def same(y):
        return y * 1

    with pytest.raises(GradientCheckError, match=r"argument 1 \(`y`\)"):
        ag.gradcheck(lambda x, y: ag.sum(x * 1e7) + ag.sum(same(y)), [BIG, X])


def test_the_same_array_twice_must_get_both_partial_derivatives():
    def product(x, y):
        return x * y if x is not y else x * x.detach()

    with pytest.raises(GradientCheckError, match=r"(?s)the same array as .*sum of both partial"):
        ag.gradcheck(product, [X, X + 1])


def test_gradients_of_several_outputs_must_add_up(monkeypatch):
    def overwrite(tensor, g):
        tensor.grad = ag.Tensor(np.asarray(g.data if isinstance(g, ag.Tensor) else g))

    monkeypatch.setattr(ag.Tensor, "_accumulate", overwrite)
    with pytest.raises(GradientCheckError, match="does not add up to the whole gradient"):
        ag.gradcheck(lambda x: (x * 2, x * 3), [X])


def test_a_pullback_must_be_differentiable_by_its_seed():
    problem = Problem(frozen_gradient, [X], None, None)
    problem.middle = problem.value(problem.x)
    (finding,) = contract.linear_in_seed(contract.Base(problem, np.random.default_rng(0)))
    assert finding.kind == "second order"


def test_jvp_and_vjp_must_agree(monkeypatch):
    def twice(f, primals, tangents):
        value, tangent = ag.jvp(f, primals, tangents)
        return value, 2 * tangent

    monkeypatch.setattr(contract, "jvp", twice)
    with pytest.raises(GradientCheckError, match="`jvp` and `vjp` contradict each other"):
        ag.gradcheck(np.exp, [X])


def test_a_wrong_shape_is_told_as_the_engine_tells_it():
    with pytest.raises(GradientCheckError, match=r"gives a gradient of the wrong shape"):
        ag.gradcheck(cube(lambda g, x: ag.sum(g)), [X])


def test_a_function_that_writes_to_its_input_is_caught():
    @op(lambda g: g)
    def increment(x):
        x += 1
        return x * 1

    with pytest.raises(GradientCheckError, match=r"`increment` writes to its input(.|\n)*x \+= 1"):
        ag.gradcheck(increment, [X])


def test_a_function_that_writes_to_an_array_from_outside_is_caught():
    count = np.zeros(1)

    def f(x):
        count[0] += 1
        return x * 2

    with pytest.raises(GradientCheckError, match="writes to `count`, an array from outside"):
        ag.gradcheck(f, [X])


def test_a_random_function_is_called_not_deterministic_and_not_wrong():
    with pytest.raises(GradientCheckError, match="not deterministic: two calls") as caught:
        ag.gradcheck(lambda x: x * RNG.random(), [X])
    assert "wrong derivative" not in str(caught.value)


def test_a_result_that_shares_memory_must_be_declared():
    def same(view):
        @op(lambda g: g, view=view)
        def same(x):
            return x

        return same

    assert ag.gradcheck(same(True), [X])
    with pytest.raises(GradientCheckError, match="shares memory with argument 0"):
        ag.gradcheck(same(False), [X])


def test_an_op_that_leaves_its_dtype_is_caught():
    @op(lambda g: g)
    def shift(x):
        return x + np.float64(1)

    with pytest.raises(GradientCheckError, match="given float32 the op computes in float64"):
        ag.gradcheck(shift, [X])


def test_an_op_that_reads_the_buffer_and_not_the_array_is_caught():
    @op(lambda g, x_shape: ag.reshape(g, x_shape))
    def flatten(x):
        return x.ravel(order="K")

    with pytest.raises(GradientCheckError, match="another memory layout"):
        ag.gradcheck(flatten, [X])


def test_a_value_that_depends_on_recording_is_caught():
    def f(x):
        return x * 2 if x.requires_grad else x * 3

    with pytest.raises(GradientCheckError, match="differs when it is recorded"):
        ag.gradcheck(f, [X])
