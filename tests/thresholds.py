"""For tests of kernels: the thresholds below which small products are NumPy's."""

import importlib


def lift_products(patch):
    """Let every product of floats that is not empty go to the kernel."""
    module = importlib.import_module("autograd_lite.kernels.matmul")
    for name in ("_FEWEST_PRODUCTS", "_FEWEST_ROWS", "_FEWEST_COLUMNS"):
        patch.setattr(module, name, 1)
