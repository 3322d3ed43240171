"""Kernels compiled by numba."""

import os

from numba.core.compiler_lock import global_compiler_lock

# A child forked while another thread compiles would wait for ever for that thread's lock.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=global_compiler_lock.acquire,
        after_in_child=global_compiler_lock.release,
        after_in_parent=global_compiler_lock.release,
    )
