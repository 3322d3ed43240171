"""Callbacks: your code at set points of `fit`, `evaluate` and `predict`."""

from nn.callbacks.backup import BackupAndRestore
from nn.callbacks.base import HOOKS, Callback, Callbacks, LambdaCallback, Logs
from nn.callbacks.files import CSVLogger, ModelCheckpoint
from nn.callbacks.history import History
from nn.callbacks.rates import LearningRateScheduler, ReduceLROnPlateau
from nn.callbacks.stopping import EarlyStopping, ProgbarLogger, TerminateOnNaN
from nn.callbacks.tensorboard import TensorBoard

__all__ = [
    "HOOKS",
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "Callbacks",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "Logs",
    "ModelCheckpoint",
    "ProgbarLogger",
    "ReduceLROnPlateau",
    "TensorBoard",
    "TerminateOnNaN",
]
