"""Layers as Keras' programs use them: weights that are added, settings of all, inputs by name."""

import abc
import warnings

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn import layers

X = np.linspace(-1, 1, 12, dtype=np.float32).reshape((4, 3))


class Linear(nn.Layer):
    """As in Keras' guide."""

    def __init__(self, units=2, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight((input_shape[-1], self.units), "he_normal", name="kernel")
        self.b = self.add_weight(shape=(self.units,), initializer="zeros")
        self.seen = self.add_weight(initializer="zeros", trainable=False)

    def call(self, inputs):
        self.seen.assign_add(1.0)
        return inputs @ self.w + self.b


def test_added_weights_are_those_of_the_attributes():
    layer = Linear()
    assert layer(X).shape == (4, 2)
    assert [name for name, _ in layer.named_parameters()] == ["w", "b", "seen"]
    assert [p.name for p in layer.weights] == ["kernel", "b", "seen"]
    assert layer.trainable_weights == [layer.w, layer.b]
    assert layer.seen.shape == () and layer.seen.item() == 1


def test_added_weights_that_nobody_keeps_are_found_and_saved(tmp_path):
    class Loose(nn.Layer):
        def build(self, input_shape):
            self.add_weight((input_shape[-1],), "ones", name="scale")

        def call(self, x):
            return x * self.weights[0]

    model = nn.Sequential([nn.Input((3,)), Loose()])
    assert [name for name, _ in model.named_parameters()] == ["layers.0.added.scale"]
    model.weights[0].assign([1.0, 2.0, 3.0])
    model.save_weights(tmp_path / "w.safetensors")
    other = nn.Sequential([nn.Input((3,)), Loose()])
    other.load_weights(tmp_path / "w.safetensors")
    np.testing.assert_array_equal(other(X).data, X * np.array([1, 2, 3], np.float32))


def test_add_weight_takes_what_keras_takes():
    layer = nn.Layer()
    p = layer.add_weight((3, 4), None, "float64", True, "l2", "non_neg", "p")
    assert p.shape == (3, 4) and p.dtype == np.float64 and p.regularizer.l2 == 0.01
    assert np.abs(p.data).max() <= np.sqrt(6 / 7) and p.constraint is nn.constraints.get("non_neg")
    assert layer.add_weight((5,)).shape == (5,) and layer.add_weight(3, "ones").tolist() == [1] * 3
    assert len(layer.weights) == 3
    with pytest.raises(ValueError, match=r"add_weight: `initializer`: unknown(?s:.*)'he_normal'"):
        layer.add_weight((3,), "he_normall")


def test_assign_is_in_place_and_of_the_same_shape():
    p = nn.Parameter(np.ones(2, np.float32))
    array = p.data
    assert p.assign(ag.tensor([2.0, 3.0])).assign_sub(np.ones(2)) is p
    assert p.data is array and p.tolist() == [1, 2] and p.dtype == np.float32
    with pytest.raises(ValueError, match="shape"):
        p.assign(np.ones(3))


def test_other_names_of_weights():
    model = nn.Sequential([nn.Input((3,)), layers.BatchNormalization()])
    for one in (model, model.layers[0]):
        assert one.variables == one.weights and len(one.variables) == 4
        assert one.trainable_variables == one.trainable_weights
        assert one.non_trainable_variables == one.non_trainable_weights


class Net(nn.Model):
    """Of a layer of its own."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.inner = layers.Dense(units)

    def call(self, inputs):
        return self.inner(inputs)


FROZEN = [
    lambda: layers.Dense(2, trainable=False),
    lambda: layers.Conv1D(2, 1, trainable=False, dtype="float32"),
    lambda: layers.LSTM(2, trainable=False),
    lambda: Linear(2, trainable=False, dtype=np.float32),
    lambda: Net(2, trainable=False),
]


@pytest.mark.parametrize("make", FROZEN)
def test_frozen_from_the_start(make):
    layer = make()
    layer(np.zeros((2, 5, 3), np.float32))
    assert layer.weights and layer.trainable_weights == []


def test_frozen_layers_are_saved_as_such(tmp_path):
    frozen = layers.Dense(2, trainable=False)
    assert not layers.Dense.from_config(frozen.get_config()).trainable
    assert "trainable" not in layers.Dense(2).get_config()
    model = nn.Sequential([nn.Input((3,)), frozen, layers.Dense(1)])
    model.compile("sgd", "mse")
    model.save(tmp_path / "m.safetensors")
    for other in (nn.models.clone_model(model), nn.load_model(tmp_path / "m.safetensors")):
        assert [layer.trainable for layer in other.layers] == [False, True]
        assert len(other.trainable_weights) == 2


def test_a_layer_that_passes_trainable_on_by_name():
    class Explicit(Linear):
        def __init__(self, units, trainable=True, dtype=None, **kwargs):
            super().__init__(units, trainable=trainable, dtype=dtype, **kwargs)

    assert not Explicit(2, trainable=False, name="e").trainable and Explicit(2).trainable


@pytest.mark.parametrize("dtype", ["float64", "mixed_float16", np.float16, "nonsense"])
@pytest.mark.parametrize("kind", [layers.Dense, Linear, Net])
def test_no_dtype_of_its_own(kind, dtype):
    with pytest.raises(ValueError, match=r"(?s)no dtype of its own.*'float32'.*set_default_dtype"):
        kind(2, dtype=dtype)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.Dense(3, activaton="relu"), r"Dense: unknown(?s:.*)mean activation=\?"),
        (lambda: layers.Conv2D(3, 2, stride=2), r"Conv2D: unknown(?s:.*)mean strides=\?"),
        (lambda: layers.LSTM(3, return_sequence=1), r"LSTM: (?s:.*)mean return_sequences=\?"),
        (lambda: Linear(3, trainabel=False), r"Linear: unknown(?s:.*)mean trainable=\?"),
        (lambda: layers.Flatten(zzz=1), r"Flatten: unknown argument\n.*zzz=\n.*one of name"),
        (lambda: nn.Sequential(nam="a"), r"Sequential: unknown(?s:.*)mean name=\?"),
    ],
)
def test_unknown_arguments_are_named_with_the_nearest(make, message):
    with pytest.raises(TypeError, match=message):
        make()


def test_a_class_that_takes_any_argument_is_let():
    class Takes(nn.Layer):
        def __init__(self, **kwargs):
            self.own = kwargs.pop("own")
            super().__init__(**kwargs)

    assert Takes(own=3, name="t").own == 3


def test_the_first_input_by_its_name():
    dense = layers.Dense(2)
    y = dense(x=X)
    np.testing.assert_array_equal(y.data, dense(X).data)
    np.testing.assert_array_equal(dense(x=X).data, y.data)
    assert Linear()(inputs=X).shape == Net(2)(inputs=X).shape == (4, 2)
    q = np.ones((2, 3, 4), np.float32)
    mha = layers.MultiHeadAttention(2, 2)
    np.testing.assert_array_equal(
        mha(query=q, value=q, key=q).data, mha(key=q, value=q, query=q).data
    )
    symbol = nn.Input((3,))
    assert nn.Model(symbol, dense(x=symbol))(X).shape == (4, 2)


@pytest.mark.parametrize("given", [{}, {"y": X}])
def test_no_input_at_all(given):
    with pytest.raises(TypeError, match=r"dense: no input(?s:.*)layer\(x\)"):
        layers.Dense(2)(**given)


def test_input_and_output_of_a_layer():
    a, b = nn.Input((3,)), nn.Input((3,))
    dense, added = layers.Dense(3), layers.Add()
    y = added([dense(a), b])
    assert dense.input is a and added.input[1] is b and added.output is y
    with pytest.raises(AttributeError, match="not one symbolic output"):
        _ = layers.Dense(2).input


def test_a_dropped_mask_points_to_the_line_of_the_user():
    class Drops(nn.Layer):
        def call(self, x):
            return x + 1

    x = layers.Masking()(np.ones((2, 3, 1), np.float32))
    drops = Drops()
    for call in (drops, drops, nn.Sequential([Drops()])):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            call(x)
        assert [w.filename for w in caught] == [__file__]


def test_abstract_layers_and_optimizers():
    class Base(nn.Layer, abc.ABC):
        @abc.abstractmethod
        def call(self, x):
            """Something."""

    class Twice(Base):
        def call(self, x):
            return 2 * x

    class Rule(nn.optimizers.Optimizer, abc.ABC):
        pass

    np.testing.assert_array_equal(Twice()(X), 2 * X)
    assert Rule(0.5).learning_rate == 0.5
    with pytest.raises(TypeError, match="abstract"):
        Base()


def test_a_default_of_mask_stays_without_one():
    class Kept(nn.Layer):
        def call(self, x, mask="none"):
            self.got = mask
            return x

    kept = Kept()
    kept(X)
    assert kept.got == "none"


def test_a_layer_that_gives_what_it_gets_leaves_the_callers_array_without_a_mask():
    class Same(nn.Layer):
        def call(self, x):
            return x

        def compute_mask(self, x, mask=None):
            return np.ones(x.shape[:2], bool)

    x = np.ones((1, 3, 1), np.float32)
    out = Same()(x)
    assert nn.masking.mask_of(x) is None and nn.masking.mask_of(out).shape == (1, 3)


def test_a_mask_as_a_list_of_lists_goes_on():
    x = np.ones((1, 3, 2), np.float32)
    out = layers.LSTM(2, return_sequences=True)(x, mask=[[True, False, True]])
    np.testing.assert_array_equal(nn.masking.mask_of(out), [[True, False, True]])


def test_an_embedding_with_a_mask_of_its_own():
    class Ends(layers.Embedding):
        def compute_mask(self, x, mask=None):
            return np.asarray(x) != 9

    out = Ends(10, 2)(np.array([[1, 9]]))
    np.testing.assert_array_equal(nn.masking.mask_of(out), [[True, False]])


def test_no_input_shape_and_a_bad_one():
    assert layers.Dense(3, input_shape=None).declared_shape is None
    assert not nn.Sequential([layers.Dense(3, input_shape=None)]).built
    with pytest.raises(ValueError, match=r"Dense: bad `input_shape`(?s:.*)\(5,\)"):
        layers.Dense(3, input_shape=5)


@pytest.mark.parametrize("wrap", [lambda layer: layer, layers.Bidirectional])
def test_states_are_reset_by_either_name(wrap):
    layer, x = wrap(layers.LSTM(2, stateful=True)), np.ones((1, 2, 3), np.float32)
    first, second = layer(x).data, layer(x).data
    layer.reset_states()
    assert (first != second).any()
    np.testing.assert_array_equal(layer(x).data, first)


@pytest.mark.parametrize(
    "name", ["Conv1D", "Conv2D", "Conv1DTranspose", "Conv2DTranspose", "SeparableConv2D"]
)
def test_convolutions_by_their_long_names(name):
    assert getattr(layers, name.replace("Conv", "Convolution")) is getattr(layers, name)
