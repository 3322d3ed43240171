"""Whole models in one file: weights, layers, and what they are trained with."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import DataError, explain
from nn import (
    activations,
    configs,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    optimizers,
    regularizers,
)
from nn.configs import Config, Decoder, Encoder
from nn.configs import register_keras_serializable as register_keras_serializable
from nn.optimizers import schedules
from nn.serialization import OPTIMIZER, PathLike, assign, by_layer, parsed, read, write

# What wrong content of a file may lead to, once its bytes are known to be whole.
_WRONG = (ArithmeticError, AttributeError, LookupError, MemoryError, RuntimeError)
_WRONG_TOO = (TypeError, ValueError)


def save(model: Any, path: PathLike, include_optimizer: bool = True) -> list[str]:
    """Write a model as `Model.save` says."""
    encode = Encoder()
    notes: list[str] = []
    content = {
        "model": encode(model),
        "dtype": model.dtype.str,
        "built_on": encode(model.built_on),
        "frozen": [n for n, p in model.named_parameters() if p.trainable and not p.requires_grad],
        "compile": _compiled(model, encode, notes),
        "optimizer": None,
        "notes": notes,
    }
    arrays = {name: p.data for name, p in model.named_parameters()}
    if include_optimizer and content["compile"]:
        content["optimizer"] = _trained(model, notes)
        if content["optimizer"]:
            state = model.optimizer.state_dict()
            arrays |= {OPTIMIZER + name: array for name, array in state.items()}
    text = json.dumps(content, allow_nan=False, separators=(",", ":"))
    names = json.dumps(by_layer(model))
    write(path, arrays, {"content": "model", "model": text, "names": names})
    return notes


def load_model(
    path: PathLike,
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,  # noqa: A002 - Keras' name
) -> Any:
    """The model that `Model.save` wrote, with its weights, compiled as it was.

    No code of the file runs: layers, losses and others are nn's own, those that `nn.register` was
    told of, or `custom_objects`.

    Args:
        path: Of the file.
        custom_objects: Classes and functions of yours, by name.
        compile: Whether to compile it, and to go on with the optimizer's state.

    Raises:
        DataError: the file is damaged, of another version, no model, or has an unknown name.
        ShapeError: the weights do not fit, as those of a class that has changed since.

    Example:
        >>> import pathlib, tempfile
        >>> model = nn.Sequential([nn.Input((3,)), nn.layers.Dense(2)])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "model.safetensors")
        ...     model.save(path)
        ...     twin = nn.load_model(path)
        []
        >>> x = np.ones((1, 3), np.float32)
        >>> bool((model(x).data == twin(x).data).all())
        True
    """
    file = read(path, "load_model")
    if not file.is_ours or "model" not in file.metadata:
        raise DataError(
            explain(
                "load_model",
                f"no model in {path}",
                got=f"{len(file.arrays)} arrays"
                + (", weights only" if file.is_ours else ", another library's"),
                expected="a file that model.save wrote",
                fix="the model from its own code, then model.load_weights or nn.convert.from_torch",
            )
        )
    decode = Decoder(custom_objects)
    with _explained(path):
        content = parsed(file.metadata["model"])
        model = _rebuilt(content, decode)
    named = dict(model.named_parameters())
    weights = {k: a for k, a in file.arrays.items() if not k.startswith(OPTIMIZER)}
    problem = f"the weights in {path} do not fit the model that it describes"
    assign(weights, named.items(), problem, where="load_model")
    with _explained(path):
        for name in content["frozen"]:
            named[name].requires_grad = False
        if compile and content["compile"]:
            model.compile(**{k: decode(v) for k, v in content["compile"].items()})
            if content["optimizer"]:
                _resume(model.optimizer, content["optimizer"], named, file.arrays)
    return model


def _rebuilt(content: Config, decode: Decoder) -> Any:
    """The model, its parameters made but not read."""
    before = ag.get_default_dtype()
    ag.set_default_dtype(np.dtype(content["dtype"]))
    try:
        # What is drawn here is overwritten, and must not be missing elsewhere.
        with ag.random.replayed(ag.random.state()):
            model = decode(content["model"])
            if not model.built:
                model.build(decode(content["built_on"]))
    finally:
        ag.set_default_dtype(before)
    return model


def _compiled(model: Any, encode: Encoder, notes: list[str]) -> Config | None:
    """The arguments of `compile`; None if there were none, or one has no form in a file."""
    if not model._given:
        return None
    names = ("loss", "metrics", "weighted_metrics", "loss_weights")
    given = {"optimizer": model.optimizer, **dict(zip(names, model._given, strict=True))}
    found = {}
    for name, value in given.items():
        try:
            found[name] = encode(value)
        except TypeError as error:
            reason = str(error).partition("\n")[2].partition("\n")[0].strip()
            notes.append(f"not compiled: `{name}` has no form in a file; {reason}")
            return None
    optimizer = found["optimizer"]
    if model.optimizer.schedule is None and "learning_rate" in optimizer.get("config", {}):
        optimizer["config"]["learning_rate"] = model.optimizer.learning_rate
    return found


def _trained(model: Any, notes: list[str]) -> Config | None:
    """Which parameters the optimizer trains, by its names and the model's."""
    optimizer = model.optimizer
    if not optimizer.parameters:
        return None
    names = {id(p): name for name, p in model.named_parameters()}
    if optimizer.groups or not all(id(p) in names for p in optimizer.parameters):
        notes.append("without the optimizer's state: groups, or parameters not of this model")
        return None
    labels = optimizer.names or [""] * len(optimizer.parameters)
    pairs = zip(labels, optimizer.parameters, strict=True)
    return {"trained": [[label, names[id(p)]] for label, p in pairs]}


