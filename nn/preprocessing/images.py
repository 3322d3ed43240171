"""Images as they might have been taken instead: flipped, shifted, turned, nearer or farther.

Each function takes a batch and draws anew for each of its images. In a pipeline it comes after
`batch`: ``dataset.batch(32).map(lambda x, y, rng: (random_flip(x, rng=rng), y))``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd_lite as ag
from autograd_lite.errors import ShapeError, choose, explain
from nn.checks import real

Array = NDArray[Any]
Random = np.random.Generator
MODES = {
    "horizontal": (False, True),
    "vertical": (True, False),
    "horizontal_and_vertical": (True, True),
}
INTERPOLATIONS = {"nearest": "nearest", "bilinear": "bilinear"}
FILLS = {"constant": "constant", "nearest": "nearest"}


def random_flip(
    images: Array, mode: str = "horizontal_and_vertical", *, rng: Random | None = None
) -> Array:
    """Each image mirrored, with probability 1/2.

    Args:
        images: A batch.
        mode: "horizontal" swaps left and right, "vertical" top and bottom; of both each is drawn.
        rng: Where random numbers come from; by default they follow `ag.set_seed`.

    Shapes:
        ``(batch, height, width)`` or ``(batch, height, width, channels)``, and the same again.

    Raises:
        ShapeError: it is no batch of images.
        ValueError: `mode` is unknown.

    Example:
        >>> random_flip(np.array([[[1, 2]]]), "vertical")
        array([[[1, 2]]])
    """
    where = "random_flip"
    vertical, horizontal = choose(MODES, mode, f"{where}: `mode`")
    out = _batch(where, images).copy()
    rng = _generator(rng)
    if vertical:
        chosen = rng.random(len(out)) < 0.5
        out[chosen] = out[chosen, ::-1]
    if horizontal:
        chosen = rng.random(len(out)) < 0.5
        out[chosen] = out[chosen, :, ::-1]
    return out


def random_shift(
    images: Array,
    height: float = 0.1,
    width: float = 0.1,
    *,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    rng: Random | None = None,
) -> Array:
    """Each image moved by whole pixels, as far as is drawn.

    Args:
        images: A batch.
        height: The farthest up and down, as a share of the height.
        width: The farthest to the left and right, as a share of the width.
        fill_mode: What comes in: "constant", or "nearest", the pixel at the edge.
        fill_value: The constant.
        rng: Where random numbers come from; by default they follow `ag.set_seed`.

    Shapes:
        ``(batch, height, width)`` or ``(batch, height, width, channels)``, and the same again.

    Raises:
        ShapeError: it is no batch of images.
        ValueError: a setting is out of range or unknown.

    Example:
        >>> random_shift(np.ones((2, 3, 3)), height=0, width=0.5).shape
        (2, 3, 3)
    """
    where = "random_shift"
    images, rng = _batch(where, images), _generator(rng)
    far = [real(where, "height", height), real(where, "width", width)]
    limits = [int(share * size) for share, size in zip(far, images.shape[1:3], strict=True)]
    offsets = [rng.integers(-limit, limit, len(images), endpoint=True) for limit in limits]
    matrices = np.tile(np.eye(2), (len(images), 1, 1))
    return _moved(where, images, matrices, np.stack(offsets, 1), "nearest", fill_mode, fill_value)


def random_rotation(
    images: Array,
    factor: float = 0.05,
    *,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    rng: Random | None = None,
) -> Array:
    """Each image turned about its centre, by an angle that is drawn.

    Args:
        images: A batch.
        factor: The largest angle to either side, as a share of a whole turn.
        interpolation: "bilinear", or "nearest", which gives no values that were not there.
        fill_mode: What comes in: "constant", or "nearest", the pixel at the edge.
        fill_value: The constant.
        rng: Where random numbers come from; by default they follow `ag.set_seed`.

    Shapes:
        ``(batch, height, width)`` or ``(batch, height, width, channels)``, and the same again.

    Raises:
        ShapeError: it is no batch of images.
        ValueError: a setting is out of range or unknown.

    Example:
        >>> random_rotation(np.ones((2, 3, 3)), factor=0.0).sum()
        np.float64(18.0)
    """
    where = "random_rotation"
    images, rng = _batch(where, images), _generator(rng)
    factor = real(where, "factor", factor)
    angles = 2 * np.pi * rng.uniform(-factor, factor, len(images))
    cos, sin = np.cos(angles), np.sin(angles)
    matrices = np.stack([np.stack([cos, -sin], -1), np.stack([sin, cos], -1)], 1)
    offsets = np.zeros((len(images), 2))
    return _moved(where, images, matrices, offsets, interpolation, fill_mode, fill_value)


def random_zoom(
    images: Array,
    factor: float = 0.1,
    *,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    rng: Random | None = None,
) -> Array:
    """Each image larger or smaller about its centre, by what is drawn; the size stays.

    Args:
        images: A batch.
        factor: Below 1: things become ``1 - factor`` to ``1 + factor`` times as large.
        interpolation: "bilinear", or "nearest", which gives no values that were not there.
        fill_mode: What comes in: "constant", or "nearest", the pixel at the edge.
        fill_value: The constant.
        rng: Where random numbers come from; by default they follow `ag.set_seed`.

    Shapes:
        ``(batch, height, width)`` or ``(batch, height, width, channels)``, and the same again.

    Raises:
        ShapeError: it is no batch of images.
        ValueError: a setting is out of range or unknown.

    Example:
        >>> random_zoom(np.ones((2, 3, 3)), factor=0.0).sum()
        np.float64(18.0)
    """
    where = "random_zoom"
    images, rng = _batch(where, images), _generator(rng)
    factor = real(where, "factor", factor, high=1.0)
    sizes = rng.uniform(1 - factor, 1 + factor, len(images))
    matrices = np.eye(2) / sizes[:, None, None]
    offsets = np.zeros((len(images), 2))
    return _moved(where, images, matrices, offsets, interpolation, fill_mode, fill_value)


def _generator(rng: Random | None) -> Random:
    return ag.random.generator() if rng is None else rng


def _batch(where: str, images: Any) -> Array:
    images = np.asarray(images)
    if images.ndim not in (3, 4):
        raise ShapeError(
            explain(
                where,
                "no batch of images",
                got=str(images.shape),
                expected="(batch, height, width) or (batch, height, width, channels)",
                fix="x[None] for a single image; in a Dataset, map after batch",
            )
        )
    return images


def _moved(
    where: str,
    images: Array,
    matrices: NDArray[Any],
    offsets: NDArray[Any],
    interpolation: str,
    fill_mode: str,
    fill_value: float,
) -> Array:
    """Output pixel ``p``, counted from the centre, is what is at ``matrix @ p - offset``."""
    choose(FILLS, fill_mode, f"{where}: `fill_mode`")
    bilinear = choose(INTERPOLATIONS, interpolation, f"{where}: `interpolation`") == "bilinear"
    size = np.array(images.shape[1:3])
    centre = (size - 1) / 2
    grid = np.indices(images.shape[1:3]).reshape(2, -1) - centre[:, None]
    places = matrices @ grid - offsets[:, :, None] + centre[:, None]
    flat = images.reshape(*images.shape[:3], math.prod(images.shape[3:]))
    fill = None if fill_mode == "nearest" else np.asarray(fill_value)
    if not bilinear:
        found = _pixels(flat, np.floor(places + 0.5).astype(np.intp), fill)
    else:
        found = _between(flat, places, fill)
    if images.dtype.kind in "iu" and found.dtype.kind == "f":
        found = np.rint(found)
    return found.astype(images.dtype, copy=False).reshape(images.shape)


def _between(images: Array, places: NDArray[Any], fill: NDArray[Any] | None) -> Array:
    """The mean of the four pixels around each place, the nearer counting more."""
    corner = np.floor(places).astype(np.intp)
    dtype = images.dtype if images.dtype.kind == "f" else np.dtype(np.float32)
    right = (places - corner).astype(dtype)
    total: Any = 0
    for down in (0, 1):
        for across in (0, 1):
            step = np.array([down, across])[:, None]
            share = np.where(step, right, 1 - right).prod(axis=1)
            total = total + share[..., None] * _pixels(images, corner + step, fill).astype(dtype)
    return np.asarray(total)


def _pixels(images: Array, at: NDArray[np.intp], fill: NDArray[Any] | None) -> Array:
    """``(batch, places, channels)``: the pixels at whole places, or what is filled in."""
    height, width = images.shape[1:3]
    rows, columns = np.clip(at[:, 0], 0, height - 1), np.clip(at[:, 1], 0, width - 1)
    found = images[np.arange(len(images))[:, None], rows, columns]
    if fill is not None:
        outside = (rows != at[:, 0]) | (columns != at[:, 1])
        found[outside] = fill
    return found
