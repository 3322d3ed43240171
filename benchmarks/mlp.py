"""Any net of dense layers, as each system would train it: what `nets.py` measures.

Every maker takes a case and its samples, and returns a function that trains for one epoch. A case
of style "fit" reshuffles, gathers each batch and adds up the loss; one of style "tensors" goes
through batches that were cut beforehand, with the loss and the update written out by hand.
"""

import functools
import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from systems import Array, softmax

Epoch = Callable[[], Any]
MOMENTS = (0.9, 0.999)
RHO, EPSILON = 0.9, 1e-7


class Case(NamedTuple):
    """A net and how it is trained: labels where `loss` is cross-entropy, else squared errors."""

    widths: tuple[int, ...]
    activation: str
    loss: str
    optimizer: str
    rate: float
    batch: int
    steps: int
    style: str = "fit"


def samples(case: Case) -> tuple[Array, Array]:
    """Random inputs and targets, an epoch of `steps` batches."""
    rng = np.random.default_rng(0)
    n = case.batch * case.steps
    x = rng.standard_normal((n, case.widths[0]), np.float32)
    if case.loss == "mse":
        return x, rng.standard_normal((n, case.widths[-1]), np.float32)
    return x, rng.integers(0, case.widths[-1], n)


def initial(case: Case) -> list[tuple[Array, Array]]:
    """The same first weights for all who take any."""
    rng = np.random.default_rng(1)
    return [
        (rng.standard_normal((m, n), np.float32) * np.sqrt(2 / m).astype("f4"), np.zeros(n, "f4"))
        for m, n in itertools.pairwise(case.widths)
    ]


def cut(case: Case, *columns: Any) -> list[tuple[Any, ...]]:
    """The batches, in order."""
    starts = range(0, len(columns[0]), case.batch)
    return [tuple(c[start : start + case.batch] for c in columns) for start in starts]


def built(case: Case, package: Any) -> Any:
    """The net in Keras' words, ours or Keras' own."""
    *hidden, last = case.widths[1:]
    head = None if case.loss == "mse" else "softmax"
    dense = package.layers.Dense
    layers = [dense(width, activation=case.activation) for width in hidden]
    return package.Sequential([*layers, dense(last, activation=head)])


def compiled(case: Case, package: Any, x: Array, y: Array) -> Epoch:
    """`compile` and `fit`."""
    name = {"rmsprop": "RMSprop", "adam": "Adam", "sgd": "SGD"}[case.optimizer]
    loss = "mean_squared_error" if case.loss == "mse" else "sparse_categorical_crossentropy"
    model = built(case, package)
    model.compile(getattr(package.optimizers, name)(learning_rate=case.rate), loss)
    return lambda: model.fit(x, y, batch_size=case.batch, epochs=1, verbose=0)


def ours_fit(case: Case, x: Array, y: Array) -> Epoch:
    """The program of the README."""
    import nn

    return compiled(case, nn, x, y)


def ours_loop(case: Case, x: Array, y: Array) -> Epoch:
    """The explicit loop of the README."""
    import nn

    rng = np.random.default_rng(0)
    model = built(case, nn)
    model.build((None, case.widths[0]))
    optimizer = nn.optimizers.Adam(model.parameters(), learning_rate=case.rate)
    loss_of = nn.losses.MeanSquaredError()

    def epoch() -> float:
        total = 0.0
        order = rng.permutation(len(x))
        for start in range(0, len(x), case.batch):
            rows = order[start : start + case.batch]
            loss = loss_of(y[rows], model(x[rows], training=True))
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            total += loss.item()
        return total

    return epoch


def ours_tensors(case: Case, x: Array, y: Array) -> Epoch:
    """Tensors, and nothing else."""
    import autograd_lite as ag

    weights = [tuple(ag.tensor(a, requires_grad=True) for a in pair) for pair in initial(case)]
    batches = cut(case, x, y)

    def epoch() -> float:
        total = 0.0
        for xb, yb in batches:
            h = xb
            for w, b in weights[:-1]:
                h = np.tanh(h @ w + b)
            w, b = weights[-1]
            error = h @ w + b - yb
            loss = (error * error).mean()
            loss.backward()
            with ag.no_grad():
                for w in itertools.chain(*weights):
                    w -= case.rate * w.grad
                    w.grad = None
            total += loss.item()
        return total

    return epoch


