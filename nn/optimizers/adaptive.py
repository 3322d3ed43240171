"""Steps divided by the root of squared gradients, number by number."""

from __future__ import annotations

from typing import Any

import autograd_lite as ag
from nn.checks import real
from nn.optimizers.base import Array, Optimizer
from nn.optimizers.groups import Schedule, Trained


class RMSprop(Optimizer):
    """``v = rho v + (1 - rho) g^2``, ``w -= lr g / sqrt(v + epsilon)``.

    Centered, ``a = rho a + (1 - rho) g`` and the variance ``v - a^2`` stands in place of v. With
    momentum, steps s are gathered, ``m = mu m + s``, and ``w -= m``.

    Args:
        parameters: As of `Optimizer`.
        learning_rate: lr.
        rho: How slowly the mean square v forgets.
        momentum: mu, from 0 up to 1.
        epsilon: Inside the root, as in Keras (PyTorch has it outside).
        centered: Whether to divide by the deviation from the mean.
        **settings: As of `Optimizer`.

    Source:
        Hinton, Neural Networks for Machine Learning (2012), lecture 6e; Graves (2013) for the
        centered form.

    Example:
        >>> w = ag.tensor([1.0], requires_grad=True)
        >>> optimizer = RMSprop([w], learning_rate=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> round(w.item(), 4)
        0.6838
    """

    slots: tuple[str, ...] = ("velocity",)

    def __init__(
        self,
        parameters: Trained = None,
        learning_rate: float | Schedule = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **settings: Any,
    ) -> None:
        self.rho = real("RMSprop", "rho", rho, high=1.0)
        self.momentum = real("RMSprop", "momentum", momentum, high=1.0)
        self.epsilon = real("RMSprop", "epsilon", epsilon)
        self.centered = centered
        if centered:
            self.slots += ("average_gradient",)
        if momentum:
            self.slots += ("momentum",)
        super().__init__(parameters, learning_rate, **settings)

    def update(
        self,
        parameter: ag.Tensor,
        gradient: Array,
        velocity: Array,
        average_gradient: Array | None = None,
        momentum: Array | None = None,
    ) -> None:
        """The formula."""
        ag.updates.rmsprop(
            parameter,
            gradient,
            velocity,
            learning_rate=self.learning_rate,
            rho=self.rho,
            epsilon=self.epsilon,
            mean=average_gradient,
            velocity=momentum,
            momentum=self.momentum,
        )


class Adagrad(Optimizer):
    """``a += g^2``, ``w -= lr g / sqrt(a + epsilon)``: the more a number moved, the less it does.

    Args:
        parameters: As of `Optimizer`.
        learning_rate: lr.
        initial_accumulator_value: a at first.
        epsilon: Inside the root.
        **settings: As of `Optimizer`.

    Source:
        Duchi, Hazan and Singer (2011).

    Example:
        >>> w = ag.tensor([1.0], requires_grad=True)
        >>> optimizer = Adagrad([w], learning_rate=0.25, initial_accumulator_value=0.0)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> round(w.item(), 4)
        0.75
    """

    slots = ("accumulator",)

    def __init__(
        self,
        parameters: Trained = None,
        learning_rate: float | Schedule = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **settings: Any,
    ) -> None:
        first = initial_accumulator_value
        self.initial_accumulator_value = real("Adagrad", "initial_accumulator_value", first)
        self.epsilon = real("Adagrad", "epsilon", epsilon)
        super().__init__(parameters, learning_rate, **settings)

    def _new_slots(self, parameter: ag.Tensor, name: str) -> dict[str, Array]:
        slots = super()._new_slots(parameter, name)
        slots["accumulator"].fill(self.initial_accumulator_value)
        return slots

    def update(self, parameter: ag.Tensor, gradient: Array, accumulator: Array) -> None:
        """The formula."""
        rate, epsilon = self.learning_rate, self.epsilon
        ag.updates.adagrad(parameter, gradient, accumulator, learning_rate=rate, epsilon=epsilon)


class Adadelta(Optimizer):
    """``d = g sqrt(b + epsilon) / sqrt(a + epsilon)``, ``w -= lr d``: steps of the size of w.

    ``a = rho a + (1 - rho) g^2`` before it, ``b = rho b + (1 - rho) d^2`` after it.

    Args:
        parameters: As of `Optimizer`.
        learning_rate: lr; the paper's, and PyTorch's default, is 1.
        rho: How slowly the mean squares forget.
        epsilon: Inside the roots.
        **settings: As of `Optimizer`.

    Source:
        Zeiler, ADADELTA (2012).

    Example:
        >>> w = ag.tensor([1.0], requires_grad=True)
        >>> optimizer = Adadelta([w], learning_rate=1.0, epsilon=0.01)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> round(w.item(), 4)
        0.5636
    """

    slots = ("accumulated_grad", "accumulated_delta")

    def __init__(
        self,
        parameters: Trained = None,
        learning_rate: float | Schedule = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        **settings: Any,
    ) -> None:
        self.rho = real("Adadelta", "rho", rho, high=1.0)
        self.epsilon = real("Adadelta", "epsilon", epsilon)
        super().__init__(parameters, learning_rate, **settings)

    def update(
        self,
        parameter: ag.Tensor,
        gradient: Array,
        accumulated_grad: Array,
        accumulated_delta: Array,
    ) -> None:
        """The formula."""
        ag.updates.adadelta(
            parameter,
            gradient,
            accumulated_grad,
            accumulated_delta,
            learning_rate=self.learning_rate,
            rho=self.rho,
            epsilon=self.epsilon,
        )
