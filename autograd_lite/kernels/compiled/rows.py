"""Kernels over whole rows: gathering some of a matrix, and adding all up."""

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from autograd_lite.kernels.compiled import lanes
from autograd_lite.kernels.compiled.parallel import share, spread

_INTP = cgutils.intp_t
_BYTES = ir.IntType(8).as_pointer()
_LINE = 64  # bytes of a cache line
_AHEAD = 2  # rows to ask for before they are needed: they are anywhere in memory
_VECTORS = 16  # columns of so many vectors are added up at a time, in registers


def _row(context, build, array_type, array, i):
    """The address of row `i` of a matrix, and its length in bytes."""
    matrix = context.make_array(array_type)(context, build, array)
    length = build.extract_value(matrix.shape, 1)
    place = build.gep(matrix.data, [build.mul(i, length)])
    return build.bitcast(place, _BYTES), build.mul(length, matrix.itemsize)


@intrinsic
def _copy_row(typingctx, source, i, target, j):
    """``target[j] = source[i]`` for C-contiguous matrices of one dtype."""

    def codegen(context, build, signature, values):
        source, i, target, j = values
        place, length = _row(context, build, signature.args[0], source, i)
        to, _ = _row(context, build, signature.args[2], target, j)
        cgutils.raw_memcpy(build, to, place, length, 1)
        return context.get_dummy_value()

    return types.void(source, types.intp, target, types.intp), codegen


@intrinsic
def _fetch_row(typingctx, source, i):
    """Bring row `i` of a C-contiguous matrix to the cache."""

    def codegen(context, build, signature, values):
        place, length = _row(context, build, signature.args[0], *values)
        zero, line = ir.Constant(_INTP, 0), ir.Constant(_INTP, _LINE)
        with cgutils.for_range_slice(build, zero, length, line, intp=_INTP) as (at, _):
            # The first cache has fewer requests under way than a row has lines.
            lanes.prefetch(build, build.gep(place, [at]), near=2)
        return context.get_dummy_value()

    return types.void(source, types.intp), codegen


@spread
def take(source, rows, out, part, parts):
    """``out[i] = source[rows[i]]`` for matrices of one dtype and rows within bounds."""
    first, last = share(rows.size, part, parts)
    n = len(source)
    for i in range(first, last):
        if i + _AHEAD < last:
            ahead = rows[i + _AHEAD]
            _fetch_row(source, ahead if ahead >= 0 else ahead + n)
        row = rows[i]
        _copy_row(source, row if row >= 0 else row + n, out, i)


@spread
def take_scaled(source, rows, scale, out, part, parts):
    """``out[i] = source[rows[i]] * scale`` for a matrix of bytes, in float32."""
    first, last = share(rows.size, part, parts)
    n, width = source.shape
    factor = np.float32(scale)
    for i in range(first, last):
        if i + _AHEAD < last:
            ahead = rows[i + _AHEAD]
            _fetch_row(source, ahead if ahead >= 0 else ahead + n)
        row = rows[i] if rows[i] >= 0 else rows[i] + n
        for j in range(width):
            out[i, j] = np.float32(source[row, j]) * factor


@intrinsic
def _add_rows(typingctx, x, first, last, out):
    """``out[first:last] = x[:, first:last].sum(0)``, added from the first row to the last."""

    def codegen(context, build, signature, values):
        x, first, last, out = values
        kind = lanes.vector_of(context.get_value_type(signature.args[0].dtype))
        count, stride = cgutils.unpack_tuple(
            build, context.make_array(signature.args[0])(context, build, x).shape
        )
        source = lanes.data_of(context, build, signature.args[0], x)
        target = lanes.data_of(context, build, signature.args[3], out)
        zero, one = ir.Constant(_INTP, 0), ir.Constant(_INTP, 1)

        def block(at, vectors, mask=None):
            """Add up `vectors` vectors' worth of columns."""
            places = [build.add(at, ir.Constant(_INTP, k * kind.count)) for k in range(vectors)]
            nothing = lanes.constant(kind, 0.0)
            totals = [cgutils.alloca_once_value(build, nothing) for _ in places]
            for total in totals:
                build.store(nothing, total)
            with cgutils.for_range_slice(build, zero, count, one, intp=_INTP) as (i, _):
                row = build.gep(source, [build.mul(i, stride)])
                for place, total in zip(places, totals, strict=True):
                    value = lanes.load(build, build.gep(row, [place]), kind, mask)
                    build.store(build.fadd(build.load(total), value), total)
            for place, total in zip(places, totals, strict=True):
                lanes.store(build, build.load(total), build.gep(target, [place]), mask)

        done = first
        for vectors in (_VECTORS, 1):
            step = ir.Constant(_INTP, vectors * kind.count)
            left = build.sub(last, done)
            end = build.add(done, build.mul(build.sdiv(left, step), step))
            with cgutils.for_range_slice(build, done, end, step, intp=_INTP) as (at, _):
                block(at, vectors)
            done = end
        left = build.sub(last, done)
        with build.if_then(build.icmp_signed(">", left, zero)):
            block(done, 1, lanes.mask_below(build, left, kind.count))
        return context.get_dummy_value()

    return types.void(x, types.intp, types.intp, out), codegen


@spread
def sum_rows(x, out, part, parts):
    """``out = x.sum(0)``, the rows added from first to last; threads share out columns."""
    first, last = share(out.size, part, parts, 128)
    _add_rows(x, first, last, out)
