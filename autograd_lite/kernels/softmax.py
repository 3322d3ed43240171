"""Softmax, its logarithm and normaliser, and cross-entropy from logits, fused and stable.

Each function goes to a kernel for float32 and float64 and to the plain-NumPy reference beside it
for all else. The reference defines the answer, for NaN and infinities too. The maximum is taken off
every row before `exp`, so that nothing overflows (Blanchard, Higham and Higham, Accurately
computing the log-sum-exp and softmax functions, IMA J. Numer. Anal. 2021).
"""

import functools
import math

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from autograd_lite.errors import explain
from autograd_lite.kernels.rows import dense
from autograd_lite.kernels.runtime import use_compiled

_FLOATS = frozenset({np.dtype(np.float32), np.dtype(np.float64)})
# Microseconds a byte of logits on one thread, about.
_COST = 6e-5
# A program that has only smaller arrays never imports numba; NumPy takes some 10 us for them.
_SMALL = 1024


@functools.cache
def _compiled():
    from autograd_lite.kernels.compiled import softmax

    return softmax


def _suits(x):
    """Whether a kernel takes `x`, and is worth its call."""
    if type(x) is not np.ndarray or x.size < _SMALL or x.ndim == 0:
        return False
    return x.dtype in _FLOATS and use_compiled()


def _rows(x):
    """`x` as a matrix of its last axis' rows."""
    x = dense(x)
    return x if x.ndim == 2 else x.reshape(-1, x.shape[-1])


def _over_rows(kernel, x, axis):
    """Map the rows along `axis` of `x` to rows."""
    if axis not in (-1, x.ndim - 1):
        return np.moveaxis(_over_rows(kernel, np.moveaxis(x, axis, -1), -1), -1, axis)
    rows = _rows(x)
    out = np.empty_like(rows)
    kernel(_COST * rows.nbytes, rows, out)
    return out.reshape(x.shape) if x.ndim != 2 else out


def _shifted(x, axis):
    """`x`, as floating-point numbers, less its maximum along `axis`."""
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    return x - np.max(x, axis, keepdims=True, initial=-np.inf)


def softmax_reference(x, axis=-1):
    """`softmax` in NumPy."""
    power = np.exp(_shifted(x, axis))
    return power / power.sum(axis, keepdims=True)


def softmax(x, axis=-1):
    """Normalised exponential along `axis`: ``exp(x_i) / sum_j exp(x_j)``.

    Args:
        x: Scores of any shape. The kernel serves float32 and float64.
        axis: The axis to sum over.

    Shapes:
        Any to the same; every slice along `axis` sums to one. A slice with a NaN, with +inf, or
        of nothing but -inf is all NaN.

    Raises:
        numpy.exceptions.AxisError: `x` has no such axis.

    Example:
        >>> softmax(np.array([0.0, 0.0, -np.inf]))
        array([0.5, 0.5, 0. ])
    """
    return _over_rows(_compiled().softmax, x, axis) if _suits(x) else softmax_reference(x, axis)


def log_softmax_reference(x, axis=-1):
    """`log_softmax` in NumPy."""
    shifted = _shifted(x, axis)
    with np.errstate(divide="ignore"):  # the logarithm of a sum of nothing
        return shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))


def log_softmax(x, axis=-1):
    """The logarithm of `softmax`: ``x_i - log(sum_j exp(x_j))``.

    Args:
        x: Scores of any shape. The kernel serves float32 and float64.
        axis: The axis to sum over.

    Shapes:
        Any to the same. NaN where `softmax` is.

    Raises:
        numpy.exceptions.AxisError: `x` has no such axis.

    Example:
        >>> log_softmax(np.array([0.0, 0.0])) / np.log(2)
        array([-1., -1.])
    """
    if _suits(x):
        return _over_rows(_compiled().log_softmax, x, axis)
    return log_softmax_reference(x, axis)


def _finite_shifted(x, axis):
    """`x` less its maximum, and the maximum; infinite ones count as 0."""
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    peak = np.max(x, axis, keepdims=True, initial=-np.inf)
    peak = np.where(np.isinf(peak), 0, peak)
    return x - peak, peak


def logsumexp_reference(x, axis=-1, keepdims=False):
    """`logsumexp` in NumPy."""
    shifted, peak = _finite_shifted(x, axis)
    with np.errstate(divide="ignore"):
        result = peak + np.log(np.exp(shifted).sum(axis, keepdims=True))
    return result if keepdims else np.squeeze(result, axis)[()]


def logsumexp(x, axis=-1, keepdims=False):
    """``log(sum(exp(x)))`` along `axis`, without overflow.

    Args:
        x: Array of any shape. The kernel serves float32 and float64.
        axis: An axis, several, or None for all.
        keepdims: Leave the axes summed over in the result, with size one.

    Shapes:
        As of `np.sum`. Over no elements, or nothing but -inf, it is -inf; with +inf, +inf.

    Raises:
        numpy.exceptions.AxisError: `x` has no such axis.

    Example:
        >>> float(logsumexp(np.array([1000.0, 1000.0])) - np.log(2))
        1000.0
    """
    if not _suits(x):
        return logsumexp_reference(x, axis, keepdims)
    axes = range(x.ndim) if axis is None else normalize_axis_tuple(axis, x.ndim)
    kept = [i for i in range(x.ndim) if i not in axes]
    rows = dense(x.transpose(*kept, *axes))
    rows = rows.reshape(math.prod(rows.shape[: len(kept)]), -1)
    out = np.empty(len(rows), x.dtype)
    _compiled().logsumexp(_COST * rows.nbytes, rows, out)
    if keepdims:
        return out.reshape([1 if i in axes else n for i, n in enumerate(x.shape)])
    return out.reshape([x.shape[i] for i in kept])[()]


