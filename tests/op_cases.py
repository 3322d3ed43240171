"""One row for each way of calling an op. The properties in test_ops.py read them all.

A smooth element-wise op needs no row: its declaration carries its domain and its NumPy twin.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.special

import autograd_lite as ag
from autograd_lite.op import COMPOSED, OPS
from autograd_lite.ops.neural import softmax_cross_entropy_grad


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
        twins = (np.clip,) if self.op == "clip" else OPS[self.op].numpy
        return _with(twins[0], self.settings, self.op, self.arguments) if twins else None

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


def _with(function: Any, settings: Any, name: str, arguments: Any) -> Callable[..., Any]:
    nested = len(arguments) == 1 and isinstance(arguments[0], list)

    def call(*arrays: Any) -> Any:
        return function(list(arrays), **settings) if nested else function(*arrays, **settings)

    call.__name__ = name
    return call


def one_hot(labels: Any, k: int) -> Any:
    """Target rows of integer labels."""
    return np.eye(k)[labels]


def cross_entropy(z: Any, t: Any) -> Any:
    """The textbook's formula, by SciPy."""
    t = one_hot(t, z.shape[1]) if np.asarray(t).dtype.kind == "i" else t
    return -(t * scipy.special.log_softmax(z, axis=1)).sum(1)


def with_its_loss(rows: Any, z: Any, t: Any) -> Any:
    """The fused rule, whose argument `loss` follows from the others."""
    return softmax_cross_entropy_grad(rows, ag.softmax_cross_entropy(z, t), z, t)


def cross_entropy_grad(rows: Any, z: Any, t: Any) -> Any:
    """Its derivative by z, times `rows`."""
    t = one_hot(t, z.shape[1]) if np.asarray(t).dtype.kind == "i" else t
    return rows[:, None] * (scipy.special.softmax(z, axis=1) * t.sum(1, keepdims=True) - t)


def put(x: Any, index: Any, values: Any, ufunc: Any = None) -> Any:
    """`values` set, or combined by a ufunc, at an index of a copy."""
    out = np.array(x)
    if ufunc is None:
        out[index] = values
    else:
        ufunc.at(out, index, values)
    return out


LABELS = np.array([2, 0, 2])
ROWS = np.array([[0.2, 0.3, 0.5, 0.0], [1.0, 0.0, 0.0, 0.0], [0.5, 0.5, 1.0, 0.3]])
MASK = np.array([[True, False, True], [False, False, True]])
INTEGERS = np.arange(6).reshape(2, 3)
INDEX = np.array([0, 2, 2, -1])

AXES: list[dict[str, Any]] = [
    {},
    {"axis": 0},
    {"axis": -1, "keepdims": True},
    {"axis": (0, 2)},
    {"axis": (), "keepdims": False},
]
INDICES: list[Any] = [
    1,
    -1,
    slice(None, None, -2),
    None,
    Ellipsis,
    (Ellipsis, 0),
    (slice(1, None), None, 2),
    INDEX,
    [0, 0, 1],
    (INDEX, slice(0, 2)),
    (slice(None), np.array([[0, 1], [1, 1]])),
    (np.array([0, 1, 1]), np.array([2, 0, 0])),
    (INDEX[:, None], np.array([1, 1])),
    np.arange(12).reshape(4, 3) % 3 == 0,
    np.array([True, False, True, True]),
    np.array([], int),
    (slice(2, 2),),
]


def _linear(x: Any, kernel: Any, bias: Any) -> Any:
    return x @ kernel + bias


def _relu(x: Any) -> Any:
    return np.maximum(x, 0)


