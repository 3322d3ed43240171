"""`pad`, in all of NumPy's modes."""

from __future__ import annotations

import builtins

import numpy as np

from autograd_lite.errors import NoRuleError, ShapeError, explain
from autograd_lite.graph import Traced
from autograd_lite.op import raw
from autograd_lite.ops.arranging import flip
from autograd_lite.ops.elementwise import add, divide, multiply, subtract
from autograd_lite.ops.index import getitem, index_put
from autograd_lite.ops.reduce import max, mean, min
from autograd_lite.ops.selecting import take_along_axis
from autograd_lite.ops.shape import astype, broadcast_to, concatenate, stack, take_slice
from autograd_lite.ops.twins import holds_tensor, shape_of, twin_of

__all__ = [
    "pad",
]

_SETTINGS = {
    **dict.fromkeys(("edge", "empty", "wrap")),
    **dict.fromkeys(("maximum", "mean", "median", "minimum"), "stat_length"),
    **dict.fromkeys(("reflect", "symmetric"), "reflect_type"),
    "constant": "constant_values",
    "linear_ramp": "end_values",
}
"""The modes, and the setting that each has."""


@twin_of(np.pad)
def pad(array, pad_width, mode="constant", **kwargs):
    """Put entries before and after those that are there, along each axis.

    Args:
        array: Any array.
        pad_width: How many: a number, a pair ``(before, after)``, a pair for each axis, or a dict
            of axes and either.
        mode: What the new entries are: "constant"; "edge", the nearest entry; "linear_ramp" from
            the edge to an end value; "maximum", "mean", "median" or "minimum" along the axis;
            "reflect" without the edge, "symmetric" with it; "wrap"; "empty", here zeros.
        **kwargs: The setting that the mode has: `constant_values`, `end_values` (both given as
            `pad_width` is, and with gradients), `stat_length`, or `reflect_type`, "even" or "odd".

    Raises:
        ValueError: an unknown mode, a setting of another mode, or a negative width.
        NoRuleError: `mode` is a function, which would write in place.

    Example:
        >>> pad(np.array([1, 2, 3]), (1, 2), mode="reflect")
        array([2, 1, 2, 3, 2, 1])
    """
    _check_mode(mode, kwargs)
    array = array if isinstance(array, Traced) else np.asarray(array)
    if array.dtype.kind not in "fc":  # no gradients, and NumPy rounds what it makes
        plain = {name: raw(value) for name, value in kwargs.items()}
        return Traced.result_type(np.pad(raw(array), pad_width, mode, **plain))
    widths = _widths(pad_width, array.ndim)
    setting = kwargs.get(_SETTINGS[mode], 0 if mode == "linear_ramp" else None)
    zeros = mode == "constant" and not holds_tensor(setting) and not np.any(setting)
    if zeros or mode == "empty":
        return _into_zeros(array, widths)
    reflects = mode in ("reflect", "symmetric")
    if mode in ("edge", "wrap") or (reflects and setting != "odd"):
        rows = [np.pad(np.arange(n), w, mode) for n, w in zip(array.shape, widths, strict=True)]
        return getitem(array, np.ix_(*rows)) if rows else array
    extend = _EXTEND.get(mode, _statistic)
    values = _per_axis(setting, array.ndim, _SETTINGS[mode])
    for axis, width in enumerate(widths):
        if any(width):
            array = extend(array, axis, width, values[axis], mode)
    return array


def _check_mode(mode, settings):
    if callable(mode):
        raise NoRuleError(
            explain("pad", "a function as `mode` writes in place", fix="ag.concatenate of parts")
        )
    if mode not in _SETTINGS:
        expected = "one of " + ", ".join(sorted(_SETTINGS))
        raise ValueError(explain("pad", "unknown mode", got=f"mode={mode!r}", expected=expected))
    unknown = sorted(set(settings) - {_SETTINGS[mode]})
    if unknown:
        expected = _SETTINGS[mode] or "no setting"
        problem = f"settings that mode {mode!r} does not have"
        raise ValueError(explain("pad", problem, got=", ".join(unknown), expected=expected))


def _widths(pad_width, ndim):
    """How many entries go before and after those of each axis."""
    if isinstance(pad_width, dict):
        named = {axis % ndim: width for axis, width in pad_width.items()}
        given = [named.get(axis, 0) for axis in range(ndim)]
        pad_width = [w if isinstance(w, tuple) else (w, w) for w in given] or 0
    widths = np.asarray(raw(pad_width))
    if widths.dtype.kind not in "iu":
        raise TypeError(explain("pad", "`pad_width` is not of integers", got=str(widths.dtype)))
    if widths.size and widths.min() < 0:
        raise ValueError(explain("pad", "a negative width", got=f"pad_width={pad_width}"))
    return _per_axis(widths.tolist(), ndim, "pad_width") if widths.size else []


def _stacked(value):
    """Nested lists of numbers and Tensors as one Tensor."""
    return stack(list(map(_stacked, value))) if isinstance(value, (list, tuple)) else value


