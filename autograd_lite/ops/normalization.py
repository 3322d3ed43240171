"""Normalisation: entries brought to mean 0 and variance 1 along some axes, then scaled and shifted.

`normalize` gets the mean and the reciprocal deviation of its x ready made. As they follow from x,
its rule for x counts their derivatives too; they are given so that no rule computes them again.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.errors import ShapeError, explain
from autograd_lite.kernels import normalization as kernels
from autograd_lite.op import composed, op
from autograd_lite.ops import reduce
from autograd_lite.ops.elementwise import add, divide, multiply, negative, sqrt, subtract
from autograd_lite.ops.index import getitem
from autograd_lite.ops.shape import reshape

__all__ = [
    "batch_norm",
    "batch_norm_inference",
    "group_norm",
    "layer_norm",
    "rms_norm",
]


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


def _inverse(variance, epsilon):
    return divide(1, sqrt(add(variance, epsilon)))


def _statistics(x, axes, epsilon):
    both = moments(x, axis=axes)
    variance = getitem(both, 1)
    return getitem(both, 0), variance, _inverse(variance, epsilon)


def _axes(where, axis, ndim):
    """`axis` as a sorted tuple of non-negative ints."""
    given = axis if isinstance(axis, (tuple, list)) else (axis,)
    if not all(-ndim <= a < ndim for a in given):
        raise ShapeError(
            explain(where, "no such axis", got=repr(axis), expected=f"an axis of {ndim}")
        )
    return tuple(sorted({a % ndim for a in given}))


def _fitted(where, name, factor, shape, axes):
    """A factor for the entries along `axes`, with the axes it lacks."""
    if factor is None:
        return None
    wanted = tuple(shape[a] for a in axes)
    if factor.shape != wanted:
        raise ShapeError(
            explain(
                where,
                f"`{name}` does not fit",
                got=f"{name} {factor.shape}, x {shape}",
                expected=f"{name} {wanted}",
            )
        )
    if axes == tuple(range(len(shape) - len(axes), len(shape))):
        return factor
    return reshape(factor, shape=[n if a in axes else 1 for a, n in enumerate(shape)])


@composed()
def layer_norm(
    x: Any, gamma: Any = None, beta: Any = None, axis: Any = -1, epsilon: float = 1e-3
) -> Any:
    """``(x - mean) / sqrt(var + epsilon) * gamma + beta``, mean and var along `axis` (Ba, 2016).

    Args:
        x: Any array.
        gamma: Factors, as long as x along `axis`; None for 1.
        beta: Terms, as `gamma`; None for 0.
        axis: The axes that are normalised: an int or a tuple.
        epsilon: What is added to the variance.

    Raises:
        ShapeError: `gamma` or `beta` does not fit, or x has no such axis.

    Example:
        >>> layer_norm(np.array([[1.0, 3.0]]), epsilon=0)
        array([[-1.,  1.]])
    """
    axes = _axes("layer_norm", axis, x.ndim)
    gamma = _fitted("layer_norm", "gamma", gamma, x.shape, axes)
    beta = _fitted("layer_norm", "beta", beta, x.shape, axes)
    mean, _, inverse = _statistics(x, axes, epsilon)
    return normalize(x, mean, inverse, gamma, beta, axis=axes)


@composed()
def rms_norm(x: Any, gamma: Any = None, axis: Any = -1, epsilon: float = 1e-6) -> Any:
    """``x / sqrt(mean(x**2) + epsilon) * gamma``, the mean along `axis` (Zhang, Sennrich, 2019).

    Args:
        x: Any array.
        gamma: Factors, as long as x along `axis`; None for 1.
        axis: The axes that are normalised: an int or a tuple.
        epsilon: What is added to the mean square.

    Raises:
        ShapeError: `gamma` does not fit, or x has no such axis.

    Example:
        >>> rms_norm(np.array([[1.0, 7.0]]), epsilon=0)
        array([[0.2, 1.4]])
    """
    axes = _axes("rms_norm", axis, x.ndim)
    gamma = _fitted("rms_norm", "gamma", gamma, x.shape, axes)
    inverse = _inverse(mean_square(x, axis=axes), epsilon)
    return normalize(x, None, inverse, gamma, None, axis=axes)


@composed()
def batch_norm(
    x: Any, gamma: Any = None, beta: Any = None, axis: int = -1, epsilon: float = 1e-3
) -> tuple[Any, Any, Any]:
    """Each feature normalised by its mean and variance over the batch (Ioffe and Szegedy, 2015).

    Args:
        x: Any array.
        gamma: A factor for each feature; None for 1.
        beta: A term for each feature; None for 0.
        axis: The axis of the features. Statistics are taken along all others.
        epsilon: What is added to the variance.

    Returns:
        ``(x - mean) / sqrt(variance + epsilon) * gamma + beta``, and the features' means and
        variances (over n, not n - 1), for running averages of them.

    Shapes:
        ``(..., c), (c,), (c,) -> (..., c), (c,), (c,)``

    Raises:
        ShapeError: `gamma` or `beta` does not fit, or x has no such axis.

    Example:
        >>> batch_norm(np.array([[1.0], [3.0]]), epsilon=0)
        (array([[-1.],
               [ 1.]]), array([2.]), array([1.]))
    """
    (feature,) = _axes("batch_norm", axis, x.ndim)
    gamma = _fitted("batch_norm", "gamma", gamma, x.shape, (feature,))
    beta = _fitted("batch_norm", "beta", beta, x.shape, (feature,))
    others = tuple(a for a in range(x.ndim) if a != feature)
    mean, variance, inverse = _statistics(x, others, epsilon)
    y = normalize(x, mean, inverse, gamma, beta, axis=others)
    return y, reshape(mean, shape=(-1,)), reshape(variance, shape=(-1,))


@composed()
def batch_norm_inference(
    x: Any,
    mean: Any,
    variance: Any,
    gamma: Any = None,
    beta: Any = None,
    axis: int = -1,
    epsilon: float = 1e-3,
) -> Any:
    """`batch_norm` with a mean and a variance of each feature that are given.

    Shapes:
        ``(..., c)``, and ``(c,)`` for all others ``-> (..., c)``

    Raises:
        ShapeError: a factor or term does not fit, or x has no such axis.

    Example:
        >>> batch_norm_inference(np.array([[5.0]]), np.array([3.0]), np.array([4.0]), epsilon=0)
        array([[1.]])
    """
    where = "batch_norm_inference"
    axes = _axes(where, axis, x.ndim)
    named = {"mean": mean, "variance": variance, "gamma": gamma, "beta": beta}
    fitted = {n: _fitted(where, n, a, x.shape, axes) for n, a in named.items()}
    factor = _inverse(fitted["variance"], epsilon)
    if gamma is not None:
        factor = multiply(factor, fitted["gamma"])
    y = multiply(subtract(x, fitted["mean"]), factor)
    return y if beta is None else add(y, fitted["beta"])


@composed()
def group_norm(
    x: Any,
    groups: int,
    gamma: Any = None,
    beta: Any = None,
    axis: int = -1,
    epsilon: float = 1e-3,
) -> Any:
    """Each sample's features normalised in groups, over all positions (Wu and He, 2018).

    Args:
        x: Array whose first axis is the batch.
        groups: How many; one makes it a `layer_norm` of all but the batch, as many as features
            an instance norm.
        gamma: A factor for each feature; None for 1.
        beta: A term for each feature; None for 0.
        axis: The axis of the features.
        epsilon: What is added to the variance.

    Shapes:
        ``(n, ..., c), (c,), (c,) -> (n, ..., c)``

    Raises:
        ShapeError: `groups` does not divide the features, or an argument does not fit.

    Example:
        >>> group_norm(np.array([[1.0, 3.0, 5.0, 9.0]]), 2, epsilon=0)
        array([[-1.,  1., -1.,  1.]])
    """
    (feature,) = _axes("group_norm", axis, x.ndim)
    shape = x.shape
    if not feature or groups < 1 or shape[feature] % groups:
        raise ShapeError(
            explain(
                "group_norm",
                "features do not make groups",
                got=f"x {shape}, axis {axis}, groups {groups}",
                expected="an axis after the first, and a divisor of its length",
            )
        )
    factors = [
        _in_groups(_fitted("group_norm", name, factor, shape, (feature,)), feature, groups)
        for name, factor in (("gamma", gamma), ("beta", beta))
    ]
    parts = _in_groups(x, feature, groups)
    axes = tuple(a for a in range(1, parts.ndim) if a != feature)
    mean, _, inverse = _statistics(parts, axes, epsilon)
    return reshape(normalize(parts, mean, inverse, *factors, axis=axes), shape=shape)


def _in_groups(x, feature, groups):
    """x with the axis of its features, counted as that of the whole, in two."""
    if x is None:
        return None
    # A factor that was not reshaped has the last axes only.
    if x.ndim == 1:
        return reshape(x, shape=(groups, -1))
    before, after = x.shape[:feature], x.shape[feature + 1 :]
    return reshape(x, shape=(*before, groups, x.shape[feature] // groups, *after))
