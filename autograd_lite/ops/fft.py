"""Discrete Fourier transforms: `numpy.fft` for arrays and Tensors.

The matrix of a transform is symmetric, so its transpose, which is what rules need, is the transform
itself: no conjugate, and the same `norm`. Padding with zeros and cutting off are each other's
transposes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.errors import ShapeError, explain
from autograd_lite.op import composed, op
from autograd_lite.ops.complexes import conjugate
from autograd_lite.ops.elementwise import multiply
from autograd_lite.ops.shape import place_slice, take_slice

__all__ = [
    "fft",
    "fft2",
    "fftfreq",
    "fftn",
    "fftshift",
    "hfft",
    "ifft",
    "ifft2",
    "ifftn",
    "ifftshift",
    "ihfft",
    "irfft",
    "irfft2",
    "irfftn",
    "rfft",
    "rfft2",
    "rfftfreq",
    "rfftn",
]

_OPPOSITE = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}
"""The `norm` that gives the inverse transform the factor that this one gives to the forward one."""


def _resized(x, shape, axis):
    """Cut x off, or pad it with zeros, to the length that `shape` has along an axis."""
    length, given = shape[axis], x.shape[axis]
    if given > length:
        return take_slice(x, axis=axis, start=0, stop=length)
    if given < length:
        return place_slice(x, axis=axis, start=0, stop=given, length=length)
    return x


def _once_and_twice(x, n, axis, weight):
    """Weigh the frequencies that a real signal of length n has twice, with either sign."""
    weights = np.full(n // 2 + 1, weight, np.finfo(x.dtype).dtype)
    weights[0] = 1
    if n % 2 == 0:
        weights[-1] = 1
    shape = [1] * x.ndim
    shape[axis] = -1
    return multiply(x, weights.reshape(shape))


def _checked(where, n):
    if n is not None and n < 1:
        raise ShapeError(
            explain(where, "no points to transform", got=f"n={n}", expected="n of 1 or more")
        )


def _by_fft(g, a_shape, n, axis, norm):
    return _resized(fft(g, n=n, axis=axis, norm=norm), a_shape, axis)


@op(vjps=(_by_fft,), numpy=np.fft.fft)
def fft(a, n=None, axis=-1, norm=None):
    """Fourier transform along an axis: ``out[k] = sum_j a[j] exp(-2 pi i j k / n)``.

    Args:
        a: Real or complex array.
        n: Length of the result: a is cut off, or padded with zeros. By default its own.
        axis: The axis.
        norm: Where the factor ``1/n`` goes: "backward" (None) into `ifft`, "forward" into `fft`,
            "ortho" by its root into both.

    Raises:
        ShapeError: there are no points to transform.

    Example:
        >>> fft(np.array([1.0, 0.0, 0.0, 0.0]))
        array([1.+0.j, 1.+0.j, 1.+0.j, 1.+0.j])
    """
    _checked("fft", np.shape(a)[axis] if n is None else n)
    return np.fft.fft(a, n, axis, norm)


def _by_ifft(g, a_shape, n, axis, norm):
    return _resized(ifft(g, n=n, axis=axis, norm=norm), a_shape, axis)


@op(vjps=(_by_ifft,), numpy=np.fft.ifft)
def ifft(a, n=None, axis=-1, norm=None):
    """The inverse of `fft`: ``out[j] = 1/n sum_k a[k] exp(2 pi i j k / n)``.

    Raises:
        ShapeError: there are no points to transform.

    Example:
        >>> ifft(np.array([1.0, 1.0, 1.0, 1.0]))
        array([1.+0.j, 0.+0.j, 0.+0.j, 0.+0.j])
    """
    _checked("ifft", np.shape(a)[axis] if n is None else n)
    return np.fft.ifft(a, n, axis, norm)


def _by_rfft(g, a_shape, n, axis, norm):
    """The real part of the `fft` of g, padded; by a transform of half the size."""
    n = a_shape[axis] if n is None else n
    halved = _once_and_twice(conjugate(g), n, axis, 0.5)
    return _resized(irfft(halved, n=n, axis=axis, norm=_OPPOSITE[norm]), a_shape, axis)


@op(vjps=(_by_rfft,), numpy=np.fft.rfft)
def rfft(a, n=None, axis=-1, norm=None):
    """The first ``n // 2 + 1`` frequencies of `fft`, which are all that a real array has.

    Raises:
        ShapeError: there are no points to transform.

    Example:
        >>> rfft(np.array([1.0, 0.0, 0.0, 0.0]))
        array([1.+0.j, 1.+0.j, 1.+0.j])
    """
    _checked("rfft", np.shape(a)[axis] if n is None else n)
    return np.fft.rfft(a, n, axis, norm)


def _by_irfft(g, a_shape, n, axis, norm):
    """Each frequency stands for two, but for the zeroth and, if n is even, the last."""
    n = 2 * (a_shape[axis] - 1) if n is None else n
    frequencies = conjugate(rfft(g, n=n, axis=axis, norm=_OPPOSITE[norm]))
    return _resized(_once_and_twice(frequencies, n, axis, 2), a_shape, axis)


@op(vjps=(_by_irfft,), numpy=np.fft.irfft)
def irfft(a, n=None, axis=-1, norm=None):
    """The inverse of `rfft`: a real array of n entries, by default ``2 * (a.shape[axis] - 1)``.

    The imaginary part of the zeroth frequency does not matter, nor, if n is even, that of the last.

    Raises:
        ShapeError: there are no points to transform.

    Example:
        >>> irfft(np.array([1.0, 1.0, 1.0]))
        array([1., 0., 0., 0.])
    """
    _checked("irfft", 2 * (np.shape(a)[axis] - 1) if n is None else n)
    return np.fft.irfft(a, n, axis, norm)


@composed(numpy=np.fft.hfft)
def hfft(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """`fft` of a signal with ``a[-j] = conj(a[j])``, of which the first half is given: it is real.

    Raises:
        ShapeError: there are no points to transform.

    Example:
        >>> hfft(np.array([1.0, 1.0, 1.0]))
        array([4., 0., 0., 0.])
    """
    n = 2 * (np.shape(a)[axis] - 1) if n is None else n
    _checked("hfft", n)
    return irfft(conjugate(a), n=n, axis=axis, norm=_opposite("hfft", norm))


@composed(numpy=np.fft.ihfft)
def ihfft(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """The inverse of `hfft`: the first half, ``n // 2 + 1`` entries.

    Raises:
        ShapeError: there are no points to transform.

    Example:
        >>> ihfft(np.array([4.0, 0.0, 0.0, 0.0]))
        array([1.-0.j, 1.-0.j, 1.-0.j])
    """
    n = np.shape(a)[axis] if n is None else n
    _checked("ihfft", n)
    return conjugate(rfft(a, n=n, axis=axis, norm=_opposite("ihfft", norm)))


def _opposite(where: str, norm: str | None) -> str:
    if norm not in _OPPOSITE:
        expected = '"backward", "ortho" or "forward"'
        raise ValueError(explain(where, "unknown norm", got=repr(norm), expected=expected))
    return _OPPOSITE[norm]


def _plan(where: str, a: Any, s: Any, axes: Any, real: bool = False) -> list[tuple[int, int]]:
    """Pairs of length and axis; the last length is the output's if that is `real`."""
    shape = np.shape(a)
    if axes is None:
        axes = range(-len(shape if s is None else s), 0)
    if s is None:
        s = [shape[axis] for axis in axes]
        if real and s:
            s[-1] = 2 * (s[-1] - 1)
    if len(s) != len(axes):
        raise ShapeError(
            explain(
                where,
                "`s` and `axes` differ in length",
                got=f"s={tuple(s)}, axes={tuple(axes)}",
                expected="a length for each axis",
            )
        )
    return [(shape[k] if n == -1 else n, k) for n, k in zip(s, axes, strict=True)]


