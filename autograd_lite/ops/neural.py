"""What nets are made of: fused linear maps, softmax and its relatives, cross-entropy."""

from __future__ import annotations

import numpy as np

from autograd_lite import kernels
from autograd_lite.errors import ShapeError, explain
from autograd_lite.op import op, raw
from autograd_lite.ops.elementwise import (
    exp,
    multiply,
    negative,
    sigmoid,
    subtract,
    where,
)
from autograd_lite.ops.index import getitem
from autograd_lite.ops.piecewise import relu_grad
from autograd_lite.ops.predicates import equal
from autograd_lite.ops.products import matmul
from autograd_lite.ops.reduce import expand, sum, sum_rows
from autograd_lite.ops.shape import expand_dims, reshape
from autograd_lite.record import Mask, Product

__all__ = [
    "linear",
    "linear_relu",
    "log_softmax",
    "logsumexp",
    "sigmoid_cross_entropy",
    "softmax",
    "softmax_cross_entropy",
]


def _rows(x):
    """x as a matrix, all leading axes in one."""
    return x if x.ndim == 2 else reshape(x, shape=(-1, x.shape[-1]))


_LINEAR = (
    Product(matmul, lambda g, kernel: (g, kernel.mT)),
    Product(matmul, lambda g, x: (_rows(x).mT, _rows(g))),
    lambda g: sum_rows(_rows(g)),
)


def _check_linear(x, kernel, bias):
    fits = kernel.ndim == 2 and x.ndim and x.shape[-1] == kernel.shape[0]
    if not fits or bias.shape != kernel.shape[1:]:
        raise ShapeError(
            explain(
                "linear",
                "shapes do not fit",
                got=f"x {x.shape}, kernel {kernel.shape}, bias {bias.shape}",
                expected="x (..., k), kernel (k, n), bias (n,)",
            )
        )


@op(vjps=_LINEAR)
def linear(x, kernel, bias):
    """Affine map of the last axis, ``x @ kernel + bias``, in one sweep.

    Shapes:
        ``(..., k), (k, n), (n,) -> (..., n)``.

    Raises:
        ShapeError: shapes do not fit.

    Example:
        >>> linear(np.ones((1, 2)), np.ones((2, 3)), np.zeros(3))
        array([[2., 2., 2.]])
    """
    _check_linear(x, kernel, bias)
    return kernels.linear(x, kernel, bias)


@op(vjps=_LINEAR, through=Mask(relu_grad))
def linear_relu(x, kernel, bias):
    """``max(x @ kernel + bias, 0)`` in one sweep; the derivative of the kink is 0.

    Shapes:
        ``(..., k), (k, n), (n,) -> (..., n)``.

    Raises:
        ShapeError: shapes do not fit.

    Example:
        >>> linear_relu(np.ones((1, 2)), np.array([[1.0, -1.0], [1.0, -1.0]]), np.zeros(2))
        array([[2., 0.]])
    """
    _check_linear(x, kernel, bias)
    return kernels.linear(x, kernel, bias, relu=True)


def _softmax_vjp(g, out, axis):
    weighted = multiply(g, out)
    return subtract(weighted, multiply(out, sum(weighted, axis=axis, keepdims=True)))


@op(vjps=(_softmax_vjp,))
def softmax(x, axis=-1):
    """Normalised exponential along an axis: ``exp(x_i) / sum_j exp(x_j)``, without overflow.

    Derivative:
        ``y * (g - sum(g * y))`` with ``y = softmax(x)``.

    Example:
        >>> softmax(np.array([0.0, 0.0]))
        array([0.5, 0.5])
    """
    return kernels.softmax(x, axis=axis)


@op(vjps=(lambda g, out, axis: subtract(g, multiply(exp(out), sum(g, axis=axis, keepdims=True))),))
def log_softmax(x, axis=-1):
    """Logarithm of `softmax` along an axis: ``x_i - log(sum_j exp(x_j))``.

    Example:
        >>> log_softmax(np.array([0.0, 0.0]))
        array([-0.69314718, -0.69314718])
    """
    return kernels.log_softmax(x, axis=axis)


def _logsumexp_vjp(g, out, x, axis):
    out = expand(out, x.shape, axis)
    nothing = equal(out, -np.inf)  # no entry counts, or there is none
    share = where(nothing, 0, exp(subtract(x, where(nothing, 0, out))))
    return multiply(expand(g, x.shape, axis), share)


@op(vjps=(_logsumexp_vjp,))
def logsumexp(x, axis=None, *, keepdims=False):
    """``log(sum(exp(x)))`` over axes, without overflow. Its derivative is 0 where all x are -inf.

    Example:
        >>> logsumexp(np.array([1000.0, 1000.0]))
        np.float64(1000.6931471805599)
    """
    return kernels.logsumexp(x, axis=axis, keepdims=keepdims)


