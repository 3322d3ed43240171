"""Going on exactly where a killed training was."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

from autograd_lite.errors import explain
from nn import resuming
from nn.callbacks.base import Callback, Logs
from nn.callbacks.files import checked_freq


class BackupAndRestore(Callback):
    """Saves all that decides the further course of training, and goes on from there.

    The same program, killed and started again, ends with the very bits it would have ended with:
    the backup holds the weights, the optimizer's state, the epoch and the batch, the random
    generators, the order of the samples, sums of the running epoch, the history, and what the other
    callbacks name in their `kept`. Batches of an iterable are made anew and those before the backup
    thrown away, so it has to make the same ones again.

    Args:
        backup_dir: A folder for the backup, `latest.safetensors`. One for each training.
        save_freq: ``"epoch"``, or a number of steps.
        delete_checkpoint: Whether the backup is deleted at the end of training.

    Raises:
        ValueError: an argument is out of range; as training begins, if the backup is not of this
            training: other weights, batches, optimizer or callbacks.
        DataError: as training begins, if the backup is damaged.

    Example:
        >>> import tempfile
        >>> model = nn.Sequential([nn.layers.Dense(1)])
        >>> model.compile("adam", "mse")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     backup = BackupAndRestore(folder, save_freq=100)
        ...     x = np.ones((4, 2))
        ...     model.fit(x, x[:, 0], epochs=2, callbacks=[backup], verbose=0).epoch
        [0, 1]
    """

    foreign: ClassVar = {"double_checkpoint": None}  # a backup takes the other's place at once
    _comes_last = True

    def __init__(
        self,
        backup_dir: str | os.PathLike[str],
        save_freq: int | str = "epoch",
        delete_checkpoint: bool = True,
    ) -> None:
        if not os.fspath(backup_dir):
            raise ValueError(explain("BackupAndRestore", "empty `backup_dir`"))
        self.backup_dir = Path(backup_dir)
        self.save_freq = checked_freq("BackupAndRestore", save_freq)
        self.delete_checkpoint = delete_checkpoint
        self._path = self.backup_dir / "latest.safetensors"
        if self.save_freq != "epoch":  # else the loop has nothing to do in each step
            self.on_train_batch_end = self._count  # type: ignore[method-assign]

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Go on from the backup, if there is one."""
        self._run: resuming.Run = self.model._running
        resuming.remove_leftovers(self._path)
        self._found = resuming.read(self._path) if self._path.exists() else None
        if self._found is not None:
            self._run.restore(self._found)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """In the middle of an epoch, take back what hooks did that had been called before."""
        if self._found is not None and self._run.batch:
            self._run.restore(self._found, again=True)
        self._found = None

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Save, if epochs are counted."""
        if self.save_freq == "epoch":
            self._save()

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Delete the backup."""
        self._found = None
        del self._run  # which holds the data
        if self.delete_checkpoint:
            self._path.unlink(missing_ok=True)
            if self.backup_dir.exists() and not any(self.backup_dir.iterdir()):
                self.backup_dir.rmdir()

    def _count(self, batch: int, logs: Logs | None = None) -> None:
        self._run.batch = batch + 1
        if self._run.steps % int(self.save_freq) == 0:
            self._save()

    def _save(self) -> None:
        self.backup_dir.mkdir(parents=True, exist_ok=True)
        resuming.write(self._path, self._run.state())
