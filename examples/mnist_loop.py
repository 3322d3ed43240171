"""The net of mnist.py, trained by a loop of your own instead of `compile` and `fit`: 98 % as well.

python examples/mnist_loop.py    # five epochs, some ten seconds
"""

import argparse
import time

import autograd_lite as ag
import nn
from nn import layers, losses
from nn.datasets import mnist

parser = argparse.ArgumentParser(description="Train a two-layer net on MNIST, step by step.")
parser.add_argument("--epochs", type=int, default=5)
parser.add_argument("--quick", action="store_true", help="one epoch on a twentieth of the digits")
arguments = parser.parse_args()

(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train = x_train.reshape((-1, 28 * 28)).astype("float32") / 255
x_test = x_test.reshape((-1, 28 * 28)).astype("float32") / 255
if arguments.quick:
    arguments.epochs, x_train, y_train = 1, x_train[:3000], y_train[:3000]

model = nn.Sequential([layers.Dense(512, activation="relu"), layers.Dense(10)])
model.build((None, 28 * 28))
optimizer = nn.optimizers.RMSprop(model.parameters(), learning_rate=0.001)
loss_of = losses.SparseCategoricalCrossentropy(from_logits=True)

for epoch in range(arguments.epochs):
    start, total = time.perf_counter(), 0.0
    order = ag.random.generator().permutation(len(x_train))
    for first in range(0, len(order), 128):
        rows = order[first : first + 128]
        loss = loss_of(y_train[rows], model(x_train[rows], training=True))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        total += loss.item() * len(rows)
    seconds = time.perf_counter() - start
    print(f"Epoch {epoch + 1}/{arguments.epochs}, {seconds:.1f}s, loss: {total / len(order):.4f}")

with ag.no_grad():
    logits = model(x_test)
print(f"test_acc: {(logits.argmax(axis=1) == y_test).mean()}")
