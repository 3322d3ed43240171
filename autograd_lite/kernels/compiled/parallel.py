"""One way to spread a kernel over threads, compiled once for all kernels.

`split` hands a kernel and its arguments to the pool as two addresses. A kernel for many rows is
then written as::

    @spread
    def double(x, out, part, parts):
        first, last = share(x.size, part, parts)
        out[first:last] = 2 * x[first:last]

    double(microseconds, x, out)
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from autograd_lite.kernels import runtime
from autograd_lite.kernels.compiled.pool import ENTRY_TYPE, run
from autograd_lite.kernels.runtime import inner, kernel

_INTP = cgutils.intp_t


@intrinsic
def split(typingctx, worker, arguments, team, parts):
    """In kernels `split(worker, arguments, team, parts)`: all parts of some work, on threads.

    Calls `worker(*arguments, part, parts)` for every part below `parts`, where `worker` is a kernel
    that returns nothing and writes to no place that another part touches, `arguments` a tuple, and
    `team` and `parts` come from `runtime.team`.
    """
    counted = (types.intp, types.intp)
    part = worker.get_call_type(typingctx, (*arguments.types, *counted), {})
    runner = types.Dispatcher(run).get_call_type(typingctx, (types.intp,) * 4, {})

    def codegen(context, builder, signature, values):
        _, packed, team, parts = values
        entry = _entry(context, builder, worker.dispatcher, part, packed.type)
        place = cgutils.alloca_once_value(builder, packed)
        address = [builder.ptrtoint(pointer, _INTP) for pointer in (entry, place)]
        _call(context, builder, run, runner, [team, *address, parts])
        return context.get_dummy_value()

    return types.void(worker, arguments, types.intp, types.intp), codegen


def _entry(context, builder, worker, signature, packed):
    """A function of `ENTRY_TYPE` that unpacks a struct of type `packed` and calls `worker`."""
    name = builder.module.get_unique_name("split_entry")
    function = ir.Function(builder.module, ENTRY_TYPE, name)
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


@inner
def share(count, part, parts, grain=1):
    """The bounds `(first, last)` of one part of `range(count)`, on multiples of `grain`."""
    grains = (count + grain - 1) // grain
    first = grains * part // parts * grain
    last = min(count, grains * (part + 1) // parts * grain)
    return first, last


class spread:
    """Make a kernel of `function(*arguments, part, parts)` that runs all its parts, on threads.

    Call it with the microseconds that it would take on one thread, then the arguments. It returns
    nothing: a result goes into an argument.

    Args:
        function: Computes part `part` of `parts`; writes to no place that another part touches.
        name: Its name in the cache, if it is a closure.
    """

    __slots__ = ("compiled",)

    def __init__(self, function, name=None):
        name = name or function.__name__
        # A symbol of its own, as `kernel` says; it is kept on disk with the kernel that calls it.
        function.__name__ = function.__qualname__ = f"{name}_part"
        worker = inner(function)

        def over(team, parts, *arguments):
            split(worker, arguments, team, parts)

        over.__module__ = function.__module__
        self.compiled = kernel(over, name=name)

    def __call__(self, microseconds, *arguments):
        """Run the kernel."""
        self.compiled(*runtime.team(microseconds), *arguments)
