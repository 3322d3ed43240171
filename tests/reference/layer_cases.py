"""The layers that are compared with Keras: settings, inputs, and weights by formula."""

from typing import Any, NamedTuple

import numpy as np


class Layer(NamedTuple):
    """A layer of this name in both libraries, called on inputs of these shapes."""

    name: str
    settings: dict[str, Any]
    shapes: tuple[tuple[int, ...], ...]
    training: bool = False
    calls: int = 1


def values(shape, seed, scale=1.0):
    """Numbers without pattern that every NumPy gives alike."""
    n = int(np.prod(shape))
    x = np.modf(np.sin(np.arange(1, n + 1) * 12.9898 + seed * 78.233) * 437.585453)[0]
    return scale * 1.5 * x.reshape(shape)


def weight(name, shape, seed):
    """The value of the weight of this name; variances are positive."""
    w = values(shape, seed + 50, 0.7)
    return np.abs(w) + 0.5 if "variance" in name else w


def _one(name, shape, *settings, **more):
    return [Layer(name, s, (shape,), **more) for s in settings or ({},)]


ROWS, STEPS, IMAGE = (3, 4), (2, 5, 4), (1, 5, 4, 2)
SEVERAL = ((2, 3), (2, 3), (2, 3))

CASES = [
    *_one("Dense", ROWS, {"units": 3}, {"units": 2, "activation": "tanh", "use_bias": False}),
    *_one("Dense", (2, 3, 2), {"units": 2, "activation": "softmax"}),
    *_one(
        "ReLU",
        ROWS,
        {},
        {"max_value": 0.5, "negative_slope": 0.1},
        {"threshold": 0.25, "negative_slope": 0.3, "max_value": 0.9},
    ),
    *_one("LeakyReLU", ROWS, {}, {"negative_slope": 0.05}),
    *_one("PReLU", (2, 3, 2), {}, {"shared_axes": [1]}),
    *_one("ELU", ROWS, {}, {"alpha": 0.5}),
    *_one("Softmax", (2, 3, 2), {}, {"axis": 1}),
    *_one("Flatten", (2, 3, 2)),
    *_one("Reshape", (2, 3, 4), {"target_shape": (2, -1)}),
    *_one("Permute", (2, 3, 4), {"dims": (2, 1)}),
    *_one("RepeatVector", ROWS, {"n": 3}),
    *_one(
        "Conv1D",
        STEPS,
        {"filters": 3, "kernel_size": 2},
        {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same"},
        {"filters": 2, "kernel_size": 3, "dilation_rate": 2, "padding": "causal"},
        {"filters": 4, "kernel_size": 2, "groups": 2, "activation": "tanh"},
    ),
    *_one(
        "Conv2D",
        IMAGE,
        {"filters": 2, "kernel_size": 3},
        {"filters": 2, "kernel_size": (2, 3), "strides": 2, "padding": "same"},
        {"filters": 2, "kernel_size": 2, "dilation_rate": (1, 2), "use_bias": False},
        {"filters": 4, "kernel_size": 3, "strides": (2, 3), "groups": 2, "padding": "same"},
    ),
    *_one(
        "DepthwiseConv1D",
        STEPS,
        {"kernel_size": 3, "depth_multiplier": 2, "padding": "same"},
        {"kernel_size": 2, "strides": 2},
    ),
    *_one(
        "DepthwiseConv2D",
        IMAGE,
        {"kernel_size": 2, "depth_multiplier": 2, "activation": "tanh"},
        {"kernel_size": 3, "strides": 2, "padding": "same"},
    ),
    *_one(
        "SeparableConv1D",
        STEPS,
        {"filters": 3, "kernel_size": 2, "depth_multiplier": 2},
        {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same"},
    ),
    *_one(
        "SeparableConv2D",
        IMAGE,
        {"filters": 2, "kernel_size": 2},
        {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same"},
    ),
    *_one(
        "Conv1DTranspose",
        STEPS,
        {"filters": 2, "kernel_size": 3},
        {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same"},
        {"filters": 2, "kernel_size": 2, "strides": 3},
        {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same", "output_padding": 1},
    ),
    *_one(
        "Conv2DTranspose",
        (1, 3, 2, 2),
        {"filters": 2, "kernel_size": 2},
        {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same"},
        {"filters": 1, "kernel_size": 2, "dilation_rate": 2},
    ),
    *_one(
        "MaxPooling1D",
        STEPS,
        {},
        {"pool_size": 3, "strides": 2, "padding": "same"},
        {"pool_size": 2, "strides": 1},
    ),
    *_one("MaxPooling2D", IMAGE, {}, {"pool_size": (3, 2), "strides": 2, "padding": "same"}),
    *_one(
        "AveragePooling1D",
        STEPS,
        {"pool_size": 2},
        {"pool_size": 3, "strides": 2, "padding": "same"},
    ),
    *_one(
        "AveragePooling2D",
        IMAGE,
        {"pool_size": 2},
        {"pool_size": (3, 2), "strides": 2, "padding": "same"},
    ),
    *_one("GlobalMaxPooling1D", STEPS, {}, {"keepdims": True}),
    *_one("GlobalMaxPooling2D", IMAGE),
    *_one("GlobalAveragePooling1D", STEPS),
    *_one("GlobalAveragePooling2D", IMAGE, {}, {"keepdims": True}),
    *_one("ZeroPadding1D", (2, 3, 2), {}, {"padding": (2, 1)}),
    *_one("ZeroPadding2D", (1, 2, 3, 2), {}, {"padding": (1, 2)}, {"padding": ((0, 1), (2, 0))}),
    *_one("Cropping1D", STEPS, {}, {"cropping": (0, 2)}),
    *_one("Cropping2D", IMAGE, {"cropping": 1}, {"cropping": ((1, 0), (2, 1))}),
    *_one("UpSampling1D", (2, 3, 2), {}, {"size": 3}),
    *_one(
        "UpSampling2D",
        (1, 2, 3, 2),
        {},
        {"size": (2, 3)},
        {"size": (2, 3), "interpolation": "bilinear"},
    ),
    *_one(
        "BatchNormalization", ROWS, {}, {"momentum": 0.7, "epsilon": 0.1}, training=True, calls=2
    ),
    *_one("BatchNormalization", IMAGE, {}, training=True, calls=2),
    *_one("BatchNormalization", (2, 3, 4), {"axis": 1, "scale": False}, training=True, calls=2),
    *_one("BatchNormalization", ROWS, {}, {"center": False}, {"trainable": False}),
    *_one("BatchNormalization", ROWS, {"trainable": False}, training=True),
    *_one("LayerNormalization", (2, 3, 4), {}, {"axis": (1, 2)}, {"axis": 1, "center": False}),
    *_one("GroupNormalization", IMAGE, {"groups": 1}, {"groups": 2}, {"groups": -1}),
    *_one("GroupNormalization", (2, 4), {"groups": 2, "epsilon": 0.1}),
    *_one("RMSNormalization", (2, 3, 4), {}, {"axis": (1, 2)}, {"epsilon": 0.5}),
    *_one("UnitNormalization", (2, 3, 4), {}, {"axis": (1, 2)}),
    *(Layer(name, {}, SEVERAL) for name in "Add Multiply Average Maximum Minimum".split()),
    Layer("Subtract", {}, SEVERAL[:2]),
    Layer("Add", {}, ((2, 3, 4), (2, 1, 4))),
    Layer("Concatenate", {}, ((2, 3), (2, 1))),
    Layer("Concatenate", {"axis": 1}, ((2, 1, 3), (2, 2, 3))),
    Layer("Dot", {"axes": 1}, ((2, 3), (2, 3))),
    Layer("Dot", {"axes": (2, 1)}, ((2, 2, 3), (2, 3, 2))),
    Layer("Dot", {"axes": 1, "normalize": True}, ((2, 3, 2), (2, 3, 4))),
    *_one("Rescaling", ROWS, {"scale": 0.5, "offset": -1.0}),
    *_one(
        "Normalization",
        ROWS,
        {"mean": [0.1, 0.2, 0.3, 0.4], "variance": [1.0, 2.0, 0.5, 0.0]},
        {"mean": 0.5, "variance": 4.0, "invert": True},
    ),
]

# Whole numbers in, so without a gradient for them.
NUMBERS = np.array([[0, 2, 2], [4, 1, 0]])
OF_NUMBERS = [
    ("Embedding", {"input_dim": 5, "output_dim": 3}),
    ("CategoryEncoding", {"num_tokens": 5, "output_mode": "one_hot"}),
    ("CategoryEncoding", {"num_tokens": 5, "output_mode": "multi_hot"}),
    ("CategoryEncoding", {"num_tokens": 5, "output_mode": "count"}),
    ("Discretization", {"bin_boundaries": [1.0, 1.5, 4.0]}),
]

MATRIX = values((3, 4), 7)
REGULARIZERS = [
    ("L1", {}),
    ("L2", {"l2": 0.3}),
    ("L1L2", {"l1": 0.2, "l2": 0.1}),
    ("OrthogonalRegularizer", {}),
    ("OrthogonalRegularizer", {"factor": 0.5, "mode": "columns"}),
]
CONSTRAINTS = [
    ("MaxNorm", {"max_value": 1.2}),
    ("MaxNorm", {"max_value": 1.2, "axis": [0, 1]}),
    ("NonNeg", {}),
    ("UnitNorm", {"axis": 1}),
    ("MinMaxNorm", {"min_value": 0.5, "max_value": 1.5, "rate": 0.4}),
]