def _check_labels(logits, labels):
    integer = labels.dtype.kind in "iu"
    if logits.ndim != 2 or labels.shape != (logits.shape[:1] if integer else logits.shape):
        raise ShapeError(
            explain(
                "softmax_cross_entropy",
                "labels do not fit the logits",
                got=f"logits {logits.shape}, labels {labels.shape} of {labels.dtype}",
                expected="logits (n, k) with integer labels (n,) or target rows (n, k)",
            )
        )


@op(
    vjps=(
        lambda g, residual, logits, labels: softmax_cross_entropy_grad(g, residual, logits, labels),
        lambda g, logits, labels: _by_targets(g, logits, labels),
    ),
    residual=lambda logits, labels: _loss_and_residual(logits, labels),
)
def softmax_cross_entropy(logits, labels):
    """Cross-entropy of softmax(logits) with each row's label, fused and without overflow.

    ``logsumexp(z) - z[label]``, or for a row t of targets ``sum(t) * logsumexp(z) - sum(t * z)``.

    Shapes:
        ``logits (n, k)``, ``labels (n,)`` of integers or ``(n, k)`` of targets -> ``(n,)``.

    Raises:
        ShapeError: shapes do not fit.
        IndexError: a label is not in ``0 .. k - 1``.

    Example:
        >>> softmax_cross_entropy(np.zeros((1, 2)), np.array([1]))
        array([0.69314718])
    """
    labels = np.asarray(labels)
    _check_labels(logits, labels)
    return kernels.cross_entropy(logits, labels)


def _loss_and_residual(logits, labels):
    labels = np.asarray(labels)
    _check_labels(logits, labels)
    return kernels.cross_entropy_and_residual(logits, labels)


def _by_targets(g, logits, labels):
    """Targets take part by ``-log_softmax(z)``; integer labels have no gradient."""
    if _is_integer(labels):
        return None
    return multiply(expand_dims(g, axis=-1), negative(log_softmax(logits)))


def _is_integer(labels):
    return np.asarray(raw(labels)).dtype.kind in "iu"


def _total(labels):
    """The sum of each row of targets, as a column; 1 for integer labels."""
    return 1 if _is_integer(labels) else sum(labels, axis=-1, keepdims=True)


def _at_labels(u, labels):
    """``sum(t * u)`` of each row, for targets t, given or meant by integer labels."""
    if _is_integer(labels):
        return getitem(u, (np.arange(u.shape[0]), labels))
    return sum(multiply(u, labels), axis=-1)


def _xent_grad_by_g(g, logits, labels):
    mean = sum(multiply(g, softmax(logits)), axis=-1, keepdims=True)
    return subtract(reshape(multiply(mean, _total(labels)), shape=(-1,)), _at_labels(g, labels))


def _xent_grad_by_logits(g, rows, logits, labels):
    p = softmax(logits)
    curved = _softmax_vjp(g, p, -1)
    return multiply(curved, multiply(expand_dims(rows, axis=-1), _total(labels)))


def _xent_grad_by_labels(g, rows, logits, labels):
    if _is_integer(labels):
        return None
    mean = sum(multiply(g, softmax(logits)), axis=-1, keepdims=True)
    return multiply(expand_dims(rows, axis=-1), subtract(mean, g))


@op(vjps=(_xent_grad_by_g, None, _xent_grad_by_logits, _xent_grad_by_labels))
def softmax_cross_entropy_grad(rows, residual, logits, labels):
    """The rule of `softmax_cross_entropy`: ``rows * (sum(t) * softmax(z) - t)``, in one pass.

    `residual` is what the op kept of these logits and labels; as it follows from them, its
    derivatives are counted with theirs.

    Shapes:
        ``rows (n,)``, logits and labels as for the op -> ``(n, k)``.

    Example:
        >>> z = np.zeros((1, 2))
        >>> softmax_cross_entropy_grad(np.ones(1), None, z, np.array([1]))
        array([[ 0.5, -0.5]])
    """
    return kernels.cross_entropy_grad(rows, residual, logits, np.asarray(labels))


@op(
    vjps=(
        lambda g, logits, targets: multiply(g, subtract(sigmoid(logits), targets)),
        lambda g, logits: negative(multiply(g, logits)),
    ),
    domain=((-3, 3), (0, 1)),
    broadcasts=True,
)
def sigmoid_cross_entropy(logits, targets):
    """Binary cross-entropy of sigmoid(logits), without overflow.

    ``max(z, 0) - z * t + log(1 + exp(-abs(z)))``, element by element.

    Example:
        >>> sigmoid_cross_entropy(np.array([0.0, -1000.0]), np.array([1.0, 0.0]))
        array([0.69314718, 0.        ])
    """
    return np.maximum(logits, 0) - logits * targets + np.log1p(np.exp(-np.abs(logits)))
