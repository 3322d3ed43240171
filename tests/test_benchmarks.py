"""The benchmarks run: tiny, without peers, their figures meaningless."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"
SECONDS = 120
# What each program is asked for beside `--quick`, and how many tables it then prints.
PROGRAMS = {
    "matmul": ([], 1),
    "epoch": (["--batch", "128"], 1),
    "nets": (["--only", "regression", "tanh", "chain"], 3),
    "layers": ([], 1),
    "step_profile": ([], 1),
    "threads": ([], 1),
    "scaling": (["--only", "batch"], 1),
}


def quick(name, arguments, folder):
    done = subprocess.run(
        [sys.executable, "-W", "error", FOLDER / f"{name}.py", "--quick", *arguments],
        cwd=folder,
        env=os.environ | {"MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_run(name, tmp_path):
    arguments, tables = PROGRAMS[name]
    arguments = [*arguments, *(["--out", tmp_path] if name == "scaling" else [])]
    out = quick(name, arguments, tmp_path)
    assert len(re.findall(r"^\| -+ \|", out, re.MULTILINE)) == tables
    assert "nan" not in out
    assert "not seen" not in out  # a part of a step that the profile looks for in vain
    for peer in ("PyTorch eager", "JAX"):
        assert peer not in out
