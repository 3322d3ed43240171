"""Extremes of windows: what they are, which entry is the first of them, where its gradient goes.

Of a window only the entries within the image are read, for a vector of channels at a time.
"""

from typing import NamedTuple

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from autograd_lite.kernels.compiled import lanes
from autograd_lite.kernels.compiled.parallel import share, spread
from autograd_lite.kernels.compiled.tile import data, lanes_and_size
from autograd_lite.kernels.runtime import inner

_INTP = cgutils.intp_t
_BYTES = ir.IntType(8).as_pointer()


class _Window(NamedTuple):
    """The entries of a window within the image, as LLVM values: first, then strides in bytes."""

    place: ir.Value
    number: ir.Value
    rows: ir.Value
    columns: ir.Value
    down: ir.Value
    across: ir.Value
    width: ir.Value  # entries of a window's row, inside or not
    count: ir.Value  # channels, at most a vector

    def each(self, build, visit):
        """Emit a loop that calls `visit(address, number)` on each entry, in order."""
        with cgutils.for_range(build, self.rows, intp=_INTP) as y:
            row = build.add(self.place, build.mul(y.index, self.down))
            number = build.add(self.number, build.mul(y.index, self.width))
            with cgutils.for_range(build, self.columns, intp=_INTP) as x:
                place = build.add(row, build.mul(x.index, self.across))
                visit(place, build.add(number, x.index))


_WINDOW = [types.intp] * len(_Window._fields)


class _Vectors:
    """Access to vectors of as many channels as there are, and of their numbers as bytes."""

    def __init__(self, build, like, count):
        self.build = build
        self.kind = lanes.vector_of(like.type)
        self.size = lanes.width_of(like.type)
        self.numbers = ir.VectorType(ir.IntType(8 * self.size), self.kind.count)
        self.bytes = ir.VectorType(ir.IntType(8), self.kind.count)
        self.mask = lanes.mask_below(build, count, self.kind.count)

    def load(self, place, kind=None):
        kind = kind or self.kind
        return lanes.load(self.build, self._pointer(place, kind), kind, self.mask)

    def store(self, value, place):
        lanes.store(self.build, value, self._pointer(place, value.type), self.mask)

    def _pointer(self, place, kind):
        return self.build.inttoptr(place, kind.element.as_pointer())

    def number(self, number):
        number = self.build.trunc(number, self.numbers.element) if self.size < 8 else number
        return lanes.splat(self.build, number, self.kind.count)


def _is_nan(build, value):
    return build.fcmp_unordered("uno", value, value)


@intrinsic
def _largest(typingctx, place, number, rows, columns, down, across, width, count, out, like):
    """Write the largest entry of a window; NaN passes."""

    def codegen(context, build, signature, values):
        *window, out, like = values
        window = _Window(*window)
        vectors = _Vectors(build, like, window.count)
        best = cgutils.alloca_once_value(build, vectors.load(window.place))

        def visit(place, number):
            old, new = build.load(best), vectors.load(place)
            keeps = build.or_(build.fcmp_ordered(">=", old, new), _is_nan(build, old))
            build.store(build.select(keeps, old, new), best)

        window.each(build, visit)
        vectors.store(build.load(best), out)
        return context.get_dummy_value()

    return types.void(*_WINDOW, types.intp, like), codegen


@intrinsic
def _first(typingctx, place, number, rows, columns, down, across, width, count, best, out, like):
    """Write the number of a window's first entry that is NaN or equal to the one at `best`."""

    def codegen(context, build, signature, values):
        *window, best, out, like = values
        window = _Window(*window)
        vectors = _Vectors(build, like, window.count)
        best = vectors.load(best)
        none = ir.Constant(vectors.numbers, [-1] * vectors.kind.count)
        found = cgutils.alloca_once_value(build, none)

        def visit(place, number):
            old, seen = build.load(found), vectors.load(place)
            hit = build.or_(build.fcmp_ordered("==", seen, best), _is_nan(build, seen))
            number = vectors.number(number)
            least = build.select(build.icmp_unsigned("<", number, old), number, old)
            build.store(build.select(hit, least, old), found)

        window.each(build, visit)
        zero = ir.Constant(vectors.numbers, [0] * vectors.kind.count)
        numbers = build.load(found)
        numbers = build.select(build.icmp_signed("==", numbers, none), zero, numbers)
        vectors.store(build.trunc(numbers, vectors.bytes), out)
        return context.get_dummy_value()

    return types.void(*_WINDOW, types.intp, types.intp, like), codegen


