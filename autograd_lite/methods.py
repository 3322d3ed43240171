"""What a Tensor has because an ndarray has it: operators, methods and properties, a line each."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_lite import ops
from autograd_lite.errors import GradientError, explain
from autograd_lite.graph import STATE, Traced, count_write
from autograd_lite.op import raw
from autograd_lite.ops.index import At, plain_index


def _check_constant(x: Traced, kind: str) -> None:
    """Raise where a Python number would make a derivative zero, as in `math.sin(x)`, `a[i] = x`.

    Only within transforms: in a loop with `backward()`, `float(loss)` is how a loss is reported.
    """
    if STATE.depth and STATE.recording and x.requires_grad:
        raise GradientError(
            explain(
                f"{kind}(x)",
                "x is being differentiated, and a Python number would lose the gradient",
                fix="np.sin(x) for math.sin(x), np.stack(values) for values written into an array; "
                "x.item() where x is meant as a constant",
            )
        )


def _writes_in_place(x: Traced, y: Any, text: str) -> bool:
    """Whether an augmented assignment writes to x. If not, it is `x = x op y`, and recorded."""
    records = STATE.recording and (x.requires_grad or (isinstance(y, Traced) and y.requires_grad))
    if records and x.requires_grad and x.node is None:
        raise GradientError(
            explain(
                text,
                "a leaf that requires a gradient was written in place while recording",
                expected="the write within no_grad(), or a new tensor",
                fix="with ag.no_grad(): ..., or y = x + ... under another name",
            )
        )
    return x.node is None and not records


def _operators(op: Any, ufunc: np.ufunc) -> tuple[Any, Any, Any]:
    """The operator of an op, its reflected form, and its augmented assignment."""

    def reflected(self: ArrayMethods, x: Any) -> Any:
        return op(x, self)

    def augmented(self: ArrayMethods, y: Any) -> Any:
        if not _writes_in_place(self, y, f"augmented assignment ({ufunc.__name__})"):
            return op(self, y)
        ufunc(self.data, raw(y), out=self.data)
        count_write(self)
        return self

    return op, reflected, augmented


def _plain(name: str) -> Any:
    """A method of arrays whose result has no derivative, and is an array."""

    def method(self: ArrayMethods, *args: Any, **settings: Any) -> Any:
        return getattr(self.data, name)(*map(raw, args), **settings)

    method.__name__, method.__doc__ = name, f"`ndarray.{name}`, which has no derivative."
    return method


class ArrayMethods(Traced):
    """NumPy's operators and methods for a `Traced` class."""

    __slots__ = ()
    __hash__ = object.__hash__

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.data.ndim

    @property
    def size(self) -> int:
        """Number of entries."""
        return self.data.size

    @property
    def T(self) -> Any:
        """All axes reversed."""
        return ops.transpose(self)

    @property
    def mT(self) -> Any:
        """The last two axes interchanged."""
        return ops.matrix_transpose(self)

    @property
    def real(self) -> Any:
        """The real part."""
        return ops.real(self)

    @property
    def imag(self) -> Any:
        """The imaginary part; zeros for real numbers."""
        return ops.imag(self)

    @property
    def flat(self) -> Iterator[Any]:
        """The entries, one by one."""
        return iter(ops.ravel(self))

    @property
    def at(self) -> At:
        """Functional updates: `x.at[index].set(v)` and `x.at[index].add(v)`."""
        return At(self)

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[Any]:
        return (ops.getitem(self, i) for i in range(len(self.data)))

    def __bool__(self) -> bool:
        return bool(self.data)

    def __int__(self) -> int:
        return int(self.data)

    def __float__(self) -> float:
        _check_constant(self, "float")
        return float(self.data)

    def __complex__(self) -> complex:
        _check_constant(self, "complex")
        return complex(self.data)

    def __index__(self) -> int:
        return operator.index(self.data)

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec and self.size == 1 else format(repr(self), spec)

    __add__, __radd__, __iadd__ = _operators(ops.add, np.add)
    __sub__, __rsub__, __isub__ = _operators(ops.subtract, np.subtract)
    __mul__, __rmul__, __imul__ = _operators(ops.multiply, np.multiply)
    __truediv__, __rtruediv__, __itruediv__ = _operators(ops.divide, np.true_divide)
    __pow__, __rpow__, __ipow__ = _operators(ops.power, np.power)
    __matmul__, __rmatmul__, __imatmul__ = _operators(ops.matmul, np.matmul)
    __mod__, __rmod__, __imod__ = _operators(ops.mod, np.mod)
    __floordiv__, __rfloordiv__, __ifloordiv__ = _operators(ops.floor_divide, np.floor_divide)
    __and__, __rand__, __iand__ = _operators(ops.bitwise_and, np.bitwise_and)
    __or__, __ror__, __ior__ = _operators(ops.bitwise_or, np.bitwise_or)
    __xor__, __rxor__, __ixor__ = _operators(ops.bitwise_xor, np.bitwise_xor)
    __lshift__, __rlshift__, __ilshift__ = _operators(ops.left_shift, np.left_shift)
    __rshift__, __rrshift__, __irshift__ = _operators(ops.right_shift, np.right_shift)
    __divmod__ = ops.divmod
    __neg__ = ops.negative
    __pos__ = ops.positive
    __abs__ = ops.absolute
    __invert__ = ops.invert
    __lt__ = ops.less
    __le__ = ops.less_equal
    __gt__ = ops.greater
    __ge__ = ops.greater_equal
    __eq__ = ops.equal
    __ne__ = ops.not_equal
    __getitem__ = ops.getitem

    def __setitem__(self, index: Any, values: Any) -> None:
        if not _writes_in_place(self, values, "x[index] = values"):
            raise GradientError(
                explain(
                    "x[index] = values",
                    "assignment is not recorded",
                    fix="x = x.at[index].set(values)",
                )
            )
        self.data[plain_index(index)] = raw(values)
        count_write(self)

    astype = ops.astype
    choose = ops.choose
    clip = ops.clip
    conj = conjugate = ops.conjugate
    copy = ops.copy
    cumprod = ops.cumprod
    cumsum = ops.cumsum
    diagonal = ops.diagonal
    dot = ops.dot
    flatten = ops.ravel
    max = ops.max
    mean = ops.mean
    min = ops.min
    prod = ops.prod
    ravel = ops.ravel
    repeat = ops.repeat
    round = ops.round
    squeeze = ops.squeeze
    std = ops.std
    sum = ops.sum
    swapaxes = ops.swapaxes
    take = ops.take
    trace = ops.trace
    var = ops.var

    def __rdivmod__(self, x: Any) -> Any:
        return ops.divmod(x, self)

    def __round__(self, digits: int | None = None) -> Any:
        return ops.round(self, digits or 0)

    def compress(self, condition: Any, axis: int | None = None) -> Any:
        """The entries along an axis where the condition holds."""
        return ops.compress(condition, self, axis=axis)

    def reshape(self, *shape: Any) -> Any:
        """The same entries in another shape, given as ints or as one tuple."""
        return ops.reshape(self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Any:
        """The axes permuted, given as ints or as one tuple; reversed without any."""
        return ops.transpose(self, (axes[0] if len(axes) == 1 else axes) or None)

    all = _plain("all")
    any = _plain("any")
    argmax = _plain("argmax")
    argmin = _plain("argmin")
    argpartition = _plain("argpartition")
    argsort = _plain("argsort")
    nonzero = _plain("nonzero")
    searchsorted = _plain("searchsorted")

    def item(self) -> Any:
        """The only entry, as a Python number."""
        return self.data.item()

    def tolist(self) -> Any:
        """The entries as nested lists of Python numbers."""
        return self.data.tolist()
