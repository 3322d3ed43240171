"""Element-wise and row kernels in explicit LLVM vectors, written as formulas.

LLVM vectorises a plain loop with 256 bits even where the machine has 512, and not at all around a
call to libm. Here a formula is a Python function over `Vec`, a vector of numbers with operators,
and `sweep` puts it into a loop over contiguous memory with a masked tail::

    scale_and_sum = sweep(lambda x, factor: (x * factor, x * factor), folds=(SUM,))

    @kernel
    def normalise(x, out):
        total = scale_and_sum(0, x.size, (out,), (x,), (2.0,))

The width of a vector is the machine's (`runtime.vector_bits`), the source is one for all.
"""

import math
from typing import NamedTuple

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.errors import TypingError
from numba.extending import intrinsic

from autograd_lite.kernels import runtime

_BOOL = ir.IntType(1)
_INT32 = ir.IntType(32)
_INTP = cgutils.intp_t
_LETTERS = {"float": "f32", "double": "f64"}


def has_fma():
    """Whether a fused multiply-add is one instruction; else LLVM would call libm for it."""
    triple, _, features = runtime.cpu()
    return "+fma" in features.split(",") or triple.startswith(("aarch64", "arm64"))


def width_of(element):
    """Bytes of an LLVM number type."""
    return {"float": 4, "double": 8}.get(str(element)) or element.width // 8


def lanes_of(element):
    """How many numbers of LLVM type `element` fill a vector register."""
    return runtime.vector_bits() // (8 * width_of(element))


def vector_of(element):
    """The LLVM type of a full vector register of `element`."""
    return ir.VectorType(element, lanes_of(element))


def constant(kind, number):
    """`number` in every lane of the vector type `kind`."""
    if not isinstance(kind.element, ir.IntType):
        number = float(number)
        if isinstance(kind.element, ir.FloatType):
            number = _to_float32(number)
    return ir.Constant(kind, [number] * kind.count)


def _to_float32(number):
    import numpy

    return float(numpy.float32(number))


def splat(build, scalar, count):
    """The LLVM value `scalar` in each of `count` lanes."""
    undefined = ir.Constant(ir.VectorType(scalar.type, count), ir.Undefined)
    first = build.insert_element(undefined, scalar, ir.Constant(_INT32, 0))
    zeros = ir.Constant(ir.VectorType(_INT32, count), [0] * count)
    return build.shuffle_vector(first, undefined, zeros)


def call_intrinsic(build, name, result, operands):
    """Call LLVM's `llvm.<name>`, declared by its full name: llvmlite cannot mangle vectors."""
    kind = ir.FunctionType(result, [operand.type for operand in operands])
    function = cgutils.get_or_insert_function(build.module, kind, f"llvm.{name}")
    return build.call(function, operands)


def suffix(kind):
    """The mangled name of a vector type: `v16f32`."""
    return f"v{kind.count}{_LETTERS.get(str(kind.element), f'i{width_of(kind.element) * 8}')}"


def data_of(context, build, array_type, array):
    """The pointer to an array's first element."""
    return context.make_array(array_type)(context, build, array).data


def mask_below(build, count, lanes):
    """A mask of the first `count` lanes; `count` is an intp value below `lanes`."""
    kind = ir.VectorType(_INT32, lanes)
    numbers = ir.Constant(kind, list(range(lanes)))
    return build.icmp_signed("<", numbers, splat(build, build.trunc(count, _INT32), lanes))


def load(build, pointer, kind, mask=None):
    """Read a vector of type `kind` at an element pointer; lanes outside `mask` read as zero."""
    size = width_of(kind.element)
    pointer = build.bitcast(pointer, kind.as_pointer())
    if mask is None:
        return build.load(pointer, align=size)
    operands = [pointer, ir.Constant(_INT32, size), mask, ir.Constant(kind, None)]
    return call_intrinsic(build, f"masked.load.{suffix(kind)}.p0", kind, operands)


def store(build, value, pointer, mask=None):
    """Write a vector at an element pointer; memory outside `mask` is not touched."""
    size = width_of(value.type.element)
    pointer = build.bitcast(pointer, value.type.as_pointer())
    if mask is None:
        build.store(value, pointer, align=size)
        return
    operands = [value, pointer, ir.Constant(_INT32, size), mask]
    call_intrinsic(build, f"masked.store.{suffix(value.type)}.p0", ir.VoidType(), operands)


def prefetch(build, pointer, near=3):
    """Ask for a cache line that will be read: into the first cache, or one that is less `near`."""
    flags = [ir.Constant(_INT32, flag) for flag in (0, near, 1)]
    call_intrinsic(build, "prefetch.p0", ir.VoidType(), [pointer, *flags])