def numpy_updates(case: Case, weights: list[Array]) -> Callable[[list[Array]], None]:
    """The optimizer, in place."""
    slots = [(np.zeros_like(w), np.zeros_like(w), np.empty_like(w)) for w in weights]
    steps = itertools.count(1)
    b1, b2 = MOMENTS

    def update(grads: list[Array]) -> None:
        t = next(steps)
        alpha = case.rate * (1 - b2**t) ** 0.5 / (1 - b1**t)
        for w, g, (m, v, s) in zip(weights, grads, slots, strict=True):
            if case.optimizer == "sgd":
                g *= case.rate
                w -= g
                continue
            np.multiply(g, g, out=s)
            s *= 1 - (RHO if case.optimizer == "rmsprop" else b2)
            v *= RHO if case.optimizer == "rmsprop" else b2
            v += s
            if case.optimizer == "rmsprop":
                np.add(v, EPSILON, out=s)
                np.sqrt(s, out=s)
                g *= case.rate
                g /= s
                w -= g
            else:
                g *= 1 - b1
                m *= b1
                m += g
                np.sqrt(v, out=s)
                s += EPSILON
                np.divide(m, s, out=s)
                s *= alpha
                w -= s

    return update


def order_of(case: Case, x: Array, y: Array) -> Callable[[], Iterator[tuple[Array, Array]]]:
    """Batches in NumPy: gathered from a new order each epoch, or cut beforehand."""
    if case.style == "tensors":
        batches = cut(case, x, y)
        return lambda: iter(batches)
    rng = np.random.default_rng(0)

    def shuffled() -> Iterator[tuple[Array, Array]]:
        order = rng.permutation(len(x))
        for start in range(0, len(x), case.batch):
            rows = order[start : start + case.batch]
            yield x[rows], y[rows]

    return shuffled


def numpy_by_hand(case: Case, x: Array, y: Array) -> Epoch:
    """Gradients derived on paper, updates in place."""
    pairs = initial(case)
    update = numpy_updates(case, list(itertools.chain(*pairs)))
    batches, is_tanh = order_of(case, x, y), case.activation == "tanh"

    def step(h: Array, yb: Array) -> float:
        inputs = [h]
        for w, b in pairs[:-1]:
            h = h @ w
            h += b
            h = np.tanh(h, out=h) if is_tanh else np.maximum(h, 0, out=h)
            inputs.append(h)
        w, b = pairs[-1]
        g = h @ w
        g += b
        if case.loss == "mse":
            g -= yb
            loss = float(np.vdot(g, g)) / g.size
            g *= 2 / g.size
        else:
            g, rows = softmax(g), np.arange(len(yb))
            loss = -float(np.log(np.maximum(g[rows, yb], 1e-30)).mean())
            g[rows, yb] -= 1
            g /= len(yb)
        grads: list[Array] = []
        for i, (h, (w, _)) in enumerate(zip(reversed(inputs), reversed(pairs), strict=True), 1):
            grads[:0] = [h.T @ g, g.sum(axis=0)]
            if i < len(pairs):
                g = g @ w.T
                g *= 1 - h * h if is_tanh else h > 0
        update(grads)
        return loss

    def epoch() -> float:
        return sum(step(xb, yb) for xb, yb in batches())

    return epoch


