"""What the tests' child processes compute: small nets, trained with every kernel of a step."""

import contextlib
import hashlib

import numpy as np

import autograd_lite as ag
import nn
from autograd_lite.kernels import runtime


def always_spread(threads):
    """Give every kernel so many threads, however short its work."""
    runtime.set_num_threads(threads)
    runtime._start_cost = -1.0


class Net:
    """A net with weights and data of its own, both drawn from a seed."""

    def __init__(self, seed):
        ag.set_seed(seed)
        rng = np.random.default_rng(seed)
        self.x = rng.normal(size=(192, 160)).astype(np.float32)
        self.y = rng.integers(20, size=192)
        layers = nn.layers
        self.model = nn.Sequential(
            [
                layers.Input((160,)),
                layers.Dense(130, activation="relu"),
                layers.Dense(70, activation="tanh"),
                layers.Dense(20, activation="softmax"),
            ]
        )
        self.model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])

    def train(self):
        """Three steps without shuffling; a digest of all weights."""
        self.model.fit(self.x, self.y, batch_size=64, epochs=1, shuffle=False, verbose=0)
        digest = hashlib.sha256()
        for weights in self.model.get_weights():
            assert np.isfinite(weights).all()
            digest.update(weights.tobytes())
        return digest.hexdigest()


def trained(seed=0):
    """The digest of a net made and trained."""
    return Net(seed).train()


def trained_in_child(seed, expected):
    """What a worker process runs."""
    assert trained(seed) == expected
    return runtime.threads()


@contextlib.contextmanager
def expecting(error):
    """Swallow exactly this error, and insist on it."""
    try:
        yield
    except error:
        return
    raise AssertionError(f"no {error.__name__}")
