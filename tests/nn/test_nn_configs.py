"""Settings as JSON and back, of every layer and of what layers are given."""

import json

import numpy as np
import pytest

import nn
from nn import layers
from nn.configs import Decoder, Encoder

NEEDED = {
    "CategoryEncoding": (4,),
    "Cropping1D": (),
    "Dense": (3,),
    "Discretization": ([0.0, 1.0],),
    "Activation": ("relu",),
    "Dot": (1,),
    "Embedding": (5, 3),
    "Input": ((3,),),
    "MultiHeadAttention": (2, 2),
    "Permute": ((2, 1),),
    "RepeatVector": (3,),
    "Rescaling": (2.0,),
    "Reshape": ((2, -1),),
    "GRU": (3,),
    "LSTM": (3,),
    "SimpleRNN": (3,),
}


def sample(cls):
    name = cls.__name__
    if name in NEEDED:
        return cls(*NEEDED[name])
    if name in ("Bidirectional", "TimeDistributed"):
        return cls(layers.LSTM(2))
    if "Depthwise" in name:
        return cls(2)
    if "Conv" in name:
        return cls(2, 3)
    if "Dropout" in name or name == "GaussianNoise":
        return cls(0.5)
    return cls()


@pytest.mark.parametrize(
    "name", [n for n in layers.__all__ if n[0].isupper() and n not in ("Layer", "Parameter")]
)
def test_every_layer_has_a_config(name):
    layer = sample(getattr(layers, name))
    config = json.loads(json.dumps(layer.get_config()))
    other = type(layer).from_config(config)
    assert other.get_config() == config


OTHERS = [
    *(nn.initializers.get(name) for name in nn.initializers.INITIALIZERS),
    nn.initializers.HeNormal(seed=3),
    *(nn.regularizers.get(name) for name in nn.regularizers.REGULARIZERS),
    *(nn.constraints.get(name) for name in nn.constraints.CONSTRAINTS),
    nn.schedules.PiecewiseConstantDecay([10], [0.1, 0.01]),
    nn.schedules.LinearWarmup(nn.schedules.CosineDecay(0.1, 10), 5),
    *nn.activations.ACTIVATIONS.values(),
    *(cls() for cls in dict.fromkeys(nn.losses.LOSSES.values())),
    nn.losses.Huber(delta=2.0, reduction="sum"),
    *(optimizer() for optimizer in nn.optimizers.OPTIMIZERS.values()),
    nn.optimizers.SGD(momentum=0.5, gradient_accumulation_steps=2),
]


@pytest.mark.parametrize("x", OTHERS, ids=lambda x: getattr(x, "__name__", type(x).__name__))
def test_every_object_has_a_form(x):
    text = json.dumps(Encoder()(x))
    other = Decoder()(json.loads(text))
    assert type(other) is type(x) and json.dumps(Encoder()(other)) == text


VALUES = [
    None,
    True,
    3,
    -0.0,
    "text",
    (1, (2, [3])),
    {"a": (1,)},
    {1: 2, (3,): [4]},
    slice(None, 3, -1),
    Ellipsis,
    np.dtype("<f4"),
    float("inf"),
]


@pytest.mark.parametrize("x", VALUES, ids=repr)
def test_values_come_back(x):
    other = Decoder()(json.loads(json.dumps(Encoder()(x))))
    assert repr(other) == repr(x)
