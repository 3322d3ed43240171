"""What Keras has in `keras.utils`, by that path."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograd_lite import set_seed as set_random_seed
from autograd_lite.errors import ShapeError, explain
from nn.checks import positive_int
from nn.configs import register_keras_serializable
from nn.data import Dataset
from nn.drawing import plot_model
from nn.preprocessing import normalize, one_hot, pad_sequences

__all__ = [
    "normalize",
    "pad_sequences",
    "plot_model",
    "register_keras_serializable",
    "set_random_seed",
    "timeseries_dataset_from_array",
    "to_categorical",
]


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


def timeseries_dataset_from_array(
    data: ArrayLike,
    targets: ArrayLike | None,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
) -> Dataset:
    """Windows of a series, and what follows each, as a dataset of batches for `fit`.

    Args:
        data: The series, steps along the first axis.
        targets: ``targets[i]`` goes with the window that begins at step i; None for windows alone.
        sequence_length: Steps in a window.
        sequence_stride: Steps from the beginning of a window to that of the next.
        sampling_rate: Steps from one step in a window to the next.
        batch_size: Windows in a batch; None for single ones.
        shuffle: Whether windows come in another order in every pass.
        seed: Of the order, which is then the same in every pass.
        start_index: The first step that is used.
        end_index: The end of the steps that are used.

    Raises:
        ValueError: a length is not positive.
        ShapeError: the series is shorter than a window.

    Example:
        >>> x = np.arange(6)
        >>> for window, target in timeseries_dataset_from_array(x[:-3], x[3:], 3, batch_size=2):
        ...     print(window.tolist(), target.tolist())
        [[0, 1, 2]] [3]
        >>> len(timeseries_dataset_from_array(x, None, 2, batch_size=2))
        3
    """
    where = "timeseries_dataset_from_array"
    length = positive_int(where, "sequence_length", sequence_length)
    rate = positive_int(where, "sampling_rate", sampling_rate)
    part = slice(start_index, end_index)
    series = np.asarray(data)[part]
    wanted = None if targets is None else np.asarray(targets)[part]
    offsets = np.arange(length) * rate
    count = len(series) - int(offsets[-1])
    if wanted is not None:
        count = min(count, len(wanted))
    if count < 1:
        raise ShapeError(
            explain(
                where,
                "no window fits",
                got=f"{len(series)} steps" + ("" if wanted is None else f", {len(wanted)} targets"),
                expected=f"at least {offsets[-1] + 1} steps",
                fix="a shorter sequence_length, or a smaller sampling_rate",
            )
        )
    starts = np.arange(0, count, positive_int(where, "sequence_stride", sequence_stride))
    if shuffle and seed is not None:
        starts = np.random.default_rng(seed).permutation(starts)
    dataset = Dataset.from_arrays(starts)
    if shuffle and seed is None:
        dataset = dataset.shuffle()
    if batch_size is not None:
        dataset = dataset.batch(positive_int(where, "batch_size", batch_size))

    def windows(start: Any) -> Any:
        window = series[np.asarray(start)[..., None] + offsets]
        return window if wanted is None else (window, wanted[start])

    return dataset.map(windows)
