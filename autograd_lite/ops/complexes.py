"""Parts of complex numbers. Real arrays are taken too, as NumPy has it.

Rules pair a gradient with a direction by ``Re(sum(g * t))``, without a conjugate, so the rules of
all holomorphic ops are those of real numbers. The engine conjugates at its borders.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.graph import Traced
from autograd_lite.op import composed, op, raw
from autograd_lite.ops.elementwise import multiply

__all__ = [
    "conj",
    "conjugate",
    "imag",
    "real",
    "real_if_close",
]


@op(vjps=(lambda g: conjugate(g),), ufunc=np.conjugate, domain=(-3, 3))
def conjugate(x, /):
    """Complex conjugate ``a - bj`` of ``a + bj``.

    Example:
        >>> conjugate(np.array([1 + 2j]))
        array([1.-2.j])
    """


@op(vjps=(lambda g: g,), numpy=np.real, view=True)
def real(val, /):
    """Real part ``a`` of ``a + bj``.

    Example:
        >>> real(np.array([1 + 2j]))
        array([1.])
    """
    return np.real(val)


@op(vjps=(lambda g: multiply(g, -1j),), numpy=np.imag, view=True)
def imag(val, /):
    """Imaginary part ``b`` of ``a + bj``; zeros for real numbers.

    Example:
        >>> imag(np.array([1 + 2j]))
        array([2.])
    """
    return np.imag(val)


@composed(numpy=np.real_if_close)
def real_if_close(a: Any, tol: float = 100) -> Any:
    """The real part, if no imaginary part is above `tol` units in the last place of 1; else a.

    Example:
        >>> real_if_close(np.array([2.0 + 1e-15j]))
        array([2.])
    """
    closest = np.real_if_close(raw(a), tol)
    if not isinstance(a, Traced):
        return closest
    return real(a) if np.isrealobj(closest) else a


conj = conjugate
