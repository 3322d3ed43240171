"""Checks of derivatives against differences, for the library's own tests and for users' ops."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite import ops
from autograd_lite.errors import GradientError, explain
from autograd_lite.op import raw
from autograd_lite.transforms import jacobian, vjp
from autograd_lite.trees import leaves_of

FULL = 4096
"""Up to so many entries the whole Jacobian is compared, above it a few directions."""


class GradientCheckError(GradientError, AssertionError):
    """A derivative that differs from differences by more than their error."""


def gradcheck(
    f: Callable[..., Any],
    inputs: Sequence[Any],
    *,
    eps: float = 1e-3,
    atol: float = 1e-8,
    rtol: float = 1e-6,
    order: int = 1,
    seed: int = 0,
) -> bool:
    """Compare derivatives of f with differences, in float64.

    The difference is the central one of five points, with an error of order ``h**4``:
    ``(8 (f(x+h) - f(x-h)) - (f(x+2h) - f(x-2h))) / 12h`` and ``h = eps * max(1, |x|)``. Up to
    4,096 entries the whole Jacobian is compared; above, random directions and single entries. For
    ``order=2`` the pullback ``(x, v) -> v @ df/dx`` is checked in the same way, by x and by v.

    Args:
        f: Takes arrays or Tensors; returns one array, or a tree of them.
        inputs: Where to check. Floating arrays are checked; integers are passed on as they are.
        eps: Relative step.
        atol: Allowed absolute difference, times the largest derivative if that is above one.
        rtol: Allowed relative difference.
        order: The highest order of derivative to check.
        seed: Of random directions.

    Returns:
        True.

    Raises:
        GradientCheckError: naming the function, argument, worst index, and both values.

    Example:
        >>> import numpy as np
        >>> gradcheck(np.tanh, [np.array([0.1, 2.0])], order=2)
        True
    """
    arrays = [_double(x) for x in inputs]
    checked = [i for i, x in enumerate(arrays) if _is_floating(x)]
    if not checked:
        raise ValueError(explain("gradcheck", "no input is of a floating dtype"))
    check = _Check(f, arrays, eps, atol, rtol, np.random.default_rng(seed))
    for i in checked:
        check.argument(i)
    if order > 1:
        pullback, extended = _pullback(f, arrays, checked, check.rng)
        pullback.__name__ = f"gradient of {check.name}"
        gradcheck(pullback, extended, eps=eps, atol=atol, rtol=rtol, order=order - 1, seed=seed + 1)
    return True


def gradgradcheck(f: Callable[..., Any], inputs: Sequence[Any], **settings: Any) -> bool:
    """`gradcheck` to second order.

    Example:
        >>> import numpy as np
        >>> gradgradcheck(np.sin, [np.array([0.1, 2.0])])
        True
    """
    return gradcheck(f, inputs, order=2, **settings)


def _double(x: Any) -> Any:
    """A float or floating array in float64; anything else, such as an index, as it is."""
    x = raw(x)
    if isinstance(x, (float, np.ndarray, np.generic)) and np.asarray(x).dtype.kind == "f":
        return np.asarray(x, np.float64)
    return x


def _is_floating(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def _flat(out: Any) -> Any:
    """Whatever f returned, as one vector."""
    parts = [ops.ravel(leaf) for leaf in leaves_of(out)]
    return parts[0] if len(parts) == 1 else ops.concatenate(parts)


def _pullback(
    f: Callable[..., Any], arrays: list[Any], checked: list[int], rng: np.random.Generator
) -> tuple[Callable[..., Any], list[Any]]:
    """``(x..., v) -> v @ df/dx``, with a random v to start from."""

    def pulled(*args: Any) -> Any:
        *xs, v = args

        def of_checked(*ys: Any) -> Any:
            whole = list(xs)
            for i, y in zip(checked, ys, strict=True):
                whole[i] = y
            return _flat(f(*whole))

        _, pull = vjp(of_checked, *[xs[i] for i in checked])
        return pull(v)

    size = np.size(raw(_flat(f(*arrays))))
    return pulled, [*arrays, rng.standard_normal(size)]


class _Check:
    """One function at one place."""

    def __init__(
        self,
        f: Callable[..., Any],
        arrays: list[Any],
        eps: float,
        atol: float,
        rtol: float,
        rng: np.random.Generator,
    ) -> None:
        self.f, self.arrays, self.rng = f, arrays, rng
        self.eps, self.atol, self.rtol = eps, atol, rtol
        self.name = getattr(f, "__name__", type(f).__name__)

    def argument(self, i: int) -> None:
        """Compare by argument i."""
        x = self.arrays[i]
        size = np.size(raw(self.flat(i, x)))
        if size * x.size <= FULL:
            units = np.eye(x.size).reshape(x.size, *x.shape)
            numeric = np.array([self.difference(i, u) for u in units]).reshape(x.size, size).T
            exact = jacobian(lambda y: self.flat(i, y))(x).reshape(size, x.size)
            self.compare(i, exact, numeric, list(np.ndindex(x.shape)))
        else:
            self.directions(i, size)

    def directions(self, i: int, size: int) -> None:
        """Compare ``<v, J u>`` for random v, with u random and with u the unit of some entries."""
        x = self.arrays[i]
        v = self.rng.standard_normal(size)
        _, pull = vjp(lambda y: self.flat(i, y), x)
        gradient = pull(v)[0]
        largest = np.argsort(np.abs(gradient), axis=None)[-4:]
        entries = [*largest, *self.rng.integers(x.size, size=8)]
        units = [np.zeros(x.shape) for _ in entries]
        for unit, entry in zip(units, entries, strict=True):
            unit.flat[entry] = 1
        for u in [*self.rng.standard_normal((3, *x.shape)), *units]:
            numeric = np.vdot(v, self.difference(i, u))
            exact = np.vdot(gradient, u)
            where = np.unravel_index(np.abs(u).argmax(), x.shape)
            self.compare(i, np.array([[exact]]), np.array([[numeric]]), [where])

    def flat(self, i: int, y: Any) -> Any:
        """The output as a vector, with argument i replaced."""
        return _flat(self.f(*self.arrays[:i], y, *self.arrays[i + 1 :]))

    def difference(self, i: int, u: Any) -> Any:
        """The derivative along u, by five points."""
        x = self.arrays[i]
        scale = np.abs(x[u != 0]).max(initial=1)
        h = self.eps * scale / max(1, np.abs(u).max(initial=0))

        def at(k: int) -> Any:
            return raw(self.flat(i, x + k * h * u))

        return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h)

    def compare(self, i: int, exact: Any, numeric: Any, indices: Sequence[Any]) -> None:
        """Raise unless two Jacobians agree; their columns stand for entries at `indices`."""
        largest = np.abs(numeric).max(initial=1)
        excess = np.abs(exact - numeric) - (self.atol * largest + self.rtol * np.abs(numeric))
        if (excess <= 0).all():
            return
        row, column = np.unravel_index(np.nan_to_num(excess, nan=np.inf).argmax(), excess.shape)
        ours, theirs = float(exact[row, column]), float(numeric[row, column])
        index = tuple(map(int, indices[column]))
        raise GradientCheckError(
            explain(
                f"gradcheck of {self.name}",
                f"wrong derivative by argument {self.argument_name(i)} "
                f"at index {index}" + (f", of output {row}" if len(exact) > 1 else ""),
                got=f"{ours:.10g}",
                expected=f"{theirs:.10g}, by differences" + _hint(ours, theirs),
            )
        )

    def argument_name(self, i: int) -> str:
        """`i (name)` where the name is known."""
        try:
            names = list(inspect.signature(self.f).parameters)
        except (TypeError, ValueError):
            names = []
        return f"{i} (`{names[i]}`)" if i < len(names) else str(i)


def _hint(ours: float, theirs: float) -> str:
    """What a telling ratio suggests."""
    ratio = ours / theirs if theirs and np.isfinite(theirs) else np.nan
    for value, text in ((-1, "the sign is wrong"), (2, "twice too large"), (0.5, "half too small")):
        if np.isclose(ratio, value, rtol=1e-4):
            return f" ({text})"
    return " (missing)" if ours == 0 else ""
