"""What users say of windows (strides, padding, dilation), and where the windows then lie."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from autograd_lite.errors import ShapeError, explain
from autograd_lite.kernels.windows import Windows


def per_axis(where: str, name: str, value: Any, axes: int, least: int = 1) -> tuple[int, ...]:
    """A setting as one int for each axis.

    Raises:
        ValueError: it is neither an int nor as many ints as axes, or one is too small.
    """
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,) * axes
    if len(values) != axes or not all(isinstance(v, Integral) and int(v) >= least for v in values):
        raise ValueError(
            explain(
                where,
                f"bad `{name}`",
                got=repr(value),
                expected=f"an int of at least {least}, or {axes} of them",
            )
        )
    return values


def check_ndim(where: str, x: Any, axes: int) -> None:
    """Raise unless x is ``(n, *space, channels)``."""
    if x.ndim != axes + 2:
        space = ", ".join(("height", "width")[-axes:]) if axes > 1 else "length"
        raise ShapeError(
            explain(
                where,
                f"x has {x.ndim} axes",
                got=f"x {x.shape}",
                expected=f"({'batch'}, {space}, channels)",
            )
        )


def place(
    where: str,
    space: tuple[int, ...],
    window: tuple[int, ...],
    strides: Any,
    padding: Any,
    dilation_rate: Any = 1,
    causal: bool = False,
) -> Windows:
    """Windows over axes of lengths `space`.

    Args:
        where: Who asks, for the messages.
        space: Lengths of the axes.
        window: Entries of a window along them.
        strides: An int, or one for each axis.
        padding: ``"valid"`` (none), ``"same"`` (for ``ceil(length / stride)`` windows, an odd zero
            at the end), ``"causal"`` (at the start), an int, or an int or a pair for each axis.
        dilation_rate: An int, or one for each axis.
        causal: Whether ``"causal"`` is allowed.

    Raises:
        ValueError: a setting makes no sense.
        ShapeError: there is no room for a window.
    """
    axes = len(space)
    strides = per_axis(where, "strides", strides, axes)
    dilation = per_axis(where, "dilation_rate", dilation_rate, axes)
    spans = tuple((k - 1) * d + 1 for k, d in zip(window, dilation, strict=True))
    pairs = _pairs(where, padding, causal, space, spans, strides)
    room = [n + sum(p) - k for n, p, k in zip(space, pairs, spans, strict=True)]
    if min(room) < 0:
        raise ShapeError(
            explain(
                where,
                "no room for a window",
                got=f"lengths {space}, padding {pairs}",
                expected=f"at least {spans}",
                fix='padding="same", a smaller window or a larger input',
            )
        )
    size = tuple(r // s + 1 for r, s in zip(room, strides, strict=True))
    return Windows(tuple(space), tuple(window), size, strides, tuple(p for p, _ in pairs), dilation)


def _pairs(
    where: str, padding: Any, causal: bool, space: Any, spans: Any, strides: Any
) -> tuple[tuple[int, int], ...]:
    """The padding of each axis, before and after it."""
    if isinstance(padding, str):
        known = {
            "valid": lambda n, k, s: (0, 0),
            "same": _same,
            **({"causal": lambda n, k, s: (k - 1, 0)} if causal else {}),
        }
        rule = known.get(padding.lower())
        if rule is not None:
            return tuple(rule(*axis) for axis in zip(space, spans, strides, strict=True))
        expected = ", ".join(map(repr, known)) + ", ints or pairs of ints"
    else:
        each = tuple(padding) if isinstance(padding, (tuple, list)) else (padding,) * len(space)
        pairs = tuple(tuple(p) if isinstance(p, (tuple, list)) else (p, p) for p in each)
        ints = all(isinstance(v, Integral) and int(v) >= 0 for pair in pairs for v in pair)
        if len(pairs) == len(space) and ints and all(len(pair) == 2 for pair in pairs):
            return pairs
        expected = f"a name, an int of at least 0, or {len(space)} ints or pairs of ints"
    raise ValueError(explain(where, "bad `padding`", got=repr(padding), expected=expected))


def _same(length: int, span: int, stride: int) -> tuple[int, int]:
    total = max(0, (-(-length // stride) - 1) * stride + span - length)
    return total // 2, total - total // 2


def place_transposed(
    where: str,
    size: tuple[int, ...],
    window: tuple[int, ...],
    strides: Any,
    padding: Any,
    output_padding: Any,
    dilation_rate: Any,
) -> Windows:
    """Windows whose number is given: those of the convolution that is transposed.

    Along each axis of `size` n, stride s and span k, the length of the space is
    ``(n - 1) * s + k + output_padding`` for ``"valid"``, with ``max(s - k, 0)`` by default, and
    ``(n - 1) * s + k % 2 + output_padding`` for ``"same"``, or by default ``n * s``.

    Raises:
        ValueError: a setting makes no sense.
    """
    axes = len(size)
    strides = per_axis(where, "strides", strides, axes)
    dilation = per_axis(where, "dilation_rate", dilation_rate, axes)
    if not isinstance(padding, str) or padding.lower() not in ("valid", "same"):
        raise ValueError(
            explain(where, "bad `padding`", got=repr(padding), expected="'valid' or 'same'")
        )
    extra: tuple[int | None, ...] = (None,) * axes
    if output_padding is not None:
        extra = per_axis(where, "output_padding", output_padding, axes, least=0)
    rule = _unpad_same if padding.lower() == "same" else _unpad_valid
    spans = [(k - 1) * d + 1 for k, d in zip(window, dilation, strict=True)]
    found = [rule(*axis) for axis in zip(size, spans, strides, extra, strict=True)]
    space, low = tuple(n for n, _ in found), tuple(p for _, p in found)
    return Windows(space, tuple(window), tuple(size), strides, low, dilation)


def _unpad_valid(count: int, span: int, stride: int, extra: int | None) -> tuple[int, int]:
    extra = max(stride - span, 0) if extra is None else extra
    return (count - 1) * stride + span + extra, 0


def _unpad_same(count: int, span: int, stride: int, extra: int | None) -> tuple[int, int]:
    if extra is None:
        return count * stride, max(0, (span - stride) // 2)
    # Of `total` zeros around the spread-out input the larger half comes first (Keras).
    total = span + span % 2 - 2 + extra
    return (count - 1) * stride + span % 2 + extra, span - 1 - min(-(-total // 2), span - 1)
