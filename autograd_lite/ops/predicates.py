"""Comparisons, truth values and bits: ops without derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.op import op

__all__ = [
    "bitwise_and",
    "bitwise_not",
    "bitwise_or",
    "bitwise_xor",
    "equal",
    "greater",
    "greater_equal",
    "invert",
    "left_shift",
    "less",
    "less_equal",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "not_equal",
    "right_shift",
]


def _predicate(ufunc, text, pair=True):
    """An op without derivative from one of NumPy's ufuncs of truth values or bits."""

    def binary(x, y, /): ...

    def unary(x, /): ...

    named = binary if pair else unary
    named.__name__ = named.__qualname__ = ufunc.__name__
    named.__doc__ = f"{text}, element by element; without derivative."
    return op(vjps=(None, None) if pair else (None,), ufunc=ufunc)(named)


greater: Any = _predicate(np.greater, "``x > y``")
greater_equal = _predicate(np.greater_equal, "``x >= y``")
less: Any = _predicate(np.less, "``x < y``")
less_equal = _predicate(np.less_equal, "``x <= y``")
equal = _predicate(np.equal, "``x == y``")
not_equal = _predicate(np.not_equal, "``x != y``")
logical_and = _predicate(np.logical_and, "``x`` and ``y``")
logical_or = _predicate(np.logical_or, "``x`` or ``y``")
logical_not = _predicate(np.logical_not, "not ``x``", pair=False)
logical_xor = _predicate(np.logical_xor, "either ``x`` or ``y``")
bitwise_and = _predicate(np.bitwise_and, "``x & y``")
bitwise_or = _predicate(np.bitwise_or, "``x | y``")
bitwise_xor = _predicate(np.bitwise_xor, "``x ^ y``")
left_shift = _predicate(np.left_shift, "``x << y``")
right_shift = _predicate(np.right_shift, "``x >> y``")
invert = _predicate(np.invert, "``~x``", pair=False)
bitwise_not = invert
