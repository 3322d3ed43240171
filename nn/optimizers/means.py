"""Means over steps: of gradients before an update, of parameters after it."""

from __future__ import annotations

from collections.abc import Sequence

import autograd_lite as ag
from autograd_lite.errors import explain
from nn.checks import positive_int
from nn.optimizers.clipping import Array, Gradients


def accumulated(gradients: Gradients, sums: list[Array], count: int | None) -> Gradients:
    """Add the gradients to their sums.

    Returns:
        The means if `count`, the number of gradients summed, is given, and the sums start again;
        else nothing for any parameter, as for one that had no gradient at all.
    """
    means: Gradients = []
    for g, total in zip(gradients, sums, strict=True):
        if g is not None:
            total += g
        untouched = g is None and not total.any()
        means.append(None if count is None or untouched else total / count)
        if count is not None:
            total.fill(0)
    return means


def average_in(average: Array, value: Array, momentum: float) -> None:
    """``average = momentum * average + (1 - momentum) * value``, a copy at a momentum of 0."""
    if momentum:
        average *= momentum
        average += value * (1 - momentum)
    else:
        average[...] = value


def average_all(
    parameters: Sequence[ag.Tensor], averages: Sequence[Array], momentum: float, overwrite: bool
) -> None:
    """Average parameters into their averages, and write those back if asked to."""
    for parameter, average in zip(parameters, averages, strict=True):
        average_in(average, parameter.data, momentum)
        if overwrite:
            ag.updates.assign(parameter, average)


def several(where: str, steps: int) -> int:
    """`gradient_accumulation_steps` as an int of at least two."""
    name = "gradient_accumulation_steps"
    if positive_int(where, name, steps) < 2:
        raise ValueError(explain(where, f"bad `{name}`", got="1", expected="2 or more, or None"))
    return int(steps)
