"""Moments along axes, what is normalised by them, and the gradient of that.

Each function goes to a kernel where the axes are the last ones or all but the last, for float32
and float64, and to the plain-NumPy reference beside it for all else. An `axis` is a sorted tuple of
axes; means and inverse deviations keep these with length one.

Variances are of the distances from a mean that is found first: Chan, Golub and LeVeque, Algorithms
for computing the sample variance, The American Statistician 1983.
"""

import functools
import math

import numpy as np

from autograd_lite.kernels.rows import dense
from autograd_lite.kernels.runtime import use_compiled

_FLOATS = frozenset({np.dtype(np.float32), np.dtype(np.float64)})
# Microseconds a byte on one thread, about.
_COST = 3e-5
# Entries below which NumPy's calls cost less than numba's import.
_SMALL = 4096
# Entries that short rows are put together to, and those of a block of rows that are added up.
_WIDE, _BLOCK = 256, 1 << 14


@functools.cache
def _compiled():
    from autograd_lite.kernels.compiled import normalization

    return normalization


def _matrix(x, rows):
    """A dense matrix of so many rows."""
    return dense(x).reshape(rows, -1)


def _vector(value, default, count, dtype):
    """A factor or a term as so many numbers, dense in memory."""
    if value is None:
        return np.full(count, default, dtype)
    return dense(value).reshape(-1)


