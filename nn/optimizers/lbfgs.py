"""L-BFGS: Newton's method with curvature learned from the last steps, on full batches."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

import autograd_lite as ag
from autograd_lite.errors import GradientError, choose, explain
from nn.checks import positive_int, real
from nn.optimizers.base import Array, Optimizer
from nn.optimizers.groups import Given, Schedule, Trained, rate_of
from nn.optimizers.line_search import Line, Point, armijo, strong_wolfe

_SEARCHES: dict[str, Callable[[Line, Point, float], Point]] = {
    "strong_wolfe": strong_wolfe,
    "armijo": armijo,
}


class LBFGS(Optimizer):
    """Steps to where a parabola with the curvature of the last steps is least, by a line search.

    For losses that are the same at every call: full batches, no dropout. `step` takes a function
    that computes the loss, which it calls several times; `compile` and `fit` do not use it.

    Args:
        parameters: As of `Optimizer`, without groups.
        learning_rate: The step that the line search tries first.
        max_iterations: Most iterations in a call of `step`.
        history_size: How many steps the curvature is learned from.
        tolerance_grad: Stop when no entry of the gradient is larger.
        tolerance_change: Stop when the loss changes by less, relative to it if it is above 1.
        line_search: "strong_wolfe", or "armijo", which only makes the loss fall.

    Attributes:
        message: Why the last call of `step` ended.

    Raises:
        ValueError: a setting is out of range, or groups are given.

    Source:
        Nocedal and Wright, Numerical Optimization (2006), algorithms 7.4, 7.5, 3.5 and 3.6.

    Example:
        >>> w = ag.tensor(np.array([-1.2, 1.0]), requires_grad=True)
        >>> def rosenbrock():
        ...     return 100 * (w[1] - w[0] ** 2) ** 2 + (1 - w[0]) ** 2
        >>> optimizer = LBFGS([w], max_iterations=100)
        >>> optimizer.step(rosenbrock) < 1e-12, np.round(w.data, 6).tolist()
        (True, [1.0, 1.0])
        >>> optimizer.message
        'the loss changes by less than tolerance_change'
    """

    message: str = ""

    def __init__(
        self,
        parameters: Trained = None,
        learning_rate: float | Schedule = 1.0,
        max_iterations: int = 20,
        history_size: int = 10,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-15,
        line_search: str = "strong_wolfe",
    ) -> None:
        self.max_iterations = positive_int("LBFGS", "max_iterations", max_iterations)
        self.tolerance_grad = real("LBFGS", "tolerance_grad", tolerance_grad)
        self.tolerance_change = real("LBFGS", "tolerance_change", tolerance_change)
        self._search = choose(_SEARCHES, line_search, "LBFGS: `line_search`")
        size = positive_int("LBFGS", "history_size", history_size)
        self._pairs: deque[tuple[Array, Array]] = deque(maxlen=size)
        super().__init__(parameters, learning_rate)

    def step(  # type: ignore[override]
        self, closure: Callable[[], Any] | None = None
    ) -> float:
        """Iterate until the loss is least, or `max_iterations` times.

        Args:
            closure: Computes the loss and returns it. It may call `backward` too; if it did not,
                `step` does. Gradients are cleared before each call.

        Returns:
            The loss that was reached; the parameters are there.

        Raises:
            TypeError: no closure is given.
            GradientError: no parameter has a gradient.
        """
        if closure is None:
            fix = "optimizer.step(lambda: loss(y, model(x))) in a loop of your own"
            raise TypeError(explain("LBFGS.step", "no closure to compute the loss", fix=fix))
        loss, g = self._evaluate(closure)
        for _ in range(self.max_iterations):
            if not np.isfinite(loss):
                self.message = f"the loss is {loss}"
                break
            if np.abs(g).max(initial=0) <= self.tolerance_grad:
                self.message = "no entry of the gradient is above tolerance_grad"
                break
            before, x = loss, self._flat([p.data for p in self.parameters])
            direction = self._direction(g)
            here = self._along(closure, x, direction, loss, g)
            self._write(x + here.step * direction)
            if not here.step:
                if not self._pairs:
                    self.message = "the line search found no lower loss"
                    break
                self._pairs.clear()  # the curvature misled: once more, straight down
                continue
            self._remember(here.step * direction, here.gradient - g)
            loss, g = here.loss, here.gradient
            self._steps += 1
            if self.schedule is not None:
                self._rate = rate_of(self.schedule, self._steps, self._where)
            if abs(before - loss) <= self.tolerance_change * max(1, abs(loss)):
                self.message = "the loss changes by less than tolerance_change"
                break
        else:
            self.message = "max_iterations is reached"
        return loss

    def load_state(self, state: Mapping[str, ArrayLike]) -> None:
        """Go on from what `state_dict` gave.

        Raises:
            ShapeError: names, shapes or dtypes differ; all of them are listed, nothing is written.
        """
        before = self._pairs.copy()
        steps, changes = (np.asarray(state.get(name, ())) for name in ("s", "y"))
        size = sum(p.size for p in self.parameters)
        if steps.shape == changes.shape and steps.size == len(steps) * size:
            given = ((s.copy(), y.copy()) for s, y in zip(steps, changes, strict=True))
            self._pairs = deque(given, maxlen=before.maxlen)
        try:
            super().load_state(state)
        except Exception:
            self._pairs = before
            raise

    def _saved(self) -> dict[str, Array]:
        saved = super()._saved()
        none = np.empty((0, 0))
        for i, name in enumerate(("s", "y")):
            saved[name] = np.stack([pair[i] for pair in self._pairs]) if self._pairs else none
        return saved

    def _bind(self, given: Given) -> None:
        if given.groups:
            got, fix = f"{len(given.groups)} groups", "one list of parameters"
            raise ValueError(explain("LBFGS", "groups of parameters", got=got, fix=fix))
        if list(map(id, given.parameters)) != list(map(id, self.parameters)):
            self._pairs.clear()
        super()._bind(given)

    def _evaluate(self, closure: Callable[[], Any]) -> tuple[float, Array]:
        """The loss here and its gradient."""
        self.zero_grad()
        loss = closure()
        if isinstance(loss, ag.Tensor) and all(p.grad is None for p in self.parameters):
            loss.backward()
        gradients = [p.grad for p in self.parameters]
        if all(g is None for g in gradients):
            got = f"{len(gradients)} parameters"
            fix = "compute the loss from them in the closure"
            raise GradientError(
                explain("LBFGS.step", "no parameter has a gradient", got=got, fix=fix)
            )
        pairs = zip(self.parameters, gradients, strict=True)
        flat = self._flat([np.zeros_like(p.data) if g is None else g.data for p, g in pairs])
        return float(loss.item() if isinstance(loss, ag.Tensor) else loss), flat

    def _along(
        self, closure: Callable[[], Any], x: Array, direction: Array, loss: float, g: Array
    ) -> Point:
        """The point that the line search finds from `x` on."""

        def line(step: float) -> Point:
            self._write(x + step * direction)
            loss, g = self._evaluate(closure)
            return Point(step, loss, float(g @ direction), g)

        start = Point(0.0, loss, float(g @ direction), g)
        first = self.learning_rate
        if not self._pairs:
            first *= min(1.0, 1 / float(np.abs(g).sum()))
        return self._search(line, start, first)

    def _direction(self, g: Array) -> Array:
        """Minus the inverse Hessian times `g`, by the two-loop recursion."""
        q, shares = g.copy(), []
        for s, y in reversed(self._pairs):
            share = (s @ q) / (s @ y)
            q -= share * y
            shares.append(share)
        if self._pairs:
            s, y = self._pairs[-1]
            q *= (s @ y) / (y @ y)
        for (s, y), share in zip(self._pairs, reversed(shares), strict=True):
            q += s * (share - (y @ q) / (s @ y))
        if not g @ q > 0:  # rounding, or a curvature that is no more: straight down
            self._pairs.clear()
            q = g
        return -q

    def _remember(self, s: Array, y: Array) -> None:
        # Only where the loss curves upwards, so that directions keep leading down.
        if s @ y > np.finfo(s.dtype).eps * (y @ y):
            self._pairs.append((s, y))

    @staticmethod
    def _flat(arrays: list[Array]) -> Array:
        return np.concatenate([a.ravel() for a in arrays])

    def _write(self, x: Array) -> None:
        ends = np.cumsum([p.size for p in self.parameters])[:-1]
        for p, part in zip(self.parameters, np.split(x, ends), strict=True):
            ag.updates.assign(p, part.reshape(p.shape))
