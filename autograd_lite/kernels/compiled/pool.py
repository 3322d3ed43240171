"""The compiled half of the thread pool: parts of a job are claimed, not handed out.

The thread that has work to do publishes it and starts on it at once; workers that are awake claim
parts of it, and nobody waits for one that is not. So a worker that sleeps, or that the system does
not let run, costs nothing but its help, where a loop of OpenMP waits for all its threads. The
Python half, which starts the workers and wakes them, is `autograd_lite.kernels.workers`.

A job is published by one atomic store: the ticket, which holds its number, its number of parts and
the next part to claim. Claiming adds one to it, if it is still what was read, so that nobody can
take a part of another job than the one they looked at; and a job is not replaced before all its
claimed parts are done.
"""

import os
import platform
import time

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from autograd_lite.kernels.compiled.lanes import call_intrinsic
from autograd_lite.kernels.runtime import inner, kernel
from autograd_lite.kernels.workers import (
    ARGUMENTS,
    DONE,
    ENTRY,
    JOB,
    LOW,
    OWNED,
    PARTS,
    STOPPED,
    TICKET,
)

_INTP = cgutils.intp_t
_WORD, _INT32 = ir.IntType(64), ir.IntType(32)
ENTRY_TYPE = ir.FunctionType(ir.VoidType(), [_INTP, _INTP, _INTP])
# Pauses before whoever waits for the last parts lets the system run those who have them.
_PATIENCE = 4000
# Pauses after which who waits gives way, to another library's threads for example.
_SHARE = 64
_PAUSE = 25  # nanoseconds, about
_NAP = 50  # microseconds


def _word(builder, team, field):
    """A pointer to a word of the pool's state."""
    return builder.gep(builder.inttoptr(team, _WORD.as_pointer()), [field])


@intrinsic
def read(typingctx, team, field):
    """A word of the state, and all that was written before it was."""

    def codegen(context, builder, signature, values):
        return builder.load_atomic(_word(builder, *values), "acquire", 8)

    return types.int64(types.intp, types.intp), codegen


@intrinsic
def write(typingctx, team, field, value):
    """Set a word of the state; who reads it sees all that was written before."""

    def codegen(context, builder, signature, values):
        builder.store_atomic(values[2], _word(builder, *values[:2]), "release", 8)
        return context.get_dummy_value()

    return types.void(types.intp, types.intp, types.int64), codegen


@intrinsic
def _replace(typingctx, team, field, expected, value):
    """Set a word of the state if it is what was expected; whether it was."""

    def codegen(context, builder, signature, values):
        found = builder.cmpxchg(_word(builder, *values[:2]), *values[2:], "acq_rel", "acquire")
        return builder.extract_value(found, 1)

    return types.boolean(types.intp, types.intp, types.int64, types.int64), codegen


@intrinsic
def _count(typingctx, team, field):
    """Add one to a word of the state."""

    def codegen(context, builder, signature, values):
        builder.atomic_rmw("add", _word(builder, *values), ir.Constant(_WORD, 1), "acq_rel")
        return context.get_dummy_value()

    return types.void(types.intp, types.intp), codegen


@intrinsic
def pause(typingctx):
    """Tell the processor that this thread waits."""
    machine = platform.machine().lower()

    def codegen(context, builder, signature, values):
        if machine in ("x86_64", "amd64"):
            call_intrinsic(builder, "x86.sse2.pause", ir.VoidType(), [])
        elif machine in ("aarch64", "arm64"):
            call_intrinsic(builder, "aarch64.isb", ir.VoidType(), [ir.Constant(_INT32, 15)])
        return context.get_dummy_value()

    return types.void(), codegen


def _call_system(builder, name, *arguments):
    """Call a function of POSIX, where there is one, that takes and gives an int."""
    if os.name == "posix":
        kind = ir.FunctionType(_INT32, [_INT32] * len(arguments))
        function = cgutils.get_or_insert_function(builder.module, kind, name)
        builder.call(function, [builder.trunc(a, _INT32) for a in arguments])


@intrinsic
def _nap(typingctx, microseconds):
    """Let others run on this core for a while."""

    def codegen(context, builder, signature, values):
        _call_system(builder, "usleep", *values)
        return context.get_dummy_value()

    return types.void(types.intp), codegen


@intrinsic
def _give_way(typingctx):
    """Let others run on this core if there are any."""

    def codegen(context, builder, signature, values):
        _call_system(builder, "sched_yield")
        return context.get_dummy_value()

    return types.void(), codegen


@intrinsic
def _clock(typingctx, pauses):
    """Nanoseconds since some time ago; where the system has no call for it, since no `pauses`."""

    def codegen(context, builder, signature, values):
        if os.name != "posix":
            return builder.mul(values[0], ir.Constant(_WORD, _PAUSE))
        place = cgutils.alloca_once(builder, ir.ArrayType(_WORD, 2))
        kind = ir.FunctionType(_INT32, [_INT32, place.type])
        function = cgutils.get_or_insert_function(builder.module, kind, "clock_gettime")
        builder.call(function, [ir.Constant(_INT32, time.CLOCK_MONOTONIC), place])
        seconds, rest = (builder.load(cgutils.gep_inbounds(builder, place, 0, i)) for i in range(2))
        return builder.add(builder.mul(seconds, ir.Constant(_WORD, 1_000_000_000)), rest)

    return types.int64(types.int64), codegen


@intrinsic
def _enter(typingctx, entry, arguments, part, parts):
    """Call the function at address `entry`."""

    def codegen(context, builder, signature, values):
        entry, *rest = values
        builder.call(builder.inttoptr(entry, ENTRY_TYPE.as_pointer()), rest)
        return context.get_dummy_value()

    return types.void(types.intp, types.intp, types.intp, types.intp), codegen


@inner
def _help(team):
    """Do one part of the job that is published; whether there was one, or may be another."""
    ticket = read(team, TICKET)
    part, parts = ticket & LOW, ticket >> PARTS & LOW
    if part >= parts:
        return False
    if _replace(team, TICKET, ticket, ticket + 1):
        _enter(read(team, ENTRY), read(team, ARGUMENTS), part, parts)
        _count(team, DONE)
    return True


@kernel
def serve(team, patience):
    """What a worker runs: help, until nothing was to be done for so many nanoseconds.

    Time that others had the core counts: on a busy machine a worker that sleeps is let run the
    sooner when it is woken.
    """
    idle, since = 0, 0
    while not read(team, STOPPED):
        if _help(team):
            idle = 0
            continue
        pause()
        idle += 1
        if idle % _SHARE == 1:
            now = _clock(idle)
            if idle == 1:
                since = now
            elif now - since >= patience:
                return
            _give_way()


@inner
def run(team, entry, arguments, parts):
    """All parts of a job, by this thread and whoever helps; by this one if the pool has another."""
    if parts == 1 or not _replace(team, OWNED, 0, 1):
        for part in range(parts):
            _enter(entry, arguments, part, parts)
        return
    write(team, ENTRY, entry)
    write(team, ARGUMENTS, arguments)
    write(team, DONE, 0)
    job = (read(team, TICKET) >> JOB) + 1
    write(team, TICKET, job << JOB | parts << PARTS)
    while _help(team):
        pass
    waited = 0
    while read(team, DONE) < parts:
        pause()
        waited += 1
        if waited > _PATIENCE:
            _nap(_NAP)
        elif waited % _SHARE == 0:
            _give_way()
    write(team, OWNED, 0)
