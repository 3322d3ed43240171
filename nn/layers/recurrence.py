"""What recurrent layers have in common: settings, masks, states, and the way through the steps.

With the usual activations all steps are one op. With others, or with dropout of the state, a layer
goes from step to step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, TypedDict, Unpack

import numpy as np
from numpy.typing import NDArray

import autograd_lite as ag
from autograd_lite.errors import ShapeError, explain
from nn import activations
from nn.checks import positive_int, real
from nn.declaring import refuse
from nn.layer import Parameter, Shape
from nn.layers.weights import (
    NamedActivation,
    NamedConstraint,
    NamedInitializer,
    NamedRegularizer,
    Seeded,
    Weighted,
    as_floats,
    check_ndim,
    get_activation,
)
from nn.rehearsal import rehearses

States = Sequence[Any]


class Settings(TypedDict, total=False):
    """What every recurrent layer takes by name."""

    kernel_initializer: NamedInitializer
    recurrent_initializer: NamedInitializer
    bias_initializer: NamedInitializer
    kernel_regularizer: NamedRegularizer
    recurrent_regularizer: NamedRegularizer
    bias_regularizer: NamedRegularizer
    activity_regularizer: NamedRegularizer
    kernel_constraint: NamedConstraint
    recurrent_constraint: NamedConstraint
    bias_constraint: NamedConstraint
    dropout: float
    recurrent_dropout: float
    return_sequences: bool
    return_state: bool
    go_backwards: bool
    stateful: bool
    seed: int | None
    name: str | None


CHOICES: dict[str, Any] = {
    "kernel_initializer": "glorot_uniform",
    "recurrent_initializer": "orthogonal",
    "bias_initializer": "zeros",
    "kernel_regularizer": None,
    "recurrent_regularizer": None,
    "bias_regularizer": None,
    "activity_regularizer": None,
    "kernel_constraint": None,
    "recurrent_constraint": None,
    "bias_constraint": None,
}
SWITCHES = ("return_sequences", "return_state", "go_backwards", "stateful")


class Recurrent(Seeded, Weighted):
    """Base of the recurrent layers: what they take by name, masks and states.

    Args:
        units: Length of the state.
        activation: Of what goes into the state: a name in `nn.activations`, a callable, or None.
        use_bias: Whether to add a bias.
        **settings: Initializers, regularizers and constraints, named after ``kernel``,
            ``recurrent`` (orthogonal unless given) and ``bias``; `activity_regularizer`;
            `dropout` and `recurrent_dropout`, rates for input and state, with one mask for all
            steps; `return_sequences`, the state after each step rather than the last;
            `return_state`, the final states after the output; `go_backwards`, from the last step
            to the first; `stateful`, a batch starts with the states where the last one ended, until
            `reset_state`; `seed` of the dropout, the library's generator unless given; `name`.
    """

    gates: ClassVar[int] = 1
    carried: ClassVar[int] = 1
    zero_output_for_mask: bool = False
    foreign: ClassVar = {"unroll": None, "use_cudnn": None}
    _makes_masks = False

    kernel: Parameter
    recurrent_kernel: Parameter
    bias: Parameter | None
    return_sequences: bool
    return_state: bool
    go_backwards: bool
    stateful: bool

    def __init__(
        self,
        units: int,
        activation: NamedActivation = "tanh",
        use_bias: bool = True,
        **settings: Unpack[Settings],
    ) -> None:
        super().__init__(settings.get("name"))
        where = type(self).__name__
        known = Settings.__annotations__
        refuse(type(self), [name for name in settings if name not in known], known)
        self.units = positive_int(where, "units", units)
        self.activation = get_activation(activation, where)
        self.use_bias = use_bias
        self._settle(**{name: settings.get(name, default) for name, default in CHOICES.items()})
        self.dropout = real(where, "dropout", settings.get("dropout", 0.0), high=1.0)
        rate = settings.get("recurrent_dropout", 0.0)
        self.recurrent_dropout = real(where, "recurrent_dropout", rate, high=1.0)
        for switch in SWITCHES:
            setattr(self, switch, bool(settings.get(switch, False)))
        self._sow(settings.get("seed"))
        self._left: list[NDArray[Any]] | None = None

    def build(self, input_shape: Shape) -> None:
        """Make `kernel`, `recurrent_kernel` and `bias`."""
        check_ndim(self, input_shape, "(batch, steps, features)", 3)
        width = self.gates * self.units
        features = input_shape[-1] or 0
        self.kernel = self._weight("kernel", (features, width))
        self.recurrent_kernel = self._weight("recurrent_kernel", (self.units, width), "recurrent")
        self.bias = self._make_bias(width) if self.use_bias else None

    def _make_bias(self, width: int) -> Parameter:
        return self._weight("bias", (width,))

    def call(
        self,
        x: Any,
        initial_state: Any = None,
        mask: Any = None,
        training: bool = False,
    ) -> Any:
        """The last state or all, and the final states if asked for.

        Args:
            x: Sequences ``(batch, steps, features)``.
            initial_state: The first states, in a list if there are several; None for zeros.
            mask: ``(batch, steps)``: where False, a step leaves the state as it is. The output
                repeats the one before, and is 0 at first. By default the mask that `x` has.
            training: Whether to drop out.
        """
        if x.ndim != 3 or x.shape[-1] != self.kernel.shape[0]:
            raise self._misfit("input", x.shape, f"(batch, steps, {self.kernel.shape[0]})")
        x = as_floats(x, self.kernel)
        seen = self._as_mask(mask, x)
        if self.go_backwards:
            x = x[:, ::-1]
            seen = None if seen is None else seen[:, ::-1]
        sequence, *states = self._run(x, self._first_states(initial_state, x), seen, training)
        if self.stateful and not rehearses():
            self._left = [s.data if isinstance(s, ag.Tensor) else s for s in states]
        out = self._regularized(self._shown(sequence, states[0], seen))
        return (out, *states) if self.return_state else out

    def compute_mask(self, x: Any, mask: Any = None) -> Any:
        """That of the input if all steps come out; final states have none."""
        return mask if self.return_sequences else None

    def reset_state(self) -> None:
        """Let the next batch start from zeros; of use if `stateful`."""
        self._left = None

    reset_states = reset_state

    def _run(self, x: Any, states: States, mask: Any, training: bool) -> Sequence[Any]:
        """The states after each step, and the final ones."""
        bias = self._input_bias()
        kernel: Parameter | None = self.kernel
        if training and self.dropout:
            x, kernel = self._dropped(x), None
        if self._is_usual() and not (training and self.recurrent_dropout):
            return self._fused(x, kernel, bias, states, mask)
        given = x if kernel is None else ag.matmul(x, kernel)
        if bias is not None:
            given = given + bias
        return self._by_steps(given, states, mask, training)

    def _dropped(self, x: Any) -> Any:
        """What x gives to the gates, with a mask for each of them that is the same at all steps."""
        ones = np.ones((x.shape[0], 1, x.shape[2]), x.dtype)
        parts = self._parts(self.kernel, self.gates)
        own, rate = self._generator(), self.dropout
        return ag.concatenate([(x * ag.dropout(ones, rate, own)) @ part for part in parts], -1)

    def _by_steps(self, given: Any, states: States, mask: Any, training: bool) -> Sequence[Any]:
        ones = np.ones(states[0].shape, given.dtype)
        rate = self.recurrent_dropout if training else 0.0
        own = self._generator()
        keep = [ag.dropout(ones, rate, own) if rate else ones for _ in range(self.gates)]
        outputs = []
        for t in range(given.shape[1]):
            new = self._step(given[:, t], states, keep)
            if mask is not None:
                live = mask[:, t, None]
                new = [ag.where(live, n, s) for n, s in zip(new, states, strict=True)]
            states = new
            outputs.append(new[0])
        return ag.stack(outputs, 1), *states

    def _seen(self, h: Any, keep: Sequence[Any]) -> list[Any]:
        """What the state gives to each gate."""
        parts = self._parts(self.recurrent_kernel, self.gates)
        return [(h * kept) @ part for kept, part in zip(keep, parts, strict=True)]

    def _parts(self, x: Any, count: int) -> list[Any]:
        """Equal parts of the last axis."""
        n = x.shape[-1] // count
        return [x[..., k * n : (k + 1) * n] for k in range(count)]

    def _shown(self, sequence: Any, last: Any, mask: Any) -> Any:
        """What is shown of the states: nothing before a row's first step that is not masked."""
        if mask is None:
            return sequence if self.return_sequences else last
        begun = np.logical_or.accumulate(mask, axis=1)
        if not self.return_sequences:
            return ag.where(begun[:, -1:], last, 0)
        visible = (mask if self.zero_output_for_mask else begun)[..., None]
        return ag.where(visible, sequence, 0)

    def _regularized(self, y: Any) -> Any:
        if self.activity_regularizer is not None:
            self.add_loss(self.activity_regularizer(y) / max(len(y), 1))
        return y

    def _first_states(self, given: Any, x: Any) -> list[Any]:
        shape = (x.shape[0], self.units)
        if given is None and self.stateful and self._left is not None and not rehearses():
            given = self._left
            if given[0].shape != shape:
                raise self._misfit(
                    "batch",
                    f"{shape[0]} rows, after a batch of {len(given[0])}",
                    "as many as before, whose final states these begin with",
                    "reset_state(), or a batch_size that divides the rows",
                )
        if given is None:
            return [np.zeros(shape, x.dtype)] * self.carried
        states = list(given) if isinstance(given, list | tuple) else [given]
        if len(states) != self.carried or any(s.shape != shape for s in states):
            got = ", ".join(str(s.shape) for s in states)
            raise self._misfit("initial_state", got, f"{self.carried} of {shape}")
        return states

    def _as_mask(self, mask: Any, x: Any) -> Any:
        if mask is None:
            return None
        mask = np.asarray(mask.data if isinstance(mask, ag.Tensor) else mask)
        if mask.shape != x.shape[:2]:
            raise self._misfit("mask", mask.shape, f"{x.shape[:2]}, as input {x.shape}")
        return mask.astype(np.bool_)

    def _misfit(self, what: str, got: Any, expected: str, fix: str | None = None) -> ShapeError:
        problem = f"the {what} does not fit"
        return ShapeError(explain(self.name, problem, got=str(got), expected=expected, fix=fix))

    def _input_bias(self) -> Any:
        return self.bias

    def _is_usual(self) -> bool:
        return self.activation is activations.tanh

    def _fused(self, x: Any, kernel: Any, bias: Any, states: States, mask: Any) -> Sequence[Any]:
        raise NotImplementedError

    def _step(self, given: Any, states: States, keep: Sequence[Any]) -> list[Any]:
        raise NotImplementedError
