"""Kernels in numba. Every module here imports numba, so only calls import them."""
