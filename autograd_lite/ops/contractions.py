"""Einstein's sums: `np.einsum` in every form.

A sum over any number of operands becomes sums of one operand and contractions of two. These are
ops, and the rule of each is again one of them with the labels in other places.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.errors import DTypeError, explain
from autograd_lite.graph import Traced
from autograd_lite.op import composed, op
from autograd_lite.ops.products import matmul
from autograd_lite.ops.shape import astype, reshape
from autograd_lite.ops.subscripts import letters_of, plan_of

__all__ = [
    "einsum",
]

_FOR_MATMUL = frozenset("fdFD")  # characters of dtypes


@op(
    vjps=(
        lambda g, x_shape, labels, output: spread_labels(
            g, labels=output, output=labels, shape=x_shape
        ),
    ),
    view=True,
)
def sum_labels(x, labels, output):
    """Sum of one operand: repeated labels are diagonals, those missing in `output` are summed.

    Example:
        >>> sum_labels(np.eye(3), labels="ii", output="")
        np.float64(3.0)
    """
    return np.einsum(f"{labels}->{output}", x)


@op(
    vjps=(lambda g, labels, output: sum_labels(g, labels=output, output=labels),),
    view=True,
)
def spread_labels(x, labels, output, shape):
    """The adjoint of `sum_labels`: x is repeated along new labels, and put on diagonals.

    Example:
        >>> spread_labels(np.array([1.0, 2.0]), labels="i", output="ii", shape=(2, 2))
        array([[1., 0.],
               [0., 2.]])
    """
    unique = "".join(dict.fromkeys(output))
    axes = [labels.index(label) for label in unique if label in labels]
    x = np.asarray(x).transpose(axes)
    x = x[tuple([slice(None) if label in labels else None for label in unique])]
    if unique == output:
        return np.broadcast_to(x, shape)
    out = np.zeros(shape, x.dtype)
    np.einsum(f"{output}->{unique}", out)[...] = x
    return out


class _Layout(NamedTuple):
    """A contraction as a product of matrices: where the axes of both operands go."""

    left: tuple[int, ...]  # to (shared..., rows..., summed...)
    right: tuple[int, ...]  # to (shared..., summed..., columns...)
    output: tuple[int, ...]  # from (shared..., rows..., columns...)
    shared: int
    rows: int
    summed: int
    columns: int


@functools.lru_cache(4096)
def _layout(left: str, right: str, output: str) -> _Layout:
    """The axes of operands whose labels are distinct, and occur in the other or in `output`."""
    shared = [label for label in output if label in left and label in right]
    rows = [label for label in output if label not in right]
    columns = [label for label in output if label not in left]
    summed = [label for label in left if label not in output]
    result = [*shared, *rows, *columns]
    return _Layout(
        tuple(map(left.index, [*shared, *rows, *summed])),
        tuple(map(right.index, [*shared, *summed, *columns])),
        tuple(map(result.index, output)),
        *map(len, (shared, rows, summed, columns)),
    )


@op(
    vjps=(
        lambda g, b, left, right, output: contract(g, b, left=output, right=right, output=left),
        lambda g, a, left, right, output: contract(a, g, left=left, right=output, output=right),
    )
)
def contract(a, b, left, right, output):
    """Sum of products of two operands over the labels that `output` has not.

    The labels of an operand are distinct, and each is the other's or the output's too. Lengths
    that have the same label are equal.

    Example:
        >>> contract(np.ones((2, 3)), np.ones((3, 4)), left="ij", right="jk", output="ki").shape
        (4, 2)
    """
    a, b = np.asarray(a), np.asarray(b)
    layout = _layout(left, right, output)
    if not layout.summed:
        return _multiply(a, b, layout)
    inner = layout.shared and not (layout.rows or layout.columns)
    if inner or np.result_type(a, b).char not in _FOR_MATMUL:
        return np.einsum(f"{left},{right}->{output}", a, b)
    return _multiply_matrices(a, b, layout)


def _multiply(a, b, layout):
    """The products themselves: nothing is summed."""
    a, b = a.transpose(layout.left), b.transpose(layout.right)
    if layout.columns:
        a = a.reshape(a.shape + (1,) * layout.columns)
    if layout.rows:
        k = layout.shared
        b = b.reshape(b.shape[:k] + (1,) * layout.rows + b.shape[k:])
    product = np.multiply(a, b)
    return product.transpose(layout.output) if product.ndim > 1 else product


def _multiply_matrices(a, b, layout):
    """A product of matrices, one for each entry of the shared axes."""
    a, b = a.transpose(layout.left), b.transpose(layout.right)
    k, m, n = layout.shared, layout.shared + layout.rows, layout.shared + layout.summed
    shape = a.shape[:m] + b.shape[n:]
    product = matmul(_matrices(a, k, m), _matrices(b, k, n)).reshape(shape)
    return product.transpose(layout.output) if shape else product[()]


def _matrices(x, k, m):
    """Matrices behind k axes: the axes before m are one for the rows, those from m the other."""
    return x.reshape((*x.shape[:k], math.prod(x.shape[k:m]), math.prod(x.shape[m:])))


@composed(numpy=np.einsum)
def einsum(*operands: Any, optimize: Any = False, dtype: Any = None, casting: Any = "safe") -> Any:
    """Sum of products of entries whose axes are named by labels: ``einsum("ij,jk->ik", a, b)``.

    Labels that the output lacks are summed; a label twice in one operand takes the diagonal;
    ``...`` stands for axes that broadcast. Without ``->`` the output has the axes of ``...``, then
    the labels that occur once, in order. Axes of length one broadcast.

    Args:
        operands: Subscripts, then arrays; or array, labels, array, labels, ..., and at the end
            perhaps the output's labels, all of them lists of integers or of `...`.
        optimize: How three or more operands are put in pairs, as `np.einsum_path` takes it. False
            is as True here: the order that a greedy search finds.
        dtype: The dtype to compute in; by default the one that NumPy promotes to.
        casting: Which casts to `dtype` are allowed.

    Raises:
        ShapeError: the subscripts are wrong, or do not fit the operands.
        DTypeError: `casting` does not allow the cast to `dtype`.

    Example:
        >>> einsum("ij,kj->ik", np.eye(2), np.array([[1.0, 2.0]]))
        array([[1.],
               [2.]])
        >>> einsum(np.array([[1.0, 2.0], [3.0, 4.0]]), [0, 0])
        np.float64(5.0)
    """
    subscripts, arrays = _subscripts_and_arrays(operands)
    arrays = _cast([a if isinstance(a, Traced) else np.asarray(a) for a in arrays], dtype, casting)
    plan = plan_of(subscripts, tuple([a.shape for a in arrays]), _hashable(optimize))
    values = [_prepared(a, *single) for a, single in zip(arrays, plan.singles, strict=True)]
    for i, j, left, right, output in plan.pairs:
        values.append(contract(values[i], values[j], left=left, right=right, output=output))
    return values[-1]


def _prepared(x: Any, shape: Any, labels: str, output: str | None) -> Any:
    """An operand without the axes that broadcast, and without labels that nobody else has."""
    if shape is not None:
        x = reshape(x, shape)
    return x if output is None else sum_labels(x, labels=labels, output=output)


def _subscripts_and_arrays(operands: Sequence[Any]) -> tuple[str, Sequence[Any]]:
    """Operands in the form with a string, whichever they came in."""
    if operands and isinstance(operands[0], str):
        return operands[0], operands[1:]
    arrays, lists = operands[: len(operands) // 2 * 2 : 2], operands[1::2]
    subscripts = ",".join(map(letters_of, lists))
    if len(operands) % 2 and lists:
        subscripts += "->" + letters_of(operands[-1])
    return subscripts, arrays


def _cast(arrays: list[Any], dtype: Any, casting: Any) -> list[Any]:
    """All operands in one dtype."""
    if dtype is None:
        if len({a.dtype for a in arrays}) <= 1:
            return arrays
        dtype, casting = np.result_type(*[a.dtype for a in arrays]), "unsafe"
    for i, a in enumerate(arrays):
        if not np.can_cast(a.dtype, dtype, casting):
            raise DTypeError(
                explain(
                    "einsum",
                    f"operand {i} may not be cast to the dtype asked for",
                    got=f"dtype {a.dtype}, casting={casting!r}",
                    expected=f"what casts to {np.dtype(dtype)}",
                    fix="casting='unsafe', or cast it with astype",
                )
            )
    return [a if a.dtype == dtype else astype(a, dtype=dtype) for a in arrays]


def _hashable(optimize: Any) -> Any:
    """Lists, which a path is made of, as tuples."""
    return tuple(map(_hashable, optimize)) if isinstance(optimize, list) else optimize
