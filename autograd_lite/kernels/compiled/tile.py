"""The register tile of a matrix product, and the copying of its operands, in LLVM vectors.

The tile keeps `height` rows by `VECTORS` vectors of C in registers and adds one outer product of
a column of A and a row of B per step. Addresses are integers and strides count bytes, so that one
compiled version serves every layout. The width of a vector is the machine's.
"""

import platform
from typing import NamedTuple

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from autograd_lite.kernels import runtime
from autograd_lite.kernels.compiled import lanes

_INTP = cgutils.intp_t
_INT32 = ir.IntType(32)
_BYTES = ir.IntType(8).as_pointer()

_32_REGISTERS = runtime.vector_bits() == 512 or platform.machine() in ("aarch64", "arm64")
# Accumulators fill the registers: 14 x 2, 2 of B and 1 of A are 31 of 32; 6 x 2 + 3 are 15 of 16.
# Each height is code to compile, so there are few, and a shorter stripe wastes the rows it lacks.
VECTORS = 2
HEIGHTS = (14, 12, 8, 4) if _32_REGISTERS else (6, 4, 2)
# The narrow tile reads A in place, through a pointer a row; the general registers hold this many.
NARROW_HEIGHT = 8 if _32_REGISTERS else 6
NARROW_COLUMNS = 16  # at most, and no more than a panel has
NARROW = 0  # the narrow tile's number among the heights

_AHEAD = 6  # rows of B to prefetch ahead of their use
_DATA_FIELD = object.__basicsize__  # an ndarray starts with its data pointer, in NumPy's ABI


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
    bias: ir.Value
    mask: ir.Value  # how far it lies from C
    scale: ir.Value
    floor: ir.Value
    first: ir.Value
    last: ir.Value


