"""Moments along axes, what is normalised by them, and what that pulls back.

`normalize` gets the mean and the reciprocal deviation of its x ready made. As they follow from x,
its rule for x counts their derivatives too; they are given so that no rule computes them again.
"""

from __future__ import annotations

import numpy as np

from autograd_lite.kernels import normalization as kernels
from autograd_lite.op import op
from autograd_lite.ops import reduce
from autograd_lite.ops.elementwise import add, divide, multiply, negative, subtract
from autograd_lite.ops.index import getitem


def _centred(x, mean):
    return x if mean is None else subtract(x, mean)


def _share(g, shape, axis):
    """What each entry gets of the gradient of a mean."""
    return divide(g, reduce.count_of(shape, axis))


def _by_moments(g, x, out, axis):
    by_mean, by_square = getitem(g, 0), getitem(g, 1)
    by_entry = multiply(multiply(by_square, 2), subtract(x, getitem(out, 0)))
    return _share(add(by_mean, by_entry), x.shape, axis)


@op(vjps=(_by_moments,))
def moments(x, axis):
    """The mean of x along axes, which stay with length one, and that of ``(x - mean)**2``.

    Example:
        >>> moments(np.array([1.0, 3.0]), axis=(0,))
        array([[2.],
               [1.]])
    """
    return kernels.moments(x, axis)


@op(vjps=(lambda g, x, axis: multiply(x, _share(multiply(g, 2), x.shape, axis)),))
def mean_square(x, axis):
    """The mean of ``x**2`` along axes, which stay with length one.

    Example:
        >>> mean_square(np.array([1.0, 7.0]), axis=(0,))
        array([25.])
    """
    return kernels.mean_square(x, axis)


@op(vjps=(lambda g, out: multiply(multiply(g, -0.5), multiply(out, multiply(out, out))),))
def inverse_root(x, epsilon):
    """``1 / sqrt(x + epsilon)``.

    Example:
        >>> inverse_root(np.array([3.0]), epsilon=1.0)
        array([0.5])
    """
    root = np.sqrt(np.add(x, epsilon))
    return np.divide(1, root)


def _by_normal(g, y, normal, axis):
    by_mean = multiply(g, reduce.mean(multiply(y, normal), axis=axis, keepdims=True))
    by_entry = multiply(y, reduce.mean(multiply(g, normal), axis=axis, keepdims=True))
    return negative(add(by_mean, by_entry))


@op(
    vjps=(
        lambda g, normal, axis, centred: project(g, normal, axis=axis, centred=centred),
        _by_normal,
    )
)
def project(y, normal, axis, centred):
    """``y - mean(y) - normal * mean(y * normal)``: y without its part along `normal`, and 1.

    Example:
        >>> project(np.array([1.0, 3.0]), np.array([-1.0, 1.0]), axis=(0,), centred=True)
        array([0., 0.])
    """
    along = np.mean(np.multiply(y, normal), axis=axis, keepdims=True)
    out = np.subtract(y, np.multiply(normal, along))
    if centred:
        out -= np.mean(y, axis=axis, keepdims=True)
    return out


def _normal(x, mean, inverse):
    return multiply(_centred(x, mean), inverse)


def _times(g, gamma):
    return g if gamma is None else multiply(g, gamma)


def _projected(g, x, mean, inverse, axis):
    """The gradient of g in `normalize_grad`, but for gamma."""
    normal = _normal(x, mean, inverse)
    return project(multiply(g, inverse), normal, axis=axis, centred=mean is not None)


def _grad_by_normal(g, y, x, mean, inverse, gamma, axis):
    return _by_normal(multiply(g, inverse), _times(y, gamma), _normal(x, mean, inverse), axis)


def _grad_by_x(g, y, x, mean, inverse, gamma, axis):
    return multiply(_grad_by_normal(g, y, x, mean, inverse, gamma, axis), inverse)


def _grad_by_inverse(g, y, x, mean, inverse, gamma, axis):
    normal = _normal(x, mean, inverse)
    direct = project(_times(y, gamma), normal, axis=axis, centred=mean is not None)
    by_normal = _grad_by_normal(g, y, x, mean, inverse, gamma, axis)
    return add(multiply(g, direct), multiply(by_normal, _centred(x, mean)))


@op(
    vjps=(
        lambda g, x, mean, inverse, gamma, axis: _times(
            _projected(g, x, mean, inverse, axis), gamma
        ),
        _grad_by_x,
        lambda g, y, x, mean, inverse, gamma, axis: negative(
            _grad_by_x(g, y, x, mean, inverse, gamma, axis)
        ),
        _grad_by_inverse,
        lambda g, y, x, mean, inverse, axis: multiply(_projected(g, x, mean, inverse, axis), y),
    ),
    broadcasts=True,
)
def normalize_grad(y, x, mean, inverse, gamma, axis):
    """The gradient of `normalize` in x, that of the result being y.

    Example:
        >>> x, mean, inverse = np.array([1.0, 3.0]), np.array([2.0]), np.array([1.0])
        >>> normalize_grad(np.array([1.0, 0.0]), x, mean, inverse, None, axis=(0,))
        array([0., 0.])
    """
    return kernels.normalize_grad(y, x, mean, inverse, gamma, axis)


@op(
    vjps=(
        lambda g, x, mean, inverse: multiply(g, _normal(x, mean, inverse)),
        lambda g, y, inverse: multiply(multiply(g, y), inverse),
        lambda g, y, inverse: negative(multiply(multiply(g, y), inverse)),
        lambda g, y, x, mean: multiply(multiply(g, y), _centred(x, mean)),
    ),
    broadcasts=True,
)
def normal_products(y, x, mean, inverse, axis, shape):
    """``y * (x - mean) * inverse``, added up to the shape of a `gamma`, whose gradient it is.

    Example:
        >>> x, mean, inverse = np.array([[1.0], [3.0]]), np.array([[2.0]]), np.array([[1.0]])
        >>> normal_products(np.ones((2, 1)), x, mean, inverse, axis=(0,), shape=(1,))
        array([0.])
    """
    return kernels.normal_products(y, x, mean, inverse, axis, shape)


@op(
    vjps=(
        lambda g, x, mean, inverse, gamma, axis: normalize_grad(
            g, x, mean, inverse, gamma, axis=axis
        ),
        None,
        None,
        lambda g, x, mean, inverse, gamma_shape, axis: normal_products(
            g, x, mean, inverse, axis=axis, shape=gamma_shape
        ),
        lambda g: g,
    ),
    broadcasts=True,
)
def normalize(x, mean, inverse, gamma, beta, axis):
    """``(x - mean) * inverse * gamma + beta``.

    `mean` (None for 0) and `inverse`, 1 over the deviation, are those of x along `axis`, so they
    have no derivatives of their own. `gamma` and `beta` may be None.

    Example:
        >>> x, half = np.array([1.0, 3.0]), np.array([0.5])
        >>> normalize(x, np.array([2.0]), np.array([1.0]), half, None, axis=(0,))
        array([-0.5,  0.5])
    """
    return kernels.normalize(x, mean, inverse, gamma, beta, axis)
