"""Matrix products from a register tile written in LLVM vectors, for float32 and float64.

The tile keeps `height` rows by `VECTORS` vectors of C in registers and adds one outer product of
a column of A and a row of B per step. Around it, rows of C are the outer loop: a slab of A (one
tile's rows, part of the depth) is copied so that it streams from the L1 cache, while a block of B
waits in L2, read where it lies or copied into panels of one tile's width.

Every element of C is one chain of fused multiply-adds in order of depth, begun from zero and
carried through C between depth blocks. So no choice made here, of height, block, panel or
thread, changes a single bit of a result.

Method: Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008); Van Zee
and van de Geijn, "BLIS" (2015).
"""

from pathlib import Path

import numpy as np
from numba import njit

from autograd_lite.kernels import runtime
from autograd_lite.kernels.compiled.parallel import share, split
from autograd_lite.kernels.compiled.tile import (
    HEIGHTS,
    NARROW,
    NARROW_COLUMNS,
    NARROW_HEIGHT,
    VECTORS,
    copy_scalar,
    copy_vector,
    data,
    keep,
    lanes_and_size,
    tile,
    transpose,
)
from autograd_lite.kernels.runtime import inner, kernel

_DEPTH_BYTES = 1024  # of a slab's row; slab and panel of this depth just fill 48 KiB of L1
# Rows of C from which copying B into panels pays: later where rows that lie far apart come fast, as
# from AMD's near third cache. On Intel's, 128x784x512 takes 1.1 times as long if B is not copied.
_PACK_ROWS = 512 if HEIGHTS[0] > 6 and runtime.cpu()[1].startswith("znver") else 64

# Inlined as Python, functions share one run of the compiler.
inlined = njit(inline="always")


@inner
def pack(source, across, along, count, room, depth, target, target_row, like):
    """``target[k, i] = source[i, k]`` for i < `count` and k < `depth`, padded up to `room`.

    `across` and `along` are the byte strides of i and k. Memory up to the next whole vector of
    depth is overwritten too. Nothing is left as it was found: a tile computes with the padding,
    and subnormal numbers there would slow it.
    """
    lane_count, size = lanes_and_size(like)
    for i in range(0, room, lane_count):
        some = max(0, min(lane_count, count - i))
        start, end = source + i * across, target + i * size
        if across == size or some == 0:
            for k in range(depth):
                copy_vector(start + k * along, end + k * target_row, some, like)
        elif along == size:
            for k in range(0, depth, lane_count):
                left = min(lane_count, depth - k)
                place = end + k * target_row
                transpose(start + k * size, across, some, left, place, target_row, like)
        else:
            for k in range(depth):
                for j in range(some):
                    place = end + k * target_row + j * size
                    copy_scalar(start + j * across + k * along, place, like)


@inner
def pack_rows(source, along, count, depth, target, target_row, target_panel, like):
    """`pack` of rows that lie whole in memory, into all panels at once: each is read in one go."""
    lane_count, size = lanes_and_size(like)
    columns = VECTORS * lane_count
    for k in range(depth):
        row, place = source + k * along, target + k * target_row
        for j in range(0, count, columns):
            for i in range(0, columns, lane_count):
                some = max(0, min(lane_count, count - j - i))
                copy_vector(row + (j + i) * size, place + i * size, some, like)
            place += target_panel


