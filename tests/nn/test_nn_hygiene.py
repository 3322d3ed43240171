"""No step leaves anything behind, and nothing is recorded where nothing is trained."""

import gc
import tracemalloc
import weakref

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn import layers
from nn.callbacks import LambdaCallback

X = np.random.default_rng(0).standard_normal((64, 8)).astype(np.float32)
LABELS = (X.sum(axis=1) > 0).astype(np.int64)


class Spy(layers.Layer):
    """Passes on what it is given, and remembers its last output and whether it was recorded."""

    def call(self, x, training=False):
        out = x * 1
        self.recorded, self.last = out.requires_grad, weakref.ref(out)
        return out


def model(*extra):
    ag.set_seed(0)
    net = nn.Sequential([layers.Dense(16, "relu"), layers.Dropout(0.1), layers.Dense(2), *extra])
    net.add(layers.Activation("softmax"))
    net.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return net


@pytest.fixture
def no_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def growth(run, steps):
    """Bytes that `run(steps)` leaves behind, after a run to warm up."""
    run(20)
    tracemalloc.start()
    try:
        run(20)
        before, _ = tracemalloc.get_traced_memory()
        run(steps)
        return tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()


def test_training_leaves_no_gradients_that_a_loop_would_add_to():
    net = model()
    net.fit(X, LABELS, 8, verbose=0)
    assert all(p.grad is None for p in net.parameters())
    net.train_on_batch(X, LABELS)
    assert all(p.grad is None for p in net.parameters())

    def interrupt(batch, logs):
        assert all(p.grad is not None for p in net.parameters())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        net.fit(X, LABELS, callbacks=LambdaCallback(on_train_batch_end=interrupt), verbose=0)
    assert all(p.grad is None for p in net.parameters())


def test_a_thousand_steps_of_fit(no_collector):
    net = model()

    def run(steps):
        net.fit(X, LABELS, 8, epochs=max(1, steps // 8), verbose=0)

    assert growth(run, 1000) < 1_000_000


def test_a_thousand_steps_of_the_explicit_loop(no_collector):
    net = model()
    net.build((None, 8))
    optimizer = nn.optimizers.Adam(net.parameters())
    loss_of = nn.losses.SparseCategoricalCrossentropy()

    def run(steps):
        for _ in range(steps):
            loss = loss_of(LABELS, net(X, training=True))
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()

    assert growth(run, 1000) < 1_000_000


def test_a_thousand_predictions(no_collector):
    net = model()

    def run(steps):
        for _ in range(steps):
            net.predict(X, verbose=0)

    assert growth(run, 1000) < 1_000_000


def test_the_graph_dies_with_the_step(no_collector):
    spy = Spy()
    net = model(spy)
    net.fit(X, LABELS, 16, verbose=0)
    assert spy.last() is None
    net.train_on_batch(X, LABELS)
    assert spy.last() is None


@pytest.mark.parametrize("method", ["evaluate", "predict", "test_on_batch"])
def test_nothing_is_recorded_outside_training(method):
    spy = Spy()
    net = model(spy)
    arguments = (X,) if method == "predict" else (X, LABELS)
    getattr(net, method)(*arguments)
    assert spy.recorded is False
    net.train_on_batch(X, LABELS)
    assert spy.recorded is True


def test_building_and_checking_record_nothing():
    spy = Spy()
    net = model(spy)
    net.build((None, 8))
    assert spy.recorded is False
    assert all(p.grad is None for p in net.parameters())


def test_fit_leaves_its_inputs_alone():
    x, y = X.copy(), LABELS.copy()
    x.flags.writeable = y.flags.writeable = False
    model().fit(x, y, 8, epochs=2, validation_split=0.25, verbose=0)
    np.testing.assert_array_equal(x, X)
