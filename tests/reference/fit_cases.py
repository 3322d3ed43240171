"""Nets that are trained by Keras and by us from the same weights, and initializers that both have.

Each function takes the package, `keras` or `nn`, whose names are the same.
"""

import numpy as np
from reference.layer_cases import values

EPOCHS, BATCH = 3, 10


def cnn(package):
    layers = package.layers
    model = package.Sequential(
        [
            package.Input((8, 8, 2)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.BatchNormalization(momentum=0.8),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    optimizer = package.optimizers.Adam(0.01)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, values((24, 8, 8, 2), 1), np.arange(24) * 7 % 3


def lstm(package):
    layers = package.layers
    model = package.Sequential(
        [
            package.Input((6,), dtype="int32"),
            layers.Embedding(9, 4, mask_zero=True),
            layers.LSTM(5),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    optimizer = package.optimizers.RMSprop(0.01, clipnorm=1.0)
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy", "mae"])
    x = (np.abs(values((24, 6), 2)) * 6).astype(np.int32)
    return model, x, (x.sum(axis=1, keepdims=True) > 20).astype(np.float64)


FITS = {"cnn": cnn, "lstm": lstm}


def trained(package, name):
    """What each epoch printed, by name, and all weights one after the other."""
    model, x, y = FITS[name](package)
    given = [np.asarray(w) for w in model.get_weights()]
    # Those that begin as constants stay so: a variance must be positive.
    model.set_weights(
        [values(w.shape, seed, 0.3) if np.ptp(w) else w for seed, w in enumerate(given)]
    )
    history = model.fit(
        x,
        y,
        batch_size=BATCH,
        epochs=EPOCHS,
        shuffle=False,
        validation_data=(x[:9], y[:9]),
        verbose=0,
    ).history
    weights = np.concatenate([np.ravel(w) for w in model.get_weights()])
    return {k: np.array(v, float) for k, v in history.items()} | {"weights": weights}


MATRIX, KERNEL = (300, 400), (3, 3, 40, 60)
INITIALIZERS = [
    (name, settings, shape)
    for name, settings in (
        ("RandomNormal", {"mean": 0.1, "stddev": 0.2}),
        ("RandomUniform", {"minval": -0.3, "maxval": 0.1}),
        ("TruncatedNormal", {"mean": 0.1, "stddev": 0.2}),
        (
            "VarianceScaling",
            {"scale": 2.0, "mode": "fan_avg", "distribution": "untruncated_normal"},
        ),
        ("GlorotUniform", {}),
        ("GlorotNormal", {}),
        ("HeUniform", {}),
        ("HeNormal", {}),
        ("LecunUniform", {}),
        ("LecunNormal", {}),
        ("Orthogonal", {"gain": 1.5}),
    )
    for shape in (MATRIX, KERNEL)
]
EXACT = [
    ("Constant", {"value": 0.3}, (2, 3)),
    ("Zeros", {}, (2, 3)),
    ("Ones", {}, (2, 3)),
    ("Identity", {"gain": 2.0}, (3, 3)),
]


def moments(package, name, settings, shape):
    """Mean, deviation, least and largest of what an initializer gives."""
    x = np.asarray(getattr(package.initializers, name)(**settings)(shape), np.float64)
    return np.array([x.mean(), x.std(), x.min(), x.max()])
