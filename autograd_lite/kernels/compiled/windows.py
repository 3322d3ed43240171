"""The register tile of convolutions: rows of A and stretches of depth lie wherever tables say.

A window's entries are neighbours in memory along its last axis only, so that depth comes in runs:
of a kernel's row in the image, or of an image's row under one entry of the kernel. The tile reads
A in place, through a pointer a row; no patches are written.

A diagonal tile does the same for every channel by itself: it multiplies vectors of A and B, where
the other takes an outer product of a column and a row.
"""

from typing import NamedTuple

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from autograd_lite.kernels.compiled import lanes
from autograd_lite.kernels.compiled.tile import HEIGHTS, VECTORS, Tile, either

_INTP = cgutils.intp_t
_BYTES = ir.IntType(8).as_pointer()
_AHEAD = 8  # rows of B to prefetch ahead of their use
_ENTRY = 8  # bytes of an entry of a table
# A 3 x 3 window of one channel is one tile of its gradient, and the general registers hold the
# pointers; with two vectors 18 accumulators, 2 of B and 1 of A.
HEIGHT = 9 if HEIGHTS[0] > 6 else 6


class _Operands(NamedTuple):
    """Arguments of a tile as LLVM values. Strides and the entries of tables are in bytes."""

    rows: ir.Value
    columns: ir.Value
    a: ir.Value
    a_rows: ir.Value
    runs: ir.Value
    starts: ir.Value
    deep: ir.Value
    a_col: ir.Value
    b: ir.Value
    b_row: ir.Value
    c: ir.Value
    c_rows: ir.Value
    bias: ir.Value
    floor: ir.Value
    scale: ir.Value
    first: ir.Value
    last: ir.Value


