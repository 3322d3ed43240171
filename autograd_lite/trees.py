"""Trees: dicts, lists, tuples and dataclasses of leaves, as arguments and results of transforms."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any


def leaves_of(tree: Any) -> list[Any]:
    """What a tree of dicts, lists, tuples and dataclasses holds, in order; dicts by insertion.

    Example:
        >>> leaves_of({"a": 1, "b": [2, (3,)]})
        [1, 2, 3]
    """
    if isinstance(tree, dict):
        return [leaf for child in tree.values() for leaf in leaves_of(child)]
    if isinstance(tree, (list, tuple)):
        return [leaf for child in tree for leaf in leaves_of(child)]
    if _is_record(tree):
        fields = dataclasses.fields(tree)
        return [leaf for f in fields for leaf in leaves_of(getattr(tree, f.name))]
    return [] if tree is None else [tree]


def rebuild(tree: Any, leaves: Iterator[Any]) -> Any:
    """A tree of the same form, with other leaves.

    Example:
        >>> rebuild({"a": 1, "b": [2]}, iter("xy"))
        {'a': 'x', 'b': ['y']}
    """
    if isinstance(tree, dict):
        return {key: rebuild(child, leaves) for key, child in tree.items()}
    if isinstance(tree, (list, tuple)):
        children = [rebuild(child, leaves) for child in tree]
        return type(tree)(*children) if hasattr(tree, "_fields") else type(tree)(children)
    if _is_record(tree):
        names = [f.name for f in dataclasses.fields(tree)]
        return type(tree)(**{n: rebuild(getattr(tree, n), leaves) for n in names})
    return None if tree is None else next(leaves)


def _is_record(tree: Any) -> bool:
    return hasattr(type(tree), "__dataclass_fields__")
