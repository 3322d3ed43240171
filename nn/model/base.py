"""Models: layers that can be compiled, trained, evaluated and saved."""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Callable
from typing import Any, Self

import autograd_lite as ag
from autograd_lite.errors import choose, explain
from nn import blueprints, saving, serialization, summary
from nn.configs import Config, Decoder, Encoder
from nn.functional import Graph, name_apart
from nn.inputs import Input
from nn.layer import Layer
from nn.loop import Loop
from nn.masking import with_mask
from nn.outputs import SeveralLosses
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

    _replays = True
    layers: Any = _SublayersByDefault()
    built_on: Any = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in {"train_step", "test_step"} & vars(cls).keys():
            try:
                inspect.signature(vars(cls)[name]).bind("self", "x", "y")
            except TypeError:
                got = f"{name}{inspect.signature(vars(cls)[name])}"
                expected = f"{name}(self, x, y, sample_weight=None), which returns the loss"
                problem = "a step takes the parts of a batch"
                raise TypeError(
                    explain(cls.__name__, problem, got=got, expected=expected)
                ) from None

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
    def input_shape(self) -> Any:
        """Of the inputs, with None for the batch axis; None for a model that is not built."""
        return _single([symbol.shape for symbol in self.inputs]) or self.built_on

    @property
    def metrics_names(self) -> list[str]:
        """The names of what `evaluate` gives, in order; none before `compile`."""
        if not self._given:
            return []
        parts = self.loss.watched() if isinstance(self.loss, SeveralLosses) else []
        return ["loss", *(m.name for m in (*parts, *self.metrics, *self.weighted_metrics))]

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
        self,
        print_fn: Callable[[str], object] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        line_length: int | None = None,
    ) -> None:
        """Print a table of the layers, their output shapes and parameter counts.

        Args:
            print_fn: What is called with the table; by default `print`.
            expand_nested: Whether the layers of a model among them follow it, set in.
            show_trainable: Whether a column says which layers are trained.
            line_length: Least width of the table.

        Example:
            >>> hidden = nn.layers.Dense(3, name="hidden")
            >>> model = nn.Sequential([nn.Input((2,)), hidden], name="tiny")
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
        text = summary.table(self, expand_nested, show_trainable, line_length)
        (print if print_fn is None else print_fn)(text)

    def save_weights(self, path: str | os.PathLike[str]) -> None:
        """Write all parameters, by their dotted names, as a safetensors file.

        The file is complete or not there at all, whatever happens in between.

        Raises:
            RuntimeError: the model is not built, so there is nothing to write.
        """
        self._require_built("save_weights")
        serialization.save(path, self)

    def load_weights(
        self, path: str | os.PathLike[str], strict: bool = True, by_name: bool = False
    ) -> serialization.Report:
        """Read all parameters from a file that `save_weights` or `save` wrote.

        Args:
            path: Of the file.
            strict: Whether names, shapes and dtypes must all agree. If not, those are read that do.
            by_name: Whether parameters are found by the names of their layers, and not by their
                places, so that layers may have been added, left out or moved.

        Returns:
            Which names were `loaded`, `missing` in the file, `unexpected` in it, or `mismatched`.

        Raises:
            RuntimeError: the model is not built, so there is nothing to read into.
            ShapeError: names, shapes or dtypes differ; all of them are listed, nothing is written.
            ValueError: `by_name`, and two layers have one name.
            DataError: it is not a whole safetensors file, or was changed since it was written.
        """
        self._require_built("load_weights")
        return serialization.load(path, self, strict, by_name)

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

    def to_json(self) -> str:
        """The layers with their settings, without weights, for `nn.models.model_from_json`.

        Raises:
            TypeError: a layer's argument has no form in JSON.
        """
        return json.dumps(Encoder()(self), allow_nan=False)

    def _require_built(self, where: str) -> None:
        if not self.built:
            raise RuntimeError(
                explain(where, "the model is not built", fix="model.build((None, features)) first")
            )


def _single(symbols: list[Any]) -> Any:
    return symbols[0] if len(symbols) == 1 else symbols
