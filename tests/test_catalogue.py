"""docs/differentiable.md: fresh, complete, and right about what it says."""

from pathlib import Path

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import __main__, catalogue, ops
from autograd_lite.errors import NoRuleError
from autograd_lite.numpy_names import (
    COULD,
    LEFT_OUT,
    METHODS,
    METHODS_LEFT_OUT,
    NUMPY_VERSION,
    PLAIN_METHODS,
    PLAIN_RESULTS,
)
from autograd_lite.numpy_protocol import array_function, array_ufunc

PAGE = Path(__file__).parents[1] / "docs" / "differentiable.md"
SPACES = {"np.": np, "np.linalg.": np.linalg, "np.fft.": np.fft}
VERSION = tuple(map(int, np.__version__.split(".")[:2]))


def listed(space):
    """Every name of a namespace that the lists have."""
    names = {*COULD[space]}
    for path in (name for group in LEFT_OUT.values() for name in group):
        owner, _, name = f"np.{path}".rpartition(".")
        if f"{owner}." == space:
            names.add(name)
    return names | (set(PLAIN_RESULTS) if space == "np." else set())


def functions(space):
    """Every public function that this NumPy has."""
    found = {n: getattr(SPACES[space], n) for n in dir(SPACES[space]) if not n.startswith("_")}
    return {n for n, f in found.items() if callable(f) and not isinstance(f, type)}


same_numpy = pytest.mark.skipif(
    VERSION != NUMPY_VERSION, reason="the lists are those of another NumPy"
)


@same_numpy
def test_the_page_is_fresh(capsys):
    assert __main__.main(["differentiable"]) == 0
    fresh = capsys.readouterr().out
    assert PAGE.read_text(encoding="utf-8") == fresh, "make docs"


@same_numpy
@pytest.mark.parametrize("space", SPACES)
def test_no_name_of_numpy_is_left_out(space):
    assert listed(space) == functions(space)


@same_numpy
def test_no_method_is_left_out():
    assert set(METHODS) == {n for n in dir(np.ndarray) if not n.startswith("_")}


def test_lists_do_not_overlap():
    groups = [*(COULD["np."], PLAIN_RESULTS), *LEFT_OUT.values()]
    names = [name for group in groups for name in group]
    assert sorted(names) == sorted(set(names))
    groups = [PLAIN_METHODS, *METHODS_LEFT_OUT.values()]
    names = [name for group in groups for name in group]
    assert sorted(names) == sorted(set(names))
    assert set(names) <= set(METHODS)


def test_what_answers_numpy_is_on_the_page():
    text = PAGE.read_text(encoding="utf-8")
    for name in ("exp", "sum", "where", "fft.fft"):
        assert f"| `np.{name}` |" in text
    for space in COULD:
        for entry in catalogue.entries(space):
            assert entry.title in text


@pytest.mark.parametrize("space", COULD)
def test_what_is_said_to_raise_raises(space):
    x = ag.tensor([0.5, 0.25], requires_grad=True)
    for entry in catalogue.entries(space):
        function = catalogue.numpy_function(entry.names[0])
        if entry.state == catalogue.RAISES and function is not None:
            with pytest.raises(NoRuleError):
                if isinstance(function, np.ufunc):
                    array_ufunc(function, "__call__", [x] * function.nin, {})
                else:
                    array_function(function, [x], {})


def test_notes_are_the_sentences_on_derivatives():
    assert catalogue.note(ops.relu) == "Its derivative at 0 is 0."
    assert catalogue.note(ops.add) == ""


def test_a_function_that_writes_counts_as_raising():
    assert catalogue.state(np.copyto) == catalogue.RAISES
    assert catalogue.state(np.isnan) == catalogue.GIVES_ARRAYS


def test_a_name_that_numpy_lacks_counts_as_raising(monkeypatch):
    monkeypatch.setitem(catalogue.COULD, "np.", ["exp", "not_yet_there"])
    entries = list(catalogue.entries("np."))
    assert [(e.names, e.state) for e in entries[:2]] == [
        (["np.exp"], "differentiates"),
        (["np.not_yet_there"], "raises"),
    ]
