"""`Tensor`: an array that remembers how it was computed."""

from __future__ import annotations

import sys
import warnings
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_lite import engine, ops
from autograd_lite.errors import GradientError, ShapeError, explain
from autograd_lite.graph import (
    Traced,
    enable_grad,
    place_of,
    share_version,
)
from autograd_lite.methods import ArrayMethods
from autograd_lite.numpy_protocol import NumPyMixin
from autograd_lite.op import raw

_default_dtype = np.dtype(np.float32)


def get_default_dtype() -> np.dtype[Any]:
    """The dtype that Python numbers get; float32 unless set."""
    return _default_dtype


def set_default_dtype(dtype: Any) -> None:
    """Set the dtype that Python numbers get from here on.

    Raises:
        ValueError: it is not a floating dtype.
    """
    global _default_dtype
    if np.dtype(dtype).kind != "f":
        raise ValueError(
            explain(
                "set_default_dtype", "not a floating dtype", got=repr(dtype), expected="np.float32"
            )
        )
    _default_dtype = np.dtype(dtype)


def tensor(data: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a Tensor from a copy of `data`.

    Args:
        data: An array, a Tensor (its values), a number, or nested lists of numbers.
        dtype: Its dtype. By default an array keeps its own and Python floats become
            `get_default_dtype()`; Python ints and bools become what NumPy makes of them.
        requires_grad: Whether gradients are wanted for it.

    Raises:
        DTypeError: `requires_grad` with a dtype that is not floating.

    Example:
        >>> tensor([1.0, 2.0])
        Tensor([1., 2.])
    """
    array = np.array(raw(data), dtype=dtype)
    if dtype is None and array.dtype == np.float64 and not _has_dtype(data):
        array = array.astype(_default_dtype)
    return Tensor(array, requires_grad)


def from_dlpack(x: Any) -> Tensor:
    """The memory of another library's array as a Tensor, not a copy; by the DLPack protocol.

    Tensors give theirs likewise, as `np.from_dlpack(t)` or `torch.from_dlpack(t)`, if they require
    no gradient.

    Args:
        x: An array in the main memory that has `__dlpack__`.

    Raises:
        TypeError: it has no `__dlpack__`.
        BufferError: its memory or its dtype is one that NumPy cannot use.

    Example:
        >>> a = np.array([1.0, 2.0])
        >>> t = from_dlpack(a)
        >>> a[0] = 5.0
        >>> t
        Tensor([5., 2.], dtype=float64)
    """
    if not hasattr(x, "__dlpack__"):
        got, expected = type(x).__name__, "an array that has `__dlpack__`"
        raise TypeError(
            explain("from_dlpack", "no array", got=got, expected=expected, fix="ag.tensor(x)")
        )
    try:
        return Tensor(np.from_dlpack(x))
    except RuntimeError as error:  # what NumPy raises for dtypes that it does not have
        got = f"{getattr(x, 'dtype', type(x).__name__)}: {error}"
        raise BufferError(explain("from_dlpack", "NumPy has no such arrays", got=got)) from error


def _has_dtype(data: Any) -> bool:
    """Whether `data` is, or holds, an array, and not just Python numbers."""
    while isinstance(data, (list, tuple)) and data:
        data = data[0]
    return hasattr(data, "dtype")


class Hook:
    """What `register_hook` returns."""

    __slots__ = ("_hook", "_hooks")

    def __init__(self, hooks: list[Any], hook: Any) -> None:
        self._hooks, self._hook = hooks, hook

    def remove(self) -> None:
        """Stop the hook from being called; harmless when repeated."""
        if self._hook in self._hooks:
            self._hooks.remove(self._hook)


_NOT_KEPT = (
    "`.grad` is read of a tensor that an op made, where gradients are not kept: it is None. "
    "Call t.retain_grad() before backward(), or read the `.grad` of a leaf"
)


# What PyTorch's users look for, and NumPy's arrays do not have.
_PYTORCH = {
    "add_": "x += y",
    "cpu": "x as it is: there is no other device",
    "cuda": "x as it is: there is no GPU",
    "dim": "x.ndim",
    "double": "x.astype(np.float64)",
    "expand": "np.broadcast_to(x, shape)",
    "float": "x.astype(np.float32)",
    "index_select": "np.take(x, indices, axis)",
    "long": "x.astype(np.int64)",
    "masked_fill": "np.where(mask, value, x)",
    "mul_": "x *= y",
    "numel": "x.size",
    "permute": "x.transpose(axes)",
    "requires_grad_": "x.requires_grad = True",
    "to": "x.astype(dtype)",
    "type": "x.astype(dtype)",
    "unsqueeze": "np.expand_dims(x, axis), or x[:, None]",
    "view": "x.reshape(shape)",
    "zero_": "x *= 0",
}


def _holds_grad(t: Tensor) -> bool:
    """Whether `grad` is set, be it to None."""
    try:
        Traced.__dict__["grad"].__get__(t)
    except AttributeError:
        return False
    return True


class Tensor(NumPyMixin, ArrayMethods):
    """An array with a place in the graph: ops on it are recorded if it requires a gradient.

    `Tensor(array)` shares the array; `ag.tensor` copies. Methods and operators are NumPy's.

    Attributes:
        data: The ndarray.
        grad: The gradient that `backward` has summed up, a Tensor, or None.
        requires_grad: Whether gradients are wanted.

    Example:
        >>> import autograd_lite as ag
        >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
        >>> (x * x).sum().backward()
        >>> x.grad
        Tensor([2., 4.])
    """

    __slots__ = ()

    if not TYPE_CHECKING:  # mypy would take every attribute for known

        def __getattr__(self, name: str) -> Any:
            """Answer a read of `grad` where nothing is kept, and say why; free for all others."""
            if name in _PYTORCH:
                where, problem = f"Tensor.{name}", "PyTorch's name, and no attribute here"
                text = explain(where, problem, fix=_PYTORCH[name])
                raise AttributeError(text, name=name, obj=self)
            if name != "grad":
                return object.__getattribute__(self, name)  # raises as it did
            if sys._getframe(1).f_globals.get("__name__") != "copy":  # which reads every slot
                warnings.warn(_NOT_KEPT, stacklevel=2)
            return None

    @property
    def is_leaf(self) -> bool:
        """Whether it was made by the user, not by an op."""
        return self.node is None

    def __repr__(self) -> str:
        text = np.array2string(self.data, separator=", ", prefix="Tensor(")
        dtype = "" if self.dtype in (np.float32, np.int64, np.bool_) else f", dtype={self.dtype}"
        return f"Tensor({text}{dtype}{', requires_grad=True' if self.requires_grad else ''})"

    def detach(self) -> Tensor:
        """The same memory as a constant: no gradient passes."""
        constant = Tensor(self.data)
        share_version(constant, self)
        return constant

    def numpy(self) -> np.ndarray[Any, np.dtype[Any]]:
        """The array itself, not a copy.

        Raises:
            GradientError: the tensor requires a gradient, which the array would lose.
        """
        if self.requires_grad:
            raise GradientError(
                explain(
                    "Tensor.numpy",
                    "the tensor requires a gradient, and an array would lose it",
                    fix="x.detach().numpy(), or x.data",
                )
            )
        return self.data

    def __dlpack__(self, **settings: Any) -> Any:
        """A capsule of the same memory, for `from_dlpack` of other libraries.

        Raises:
            GradientError: the tensor requires a gradient.
            BufferError: an axis runs backwards in memory, which ends the process in PyTorch.
        """
        array = self.numpy()
        if array.size and min(array.strides, default=0) < 0 and not settings.get("copy"):
            raise BufferError(
                explain(
                    "Tensor.__dlpack__",
                    "an axis runs backwards in memory, which other libraries cannot use",
                    got=f"strides {array.strides}",
                    fix="ag.tensor(x.data), a copy",
                )
            )
        return array.__dlpack__(**settings)

    def __dlpack_device__(self) -> tuple[int, int]:
        """The main memory."""
        return self.data.__dlpack_device__()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def retain_grad(self) -> None:
        """Keep the gradient in `grad` also if this is not a leaf."""
        if self.node is not None:
            owner = weakref.ref(self)
            if not _holds_grad(self):
                self.grad = None

            def keep(g: Tensor) -> None:
                if (tensor := owner()) is not None:
                    tensor._accumulate(g)

            self.register_hook(keep)

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> Hook:
        """Call `hook(gradient)` in each backward pass; what it returns replaces the gradient.

        Returns:
            A handle whose `remove()` undoes it.

        Raises:
            GradientError: the tensor does not require a gradient.

        Example:
            >>> import autograd_lite as ag
            >>> x = ag.tensor(3.0, requires_grad=True)
            >>> handle = x.register_hook(lambda g: g * 10)
            >>> (x * x).backward()
            >>> x.grad
            Tensor(60.)
        """
        if not self.requires_grad:
            raise GradientError(explain("register_hook", "the tensor does not require a gradient"))
        place = place_of(self)
        if place.hooks is None:
            place.hooks = []
        place.hooks.append(hook)
        return Hook(place.hooks, hook)

    def backward(
        self, gradient: Any = None, retain_graph: bool = False, create_graph: bool = False
    ) -> None:
        """Add the gradient of this tensor to `grad` of every leaf that it depends on.

        Args:
            gradient: What to start from, of this tensor's shape; ones for a single entry.
            retain_graph: Keep the graph for another pass; else what it saved is freed.
            create_graph: Make the gradients differentiable; keeps the graph too.

        Raises:
            GradientError: no gradient is required, the graph was freed, a value it needs was
                overwritten, or `gradient` is missing for more than one entry.
            ShapeError: `gradient` has another shape.
        """
        seed = self._seed(gradient)
        roots = [place_of(self)]
        if create_graph:
            with enable_grad():
                grads = engine.pull(roots, [seed], create_graph=True, retain_graph=True)
        else:
            grads = engine.pull(roots, [raw(seed)], retain_graph=retain_graph)
        for leaf, g in grads.items():
            leaf._accumulate(g)  # type: ignore[union-attr]

    def _seed(self, gradient: Any) -> Any:
        """The gradient that a backward pass starts from, checked."""
        if not self.requires_grad:
            raise GradientError(
                explain(
                    "backward",
                    "the tensor does not depend on anything that requires a gradient",
                    fix="make the inputs with requires_grad=True, outside of no_grad()",
                )
            )
        if gradient is None:
            if self.size != 1:
                raise GradientError(
                    explain(
                        "backward",
                        "a gradient to start from is needed for more than one entry",
                        got=f"shape {self.shape}",
                        expected="a single entry, or backward(gradient)",
                        fix="loss.sum().backward(), or loss.mean().backward()",
                    )
                )
            if self.dtype.kind == "c":
                raise GradientError(
                    explain(
                        "backward",
                        "a gradient to start from is needed for a complex value",
                        expected="a real number, or backward(gradient)",
                        fix="take its real, imag or abs",
                    )
                )
            return Tensor(np.ones(self.shape, self.dtype))
        if np.shape(gradient) != self.shape:
            raise ShapeError(
                explain(
                    "backward",
                    "`gradient` has the wrong shape",
                    got=str(np.shape(gradient)),
                    expected=str(self.shape),
                )
            )
        return (
            gradient if isinstance(gradient, Tensor) else Tensor(np.asarray(gradient, self.dtype))
        )

    def _accumulate(self, g: Any) -> None:
        """Add to `grad`, out of place, as earlier gradients may be in other hands."""
        if not isinstance(g, Tensor):
            g = Tensor(g)
        self.grad = g if self.grad is None else ops.add(self.grad, g)


Traced.result_type = Tensor
