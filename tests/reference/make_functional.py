"""Write functional.npz: a graph of Keras' with several inputs and outputs, trained for some steps.

Run by hand with Keras installed: ``KERAS_BACKEND=torch python tests/reference/make_functional.py``
"""

from pathlib import Path

import keras
import numpy as np
from keras import layers


def model():
    left, right = keras.Input((3,), name="left"), keras.Input((2,), name="right")
    shared = layers.Dense(4, activation="tanh", name="shared")
    h = shared(layers.Dense(3, name="p")(left))
    z = h + layers.Dense(4, name="q")(right) * 2 - shared(left)
    start = keras.Input((4,))
    inner = layers.Dense(5, name="first")(start)
    inner = keras.Model(start, layers.Dense(4, "relu", name="second")(inner), name="inner")
    r = inner(inner(z)) + z
    a = layers.Dense(1, name="a")(r)
    b = layers.Dense(2, name="b")(layers.Concatenate()([h, r]))
    c = layers.Dense(2, activation="softmax", name="c")(r[:, :3])
    return keras.Model([left, right], [a, b, c])


def main():
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)

    def normal(*shape):
        return rng.standard_normal(shape).astype(np.float32)

    x = {"left": normal(10, 3), "right": normal(10, 2)}
    y = {"a": normal(10, 1), "b": normal(10, 2), "c": rng.integers(0, 2, 10)}
    w = {name: np.abs(normal(10)) for name in "abc"}
    net = model()
    found = {f"before_{i}": v for i, v in enumerate(net.get_weights())}
    found |= {f"x_{k}": v for k, v in x.items()} | {f"y_{k}": v for k, v in y.items()}
    found |= {f"w_{k}": v for k, v in w.items()}
    found |= {f"out_{i}": v for i, v in enumerate(net.predict(x, verbose=0))}
    net.compile(
        keras.optimizers.SGD(0.02),
        loss={"a": "mse", "b": "mae", "c": "sparse_categorical_crossentropy"},
        metrics={"a": ["mae"], "c": ["accuracy"]},
        weighted_metrics={"b": ["mse"]},
        loss_weights={"a": 1.0, "b": 0.5, "c": 2.0},
    )
    history = net.fit(
        list(x.values()),
        list(y.values()),
        batch_size=4,
        epochs=3,
        shuffle=False,
        verbose=0,
        sample_weight=list(w.values()),
        validation_data=(list(x.values()), list(y.values())),
    ).history
    found |= {f"history_{k}": np.array(v) for k, v in history.items()}
    found |= {f"after_{i}": v for i, v in enumerate(net.get_weights())}
    np.savez_compressed(Path(__file__).with_name("functional.npz"), **found)


if __name__ == "__main__":
    main()
