"""Parameters are found by attribute; weights, names and modes follow from that."""

import numpy as np
import pytest

import autograd_lite as ag
from nn.layer import Layer, Parameter
from nn.layers import Dense


class Pair(Layer):
    """Two parameters, one of them a state."""

    def build(self, input_shape):
        self.scale = Parameter(np.ones(input_shape[-1], np.float32))
        self.seen = Parameter(np.zeros((), np.float32), trainable=False)

    def call(self, x):
        return x * self.scale


class Tree(Layer):
    """Layers and parameters in a list, a dict, a tuple and lists within lists."""

    def __init__(self):
        self.blocks = [Pair(), [Pair()]]
        self.heads = {"a": Pair(), "b": (Pair(),)}
        self.own = Parameter(np.zeros(2, np.float32))
        self.unrelated = [1, "text", None]

    def call(self, x):
        for layer in (self.blocks[0], self.blocks[1][0], self.heads["a"], self.heads["b"][0]):
            x = layer(x)
        return x


def built(layer, features=3):
    layer(np.ones((2, features), np.float32))
    return layer


def test_dotted_names_in_order_of_creation():
    names = [name for name, _ in built(Tree()).named_parameters()]
    paths = ["blocks.0", "blocks.1.0", "heads.a", "heads.b.0"]
    assert names == [f"{path}.{name}" for path in paths for name in ("scale", "seen")] + ["own"]


def test_shared_layers_count_once():
    shared = Dense(3)
    tree = Tree()
    tree.heads = {"a": shared, "b": (shared,)}
    tree.again = shared
    names = [name for name, _ in built(tree).named_parameters() if "kernel" in name]
    assert names == ["heads.a.kernel"]


def test_circles_of_layers_end():
    parent, child = Tree(), Pair()
    child.parent, parent.child = parent, child
    built(parent), built(child)
    assert len(parent.parameters()) == len(child.parameters()) == 9 + 2


def test_parameters_is_the_same_list_without_names():
    tree = built(Tree())
    assert [p for _, p in tree.named_parameters()] == tree.parameters()
    assert tree.count_params() == 4 * (3 + 1) + 2


def test_sublayers_are_those_directly_below():
    tree = Tree()
    assert tree.sublayers() == {
        "blocks.0": tree.blocks[0],
        "blocks.1.0": tree.blocks[1][0],
        "heads.a": tree.heads["a"],
        "heads.b.0": tree.heads["b"][0],
    }


def test_build_runs_once_with_a_free_batch_axis():
    shapes = []

    class Spy(Layer):
        def build(self, input_shape):
            shapes.append(input_shape)

        def call(self, x):
            return x

    spy = Spy()
    assert not spy.built and spy.output_shape is None
    spy(np.zeros((2, 5)))
    spy(np.zeros((7, 5)))
    assert shapes == [(None, 5)] and spy.built and spy.output_shape == (None, 5)


def test_lists_are_inputs_too():
    assert built(Pair())([[1.0, 2.0, 3.0]]).shape == (1, 3)


@pytest.mark.parametrize("training", [False, True])
def test_training_reaches_only_those_that_ask(training):
    class Asks(Layer):
        def call(self, x, training=False):
            return training

    class AsksNot(Layer):
        def call(self, x):
            return x

    asks, asks_not = Asks(), AsksNot()
    asks.built = asks_not.built = True
    assert asks(0, training=training) is training
    assert asks_not(0, training=training) == 0


def test_further_inputs_and_keywords_are_passed_on():
    class Scaled(Layer):
        def build(self, input_shape):
            self.seen = input_shape

        def call(self, x, scale, mask=None, training=False):
            return x * scale, mask, training

    scaled, x = Scaled(), np.ones((2, 3))
    out, mask, training = scaled(x, 2.0, mask="m", training=True)
    assert out.sum() == 12 and mask == "m" and training is True
    assert scaled.seen == (None, 3) and scaled.output_shape[0] == (None, 3)
    assert scaled(x, 1.0)[1:] == (None, False)


@pytest.mark.parametrize("form", [list, tuple, dict])
def test_several_inputs_are_built_on_their_shapes(form):
    class Spy(Layer):
        def build(self, input_shape):
            self.seen = input_shape

        def call(self, x):
            return x

    parts = np.ones((2, 3)), np.ones((2, 4))
    x = dict(zip("ab", parts, strict=True)) if form is dict else form(parts)
    spy = Spy()
    out = spy(x)
    assert type(out) is form and type(spy.seen) is form and spy.output_shape == spy.seen
    assert list(spy.seen.values() if form is dict else spy.seen) == [(None, 3), (None, 4)]


