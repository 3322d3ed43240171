"""What all optimizers share: the books of parameters, steps, rates, averages and sums."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

import autograd_lite as ag
from autograd_lite.errors import GradientError, explain
from nn.checks import positive_int, real
from nn.configs import Recorded
from nn.optimizers import groups
from nn.optimizers.clipping import Gradients, Limits
from nn.optimizers.groups import Given, Group, RateFirst, Schedule, Trained, rate_of, read
from nn.optimizers.means import accumulated, average_all, several
from nn.optimizers.saving import refuse_other

Array = NDArray[Any]


class Optimizer(Recorded, metaclass=RateFirst):
    """Keeps the parameters, the number of steps taken, and the `slots` of each parameter.

    A subclass names its slots, the arrays it keeps for each parameter, and defines
    `update(parameter, gradient, <slots>)`, which writes new values in place.

    Args:
        parameters: What to train, such as ``model.parameters()`` or ``model.named_parameters()``,
            or groups with settings of their own, ``[{"params": [...], "learning_rate": 1e-4},
            {"params": [...], "weight_decay": 0.0}]``; `compile` binds an optimizer made without.
            May be left out, ``Adam(0.001)``: all that follows then moves up one place, as in Keras.
        learning_rate: Length of the steps: a number, which may be set at any time, or a schedule,
            a function of the steps taken so far.
        weight_decay: The share wd of ``w -= lr wd w`` before each update (decoupled from the
            gradient; Loshchilov and Hutter, 2019). None is none.
        clipnorm: Largest norm of a gradient; larger ones are scaled down to it.
        clipvalue: Largest absolute value of an entry of a gradient; larger ones are cut to it.
        global_clipnorm: Largest norm of all gradients together. Only one of the three may be given.
        use_ema: Whether to average the parameters, ``a = mu a + (1 - mu) w`` after every step; the
            first one copies. `finalize_variable_values` puts the averages into the parameters.
        ema_momentum: mu, from 0 to 1.
        ema_overwrite_frequency: Every so many updates the averages go into the parameters.
        gradient_accumulation_steps: Update once in so many steps, at least 2, with the mean of
            their gradients. Schedules count every step.

    Attributes:
        parameters: What is trained.
        names: Of the parameters, if they were given.
        groups: Of the parameters, if they were given; their settings may be set at any time.
        state: For each parameter a dict of its slots.
        schedule: Of the learning rate, or None.

    Raises:
        ValueError: a setting is out of range.
        TypeError: there is nothing to train in `parameters`.

    Example:
        >>> class Sign(Optimizer):
        ...     def update(self, parameter, gradient):
        ...         ag.updates.sgd(parameter, np.sign(gradient), learning_rate=self.learning_rate)
        >>> w = ag.tensor([3.0, -2.0], requires_grad=True)
        >>> optimizer = Sign([w], learning_rate=lambda step: 0.5 / (1 + step))
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.tolist(), optimizer.learning_rate
        ([2.5, -1.5], 0.25)
    """

    foreign: ClassVar = {"name": None, "loss_scale_factor": (None,)}
    slots: tuple[str, ...] = ()
    _not_saved = ("parameters",)
    # Numbers that change with the steps, besides `iterations`.
    _counters: ClassVar[tuple[str, ...]] = ()
    # Whether `update` takes off `_decay` itself, in the same sweep.
    _fuses_decay: bool = False
    # The share of the current parameter that decays: learning rate times weight decay.
    _decay: float = 0.0

    def __init__(
        self,
        parameters: Trained = None,
        learning_rate: float | Schedule = 0.001,
        *,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        gradient_accumulation_steps: int | None = None,
    ) -> None:
        where = self._where = type(self).__name__
        self._steps = 0
        self.schedule: Schedule | None = None
        self.learning_rate = learning_rate
        self.parameters: list[ag.Tensor] = []
        self.names: list[str] = []
        self.groups: list[Group] = []
        self.state: list[dict[str, Array]] = []
        self._books: list[dict[str, Array]] = []
        self._exclude: tuple[list[ag.Tensor], list[str]] = [], []
        decays = weight_decay is not None
        self.weight_decay = real(where, "weight_decay", weight_decay) if decays else None
        self._limits = Limits(clipnorm, clipvalue, global_clipnorm).checked(where)
        self._clips = any(limit is not None for limit in self._limits)
        self.use_ema = use_ema
        self.ema_momentum = real(where, "ema_momentum", ema_momentum, high=np.nextafter(1, 2))
        every = ema_overwrite_frequency
        self._overwrite = every and positive_int(where, "ema_overwrite_frequency", every)
        self._accumulate = 1
        if gradient_accumulation_steps is not None:
            self._accumulate = several(where, gradient_accumulation_steps)
        if parameters is not None:
            self._bind(read(where, parameters))

    def __repr__(self) -> str:
        rate = self.schedule or f"{self.learning_rate:g}"
        return f"<{self._where} learning_rate={rate}, iterations={self.iterations}>"

    @property
    def learning_rate(self) -> float:
        """Length of the next step."""
        return self._rate

    @learning_rate.setter
    def learning_rate(self, value: float | Schedule) -> None:
        if self.schedule is not None and not callable(value):
            raise TypeError(
                explain(
                    self._where,
                    "the learning rate follows a schedule",
                    got=repr(value),
                    fix="another schedule, or an optimizer made with a number",
                )
            )
        self._rate = rate_of(value, self._steps, self._where)
        self.schedule = value if callable(value) else None

    @property
    def iterations(self) -> int:
        """Updates made: steps over `gradient_accumulation_steps`."""
        return self._steps // self._accumulate

    @property
    def clipnorm(self) -> float | None:
        """Largest norm of a gradient."""
        return self._limits.clipnorm

    @property
    def clipvalue(self) -> float | None:
        """Largest absolute value in a gradient."""
        return self._limits.clipvalue

    @property
    def global_clipnorm(self) -> float | None:
        """Largest norm of all gradients together."""
        return self._limits.global_clipnorm

    def bind(self, parameters: Iterable[Any]) -> None:
        """Train these from now on. Those that were trained before keep their slots."""
        listed = list(parameters)
        if len(listed) == len(self.parameters) and not self.groups:
            if all(p is q for p, q in zip(listed, self.parameters, strict=True)):
                return
        self._bind(read(self._where, listed) if listed else Given([], [], []))

    def exclude_from_weight_decay(
        self,
        var_list: Sequence[ag.Tensor] | None = None,
        var_names: Sequence[str] | None = None,
    ) -> None:
        """Let these parameters not decay.

        Args:
            var_list: Parameters.
            var_names: Regular expressions that are searched for in the parameters' names, such as
                "bias": in the names they were given with, else in those their layers gave them.

        Raises:
            ValueError: no parameter has a name.

        Example:
            >>> model = nn.Sequential([nn.Input((2,)), nn.layers.Dense(3)])
            >>> optimizer = nn.optimizers.AdamW(model.parameters())
            >>> optimizer.exclude_from_weight_decay(var_names=["bias"])
        """
        self._exclude[0].extend(var_list or ())
        self._exclude[1].extend(var_names or ())
        self._find_excluded()

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for p in self.parameters:
            p.grad = None

    def step(self) -> None:
        """Update every parameter that has a gradient.

        Raises:
            GradientError: none has.
        """
        gradients: Gradients = [None if p.grad is None else p.grad.data for p in self.parameters]
        if all(g is None for g in gradients):
            raise GradientError(
                explain(
                    f"{self._where}.step",
                    "no parameter has a gradient",
                    got=f"{len(gradients)} parameters",
                    fix="loss.backward() before step(), zero_grad() after it"
                    if gradients
                    else f"{self._where}(model.parameters(), ...)",
                )
            )
        self._step(gradients)

    def apply(
        self, grads: Iterable[Any], trainable_variables: Iterable[ag.Tensor] | None = None
    ) -> None:
        """A step with gradients that are given, rather than with those of `backward`.

        Args:
            grads: An array or Tensor for each parameter; None leaves it as it is.
            trainable_variables: The parameters, by default all; if nothing is trained yet, these
                are from now on.

        Raises:
            ValueError: not as many gradients as parameters, or one that is not trained here.
            ShapeError: a gradient has another shape than its parameter.

        Example:
            >>> w, optimizer = nn.Parameter(np.array([1.0])), nn.optimizers.SGD(0.5)
            >>> optimizer.apply([np.array([1.0])], [w])
            >>> w.tolist()
            [0.5]
        """
        variables = None if trainable_variables is None else list(trainable_variables)
        if variables and not self.parameters:
            self.bind(variables)
        self._step(groups.matched(f"{self._where}.apply", grads, variables, self.parameters))

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, ag.Tensor]]) -> None:
        """`apply` of pairs of a gradient and its parameter."""
        pairs = list(grads_and_vars)
        self.apply([g for g, _ in pairs], [p for _, p in pairs])

    def _step(self, gradients: Gradients) -> None:
        before = self.iterations
        if self._accumulate > 1:
            sums = [book["accumulator"] for book in self._books]
            last = not (self._steps + 1) % self._accumulate
            gradients = accumulated(gradients, sums, self._accumulate if last else None)
        if self._clips:
            gradients = self._limits.clip(gradients)
        self._steps += 1
        if self.iterations > before:
            self._update_all(gradients)
        if self.use_ema:
            averages = [book["average"] for book in self._books]
            momentum = self.ema_momentum if before else 0.0
            overwrite = not (before + 1) % self._overwrite if self._overwrite else False
            average_all(self.parameters, averages, momentum, overwrite)
        if self.schedule is not None:
            self._rate = rate_of(self.schedule, self._steps, self._where)

    def update(self, *args: Any, **slots: Any) -> None:
        """Write the parameter's next values, and its slots', in place. Subclasses define it."""
        raise NotImplementedError(explain(self._where, "no `update`"))

    def finalize_variable_values(self) -> None:
        """Put the averages of `use_ema` into the parameters, as at the end of training."""
        if self.use_ema and self._steps:
            for parameter, book in zip(self.parameters, self._books, strict=True):
                ag.updates.assign(parameter, book["average"])

    def state_dict(self) -> dict[str, Array]:
        """Copies of all that changes with the steps, by name, for `load_state`.

        The arrays of a parameter are named after it, or after its number if it has no name.
        """
        return {name: array.copy() for name, array in self._saved().items()}

    def load_state(self, state: Mapping[str, ArrayLike]) -> None:
        """Go on from what `state_dict` gave.

        Raises:
            ShapeError: names, shapes or dtypes differ; all of them are listed, nothing is written.

        Example:
            >>> w = ag.tensor([1.0], requires_grad=True)
            >>> (w * w).sum().backward()
            >>> first, second = nn.optimizers.Adam([w]), nn.optimizers.Adam([w])
            >>> first.step()
            >>> second.load_state(first.state_dict())
            >>> second.iterations, second.state == first.state
            (1, True)
        """
        given = {name: np.asarray(array) for name, array in state.items()}
        refuse_other(f"{self._where}.load_state", given, self._saved())
        self._load(given)

    def _saved(self) -> dict[str, Array]:
        """The state by name, the arrays themselves."""
        saved = {"steps": np.array(self._steps)}
        if self.schedule is None:
            saved["learning_rate"] = np.array(self._rate)
        saved |= {name.strip("_"): np.array(getattr(self, name)) for name in self._counters}
        for i, group in enumerate(self.groups):
            if isinstance(group.learning_rate, float | int):
                saved[f"groups.{i}.learning_rate"] = np.array(float(group.learning_rate))
        labels = self.names or [str(i) for i in range(len(self.parameters))]
        for label, slots, book in zip(labels, self.state, self._books, strict=True):
            saved |= {f"{label}.{slot}": array for slot, array in (slots | book).items()}
        return saved

    def _load(self, given: Mapping[str, Array]) -> None:
        ours = self._saved()
        self._steps = int(given["steps"])
        if self.schedule is not None:
            self._rate = rate_of(self.schedule, self._steps, self._where)
        else:
            self.learning_rate = float(given["learning_rate"])
        for name in self._counters:
            setattr(self, name, float(given[name.strip("_")]))
        for i, group in enumerate(self.groups):
            if f"groups.{i}.learning_rate" in given:
                group.learning_rate = float(given[f"groups.{i}.learning_rate"])
        for name, array in ours.items():
            array[...] = given[name]

    def _bind(self, given: Given) -> None:
        pairs = zip(self.state, self._books, strict=True)
        known = {id(p): pair for p, pair in zip(self.parameters, pairs, strict=True)}
        self.parameters, self.names, self.groups = given
        self._find_excluded()
        both = [
            known.get(id(p)) or (self._new_slots(p, name), self._new_book(p))
            for p, name in self._named()
        ]
        self.state, self._books = [slots for slots, _ in both], [book for _, book in both]

    def _new_slots(self, parameter: ag.Tensor, name: str) -> dict[str, Array]:
        """The slots of a parameter that was never updated."""
        return {slot: np.zeros_like(parameter.data) for slot in self.slots}

    def _new_book(self, parameter: ag.Tensor) -> dict[str, Array]:
        kept = {"average": self.use_ema, "accumulator": self._accumulate > 1}
        return {name: np.zeros_like(parameter.data) for name, wanted in kept.items() if wanted}

    def _named(self) -> list[tuple[ag.Tensor, str]]:
        """Each parameter with the name it was given with, or else has from its layer."""
        names = self.names or [getattr(p, "name", "") for p in self.parameters]
        return list(zip(self.parameters, names, strict=True))

    def _find_excluded(self) -> None:
        """Look up who does not decay."""
        self._excluded = groups.excluded(self._where, *self._exclude, self._named())

    def _update_all(self, gradients: Gradients) -> None:
        update = self.update
        books = zip(self.parameters, gradients, self.state, strict=True)
        if not self.groups and not self._decays():
            for parameter, gradient, slots in books:
                if gradient is not None:
                    update(parameter, gradient, **slots)
            return
        everywhere = self._rate
        groups = {id(p): group for group in self.groups for p in group.parameters}
        try:
            for parameter, gradient, slots in books:
                if gradient is not None:
                    self._set_for(parameter, groups.get(id(parameter)), everywhere, slots)
                    if self._decay and not self._fuses_decay:
                        ag.updates.sgd(parameter, parameter.data, learning_rate=self._decay)
                    update(parameter, gradient, **slots)
        finally:
            self._rate, self._decay = everywhere, 0.0

    def _set_for(
        self, parameter: ag.Tensor, group: Group | None, rate: float, slots: dict[str, Array]
    ) -> None:
        """Let the learning rate and the decay be those of this parameter."""
        decay = self._weight_decay_of(slots)
        if group is not None:
            rate, decay = group.rate(self._steps - 1, rate), group.decay(decay)
        excluded = decay is None or id(parameter) in self._excluded
        self._rate, self._decay = rate, 0.0 if excluded else rate * (decay or 0.0)

    def _decays(self) -> bool:
        """Whether any parameter may decay."""
        return self.weight_decay is not None

    def _weight_decay_of(self, slots: dict[str, Array]) -> float | None:
        return self.weight_decay
