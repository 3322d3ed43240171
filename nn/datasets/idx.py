"""IDX, the format of MNIST and its kin: a magic number, the sizes, then the values, big-endian."""

import hashlib
import math
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_lite.errors import DataError, explain

DTYPES: dict[int, np.dtype[Any]] = {
    0x08: np.dtype(">u1"),
    0x09: np.dtype(">i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}
# A chunk and what it inflates to stay in a core's cache while they are hashed.
CHUNK = 1 << 16


def load(path: Path, *, sha256: str) -> NDArray[Any]:
    """Read a gzipped IDX file of known content.

    Args:
        path: The file.
        sha256: Hexadecimal SHA-256 that the uncompressed file must have.

    Returns:
        A new, writable array.

    Raises:
        DataError: the file is missing, damaged, or not the one that the hash stands for.
    """
    try:
        compressed = path.read_bytes()
    except OSError as error:
        reason = "the file is missing" if isinstance(error, FileNotFoundError) else str(error)
        raise _damage(path, reason, "no content", sha256) from error
    raw, found, complaint = _inflate(compressed)
    if complaint is None and found != sha256:
        complaint = "the content was altered"
    if complaint is not None:
        raise _damage(path, complaint, f"SHA-256 {found} ({len(raw):,} bytes)", sha256)
    return parse(raw, path.name)


def read(path: Path) -> NDArray[Any]:
    """Read a gzipped IDX file whose content has been checked.

    Raises:
        DataError: it is no such file after all.
    """
    raw, _, complaint = _inflate(path.read_bytes())
    if complaint is not None:
        raise DataError(explain(str(path), complaint, fix="remove the file"))
    return parse(raw, path.name)


def parse(raw: bytearray, name: str) -> NDArray[Any]:
    """Decode the bytes of an uncompressed IDX file.

    Args:
        raw: The file's content. An array of single bytes shares this memory.
        name: What to call it in errors.

    Returns:
        The array, in the machine's byte order.

    Raises:
        DataError: the magic number is not IDX's, or the length is not what the header says.

    Example:
        >>> parse(bytearray([0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9]), "three bytes")
        array([7, 8, 9], dtype=uint8)
    """
    dtype, ndim = _read_magic(raw, name)
    start = 4 + 4 * ndim
    if len(raw) < start:
        raise DataError(
            explain(
                name,
                "the IDX header is cut short",
                got=f"{len(raw)} bytes",
                expected=f"{start} bytes of header for {ndim} dimensions",
            )
        )
    shape = struct.unpack_from(f">{ndim}I", raw, 4)
    length = start + math.prod(shape) * dtype.itemsize
    if len(raw) != length:
        raise DataError(
            explain(
                name,
                "the length is not what the IDX header says",
                got=f"{len(raw):,} bytes",
                expected=f"{length:,} bytes for shape {shape} of {dtype.name}",
            )
        )
    array = np.frombuffer(raw, dtype, offset=start).reshape(shape)
    return array.astype(dtype.newbyteorder("="), copy=dtype.itemsize > 1)


def _read_magic(raw: bytearray, name: str) -> tuple[np.dtype[Any], int]:
    """The dtype and the number of dimensions that the first four bytes stand for."""
    if len(raw) < 4 or raw[0] or raw[1] or raw[2] not in DTYPES:
        codes = ", ".join(f"{code:#04x}" for code in DTYPES)
        raise DataError(
            explain(
                name,
                "not an IDX file",
                got="magic number " + (raw[:4].hex(" ") or "missing, the file is empty"),
                expected=f"00 00, a type ({codes}), the number of dimensions",
            )
        )
    return DTYPES[raw[2]], raw[3]


def _inflate(compressed: bytes) -> tuple[bytearray, str, str | None]:
    """Unpack a gzip member: as much as can be read, its SHA-256, and what is wrong with it."""
    gzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    raw, digest = bytearray(), hashlib.sha256()
    complaint = None
    try:
        for start in range(0, len(compressed), CHUNK):
            piece = gzip.decompress(compressed[start : start + CHUNK])
            digest.update(piece)
            raw += piece
        if not gzip.eof:
            complaint = "the file is truncated"
    except zlib.error as error:
        complaint = f"the file is damaged ({error})"
    return raw, digest.hexdigest(), complaint


def _damage(path: Path, problem: str, got: str, sha256: str) -> DataError:
    return DataError(
        explain(
            str(path),
            problem,
            got=got,
            expected=f"SHA-256 {sha256} (uncompressed)",
            fix="restore the file: reinstall the package, or check it out again",
        )
    )
