"""Training steps made again from a list of calls, rather than through layers, graph and engine.

The first step on a batch of some shape is traced while it runs as it is written. So runs the
second, whose loss, predictions and gradients the list must give to the bit. From then on the list
alone is run, which saves most of a step's Python. All this is done only where everything that takes
part is known to call the same ops whatever the numbers are: the classes of layers and losses that
say `_replays` in their own body, and the activations of `nn.activations`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

import autograd_lite as ag
from autograd_lite.programs import Program, may_trace, trace
from nn.activations import ACTIVATIONS, Probabilities
from nn.layer import Layer
from nn.losses import Loss
from nn.masking import MASKS
from nn.parameters import Parameter, walk

Taken = tuple[Any, Any]  # predictions and loss, whose gradients are with the parameters
Form = tuple[Any, ...]  # shapes and dtypes

# Numbers in a step from which on its Python is nothing beside it. A trace keeps them all.
_MANY = 1 << 22


class _Known(NamedTuple):
    """A program, what its predictions are (see `Probabilities`), and whether it was tried."""

    program: Program
    kind: str | None
    tried: bool


class Replay:
    """Takes the steps of one `fit`, as far as it can.

    Args:
        model: Is compiled and built.

    Attributes:
        steps: How many steps were taken from a program.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._programs: dict[Form, _Known | None] = {}
        self._change: int | None = None
        self._loss: dict[str, Any] = {}
        self._settings: list[Any] = []
        self._parameters: list[Parameter] = []
        self._free: list[bool] = []
        self._plain = False
        self.steps = 0

    def __call__(self, x: Any, y: Any) -> Taken | None:
        """Predictions and loss for a batch, its gradients left with the parameters; or None."""
        model = self._model
        free = [p.requires_grad and not p.hooks for p in self._parameters]
        changed = Layer._change != self._change or free != self._free
        if changed or vars(model.loss) != self._loss:
            self._look()
        if not self._plain or MASKS or not may_trace():
            return None
        if type(x) is not np.ndarray or type(y) is not np.ndarray or x.dtype != model.dtype:
            return None
        form = x.shape, x.dtype, y.shape, y.dtype
        if form not in self._programs:
            return None if self._is_large(x) else self._traced(form, x, y)
        known = self._programs[form]
        if known is None:
            return None
        if not known.tried:
            return self._tried(form, known, x, y)
        self.steps += 1
        (loss, *outputs), grads = known.program(x, y)
        for leaf, g in grads:
            leaf.grad = ag.Tensor(g)
        return _predictions(known.kind, *outputs), ag.Tensor(loss, requires_grad=True)

    def _is_large(self, x: Any) -> bool:
        """Whether a step on `x` is, by its parameters, inputs and outputs of layers."""
        outputs = sum(p.shape[-1] for p in self._parameters if p.ndim > 1)
        return sum(p.size for p in self._parameters) + x.size + len(x) * outputs > _MANY

    def _look(self) -> None:
        """Forget all programs if anything was set that a step depends on."""
        model, self._change = self._model, Layer._change
        before = self._settings, self._loss, self._free
        self._settings = [value for layer in _layers(model) for value in vars(layer).values()]
        self._loss = {k: v.copy() if type(v) is dict else v for k, v in vars(model.loss).items()}
        self._parameters = model.parameters()
        self._free = [p.requires_grad and not p.hooks for p in self._parameters]
        # By identity. What is seen is kept, so that nothing else can take its place.
        same = [*map(id, self._settings)] == [*map(id, before[0])]
        if not same or (self._loss, self._free) != before[1:]:
            self._programs.clear()
        cleared = {id(p) for p in model.optimizer.parameters}
        trained = [p for p in self._parameters if p.requires_grad]
        tame = all(not p.hooks and id(p) in cleared for p in trained)
        self._plain = bool(trained) and tame and replays(model)

    def _traced(self, form: Form, x: Any, y: Any) -> Taken | None:
        """Take a step as it is written, and list its calls."""
        model, self._programs[form] = self._model, None
        leaves = [p for p in self._parameters if p.requires_grad]

        def step() -> list[ag.Tensor]:
            # As a Tensor, so that what is computed from it alone is listed too.
            y_pred = model(ag.Tensor(x, requires_grad=True), training=True)
            loss = model.loss(y, y_pred)
            return [loss, y_pred, *([y_pred.logits] if type(y_pred) is Probabilities else [])]

        (loss, y_pred, *_), grads, program = trace(step, (x, y), leaves)
        for leaf, g in grads:
            leaf.grad = ag.Tensor(g)
        if program is not None and type(y_pred) in (ag.Tensor, Probabilities):
            kind = y_pred.kind if isinstance(y_pred, Probabilities) else None
            self._programs[form] = _Known(program, kind, tried=False)
        return y_pred, loss

    def _tried(self, form: Form, known: _Known, x: Any, y: Any) -> Taken:
        """Take a step as it is written, and see whether the program would have done the same."""
        y_pred, loss = self._model._written(x, y)
        outputs, grads = known.program(x, y)
        given = [loss.data, y_pred.data, *(leaf.grad.data for leaf, _ in grads)]
        found = [*outputs[:2], *(g for _, g in grads)]
        same = all(np.array_equal(a, b, equal_nan=True) for a, b in zip(given, found, strict=True))
        self._programs[form] = known._replace(tried=True) if same else None
        return y_pred, loss


def _predictions(kind: str | None, output: Any, *logits: Any) -> ag.Tensor:
    tensor = ag.Tensor(output)
    return tensor if kind is None else Probabilities(tensor, ag.Tensor(*logits), kind)


def replays(model: Any) -> bool:
    """Whether all that takes part in a step of `model` is known to call the same ops every time.

    Example:
        >>> model = nn.Sequential([nn.Input((2,)), nn.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> replays(model)
        True
        >>> model.add(nn.layers.Dropout(0.5))
        >>> replays(model)
        False
    """
    loss: Loss = model.loss
    if not _says_so(loss) or getattr(loss, "ignore_class", None) is not None:
        return False
    if any(p.regularizer is not None for p in model.parameters()):
        return False
    return all(map(_is_plain, (model, *_layers(model))))


def _says_so(part: Any) -> bool:
    """Whether the class of `part` replays, itself: a subclass may do anything."""
    return bool(vars(type(part)).get("_replays")) and "call" not in vars(part)


def _is_plain(layer: Any) -> bool:
    activation = getattr(layer, "activation", None)
    graph = getattr(layer, "graph", None)
    return (
        _says_so(layer)
        and (activation is None or any(activation is known for known in ACTIVATIONS.values()))
        and getattr(layer, "activity_regularizer", None) is None
        and (graph is None or all(isinstance(function, Layer) for function in graph.functions))
    )


def _layers(model: Any) -> Iterator[Layer]:
    """All layers below."""
    return (part for _, part in walk(model, "", set()) if isinstance(part, Layer))
