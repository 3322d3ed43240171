"""What Keras has in `keras.utils`, by that path."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_lite import set_seed as set_random_seed
from nn.drawing import plot_model
from nn.preprocessing import normalize, one_hot, pad_sequences

__all__ = ["normalize", "pad_sequences", "plot_model", "set_random_seed", "to_categorical"]


def to_categorical(x: ArrayLike, num_classes: int | None = None) -> NDArray[Any]:
    """`nn.preprocessing.one_hot` of labels; a last axis of length one is theirs.

    Args:
        x: Integers from 0 on.
        num_classes: The length of a vector; one more than the largest label by default.

    Shapes:
        ``(n,) or (n, 1) -> (n, num_classes)``

    Raises:
        DTypeError: labels are no integers.
        ValueError: a label is negative, or not below `num_classes`.

    Example:
        >>> to_categorical([[1], [0]])
        array([[0., 1.],
               [1., 0.]], dtype=float32)
    """
    x = np.asarray(x)
    return one_hot(x[..., 0] if x.ndim > 1 and x.shape[-1] == 1 else x, num_classes)
