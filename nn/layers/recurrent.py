"""Recurrent layers: SimpleRNN, LSTM and GRU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import autograd_lite as ag
from nn import activations
from nn.layer import Parameter
from nn.layers.recurrence import Recurrent, Settings, States
from nn.layers.weights import NamedActivation, get_activation


class SimpleRNN(Recurrent):
    """The simple recurrent net: ``h <- activation(x_t @ kernel + h @ recurrent_kernel + bias)``.

    Args:
        units: Length of the state.
        activation: A name in `nn.activations`, a callable, or None.
        use_bias: Whether to add a bias.
        **settings: As of `LSTM`.

    Shapes:
        ``(batch, steps, n) -> (batch, units)``, ``(batch, steps, units)`` with
        `return_sequences`; `kernel` ``(n, units)``, `recurrent_kernel` ``(units, units)``, `bias`
        ``(units,)``.

    Raises:
        ValueError: `units` is not positive, or a name is unknown.
        ShapeError: the input, the mask or a state does not fit.

    Example:
        >>> SimpleRNN(4)(np.zeros((2, 5, 3), np.float32)).shape
        (2, 4)
    """

    def _fused(self, x: Any, kernel: Any, bias: Any, states: States, mask: Any) -> Sequence[Any]:
        return ag.rnn(x, kernel, self.recurrent_kernel, bias, states[0], mask)

    def _step(self, given: Any, states: States, keep: Sequence[Any]) -> list[Any]:
        return [self.activation(given + self._seen(states[0], keep)[0])]


class LSTM(Recurrent):
    """Long short-term memory, with a cell c beside the state h.

    At each step ``i, f, g, o = split(x_t @ kernel + h @ recurrent_kernel + bias)``, then ``c <-
    s(f) * c + s(i) * a(g)`` and ``h <- s(o) * a(c)``, where a is `activation` and s
    `recurrent_activation`.

    Args:
        units: Length of the state.
        activation: A name in `nn.activations`, a callable, or None.
        recurrent_activation: Likewise, of the gates.
        use_bias: Whether to add a bias.
        unit_forget_bias: Whether the forget gate's bias starts at 1 (Jozefowicz et al., 2015).
        **settings: Initializers, regularizers and constraints, as ``kernel_initializer``, named
            after ``kernel``, ``recurrent`` (orthogonal unless given) and ``bias``;
            `activity_regularizer`; `dropout` and `recurrent_dropout`, rates for input and state,
            with one mask for all steps; `return_sequences`, the state after each step rather than
            the last; `return_state`, the final states after the output; `go_backwards`, from the
            last step to the first; `stateful`, a batch starts with the states where the last one
            ended, until `reset_state`; `name`.

    Shapes:
        ``(batch, steps, n) -> (batch, units)``, ``(batch, steps, units)`` with
        `return_sequences`; `kernel` ``(n, 4 * units)``, `recurrent_kernel` ``(units, 4 * units)``,
        `bias` ``(4 * units,)``.

    Raises:
        ValueError: `units` is not positive, or a name is unknown.
        ShapeError: the input, the mask or a state does not fit.

    Source:
        Hochreiter and Schmidhuber (1997), with the forget gate of Gers et al. (2000).

    Example:
        >>> x, layer = np.zeros((2, 5, 3), np.float32), LSTM(4, return_state=True)
        >>> [y.shape for y in layer(x)]
        [(2, 4), (2, 4), (2, 4)]
    """

    gates = 4
    carried = 2

    def __init__(
        self,
        units: int,
        activation: NamedActivation = "tanh",
        recurrent_activation: NamedActivation = "sigmoid",
        use_bias: bool = True,
        *,
        unit_forget_bias: bool = True,
        **settings: Unpack[Settings],
    ) -> None:
        super().__init__(units, activation, use_bias, **settings)
        self.recurrent_activation = get_activation(recurrent_activation, "LSTM")
        self.unit_forget_bias = unit_forget_bias

    def _make_bias(self, width: int) -> Parameter:
        bias = super()._make_bias(width)
        if self.unit_forget_bias:
            bias.data[self.units : 2 * self.units] = 1
        return bias

    def _is_usual(self) -> bool:
        return super()._is_usual() and self.recurrent_activation is activations.sigmoid

    def _fused(self, x: Any, kernel: Any, bias: Any, states: States, mask: Any) -> Sequence[Any]:
        return ag.lstm(x, kernel, self.recurrent_kernel, bias, *states, mask)

    def _step(self, given: Any, states: States, keep: Sequence[Any]) -> list[Any]:
        h, c = states
        parts = zip(self._parts(given, 4), self._seen(h, keep), strict=True)
        i, f, g, o = (x + y for x, y in parts)
        gate = self.recurrent_activation
        c = gate(f) * c + gate(i) * self.activation(g)
        return [gate(o) * self.activation(c), c]


class GRU(Recurrent):
    """Gated recurrent unit.

    At each step, with ``a = x_t @ kernel + bias[0]`` and ``b = h @ recurrent_kernel + bias[1]``,
    both split in three: ``z = s(a_z + b_z)``, ``r = s(a_r + b_r)``, ``h <- z * h + (1 - z) *
    activation(a_h + r * b_h)``, where s is `recurrent_activation`. Without `reset_after` the last
    term is ``(r * h) @ recurrent_kernel_h``, and there is one bias.

    Args:
        units: Length of the state.
        activation: A name in `nn.activations`, a callable, or None.
        recurrent_activation: Likewise, of the gates.
        use_bias: Whether to add biases.
        reset_after: Whether the reset gate comes after the product with the state. False is the
            paper's form, and slower.
        **settings: As of `LSTM`.

    Shapes:
        ``(batch, steps, n) -> (batch, units)``, ``(batch, steps, units)`` with
        `return_sequences`; `kernel` ``(n, 3 * units)``, `recurrent_kernel` ``(units, 3 * units)``,
        `bias` ``(2, 3 * units)``, or ``(3 * units,)`` without `reset_after`.

    Raises:
        ValueError: `units` is not positive, or a name is unknown.
        ShapeError: the input, the mask or a state does not fit.

    Source:
        Cho et al. (2014).

    Example:
        >>> GRU(4, return_sequences=True)(np.zeros((2, 5, 3), np.float32)).shape
        (2, 5, 4)
    """

    gates = 3

    def __init__(
        self,
        units: int,
        activation: NamedActivation = "tanh",
        recurrent_activation: NamedActivation = "sigmoid",
        use_bias: bool = True,
        *,
        reset_after: bool = True,
        **settings: Unpack[Settings],
    ) -> None:
        super().__init__(units, activation, use_bias, **settings)
        self.recurrent_activation = get_activation(recurrent_activation, "GRU")
        self.reset_after = reset_after

    def _make_bias(self, width: int) -> Parameter:
        return self._weight("bias", (2, width) if self.reset_after else (width,))

    def _input_bias(self) -> Any:
        return self.bias[0] if self.bias is not None and self.reset_after else self.bias

    def _recurrent_bias(self) -> Any:
        return self.bias[1] if self.bias is not None and self.reset_after else None

    def _is_usual(self) -> bool:
        usual = self.recurrent_activation is activations.sigmoid and self.reset_after
        return usual and super()._is_usual()

    def _fused(self, x: Any, kernel: Any, bias: Any, states: States, mask: Any) -> Sequence[Any]:
        by_state = self._recurrent_bias()
        return ag.gru(x, kernel, self.recurrent_kernel, bias, by_state, states[0], mask)

    def _step(self, given: Any, states: States, keep: Sequence[Any]) -> list[Any]:
        (h,), gate = states, self.recurrent_activation
        az, ar, ah = self._parts(given, 3)
        if self.reset_after:
            seen, bias = self._seen(h, keep), self._recurrent_bias()
            if bias is not None:
                seen = [b + p for b, p in zip(seen, self._parts(bias, 3), strict=True)]
            bz, br, bh = seen
            z, r = gate(az + bz), gate(ar + br)
            new = ah + r * bh
        else:
            uz, ur, uh = self._parts(self.recurrent_kernel, 3)
            z, r = gate(az + (h * keep[0]) @ uz), gate(ar + (h * keep[1]) @ ur)
            new = ah + (r * (h * keep[2])) @ uh
        return [z * h + (1 - z) * self.activation(new)]
