"""Functions sampled on a line: convolution, interpolation, polynomials.

Convention: `interp` is continuous, and its derivative at a knot is the one to the right.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.errors import explain
from autograd_lite.op import op, raw
from autograd_lite.ops.complexes import conjugate
from autograd_lite.ops.elementwise import add, divide, multiply, negative, subtract
from autograd_lite.ops.elementwise import where as choose
from autograd_lite.ops.index import getitem, index_put
from autograd_lite.ops.reduce import constant, sum
from autograd_lite.ops.scan import backwards
from autograd_lite.ops.shape import place_slice, reshape, take_slice
from autograd_lite.ops.statistics import traced_or_array
from autograd_lite.ops.twins import twin_of

__all__ = [
    "convolve",
    "correlate",
    "interp",
    "polyval",
    "vander",
]


def _full(g, n, m, mode, start):
    """The gradient of a whole convolution of n with m entries, of which `mode` kept a part."""
    if mode == "full":
        return g
    start = start if mode == "same" else min(n, m) - 1
    return place_slice(g, axis=0, start=start, stop=start + g.shape[0], length=n + m - 1)


def _line(x):
    x = traced_or_array(x)
    return reshape(x, (-1,)) if x.ndim == 0 else x


def _check_mode(name, mode):
    if mode not in ("full", "same", "valid"):
        expected = '"full", "same" or "valid"'
        raise ValueError(explain(name, "unknown `mode`", got=repr(mode), expected=expected))


def _convolve_back(g, shape, other, mode):
    """Convolve with the other sequence turned round."""
    other = _line(other)
    n, m = (*shape, 1)[0], other.shape[0]
    g = _full(g, n, m, mode, (min(n, m) - 1) // 2)
    return reshape(convolve(g, backwards(other, 0), mode="valid"), shape)


@op(
    vjps=(
        lambda g, a_shape, v, mode: _convolve_back(g, a_shape, v, mode),
        lambda g, a, v_shape, mode: _convolve_back(g, v_shape, a, mode),
    ),
    numpy=np.convolve,
)
def convolve(a, v, mode="full"):
    """Convolution of two sequences: ``out[k] = sum over i of a[i] * v[k - i]``.

    Shapes:
        ``(n,), (m,) -> (n + m - 1,)`` for "full", ``(max(n, m),)`` for "same", and
        ``(max(n, m) - min(n, m) + 1,)`` for "valid".

    Raises:
        ValueError: the mode is none of these.

    Example:
        >>> convolve(np.array([1.0, 2.0]), np.array([1.0, 1.0]))
        array([1., 3., 2.])
    """
    _check_mode("convolve", mode)
    return np.convolve(a, v, mode)


def _correlation_start(n, m):
    """Where "same" begins in the whole; if v is longer, NumPy starts from the other end."""
    return (m - 1) // 2 if m <= n else n // 2


def _correlate_by_a(g, a_shape, v, mode):
    v = _line(v)
    n, m = (*a_shape, 1)[0], v.shape[0]
    g = _full(g, n, m, mode, _correlation_start(n, m))
    v = conjugate(v) if v.dtype.kind == "c" else v
    return reshape(convolve(g, v, mode="valid"), a_shape)


def _correlate_by_v(g, a, v_shape, mode):
    a = _line(a)
    n, m = a.shape[0], (*v_shape, 1)[0]
    g = _full(g, n, m, mode, _correlation_start(n, m))
    back = backwards(convolve(g, backwards(a, 0), mode="valid"), 0)
    return reshape(conjugate(back) if back.dtype.kind == "c" else back, v_shape)


@op(vjps=(_correlate_by_a, _correlate_by_v), numpy=np.correlate)
def correlate(a, v, mode="valid"):
    """Correlation of two sequences: ``out[k] = sum over i of a[i + k] * conj(v[i])``.

    Shapes:
        As for `convolve`.

    Raises:
        ValueError: the mode is none of these.

    Example:
        >>> correlate(np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0]))
        array([2., 3.])
    """
    _check_mode("correlate", mode)
    return np.correlate(a, v, mode)


class _Cells:
    """Which cell between knots each x lies in, and where in it.

    Attributes:
        left, right: Numbers of the knots around x, or the outer ones twice over.
        inside: Whether x lies between two knots, the left one included.
        width: Of the cell; 1 outside.
        share: How much of the way from left to right x is.
    """

    def __init__(self, x: Any, xp: Any) -> None:
        x, xp = traced_or_array(x), traced_or_array(xp)
        knots, points, last = raw(xp), raw(x), xp.shape[0] - 1
        self.left = np.clip(np.searchsorted(knots, points, "right") - 1, 0, max(last - 1, 0))
        self.right = np.minimum(self.left + 1, last)
        self.inside = (points >= knots[0]) & (points < knots[-1])
        start = getitem(xp, self.left)
        self.width = choose(self.inside, subtract(getitem(xp, self.right), start), 1)
        self.share = divide(subtract(x, start), self.width)

    def slope(self, fp: Any) -> Any:
        """The slope in each cell, 0 outside."""
        fp = traced_or_array(fp)
        rise = subtract(getitem(fp, self.right), getitem(fp, self.left))
        return choose(self.inside, divide(rise, self.width), 0)

    def spread(self, left: Any, right: Any, n: int) -> Any:
        """What is due to the knots left and right of each x, for each knot."""
        return add(index_put(left, self.left, (n,)), index_put(right, self.right, (n,)))


def _interp_by_x(g, x, xp, fp):
    return multiply(g, _Cells(x, xp).slope(fp))


def _interp_by_xp(g, x, xp, fp):
    cells = _Cells(x, xp)
    back = negative(multiply(g, cells.slope(fp)))
    right = multiply(back, choose(cells.inside, cells.share, 0))
    return cells.spread(subtract(back, right), right, xp.shape[0])


def _interp_by_fp(g, x, xp, fp_shape, left, right):
    cells, points, knots = _Cells(x, xp), np.asarray(raw(x)), raw(xp)
    below = (points < knots[0]) & (left is None)
    above = (points == knots[-1]) | ((points > knots[-1]) & (right is None))
    to_left = choose(cells.inside, subtract(1, cells.share), below)
    to_right = choose(cells.inside, cells.share, above)
    return cells.spread(multiply(g, to_left), multiply(g, to_right), fp_shape[0])


@op(vjps=(_interp_by_x, _interp_by_xp, _interp_by_fp), numpy=np.interp)
def interp(x, xp, fp, left=None, right=None):
    """Linear interpolation at x between knots ``(xp, fp)``, by ascending xp; in float64.

    Outside it is `left` and `right`, without gradients, or else the outer values of fp. The
    derivative by x is the slope of the cell, at a knot of that to the right, and 0 outside.

    Shapes:
        ``x (...), xp (n,), fp (n,) -> (...)``.

    Raises:
        GradientError: `left` or `right` requires a gradient.

    Example:
        >>> interp(np.array([0.5, 3.0]), np.array([0.0, 1.0, 2.0]), np.array([0.0, 2.0, 1.0]))
        array([1., 1.])
    """
    left, right = constant("interp", "left", left), constant("interp", "right", right)
    return np.interp(x, xp, fp, left, right)


@twin_of(np.polyval)
def polyval(p, x):
    """The polynomial ``p[0] * x**(n - 1) + ... + p[n - 1]`` at x, by Horner's scheme.

    Example:
        >>> polyval(np.array([1.0, 0.0, -1.0]), 3.0)
        np.float64(8.0)
    """
    p, x = traced_or_array(p), traced_or_array(x)
    y: Any = np.zeros(x.shape, x.dtype)
    for i in range(p.shape[0]):
        y = add(multiply(y, x), getitem(p, i))
    return y


def _vander_back(g, x, N, increasing):
    n = g.shape[1]
    g = take_slice(g if increasing else backwards(g, 1), axis=1, start=1, stop=n)
    powers = vander(x, N=max(n - 1, 0), increasing=True)
    return sum(multiply(multiply(g, np.arange(1, n)), powers), axis=1)


@op(vjps=(_vander_back,), numpy=np.vander)
def vander(x, N=None, increasing=False):
    """The powers of each entry in a row, N of them: ``x**(N - 1), ..., x, 1``, or upwards.

    Shapes:
        ``(n,) -> (n, N)``, with ``N = n`` for None.

    Example:
        >>> vander(np.array([2.0, 3.0]), 3)
        array([[4., 2., 1.],
               [9., 3., 1.]])
    """
    return np.vander(x, N, increasing)
