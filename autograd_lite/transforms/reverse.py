"""Reverse mode: gradients and pullbacks."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite import engine
from autograd_lite.errors import GradientError, ShapeError, explain
from autograd_lite.graph import enable_grad, place_of
from autograd_lite.op import raw
from autograd_lite.scope import LinearMap, Scope, running
from autograd_lite.tensor import Tensor
from autograd_lite.trees import leaves_of, rebuild

Function = Callable[..., Any]


def check_function(where: str, f: Any) -> None:
    """Raise TypeError unless f can be called."""
    if not callable(f):
        raise TypeError(
            explain(
                where,
                "not a function",
                got=type(f).__name__,
                expected="a function of arrays",
                fix=f"ag.{where}(f)(x): first the function, then where; not ag.{where}(f(x))",
            )
        )


def chosen_of(argnums: int | Sequence[int], args: Sequence[Any], where: str) -> tuple[int, ...]:
    """`argnums` as a tuple of positions in `args`."""
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


def apply(f: Function, args: Sequence[Any], chosen: Sequence[int], values: Sequence[Any]) -> Any:
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
    check_function("value_and_grad", f)

    @functools.wraps(f)
    def derivative(*args: Any, **settings: Any) -> Any:
        chosen = chosen_of(argnums, args, "grad")
        scope = Scope(f, chosen, args)
        with running():
            out = apply(functools.partial(f, **settings), args, chosen, scope.arguments())
            value, aux = out if has_aux else (out, None)
            _check_scalar(value)
            scope.look_around([value])
            pulled = scope.pull(value, np.ones(()), retain_graph=False)
            gradients = scope.trees_of(pulled)
        result = gradients[0] if isinstance(argnums, int) else tuple(gradients)
        value = scope.release(value)
        return ((value, _released(scope, aux)), result) if has_aux else (value, result)

    return derivative


def _released(scope: Scope, tree: Any) -> Any:
    return rebuild(tree, iter([scope.release(x, x) for x in leaves_of(tree)]))


def _check_scalar(value: Any) -> None:
    if np.iscomplexobj(raw(value)):
        raise GradientError(
            explain(
                "grad",
                "the function's value is complex",
                expected="a real number",
                fix="take its np.real, np.imag or np.abs; ag.jacobian takes holomorphic functions",
            )
        )
    if np.ndim(raw(value)):
        raise ShapeError(
            explain(
                "grad",
                "the function's value is not a scalar",
                got=f"shape {np.shape(raw(value))}",
                expected="a single number, of shape ()",
                fix="sum or average it, or use ag.jacobian (twice instead of ag.hessian)",
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
        TypeError: f is not a function.

    Example:
        >>> import numpy as np
        >>> grad(lambda x: np.sum(x**3))(np.array([1.0, 2.0]))
        array([ 3., 12.])
        >>> grad(grad(np.tanh))(0.5)
        np.float64(-0.7268619813835874)
    """
    check_function("grad", f)
    with_value = value_and_grad(f, argnums, has_aux)

    @functools.wraps(f)
    def derivative(*args: Any, **settings: Any) -> Any:
        value, gradient = with_value(*args, **settings)
        return (gradient, value[1]) if has_aux else gradient

    return derivative


def vjp(f: Function, *primals: Any) -> tuple[Any, Function]:
    """The value of f, and its pullback: ``v -> (v @ df/dx_0, v @ df/dx_1, ...)``.

    Args:
        f: Takes arrays; returns an array, or a tree of them.
        primals: Where to differentiate.

    Returns:
        ``(out, pullback)``. The pullback takes what has the form of `out`, may be called many
        times, and returns a tuple with a gradient for each primal. `vmap` of it takes many at once.

    Example:
        >>> import numpy as np
        >>> out, pullback = vjp(np.sin, np.array([0.0, 1.0]))
        >>> pullback(np.ones(2))
        (array([1.        , 0.54030231]),)
    """
    scope = Scope(f, range(len(primals)), primals)
    with running():
        out = f(*scope.arguments())
    outs = leaves_of(out)
    scope.look_around(outs)

    def pullback(v: Any) -> tuple[Any, ...]:
        _check_form(outs, v)
        with running():
            pulled = scope.pull_all(outs, leaves_of(v))
        return tuple(scope.trees_of(pulled))

    def many(v: Any) -> tuple[Any, ...] | None:
        _check_form(outs, v, skipped=1)
        if scope.is_graph(leaves_of(v)):
            return None
        with running():
            pulled = scope.pull_rows(outs, leaves_of(v))
        return tuple(scope.trees_of([np.array(g) for g in pulled]))

    like = primals[0] if primals else None
    return rebuild(out, iter([scope.release(y, like) for y in outs])), LinearMap(pullback, many)


def _check_form(outs: Sequence[Any], v: Any, skipped: int = 0) -> None:
    """Raise ShapeError unless v has the shapes of `outs`, after its leading axes."""
    shapes = [np.shape(raw(y)) for y in outs]
    got = [np.shape(raw(s))[skipped:] for s in leaves_of(v)]
    if got != shapes:
        raise ShapeError(
            explain(
                "pullback",
                "the argument must have the form and shape of the function's value",
                got=", ".join(map(str, got)),
                expected=", ".join(map(str, shapes)),
            )
        )


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


def stop_gradient(tree: Any) -> Any:
    """The same values as constants: no derivative passes.

    Args:
        tree: An array, Tensor or number, or a dict, list, tuple or dataclass of them.

    Returns:
        The same form; each Tensor is detached, anything else is as it was.

    Example:
        >>> grad(lambda x: x * stop_gradient(x))(3.0)
        np.float64(3.0)
    """
    constant = [x.detach() if isinstance(x, Tensor) else x for x in leaves_of(tree)]
    return rebuild(tree, iter(constant))
