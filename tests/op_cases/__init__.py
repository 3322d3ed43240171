"""One row for each way of calling an op. The properties in test_ops.py read them all.

Rows are in a module for each family, in its list `CASES`. A smooth element-wise op needs no row:
its declaration carries its domain and its NumPy twin.
"""

from __future__ import annotations

import importlib
import pkgutil

from op_cases.case import Case, Given, flat

FAMILIES = [importlib.import_module(f"op_cases.{m.name}") for m in pkgutil.iter_modules(__path__)]
CASES: list[Case] = [case for m in FAMILIES for case in getattr(m, "CASES", ())]

__all__ = ["CASES", "Case", "Given", "flat"]
