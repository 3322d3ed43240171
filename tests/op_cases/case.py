"""What a row of the table is: `Case`, a way of calling an op."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd_lite import ops
from autograd_lite.op import BY_NUMPY, COMPOSED, OPS


@dataclass(frozen=True)
class Given:
    """An argument that is passed on as it is: an index, labels, a bound."""

    value: Any


@dataclass(frozen=True)
class Case:
    """A call: shapes of random float arguments, or given ones, then settings.

    A list of shapes stands for a sequence of arrays. `spelled` is the call, if not just the op's.
    """

    op: str
    arguments: tuple[Any, ...]
    settings: dict[str, Any] = field(default_factory=dict)
    reference: Callable[..., Any] | None = None
    domain: Any = None
    spelled: Callable[..., Any] | None = None

    def __str__(self) -> str:
        text = ", ".join(str(a.value) if isinstance(a, Given) else str(a) for a in self.arguments)
        return f"{self.op}({text}{', ' * bool(self.settings)}{self.settings or ''})"

    @property
    def call(self) -> Callable[..., Any]:
        """The op over arrays or Tensors, settings included."""
        function = COMPOSED[self.op] if self.op in COMPOSED else OPS[self.op].call
        function = self.spelled or function
        return _with(function, self.settings, self.op, self.arguments)

    @property
    def numpy(self) -> Callable[..., Any] | None:
        """NumPy's function of the same meaning, settings included."""
        if self.spelled is not None:
            return None
        ours = COMPOSED.get(self.op) or OPS[self.op].call
        twin = next((theirs for theirs, answer in BY_NUMPY.items() if answer is ours), None)
        return _with(twin, self.settings, self.op, self.arguments) if twin else None

    def arrays(self, dtype: Any = np.float64) -> list[Any]:
        """The arguments: random within the domain, read-only, the same every time."""
        rng = np.random.default_rng(zlib.crc32(str(self).encode()))
        return [
            _cast(a.value, dtype) if isinstance(a, Given) else self._random(rng, a, i, dtype)
            for i, a in enumerate(flat(self.arguments))
        ]

    def _random(self, rng: Any, size: Any, i: int, dtype: Any) -> Any:
        domain = self.domain or (OPS[self.op].domain if self.op in OPS else None) or (-2, 2)
        low, high = domain[i] if isinstance(domain[0], tuple) else domain
        array = np.asarray(rng.uniform(low, high, size)).astype(dtype)
        array.flags.writeable = False
        return array

    @property
    def floating(self) -> list[int]:
        """Positions of the random arguments."""
        return [i for i, a in enumerate(flat(self.arguments)) if not isinstance(a, Given)]


def _cast(value: Any, dtype: Any) -> Any:
    """A given floating array in the dtype of the random ones."""
    floating = isinstance(value, np.ndarray) and value.dtype.kind == "f"
    return value.astype(dtype) if floating else value


def flat(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """The arguments of a variadic op one by one."""
    nested = len(arguments) == 1 and isinstance(arguments[0], list)
    return tuple(arguments[0]) if nested else arguments


def joined(results: Any) -> Any:
    """Several results as one vector; one as it is."""
    if not isinstance(results, (list, tuple)):
        return results
    return ops.concatenate([ops.ravel(r) for r in results])


def _with(function: Any, settings: Any, name: str, arguments: Any) -> Callable[..., Any]:
    nested = len(arguments) == 1 and isinstance(arguments[0], list)

    def call(*arrays: Any) -> Any:
        return joined(
            function(list(arrays), **settings) if nested else function(*arrays, **settings)
        )

    call.__name__ = name
    return call


AXES: list[dict[str, Any]] = [
    {},
    {"axis": 0},
    {"axis": -1, "keepdims": True},
    {"axis": (0, 2)},
    {"axis": (), "keepdims": False},
]
