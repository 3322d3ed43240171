"""`detect_anomaly`: the op and the user's line where the first NaN appeared, and what cures it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ContextDecorator, ExitStack
from typing import Any

import numpy as np

from autograd_lite.engine import Pass
from autograd_lite.errors import AnomalyError, explain
from autograd_lite.graph import Node, Place, Traced
from autograd_lite.lines import line_of, named, user_line
from autograd_lite.op import Op, raw
from autograd_lite.record import CONSTANT, OUT, VARIABLE, Rule, Step
from autograd_lite.traps import WHERE_CURE, forward_cure, slope_cure
from autograd_lite.watching import WatchedPass, watched


class detect_anomaly(ContextDecorator):
    """Within it, the first NaN that a recorded op or its rule gives raises `AnomalyError`.

    The error names the op and the line that called it, shows its inputs, and for well-known traps
    the cure. What is not recorded, as nothing in it requires a gradient, is not watched; its NaN
    is found at the first recorded op that reads it. Nodes made within remember their line, so
    that other errors of a backward pass name it too, and `explain` shows it.

    It belongs to the thread that enters it, and costs nothing outside. NumPy's own warnings of
    divisions by zero, overflow and invalid values are silenced, as less is known to them.

    Args:
        inf: Whether infinities raise as well.
        forward: Whether results of ops raise, or gradients only: a NaN that a `where` hides in
            the forward pass may do no harm.

    Raises:
        AnomalyError: a NaN, or an infinity with `inf`, appeared.

    Example:
        >>> import numpy as np, autograd_lite as ag
        >>> x = ag.tensor([4.0, -1.0], requires_grad=True)
        >>> with ag.detect_anomaly():
        ...     np.sqrt(x)
        Traceback (most recent call last):
        ...
        autograd_lite.errors.AnomalyError: `sqrt`, called at ...: it gave the first NaN
          got:      x: float32 (2,), from -1 to 4
                    out: float32 (2,), from 2 to 2, 1 NaN
                    at [1]: x = -1.0, out = nan
          fix:      a negative number has no real root: sqrt(maximum(x, 0)) if it is rounding;
                    where(ok, f(where(ok, x, safe)), other) if such entries are meant to be left out
    """

    def __init__(self, inf: bool = False, *, forward: bool = True) -> None:
        self.inf, self.forward = inf, forward
        self._open: list[ExitStack] = []

    def __enter__(self) -> None:
        with ExitStack() as stack:
            stack.enter_context(np.errstate(invalid="ignore", divide="ignore", over="ignore"))
            stack.enter_context(watched(Watch(self.inf, self.forward)))
            self._open.append(stack.pop_all())

    def __exit__(self, *problem: Any) -> None:
        self._open.pop().close()

    def _recreate_cm(self) -> detect_anomaly:
        return type(self)(self.inf, forward=self.forward)


class Watch:
    """What a thread looks for.

    Attributes:
        inf: Whether infinities count.
        forward: Whether results count, and not gradients alone.
        pulled: The node whose rules are running; what they record is theirs.
    """

    def __init__(self, inf: bool, forward: bool) -> None:
        self.inf, self.forward = inf, forward
        self.pulled: Node | None = None

    def recorded(self, result: Traced, args: Sequence[Any], settings: dict[str, Any]) -> None:
        """Note the line of a call, and raise if its result is the first bad one."""
        node = result.node
        assert node is not None  # noqa: S101 - it has just been recorded
        if self.pulled is not None:
            node.line = line_of(self.pulled)
            return
        node.line = user_line()
        bad = self.bad(result.data) if self.forward else None
        if bad is not None:
            raise self._forward_error(node, result, args, bad)

    def bad(self, array: Any) -> Any:
        """Where an array is bad, or None if nowhere."""
        if array.dtype.kind not in "fc":
            return None
        found = ~np.isfinite(array) if self.inf else np.isnan(array)
        return found if found.any() else None

    def kind(self, array: Any) -> str:
        """What is bad in an array."""
        return "NaN" if np.isnan(array).any() else "infinity"

    def backward_pass(
        self, kept: frozenset[Place], useful: set[Place] | None, create_graph: bool
    ) -> Pass:
        """A pass that looks at each gradient."""
        return _SearchingPass(self, kept, useful, create_graph)

    def _forward_error(
        self, node: Node, result: Traced, args: Sequence[Any], bad: Any
    ) -> AnomalyError:
        op = node.plan.op
        names = _names(op, len(args))
        inputs = {n: np.asarray(raw(a)) for n, a in zip(names, args, strict=True) if _numeric(a)}
        guilty = [n for n, a in inputs.items() if self.bad(a) is not None]
        if guilty and self.kind(result.data) == self.kind(inputs[guilty[0]]):
            problem = f"`{guilty[0]}` came in with {self.kind(result.data)}, from no recorded op"
            fix = "look at where it is made: data, a parameter, or code that is not recorded"
        else:
            problem = f"it gave the first {self.kind(result.data)}"
            fix = forward_cure(op.name)
        shown = {**inputs, "out": result.data}
        got = _described(shown, bad, _same_place(op))
        return AnomalyError(explain(named(node), problem, got=got, fix=fix))


class _SearchingPass(WatchedPass):
    """A backward pass that looks at what each rule gives.

    Attributes:
        readers: The nodes that a place's gradient came from.
        unused: Where `where` has turned a gradient to zero, by its node.
        steep: Nodes whose rules turned finite gradients to infinity.
    """

    __slots__ = ("readers", "steep", "unused", "watch")

    def __init__(
        self,
        watch: Watch,
        kept: frozenset[Place],
        useful: set[Place] | None,
        create_graph: bool,
    ) -> None:
        super().__init__(kept, useful, create_graph)
        self.watch = watch
        self.readers: dict[Place, list[Node]] = {}
        self.unused: dict[Node, list[Any]] = {}
        self.steep: set[Node] = set()

    def pull_node(self, node: Node, g: Any) -> None:
        """As in any pass; note whose rules are running."""
        watch = self.watch
        self._check_incoming(node, raw(g))
        before, watch.pulled = watch.pulled, node
        try:
            super().pull_node(node, g)
        finally:
            watch.pulled = before

    def collect(self, place: Place, d: Any, others: Sequence[Any]) -> None:
        """As without watch; note who reads a place."""
        if self.watch.pulled is not None:
            self.readers.setdefault(place, []).append(self.watch.pulled)
        super().collect(place, d, others)
        total = raw(self.grads[place])
        bad = self.watch.bad(total)
        if bad is not None and isinstance(place, Traced) and self.watch.bad(raw(d)) is None:
            got = _described({"the sum": total}, bad, True)
            raise AnomalyError(explain("backward", _SUMMED.format("a leaf"), got=got))

    def _check_incoming(self, node: Node, g: Any) -> None:
        bad = self.watch.bad(g)
        if bad is None:
            return
        kind = self.watch.kind(g)
        readers = self.readers.get(node, ())
        problem = f"the backward pass started from {kind}"
        if node.hooks:
            problem = f"a hook returned {kind}"
        elif len(readers) > 1:
            problem = _SUMMED.format("its output")
        where = f"backward, at {named(node)}"
        raise AnomalyError(explain(where, problem, got=_described({"g": g}, bad, True)))

    def rule_of(self, node: Node, edge: Place | None, step: Step) -> Rule:
        """The rule, and a look at what it gives."""

        def rule(g: Any, *values: Any) -> Any:
            d = step.rule(g, *values)
            if d is not None:
                self._check(node, step, np.asarray(raw(g)), [raw(v) for v in values], raw(d))
            return d

        return rule

    def _check(self, node: Node, step: Step, g: Any, values: list[Any], d: Any) -> None:
        """Raise if a rule gave what is bad; else remember what may explain it later."""
        bad = self.watch.bad(d)
        if bad is not None:
            raise self._error(node, step, g, values, d, bad)
        if d.dtype.kind not in "fc":
            return
        if np.isinf(d).any() and not np.isinf(g).any():
            self.steep.add(node)
        if node.plan.op.name == "where":
            self.unused.setdefault(node, []).append((d == 0) & (g != 0))

    def _error(
        self, node: Node, step: Step, g: Any, values: list[Any], d: Any, bad: Any
    ) -> AnomalyError:
        op = node.plan.op
        place = (
            "" if step.argument < 0 else f" for `{_names(op, step.argument + 1)[step.argument]}`"
        )
        shown = {"g": g, **_read(node, step, values)}
        got = _described({**shown, "the rule's": d}, bad, _same_place(op))
        return AnomalyError(
            explain(
                f"backward, at {named(node)}",
                f"its rule{place} gave the first {self.watch.kind(d)}",
                got=got,
                fix=self._cure(node, g, d, bad),
            )
        )

    def _cure(self, node: Node, g: Any, d: Any, bad: Any) -> str | None:
        """What is known of how such a value comes about."""
        name = node.plan.op.name
        if not np.isnan(d).any():
            return slope_cure(name)
        if np.isinf(g).any():
            steep = self._behind(node, self.steep.__contains__)
            if steep is not None:
                return f"g is infinite since {named(steep)}\n{slope_cure(steep.plan.op.name)}"
        if g.shape == d.shape and not g[bad].all():
            chosen = self._behind(node, lambda reader: self._hides(reader, bad))
            if chosen is not None:
                return f"it came from the unused side of {named(chosen)}\n{WHERE_CURE}"
            return "0 * infinity: g is 0 there, the slope infinite\n" + slope_cure(name)
        return slope_cure(name)

    def _hides(self, reader: Node, bad: Any) -> bool:
        """Whether `reader` is a `where` that made the gradient zero at the bad entries."""
        masks = self.unused.get(reader, ())
        return any((mask[bad] if mask.shape == bad.shape else mask).any() for mask in masks)

    def _behind(self, node: Node, wanted: Callable[[Node], bool]) -> Node | None:
        """The nearest such node among those that the gradient of `node` came through."""
        found, queue = {node}, [node]
        for at in queue:
            for reader in self.readers.get(at, ()):
                if wanted(reader):
                    return reader
                if reader not in found:
                    found.add(reader)
                    queue.append(reader)
        return None


_SUMMED = "the gradients of several uses of {} add up to NaN, as infinity - infinity does"


def _names(op: Op, count: int) -> list[str]:
    if op.variadic:
        return [f"arrays[{i}]" for i in range(count)]
    return list(op.arguments)


def _read(node: Node, step: Step, values: list[Any]) -> dict[str, Any]:
    """The arrays that a rule has read, by name."""
    named_values = {}
    for j, value in zip(step.reads, values, strict=True):
        kind, key = node.plan.keeps[j]
        if kind == OUT:
            named_values["out"] = value
        elif kind in (VARIABLE, CONSTANT) and _numeric(value):
            named_values[node.plan.op.arguments[key]] = np.asarray(value)
    return named_values


def _numeric(x: Any) -> bool:
    return np.asarray(raw(x)).dtype.kind in "fciub"


def _same_place(op: Op) -> bool:
    """Whether an entry of the result depends on the entries at its own place only."""
    ufunc = op.forward if isinstance(op.forward, np.ufunc) else None
    return op.domain is not None or (ufunc is not None and ufunc.signature is None)


def _described(arrays: dict[str, Any], bad: Any, same_place: bool) -> str:
    """Dtype, shape and range of arrays, and their values at the first bad entry."""
    lines = [f"{name}: {_range(array)}" for name, array in arrays.items()]
    index = tuple(int(i) for i in np.argwhere(bad)[0])
    if index and same_place:
        values = [
            f"{name} = {np.broadcast_to(array, bad.shape)[index]}"
            for name, array in arrays.items()
            if _broadcasts(array.shape, bad.shape)
        ]
        lines.append(f"at {list(index)}: {', '.join(values)}")
    elif index:
        lines.append(f"first at {list(index)}")
    return "\n".join(lines)


def _broadcasts(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(shape, to) == to
    except ValueError:
        return False


def _range(x: Any) -> str:
    """A line on an array.

    Example:
        >>> _range(np.array([1.0, np.nan, -np.inf, 3.0]))
        'float64 (4,), from 1 to 3, 1 NaN, 1 infinite'
    """
    text = f"{x.dtype} {x.shape}"
    if x.ndim == 0:
        return f"{text}, {x[()]}"
    if x.dtype.kind == "b":
        return f"{text}, {np.count_nonzero(x)} true"
    finite = x[np.isfinite(x)]
    if finite.size and x.dtype.kind != "c":
        text += f", from {finite.min():g} to {finite.max():g}"
    counts = {"NaN": np.isnan(x).sum(), "infinite": np.isinf(x).sum()}
    return text + "".join(f", {count} {what}" for what, count in counts.items() if count)
