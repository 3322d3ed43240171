"""How kernels are compiled, cached and spread over threads.

Light: numba is imported by the first kernel that needs it, so a program that never calls one never
pays for it. `kernel` is the one decorator that every compiled function uses; the functions below it
say whether to use compiled code at all, on how many threads, and how wide its vectors are.

Compiled machine code is kept on disk under a key of everything it depends on, so that processes of
different versions, CPUs or settings never share a file, and processes that start together only
ever see whole ones. Where nothing can be written, kernels are compiled anew by each process.
"""

import contextlib
import functools
import hashlib
import math
import os
import platform
import signal
import sys
import threading
import warnings
from pathlib import Path

from autograd_lite.errors import explain
from autograd_lite.kernels.cache_files import cache_root, cached_files
from autograd_lite.kernels.quota import (
    default_num_threads,
    granted_cpus,
    positive,
    threads_asked_for,
)
from autograd_lite.kernels.workers import Workers

# Microseconds of work from which calling other threads pays, several times what it costs.
_START_COST = 10.0
_SOURCES = Path(__file__).parent

# Of one kernel: no machine has more cores, and the pool counts parts in 16 bits.
_MOST = 1024

_requested = default_num_threads()
_most = _MOST
_available = min(_requested, _most)
_start_cost = _START_COST
_workers = Workers(granted_cpus())


def _after_fork():
    """Keep a forked child to one thread, as it may be one of many and has no pool yet."""
    global _available, _most
    _most = _available = 1
    _workers.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def set_num_threads(n):
    """Use `n` threads in compiled kernels. Results do not depend on it, bit for bit.

    `n` may exceed the number of cores; no kernel uses more than 1024. It starts as
    `AUTOGRAD_LITE_NUM_THREADS` or as the number of CPUs granted by affinity and by the container's
    quota. A forked child keeps to one thread.

    Raises:
        ValueError: `n` is not a positive integer.

    Example:
        >>> before = get_num_threads()
        >>> set_num_threads(3)
        >>> get_num_threads()
        3
        >>> set_num_threads(before)
    """
    global _available, _requested
    _requested = positive(n, "set_num_threads")
    _available = min(_requested, _most)


def get_num_threads():
    """The number of threads that kernels may use; see `set_num_threads`."""
    return _requested


def threads(microseconds=math.inf):
    """Threads to give to a kernel that takes about `microseconds` on one thread.

    One if that would not pay for calling the others, and one in a forked child.
    """
    return _available if microseconds > _start_cost else 1


def team(microseconds):
    """What a kernel that takes so long on one thread needs to spread its work: `(team, parts)`.

    Workers that sleep are called. It is passed on to `parallel.split` in the kernel.
    """
    parts = threads(microseconds)
    return (_workers.ready(parts), parts) if parts > 1 else (0, 1)


@contextlib.contextmanager
def always(n):
    """Give every kernel `n` threads, however little its work; at most those that it may have.

    For tests.

    Example:
        >>> with always(1):
        ...     threads(1e9)
        1
    """
    global _available, _start_cost
    before = _available, _start_cost
    _available, _start_cost = min(n, _most), -1.0
    try:
        yield
    finally:
        _available, _start_cost = before


class _Mode(threading.local):
    references = 0


_mode = _Mode()
_jit = os.environ.get("NUMBA_DISABLE_JIT", "0").strip() in ("", "0")


def use_compiled():
    """Whether to call compiled kernels: not under `reference()`, nor with `NUMBA_DISABLE_JIT=1`."""
    return _jit and not _mode.references


@contextlib.contextmanager
def reference():
    """Compute with the plain-NumPy references on this thread while the context is open. Nests.

    Example:
        >>> with reference():
        ...     use_compiled()
        False
    """
    _mode.references += 1
    try:
        yield
    finally:
        _mode.references -= 1


@functools.cache
def cpu():
    """Target triple, CPU name and feature string that numba compiles for."""
    from numba.core.registry import cpu_target

    return cpu_target.target_context.codegen().magic_tuple()


@functools.cache
def vector_bits():
    """Width of a vector register in bits: 512, 256 or 128.

    `AUTOGRAD_LITE_VECTOR_BITS` may force a narrower one than the CPU has.
    """
    features = cpu()[2].split(",")
    widest = 512 if "+avx512f" in features else 256 if "+avx" in features else 128
    asked = os.environ.get("AUTOGRAD_LITE_VECTOR_BITS", "").strip() or widest
    if str(asked) not in ("128", "256", "512"):
        raise ValueError(
            explain(
                "AUTOGRAD_LITE_VECTOR_BITS",
                "unknown width",
                got=repr(asked),
                expected="128, 256 or 512",
            )
        )
    return min(int(asked), widest)


