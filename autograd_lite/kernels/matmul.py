"""Matrix products: NumPy's for small and thin ones, a compiled kernel's for the rest.

This module is light: numba is imported by the first product that is worth it. The kernel serves
float32 and float64; products of other or mixed dtypes are NumPy's.
"""

import functools

import numpy as np

from autograd_lite.kernels import runtime

# Measured by benchmarks/matmul.py. A row or a column streams through the other operand once, which
# is memory's speed whoever does it (1x784x512), and below about 80 cubed a call costs as much as
# the product (64x64x64).
_FEWEST_PRODUCTS = 500_000
_FEWEST_ROWS = _FEWEST_COLUMNS = 4
# One core's rates, which decide whether calling others pays. Fewer columns than these take as long
# as so many (128x512x10, 512x128x10); few products for each number are soon done (128x10x512).
_PRODUCTS_PER_MICROSECOND = 80_000
_NUMBERS_PER_MICROSECOND = 8_000
_COLUMNS_PAID_FOR = 20
# So few do not fill a tile's vectors.
_FEW_COLUMNS = 16

_DTYPES = (np.dtype(np.float32), np.dtype(np.float64))


def matmul_reference(a, b):
    """`matmul` in plain NumPy."""
    return np.matmul(a, b)


def linear_reference(x, w, bias, relu=False):
    """`linear` in plain NumPy."""
    y = np.matmul(x, w) + bias
    return np.maximum(y, 0) if relu else y


def matmul(a, b, scale=1):
    """Matrix product ``c[..., i, j] = scale * sum_k a[..., i, k] b[..., k, j]``.

    Exactly `numpy.matmul`: a vector stands for one row on the left and one column on the right,
    and leading axes broadcast. The compiled kernel takes any strides; its result depends neither
    on the number of threads nor on the layout, bit for bit.

    Args:
        a: Array ``(..., m, k)`` or ``(k,)``.
        b: Array ``(..., k, n)`` or ``(k,)``.
        scale: A factor, which costs no pass over the result of its own in the kernel.

    Returns:
        A new array ``(..., m, n)`` of the dtype that NumPy promotes to.

    Raises:
        ValueError: Inner dimensions differ, leading axes do not broadcast, or an argument is 0-d.

    Example:
        >>> matmul(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]))
        array([[11.]])
    """
    if _pays(a, b):
        if _lies_across(a, b):
            return np.ascontiguousarray(_compiled(b.T, a.T, scale=scale).T)
        return _compiled(a, b, scale=scale)
    return np.matmul(a, b) if scale == 1 else np.matmul(a, b) * scale


def matmul_add(total, a, b):
    """Add ``a @ b`` to `total` in place, without an array for the product.

    Args:
        total: C-contiguous array of the product's shape and dtype, overlapping neither operand.
        a: Array ``(..., m, k)``.
        b: Array ``(..., k, n)``.

    Raises:
        ValueError: The shapes do not fit, or `total` shares memory with an operand.

    Example:
        >>> total = np.ones((1, 1))
        >>> matmul_add(total, np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]))
        >>> total
        array([[12.]])
    """
    if any(np.may_share_memory(total, x) for x in (a, b)):
        raise ValueError("matmul_add: `total` shares memory with what is multiplied")
    if _pays(a, b) and _holds(total, a, b):
        _compiled(a, b, out=total)
    else:
        total += np.matmul(a, b)


def matmul_where(mask, a, b):
    """``a @ b`` where `mask`, of the product's shape, is positive; zero elsewhere.

    It is what relu's derivative makes of a gradient that is a product.

    Raises:
        ValueError: The shapes do not fit.

    Example:
        >>> matmul_where(np.array([[1.0, -1.0]]), np.array([[2.0]]), np.array([[3.0, 4.0]]))
        array([[6., 0.]])
    """
    if _pays(a, b) and _holds(mask, a, b):
        return _compiled(a, b, mask=mask)
    return np.where(mask > 0, np.matmul(a, b), mask.dtype.type(0))


