"""One epoch of 784 -> 512 relu -> 10 softmax under RMSprop, as each system would be used.

Every maker takes the training set and the batch size, and returns a function that trains for one
epoch and a function that predicts. All do the same work: reshuffle, gather each batch, keep the
short last one, add up loss and right answers.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray
System = tuple[Callable[[], Any], Callable[[Array], Array]]

RATE, RHO, EPSILON = 1e-3, 0.9, 1e-7


def glorot(rng: np.random.Generator, rows: int, columns: int) -> Array:
    """Uniform weights of the variance that Keras starts from."""
    limit = np.sqrt(6 / (rows + columns))
    return rng.uniform(-limit, limit, (rows, columns)).astype(np.float32)


def ours(x: Array, y: Array, batch: int) -> System:
    """The program of the README."""
    import autograd_lite as ag
    import nn
    from nn import layers

    ag.set_seed(0)
    model = nn.Sequential(
        [layers.Dense(512, activation="relu"), layers.Dense(10, activation="softmax")]
    )
    model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return (
        lambda: model.fit(x, y, batch_size=batch, epochs=1, verbose=0),
        lambda images: model.predict(images, batch_size=1000),
    )


def numpy_by_hand(x: Array, y: Array, batch: int) -> System:
    """Gradients derived on paper, updates in place."""
    rng = np.random.default_rng(0)
    weights = [glorot(rng, 784, 512), np.zeros(512, "f4"), glorot(rng, 512, 10), np.zeros(10, "f4")]
    squares = [np.zeros_like(w) for w in weights]
    scratch = [np.empty_like(w) for w in weights]

    def update(grads: list[Array]) -> None:
        for w, g, v, s in zip(weights, grads, squares, scratch, strict=True):
            np.multiply(g, g, out=s)
            s *= 1 - RHO
            v *= RHO
            v += s
            np.add(v, EPSILON, out=s)
            np.sqrt(s, out=s)
            g *= RATE
            g /= s
            w -= g

    def step(xb: Array, yb: Array) -> tuple[float, int]:
        w1, b1, w2, b2 = weights
        hidden = xb @ w1
        hidden += b1
        np.maximum(hidden, 0, out=hidden)
        p = softmax(hidden @ w2 + b2)
        rows = np.arange(len(yb))
        right = int((p.argmax(axis=1) == yb).sum())
        loss = -float(np.log(np.maximum(p[rows, yb], 1e-30)).sum())
        p[rows, yb] -= 1
        p /= len(yb)
        below = p @ w2.T
        below *= hidden > 0
        update([xb.T @ below, below.sum(axis=0), hidden.T @ p, p.sum(axis=0)])
        return loss, right

    def epoch() -> tuple[float, int]:
        loss = right = 0.0
        order = rng.permutation(len(x))
        for start in range(0, len(x), batch):
            rows = order[start : start + batch]
            step_loss, step_right = step(x[rows], y[rows])
            loss, right = loss + step_loss, right + step_right
        return loss, int(right)

    def predict(images: Array) -> Array:
        w1, b1, w2, b2 = weights
        return softmax(np.maximum(images @ w1 + b1, 0) @ w2 + b2)

    return epoch, predict


def softmax(z: Array) -> Array:
    """Softmax over the last axis, in place."""
    z -= z.max(axis=1, keepdims=True)
    np.exp(z, out=z)
    z /= z.sum(axis=1, keepdims=True)
    return z


def pytorch(x: Array, y: Array, batch: int) -> System:
    """Eager PyTorch, the loop of its tutorials."""
    import torch
    from torch import nn
    from torch.nn import functional

    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 10))
    optimizer = torch.optim.RMSprop(model.parameters(), lr=RATE, alpha=RHO, eps=EPSILON)
    images, labels = torch.from_numpy(x), torch.from_numpy(y.astype(np.int64))

    def epoch() -> tuple[float, int]:
        loss_sum, right = torch.zeros(()), torch.zeros((), dtype=torch.int64)
        for rows in torch.randperm(len(images)).split(batch):
            xb, yb = images[rows], labels[rows]
            logits = model(xb)
            loss = functional.cross_entropy(logits, yb)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.detach() * len(rows)
            right += (logits.detach().argmax(1) == yb).sum()
        return float(loss_sum), int(right)

    def predict(given: Array) -> Array:
        with torch.no_grad():
            return model(torch.from_numpy(given)).numpy()

    return epoch, predict


def jax_jit(x: Array, y: Array, batch: int) -> System:
    """JAX with optax: the whole step, gather included, is one compiled call on donated buffers."""
    import functools

    import jax
    import jax.numpy as jnp
    import optax

    rng = np.random.default_rng(0)
    weights = [glorot(rng, 784, 512), np.zeros(512, "f4"), glorot(rng, 512, 10), np.zeros(10, "f4")]
    optimizer = optax.rmsprop(RATE, decay=RHO, eps=EPSILON, eps_in_sqrt=True)
    images, labels = jnp.asarray(x), jnp.asarray(y.astype(np.int32))
    params = [jnp.asarray(w) for w in weights]
    state = (params, optimizer.init(params), jnp.zeros(()), jnp.zeros((), "int32"))

    def logits_of(params: list[Any], xb: Any) -> Any:
        w1, b1, w2, b2 = params
        return jax.nn.relu(xb @ w1 + b1) @ w2 + b2

    def loss_of(params: list[Any], xb: Any, yb: Any) -> Any:
        logits = logits_of(params, xb)
        losses = optax.softmax_cross_entropy_with_integer_labels(logits, yb)
        return losses.mean(), (logits.argmax(axis=1) == yb).sum()

    @functools.partial(jax.jit, donate_argnums=0)
    def step(state: Any, images: Any, labels: Any, rows: Any) -> Any:
        params, slots, loss_sum, right = state
        gradient = jax.value_and_grad(loss_of, has_aux=True)
        (loss, hits), grads = gradient(params, images[rows], labels[rows])
        updates, slots = optimizer.update(grads, slots, params)
        params = optax.apply_updates(params, updates)
        return params, slots, loss_sum + loss * len(rows), right + hits

    def epoch() -> tuple[float, int]:
        nonlocal state
        order = rng.permutation(len(x)).astype(np.int32)
        for start in range(0, len(x), batch):
            state = step(state, images, labels, order[start : start + batch])
        return float(state[2]), int(state[3])

    return epoch, lambda given: np.asarray(logits_of(state[0], given))


def keras_tensorflow(x: Array, y: Array, batch: int) -> System:
    """The program of the README as it was first written."""
    import os

    os.environ |= {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    import keras

    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.layers.Dense(512, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return (
        lambda: model.fit(x, y, batch_size=batch, epochs=1, verbose=0),
        lambda images: model.predict(images, batch_size=1000, verbose=0),
    )


# Each with the packages it needs besides ours; our own comes first.
SYSTEMS: dict[str, tuple[Callable[[Array, Array, int], System], tuple[str, ...]]] = {
    "autograd_lite": (ours, ()),
    "NumPy by hand": (numpy_by_hand, ()),
    "PyTorch eager": (pytorch, ("torch",)),
    "JAX jit": (jax_jit, ("jax", "optax")),
    "Keras on TensorFlow": (keras_tensorflow, ("keras", "tensorflow")),
}
