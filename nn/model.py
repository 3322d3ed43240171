"""Models: layers that can be compiled, trained, evaluated and saved."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any, Self

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import choose, explain
from nn import blueprints, saving, serialization, summary
from nn.configs import Config, Decoder, Encoder, know
from nn.functional import Graph, Input, name_apart
from nn.layer import Layer
from nn.loop import Loop
from nn.masking import with_mask
from nn.rehearsal import rehearsal
from nn.structures import rebuilt, zeros


class _SublayersByDefault:
    """`layers` of a model that has no attribute of that name: what is found directly below it."""

    def __get__(self, model: Model | None, owner: type) -> Any:
        return self if model is None else list(model.sublayers().values())


class Model(Loop):
    """A layer with a training loop: the graph between some inputs and outputs, or a subclass.

    A subclass makes its layers in `__init__` and defines `call`. For layers one after the other
    there is `Sequential`.

    Args:
        inputs: An `Input`, or a list or dict of them; other symbolic tensors will do.
        outputs: What layers gave for them: a symbolic tensor, or a list or dict of them.
        name: Of the model.

    Attributes:
        layers: In a graph the farthest from the outputs first.
        built_on: The input shapes of the first call, unless it is a graph.

    Raises:
        TypeError: `inputs` or `outputs` are no symbolic tensors.
        ValueError: an output depends on an `Input` that is not given, or two layers have one name.

    Example:
        >>> x = nn.Input((3,))
        >>> h = nn.layers.Dense(3, activation="tanh")(x)
        >>> model = nn.Model(x, x + h)
        >>> model(np.zeros((2, 3))).shape
        (2, 3)
        >>> class Residual(nn.Model):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.hidden = nn.layers.Dense(3, activation="tanh")
        ...
        ...     def call(self, x, training=False):
        ...         return x + self.hidden(x)
        >>> Residual()(np.zeros((2, 3))).shape
        (2, 3)
    """

    layers: Any = _SublayersByDefault()
    built_on: Any = None

    def __init__(self, inputs: Any = None, outputs: Any = None, *, name: str | None = None) -> None:
        super().__init__(name)
        if inputs is None and outputs is None:
            return
        graph = Graph(inputs, outputs)
        name_apart(self.name, graph.functions)
        graph.name()
        for symbol in graph.inputs:
            if isinstance(symbol, Input):
                symbol.built, symbol.output_shape = True, symbol.shape
        self.graph = graph
        self.layers = [f for f in graph.functions if isinstance(f, Layer)]
        self.output_shape = rebuilt(graph.output_form, (s.shape for s in graph.outputs))
        self.built, self._dtype = True, ag.get_default_dtype()

    def call(self, x: Any, training: bool = False, mask: Any = None) -> Any:
        """The graph's outputs. Subclasses define their own.

        Args:
            x: The inputs.
            training: Passed on to the layers.
            mask: Of the inputs, which has them travel with their masks.
        """
        if self.graph is None:
            return super().call(x)
        return self.graph.run(with_mask(x, mask), training)

    @property
    def inputs(self) -> list[Any]:
        """The symbolic tensors the graph begins with; none for a model that is no graph."""
        return [] if self.graph is None else list(self.graph.inputs)

    @property
    def outputs(self) -> list[Any]:
        """The symbolic tensors the graph ends with; none for a model that is no graph."""
        return [] if self.graph is None else list(self.graph.outputs)

    @property
    def input(self) -> Any:
        """The only one of `inputs`, or all of them."""
        return _single(self.inputs)

    @property
    def output(self) -> Any:
        """The only one of `outputs`, or all of them."""
        return _single(self.outputs) if self.outputs else super().output

    @property
    def input_names(self) -> list[str]:
        """By which `fit` and others take inputs as a dict."""
        return [] if self.graph is None else list(self.graph.input_names)

    @property
    def output_names(self) -> list[str]:
        """By which targets and losses may be given; the beginnings of names in the history."""
        return [] if self.graph is None else list(self.graph.output_names)

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """One of `layers`, by its name or its place.

        Raises:
            ValueError: there is none, or neither or both of the two are given.
        """
        layers: list[Layer] = list(self.layers)
        if (name is None) == (index is None):
            raise ValueError(
                explain("get_layer", "either `name` or `index`", got=f"{name=}, {index=}")
            )
        if index is None:
            return choose({layer.name: layer for layer in layers}, name, "get_layer")
        if not -len(layers) <= index < len(layers):
            raise ValueError(
                explain(
                    "get_layer",
                    "no layer with this index",
                    got=str(index),
                    expected=f"less than {len(layers)}",
                )
            )
        return layers[index]

    def build(self, input_shape: Any) -> None:
        """Make all parameters by a pass of zeros; the batch axis, and any other None, count as 1.

        Not needed before `fit`, which builds on the first sample.

        Args:
            input_shape: With the batch axis; for several inputs a list or dict of shapes.
        """
        if self.graph is None:
            with ag.no_grad(), rehearsal():
                self(zeros(input_shape, self.dtype))

    def _build_on(self, x: Any) -> None:
        # The layers below build themselves on what reaches them; `build` is for the user to call.
        if type(self).build is not Model.build:
            super()._build_on(x)

    def _finish_build(self, input_shape: Any) -> None:
        if not self.built:
            self.built_on = input_shape
        super()._finish_build(input_shape)

    def _given_name(self) -> str | None:
        return None if self.named_by_model else vars(self).get("name")

    def _config(self, encode: Encoder) -> Config:
        if self.graph is None or type(self).__init__ is not Model.__init__:
            return super()._config(encode)
        return blueprints.drawn(self.graph, encode) | {"name": self._given_name()}

    @classmethod
    def _from_config(cls, config: Config, decode: Decoder) -> Self:
        if "calls" in config and cls.__init__ is Model.__init__:
            return cls(*blueprints.redrawn(config, decode), name=config.get("name"))
        return super()._from_config(config, decode)

    def summary(
        self, print_fn: Callable[[str], object] = print, expand_nested: bool = False
    ) -> None:
        """Print a table of the layers, their output shapes and parameter counts.

        Args:
            print_fn: What is called with the table.
            expand_nested: Whether the layers of a model among them follow it, set in.

        Example:
            >>> model = Sequential([Input((2,)), nn.layers.Dense(3, name="hidden")], name="tiny")
            >>> model.summary()
            Model: tiny
            Layer           Output shape  Params
            ------------------------------------
            input (Input)   (None, 2)          0
            hidden (Dense)  (None, 3)          9
            ------------------------------------
            Total: 9 (0.00 MiB)
            Trainable: 9
            Not trainable: 0
        """
        print_fn(summary.table(self, expand_nested))

    def save_weights(self, path: str | os.PathLike[str]) -> None:
        """Write all parameters, by their dotted names, as a safetensors file.

        The file is complete or not there at all, whatever happens in between.

        Raises:
            RuntimeError: the model is not built, so there is nothing to write.
        """
        self._require_built("save_weights")
        serialization.save(path, self.named_parameters())

    def load_weights(
        self, path: str | os.PathLike[str], strict: bool = True
    ) -> serialization.Report:
        """Read all parameters from a file that `save_weights` or `save` wrote.

        Args:
            path: Of the file.
            strict: Whether names, shapes and dtypes must all agree. If not, those are read that do.

        Returns:
            Which names were `loaded`, `missing` in the file, `unexpected` in it, or `mismatched`.

        Raises:
            RuntimeError: the model is not built, so there is nothing to read into.
            ShapeError: names, shapes or dtypes differ; all of them are listed, nothing is written.
            DataError: it is not a whole safetensors file, or was changed since it was written.
        """
        self._require_built("load_weights")
        return serialization.load(path, self.named_parameters(), strict)

    def save(self, path: str | os.PathLike[str], include_optimizer: bool = True) -> list[str]:
        """Write the whole model, for `nn.load_model`, as one safetensors file.

        It holds the weights, the layers with their settings, what `compile` was given, and a
        checksum; the dropout layers' own generators and states between batches it does not. Of a
        subclass it holds the name and the arguments, so `nn.load_model` must be given the class.

        Args:
            path: Of the file, which is complete or not there at all.
            include_optimizer: Whether with the optimizer's state, to go on training.

        Returns:
            What could not be written, such as a loss that is a function without a name.

        Raises:
            RuntimeError: the model is not built, so there is nothing to write.
            TypeError: a layer's argument has no form in a file.
        """
        self._require_built("save")
        return saving.save(self, path, include_optimizer)

    def _require_built(self, where: str) -> None:
        if not self.built:
            raise RuntimeError(
                explain(where, "the model is not built", fix="model.build((None, features)) first")
            )


class Sequential(Model):
    """Layers one after the other.

    Args:
        layers: In order. With an `Input` first, which is no part of `model.layers`, or a layer that
            is given `input_shape`, the model is built at once.
        name: Of the model.

    Raises:
        TypeError: one of them is no layer.

    Example:
        >>> hidden = nn.layers.Dense(4, activation="relu")
        >>> model = Sequential([hidden, nn.layers.Dense(2, activation="softmax")])
        >>> model.predict(np.zeros((3, 5)), verbose=0).sum(axis=-1)
        array([1., 1., 1.], dtype=float32)
        >>> [layer.name for layer in model.layers]
        ['dense', 'dense_1']
    """

    _single_input = True

    def __init__(self, layers: Iterable[Layer] = (), *, name: str | None = None) -> None:
        super().__init__(name=name)
        self._start: Input | None = None
        self.layers: list[Layer] = []
        self._symbols: list[Any] = []
        if isinstance(layers, Layer):
            raise TypeError(
                explain(
                    self.name,
                    "not a list of layers",
                    got=repr(layers),
                    fix="nn.Sequential([first, second])",
                )
            )
        for layer in layers:
            self._append(layer)
        self._build_at_once()

    def add(self, layer: Layer) -> None:
        """Put a layer at the end."""
        self._append(layer)
        self.output_shape = None
        self._build_at_once()

    def pop(self) -> Layer:
        """Take the last layer off."""
        del self._symbols[len(self.layers) :]
        last = self.layers.pop()
        self.output_shape = self.layers[-1].output_shape if self.layers else None
        return last

    @property
    def inputs(self) -> list[Any]:
        """The symbolic tensor the layers begin with, if there is an `Input`.

        Example:
            >>> model = Sequential([Input((2,)), nn.layers.Dense(3), nn.layers.Dense(1)])
            >>> hidden = nn.Model(model.inputs, model.layers[0].output)
            >>> hidden(np.zeros((4, 2))).shape
            (4, 3)
        """
        return self._traced()[:1]

    @property
    def outputs(self) -> list[Any]:
        """The symbolic tensor the layers end with, if there is an `Input`."""
        return self._traced()[-1:]

    def _traced(self) -> list[Any]:
        """What comes out of the `Input` and of each layer, once somebody asks."""
        if self._start is not None:
            symbols = self._symbols = self._symbols or [self._start]
            for layer in self.layers[len(symbols) - 1 :]:
                symbols.append(layer(symbols[-1]))
        return self._symbols

    def call(self, x: Any, training: bool = False, mask: Any = None) -> Any:
        """The last layer's output; with a `mask` the input has it."""
        if x.__class__ is list and all(isinstance(row, np.ndarray) and row.ndim == 1 for row in x):
            x = np.asarray(x)
        x = with_mask(x, mask)
        if self._start is not None:
            x = self._start(x)
        for layer in self.layers:
            x = layer(x, training=training)
        return x

    def _config(self, encode: Encoder) -> Config:
        if type(self).__init__ is not Sequential.__init__:
            return super()._config(encode)
        listed = [encode(layer) for layer in self.sublayers().values()]
        return {"layers": listed, "name": self._given_name()}

    def _append(self, layer: Layer) -> None:
        if not isinstance(layer, Layer):
            raise TypeError(
                explain(
                    self.name,
                    "not a layer",
                    got=repr(layer),
                    expected="instances of nn.layers",
                    fix=f"{layer.__name__}(...)"
                    if isinstance(layer, type)
                    else 'layers.Activation("relu") for a function',
                )
            )
        if not self.layers and self._start is None:
            shape = layer.declared_shape
            start = layer if isinstance(layer, Input) else None if shape is None else Input(shape)
            self._start = start
        name_apart(self.name, dict.fromkeys([*self.sublayers().values(), layer]))
        if layer is not self._start:
            self.layers.append(layer)

    def _build_at_once(self) -> None:
        if self._start is not None:
            self.build(self._start.shape)


def _single(symbols: list[Any]) -> Any:
    return symbols[0] if len(symbols) == 1 else symbols


know("models", {"Model": Model, "Sequential": Sequential})