def _along_each(transform: Any, a: Any, plan: list[tuple[int, int]], norm: str | None) -> Any:
    for n, axis in plan:
        a = transform(a, n=n, axis=axis, norm=norm)
    return a


@composed(numpy=np.fft.fftn)
def fftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None) -> Any:
    """`fft` along several axes, by default all of them.

    Args:
        a: Real or complex array.
        s: The length along each axis of `axes`; -1 for the array's own.
        axes: The axes; by default the last ``len(s)``.
        norm: As for `fft`.

    Raises:
        ShapeError: `s` and `axes` differ in length, or there are no points to transform.

    Example:
        >>> fftn(np.ones((2, 2)))
        array([[4.+0.j, 0.+0.j],
               [0.+0.j, 0.+0.j]])
    """
    return _along_each(fft, a, _plan("fftn", a, s, axes)[::-1], norm)


@composed(numpy=np.fft.ifftn)
def ifftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None) -> Any:
    """The inverse of `fftn`.

    Raises:
        ShapeError: `s` and `axes` differ in length, or there are no points to transform.

    Example:
        >>> ifftn(np.ones((2, 2)))
        array([[1.+0.j, 0.+0.j],
               [0.+0.j, 0.+0.j]])
    """
    return _along_each(ifft, a, _plan("ifftn", a, s, axes)[::-1], norm)


