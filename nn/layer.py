"""The base class of layers, and what happens when one is called."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from autograd_lite.errors import explain
from nn.checks import callers, snake_case
from nn.configs import Config, Encoder, Recorded
from nn.declaring import Declares, declare, finishing
from nn.gathering import gathered, offer
from nn.masking import MASKS, fitting, mask_of, masked
from nn.parameters import Owner, members, walk
from nn.parameters import Parameter as Parameter  # for the layers
from nn.structures import holds_arrays, leaves, mapped, shapes
from nn.symbolic import UNUSUAL, SymbolicTensor, record
from nn.symbolic import Shape as Shape  # for the layers


class _Missing:
    """What stands for the first input of a layer if it is given by name."""


MISSING = _Missing()
UNUSUAL.add(_Missing)


class Layer(Owner, Recorded, metaclass=Declares):
    """Maps arrays or Tensors, and owns the parameters for it.

    To write one, make the parameters in `build(input_shape)` and compute in `call(x)`, or in
    `call(x, training=False)` if training differs from use. Parameters and layers are found by
    attribute, also inside lists, tuples and dicts; there is nothing to register.

    A mask, which says where steps of a sequence are no more than padding, travels with the values
    from `Embedding` or `Masking` on. A `call` with a parameter `mask` is given that of its first
    input, one with `<name>_mask` that of the input `<name>`, unless the caller gives another. What
    comes out has the mask that `compute_mask` says, if there is one or `supports_masking` is set.

    Attributes:
        name: For `summary` and messages; the class name in snake case unless given.
        named_by_model: Whether a model gave the name, to tell its layers apart.
        built: Whether the parameters exist. They are made at the first call, or by `build`.
        declared_shape: Of a sample, if it was given as `input_shape` or `input_dim`.
        supports_masking: Whether what comes out has the mask of what came in.
        output_shape: Of the first call, with None for the batch axis; None before it. A tree of
            shapes if the layer gives several outputs.

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
    output_shape: Any = None
    named_by_model: bool = False
    declared_shape: tuple[int | None, ...] | None = None
    supports_masking: bool = False
    # Whether `call` of this very class calls the same ops whatever the numbers are, and does
    # nothing else: see `nn.replay`.
    _replays: ClassVar[bool] = False
    # Whether nothing is left to do at a call but `call`.
    _short: bool = False
    _uses: int = 0
    _output: Any = None
    _added: Sequence[Any] = ()
    _gathers: bool = False
    # Whether a mask may come out where none came in.
    _makes_masks: bool = False
    _inputs: ClassVar[Sequence[str]] = ()
    _takes_training: ClassVar[bool] = False
    # The parameters of `call` that are masks, and of which inputs; that of the first input.
    _masked: ClassVar[Mapping[str, str]] = {}
    _own_mask: ClassVar[str] = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._inputs = names = tuple(inspect.signature(cls.call).parameters)[1:]
        cls._takes_training = "training" in names
        masked = {f"{name}_mask": name for name in names} | {"mask": names[0] if names else ""}
        cls._masked = {mask: name for mask, name in masked.items() if mask in names}
        cls._own_mask = next((m for m, name in cls._masked.items() if name == names[0]), "")
        if "build" in vars(cls):
            cls.build = finishing(vars(cls)["build"])  # type: ignore[method-assign]
        if "compute_mask" in vars(cls):
            cls.supports_masking = vars(cls).get("supports_masking", True)
            cls._makes_masks = vars(cls).get("_makes_masks", True)
        if "name" not in vars(cls):
            cls.name = snake_case(cls.__name__)

    def __init__(self, name: str | None = None, **declared: Any) -> None:
        if name is not None:
            self.name = name
        declare(self, declared)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"

    def __call__(
        self, x: Any = MISSING, /, *args: Any, training: bool | None = None, **kwargs: Any
    ) -> Any:
        """`call(x, ...)`, after `build` if this is the first time.

        Args:
            x: An array, or several in a list, tuple or dict if `call` takes them so. On symbolic
                tensors the layer becomes part of their graph. May be given by its name in `call`.
            *args: Further inputs, passed on.
            training: Passed on if `call` has a parameter of that name.
            **kwargs: Passed on.
        """
        if args or kwargs or not self._short or x.__class__ in UNUSUAL:
            return self._call_in_full(x, args, training, kwargs)
        if MASKS:
            named = {"training": training or False} if self._takes_training else {}
            return self._call_masked(x, (), named)
        return self.call(x, training=training or False) if self._takes_training else self.call(x)

    def _call_in_full(
        self, x: Any, args: tuple[Any, ...], training: bool | None, kwargs: dict[str, Any]
    ) -> Any:
        """What `__call__` does where the short way is not open."""
        if x is MISSING:
            x, kwargs = self._first_of(kwargs)
        if args and isinstance(args[0], bool):
            training, *args = args  # type: ignore[assignment]
        if any(isinstance(leaf, SymbolicTensor) for leaf in leaves((x, args, kwargs))):
            self._make_ready(x)
            fixed = {} if training is None else {"training": training}
            self._uses += 1
            known = self.output_shape
            self._output = out = record(self, (x, *args), kwargs | fixed)
            if known is None:
                self.output_shape = mapped(lambda symbol: symbol.shape, out)
            return out
        if not holds_arrays(x) and not hasattr(x, "shape"):
            x = np.asarray(x)
        self._make_ready(x)
        masks = MASKS or self._makes_masks or args or kwargs
        if self._takes_training:
            kwargs = {**kwargs, "training": training or False}
        out = self._call_masked(x, args, kwargs) if masks else self.call(x, *args, **kwargs)
        if self.output_shape is None:
            self.output_shape = shapes(out)
        self._short = not self._makes_masks
        return out

    def _first_of(self, kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """The first input, given by its name, and all else that was."""
        first = self._inputs[0] if self._inputs else "x"
        if first not in kwargs:
            got = ", ".join(f"{name}=" for name in kwargs) or "nothing"
            raise TypeError(explain(self.name, "no input", got=got, expected=f"layer({first})"))
        return kwargs[first], {name: x for name, x in kwargs.items() if name != first}

    def _call_masked(self, x: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """`call` with the masks of what comes in, and one for what comes out."""
        given = dict(zip(self._inputs, (x, *args), strict=False)) | kwargs
        for name, source in self._masked.items():
            if name in self._inputs[: len(args) + 1]:
                continue
            own = given.get(name)
            mask = mask_of(given.get(source)) if own is None else fitting(given.get(source), own)
            if mask is not None:
                given[name] = kwargs[name] = mask
        own = given.get(self._own_mask)
        mask = mask_of(x) if own is None else own
        return self._with_its_mask(x, mask, self.call(x, *args, **kwargs))

    def _with_its_mask(self, x: Any, mask: Any, out: Any) -> Any:
        """What comes out, with its mask."""
        if self.supports_masking:
            if mask is not None or self._makes_masks:
                return masked(out, self.compute_mask(x, mask), x)
        elif mask is not None and not self._masked and mask_of(out) is None:
            warnings.warn(
                f"{self.name}: the input has a mask, and the output none, as "
                f"{type(self).__name__} does not pass masks on: from here on padding counts. If "
                "it may, set supports_masking = True, or define compute_mask(self, x, mask)",
                stacklevel=callers(),
            )
        return out

    def compute_mask(self, x: Any, mask: Any = None) -> Any:
        """The mask of the output: that of the input, unless a subclass says otherwise.

        Args:
            x: The input; several as `call` takes them.
            mask: Its mask, or None; of several inputs a tree of them.
        """
        return mask

    def _make_ready(self, x: Any) -> None:
        if not self.built:
            self._build_on(x)
            if not self.built:
                self._finish_build(shapes(x))

    def _finish_build(self, input_shape: Any) -> None:
        self.built = True
        for path, member in members(self):
            if isinstance(member, Parameter):
                member.name = member.name or path
        if not self._trainable:
            self.trainable = False

    @finishing
    def build(self, input_shape: Any) -> None:
        """Make the parameters. Called once, before the first `call`.

        Args:
            input_shape: Of the input, with None for the batch axis; for several inputs a list,
                tuple or dict of shapes.
        """

    def _build_on(self, x: Any) -> None:
        self.build(shapes(x))

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The layer's function of `x`. Subclasses define it."""
        raise NotImplementedError(
            explain(
                type(self).__name__,
                "no `call`",
                fix="rename `forward` to `call`"
                if hasattr(self, "forward")
                else "define call(self, x, training=False)",
            )
        )

    def _config(self, encode: Encoder) -> Config:
        return super()._config(encode) | ({} if self.trainable else {"trainable": False})

    def add_loss(self, loss: Any) -> None:
        """Add a number to the loss of this batch; to be called from `call`."""
        if not offer(loss):
            self._added = [loss]

    @property
    def losses(self) -> list[Any]:
        """What to add to the loss: of each regularized parameter, and of the last call.

        Example:
            >>> layer = nn.layers.Dense(1, kernel_regularizer="l2", kernel_initializer="ones")
            >>> y = layer(np.ones((1, 3), np.float32))
            >>> [round(float(loss), 2) for loss in layer.losses]
            [0.03]
        """
        weights = [p.regularizer(p) for p in self.parameters() if p.regularizer and p.requires_grad]
        return weights + self._added_losses()

    def _gathering(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """`call(...)`, and what layers below add to the loss meanwhile is kept here."""
        out, terms = gathered(call, *args, **kwargs)
        if terms is not None:
            self._added, self._gathers = terms, True
        return out

    def _added_losses(self) -> list[Any]:
        if self._gathers:
            return list(self._added)
        below = [v for _, v in walk(self, "", set()) if isinstance(v, Layer)]
        return [loss for layer in (self, *below) for loss in layer._added]

    @property
    def input(self) -> Any:
        """The symbolic tensors that `output` was given for; of several arguments a list."""
        args = leaves(self.output)[0].source.args
        return args[0] if len(args) == 1 else list(args)

    @property
    def output(self) -> Any:
        """What the layer gave for symbolic tensors; for a new model that ends there.

        Raises:
            AttributeError: it was not called on symbolic tensors, or more than once.
        """
        if self._uses != 1:
            raise AttributeError(
                explain(
                    self.name,
                    "there is not one symbolic output",
                    got=f"{self._uses} calls on symbolic tensors",
                    expected="one call, as of layers of nn.Model(inputs, outputs)",
                )
            )
        return self._output
