"""Hypothesis strategies for tests of ops: shapes, and arrays that keep away from kinks.

They need `hypothesis`, which the extra `test` installs, and so are imported by name only:
``from autograd_lite.testing import strategies``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st  # type: ignore[import-not-found,unused-ignore]
from hypothesis.extra import numpy as hnp  # type: ignore[import-not-found,unused-ignore]

__all__ = ["LAYOUTS", "arguments", "arrays", "layouts", "shapes"]


def shapes(max_dims: int = 3, max_side: int = 4, empty: bool = False) -> Any:
    """Shapes from ``()`` on; with `empty`, axes may be of length 0.

    Example:
        >>> isinstance(shapes().example(), tuple)  # doctest: +SKIP
        True
    """
    low = 0 if empty else 1
    return hnp.array_shapes(min_dims=0, max_dims=max_dims, min_side=low, max_side=max_side)


def arrays(
    shape: Any = None,
    low: float = -2.0,
    high: float = 2.0,
    *,
    kinks: Sequence[float] = (0.0,),
    margin: float = 0.05,
    distinct: bool = False,
    dtype: Any = np.float64,
) -> Any:
    """Arrays whose entries are at least `margin` away from each of `kinks`.

    Args:
        shape: A shape or a strategy of shapes; by default `shapes()`.
        low: The smallest value.
        high: The largest.
        kinks: Where the function under test is not smooth; 0 for abs and relu.
        margin: How far to keep away from them, and with `distinct` from each other.
        distinct: Whether no two entries shall be close, for max, sort and median.
        dtype: Of the arrays.

    Example:
        >>> abs_of_smooth = arrays((2, 3), kinks=(0.0,))
    """
    allowed = [
        (a + margin, b - margin)
        for a, b in zip(
            [low - margin, *sorted(kinks)], [*sorted(kinks), high + margin], strict=True
        )
        if a + margin < b - margin
    ]
    pieces = [st.floats(a, b, allow_nan=False, allow_subnormal=False) for a, b in allowed]
    shape = shapes() if shape is None else shape
    made = hnp.arrays(np.float64, shape, elements=st.one_of(pieces))
    if distinct:
        made = made.flatmap(
            lambda x: st.builds(_spread, st.just(x), st.permutations(range(x.size)))
        )
    return made.map(lambda x: x.astype(dtype))


def _spread(x: Any, order: Sequence[int]) -> Any:
    """Evenly spaced values in some order, in place of x; what is close in x is not in them."""
    return np.array(order, np.float64).reshape(x.shape) * 0.25 + 0.1 - x.size / 8


def arguments(count: int = 2, **settings: Any) -> Any:
    """Tuples of arrays whose shapes broadcast against each other; `settings` go to `arrays`.

    Example:
        >>> pairs = arguments(2, kinks=())
    """
    mutual = hnp.mutually_broadcastable_shapes(num_shapes=count, max_dims=3, max_side=3)
    return mutual.flatmap(
        lambda m: st.tuples(*(arrays(shape, **settings) for shape in m.input_shapes))
    )


def _gaps(x: Any) -> Any:
    return np.repeat(x[..., None], 2, axis=-1)[..., 0]


def _backwards(x: Any) -> Any:
    flip = (slice(None, None, -1),) * x.ndim
    return np.array(x[flip])[flip]


def _read_only(x: Any) -> Any:
    x = np.array(x)
    x.flags.writeable = False
    return x


LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "C": np.ascontiguousarray,
    "Fortran": np.asfortranarray,
    "gaps": _gaps,
    "backwards": _backwards,
    "read-only": _read_only,
}
"""Ways to lay out the same array in memory."""


def layouts(array_strategy: Any) -> Any:
    """What another strategy draws, in one of `LAYOUTS`.

    Example:
        >>> odd = layouts(arrays((2, 3)))
    """
    return st.builds(
        lambda x, name: LAYOUTS[name](x) if x.ndim else x,
        array_strategy,
        st.sampled_from(sorted(LAYOUTS)),
    )
