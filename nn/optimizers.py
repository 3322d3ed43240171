"""Optimizers with Keras' formulas and defaults: a formula each, the base class keeps the books."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd_lite as ag
from autograd_lite.errors import GradientError, explain
from nn.checks import real

Array = NDArray[Any]


class Optimizer:
    """Keeps the parameters, the number of steps taken, and the `slots` of each parameter.

    A subclass names its slots, the arrays it keeps for each parameter, and defines
    `update(parameter, gradient, <slots>)`, which writes new values in place.

    Args:
        parameters: What to train, such as ``model.parameters()``; `compile` binds an optimizer made
            without.
        learning_rate: Length of the steps. May be set at any time.
        clipnorm: Largest norm of a gradient; larger ones are scaled down to it.
        clipvalue: Largest absolute value of an entry of a gradient; larger ones are cut to it.
        global_clipnorm: Largest norm of all gradients together. Only one of the three may be given.

    Attributes:
        iterations: Steps taken.
        state: For each parameter a dict of its slots, zeros at first.
    """

    slots: tuple[str, ...] = ()

    def __init__(
        self,
        parameters: Iterable[ag.Tensor] | None = None,
        learning_rate: float = 0.001,
        *,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
    ) -> None:
        self._where = type(self).__name__
        self.learning_rate = learning_rate
        self.iterations = 0
        self.parameters: list[ag.Tensor] = []
        self.state: list[dict[str, Array]] = []
        self.clipnorm = self._limit("clipnorm", clipnorm)
        self.clipvalue = self._limit("clipvalue", clipvalue)
        self.global_clipnorm = self._limit("global_clipnorm", global_clipnorm)
        limits = (clipnorm, clipvalue, global_clipnorm)
        self._clips = limits != (None, None, None)
        if limits.count(None) < 2:
            raise ValueError(
                explain(
                    self._where,
                    "more than one way of clipping",
                    got=f"{clipnorm=}, {clipvalue=}, {global_clipnorm=}",
                    expected="at most one of them",
                )
            )
        if parameters is not None:
            self._bind_given(parameters)

    @property
    def learning_rate(self) -> float:
        """Length of the steps."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self._learning_rate = real(self._where, "learning_rate", value)

    def bind(self, parameters: Iterable[ag.Tensor]) -> None:
        """Train these from now on. Those that were trained before keep their slots."""
        known = {id(p): s for p, s in zip(self.parameters, self.state, strict=True)}
        self.parameters = list(parameters)
        self.state = [
            known.get(id(p)) or {slot: np.zeros_like(p.data) for slot in self.slots}
            for p in self.parameters
        ]

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for p in self.parameters:
            p.grad = None

    def step(self) -> None:
        """Update every parameter that has a gradient.

        Raises:
            GradientError: none has.
        """
        gradients = [None if p.grad is None else p.grad.data for p in self.parameters]
        if all(g is None for g in gradients):
            raise GradientError(
                explain(
                    f"{self._where}.step",
                    "no parameter has a gradient",
                    got=f"{len(gradients)} parameters",
                    fix="loss.backward() before step(), zero_grad() after it",
                )
            )
        if self._clips:
            gradients = self._clipped(gradients)
        self.iterations += 1
        update = self.update
        for parameter, gradient, slots in zip(self.parameters, gradients, self.state, strict=True):
            if gradient is not None:
                update(parameter, gradient, **slots)

    def update(self, *args: Any, **slots: Any) -> None:
        """Write the parameter's next values, and its slots', in place. Subclasses define it."""
        raise NotImplementedError(explain(self._where, "no `update`"))

    def _limit(self, name: str, value: float | None) -> float | None:
        return None if value is None else real(self._where, name, value)

    def _bind_given(self, parameters: Iterable[ag.Tensor]) -> None:
        wrong = None if isinstance(parameters, Iterable) else repr(parameters)
        found = [] if wrong or isinstance(parameters, ag.Tensor) else list(parameters)
        if not found or not all(isinstance(p, ag.Tensor) for p in found):
            raise TypeError(
                explain(
                    self._where,
                    "no parameters to train",
                    got=wrong or f"{type(parameters).__name__} of {len(found)}",
                    expected="Tensors, such as model.parameters(), or none at all before `compile`",
                    fix=f"{self._where}(learning_rate={wrong})"
                    if wrong
                    else "model.build((None, features)) first: parameters are made then",
                )
            )
        self.bind(found)

    def _clipped(self, gradients: list[Array | None]) -> list[Array | None]:
        if self.clipvalue is not None:
            limit = self.clipvalue
            return [None if g is None else np.clip(g, -limit, limit) for g in gradients]
        norms = [0.0 if g is None else _norm(g) for g in gradients]
        if self.global_clipnorm is not None:
            together = math.hypot(*norms)
            # As in Keras: one gradient that is not finite makes all of them NaN.
            together = together if math.isfinite(together) else math.nan
            limit, norms = self.global_clipnorm, [together] * len(norms)
        else:
            limit = self.clipnorm or 0.0
        return [
            g if g is None or n <= limit else g * g.dtype.type(limit / n)
            for g, n in zip(gradients, norms, strict=True)
        ]


