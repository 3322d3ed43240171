"""Parameters, and what owns them: they are found by attribute."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

import autograd_lite as ag
from autograd_lite.errors import ShapeError, explain
from nn import constraints, initializers, regularizers

_next_change = itertools.count(1).__next__


class Parameter(ag.Tensor):
    """A leaf tensor that a layer owns: a weight to be trained, or a state that is only kept.

    Args:
        data: The initial values. An ndarray is kept, not copied.
        trainable: False for a state, such as a moving average: it is saved with the weights, but
            takes no gradient, whatever its layer's `trainable` says.
        regularizer: A function of the parameter to a number that is added to the loss, or None.
        constraint: A function of its array to the one that replaces it after a step, or None.

    Attributes:
        name: The one it was given in `add_weight`, or else its layer's, once that is built.

    Example:
        >>> import numpy as np
        >>> Parameter(np.zeros((3, 2))).requires_grad
        True
    """

    __slots__ = ("constraint", "name", "regularizer", "trainable")

    def __init__(
        self,
        data: ArrayLike,
        trainable: bool = True,
        *,
        regularizer: Callable[[Any], Any] | None = None,
        constraint: Callable[[Any], Any] | None = None,
    ) -> None:
        super().__init__(np.asarray(data), requires_grad=trainable)
        self.trainable, self.regularizer, self.constraint = trainable, regularizer, constraint
        self.name = ""

    def assign(self, value: ArrayLike | ag.Tensor) -> Parameter:
        """Write a value of the same shape in place, outside of any derivative.

        Example:
            >>> w = Parameter(np.zeros(2))
            >>> w.assign([1.0, 2.0]).assign_add([1.0, 1.0]).assign_sub([0.0, 3.0]).tolist()
            [2.0, 0.0]
        """
        ag.updates.assign(self, np.asarray(value.data if isinstance(value, ag.Tensor) else value))
        return self

    def assign_add(self, value: ArrayLike | ag.Tensor) -> Parameter:
        """Add in place, as `assign`."""
        return self.assign(self.detach() + value)

    def assign_sub(self, value: ArrayLike | ag.Tensor) -> Parameter:
        """Subtract in place, as `assign`."""
        return self.assign(self.detach() - value)


class Owner:
    """Base of layers: owns parameters, and others of its kind that own some.

    Attributes:
        name: For messages.
        built: Whether the parameters exist.
    """

    name: str = ""
    built: bool = False
    _trainable: bool = True
    # Another number after an attribute of any of them was set, in whichever thread.
    _change: ClassVar[int] = 0
    # What `add_weight` made, in case that nobody keeps it.
    _weights_added: Mapping[str, Parameter] = {}

    def __setattr__(self, name: str, value: Any) -> None:
        Owner._change = _next_change()
        super().__setattr__(name, value)

    def add_weight(
        self,
        shape: tuple[int, ...] | None = None,
        initializer: Any = None,
        dtype: DTypeLike | None = None,
        trainable: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        name: str | None = None,
    ) -> Parameter:
        """A new parameter, as Keras has it: ``self.w = self.add_weight((3, 4), "he_normal")``.

        Args:
            shape: Of the parameter; None is a number, ``()``.
            initializer: A name in `nn.initializers` or a callable; None is ``"glorot_uniform"``.
            dtype: By default the library's default.
            trainable: False for a state.
            regularizer: A name in `nn.regularizers` or a callable, or None.
            constraint: A name in `nn.constraints` or a callable, or None.
            name: Of the parameter; that of its attribute if there is none.

        Example:
            >>> class Scale(nn.Layer):
            ...     def build(self, input_shape):
            ...         self.scale = self.add_weight((input_shape[-1],), "ones")
            ...
            ...     def call(self, x):
            ...         return x * self.scale
            >>> Scale()(np.zeros((2, 3))).shape
            (2, 3)
        """
        where = f"{type(self).__name__}.add_weight"
        made = drawn(
            () if shape is None else shape,
            initializers.get(initializer or "glorot_uniform", f"{where}: `initializer`"),
            dtype,
            trainable=trainable,
            regularizer=regularizers.get(regularizer, f"{where}: `regularizer`"),
            constraint=constraints.get(constraint, f"{where}: `constraint`"),
        )
        made.name = name or ""
        key = name or f"weight_{len(self._weights_added)}"
        self._weights_added = {**self._weights_added, key: made}
        return made

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Every parameter once, with its dotted path, in the order of creation."""
        for path, value in walk(self, "", set()):
            if isinstance(value, Parameter):
                yield path, value

    def parameters(self) -> list[Parameter]:
        """Every parameter once, in the order of creation."""
        return [p for _, p in self.named_parameters()]

    def sublayers(self) -> dict[str, Any]:
        """The layers directly below this one, by attribute."""
        return {k: v for k, v in members(self) if isinstance(v, Owner)}

    @property
    def trainable(self) -> bool:
        """Whether the parameters here and below take gradients. Takes effect at once."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = value
        for _, member in members(self):
            if isinstance(member, Owner):
                member.trainable = value
            else:
                member.requires_grad = value and member.trainable

    @property
    def weights(self) -> list[Parameter]:
        """All parameters, in the order of `get_weights`."""
        return self.parameters()

    @property
    def trainable_weights(self) -> list[Parameter]:
        """The parameters that take gradients."""
        return [p for p in self.parameters() if p.requires_grad]

    @property
    def non_trainable_weights(self) -> list[Parameter]:
        """States, and what is frozen."""
        return [p for p in self.parameters() if not p.requires_grad]

    # Keras' other names.
    variables = weights
    trainable_variables = trainable_weights
    non_trainable_variables = non_trainable_weights

    def count_params(self) -> int:
        """How many numbers the parameters hold."""
        return sum(p.size for p in self.parameters())

    def get_weights(self) -> list[NDArray[Any]]:
        """Copies of all parameters' values, in the order of creation."""
        return [p.data.copy() for p in self.parameters()]

    def set_weights(self, weights: Sequence[ArrayLike]) -> None:
        """Overwrite all parameters, in the order of `get_weights`.

        Raises:
            ShapeError: not as many arrays as parameters, or of other shapes. Nothing is written.
        """
        named, arrays = list(self.named_parameters()), [np.asarray(w) for w in weights]
        ours = [p.shape for _, p in named]
        if ours != [a.shape for a in arrays]:
            raise ShapeError(
                explain(
                    f"{self.name}.set_weights",
                    "the weights do not fit",
                    got=", ".join(str(a.shape) for a in arrays) or "no arrays",
                    expected=", ".join(f"{n} {p.shape}" for n, p in named) or "no arrays",
                    fix=None if self.built else "build the layer first: call it, or build(shape)",
                )
            )
        for (_, parameter), array in zip(named, arrays, strict=True):
            ag.updates.assign(parameter, array)


