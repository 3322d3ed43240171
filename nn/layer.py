"""Parameters, and the layers that own them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

import autograd_lite as ag
from autograd_lite.errors import ShapeError, explain
from nn.checks import snake_case

Shape = tuple[int | None, ...]


class Parameter(ag.Tensor):
    """A leaf tensor that a layer owns: a weight to be trained, or a state that is only kept.

    Args:
        data: The initial values. An ndarray is kept, not copied.
        trainable: False for a state, such as a moving average: it is saved with the weights, but
            takes no gradient, whatever its layer's `trainable` says.

    Example:
        >>> import numpy as np
        >>> Parameter(np.zeros((3, 2))).requires_grad
        True
    """

    __slots__ = ("trainable",)

    def __init__(self, data: ArrayLike, trainable: bool = True) -> None:
        super().__init__(np.asarray(data), requires_grad=trainable)
        self.trainable = trainable


class Layer:
    """Maps arrays or Tensors, and owns the parameters for it.

    To write one, make the parameters in `build(input_shape)` and compute in `call(x)`, or in
    `call(x, training=False)` if training differs from use. Parameters and layers are found by
    attribute, also inside lists, tuples and dicts; there is nothing to register.

    Attributes:
        name: For `summary` and messages; the class name in snake case unless given.
        built: Whether the parameters exist. They are made at the first call.
        output_shape: Of the first call, with None for the batch axis; None before it.

    Example:
        >>> import numpy as np
        >>> class Scale(Layer):
        ...     def build(self, input_shape):
        ...         self.scale = Parameter(np.ones(input_shape[-1]))
        ...
        ...     def call(self, x):
        ...         return x * self.scale
        >>> layer = Scale()
        >>> layer(np.zeros((2, 3))).shape, [name for name, _ in layer.named_parameters()]
        ((2, 3), ['scale'])
    """

    # On the class, so that a subclass which forgets `super().__init__()` still works.
    built: bool = False
    output_shape: Shape | None = None
    name: str = ""
    _trainable: bool = True
    _takes_training: ClassVar[bool] = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._takes_training = "training" in inspect.signature(cls.call).parameters
        if "name" not in vars(cls):
            cls.name = snake_case(cls.__name__)

    def __init__(self, name: str | None = None) -> None:
        if name is not None:
            self.name = name

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"

    def __call__(self, x: Any, training: bool = False) -> Any:
        """`call(x)`, after `build` if this is the first time."""
        if self.built:
            return self.call(x, training=training) if self._takes_training else self.call(x)
        if not hasattr(x, "shape"):
            x = np.asarray(x)
        self._build_on(x)
        self.built = True
        if not self._trainable:
            self.trainable = False
        out = self(x, training)
        self.output_shape = (None, *out.shape[1:])
        return out

    def build(self, input_shape: Shape) -> None:
        """Make the parameters. Called once, before the first `call`."""

    def _build_on(self, x: Any) -> None:
        self.build((None, *x.shape[1:]))

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The layer's function of `x`. Subclasses define it."""
        raise NotImplementedError(
            explain(type(self).__name__, "no `call`", fix="define call(self, x, training=False)")
        )

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Every parameter once, with its dotted path, in the order of creation."""
        for path, value in _walk(self, "", set()):
            if isinstance(value, Parameter):
                yield path, value

    def parameters(self) -> list[Parameter]:
        """Every parameter once, in the order of creation."""
        return [p for _, p in self.named_parameters()]

    def sublayers(self) -> dict[str, Layer]:
        """The layers directly below this one, by attribute."""
        return {k: v for k, v in _members(vars(self), "") if isinstance(v, Layer)}

    @property
    def trainable(self) -> bool:
        """Whether the parameters here and below take gradients. Takes effect at once."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = value
        for _, member in _members(vars(self), ""):
            if isinstance(member, Layer):
                member.trainable = value
            else:
                member.requires_grad = value and member.trainable

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


def _members(container: Any, path: str) -> Iterator[tuple[str, Parameter | Layer]]:
    """Parameters and layers in `container` itself and in lists, tuples and dicts in it."""
    items = container.items() if isinstance(container, dict) else enumerate(container)
    for key, value in items:
        if isinstance(value, Parameter | Layer):
            yield f"{path}{key}", value
        elif isinstance(value, list | tuple | dict):
            yield from _members(value, f"{path}{key}.")


def _walk(layer: Layer, path: str, seen: set[int]) -> Iterator[tuple[str, Parameter | Layer]]:
    """Everything below `layer`, each object once, however often and in what circles it is held."""
    seen.add(id(layer))
    for key, value in _members(vars(layer), path):
        if id(value) not in seen:
            seen.add(id(value))
            yield key, value
            if isinstance(value, Layer):
                yield from _walk(value, f"{key}.", seen)