class SGD(Optimizer):
    """Gradient descent: ``w -= lr g``; with momentum ``m = mu m - lr g``, ``w += m``.

    Nesterov's form steps ahead: ``w += mu m - lr g`` with the new m.

    Args:
        parameters: As of `Optimizer`.
        learning_rate: lr.
        momentum: mu, from 0 up to 1.
        nesterov: Whether to take Nesterov's form.
        **clipping: As of `Optimizer`.

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
        parameters: Iterable[ag.Tensor] | None = None,
        learning_rate: float = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **clipping: Any,
    ) -> None:
        self.momentum = real("SGD", "momentum", momentum, high=1.0)
        self.nesterov = nesterov
        if not momentum:
            self.slots = ()
        super().__init__(parameters, learning_rate, **clipping)

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


class RMSprop(Optimizer):
    """``v = rho v + (1 - rho) g^2``, ``w -= lr g / sqrt(v + epsilon)``.

    Args:
        parameters: As of `Optimizer`.
        learning_rate: lr.
        rho: How slowly the mean square v forgets.
        epsilon: Inside the root, as in Keras (PyTorch has it outside).
        **clipping: As of `Optimizer`.

    Source:
        Hinton, Neural Networks for Machine Learning (2012), lecture 6e.

    Example:
        >>> w = ag.tensor([1.0], requires_grad=True)
        >>> optimizer = RMSprop([w], learning_rate=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> round(w.item(), 4)
        0.6838
    """

    slots = ("velocity",)

    def __init__(
        self,
        parameters: Iterable[ag.Tensor] | None = None,
        learning_rate: float = 0.001,
        rho: float = 0.9,
        epsilon: float = 1e-7,
        **clipping: Any,
    ) -> None:
        self.rho = real("RMSprop", "rho", rho, high=1.0)
        self.epsilon = real("RMSprop", "epsilon", epsilon)
        super().__init__(parameters, learning_rate, **clipping)

    def update(self, parameter: ag.Tensor, gradient: Array, velocity: Array) -> None:
        """The formula."""
        ag.updates.rmsprop(
            parameter,
            gradient,
            velocity,
            learning_rate=self.learning_rate,
            rho=self.rho,
            epsilon=self.epsilon,
        )


class Adam(Optimizer):
    """``m += (g - m)(1 - b1)``, ``v += (g^2 - v)(1 - b2)``, ``w -= a m / (sqrt(v) + epsilon)``.

    At step t, counted from 1, ``a = lr sqrt(1 - b2^t) / (1 - b1^t)``.

    Args:
        parameters: As of `Optimizer`.
        learning_rate: lr.
        beta_1: b1, how slowly the mean m forgets.
        beta_2: b2, how slowly the mean square v forgets.
        epsilon: Added to the uncorrected root, as in Keras (PyTorch adds it to the corrected one).
        **clipping: As of `Optimizer`.

    Source:
        Kingma and Ba (2015), Algorithm 1 in the order of computation that its section 2 proposes.

    Example:
        >>> w = ag.tensor([1.0], requires_grad=True)
        >>> optimizer = Adam([w], learning_rate=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> round(w.item(), 4)
        0.9
    """

    slots = ("m", "v")

    def __init__(
        self,
        parameters: Iterable[ag.Tensor] | None = None,
        learning_rate: float = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **clipping: Any,
    ) -> None:
        self.beta_1 = real("Adam", "beta_1", beta_1, high=1.0)
        self.beta_2 = real("Adam", "beta_2", beta_2, high=1.0)
        self.epsilon = real("Adam", "epsilon", epsilon)
        super().__init__(parameters, learning_rate, **clipping)

    def update(self, parameter: ag.Tensor, gradient: Array, m: Array, v: Array) -> None:
        """The formula."""
        t, b1, b2 = self.iterations, self.beta_1, self.beta_2
        ag.updates.adam(
            parameter,
            gradient,
            m,
            v,
            alpha=self.learning_rate * math.sqrt(1 - b2**t) / (1 - b1**t),
            beta_1=b1,
            beta_2=b2,
            epsilon=self.epsilon,
        )


OPTIMIZERS: dict[str, type[Optimizer]] = {c.__name__.lower(): c for c in (SGD, RMSprop, Adam)}


def _norm(gradient: Array) -> float:
    return math.sqrt(np.vdot(gradient, gradient))
