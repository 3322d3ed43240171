"""Layers that differ between training and use, to keep a model from learning its data by heart."""

from __future__ import annotations

from typing import Any

import autograd_lite as ag
from nn.checks import real
from nn.layer import Layer


class Dropout(Layer):
    """Zeroes each entry with probability `rate` and scales the rest by ``1 / (1 - rate)``.

    In training only; otherwise the input passes through.

    Args:
        rate: From 0 up to, not including, 1.
        name: Of the layer.

    Shapes:
        ``(batch, ...) -> (batch, ...)``

    Source:
        Srivastava et al. (2014), in the form that scales while training.

    Example:
        >>> ag.set_seed(3)
        >>> Dropout(0.5)(np.ones((1, 6)), training=True)
        array([[2., 2., 0., 0., 2., 0.]])
        >>> Dropout(0.5)(np.ones((1, 2)))
        array([[1., 1.]])
    """

    def __init__(self, rate: float, *, name: str | None = None) -> None:
        super().__init__(name)
        self.rate = real("Dropout", "rate", rate, high=1.0)

    def call(self, x: Any, training: bool = False) -> Any:
        """``x * mask``, the mask drawn anew at each call."""
        if not training or self.rate == 0.0:
            return x
        return ag.dropout(x, self.rate)
