"""Fourier transforms: of real arrays, and of complex ones made of two real arrays.

Rows are of real functions: the real and the imaginary part of a result are stacked.
"""

from __future__ import annotations

import numpy as np

import autograd_lite as ag
from op_cases.case import Case

NORMS = ("backward", "ortho", "forward")
SETTINGS = [
    *({}, {"n": 3}, {"n": 8}, {"n": 1}, {"axis": 0}, {"n": 5, "axis": -2}),
    *({"n": n, "norm": norm} for n, norm in zip((4, 7, 7), NORMS, strict=True)),
]
SEVERAL = [
    *({}, {"axes": (0,)}, {"axes": (2, -2)}, {"axes": (1, 1)}),
    *({"s": (2, 5), "axes": (0, 2), "norm": norm} for norm in NORMS),
    {"s": (-1, 3), "axes": (1, 2)},
]
TWO = [{}, {"s": (2, 5)}, {"axes": (0, 1), "norm": "ortho"}]


def _parts(y, stack):
    return stack([y.real, y.imag]) if stack is np.stack else stack([ag.real(y), ag.imag(y)])


def _real(module, stack, name):
    return lambda x, **s: _parts(getattr(module, name)(x, **s), stack)


def _complex(module, stack, name):
    return lambda x, y, **s: _parts(getattr(module, name)(x + y * 1j, **s), stack)


def _row(name, shape, settings, kind):
    reference, spelled = kind(np.fft, np.stack, name), kind(ag.ops.fft, ag.stack, name)
    arguments = (shape,) if kind is _real else (shape, shape)
    return Case(name, arguments, settings, reference, spelled=spelled)


CASES = [
    *(_row(f, (2, 4), s, _real) for f in ("fft", "ifft", "rfft", "ihfft") for s in SETTINGS),
    *(_row(f, (3, 5), s, _complex) for f in ("fft", "ifft", "irfft", "hfft") for s in SETTINGS),
    *(_row(f, (3, 4, 3), s, _real) for f in ("fftn", "rfftn") for s in SEVERAL),
    *(_row(f, (3, 4, 3), s, _complex) for f in ("fftn", "ifftn", "irfftn") for s in SEVERAL),
    *(_row(f, (3, 4), s, _real) for f in ("fft2", "rfft2") for s in TWO),
    *(_row(f, (3, 4), s, _complex) for f in ("ifft2", "irfft2") for s in TWO),
    *(
        Case(name, ((3, 4),), s)
        for name in ("fftshift", "ifftshift")
        for s in ({}, {"axes": 0}, {"axes": (0, -1)})
    ),
]
