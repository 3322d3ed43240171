"""One numba dispatcher's machine code on disk."""

import contextlib
import hashlib
import os
import pickle
import uuid

from numba.core.caching import _Cache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

_DIGEST = hashlib.sha256().digest_size


class DiskCache(_Cache):
    """One file per signature, named by its hash, written under another name and renamed.

    numba's own cache keeps an index file per function, and two processes that compile different
    signatures at the same moment can give them the same number in it.

    Args:
        function: The Python function of the dispatcher.
        name: Its name within its module, None for its own.
        folder: An existing folder whose path identifies sources, versions and machine.
        warn: Called with `(folder, problem)` when a file cannot be written.
    """

    _full = False

    def __init__(self, function, name, folder, warn):
        self._name = name or function.__name__
        self._module = function.__module__
        self._folder, self._warn = folder, warn
        self._enabled = True

    @property
    def cache_path(self):
        """The folder, as text."""
        return str(self._folder)

    def enable(self):
        """Read and write files from now on."""
        self._enabled = True

    def disable(self):
        """Neither read nor write files from now on."""
        self._enabled = False

    def flush(self):
        """Do nothing: a file is valid as long as its folder's key is."""

    def _path(self, signature):
        identity = f"{self._module} {self._name} {signature}"
        key = hashlib.sha256(identity.encode()).hexdigest()[:20]
        return self._folder / f"{self._name}-{key}.kernel"

    def load_overload(self, signature, target_context):
        """The kernel compiled for `signature`, None if there is none or it is damaged."""
        if not self._enabled:
            return None
        try:
            content = self._path(signature).read_bytes()
        except OSError:
            return None
        digest, data = content[:_DIGEST], content[_DIGEST:]
        if hashlib.sha256(data).digest() != digest:
            return None
        target_context.refresh()
        return CompileResult._rebuild(target_context, *pickle.loads(data))

    def save_overload(self, signature, result):
        """Keep `result`. A folder that cannot be written any more is one warning."""
        if not self._enabled or result.library.has_dynamic_globals:
            return
        data = dumps(result._reduce())
        path = self._path(signature)
        partial = path.with_name(f"{path.name}.{uuid.uuid4().hex[:16]}")
        try:
            partial.write_bytes(hashlib.sha256(data).digest() + data)
            os.replace(partial, path)
        except OSError as error:
            if not DiskCache._full:
                DiskCache._full = True
                self._warn(self._folder, error.strerror)
        finally:  # after Ctrl-C too
            with contextlib.suppress(OSError):
                partial.unlink()