@intrinsic
def _put(typingctx, place, number, rows, columns, down, across, width, count, taps, g, adds, like):
    """Add `g` at the entry of a window whose number is at `taps`; `adds`: others may have, too."""

    def codegen(context, build, signature, values):
        *window, taps, g, adds, like = values
        window = _Window(*window)
        vectors = _Vectors(build, like, window.count)
        chosen = build.zext(vectors.load(taps, vectors.bytes), vectors.numbers)
        g = vectors.load(g)
        zero = lanes.constant(vectors.kind, 0.0)

        def visit(place, number):
            hit = build.icmp_signed("==", chosen, vectors.number(number))
            with build.if_else(build.trunc(adds, ir.IntType(1))) as (shared, alone):
                with shared:
                    old = vectors.load(place)
                    vectors.store(build.select(hit, build.fadd(old, g), old), place)
                with alone:
                    vectors.store(build.select(hit, g, zero), place)

        window.each(build, visit)
        return context.get_dummy_value()

    return types.void(*_WINDOW, types.intp, types.intp, types.boolean, like), codegen


@intrinsic
def _clear(typingctx, place, size):
    """Write zeros to `size` bytes."""

    def codegen(context, build, signature, values):
        cgutils.memset(build, build.inttoptr(values[0], _BYTES), values[1], 0)
        return context.get_dummy_value()

    return types.void(types.intp, types.intp), codegen


@inner
def _inside(i, length, taps, step, low):
    """Where window i begins along an axis; its first entry inside, and how many are."""
    start = i * step - low
    first = max(0, -start)
    return start, first, min(taps, length - start) - first


@spread
def window_max(like, x, out, shape, size, taps, step, low, part, parts):
    """The largest entry of each window of images, as the contiguous `out` of form `size`."""
    lane_count, width = lanes_and_size(like)
    begin, end = share(size[0] * size[1], part, parts)
    channels = shape[3]
    across = channels * width
    down = shape[2] * across
    for i in range(begin, end):
        image = data(x) + i // size[1] * shape[1] * down
        top, y, rows = _inside(i % size[1], shape[1], taps[0], step[0], low[0])
        for j in range(size[2]):
            left, x_, columns = _inside(j, shape[2], taps[1], step[1], low[1])
            place = image + (top + y) * down + (left + x_) * across
            target = data(out) + (i * size[2] + j) * channels * width
            for c in range(0, channels, lane_count):
                _largest(
                    place + c * width, 0, rows, columns, down,
                    across, 0, min(lane_count, channels - c), target + c * width,
                    like,
                )  # fmt: skip


@spread
def first_taps(like, x, best, out, shape, size, taps, step, low, part, parts):
    """The number of each window's first entry that is its extreme, as bytes of form `size`."""
    lane_count, width = lanes_and_size(like)
    begin, end = share(size[0] * size[1], part, parts)
    channels = shape[3]
    across = channels * width
    down = shape[2] * across
    for i in range(begin, end):
        image = data(x) + i // size[1] * shape[1] * down
        top, y, rows = _inside(i % size[1], shape[1], taps[0], step[0], low[0])
        for j in range(size[2]):
            left, x_, columns = _inside(j, shape[2], taps[1], step[1], low[1])
            place = image + (top + y) * down + (left + x_) * across
            at = (i * size[2] + j) * channels
            for c in range(0, channels, lane_count):
                _first(
                    place + c * width, y * taps[1] + x_, rows, columns, down,
                    across, taps[1], min(lane_count, channels - c),
                    data(best) + (at + c) * width, data(out) + at + c, like,
                )  # fmt: skip


@spread
def put_taps(like, g, chosen, out, size, shape, taps, step, low, part, parts):
    """Zeros of the contiguous form `shape`, with `g` added at each window's numbered entry."""
    lane_count, width = lanes_and_size(like)
    begin, end = share(size[0], part, parts)
    channels = shape[3]
    across = channels * width
    down = shape[2] * across
    adds = taps[0] > step[0] or taps[1] > step[1]
    for image in range(begin, end):
        start = data(out) + image * shape[1] * down
        _clear(start, shape[1] * down)
        for i in range(size[1]):
            top, y, rows = _inside(i, shape[1], taps[0], step[0], low[0])
            for j in range(size[2]):
                left, x, columns = _inside(j, shape[2], taps[1], step[1], low[1])
                place = start + (top + y) * down + (left + x) * across
                at = ((image * size[1] + i) * size[2] + j) * channels
                for c in range(0, channels, lane_count):
                    _put(
                        place + c * width, y * taps[1] + x, rows, columns, down,
                        across, taps[1], min(lane_count, channels - c),
                        data(chosen) + at + c, data(g) + (at + c) * width, adds, like,
                    )  # fmt: skip
