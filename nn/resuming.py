"""Where a training is: all that decides its further course, as a tree, and that in a file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import DataError, explain
from nn import serialization
from nn.parameters import Parameter

Tree = Any
CONTENT = "backup 1"
ARRAY, SCALAR = "$array", "$scalar"


class Run:
    """A `fit` that is running.

    Args:
        model: That is trained.
        feed: Its batches.
        held_out: Those of the validation, or None.
        epoch: The first one.
        params: Of the callbacks.

    Attributes:
        epoch: The running one, or the next.
        batch: Steps taken in it. The loop sets it only where an epoch begins and ends.
        before: Steps taken in the epochs before.
        tally: The books of the running epoch.
        members: Whose `kept` is saved.
    """

    def __init__(
        self, model: Any, feed: Any, held_out: Any, epoch: int, params: Mapping[str, Any]
    ) -> None:
        self.model, self.feed, self.held_out, self.params = model, feed, held_out, params
        self.epoch, self.batch, self.before = epoch, 0, 0
        self.members: Sequence[Any] = ()
        self.tally: Any = None
        self._counted: Tree = None

    @property
    def steps(self) -> int:
        """Taken since the first epoch."""
        return self.before + self.batch

    def enter(self, tally: Any) -> int:
        """Begin an epoch with these empty books, or go on with it; the steps already taken."""
        self.tally = tally
        if self._counted is not None:
            _fill(tally, self._counted)
            self._counted = None
        return self.batch

    def leave(self, steps: int) -> None:
        """End the epoch's steps."""
        self.before += steps
        self.epoch, self.batch = self.epoch + 1, 0

    def state(self) -> Tree:
        """All that decides the further course, for `restore`."""
        model = self.model
        return {
            "of": self._kind(),
            "place": [self.epoch, self.batch, self.before],
            "ended": [model.stop_training, self.feed.ended],
            "model": snapshot(model),
            "tally": _counts(self.tally) if self.batch else None,
            "feed": self.feed.place(self.batch, self.steps),
            "held_out": None if self.held_out is None else self.held_out.place(0, 0),
            "random": ag.random.state(),
            "kept": [{name: getattr(m, name, None) for name in m.kept} for m in self.members],
        }

    def restore(self, state: Tree, again: bool = False) -> None:
        """Go on from what `state` gave.

        Args:
            state: What it gave.
            again: Whether the batches are where they should be.

        Raises:
            ValueError: it is of another training.
        """
        if state["of"] != self._kind():
            raise ValueError(
                explain(
                    "BackupAndRestore",
                    "the backup is of another training",
                    got="\n".join(f"{name}: {value}" for name, value in state["of"].items()),
                    expected="\n".join(f"{name}: {value}" for name, value in self._kind().items()),
                    fix="the same model, data and callbacks, or another backup_dir",
                )
            )
        model = self.model
        put_back(model, state["model"])
        self.epoch, self.batch, self.before = state["place"]
        self._counted = state["tally"]
        model.stop_training, self.feed.ended = state["ended"]
        for member, kept in zip(self.members, state["kept"], strict=True):
            for name, value in kept.items():
                setattr(member, name, value)
        if not again:
            self.feed.seek(state["feed"], self.batch)
            if self.held_out is not None:
                self.held_out.seek(state["held_out"], 0)
        ag.random.set_state(state["random"])  # last: the batches before were drawn again

    def _kind(self) -> dict[str, Any]:
        model = self.model
        return {
            "weights": [f"{p.dtype} {p.shape}" for p in model.parameters()],
            "optimizer": type(model.optimizer).__name__,
            "callbacks": [type(member).__name__ for member in self.members],
            "batch_size": self.params["batch_size"],
            "steps": self.params["steps"],
            "validation": self.held_out is not None,
        }


def snapshot(model: Any) -> Tree:
    """All that training changes in a model and its optimizer, for `put_back`."""
    return {
        "weights": model.get_weights(),
        "optimizer": model.optimizer.state_dict(),
        "layers": {path: found for path, layer in _layers(model) if (found := _own(layer))},
    }


def put_back(model: Any, before: Tree) -> None:
    """Let a model be as it was at a `snapshot`."""
    model.set_weights(before["weights"])
    model.optimizer.load_state(before["optimizer"])
    for path, layer in _layers(model):
        _own_again(layer, before["layers"].get(path, {}))


def _layers(model: Any) -> Iterator[tuple[str, Any]]:
    """Every layer, by a path of attributes."""
    seen, waiting = {id(model)}, [("", model)]
    while waiting:
        path, layer = waiting.pop()
        yield path, layer
        for name, below in layer.sublayers().items():
            if id(below) not in seen:
                seen.add(id(below))
                waiting.append((f"{path}.{name}", below))


