"""What a model trains with: `compile`, one step of training or testing, checks of samples."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd_lite as ag
from autograd_lite.errors import GradientError, choose, explain
from nn import constraints, data, losses, optimizers, outputs
from nn.checks import instance
from nn.feeding import Grouping, in_files, only_input, some_rows
from nn.functional import Graph
from nn.layer import MISSING, Layer
from nn.losses import Loss
from nn.masking import MASKS, give_mask, mask_of
from nn.metrics import Metric, Tally, get_all
from nn.outputs import NoLoss, SeveralLosses
from nn.rehearsal import rehearsal
from nn.replay import Replay
from nn.structures import CONTAINERS, as_one, holds_arrays, leaves, mapped, shaped_like

Array = NDArray[Any]
Samples = tuple[Any, ...]


class Trainer(Layer):
    """What a `Model` trains with.

    Attributes:
        loss: What is trained on, after `compile`.
        optimizer: What trains, after `compile`.
        metrics: What is watched, after `compile`; sample weights do not count.
        weighted_metrics: Likewise, with sample weights.
        graph: Of layers, if the model was made from inputs and outputs.
    """

    loss: Loss
    optimizer: optimizers.Optimizer
    metrics: Sequence[Metric] = ()
    weighted_metrics: Sequence[Metric] = ()
    graph: Graph | None = None
    _given: Samples = ()
    # What a `Sequential` begins with, if it says so.
    _start: Any = None
    _warned_of_frozen: bool = False
    _single_input: bool = False
    _dtype: np.dtype[Any] | None = None
    _bind: bool = True
    _regularized: bool = True
    _constrained: bool = True
    # Whether steps must run as they are written; what takes them otherwise, in `fit`.
    _eager: bool = False
    _replay: Replay | None = None

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the parameters, and so of the inputs: the default dtype when the model was built."""
        return self._dtype or ag.get_default_dtype()

    def __call__(
        self, x: Any = MISSING, /, *args: Any, training: bool | None = None, **kwargs: Any
    ) -> Any:
        """The output for `x`, recorded unless under `ag.no_grad()`."""
        if x is MISSING:
            x, kwargs = self._first_of(kwargs)
        if self._dtype is None:
            self._dtype = ag.get_default_dtype()
        given, x = x, data.as_input(x, self._dtype)
        if MASKS and x is not given:
            give_mask(x, mask_of(given))
        return self._gathering(super().__call__, x, *args, training=training, **kwargs)

    def _with_its_mask(self, x: Any, mask: Any, out: Any) -> Any:
        """As it is unless the model says so: layers below do it, and some take steps together."""
        return super()._with_its_mask(x, mask, out) if self.supports_masking else out

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        loss_weights: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: bool | str = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Say how to train.

        A model of several outputs takes a loss, metrics and a weight for each: in lists in their
        order, or in dicts by their names. The history has the mean of each loss, without its
        weight, as ``<output>_loss``, and metrics as ``<output>_<metric>``.

        Args:
            optimizer: A name in `nn.optimizers`, or an `Optimizer`; one made without parameters
                trains all of the model's.
            loss: A name in `nn.losses`, a `Loss`, or a function of ``(y_true, y_pred)``. Of several
                outputs each, or those that have one, the others being left out. None is for models
                whose layers add what they are trained on.
            metrics: Names in `nn.metrics` or `nn.losses`, "accuracy", `Metric` objects or functions
                of two arrays. Sample weights do not count in them.
            weighted_metrics: Likewise; sample weights do count. One that is watched without them
                too has ``weighted_`` before its name.
            loss_weights: What the losses of several outputs are multiplied by; 1 by default.
            run_eagerly: Whether `fit` runs every step as it is written. Else nets of Dense layers,
                once two steps have, make the rest from the list of their calls: to the same bits.
            steps_per_execution: For Keras' sake. Nothing is compiled, so only 1 makes sense.
            jit_compile: For Keras' sake.
            auto_scale_loss: For Keras' sake.

        Raises:
            ValueError: a name is unknown, there is not one for each output, or a loss is not
                reduced to a number.
            TypeError: something is neither a name nor an object of its kind.
        """
        where = "compile"
        self._eager = bool(run_eagerly)
        self.optimizer = instance(
            optimizers.Optimizer, optimizers.OPTIMIZERS, optimizer, f"{where}: `optimizer`"
        )
        self._bind = not self.optimizer.parameters
        if steps_per_execution != 1:
            got, fix = f"steps_per_execution={steps_per_execution}", "leave it out"
            problem = "steps are not compiled, so there is nothing to put several of into"
            raise ValueError(explain(where, problem, got=got, fix=fix))
        self._given = loss, metrics, weighted_metrics, loss_weights
        names = [] if self.graph is None else self.graph.output_names
        nested = any(isinstance(given, CONTAINERS) for given in (loss, loss_weights))
        nested = nested or any(isinstance(given, dict) for given in (metrics, weighted_metrics))
        if len(names) > 1 and (loss or metrics or weighted_metrics):
            self._watch_several(names)
        elif not names and nested:
            self.loss = Loss(name="undecided")  # until the first samples show the outputs
        else:
            self._watch_one(names)

    def _watch_one(self, names: list[str]) -> None:
        """Take what `compile` was given for a model of one output."""
        loss, metrics, weighted, loss_weights = self._given
        if loss_weights is not None:
            problem, fix = "only losses of several outputs have weights", "leave loss_weights out"
            raise ValueError(explain("compile", problem, got=f"{loss_weights=}", fix=fix))
        loss = outputs.only("loss", loss, names)
        self.loss = NoLoss() if loss is None else losses.get(loss, "compile: `loss`")
        outputs.check_reduced(self.loss)
        metrics = outputs.only_metrics("metrics", metrics, names)
        weighted = outputs.only_metrics("weighted_metrics", weighted, names)
        self.metrics = get_all("metrics", metrics, self.loss)
        self.weighted_metrics = get_all("weighted_metrics", weighted, self.loss)
        for metric in self.weighted_metrics:
            if metric.name in {m.name for m in self.metrics}:
                metric.name = f"weighted_{metric.name}"

    def _watch_several(self, names: list[str]) -> None:
        """Take what `compile` was given for a model of several outputs."""
        loss, metrics, weighted, loss_weights = self._given
        self.loss = found = outputs.several(loss, loss_weights, names)
        self.metrics = outputs.metrics_of("metrics", metrics, found)
        self.weighted_metrics = outputs.metrics_of("weighted_metrics", weighted, found)

    def train_step(self, x: Any, y: Any, sample_weight: Any = None) -> float:
        """One step on one batch; override it for a training loop of your own.

        Several inputs come as a list, or as the dict that a subclass was given. For several outputs
        `y` and `sample_weight` are lists in their order. What is frozen is left as it is.

        Returns:
            The batch's loss, before the step.
        """
        self.optimizer.zero_grad()
        taken = self._replay(x, y) if self._replay and sample_weight is None else None
        y_pred, loss = taken or self._written(x, y, sample_weight)
        if getattr(loss, "requires_grad", False):
            self.optimizer.step()
            if self._constrained:
                constraints.apply(self.optimizer.parameters)
        self._watch(y, y_pred, sample_weight)
        return float(loss.item())

    def _written(self, x: Any, y: Any, sample_weight: Any = None) -> tuple[Any, Any]:
        """Predictions and loss of a batch, and its gradients pulled back, as it is written."""
        y_pred = self(x, training=True)
        loss = self._with_penalties(self.loss(y, y_pred, sample_weight))
        if getattr(loss, "requires_grad", False):
            loss.backward()
        return y_pred, loss

    def test_step(self, x: Any, y: Any, sample_weight: Any = None) -> float:
        """The loss of one batch, nothing recorded; metrics are counted."""
        y_pred = self(x)
        loss = self._with_penalties(self.loss(y, y_pred, sample_weight))
        self._watch(y, y_pred, sample_weight)
        return float(loss.item())

    def _with_penalties(self, loss: Any) -> Any:
        if self._regularized or self._added:
            return sum(self.losses, loss)
        if isinstance(self.loss, NoLoss):
            raise self.loss.missing()
        return loss

    def _tally(self) -> Tally:
        # Looked up once for a pass: a walk over all layers takes as long as a small step.
        parameters = self.parameters()
        self._regularized = any(p.regularizer is not None for p in parameters)
        self._constrained = any(p.constraint is not None for p in parameters)
        parts = self.loss.watched() if isinstance(self.loss, SeveralLosses) else []
        return Tally([*parts, *self.metrics, *self.weighted_metrics])

    def _watch(self, y: Any, y_pred: Any, sample_weight: Any) -> None:
        for metric in self.metrics:
            metric.update_state(y, y_pred)
        for metric in self.weighted_metrics:
            metric.update_state(y, y_pred, sample_weight)

    def _samples(
        self,
        where: str,
        x: Any,
        y: Any,
        sample_weight: Any = None,
        known: dict[Any, Any] | None = None,
        whole: bool = False,
    ) -> Samples:
        """All arguments checked and converted, by the model and by the loss, before any work.

        Args:
            where: For messages.
            x: Inputs.
            y: Targets.
            sample_weight: Likewise.
            known: Outputs of inputs that were tried; those to come of the same shape are not.
            whole: Whether batches are yet to be made of these. Targets in a mapped file, which may
                not fit in memory, then stay as they are, and only some are looked at.
        """
        if not self._given:
            raise RuntimeError(
                explain(
                    where,
                    "the model is not compiled",
                    fix='model.compile(optimizer="rmsprop", loss=..., metrics=["accuracy"])',
                )
            )
        fed = self._arranged(x)
        several = isinstance(fed, CONTAINERS) or isinstance(self.loss, SeveralLosses | NoLoss)
        if several or holds_arrays(y) or holds_arrays(sample_weight):
            return self._several_samples(where, fed, y, sample_weight, known, whole)
        columns = data.columns(where, fed, y, sample_weight, self.dtype)
        output = self._tried(where, columns[0], known)
        if isinstance(output, CONTAINERS):
            return self._several_samples(where, fed, y, sample_weight, known, whole)
        if type(self.loss) is Loss:
            self._watch_one(self._only_name())
        x, y, *weight = columns
        shape = output.shape[1:]
        for w in weight:
            data.check_weights(where, "sample_weight", w, shape)
        return x, self._targets(y, shape, whole), *weight

    def _several_samples(
        self, where: str, x: Any, y: Any, sample_weight: Any, known: Any, whole: bool
    ) -> Samples:
        """Likewise, where there may be more than one input or output, or no targets."""
        fed = data.inputs(where, x, self.dtype)
        output = self._tried(where, fed, known)
        shapes = [found.shape[1:] for found in leaves(output)]
        several = isinstance(output, CONTAINERS)
        if several:
            names = outputs.names_of(output) if self.graph is None else self.graph.output_names
            if not isinstance(self.loss, SeveralLosses | NoLoss):
                self._watch_several(names)
            y = [as_one(part) for part in outputs.by_output("y", y, names, where)]
            if isinstance(sample_weight, CONTAINERS):
                given = outputs.by_output("sample_weight", sample_weight, names, where)
                sample_weight = [as_one(part) for part in given]
            elif sample_weight is not None:
                sample_weight = [sample_weight] * len(names)
        else:
            if type(self.loss) is Loss:
                self._watch_one(self._only_name())
            form = self._only_name(), data.rows(fed)
            y = outputs.only_output(where, "y", y, *form)
            sample_weight = outputs.only_output(where, "sample_weight", sample_weight, *form)
        x, y, weight = data.several(where, fed, y, sample_weight, self.dtype)
        for i, w in enumerate(leaves(weight)):
            if w is not None:
                name = f"sample_weight[{i}]" if isinstance(weight, CONTAINERS) else "sample_weight"
                data.check_weights(where, name, w, shapes[i])
        y = self._targets(y, tuple(shapes) if several else shapes[0], whole)
        return (x, y) if sample_weight is None else (x, y, weight)

    def _tried(self, where: str, fed: Any, known: dict[Any, Any] | None) -> Any:
        """What the model gives for the first row, of which no more than the shape is of use."""
        key = tuple((a.shape[1:], a.dtype) for a in leaves(fed))
        if known is not None and key in known:
            return known[key]
        with ag.no_grad(), rehearsal(), data.naming(where, fed):
            output = mapped(shaped_like, self(mapped(lambda a: a[:1], fed)))
        if known is not None:
            known[key] = output
        return output

    def _targets(self, y: Any, shapes: Any, whole: bool) -> Any:
        """Targets in the form that the loss reads, or as they are if their batches come later."""
        if not whole or not in_files(y):
            return self.loss.prepare(y, shapes, self.dtype)
        self.loss.prepare(mapped(some_rows, y), shapes, self.dtype)
        return y

    def _late(self, where: str, samples: Samples) -> Callable[..., Samples] | None:
        """What makes batches of these ready, if that is left to do."""
        return partial(self._samples, where, known={}) if in_files(samples[1]) else None

    def _arranged(self, x: Any) -> Any:
        """An array, or a list or dict of them if the model takes several."""
        graph, start = self.graph, self._start
        if graph is not None and len(graph.inputs) > 1:
            return [as_one(array) for array in graph.arranged(x)]
        if graph is not None:
            start = graph.inputs[0]
            x = graph.arranged(x)[0] if isinstance(x, dict) else x
        elif not self._single_input:
            return x if holds_arrays(x) else as_one(x)
        elif start is not None and isinstance(x, dict):
            x = choose(x, start.name, "the model's input")
        return only_input(x, None if start is None else start.shape)

    def _only_name(self) -> list[str]:
        """Of the output, if there is one and it has a name."""
        if self.graph is not None:
            return self.graph.output_names
        layers = list(self.sublayers().values()) if self._single_input else []
        return [layers[-1].name] if layers else []

    def _both_parts(
        self, samples: Samples, fraction: float, given: Any
    ) -> tuple[Samples, Samples | None]:
        """Samples to train on and to validate on."""
        if given is not None:
            held_out = self._samples("fit: validation_data", *data.three(given), whole=True)
            return samples, held_out
        if not fraction:
            return samples, None
        if any(part is None or isinstance(part, CONTAINERS) for part in samples):
            grouping = Grouping(samples)
            first, second = data.split(grouping.columns, fraction)
            return grouping.batch(first), grouping.batch(second)
        training, validation = data.split(samples, fraction)
        classes = self.loss.classes(samples[1])
        if classes is not None:
            data.warn_of_unseen(classes, len(training[0]))
        return training, validation

    def _by_class(self, samples: Samples, class_weight: Mapping[int, float]) -> Samples:
        """The samples, weighted by their classes."""
        x, y, *weight = samples
        if weight or isinstance(y, CONTAINERS):
            problem = "both `class_weight` and `sample_weight`"
            fix = "one of them: sample_weight = weights * class_weights[y]"
            if isinstance(y, CONTAINERS):
                problem = "`class_weight` with several outputs"
                fix = "sample_weight=, a list of weights for each output"
            raise ValueError(explain("fit", problem, fix=fix))
        weights = data.class_weights(self.loss.classes(y), class_weight, y)
        return x, y, weights.astype(self.dtype)

    def _bind_optimizer(self) -> None:
        """Let the optimizer train this model's parameters, unless it was made for some of them."""
        ours = [p for p in self.parameters() if p.trainable]
        if self._bind:
            self.optimizer.bind(ours)
        if not any(p.requires_grad for p in ours):
            if not self._warned_of_frozen:
                self._warned_of_frozen = True
                warnings.warn(
                    "nothing to train: all parameters of the model are frozen, or it has none",
                    stacklevel=3,
                )
            return
        trained = {id(p) for p in self.optimizer.parameters}
        if not any(p.requires_grad and id(p) in trained for p in ours):
            raise GradientError(
                explain(
                    "fit",
                    "nothing to train",
                    got=f"{len(ours)} parameters in the model, {len(trained)} in the optimizer",
                    expected="a parameter in both that is not frozen",
                    fix="a new optimizer",
                )
            )
