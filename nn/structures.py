"""Several arrays at once: lists, tuples and dicts of them, as layers and models take and give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograd_lite.errors import ShapeError, explain

CONTAINERS = (list, tuple, dict)


def leaves(tree: Any) -> list[Any]:
    """What is in lists, tuples and dicts, in order; anything else is a leaf itself.

    Example:
        >>> leaves({"a": 1, "b": [2, (3,)]})
        [1, 2, 3]
    """
    if isinstance(tree, CONTAINERS):
        children = tree.values() if isinstance(tree, dict) else tree
        return [leaf for child in children for leaf in leaves(child)]
    return [tree]


def rebuilt(tree: Any, values: Iterator[Any]) -> Any:
    """A tree of the same form with other leaves.

    Example:
        >>> rebuilt({"a": 1, "b": (2,)}, iter("xy"))
        {'a': 'x', 'b': ('y',)}
    """
    if isinstance(tree, dict):
        return {key: rebuilt(child, values) for key, child in tree.items()}
    if isinstance(tree, list | tuple):
        children = [rebuilt(child, values) for child in tree]
        return type(tree)(*children) if hasattr(tree, "_fields") else type(tree)(children)
    return next(values)


def mapped(function: Callable[[Any], Any], tree: Any) -> Any:
    """`function` of each leaf, in a tree of the same form."""
    return rebuilt(tree, map(function, leaves(tree)))


def holds_arrays(x: Any) -> bool:
    """Whether `x` is several arrays rather than one; a list of numbers, or of lists, is one.

    Example:
        >>> holds_arrays([np.zeros(3), np.zeros(3)]), holds_arrays([[1.0, 2.0]])
        (True, False)
    """
    if isinstance(x, dict):
        return True
    return isinstance(x, list | tuple) and any(
        holds_arrays(child) or getattr(child, "ndim", 0) > 0 for child in x
    )


def as_one(x: Any) -> Any:
    """A list of rows as an array, so that it is not taken for several.

    Example:
        >>> as_one([[1, 2], [3, 4]]).shape
        (2, 2)

    Raises:
        ShapeError: the rows differ in length.
    """
    if not isinstance(x, list | tuple):
        return x
    try:
        return np.asarray(x)
    except ValueError as error:
        raise ShapeError(
            explain(
                "an array",
                "the rows of a list differ in length",
                got=f"{len(x)} rows: {x!r:.60}...",
                expected="rows of one shape",
                fix="nn.preprocessing.pad_sequences(x) for sequences",
            )
        ) from error


def shapes(tree: Any) -> Any:
    """The shape of each array, the first axis as None, in a tree of the same form.

    Example:
        >>> shapes([np.zeros((2, 3)), np.zeros(2)])
        [(None, 3), (None,)]
    """
    return mapped(lambda x: (None, *getattr(x, "shape", ())[1:]), tree)


def zeros(shape: Any, dtype: Any) -> Any:
    """An array of this shape, or for each shape in a list, tuple or dict one."""
    if isinstance(shape, dict):
        return {key: zeros(child, dtype) for key, child in shape.items()}
    if any(isinstance(n, list | tuple) for n in shape):
        return [zeros(child, dtype) for child in shape]
    return np.zeros([n or 1 for n in shape], dtype)


def ranked(x: Any, shape: tuple[int | None, ...]) -> Any:
    """An array with the last axis of length one that this shape has, or without one it has not.

    Example:
        >>> import numpy as np
        >>> ranked(np.zeros(3), (None, 1)).shape, ranked(np.zeros((3, 2, 1)), (None, 2)).shape
        ((3, 1), (3, 2))
    """
    missing = len(shape) - len(x.shape)
    if missing == 1 and shape[-1] == 1:
        return x[..., None]
    return x.reshape(x.shape[:-1]) if missing == -1 and x.shape[-1] == 1 else x
