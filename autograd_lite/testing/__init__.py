"""Checks of derivatives, for the library's own tests and for users' ops and models."""

from autograd_lite.testing.check import assert_grads, gradcheck, gradgradcheck
from autograd_lite.testing.report import Entry, Finding, GradcheckResult, GradientCheckError

__all__ = [
    "Entry",
    "Finding",
    "GradcheckResult",
    "GradientCheckError",
    "assert_grads",
    "gradcheck",
    "gradgradcheck",
]
