"""Convolutions, against loops over windows that are written as the definition reads."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from autograd_lite.kernels.windows import Windows
from op_cases.case import Case


def spread(value: Any, axes: int) -> Any:
    """A setting for each axis."""
    return value if isinstance(value, tuple) else (value,) * axes


def pads(padding: Any, n: int, span: int, stride: int) -> tuple[int, int]:
    """The padding of one axis, before and after."""
    if padding == "same":
        total = max((math.ceil(n / stride) - 1) * stride + span - n, 0)
        return total // 2, math.ceil(total / 2)
    if padding == "causal":
        return span - 1, 0
    return (
        (0, 0) if padding == "valid" else padding if isinstance(padding, tuple) else (padding,) * 2
    )


def conv(
    x: Any, kernel: Any, strides: Any = 1, padding: Any = "valid", dilation_rate: Any = 1, groups=1
) -> Any:
    """One window after the other, one group after the other."""
    *window, channels, filters = kernel.shape
    axes = len(window)
    strides, dilation = spread(strides, axes), spread(dilation_rate, axes)
    padding = padding if isinstance(padding, list) else [padding] * axes
    spans = [(k - 1) * d + 1 for k, d in zip(window, dilation, strict=True)]
    around = [pads(*axis) for axis in zip(padding, x.shape[1:-1], spans, strides, strict=True)]
    x = np.pad(x, [(0, 0), *around, (0, 0)])
    size = [(n - k) // s + 1 for n, k, s in zip(x.shape[1:-1], spans, strides, strict=True)]
    out = np.zeros((x.shape[0], *size, filters))
    each = filters // groups
    for at in np.ndindex(*size):
        for tap in np.ndindex(*window):
            where = tuple(
                o * s + t * d for o, s, t, d in zip(at, strides, tap, dilation, strict=True)
            )
            for i in range(groups):
                seen = x[:, *where, i * channels : (i + 1) * channels]
                part = kernel[*tap, :, i * each : (i + 1) * each]
                out[:, *at, i * each : (i + 1) * each] += seen @ part
    return out


def depthwise(x: Any, kernel: Any, **settings: Any) -> Any:
    """Each channel by itself."""
    parts = [
        conv(x[..., i : i + 1], kernel[..., i : i + 1, :], **settings) for i in range(x.shape[-1])
    ]
    return np.concatenate(parts, -1)


def transposed(
    x: Any,
    kernel: Any,
    strides: Any = 1,
    padding: Any = "valid",
    output_padding: Any = None,
    dilation_rate: Any = 1,
) -> Any:
    """Each entry of x adds a kernel; then the result is cut, or lengthened, as Keras does."""
    *window, filters, _ = kernel.shape
    axes = len(window)
    strides, dilation = spread(strides, axes), spread(dilation_rate, axes)
    extra = spread(output_padding, axes)
    spans = [(k - 1) * d + 1 for k, d in zip(window, dilation, strict=True)]
    full = [(n - 1) * s + k for n, s, k in zip(x.shape[1:-1], strides, spans, strict=True)]
    room = 20
    out = np.zeros((x.shape[0], *(n + 2 * room for n in full), filters))
    for at in np.ndindex(*x.shape[1:-1]):
        for tap in np.ndindex(*window):
            where = tuple(
                room + o * s + t * d for o, s, t, d in zip(at, strides, tap, dilation, strict=True)
            )
            out[:, *where] += x[:, *at] @ kernel[tap].T
    cut = [slice(None)]
    for n, k, s, e in zip(x.shape[1:-1], spans, strides, extra, strict=True):
        if padding == "valid":
            left, length = k - 1, (n - 1) * s + k + (max(s - k, 0) if e is None else e)
        else:
            total = s + k - 2 if e is None else k + k % 2 - 2 + e
            left = min(math.ceil(total / 2), k - 1)
            length = (n - 1) * s + total - k + 2
        start = room + k - 1 - left
        cut.append(slice(start, start + length))
    return out[tuple(cut)]


ONE: list[Any] = [
    ((2, 7, 3), (3, 3, 2), {}),
    ((2, 7, 3), (3, 3, 2), {"strides": 2, "padding": "same"}),
    ((2, 8, 1), (4, 1, 3), {"strides": (3,), "padding": "same"}),
    ((1, 6, 2), (2, 2, 1), {"padding": "causal", "dilation_rate": 2}),
    ((1, 5, 2), (3, 2, 2), {"padding": 2, "strides": 2}),
    ((2, 6, 4), (3, 2, 6), {"padding": [(2, 0)], "groups": 2}),
    ((2, 5, 3), (1, 3, 2), {}),
    ((0, 5, 2), (2, 2, 1), {}),
]
TWO: list[Any] = [
    ((2, 4, 5, 2), (3, 2, 2, 3), {}),
    ((2, 5, 5, 1), (3, 3, 1, 2), {"padding": "same"}),
    ((1, 5, 6, 2), (2, 3, 2, 2), {"padding": "same", "strides": (2, 3)}),
    ((1, 6, 5, 2), (2, 2, 2, 1), {"dilation_rate": (2, 1), "padding": "valid", "strides": 2}),
    ((1, 4, 4, 2), (3, 3, 2, 2), {"dilation_rate": 2, "padding": "same"}),
    ((1, 3, 4, 9), (2, 2, 9, 2), {"padding": [1, (0, 2)]}),
    ((2, 4, 4, 4), (2, 2, 2, 2), {"groups": 2, "padding": 1, "strides": 2}),
    ((1, 7, 7, 1), (2, 2, 1, 1), {"strides": 4}),
    ((1, 4, 4, 1), (1, 1, 1, 2), {"strides": 3}),
]
APART: list[Any] = [{}, {"strides": 2, "padding": "same"}, {"dilation_rate": 2}]
TURNED: list[Any] = [
    {},
    {"strides": 2},
    {"strides": 3, "padding": "same"},
    {"strides": 2, "padding": "same"},
    {"strides": 2, "padding": "valid", "output_padding": 1},
    {"strides": 3, "padding": "same", "output_padding": 2},
    {"strides": 3, "padding": "same", "output_padding": 0},
    {"padding": "same", "dilation_rate": 2},
]


def by_windows() -> Any:
    """The settings of the op behind, for a convolution of (2, 5, 4, 4) by (2, 3, 2, 6)."""
    return {"windows": Windows((5, 4), (2, 3), (3, 4), (2, 1), (1, 1), (1, 1)), "groups": 2}


AROUND = {"strides": (2, 1), "padding": [(1, 0), 1], "groups": 2}


def _plus_bias(x: Any, kernel: Any, bias: Any, **_: Any) -> Any:
    return conv(x, kernel, **AROUND) + bias


def _positive(*arrays: Any, **_: Any) -> Any:
    return np.maximum(_plus_bias(*arrays), 0)


def _by_x(y: Any, kernel: Any, **_: Any) -> Any:
    """The gradient of x, one entry of x after the other."""
    out = np.zeros((2, 5, 4, 4))
    for at in itertools.product(*map(range, out.shape[1:])):
        one = np.zeros((1, 5, 4, 4))
        one[0, *at] = 1
        out[:, *at] = (conv(one, kernel, **AROUND) * y).sum((1, 2, 3))
    return out


def _by_kernel(x: Any, y: Any, **_: Any) -> Any:
    """The gradient of the kernel, one entry of it after the other."""
    out = np.zeros((2, 3, 2, 6))
    for at in np.ndindex(out.shape):
        one = np.zeros(out.shape)
        one[at] = 1
        out[at] = (conv(x, one, **AROUND) * y).sum()
    return out


CASES = [
    *(Case("conv1d", (x, k), settings, conv) for x, k, settings in ONE),
    *(Case("conv2d", (x, k), settings, conv) for x, k, settings in TWO),
    *(Case("depthwise_conv1d", ((2, 6, 3), (2, 3, 2)), s, depthwise) for s in APART),
    *(Case("depthwise_conv2d", ((2, 4, 5, 3), (2, 3, 3, 1)), s, depthwise) for s in APART[:2]),
    *(
        Case("conv_transpose1d", ((2, 4, 3), (k, 2, 3)), s, transposed)
        for s in TURNED
        for k in (2, 3)
    ),
    *(Case("conv_transpose2d", ((1, 3, 2, 2), (2, 3, 1, 2)), s, transposed) for s in TURNED[:4]),
    Case(
        "conv_transpose2d",
        ((1, 2, 3, 2), (4, 5, 2, 2)),
        {"strides": (1, 2), "padding": "same", "output_padding": (0, 1), "dilation_rate": (2, 1)},
        transposed,
    ),
    Case(
        "conv", ((2, 5, 4, 4), (2, 3, 2, 6)), by_windows(), lambda x, k, **_: conv(x, k, **AROUND)
    ),
    Case("conv_bias", ((2, 5, 4, 4), (2, 3, 2, 6), (6,)), by_windows(), _plus_bias),
    Case("conv_bias_relu", ((2, 5, 4, 4), (2, 3, 2, 6), (6,)), by_windows(), _positive),
    Case("conv_input_grad", ((2, 3, 4, 6), (2, 3, 2, 6)), by_windows(), _by_x),
    Case("conv_kernel_grad", ((2, 5, 4, 4), (2, 3, 4, 6)), by_windows(), _by_kernel),
]
