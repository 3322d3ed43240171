"""What runs where, the cache of kernels, what differentiates: `python -m autograd_lite --help`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from typing import Any

from autograd_lite import catalogue
from autograd_lite.errors import AutogradLiteError, explain
from autograd_lite.kernels import cache_files, runtime

_COMMANDS = {
    "info": "print versions, CPU, vector width, threads and cache",
    "warmup": "compile every kernel into the cache, so that no later program waits for it",
    "cache": "say where compiled kernels are kept, and how large they are",
    "differentiable": "print which of NumPy's functions differentiate, as docs/differentiable.md",
}


def _size(count: float) -> str:
    """Bytes, readably.

    Example:
        >>> _size(0), _size(2_500_000)
        ('0.0 kB', '2.5 MB')
    """
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.1f} kB"


def _held(info: dict[str, Any]) -> str:
    return f"{info['cache_files']} files, {_size(info['cache_bytes'])}"


def _wrapped(words: Sequence[str], indent: int, width: int = 88) -> str:
    lines = [""]
    for word in words:
        if len(lines[-1]) + len(word) > width - indent:
            lines.append("")
        lines[-1] += word + " "
    return ("\n" + " " * indent).join(map(str.rstrip, lines))


def info() -> None:
    """Print what bug reports should say."""
    found = runtime.info()
    bits = found["vector_bits"]
    source = found["num_threads_from"] or "the CPUs that this process may use"
    rows = {
        **runtime.versions(),
        "platform": found["platform"],
        "CPU": found["cpu"],
        "features": found["cpu_features"],
        "vectors": f"{bits} bits: {bits // 32} lanes of float32, {bits // 64} of float64",
        "kernels": "compiled" if runtime.use_compiled() else "NumPy only (NUMBA_DISABLE_JIT)",
        "threads": f"{found['num_threads']}, by {source}",
        "cache": found["cache_path"] or "none: HOME is not set",
        "cached": f"{_held(found)}, all versions together",
    }
    room = max(map(len, rows)) + 2
    for name, value in rows.items():
        text = _wrapped(value, room) if isinstance(value, list) else value
        print(f"{name:<{room}}{text}")


def warmup() -> None:
    """Compile all kernels, and print how long it took."""
    if not runtime.use_compiled():
        raise ValueError(
            explain("warmup", "there is nothing to compile", got="NUMBA_DISABLE_JIT=1")
        )
    from tqdm import tqdm

    from autograd_lite.kernels import warm

    start = time.perf_counter()
    with tqdm(list(warm.calls()), unit=" kernels", leave=False, disable=None) as bar:
        for label, call in bar:
            bar.set_description(label, refresh=False)
            call()
    found = runtime.info()
    print(f"ready in {time.perf_counter() - start:.1f} s, {_held(found)}: {found['cache_path']}")


def cache(clear: bool) -> None:
    """Print where the cache is, or empty it."""
    root = cache_files.cache_root()
    if root is None:
        raise ValueError(
            explain(
                "cache",
                "there is none, as its place is not known",
                got="HOME is not set",
                fix="set AUTOGRAD_LITE_CACHE_DIR",
            )
        )
    if clear:
        count, size = cache_files.clear_cache(root)
        print(f"removed {count} files, {_size(size)}: {root}")
    else:
        files = cache_files.cached_files(root)
        print(f"{len(files)} files, {_size(sum(f.stat().st_size for f in files))}: {root}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command of the command line; 0 if it succeeded."""
    parser = argparse.ArgumentParser(prog="python -m autograd_lite", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    parsers = {
        name: commands.add_parser(name, help=what, description=what)
        for name, what in _COMMANDS.items()
    }
    parsers["cache"].add_argument("--clear", action="store_true", help="remove all of them")
    options = parser.parse_args(arguments)
    try:
        if options.command == "cache":
            cache(options.clear)
        else:
            run = {"info": info, "warmup": warmup, "differentiable": catalogue.main}
            run[options.command]()
    except (AutogradLiteError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
