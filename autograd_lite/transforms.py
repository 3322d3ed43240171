"""Functions that make derivatives of functions: arrays in, arrays out, to any order.

Arguments are arrays, Tensors or numbers, or dicts, lists and tuples of them. Inside another
transform, results are Tensors and part of the outer one's graph; so transforms nest.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from autograd_lite import engine, ops
from autograd_lite.errors import GradientError, ShapeError, explain
from autograd_lite.graph import Traced, enable_grad, place_of
from autograd_lite.op import raw
from autograd_lite.scope import Scope, pull_to, running
from autograd_lite.tensor import Tensor
from autograd_lite.trees import leaves_of, rebuild

Function = Callable[..., Any]


def _split(argnums: int | Sequence[int], args: Sequence[Any], where: str) -> tuple[int, ...]:
    chosen = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    if any(not -len(args) <= i < len(args) for i in chosen):
        raise ValueError(
            explain(
                where,
                "`argnums` names an argument that was not given by position",
                got=f"argnums={argnums}, {len(args)} arguments",
            )
        )
    return tuple(i % len(args) for i in chosen)


def _apply(f: Function, args: Sequence[Any], chosen: Sequence[int], values: Sequence[Any]) -> Any:
    """f with the chosen arguments replaced."""
    replaced = list(args)
    for i, value in zip(chosen, values, strict=True):
        replaced[i] = value
    return f(*replaced)


def value_and_grad(
    f: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Function:
    """Like `grad`, but the new function returns ``(f(x), gradient)``.

    Example:
        >>> value_and_grad(lambda x: x**2)(3.0)
        (np.float64(9.0), np.float64(6.0))
    """

    @functools.wraps(f)
    def derivative(*args: Any, **settings: Any) -> Any:
        chosen = _split(argnums, args, "grad")
        scope = Scope(f, chosen, [args[i] for i in chosen])
        with running():
            out = _apply(functools.partial(f, **settings), args, chosen, scope.arguments())
            value, aux = out if has_aux else (out, None)
            _check_scalar(value)
            seed = Tensor(np.ones(np.shape(value), getattr(value, "dtype", float)))
            gradients = scope.gradients(value, seed)
        result = gradients[0] if isinstance(argnums, int) else tuple(gradients)
        value = scope.release(value)
        return ((value, _released(scope, aux)), result) if has_aux else (value, result)

    return derivative


def _released(scope: Scope, tree: Any) -> Any:
    return rebuild(tree, iter([scope.release(x, x) for x in leaves_of(tree)]))


def _check_scalar(value: Any) -> None:
    if np.size(raw(value)) != 1 or np.ndim(raw(value)):
        raise ShapeError(
            explain(
                "grad",
                "the function's value is not a scalar",
                got=f"shape {np.shape(raw(value))}",
                expected="a single number, of shape ()",
                fix="sum or average it, or use ag.jacobian",
            )
        )


def grad(f: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Function:
    """The gradient of a scalar function, as a function of the same arguments.

    Args:
        f: Takes arrays (it will be given Tensors) and returns a number.
        argnums: Which arguments to differentiate by; a tuple gives a tuple of gradients.
        has_aux: Whether f returns ``(value, aux)``; the new function then returns
            ``(gradient, aux)``.

    Raises:
        ShapeError: the value is not a scalar.
        DTypeError: an argument to differentiate by is not of a floating dtype.

    Example:
        >>> import numpy as np
        >>> grad(lambda x: np.sum(x**3))(np.array([1.0, 2.0]))
        array([ 3., 12.])
        >>> grad(grad(np.tanh))(0.5)
        np.float64(-0.7268619813835874)
    """
    with_value = value_and_grad(f, argnums, has_aux)

    @functools.wraps(f)
    def derivative(*args: Any, **settings: Any) -> Any:
        value, gradient = with_value(*args, **settings)
        return (gradient, value[1]) if has_aux else gradient

    return derivative


def vjp(f: Function, *primals: Any) -> tuple[Any, Function]:
    """The value of f, and its pullback: ``v -> (v @ df/dx_0, v @ df/dx_1, ...)``.

    Args:
        f: Takes and returns arrays; one array is returned.
        primals: Where to differentiate.

    Returns:
        ``(out, pullback)``. The pullback takes an array of the shape of `out`, may be called many
        times, and returns a tuple with a gradient for each primal.

    Example:
        >>> import numpy as np
        >>> out, pullback = vjp(np.sin, np.array([0.0, 1.0]))
        >>> pullback(np.ones(2))
        (array([1.        , 0.54030231]),)
    """
    scope = Scope(f, range(len(primals)), primals)
    with running():
        out = f(*scope.arguments())

    def pullback(v: Any) -> tuple[Any, ...]:
        if np.shape(v) != np.shape(out):
            raise ShapeError(
                explain(
                    "pullback",
                    "the argument must have the shape of the function's value",
                    got=str(np.shape(v)),
                    expected=str(np.shape(out)),
                )
            )
        seed = v if isinstance(v, Traced) else Tensor(np.asarray(v, raw(out).dtype))
        with running():
            return tuple(scope.gradients(out, seed, retain_graph=True))

    return scope.release(out, primals[0] if primals else None), pullback


def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """The value of f and its derivative along `tangents`: ``sum_i df/dx_i @ tangents[i]``.

    Computed as the pullback's own pullback, which is linear in what it is given.

    Args:
        f: Takes and returns arrays; one array is returned.
        primals: Where to differentiate, a sequence.
        tangents: Directions, of the same forms.

    Example:
        >>> import numpy as np
        >>> jvp(np.sin, (np.array(0.0),), (np.array(2.0),))
        (array(0.), array(2.))
    """
    _check_same_form("jvp", primals, tangents)
    scope = Scope(f, range(len(primals)), primals)
    with running():
        out = f(*scope.arguments())
        dual = Tensor(np.zeros(np.shape(out), raw(out).dtype), True)
        flat = [x for inputs in scope.inputs for x in inputs]
        pulled = pull_to(out, dual, flat, create_graph=True, retain_graph=True)
        total = _inner(pulled, leaves_of(list(tangents)))
        seed = Tensor(np.ones(np.shape(total), raw(total).dtype))
        (tangent,) = pull_to(
            total, seed, [dual], create_graph=scope.nested, retain_graph=scope.nested
        )
    like = primals[0]
    return scope.release(out, like), scope.release(tangent, like)


def _inner(xs: Sequence[Any], ys: Sequence[Any]) -> Any:
    """The inner product of two flat lists of arrays."""
    return functools.reduce(
        ops.add, [ops.sum(ops.multiply(x, y)) for x, y in zip(xs, ys, strict=True)]
    )


def _check_same_form(where: str, primals: Sequence[Any], tangents: Sequence[Any]) -> None:
    shapes = [[np.shape(raw(x)) for x in leaves_of(list(trees))] for trees in (primals, tangents)]
    if shapes[0] != shapes[1]:
        raise ShapeError(
            explain(
                where,
                "tangents do not fit the primals",
                got=f"tangents {shapes[1]}",
                expected=f"shapes of the primals, {shapes[0]}",
            )
        )


def jacobian(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """All first derivatives: ``J[i..., j...] = d f[i...] / d x[j...]``, one pull for each row.

    Args:
        f: Takes arrays and returns one array.
        argnums: Which arguments to differentiate by; a tuple gives a tuple of Jacobians.

    Returns:
        A function whose result has shape ``out.shape + x.shape``, in the argument's form.

    Example:
        >>> import numpy as np
        >>> jacobian(lambda x: x**2)(np.array([1.0, 2.0]))
        array([[2., 0.],
               [0., 4.]])
    """

    @functools.wraps(f)
    def derivative(*args: Any, **settings: Any) -> Any:
        chosen = _split(argnums, args, "jacobian")
        scope = Scope(f, chosen, [args[i] for i in chosen])
        with running():
            out = _apply(functools.partial(f, **settings), args, chosen, scope.arguments())
            rows = [
                leaves_of(scope.gradients(out, Tensor(unit), retain_graph=True))
                for unit in _units(np.shape(out), getattr(out, "dtype", np.dtype(float)))
            ]
            columns = [
                _stacked([row[k] for row in rows], np.shape(out), x, scope)
                for k, x in enumerate(x for inputs in scope.inputs for x in inputs)
            ]
        results = rebuild(list(scope.trees), iter(columns))
        return results[0] if isinstance(argnums, int) else tuple(results)

    return derivative


def _units(shape: tuple[int, ...], dtype: Any) -> Iterator[Any]:
    """Each array of this shape that is one at one place and zero elsewhere."""
    for index in np.ndindex(shape):
        unit = np.zeros(shape, dtype)
        unit[index] = 1
        yield unit


def _stacked(rows: list[Any], shape: tuple[int, ...], x: Tensor, scope: Scope) -> Any:
    """Rows of a Jacobian in the shape ``out.shape + x.shape``."""
    whole = ops.stack(rows) if rows else np.zeros((0, *x.shape), x.dtype)
    return scope.release(ops.reshape(whole, (*shape, *x.shape)), whole)


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

    Example:
        >>> import numpy as np
        >>> hvp(lambda x: np.sum(x**3), (np.array([1.0, 2.0]),), (np.array([1.0, 0.0]),))
        (array([6., 0.]),)
    """
    _check_same_form("hvp", primals, tangents)
    every = tuple(range(len(primals)))
    directions = leaves_of(list(tangents))

    def along(*xs: Any) -> Any:
        return _inner(leaves_of(list(grad(f, every)(*xs))), directions)

    result: tuple[Any, ...] = grad(along, every)(*primals)
    return result


