"""Keras, asked again, still says what the tests in `nn` compare with.

Each program of `reference` runs in a process and a folder of its own, with its own backend.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

REFERENCE = Path(__file__).parents[1] / "reference"
BACKENDS = {
    "attention": "torch",
    "callbacks": "torch",
    "fits": "jax",
    "functional": "torch",
    "layers": "jax",
    "losses": "torch",
    "masks": "torch",
    "metrics": "torch",
    "optimizers": "torch",
    "recurrent": "torch",
}
# Of the largest number of an array: some of Keras' sums are in float32, whatever their dtype.
TOLERANCE = 1e-6


def test_every_program_is_run():
    assert {path.stem.removeprefix("make_") for path in REFERENCE.glob("make_*.py")} == {*BACKENDS}


@pytest.mark.peers
@pytest.mark.slow
@pytest.mark.parametrize("name", BACKENDS)
def test_keras_says_what_was_written(name, tmp_path):
    backend = BACKENDS[name]
    for package in ("keras", backend):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    folder = tmp_path / "reference"
    folder.mkdir()
    for program in REFERENCE.glob("*.py"):
        shutil.copy(program, folder)
    done = subprocess.run(
        [sys.executable, "-m", f"reference.make_{name}"],
        cwd=tmp_path,
        env=os.environ
        | {
            "JAX_ENABLE_X64": "1",
            "JAX_PLATFORMS": "cpu",
            "KERAS_BACKEND": backend,
            "KERAS_HOME": str(tmp_path),
            "PYTHONPATH": f"{folder}{os.pathsep}{REFERENCE.parents[1]}",
        },
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    with np.load(folder / f"{name}.npz") as now, np.load(REFERENCE / f"{name}.npz") as written:
        assert {*now} == {*written}
        for key in written:
            known = written[key]
            if known.dtype.kind == "f":
                largest = np.abs(known[np.isfinite(known)]).max(initial=0)
                np.testing.assert_allclose(
                    now[key], known, rtol=TOLERANCE, atol=TOLERANCE * largest, err_msg=key
                )
            else:
                np.testing.assert_array_equal(now[key], known, err_msg=key)
