"""Differences of neighbours along an axis, and the slopes and areas made of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.errors import DTypeError, ShapeError, explain
from autograd_lite.graph import Traced
from autograd_lite.op import raw
from autograd_lite.ops.elementwise import add, divide, multiply, subtract
from autograd_lite.ops.predicates import not_equal
from autograd_lite.ops.reduce import axes_of, sum
from autograd_lite.ops.shape import (
    astype,
    broadcast_to,
    concatenate,
    ravel,
    reshape,
    take_slice,
)
from autograd_lite.ops.statistics import traced_or_array
from autograd_lite.ops.twins import twin_of

__all__ = [
    "diff",
    "ediff1d",
    "gradient",
    "trapezoid",
]


def _border(value, a, axis):
    """What `diff` puts before or after a: a number is one entry along the axis."""
    value = traced_or_array(value)
    if value.ndim:
        return value
    return broadcast_to(value, (*a.shape[:axis], 1, *a.shape[axis + 1 :]))


@twin_of(np.diff)
def diff(a, n=1, axis=-1, prepend=None, append=None):
    """Differences of neighbours along an axis, ``a[i + 1] - a[i]``, n times over.

    `prepend` and `append` are values, or a number for one, put around a beforehand.

    Raises:
        ValueError: n is negative, or a is 0-d.

    Example:
        >>> diff(np.array([1.0, 4.0, 9.0]), append=9.0)
        array([3., 5., 0.])
    """
    if n == 0:
        return a
    a = traced_or_array(a)
    if n < 0 or a.ndim == 0:
        got = f"n={n}, a {a.shape}"
        raise ValueError(
            explain("diff", "nothing to subtract", got=got, expected="n >= 0, an axis")
        )
    axis = range(a.ndim)[axis]
    around = [p if p is None else _border(p, a, axis) for p in (prepend, append)]
    parts = [p for p in (around[0], a, around[1]) if p is not None]
    a = concatenate(parts, axis=axis) if len(parts) > 1 else a
    of_neighbours = not_equal if a.dtype == bool else subtract
    for _ in range(n):
        stop = a.shape[axis]
        later = take_slice(a, axis=axis, start=1, stop=stop)
        a = of_neighbours(later, take_slice(a, axis=axis, start=0, stop=max(stop - 1, 0)))
    return a


def _end(name, value, dtype):
    """What `ediff1d` puts before or after the differences."""
    value = ravel(traced_or_array(value))
    if not np.can_cast(value.dtype, dtype, casting="same_kind"):
        raise DTypeError(
            explain("ediff1d", f"`{name}` does not fit", got=str(value.dtype), expected=str(dtype))
        )
    return astype(value, dtype)


@twin_of(np.ediff1d)
def ediff1d(ary, to_end=None, to_begin=None):
    """Differences of neighbours among the entries in C order, between `to_begin` and `to_end`.

    Raises:
        DTypeError: an end is of another kind than the entries.

    Example:
        >>> ediff1d(np.array([1.0, 4.0, 9.0]), to_end=0.0)
        array([3., 5., 0.])
    """
    ary = ravel(traced_or_array(ary))
    parts = [diff(ary)]
    if to_begin is not None:
        parts.insert(0, _end("to_begin", to_begin, ary.dtype))
    if to_end is not None:
        parts.append(_end("to_end", to_end, ary.dtype))
    return concatenate(parts) if len(parts) > 1 else parts[0]


def _across(values, axis, ndim):
    """A vector in the direction of one of `ndim` axes."""
    return reshape(values, (-1, *(1,) * (ndim - 1 - axis)))


@twin_of(np.trapezoid)
def trapezoid(y, x=None, dx=1.0, axis=-1):
    """Area under y along an axis by the trapezoidal rule, at points x or `dx` apart.

    Shapes:
        x has the shape of y, or that of y along the axis.

    Example:
        >>> trapezoid(np.array([1.0, 2.0, 3.0]), dx=2.0)
        np.float64(8.0)
    """
    y = traced_or_array(y)
    axis = range(y.ndim)[axis]
    widths = dx
    if x is not None:
        x = traced_or_array(x)
        widths = diff(x, axis=axis) if x.ndim > 1 else _across(diff(x), axis, y.ndim)
    stop = y.shape[axis]
    later = take_slice(y, axis=axis, start=1, stop=stop)
    both = add(later, take_slice(y, axis=axis, start=0, stop=max(stop - 1, 0)))
    return sum(divide(multiply(widths, both), 2.0), axis=axis)


# The slope of the parabola through three points, h and k apart: what each of them contributes.


def _at_first(h: Any, k: Any) -> tuple[Any, Any, Any]:
    return -(2.0 * h + k) / (h * (h + k)), (h + k) / (h * k), -h / (k * (h + k))


def _at_second(h: Any, k: Any) -> tuple[Any, Any, Any]:
    return -k / (h * (h + k)), (k - h) / (h * k), h / (k * (h + k))


def _at_third(h: Any, k: Any) -> tuple[Any, Any, Any]:
    return k / (h * (h + k)), -(k + h) / (h * k), (2.0 * k + h) / (k * (h + k))


class _Samples:
    """Values along an axis, and the steps between them: all of them, or one number."""

    def __init__(self, f: Any, axis: int, steps: Any) -> None:
        self.f, self.axis, self.n, self.steps = f, axis, f.shape[axis], steps
        self.even = np.ndim(raw(steps)) == 0

    def values(self, start: int, stop: int) -> Any:
        """The stretch ``start:stop`` of values."""
        return take_slice(self.f, axis=self.axis, start=start, stop=stop)

    def step(self, start: int, stop: int) -> Any:
        """The stretch ``start:stop`` of steps, in the direction of the axis."""
        if self.even:
            return self.steps
        part = take_slice(self.steps, axis=0, start=start, stop=stop)
        return _across(part, self.axis, self.f.ndim)

    def chord(self, i: int) -> Any:
        """The slope between points i and i + 1."""
        return (self.values(i + 1, i + 2) - self.values(i, i + 1)) / self.step(i, i + 1)

    def curved(self, start: int, length: int, at: Any) -> Any:
        """Slopes `at` one of three neighbours, for the threes that begin at ``start`` and on."""
        stop = start + length
        a, b, c = at(self.step(start, stop), self.step(start + 1, stop + 1))
        first, second = self.values(start, stop), self.values(start + 1, stop + 1)
        return a * first + b * second + c * self.values(start + 2, stop + 2)

    def slopes(self, edge_order: int) -> Any:
        """The slope at every point."""
        n = self.n
        if self.even:
            middle = (self.values(2, n) - self.values(0, n - 2)) / (2.0 * self.steps)
        else:
            middle = self.curved(0, n - 2, _at_second)
        if edge_order == 1:
            first, last = self.chord(0), self.chord(n - 2)
        else:
            first, last = self.curved(0, 1, _at_first), self.curved(n - 3, 1, _at_third)
        whole = concatenate([first, middle, last], axis=self.axis)
        return whole if whole.dtype == self.f.dtype else astype(whole, self.f.dtype)


def _steps(spacing, n):
    """Steps between points, or one number if they are given as that or are all the same."""
    if np.ndim(raw(spacing)) == 0:
        return spacing
    points = traced_or_array(spacing)
    if points.shape != (n,):
        raise ShapeError(
            explain(
                "gradient",
                "the points do not fit the axis",
                got=f"points {points.shape}",
                expected=f"a step, or points of shape {(n,)}",
            )
        )
    steps = diff(points if points.dtype.kind in "fc" else astype(points, np.float64))
    even = not isinstance(steps, Traced) and (steps == steps[0]).all()
    return steps[0] if even else steps


def _spacings(varargs, axes):
    """A spacing for each axis."""
    if not varargs:
        return [1.0] * len(axes)
    if len(varargs) == 1 and np.ndim(raw(varargs[0])) == 0:
        return list(varargs) * len(axes)
    if len(varargs) != len(axes):
        raise TypeError(
            explain(
                "gradient",
                "spacings do not fit the axes",
                got=str(len(varargs)),
                expected=f"none, one number, or {len(axes)}: one for each axis",
            )
        )
    return list(varargs)


@twin_of(np.gradient)
def gradient(f, *varargs, axis=None, edge_order=1):
    """Slopes of sampled values along axes: central differences, and one-sided ones at the ends.

    `varargs` are steps or points, one for each axis: derivatives by points are taken as well.

    Returns:
        An array for one axis, a tuple of arrays for several.

    Raises:
        ShapeError: an axis has less than ``edge_order + 1`` values, or points do not fit it.
        TypeError: there are neither no spacings, nor one, nor as many as axes.
        ValueError: `edge_order` is neither 1 nor 2.

    Example:
        >>> gradient(np.array([1.0, 2.0, 4.0, 7.0]))
        array([1. , 1.5, 2.5, 3. ])
    """
    f = traced_or_array(f)
    f = f if f.dtype.kind in "fc" else astype(f, np.float64)
    axes = axes_of(axis if axis is None else tuple(np.atleast_1d(axis).tolist()), f.ndim)
    if edge_order not in (1, 2):
        raise ValueError(
            explain("gradient", "bad `edge_order`", got=str(edge_order), expected="1, 2")
        )
    for i in axes:
        if f.shape[i] <= edge_order:
            got, expected = f"f {f.shape}, axis {i}", f"at least {edge_order + 1} along it"
            raise ShapeError(explain("gradient", "too few values", got=got, expected=expected))
    slopes = [
        _Samples(f, i, _steps(spacing, f.shape[i])).slopes(edge_order)
        for i, spacing in zip(axes, _spacings(varargs, axes), strict=True)
    ]
    return slopes[0] if len(slopes) == 1 else tuple(slopes)
