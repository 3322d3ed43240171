"""Models: layers that can be compiled, trained, evaluated and saved."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import explain
from nn import serialization, summary
from nn.layer import Layer, Shape
from nn.layers import Input
from nn.trainer import Trainer


class Model(Trainer):
    """A layer with a training loop. Subclass it and define `call`, or use `Sequential`.

    Example:
        >>> class Residual(Model):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.hidden = nn.layers.Dense(3, activation="tanh")
        ...
        ...     def call(self, x, training=False):
        ...         return x + self.hidden(x)
        >>> Residual()(np.zeros((2, 3))).shape
        (2, 3)
    """

    def build(self, input_shape: Shape) -> None:
        """Make all parameters by a pass of zeros; the batch axis, and any other None, count as 1.

        Not needed before `fit`, which builds on the first sample.
        """
        with ag.no_grad():
            self(np.zeros([n or 1 for n in input_shape], self.dtype))

    def _build_on(self, x: Any) -> None:
        # The layers below build themselves on what reaches them; `build` is for the user to call.
        if type(self).build is not Model.build:
            self.build((None, *x.shape[1:]))

    def summary(self, print_fn: Callable[[str], object] = print) -> None:
        """Print a table of the layers, their output shapes and parameter counts.

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
        print_fn(summary.table(self))

    def save_weights(self, path: str | os.PathLike[str]) -> None:
        """Write all parameters, by their dotted names, as a safetensors file.

        The file is complete or not there at all, whatever happens in between.

        Raises:
            RuntimeError: the model is not built, so there is nothing to write.
        """
        self._require_built("save_weights")
        serialization.save(path, self.named_parameters())

    def load_weights(self, path: str | os.PathLike[str]) -> None:
        """Read all parameters from a file that `save_weights` wrote.

        Raises:
            RuntimeError: the model is not built, so there is nothing to read into.
            ShapeError: names, shapes or dtypes differ; all of them are listed, nothing is written.
            DataError: it is not a whole safetensors file.
        """
        self._require_built("load_weights")
        serialization.load(path, self.named_parameters())

    def _require_built(self, where: str) -> None:
        if not self.built:
            raise RuntimeError(
                explain(where, "the model is not built", fix="model.build((None, features)) first")
            )


class Sequential(Model):
    """Layers one after the other.

    Args:
        layers: In order. With an `Input` first, the model is built at once.
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

    def __init__(self, layers: Iterable[Layer] = (), *, name: str | None = None) -> None:
        super().__init__(name)
        self.layers: list[Layer] = []
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
        self._build_at_once()

    def pop(self) -> Layer:
        """Take the last layer off."""
        return self.layers.pop()

    def call(self, x: Any, training: bool = False) -> Any:
        """The last layer's output."""
        for layer in self.layers:
            x = layer(x, training)
        return x

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
        if "name" not in vars(layer):
            alike = sum(type(other) is type(layer) for other in self.layers)
            layer.name += f"_{alike}" if alike else ""
        self.layers.append(layer)

    def _build_at_once(self) -> None:
        if self.layers and isinstance(self.layers[0], Input):
            self.build((None, *self.layers[0].shape))
