"""Whole matrices of derivatives, and products with them."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from autograd_lite import ops
from autograd_lite.errors import explain
from autograd_lite.op import raw
from autograd_lite.scope import Scope, running
from autograd_lite.transforms.reverse import apply, check_function, chosen_of, grad
from autograd_lite.transforms.tangents import check_same_form, check_sequences
from autograd_lite.trees import leaves_of, rebuild

Function = Callable[..., Any]
MODES = ("auto", "forward", "reverse")


def jacobian(f: Function, argnums: int | Sequence[int] = 0, mode: str = "auto") -> Function:
    """All first derivatives: ``J[i..., j...] = d f[i...] / d x[j...]``.

    Args:
        f: Takes arrays and returns one array.
        argnums: Which arguments to differentiate by; a tuple gives a tuple of Jacobians.
        mode: "reverse" takes a pull for each entry of the value, "forward" a push for each entry
            of the arguments, and "auto" the fewer. As many rows or columns as fit into 4 MiB go
            at once, unless the result is itself graph, and are written in place.

    Returns:
        A function whose result has shape ``out.shape + x.shape``, in the argument's form. For
        complex x, f is to be holomorphic; of a real value the rows are gradients, as `grad` gives.

    Raises:
        TypeError: f is not a function.
        ValueError: `mode` is none of these.

    Example:
        >>> import numpy as np
        >>> jacobian(lambda x: x**2)(np.array([1.0, 2.0]))
        array([[2., 0.],
               [0., 4.]])
    """
    check_function("jacobian", f)
    if mode not in MODES:
        raise ValueError(explain("jacobian", "no such mode", got=repr(mode), expected=str(MODES)))

    @functools.wraps(f)
    def derivative(*args: Any, **settings: Any) -> Any:
        chosen = chosen_of(argnums, args, "jacobian")
        scope = Scope(f, chosen, args)
        with running():
            out = apply(functools.partial(f, **settings), args, chosen, scope.arguments())
            scope.look_around([out])
            pushes = sum(x.size for inputs in scope.inputs for x in inputs)
            by_columns = mode == "forward" or (mode == "auto" and pushes < np.size(raw(out)))
            parts = _by_columns(scope, out) if by_columns else _by_rows(scope, out)
        results = rebuild(list(scope.trees), iter([scope.derivative(p, p) for p in parts]))
        return results[0] if isinstance(argnums, int) else tuple(results)

    return derivative


def _units(shape: tuple[int, ...], dtype: Any) -> Iterator[Any]:
    """Each array of this shape that is one at one place and zero elsewhere."""
    for index in np.ndindex(shape):
        unit = np.zeros(shape, dtype)
        unit[index] = 1
        yield unit


def _stacked(rows: Iterator[Sequence[Any]], count: int, likes: Sequence[Any], nested: bool) -> Any:
    """Arrays of `count` rows; written in place, as many may be large, unless they are graph."""
    if nested and count:
        return [ops.stack(column) for column in zip(*rows, strict=True)]
    wholes = [np.zeros((count, *like.shape), like.dtype) for like in likes]
    for i, row in enumerate(rows):
        for whole, part in zip(wholes, row, strict=True):
            whole[i] = raw(part)
    return wholes


def _in_blocks(block: int, shape: tuple[int, ...], like: Any, rows: Function) -> list[Any]:
    """As `_stacked`, but `rows` takes many units at once and gives as many rows."""
    count, wholes = math.prod(shape), None
    for start in range(0, count, block):
        stop = min(start + block, count)
        units = np.eye(stop - start, count, start, like.dtype).reshape(-1, *shape)
        parts = rows(units)
        if wholes is None:
            wholes = [np.empty((count, *part.shape[1:]), part.dtype) for part in parts]
        for whole, part in zip(wholes, parts, strict=True):
            whole[start:stop] = part
    return wholes or []


def _by_rows(scope: Scope, out: Any) -> list[Any]:
    """A Jacobian by each input: a pull for each entry of the value, or for a block of them."""
    value = np.asarray(raw(out))
    inputs = [x for xs in scope.inputs for x in xs]

    def row(unit: Any, pull: Function) -> list[Any]:
        pulled: list[Any] = pull([out], [unit])
        if value.dtype.kind != "c":
            return pulled
        other = pull([out], [1j * unit])
        return [
            ops.conj(a) if x.dtype.kind == "c" else ops.add(a, ops.multiply(b, 1j))
            for x, a, b in zip(inputs, pulled, other, strict=True)
        ]

    block = min(scope.rows_at_once(out), value.size)
    if block > 1:
        wholes = _in_blocks(block, value.shape, value, lambda units: row(units, scope.pull_rows))
    else:
        likes = [np.empty(x.shape, np.result_type(x.dtype, value.dtype)) for x in inputs]
        rows = (row(unit, scope.pull_all) for unit in _units(value.shape, value.dtype))
        wholes = _stacked(rows, value.size, likes, scope.nested)
    return [ops.reshape(w, (*value.shape, *x.shape)) for w, x in zip(wholes, inputs, strict=True)]


def _by_columns(scope: Scope, out: Any) -> list[Any]:
    """A Jacobian by each input: a push for each of its entries, or for a block of them."""
    value = np.asarray(raw(out))
    inputs = [x for xs in scope.inputs for x in xs]

    def column(k: int, unit: Any, push: Function) -> list[Any]:
        leading = unit.shape[: unit.ndim - inputs[k].ndim]
        tangents = [np.zeros(leading + x.shape, x.dtype) for x in inputs]
        tangents[k] = unit
        (pushed,) = push([out], tangents)
        if unit.dtype.kind == "c" and value.dtype.kind != "c":
            tangents[k] = 1j * unit
            pushed = ops.add(pushed, ops.multiply(push([out], tangents)[0], 1j))
        return [pushed]

    parts = []
    for k, x in enumerate(inputs):
        block = min(scope.rows_at_once(out), x.size)
        if block > 1:
            (whole,) = _in_blocks(
                block, x.shape, x, lambda units, k=k: column(k, units, scope.tangent_rows)
            )
        else:
            like = np.empty(value.shape, np.result_type(x.dtype, value.dtype))
            columns = (column(k, unit, scope.tangents) for unit in _units(x.shape, x.dtype))
            (whole,) = _stacked(columns, x.size, [like], scope.nested)
        parts.append(ops.reshape(ops.moveaxis(whole, 0, -1), (*value.shape, *x.shape)))
    return parts


def hessian(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """All second derivatives of a scalar function: the Jacobian of its gradient.

    Example:
        >>> import numpy as np
        >>> hessian(lambda x: np.sum(x**3))(np.array([1.0, 2.0]))
        array([[ 6.,  0.],
               [ 0., 12.]])
    """
    gradient = grad(f, argnums)
    if isinstance(argnums, int):
        return jacobian(gradient, argnums)

    @functools.wraps(f)
    def blocks(*args: Any, **settings: Any) -> Any:
        return tuple(
            jacobian(lambda *a, k=k: gradient(*a, **settings)[k], argnums)(*args)
            for k in range(len(argnums))
        )

    return blocks


def hvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, ...]:
    """The Hessian of a scalar function times a vector, without the Hessian.

    ``H v = d/dx <grad f(x), v>``, at the cost of a few evaluations of f.

    Args:
        f: Takes arrays and returns a number.
        primals: Where to differentiate, a sequence.
        tangents: The vector, of the same forms.

    Returns:
        A tuple with a part for each primal. Source: Pearlmutter, Fast exact multiplication by the
        Hessian, 1994.

    Raises:
        ShapeError: tangents do not fit the primals.
        TypeError: either is an array rather than a sequence of them.

    Example:
        >>> import numpy as np
        >>> hvp(lambda x: np.sum(x**3), (np.array([1.0, 2.0]),), (np.array([1.0, 0.0]),))
        (array([6., 0.]),)
    """
    check_sequences("hvp", primals, tangents)
    check_same_form("hvp", primals, tangents)
    every = tuple(range(len(primals)))
    directions = leaves_of(list(tangents))

    def along(*xs: Any) -> Any:
        slopes = leaves_of(list(grad(f, every)(*xs)))
        products = [ops.sum(ops.multiply(g, v)) for g, v in zip(slopes, directions, strict=True)]
        return functools.reduce(ops.add, products)

    result: tuple[Any, ...] = grad(along, every)(*primals)
    return result
