"""Kernels over the rows of a matrix: softmax and its logarithm, cross-entropy and its gradient.

A row is read once for its maximum and once more for the exponentials; it stays in the cache in
between. Threads share out rows, so a row's sum is always taken in one order.
"""

import numpy as np

from autograd_lite.kernels.compiled.formulas import exp_below as exp
from autograd_lite.kernels.compiled.lanes import MAX, SUM, sweep
from autograd_lite.kernels.compiled.parallel import share, spread
from autograd_lite.kernels.runtime import inner

_max = sweep(lambda x: x, folds=(MAX,), unroll=4)
_exp_sum = sweep(lambda x, peak: exp(x - peak), folds=(SUM,), unroll=4)
_exp_and_sum = sweep(lambda x, peak: (exp(x - peak),) * 2, folds=(SUM,), unroll=2)
_exp_sums = sweep(
    lambda x, t, peak: (exp(x - peak), t, t * (x - peak)), folds=(SUM, SUM, SUM), unroll=2
)
_target_sums = sweep(lambda t, x, peak: (t, t * (x - peak)), folds=(SUM, SUM), unroll=4)
_scale = sweep(lambda x, factor: x * factor)
_less = sweep(lambda x, peak, log_total: x - peak - log_total)
_target_grad = sweep(lambda p, t, total, g: (p * total - t) * g)


@inner
def _shift(peak):
    """What to take off a row: its maximum, or 0 if that is infinite."""
    return peak if abs(peak) < np.inf else 0.0


@inner
def _log(total, x, i, peak):
    """log(total), `total` being row i's sum of exponentials, which do not reach infinity."""
    if peak < np.inf:
        return np.log(total)
    for value in x[i]:
        if np.isnan(value):
            return value
    return peak


@inner
def _softmax_row(x, out, at, n):
    peak = _max(at, n, (), (x,), ())
    total = _exp_and_sum(at, n, (out,), (x,), (peak,))
    _scale(at, n, (out,), (out,), (1 / total,))


@spread
def softmax(x, out, part, parts):
    """Rows of `x` to rows of `out` that sum to one."""
    rows, n = x.shape
    first, last = share(rows, part, parts)
    for i in range(first, last):
        _softmax_row(x, out, i * n, n)


@spread
def log_softmax(x, out, part, parts):
    """Rows of `x` to the logarithms of their softmax."""
    rows, n = x.shape
    first, last = share(rows, part, parts)
    for i in range(first, last):
        peak = _max(i * n, n, (), (x,), ())
        log_total = np.log(_exp_sum(i * n, n, (), (x,), (peak,)))
        _less(i * n, n, (out,), (x,), (peak, log_total))


@spread
def logsumexp(x, out, part, parts):
    """Rows of `x` to one number each."""
    rows, n = x.shape
    first, last = share(rows, part, parts)
    for i in range(first, last):
        peak = _max(i * n, n, (), (x,), ())
        shift = _shift(peak)
        out[i] = shift + _log(_exp_sum(i * n, n, (), (x,), (shift,)), x, i, peak)


@spread
def label_loss(x, labels, out, part, parts):
    """Cross-entropy of rows of logits with integer labels, which are within bounds."""
    rows, n = x.shape
    first, last = share(rows, part, parts)
    for i in range(first, last):
        peak = _max(i * n, n, (), (x,), ())
        shift = _shift(peak)
        log_total = _log(_exp_sum(i * n, n, (), (x,), (shift,)), x, i, peak)
        out[i] = log_total + (shift - x[i, labels[i]])


@spread
def target_loss(x, targets, out, part, parts):
    """Cross-entropy of rows of logits with rows of targets."""
    rows, n = x.shape
    first, last = share(rows, part, parts)
    for i in range(first, last):
        peak = _max(i * n, n, (), (x,), ())
        total, weight, dot = _exp_sums(i * n, n, (), (x, targets), (_shift(peak),))
        out[i] = _log(total, x, i, peak) * weight - dot


@inner
def _kept(x, powers, at, n, peak, total):
    """What of a row's softmax is kept: powers, and what they are times to sum up to one."""
    if abs(peak) < np.inf:
        return 1 / total
    _softmax_row(x, powers, at, n)
    return x.dtype.type(1)


@spread
def label_loss_and_powers(x, labels, rows, powers, part, parts):
    """`label_loss` in `rows[0]`; `rows[1]` times `powers` is the softmax."""
    count, n = x.shape
    first, last = share(count, part, parts)
    for i in range(first, last):
        peak = _max(i * n, n, (), (x,), ())
        shift = _shift(peak)
        total = _exp_and_sum(i * n, n, (powers,), (x,), (shift,))
        rows[0, i] = _log(total, x, i, peak) + (shift - x[i, labels[i]])
        rows[1, i] = _kept(x, powers, i * n, n, peak, total)


@spread
def target_loss_and_powers(x, targets, rows, powers, part, parts):
    """`target_loss` in `rows[0]`; `rows[1]` times `powers` is the softmax."""
    count, n = x.shape
    first, last = share(count, part, parts)
    for i in range(first, last):
        peak = _max(i * n, n, (), (x,), ())
        shift = _shift(peak)
        total = _exp_and_sum(i * n, n, (powers,), (x,), (shift,))
        weight, dot = _target_sums(i * n, n, (), (targets, x), (shift,))
        rows[0, i] = _log(total, x, i, peak) * weight - dot
        rows[1, i] = weight * _kept(x, powers, i * n, n, peak, total)


@spread
def label_loss_grad(g, rows, powers, labels, out, part, parts):
    """Gradient of `label_loss` times `g`, from what `label_loss_and_powers` gave."""
    count, n = powers.shape
    first, last = share(count, part, parts)
    for i in range(first, last):
        _scale(i * n, n, (out,), (powers,), (rows[1, i] * g[i],))
        label, loss = labels[i], rows[0, i]
        if not 0 <= label < n:  # written since it was checked
            continue
        if abs(loss) < 1:  # p - 1 would lose what makes the loss small
            out[i, label] = np.expm1(-loss) * g[i]
        else:
            out[i, label] = (powers[i, label] * rows[1, i] - 1) * g[i]


@spread
def target_loss_grad(g, rows, powers, targets, out, part, parts):
    """Gradient of `target_loss` times `g`, from what `target_loss_and_powers` gave."""
    count, n = powers.shape
    first, last = share(count, part, parts)
    for i in range(first, last):
        _target_grad(i * n, n, (out,), (powers, targets), (rows[1, i], g[i]))
