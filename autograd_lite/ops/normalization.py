"""Normalisation: entries brought to mean 0 and variance 1 along axes, then scaled and shifted."""

from __future__ import annotations

from typing import Any

from autograd_lite.errors import ShapeError, explain
from autograd_lite.op import composed
from autograd_lite.ops.elementwise import add, multiply, subtract
from autograd_lite.ops.index import getitem
from autograd_lite.ops.moments import inverse_root, mean_square, moments, normalize
from autograd_lite.ops.shape import reshape

__all__ = [
    "batch_norm",
    "batch_norm_inference",
    "group_norm",
    "layer_norm",
    "rms_norm",
]


def _statistics(x, axes, epsilon):
    both = moments(x, axis=axes)
    variance = getitem(both, 1)
    return getitem(both, 0), variance, inverse_root(variance, epsilon)


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
    inverse = inverse_root(mean_square(x, axis=axes), epsilon)
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
    factor = inverse_root(fitted["variance"], epsilon)
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
