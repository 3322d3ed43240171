"""The recorded graph: nodes, and values with a place in it. Knows no op and no rule.

References run output -> node -> inputs' nodes and never back, so a graph dies by reference count.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from contextlib import ContextDecorator
from typing import Any, ClassVar

import numpy as np

from autograd_lite.errors import DTypeError, explain

tick = itertools.count(1).__next__
"""Numbers nodes and in-place writes alike: a node precedes every node that reads it, and a write
that is younger than a node has come after it."""


class _State(threading.local):
    """What recording depends on, for each thread of its own."""

    recording = True
    depth = 0  # of transforms (grad, vjp, ...) whose function is running
    watch: Any = None  # anomaly.Watch, within `detect_anomaly`


STATE = _State()


class _Recording(ContextDecorator):
    """Sets whether this thread records, and puts back what was; a decorator too."""

    value: bool

    def __init__(self) -> None:
        self._before: list[bool] = []

    def __enter__(self) -> None:
        self._before.append(STATE.recording)
        STATE.recording = self.value

    def __exit__(self, *_: object) -> None:
        STATE.recording = self._before.pop()

    def _recreate_cm(self) -> _Recording:
        return type(self)()


class no_grad(_Recording):
    """Within it this thread records nothing; as a decorator, for the length of a call.

    Example:
        >>> import autograd_lite as ag
        >>> w = ag.tensor([1.0], requires_grad=True)
        >>> with ag.no_grad():
        ...     print((w * 2).requires_grad)
        False
    """

    value = False


class enable_grad(_Recording):
    """Undoes `no_grad` within it.

    Example:
        >>> import autograd_lite as ag
        >>> w = ag.tensor([1.0], requires_grad=True)
        >>> with ag.no_grad(), ag.enable_grad():
        ...     print((w * 2).requires_grad)
        True
    """

    value = True


class Version:
    """When a piece of memory was last written in place. Shared by all views of it."""

    __slots__ = ("written",)
    latest: ClassVar[int] = 0  # of all memory; spares the check while nothing was written

    def __init__(self) -> None:
        self.written = 0


class Node:
    """One recorded call: the plan of its op, the inputs' places, and what its rules will read.

    `edges` has an entry for each argument that needs a gradient, in the order of `plan.steps`: the
    Node that made it, or the leaf itself. `saved` is what `plan.keeps` names, or None once a
    backward pass has freed it.
    """

    __slots__ = (
        "__weakref__",
        "dtype",
        "edges",
        "hooks",
        "line",
        "order",
        "plan",
        "saved",
        "shape",
        "version",
    )
    plan: Any  # record.Plan
    edges: tuple[Node | Traced, ...]
    saved: list[Any] | None
    order: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    hooks: list[Callable[[Any], Any]] | None
    version: Version | None
    line: Any  # lines.Line | None; set by `detect_anomaly` alone, and absent otherwise


class Traced:
    """An array with a place in the graph. `Tensor` adds the operators and methods.

    Args:
        data: The array, kept as it is (not copied); anything else goes through `np.asarray`.
        requires_grad: Whether gradients are wanted for it.
        node: The call that made it, or None for a leaf.

    Raises:
        DTypeError: a leaf that requires a gradient is not of a floating dtype.
    """

    __slots__ = ("__weakref__", "data", "grad", "hooks", "node", "requires_grad", "version")
    result_type: ClassVar[type[Traced]]  # what ops wrap their results in

    data: np.ndarray[Any, np.dtype[Any]]
    grad: Any
    hooks: list[Callable[[Any], Any]] | None
    node: Node | None
    requires_grad: bool
    version: Version | None

    def __init__(self, data: Any, requires_grad: bool = False, node: Node | None = None) -> None:
        if type(data) is not np.ndarray:
            data = np.asarray(data)
        if requires_grad and node is None and data.dtype.kind not in "fc":
            raise DTypeError(
                explain(
                    "Tensor",
                    "only floating dtypes have gradients",
                    got=f"dtype {data.dtype} with requires_grad=True",
                    expected="float16, float32 or float64",
                    fix="x.astype(np.float32), or leave requires_grad out",
                )
            )
        self.data = data
        self.requires_grad = requires_grad
        self.node = node
        if node is None:  # what an op made has no `grad` until `retain_grad`: a read finds out
            self.grad = None
        self.hooks = self.version = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return self.data.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The array's dtype."""
        return self.data.dtype


Place = Node | Traced


def place_of(x: Traced) -> Place:
    """Where gradients for `x` are collected: its node, or `x` itself if it is a leaf."""
    return x if x.node is None else x.node


def version_of(x: Traced) -> Version:
    """The version of the memory behind `x`, made at first need."""
    place = place_of(x)
    if place.version is None:
        place.version = Version()
    return place.version


def share_version(view: Traced, base: Traced) -> None:
    """Let a write to either of two values that share memory count for both."""
    place_of(view).version = version_of(base)


def count_write(x: Traced) -> None:
    """Note that the memory behind `x` was written in place."""
    version_of(x).written = Version.latest = tick()