def _resume(optimizer: Any, content: Config, named: Mapping[str, Any], arrays: Any) -> None:
    pairs = [(label, named[name]) for label, name in content["trained"]]
    optimizer.bind([(label, p) if label else p for label, p in pairs])
    state = {k.removeprefix(OPTIMIZER): a for k, a in arrays.items() if k.startswith(OPTIMIZER)}
    optimizer.load_state(state)


@contextmanager
def _explained(path: PathLike) -> Iterator[None]:
    """Errors of what the file made happen, as errors of the file."""
    try:
        yield
    except DataError:
        raise
    except (*_WRONG, *_WRONG_TOO) as error:
        raise DataError(
            explain(
                "load_model",
                f"the model in {path} cannot be made",
                got=f"{type(error).__name__}: {error}",
                fix="the version of the code that wrote it, classes of yours included",
            )
        ) from error


def _public(module: Any) -> dict[str, Any]:
    """The classes and functions of a module of nn."""
    own = [
        name
        for name, value in vars(module).items()
        if getattr(value, "__module__", "") == module.__name__ and not name.startswith("_")
    ]
    found = {name: getattr(module, name) for name in getattr(module, "__all__", own)}
    return {name: value for name, value in found.items() if callable(value)}


def _numpy() -> dict[str, Any]:
    """NumPy's functions that graphs may hold: element-wise ones, and those that have rules here."""
    known = set(ag.ops.NAMES)
    # What `dir` lists besides, `getattr` would import: NumPy's compiler, its tests and others.
    return {
        name: value
        for name, value in vars(np).items()
        if isinstance(value, np.ufunc) or (name in known and callable(value))
    }


for _kind in (
    layers,
    initializers,
    regularizers,
    constraints,
    activations,
    losses,
    metrics,
    optimizers,
    schedules,
):
    configs.know(_kind.__name__.rpartition(".")[2], _public(_kind))
configs.know("activations", activations.ACTIVATIONS)
configs.know("numpy", _numpy())
for _name, _theirs, _ours in (("linalg", np.linalg, ag.linalg), ("fft", np.fft, ag.fft)):
    _both = [name for name in _ours.__all__ if hasattr(_theirs, name)]
    configs.know(f"numpy.{_name}", {name: getattr(_theirs, name) for name in _both})
configs.know("ops", {name: getattr(ag, name) for name in ag.ops.NAMES})
