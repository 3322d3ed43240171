"""Callbacks that write files: the best weights, tables of results."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path
from typing import Any

import numpy as np

from autograd_lite.errors import explain
from nn.callbacks.base import Callback, Logs
from nn.callbacks.monitoring import Monitor
from nn.checks import positive_int, real


class ModelCheckpoint(Monitor):
    """Saves the model, or its weights, after each epoch or every so many steps.

    Args:
        filepath: Of the file. ``{epoch}``, from 1, ``{batch}``, from 1, if steps are counted, and
            the names in the logs are filled in: ``"{epoch:02d}-{val_loss:.2f}.safetensors"``.
            Missing folders are made.
        monitor: A name in the logs.
        verbose: 1 prints what is saved.
        save_best_only: Whether to save only when `monitor` is better than ever, if it is there.
        save_weights_only: Whether `save_weights` is called, instead of `save`.
        mode: ``"min"``, ``"max"``, or ``"auto"``: "max" for names that end in "acc", "accuracy",
            "auc", "precision" or "recall".
        save_freq: ``"epoch"``, or a number of steps.
        initial_value_threshold: What the first saved value has to be better than.

    Attributes:
        best: The best value so far. It stays from one `fit` to the next.

    Raises:
        ValueError: an argument is out of range; in training, the path names what is not in the
            logs.

    Example:
        >>> import tempfile, pathlib
        >>> model = nn.Sequential([nn.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = folder + "/{epoch:02d}.safetensors"
        ...     saving = ModelCheckpoint(path, save_weights_only=True)
        ...     x = np.ones((4, 2))
        ...     _ = model.fit(x, x[:, 0], epochs=2, callbacks=saving, verbose=0)
        ...     sorted(p.name for p in pathlib.Path(folder).iterdir())
        ['01.safetensors', '02.safetensors']
    """

    kept = ("best", "_seen")

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: int | str = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(monitor, mode)
        self.filepath = os.fspath(filepath)
        self.verbose, self.save_best_only = verbose, save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = checked_freq("ModelCheckpoint", save_freq)
        threshold = initial_value_threshold
        if threshold is not None:
            real("ModelCheckpoint", "initial_value_threshold", threshold, low=-np.inf)
        self.best = self._worst if threshold is None else threshold
        self._seen = 0
        self._epoch = 0
        if self.save_freq != "epoch":  # else the loop has nothing to do in each step
            self.on_train_batch_end = self._count  # type: ignore[method-assign]

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Note the number."""
        self._epoch = epoch

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Save, if epochs are counted."""
        if self.save_freq == "epoch":
            self._save({"epoch": epoch + 1}, logs or {})

    def _count(self, batch: int, logs: Logs | None = None) -> None:
        self._seen += 1
        if self._seen >= int(self.save_freq):
            self._seen = 0
            self._save({"epoch": self._epoch + 1, "batch": batch + 1}, logs or {})

    def _save(self, place: dict[str, int], logs: Logs) -> None:
        if self.save_best_only:
            value = self._value(logs)
            if value is None:
                if self._awaited(logs):
                    return
            elif not self._improves(value, self.best):
                return
            else:
                self.best = value
        path = Path(self._path(place | logs))
        path.parent.mkdir(parents=True, exist_ok=True)
        save = self.model.save_weights if self.save_weights_only else self.model.save
        save(path)
        if self.verbose:
            print(f"Epoch {place['epoch']}: saved {path}", flush=True)

    def _path(self, values: dict[str, Any]) -> str:
        try:
            return self.filepath.format(**values)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise ValueError(
                explain(
                    "ModelCheckpoint",
                    f"cannot fill in `filepath`: {error}",
                    got=self.filepath,
                    expected="of these: " + ", ".join(f"{{{name}}}" for name in values),
                )
            ) from error


class CSVLogger(Callback):
    """Writes a row for each epoch, which can be read as soon as the epoch has ended.

    The first row names the columns: "epoch", from 0, then the logs' names in the order of the
    alphabet. What an epoch does not have is "NA".

    Args:
        filename: Of the file.
        separator: Between the columns: one character.
        append: Whether to add to a file that is there, instead of starting it anew.

    Raises:
        ValueError: the separator is no single character.

    Example:
        >>> import tempfile, pathlib
        >>> model = nn.Sequential([nn.layers.Dense(1, "relu")])
        >>> model.compile("sgd", "mse")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "log.csv")
        ...     x = np.zeros((4, 2))
        ...     _ = model.fit(x, x[:, 0], epochs=2, callbacks=CSVLogger(path), verbose=0)
        ...     print(path.read_text(), end="")
        epoch,loss
        0,0.0
        1,0.0
    """

    kept = ("_size", "_names")

    def __init__(
        self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False
    ) -> None:
        if not isinstance(separator, str) or len(separator) != 1:
            expected = "one character"
            raise ValueError(
                explain("CSVLogger", "bad `separator`", got=repr(separator), expected=expected)
            )
        self.filename, self.separator, self.append = Path(filename), separator, append

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Look where to begin."""
        there = self.append and self.filename.exists()
        # Bytes that stay. What a killed run wrote after its last backup is written again.
        self._size: int = self.filename.stat().st_size if there else 0
        self._names: list[str] | None = None

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Write a row."""
        logs = logs or {}
        text = io.StringIO(newline="")
        rows = csv.writer(text, delimiter=self.separator, lineterminator="\n")
        if self._names is None:
            self._names = _columns(logs, self.model.validating)
        if not self.filename.exists():  # not yet, or it was taken away
            self._size = 0
        if not self._size:
            rows.writerow(["epoch", *self._names])
        rows.writerow([epoch, *(_entry(logs.get(name, "NA")) for name in self._names)])
        added = text.getvalue().encode()
        self.filename.parent.mkdir(parents=True, exist_ok=True)
        with self.filename.open("r+b" if self.filename.exists() else "wb") as file:
            file.truncate(self._size)
            file.seek(self._size)
            file.write(added)
        self._size += len(added)


def _columns(logs: Logs, validating: bool) -> list[str]:
    """The names of the columns, those of a validation to come included."""
    names = sorted(logs)
    if validating and not any(name.startswith("val_") for name in names):
        names += [f"val_{name}" for name in names if name != "learning_rate"]
    return names


def _entry(value: Any) -> Any:
    """A number, or several in brackets."""
    if isinstance(value, str) or np.ndim(value) == 0:
        return value
    return f"[{', '.join(map(str, np.ravel(value).tolist()))}]"


def checked_freq(where: str, save_freq: int | str) -> int | str:
    """`save_freq` if it is "epoch" or a number of steps.

    Raises:
        ValueError: it is something else.
    """
    if isinstance(save_freq, str) and save_freq != "epoch":
        expected = '"epoch" or a number of steps'
        raise ValueError(explain(where, "bad `save_freq`", got=repr(save_freq), expected=expected))
    return save_freq if isinstance(save_freq, str) else positive_int(where, "save_freq", save_freq)
