"""`fit` comes to what Keras' does, and initializers draw from its distributions."""

from pathlib import Path

import numpy as np
import pytest
from reference.fit_cases import EXACT, FITS, INITIALIZERS, moments, trained

import autograd_lite as ag
import nn

with np.load(Path(__file__).parents[1] / "reference" / "fits.npz") as file:
    FOUND = dict(file)


@pytest.fixture(autouse=True)
def float64():
    before = ag.get_default_dtype()
    ag.set_default_dtype(np.float64)
    ag.set_seed(0)
    yield
    ag.set_default_dtype(before)


@pytest.mark.parametrize("fit", FITS)
def test_fits(fit):
    ours = trained(nn, fit)
    theirs = {k.removeprefix(f"{fit} "): v for k, v in FOUND.items() if k.startswith(f"{fit} ")}
    assert ours.keys() == theirs.keys()
    for name, values in theirs.items():
        np.testing.assert_allclose(ours[name], values, 1e-10, 1e-10, err_msg=name)


@pytest.mark.parametrize("case", range(len(INITIALIZERS)))
def test_moments_of_initializers(case):
    name, settings, shape = INITIALIZERS[case]
    mean, deviation, least, largest = moments(nn, name, settings, shape)
    expected = FOUND["moments"][case]
    # Twice the deviation of a mean, of either sample, and five times that.
    error = 5 * 2**0.5 * expected[1] / np.prod(shape) ** 0.5
    assert mean == pytest.approx(expected[0], abs=error)
    assert deviation == pytest.approx(expected[1], rel=0.02)
    bounded = "Uniform" in name or "Truncated" in name
    assert [least, largest] == pytest.approx(expected[2:], rel=0.01 if bounded else 0.5)


@pytest.mark.parametrize(("name", "settings", "shape"), EXACT)
def test_constants(name, settings, shape):
    ours = getattr(nn.initializers, name)(**settings)(shape)
    np.testing.assert_allclose(ours, FOUND[f"exact {name}"], rtol=1e-7)


def test_every_initializer_is_compared():
    module = vars(nn.initializers).values()
    classes = {
        kind.__name__
        for kind in module
        if isinstance(kind, type) and kind.__module__ == "nn.initializers"
    }
    assert classes == {name for name, *_ in (*INITIALIZERS, *EXACT)}
