"""What people get wrong at first, be it from Keras or from PyTorch, and what they are told."""

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn import layers, losses

X = np.random.default_rng(0).standard_normal((20, 4)).astype(np.float32)


class GivesNothing(nn.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(1)

    def call(self, x):
        self.dense(x)


class HasForward(nn.Model):
    def forward(self, x):
        return x


def fit(model, x, y, loss="mse"):
    model.compile("sgd", loss)
    return model.fit(x, y, verbose=0)


def one_layer(x=X, y=X[:, 0]):
    return fit(nn.Sequential([layers.Dense(1)]), x, y)


MISTAKES = {
    "call returns nothing": (
        lambda: fit(GivesNothing(), X, X[:, 0]),
        TypeError,
        "output: not a Tensor(?s:.*)None(?s:.*)return it",
    ),
    "forward": (lambda: HasForward()(X), NotImplementedError, "rename `forward` to `call`"),
    "neither": (lambda: nn.Model()(X), NotImplementedError, "define call"),
    "layers one by one": (
        lambda: nn.Sequential(layers.Dense(3), layers.Dense(2)),
        TypeError,
        r"<Dense 'dense'>, <Dense 'dense'>(?s:.*)nn\.Sequential\(\[",
    ),
    "text for numbers": (
        lambda: one_layer(y=["a"] * 20),
        TypeError,
        r"not numbers(?s:.*)\(20,\) of <U1(?s:.*)np\.unique",
    ),
    "rows of several lengths": (
        lambda: one_layer([[1, 2], [3]], [1, 2]),
        ValueError,
        r"lengths \[1, 2\](?s:.*)pad_sequences",
    ),
    "rows of different depths": (
        lambda: one_layer([[1, 2], 3], [1, 2]),
        ValueError,
        "got:      setting an array element(?s:.*)rows of one shape",
    ),
    "predictions before targets": (
        lambda: losses.SparseCategoricalCrossentropy()(ag.tensor(X), np.arange(20) % 4),
        TypeError,
        r"y_true \(20, 4\) of float32(?s:.*)swapped",
    ),
    "no channels": (
        lambda: layers.Conv2D(2, 3)(np.zeros((2, 8, 8))),
        ValueError,
        r"\(None, 8, 8\)(?s:.*)channels\)(?s:.*)np\.newaxis",
    ),
    "nothing to step": (
        lambda: nn.optimizers.SGD(0.1).step(),
        RuntimeError,
        r"0 parameters(?s:.*)SGD\(model\.parameters\(\)",
    ),
    "classes from 1": (
        lambda: nn.utils.to_categorical([1, 2, 3], 3),
        ValueError,
        "from 1 to 3(?s:.*)num_classes=4",
    ),
}


def test_a_missing_folder_is_named(tmp_path):
    path = tmp_path / "none" / "w.safetensors"
    net = nn.Sequential([nn.Input((2,)), layers.Dense(1)])
    for save in (net.save, net.save_weights):
        with pytest.raises(FileNotFoundError, match=r"w\.safetensors\n(?s:.*)mkdir"):
            save(path)


def test_names_of_pytorch_are_translated():
    for name, ours in {"Linear": r"nn\.layers\.Dense", "Module": r"nn\.Model"}.items():
        with pytest.raises(AttributeError, match=rf"nn\.{name}(?s:.*){ours}"):
            getattr(nn, name)
    with pytest.raises(AttributeError, match="module 'nn' has no attribute 'sequential'"):
        nn.sequential  # noqa: B018


@pytest.mark.parametrize(("act", "error", "text"), MISTAKES.values(), ids=MISTAKES)
def test_the_message_says_how_to_mend_it(act, error, text):
    with pytest.raises(error, match=text):
        act()
