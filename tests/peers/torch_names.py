"""PyTorch's functions under NumPy's names and our layouts, where its own differ."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

NAMES: dict[str, Any] = {
    "power": torch.pow,
    "conjugate": torch.conj,
    "log_expit": functional.logsigmoid,
    "vdot": lambda a, b: torch.vdot(a.reshape(-1), b.reshape(-1)),
    "tensordot": lambda a, b, axes=2: torch.tensordot(a, b, axes),
    "norm": lambda x, ord=None, axis=None, keepdims=False: torch.linalg.norm(
        x, ord, axis, keepdims
    ),
    "broadcast_to": lambda x, shape: torch.broadcast_to(x, shape),
    "transpose": lambda x, axes=None: torch.permute(x, axes or tuple(range(x.ndim))[::-1]),
    "swapaxes": lambda x, axis1, axis2: torch.swapaxes(x, axis1, axis2),
    "flip": lambda x, axis=None: torch.flip(x, _axes(x, axis)),
    "roll": lambda x, shift, axis=None: torch.roll(x, shift, axis),
    "diagonal": lambda x, offset=0, axis1=0, axis2=1: torch.diagonal(x, offset, axis1, axis2),
    "identity": lambda x: x,
    "logsumexp": lambda x, axis=None, keepdims=False: torch.logsumexp(x, _axes(x, axis), keepdims),
    "linear": lambda x, kernel, bias=None: functional.linear(x, kernel.T, bias),
    "conv1d": lambda x, kernel: functional.conv1d(x.mT, kernel.permute(2, 1, 0)).mT,
    "conv2d": lambda x, kernel: functional.conv2d(
        x.permute(0, 3, 1, 2), kernel.permute(3, 2, 0, 1)
    ).permute(0, 2, 3, 1),
    "max_pool1d": lambda x, pool_size: functional.max_pool1d(x.mT, pool_size).mT,
    "average_pool1d": lambda x, pool_size: functional.avg_pool1d(x.mT, pool_size).mT,
    "layer_norm": lambda x, gamma, beta, axis=-1, epsilon=1e-3: functional.layer_norm(
        x, gamma.shape, gamma, beta, epsilon
    ),
    "rms_norm": lambda x, gamma, axis=-1, epsilon=1e-6: functional.rms_norm(
        x, gamma.shape, gamma, epsilon
    ),
}


def _axes(x: Any, axis: Any) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(x.ndim))
    return axis if isinstance(axis, tuple) else (axis,)


def _extreme(function: Any) -> Any:
    return lambda x, axis=(), keepdims=False: function(x, axis, keepdims)


def _spread(function: Any) -> Any:
    return lambda x, axis=None, ddof=0, keepdims=False: function(
        x, axis, correction=ddof, keepdim=keepdims
    )


def _values(function: Any) -> Any:
    """For functions that return positions as well."""
    return lambda x, axis=0: function(x, dim=axis).values


def _shifted(function: Any) -> Any:
    """For functions of diagonals."""
    return lambda x, k=0: function(x, k)


NAMES |= {name: _extreme(getattr(torch, f"a{name}")) for name in ("max", "min")}
NAMES |= {name: _spread(getattr(torch, name)) for name in ("std", "var")}
NAMES |= {name: _values(getattr(torch, name)) for name in ("cummax", "cummin")}
NAMES["sort"] = lambda x, axis=-1: torch.sort(x, dim=axis).values
NAMES |= {name: _shifted(getattr(torch, name)) for name in ("tril", "triu", "diag", "diagflat")}