def linear(x, w, bias, relu=False):
    """Affine map of the last axis: ``y = x @ w + bias``, and ``max(y, 0)`` with `relu`.

    Bias and relu cost no pass over memory of their own in the compiled kernel. NaN stays NaN.

    Args:
        x: Array ``(..., k)``.
        w: Array ``(k, n)``.
        bias: Array ``(n,)``.
        relu: Whether to replace negative results by zero.

    Returns:
        A new array ``(..., n)``.

    Raises:
        ValueError: The shapes do not fit.

    Example:
        >>> linear(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]), np.array([-20.0]), relu=True)
        array([[0.]])
    """
    if _pays(x, w) and w.ndim == 2 and bias.shape == w.shape[1:] and bias.dtype is w.dtype:
        return _compiled(x, w, np.ascontiguousarray(bias), relu)
    y = np.matmul(x, w)
    if y.shape[-1:] == bias.shape and y.dtype == bias.dtype and y.dtype.kind == "f":
        y += bias
        return np.maximum(y, 0, out=y) if relu else y
    return linear_reference(x, w, bias, relu)


def _pays(a, b):
    """Whether the kernel can multiply these two, and sooner than NumPy."""
    if a.ndim < 2 or b.ndim < 2:
        return False
    (rows, depth), columns = a.shape[-2:], b.shape[-1]
    # An element of the result costs some products more: NumPy takes 400 us for 784x1x512.
    products = a.size * columns * (depth + 4) // (depth or 1)
    if products < _FEWEST_PRODUCTS or columns < _FEWEST_COLUMNS:
        return False
    if b.ndim == 2:
        rows = a.size // depth
    return (
        rows >= _FEWEST_ROWS
        and a.dtype == b.dtype
        and a.dtype in _DTYPES
        and a.shape[-1] == b.shape[-2]
        and a.flags.aligned
        and b.flags.aligned
        and runtime.use_compiled()
    )


def _lies_across(a, b):
    """Whether ``(b.T @ a.T).T`` is sooner done: by vectors of `a`'s columns, not of short rows.

    512x128x10 of a transposed `a` takes two thirds of the time, and each element is the same sum.
    """
    return a.ndim == b.ndim == 2 and b.shape[1] <= _FEW_COLUMNS and a.strides[0] == a.itemsize


def _holds(c, a, b):
    """Whether `c` is laid out as the kernel would lay out the product of these."""
    lead = a.shape[:-2] if b.ndim == 2 else np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    fits = c.shape == (*lead, a.shape[-2], b.shape[-1]) and c.dtype == a.dtype
    return fits and c.flags.c_contiguous and c.flags.aligned


@functools.cache
def _kernel():
    from autograd_lite.kernels.compiled.gemm import multiply

    return multiply


def _compiled(a, b, bias=None, relu=False, *, out=None, **finish):
    """The product by the kernel, finished as asked; added to `out` if that is given."""
    *lead, k = a.shape
    n = b.shape[-1]
    adds = out is not None
    if b.ndim == 2:
        if not adds:
            out = np.empty((*lead, n), a.dtype)
        c = out
        if len(lead) > 1:  # one product of many rows, rather than many products
            a, c = a.reshape(-1, k), out.reshape(-1, n)
        _multiply(a, b, c, bias, relu, accumulate=adds, **finish)
        return out
    *lead, m = lead
    lead = np.broadcast_shapes(tuple(lead), b.shape[:-2])
    if not adds:
        out = np.empty((*lead, m, n), a.dtype)
    a, b = np.broadcast_to(a, (*lead, m, k)), np.broadcast_to(b, (*lead, k, n))
    _multiply_stacks(a, b, out, accumulate=adds, **finish)
    return out


def _multiply_stacks(a, b, out, mask=None, **finish):
    """Products of stacks of equal shape, as few calls of the kernel as their strides allow."""
    if a.ndim > 3 and not (_is_one_stack(a) and _is_one_stack(b)):
        for i in range(len(a)):
            some = None if mask is None else mask[i]
            _multiply_stacks(a[i], b[i], out[i], some, **finish)
        return
    _multiply(*(x.reshape(-1, *x.shape[-2:]) for x in (a, b, out)), mask=mask, **finish)


def _is_one_stack(x):
    """Whether the leading axes of `x` are evenly spaced in memory, so that one axis can be all."""
    return all(x.strides[i] == x.shape[i + 1] * x.strides[i + 1] for i in range(x.ndim - 3))


def _multiply(a, b, out, bias=None, relu=False, **finish):
    multiply = _kernel()
    products = a.size * max(b.shape[-1], _COLUMNS_PAID_FOR)
    numbers = a.size + b.size + out.size
    cost = products / _PRODUCTS_PER_MICROSECOND + numbers / _NUMBERS_PER_MICROSECOND
    multiply(a, b, out, bias, relu, cost, **finish)
