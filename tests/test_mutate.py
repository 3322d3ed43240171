"""The tool that breaks rules, on a few of them; `make mutate` has all."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from mutate import FROZEN, Mutant, caught, mutants, run
from op_cases import CASES, Case

import autograd_lite as ag
from autograd_lite.op import OPS


@pytest.mark.parametrize("name", ["multiply", "tanh", "matmul", "concatenate", "linear_relu"])
def test_checks_catch_every_broken_rule(name):
    cases = [c for c in CASES if c.op == name]
    found = {str(m): caught(m, cases) for m in mutants(OPS[name])}
    assert False not in found.values()
    assert list(found.values()).count(True) >= 4


def test_a_check_that_sees_nothing_lets_mutants_live(capsys, monkeypatch):
    check = ag.gradgradcheck

    def blind(*given):
        with contextlib.suppress(ag.errors.GradientError):
            check(*given)
        return True

    monkeypatch.setattr(ag, "gradgradcheck", blind)
    assert run(["tanh"]) == 5
    assert "survived: tanh, rule of x: scaled" in capsys.readouterr().out


def test_mutants_that_change_nothing_do_not_count():
    cases = [c for c in CASES if c.op == "relu"]
    assert caught(Mutant(OPS["relu"], 0, FROZEN), cases) is None
    assert caught(Mutant(OPS["floor"], 0, "of_the_wrong_sign"), [Case("floor", ((3,),))]) is None


def test_rules_are_whole_again_afterwards():
    caught(Mutant(OPS["tanh"], 0, "of_the_wrong_sign"), [Case("tanh", ((3,),))])
    assert ag.grad(np.tanh)(0.0) == 1