def drawn(
    shape: Any, initializer: Callable[..., Any], dtype: DTypeLike | None = None, **settings: Any
) -> Parameter:
    """A parameter of this shape, with `settings`, that starts as the initializer says."""
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    return Parameter(initializer(shape, **({} if dtype is None else {"dtype": dtype})), **settings)


def _members(container: Any, path: str) -> Iterator[tuple[str, Parameter | Owner]]:
    """Parameters and layers in `container` itself and in lists, tuples and dicts in it."""
    items = container.items() if isinstance(container, dict) else enumerate(container)
    for key, value in items:
        if isinstance(value, Parameter | Owner):
            yield f"{path}{key}", value
        elif isinstance(value, list | tuple | dict):
            yield from _members(value, f"{path}{key}.")


def members(owner: Owner) -> Iterator[tuple[str, Parameter | Owner]]:
    """What is directly below, by attribute; at last the weights that are kept as none."""
    if not owner._weights_added:
        yield from _members(vars(owner), "")
        return
    kept = {key: value for key, value in vars(owner).items() if key != "_weights_added"}
    found = set()
    for path, value in _members(kept, ""):
        found.add(id(value))
        yield path, value
    for key, value in owner._weights_added.items():
        if id(value) not in found:
            yield f"added.{key}", value


def walk(owner: Owner, path: str, seen: set[int]) -> Iterator[tuple[str, Parameter | Owner]]:
    """Everything below `owner`, each object once, however often and in what circles it is held."""
    seen.add(id(owner))
    for key, value in members(owner):
        if id(value) not in seen:
            seen.add(id(value))
            yield path + key, value
            if isinstance(value, Owner):
                yield from walk(value, f"{path}{key}.", seen)