CASES = [
    *(Case(name, ((2, 3, 4),), s) for name in ("sum", "mean", "max", "min") for s in AXES),
    *(
        Case(name, ((2, 3, 4),), {**s, "ddof": ddof})
        for name in ("var", "std")
        for s in AXES[:4]
        for ddof in (0, 1)
    ),
    *(Case("sum_rows", (s,), {}, lambda x: x.sum(0)) for s in ((2, 3), (3, 1), (0, 3), (2, 0))),
    *(Case(name, ((),)) for name in ("sum", "mean", "max", "min")),
    *(Case("sum", ((0, 3),), s) for s in AXES[:2]),
    *(Case(name, ((3,),)) for name in ("sum", "mean", "max", "min", "var", "std")),
    Case("reshape", ((2, 6),), {"shape": (3, -1)}),
    Case("reshape", ((),), {"shape": (1, 1)}),
    Case("reshape", ((0, 3),), {"shape": (3, 0)}),
    Case("ravel", ((2, 3),)),
    Case("transpose", ((2, 3, 4),)),
    Case("transpose", ((2, 3, 4),), {"axes": (1, -1, 0)}),
    Case("swapaxes", ((2, 3, 4),), {"axis1": 0, "axis2": -1}),
    Case("matrix_transpose", ((2, 3, 4),)),
    Case("moveaxis", ((2, 3, 4),), {"source": 0, "destination": -1}),
    Case("moveaxis", ((2, 3, 4),), {"source": (0, 2), "destination": (1, 0)}),
    Case("squeeze", ((1, 3, 1),)),
    Case("squeeze", ((1, 3, 1),), {"axis": -1}),
    Case("expand_dims", ((2, 3),), {"axis": 1}),
    Case("expand_dims", ((2, 3),), {"axis": (0, -1)}),
    Case("broadcast_to", ((),), {"shape": (2, 3)}),
    Case("broadcast_to", ((3, 1),), {"shape": (2, 3, 4)}),
    Case("broadcast_to", ((0, 1),), {"shape": (0, 3)}),
    Case("sum_to", ((2, 3, 4),), {"shape": (3, 1)}, lambda x, shape: x.sum((0, 2))[:, None]),
    Case("sum_to", ((2, 3),), {"shape": (2, 3)}, lambda x, shape: x),
    Case("astype", ((2, 3), Given(np.float64))),
    Case("concatenate", ([(2, 3), (1, 3), (0, 3)],), {"axis": 0}),
    Case("concatenate", ([(2, 1), (2, 3)],), {"axis": -1}),
    Case("concatenate", ([(2, 1), (3,)],), {"axis": None}),
    Case("stack", ([(2, 3), (2, 3)],), {"axis": 1}),
    Case("stack", ([(), ()],), {"axis": -1}),
    Case("take_slice", ((4, 3),), {"axis": 1, "start": 1, "stop": 3}, lambda x, **_: x[:, 1:3]),
    Case(
        "place_slice",
        ((4, 1),),
        {"axis": 1, "start": 1, "stop": 2, "length": 3},
        lambda x, **_: np.pad(x, ((0, 0), (1, 1))),
    ),
    Case("identity", ((2, 3),), {}, lambda x: x),
    *(Case("getitem", ((4, 3), Given(i)), {}, lambda x, i: x[i]) for i in INDICES),
    Case("getitem", ((), Given(())), {}, lambda x, i: x[i]),
    *(
        Case(
            "index_put",
            (np.empty((4, 3))[i].shape, Given(i)),
            {"shape": (4, 3)},
            lambda v, i, shape: put(np.zeros(shape), i, v, np.add),
        )
        for i in INDICES
    ),
    *(
        Case(
            name,
            ((4, 3), np.empty((4, 3))[i].shape, Given(i)),
            {},
            lambda x, v, i, ufunc=ufunc: put(x, i, v, ufunc),
        )
        for i in INDICES
        for name, ufunc in (("index_add", np.add), ("index_set", None))
    ),
    Case("index_add", ((4, 3), (), Given(INDEX)), {}, lambda x, v, i: put(x, i, v, np.add)),
    Case("index_set", ((4, 3), (3,), Given(INDEX)), {}, lambda x, v, i: put(x, i, v)),
    *(
        Case("matmul", shapes)
        for shapes in (
            ((4, 3), (3, 2)),
            ((3,), (3,)),
            ((3,), (3, 2)),
            ((4, 3), (3,)),
            ((5, 4, 3), (3, 2)),
            ((4, 3), (5, 3, 2)),
            ((3,), (5, 3, 2)),
            ((5, 4, 3), (3,)),
            ((2, 1, 4, 3), (5, 3, 2)),
            ((0, 3), (3, 2)),
            ((2, 0), (0, 3)),
        )
    ),
    Case("where", (Given(MASK), (2, 3), (3,))),
    Case("where", (Given(MASK), (), (2, 1))),
    Case("where", (Given(MASK[:1]), (2, 1), (2, 1))),
    Case("clip", ((2, 3), Given(-0.5), Given(0.5))),
    Case("clip", ((2, 3), Given(None), Given(0.5))),
    Case("clip", ((2, 3), Given(-0.5), Given(None))),
    Case("clip", ((2, 3), Given(np.array([-0.5, 0.1, 0])), Given(0.8))),
    Case("clip", ((2, 3), (3,), (2, 1)), domain=((-3, 3), (-2, -1), (1, 2))),
    Case("_clip", ((2, 3), Given(-1), Given(1)), {}, np.clip),
    *(
        Case("softmax", (s,), {"axis": a}, scipy.special.softmax)
        for s, a in (((5,), -1), ((2, 3, 4), -1), ((2, 3, 4), 1), ((2, 3), 0))
    ),
    *(
        Case("log_softmax", (s,), {"axis": a}, scipy.special.log_softmax)
        for s, a in (((5,), -1), ((2, 3, 4), -1), ((2, 3, 4), 1))
    ),
    *(Case("logsumexp", ((2, 3, 4),), s, scipy.special.logsumexp) for s in AXES[:4]),
    Case("linear", ((4, 3), (3, 2), (2,)), {}, _linear),
    Case("linear", ((2, 4, 3), (3, 2), (2,)), {}, _linear),
    Case("linear", ((3,), (3, 2), (2,)), {}, _linear),
    Case("linear", ((0, 3), (3, 2), (2,)), {}, _linear),
    Case("linear_relu", ((4, 3), (3, 2), (2,)), {}, lambda *a: _relu(_linear(*a))),
    Case("linear_relu", ((2, 4, 3), (3, 2), (2,)), {}, lambda *a: _relu(_linear(*a))),
    Case("softmax_cross_entropy", ((3, 4), Given(LABELS)), {}, cross_entropy),
    Case("softmax_cross_entropy", ((3, 4), Given(ROWS)), {}, cross_entropy),
    Case("softmax_cross_entropy", ((3, 4), (3, 4)), {}, cross_entropy),
    Case("softmax_cross_entropy", ((0, 4), Given(LABELS[:0])), {}, cross_entropy),
    *(
        Case(
            "softmax_cross_entropy_grad",
            ((3,), (3, 4), Given(t)),
            {},
            cross_entropy_grad,
            spelled=with_its_loss,
        )
        for t in (LABELS, ROWS)
    ),
    Case("relu", ((2, 3),), {}, _relu, domain=(-2, 2)),
    Case("relu", ((),), {}, _relu, domain=(-2, -1)),
    Case("relu_grad", ((2, 3), (2, 3)), {}, lambda x, y: x * (y > 0)),
    Case("sigmoid", ((2, 3),), {}, scipy.special.expit),
    *(Case("erf", shape, {}, scipy.special.erf) for shape in (((2, 3),), ((),), ((0, 3),))),
    *(
        Case(
            "sigmoid_cross_entropy",
            shapes,
            {},
            lambda z, t: (
                -(t * np.log(scipy.special.expit(z)) + (1 - t) * np.log(scipy.special.expit(-z)))
            ),
        )
        for shapes in (((2, 3), (2, 3)), ((2, 3), (3,)))
    ),
    *(Case("power", ((2, 3), Given(p)), domain=(0.3, 2)) for p in (2, 3, 0, -1, 0.5, -1.5)),
    Case("power", (Given(2.0), (2, 3))),
]

UNARY = [((),), ((3,),), ((2, 3),), ((0, 3),)]
BINARY = [((), (3,)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((2, 3), (2, 3)), ((0, 3), (3,))]
BITWISE = ("bitwise_and", "bitwise_or", "invert")
CASES += [Case(name, (Given(MASK), Given(INTEGERS > 2))) for name in BITWISE[:2]]
CASES += [Case(name, (Given(INTEGERS), Given(6))) for name in BITWISE[:2]]
CASES += [Case("invert", (Given(INTEGERS),)), Case("invert", (Given(MASK),))]
OURS = [name for name, o in OPS.items() if o.call.__module__.startswith("autograd_lite.")]
CASES += [
    Case(name, shapes)
    for name in OURS
    if OPS[name].numpy and isinstance(OPS[name].numpy[0], np.ufunc)
    if name not in ("matmul", *BITWISE)
    for shapes in (UNARY if len(OPS[name].vjps) == 1 else BINARY)
]
