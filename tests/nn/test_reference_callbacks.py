"""Callbacks against Keras: tests/reference/make_callbacks.py wrote what they do."""

import json
from pathlib import Path

import numpy as np
import pytest
from reference import make_callbacks

from nn import callbacks

with np.load(Path(__file__).parents[1] / "reference" / "callbacks.npz") as file:
    FOUND = dict(file)
VALUES = FOUND.pop("values")


@pytest.mark.parametrize("case", FOUND)
def test_epoch_by_epoch(case, tmp_path):
    name, _, settings = case.partition(" ")
    kind, settings = getattr(callbacks, name), json.loads(settings)
    ours = [make_callbacks.run(kind, settings, row, tmp_path / "a") for row in VALUES]
    np.testing.assert_array_equal(np.concatenate(ours), FOUND[case])