class Tile:
    """Emits ``C[rows, columns] (+)= A[rows, depth] @ B[depth, columns]`` for one height.

    A tile taller than `rows` works on its last row again and again. It stores from the last row
    upwards, so that the true value is the last one written.
    """

    def __init__(self, build, height, vectors, operands):
        self.build, self.height, self.operands = build, height, operands
        self.kind = lanes.vector_of(operands.floor.type)
        self.size = lanes.width_of(self.kind.element)
        self.offsets = [j * self.kind.count * self.size for j in range(vectors)]
        self.cells = [(i, j) for i in range(height) for j in range(vectors)]

    def emit(self, slab):
        """Emit it all. In a `slab` the rows of A are neighbours, else they are `a_row` apart."""
        build, at = self.build, self.operands
        c_rows = self._rows(at.c, at.c_row)
        a_rows = [_step(build, at.a, i * self.size) for i in range(self.height)]
        if not slab:
            a_rows = self._rows(at.a, at.a_row)
        masks = [self._mask(offset) for offset in self.offsets]
        width = self.offsets[-1] + self.kind.count * self.size
        for row in c_rows:  # the next tile's part of C
            for offset in self.offsets:
                lanes.prefetch(build, _step(build, row, width + offset))

        def load():
            return [self._at(c_rows[i], j, lanes.load, masks[j]) for i, j in self.cells]

        zeros = [lanes.constant(self.kind, 0)] * len(self.cells)
        sums = either(build, at.first, lambda: zeros, load)
        sums = self._loop(sums, a_rows)
        sums = either(build, at.last, lambda: self._finished(sums, c_rows, masks), lambda: sums)
        for (i, j), value in reversed(list(zip(self.cells, sums, strict=True))):
            place = _step(build, c_rows[i], self.offsets[j])
            lanes.store(build, value, _typed(build, place, self.kind.element), masks[j])

    def _rows(self, base, stride):
        """Pointers to the rows of the tile, those past the last one on the last one."""
        pointers = [base]
        for i in range(1, self.height):
            inside = self.build.icmp_signed("<", _intp(i), self.operands.rows)
            step = self.build.select(inside, stride, _intp(0))
            pointers.append(self.build.gep(pointers[-1], [step]))
        return pointers

    def _mask(self, offset):
        first = _intp(offset // self.size)
        left = self.build.sub(self.operands.columns, first)
        return lanes.mask_below(self.build, left, self.kind.count)

    def _at(self, pointer, j, access, mask=None):
        place = _step(self.build, pointer, self.offsets[j])
        return access(self.build, _typed(self.build, place, self.kind.element), self.kind, mask)

    def _loop(self, sums, a_rows):
        """Add the products of all `depth` steps to `sums`."""
        build, at = self.build, self.operands
        before, loop = build.block, build.append_basic_block("depth")
        ahead = build.mul(at.b_row, _intp(_AHEAD))
        build.branch(loop)
        build.position_at_end(loop)
        step, offset, b = build.phi(_INTP), build.phi(_INTP), build.phi(_BYTES)
        running = [build.phi(self.kind) for _ in self.cells]
        for distance in self.offsets:
            lanes.prefetch(build, _step(build, build.gep(b, [ahead]), distance))
        row_of_b = [self._at(b, j, lanes.load) for j in range(len(self.offsets))]
        updated = []
        for (i, j), total in zip(self.cells, running, strict=True):
            if j == 0:
                place = _typed(build, build.gep(a_rows[i], [offset]), self.kind.element)
                a = lanes.splat(build, build.load(place), self.kind.count)
            updated.append(self._multiply_add(a, row_of_b[j], total))
        next_step = build.add(step, _intp(1))
        turns = [
            (step, _intp(0), next_step),
            (offset, _intp(0), build.add(offset, at.a_col)),
            (b, at.b, build.gep(b, [at.b_row])),
            *zip(running, sums, updated, strict=True),
        ]
        for phi, start, following in turns:
            phi.add_incoming(start, before)
            phi.add_incoming(following, loop)
        after = build.append_basic_block("after")
        build.cbranch(build.icmp_signed("<", next_step, at.depth), loop, after)
        build.position_at_end(after)
        return updated

    def _multiply_add(self, a, b, total):
        if not lanes.has_fma():
            return self.build.fadd(self.build.fmul(a, b), total)
        name = f"fma.{lanes.suffix(self.kind)}"
        return lanes.call_intrinsic(self.build, name, self.kind, [a, b, total])

    def _finished(self, sums, c_rows, masks):
        """The results, where the mask, if there is one, is positive; zeros elsewhere."""
        build, at = self.build, self.operands
        zero = lanes.constant(self.kind, 0)
        values = self._affine(sums, masks)

        def shown():
            rows = [build.gep(row, [at.mask]) for row in c_rows]
            given = [self._at(rows[i], j, lanes.load, masks[j]) for i, j in self.cells]
            return [
                build.select(build.fcmp_ordered(">", mask, zero), value, zero)
                for mask, value in zip(given, values, strict=True)
            ]

        masked = build.icmp_unsigned("!=", at.mask, _intp(0))
        return either(build, masked, shown, lambda: values)

    def _affine(self, sums, masks):
        """``max(sums * scale + bias, floor)``: NaN stays, and the bias of nothing is -0."""
        build, at = self.build, self.operands
        nothing = [lanes.constant(self.kind, -0.0)] * len(self.offsets)
        given = build.icmp_unsigned("!=", build.ptrtoint(at.bias, _INTP), _intp(0))
        biases = either(
            build,
            given,
            lambda: [self._at(at.bias, j, lanes.load, masks[j]) for j in range(len(masks))],
            lambda: nothing,
        )
        floor = lanes.splat(build, at.floor, self.kind.count)
        scale = lanes.splat(build, at.scale, self.kind.count)
        finished = []
        for (_, j), value in zip(self.cells, sums, strict=True):
            value = build.fadd(build.fmul(value, scale), biases[j])
            below = build.fcmp_ordered("<", value, floor)
            finished.append(build.select(below, floor, value))
        return finished


def _intp(number):
    return ir.Constant(_INTP, number)


def _step(build, pointer, distance):
    return build.gep(pointer, [_intp(distance)])


def _typed(build, pointer, element):
    return build.bitcast(pointer, element.as_pointer())


def either(build, condition, yes, no):
    """The list of values of whichever of two pieces of code runs."""
    ends = []
    with build.if_else(condition) as branches:
        for branch, emit in zip(branches, (yes, no), strict=True):
            with branch:
                ends.append((emit(), build.block))
    merged = []
    for values in zip(*(values for values, _ in ends), strict=True):
        phi = build.phi(values[0].type)
        for value, (_, block) in zip(values, ends, strict=True):
            phi.add_incoming(value, block)
        merged.append(phi)
    return merged


@intrinsic
def tile(
    typingctx, height, rows, columns, depth, a, a_row, a_col, b, b_row, c, c_row, bias, mask,
    scale, floor, first, last,
):  # fmt: skip
    """Run the tile of one of `HEIGHTS`, or the narrow one. Addresses and byte strides are intp."""
    flag = types.boolean
    signature = types.void(*[types.intp] * 13, scale, floor, flag, flag)

    def codegen(context, build, signature, values):
        height, *values = values
        operands = _Operands(*values)
        pointers = {
            name: build.inttoptr(getattr(operands, name), _BYTES)
            for name in ("a", "b", "c", "bias")
        }
        flags = {
            name: build.trunc(getattr(operands, name), ir.IntType(1)) for name in ("first", "last")
        }
        operands = operands._replace(**pointers, **flags)
        end = build.append_basic_block("end")
        choice = build.switch(height, end)
        for number in (*HEIGHTS, NARROW):
            block = build.append_basic_block(f"height_{number}")
            choice.add_case(_intp(number), block)
            build.position_at_end(block)
            if number == NARROW:
                vectors = -(-NARROW_COLUMNS // lanes.lanes_of(operands.floor.type))
                Tile(build, NARROW_HEIGHT, min(VECTORS, vectors), operands).emit(slab=False)
            else:
                Tile(build, number, VECTORS, operands).emit(slab=True)
            build.branch(end)
        build.position_at_end(end)
        return context.get_dummy_value()

    return signature, codegen


@intrinsic
def copy_vector(typingctx, source, target, count, like):
    """Copy `count` elements of the type of `like`, and zeros up to a whole vector."""

    def codegen(context, build, signature, values):
        kind = lanes.vector_of(values[3].type)
        source, target = (build.inttoptr(v, kind.element.as_pointer()) for v in values[:2])
        mask = lanes.mask_below(build, values[2], kind.count)
        lanes.store(build, lanes.load(build, source, kind, mask), target)
        return context.get_dummy_value()

    return types.void(types.intp, types.intp, types.intp, like), codegen


@intrinsic
def copy_scalar(typingctx, source, target, like):
    """Copy one element of the type of `like`."""

    def codegen(context, build, signature, values):
        source, target = (build.inttoptr(v, values[2].type.as_pointer()) for v in values[:2])
        build.store(build.load(source), target)
        return context.get_dummy_value()

    return types.void(types.intp, types.intp, like), codegen


@intrinsic
def transpose(typingctx, source, stride, rows, columns, target, target_stride, like):
    """``target[j, i] = source[i, j]`` for a square of one vector's lanes.

    Rows past `rows` repeat the last one, columns past `columns` are zeros. The lines that the
    next slab will want are prefetched, as they are rows that no hardware prefetcher follows.
    """

    def codegen(context, build, signature, values):
        source, stride, rows, columns, target, target_stride, like = values
        kind = lanes.vector_of(like.type)
        source, target = (build.inttoptr(v, _BYTES) for v in (source, target))
        mask = lanes.mask_below(build, columns, kind.count)
        following = build.mul(stride, _intp(HEIGHTS[0]))
        block = []
        for i in range(1, kind.count + 1):
            block.append(lanes.load(build, _typed(build, source, kind.element), kind, mask))
            lanes.prefetch(build, build.gep(source, [following]), near=2)
            inside = build.icmp_signed("<", _intp(i), rows)
            source = build.gep(source, [build.select(inside, stride, _intp(0))])
        for column in _transposed(build, block, kind.count):
            lanes.store(build, column, _typed(build, target, kind.element))
            target = build.gep(target, [target_stride])
        return context.get_dummy_value()

    return types.void(*[types.intp] * 6, like), codegen


def _transposed(build, block, count):
    """The columns of a square block: round by round, the off-diagonal quarters change places."""
    half = 1
    while half < count:
        upper = [i for i in range(count) if not i & half]
        kept = [i if not i & half else i - half + count for i in range(count)]
        moved = [i + half if not i & half else i + count for i in range(count)]
        kept, moved = (ir.Constant(ir.VectorType(_INT32, count), order) for order in (kept, moved))
        for i in upper:
            pair = block[i], block[i + half]
            block[i] = build.shuffle_vector(*pair, kept)
            block[i + half] = build.shuffle_vector(*pair, moved)
        half *= 2
    return block


@intrinsic
def lanes_and_size(typingctx, like):
    """Lanes of a vector, and bytes of an element, of the type of `like`."""

    def codegen(context, build, signature, values):
        element = values[0].type
        pair = [_intp(lanes.lanes_of(element)), _intp(lanes.width_of(element))]
        return context.make_tuple(build, signature.return_type, pair)

    return types.UniTuple(types.intp, 2)(like), codegen


@intrinsic
def data(typingctx, array_id):
    """The address of an array's first element, from its `id`: unboxing costs four times more."""

    def codegen(context, build, signature, values):
        field = build.add(values[0], _intp(_DATA_FIELD))
        return build.load(build.inttoptr(field, _INTP.as_pointer()))

    return types.intp(types.intp), codegen


@intrinsic
def keep(typingctx, array):
    """Use `array`, so that it lives until here: its address alone does not keep it."""

    def codegen(context, build, signature, values):
        return context.get_dummy_value()

    return types.void(array), codegen
