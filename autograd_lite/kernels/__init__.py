"""Arrays in, arrays out: the loops that take the time, in numba, each beside its NumPy reference.

Importing this package imports NumPy only; the first call that needs compiled code imports numba.
"""

from autograd_lite.kernels.elementwise import (
    cos,
    erf,
    exp,
    log,
    relu_grad,
    sigmoid,
    sin,
    sqrt,
    tanh,
)
from autograd_lite.kernels.matmul import linear, matmul, matmul_add, matmul_where
from autograd_lite.kernels.optimizers import (
    adadelta,
    adagrad,
    adamax,
    adamw,
    amsgrad,
    ftrl,
    lamb,
    lion,
    nadam,
    rmsprop_centered,
    rmsprop_centered_momentum,
    rmsprop_momentum,
)
from autograd_lite.kernels.rows import sum_rows, take_rows
from autograd_lite.kernels.runtime import get_num_threads, info, reference, set_num_threads
from autograd_lite.kernels.softmax import (
    cross_entropy,
    cross_entropy_and_residual,
    cross_entropy_grad,
    log_softmax,
    logsumexp,
    softmax,
)
from autograd_lite.kernels.updates import adam, momentum, rmsprop, sgd

__all__ = [
    "adadelta",
    "adagrad",
    "adam",
    "adamax",
    "adamw",
    "amsgrad",
    "cos",
    "cross_entropy",
    "cross_entropy_and_residual",
    "cross_entropy_grad",
    "erf",
    "exp",
    "ftrl",
    "get_num_threads",
    "info",
    "lamb",
    "linear",
    "lion",
    "log",
    "log_softmax",
    "logsumexp",
    "matmul",
    "matmul_add",
    "matmul_where",
    "momentum",
    "nadam",
    "reference",
    "relu_grad",
    "rmsprop",
    "rmsprop_centered",
    "rmsprop_centered_momentum",
    "rmsprop_momentum",
    "set_num_threads",
    "sgd",
    "sigmoid",
    "sin",
    "softmax",
    "sqrt",
    "sum_rows",
    "take_rows",
    "tanh",
]