class Vec:
    """A vector under construction: numbers or integers, with the operators of their type.

    Nothing is fused behind one's back: `a * b + c` rounds twice, as NumPy does, and `a.fma(b, c)`
    once where the machine can.
    """

    __slots__ = ("build", "value")

    def __init__(self, build, value):
        self.build, self.value = build, value

    @property
    def bits(self):
        """Bits of one lane."""
        return 8 * width_of(self.value.type.element)

    def lift(self, other):
        """`other`, a Vec or a Python number, as a Vec of this type."""
        if isinstance(other, Vec):
            return other
        return Vec(self.build, constant(self.value.type, other))

    def _is_int(self):
        return isinstance(self.value.type.element, ir.IntType)

    def _make(self, operation, *others):
        values = [self.lift(other).value for other in others]
        return Vec(self.build, getattr(self.build, operation)(self.value, *values))

    def __add__(self, other):
        return self._make("add" if self._is_int() else "fadd", other)

    def __sub__(self, other):
        return self._make("sub" if self._is_int() else "fsub", other)

    def __mul__(self, other):
        return self._make("mul" if self._is_int() else "fmul", other)

    def __truediv__(self, other):
        return self._make("fdiv", other)

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other):
        return self.lift(other) - self

    def __rtruediv__(self, other):
        return self.lift(other) / self

    def __neg__(self):
        return self._make("fneg")

    def __lshift__(self, places):
        return self._make("shl", places)

    def __rshift__(self, places):
        return self._make("lshr", places)

    def __and__(self, other):
        return self._make("and_", other)

    def __or__(self, other):
        return self._make("or_", other)

    def __xor__(self, other):
        return self._make("xor", other)

    def _compare(self, sign, other):
        compare = self.build.icmp_signed if self._is_int() else self.build.fcmp_ordered
        return Vec(self.build, compare(sign, self.value, self.lift(other).value))

    def __gt__(self, other):
        return self._compare(">", other)

    def __lt__(self, other):
        return self._compare("<", other)

    def equals(self, other):
        """The mask of lanes that are equal."""
        return self._compare("==", other)

    def call(self, name, *others):
        """LLVM's `llvm.<name>` of vectors of this type."""
        operands = [self.value, *(self.lift(other).value for other in others)]
        kind = self.value.type
        result = call_intrinsic(self.build, f"{name}.{suffix(kind)}", kind, operands)
        return Vec(self.build, result)

    def fma(self, factor, term):
        """`self * factor + term`, rounded once where the machine can."""
        return self.call("fma", factor, term) if has_fma() else self * factor + term

    def sqrt(self):
        """The square root, correctly rounded."""
        return self.call("sqrt")

    def __abs__(self):
        return self.call("fabs")

    def with_sign_of(self, other):
        """The magnitude of `self` with the sign of `other`, zeros and NaN included."""
        return self.call("copysign", other)

    def at_least(self, low):
        """The larger of `self` and `low`; a NaN in `self` stays, one in `low` does not count."""
        low = self.lift(low)
        return low.where(low > self, self)

    def at_most(self, high):
        """The smaller of `self` and `high`; a NaN in `self` stays, one in `high` does not count."""
        high = self.lift(high)
        return high.where(high < self, self)

    def where(self, mask, other):
        """`self` in the lanes of `mask`, `other` elsewhere."""
        return Vec(self.build, self.build.select(mask.value, self.value, self.lift(other).value))

    def as_bits(self):
        """The same bits read as integers."""
        kind = ir.VectorType(ir.IntType(self.bits), self.value.type.count)
        return Vec(self.build, self.build.bitcast(self.value, kind))

    def as_floats(self):
        """The same bits read as floating-point numbers."""
        element = ir.FloatType() if self.bits == 32 else ir.DoubleType()
        kind = ir.VectorType(element, self.value.type.count)
        return Vec(self.build, self.build.bitcast(self.value, kind))


class Fold(NamedTuple):
    """An associative reduction: `combine(folded, value)`, starting from `identity`."""

    identity: float
    combine: object


SUM = Fold(0.0, lambda folded, value: folded + value)
# A NaN does not count: the sums that go with a maximum turn NaN by themselves.
MAX = Fold(-math.inf, lambda folded, value: folded.at_least(value))


