"""Layers in which sequences look at sequences."""

from __future__ import annotations

import math
from typing import Any, ClassVar, TypedDict, Unpack

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ShapeError, explain
from nn.checks import positive_int, real
from nn.declaring import refuse
from nn.layer import MISSING, Parameter, Shape
from nn.layers.weights import (
    NamedConstraint,
    NamedInitializer,
    NamedRegularizer,
    Seeded,
    Weighted,
    as_floats,
    check_ndim,
)


class Settings(TypedDict, total=False):
    """What the weights of attention start as, and how they are held."""

    kernel_initializer: NamedInitializer
    bias_initializer: NamedInitializer
    kernel_regularizer: NamedRegularizer
    bias_regularizer: NamedRegularizer
    activity_regularizer: NamedRegularizer
    kernel_constraint: NamedConstraint
    bias_constraint: NamedConstraint


CHOICES: dict[str, Any] = {
    "kernel_initializer": "glorot_uniform",
    "bias_initializer": "zeros",
    "kernel_regularizer": None,
    "bias_regularizer": None,
    "activity_regularizer": None,
    "kernel_constraint": None,
    "bias_constraint": None,
}


class Projection(Weighted):
    """An affine map whose kernel has the shape ``inner + outer``, of the axes `inner` to `outer`.

    Shapes:
        ``(batch, steps, prod(inner)) -> (batch, steps, prod(outer))``
    """

    supports_masking = True
    kernel: Parameter
    bias: Parameter | None

    def __init__(
        self, outer: tuple[int, ...], use_bias: bool, choices: dict[str, Any], name: str
    ) -> None:
        super().__init__(name)
        self.outer, self.use_bias = outer, use_bias
        self._settle(**choices)

    def build(self, input_shape: Shape) -> None:
        """Make `kernel` and `bias`; `input_shape` is `inner`."""
        inner = tuple(n or 0 for n in input_shape)
        self.kernel = self._weight("kernel", inner + self.outer)
        self.bias = self._weight("bias", self.outer) if self.use_bias else None
        self.inner = math.prod(inner)

    def call(self, x: Any) -> Any:
        """The map."""
        kernel = self.kernel.reshape((self.inner, -1))
        if self.bias is None:
            return ag.matmul(x, kernel)
        return ag.linear(x, kernel, self.bias.reshape((-1,)))


