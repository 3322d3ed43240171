"""The training loop: fit, evaluate, predict."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import explain
from nn import data
from nn.callbacks import Callbacks, History, Logs
from nn.checks import count, positive_int, real
from nn.feeding import (
    ArrayFeed,
    Feed,
    StreamFeed,
    check_ends,
    inputs_of,
    is_stream,
    only_batches,
)
from nn.progress import BAR, SILENT, Progress, level
from nn.replay import Replay, replays
from nn.resuming import Run
from nn.structures import leaves, mapped, rebuilt
from nn.trainer import Trainer


class Loop(Trainer):
    """What a `Model` is trained, evaluated and used by.

    Attributes:
        history: Of the last `fit`.
        stop_training: Set it, from a callback, to end `fit` after the current batch.
        validating: Whether the running `fit` validates, be it not after every epoch.
    """

    history: History | None = None
    stop_training: bool = False
    validating: bool = False
    _running: Run | None = None
    _nan_seen: bool = False

    def fit(
        self,
        x: Any,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Collection[int] = 1,
    ) -> History:
        """Train on all samples, `epochs` times over.

        Args:
            x: Inputs, a row for each sample; several in a list or in a dict by the inputs' names.
                Or a generator, or another iterable but a list, of batches ``(x, y)`` or
                ``(x, y, sample_weight)``, and no `y`.
            y: Targets, likewise; several in a list or in a dict by the outputs' names.
            batch_size: Samples to a step, 32 by default; the last of an epoch takes what is left.
            epochs: The number of the epoch to end with, counted from 1.
            verbose: 0 is silent, 1 a bar, 2 a line an epoch; "auto" is 1 in a terminal, else 2.
            callbacks: Objects of `nn.callbacks.Callback`.
            validation_split: Share of the samples to validate on: the last ones, taken before
                shuffling.
            validation_data: ``(x, y)`` or ``(x, y, sample_weight)`` to validate on instead, or an
                iterable of batches.
            shuffle: Whether every epoch has an order of its own.
            class_weight: A weight for each class, by its number.
            sample_weight: A weight for each sample, or each step ``(samples, steps)``; or, for
                several outputs, some for each.
            initial_epoch: Epochs that were run before, to go on counting from.
            steps_per_epoch: Steps to an epoch, which then begins where the last one ended; by
                default all samples are an epoch. Batches without end need it.
            validation_steps: Likewise, each validation beginning with the first batch.
            validation_batch_size: Samples to a step of validation; `batch_size` by default.
            validation_freq: Epochs from one validation to the next, or the numbers, from 1, of the
                epochs that end with one.

        Returns:
            The `History`: for each epoch the means over its samples, taken while training, and of
            the validation after it, as `val_...`.

        Raises:
            RuntimeError: the model was not compiled.
            ValueError: an argument is out of range, or shapes do not fit. Nothing was trained.
        """
        where = "fit"
        batch_size = _size(where, batch_size)
        epochs = positive_int(where, "epochs", epochs)
        initial_epoch = count(where, "initial_epoch", initial_epoch)
        shown = level(where, verbose)
        validates = _due(validation_freq)
        split = real(where, "validation_split", validation_split, high=1.0)
        if is_stream(x):
            only_batches(where, y=y, sample_weight=sample_weight, class_weight=class_weight)
            only_batches(where, validation_split=validation_split or None)
            feed: Feed = self._stream(where, x, steps_per_epoch, "steps_per_epoch")
            feed.look()
            validation = None
        else:
            given = None if is_stream(validation_data) else validation_data
            samples, validation = self._both_parts(
                self._samples(where, x, y, sample_weight, whole=True), split, given
            )
            if class_weight is not None:
                samples = self._by_class(samples, class_weight)
            steps = _steps(where, steps_per_epoch, "steps_per_epoch")
            late = self._late(where, samples)
            feed = ArrayFeed(samples, batch_size, shuffle, steps, goes_on=True, prepare=late)
        size = batch_size if validation_batch_size is None else validation_batch_size
        held_out = self._held_out(validation, validation_data, size, validation_steps)
        self._bind_optimizer()
        params: dict[str, Any] = {
            "epochs": epochs,
            "steps": feed.steps,
            "batch_size": feed.batch_size,
            "verbose": shown,
        }
        history = self.history = History(params)
        self.stop_training = self._nan_seen = False
        self.validating = held_out is not None
        run = self._running = Run(self, feed, held_out, initial_epoch, params)
        hooks = Callbacks(callbacks, self, params, history.record)
        run.members = [history, *hooks.members]
        self._replay = None if self._eager or not replays(self) else Replay(self)
        try:
            self._train(run, hooks, validates, shown)
        finally:
            self._running = self._replay = None
        return history

    def _train(
        self, run: Run, hooks: Callbacks, validates: Callable[[int], bool], shown: int
    ) -> None:
        """All epochs."""
        feed, epochs = run.feed, run.params["epochs"]
        hooks("on_train_begin")
        for epoch in range(run.epoch, epochs):
            if (self.stop_training or feed.ended) and not run.batch:
                break
            hooks("on_epoch_begin", epoch)
            with Progress(f"Epoch {epoch + 1}/{epochs}", feed.steps, shown) as line:
                logs = self._train_epoch(run, hooks, line)
                if run.held_out is not None and validates(epoch + 1):
                    results = self._test(run.held_out, hooks)
                    logs |= {f"val_{name}": value for name, value in results.items()}
                line.finish(logs)
            hooks("on_epoch_end", epoch, logs)
            if feed.ended and feed.steps is None and epoch + 1 < epochs:
                warnings.warn(
                    f"fit: the batches ended with epoch {epoch + 1} of {epochs}; for more, give "
                    "steps_per_epoch or an iterable that starts anew",
                    stacklevel=3,
                )
        self.optimizer.finalize_variable_values()
        hooks("on_train_end")

    def evaluate(
        self,
        x: Any,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
    ) -> float | list[float] | Logs:
        """Loss and metrics over all samples. Records nothing, changes nothing.

        Args:
            x: Inputs, as of `fit`.
            y: Targets, as of `fit`.
            batch_size: Samples to a step, 32 by default.
            verbose: As of `fit`.
            sample_weight: As of `fit`.
            steps: Batches to take; all by default.
            callbacks: As of `fit`; their `on_test_...` hooks are called.
            return_dict: Whether to return them by name.

        Returns:
            ``[loss, metric, ...]``, or the loss alone if there are no metrics, or a dict.
        """
        where = "evaluate"
        batch_size = _size(where, batch_size)
        shown = level(where, verbose)
        if is_stream(x):
            only_batches(where, y=y, sample_weight=sample_weight)
            feed: Feed = self._stream(where, x, steps)
        else:
            samples = self._samples(where, x, y, sample_weight, whole=True)
            late = self._late(where, samples)
            feed = ArrayFeed(samples, batch_size, steps=_steps(where, steps), prepare=late)
        params: dict[str, Any] = {"steps": feed.steps, "verbose": shown}
        hooks = Callbacks(callbacks, self, params)
        with Progress("Evaluate", feed.steps, shown) as line:
            logs = self._test(feed, hooks, line)
            line.finish(logs)
        return logs if return_dict else _plain(logs)

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """The outputs for all samples, as arrays. Records nothing.

        Args:
            x: Inputs, as of `fit`. Of batches ``(x, y)`` the targets are left out.
            batch_size: Samples to a step, 32 by default.
            verbose: 0, or a bar in a terminal.
            steps: Batches to take; all by default.
            callbacks: As of `fit`; their `on_predict_...` hooks are called.
        """
        where = "predict"
        batch_size = _size(where, batch_size)
        shown = BAR if level(where, verbose) == BAR else SILENT
        steps = _steps(where, steps)
        if is_stream(x):
            check_ends(where, x, steps, "steps")
            parts: Iterable[Any] = itertools.islice(map(inputs_of, x), steps)
            known = steps if steps is not None or not hasattr(x, "__len__") else len(x)
        else:
            fed = data.inputs(where, self._arranged(x), self.dtype)
            n = data.rows(fed)
            # No rows make an empty batch, for its shape.
            starts = range(0, max(n, 1), batch_size)[:steps]
            known = len(starts)
            parts = (_rows(fed, i, i + batch_size) for i in starts)
        hooks = Callbacks(callbacks, self, {"steps": known or 0, "verbose": shown})
        hooks("on_predict_begin")
        found: list[Any] = []
        with ag.no_grad(), Progress("Predict", known, shown) as line:
            for step, part in enumerate(parts):
                hooks("on_predict_batch_begin", step)
                found.append(self._predicted(where, part))
                line.advance(dict)
                hooks("on_predict_batch_end", step, {"outputs": found[-1]})
        hooks("on_predict_end")
        if not found:
            raise ValueError(explain(where, "no batches", got="an iterable that has ended"))
        columns = zip(*(leaves(output) for output in found), strict=True)
        return rebuilt(found[0], map(np.concatenate, columns))

    def predict_on_batch(self, x: Any) -> Any:
        """The outputs for these samples, as arrays. Records nothing."""
        with ag.no_grad():
            return self._predicted("predict_on_batch", self._arranged(x))

    def _predicted(self, where: str, x: Any) -> Any:
        """The model's output as arrays."""
        x = data.inputs(where, self._arranged(x), self.dtype)
        with data.naming(where, x):
            return mapped(lambda y: y.data if isinstance(y, ag.Tensor) else y, self(x))

    def train_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> float | list[float] | Logs:
        """One training step on these samples; loss and metrics of just this batch, before it."""
        batch = self._samples("train_on_batch", x, y, sample_weight)
        self._bind_optimizer()
        tally = self._tally()
        tally.add(self.train_step(*batch), data.rows(batch[0]))
        self.optimizer.zero_grad()
        return tally.logs() if return_dict else _plain(tally.logs())

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> float | list[float] | Logs:
        """Loss and metrics of these samples."""
        batch = self._samples("test_on_batch", x, y, sample_weight)
        tally = self._tally()
        with ag.no_grad():
            tally.add(self.test_step(*batch), data.rows(batch[0]))
        return tally.logs() if return_dict else _plain(tally.logs())

    def _train_epoch(self, run: Run, hooks: Callbacks, line: Progress) -> Logs:
        tally, epoch, rows = self._tally(), run.epoch, run.feed.rows
        first = run.enter(tally)
        step = first - 1
        line.skip(first)
        begin, end = hooks.hooks["on_train_batch_begin"], hooks.hooks["on_train_batch_end"]
        try:
            # A backup may be of a training that was about to end.
            batches = () if self.stop_training else run.feed.epoch()
            for step, batch in enumerate(batches, first):
                for hook in begin:
                    hook(step)
                with np.errstate(over="ignore", invalid="ignore"):  # one warning tells it all
                    loss = self.train_step(*batch)
                tally.add(loss, rows(batch[0]))
                if loss != loss and not self._nan_seen:
                    self._warn_of_nan(epoch, step)
                line.advance(tally.logs)
                for hook in end:
                    hook(step, tally.logs())
                if self.stop_training:
                    break
        finally:
            self.optimizer.zero_grad()  # else the next backward pass, a loop's, would add to them
        run.leave(step + 1)
        return tally.logs()

    def _test(self, feed: Feed, hooks: Callbacks, line: Progress | None = None) -> Logs:
        tally, rows = self._tally(), feed.rows
        hooks("on_test_begin")
        with ag.no_grad():
            for step, batch in enumerate(feed.epoch()):
                hooks("on_test_batch_begin", step)
                tally.add(self.test_step(*batch), rows(batch[0]))
                if line is not None:
                    line.advance(tally.logs)
                if hooks.hooks["on_test_batch_end"]:
                    hooks("on_test_batch_end", step, tally.logs())
        logs = tally.logs()
        hooks("on_test_end", logs)
        return logs

    def _stream(self, where: str, x: Any, steps: int | None, name: str = "steps") -> StreamFeed:
        check_ends(where, x, steps, name)
        prepare = partial(self._samples, where, known={})
        return StreamFeed(where, x, prepare, _steps(where, steps, name))

    def _held_out(self, split: Any, given: Any, batch_size: int, steps: int | None) -> Feed | None:
        """What is validated on."""
        where, name = "fit: validation_data", "validation_steps"
        if is_stream(given):
            return self._stream(where, given, steps, name)
        steps = _steps("fit", steps, name)
        if split is None and given is not None:
            split = self._samples(where, *data.three(given), whole=True)
        if split is None:
            return None
        size = positive_int("fit", "validation_batch_size", batch_size)
        return ArrayFeed(split, size, steps=steps, prepare=self._late(where, split))

    def _warn_of_nan(self, epoch: int, step: int) -> None:
        self._nan_seen = True
        warnings.warn(
            f"the loss is NaN since epoch {epoch + 1}, step {step + 1}: look for NaN in x and y, "
            "or try a smaller learning_rate",
            RuntimeWarning,
            stacklevel=5,
        )


def _plain(logs: Logs) -> float | list[float]:
    values = list(logs.values())
    return values if len(values) > 1 else values[0]


def _size(where: str, batch_size: int | None) -> int:
    return 32 if batch_size is None else positive_int(where, "batch_size", batch_size)


def _steps(where: str, steps: int | None, name: str = "steps") -> int | None:
    return None if steps is None else positive_int(where, name, steps)


def _rows(x: Any, start: int, stop: int) -> Any:
    return mapped(lambda array: array[start:stop], x)


def _due(freq: int | Collection[int]) -> Callable[[int], bool]:
    """Whether there is a validation after an epoch, counted from 1."""
    if isinstance(freq, Collection):
        epochs = set(freq)
        return lambda epoch: epoch in epochs
    every = positive_int("fit", "validation_freq", freq)
    return lambda epoch: epoch % every == 0
