"""Prints how far layers, losses, metrics, optimizers and all else are from Keras' numbers.

Run by hand; Keras need not be installed, for its numbers are in the .npz files::

    python tests/reference/differences.py

The tests that compare with these files are run, and what they compare is noted: of each name the
largest absolute difference, the largest relative to the largest number of its case, and the
relative one that the tests allow. Where that is more than 1e-10 one of the two is in float32.
With the gradients of layers are their states.
"""

import contextlib
import functools
import io
import json
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from nn import constraints, layers, regularizers

TESTS = Path(__file__).parents[1]
KINDS = ("values", "gradients")
FUNCTIONS = ("assert_allclose", "assert_array_equal")


def measure(ours, theirs):
    """The largest difference, NaN being no different from NaN, and the largest number."""
    ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
    off = np.where(np.isnan(ours) & np.isnan(theirs), 0.0, np.abs(ours - theirs))
    return off.max(initial=0.0), np.nan_to_num(np.abs(theirs)).max(initial=0.0)


class Recorder:
    """A plugin of pytest that notes each comparison of each test.

    Attributes:
        found: By test, name and kind, for each case: difference, largest number, what is allowed.
    """

    def __init__(self):
        self.found = defaultdict(lambda: defaultdict(lambda: {kind: {} for kind in KINDS}))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item):
        with pytest.MonkeyPatch.context() as patch:
            for name in FUNCTIONS:
                patch.setattr(np.testing, name, self.noting(item, getattr(np.testing, name)))
            return (yield)

    def noting(self, item, function):
        """The function, noted for this test."""

        @functools.wraps(function)
        def noted(ours, theirs, *tolerance, **settings):
            allowed = [*tolerance, settings.get("rtol", 0.0)][0]
            kind = KINDS["gradients" in settings.get("err_msg", "")]
            cases = self.found[heading(item)][name_of(item)][kind]
            before = cases.get(item.nodeid, (0.0, 0.0, 0.0))
            cases[item.nodeid] = np.maximum(before, [*measure(ours, theirs), allowed])
            return function(ours, theirs, *tolerance, **settings)

        return noted


def topic(item):
    """What a test file is about."""
    return item.path.stem.removeprefix("test_reference_")


def heading(item):
    """What a test is about."""
    return f"{topic(item)}: {item.originalname.removeprefix('test_').replace('_', ' ')}"


def name_of(item):
    """What a case is of."""
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    if "row" in parameters:
        row = parameters["row"]
        name = row.get("layer", f"all of {topic(item)}")
        return name if row.get("merge", "alone") == "alone" else f"Bidirectional({name})"
    if "case" in parameters:
        text = parameters["case"].removeprefix("schedule ")
        return next(iter(json.loads(text))) if text[0] == "{" else text.partition(" ")[0]
    name = item.callspec.id.rpartition("-")[2] if parameters else "a model"
    known = any(hasattr(module, name) for module in (layers, regularizers, constraints))
    return name if known else name.rstrip("0123456789")  # which tell cases apart


def described(cases):
    """The worst of some cases in three columns, or nothing."""
    if not cases:
        return ""
    off, scale, allowed = np.array([*cases.values()]).T
    worst = off.max(), (off / np.where(scale, scale, 1.0)).max(), allowed.max()
    return "".join(f"{'0' if number == 0 else f'{number:.0e}':>9}" for number in worst)


def main():
    """Run the tests and print the tables."""
    recorder, output = Recorder(), io.StringIO()
    files = sorted(TESTS.glob("nn/test_reference_*.py"))
    with contextlib.redirect_stdout(output):
        failed = pytest.main(["-q", "-p", "no:cacheprovider", *map(str, files)], [recorder])
    columns = "".join(f"{name:>9}" for name in ("absolute", "relative", "allowed"))
    for title, rows in recorder.found.items():
        print(f"\n{title}\n{'':38}cases {columns}  gradients:{columns[1:]}")
        for name, row in sorted(rows.items()):
            values, gradients = (described(row[kind]) for kind in KINDS)
            print(f"{name:38}{len(row['values']):5} {values}{'':11}{gradients}".rstrip())
    if failed:
        sys.exit(output.getvalue())


if __name__ == "__main__":
    main()
