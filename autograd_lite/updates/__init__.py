"""In-place updates of leaves, each one sweep over memory. Every write counts the version up.

The formulas are those of Keras 3; gradients and slots are arrays of the parameter's shape.
"""

from autograd_lite.updates.adaptive import adadelta, adagrad, adam, adamax, lamb, nadam, rmsprop
from autograd_lite.updates.descent import ftrl, lion, momentum, sgd
from autograd_lite.updates.leaves import assign

__all__ = [
    "adadelta",
    "adagrad",
    "adam",
    "adamax",
    "assign",
    "ftrl",
    "lamb",
    "lion",
    "momentum",
    "nadam",
    "rmsprop",
    "sgd",
]
