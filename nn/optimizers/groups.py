"""What an optimizer is given to train: Tensors, with names or not, or groups of them."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ShapeError, choose, explain
from nn.checks import real, unknown_argument
from nn.foreign import Foreign

Schedule = Callable[[int], float]
# What optimizers take first: what to train, or the learning rate.
Trained = Iterable[Any] | Schedule | float | None


class Group:
    """Parameters with settings of their own; both may be set at any time.

    Args:
        parameters: The Tensors.
        learning_rate: A number, a schedule, or None for the optimizer's.
        weight_decay: A number, or None for the optimizer's.
    """

    def __init__(
        self,
        parameters: list[ag.Tensor],
        learning_rate: float | Schedule | None = None,
        weight_decay: float | None = None,
    ) -> None:
        self.parameters = parameters
        self.learning_rate, self.weight_decay = learning_rate, weight_decay
        self.rate(0, 0.0)
        self.decay(0.0)

    def rate(self, steps: int, default: float) -> float:
        """The learning rate of the step after `steps`."""
        return default if self.learning_rate is None else rate_of(self.learning_rate, steps)

    def decay(self, default: float | None) -> float | None:
        """The weight decay."""
        given = self.weight_decay
        return default if given is None else real("group", "weight_decay", given)


class Given(NamedTuple):
    """Parameters, their names if they were given too, and their groups if there are any."""

    parameters: list[ag.Tensor]
    names: list[str]
    groups: list[Group]


def is_rate(given: Any) -> bool:
    """Whether this is a learning rate, a number or a schedule, rather than what to train."""
    schedule = (
        callable(given) and not isinstance(given, Iterable) and not hasattr(given, "parameters")
    )
    return isinstance(given, Real) or schedule


def rate_of(learning_rate: float | Schedule, steps: int, where: str = "group") -> float:
    """The learning rate, which may be a schedule, of the step after `steps`."""
    if callable(learning_rate):
        learning_rate = float(learning_rate(steps))
    return real(where, "learning_rate", learning_rate)


def positive(where: str, name: str, value: Any) -> float:
    """`value` as a float above 0."""
    number = real(where, name, value)
    if not number:
        raise ValueError(
            explain(where, f"bad `{name}`", got=repr(value), expected="a number above 0")
        )
    return number


def read(where: str, given: Any) -> Given:
    """Sort out what an optimizer was given.

    Raises:
        TypeError: there is nothing to train in it.
        ValueError: a parameter comes twice, or a group has an unknown setting.
    """
    wrong = not isinstance(given, Iterable) or isinstance(given, str | ag.Tensor)
    members = [] if wrong else list(given)
    groups = []
    if members and all(isinstance(m, Mapping) for m in members):
        parts = [_group(where, m) for m in members]
        groups = [group for group, _ in parts]
        members = [m for _, listed in parts for m in listed]
    named = [m if isinstance(m, tuple) and len(m) == 2 else ("", m) for m in members]
    names, parameters = [str(name) for name, _ in named], [p for _, p in named]
    if not parameters or not all(isinstance(p, ag.Tensor) for p in parameters):
        raise _nothing(where, given, parameters)
    _refuse_twins(where, parameters, names)
    return Given(parameters, names if all(names) else [], groups)


def _nothing(where: str, given: Any, members: list[Any]) -> TypeError:
    """What to raise where there is nothing to train, which is said first."""
    got = repr(given) if not members else f"{type(given).__name__} of {members[0]!r:.60}, ..."
    fix = f"{where}(model.parameters(), learning_rate=0.001)"
    if isinstance(given, ag.Tensor):
        got, fix = "a Tensor", f"{where}([tensor])"
    elif not members and isinstance(given, Iterable) and not isinstance(given, str):
        fix = "model.build((None, features)) first: parameters are made then"
    expected = "Tensors, such as model.parameters(), or none at all before `compile`"
    return TypeError(explain(where, "no parameters to train", got=got, expected=expected, fix=fix))


def _group(where: str, given: Mapping[str, Any]) -> tuple[Group, list[Any]]:
    """A group, and its parameters as they were given."""
    settings = dict(given)
    listed = settings.pop("params", None)
    if not isinstance(listed, Iterable) or isinstance(listed, ag.Tensor):
        got = f"a group with {sorted(given)}"
        expected = '{"params": [...], "learning_rate": 1e-4}'
        raise TypeError(explain(where, "a group without parameters", got=got, expected=expected))
    members = list(listed)
    for name in settings:
        known = {"learning_rate": None, "weight_decay": None}
        choose(known, name, f"{where}: a group's setting")
    return Group([m[1] if isinstance(m, tuple) else m for m in members], **settings), members


def _refuse_twins(where: str, parameters: list[ag.Tensor], names: list[str]) -> None:
    for index, count in Counter(map(id, parameters)).items():
        if count > 1:
            i = [id(p) for p in parameters].index(index)
            got = f"{names[i] or f'number {i}'}, shape {parameters[i].shape}, {count} times"
            raise ValueError(explain(where, "a parameter is given twice", got=got))


class RateFirst(Foreign):
    """Lets the learning rate come first, as in Keras: ``Adam(0.001, 0.9)``."""

    def __call__(cls, *given: Any, **settings: Any) -> Any:
        """Make an optimizer."""
        if given and is_rate(given[0]):
            first = list(inspect.signature(cls.__init__).parameters)[1:2]  # type: ignore[misc]
            if first == ["parameters"]:
                given = (settings.pop("parameters", None), *given)
        if cls.__module__.startswith("nn."):
            _refuse_unknown(cls, settings)
        return super().__call__(*given, **settings)


# What Keras 2 called them.
FORMER = {"lr": "learning_rate=", "decay": "learning_rate=schedules.InverseTimeDecay(...)"}


def _refuse_unknown(cls: Foreign, settings: Iterable[str]) -> None:
    """Raise if there are settings that no `__init__` of the class lists.

    Raises:
        TypeError: there are.
    """
    inits = [c.__init__ for c in cls.__mro__]  # type: ignore[misc]
    own = {n: None for init in inits for n in inspect.signature(init).parameters}
    known = [n for n in own if n not in ("self", "args", "kwargs", "settings", "parameters")]
    for name in settings:
        if name not in own and name not in cls.known_foreign():
            raise unknown_argument(cls.__name__, name, known, FORMER.get(name))


def excluded(
    where: str,
    listed: Sequence[Any],
    patterns: Sequence[str],
    named: Sequence[tuple[ag.Tensor, str]],
) -> set[int]:
    """The identities of parameters in a list, or with names in which a pattern is found.

    Raises:
        ValueError: there are patterns, and no parameter has a name.
    """
    if patterns and named and not any(name for _, name in named):
        raise ValueError(
            explain(
                f"{where}.exclude_from_weight_decay",
                "the parameters have no names",
                got=f"var_names={patterns}",
                fix=f"{where}(model.named_parameters()), or var_list=[...]",
            )
        )
    found = (p for p, name in named if any(re.search(pattern, name) for pattern in patterns))
    return {id(p) for p in (*listed, *found)}


def matched(
    where: str, grads: Iterable[Any], variables: Sequence[Any] | None, parameters: Sequence[Any]
) -> list[Any]:
    """A gradient or None for each of `parameters`, of those given for `variables` among them.

    Raises:
        ValueError: not as many as variables, or a variable is none of the parameters.
        ShapeError: a gradient has another shape than its parameter.
    """
    listed = [g.data if isinstance(g, ag.Tensor) else g for g in grads]
    variables = parameters if variables is None else variables
    if len(listed) != len(variables):
        got = f"{len(listed)} gradients for {len(variables)} parameters"
        raise ValueError(explain(where, "they do not go together", got=got))
    places = {id(p): i for i, p in enumerate(parameters)}
    found: list[Any] = [None] * len(parameters)
    for g, p in zip(listed, variables, strict=True):
        if id(p) not in places:
            fix = "optimizer.bind(all parameters) before"
            raise ValueError(
                explain(where, "a parameter that is not trained", got=repr(p), fix=fix)
            )
        if g is not None:
            if np.shape(g) != p.shape:
                got = f"{np.shape(g)} for a parameter {p.shape}"
                raise ShapeError(explain(where, "a gradient of another shape", got=got))
            found[places[id(p)]] = np.asarray(g, p.dtype)
    return found
