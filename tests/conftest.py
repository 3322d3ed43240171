"""What every test begins with."""

import pytest

import autograd_lite as ag


@pytest.fixture(autouse=True)
def _seeded():
    ag.set_seed(0)
