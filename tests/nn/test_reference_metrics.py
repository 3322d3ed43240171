"""Metrics against Keras: tests/reference/make_metrics.py wrote what it does."""

import json
from pathlib import Path

import numpy as np
import pytest

from nn import metrics

with np.load(Path(__file__).parents[1] / "reference" / "metrics.npz") as file:
    FOUND = dict(file)
CASES = [case for case in FOUND if f"plain {case}" in FOUND]
FIRST = 7


def after_two_batches(case, *weights):
    name, _, rest = case.partition(" ")
    settings, end = json.JSONDecoder().raw_decode(rest)
    key = rest[end + 1 :]
    metric = getattr(metrics, name)(**settings)
    for part in (slice(None, FIRST), slice(FIRST, None)):
        metric.update_state(*(a[part] for a in (FOUND[f"y {key}"], FOUND[f"p {key}"], *weights)))
    return metric.result()


@pytest.mark.parametrize("case", CASES)
def test_results(case):
    np.testing.assert_allclose(after_two_batches(case), FOUND[f"plain {case}"], 2e-6, 1e-6)


@pytest.mark.parametrize("case", CASES)
def test_weighted_results(case):
    weights = FOUND["weights"]
    ours = after_two_batches(case, np.ceil(weights) if "IoU" in case else weights)
    np.testing.assert_allclose(ours, FOUND[case], 2e-6, 1e-6)
    assert np.ndim(ours) or type(ours) is float


def test_every_metric_has_a_case():
    covered = {case.partition(" ")[0] for case in CASES}
    kinds = {c.__name__ for c in metrics.METRICS.values()}
    assert kinds <= covered