class _Rows:
    """The kernels for what is normalised along the last axes."""

    def __init__(self, x, axis):
        self.kept = (*x.shape[: -len(axis)], *(1 for _ in axis))
        self.inner = x.shape[-len(axis) :]
        self.rows, self.length = math.prod(self.kept), math.prod(self.inner)
        self.cost, self.dtype = _COST * x.nbytes, x.dtype

    def takes(self, shape):
        """Whether factors of this shape are one for each entry of a row."""
        return math.prod(shape) == self.length and shape[-len(self.inner) :] == self.inner

    def _of_rows(self, values):
        """A number of each row; zeros for None."""
        return _vector(values, 0, self.rows, self.dtype)

    def moments(self, x):
        out = np.empty((2, *self.kept), self.dtype)
        means, variances = out.reshape(2, -1)
        _compiled().row_moments(self.cost, _matrix(x, self.rows), means, variances)
        return out

    def squares(self, x):
        out = np.empty(self.kept, self.dtype)
        _compiled().row_squares(self.cost, _matrix(x, self.rows), out.reshape(-1))
        return out

    def normalize(self, x, mean, inverse, gamma, beta):
        factors = (_vector(*pair, self.length, self.dtype) for pair in ((gamma, 1), (beta, -0.0)))
        out, x = np.empty_like(x, order="C"), _matrix(x, self.rows)
        given = self._of_rows(mean), self._of_rows(inverse), *factors
        _compiled().normalize_rows(self.cost, x, *given, out.reshape(x.shape))
        return out

    def grad(self, g, x, mean, inverse, gamma):
        gamma = _vector(gamma, 1, self.length, self.dtype)
        out, g, x = np.empty_like(x, order="C"), _matrix(g, self.rows), _matrix(x, self.rows)
        given = g, x, self._of_rows(mean), self._of_rows(inverse), gamma, mean is not None
        _compiled().rows_grad(2 * self.cost, *given, out.reshape(x.shape))
        return out

    def products(self, g, x, mean, inverse):
        block = max(1, _BLOCK // self.length)
        sums = np.empty((-(-self.rows // block), self.length), self.dtype)
        g, x = _matrix(g, self.rows), _matrix(x, self.rows)
        given = g, x, self._of_rows(mean), self._of_rows(inverse), block
        _compiled().row_products(2 * self.cost, *given, sums)
        return np.add.reduce(sums, axis=0)


class _Columns:
    """The kernels for what is normalised along all axes but the last.

    Several rows are put together where they are short, so that loops over them are longer.
    """

    def __init__(self, x, axis):
        self.length = x.shape[-1]
        self.kept = (*(1 for _ in axis), self.length)
        self.count = x.size // self.length
        self.times = math.gcd(self.count, 1 << (max(1, _WIDE // self.length).bit_length() - 1))
        self.rows = self.count // self.times
        self.block = max(1, _BLOCK // (self.length * self.times))
        self.cost, self.dtype = _COST * x.nbytes, x.dtype

    def takes(self, shape):
        """Whether factors of this shape are one for each column."""
        return math.prod(shape) == self.length and shape[-1:] == (self.length,)

    def _blocks(self, *shape):
        """Room for the sums of blocks of rows."""
        shape = -(-self.rows // self.block), *shape, self.times * self.length
        return np.empty(shape, self.dtype)

    def _total(self, blocks):
        """What they add up to for each column."""
        total = np.add.reduce(blocks, axis=0)
        return np.add.reduce(total.reshape(*total.shape[:-1], self.times, self.length), axis=-2)

    def _wide(self, values):
        """A number of each column for each entry of the rows put together; zeros for None."""
        values = np.zeros(self.length, self.dtype) if values is None else values.reshape(-1)
        return np.tile(values, self.times)

    def moments(self, x):
        out = np.empty((2, *self.kept), self.dtype)
        means, variances = out.reshape(2, -1)
        x, blocks = _matrix(x, self.rows), self._blocks()
        _compiled().column_sums(self.cost, x, self.block, blocks)
        np.divide(self._total(blocks), self.count, out=means)
        _compiled().column_squares(self.cost, x, self._wide(means), self.block, blocks)
        np.divide(self._total(blocks), self.count, out=variances)
        return out

    def normalize(self, x, mean, inverse, gamma, beta):
        factor = inverse if gamma is None else inverse * gamma.reshape(inverse.shape)
        out, x = np.empty_like(x, order="C"), _matrix(x, self.rows)
        beta = _vector(beta, -0.0, self.length, self.dtype)
        given = self._wide(mean), self._wide(factor), self._wide(beta)
        _compiled().normalize_columns(self.cost, x, *given, out.reshape(x.shape))
        return out

    def _sums(self, g, x, mean):
        """Each column's sums of ``g`` and of ``g * (x - mean)``."""
        blocks = self._blocks(2)
        _compiled().column_products(2 * self.cost, g, x, self._wide(mean), self.block, blocks)
        return self._total(blocks)

    def grad(self, g, x, mean, inverse, gamma):
        out, g, x = np.empty_like(x, order="C"), _matrix(g, self.rows), _matrix(x, self.rows)
        total, along = self._sums(g, x, mean)
        inverse = inverse.reshape(-1)
        factor = inverse if gamma is None else inverse * gamma.reshape(-1)
        total = None if mean is None else total / self.count
        given = mean, factor, total, along * inverse * inverse / self.count
        wide = map(self._wide, given)
        _compiled().columns_grad(2 * self.cost, g, x, *wide, out.reshape(x.shape))
        return out

    def products(self, g, x, mean, inverse):
        _, along = self._sums(_matrix(g, self.rows), _matrix(x, self.rows), mean)
        return along * inverse.reshape(-1)


def _layout(axis, x, *others):
    """The kernels that serve arrays of x's dtype, if any do."""
    if not axis or x.size < _SMALL or x.dtype not in _FLOATS or not use_compiled():
        return None
    if any(a is not None and a.dtype != x.dtype for a in others):
        return None
    if axis == tuple(range(x.ndim - len(axis), x.ndim)):
        return _Rows(x, axis)
    return _Columns(x, axis) if axis == tuple(range(x.ndim - 1)) else None


def moments_reference(x, axis):
    """`moments` in NumPy."""
    mean = np.mean(x, axis=axis, keepdims=True)
    apart = np.subtract(x, mean)
    np.multiply(apart, apart, out=apart)
    return np.stack([mean, np.mean(apart, axis=axis, keepdims=True)])


def moments(x, axis):
    """The mean of x along axes, and the mean of ``(x - mean)**2``.

    Returns:
        A new array ``(2, *shape)``, of x's shape with length one along `axis`.

    Example:
        >>> moments(np.array([[1.0, 3.0]]), (1,)).ravel()
        array([2., 1.])
    """
    layout = _layout(axis, x)
    return layout.moments(x) if layout else moments_reference(x, axis)


def mean_square_reference(x, axis):
    """`mean_square` in NumPy."""
    return np.mean(np.multiply(x, x), axis=axis, keepdims=True)


def mean_square(x, axis):
    """The mean of ``x**2`` along axes, which stay with length one.

    Example:
        >>> mean_square(np.array([1.0, 7.0]), (0,))
        array([25.])
    """
    layout = _layout(axis, x)
    return layout.squares(x) if isinstance(layout, _Rows) else mean_square_reference(x, axis)


def _fits(layout, *factors):
    """Whether there is a factor for each entry of a row, and no more."""
    return layout and all(f is None or layout.takes(f.shape) for f in factors)


def normalize_reference(x, mean, inverse, gamma, beta, axis):
    """`normalize` in NumPy."""
    out = np.multiply(x, inverse) if mean is None else np.subtract(x, mean)
    if mean is not None:
        out *= inverse
    if gamma is not None:
        out *= gamma
    if beta is not None:
        out += beta
    return out


def normalize(x, mean, inverse, gamma, beta, axis):
    """``(x - mean) * inverse * gamma + beta``.

    Args:
        x: Any array.
        mean: Its means along `axis`, None for 0.
        inverse: Factors of the same shape.
        gamma: Factors that broadcast to x; None for 1.
        beta: Terms that broadcast to x; None for 0.
        axis: What mean and inverse have the length one along.

    Example:
        >>> x, inverse = np.array([1.0, 3.0]), np.array([0.5])
        >>> normalize(x, np.array([2.0]), inverse, None, None, (0,))
        array([-0.5,  0.5])
    """
    layout = _layout(axis, x, mean, inverse, gamma, beta)
    if not _fits(layout, gamma, beta):
        return normalize_reference(x, mean, inverse, gamma, beta, axis)
    return layout.normalize(x, mean, inverse, gamma, beta)


def normalize_grad_reference(g, x, mean, inverse, gamma, axis):
    """`normalize_grad` in NumPy."""
    g = g if gamma is None else np.multiply(g, gamma)
    normal = normalize_reference(x, mean, inverse, None, None, axis)
    along = np.mean(np.multiply(g, normal), axis=axis, keepdims=True)
    out = np.subtract(g, np.multiply(normal, along, out=normal))
    if mean is not None:
        out -= np.mean(g, axis=axis, keepdims=True)
    return np.multiply(out, inverse, out=out)


def normalize_grad(g, x, mean, inverse, gamma, axis):
    """The gradient of `normalize` in x, of which `mean` and `inverse` are what they are called.

    With ``n = (x - mean) * inverse`` and ``h = g * gamma``, both along `axis`:
    ``inverse * (h - mean(h) - n * mean(h * n))``, without ``mean(h)`` if there is no mean.

    Example:
        >>> x, mean, inverse = np.array([1.0, 3.0]), np.array([2.0]), np.array([1.0])
        >>> normalize_grad(np.array([1.0, 0.0]), x, mean, inverse, None, (0,))
        array([0., 0.])
    """
    layout = _layout(axis, x, g, mean, inverse, gamma)
    if not _fits(layout, gamma):
        return normalize_grad_reference(g, x, mean, inverse, gamma, axis)
    return layout.grad(g, x, mean, inverse, gamma)


def normal_products_reference(g, x, mean, inverse, axis, shape):
    """`normal_products` in NumPy."""
    product = normalize_reference(x, mean, inverse, None, None, axis)
    np.multiply(g, product, out=product)
    first = x.ndim - len(shape)
    along = [a for a in range(x.ndim) if a < first or shape[a - first] == 1]
    return np.add.reduce(product, axis=tuple(along)).reshape(shape)


def normal_products(g, x, mean, inverse, axis, shape):
    """``g * (x - mean) * inverse``, added up to a shape that broadcasts to x.

    That is the gradient of gamma in `normalize`, where it has this shape.

    Example:
        >>> x, mean, inverse = np.array([[1.0], [3.0]]), np.array([[2.0]]), np.array([[1.0]])
        >>> normal_products(np.array([[5.0], [7.0]]), x, mean, inverse, (0,), (1,))
        array([2.])
    """
    layout = _layout(axis, x, g, mean, inverse)
    if not layout or not layout.takes(shape):
        return normal_products_reference(g, x, mean, inverse, axis, shape)
    return layout.products(g, x, mean, inverse).reshape(shape)