def _own(layer: Any) -> dict[str, Tree]:
    """What a layer keeps from call to call besides parameters: generators, a stateful one's end."""
    found: dict[str, Tree] = {
        name: value.bit_generator.state
        for name, value in vars(layer).items()
        if isinstance(value, np.random.Generator)
    }
    if getattr(layer, "_left", None) is not None:
        found["_left"] = list(layer._left)
    return found


def _own_again(layer: Any, found: Mapping[str, Tree]) -> None:
    for name, value in found.items():
        current = getattr(layer, name, None)
        if isinstance(current, np.random.Generator):
            current.bit_generator.state = value
        else:
            setattr(layer, name, value)


def _counts(tally: Any) -> Tree:
    return [tally.total, tally.count, [_numbers(metric) for metric in tally.metrics]]


def _fill(tally: Any, counts: Tree) -> None:
    tally.total, tally.count, metrics = counts
    for metric, numbers in zip(tally.metrics, metrics, strict=True):
        _set_numbers(metric, numbers)


def _numbers(metric: Any) -> dict[str, Tree]:
    """What a metric has counted: all of its attributes that are numbers or arrays."""
    found = {name: value for name, value in vars(metric).items() if _is_data(value)}
    found |= {n: v.data.copy() for n, v in vars(metric).items() if isinstance(v, Parameter)}
    inner = vars(metric).get("metric")
    return found if inner is None else found | {"metric": _numbers(inner)}


def _set_numbers(metric: Any, numbers: Mapping[str, Tree]) -> None:
    for name, value in numbers.items():
        if name == "metric":
            _set_numbers(metric.metric, value)
        else:
            current = getattr(metric, name, None)
            if isinstance(current, Parameter):
                current.assign(value)
            else:
                setattr(metric, name, value)


def _is_data(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_data, value))
    if isinstance(value, dict):
        return all(isinstance(k, str) and _is_data(v) for k, v in value.items())
    return value is None or isinstance(value, bool | int | float | np.ndarray | np.generic)


def write(path: Path, tree: Tree) -> None:
    """Write numbers, strings, arrays, None, lists and dicts of them.

    A reader sees the old file or the whole new one, never a part.
    """
    arrays: dict[str, Any] = {}
    text = json.dumps(_without_arrays(tree, arrays))
    serialization.write(path, arrays, {"content": CONTENT, "tree": text})


def read(path: Path) -> Tree:
    """Read what `write` wrote.

    Raises:
        DataError: it is no such file, or not a whole one.
    """
    arrays, metadata = serialization.read(path, "BackupAndRestore")
    if metadata.get("content") != CONTENT:
        got, expected = metadata.get("content", "no content"), "a backup of this version"
        problem, fix = f"no backup: {path}", "delete the file to start from the beginning"
        raise DataError(explain("BackupAndRestore", problem, got=got, expected=expected, fix=fix))
    return _with_arrays(json.loads(metadata["tree"]), arrays)


def remove_leftovers(path: Path) -> None:
    """Remove what a killed `write` left behind."""
    for leftover in path.parent.glob(f".{path.name}.*"):
        leftover.unlink(missing_ok=True)


def _without_arrays(tree: Tree, arrays: dict[str, Any]) -> Tree:
    """The tree with numbers in place of its arrays, which are added to `arrays`."""
    if isinstance(tree, float):  # NumPy's float64 too, of which a history may have thousands
        return float(tree)
    if isinstance(tree, np.ndarray | np.generic):
        name = str(len(arrays))
        arrays[name] = np.asarray(tree)
        return {ARRAY if isinstance(tree, np.ndarray) else SCALAR: name}
    if isinstance(tree, Mapping) and all(isinstance(key, str) for key in tree):
        return {key: _without_arrays(value, arrays) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [_without_arrays(value, arrays) for value in tree]
    if tree is None or isinstance(tree, str | bool | int):
        return tree
    expected = "numbers, strings, arrays, None, lists and dicts of them"
    raise TypeError(
        explain("BackupAndRestore", "cannot be kept", got=repr(tree), expected=expected)
    )


def _with_arrays(tree: Tree, arrays: Mapping[str, Any]) -> Tree:
    if isinstance(tree, list):
        return [_with_arrays(value, arrays) for value in tree]
    if not isinstance(tree, dict):
        return tree
    if tree.keys() == {ARRAY}:
        return arrays[tree[ARRAY]].copy()
    if tree.keys() == {SCALAR}:
        return arrays[tree[SCALAR]][()]
    return {key: _with_arrays(value, arrays) for key, value in tree.items()}