def sweep(formula, folds=(), unroll=1):
    """Make a loop out of a formula: an intrinsic `run(start, count, outs, ins, scalars)`.

    The loop calls `formula` on the elements `[start, start + count)` of the arrays `ins`, with the
    numbers `scalars` after them, writes its first results to the same places of `outs` and folds
    the others. Arrays are C-contiguous and of one dtype, float32 or float64, of any shape, and
    an out may be one of the ins. The order of a fold depends on `count` and the vector width only.

    Args:
        formula: Function of `len(ins) + len(scalars)` Vecs that returns a Vec or a tuple of
            `len(outs) + len(folds)`.
        folds: Reductions; their values are what `run` returns: nothing, a number or a tuple.
        unroll: Vectors to work on at a time, where a fold would wait for its previous value.
    """

    @intrinsic
    def run(typingctx, start, count, outs, ins, scalars):
        arrays = (*outs.types, *ins.types)
        dtype = arrays[0].dtype
        for array in arrays:
            if array.layout != "C" or array.dtype != dtype or dtype not in types.real_domain:
                raise TypingError(f"sweep: contiguous arrays of one float type, not {arrays}")
        if not all(out.mutable for out in outs.types):
            raise TypingError("sweep: an array to write to is read-only")
        result = (types.none, dtype)[len(folds)] if len(folds) < 2 else None
        result = result or types.UniTuple(dtype, len(folds))

        def codegen(context, build, signature, values):
            loop = _Loop(context, build, signature, values, formula, folds)
            loop.run(unroll)
            folded = loop.folded()
            if len(folds) < 2:
                return folded[0] if folded else context.get_dummy_value()
            return context.make_tuple(build, result, folded)

        return result(types.intp, types.intp, outs, ins, scalars), codegen

    return run


class _Loop:
    """The code of one sweep."""

    def __init__(self, context, build, signature, values, formula, folds):
        self.build, self.formula, self.folds = build, formula, folds
        start, self.count, outs, ins, scalars = values
        _, _, out_types, in_types, scalar_types = signature.args
        dtype = (*out_types.types, *in_types.types)[0].dtype
        self.kind = vector_of(context.get_value_type(dtype))

        def pointers(kinds, packed):
            arrays = cgutils.unpack_tuple(build, packed, len(kinds.types))
            pairs = zip(kinds.types, arrays, strict=True)
            return [build.gep(data_of(context, build, kind, a), [start]) for kind, a in pairs]

        self.targets, self.sources = pointers(out_types, outs), pointers(in_types, ins)
        self.scalars = []
        numbers = cgutils.unpack_tuple(build, scalars, len(scalar_types.types))
        for number, kind in zip(numbers, scalar_types.types, strict=True):
            number = context.cast(build, number, kind, dtype)
            self.scalars.append(Vec(build, splat(build, number, self.kind.count)))

    def run(self, unroll):
        """Emit the loop over blocks of `unroll` vectors, over vectors, and the tail."""
        build, lanes = self.build, self.kind.count
        unroll = unroll if self.folds else 1
        identities = [constant(self.kind, fold.identity) for fold in self.folds]
        self.totals = [
            [cgutils.alloca_once_value(build, identity) for identity in identities]
            for _ in range(unroll)
        ]
        done = ir.Constant(_INTP, 0)
        for step in sorted({unroll, 1}, reverse=True):
            block = ir.Constant(_INTP, step * lanes)
            left = build.sub(self.count, done)
            end = build.add(done, build.mul(build.sdiv(left, block), block))
            with cgutils.for_range_slice(build, done, end, block, intp=_INTP) as (at, _):
                for i in range(step):
                    self._vector(build.add(at, ir.Constant(_INTP, i * lanes)), self.totals[i])
            done = end
        left = build.sub(self.count, done)
        with build.if_then(build.icmp_signed(">", left, ir.Constant(_INTP, 0))):
            self._vector(done, self.totals[0], Vec(build, mask_below(build, left, lanes)))

    def _vector(self, at, totals, mask=None):
        """One vector's worth of the formula."""
        build, bare = self.build, mask.value if mask else None
        sources = [load(build, build.gep(p, [at]), self.kind, bare) for p in self.sources]
        results = self.formula(*(Vec(build, v) for v in sources), *self.scalars)
        results = results if isinstance(results, tuple) else (results,)
        stored, folded = results[: len(self.targets)], results[len(self.targets) :]
        for target, result in zip(self.targets, stored, strict=True):
            store(build, result.value, build.gep(target, [at]), bare)
        for total, fold, result in zip(totals, self.folds, folded, strict=True):
            if mask is not None:
                result = result.where(mask, fold.identity)
            old = Vec(build, build.load(total))
            build.store(fold.combine(old, result).value, total)

    def folded(self):
        """The scalar value of each fold: accumulators pairwise, then halves of the vector."""
        results = []
        for which, fold in enumerate(self.folds):
            parts = [Vec(self.build, self.build.load(totals[which])) for totals in self.totals]
            while len(parts) > 1:
                parts = [fold.combine(*parts[i : i + 2]) for i in range(0, len(parts), 2)]
            results.append(self._across(parts[0], fold))
        return results

    def _across(self, vector, fold):
        lanes = width = self.kind.count
        while width > 1:
            width //= 2
            order = [(i + width) % lanes for i in range(lanes)]
            order = ir.Constant(ir.VectorType(_INT32, lanes), order)
            other = self.build.shuffle_vector(vector.value, vector.value, order)
            vector = fold.combine(vector, Vec(self.build, other))
        return self.build.extract_element(vector.value, ir.Constant(_INT32, 0))
