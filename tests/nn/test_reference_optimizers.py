"""Optimizers and schedules against Keras: tests/reference/make_optimizers.py wrote what it does."""

import json
from pathlib import Path

import numpy as np
import pytest

import autograd_lite as ag
from nn import optimizers, schedules

with np.load(Path(__file__).parents[1] / "reference" / "optimizers.npz") as file:
    FOUND = dict(file)
STARTS, GRADIENTS = (
    {key.removeprefix(kind): FOUND.pop(key) for key in [*FOUND] if key.startswith(kind)}
    for kind in ("start ", "gradients ")
)
ROWS = FOUND.pop("rows")
SCHEDULES = [key for key in FOUND if key.startswith("schedule ")]
CASES = [key for key in FOUND if key not in SCHEDULES]


def schedule(spec):
    ((name, settings),) = spec.items()
    return getattr(schedules, name)(**settings)


def make(case, named):
    name, _, text = case.partition(" ")
    settings = json.loads(text)
    excluded = settings.pop("exclude", None)
    if isinstance(settings.get("learning_rate"), dict):
        settings["learning_rate"] = schedule(settings["learning_rate"])
    optimizer = getattr(optimizers, name)(named, **settings)
    if excluded:
        optimizer.exclude_from_weight_decay(var_names=excluded)
    return optimizer


def trajectory(case, dtype):
    named = {n: ag.tensor(a.astype(dtype), requires_grad=True) for n, a in STARTS.items()}
    optimizer = make(case, named.items())
    rows = []

    def note():
        rows.append(np.concatenate([w.data.ravel() for w in named.values()]))

    for step in range(ROWS[-1]):
        optimizer.zero_grad()
        for name, w in named.items():
            w.backward(GRADIENTS[name][step].astype(dtype))
        optimizer.step()
        if step + 1 in ROWS:
            note()
    if optimizer.use_ema:
        optimizer.finalize_variable_values()
        note()
    return np.stack(rows)


# In what has a norm or a mean in it, Keras rounds it to single precision.
SINGLE = ("Adafactor", "Muon", "clipnorm")


@pytest.mark.parametrize("case", CASES)
def test_trajectories(case):
    rtol = 1e-6 if any(name in case for name in SINGLE) else 1e-11
    got = trajectory(case, np.float64)
    np.testing.assert_allclose(got, FOUND[case], rtol=rtol, atol=rtol / 2)


@pytest.mark.parametrize("case", CASES)
def test_trajectories_in_float32(case):
    got = trajectory(case, np.float32)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, FOUND[case], rtol=2e-4, atol=2e-4)


def test_every_optimizer_is_compared():
    assert {case.partition(" ")[0].lower() for case in CASES} == set(optimizers.OPTIMIZERS)


@pytest.mark.parametrize("case", SCHEDULES)
def test_schedules(case):
    f = schedule(json.loads(case.removeprefix("schedule ")))
    rates = [f(step) for step in range(len(FOUND[case]))]
    assert all(type(rate) is float for rate in rates)
    np.testing.assert_allclose(rates, FOUND[case], rtol=1e-12)