def _per_axis(value, ndim, name):
    """`value` for the start and the end of each axis: the rows of what it is broadcast to."""
    if value is None or isinstance(value, str):
        return [value] * ndim
    if not holds_tensor(value):
        value = np.asarray(value)
    value = _stacked(value)
    shape = shape_of(value)
    try:
        pairs = broadcast_to(value, shape=(ndim, 2))
    except ValueError:
        raise ShapeError(
            explain(
                "pad",
                f"`{name}` does not fit the array",
                got=f"shape {shape}",
                expected=f"a number, a pair, or a pair for each of {ndim} axes",
            )
        ) from None
    return pairs.tolist() if isinstance(pairs, np.ndarray) else pairs


def _into_zeros(array, widths):
    pairs = list(zip(array.shape, widths, strict=True))
    old = tuple(slice(before, before + n) for n, (before, _) in pairs)
    shape = tuple(before + n + after for n, (before, after) in pairs)
    return index_put(array, old, shape=shape)


def _around(array, axis, width, ends):
    """`array` between as many copies of either of `ends` as `width` says."""
    parts = [array]
    for end, count, place in zip(ends, width, (0, 2), strict=True):
        shape = list(array.shape)
        shape[axis] = count
        parts.insert(place, broadcast_to(end, shape=tuple(shape)))
    return concatenate(parts, axis=axis)


def _in_dtype(value, dtype):
    if isinstance(value, Traced):
        return value if value.dtype == dtype else astype(value, dtype=dtype)
    return np.asarray(value, dtype)


def _constant(array, axis, width, values, mode):
    return _around(array, axis, width, [_in_dtype(values[i], array.dtype) for i in (0, 1)])


def _edge(array, axis, side):
    start = side * (array.shape[axis] - 1)
    _not_empty(array, axis)
    return take_slice(array, axis=axis, start=start, stop=start + 1)


def _not_empty(array, axis):
    if not array.shape[axis]:
        raise ValueError(
            explain(
                "pad",
                "an empty axis has no entries to make others of",
                got=f"shape {array.shape}, axis {axis}",
                fix='mode="constant"',
            )
        )


def _ramp(array, axis, width, values, mode):
    parts = [array]
    for side in (0, 1):
        edge, end = _edge(array, axis, side), _in_dtype(values[side], array.dtype)
        along = [1] * array.ndim
        along[axis] = width[side]
        steps = np.arange(width[side], dtype=array.dtype)
        steps = (steps[::-1] if side else steps).reshape(along)
        way, count = subtract(edge, end), builtins.max(width[side], 1)
        if np.any(raw(way) == 0):  # as np.linspace rounds
            ramp = multiply(way, steps / count)
        else:
            ramp = multiply(divide(way, count), steps)
        ramp = add(ramp, end)
        parts.insert(2 * side, ramp)
    return concatenate(parts, axis=axis)


def _median(chunk, axis, keepdims):
    n = chunk.shape[axis]
    order = np.argsort(raw(chunk), axis=axis)
    last = order.take([n - 1], axis)
    middle = order.take([(n - 1) // 2, n // 2], axis)
    broken = np.isnan(np.take_along_axis(raw(chunk), last, axis))  # NaN is sorted to the end
    rows = np.where(broken, last, middle)
    return mean(take_along_axis(chunk, rows, axis), axis=axis, keepdims=keepdims)


def _statistic(array, axis, width, lengths, mode):
    of = {"maximum": max, "mean": mean, "median": _median, "minimum": min}[mode]
    n = array.shape[axis]
    _not_empty(array, axis)
    ends = []
    for side, length in enumerate(lengths or (None, None)):
        length = n if length is None else builtins.min(n, round(length))
        if length < 1:
            got, expected = f"stat_length={length}", "at least one entry"
            raise ValueError(explain("pad", "nothing to take from", got=got, expected=expected))
        start = side * (n - length)
        chunk = take_slice(array, axis=axis, start=start, stop=start + length)
        ends.append(of(chunk, axis=axis, keepdims=True))
    return _around(array, axis, width, ends)


def _odd(array, axis, width, setting, mode):
    """Reflections of the array about its edge entries, one around the other till all is full."""
    n, with_edge = array.shape[axis], mode == "symmetric"
    _not_empty(array, axis)
    if n == 1:
        return _around(array, axis, width, (array, array))
    missing = list(width)
    while any(missing):
        length = array.shape[axis]
        whole = length // n * n if with_edge else (length - 1) // (n - 1) * (n - 1)
        parts = [array]
        for side in (0, 1):
            count = builtins.min(whole, missing[side])
            missing[side] -= count
            start = length - count if side else 0
            start += 0 if with_edge else 1 - 2 * side
            chunk = take_slice(array, axis=axis, start=start, stop=start + count)
            edge = _edge(array, axis, side)
            parts.insert(2 * side, subtract(multiply(edge, 2), flip(chunk, axis=axis)))
        array = concatenate(parts, axis=axis)
    return array


_EXTEND = {"constant": _constant, "linear_ramp": _ramp, "reflect": _odd, "symmetric": _odd}
