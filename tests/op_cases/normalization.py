"""Normalisation, against the formulas."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.ops.moments import moments, normalize, normalize_grad
from op_cases.case import Case


def normal(x: Any, axes: Any, epsilon: float, centred: bool = True) -> Any:
    """Mean 0 and variance 1 along axes."""
    mean = x.mean(axes, keepdims=True) if centred else 0
    return (x - mean) / np.sqrt(((x - mean) ** 2).mean(axes, keepdims=True) + epsilon)


def along(factor: Any, shape: Any, axes: Any) -> Any:
    """A factor of some axes with length one along the others."""
    axes = [a % len(shape) for a in (axes if isinstance(axes, tuple) else (axes,))]
    return np.reshape(factor, [n if i in axes else 1 for i, n in enumerate(shape)])


def layer(
    x: Any, gamma: Any = None, beta: Any = None, axis: Any = -1, epsilon: float = 1e-3
) -> Any:
    """Layer normalisation."""
    y = normal(x, axis, epsilon)
    y = y if gamma is None else y * along(gamma, x.shape, axis)
    return y if beta is None else y + along(beta, x.shape, axis)


def rms(x: Any, gamma: Any = None, axis: Any = -1, epsilon: float = 1e-6) -> Any:
    """Without centring."""
    y = normal(x, axis, epsilon, centred=False)
    return y if gamma is None else y * along(gamma, x.shape, axis)


def batch(
    x: Any, gamma: Any = None, beta: Any = None, axis: int = -1, epsilon: float = 1e-3
) -> Any:
    """Each feature by itself."""
    others = tuple(i for i in range(x.ndim) if i != axis % x.ndim)
    y = normal(x, others, epsilon)
    y = y if gamma is None else y * along(gamma, x.shape, axis)
    return y if beta is None else y + along(beta, x.shape, axis)


def group(x: Any, gamma: Any = None, beta: Any = None, groups: int = 1, axis: int = -1) -> Any:
    """Each group of features by itself."""
    parts = np.split(x, groups, axis)
    rest = tuple(range(1, x.ndim))
    y = np.concatenate([normal(p, rest, 1e-3) for p in parts], axis)
    y = y if gamma is None else y * along(gamma, x.shape, axis)
    return y if beta is None else y + along(beta, x.shape, axis)


def inference(x: Any, mean: Any, variance: Any, gamma: Any = None, beta: Any = None) -> Any:
    """With statistics that are given."""
    y = (x - mean) / np.sqrt(variance + 1e-3)
    y = y if gamma is None else y * gamma
    return y if beta is None else y + beta


def _at(i: int) -> Any:
    """One of the three results of a batch normalisation."""
    return lambda *arrays, **settings: ag.batch_norm(*arrays, **settings)[i]


def _group(x: Any, *factors: Any, groups: int, **settings: Any) -> Any:
    return ag.group_norm(x, groups, *factors, **settings)


def _statistics(x: Any, axis: Any) -> Any:
    both = moments(x, axis=axis)
    return both[0], 1 / ag.sqrt(both[1] + 1e-3)


def _with_statistics(x: Any, gamma: Any, beta: Any) -> Any:
    return normalize(x, *_statistics(x, (1,)), gamma, beta, axis=(1,))


def _projected(y: Any, normal: Any, **_: Any) -> Any:
    return y - y.mean(0) - normal * (y * normal).mean(0)


def _grad(y: Any, x: Any, mean: Any, inverse: Any, gamma: Any, axis: Any) -> Any:
    n = (x - mean) * inverse
    h = y * gamma
    along = (h * n).mean(axis, keepdims=True)
    return inverse * (h - h.mean(axis, keepdims=True) - n * along)


def _grad_at_zero(y: Any, x: Any, inverse: Any) -> Any:
    """Without means and factors."""
    along = (y * x * inverse).mean(1, keepdims=True)
    return inverse * (y - x * inverse * along)


def _products(y: Any, x: Any, mean: Any, inverse: Any, **_: Any) -> Any:
    return (y * (x - mean) * inverse).sum(0)


AXES: list[Any] = [-1, 1, (1, 2), (0, -1)]
LENGTHS = {-1: (4,), 1: (3,), (1, 2): (3, 4), (0, -1): (2, 4)}

CASES = [
    *(Case("layer_norm", ((2, 3, 4), LENGTHS[a], LENGTHS[a]), {"axis": a}, layer) for a in AXES),
    Case("layer_norm", ((2, 5),), {"epsilon": 0.1}, layer),
    Case("layer_norm", ((2, 5), (5,)), {}, layer),
    Case("layer_norm", ((5,), (5,), (5,)), {}, layer),
    *(Case("rms_norm", ((2, 3, 4), LENGTHS[a]), {"axis": a}, rms) for a in AXES),
    Case("rms_norm", ((2, 5),), {"epsilon": 0.1}, rms),
    *(
        Case("batch_norm", ((3, 2, 4), (n,), (n,)), {"axis": a}, batch, spelled=_at(0))
        for a, n in ((-1, 4), (1, 2))
    ),
    Case("batch_norm", ((5, 3),), {}, batch, spelled=_at(0)),
    Case("batch_norm", ((5, 2), (2,)), {"epsilon": 0.1}, batch, spelled=_at(0)),
    Case("batch_norm", ((3, 2, 2),), {"axis": 1}, lambda x, axis: x.mean((0, 2)), spelled=_at(1)),
    Case("batch_norm", ((2, 3, 2),), {"axis": 1}, lambda x, axis: x.var((0, 2)), spelled=_at(2)),
    Case("batch_norm_inference", ((3, 4), (4,), (4,)), {}, inference, domain=(0.5, 2)),
    Case("batch_norm_inference", ((3, 2, 4), *[(4,)] * 4), {}, inference, domain=(0.5, 2)),
    *(
        Case("group_norm", ((2, 3, 4), *[(n,)] * 2), s, group, spelled=_group)
        for n, s in (
            (4, {"groups": 2}),
            (4, {"groups": 1, "axis": 2}),
            (4, {"groups": 4}),
            (3, {"groups": 1, "axis": 1}),
        )
    ),
    Case("group_norm", ((2, 4, 2),), {"groups": 2, "axis": 1}, group, spelled=_group),
    *(
        Case(
            "moments",
            ((2, 3, 4),),
            {"axis": a},
            lambda x, axis: np.stack([x.mean(axis, keepdims=True), x.var(axis, keepdims=True)]),
        )
        for a in ((2,), (0, 1), (0, 2))
    ),
    *(
        Case(
            "mean_square",
            ((2, 3, 4),),
            {"axis": a},
            lambda x, axis: (x**2).mean(axis, keepdims=True),
        )
        for a in ((1, 2), (0,))
    ),
    Case(
        "inverse_root",
        ((3, 4),),
        {"epsilon": 0.25},
        lambda x, epsilon: (x + epsilon) ** -0.5,
        domain=(0.5, 2),
    ),
    Case("normalize_grad", ((4, 3), (4, 3), (4, 1), (4, 1), (3,)), {"axis": (1,)}, _grad),
    Case("normalize_grad", ((4, 3), (4, 3), (1, 3), (1, 3), (3,)), {"axis": (0,)}, _grad),
    Case(
        "normalize_grad",
        ((4, 3), (4, 3), (4, 1)),
        {},
        _grad_at_zero,
        spelled=lambda y, x, inverse: normalize_grad(y, x, None, inverse, None, axis=(1,)),
    ),
    *(
        Case("normal_products", ((4, 3), (4, 3), n, n), {"axis": a, "shape": (3,)}, _products)
        for a, n in (((1,), (4, 1)), ((0,), (1, 3)))
    ),
    Case(
        "normalize",
        ((2, 5), (5,), (2, 1)),
        {},
        lambda x, gamma, beta: normal(x, 1, 1e-3) * gamma + beta,
        spelled=_with_statistics,
    ),
    *(
        Case("project", ((4, 2), (4, 2)), {"axis": 0, "centred": c}, reference)
        for c, reference in (
            (True, _projected),
            (False, lambda y, normal, **_: y - normal * (y * normal).mean(0)),
        )
    ),
]