class _WindowTile(Tile):
    """Emits ``C[rows, columns] (+)= sum of A[rows, run] @ B[run, columns]`` over runs of depth."""

    def __init__(self, build, vectors, diagonal, operands):
        super().__init__(build, HEIGHT, vectors, operands)
        self.diagonal = diagonal

    def emit(self):
        """Emit it all."""
        build, at = self.build, self.operands
        masks = [self._mask(offset) for offset in self.offsets]
        a_rows = self._pointers(at.a, at.a_rows)

        def load():
            c_rows = self._pointers(at.c, at.c_rows)
            return [self._at(c_rows[i], j, lanes.load, masks[j]) for i, j in self.cells]

        for row in self._pointers(at.c, at.c_rows):
            for offset in self.offsets:
                lanes.prefetch(build, build.gep(row, [_intp(offset)]))
        zeros = [lanes.constant(self.kind, 0)] * len(self.cells)
        sums = either(build, at.first, lambda: zeros, load)
        sums = self._runs(sums, a_rows)
        sums = either(build, at.last, lambda: self._affine(sums, masks), lambda: sums)
        c_rows = self._pointers(at.c, at.c_rows)
        for (i, j), value in zip(self.cells, sums, strict=True):
            place = build.gep(c_rows[i], [_intp(self.offsets[j])])
            pointer = build.bitcast(place, self.kind.element.as_pointer())
            lanes.store(build, value, pointer, masks[j])

    def _pointers(self, base, table):
        """Where rows are, those past the last one where the last one is."""
        pointers = []
        for i in range(self.height):
            if i:
                inside = self.build.icmp_signed("<", _intp(i), self.operands.rows)
                step = self.build.select(inside, _intp(_ENTRY), _intp(0))
                table = self.build.gep(table, [step])
            pointers.append(self.build.gep(base, [self._entry(table)]))
        return pointers

    def _entry(self, place):
        return self.build.load(self.build.bitcast(place, _INTP.as_pointer()))

    def _runs(self, sums, a_rows):
        """Add the products of all runs to `sums`."""
        build, at = self.build, self.operands
        before, head = build.block, build.append_basic_block("run")
        build.branch(head)
        build.position_at_end(head)
        run, b = build.phi(_INTP), build.phi(_BYTES)
        running = [build.phi(self.kind) for _ in self.cells]
        start = self._entry(build.gep(at.starts, [build.mul(run, _intp(_ENTRY))]))
        updated, next_b = self._run(running, a_rows, start, b)
        next_run = build.add(run, _intp(1))
        for phi, value, following in (
            (run, _intp(0), next_run),
            (b, at.b, next_b),
            *zip(running, sums, updated, strict=True),
        ):
            phi.add_incoming(value, before)
            phi.add_incoming(following, build.block)
        after = build.append_basic_block("after_runs")
        build.cbranch(build.icmp_signed("<", next_run, at.runs), head, after)
        build.position_at_end(after)
        return updated

    def _run(self, sums, a_rows, start, b):
        """Add the products of one run, which begins `start` bytes into each row of A, and at b."""
        build, at = self.build, self.operands
        end = build.add(start, build.mul(at.deep, at.a_col))
        ahead = build.mul(at.b_row, _intp(_AHEAD))
        before, loop = build.block, build.append_basic_block("depth")
        build.branch(loop)
        build.position_at_end(loop)
        offset, row = build.phi(_INTP), build.phi(_BYTES)
        running = [build.phi(self.kind) for _ in self.cells]
        for distance in self.offsets:
            lanes.prefetch(build, build.gep(row, [build.add(ahead, _intp(distance))]))
        row_of_b = [self._at(row, j, lanes.load) for j in range(len(self.offsets))]
        updated = []
        for (i, j), total in zip(self.cells, running, strict=True):
            place = build.gep(a_rows[i], [offset])
            if self.diagonal:
                a = self._at(place, j, lanes.load)
            elif j == 0:
                pointer = build.bitcast(place, self.kind.element.as_pointer())
                a = lanes.splat(build, build.load(pointer), self.kind.count)
            updated.append(self._multiply_add(a, row_of_b[j], total))
        next_offset, next_row = build.add(offset, at.a_col), build.gep(row, [at.b_row])
        for phi, value, following in (
            (offset, start, next_offset),
            (row, b, next_row),
            *zip(running, sums, updated, strict=True),
        ):
            phi.add_incoming(value, before)
            phi.add_incoming(following, loop)
        after = build.append_basic_block("after_run")
        build.cbranch(build.icmp_signed("!=", next_offset, end), loop, after)
        build.position_at_end(after)
        return updated, next_row


def _intp(number):
    return ir.Constant(_INTP, number)


def _tile(diagonal):
    """An intrinsic that runs the tile, with half its vectors where that is wide enough."""

    @intrinsic
    def tile(
        typingctx, rows, columns, a, a_rows, runs, starts, deep, a_col, b, b_row, c, c_rows, bias,
        floor, first, last,
    ):  # fmt: skip
        flag = types.boolean
        signature = types.void(*[types.intp] * 13, floor, flag, flag)

        def codegen(context, build, signature, values):
            operands = dict(zip(_Operands._fields, (*values[:14], None, *values[14:]), strict=True))
            for name in ("a", "a_rows", "starts", "b", "c", "c_rows", "bias"):
                operands[name] = build.inttoptr(operands[name], _BYTES)
            for name in ("first", "last"):
                operands[name] = build.trunc(operands[name], ir.IntType(1))
            operands["scale"] = ir.Constant(operands["floor"].type, 1.0)
            operands = _Operands(**operands)
            some = _intp(lanes.lanes_of(operands.floor.type))
            with build.if_else(build.icmp_signed("<=", operands.columns, some)) as branches:
                for branch, vectors in zip(branches, (1, VECTORS), strict=True):
                    with branch:
                        _WindowTile(build, vectors, diagonal, operands).emit()
            return context.get_dummy_value()

        return signature, codegen

    return tile


matrix_tile, diagonal_tile = _tile(diagonal=False), _tile(diagonal=True)
