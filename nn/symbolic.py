"""Symbolic tensors: a shape and a dtype now, values when a model runs."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
from numpy.typing import DTypeLike

import autograd_lite as ag
from autograd_lite.errors import explain
from nn.rehearsal import rehearsal
from nn.structures import leaves, mapped, rebuilt

Shape = tuple[int | None, ...]

# What an axis of unknown length is taken to be when a layer is tried: long enough to be halved
# some times, and once more with another length, as what then changes is unknown too.
TRIED_LENGTHS = (32, 64)
TRIED_BATCHES = (1, 2)

# The methods of Tensors that symbolic tensors have too.
METHODS = frozenset(
    "all any argmax argmin astype clip cumprod cumsum dot flatten max mean min prod ravel repeat "
    "reshape round squeeze std sum swapaxes transpose var".split()
)
# Classes that `Layer.__call__` does not hand to `call` as they are.
UNUSUAL: set[type] = {list, tuple, dict}

_numbers = itertools.count()


class Call:
    """One use of a layer or an operation.

    Attributes:
        function: The layer or the `Operation`.
        args: What it is called on: a tree with symbolic tensors among its leaves.
        kwargs: Likewise, by name.
        form: The tree of what comes out.
        order: Later calls have larger numbers.
    """

    __slots__ = ("args", "form", "function", "kwargs", "order")

    def __init__(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.function, self.args, self.kwargs = function, args, kwargs
        self.form: Any = None
        self.order = next(_numbers)

    def symbols(self) -> list[SymbolicTensor]:
        """What it reads."""
        return [s for s in leaves((self.args, self.kwargs)) if isinstance(s, SymbolicTensor)]


class SymbolicTensor:
    """What a layer gives for an `Input`: a place in a graph, from which `nn.Model` is made.

    Layers are called on it. So are operators, indexing, NumPy's functions and the methods of
    arrays; they become operations of the model. Only ``==`` and ``!=`` of two symbolic tensors say
    whether they are the same object: there are `np.equal` and `np.not_equal`.

    Attributes:
        shape: With None for the batch axis and other axes of unknown length.
        dtype: Of the values to come.
        source: The call that it comes out of; None for an `Input`.
        index: Which of that call's outputs it is.
        name: Of what it comes out of.

    Example:
        >>> x = nn.Input((3,))
        >>> h = nn.layers.Dense(4)(x)
        >>> h + 2 * np.exp(h)
        <SymbolicTensor (None, 4) float32>
    """

    shape: Shape
    dtype: np.dtype[Any]
    source: Call | None = None
    index: int = 0

    def __init__(self, shape: Shape, dtype: DTypeLike, source: Call, index: int) -> None:
        self.shape, self.dtype = shape, np.dtype(dtype)
        self.source, self.index = source, index

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        UNUSUAL.add(cls)

    def __repr__(self) -> str:
        return f"<SymbolicTensor {self.shape} {self.dtype}>"

    @property
    def ndim(self) -> int:
        """How many axes there are."""
        return len(self.shape)

    def __eq__(self, other: Any) -> Any:
        return operate(np.equal, "equal", self, other) if _is_value(other) else self is other

    def __ne__(self, other: Any) -> Any:
        return (
            operate(np.not_equal, "not_equal", self, other)
            if _is_value(other)
            else self is not other
        )

    __hash__ = object.__hash__

    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **kwargs: Any) -> Any:
        return operate(getattr(ufunc, method), ufunc.__name__, *args, **kwargs)

    def __array_function__(self, function: Any, _: Any, args: Any, kwargs: Any) -> Any:
        if function in (np.shape, np.ndim):
            return self.shape if function is np.shape else self.ndim
        return operate(function, function.__name__, *args, **kwargs)

    def __getitem__(self, key: Any) -> Any:
        return operate(get_item, "get_item", self, key)

    def __getattr__(self, name: str) -> Any:
        if name not in METHODS:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return lambda *args, **kwargs: operate(Method(name), name, self, *args, **kwargs)

    def _no_values(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError(
            explain(
                "a symbolic tensor",
                "it has no values: they come when the model runs",
                got=repr(self),
                fix="NumPy's functions, operators or layers on it; for anything else, a layer of "
                "your own whose `call` does it",
            )
        )

    __array__ = __bool__ = __float__ = __int__ = __len__ = __iter__ = _no_values


UNUSUAL.add(SymbolicTensor)


class Method:
    """A method by its name, as a function of the object."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """The method of `x`."""
        return getattr(x, self.name)(*args, **kwargs)


class Operation:
    """A function in a graph, where there is no layer for it.

    Attributes:
        function: Of arrays or Tensors.
        kind: What it is named after.
        name: In `summary`, where each has another.
        output_shape: As of a layer.
    """

    name: str = ""
    named_by_model: bool = False

    def __init__(self, function: Callable[..., Any], kind: str) -> None:
        self.function, self.kind = function, kind
        self.output_shape: Any = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """``function(...)``."""
        return self.function(*args, **kwargs)


def operate(function: Callable[..., Any], kind: str, *args: Any, **kwargs: Any) -> Any:
    """A function of symbolic tensors, as an operation."""
    operation = Operation(function, kind)
    out = record(operation, args, kwargs, both=True)
    operation.output_shape = mapped(lambda s: s.shape, out)
    return out


def record(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], both: bool = False) -> Any:
    """What comes out of a call on symbolic tensors, found by trying it on zeros.

    Args:
        function: A layer or an `Operation`.
        args: A tree with symbolic tensors among its leaves.
        kwargs: Likewise.
        both: Whether a batch of another size is tried too; else the first axis is the batch's.
    """
    call = Call(function, args, kwargs)
    symbols = call.symbols()
    out = _tried(call, 0)
    call.form = mapped(lambda _: None, out)
    found = [np.shape(x) for x in leaves(out)]
    if both or any(None in s.shape[1:] for s in symbols):
        again = [np.shape(x) for x in leaves(_tried(call, 1))]
        known: list[Shape] = [
            tuple(n if n == m else None for n, m in zip(a, b, strict=True))
            for a, b in zip(found, again, strict=True)
        ]
    elif all(s.shape[:1] == (None,) for s in symbols):
        known = [(None, *shape[1:]) if shape else () for shape in found]
    else:
        known = list(found)
    made = [
        SymbolicTensor(shape, np.asarray(raw).dtype, call, i)
        for i, (shape, raw) in enumerate(zip(known, map(_array, leaves(out)), strict=True))
    ]
    return rebuilt(out, iter(made))


def _tried(call: Call, attempt: int) -> Any:
    def zeros(leaf: Any) -> Any:
        if not isinstance(leaf, SymbolicTensor):
            return leaf
        axes = enumerate(leaf.shape)
        free = (TRIED_BATCHES, TRIED_LENGTHS)
        shape = [free[i > 0][attempt] if n is None else n for i, n in axes]
        # A Tensor, so that its operators and not NumPy's run, as they will in training.
        x = np.zeros(shape, leaf.dtype)
        return ag.tensor(x) if isinstance(call.function, Operation) and x.dtype.kind == "f" else x

    args, kwargs = mapped(zeros, (call.args, call.kwargs))
    with ag.no_grad(), rehearsal(), np.errstate(all="ignore"):
        return call.function(*args, **kwargs)


def _is_value(x: Any) -> bool:
    return isinstance(x, int | float | np.ndarray | np.generic | ag.Tensor)


def _array(x: Any) -> Any:
    return x.data if isinstance(x, ag.Tensor) else x


def get_item(x: Any, key: Any) -> Any:
    """``x[key]``."""
    return x[key]


def _operator(name: str, reflected: bool = False) -> Callable[..., Any]:
    ufunc: Any = getattr(np, name)

    def method(*operands: Any) -> Any:
        return operate(ufunc, name, *(operands[::-1] if reflected else operands))

    return method


OPERATORS = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "true_divide",
    "pow": "power",
    "matmul": "matmul",
}
for _symbol, _name in OPERATORS.items():
    setattr(SymbolicTensor, f"__{_symbol}__", _operator(_name))
    setattr(SymbolicTensor, f"__r{_symbol}__", _operator(_name, reflected=True))
ALONE = {
    "neg": "negative",
    "abs": "absolute",
    "gt": "greater",
    "ge": "greater_equal",
    "lt": "less",
    "le": "less_equal",
}
for _symbol, _name in ALONE.items():
    setattr(SymbolicTensor, f"__{_symbol}__", _operator(_name))
