"""Many gradients or tangents through one graph at once, along a leading axis.

Values align from the right, so an element-wise rule takes such a batch as it is. So do the rules
of `_ALIGNED`, once shapes have the leading axis too and axes are counted from the end. The rules
in `_RULES` are written for batches. Any other op is pulled back row by row.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite import engine, forward, ops
from autograd_lite.graph import STATE, Node, Place
from autograd_lite.op import OPS
from autograd_lite.ops.index import index_put
from autograd_lite.ops.shape import sum_to
from autograd_lite.record import SETTING, SHAPE

# Of the largest array of a block of rows: with fewer, calls cost; with more, memory does.
_BYTES = 4 << 20
_AXES = frozenset(("axis", "axis1", "axis2", "source", "destination"))


def rows_at_once(roots: Sequence[Place], targets: Sequence[Place]) -> int:
    """How many rows to pull at once, so that no array on the way is above 4 MiB."""
    places = (*engine.reachable(roots), *targets)
    largest = max((math.prod(p.shape) * p.dtype.itemsize for p in places), default=0)
    return max(1, _BYTES // max(largest, 1))


def pull(
    roots: Sequence[Place], seeds: Sequence[Any], targets: Sequence[Place]
) -> dict[Place, Any]:
    """`engine.pull` of many seeds, stacked along a leading axis, as the gradients are.

    The graph is kept, and the gradients are arrays, maybe views. Hooks are shown one gradient at a
    time, as is `detect_anomaly`: then there is a pull for each row.
    """
    count = len(seeds[0]) if seeds else 0
    places = (*engine.reachable(roots), *targets)
    if count > 1 and STATE.watch is None and not any(place.hooks for place in places):
        return engine.pull(roots, seeds, targets, retain_graph=True, make=RowsPass)
    found: dict[Place, Any] = {}
    for i in range(count):
        row = [seed[i, ...] for seed in seeds]
        _write(found, i, count, engine.pull(roots, row, targets, retain_graph=True))
    return found


def _write(found: dict[Place, Any], i: int, count: int, row: dict[Place, Any]) -> None:
    """Let the gradients of one pull be row i of `found`."""
    for place, g in row.items():
        if place not in found:
            found[place] = np.zeros((count, *place.shape), place.dtype)
        found[place][i] = g


class RowsPass(engine.Pass):
    """A backward pass in which each gradient has a leading axis."""

    __slots__ = ()

    def pull_node(self, node: Node, g: Any) -> None:
        """Run the rules on the batch where they take it, else on each row."""
        parts = self._at_once(node, g)
        if parts is None:
            rows: dict[Place, Any] = {}
            for i in range(len(g)):
                one = engine.Pass(self.kept, self.useful, False)
                one.pull_node(node, g[i, ...])
                _write(rows, i, len(g), one.grads)
            parts = list(rows.items())
        for place, d in parts:
            self.collect(place, d, ())

    def collect(self, place: Place, d: Any, others: Sequence[Any]) -> None:
        """As in any pass, but that a leaf's gradients may be a view."""
        if place in self.grads:
            super().collect(place, d, others)
        else:
            self.grads[place] = d

    def _at_once(self, node: Node, g: Any) -> list[tuple[Place, Any]] | None:
        """A gradient for each input; None if a rule does not take the batch."""
        op, keeps, _, through, steps = node.plan
        own = _RULES.get(id(op))
        if own is None and not op.diagonal and id(op) not in _ALIGNED:
            return None
        values: Any = engine.values_of(node, False)
        if op.variadic and any(v is None for v in values):  # axis=None, which flattens
            return None
        if through is not None:
            g = through.rule(g, *[values[j] for j in through.reads])
        parts = []
        for edge, (i, rule, reads) in zip(node.edges, steps, strict=True):
            if self.useful is not None and edge not in self.useful:
                continue
            if own is not None:
                d = own[i](g, *[values[j] for j in reads])
            else:
                ndim = max(len(node.shape), len(edge.shape))
                d = rule(g, *[_with_rows(values[j], keeps[j], ndim, g) for j in reads])
            if d is None or (op.diagonal and d.shape != g.shape):
                return None
            parts.append((edge, _fitted(d, edge, op)))
            if parts[-1][1] is None:
                return None
        return parts


def push(roots: Sequence[Place], tangents: Mapping[Place, Any]) -> list[Any]:
    """`forward.push` of many tangents, stacked along a leading axis, as the derivatives are."""
    return forward.push(roots, tangents, make=_PushRows)


class _PushRows(forward.Push):
    """One node, whose tangents have a leading axis."""

    backward_pass = RowsPass

    def along(
        self, argument: int, rule: Callable[..., Any], reads: tuple[int, ...], tangent: Any
    ) -> Any:
        """The part of one argument; a rule that reads a shape does not know the leading axis."""
        if any(self.node.plan.keeps[j][0] == SHAPE for j in reads):
            return self.transposed(argument, rule, reads, tangent)
        return super().along(argument, rule, reads, tangent)

    def spread(self, tangent: Any) -> Any:
        """Tangents of an argument in the shape of the output."""
        shape = self.node.shape
        aligned = (1,) * (len(shape) + 1 - tangent.ndim) + tangent.shape[1:]
        return np.broadcast_to(tangent.reshape(len(tangent), *aligned), (len(tangent), *shape))


