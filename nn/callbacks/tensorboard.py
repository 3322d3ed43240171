"""Curves and histograms for TensorBoard."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from autograd_lite.errors import explain
from nn.callbacks.base import Callback, Logs
from nn.checks import count, positive_int

TRAINING, VALIDATION = "train", "validation"
BUCKETS = 30


class TensorBoard(Callback):
    """Writes what TensorBoard draws: ``tensorboard --logdir logs`` shows it, while training too.

    There are two runs, as Keras names them. `train` has by epochs, from 0, ``epoch_loss``,
    ``epoch_learning_rate`` and each metric, and by steps, from 1, ``batch_loss`` and so on;
    `validation` has the same names of the validation, and by the optimizer's steps
    ``evaluation_loss_vs_iterations`` and so on of this and of `evaluate`. Values that are several
    numbers are left out, and in histograms NaN and infinity.

    Nothing stays open or unwritten from one hook to the next, however training ends.

    Args:
        log_dir: A folder for the two runs. What is there stays, so give each training its own.
        histogram_freq: Epochs from one histogram of all weights to the next; 0 for none.
        write_steps_per_second: Whether to write ``epoch_steps_per_second``, and
            ``batch_steps_per_second`` if there are values by steps.
        update_freq: Steps from one value to the next, ``"batch"`` for 1, or ``"epoch"`` for values
            by epochs alone.

    Raises:
        ValueError: an argument is out of range.
        ImportError: tensorboardX, which the extra `tensorboard` installs, is missing.

    Example:
        >>> import tempfile, pathlib
        >>> model = nn.Sequential([nn.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     x = np.ones((4, 2))
        ...     board = TensorBoard(folder, histogram_freq=1)
        ...     _ = model.fit(x, x[:, 0], validation_split=0.5, callbacks=board, verbose=0)
        ...     sorted(p.name for p in pathlib.Path(folder).iterdir())
        ['train', 'validation']
    """

    kept = ("_file", "_sizes", "_steps")
    foreign: ClassVar = {
        "write_graph": None,  # a model is no TensorFlow graph
        "write_images": (False,),
        "profile_batch": (0, None),
        "embeddings_freq": (0,),
        "embeddings_metadata": (None,),
    }

    def __init__(
        self,
        log_dir: str | os.PathLike[str] = "logs",
        histogram_freq: int = 0,
        *,
        write_steps_per_second: bool = False,
        update_freq: int | str = "epoch",
    ) -> None:
        where = "TensorBoard"
        _writer()  # a missing package ends the program now, not after the first epoch
        self.log_dir = Path(log_dir)
        self.histogram_freq = count(where, "histogram_freq", histogram_freq)
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = _checked(where, update_freq)
        self._file = f"events.out.tfevents.{time.time_ns()}.{socket.gethostname()}"
        # Bytes that stay. What a killed run wrote after its last backup is written again.
        self._sizes: dict[str, int] = {}
        self._steps = 0
        if self.update_freq != "epoch":  # else the loop has nothing to do in each step
            self.on_train_batch_end = self._count  # type: ignore[method-assign]
            if write_steps_per_second:
                self.on_train_batch_begin = self._start  # type: ignore[method-assign]

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Count steps from the first."""
        self._steps = 0

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Note the time."""
        self._began = time.perf_counter(), self.model.optimizer.iterations

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Write the epoch's values, and histograms if it is time."""
        rate = self.model.optimizer.learning_rate
        values = {"learning_rate": rate} | (logs or {})
        if self.write_steps_per_second:
            seconds, iterations = time.perf_counter(), self.model.optimizer.iterations
            began, before = self._began
            values["steps_per_second"] = (iterations - before) / (seconds - began)
        validation = {n[4:]: values.pop(n) for n in [*values] if n.startswith("val_")}
        found = [*_scalars("epoch_{}", values)]
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            found += _histograms(self.model)
        self._write(TRAINING, epoch, found)
        self._write(VALIDATION, epoch, [*_scalars("epoch_{}", validation)])

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Write the results."""
        found = [*_scalars("evaluation_{}_vs_iterations", logs or {})]
        self._write(VALIDATION, self.model.optimizer.iterations, found)

    def _start(self, batch: int, logs: Logs | None = None) -> None:
        self._started = time.perf_counter()

    def _count(self, batch: int, logs: Logs | None = None) -> None:
        self._steps += 1
        if self._steps % int(self.update_freq) == 0:
            values = dict(logs or {})
            if self.write_steps_per_second:
                values["steps_per_second"] = 1 / (time.perf_counter() - self._started)
            self._write(TRAINING, self._steps, [*_scalars("batch_{}", values)])

    def _write(self, run: str, step: int, values: list[dict[str, Any]]) -> None:
        """Add values, of protobuf's `Summary.Value`, to the file of a run."""
        if not values:
            return
        path = self.log_dir / run / self._file
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("r+b" if path.exists() else "wb") as file:
            file.truncate(min(self._sizes.get(run, 0), file.seek(0, os.SEEK_END)))
            if file.seek(0, os.SEEK_END) == 0:
                file.write(_record(file_version="brain.Event:2"))
            file.write(_record(step=step, summary={"value": values}))
            self._sizes[run] = file.tell()


def _scalars(name: str, logs: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The values that are single numbers."""
    for key, value in logs.items():
        if isinstance(value, float | int | np.number):
            yield {"tag": name.format(key), "simple_value": float(value)}


def _histograms(model: Any) -> Iterator[dict[str, Any]]:
    """A histogram of each weight, named by the model, the layer and the layer's name for it."""
    layers = {k: v.name for k, v in model.sublayers().items() if "name" in vars(v)}
    for path, weight in model.named_parameters():
        top = next((k for k in layers if path.startswith(f"{k}.")), "")
        name = layers.get(top, "") + path[len(top) :]
        values = weight.data[np.isfinite(weight.data)].astype(np.float64)
        if values.size:
            tag = f"{model.name}/{name.replace('.', '/')}/histogram"
            yield {"tag": tag, "histo": _histogram(values)}


def _histogram(values: NDArray[np.float64]) -> dict[str, Any]:
    """Fields of protobuf's `HistogramProto`: buckets by their upper ends, the first from `min`."""
    low, high = values.min(), values.max()
    edges = np.unique(np.linspace(low, high, BUCKETS + 1))  # fewer, if they are next to each other
    if low == high:
        edges = np.array([low, high])
    counts, _ = np.histogram(values, edges)
    return {
        "min": low,
        "max": high,
        "num": values.size,
        "sum": values.sum(),
        "sum_squares": values @ values,
        "bucket_limit": edges[1:],
        "bucket": counts,
    }


def _record(**fields: Any) -> bytes:
    """An event as a record of TensorFlow's: its length and its bytes, each with a checksum."""
    event, checksum = _writer()
    data: bytes = event(wall_time=time.time(), **fields).SerializeToString()
    length = struct.pack("<Q", len(data))
    parts = [length, struct.pack("<I", checksum(length)), data, struct.pack("<I", checksum(data))]
    return b"".join(parts)


def _writer() -> tuple[Any, Any]:
    """The protobuf `Event`, and the checksum of records."""
    try:  # here: slow to import, and an extra
        from tensorboardX.proto.event_pb2 import Event
        from tensorboardX.record_writer import masked_crc32c
    except ImportError as error:
        problem, fix = (
            "events are written by tensorboardX",
            'pip install "autograd_lite[tensorboard]"',
        )
        raise ImportError(
            explain("TensorBoard", problem, got="it is not installed", fix=fix)
        ) from error
    return Event, masked_crc32c


def _checked(where: str, update_freq: int | str) -> int | str:
    """The number of steps, or "epoch"."""
    if update_freq in ("epoch", "batch"):
        return 1 if update_freq == "batch" else update_freq
    if isinstance(update_freq, str):
        got, expected = repr(update_freq), '"epoch", "batch" or a number of steps'
        raise ValueError(explain(where, "bad `update_freq`", got=got, expected=expected))
    return positive_int(where, "update_freq", update_freq)
