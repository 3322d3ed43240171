"""One way to spread a kernel over threads, compiled once for all kernels.

A `prange` costs a second of compiling wherever it stands, so it stands here only: `split` hands a
serial kernel and its arguments to it as two addresses. A kernel for many rows is then written as::

    @spread
    def double(x, out, part, parts):
        first, last = share(x.size, part, parts)
        out[first:last] = 2 * x[first:last]

    double(microseconds, x, out)
"""

from llvmlite import ir
from numba import njit, prange, types
from numba.core import cgutils
from numba.extending import intrinsic

from autograd_lite.kernels.runtime import kernel, threads

_INTP = cgutils.intp_t
_ENTRY = ir.FunctionType(ir.VoidType(), [_INTP, _INTP, _INTP])


@intrinsic
def _use_threads(typingctx, count):
    """Let this Python thread's parallel loops use `count` threads; return what it was before.

    numba's own `set_num_threads` refuses more than the cores, and makes a kernel uncacheable.
    """

    def codegen(context, builder, signature, arguments):
        before = _symbol(builder, "get_num_threads", ir.FunctionType(_INTP, []))
        change = _symbol(builder, "set_num_threads", ir.FunctionType(ir.VoidType(), [_INTP]))
        result = builder.call(before, [])
        builder.call(change, arguments)
        return result

    return types.intp(types.intp), codegen


@intrinsic
def _enter(typingctx, entry, arguments, part, parts):
    """Call the function at address `entry`."""

    def codegen(context, builder, signature, values):
        entry, *rest = values
        builder.call(builder.inttoptr(entry, _ENTRY.as_pointer()), rest)
        return context.get_dummy_value()

    return types.void(types.intp, types.intp, types.intp, types.intp), codegen


# Not `parallel=True`, which is for kernels that Python calls.
@kernel
def _team(entry, arguments, parts):
    before = _use_threads(parts)
    for part in prange(parts):
        _enter(entry, arguments, part, parts)
    _use_threads(before)


@intrinsic
def split(typingctx, worker, arguments, parts):
    """In kernels `split(worker, arguments, parts)`: all parts of some work, each on a thread.

    Calls `worker(*arguments, part, parts)` for every part below `parts`, where `worker` is a kernel
    that returns nothing and writes to no place that another part touches, `arguments` a tuple, and
    `parts` comes from `runtime.threads`.
    """
    counted = (types.intp, types.intp)
    inner = worker.get_call_type(typingctx, (*arguments.types, *counted), {})
    team = types.Dispatcher(_team).get_call_type(typingctx, (types.intp, *counted), {})

    def codegen(context, builder, signature, values):
        _, packed, parts = values
        entry = _entry(context, builder, worker.dispatcher, inner, packed.type)
        place = cgutils.alloca_once_value(builder, packed)
        address = [builder.ptrtoint(pointer, _INTP) for pointer in (entry, place)]
        _call(context, builder, _team, team, [*address, parts])
        return context.get_dummy_value()

    return types.void(worker, arguments, types.intp), codegen


def _entry(context, builder, worker, signature, packed):
    """A function of `_ENTRY` type that unpacks a struct of type `packed` and calls `worker`."""
    name = builder.module.get_unique_name("split_entry")
    function = ir.Function(builder.module, _ENTRY, name)
    function.linkage = "internal"
    place, part, parts = function.args
    inside = ir.IRBuilder(function.append_basic_block())
    values = inside.load(inside.inttoptr(place, packed.as_pointer()))
    arguments = cgutils.unpack_tuple(inside, values, len(signature.args) - 2)
    _call(context, inside, worker, signature, [*arguments, part, parts])
    inside.ret_void()
    return function


def _call(context, builder, dispatcher, signature, values):
    """Call a compiled kernel. Its error status is dropped: kernels raise nothing."""
    result = dispatcher.get_compile_result(signature)
    context.active_code_library.add_linking_library(result.library)
    function = context.declare_function(builder.module, result.fndesc)
    context.call_conv.call_function(
        builder, function, signature.return_type, signature.args, values
    )


def _symbol(builder, name, kind):
    return cgutils.get_or_insert_function(builder.module, kind, name)


@njit
def share(count, part, parts, grain=1):
    """The bounds `(first, last)` of one part of `range(count)`, on multiples of `grain`."""
    grains = (count + grain - 1) // grain
    first = grains * part // parts * grain
    last = min(count, grains * (part + 1) // parts * grain)
    return first, last


class spread:
    """Make a kernel of `function(*arguments, part, parts)` that runs all its parts, on threads.

    Call it with the microseconds that it would take on one thread, then the arguments. Where that
    is too short for threads, the plain kernel runs as the only part, and nothing else is compiled.
    It returns nothing: a result goes into an argument.

    Args:
        function: Computes part `part` of `parts`; writes to no place that another part touches.
        name: Its name in the cache, if it is a closure.
    """

    __slots__ = ("parallel", "serial")

    def __init__(self, function, name=None):
        name = name or function.__name__
        self.serial = worker = kernel(function, name=name)

        def over(parts, *arguments):
            split(worker, arguments, parts)

        over.__module__ = function.__module__
        self.parallel = kernel(over, parallel=True, name=f"{name}_parallel")

    def __call__(self, microseconds, *arguments):
        """Run the kernel."""
        parts = threads(microseconds)
        if parts == 1:
            self.serial(*arguments, 0, 1)
        else:
            self.parallel(parts, *arguments)
