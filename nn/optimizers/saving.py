"""States of optimizers as arrays by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from autograd_lite.errors import ShapeError, explain

Array = NDArray[Any]


def refuse_other(where: str, given: Mapping[str, Array], ours: Mapping[str, Array]) -> None:
    """See that two states have the same names, shapes and dtypes.

    Raises:
        ShapeError: they have not; all differences are listed.
    """
    problems = [f"{name}: not in this optimizer" for name in given if name not in ours]
    for name, array in ours.items():
        if name not in given:
            problems.append(f"{name}: not in the state")
        elif (a := given[name]).shape != array.shape or a.dtype != array.dtype:
            here = f"{array.dtype} {array.shape} here"
            problems.append(f"{name}: {a.dtype} {a.shape} in the state, {here}")
    if problems:
        raise ShapeError(
            explain(
                where,
                "the state is not this optimizer's",
                got="\n".join(problems),
                expected="what state_dict gave for the same parameters and settings",
            )
        )
