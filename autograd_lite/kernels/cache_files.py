"""Where compiled kernels are kept on disk, and which files there are ours to remove."""

import contextlib
import os
import re
import sys
from pathlib import Path

from autograd_lite.errors import DataError, explain

# One folder for each key, and in it kernels, and what a process that was killed left half written.
_FOLDER = re.compile(r"[0-9a-f]{20}")
_FILE = re.compile(r"\w+-[0-9a-f]{20}\.kernel(\.[0-9a-f]{16})?")


def cache_root():
    """The folder of all cached kernels, None if the environment names no home for it."""
    env = os.environ.get
    if env("AUTOGRAD_LITE_CACHE_DIR"):
        return Path(env("AUTOGRAD_LITE_CACHE_DIR"))
    if sys.platform == "win32":
        base = env("LOCALAPPDATA")
    elif sys.platform == "darwin":
        base = env("HOME") and Path(env("HOME"), "Library", "Caches")
    else:
        base = env("XDG_CACHE_HOME") or (env("HOME") and Path(env("HOME"), ".cache"))
    return Path(base, "autograd_lite") if base else None


def _folders(root):
    """The folders of all keys."""
    if not root.is_dir():
        return []
    ours = [f for f in root.iterdir() if _FOLDER.fullmatch(f.name) and not f.is_symlink()]
    return sorted(f for f in ours if f.is_dir())


def cached_files(root):
    """Every file below `root` that is ours, by its name; kernels of other versions too."""
    return [
        path
        for folder in _folders(root)
        for path in sorted(folder.iterdir())
        if _FILE.fullmatch(path.name) and path.is_file()
    ]


def clear_cache(root):
    """Remove all our files below `root`, and the folders that this leaves empty.

    Processes that are running keep what they have loaded, and may write new files.

    Returns:
        How many files were removed, and their bytes.

    Raises:
        DataError: `root` holds something else, so it is not a cache of ours; nothing was removed.
    """
    if not root.exists():
        return 0, 0
    folders = _folders(root)
    if not root.is_dir() or (strange := {*root.iterdir()} - {*folders}):
        what = f"{min(strange).name!r} in it" if root.is_dir() else "a file"
        raise DataError(
            explain(
                "clear_cache",
                "this is not a folder of cached kernels only, so nothing was removed",
                got=f"{root}, {what}",
                expected="a folder with nothing but what autograd_lite wrote",
                fix="see what AUTOGRAD_LITE_CACHE_DIR is set to",
            )
        )
    count = size = 0
    for path in cached_files(root):
        with contextlib.suppress(FileNotFoundError):  # somebody else clears too
            bytes_here = path.stat().st_size
            path.unlink()
            count, size = count + 1, size + bytes_here
    for folder in [*folders, root]:
        with contextlib.suppress(OSError):  # not empty
            folder.rmdir()
    return count, size