def versions():
    """Versions of everything that machine code depends on."""
    import llvmlite
    import numba
    import numpy

    ours = getattr(sys.modules.get("autograd_lite"), "__version__", "")
    return {
        "autograd_lite": ours,
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "numba": numba.__version__,
        "llvmlite": llvmlite.__version__,
    }


@functools.cache
def cache_key():
    """A hash of all that compiled code depends on: sources, versions, CPU, width of vectors."""
    import numba

    digest = hashlib.sha256()
    for source in sorted(_SOURCES.rglob("*.py")):
        digest.update(source.relative_to(_SOURCES).as_posix().encode())
        digest.update(source.read_bytes())
    settings = (versions(), cpu(), vector_bits(), numba.config.OPT)
    digest.update(repr(settings).encode())
    return digest.hexdigest()[:20]


def _warn_uncached(folder, problem):
    warnings.warn(
        explain(
            "kernel cache",
            "compiled kernels cannot be kept, so every process compiles them again",
            got=f"{folder or 'no home folder'} ({problem})",
            expected="a folder that can be written to",
            fix="set AUTOGRAD_LITE_CACHE_DIR to one",
        ),
        RuntimeWarning,
        stacklevel=2,
    )


@functools.cache
def cache_folder():
    """The folder for this process' kernels, created; None, after one warning, if that fails."""
    root = cache_root()
    if root is None:
        _warn_uncached(None, "HOME is not set")
        return None
    folder = root / cache_key()
    # One that exists may be read-only and yet full of kernels: only a failed write is reported.
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _warn_uncached(folder, error.strerror)
        return None
    return folder


def kernel(function=None, *, name=None):
    """Compile `function` with numba on its first call: no GIL, IEEE arithmetic, cached on disk.

    Its name and its argument types identify a kernel within its module, in the cache and to the
    linker. So one that is made inside another function, and differs by what it closes over, needs
    a `name` of its own.
    """
    if function is None:
        return functools.partial(kernel, name=name)
    import numba

    # numba makes symbols of the qualified name and a number that every process counts anew: two
    # closures of one function, cached by two processes, could be taken for each other.
    function.__name__ = function.__qualname__ = name or function.__name__
    compiled = numba.njit(nogil=True, error_model="numpy")(function)
    if numba.config.DISABLE_JIT:
        return compiled
    compiled._compile_for_args = _uninterrupted(compiled._compile_for_args)
    folder = cache_folder()
    if folder is not None:
        from autograd_lite.kernels.compiled import cache

        compiled._cache = cache.DiskCache(function, name, folder, _warn_uncached)
    return compiled


def inner(function):
    """Compile a function that kernels call: as they are, but with no way in from Python.

    That way would take as long to compile as a short function itself.
    """
    import numba

    return numba.njit(
        nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True
    )(function)


def _uninterrupted(compile_):
    """`compile_`, with Ctrl-C put off until it is done: numba's compiler does not survive one."""

    @functools.wraps(compile_)
    def call(*args, **kwargs):
        handler = signal.getsignal(signal.SIGINT)
        if threading.current_thread() is not threading.main_thread() or not callable(handler):
            return compile_(*args, **kwargs)
        caught = []
        signal.signal(signal.SIGINT, lambda *signalled: caught.append(signalled))
        try:
            return compile_(*args, **kwargs)
        finally:
            signal.signal(signal.SIGINT, handler)
            if caught:
                handler(*caught[0])

    return call


def info():
    """What runs where, for bug reports: versions, CPU, vector width, threads, cache.

    Returns:
        A dict. `cache_bytes` and `cache_files` count the kernels of all keys.
    """
    root = cache_root()
    files = cached_files(root) if root else []
    triple, name, features = cpu()
    return {
        **versions(),
        "platform": triple,
        "cpu": name,
        "cpu_features": sorted(f[1:] for f in features.split(",") if f.startswith("+")),
        "vector_bits": vector_bits(),
        "num_threads": get_num_threads(),
        "default_num_threads": default_num_threads(),
        "num_threads_from": threads_asked_for()[0],
        "cache_path": str(root / cache_key()) if root else None,
        "cache_files": len(files),
        "cache_bytes": sum(f.stat().st_size for f in files),
    }
