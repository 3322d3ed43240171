"""Optimizers that look at a parameter as a matrix."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

import numpy as np

import autograd_lite as ag
from nn.checks import count, real
from nn.optimizers.base import Array, Optimizer
from nn.optimizers.groups import Schedule, Trained, positive


class Adafactor(Optimizer):
    """Adam's scaling in little memory: of a matrix' squares only row and column means are kept.

    With ``s = g^2 + epsilon_1`` and ``b = 1 - t^beta_2_decay``, ``r = b r + (1 - b) mean(s, -1)``,
    ``c = b c + (1 - b) mean(s, -2)`` and ``v = r c / mean(r, -1)``; parameters of fewer than two
    axes keep all of v. Then ``u = g / sqrt(v)`` and
    ``w -= max(epsilon_2, rms(w)) rho u / max(1, rms(u) / clip_threshold)``.

    Args:
        parameters: As of `Optimizer`.
        learning_rate: lr.
        beta_2_decay: How fast the memory grows, below 0.
        epsilon_1: Added to the squares.
        epsilon_2: Least size of a parameter.
        clip_threshold: Largest root mean square of u.
        relative_step: Whether rho is ``min(lr, 1 / sqrt(t))`` or lr.
        **settings: As of `Optimizer`.

    Source:
        Shazeer and Stern, Adafactor (2018).

    Example:
        >>> w = ag.tensor([[1.0, 2.0]], requires_grad=True)
        >>> optimizer = Adafactor([w], learning_rate=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.tolist() == ag.tensor([[1.0, 2.0]]).tolist()
        False
    """

    def __init__(
        self,
        parameters: Trained = None,
        learning_rate: float | Schedule = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
        **settings: Any,
    ) -> None:
        self.beta_2_decay = real("Adafactor", "beta_2_decay", beta_2_decay, -math.inf, 0.0)
        self.epsilon_1 = real("Adafactor", "epsilon_1", epsilon_1)
        self.epsilon_2 = real("Adafactor", "epsilon_2", epsilon_2)
        self.clip_threshold = positive("Adafactor", "clip_threshold", clip_threshold)
        self.relative_step = relative_step
        super().__init__(parameters, learning_rate, **settings)

    def _new_slots(self, parameter: ag.Tensor, name: str) -> dict[str, Array]:
        w = parameter.data
        if w.ndim < 2:
            return {"v": np.zeros_like(w)}
        rows, columns = w.shape[:-1], (*w.shape[:-2], w.shape[-1])
        return {"r": np.zeros(rows, w.dtype), "c": np.zeros(columns, w.dtype)}

    def update(self, parameter: ag.Tensor, gradient: Array, **slots: Array) -> None:
        """The formula."""
        t = self.iterations
        keep = 1 - float(t) ** self.beta_2_decay
        rate = self.learning_rate
        rate = min(rate, 1 / math.sqrt(t)) if self.relative_step else rate
        squares = gradient * gradient + self.epsilon_1
        for name, axis in (("v", ()), ("r", -1), ("c", -2)):
            if name in slots:
                slots[name] *= keep
                slots[name] += squares.mean(axis) * (1 - keep)
        if "v" in slots:
            v = slots["v"]
        else:
            r, c = slots["r"], slots["c"]
            v = (r / r.mean(-1, keepdims=True))[..., None] * c[..., None, :]
        u = gradient / np.sqrt(v)
        rate *= max(self.epsilon_2, _rms(parameter.data)) / max(1, _rms(u) / self.clip_threshold)
        ag.updates.sgd(parameter, u, learning_rate=rate)


class Muon(Optimizer):
    """Momentum for matrices, its singular values all made about 1; AdamW for all other shapes.

    ``m = mu m + g``; the matrix ``g + mu m``, or m without Nesterov, is divided by its norm and
    goes `ns_steps` times through ``x = a x + (b (x x') + c (x x')^2) x`` (Newton and Schulz), which
    brings singular values near 1; ``w -= lr rms_rate sqrt(max(rows, columns)) x``.

    Args:
        parameters: As of `Optimizer`; with names, such as ``model.named_parameters()``, if some
            matrices are to be left to AdamW.
        learning_rate: lr.
        adam_beta_1: As of `Adam`.
        adam_beta_2: As of `Adam`.
        adam_weight_decay: The weight decay of what AdamW updates.
        epsilon: As of `Adam`.
        weight_decay: The weight decay of the matrices.
        exclude_layers: Regular expressions; parameters whose names have one are left to AdamW.
        exclude_embeddings: Whether parameters with "embedding" in their names are.
        muon_a: a.
        muon_b: b.
        muon_c: c.
        adam_lr_ratio: AdamW's learning rate over lr.
        momentum: mu.
        ns_steps: Iterations.
        nesterov: Whether to step ahead.
        rms_rate: The root mean square of a step is about this times lr; None leaves it at
            ``1 / sqrt(max(rows, columns))``.
        **settings: As of `Optimizer`.

    Source:
        Jordan et al., Muon (2024); Liu et al., Muon is scalable for LLM training (2025).

    Example:
        >>> w = ag.tensor([[3.0, 0.0], [0.0, 1.0]], requires_grad=True)
        >>> optimizer = Muon([w], learning_rate=0.1, weight_decay=0.0, rms_rate=None)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> bool((abs(w.data - [[2.9, 0], [0, 0.9]]) < 0.04).all())
        True
    """

    def __init__(
        self,
        parameters: Trained = None,
        learning_rate: float | Schedule = 0.001,
        adam_beta_1: float = 0.9,
        adam_beta_2: float = 0.999,
        adam_weight_decay: float | None = 0.004,
        epsilon: float = 1e-7,
        weight_decay: float | None = 0.004,
        *,
        exclude_layers: Iterable[str] | None = None,
        exclude_embeddings: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.7750,
        muon_c: float = 2.0315,
        adam_lr_ratio: float = 1.0,
        momentum: float = 0.95,
        ns_steps: int = 5,
        nesterov: bool = True,
        rms_rate: float | None = 0.2,
        **settings: Any,
    ) -> None:
        self.adam_beta_1 = real("Muon", "adam_beta_1", adam_beta_1, high=1.0)
        self.adam_beta_2 = real("Muon", "adam_beta_2", adam_beta_2, high=1.0)
        self.adam_weight_decay = adam_weight_decay
        if adam_weight_decay is not None:
            real("Muon", "adam_weight_decay", adam_weight_decay)
        self.epsilon = real("Muon", "epsilon", epsilon)
        self.exclude_layers = [*(exclude_layers or ())]
        self.exclude_embeddings = exclude_embeddings
        self.muon_a, self.muon_b, self.muon_c = muon_a, muon_b, muon_c
        self.adam_lr_ratio = real("Muon", "adam_lr_ratio", adam_lr_ratio)
        self.momentum = real("Muon", "momentum", momentum, high=1.0)
        self.ns_steps = count("Muon", "ns_steps", ns_steps)
        self.nesterov = nesterov
        self.rms_rate = rms_rate if rms_rate is None else real("Muon", "rms_rate", rms_rate)
        super().__init__(parameters, learning_rate, weight_decay=weight_decay, **settings)

    def _new_slots(self, parameter: ag.Tensor, name: str) -> dict[str, Array]:
        found = any(re.search(pattern, name) for pattern in self.exclude_layers)
        found = found or (self.exclude_embeddings and "embedding" in name.lower())
        names = ("momentum", "velocity") if parameter.ndim != 2 or found else ("momentum",)
        return {slot: np.zeros_like(parameter.data) for slot in names}

    def _decays(self) -> bool:
        return self.weight_decay is not None or self.adam_weight_decay is not None

    def _weight_decay_of(self, slots: dict[str, Array]) -> float | None:
        return self.adam_weight_decay if "velocity" in slots else self.weight_decay

    def update(
        self,
        parameter: ag.Tensor,
        gradient: Array,
        momentum: Array,
        velocity: Array | None = None,
    ) -> None:
        """The formula."""
        rate = self.learning_rate
        if velocity is not None:
            t, b1, b2 = self.iterations, self.adam_beta_1, self.adam_beta_2
            alpha = self.adam_lr_ratio * rate * math.sqrt(1 - b2**t) / (1 - b1**t)
            ag.updates.adam(
                parameter,
                gradient,
                momentum,
                velocity,
                alpha=alpha,
                beta_1=b1,
                beta_2=b2,
                epsilon=self.epsilon,
            )
            return
        momentum *= self.momentum
        momentum += gradient
        ahead = gradient + momentum * self.momentum if self.nesterov else momentum
        if self.rms_rate is not None:
            rate *= self.rms_rate * math.sqrt(max(parameter.shape))
        ag.updates.sgd(parameter, self._orthogonal(ahead), learning_rate=rate)

    def _orthogonal(self, matrix: Array) -> Array:
        """About the orthogonal matrix nearest to `matrix`."""
        wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
        x = wide / (np.linalg.norm(wide) + 1e-7)
        for _ in range(self.ns_steps):
            square = x @ x.T
            x = self.muon_a * x + (self.muon_b * square + self.muon_c * (square @ square)) @ x
        return x if wide is matrix else x.T


def _rms(x: Array) -> float:
    return math.sqrt(np.vdot(x, x) / max(x.size, 1))