def gradients(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> Any:
    """Gradients of recorded outputs by recorded inputs; no `.grad` is touched, the graph is kept.

    Args:
        outputs: A Tensor, or a tree of them; several are added up.
        inputs: The Tensors to differentiate by, leaves or not.
        grad_outputs: A gradient for each output; ones for single entries.
        create_graph: Whether the gradients shall be differentiable.
        allow_unused: Give None, not an error, for an input that nothing depends on.

    Returns:
        Tensors, in the form of `inputs`.

    Raises:
        GradientError: an input has no influence, or does not require a gradient.

    Example:
        >>> import autograd_lite as ag
        >>> x = ag.tensor(3.0, requires_grad=True)
        >>> ag.gradients(x * x, x)
        Tensor(6.)
    """
    roots = [y for y in leaves_of(outputs) if isinstance(y, Tensor) and y.requires_grad]
    if grad_outputs is None:
        seeds = [y._seed(None) for y in roots]
    else:
        pairs = zip(leaves_of(outputs), leaves_of(grad_outputs), strict=True)
        seeds = [y._seed(s) for y, s in pairs if isinstance(y, Tensor) and y.requires_grad]
    xs = leaves_of(inputs)
    places = [place_of(x) for x in xs]
    with enable_grad():
        found = engine.pull(
            [place_of(y) for y in roots],
            [s if create_graph else raw(s) for s in seeds],
            places,
            create_graph=create_graph,
            retain_graph=True,
        )
    for i, place in enumerate(places):
        if place not in found and not allow_unused:
            raise GradientError(
                explain(
                    "gradients",
                    f"input {i} has no influence on the outputs",
                    got=f"shape {xs[i].shape}, requires_grad={xs[i].requires_grad}",
                    fix="leave it out, or allow_unused=True to get None",
                )
            )
    wrap = [found.get(p) for p in places]
    tensors = [g if g is None or isinstance(g, Tensor) else Tensor(g) for g in wrap]
    return rebuild(inputs, iter(tensors))
