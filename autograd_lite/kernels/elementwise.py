"""Functions of one number, mapped over arrays, and relu's gradient.

Large float32 and float64 arrays go to kernels in explicit vectors, on threads when that pays. All
else goes to NumPy: other dtypes, gaps between elements, and small arrays, where a call costs more
than the work. The two may differ in the last bit; which one runs depends on the array alone.
"""

import functools
import math

import numpy as np

from autograd_lite.kernels.runtime import use_compiled

_FLOATS = frozenset({np.dtype(np.float32), np.dtype(np.float64)})
# Below these sizes NumPy is as fast, the second for what takes it several passes.
_SMALL = 4096
_SMALL_FUSED = 512
# `math.erf` takes 10 us for so many.
_SMALL_ERF = 128
# NumPy's square root is one instruction too, but its loop is slower once out of the cache.
_SMALL_SQRT = 16384


@functools.cache
def _compiled():
    from autograd_lite.kernels.compiled import elementwise

    return elementwise


def _suits(x, least):
    """Whether a kernel takes `x`, up to the order of its axes, and is worth its call."""
    return (
        type(x) is np.ndarray
        and x.size >= least
        and x.dtype in _FLOATS
        and x.flags.forc
        and x.flags.aligned
        and use_compiled()
    )


def _map(kernel, cost, *arrays):
    """Call `kernel`, which takes `cost` microseconds a byte, on arrays of one shape and order."""
    x = arrays[0]
    out = np.empty_like(x)
    flat = tuple(a.ravel("K") for a in arrays)
    kernel(cost * x.nbytes, flat, out.ravel("K"))
    return out


def exp(x):
    """e**x of every element, within 1 ulp.

    NaN and infinities as `np.exp`; results below the smallest normal number are gradual. No
    warning is given on overflow by the kernel.

    Args:
        x: Array of any shape. The kernel serves float32 and float64.

    Example:
        >>> exp(np.array([0.0, -np.inf]))
        array([1., 0.])
    """
    return _map(_compiled().exp, 5e-5, x) if _suits(x, _SMALL) else np.exp(x)


def log(x):
    """The natural logarithm of every element, within 1 ulp.

    NaN for negative numbers, -inf for zeros of either sign, exact down to subnormal numbers.

    Args:
        x: Array of any shape. The kernel serves float32 and float64.

    Example:
        >>> log(np.array([1.0, np.inf]))
        array([ 0., inf])
    """
    return _map(_compiled().log, 8e-5, x) if _suits(x, _SMALL) else np.log(x)


def tanh(x):
    """The hyperbolic tangent of every element, within 1.5 ulp; keeps the sign of zeros.

    Args:
        x: Array of any shape. The kernel serves float32 and float64.

    Example:
        >>> tanh(np.array([0.0, np.inf]))
        array([0., 1.])
    """
    return _map(_compiled().tanh, 7e-5, x) if _suits(x, _SMALL) else np.tanh(x)


def sigmoid_reference(x):
    """`sigmoid` in NumPy: e**-|x| cannot overflow, and e**x / (1 + e**x) keeps small results."""
    power = np.exp(-np.abs(x))
    return np.where(np.less(x, 0), power, 1) / (1 + power)


def sigmoid(x):
    """The logistic function ``1 / (1 + exp(-x))`` of every element, within 2 ulp.

    Args:
        x: Array of any shape. The kernel serves float32 and float64.

    Example:
        >>> sigmoid(np.array([0.0, -np.inf]))
        array([0.5, 0. ])
    """
    if _suits(x, _SMALL_FUSED):
        return _map(_compiled().sigmoid, 6e-5, x)
    return sigmoid_reference(x)


_erf = np.frompyfunc(math.erf, 1, 1)


def erf_reference(x):
    """`erf` by Python's own, element by element: NumPy has none."""
    x = np.asarray(x)
    return np.asarray(_erf(x), x.dtype if x.dtype.kind == "f" else np.float64)[()]


def erf(x):
    """The error function ``2 / sqrt(pi) * integral of exp(-t**2) from 0 to x``, within 1.2 ulp.

    Args:
        x: Array of any shape. The kernel serves float32 and float64.

    Example:
        >>> erf(np.array([0.0, -np.inf]))
        array([ 0., -1.])
    """
    return _map(_compiled().erf, 1e-4, x) if _suits(x, _SMALL_ERF) else erf_reference(x)


def _periodic(name, x):
    # NumPy has vectors for these in float32 only.
    double = getattr(x, "dtype", None) == np.float64
    if _suits(x, _SMALL_FUSED if double else 2 * _SMALL):
        return _map(getattr(_compiled(), name), 8e-5, x)
    return getattr(np, name)(x)


def sin(x):
    """The sine of every element, an angle in radians of any size, within 1 ulp.

    NaN for infinities, without a warning by the kernel; keeps the sign of zeros.

    Args:
        x: Array of any shape. The kernel serves float32 and float64.

    Example:
        >>> sin(np.array([0.0, np.pi / 2]))
        array([0., 1.])
    """
    return _periodic("sin", x)


def cos(x):
    """The cosine of every element, an angle in radians of any size, within 1 ulp.

    NaN for infinities, without a warning by the kernel.

    Args:
        x: Array of any shape. The kernel serves float32 and float64.

    Example:
        >>> cos(np.array([0.0]))
        array([1.])
    """
    return _periodic("cos", x)


def sqrt(x):
    """The square root of every element, correctly rounded; NaN for negative numbers.

    Args:
        x: Array of any shape. The kernel serves float32 and float64.

    Example:
        >>> sqrt(np.array([4.0, np.inf]))
        array([ 2., inf])
    """
    return _map(_compiled().sqrt, 3e-5, x) if _suits(x, _SMALL_SQRT) else np.sqrt(x)


def relu_grad_reference(g, out):
    """`relu_grad` in NumPy."""
    return np.where(np.greater(out, 0), g, 0)


def relu_grad(g, out):
    """The gradient of ``relu`` from its output: `g` where `out` is positive, else 0.

    Args:
        g: Gradient of the output. The kernel serves float32 and float64.
        out: Output of relu. Other shapes or dtypes than `g`'s are broadcast by NumPy.

    Example:
        >>> relu_grad(np.array([5.0, 6.0]), np.array([0.0, 2.0]))
        array([0., 6.])
    """
    if (
        _suits(g, _SMALL_FUSED)
        and type(out) is np.ndarray
        and out.shape == g.shape
        and out.dtype == g.dtype
        and out.strides == g.strides
        and out.flags.aligned
    ):
        return _map(_compiled().relu_grad, 3e-5, g, out)
    return relu_grad_reference(g, out)
