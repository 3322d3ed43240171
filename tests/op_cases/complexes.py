"""Parts of complex numbers; their derivatives off the real line are in test_complex.py."""

from __future__ import annotations

from op_cases.case import Case

CASES = [Case(name, (shape,)) for name in ("real", "imag") for shape in ((2, 3), ())]
