"""Settings of Keras that say nothing here: accepted where they change nothing, else refused."""

import numpy as np
import pytest

import autograd_lite as ag
from nn import Sequential, callbacks, layers, losses, metrics, optimizers
from nn.foreign import Foreign

NEUTRAL = [
    lambda: layers.LSTM(2, unroll=True, use_cudnn="auto"),
    lambda: layers.GRU(2, unroll=False),
    lambda: layers.MultiHeadAttention(
        1, 2, flash_attention=True, attention_axes=None, sliding_window=None, use_gate=False
    ),
    lambda: layers.BatchNormalization(renorm=False, synchronized=True),
    lambda: layers.Dense(2, lora_rank=None, quantization_config=None),
    lambda: layers.Embedding(2, 2, weights=None),
    lambda: layers.Flatten(data_format="channels_last"),
    lambda: layers.SpatialDropout2D(0.5, data_format=None),
    lambda: layers.CategoryEncoding(3, sparse=False),
    lambda: layers.Discretization([0.0], output_mode="int"),
    lambda: optimizers.Adam(0.1, name="mine", loss_scale_factor=None),
    lambda: optimizers.schedules.ExponentialDecay(0.1, 10, 0.5, name="decay"),
    lambda: callbacks.BackupAndRestore("backup", double_checkpoint=True),
    lambda: callbacks.TensorBoard(write_graph=True, write_images=False),
]


@pytest.mark.parametrize("make", NEUTRAL)
def test_what_changes_nothing_is_accepted(make):
    make()


OTHERS = [
    (lambda: layers.MultiHeadAttention(1, 2, sliding_window=4), "sliding_window=4", "None"),
    (lambda: layers.BatchNormalization(renorm=True), "renorm=True", "False"),
    (lambda: layers.Flatten(data_format="channels_first"), "'channels_first'", "'channels_last'"),
    (lambda: optimizers.Adam(0.1, loss_scale_factor=2.0), "loss_scale_factor=2.0", "None"),
    (lambda: callbacks.TensorBoard(embeddings_freq=1), "embeddings_freq=1", "0"),
    (lambda: metrics.AUC(dtype="float16"), "dtype='float16'", "'float32'"),
    (lambda: losses.Huber(dtype="float64"), "dtype='float64'", "'float32'"),
]


@pytest.mark.parametrize(("make", "got", "expected"), OTHERS)
def test_what_would_change_something_is_refused(make, got, expected):
    with pytest.raises(ValueError, match=rf"(?s)got: .*{got}.*expected: .*{expected}"):
        make()


def test_every_loss_and_metric_takes_the_default_dtype():
    p, y = np.array([[0.3, 0.7]]), np.array([[0.0, 1.0]])
    for name in ("MeanSquaredError", "BinaryCrossentropy", "CosineSimilarity", "Hinge"):
        for kind in (getattr(losses, name), getattr(metrics, name)):
            assert float(kind(dtype="float32")(y, p)) == float(kind()(y, p))
    assert metrics.Mean("loss", "float32").name == "loss"


def test_a_class_of_ones_own_hands_its_settings_on():
    class Largest(metrics.Metric):
        def __init__(self, name="largest", dtype=None, **settings):
            super().__init__(name=name, dtype=dtype, **settings)

    class Own(metaclass=Foreign):
        foreign = {"a": (1,), "b": None}  # noqa: RUF012

        def __init__(self, b):
            self.b = b

    assert Largest(dtype="float32").name == "largest"
    assert Own(a=1, b=2).b == 2


def test_metrics_take_their_name_first():
    p, y = np.array([[0.3], [0.6]]), np.array([[0.0], [1.0]])
    strict = metrics.BinaryAccuracy("strict", threshold=0.65)
    assert (strict.name, strict(y, p)) == ("strict", 0.5)
    assert metrics.Accuracy("acc").name == "acc"
    assert metrics.BinaryCrossentropy("bce", None, True).settings["from_logits"] is True
    assert metrics.CosineSimilarity("cosine", axis=0).settings == {"axis": 0}


@pytest.mark.parametrize(
    "layer",
    [
        lambda: layers.LSTM(3, dropout=0.4, recurrent_dropout=0.4, seed=1),
        lambda: layers.MultiHeadAttention(2, 3, dropout=0.5, seed=1),
    ],
)
def test_a_seed_repeats_the_dropout(layer):
    x = np.random.default_rng(0).random((2, 5, 4))
    outputs = []
    for own in (layer(), layer()):
        given = (x, x) if isinstance(own, layers.MultiHeadAttention) else (x,)
        own(*given)
        own.set_weights([np.cos(np.arange(w.size).reshape(w.shape)) for w in own.get_weights()])
        first, second = own(*given, training=True).data, own(*given, training=True).data
        assert not np.array_equal(first, second)
        outputs.append(first)
        ag.random.generator().random()
    np.testing.assert_array_equal(*outputs)


@pytest.mark.parametrize(
    ("settings", "fix"),
    [
        ({"lr": 0.1}, "learning_rate="),
        ({"decay": 0.1}, "learning_rate=schedules.InverseTimeDecay"),
        ({"beta1": 0.9}, r"did you mean beta_1=\?"),
    ],
)
def test_an_unknown_setting_of_an_optimizer(settings, fix):
    with pytest.raises(TypeError, match=rf"(?s)Adam: unknown argument.*fix: +{fix}"):
        optimizers.Adam(**settings)


def test_an_optimizer_of_ones_own_takes_what_it_likes():
    class Own(optimizers.SGD):
        def __init__(self, parameters=None, **settings):
            self.extra = settings.pop("extra")
            super().__init__(parameters, **settings)

    assert Own(extra=3, learning_rate=0.5).extra == 3


def test_the_losses_are_metrics_too():
    for name in ("mean_squared_error", "binary_crossentropy", "hinge", "huber"):
        assert getattr(metrics, name) is getattr(losses, name)


def test_a_softmax_over_one_unit_is_told():
    with pytest.warns(UserWarning, match="softmax over one unit is 1 whatever comes in"):
        layers.Dense(1, activation="softmax").build((None, 3))


def test_a_step_that_takes_its_data_in_one():
    with pytest.raises(
        TypeError, match=r"(?s)Own: a step takes the parts.*test_step\(self, data\)"
    ):

        class Own(Sequential):
            def test_step(self, data):
                pass
