"""Writes fits.npz: what Keras' `fit` comes to in float64, and moments of its initializers.

Run by hand in the folder `tests`, where Keras and JAX are installed::

    KERAS_BACKEND=jax JAX_ENABLE_X64=1 python -m reference.make_fits
"""

from pathlib import Path

import keras
import numpy as np
from keras.src import backend
from keras.src.backend.common import dtypes
from reference.fit_cases import EXACT, FITS, INITIALIZERS, moments, trained

keras.config.set_floatx("float64")
# Keras' own makes float32 of float64 and float32.
types = dtypes.result_type
backend.result_type = dtypes.result_type = lambda *given: (
    "float64" if "float64" in map(str, given) else types(*given)
)


def main():
    keras.utils.set_random_seed(0)
    found = {f"{fit} {k}": v for fit in FITS for k, v in trained(keras, fit).items()}
    found["moments"] = np.stack([moments(keras, *case) for case in INITIALIZERS])
    for name, settings, shape in EXACT:
        found[f"exact {name}"] = np.asarray(getattr(keras.initializers, name)(**settings)(shape))
    np.savez_compressed(Path(__file__).with_name("fits.npz"), **found)


if __name__ == "__main__":
    main()
