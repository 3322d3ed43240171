"""Whole rows at a time: gathering a batch, and the sum over the first axis.

Large arrays go to kernels, which ask for rows before they need them or keep sums in registers.
All else goes to the NumPy reference beside each, which gives the same bits.
"""

import functools

import numpy as np

from autograd_lite.errors import explain
from autograd_lite.kernels.runtime import use_compiled

_BYTES, _SINGLE = np.dtype(np.uint8), np.dtype(np.float32)
_FLOATS = frozenset({_SINGLE, np.dtype(np.float64)})
_COPIED = _FLOATS | {_BYTES}
# Microseconds a byte on one thread, about: from memory, and from the cache.
_COST, _COST_OF_SUM = 6e-5, 1e-5
# Bytes below which NumPy is as fast.
_SMALL = 1 << 15
_SMALL_SUM = 4096


@functools.cache
def _compiled():
    from autograd_lite.kernels.compiled import rows

    return rows


def dense(x):
    """`x` as kernels read it: contiguous and aligned, copied only if need be."""
    flags = x.flags
    return x if flags.c_contiguous and flags.aligned else np.array(x, order="C")


def take_rows_reference(source, rows, out=None, scale=None):
    """`take_rows` in NumPy."""
    if scale is None:
        return source.take(rows, 0, out)
    return np.multiply(source.take(rows, 0), np.float32(scale), out=out, dtype=np.float32)


def take_rows(source, rows, out=None, scale=None):
    """Gather a batch: ``out[i] = source[rows[i]]``, the entries along the first axis.

    Shuffled rows are anywhere in memory, so the coming ones are prefetched. Bytes can be turned
    into numbers on the way: images of uint8 take a quarter of the memory, and of its bandwidth.

    Args:
        source: Array of at least one axis. The kernel serves C-contiguous ones.
        rows: One-dimensional integers from ``-len(source)`` to ``len(source) - 1``.
        out: Where to put the result, C-contiguous and apart from `source`; a new array if None.
        scale: For a `source` of uint8: the result is float32, multiplied by this.

    Shapes:
        ``(n, ...), (m,) -> (m, ...)``

    Returns:
        `out`.

    Raises:
        IndexError: a row is out of bounds.
        TypeError: `scale` is given and `source` is not of uint8.
        ValueError: `out` is not of the right shape and dtype, cannot be written to, has gaps or
            shares memory with `source`.

    Example:
        >>> take_rows(np.array([[0, 255], [51, 102]], np.uint8), np.array([1]), scale=1 / 255)
        array([[0.2, 0.4]], dtype=float32)
    """
    source, rows = np.asarray(source), np.asarray(rows)
    dtype = source.dtype
    if scale is not None:
        if dtype != _BYTES:
            raise TypeError(
                explain("take_rows", "`scale` is for bytes", got=str(dtype), expected="uint8")
            )
        dtype = _SINGLE
    shape = rows.shape + source.shape[1:]
    if out is None:
        out = np.empty(shape, dtype)
    else:
        _check_out(out, shape, dtype, source)
    if not _suits(source, rows, out):
        return take_rows_reference(source, rows, out, scale)
    rows = np.ascontiguousarray(rows, np.intp)
    n = len(source)
    inside = np.maximum.reduce(rows.view(np.uintp)) < n  # -1 is a large number
    if not inside and (np.minimum.reduce(rows) < -n or np.maximum.reduce(rows) >= n):
        return take_rows_reference(source, rows, out, scale)  # which says what is wrong
    compiled = _compiled()
    matrix = source if source.ndim == 2 else source.reshape(n, -1)
    target = out if out.ndim == 2 else out.reshape(len(rows), -1)
    cost = _COST * out.nbytes
    if scale is None:
        compiled.take(cost, matrix, rows, target)
    else:
        compiled.take_scaled(cost, matrix, rows, float(scale), target)
    return out


def _suits(source, rows, out):
    """Whether a kernel takes these, and is worth its call."""
    if out.nbytes < _SMALL or source.ndim < 2:
        return False
    flags = source.flags
    return (
        source.dtype in _COPIED
        and flags.c_contiguous
        and flags.aligned
        and rows.ndim == 1
        and rows.dtype.kind in "iu"
        and use_compiled()
    )


def _check_out(out, shape, dtype, source):
    if out.shape != shape or out.dtype != dtype or not out.flags.carray:
        raise ValueError(
            explain(
                "take_rows",
                "bad `out`",
                got=f"{out.dtype} {out.shape}, {'' if out.flags.carray else 'not '}carray",
                expected=f"{dtype} {shape}, C-contiguous, aligned and writeable",
            )
        )
    if np.may_share_memory(out, source):
        raise ValueError(explain("take_rows", "`out` shares memory with the source"))


def sum_rows_reference(x):
    """`sum_rows` in NumPy."""
    return np.add.reduce(x, axis=0)


def sum_rows(x):
    """The sum over the first axis of a matrix, rows added from first to last.

    That is NumPy's order, so the bits are the same.

    Args:
        x: ``(n, k)``. The kernel serves C-contiguous float32 and float64.

    Shapes:
        ``(n, k) -> (k,)``

    Example:
        >>> sum_rows(np.array([[1.0, 2.0], [3.0, 4.0]]))
        array([4., 6.])
    """
    if (
        type(x) is not np.ndarray
        or x.size < _SMALL_SUM
        or x.ndim != 2
        or x.shape[1] == 1  # NumPy adds a single column up in pairs
        or x.dtype not in _FLOATS
        or not (x.flags.c_contiguous and x.flags.aligned)
        or not use_compiled()
    ):
        return sum_rows_reference(x)
    out = np.empty(x.shape[1], x.dtype)
    _compiled().sum_rows(_COST_OF_SUM * x.nbytes, x, out)
    return out
