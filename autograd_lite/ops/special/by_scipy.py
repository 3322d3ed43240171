"""Ops whose values come from `scipy.special`, which is loaded when the first of them is called."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.errors import NoRuleError, explain
from autograd_lite.op import op

ANSWERS: dict[str, Callable[..., Any]] = {}
"""What answers for SciPy's ufuncs, by the names that these have."""


@functools.cache
def scipy_special() -> Any:
    """SciPy's module."""
    try:
        import scipy.special  # type: ignore[import-untyped]
    except ImportError:
        fix = 'pip install "autograd_lite[scipy]"'
        raise ImportError(explain("ag.special", "SciPy is not installed", fix=fix)) from None
    return scipy.special


def _alike(arrays: tuple[Any, ...]) -> Any:
    """Python's numbers take the dtype of the arrays, as NumPy has it: SciPy may widen them."""
    if len(arrays) == 1 or (dtype := np.result_type(*arrays)).kind not in "fc":
        return arrays
    return [np.asarray(a, dtype) if isinstance(a, (int, float)) else a for a in arrays]


def scipy_op(*vjps: Any, domain: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare SciPy's function of the same name as an op: the decorated one only documents it."""

    def declare(described: Callable[..., Any]) -> Callable[..., Any]:
        name = described.__name__

        @functools.wraps(described)
        def forward(*arrays: Any) -> Any:
            return getattr(scipy_special(), name)(*_alike(arrays))

        call = op(vjps=vjps, domain=domain, broadcasts=len(vjps) > 1)(forward)
        ANSWERS[name] = call
        return call

    return declare


def no_rule(name: str, argument: str) -> Callable[[Any], Any]:
    """The rule of an argument by which there is no derivative here: it says so."""

    def refuse(g: Any) -> Any:
        problem = f"no derivative by `{argument}` is known here"
        fix = f"detach it: {argument}.detach()"
        raise NoRuleError(explain(f"special.{name}", problem, fix=fix))

    return refuse


def answer_for(ufunc: np.ufunc) -> Callable[..., Any] | None:
    """What answers when one of SciPy's ufuncs is given a Tensor; None for other ufuncs.

    Example:
        >>> import scipy.special
        >>> answer_for(scipy.special.gammaln) is ag.ops.special.gammaln
        True
    """
    theirs = getattr(sys.modules.get("scipy.special"), ufunc.__name__, None)
    return ANSWERS.get(ufunc.__name__) if theirs is ufunc else None
