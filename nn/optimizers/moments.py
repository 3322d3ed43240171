"""Adam and its kin: means of the gradient and of its square."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import autograd_lite as ag
from nn.checks import real
from nn.optimizers.base import Array, Optimizer
from nn.optimizers.groups import Schedule, Trained


class _Moments(Optimizer):
    """What the kin shares: two means, how slowly they forget, and epsilon."""

    slots: tuple[str, ...] = ("m", "v")

    def __init__(
        self,
        parameters: Trained = None,
        learning_rate: float | Schedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **settings: Any,
    ) -> None:
        where = type(self).__name__
        self.beta_1 = real(where, "beta_1", beta_1, high=1.0)
        self.beta_2 = real(where, "beta_2", beta_2, high=1.0)
        self.epsilon = real(where, "epsilon", epsilon)
        super().__init__(parameters, learning_rate, **settings)


class Adam(_Moments):
    """``m += (g - m)(1 - b1)``, ``v += (g^2 - v)(1 - b2)``, ``w -= a m / (sqrt(v) + epsilon)``.

    At step t, counted from 1, ``a = lr sqrt(1 - b2^t) / (1 - b1^t)``.

    Args:
        parameters: As of `Optimizer`.
        learning_rate: lr.
        beta_1: b1, how slowly the mean m forgets.
        beta_2: b2, how slowly the mean square v forgets.
        epsilon: Added to the uncorrected root, as in Keras (PyTorch adds it to the corrected one).
        amsgrad: Whether the largest v so far stands in place of v, so that steps do not grow again
            (Reddi, Kale and Kumar, 2018).
        **settings: As of `Optimizer`.

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

    def __init__(
        self,
        parameters: Trained = None,
        learning_rate: float | Schedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **settings: Any,
    ) -> None:
        self.amsgrad = amsgrad
        self._fuses_decay = True
        if amsgrad:
            self.slots += ("v_hat",)
        super().__init__(parameters, learning_rate, beta_1, beta_2, epsilon, **settings)

    def update(
        self,
        parameter: ag.Tensor,
        gradient: Array,
        m: Array,
        v: Array,
        v_hat: Array | None = None,
    ) -> None:
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
            decay=self._decay,
            largest=v_hat,
        )


class AdamW(Adam):
    """`Adam` with weight decay: ``w -= lr wd w`` before each update.

    Args:
        parameters: As of `Optimizer`.
        learning_rate: lr.
        weight_decay: wd.
        beta_1: b1, how slowly the mean m forgets.
        beta_2: b2, how slowly the mean square v forgets.
        epsilon: Added to the uncorrected root.
        amsgrad: As of `Adam`.
        **settings: As of `Optimizer`.

    Source:
        Loshchilov and Hutter, Decoupled weight decay regularization (2019).

    Example:
        >>> w = ag.tensor([1.0], requires_grad=True)
        >>> optimizer = AdamW([w], learning_rate=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> round(w.item(), 4)
        0.8996
    """

    def __init__(
        self,
        parameters: Trained = None,
        learning_rate: float | Schedule = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **settings: Any,
    ) -> None:
        settings["weight_decay"] = weight_decay
        super().__init__(parameters, learning_rate, beta_1, beta_2, epsilon, amsgrad, **settings)


class Adamax(_Moments):
    """`Adam` with the largest gradient for a root: ``w -= lr m / ((1 - b1^t) (u + epsilon))``.

    ``u = max(b2 u, |g|)``.

    Args:
        parameters: As of `Optimizer`.
        learning_rate: lr.
        beta_1: b1, how slowly the mean m forgets.
        beta_2: b2, how slowly the largest gradient u forgets.
        epsilon: Added to the largest gradient.
        **settings: As of `Optimizer`.

    Source:
        Kingma and Ba (2015), section 7.1.

    Example:
        >>> w = ag.tensor([1.0], requires_grad=True)
        >>> optimizer = Adamax([w], learning_rate=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> round(w.item(), 4)
        0.9
    """

    slots = ("m", "u")

    def update(self, parameter: ag.Tensor, gradient: Array, m: Array, u: Array) -> None:
        """The formula."""
        ag.updates.adamax(
            parameter,
            gradient,
            m,
            u,
            alpha=self.learning_rate / (1 - self.beta_1**self.iterations),
            beta_1=self.beta_1,
            beta_2=self.beta_2,
            epsilon=self.epsilon,
        )


class Nadam(_Moments):
    """`Adam` with Nesterov momentum: ``w -= lr h / (sqrt(v / (1 - b2^t)) + epsilon)``.

    ``u_t = b1 (1 - 0.96^t / 2)``, ``U = u_1 ... u_t``, and
    ``h = u_{t+1} m / (1 - U u_{t+1}) + (1 - u_t) g / (1 - U)``.

    Args:
        parameters: As of `Optimizer`.
        learning_rate: lr.
        beta_1: b1, how slowly the mean m forgets.
        beta_2: b2, how slowly the mean square v forgets.
        epsilon: Added to the root.
        **settings: As of `Optimizer`.

    Source:
        Dozat, Incorporating Nesterov momentum into Adam (2016).

    Example:
        >>> w = ag.tensor([1.0], requires_grad=True)
        >>> optimizer = Nadam([w], learning_rate=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> round(w.item(), 4)
        0.8937
    """

    _counters: ClassVar[tuple[str, ...]] = ("_momentum_product", "_momentum_product_step")
    _momentum_product = 1.0
    _momentum_product_step = 0.0

    def update(self, parameter: ag.Tensor, gradient: Array, m: Array, v: Array) -> None:
        """The formula."""
        t, rate = self.iterations, self.learning_rate
        now, following = self._pace(t), self._pace(t + 1)
        if self._momentum_product_step != t:  # once a step, not once a parameter
            self._momentum_product *= now
            self._momentum_product_step = float(t)
        product = self._momentum_product
        ag.updates.nadam(
            parameter,
            gradient,
            m,
            v,
            of_mean=rate * following / (1 - product * following),
            of_gradient=rate * (1 - now) / (1 - product),
            beta_1=self.beta_1,
            beta_2=self.beta_2,
            correction=1 - self.beta_2**t,
            epsilon=self.epsilon,
        )

    def _pace(self, t: int) -> float:
        """The momentum of step t."""
        return self.beta_1 * (1 - 0.5 * 0.96**t)


class Lamb(_Moments):
    """`Adam` in steps as long as the parameter is large: ``w -= lr r |w| / |r|``.

    ``r = (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon)``; the factor is 1 where a norm is 0.

    Args:
        parameters: As of `Optimizer`.
        learning_rate: lr.
        beta_1: b1, how slowly the mean m forgets.
        beta_2: b2, how slowly the mean square v forgets.
        epsilon: Added to the corrected root.
        **settings: As of `Optimizer`.

    Source:
        You et al., Large batch optimization for deep learning (2020).

    Example:
        >>> w = ag.tensor([1.0], requires_grad=True)
        >>> optimizer = Lamb([w], learning_rate=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> round(w.item(), 4)
        0.9
    """

    def update(self, parameter: ag.Tensor, gradient: Array, m: Array, v: Array) -> None:
        """The formula."""
        t, b1, b2 = self.iterations, self.beta_1, self.beta_2
        ag.updates.lamb(
            parameter,
            gradient,
            m,
            v,
            learning_rate=self.learning_rate,
            beta_1=b1,
            beta_2=b2,
            corrections=(1 - b1**t, 1 - b2**t),
            epsilon=self.epsilon,
        )