def cross_entropy_reference(logits, labels):
    """`cross_entropy` in NumPy."""
    shifted, _ = _finite_shifted(logits, -1)
    with np.errstate(divide="ignore"):
        log_total = np.log(np.exp(shifted).sum(-1))
    if labels.ndim == 1:
        return log_total - shifted[_picked(logits, labels)]
    return log_total * labels.sum(-1) - (labels * shifted).sum(-1)


def cross_entropy(logits, labels):
    """The loss of each row: ``logsumexp(z) - z[label]``, or ``logsumexp(z) sum(t) - sum(t z)``.

    Args:
        logits: ``(n, k)``, unnormalised. The kernel serves float32 and float64.
        labels: ``(n,)`` integers from 0 to k - 1, or ``(n, k)`` target rows.

    Shapes:
        ``(n, k), (n,) or (n, k) -> (n,)``

    Raises:
        IndexError: a label is not in ``0 .. k - 1``.

    Example:
        >>> cross_entropy(np.zeros((2, 4)), np.array([0, 3])) / np.log(2)
        array([2., 2.])
    """
    if not _fused(logits, labels):
        return cross_entropy_reference(logits, labels)
    rows, labels = _rows(logits), _checked(logits, labels)
    out = np.empty(len(rows), rows.dtype)
    kernel = _compiled().label_loss if labels.ndim == 1 else _compiled().target_loss
    kernel(_COST * rows.nbytes, rows, labels, out)
    return out


def cross_entropy_and_residual(logits, labels):
    """`cross_entropy`, and what spares its gradient the exponentials.

    Returns:
        ``(loss, residual)``, the residual for `cross_entropy_grad`: ``(2, n)`` rows, the loss and a
        factor; ``(n, k)`` powers, which times the factor are the softmax; and the labels. It is
        None where no kernel serves.
    """
    if not _fused(logits, labels):
        return cross_entropy_reference(logits, labels), None
    x, labels = _rows(logits), _checked(logits, labels)
    rows, powers = np.empty((2, len(x)), x.dtype), np.empty_like(x)
    compiled = _compiled()
    by_label = labels.ndim == 1
    kernel = compiled.label_loss_and_powers if by_label else compiled.target_loss_and_powers
    kernel(_COST * x.nbytes, x, labels, rows, powers)
    return rows[0], (rows, powers, labels)


def cross_entropy_grad_reference(g, residual, logits, labels):
    """`cross_entropy_grad` in NumPy."""
    g = np.asarray(g)[:, None]
    result = softmax_reference(logits)
    if labels.ndim == 1:
        result[_picked(logits, labels)] -= 1
        return result * g
    return (result * labels.sum(-1, keepdims=True) - labels) * g


def cross_entropy_grad(g, residual, logits, labels):
    """The gradient of `cross_entropy` in its logits, times `g`: ``(softmax(z) sum(t) - t) g``.

    Args:
        g: ``(n,)``, the gradient of the losses.
        residual: What `cross_entropy_and_residual` gave for these logits and labels, or None.
        logits: ``(n, k)``. The kernel serves float32 and float64.
        labels: As for `cross_entropy`.

    Shapes:
        ``(n,), residual, (n, k), (n,) or (n, k) -> (n, k)``

    Raises:
        IndexError: a label is not in ``0 .. k - 1``.

    Example:
        >>> cross_entropy_grad(np.ones(1), None, np.zeros((1, 2)), np.array([1]))
        array([[ 0.5, -0.5]])
    """
    if residual is None or g.dtype != logits.dtype or not use_compiled():
        return cross_entropy_grad_reference(g, residual, logits, labels)
    rows, powers, labels = residual
    result = np.empty_like(powers)
    kernel = _compiled().label_loss_grad if labels.ndim == 1 else _compiled().target_loss_grad
    kernel(_COST / 2 * powers.nbytes, dense(g), rows, powers, labels, result)
    return result


def _fused(logits, labels):
    """Whether a kernel takes these."""
    fits = labels.dtype.kind in "iu" if labels.ndim == 1 else labels.dtype == logits.dtype
    return fits and _suits(logits)


def _checked(logits, labels):
    """`labels` as the kernels want them, known to be safe to index with."""
    if labels.ndim == 2:
        return dense(labels)
    labels = dense(labels.astype(np.int64, copy=False))
    if np.maximum.reduce(labels.view(np.uint64)) >= logits.shape[-1]:  # -1 is a large number
        _picked(logits, labels)  # raises
    return labels


def _picked(logits, labels):
    """The index of each row's label, for the references. -1, the usual "ignore", is none."""
    bad = (labels < 0) | (labels >= logits.shape[-1])
    if bad.any():
        raise _out_of_range(logits, labels, bad.argmax())
    return np.arange(len(logits)), labels


def _out_of_range(logits, labels, bad):
    return IndexError(
        explain(
            "softmax_cross_entropy",
            "a label is out of range",
            got=f"labels[{bad}] = {labels[bad]}",
            expected=f"integers from 0 to {logits.shape[-1] - 1}, as there are "
            f"{logits.shape[-1]} logits to a row",
            fix="count labels from 0, and leave out rows that have none",
        )
    )
