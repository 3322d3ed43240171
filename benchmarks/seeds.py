"""Test accuracy of the seed's program, five epochs, for several seeds.

python benchmarks/seeds.py 0 1 2
"""

import statistics
import sys
import time

import autograd_lite as ag
import nn
from nn import layers
from nn.datasets import mnist


def accuracy(seed: int) -> float:
    """Train from `seed` and evaluate."""
    (x, y), (x_test, y_test) = mnist.load_data()
    x, x_test = (a.reshape((-1, 784)).astype("float32") / 255 for a in (x, x_test))
    ag.set_seed(seed)
    model = nn.Sequential(
        [layers.Dense(512, activation="relu"), layers.Dense(10, activation="softmax")]
    )
    model.compile(optimizer="rmsprop", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=5, batch_size=128, verbose=0)
    return model.evaluate(x_test, y_test, verbose=0)[1]


def main() -> None:
    """Print a line a seed, and the mean."""
    results = []
    for seed in map(int, sys.argv[1:] or ["0", "1", "2"]):
        start = time.perf_counter()
        results.append(accuracy(seed))
        print(f"seed {seed}: test_acc {results[-1]:.4f}, {time.perf_counter() - start:.1f} s")
    print(f"mean {statistics.mean(results):.4f}")


if __name__ == "__main__":
    main()
