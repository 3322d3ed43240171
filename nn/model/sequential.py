"""Layers one after the other, as a model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd_lite.errors import explain
from nn.configs import Config, Encoder
from nn.functional import name_apart
from nn.inputs import Input
from nn.layer import Layer, Shape
from nn.masking import with_mask
from nn.model.base import Model
from nn.symbolic import SymbolicTensor


class _Trace:
    """Symbolic tensors before and after each layer. No list, in which layers are looked for."""

    def __init__(self) -> None:
        self.symbols: list[Any] = []


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
    _replays = True

    def __init__(self, layers: Iterable[Layer] = (), *more: Layer, name: str | None = None) -> None:
        super().__init__(name=name)
        self._start: Input | None = None
        self.layers: list[Layer] = []
        self._trace = _Trace()
        if more or isinstance(layers, Layer):
            raise TypeError(
                explain(
                    self.name,
                    "not a list of layers",
                    got=", ".join(map(repr, (layers, *more))),
                    fix="nn.Sequential([first, second])",
                )
            )
        for layer in layers:
            self._append(layer)
        self._build_at_once()

    def add(self, layer: Layer) -> None:
        """Put a layer at the end."""
        self._append(layer)
        self._build_at_once()
        self.output_shape = layer.output_shape

    def pop(self) -> Layer:
        """Take the last layer off."""
        del self._trace.symbols[len(self.layers) :]
        last = self.layers.pop()
        self.output_shape = self.layers[-1].output_shape if self.layers else None
        return last

    @property
    def inputs(self) -> list[Any]:
        """The symbolic tensor the layers begin with: an `Input`, or as the model was called on.

        Example:
            >>> model = nn.Sequential([nn.Input((2,)), nn.layers.Dense(3), nn.layers.Dense(1)])
            >>> hidden = nn.Model(model.inputs, model.layers[0].output)
            >>> hidden(np.zeros((4, 2))).shape
            (4, 3)
        """
        return self._traced()[:1]

    @property
    def input_shape(self) -> Any:
        """Of the input, with None for the batch axis; None for a model that is not built."""
        return self.built_on if self._start is None else self._start.shape

    @property
    def outputs(self) -> list[Any]:
        """The symbolic tensor the layers end with, if they begin with one."""
        return self._traced()[-1:]

    def _traced(self) -> list[Any]:
        """What comes out of the `Input` and of each layer, once somebody asks."""
        symbols = self._trace.symbols
        if self._start is not None and not symbols:
            symbols.append(self._start)
        if symbols:
            for layer in self.layers[len(symbols) - 1 :]:
                symbols.append(layer(symbols[-1]))
        return symbols

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
            shape = _sample_shape(layer)
            start = layer if isinstance(layer, Input) else None if shape is None else Input(shape)
            self._start = start
        name_apart(self.name, dict.fromkeys([*self.sublayers().values(), layer]))
        if layer is not self._start:
            self.layers.append(layer)

    def _make_ready(self, x: Any) -> None:
        if self._start is None and isinstance(x, SymbolicTensor):
            self._trace.symbols = self._trace.symbols or [Input(x.shape[1:], dtype=x.dtype)]
        super()._make_ready(x)

    def _build_at_once(self) -> None:
        if self._start is not None:
            self.build(self._start.shape)


def _sample_shape(layer: Layer) -> Shape | None:
    """Of what a layer takes, if that is known: it was declared, or the layer is a built model."""
    shape = layer.input_shape if isinstance(layer, Model) else None
    if isinstance(shape, tuple) and not any(isinstance(n, tuple) for n in shape):
        return shape[1:]
    return layer.declared_shape
