"""Layers that move numbers without changing them."""

from __future__ import annotations

import math
from typing import Any

from nn.layer import Layer


class Flatten(Layer):
    """All axes but the batch axis become one.

    Shapes:
        ``(batch, a, b, ...) -> (batch, a * b * ...)``; ``(batch,) -> (batch, 1)``

    Example:
        >>> Flatten()(np.zeros((5, 28, 28))).shape
        (5, 784)
    """

    def call(self, x: Any) -> Any:
        """``x`` as rows."""
        return x.reshape((x.shape[0], math.prod(x.shape[1:])))
