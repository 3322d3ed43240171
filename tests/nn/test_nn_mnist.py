"""The program that the project exists for learns what it has to learn, whatever the seed."""

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn import layers
from nn.datasets import mnist


@pytest.fixture
def one_thread():
    """Results do not depend on threads, and the other workers of the suite need theirs."""
    before = ag.get_num_threads()
    ag.set_num_threads(1)
    yield
    ag.set_num_threads(before)


def train(seed):
    """The losses of five epochs, ten predictions, and the test accuracy."""
    (x, y), (x_test, y_test) = mnist.load_data()
    x, x_test = (a.reshape((-1, 784)).astype("float32") / 255 for a in (x, x_test))
    ag.set_seed(seed)
    model = nn.Sequential(
        [layers.Dense(512, activation="relu"), layers.Dense(10, activation="softmax")]
    )
    model.compile(optimizer="rmsprop", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=5, batch_size=128, verbose=0)
    _, accuracy = model.evaluate(x_test, y_test, verbose=0)
    return history.history["loss"], model.predict(x_test[:10], verbose=0), accuracy


@pytest.mark.slow
def test_the_seeds_program_reads_98_of_100_digits(one_thread):
    accuracies = []
    for seed in (0, 1, 2):
        losses, predictions, accuracy = train(seed)
        assert losses == sorted(losses, reverse=True)
        assert predictions.shape == (10, 10)
        assert predictions.dtype == np.float32
        np.testing.assert_allclose(predictions.sum(1), 1, rtol=1e-6)
        accuracies.append(accuracy)
    assert min(accuracies) >= 0.976, accuracies
    assert abs(np.mean(accuracies) - 0.9785) <= 0.0025, accuracies
