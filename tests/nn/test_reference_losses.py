"""Losses against Keras: tests/reference/make_losses.py wrote what it does."""

import json
from pathlib import Path

import numpy as np
import pytest

import autograd_lite as ag
from nn import losses

with np.load(Path(__file__).parents[1] / "reference" / "losses.npz") as file:
    FOUND = dict(file)
FUNCTIONS = [case for case in FOUND if f"gradient {case}" in FOUND]
CLASSES = [case for case in FOUND if case[0].isupper()]
REDUCTIONS = ("sum_over_batch_size", "sum", "mean_with_sample_weight")
SINGLE = (
    "mean_absolute_percentage_error",
    "mean_squared_logarithmic_error",
    "cosine_similarity",
    "hinge",
    "squared_hinge",
    "categorical_hinge",
    'categorical_focal_crossentropy {"from_logits": true, "alpha": [',
    "circle",
    "ctc",
)
MASK = np.arange(8) % 2 == 0


def read(case):
    """Name, settings, targets and predictions."""
    name, _, rest = case.partition(" ")
    settings, end = json.JSONDecoder().raw_decode(rest)
    if isinstance(settings.get("axis"), list):
        settings["axis"] = tuple(settings["axis"])
    key = rest[end + 1 :]
    return name, settings, FOUND[f"y {key}"], FOUND[f"p {key}"].astype(float)


def compare(ours, theirs, case, what="values"):
    # Keras' `maximum` with a number, and what goes through it, is in float32.
    single = case.startswith(SINGLE)
    rtol, atol = (1e-6, 1e-7) if single else (1e-10, 1e-12)
    if case.startswith(("circle", "ctc")):  # differences of large exponents, sums over paths
        rtol, atol = 2e-5, 1e-6
    np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=atol, err_msg=what)


def test_every_loss_has_a_case():
    assert {read(case)[0] for case in FUNCTIONS} == {f.__name__ for f in losses.FUNCTIONS.values()}
    assert losses.LOSSES.keys() == losses.FUNCTIONS.keys()


@pytest.mark.parametrize("case", FUNCTIONS)
def test_values_and_gradients(case):
    name, settings, y, p = read(case)
    p = ag.tensor(p, requires_grad=True)
    values = getattr(losses, name)(y, p, **settings)
    values.backward(FOUND["slopes"][: values.size].reshape(values.shape))
    compare(values.data, FOUND[case], case)
    compare(p.grad.data, FOUND[f"gradient {case}"], case, "gradients")


@pytest.mark.parametrize("case", CLASSES)
def test_reductions_weights_and_masks(case):
    name, settings, y, p = read(case)
    weights, ours = FOUND["weights"], []
    for reduction in REDUCTIONS if p.ndim == 2 else REDUCTIONS[:2]:
        loss = getattr(losses, name)(**settings, reduction=reduction)
        ours += [loss(y, p), loss(y, p, weights)]
        if p.ndim == 2:
            ours.append(loss(y, p, weights, mask=MASK))
    np.testing.assert_allclose(ours, FOUND[case], rtol=1e-5)
