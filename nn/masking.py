"""Masks that travel with values: which steps of a sequence are there, and which only fill it up."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd_lite as ag
from nn.structures import CONTAINERS, leaves, mapped

Mask = NDArray[np.bool_]


class _Entry(weakref.ref[Any]):
    """A value that has a mask, without keeping it alive."""

    __slots__ = ("key", "mask")
    key: int
    mask: Mask


# By the identity of the value, for Tensors compare entry by entry. Empty where nothing is masked,
# which is all that layers look at then.
MASKS: dict[int, _Entry] = {}


def mask_of(x: Any) -> Any:
    """The mask that came along with a value, or None; for several values a tree of them.

    Example:
        >>> x = nn.layers.Masking()(np.array([[[1.0], [2.0], [0.0]]]))
        >>> mask_of(x)
        array([[ True,  True, False]])
        >>> mask_of(x + 1)
    """
    if not MASKS:
        return None
    if not isinstance(x, CONTAINERS):
        return _found(x)
    masks = mapped(_found, x)
    return masks if any(mask is not None for mask in leaves(masks)) else None


def give_mask(x: Any, mask: Any) -> None:
    """Let a mask travel with a value, or with each of several its own; what has one keeps it."""
    for value, own in _pairs(x, mask):
        can = isinstance(value, ag.Tensor | np.ndarray) and _found(value) is None
        if can and own is not None:
            entry = _Entry(value, _forget)
            entry.key, entry.mask = id(value), as_mask(own)
            MASKS[entry.key] = entry


def masked(out: Any, mask: Any, x: Any) -> Any:
    """What a layer gave for x, with a mask; apart from x if the layer gave x itself."""
    given = {id(value) for value in leaves(x)}
    if any(id(value) in given for value in leaves(out)):
        return with_mask(out, mask)
    give_mask(out, mask)
    return out


def fitting(x: Any, mask: Any) -> Any:
    """A mask as it goes with a value: an array if the value is one, not a list of lists."""
    listed = isinstance(mask, list | tuple) and not isinstance(x, CONTAINERS)
    return as_mask(mask) if listed else mask


def with_mask(x: Any, mask: Any) -> Any:
    """A value, or several, with another mask than they have; themselves if that is None."""
    mask = fitting(x, mask)
    if mask is None or all(own is _found(value) for value, own in _pairs(x, mask)):
        return x
    # New objects of the same memory: what is given keeps its own mask, or none.
    fresh = mapped(lambda value: value.reshape(value.shape), x)
    give_mask(fresh, mask)
    return fresh


def as_mask(x: Any) -> Mask:
    """An array of booleans, of a Tensor or what NumPy takes for an array."""
    return np.asarray(x.data if isinstance(x, ag.Tensor) else x).astype(np.bool_, copy=False)


def trailing(mask: Any, ndim: int) -> Any:
    """A mask with axes of length one after its own, to broadcast with a value of `ndim` axes.

    Example:
        >>> trailing(np.array([True]), 3).shape
        (1, 1, 1)
    """
    return mask.reshape(mask.shape + (1,) * (ndim - mask.ndim))


def _pairs(x: Any, mask: Any) -> Iterator[tuple[Any, Any]]:
    """Values and their masks, of which there may be fewer."""
    return zip(leaves(x), leaves(mask), strict=False)


def _found(x: Any) -> Mask | None:
    entry = MASKS.get(id(x))
    return entry.mask if entry is not None and entry() is x else None


def _forget(entry: Any) -> None:
    key = entry.key
    if MASKS.get(key) is entry:
        del MASKS[key]
