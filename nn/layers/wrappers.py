"""Layers around a layer: both ways through a sequence, or the same at every step."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ShapeError, choose, explain
from nn.layer import Layer, Parameter
from nn.layers.recurrence import Recurrent
from nn.masking import as_mask, give_mask

MERGES: dict[str, Callable[[Any, Any], Any]] = {
    "concat": lambda a, b: ag.concatenate([a, b], -1),
    "sum": lambda a, b: a + b,
    "mul": lambda a, b: a * b,
    "ave": lambda a, b: (a + b) / 2,
}


class Bidirectional(Layer):
    """A recurrent layer that goes forwards, another that goes backwards, and both outputs as one.

    Args:
        layer: `SimpleRNN`, `LSTM` or `GRU`; for the other direction it is copied, with weights of
            its own.
        merge_mode: ``"concat"``, ``"sum"``, ``"mul"``, ``"ave"``, or None for both outputs.
        backward_layer: For the other direction, if not a copy.
        name: Of the layer.

    Shapes:
        ``(batch, steps, n) -> (batch, 2 * units)`` with ``"concat"``, else ``(batch, units)``; with
        `return_sequences` of `layer` ``(batch, steps, ...)``. Masked steps of a sequence give 0.
        Final states, if `layer` returns them, follow: those forwards, then those backwards.

    Raises:
        TypeError: `layer` is not recurrent.
        ValueError: `merge_mode` is unknown, or `backward_layer` does not go the other way.

    Source:
        Schuster and Paliwal (1997).

    Example:
        >>> layer = Bidirectional(nn.layers.LSTM(4, return_sequences=True))
        >>> layer(np.zeros((2, 5, 3), np.float32)).shape
        (2, 5, 8)
    """

    _makes_masks = False

    def __init__(
        self,
        layer: Layer,
        merge_mode: str | None = "concat",
        *,
        backward_layer: Layer | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        if merge_mode is not None:
            choose(MERGES, merge_mode, "Bidirectional: `merge_mode`")
        self.merge_mode = merge_mode
        self.forward_layer = _recurrent(layer)
        other = None if backward_layer is None else _recurrent(backward_layer)
        self.backward_layer = other or _reversed(self.forward_layer)
        self._check()
        self.forward_layer.zero_output_for_mask = True
        self.backward_layer.zero_output_for_mask = True

    def _check(self) -> None:
        one, two = self.forward_layer, self.backward_layer
        alike = all(
            getattr(one, n) == getattr(two, n) for n in ("return_sequences", "return_state")
        )
        if one.go_backwards == two.go_backwards or not alike:
            raise ValueError(
                explain(
                    "Bidirectional",
                    "`backward_layer` does not match `layer`",
                    expected="the same `return_sequences` and `return_state`, the other "
                    "`go_backwards`",
                )
            )

    def call(
        self, x: Any, initial_state: Any = None, mask: Any = None, training: bool = False
    ) -> Any:
        """Both directions, merged.

        Args:
            x: Sequences ``(batch, steps, features)``.
            initial_state: First states forwards, then as many backwards; None for zeros.
            mask: ``(batch, steps)`` of booleans, False for steps to leave out.
            training: Whether to drop out.
        """
        states = [None, None] if initial_state is None else _halves(self.name, initial_state)
        layers = (self.forward_layer, self.backward_layer)
        outputs = [
            layer(x, initial_state=state, mask=mask, training=training)
            for layer, state in zip(layers, states, strict=True)
        ]
        final: list[Any] = []
        if self.forward_layer.return_state:
            final = [s for _, *some in outputs for s in some]
            outputs = [first for first, *_ in outputs]
        if self.forward_layer.return_sequences:
            outputs[1] = outputs[1][:, ::-1]
        merged = outputs if self.merge_mode is None else [MERGES[self.merge_mode](*outputs)]
        return tuple(merged + final) if len(merged) + len(final) > 1 else merged[0]

    def compute_mask(self, x: Any, mask: Any = None) -> Any:
        """That of the input if all steps come out; final states have none."""
        if not self.forward_layer.return_sequences:
            return None
        return [mask, mask] if self.merge_mode is None else mask

    def reset_state(self) -> None:
        """Let both start the next batch from zeros; of use if they are `stateful`."""
        self.forward_layer.reset_state()
        self.backward_layer.reset_state()

    reset_states = reset_state


def _recurrent(layer: Layer) -> Recurrent:
    if not isinstance(layer, Recurrent):
        raise TypeError(explain("Bidirectional", "not a recurrent layer", got=repr(layer)))
    return layer


def _reversed(layer: Recurrent) -> Recurrent:
    """A layer of the same settings, not built, that goes the other way."""
    other = copy.copy(layer)
    for name, value in list(vars(other).items()):
        if isinstance(value, Parameter):
            delattr(other, name)
    other.built, other.output_shape, other._left, other._uses = False, None, None, 0
    other._short = False
    other.go_backwards = not layer.go_backwards
    other.name = f"backward_{layer.name}"
    return other


def _halves(where: str, states: Any) -> list[Any]:
    if not isinstance(states, list | tuple) or len(states) % 2:
        raise ShapeError(
            explain(
                where,
                "bad `initial_state`",
                got=repr(type(states).__name__),
                expected="a list: the states forwards, then as many backwards",
            )
        )
    half = len(states) // 2
    return [list(states[:half]), list(states[half:])]


class TimeDistributed(Layer):
    """The same layer at every step of a sequence.

    Args:
        layer: Any layer of one input.
        name: Of the layer.

    Shapes:
        ``(batch, steps, ...) -> (batch, steps, ...)``, what follows being the layer's. A mask
        ``(batch, steps, n)`` masks the layer's own steps, and those of which nothing is left.

    Raises:
        TypeError: `layer` is no layer.
        ShapeError: the input has no axis of steps.

    Example:
        >>> TimeDistributed(nn.layers.Flatten())(np.zeros((2, 5, 3, 4))).shape
        (2, 5, 12)
    """

    _makes_masks = False

    def __init__(self, layer: Layer, *, name: str | None = None) -> None:
        super().__init__(name)
        if not isinstance(layer, Layer):
            raise TypeError(explain("TimeDistributed", "not a layer", got=repr(layer)))
        self.layer = layer

    def call(self, x: Any, mask: Any = None, training: bool = False) -> Any:
        """``layer`` of all steps as one batch."""
        if x.ndim < 3:
            expected = "(batch, steps, features, ...)"
            raise ShapeError(explain(self.name, "no steps", got=str(x.shape), expected=expected))
        rows = x.reshape((-1, *x.shape[2:]))
        if mask is not None and np.ndim(mask) > 2:
            give_mask(rows, as_mask(mask).reshape((-1, *mask.shape[2:])))
        y = self.layer(rows, training=training)
        return y.reshape((*x.shape[:2], *y.shape[1:]))

    def compute_mask(self, x: Any, mask: Any = None) -> Any:
        """Where there is anything at a step."""
        return None if mask is None else as_mask(mask).any(axis=tuple(range(2, mask.ndim)))
