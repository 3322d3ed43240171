"""Descent along the gradient, a mean of gradients, or its sign."""

from __future__ import annotations

import math
from typing import Any

import autograd_lite as ag
from autograd_lite.errors import explain
from nn.checks import real
from nn.optimizers.base import Array, Optimizer
from nn.optimizers.groups import Schedule, Trained


class SGD(Optimizer):
    """Gradient descent: ``w -= lr g``; with momentum ``m = mu m - lr g``, ``w += m``.

    Nesterov's form steps ahead: ``w += mu m - lr g`` with the new m.

    Args:
        parameters: As of `Optimizer`.
        learning_rate: lr.
        momentum: mu, from 0 up to 1.
        nesterov: Whether to take Nesterov's form.
        **settings: As of `Optimizer`.

    Source:
        Polyak (1964); Nesterov (1983), as in Sutskever et al. (2013).

    Example:
        >>> w = ag.tensor([1.0], requires_grad=True)
        >>> optimizer = SGD([w], learning_rate=0.25)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.tolist()
        [0.5]
    """

    slots: tuple[str, ...] = ("velocity",)

    def __init__(
        self,
        parameters: Trained = None,
        learning_rate: float | Schedule = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **settings: Any,
    ) -> None:
        self.momentum = real("SGD", "momentum", momentum, high=1.0)
        self.nesterov = nesterov
        if not momentum:
            self.slots = ()
        super().__init__(parameters, learning_rate, **settings)

    def update(self, parameter: ag.Tensor, gradient: Array, velocity: Array | None = None) -> None:
        """The formula."""
        if velocity is None:
            ag.updates.sgd(parameter, gradient, learning_rate=self.learning_rate)
        else:
            ag.updates.momentum(
                parameter,
                gradient,
                velocity,
                learning_rate=self.learning_rate,
                momentum=self.momentum,
                nesterov=self.nesterov,
            )


class Lion(Optimizer):
    """``w -= lr sign(b1 m + (1 - b1) g)``, then ``m = b2 m + (1 - b2) g``.

    Every step has the same length in every direction: take a learning rate some ten times smaller
    than Adam's, and a weight decay as much larger.

    Args:
        parameters: As of `Optimizer`.
        learning_rate: lr.
        beta_1: b1, what the mean counts for in the step.
        beta_2: b2, how slowly the mean m forgets.
        **settings: As of `Optimizer`.

    Source:
        Chen et al., Symbolic discovery of optimization algorithms (2023).

    Example:
        >>> w = ag.tensor([1.0], requires_grad=True)
        >>> optimizer = Lion([w], learning_rate=0.25)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.tolist()
        [0.75]
    """

    slots = ("momentum",)

    def __init__(
        self,
        parameters: Trained = None,
        learning_rate: float | Schedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        **settings: Any,
    ) -> None:
        self.beta_1 = real("Lion", "beta_1", beta_1, high=1.0)
        self.beta_2 = real("Lion", "beta_2", beta_2, high=1.0)
        super().__init__(parameters, learning_rate, **settings)

    def update(self, parameter: ag.Tensor, gradient: Array, momentum: Array) -> None:
        """The formula."""
        ag.updates.lion(
            parameter,
            gradient,
            momentum,
            learning_rate=self.learning_rate,
            beta_1=self.beta_1,
            beta_2=self.beta_2,
        )


class Ftrl(Optimizer):
    """Follow the regularised leader: ``w = (clip(z, -l1, l1) - z) / q``, sparse where l1 > 0.

    ``h = g + 2 s w``, ``n' = n + g^2``, ``z += h - (n'^-p - n^-p) / lr w`` and
    ``q = n'^-p / lr + 2 (l2 + beta / (2 lr))``.

    Args:
        parameters: As of `Optimizer`.
        learning_rate: lr, above 0.
        learning_rate_power: p, at most 0; the rate falls as the sum of squares to this power.
        initial_accumulator_value: n at first.
        l1_regularization_strength: l1.
        l2_regularization_strength: l2.
        l2_shrinkage_regularization_strength: s, a penalty on the size of w in the gradient alone.
        beta: As in the paper.
        **settings: As of `Optimizer`.

    Source:
        McMahan et al., Ad click prediction: a view from the trenches (2013).

    Example:
        >>> w = ag.tensor([1.0], requires_grad=True)
        >>> optimizer = Ftrl([w], learning_rate=1.0, l1_regularization_strength=10.0)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.tolist()
        [0.0]
    """

    slots = ("accumulator", "linear")

    def __init__(
        self,
        parameters: Trained = None,
        learning_rate: float | Schedule = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        **settings: Any,
    ) -> None:
        power = real("Ftrl", "learning_rate_power", learning_rate_power, low=-math.inf)
        if power > 0:
            got, expected = repr(power), "a number, 0 or less"
            raise ValueError(
                explain("Ftrl", "bad `learning_rate_power`", got=got, expected=expected)
            )
        self.learning_rate_power = power
        first, l1 = initial_accumulator_value, l1_regularization_strength
        l2, shrinkage = l2_regularization_strength, l2_shrinkage_regularization_strength
        self.initial_accumulator_value = real("Ftrl", "initial_accumulator_value", first)
        self.l1_regularization_strength = real("Ftrl", "l1_regularization_strength", l1)
        self.l2_regularization_strength = real("Ftrl", "l2_regularization_strength", l2)
        name = "l2_shrinkage_regularization_strength"
        self.l2_shrinkage_regularization_strength = real("Ftrl", name, shrinkage)
        self.beta = real("Ftrl", "beta", beta)
        super().__init__(parameters, learning_rate, **settings)

    def _new_slots(self, parameter: ag.Tensor, name: str) -> dict[str, Array]:
        slots = super()._new_slots(parameter, name)
        slots["accumulator"].fill(self.initial_accumulator_value)
        return slots

    def update(
        self, parameter: ag.Tensor, gradient: Array, accumulator: Array, linear: Array
    ) -> None:
        """The formula."""
        rate = self.learning_rate
        if not rate:
            return
        ag.updates.ftrl(
            parameter,
            gradient,
            accumulator,
            linear,
            learning_rate=rate,
            power=-self.learning_rate_power,
            l1=self.l1_regularization_strength,
            l2=2 * self.l2_regularization_strength + self.beta / rate,
            shrinkage=2 * self.l2_shrinkage_regularization_strength,
        )