def test_weights_by_kind_and_name():
    layer = built(Pair())
    assert [p.name for p in layer.weights] == ["scale", "seen"]
    assert layer.trainable_weights == [layer.scale]
    assert layer.non_trainable_weights == [layer.seen]
    layer.trainable = False
    assert layer.trainable_weights == [] and layer.weights == layer.non_trainable_weights


def test_a_layer_without_call_says_so():
    with pytest.raises(NotImplementedError, match=r"define call\(self, x"):
        Layer()(np.zeros((1, 1)))


def test_names():
    class TwoWords(Pair):
        pass

    assert TwoWords().name == "two_words"
    assert Dense(1, name="mine").name == "mine"
    assert repr(Dense(1, name="mine")) == "<Dense 'mine'>"


def test_get_weights_are_copies_and_set_weights_writes_in_place():
    layer = built(Dense(2))
    kernel = layer.kernel
    weights = layer.get_weights()
    weights[0][...] = 7
    assert not (layer.kernel.data == 7).any()
    layer.set_weights(weights)
    assert layer.kernel is kernel
    np.testing.assert_array_equal(kernel.data, 7)


def test_set_weights_takes_float64_and_keeps_float32():
    layer = built(Dense(2))
    layer.set_weights([np.ones((3, 2)), [1.0, 2.0]])
    assert [w.dtype for w in layer.get_weights()] == [np.float32] * 2


@pytest.mark.parametrize(
    "weights",
    [[], [np.zeros((3, 2))], [np.zeros((2, 3)), np.zeros(2)], [np.zeros((3, 2))] * 3],
    ids=["none", "too few", "transposed", "too many"],
)
def test_set_weights_refuses_and_writes_nothing(weights):
    layer = built(Dense(2))
    before = layer.get_weights()
    with pytest.raises(ValueError, match=r"expected: kernel \(3, 2\), bias \(2,\)"):
        layer.set_weights(weights)
    np.testing.assert_array_equal(layer.get_weights()[0], before[0])


def test_set_weights_before_build_says_to_build():
    with pytest.raises(ag.errors.ShapeError, match="build the layer first"):
        Dense(2).set_weights([np.zeros((3, 2)), np.zeros(2)])


def test_trainable_reaches_down_and_leaves_states_alone():
    tree = built(Tree())
    assert [p.requires_grad for p in tree.heads["a"].parameters()] == [True, False]
    tree.trainable = False
    assert not tree.heads["a"].trainable
    assert not any(p.requires_grad for p in tree.parameters())
    tree.trainable = True
    assert [p.requires_grad for p in tree.heads["a"].parameters()] == [True, False]


def test_trainable_set_before_build_holds():
    tree = Tree()
    tree.blocks[0].trainable = False
    built(tree)
    assert not tree.blocks[0].scale.requires_grad
    assert tree.blocks[1][0].scale.requires_grad


def test_a_subclass_that_forgets_super_init_works():
    class Forgetful(Layer):
        def __init__(self):
            self.inner = Dense(2)

        def call(self, x):
            return self.inner(x)

    assert len(built(Forgetful()).parameters()) == 2


def test_integers_are_no_parameters():
    with pytest.raises(TypeError, match="int64"):
        Parameter(np.zeros(3, np.int64))


def test_a_layer_built_by_hand_is_built():
    layer = Dense(2)
    layer.build((None, 3))
    kernel = layer.kernel
    assert layer.built and kernel.name == "kernel"
    out = layer(np.ones((4, 3), np.float32))
    assert layer.kernel is kernel and layer.output_shape == (None, 2)
    assert out.shape == (4, 2)


def test_a_layer_that_builds_those_below_it():
    class Outer(Pair):
        def __init__(self):
            super().__init__()
            self.inner = Dense(3)
            self.inner.trainable = False

        def build(self, input_shape):
            super().build(input_shape)
            assert not self.built  # the base's `build` is not the end of it
            self.inner.build(input_shape)

        def call(self, x):
            return self.inner(super().call(x))

    outer = Outer()
    outer.build((None, 3))
    assert outer.built and outer.inner.built and not outer.inner.kernel.requires_grad
    kernel = outer.inner.kernel
    built(outer)
    assert outer.inner.kernel is kernel