class MultiHeadAttention(Seeded, Weighted):
    """Attention by several heads side by side, each with its own queries, keys and values.

    ``softmax(q @ k.T / sqrt(key_dim)) @ v`` for each head, where q, k and v are affine maps of
    query, key and value; an affine map of all heads' results is the output.

    Args:
        num_heads: How many.
        key_dim: Length of q and k of each head.
        value_dim: Length of v; None for `key_dim`.
        dropout: Rate at which weights of attention are dropped while training.
        use_bias: Whether the maps have biases.
        output_shape: Length of the output's last axis, or a tuple; None for the query's.
        seed: None to draw from the library's generator, which `ag.set_seed` seeds.
        name: Of the layer.
        **settings: Initializers, regularizers and constraints of all kernels and biases, as
            ``kernel_initializer``; `activity_regularizer`.

    Shapes:
        query ``(batch, n, a)``, value ``(batch, m, b)``, key ``(batch, m, c)`` -> output
        ``(batch, n, a)``. Kernels and biases, in order: `query` ``(a, heads, key_dim)``, ``(heads,
        key_dim)``; `key` ``(c, heads, key_dim)``, ``(heads, key_dim)``; `value` ``(b, heads,
        value_dim)``, ``(heads, value_dim)``; `attention_output` ``(heads, value_dim, a)``,
        ``(a,)``.

    Raises:
        ValueError: a length or a rate is out of range, or a name is unknown.
        ShapeError: an input or a mask does not fit.

    Source:
        Vaswani et al. (2017).

    Example:
        >>> x = np.zeros((2, 5, 8), np.float32)
        >>> layer = MultiHeadAttention(num_heads=2, key_dim=4)
        >>> layer(x, x, use_causal_mask=True).shape, layer.count_params()
        ((2, 5, 8), 288)
    """

    supports_masking = True
    foreign: ClassVar = {
        "flash_attention": None,
        "attention_axes": (None,),
        "sliding_window": (None,),
        "use_gate": (False,),
    }

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: int | tuple[int, ...] | None = None,
        *,
        seed: int | None = None,
        name: str | None = None,
        **settings: Unpack[Settings],
    ) -> None:
        super().__init__(name)
        where = "MultiHeadAttention"
        refuse(type(self), [name for name in settings if name not in CHOICES], CHOICES)
        self.num_heads = positive_int(where, "num_heads", num_heads)
        self.key_dim = positive_int(where, "key_dim", key_dim)
        value_dim = key_dim if value_dim is None else value_dim
        self.value_dim = positive_int(where, "value_dim", value_dim)
        self.dropout = real(where, "dropout", dropout, high=1.0)
        self._sow(seed)
        self.use_bias = use_bias
        lengths = (output_shape,) if isinstance(output_shape, int) else output_shape
        self.outer = lengths and tuple(positive_int(where, "output_shape", n) for n in lengths)
        choices = CHOICES | dict(settings)
        self._settle(activity_regularizer=choices.pop("activity_regularizer"))
        self._choices = choices

    def build(self, input_shape: Any) -> None:
        """Make the four maps; `input_shape` is the query's, or those of query, value and key."""
        shapes = input_shape if isinstance(input_shape, list) else [input_shape]
        query, value, key = (shapes + shapes[-1:] * 2)[:3]
        for shape in (query, value, key):
            check_ndim(self, shape, "(batch, steps, features)", 3)
        heads = self.num_heads
        self.query = self._projection("query", query[2:], (heads, self.key_dim))
        self.key = self._projection("key", key[2:], (heads, self.key_dim))
        self.value = self._projection("value", value[2:], (heads, self.value_dim))
        outer = self.outer or query[2:]
        self.attention_output = self._projection("attention_output", (heads, self.value_dim), outer)

    def _projection(self, name: str, inner: Any, outer: tuple[int, ...]) -> Projection:
        made = Projection(outer, self.use_bias, self._choices, name)
        made.build(inner)
        made.built = True
        return made

    def __call__(
        self, query: Any = MISSING, /, *args: Any, training: bool | None = None, **kwargs: Any
    ) -> Any:
        """`call`, after `build` on query, value and key if this is the first time."""
        if query is MISSING:
            query, kwargs = self._first_of(kwargs)
        value = args[0] if args else kwargs.get("value")
        if value is None or isinstance(value, bool):
            raise TypeError(
                explain(
                    self.name,
                    "no value to attend to",
                    expected="layer(query, value) or layer(query, value, key)",
                    fix="layer(x, x) for self-attention",
                )
            )
        if not self.built:
            key = args[1] if len(args) > 1 else kwargs.get("key")
            given = (query, value, value if key is None else key)
            self.build([(None, *np.shape(a)[1:]) for a in given])
        return super().__call__(query, *args, training=training, **kwargs)

    def _build_on(self, x: Any) -> None:
        """Nothing more: `__call__` has built on all inputs."""

    def call(
        self,
        query: Any,
        value: Any,
        key: Any = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        """What each query takes from the values.

        Args:
            query: ``(batch, n, a)``.
            value: ``(batch, m, b)``.
            key: ``(batch, m, c)``; None for `value`.
            query_mask: ``(batch, n)`` of booleans: False for queries that attend to nothing.
            value_mask: ``(batch, m)``: False for values that nobody attends to.
            key_mask: Likewise.
            attention_mask: ``(n, m)``, ``(batch, n, m)`` or ``(batch, heads, n, m)``: False where
                a query must not attend.
            return_attention_scores: Whether the weights ``(batch, heads, n, m)`` come second.
            training: Whether to drop out.
            use_causal_mask: Whether query i attends to keys up to i only.
        """
        key = value if key is None else key
        maps = {"query": self.query, "key": self.key, "value": self.value}
        inputs = {"query": query, "key": key, "value": value}
        self._check(inputs)
        q, k, v = (self._heads(maps[name], x) for name, x in inputs.items())
        mask = self._mask(q, k, query_mask, value_mask, key_mask, attention_mask, use_causal_mask)
        weights = None
        if return_attention_scores or (training and self.dropout):
            weights = ag.attention_weights(q, k, mask=mask, scale=1 / math.sqrt(self.key_dim))
            drops = training and self.dropout
            kept = ag.dropout(weights, self.dropout, self._generator()) if drops else weights
            together = ag.matmul(kept, v).swapaxes(1, 2)
        else:
            together = ag.dot_product_attention(q, k, v, mask=mask).swapaxes(1, 2)
        out = self.attention_output(together.reshape((*together.shape[:2], -1)))
        outer = self.attention_output.outer
        if len(outer) != 1:
            out = out.reshape((*out.shape[:2], *outer))
        out = self._finish(out)
        return (out, weights) if return_attention_scores else out

    def _heads(self, projection: Projection, x: Any) -> Any:
        """``(batch, heads, steps, dim)``."""
        y = projection(as_floats(x, projection.kernel))
        return y.reshape((*x.shape[:2], *projection.outer)).swapaxes(1, 2)

    def _check(self, inputs: dict[str, Any]) -> None:
        query, key, value = inputs.values()
        axes = all(x.ndim == 3 for x in inputs.values())
        fits = axes and key.shape[:2] == value.shape[:2] and query.shape[0] == key.shape[0]
        known = (self.query.inner, self.key.inner, self.value.inner)
        if not fits or known != tuple(x.shape[-1] for x in inputs.values()):
            raise self._misfit(
                ", ".join(f"{name} {x.shape}" for name, x in inputs.items()),
                f"query (batch, n, {known[0]}), key (batch, m, {known[1]}), "
                f"value (batch, m, {known[2]})",
            )

    def _mask(
        self, q: Any, k: Any, query: Any, value: Any, key: Any, attention: Any, causal: bool
    ) -> Any:
        """All masks in one that broadcasts to ``(batch, heads, n, m)``; None if there is none."""
        batch, heads, n = q.shape[:3]
        m = k.shape[2]
        masks = [np.tri(n, m, dtype=np.bool_)] if causal else []
        if query is not None:
            masks.append(self._as_mask(query, [(batch, n)])[:, None, :, None])
        for mask in (value, key):
            if mask is not None:
                masks.append(self._as_mask(mask, [(batch, m)])[:, None, None, :])
        if attention is not None:
            known = [(n, m), (batch, n, m), (1, n, m), (batch, heads, n, m), (batch, 1, n, m)]
            mask = self._as_mask(attention, known)
            masks.append(mask[:, None] if mask.ndim == 3 else mask)
        whole = None
        for mask in masks:
            whole = mask if whole is None else whole & mask
        return whole

    def _as_mask(self, mask: Any, known: list[tuple[int, ...]]) -> Any:
        mask = np.asarray(mask.data if isinstance(mask, ag.Tensor) else mask).astype(np.bool_)
        if mask.shape not in known:
            raise self._misfit(f"mask {mask.shape}", f"mask {' or '.join(map(str, known))}")
        return mask

    def _misfit(self, got: str, expected: str) -> ShapeError:
        problem = "what is given does not fit"
        return ShapeError(explain(self.name, problem, got=got, expected=expected))
