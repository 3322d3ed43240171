"""Forward mode: derivatives along directions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite.errors import ShapeError, explain
from autograd_lite.graph import STATE
from autograd_lite.op import raw
from autograd_lite.scope import LinearMap, Scope, running
from autograd_lite.trees import leaves_of, rebuild

Function = Callable[..., Any]


def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """The value of f and its derivative along `tangents`: ``sum_i df/dx_i @ tangents[i]``.

    Args:
        f: Takes arrays; returns an array, or a tree of them.
        primals: Where to differentiate, a sequence.
        tangents: Directions, of the same forms.

    Returns:
        ``(out, tangent)``, of the same form.

    Raises:
        ShapeError: tangents do not fit the primals.
        TypeError: either is an array rather than a sequence of them.

    Example:
        >>> import numpy as np
        >>> jvp(np.sin, (np.array(0.0),), (np.array(2.0),))
        (array(0.), array(2.))
    """
    check_sequences("jvp", primals, tangents)
    out, pushforward = linearize(f, *primals)
    return out, pushforward(*tangents)


def linearize(f: Function, *primals: Any) -> tuple[Any, Function]:
    """The value of f, and its derivative as a linear map that runs f no more.

    Args:
        f: Takes arrays; returns an array, or a tree of them.
        primals: Where to differentiate.

    Returns:
        ``(out, pushforward)``; ``pushforward(*tangents)`` is ``sum_i df/dx_i @ tangents[i]``. It
        may be called many times, and raises ShapeError for tangents that do not fit. `vmap` of it
        takes many at once.

    Example:
        >>> import numpy as np
        >>> out, pushforward = linearize(np.exp, np.array([0.0, 1.0]))
        >>> pushforward(np.array([1.0, 0.0]))
        array([1., 0.])
    """
    scope = Scope(f, range(len(primals)), primals)
    with running():
        out = f(*scope.arguments())
    scope.look_around(leaves_of(out))
    like = primals[0] if primals else None

    def pushforward(*tangents: Any) -> Any:
        check_same_form("jvp", primals, tangents)
        with running():
            pushed = scope.tangents(leaves_of(out), leaves_of(list(tangents)))
        return rebuild(out, iter([scope.derivative(t, like) for t in pushed]))

    def many(*tangents: Any) -> Any:
        check_same_form("jvp", primals, tangents, skipped=1)
        directions = leaves_of(list(tangents))
        if scope.is_graph(directions) or STATE.watch is not None:
            return None
        with running():
            pushed = scope.tangent_rows(leaves_of(out), directions)
        return rebuild(out, iter([np.array(t) for t in pushed]))

    value = rebuild(out, iter([scope.release(y, like) for y in leaves_of(out)]))
    return value, LinearMap(pushforward, many)


def check_sequences(where: str, primals: Any, tangents: Any) -> None:
    """Raise TypeError unless both are sequences, of an entry for each argument."""
    for name, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, list | tuple):
            raise TypeError(
                explain(
                    where,
                    f"`{name}` is not a tuple",
                    got=type(given).__name__,
                    expected="an entry for each argument of the function",
                    fix=f"{where}(f, (x,), (v,)) for a function of one argument",
                )
            )


def check_same_form(
    where: str, primals: Sequence[Any], tangents: Sequence[Any], skipped: int = 0
) -> None:
    """Raise ShapeError unless the leaves have the same shapes, after leading axes of tangents."""
    shapes = [[np.shape(raw(x)) for x in leaves_of(list(trees))] for trees in (primals, tangents)]
    if shapes[0] != [shape[skipped:] for shape in shapes[1]]:
        raise ShapeError(
            explain(
                where,
                "tangents do not fit the primals",
                got=f"tangents {shapes[1]}",
                expected=f"shapes of the primals, {shapes[0]}",
            )
        )
