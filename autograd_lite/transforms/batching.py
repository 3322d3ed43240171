"""A function of one example as a function of many."""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite import ops
from autograd_lite.errors import ShapeError, explain
from autograd_lite.graph import Traced
from autograd_lite.op import raw
from autograd_lite.ops.shape import take_slice
from autograd_lite.scope import LinearMap
from autograd_lite.trees import leaves_of, rebuild

Function = Callable[..., Any]


def vmap(f: Function, in_axes: Any = 0, out_axes: Any = 0) -> Function:
    """f for each slice of its arguments, the results stacked.

    f is called once for each slice, so it may be anything, and costs as much as the loop that it
    replaces. A pullback of `vjp` or a pushforward of `linearize` takes all slices in one pass.
    Made of ops: it differentiates to any order, and nests with all transforms.

    Args:
        f: Takes arrays, or trees of them, and returns the same. It is given slices: arrays of
            arrays, Tensors of Tensors.
        in_axes: The axis that is mapped over, or None for what every call gets as it is; or a
            tuple of these, one for each argument, in which a tree may stand for an argument that
            is one. Keyword arguments go to each call as they are.
        out_axes: Where the results have the new axis; a tree if they are one.

    Returns:
        A function of the same arguments.

    Raises:
        ShapeError: mapped axes have different lengths, or none, or do not exist; or the results
            have different shapes.
        ValueError: `in_axes` or `out_axes` does not have the form of the arguments or results.

    Example:
        >>> vmap(np.dot)(np.ones((3, 2)), np.ones((3, 2)))
        array([2., 2., 2.])
        >>> per_example = vmap(ag.grad(lambda w, x: np.tanh(w @ x)), in_axes=(None, 0))
        >>> per_example(np.zeros(2), np.ones((3, 2))).shape
        (3, 2)
        >>> out, pullback = ag.vjp(np.sin, np.zeros(2))
        >>> vmap(pullback)(np.eye(2))
        (array([[1., 0.],
               [0., 1.]]),)
    """

    @functools.wraps(f)
    def mapped(*args: Any, **settings: Any) -> Any:
        trees = list(args)
        every = list(in_axes) if isinstance(in_axes, (list, tuple)) else in_axes
        axes = _axes_of(every, trees, "in_axes")
        leaves = leaves_of(trees)
        count = _length(leaves, axes)
        fronts = [
            x if axis is None else _moved(x, axis, 0) for x, axis in zip(leaves, axes, strict=True)
        ]
        if isinstance(f, LinearMap) and None not in axes and not settings:
            together = f.many(*rebuild(trees, iter(fronts)))
            if together is not None:
                return _arranged(together, leaves_of(together), out_axes)
        columns = [
            itertools.repeat(x, count) if axis is None else _slices(x)
            for x, axis in zip(fronts, axes, strict=True)
        ]
        rows = zip(*columns, strict=True)
        results = [f(*rebuild(trees, iter(row)), **settings) for row in rows]
        stacked = [_stack(column) for column in zip(*map(leaves_of, results), strict=True)]
        return _arranged(results[0], stacked, out_axes)

    return mapped


def _axes_of(prefix: Any, tree: Any, where: str) -> list[Any]:
    """The axis of each leaf of `tree`; one in `prefix` counts for all that it stands for."""
    if prefix is None or isinstance(prefix, int):
        return [prefix] * len(leaves_of(tree))
    pairs: Any = None
    if isinstance(tree, dict):
        if isinstance(prefix, dict) and prefix.keys() == tree.keys():
            pairs = [(prefix[key], child) for key, child in tree.items()]
    elif isinstance(tree, (list, tuple)):
        if isinstance(prefix, (list, tuple)) and len(prefix) == len(tree):
            pairs = zip(prefix, tree, strict=True)
    elif dataclasses.is_dataclass(tree) and type(prefix) is type(tree):
        names = [field.name for field in dataclasses.fields(tree)]
        pairs = [(getattr(prefix, name), getattr(tree, name)) for name in names]
    if pairs is None:
        raise ValueError(
            explain(
                "vmap",
                f"`{where}` does not have the form of what it is for",
                got=f"{prefix!r} for a {type(tree).__name__}",
                expected="an int or None, or a tree of them of the same form",
            )
        )
    return [axis for part, child in pairs for axis in _axes_of(part, child, where)]


def _length(leaves: list[Any], axes: list[Any]) -> int:
    """How many slices there are."""
    shapes = [np.shape(raw(x)) for x in leaves]
    mapped = [(s, axis) for s, axis in zip(shapes, axes, strict=True) if axis is not None]
    for shape, axis in mapped:
        if not -len(shape) <= axis < len(shape):
            problem = "an argument does not have the axis to map over"
            raise ShapeError(explain("vmap", problem, got=f"axis {axis} of shape {shape}"))
    lengths = {shape[axis] for shape, axis in mapped}
    if len(lengths) != 1 or 0 in lengths:
        raise ShapeError(
            explain(
                "vmap",
                "mapped axes have different lengths" if lengths - {0} else "nothing to map over",
                got=", ".join(f"axis {axis} of shape {shape}" for shape, axis in mapped) or "none",
                expected="at least one mapped axis, and all of the same length, not 0",
                fix="in_axes=None for an argument that all calls share",
            )
        )
    return int(lengths.pop())


def _moved(x: Any, source: int, destination: int) -> Any:
    """x with an axis elsewhere; x itself if it is there."""
    x = x if isinstance(x, Traced) else np.asarray(x)
    return x if source == destination else ops.moveaxis(x, source, destination)


def _slices(x: Any) -> list[Any]:
    """``x[0], x[1], ...``; a Tensor is halved, so that pulling back costs n log n, not n**2."""
    if not isinstance(x, Traced):
        return list(x)
    count = x.shape[0]
    if count == 1:
        return [ops.squeeze(x, axis=0)]
    half = count // 2
    first = take_slice(x, axis=0, start=0, stop=half)
    return [*_slices(first), *_slices(take_slice(x, axis=0, start=half, stop=count))]


def _stack(results: Any) -> Any:
    """The results of all calls, along a new first axis."""
    shapes = {np.shape(raw(y)) for y in results}
    if len(shapes) > 1:
        problem = "the results of the calls have different shapes"
        raise ShapeError(explain("vmap", problem, got=" and ".join(map(str, sorted(shapes)))))
    return ops.stack(results)


def _arranged(tree: Any, stacked: list[Any], out_axes: Any) -> Any:
    """Results with the new axis where `out_axes` has it, in the form of `tree`."""
    axes = _axes_of(out_axes, tree, "out_axes")
    for y, axis in zip(stacked, axes, strict=True):
        if axis is None or not -y.ndim <= axis < y.ndim:
            raise ValueError(
                explain(
                    "vmap",
                    "no place for the new axis",
                    got=f"out_axes {axis} for a result of shape {y.shape[1:]}",
                    expected=f"an int from {-y.ndim} to {y.ndim - 1}",
                )
            )
    return rebuild(tree, iter([_moved(y, 0, axis) for y, axis in zip(stacked, axes, strict=True)]))
