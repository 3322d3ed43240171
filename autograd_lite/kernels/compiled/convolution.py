"""Convolutions as matrix products whose left operand is read where it lies in the image.

Rows of C are positions of windows, and depth is a window's entries; or rows are entries of the
kernel, and depth is the positions that see them. Tables say where in the image each begins, so one
tile serves strides, dilation and both directions. Only where windows reach into padding, a block of
the image is copied, with zeros around it.

Every element of C is one chain of fused multiply-adds in a fixed order, whatever blocks and
threads there are.
"""

import numpy as np

from autograd_lite.kernels.compiled.gemm import L2, grid, inlined, pack, pack_rows
from autograd_lite.kernels.compiled.parallel import share, spread
from autograd_lite.kernels.compiled.tile import (
    VECTORS,
    copy_vector,
    data,
    keep,
    lanes_and_size,
)
from autograd_lite.kernels.compiled.windows import HEIGHT, diagonal_tile, matrix_tile
from autograd_lite.kernels.runtime import inner

CACHE = L2  # bytes
_ENTRY = 8  # bytes of an entry of a table
_SMALL = 128  # positions of an image; of such ones several are worked on at a time
_MOST = 1 << 13  # positions at a time: tables of them are in the cache too


@inner
def _copy(source, count, target, room, like):
    """Copy `count` elements and add zeros: up to `room` elements, in whole vectors."""
    lane_count, size = lanes_and_size(like)
    for k in range(0, room, lane_count):
        copy_vector(source + k * size, target + k * size, max(0, min(lane_count, count - k)), like)


@inner
def _copy_block(
    source, shape, strides, top, left, rows, columns, channels, target, row_pitch, pixel, like
):  # fmt: skip
    """Copy rows and columns of an image, with zeros outside it and between its pixels.

    `shape` and `strides` are the image's, (height, width); from `top` and `left` on, which may lie
    outside of it. A vector beyond the target is overwritten too.
    """
    _, size = lanes_and_size(like)
    first = min(max(0, -left), columns)
    last = max(first, min(columns, shape[1] - left))
    room = pixel // size
    for i in range(rows):
        place = target + i * row_pitch
        if not 0 <= top + i < shape[0]:
            _copy(source, 0, place, columns * room, like)
            continue
        start = source + (top + i) * strides[0] + left * strides[1]
        _copy(start, 0, place, first * room, like)
        if strides[1] == pixel and channels == room:
            count = (last - first) * room
            _copy(start + first * pixel, count, place + first * pixel, count, like)
        else:
            for j in range(first, last):
                _copy(start + j * strides[1], channels, place + j * pixel, room, like)
        _copy(start, 0, place + last * pixel, (columns - last) * room, like)


@inlined
def _span(count, step):
    return (count - 1) * step + 1