@composed(numpy=np.fft.rfftn)
def rfftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None) -> Any:
    """`rfft` along the last of several axes, then `fft` along the others.

    Raises:
        ShapeError: `s` and `axes` differ in length, or there are no points to transform.

    Example:
        >>> rfftn(np.ones((2, 2)))
        array([[4.+0.j, 0.+0.j],
               [0.+0.j, 0.+0.j]])
    """
    *others, (n, axis) = _plan("rfftn", a, s, axes)
    return _along_each(fft, rfft(a, n=n, axis=axis, norm=norm), others[::-1], norm)


@composed(numpy=np.fft.irfftn)
def irfftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None) -> Any:
    """The inverse of `rfftn`, which is real; `s` are the lengths of the result.

    Raises:
        ShapeError: `s` and `axes` differ in length, or there are no points to transform.

    Example:
        >>> irfftn(np.ones((2, 2)))
        array([[1., 0.],
               [0., 0.]])
    """
    *others, (n, axis) = _plan("irfftn", a, s, axes, real=True)
    return irfft(_along_each(ifft, a, others, norm), n=n, axis=axis, norm=norm)


@composed(numpy=np.fft.fft2)
def fft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: str | None = None) -> Any:
    """`fftn` along two axes.

    Example:
        >>> fft2(np.ones((2, 2)))[0, 0]
        np.complex128(4+0j)
    """
    return fftn(a, s, axes, norm)


@composed(numpy=np.fft.ifft2)
def ifft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: str | None = None) -> Any:
    """`ifftn` along two axes.

    Example:
        >>> ifft2(np.ones((2, 2)))[0, 0]
        np.complex128(1+0j)
    """
    return ifftn(a, s, axes, norm)


@composed(numpy=np.fft.rfft2)
def rfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: str | None = None) -> Any:
    """`rfftn` along two axes.

    Example:
        >>> rfft2(np.ones((2, 4))).shape
        (2, 3)
    """
    return rfftn(a, s, axes, norm)


@composed(numpy=np.fft.irfft2)
def irfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: str | None = None) -> Any:
    """`irfftn` along two axes.

    Example:
        >>> irfft2(np.ones((2, 3))).shape
        (2, 4)
    """
    return irfftn(a, s, axes, norm)


@op(vjps=(lambda g, axes: ifftshift(g, axes=axes),), numpy=np.fft.fftshift)
def fftshift(x, axes=None):
    """Roll the zeroth frequency to the middle, along these axes or all.

    Example:
        >>> fftshift(np.array([0.0, 1.0, -1.0]))
        array([-1.,  0.,  1.])
    """
    return np.fft.fftshift(x, axes)


@op(vjps=(lambda g, axes: fftshift(g, axes=axes),), numpy=np.fft.ifftshift)
def ifftshift(x, axes=None):
    """The inverse of `fftshift`.

    Example:
        >>> ifftshift(np.array([-1.0, 0.0, 1.0]))
        array([ 0.,  1., -1.])
    """
    return np.fft.ifftshift(x, axes)


fftfreq = np.fft.fftfreq
rfftfreq = np.fft.rfftfreq
