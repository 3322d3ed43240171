"""Optimizers with Keras' formulas and defaults: a formula each, the base class keeps the books."""

from typing import Any

from nn.checks import instance
from nn.optimizers import schedules
from nn.optimizers.adaptive import Adadelta, Adagrad, RMSprop
from nn.optimizers.base import Optimizer
from nn.optimizers.descent import SGD, Ftrl, Lion
from nn.optimizers.lbfgs import LBFGS
from nn.optimizers.matrices import Adafactor, Muon
from nn.optimizers.moments import Adam, Adamax, AdamW, Lamb, Nadam

__all__ = [
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "Muon",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "get",
    "schedules",
]

# What `compile` knows by name; `LBFGS` needs a closure.
OPTIMIZERS: dict[str, type[Optimizer]] = {
    c.__name__.lower(): c
    for c in (
        SGD,
        RMSprop,
        Adam,
        AdamW,
        Adadelta,
        Adafactor,
        Adagrad,
        Adamax,
        Ftrl,
        Lamb,
        Lion,
        Muon,
        Nadam,
    )
}


def get(identifier: Any, where: str = "optimizers.get") -> Optimizer:
    """An optimizer from its name, its class or itself.

    Args:
        identifier: A name such as ``"adam"``, a class, or an `Optimizer`.
        where: Who asks, for the message.

    Raises:
        ValueError: the name is unknown.
        TypeError: it is no optimizer.

    Example:
        >>> get("adam").learning_rate
        0.001
    """
    return instance(Optimizer, OPTIMIZERS, identifier, where)
