"""What a loss and its gradients come down to: a list of calls on arrays, to be made on others.

`trace` runs a function and its backward pass as they are written, and lists the forwards of ops,
their rules and the sums of gradients that are called. The list, a `Program`, then does the same in
one loop, without layers, graph and engine: to the bit, as they are the same calls. It is right for
other arrays of the same shapes and dtypes if the function does nothing but call ops, and the same
ones whatever the numbers are. That is for who asks to know.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np

from autograd_lite import engine, kernels
from autograd_lite.graph import STATE, Node, Place, Traced, place_of
from autograd_lite.op import raw
from autograd_lite.record import Product, Rule, Step
from autograd_lite.watching import WatchedPass, watched

Array = np.ndarray[Any, np.dtype[Any]]
Gradients = list[tuple[Traced, Array]]

_FIXED = (bool, int, float, str, type(None), np.dtype, np.generic, type)


class Call(NamedTuple):
    """``values[target] = function(*[values[i] for i in reads])``."""

    function: Callable[..., Any]
    reads: tuple[int, ...]
    target: int


class Program:
    """Calls, and where in a list of values their arguments and results are.

    Args:
        calls: In order.
        start: The values before the first call: constants, and room for all else.
        inputs: Where the inputs go.
        leaves: Leaves, and where their arrays go.
        outputs: Where the outputs are found.
        grads: Leaves, and where their gradients are found.
    """

    def __init__(
        self,
        calls: list[Call],
        start: list[Any],
        inputs: list[int],
        leaves: list[tuple[Traced, int]],
        outputs: list[int],
        grads: list[tuple[Traced, int]],
    ) -> None:
        self._calls, self._start, self._inputs = calls, start, inputs
        self._leaves, self._outputs, self._grads = leaves, outputs, grads

    def __call__(self, *inputs: Array) -> tuple[list[Array], Gradients]:
        """The outputs for these inputs, and the gradient at each leaf that one reaches."""
        values = self._start.copy()
        for i, array in zip(self._inputs, inputs, strict=True):
            values[i] = array
        for leaf, i in self._leaves:
            values[i] = leaf.data
        for function, reads, target in self._calls:
            values[target] = function(*[values[i] for i in reads])
        grads = [(leaf, values[i]) for leaf, i in self._grads]
        return [values[i] for i in self._outputs], grads


def may_trace() -> bool:
    """Whether this thread records, and nobody else looks on."""
    return STATE.recording and STATE.watch is None


def trace(
    function: Callable[[], Sequence[Traced]], inputs: Sequence[Array], leaves: Sequence[Traced]
) -> tuple[Sequence[Traced], Gradients, Program | None]:
    """Run a function and the backward pass of its first output, and list what they call.

    Args:
        function: Gives Tensors, the first of them a loss, and computes them from `inputs` and
            `leaves`. What it computes from inputs alone is listed only if it is given them as
            Tensors that require a gradient.
        inputs: Arrays that the program shall be run on others of.
        leaves: What gradients are wanted for.

    Returns:
        The outputs; the gradient at each leaf that one reaches; and the program, or None if some
        array came from elsewhere, or something happened that no list of calls tells, such as a
        hook.
    """
    tracer = _Tracer(inputs, leaves)
    with watched(tracer):
        outputs = function()
        loss = outputs[0]
        seed = np.ones(loss.shape, loss.dtype)
        grads = engine.backpropagate([place_of(loss)], [seed], leaves)
    reached = [(leaf, grads[leaf]) for leaf in leaves if leaf in grads]
    return outputs, reached, tracer.program(outputs, reached)


class _Tracer:
    """Sees the calls of one thread. Values are told apart by identity, and so all are kept.

    Attributes:
        whole: Whether the calls seen so far are all that there were.
    """

    def __init__(self, inputs: Sequence[Array], leaves: Sequence[Traced]) -> None:
        self.whole = not any(leaf.hooks or leaf.dtype.kind != "f" for leaf in leaves)
        self._values: list[Any] = []
        self._places: dict[int, int] = {}
        self._calls: list[Call] = []
        self._inputs = [self._put(array) for array in inputs]
        self._leaves = [(leaf, self._put(leaf.data)) for leaf in leaves]

    def do(self, function: Callable[..., Any], *args: Any) -> Any:
        """The result of a call, which is listed."""
        out = function(*args)
        self.note(function, args, out)
        return out

    def recorded(self, result: Traced, args: Sequence[Any], settings: dict[str, Any]) -> None:
        """List a call of an op."""
        assert result.node is not None  # noqa: S101 - it has just been recorded
        op = result.node.plan.op
        arrays = [raw(a) for a in args]
        fixed = {name: value for name, value in settings.items() if name != "residual"}
        self.whole = self.whole and all(map(_is_fixed, fixed.values()))
        if op.residual is not None:
            both = result.data, settings.get("residual")
            self.note(partial(op.residual, **fixed), arrays, both)
            for i, part in enumerate(both):
                self.note(itemgetter(i), (both,), part)  # of None there is but one
            return
        function = partial(op.forward, **fixed) if fixed else op.forward
        if not result.data.ndim:  # else it may be a number where it was an array
            function = partial(_as_array, function)
        self.note(function, arrays, result.data)

    def backward_pass(
        self, kept: frozenset[Place], useful: set[Place] | None, create_graph: bool
    ) -> engine.Pass:
        """A pass whose calls are listed."""
        return _Pass(self, kept, useful, create_graph)

    def program(self, outputs: Sequence[Traced], grads: Gradients) -> Program | None:
        """The calls as a program, if they are whole."""
        found = [self._place(output.data) for output in outputs]
        wanted = [(leaf, self._place(g)) for leaf, g in grads]
        if not self.whole:
            return None
        kept = {*found, *(i for _, i in wanted)}
        calls, start, numbers = _packed(self._calls, self._values, kept)
        return Program(
            calls,
            start,
            [numbers[i] for i in self._inputs],
            [(leaf, numbers[i]) for leaf, i in self._leaves],
            [numbers[i] for i in found],
            [(leaf, numbers[i]) for leaf, i in wanted],
        )

    def note(self, function: Callable[..., Any], args: Sequence[Any], out: Any) -> None:
        """List a call that was made."""
        reads = tuple([self._place(a) for a in args])
        if out is not None:
            self._calls.append(Call(function, reads, self._put(out)))

    def _put(self, value: Any) -> int:
        """A place of its own for a value."""
        self._values.append(value)
        self._places[id(value)] = len(self._values) - 1
        return len(self._values) - 1

    def _place(self, value: Any) -> int:
        """Where a value is; one that is met for the first time must be a constant."""
        if id(value) not in self._places:
            self.whole = self.whole and _is_fixed(value)
            return self._put(value)
        return self._places[id(value)]


def _packed(
    calls: list[Call], values: list[Any], kept: set[int]
) -> tuple[list[Call], list[Any], dict[int, int]]:
    """The calls with places used again once nobody reads what is there, so that it can be freed.

    Returns:
        The calls; the values before the first of them, None for what is computed or put in; and
        the new number of each place.
    """
    made = {call.target for call in calls}
    last = {i: n for n, call in enumerate(calls) for i in call.reads}
    numbers: dict[int, int] = {}
    start: list[Any] = []
    for i, value in enumerate(values):
        if i not in made:
            numbers[i] = len(start)
            start.append(value if _is_fixed(value) else None)
    free: list[int] = []
    packed = []
    for n, (function, reads, target) in enumerate(calls):
        free += {numbers[i] for i in reads if i in made and i not in kept and last[i] == n}
        places = tuple([numbers[i] for i in reads])
        if not free:
            free.append(len(start))
            start.append(None)
        numbers[target] = free.pop()
        packed.append(Call(function, places, numbers[target]))
    return packed, start, numbers


def _is_fixed(value: Any) -> bool:
    """Whether a value that came from nowhere is a constant: a number, a name, a shape."""
    if isinstance(value, tuple | list):
        return all(map(_is_fixed, value))
    return isinstance(value, _FIXED) or (isinstance(value, np.ndarray) and not value.ndim)


def _as_array(function: Callable[..., Any], *args: Any) -> Any:
    return np.asarray(function(*args))


def _multiplied(factors: Callable[..., Any], *read: Any) -> Any:
    return kernels.matmul(*factors(*read))


def _multiplied_where(factors: Callable[..., Any], mask: Any, *read: Any) -> Any:
    return kernels.matmul_where(mask, *factors(*read))


class _Pass(WatchedPass):
    """A backward pass whose calls are listed."""

    __slots__ = ("_tracer",)

    def __init__(
        self,
        tracer: _Tracer,
        kept: frozenset[Place],
        useful: set[Place] | None,
        create_graph: bool,
    ) -> None:
        super().__init__(kept, useful, create_graph)
        self._tracer = tracer

    def pull_node(self, node: Node, g: Any) -> None:
        """As in any pass; a list knows no hooks."""
        self._tracer.whole = self._tracer.whole and not node.hooks
        super().pull_node(node, g)

    def rule_of(self, node: Node, edge: Place | None, step: Step) -> Rule:
        """The rule, its call listed, and that of `fit` if need be."""
        do, op = self._tracer.do, node.plan.op

        def rule(g: Any, *read: Any) -> Any:
            if edge is None:
                return do(step.rule, g, *read)
            if isinstance(step.rule, Product):
                d = self._product(edge, op, step.argument, step.rule.factors, g, *read)
            else:
                d = do(step.rule, g, *read)
            if d is None or (d.shape == edge.shape and d.dtype == edge.dtype):
                return d
            return do(partial(engine.fit, edge=edge, op=op, i=step.argument), d)

        return rule

    def _product(self, place: Place, op: Any, argument: int, factors: Rule, *read: Any) -> Any:
        """As `multiply` does it, the call listed; None where it adds the product in one sweep."""
        mask = None
        if place in self.summed:
            self._tracer.whole = False
            self.multiply(place, factors(*read), op, argument)
            return None
        if place not in self.grads:
            self.summed.add(place)
            mask = self._mask_of(place)
        if mask is None:
            return self._tracer.do(partial(_multiplied, factors), *read)
        self.masked.add(place)
        return self._tracer.do(partial(_multiplied_where, factors), mask, *read)

    def collect(self, place: Place, d: Any, others: Sequence[Any]) -> None:
        """As in any pass."""
        before = self.grads.get(place)
        super().collect(place, d, others)
        after = self.grads[place]
        if before is not None:
            self._tracer.note(np.add, (before, d), after)
        elif after is not d:
            self._tracer.note(np.array, (d,), after)
