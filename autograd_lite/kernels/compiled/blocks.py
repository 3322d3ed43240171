"""Products of small matrices inside of a kernel: A read where it lies, B packed before.

In a recurrent net B, the kernel, serves all steps; in attention it is a fraction of A. So B is
packed once, and A is read in place, through a pointer a row.

Both are compiled once for all kernels, which get their addresses and call them by these::

    @kernel
    def twice(tools, x, ...):
        pack, multiply = tools
        call_pack(pack, ...)
        call_product(multiply, ...)

    twice(tools(x.dtype), x, ...)

As in `gemm`, every element is one chain of fused multiply-adds in order of depth.
"""

import functools
from typing import NamedTuple

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.numpy_support import from_dtype

from autograd_lite.kernels.compiled import lanes
from autograd_lite.kernels.compiled.gemm import pack
from autograd_lite.kernels.compiled.tile import NARROW_HEIGHT, VECTORS, Tile, lanes_and_size
from autograd_lite.kernels.runtime import inner, kernel

_INTP = cgutils.intp_t
_BYTES = ir.IntType(8).as_pointer()
_HEIGHT, _LOW = NARROW_HEIGHT, NARROW_HEIGHT // 2  # and 1


class _Operands(NamedTuple):
    """Arguments of a tile as LLVM values. Strides are in bytes."""

    rows: ir.Value
    columns: ir.Value
    depth: ir.Value
    a: ir.Value
    a_row: ir.Value
    a_col: ir.Value
    b: ir.Value
    b_row: ir.Value
    c: ir.Value
    c_row: ir.Value
    floor: ir.Value  # what all is times; the tile knows by it the type of elements


class _Block(Tile):
    """Emits ``C[rows, columns] = scale A[rows, depth] @ B[depth, columns]`` for one height."""

    def emit(self):
        """Emit it all; A is read where it lies."""
        build, at = self.build, self.operands
        a_rows = self._rows(at.a, at.a_row)
        sums = self._loop([lanes.constant(self.kind, 0)] * len(self.cells), a_rows)
        scale = lanes.splat(build, at.floor, self.kind.count)
        sums = [build.fmul(value, scale) for value in sums]
        masks = [self._mask(offset) for offset in self.offsets]
        whole = build.icmp_signed(
            ">=", at.columns, ir.Constant(_INTP, len(masks) * self.kind.count)
        )
        c_rows = self._rows(at.c, at.c_row)
        with build.if_else(whole) as (yes, no):
            for branch, used in ((yes, [None] * len(masks)), (no, masks)):
                with branch:
                    for (i, j), value in reversed(list(zip(self.cells, sums, strict=True))):
                        place = build.gep(c_rows[i], [ir.Constant(_INTP, self.offsets[j])])
                        place = build.bitcast(place, self.kind.element.as_pointer())
                        lanes.store(build, value, place, used[j])


@intrinsic
def _tile(typingctx, height, rows, columns, depth, a, a_row, a_col, b, b_row, c, c_row, scale):
    """``C = scale A @ B`` for so few rows that a tile of one of the heights takes them all."""

    def codegen(context, build, signature, values):
        height, *values = values
        operands = _Operands(*values)
        places = {name: build.inttoptr(getattr(operands, name), _BYTES) for name in "abc"}
        operands = operands._replace(**places)
        end = build.append_basic_block("end")
        choice = build.switch(height, end)
        for number in (_HEIGHT, _LOW, 1):
            case = build.append_basic_block(f"height_{number}")
            choice.add_case(ir.Constant(_INTP, number), case)
            build.position_at_end(case)
            _Block(build, number, VECTORS, operands).emit()
            build.branch(end)
        build.position_at_end(end)
        return context.get_dummy_value()

    return types.void(*[types.intp] * 11, scale), codegen


@inner
def panels_bytes(n, k, like):
    """Bytes of B ``(k, n)`` when it is packed."""
    lane_count, size = lanes_and_size(like)
    columns = VECTORS * lane_count
    return (n + columns - 1) // columns * columns * (k + lane_count) * size


@kernel
def _pack_panels(b, b_row, b_col, n, k, target, like):
    """Copy B ``(k, n)`` of any strides to panels at address `target`."""
    lane_count, size = lanes_and_size(like)
    columns = VECTORS * lane_count
    row = columns * size
    for j in range(0, n, columns):
        place = target + j // columns * row * (k + lane_count)
        pack(b + j * b_col, b_col, b_row, min(columns, n - j), columns, k, place, row, like)


@kernel
def _product(m, n, k, a, a_row, a_col, panels, c, c_row, scale):
    """``C = scale A @ B``: A ``(m, k)`` of any strides, B in panels, the rows of C contiguous."""
    lane_count, size = lanes_and_size(scale)
    columns = VECTORS * lane_count
    row = columns * size
    for j in range(0, n, columns):
        b, to, wide = panels, c + j * size, min(columns, n - j)
        panels += row * (k + lane_count)
        done = 0
        while done < m:
            left = m - done
            height = _HEIGHT if left > _LOW else _LOW if left > 1 else 1
            rows = min(height, left)
            _tile(
                height, rows, wide, k, a + done * a_row, a_row, a_col, b, row, to + done * c_row,
                c_row, scale,
            )  # fmt: skip
            done += rows


@functools.cache
def tools(dtype):
    """The addresses of what packs and multiplies numbers of a dtype."""
    places = []
    for worker, count in ((_pack_panels, 6), (_product, 9)):
        signature = types.void(*[types.intp] * count, from_dtype(dtype))
        compiled = worker.get_compile_result(signature)
        name = compiled.fndesc.llvm_func_name
        places.append(compiled.library.get_pointer_to_function(name))
    return tuple(places)


def _call(context, build, signature, values):
    """Call the kernel at an address. It raises nothing, and so its status is of no use."""
    kinds = signature.args[1:]
    kind = context.call_conv.get_function_type(types.none, kinds)
    place = build.inttoptr(values[0], kind.as_pointer())
    context.call_conv.call_function(build, place, types.none, kinds, values[1:])
    return context.get_dummy_value()


@intrinsic
def call_pack(typingctx, address, b, b_row, b_col, n, k, target, like):
    """Call `_pack_panels`: copy B ``(k, n)`` of any strides to panels at address `target`."""
    return types.void(*[types.intp] * 7, like), _call


@intrinsic
def call_product(typingctx, address, m, n, k, a, a_row, a_col, panels, c, c_row, scale):
    """Call `_product`: ``C = scale A @ B`` with A of any strides, B in panels, C's rows dense."""
    return types.void(*[types.intp] * 10, scale), _call
