"""Targets against predictions: shapes, dtypes and ranges, checked alike by losses and metrics."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd_lite as ag
from autograd_lite.errors import DTypeError, ShapeError, explain

Array = NDArray[Any]
Shape = tuple[int, ...]

ONE_HOT = 'loss="categorical_crossentropy" for one-hot targets'
FLATTEN = "a new model with layers.Flatten() first: now each sample gives several rows"


def as_operand(x: Any) -> Any:
    """A Tensor as it is, anything else as an array."""
    return x if isinstance(x, ag.Tensor) else np.asarray(x)


def align(where: str, y_true: Any, shape: Shape) -> Any:
    """`y_true` in the shape of the predictions. A vector and a column are the same thing.

    Raises:
        ShapeError: the shapes differ in any other way.
    """
    if y_true.shape == shape:
        return y_true
    longer, shorter = sorted((y_true.shape, shape), key=len, reverse=True)
    if longer == (*shorter, 1) and len(shorter) == 1:
        return y_true.reshape(shape)
    if len(shape) > y_true.ndim + 1:
        fix = FLATTEN
    elif where == "categorical_crossentropy" and y_true.ndim < len(shape):
        fix = 'loss="sparse_categorical_crossentropy" for integer labels, or one-hot targets'
    elif where.startswith("categorical") and y_true.ndim < len(shape):
        fix = f"one-hot targets: np.eye({shape[-1]})[y] for integer labels y"
    else:
        fix = "a last layer with as many units as there are targets to a sample, or y.reshape(...)"
    raise ShapeError(
        explain(
            where,
            "targets and predictions differ in shape",
            got=f"y_true {y_true.shape}, y_pred {shape}",
            expected="one shape; only (n,) and (n, 1) are the same",
            fix=fix,
        )
    )


def pair(where: str, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """Both as operands of one shape, plain targets in the dtype of the predictions."""
    y_pred = as_operand(y_pred)
    if not isinstance(y_true, ag.Tensor):
        y_true = np.asarray(y_true, y_pred.dtype if y_pred.dtype.kind == "f" else None)
    return align(where, y_true, y_pred.shape), y_pred


def weights_for(where: str, what: str, weight: Any, shape: Shape) -> Array:
    """Weights, or a mask, with an axis for each of the values they weigh.

    They begin with the axes of the values, and stand for all entries of the rest; a last axis of
    length one may be there or not.

    Args:
        where: Who asks, for the message.
        what: Their name, for the message.
        weight: A number for all values, or an array.
        shape: Of the values.

    Raises:
        ShapeError: they do not fit.

    Example:
        >>> weights_for("mse", "sample_weight", [1.0, 2.0], (2, 3)).shape
        (2, 1)
    """
    given = weight.data if isinstance(weight, ag.Tensor) else np.asarray(weight)
    fitted = given
    while fitted.ndim > len(shape) and fitted.shape[-1] == 1:
        fitted = fitted[..., 0]
    fits = fitted.ndim <= len(shape) and all(
        n == shape[axis] or (n == 1 and axis) for axis, n in enumerate(fitted.shape)
    )
    if not fits:
        raise ShapeError(
            explain(
                where,
                f"`{what}` does not fit the values it weighs",
                got=f"{what} {given.shape}, values {shape}",
                expected=f"{shape[:1]}, one for each sample, or {shape}",
                fix="a weight for each sample: reshape it, or cut it to the batch",
            )
        )
    return fitted.reshape(fitted.shape + (1,) * (len(shape) - fitted.ndim))


def labels_for(where: str, y_true: Any, shape: Shape) -> Array:
    """`y_true` as one integer label for each row of predictions of this shape.

    Raises:
        DTypeError: it does not hold whole numbers.
        ShapeError: there is not one for each row.
    """
    labels = np.asarray(y_true)
    one_hot = labels.shape == shape and shape[-1] > 1
    if labels.dtype.kind == "f" and not one_hot and whole(labels):
        labels = labels.astype(np.int64)
    if labels.dtype.kind not in "iub":
        if labels.shape == shape:
            fix = ONE_HOT
        elif labels.dtype.kind == "f" and labels.shape[:-1] == shape:
            fix = "loss(y_true, y_pred): the two seem to be swapped"
        elif labels.dtype.kind in "USO":
            fix = "names, y = np.unique(y, return_inverse=True), and names[y] are the texts again"
        else:
            fix = 'y.astype("int64")'
        raise DTypeError(
            explain(
                where,
                "labels are not integers",
                got=f"y_true {labels.shape} of {labels.dtype}",
                expected=f"integers from 0 to {shape[-1] - 1}",
                fix=fix,
            )
        )
    if labels.shape == (*shape[:-1], 1):
        labels = labels.reshape(shape[:-1])
    if labels.shape != shape[:-1]:
        longer = len(shape) > labels.ndim + 1
        hint = FLATTEN if longer else ONE_HOT if labels.shape == shape else None
        raise ShapeError(
            explain(
                where,
                "there is not one label for each prediction",
                got=f"y_true {labels.shape}, y_pred {shape}",
                expected=f"y_true {shape[:-1]}",
                fix=hint,
            )
        )
    return labels.astype(np.int64) if labels.dtype.kind == "b" else labels


def whole(y: Array) -> bool:
    """Whether all entries are whole numbers, none infinite.

    Example:
        >>> whole(np.array([0.0, 2.0])), whole(np.array([0.5])), whole(np.array([np.inf]))
        (True, False, False)
    """
    if y.dtype.kind != "f":
        return y.dtype.kind in "iub"
    return bool(np.all(np.isfinite(y)) and np.all(y == np.floor(y)))


def check_labels(where: str, labels: Array, classes: int) -> None:
    """Raise a ValueError unless all labels are from 0 to `classes` - 1."""
    least, most = (int(labels.min()), int(labels.max())) if labels.size else (0, 0)
    fix = f"units={most + 1} in the last layer"
    if least < 0:
        fix = "number the classes from 0, and leave out rows without a class"
    elif least == 1:
        fix = f"y - 1, if the classes are numbered from 1; else {fix}"
    check_range(where, labels, 0, classes - 1, fix)


def check_range(where: str, y: Array, low: float, high: float, fix: str | None = None) -> None:
    """Raise a ValueError unless every entry of `y` is between `low` and `high`, bounds included."""
    if y.size == 0:
        return
    least, most = y.min(), y.max()
    if not (least >= low and most <= high):  # NaN fails both
        raise ValueError(
            explain(
                where,
                "targets out of range",
                got=f"values from {least} to {most}",
                expected=f"from {low} to {high}",
                fix=fix,
            )
        )
