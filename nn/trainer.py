"""The training loop: compile, fit, evaluate, predict."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd_lite as ag
from autograd_lite.errors import GradientError, explain
from nn import data, losses, optimizers
from nn.callbacks import Callbacks, Logs
from nn.checks import count, instance, positive_int, real
from nn.data import Columns
from nn.history import History
from nn.layer import Layer
from nn.losses import Loss
from nn.metrics import Metric, Tally, get_all
from nn.progress import BAR, SILENT, Progress, level

Array = NDArray[Any]


class Trainer(Layer):
    """What a `Model` trains with.

    Attributes:
        loss: What is trained on, after `compile`.
        optimizer: What trains, after `compile`.
        metrics: What is watched, after `compile`; sample weights do not count.
        weighted_metrics: Likewise, with sample weights.
        history: Of the last `fit`.
        stop_training: Set it, from a callback, to end `fit` after the current batch.
    """

    loss: Loss
    optimizer: optimizers.Optimizer
    metrics: Sequence[Metric] = ()
    weighted_metrics: Sequence[Metric] = ()
    history: History | None = None
    stop_training: bool = False
    _dtype: np.dtype[Any] | None = None
    _bind: bool = True
    _nan_seen: bool = False

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the parameters, and so of the inputs: the default dtype when the model was built."""
        return self._dtype or ag.get_default_dtype()

    def __call__(self, x: Any, training: bool = False) -> Any:
        """The output for `x`, recorded unless under `ag.no_grad()`."""
        if self._dtype is None:
            self._dtype = ag.get_default_dtype()
        return super().__call__(data.as_input(x, self._dtype), training)

    def compile(
        self,
        optimizer: Any,
        loss: Any,
        metrics: Sequence[Any] | None = None,
        weighted_metrics: Sequence[Any] | None = None,
    ) -> None:
        """Say how to train.

        Args:
            optimizer: A name in `nn.optimizers`, or an `Optimizer`; one made without parameters
                trains all of the model's.
            loss: A name in `nn.losses`, a `Loss`, or a function of ``(y_true, y_pred)``.
            metrics: Names in `nn.metrics` or `nn.losses`, "accuracy", `Metric` objects or functions
                of two arrays. Sample weights do not count in them.
            weighted_metrics: Likewise; sample weights do count.

        Raises:
            ValueError: a name is unknown, or the loss is not reduced to a number.
            TypeError: something is neither a name nor an object of its kind.
        """
        where = "compile"
        self.optimizer = instance(
            optimizers.Optimizer, optimizers.OPTIMIZERS, optimizer, f"{where}: `optimizer`"
        )
        self._bind = not self.optimizer.parameters
        self.loss = losses.get(loss, f"{where}: `loss`")
        if self.loss.reduction == "none":
            raise ValueError(
                explain(
                    where,
                    "the loss is not reduced to a number",
                    got=f"{self.loss.name} with reduction={self.loss.reduction!r}",
                    expected='reduction="sum_over_batch_size", for instance',
                )
            )
        self.metrics = get_all("metrics", metrics, self.loss)
        self.weighted_metrics = get_all("weighted_metrics", weighted_metrics, self.loss)

    def fit(
        self,
        x: Any,
        y: Any,
        batch_size: int = 32,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Sequence[Any] | None = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
    ) -> History:
        """Train on all samples, `epochs` times over.

        Args:
            x: Inputs, a row for each sample.
            y: Targets, likewise.
            batch_size: Samples to a step; the last step of an epoch takes what is left.
            epochs: The number of the epoch to end with, counted from 1.
            verbose: 0 is silent, 1 a bar, 2 a line an epoch; "auto" is 1 in a terminal, else 2.
            callbacks: Objects of `nn.callbacks.Callback`.
            validation_split: Share of the samples to validate on: the last ones, taken before
                shuffling.
            validation_data: ``(x, y)`` or ``(x, y, sample_weight)`` to validate on instead.
            shuffle: Whether every epoch has an order of its own.
            class_weight: A weight for each class, by its number.
            sample_weight: A weight for each sample.
            initial_epoch: Epochs that were run before, to go on counting from.

        Returns:
            The `History`: for each epoch the means over its samples, taken while training, and of
            the validation after it, as `val_...`.

        Raises:
            RuntimeError: the model was not compiled.
            ValueError: an argument is out of range, or shapes do not fit. Nothing was trained.
        """
        where = "fit"
        batch_size = positive_int(where, "batch_size", batch_size)
        epochs = positive_int(where, "epochs", epochs)
        initial_epoch = count(where, "initial_epoch", initial_epoch)
        shown = level(where, verbose)
        samples, validation = self._both_parts(
            self._samples(where, x, y, sample_weight),
            real(where, "validation_split", validation_split, high=1.0),
            validation_data,
        )
        if class_weight is not None:
            samples = self._by_class(samples, class_weight)
        self._bind_optimizer()
        steps = data.steps(samples, batch_size)
        params = {"epochs": epochs, "steps": steps, "batch_size": batch_size, "verbose": shown}
        hooks = Callbacks(callbacks, self, params)
        history = self.history = History(params)
        self.stop_training = self._nan_seen = False
        hooks("on_train_begin")
        for epoch in range(initial_epoch, epochs):
            hooks("on_epoch_begin", epoch)
            with Progress(f"Epoch {epoch + 1}/{epochs}", steps, shown) as line:
                batches = data.batches(samples, batch_size, shuffle)
                logs = self._train_epoch(epoch, batches, hooks, line)
                if validation is not None:
                    results = self._test(data.batches(validation, batch_size), hooks)
                    logs |= {f"val_{name}": value for name, value in results.items()}
                line.finish(logs)
            hooks("on_epoch_end", epoch, logs)
            history.record(epoch, logs)
            if self.stop_training:
                break
        hooks("on_train_end")
        return history

    def evaluate(
        self,
        x: Any,
        y: Any,
        batch_size: int = 32,
        verbose: int | str = "auto",
        sample_weight: Any = None,
        callbacks: Any = None,
        return_dict: bool = False,
    ) -> float | list[float] | Logs:
        """Loss and metrics over all samples. Records nothing, changes nothing.

        Args:
            x: Inputs, a row for each sample.
            y: Targets, likewise.
            batch_size: Samples to a step.
            verbose: As of `fit`.
            sample_weight: A weight for each sample.
            callbacks: As of `fit`; their `on_test_...` hooks are called.
            return_dict: Whether to return them by name.

        Returns:
            ``[loss, metric, ...]``, or the loss alone if there are no metrics, or a dict.
        """
        where = "evaluate"
        batch_size = positive_int(where, "batch_size", batch_size)
        shown = level(where, verbose)
        samples = self._samples(where, x, y, sample_weight)
        steps = data.steps(samples, batch_size)
        hooks = Callbacks(callbacks, self, {"steps": steps, "verbose": shown})
        with Progress("Evaluate", steps, shown) as line:
            logs = self._test(data.batches(samples, batch_size), hooks, line)
            line.finish(logs)
        return logs if return_dict else _plain(logs)

    def predict(self, x: Any, batch_size: int = 32, verbose: int | str = "auto") -> Array:
        """The outputs for all samples. Records nothing.

        Args:
            x: Inputs, a row for each sample.
            batch_size: Samples to a step.
            verbose: 0, or a bar in a terminal.
        """
        batch_size = positive_int("predict", "batch_size", batch_size)
        shown = BAR if level("predict", verbose) == BAR else SILENT
        x = data.inputs("predict", x, self.dtype)
        starts = range(0, max(len(x), 1), batch_size)  # no rows make an empty batch, for its shape
        outputs = []
        with ag.no_grad(), Progress("Predict", len(starts), shown) as line:
            for start in starts:
                with data.naming("predict", x):
                    out = self(x[start : start + batch_size])
                outputs.append(out.data if isinstance(out, ag.Tensor) else out)
                line.advance(dict)
        return np.concatenate(outputs)

    def train_on_batch(
        self, x: Any, y: Any, sample_weight: Any = None, return_dict: bool = False
    ) -> float | list[float] | Logs:
        """One training step on these samples; loss and metrics of just this batch, before it."""
        batch = self._samples("train_on_batch", x, y, sample_weight)
        self._bind_optimizer()
        tally = self._tally()
        tally.add(self.train_step(*batch), len(batch[0]))
        self.optimizer.zero_grad()
        return tally.logs() if return_dict else _plain(tally.logs())

    def test_on_batch(
        self, x: Any, y: Any, sample_weight: Any = None, return_dict: bool = False
    ) -> float | list[float] | Logs:
        """Loss and metrics of these samples."""
        batch = self._samples("test_on_batch", x, y, sample_weight)
        tally = self._tally()
        with ag.no_grad():
            tally.add(self.test_step(*batch), len(batch[0]))
        return tally.logs() if return_dict else _plain(tally.logs())

    def train_step(self, x: Array, y: Array, sample_weight: Array | None = None) -> float:
        """One step on one batch; override it for a training loop of your own.

        Returns:
            The batch's loss, before the step.
        """
        self.optimizer.zero_grad()
        y_pred = self(x, training=True)
        loss = self.loss(y, y_pred, sample_weight)
        loss.backward()
        self.optimizer.step()
        self._watch(y, y_pred, sample_weight)
        return float(loss.item())

    def test_step(self, x: Array, y: Array, sample_weight: Array | None = None) -> float:
        """The loss of one batch, nothing recorded; metrics are counted."""
        y_pred = self(x)
        loss = self.loss(y, y_pred, sample_weight)
        self._watch(y, y_pred, sample_weight)
        return float(loss.item())

    def _tally(self) -> Tally:
        return Tally([*self.metrics, *self.weighted_metrics])

    def _watch(self, y: Array, y_pred: Any, sample_weight: Array | None) -> None:
        for metric in self.metrics:
            metric.update_state(y, y_pred)
        for metric in self.weighted_metrics:
            metric.update_state(y, y_pred, sample_weight)

    def _train_epoch(
        self, epoch: int, batches: Iterable[Columns], hooks: Callbacks, line: Progress
    ) -> Logs:
        tally = self._tally()
        begin, end = hooks.hooks["on_train_batch_begin"], hooks.hooks["on_train_batch_end"]
        try:
            for step, batch in enumerate(batches):
                for hook in begin:
                    hook(step)
                with np.errstate(over="ignore", invalid="ignore"):  # one warning tells it all
                    loss = self.train_step(*batch)
                tally.add(loss, len(batch[0]))
                if loss != loss and not self._nan_seen:
                    self._warn_of_nan(epoch, step)
                line.advance(tally.logs)
                for hook in end:
                    hook(step, tally.logs())
                if self.stop_training:
                    break
        finally:
            self.optimizer.zero_grad()  # else the next backward pass, a loop's, would add to them
        return tally.logs()

    def _test(
        self, batches: Iterable[Columns], hooks: Callbacks, line: Progress | None = None
    ) -> Logs:
        tally = self._tally()
        hooks("on_test_begin")
        with ag.no_grad():
            for step, batch in enumerate(batches):
                hooks("on_test_batch_begin", step)
                tally.add(self.test_step(*batch), len(batch[0]))
                if line is not None:
                    line.advance(tally.logs)
                if hooks.hooks["on_test_batch_end"]:
                    hooks("on_test_batch_end", step, tally.logs())
        logs = tally.logs()
        hooks("on_test_end", logs)
        return logs

    def _samples(self, where: str, x: Any, y: Any, sample_weight: Any) -> Columns:
        """All arguments checked and converted, by the model and by the loss, before any work."""
        if "loss" not in vars(self):
            raise RuntimeError(
                explain(
                    where,
                    "the model is not compiled",
                    fix='model.compile(optimizer="rmsprop", loss=..., metrics=["accuracy"])',
                )
            )
        x, y, *weight = data.columns(where, x, y, sample_weight, self.dtype)
        with ag.no_grad(), data.naming(where, x):
            output = self(x[:1])
        return x, self.loss.prepare(y, output.shape[1:], self.dtype), *weight

    def _both_parts(
        self, samples: Columns, fraction: float, given: Sequence[Any] | None
    ) -> tuple[Columns, Columns | None]:
        """Samples to train on and to validate on."""
        if given is not None:
            return samples, self._samples("fit: validation_data", *data.three(given))
        if not fraction:
            return samples, None
        training, validation = data.split(samples, fraction)
        classes = self.loss.classes(samples[1])
        if classes is not None:
            data.warn_of_unseen(classes, len(training[0]))
        return training, validation

    def _by_class(self, samples: Columns, class_weight: Mapping[int, float]) -> Columns:
        """The samples, weighted by their classes."""
        x, y, *weight = samples
        if weight:
            raise ValueError(
                explain(
                    "fit",
                    "both `class_weight` and `sample_weight`",
                    fix="one of them: sample_weight = weights * class_weights[y]",
                )
            )
        weights = data.class_weights(self.loss.classes(y), class_weight)
        return x, y, weights.astype(self.dtype)

    def _bind_optimizer(self) -> None:
        """Let the optimizer train this model's parameters, unless it was made for some of them."""
        ours = [p for p in self.parameters() if p.trainable]
        if self._bind:
            self.optimizer.bind(ours)
        trained = {id(p) for p in self.optimizer.parameters}
        if not any(p.requires_grad and id(p) in trained for p in ours):
            raise GradientError(
                explain(
                    "fit",
                    "nothing to train",
                    got=f"{len(ours)} parameters in the model, {len(trained)} in the optimizer",
                    expected="a parameter in both that is not frozen",
                    fix="a new optimizer, or trainable=True on some layer",
                )
            )

    def _warn_of_nan(self, epoch: int, step: int) -> None:
        self._nan_seen = True
        warnings.warn(
            f"the loss is NaN since epoch {epoch + 1}, step {step + 1}: look for NaN in x and y, "
            "or try a smaller learning_rate",
            RuntimeWarning,
            stacklevel=4,
        )


def _plain(logs: Logs) -> float | list[float]:
    values = list(logs.values())
    return values if len(values) > 1 else values[0]
