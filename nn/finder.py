"""Which learning rate to begin with."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import explain
from nn import resuming
from nn.callbacks.history import figure_class
from nn.checks import positive_int, real
from nn.feeding import ArrayFeed
from nn.model import Model

# How many losses a moving mean is of, about; how many times the least loss ends the search.
MEMORY = 10
DIVERGED = 4.0


class LearningRates(NamedTuple):
    """What `find_learning_rate` found.

    Attributes:
        rates: Of the steps taken.
        losses: Their moving means.
        suggestion: A tenth of the rate at which the loss is least: large, and not too large.
    """

    rates: list[float]
    losses: list[float]
    suggestion: float

    def plot(self) -> Any:
        """Draw the losses by rates, the suggestion marked.

        Returns:
            A figure of matplotlib, which the extra `plot` installs.

        Raises:
            ImportError: matplotlib is not installed.
        """
        figure = figure_class("LearningRates.plot")(figsize=(5.0, 3.4), layout="constrained")
        axes = figure.add_subplot()
        axes.plot(self.rates, self.losses)
        label = f"suggestion {self.suggestion:.2g}"
        axes.axvline(self.suggestion, color="tab:orange", linestyle="--", label=label)
        axes.set(xscale="log", xlabel="learning rate", ylabel="loss")
        axes.grid(alpha=0.3)
        axes.legend()
        return figure


def find_learning_rate(
    model: Model,
    x: Any,
    y: Any,
    batch_size: int = 32,
    lowest: float = 1e-7,
    highest: float = 10.0,
    steps: int = 100,
) -> LearningRates:
    """Train for some steps with a learning rate that grows from each to the next, and watch.

    The rates are a geometric sequence, and the search ends early once the loss has grown to four
    times its least. Afterwards the weights, the optimizer and the random numbers are as before.
    (The range test of Smith, "Cyclical learning rates for training neural networks", 2017.)

    Args:
        model: A compiled one.
        x: Inputs, as of `fit`.
        y: Targets, as of `fit`.
        batch_size: Samples to a step.
        lowest: The first rate, more than 0.
        highest: The last rate.
        steps: How many there are, at least 10.

    Returns:
        The rates, the moving means of the losses, and a suggestion: a tenth of the rate at which
        the mean is least. Noise can mislead it, so look at the `plot`.

    Raises:
        RuntimeError: the model was not compiled.
        ValueError: an argument is out of range, or the first losses are no numbers.

    Example:
        >>> ag.set_seed(0)
        >>> model = nn.Sequential([nn.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> x = np.random.default_rng(0).standard_normal((64, 3))
        >>> found = find_learning_rate(model, x, x.sum(axis=1))
        >>> 1e-3 < found.suggestion < 1, model.optimizer.iterations
        (True, 0)
    """
    where = "find_learning_rate"
    low = real(where, "lowest", lowest, low=math.ulp(0.0))
    high = real(where, "highest", highest, low=math.nextafter(low, math.inf))
    if positive_int(where, "steps", steps) < 10:
        raise ValueError(explain(where, "bad `steps`", got=str(steps), expected="10 or more"))
    samples = model._samples(where, x, y, None)
    feed = ArrayFeed(
        samples, positive_int(where, "batch_size", batch_size), True, steps, goes_on=True
    )
    model._bind_optimizer()
    before, schedule = resuming.snapshot(model), model.optimizer.schedule
    rates = np.geomspace(low, high, steps).tolist()
    model.optimizer.schedule = None
    try:
        with ag.random.replayed(ag.random.state()):
            losses = _losses(model, feed, rates)
    finally:
        model.optimizer.zero_grad()
        if schedule is not None:
            model.optimizer.learning_rate = schedule
        resuming.put_back(model, before)
    if len(losses) < 3:
        problem, fix = "the loss is no number from the start", "look for NaN in x and y"
        raise ValueError(explain(where, problem, got=f"lowest={low:g}", fix=fix))
    rates = rates[: len(losses)]
    return LearningRates(rates, losses, _suggestion(rates, losses))


def _losses(model: Model, feed: ArrayFeed, rates: list[float]) -> list[float]:
    """Moving means of the losses, as far as they do not diverge."""
    model._tally()
    found: list[float] = []
    mean = 0.0
    for step, (rate, batch) in enumerate(zip(rates, feed.epoch(), strict=False), 1):
        model.optimizer.learning_rate = rate
        with np.errstate(over="ignore", invalid="ignore"):
            loss = model.train_step(*batch)
        mean += (loss - mean) / MEMORY
        smooth = mean / (1 - (1 - 1 / MEMORY) ** step)
        if not math.isfinite(smooth):
            break
        found.append(smooth)
        if smooth > DIVERGED * min(found) > 0:
            break
    return found


def _suggestion(rates: list[float], losses: list[float]) -> float:
    """A tenth of the rate of the least loss; the first means are of too few losses to count."""
    first = min(MEMORY, len(losses) // 2)
    return rates[first + int(np.argmin(losses[first:]))] / 10
