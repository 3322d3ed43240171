"""Optimizers as Keras' programs call them: the rate first, gradients given, by name."""

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn.optimizers import SGD, Adam, get


def parameters():
    return [nn.Parameter(np.array([1.0, 2.0])), nn.Parameter(np.array([[3.0]]))]


def test_gradients_that_are_given_are_a_step():
    ours, theirs = parameters(), parameters()
    optimizer, other = Adam(0.1), Adam(ours, 0.1)
    for i in range(3):
        grads = [np.array([0.5, -i]), np.array([[1.0]])]
        optimizer.apply_gradients(zip(map(ag.tensor, grads), theirs, strict=True))
        for p, g in zip(ours, grads, strict=True):
            p.grad = ag.tensor(g)
        other.step()
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(p.data, q.data)
    assert optimizer.iterations == 3


def test_some_of_those_that_are_trained():
    a, b = parameters()
    optimizer = SGD(1.0)
    optimizer.apply([np.ones(2), None], [a, b])
    assert a.tolist() == [0, 1] and b.tolist() == [[3]]
    optimizer.apply([np.ones((1, 1))], [b])
    assert a.tolist() == [0, 1] and b.tolist() == [[2]]
    optimizer.apply([np.ones(2), np.ones((1, 1))])
    assert a.tolist() == [-1, 0] and b.tolist() == [[1]]


@pytest.mark.parametrize(
    ("grads", "which", "message"),
    [
        ([np.ones(2)], [0, 1], "1 gradients for 2 parameters"),
        ([np.ones(3)], [0], r"SGD.apply: a gradient of another shape\n.*\(3,\).*\(2,\)"),
        ([np.ones(1)], [2], "a parameter that is not trained"),
    ],
)
def test_what_does_not_go_together(grads, which, message):
    listed = parameters()
    optimizer = SGD(listed, 1.0)
    listed.append(nn.Parameter(np.ones(1)))
    with pytest.raises(ValueError, match=message):
        optimizer.apply(grads, [listed[i] for i in which])
    assert optimizer.iterations == 0 and listed[0].tolist() == [1, 2]


def test_by_name():
    assert type(get("rmsprop")) is nn.optimizers.RMSprop and type(get(SGD)) is SGD
    with pytest.raises(ValueError, match=r"optimizers.get: unknown(?s:.*)'adam'"):
        get("adamm")


def test_the_rate_first_in_a_subclass_and_with_parameters_by_name():
    class Mine(SGD):
        def __init__(self, learning_rate=0.1):
            super().__init__(learning_rate=learning_rate)

    assert Mine(0.5).learning_rate == 0.5 and Mine().learning_rate == 0.1
    w = parameters()[0]
    made = Adam(0.01, parameters=[w])
    assert made.learning_rate == 0.01 and made.parameters == [w]