def _with_rows(value: Any, keep: tuple[int, Any], ndim: int, g: Any) -> Any:
    """What a rule reads, as it would be if all arrays had the leading axis of g."""
    kind, key = keep
    if kind == SHAPE and key is None:
        return [_with_rows(shape, (SHAPE, 0), ndim, g) for shape in value]
    if kind == SHAPE:
        return (len(g), *(1,) * (g.ndim - 1 - len(value)), *value)
    return _from_end(value, ndim) if kind == SETTING and key in _AXES else value


def _from_end(axis: Any, ndim: int) -> Any:
    """Axes of an array with `ndim` of them, counted from the end; None is all of them."""
    if axis is None:
        return tuple(range(-ndim, 0))
    if isinstance(axis, (tuple, list)):
        return tuple(_from_end(a, ndim) for a in axis)
    return axis if axis < 0 else axis - ndim


def _fitted(d: Any, edge: Place, op: Any) -> Any:
    """Gradients in their argument's shape and dtype; None if the rule gave something else."""
    shape = (len(d), *edge.shape)
    if d.shape != shape:
        aligned = (len(d), *(1,) * (d.ndim - len(shape)), *edge.shape)
        if d.shape != aligned and not op.broadcasts:
            return None
        d = sum_to(d, shape=aligned).reshape(shape)
    return engine.cast(d, edge.dtype)


def _rows_of(x: Any) -> Any:
    """x as a matrix, all leading axes in one."""
    return x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


def _matrices_of(g: Any) -> Any:
    """A batch of arrays as a batch of matrices, as `_rows_of` makes them."""
    return g.reshape(len(g), math.prod(g.shape[1:-1]), g.shape[-1])


def _by_left(g: Any, a_shape: tuple[int, ...], b: Any) -> Any:
    """The rule of ``a @ b`` for a: one product of matrices, if b is one."""
    if b.ndim == 2:
        return ops.matmul(_rows_of(g), b.T).reshape(*g.shape[:-1], len(b))
    if b.ndim == 1:
        return g[..., None] * b
    return None if len(a_shape) == 1 else ops.matmul(g, ops.matrix_transpose(b))


def _by_right(g: Any, a: Any, b_shape: tuple[int, ...]) -> Any:
    """The rule of ``a @ b`` for b; batches that b does not have are summed by the product."""
    if a.ndim == 1:
        return a[:, None] * g[..., None, :] if len(b_shape) > 1 else a * g[:, None]
    if len(b_shape) == 1:
        return ops.matmul(g.reshape(len(g), -1), _rows_of(a))
    if len(b_shape) == 2:
        return ops.matmul(_rows_of(a).T, _matrices_of(g))
    return ops.matmul(ops.matrix_transpose(a), g)


def _reshaped(g: Any, x_shape: tuple[int, ...], order: str) -> Any:
    return g.reshape(len(g), *x_shape) if order == "C" else None


def _transposed(g: Any, axes: Any) -> Any:
    axes = range(g.ndim - 1)[::-1] if axes is None else np.argsort(np.mod(axes, g.ndim - 1))
    return ops.transpose(g, (0, *(int(a) + 1 for a in axes)))


def _scattered(g: Any, x_shape: tuple[int, ...], index: Any) -> Any:
    """The rule of ``x[index]``; arrays in an index lead the result only if they are all it has."""
    parts = index if isinstance(index, tuple) else (index,)
    arrays = any(isinstance(part, (np.ndarray, list)) for part in parts)
    if arrays and any(part is None or part is ... or isinstance(part, slice) for part in parts):
        return None
    return index_put(g, (slice(None), *parts), shape=(len(g), *x_shape))


_LINEAR = (
    lambda g, kernel: _by_left(g, g.shape[1:], kernel),
    lambda g, x: ops.matmul(_rows_of(x).T, _matrices_of(g)),
    lambda g: ops.sum(_matrices_of(g), axis=1),
)
_RULES: dict[int, tuple[Callable[..., Any], ...]] = {
    id(OPS[name]): rules
    for name, rules in {
        "matmul": (_by_left, _by_right),
        "linear": _LINEAR,
        "linear_relu": _LINEAR,
        "reshape": (_reshaped,),
        "ravel": (_reshaped,),
        "transpose": (_transposed,),
        "view_at": (_scattered,),
        "gather": (_scattered,),
    }.items()
}
_ALIGNED = frozenset(
    id(OPS[name])
    for name in (
        "astype broadcast_to concatenate expand_dims flip imag log_softmax matrix_transpose mean "
        "moveaxis real softmax squeeze stack sum swapaxes take_slice where"
    ).split()
)
