"""Moments of rows and of columns, what is normalised by them, and the gradient of that.

A matrix is normalised along its rows, one by one while they are in the cache, or along its
columns. Sums down the columns are taken in blocks of rows, whose number depends on the shape only,
so that they do not depend on the threads that share them out.
"""

import numpy as np

from autograd_lite.kernels.compiled.lanes import SUM, sweep
from autograd_lite.kernels.compiled.parallel import share, spread

_LONG = 4096  # entries of a row that are added up in one go: longer sums would round more

_sum = sweep(lambda x: x, folds=(SUM,), unroll=4)
_squares = sweep(lambda x: x * x, folds=(SUM,), unroll=4)
_distances = sweep(lambda x, mean: (x - mean, (x - mean) * (x - mean)), folds=(SUM, SUM), unroll=2)
_normalize_row = sweep(lambda x, gamma, beta, mean, inverse: (x - mean) * inverse * gamma + beta)
_row_sums = sweep(
    lambda g, x, gamma, mean: (g * gamma, g * gamma * (x - mean)), folds=(SUM, SUM), unroll=2
)
_row_grad = sweep(
    lambda g, x, gamma, mean, inverse, a, b: (g * gamma - a - (x - mean) * b) * inverse
)
_add_products = sweep(lambda g, x, total, mean, inverse: total + g * ((x - mean) * inverse))
_add = sweep(lambda x, total: total + x)
_add_squares = sweep(lambda x, mean, total: total + (x - mean) * (x - mean))
_normalize_columns = sweep(lambda x, mean, factor, beta: (x - mean) * factor + beta)
_add_column = sweep(lambda g, x, mean, one, two: (one + g, two + g * (x - mean)))
_columns_grad = sweep(lambda g, x, mean, factor, a, b: (g - a - (x - mean) * b) * factor)


@spread
def row_moments(x, means, variances, part, parts):
    """The mean of each row, and its mean squared distance from that."""
    rows, n = x.shape
    first, last = share(rows, part, parts)
    for i in range(first, last):
        mean = off = squares = x.dtype.type(0)
        for at in range(0, n, _LONG):
            mean += _sum(i * n + at, min(_LONG, n - at), (), (x,), ()) / n
        # A long sum is off by some roundings, which distances from it show.
        for at in range(0, n, _LONG):
            some, square = _distances(i * n + at, min(_LONG, n - at), (), (x,), (mean,))
            off += some / n
            squares += square
        means[i] = mean + off if abs(off) < np.inf else mean  # of infinities it is one
        variance = squares / n - off * off
        variances[i] = 0 if variance < 0 else variance


@spread
def row_squares(x, out, part, parts):
    """The mean of each row's squares."""
    rows, n = x.shape
    first, last = share(rows, part, parts)
    for i in range(first, last):
        out[i] = _squares(i * n, n, (), (x,), ()) / n


@spread
def normalize_rows(x, means, inverses, gamma, beta, out, part, parts):
    """``(x - mean) * inverse * gamma + beta``, a mean and an inverse for each row."""
    first, last = share(len(x), part, parts)
    for i in range(first, last):
        sources, scalars = (x[i], gamma, beta), (means[i], inverses[i])
        _normalize_row(0, x.shape[1], (out[i],), sources, scalars)


@spread
def rows_grad(g, x, means, inverses, gamma, centred, out, part, parts):
    """The gradient of x, whose rows have these means and inverse deviations."""
    rows, n = x.shape
    first, last = share(rows, part, parts)
    for i in range(first, last):
        sources, mean, inverse = (g[i], x[i], gamma), means[i], inverses[i]
        total, along = _row_sums(0, n, (), sources, (mean,))
        a = total / n if centred else 0 * total
        b = along * inverse * inverse / n
        _row_grad(0, n, (out[i],), sources, (mean, inverse, a, b))


@spread
def row_products(g, x, means, inverses, block, out, part, parts):
    """Sums over blocks of rows of ``g * (x - mean) * inverse``, to ``out[which]``."""
    rows, n = x.shape
    first, last = share(len(out), part, parts)
    for which in range(first, last):
        total = out[which]
        total[:] = 0
        for i in range(which * block, min(rows, (which + 1) * block)):
            _add_products(0, n, (total,), (g[i], x[i], total), (means[i], inverses[i]))


@spread
def column_sums(x, block, out, part, parts):
    """Sums over blocks of rows, to ``out[which]``."""
    rows, n = x.shape
    first, last = share(len(out), part, parts)
    for which in range(first, last):
        total = out[which]
        total[:] = 0
        for i in range(which * block, min(rows, (which + 1) * block)):
            _add(0, n, (total,), (x[i], total), ())


@spread
def column_squares(x, mean, block, out, part, parts):
    """Sums over blocks of rows of ``(x - mean)**2``, to ``out[which]``."""
    rows, n = x.shape
    first, last = share(len(out), part, parts)
    for which in range(first, last):
        total = out[which]
        total[:] = 0
        for i in range(which * block, min(rows, (which + 1) * block)):
            _add_squares(0, n, (total,), (x[i], mean, total), ())


@spread
def normalize_columns(x, mean, factor, beta, out, part, parts):
    """``(x - mean) * factor + beta``, one of each for every column."""
    first, last = share(len(x), part, parts)
    for i in range(first, last):
        _normalize_columns(0, x.shape[1], (out[i],), (x[i], mean, factor, beta), ())


@spread
def column_products(g, x, mean, block, out, part, parts):
    """Sums over blocks of rows of ``g`` and of ``g * (x - mean)``, to ``out[which]``."""
    rows, n = x.shape
    first, last = share(len(out), part, parts)
    for which in range(first, last):
        one, two = out[which, 0], out[which, 1]
        one[:] = 0
        two[:] = 0
        for i in range(which * block, min(rows, (which + 1) * block)):
            _add_column(0, n, (one, two), (g[i], x[i], mean, one, two), ())


@spread
def columns_grad(g, x, mean, factor, a, b, out, part, parts):
    """``(g - a - (x - mean) * b) * factor``."""
    first, last = share(len(x), part, parts)
    for i in range(first, last):
        _columns_grad(0, x.shape[1], (out[i],), (g[i], x[i], mean, factor, a, b), ())