def torch_eager(case: Case, x: Array, y: Array) -> Epoch:
    """The loop of PyTorch's tutorials."""
    import torch
    from torch import nn
    from torch.nn import functional

    images, targets = torch.from_numpy(x), torch.from_numpy(y)
    loss_of = functional.mse_loss if case.loss == "mse" else functional.cross_entropy
    kind = nn.Tanh if case.activation == "tanh" else nn.ReLU
    dense = [nn.Linear(m, n) for m, n in itertools.pairwise(case.widths)]
    model = nn.Sequential(*[part for d in dense[:-1] for part in (d, kind())], dense[-1])
    optimizer = {
        "rmsprop": functools.partial(torch.optim.RMSprop, alpha=RHO, eps=EPSILON),
        "adam": functools.partial(torch.optim.Adam, eps=EPSILON),
        "sgd": torch.optim.SGD,
    }[case.optimizer](model.parameters(), lr=case.rate)

    def epoch() -> float:
        total = torch.zeros(())
        for rows in torch.randperm(len(images)).split(case.batch):
            loss = loss_of(model(images[rows]), targets[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.detach()
        return float(total)

    return epoch


def torch_tensors(case: Case, x: Array, y: Array) -> Epoch:
    """The program of `ours_tensors`."""
    import torch

    pairs = [[torch.from_numpy(a).requires_grad_() for a in pair] for pair in initial(case)]
    batches = cut(case, torch.from_numpy(x), torch.from_numpy(y))

    def epoch() -> float:
        total = 0.0
        for xb, yb in batches:
            h = xb
            for w, b in pairs[:-1]:
                h = torch.tanh(h @ w + b)
            w, b = pairs[-1]
            error = h @ w + b - yb
            loss = (error * error).mean()
            loss.backward()
            with torch.no_grad():
                for w in itertools.chain(*pairs):
                    w -= case.rate * w.grad
                    w.grad = None
            total += loss.item()
        return total

    return epoch


def jax_jit(case: Case, x: Array, y: Array) -> Epoch:
    """JAX with optax: the whole step is one compiled call on donated buffers."""
    import jax
    import jax.numpy as jnp
    import optax

    rates = {
        "rmsprop": functools.partial(optax.rmsprop, decay=RHO, eps=EPSILON, eps_in_sqrt=True),
        "adam": functools.partial(optax.adam, eps=EPSILON),
        "sgd": optax.sgd,
    }
    optimizer = rates[case.optimizer](case.rate)
    act = {"relu": jax.nn.relu, "tanh": jnp.tanh}[case.activation]
    inputs, targets = jnp.asarray(x), jnp.asarray(y if case.loss == "mse" else y.astype("i4"))
    params = [(jnp.asarray(w), jnp.asarray(b)) for w, b in initial(case)]
    state = (params, optimizer.init(params), jnp.zeros(()))

    def loss_of(params: Any, h: Any, yb: Any) -> Any:
        for w, b in params[:-1]:
            h = act(h @ w + b)
        w, b = params[-1]
        out = h @ w + b
        if case.loss == "mse":
            return ((out - yb) ** 2).mean()
        return optax.softmax_cross_entropy_with_integer_labels(out, yb).mean()

    def move(state: Any, xb: Any, yb: Any) -> Any:
        params, slots, total = state
        loss, grads = jax.value_and_grad(loss_of)(params, xb, yb)
        updates, slots = optimizer.update(grads, slots, params)
        return optax.apply_updates(params, updates), slots, total + loss

    step = functools.partial(jax.jit, donate_argnums=0)(move)

    @functools.partial(jax.jit, donate_argnums=0)
    def gathered(state: Any, inputs: Any, targets: Any, rows: Any) -> Any:
        return move(state, inputs[rows], targets[rows])

    rng = np.random.default_rng(0)
    batches = cut(case, inputs, targets) if case.style == "tensors" else []

    def epoch() -> float:
        nonlocal state
        for batch in batches:
            state = step(state, *batch)
        if not batches:
            order = rng.permutation(len(x)).astype(np.int32)
            for start in range(0, len(x), case.batch):
                state = gathered(state, inputs, targets, order[start : start + case.batch])
        return float(state[2])

    return epoch


def keras_tensorflow(case: Case, x: Array, y: Array) -> Epoch:
    """The program of the README as it was first written."""
    import os

    os.environ |= {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    import keras

    return compiled(case, keras, x, y)


def hips_autograd(case: Case, x: Array, y: Array) -> Epoch:
    """HIPS autograd: a function of the parameters, differentiated, and the update by hand."""
    import autograd
    import autograd.numpy as anp

    params = list(itertools.chain(*initial(case)))
    batches = cut(case, x, y)

    def loss_of(params: list[Any], h: Any, yb: Any) -> Any:
        for w, b in zip(params[:-2:2], params[1:-2:2], strict=True):
            h = anp.tanh(anp.dot(h, w) + b)
        error = anp.dot(h, params[-2]) + params[-1] - yb
        return anp.mean(error * error)

    gradient = autograd.value_and_grad(loss_of)

    def epoch() -> float:
        total = 0.0
        for xb, yb in batches:
            loss, grads = gradient(params, xb, yb)
            for w, g in zip(params, grads, strict=True):
                w -= case.rate * g
            total += float(loss)
        return total

    return epoch


Maker = Callable[[Case, Array, Array], Epoch]
# Who takes part in each style, and the packages it takes; ours come first.
STYLES: dict[str, dict[str, tuple[Maker, tuple[str, ...]]]] = {
    "fit": {
        "autograd_lite": (ours_fit, ()),
        "NumPy by hand": (numpy_by_hand, ()),
        "PyTorch eager": (torch_eager, ("torch",)),
        "JAX jit": (jax_jit, ("jax", "optax")),
        "Keras on TensorFlow": (keras_tensorflow, ("keras", "tensorflow")),
    },
    "tensors": {
        "autograd_lite": (ours_tensors, ()),
        "NumPy by hand": (numpy_by_hand, ()),
        "PyTorch eager": (torch_tensors, ("torch",)),
        "JAX jit": (jax_jit, ("jax", "optax")),
        "HIPS autograd": (hips_autograd, ("autograd",)),
    },
}
# The explicit loop goes with the fit of a regression under Adam.
STYLES["loop"] = {"autograd_lite, fit": (ours_fit, ()), "autograd_lite, loop": (ours_loop, ())} | {
    name: maker for name, maker in STYLES["fit"].items() if name != "autograd_lite"
}
