"""Functions made of ops that have a twin in NumPy."""

from __future__ import annotations

import functools

import numpy as np

from autograd_lite.graph import Traced
from autograd_lite.op import composed


def holds_tensor(x):
    """Whether `x` is a Tensor, or a list or tuple with one in it."""
    if isinstance(x, (list, tuple)):
        return any(map(holds_tensor, x))
    return isinstance(x, Traced)


def shape_of(x):
    """The shape of a Tensor, array, number or nested list."""
    return x.shape if isinstance(x, (Traced, np.ndarray)) else np.shape(x)


def twin_of(theirs):
    """Declare a function made of ops that answers for NumPy's.

    Calls without a Tensor go to NumPy's function itself, so that results, dtypes and errors are
    NumPy's to the letter. Parameters have NumPy's names and order.
    """

    def declare(function):
        @functools.wraps(function)
        def call(*args, **settings):
            if holds_tensor(args) or any(map(holds_tensor, settings.values())):
                return function(*args, **settings)
            return theirs(*args, **settings)

        return composed(numpy=theirs)(call)

    return declare
