"""Weights that find their layers by name."""

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn import layers

X = np.random.default_rng(0).normal(size=(6, 8)).astype(np.float32)


@pytest.mark.parametrize("whole", [False, True])
def test_weights_by_the_names_of_layers(tmp_path, whole):
    def made(*names):
        dense = [layers.Dense(4, name=name) for name in names]
        return nn.Sequential([nn.Input((4,)), *dense])

    first, second = made("a", "b", "c"), made("new", "c", "a")
    (first.save if whole else first.save_weights)(tmp_path / "w")
    with pytest.raises(ag.errors.ShapeError, match=r"b\.kernel: not in the model(?s:.*)new\.bias"):
        second.load_weights(tmp_path / "w", by_name=True)
    report = second.load_weights(tmp_path / "w", strict=False, by_name=True)
    assert report.loaded == ["c.kernel", "c.bias", "a.kernel", "a.bias"]
    assert report.missing == ["new.kernel", "new.bias"]
    assert set(report.unexpected) == {"b.kernel", "b.bias"}
    for name in "ac":
        pair = [model.get_layer(name).kernel.data for model in (first, second)]
        np.testing.assert_array_equal(*pair)


def test_weights_by_names_that_are_not_alone(tmp_path):
    class Twins(nn.Model):
        def __init__(self):
            super().__init__()
            self.one, self.two = layers.Dense(2, name="same"), layers.Dense(2, name="same")

        def call(self, x):
            return self.two(self.one(x))

    model = Twins()
    model(X)
    model.save_weights(tmp_path / "w")
    model.load_weights(tmp_path / "w")
    with pytest.raises(
        ValueError, match=r"two layers in .*w have one name\n  got: +same.bias, same"
    ):
        model.load_weights(tmp_path / "w", by_name=True)
