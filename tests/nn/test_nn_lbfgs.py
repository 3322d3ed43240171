"""L-BFGS: against SciPy's, on models, and where functions end."""

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn.optimizers import LBFGS


def leaf(array):
    return ag.tensor(array, requires_grad=True)


def rosenbrock(w):
    return (100 * (w[1:] - w[:-1] ** 2) ** 2 + (1 - w[:-1]) ** 2).sum()


@pytest.mark.parametrize("search", ["strong_wolfe", "armijo"])
@pytest.mark.parametrize("n", [2, 10])
def test_rosenbrock_as_scipy(n, search):
    from scipy import optimize

    start = np.tile([-1.2, 1.0], n // 2)
    w = leaf(start)
    optimizer = LBFGS([w], max_iterations=300, line_search=search, tolerance_grad=1e-9)
    calls = []
    loss = optimizer.step(lambda: calls.append(1) or rosenbrock(w))
    theirs = optimize.minimize(
        optimize.rosen,
        start,
        jac=optimize.rosen_der,
        method="L-BFGS-B",
        options={"maxcor": 10, "ftol": 0, "gtol": 1e-9},
    )
    np.testing.assert_allclose(w.data, theirs.x, atol=1e-8)
    np.testing.assert_allclose(w.data, 1, atol=1e-8)
    assert loss < 1e-14 and loss == float(rosenbrock(w).item())
    assert optimizer.iterations <= 1.3 * theirs.nit and len(calls) <= 1.3 * theirs.nfev


def test_lbfgs_trains_a_model_in_either_form_of_the_closure():
    x = np.linspace(-1, 1, 40, dtype=np.float32)[:, None]
    losses = []
    for explicit in (False, True):
        ag.set_seed(0)
        model = nn.Sequential([nn.Input((1,)), nn.layers.Dense(8, "tanh"), nn.layers.Dense(1)])
        optimizer = LBFGS(model.parameters(), max_iterations=60)

        def closure(model=model, explicit=explicit):
            loss = ((model(x) - np.sin(3 * x)) ** 2).mean()
            if explicit:
                loss.backward()
            return loss

        losses.append(optimizer.step(closure))
    assert losses[0] == losses[1] < 1e-3


def test_lbfgs_goes_on_from_call_to_call_and_from_a_state():
    start = np.array([-1.2, 1.0])
    through, other = leaf(start), leaf(start)
    one, two = (LBFGS([w], max_iterations=5) for w in (through, other))
    for w, optimizer in ((through, one), (other, two)):
        optimizer.step(lambda w=w: rosenbrock(w))
    saved, resumed = two.state_dict(), leaf(other.data.copy())
    fresh = LBFGS([resumed], max_iterations=5)
    fresh.load_state(saved)
    assert fresh.iterations == one.iterations == 5
    one.step(lambda: rosenbrock(through))
    fresh.step(lambda: rosenbrock(resumed))
    assert np.array_equal(through.data, resumed.data)
    with pytest.raises(ValueError, match="not this optimizer's"):
        LBFGS([leaf(np.ones(3))]).load_state(saved)


def test_lbfgs_does_not_step_over_the_edge():
    w = leaf(np.array([3.0]))
    with np.errstate(all="ignore"):
        loss = LBFGS([w], 100.0).step(lambda: (w - ag.log(w)).sum())  # NaN from 0 down
    assert loss == pytest.approx(1.0) and w.data == pytest.approx(1.0, abs=1e-6)


def test_lbfgs_at_the_minimum_stays():
    w = leaf(np.ones(2))
    optimizer = LBFGS([w])
    assert optimizer.step(lambda: rosenbrock(w)) == 0.0
    assert w.tolist() == [1.0, 1.0] and optimizer.iterations == 0


def test_lbfgs_refusals():
    w = leaf(np.ones(2))
    optimizer = LBFGS([w])
    with pytest.raises(TypeError, match=r"no closure(?s:.*)optimizer\.step\(lambda"):
        optimizer.step()
    with pytest.raises(RuntimeError, match="no parameter has a gradient"):
        optimizer.step(lambda: 1.0)
    with pytest.raises(ValueError, match="groups of parameters"):
        LBFGS([{"params": [w]}])
    with pytest.raises(ValueError, match="line_search"):
        LBFGS([w], line_search="golden")
    with pytest.raises(ValueError, match="bad `max_iterations`"):
        LBFGS([w], max_iterations=0)


@pytest.mark.parametrize(
    ("settings", "function", "message"),
    [
        ({"max_iterations": 2}, rosenbrock, "max_iterations is reached"),
        (
            {"max_iterations": 99, "tolerance_grad": 0.1},
            rosenbrock,
            "no entry of the gradient is above tolerance_grad",
        ),
        ({"tolerance_change": 1.0}, rosenbrock, "the loss changes by less than tolerance_change"),
        ({}, lambda w: (w * np.inf).sum(), "the loss is -inf"),
        ({}, lambda w: ag.abs(w - w.data).sum() + 0 * w[0], "no entry of the gradient"),
        ({}, lambda w: w.sum() - 2 * w.data.sum(), "the line search found no lower loss"),
    ],
)
def test_lbfgs_says_why_it_ended(settings, function, message):
    w = leaf(np.array([-1.2, -1.0]))
    optimizer = LBFGS([w], **settings)
    assert optimizer.message == ""
    with np.errstate(all="ignore"):
        optimizer.step(lambda: function(w))
    assert optimizer.message.startswith(message)
