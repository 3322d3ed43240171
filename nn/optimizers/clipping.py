"""Limits to gradients."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd_lite.errors import explain
from nn.checks import real

Array = NDArray[Any]
Gradients = list[Array | None]


class Limits(NamedTuple):
    """At most one of the three."""

    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None

    def checked(self, where: str) -> Limits:
        """The limits as floats.

        Raises:
            ValueError: one is no number at least 0, or there is more than one.
        """
        given = self._asdict()
        if list(given.values()).count(None) < 2:
            raise ValueError(
                explain(
                    where,
                    "more than one way of clipping",
                    got=", ".join(f"{name}={value!r}" for name, value in given.items()),
                    expected="at most one of them",
                )
            )
        return Limits(*(None if v is None else real(where, n, v) for n, v in given.items()))

    def clip(self, gradients: Gradients) -> Gradients:
        """The gradients, those that are too large cut or scaled down."""
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


def _norm(gradient: Array) -> float:
    return math.sqrt(np.vdot(gradient, gradient))
