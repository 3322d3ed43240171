"""Attention by one head, to queries, values and keys as they are."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ShapeError, choose, explain
from nn import initializers
from nn.checks import real
from nn.layer import Layer, Parameter
from nn.layers.weights import Seeded, as_any_floats
from nn.masking import as_mask

MODES = {"dot": "dot", "concat": "concat"}


class Attention(Seeded, Layer):
    """``softmax(scores) @ value``, with scores of how well each query and key fit (Luong, 2015).

    It is called on a list ``[query, value]`` or ``[query, value, key]``, the key being the value
    unless given. Queries that are masked give 0; masked values are not attended to, and a query
    that is left with none gives 0.

    Args:
        use_scale: Whether scores have a learned factor, `scale`, 1 at first.
        score_mode: ``"dot"`` for ``query @ key.T``, ``"concat"`` for
            ``w sum(tanh(query + key))``, with a learned factor w, `concat_score_weight`.
        dropout: Rate at which weights of attention are dropped while training.
        seed: None to draw from the library's generator, which `ag.set_seed` seeds.
        name: Of the layer.

    Shapes:
        query ``(batch, n, a)``, value ``(batch, m, b)``, key ``(batch, m, a)`` ->
        ``(batch, n, b)``; weights of attention ``(batch, n, m)``

    Raises:
        ValueError: `dropout` is out of range, or `score_mode` is unknown.
        ShapeError: the inputs do not fit.

    Source:
        Luong, Pham and Manning (2015).

    Example:
        >>> query, value = np.array([[[0.0]]]), np.array([[[1.0], [3.0]]])
        >>> Attention()([query, value])
        array([[[2.]]])
    """

    supports_masking = True
    _makes_masks = False
    scale: Parameter | None = None
    concat_score_weight: Parameter | None = None

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: str = "dot",
        dropout: float = 0.0,
        seed: int | None = None,
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        where = type(self).__name__
        self.use_scale = use_scale
        self.score_mode = choose(MODES, score_mode, f"{where}: `score_mode`")
        self.dropout = real(where, "dropout", dropout, high=1.0)
        self._sow(seed)

    def build(self, input_shape: Any) -> None:
        """Check the shapes, and make `scale` and `concat_score_weight`, if they are used."""
        _check(self, input_shape)
        if self.use_scale:
            self.scale = Parameter(initializers.Ones()(()))
        if self.score_mode == "concat":
            self.concat_score_weight = Parameter(initializers.Ones()(()))

    def call(
        self,
        inputs: Any,
        mask: Any = None,
        return_attention_scores: bool = False,
        training: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        """What each query takes from the values.

        Args:
            inputs: ``[query, value]`` or ``[query, value, key]``.
            mask: ``[query_mask, value_mask]``, each ``(batch, steps)`` or None; a third is not
                looked at.
            return_attention_scores: Whether the weights of attention come second.
            training: Whether to drop out.
            use_causal_mask: Whether query i attends to values up to i only.
        """
        query, value, key = map(as_any_floats, (*inputs, inputs[1])[:3])
        asking, there = (None, None) if mask is None else mask[:2]
        seen = None if there is None else as_mask(there)[:, None, :]
        if use_causal_mask:
            past = np.tri(query.shape[1], value.shape[1], dtype=np.bool_)
            seen = past if seen is None else seen & past
        weights = self._weights(query, key, seen)
        drops = training and self.dropout
        kept = ag.dropout(weights, self.dropout, self._generator()) if drops else weights
        out = ag.matmul(kept, value)
        if asking is not None:
            out = ag.where(as_mask(asking)[..., None], out, np.zeros((), out.dtype))
        return (out, weights) if return_attention_scores else out

    def compute_mask(self, x: Any, mask: Any = None) -> Any:
        """That of the query."""
        return None if mask is None else mask[0]

    def _weights(self, query: Any, key: Any, seen: Any) -> Any:
        """The weights of attention, 0 where `seen` is False."""
        if self.score_mode == "dot":
            if self.scale is not None:
                query = query * self.scale
            return ag.attention_weights(query, key, mask=seen)
        sums = query[:, :, None] + key[:, None]
        scores = ag.sum(ag.tanh(sums if self.scale is None else sums * self.scale), axis=-1)
        return _softmax(scores * self.concat_score_weight, seen)


class AdditiveAttention(Attention):
    """``softmax(scores) @ value``, with ``scores = sum(scale * tanh(query + key))``.

    Called as `Attention` is.

    Args:
        use_scale: Whether there is a learned factor for each feature, `scale`; else 1.
        dropout: Rate at which weights of attention are dropped while training.
        seed: None to draw from the library's generator, which `ag.set_seed` seeds.
        name: Of the layer.

    Shapes:
        query ``(batch, n, a)``, value ``(batch, m, b)``, key ``(batch, m, a)`` ->
        ``(batch, n, b)``; weights of attention ``(batch, n, m)``; `scale` ``(a,)``

    Raises:
        ValueError: `dropout` is out of range.
        ShapeError: the inputs do not fit.

    Source:
        Bahdanau, Cho and Bengio (2015).

    Example:
        >>> query, value = np.array([[[0.0]]]), np.array([[[1.0], [1.0]]])
        >>> AdditiveAttention(use_scale=False)([query, value])
        array([[[1.]]])
    """

    def __init__(
        self,
        use_scale: bool = True,
        dropout: float = 0.0,
        seed: int | None = None,
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(use_scale, "concat", dropout, seed, name=name)

    def build(self, input_shape: Any) -> None:
        """Check the shapes, and make `scale`, if it is used."""
        features = _check(self, input_shape)
        if self.use_scale:
            bound = math.sqrt(3 / features)  # Glorot's, of a square
            self.scale = Parameter(initializers.RandomUniform(-bound, bound)((features,)))

    def _weights(self, query: Any, key: Any, seen: Any) -> Any:
        fits = ag.tanh(query[:, :, None] + key[:, None])
        fits = fits if self.scale is None else fits * self.scale
        return _softmax(ag.sum(fits, axis=-1), seen)


def _softmax(scores: Any, seen: Any) -> Any:
    """Softmax over what is seen, and 0 where that is nothing."""
    if seen is None:
        return ag.softmax(scores)
    low = np.array(np.finfo(scores.dtype).min, scores.dtype)
    return ag.where(seen, ag.softmax(ag.where(seen, scores, low)), np.zeros((), scores.dtype))


def _check(layer: Layer, shapes: Any) -> int:
    """The features of query and key, if the inputs are what they should be."""
    several = isinstance(shapes, list | tuple) and len(shapes) in (2, 3)
    if several and all(isinstance(s, tuple) and len(s) == 3 for s in shapes):
        query, value, key = (*shapes, shapes[1])[:3]
        if query[2] and query[2] == key[2] and (value[1] == key[1] or None in (value[1], key[1])):
            return int(query[2])
    raise ShapeError(
        explain(
            layer.name,
            "not queries, values and keys that fit",
            got=str(shapes),
            expected="a list of query (batch, n, a), value (batch, m, b) and key (batch, m, a)",
            fix="layer([query, value])",
        )
    )
