"""Files of known content, fetched once and kept."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from typing import Any

from autograd_lite.errors import DataError, explain

CHUNK = 1 << 20
KERAS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


def folder() -> Path:
    """Where files are kept: ``$AUTOGRAD_LITE_DATA_DIR``, or a folder in the user's cache.

    Raises:
        DataError: the environment names no home.
    """
    env = os.environ.get
    if own := env("AUTOGRAD_LITE_DATA_DIR"):
        return Path(own)
    if sys.platform == "win32":
        base = env("LOCALAPPDATA")
    elif sys.platform == "darwin":
        base = env("HOME") and str(Path(env("HOME", ""), "Library", "Caches"))
    else:
        base = env("XDG_CACHE_HOME") or (env("HOME") and str(Path(env("HOME", ""), ".cache")))
    if not base:
        raise DataError(
            explain(
                "nn.datasets",
                "no folder to keep data in",
                fix="set AUTOGRAD_LITE_DATA_DIR",
            )
        )
    return Path(base, "autograd_lite", "datasets")


def fetch(url: str, name: str, sha256: str) -> Path:
    """The path of a file that is in the folder, or has just been put there.

    What came of it before the connection was lost is kept, in a file ``*.part``, and only the rest
    is asked for the next time.

    Args:
        url: Where it is published.
        name: The path to keep it under, in the folder.
        sha256: Hexadecimal SHA-256 that it must have.

    Raises:
        ImportError: it has to be fetched, and `pooch` is not installed.
        DataError: it cannot be fetched, or is not the one that the hash stands for.
    """
    path = folder() / name
    if path.exists():
        if (found := _hash(path)) != sha256:
            fix = f"remove the file; the right one is at {url}"
            raise DataError(
                explain(
                    str(path),
                    "not the published file",
                    got=f"SHA-256 {found}",
                    expected=f"SHA-256 {sha256}",
                    fix=fix,
                )
            )
        return path
    try:
        import pooch
    except ImportError:
        fix = f'pip install "autograd_lite[data]", or put {url} there by hand'
        raise ImportError(
            explain("nn.datasets", f"no {path}, and pooch is not installed", fix=fix)
        ) from None
    part = path.with_name(f"{path.name}.part")

    def the_rest(url: str, output_file: str, _: Any) -> None:
        start = part.stat().st_size if part.exists() else 0
        headers = {"Accept-Encoding": "identity"}  # else a server might count packed bytes
        headers |= {"Range": f"bytes={start}-"} if start else {}
        with part.open("ab") as file:
            pooch.HTTPDownloader(progressbar=True, headers=headers)(url, file, None)
        part.replace(output_file)

    def retrieve() -> None:
        pooch.retrieve(url, f"sha256:{sha256}", path.name, path.parent, downloader=the_rest)

    try:
        resumed = part.exists()
        try:
            retrieve()
        except (ValueError, OSError) as error:
            # The start was of another file, or of all of it; or the server sent all again.
            status = getattr(getattr(error, "response", None), "status_code", None)
            if not resumed or not (isinstance(error, ValueError) or status == 416):
                raise
            part.unlink(missing_ok=True)
            retrieve()
    except ValueError as error:  # what pooch raises for another hash; nothing is kept then
        raise DataError(
            explain(
                url,
                "what came is not the published file",
                got=str(error).splitlines()[0],
                expected=f"SHA-256 {sha256}",
                fix=f"try again, or put the file at {path} by hand",
            )
        ) from error
    except OSError as error:  # no connection, no answer, no room
        raise DataError(
            explain(
                f"nn.datasets: {path.name}",
                "the file is not there and cannot be fetched",
                got=f"{type(error).__name__}: {error}",
                expected=f"SHA-256 {sha256}",
                fix=f"try again, or get {url}\nsome other way and put it at {path}",
            )
        ) from error
    return path


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise DataError(explain(str(path), "cannot be read", got=str(error))) from error
    return digest.hexdigest()