@inlined
def _part(
    m, n, k, a, a_row, a_col, b, b_row, b_col, c, c_row, bias, mask, scale, floor, adds, cache,
    work,
):  # fmt: skip
    """Compute one thread's m x n rectangle of one product.

    a, b, c and bias are addresses, `mask` is the distance of the mask from C, strides are in bytes.
    The type of `floor` is that of all elements, `adds` says whether C is added to, `cache` is the
    size of a core's L2, and `work` an array of `_room` bytes.
    """
    lane_count, size = lanes_and_size(floor)
    depth, width, panels = _blocks(m, n, k, b_col, cache, floor)
    columns = VECTORS * lane_count
    narrow = n <= min(NARROW_COLUMNS, columns)
    packs = panels > 1
    slab_row, panel_row = -(-HEIGHTS[0] // lane_count) * lane_count * size, columns * size
    slab = (work.ctypes.data + 63) // 64 * 64
    panel = slab + (depth + lane_count) * slab_row
    panel_size = (depth + lane_count) * panel_row
    for left in range(0, n, width):
        right = min(n, left + width)
        # The last panel is copied if it is not whole, so that the tile loads whole vectors.
        streamed = left if packs or b_col != size else left + (right - left) // columns * columns
        for k0 in range(0, k, depth):
            deep = min(depth, k - k0)
            b_k = b + k0 * b_row
            if b_col == size:
                pack_rows(
                    b_k + streamed * size, b_row, right - streamed, deep, panel, panel_row,
                    panel_size, floor,
                )  # fmt: skip
            else:
                for j in range(streamed, right, columns):
                    place = panel + (j - streamed) // columns * panel_size
                    some = min(columns, right - j)
                    pack(
                        b_k + j * b_col, b_col, b_row, some, columns, deep, place, panel_row, floor
                    )
            row = 0
            while row < m:
                height, rows = _stripe(m, row, narrow)
                a_k = a + row * a_row + k0 * a_col
                if narrow:
                    from_a, along = a_k, a_col
                else:
                    from_a, along = slab, slab_row
                    pack(a_k, a_row, a_col, rows, rows, deep, slab, slab_row, floor)
                for j in range(left, right, columns):
                    if j < streamed:
                        from_b, stride = b_k + j * size, b_row
                    else:
                        from_b = panel + (j - streamed) // columns * panel_size
                        stride = panel_row
                    tile(
                        height, rows, min(columns, right - j), deep, from_a, a_row, along,
                        from_b, stride, c + row * c_row + j * size, c_row,
                        bias + j * size if bias else 0, mask, scale, floor,
                        k0 == 0 and not adds, k0 + deep == k,
                    )  # fmt: skip
                row += rows


@inlined
def _blocks(m, n, k, b_col, cache, like):
    """Depth and width of B's blocks, and the number of panels to keep of one."""
    lane_count, size = lanes_and_size(like)
    most = _DEPTH_BYTES // size
    if n <= min(NARROW_COLUMNS, VECTORS * lane_count):
        most *= 2
    blocks = (k + most - 1) // most
    depth = ((k + blocks - 1) // blocks + lane_count - 1) // lane_count * lane_count
    columns = VECTORS * lane_count
    width = max(1, cache // 2 // (depth * size * columns)) * columns
    panels = (min(n, width) + columns - 1) // columns
    return depth, width, panels if b_col != size or m >= _PACK_ROWS else 1


@inlined
def _room(m, n, k, b_col, cache, like):
    """Bytes of workspace that `_part` needs."""
    lane_count, size = lanes_and_size(like)
    depth, _, panels = _blocks(m, n, k, b_col, cache, like)
    slab_row = -(-HEIGHTS[0] // lane_count) * lane_count
    return (depth + lane_count) * (slab_row + panels * VECTORS * lane_count) * size + 64


@inlined
def _stripe(m, row, narrow):
    """Number of the tile for the stripe from `row` on, and how many of its rows are there.

    Heights are balanced: 128 rows are 4 of 14 and 6 of 12, not 9 of 14 and 2 left over.
    """
    left = m - row
    if narrow:
        return NARROW, min(NARROW_HEIGHT, left)
    stripes = (left + HEIGHTS[0] - 1) // HEIGHTS[0]
    needed = (left + stripes - 1) // stripes
    height = HEIGHTS[0]
    for lower in HEIGHTS[1:]:
        if lower >= needed:
            height = lower
    return height, min(height, left)


@inlined
def grid(m, n, parts, columns):
    """How many threads share the columns of one product: the cut with least work and traffic."""
    best, least = 1, np.inf
    for across in range(1, parts + 1):
        if parts % across == 0:
            down = parts // across
            rows = (m + down - 1) // down
            wide = ((n + columns - 1) // columns + across - 1) // across * columns
            # A step of depth costs about 1 for 20 products, and 1 for each element packed.
            cost = rows * wide + 20 * (rows + wide)
            if cost < least:
                best, least = across, cost
    return best


@inner
def _multiply_part(
    batches, m, n, k, a, a_batch, a_row, a_col, b, b_batch, b_row, b_col, c, bias, mask, scale,
    floor, adds, cache, part, parts,
):  # fmt: skip
    """One part of ``C = max(scale A @ B + bias, floor)``; a, b, c, bias, mask are ids of arrays."""
    lane_count, size = lanes_and_size(floor)
    columns = VECTORS * lane_count
    if parts > 1 and (batches % parts == 0 or batches >= 4 * parts):
        first, last = share(batches, part, parts)
        top, bottom, left, right = 0, m, 0, n
    else:
        first, last = 0, batches
        across = grid(m, n, parts, columns)
        top, bottom = share(m, part // across, parts // across)
        left, right = share(n, part % across, across, columns)
    if top >= bottom or left >= right:
        return
    a_start = data(a) + top * a_row
    b_start = data(b) + left * b_col
    c_start = data(c) + (top * n + left) * size
    bias_start = data(bias) + left * size if bias else 0
    to_mask = data(mask) - data(c) if mask else 0
    work = np.empty(_room(bottom - top, right - left, k, b_col, cache, floor), np.uint8)
    for i in range(first, last):
        _part(
            bottom - top, right - left, k, a_start + i * a_batch, a_row, a_col,
            b_start + i * b_batch, b_row, b_col, c_start + i * m * n * size, n * size,
            bias_start, to_mask, scale, floor, adds, cache, work,
        )  # fmt: skip
    keep(work)


@kernel
def _multiply(
    team, parts, batches, m, n, k, a, a_batch, a_row, a_col, b, b_batch, b_row, b_col, c, bias,
    mask, scale, floor, adds, cache,
):  # fmt: skip
    """All parts."""
    arguments = (
        batches, m, n, k, a, a_batch, a_row, a_col, b, b_batch, b_row, b_col, c, bias, mask, scale,
        floor, adds, cache,
    )  # fmt: skip
    split(_multiply_part, arguments, team, parts)


def _l2_bytes():
    """Bytes of one core's L2 cache as Linux tells, else a common size."""
    try:
        text = Path("/sys/devices/system/cpu/cpu0/cache/index2/size").read_text().strip()
        return int(text.removesuffix("K")) * 1024
    except (OSError, ValueError):
        return 1 << 20


L2 = _l2_bytes()
_FLOORS = {
    np.dtype(kind): (kind(-np.inf), kind(0)) for kind in (np.float32, np.float64)
}  # by dtype: the least value of a product, of one with relu


def multiply(
    a, b, c, bias=None, relu=False, microseconds=0.0, *, scale=1.0, mask=None, accumulate=False
):
    """Write ``scale * a @ b``, plus `bias`, and its positive part if `relu`, to `c`.

    Args:
        a: ``(batch, m, k)`` or ``(m, k)``, float32 or float64, any strides.
        b: ``(batch, k, n)`` or ``(k, n)``, same dtype, any strides.
        c: ``(batch, m, n)`` or ``(m, n)``, same dtype, C-contiguous, overlapping no other argument.
        bias: ``(n,)``, same dtype, contiguous, or None.
        relu: Whether to replace negative results by zero; NaN stays NaN.
        microseconds: What it takes on one thread, for whether to call others.
        scale: A factor of the product.
        mask: Of the form of `c`, or None: results are zero where it is not positive.
        accumulate: Whether the product is added to what `c` holds, which `scale` scales too.

    No size may be zero, and every array must be aligned. None of this is checked.
    """
    batches, m, n = (1, *c.shape)[-3:]
    floor = _FLOORS[c.dtype][relu]
    _multiply(
        *runtime.team(microseconds), batches, m, n, a.shape[-1], id(a), *(0, *a.strides)[-3:],
        id(b), *(0, *b.strides)[-3:], id(c), 0 if bias is None else id(bias),
        0 if mask is None else id(mask), type(floor)(scale), floor, accumulate, L2,
    )  # fmt: skip
