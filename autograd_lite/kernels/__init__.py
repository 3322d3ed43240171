"""Arrays in, arrays out: the loops that take the time, in numba, each beside its NumPy reference.

Importing this package imports NumPy only; the first call that needs compiled code imports numba.
"""

from autograd_lite.kernels.elementwise import exp, log, relu_grad, sigmoid, tanh
from autograd_lite.kernels.matmul import linear, matmul
from autograd_lite.kernels.runtime import get_num_threads, info, reference, set_num_threads
from autograd_lite.kernels.softmax import (
    cross_entropy,
    cross_entropy_grad,
    log_softmax,
    logsumexp,
    softmax,
)
from autograd_lite.kernels.updates import adam, momentum, rmsprop, sgd

__all__ = [
    "adam",
    "cross_entropy",
    "cross_entropy_grad",
    "exp",
    "get_num_threads",
    "info",
    "linear",
    "log",
    "log_softmax",
    "logsumexp",
    "matmul",
    "momentum",
    "reference",
    "relu_grad",
    "rmsprop",
    "set_num_threads",
    "sgd",
    "sigmoid",
    "softmax",
    "tanh",
]
