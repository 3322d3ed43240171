"""Values and derivatives to second order of the rows of op_cases are those of other frameworks."""

from __future__ import annotations

import importlib.util
import re

import pytest

from peers import document

# Rows in which a peer is known to give something else, and why.
KNOWN = {
    "autograd": {
        r"^(max|mean|min|prod|std|sum|var)\(.*'(where|initial|correction)'": "left out",
        r"^norm\(.*'ord': inf": "NaN, as inf * 0",
        r"^(repeat|tile|kron)\(": "entries mixed up in the gradient",
    },
    "torch": {
        r"^(max|mean|min|sum)\(.*'axis': \(\)": "takes it for all axes",
        r"^(nan)?median\(": "the lower of two middle values",
        r"^ldexp\(": "no gradient for negative exponents",
        r"^(kl_div|pad)\(": "another function of that name",
        r"^meshgrid\(": "the other indexing",
        r"^gradient\(.*'axis'": "always gives a tuple",
        r"^leaky_relu\(": "another default slope",
    },
    "jax": {
        r"^leaky_relu\(": "another default slope",
        r"^partition\(": "another order beside the chosen entry",
    },
}
# How many rows, and how many ops, agree at least: fewer would mean that nothing is compared.
AGREE = {"autograd": (500, 130), "torch": (650, 170), "jax": (15, 15)}


@pytest.mark.slow
@pytest.mark.peers
@pytest.mark.parametrize("name", KNOWN)
def test_rows_agree(name):
    if importlib.util.find_spec(name) is None:
        pytest.skip(f"{name} is not installed")
    outcomes = document.ask(name, rows=True)["outcomes"]
    differing = [
        f"{row}: {detail}"
        for _, row, what, detail in outcomes
        if what == "differs" and not any(re.search(known, row) for known in KNOWN[name])
    ]
    assert differing == []
    same = [(op, compared) for op, _, what, compared in outcomes if what == "same"]
    rows, ops = AGREE[name]
    assert len(same) >= rows
    assert len({op for op, _ in same}) >= ops
    # JAX compiles each op of each shape: its first derivatives have to do.
    assert name == "jax" or sum("second" in compared for _, compared in same) >= rows