@inner
def _layout(shape, strides, size, taps, first, step, delta, diagonal, cache, like):
    """How a block of the image is laid out: `(copied, pixel, row pitch, rows, images)`.

    That is, whether it is a copy; strides in bytes; rows of windows in a block, and images of all
    their rows.
    """
    lane_count, width = lanes_and_size(like)
    inside = True
    for i in range(2):
        reach = first[i] + (size[i] - 1) * step[i] + _span(taps[i], delta[i])
        inside = inside and first[i] >= 0 and reach <= shape[1 + i]
    channels = shape[3]
    copied = not inside
    if diagonal and channels % lane_count:  # the tile loads whole vectors
        copied, channels = True, (channels + lane_count - 1) // lane_count * lane_count
    if copied:
        pixel = channels * width
        pitch = (_span(size[1], step[1]) + _span(taps[1], delta[1]) - 1) * pixel
    else:
        pitch, pixel = strides[1], strides[2]
    around = _span(taps[0], delta[0])
    most = cache // 4 // max(1, abs(pitch))
    rows = min(size[0], max(1, (most - around) // step[0] + 1), max(1, _MOST // size[1]))
    images = 1
    positions = size[0] * size[1]
    if rows == size[0] and positions <= _SMALL:
        held = _span(rows, step[0]) + around - 1
        images = max(1, min(shape[0], most // held, 4 * _SMALL // positions))
    return copied, pixel, pitch, rows, images


@inlined
def _reached(row, height, taps, first, step, delta):
    """Which taps a row of windows has inside the image, and how many rows have all from here on.

    At least one of either.
    """
    top = row * step + first
    least = min(taps - 1, (max(0, -top) + delta - 1) // delta)
    most = max(least + 1, min(taps, (height - top + delta - 1) // delta))
    alike = 1
    if least == 0 and most == taps:
        alike = max(1, (height - _span(taps, delta) - top) // step + 1)
    return least, most, alike


@inner
def _seen(
    source, shape, strides, image, images, top, left, rows, columns, copied, block, by_image, pitch,
    pixel, like,
):  # fmt: skip
    """Where the rows of some images are that windows see, from `top` and `left` on.

    In the source itself or, `copied`, in rows of `columns` pixels at `block`.
    """
    start = source + image * strides[0]
    if not copied:
        return start + top * pitch + left * pixel
    for i in range(images):
        _copy_block(
            start + i * strides[0], shape[1:3], strides[1:3], top, left, rows, columns, shape[3],
            block + i * by_image, pitch, pixel, like,
        )  # fmt: skip
    return block


@inner
def _places(i_count, j_count, k_count, i_step, j_step, k_step):
    """A table of ``i * i_step + j * j_step + k * k_step``, in C order."""
    table = np.empty(i_count * j_count * k_count, np.intp)
    at = 0
    for i in range(i_count):
        for j in range(j_count):
            for k in range(k_count):
                table[at] = i * i_step + j * j_step + k * k_step
                at += 1
    return table


@inner
def _pack_weights(weights, strides, taps, depth, filters, target, panel_size, like):
    """All taps of a kernel in panels as wide as a tile; `strides` are those of its four axes."""
    lane_count, size = lanes_and_size(like)
    wide = VECTORS * lane_count
    row = wide * size
    for y in range(taps[0]):
        for x in range(taps[1]):
            start = weights + y * strides[0] + x * strides[1]
            place = target + (y * taps[1] + x) * depth * row
            if strides[3] == size:
                pack_rows(start, strides[2], filters, depth, place, row, panel_size, like)
                continue
            for j in range(0, filters, wide):
                pack(
                    start + j * strides[3], strides[3], strides[2], min(wide, filters - j), wide,
                    depth, place + j // wide * panel_size, row, like,
                )  # fmt: skip


def _correlation(tile, diagonal, name):
    """A kernel that slides windows over images, over all channels or, `diagonal`, over each.

    Arrays are ids, `step` is from window to window, `delta` from tap to tap, and the first tap of
    the first window is at `first`. No result is below `floor`, whose type is that of all elements.
    """

    def correlate(
        floor, source, shape, strides, weights, weight_strides, taps, out, out_shape, out_strides,
        bias, first, step, delta, cache, part, parts,
    ):  # fmt: skip
        images, rows, columns, filters = out_shape
        begin, end = share(images * rows, part, parts)
        if begin >= end:
            return
        lane_count, size = lanes_and_size(floor)
        wide = VECTORS * lane_count
        depth = 1 if diagonal else shape[3]
        copied, pixel, pitch, most, group = _layout(
            shape, strides, (rows, columns), taps, first, step, delta, diagonal, cache, floor
        )
        held = _span(most, step[0]) + _span(taps[0], delta[0]) - 1
        across = pitch // pixel if copied else 0
        by_image = held * pitch if copied else strides[0]
        panel_size = (taps[0] * taps[1] * depth + lane_count) * wide * size
        room = (filters + wide - 1) // wide * panel_size
        room += 2 * wide * size + (group * by_image if copied else 0)
        work = np.empty(room + 64, np.uint8)
        panel = (work.ctypes.data + 63) // 64 * 64
        block = panel + (filters + wide - 1) // wide * panel_size
        _pack_weights(data(weights), weight_strides, taps, depth, filters, panel, panel_size, floor)
        a_rows = _places(group, most, columns, by_image, step[0] * pitch, step[1] * pixel)
        c_rows = _places(group, most, columns, out_strides[0], out_strides[1], out_strides[2])
        weight_row = taps[1] * depth * wide * size
        runs, deep, along = 1, taps[1] * depth, size  # of each row of a kernel
        if diagonal:
            along = delta[1] * pixel
        elif delta[1] > 1 or pixel > depth * size:
            runs, deep = taps[1], depth
        starts = _places(1, taps[0], runs, 0, delta[0] * pitch, delta[1] * pixel)
        bias_start = data(bias) if bias else 0
        finishes = bias != 0 or floor > -np.inf
        while begin < end:
            image, row = begin // rows, begin % rows
            some, count = 1, min(most, rows - row, end - begin)
            if row == 0 and count == rows:
                some = min(group, (end - begin) // rows)
            above, below = 0, taps[0]
            if copied and rows * columns > _SMALL:
                above, below, alike = _reached(row, shape[1], taps[0], first[0], step[0], delta[0])
                count = min(count, alike)
            top = row * step[0] + first[0]
            needed = _span(count, step[0]) + _span(taps[0], delta[0]) - 1
            a = _seen(
                data(source), shape, strides, image, some, top, first[1], needed, across, copied,
                block, by_image, pitch, pixel, floor,
            )  # fmt: skip
            c = data(out) + image * out_strides[0] + row * out_strides[1]
            positions = some * count * columns
            for j in range(0, filters, wide):
                for p in range(0, positions, HEIGHT):
                    tile(
                        min(HEIGHT, positions - p), min(wide, filters - j),
                        a + (j * size if diagonal else 0), a_rows.ctypes.data + p * _ENTRY,
                        (below - above) * runs, starts.ctypes.data + above * runs * _ENTRY, deep,
                        along, panel + j // wide * panel_size + above * weight_row, wide * size,
                        c + j * size, c_rows.ctypes.data + p * _ENTRY,
                        bias_start + j * size if bias else 0, floor, True, finishes,
                    )  # fmt: skip
            begin += some * count
        keep(work)
        keep(a_rows)
        keep(c_rows)
        keep(starts)

    return spread(correlate, name=name)


correlate = _correlation(matrix_tile, diagonal=False, name="correlate")
correlate_channels = _correlation(diagonal_tile, diagonal=True, name="correlate_channels")


def _kernel_gradient(tile, diagonal, name):
    """A kernel that sums up, for each entry of a kernel, what it met in images times g.

    Images are cut into `chunks`, whose sums are apart in `total`. The arguments are those of
    `_correlation`, and the type of `like` that of all elements.
    """

    def gradient(
        like, source, shape, strides, g, g_shape, g_strides, taps, total, chunks, first, step,
        delta, cache, part, parts,
    ):  # fmt: skip
        images, rows, columns, filters = g_shape
        lane_count, size = lanes_and_size(like)
        wide = VECTORS * lane_count
        depth = 1 if diagonal else shape[3]
        m = taps[0] * taps[1] * depth
        begin, end, upper, lower, near, far = 0, chunks, 0, m, 0, filters
        if chunks > 1:
            begin, end = share(chunks, part, parts)
        else:
            beside = grid(m, filters, parts, wide)
            upper, lower = share(m, part // beside, parts // beside, HEIGHT)
            near, far = share(filters, part % beside, beside, wide)
        if begin >= end or upper >= lower or near >= far:
            return
        copied, pixel, pitch, most, group = _layout(
            shape, strides, (rows, columns), taps, first, step, delta, diagonal, cache, like
        )
        held = _span(most, step[0]) + _span(taps[0], delta[0]) - 1
        across = pitch // pixel if copied else 0
        by_image = held * pitch if copied else strides[0]
        packed = (far - near) % lane_count > 0
        panel_size = group * most * columns * wide * size
        room = (far - near + wide - 1) // wide * panel_size if packed else 0
        room += 2 * wide * size + (group * by_image if copied else 0)
        work = np.empty(room + 64, np.uint8)
        panel = (work.ctypes.data + 63) // 64 * 64
        block = panel + ((far - near + wide - 1) // wide * panel_size if packed else 0)
        a_rows = _places(taps[0], taps[1], depth, delta[0] * pitch, delta[1] * pixel, size)
        c_rows = _places(1, 1, m, 0, 0, filters * size)
        starts = _places(1, group, most, 0, by_image, step[0] * pitch)
        for chunk in range(begin, end):
            c = data(total) + chunk * m * filters * size
            place, stop = share(images, chunk, chunks)
            place, stop = place * rows, stop * rows
            fresh = True
            while place < stop:
                image, row = place // rows, place % rows
                some, count = 1, min(most, rows - row)
                if count == rows:
                    some = min(group, (stop - place) // rows)
                top = row * step[0] + first[0]
                a = _seen(
                    data(source), shape, strides, image, some, top, first[1], held, across, copied,
                    block, by_image, pitch, pixel, like,
                )  # fmt: skip
                b = data(g) + image * g_strides[0] + row * g_strides[1] + near * size
                b_row, b_panel = g_strides[2], wide * size
                if packed:
                    positions = some * count * columns
                    b_panel = panel_size
                    pack_rows(b, b_row, far - near, positions, panel, wide * size, panel_size, like)
                    b, b_row = panel, wide * size
                for p in range(upper, lower, HEIGHT):
                    for j in range(near, far, wide):
                        tile(
                            min(HEIGHT, lower - p), min(wide, far - j),
                            a + (j * size if diagonal else 0), a_rows.ctypes.data + p * _ENTRY,
                            some * count, starts.ctypes.data, columns, step[1] * pixel,
                            b + (j - near) // wide * b_panel, b_row,
                            c + j * size, c_rows.ctypes.data + p * _ENTRY,
                            0, like, fresh, False,
                        )  # fmt: skip
                fresh = False
                place += some * count
        keep(work)
        keep(a_rows)
        keep(c_rows)
        keep(starts)

    return spread(gradient, name=name)


kernel_gradient = _kernel_gradient(matrix_tile, diagonal=False, name="kernel_gradient")
kernel_gradient_of_channels = _kernel_gradient(
    diagonal_tile, diagonal=True, name="kernel_gradient_of_channels"
)
