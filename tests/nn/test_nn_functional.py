"""Graphs of layers: what they compute, how they are named, and what is refused."""

import gc
import re
import weakref

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn import layers

RNG = np.random.default_rng(5)
X = RNG.standard_normal((6, 3)).astype(np.float32)
Z = RNG.standard_normal((6, 2)).astype(np.float32)


class Sum(layers.Layer):
    """Takes a list of inputs and gives their sum, or with `each` the list times two."""

    def build(self, input_shape):
        self.seen = input_shape

    def call(self, x, each=False, training=False):
        self.training = training
        return [2 * part for part in x] if each else sum(x[1:], x[0])


def run(outputs, *inputs_and_values):
    """Values of symbolic tensors, by a model."""
    inputs, values = inputs_and_values[::2], inputs_and_values[1::2]
    return nn.Model(list(inputs), outputs)(list(values))


def test_a_chain_is_a_sequential():
    ag.set_seed(0)
    x = nn.Input((3,))
    graph = nn.Model(x, layers.Dense(2)(layers.Dense(4, "relu")(x)))
    chain = nn.Sequential([layers.Dense(4, "relu"), layers.Dense(2)])
    chain.build((None, 3))
    chain.set_weights(graph.get_weights())
    np.testing.assert_array_equal(graph(X).data, chain(X).data)
    assert graph.built and graph.output_shape == (None, 2)
    assert graph.count_params() == chain.count_params()


def test_branches_and_shared_layers():
    x = nn.Input((3,))
    shared = layers.Dense(3, "tanh")
    model = nn.Model(x, shared(shared(x)) + shared(x))
    kernel, bias = model.get_weights()
    once = np.tanh(X @ kernel + bias)
    expected = np.tanh(once @ kernel + bias) + once
    np.testing.assert_allclose(model(X).data, expected, rtol=1e-5, atol=1e-6)
    model(X).sum().backward()
    assert shared.kernel.grad.shape == (3, 3)
    assert [layer.name for layer in model.layers] == ["input", "dense"]


def test_models_are_layers():
    inner_input = nn.Input((3,))
    inner = nn.Model(inner_input, layers.Dense(3)(inner_input), name="inner")
    x = nn.Input((3,))
    outer = nn.Model(x, inner(inner(x)))
    np.testing.assert_allclose(outer(X).data, inner(inner(X)).data, rtol=1e-6)
    assert outer.weights == inner.weights and outer.count_params() == 12
    inner.trainable = False
    assert outer.trainable_weights == [] and len(outer.non_trainable_weights) == 2
    sequential = nn.Sequential([layers.Dense(3)])
    assert nn.Model(x, sequential(x))(X).shape == (6, 3) and sequential.built


@pytest.mark.parametrize("form", [list, tuple, dict])
def test_inputs_and_outputs_in_any_form(form):
    x, z = nn.Input((3,), name="x"), nn.Input((2,), name="z")
    a, b = layers.Dense(2)(x) + z, z * 2

    def pack(first, second):
        return {"x": first, "z": second} if form is dict else form([first, second])

    model = nn.Model(pack(x, z), pack(a, b))
    out = model(pack(X, Z))
    assert type(out) is form and model.input_names == ["x", "z"]
    last = out["z"] if form is dict else out[1]
    np.testing.assert_array_equal(last.data if isinstance(last, ag.Tensor) else last, Z * 2)
    by_name = model({"z": Z, "x": X, "unused": X})
    first = lambda tree: next(iter(tree.values())) if form is dict else tree[0]  # noqa: E731
    np.testing.assert_array_equal(first(by_name).data, first(out).data)


OPERATIONS = {
    "radd": (lambda x: 2 + x, lambda x: 2 + x),
    "rsub": (lambda x: 1 - x, lambda x: 1 - x),
    "rtruediv": (lambda x: 1 / (x * x + 1), lambda x: 1 / (x * x + 1)),
    "pow": (lambda x: (x**2 - 1) / 3, lambda x: (x**2 - 1) / 3),
    "neg": (lambda x: -x, lambda x: -x),
    "matmul": (lambda x: x @ np.ones((3, 2), np.float32), lambda x: x @ np.ones((3, 2))),
    "array on the left": (lambda x: np.arange(3) * x, lambda x: np.arange(3) * x),
    "ufunc": (lambda x: np.maximum(np.exp(x), 1), lambda x: np.maximum(np.exp(x), 1)),
    "abs": (abs, abs),
    "concatenate": (lambda x: np.concatenate([x, x], -1), lambda x: np.concatenate([x, x], -1)),
    "ag": (lambda x: ag.concatenate([x, x * 2], 1), lambda x: np.concatenate([x, x * 2], 1)),
    "index": (lambda x: x[:, ::2], lambda x: x[:, ::2]),
    "method": (lambda x: x.reshape((-1, 3, 1)).mean(axis=1), lambda x: x.mean(1)[:, None]),
    "where": (lambda x: np.where(x > 0, x, 0), lambda x: x * (x > 0)),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations(name):
    symbolic, plain = OPERATIONS[name]
    x = nn.Input((3,))
    y = symbolic(x)
    out = nn.Model(x, y)(X)
    np.testing.assert_allclose(np.asarray(out), plain(X), rtol=1e-5)
    assert y.shape == (None, *plain(X).shape[1:]) and y.dtype == np.asarray(out).dtype


def test_gradients_reach_what_is_before_operations():
    x = nn.Input((3,))
    dense = layers.Dense(3)
    model = nn.Model(x, np.tanh(dense(x))[:, :1] * 2)
    leaf = ag.tensor(X, requires_grad=True)
    model(leaf).sum().backward()
    assert leaf.grad.any() and dense.kernel.grad[:, 0].any() and not dense.kernel.grad[:, 1:].any()


def test_shapes_with_free_axes():
    x = nn.Input((None, 3))
    assert layers.Dense(4)(x).shape == (None, None, 4)
    assert x.mean(axis=1).shape == (None, 3)
    assert np.transpose(x).shape == (3, None, None)
    assert x.sum().shape == () and x.ndim == 3 and np.shape(x) == (None, None, 3)
    fixed = nn.Input((3,), batch_size=4)
    assert layers.Dense(2)(fixed).shape == (4, 2)


def test_layers_of_several_inputs():
    x, z = nn.Input((3,)), nn.Input((3,))
    add, twice = Sum(), Sum()
    total = add([x, z])
    both = twice([x, z], each=True)
    assert add.seen == [(None, 3), (None, 3)] and total.shape == (None, 3)
    assert [s.shape for s in both] == [(None, 3)] * 2
    model = nn.Model([x, z], [total, *both])
    out = model([X, X + 1], training=True)
    assert add.training is True
    np.testing.assert_allclose([np.asarray(o) for o in out], [2 * X + 1, 2 * X, 2 * X + 2], 1e-6)


def test_training_given_with_a_call_is_kept():
    x = nn.Input((3,))
    free, fixed = Sum(), Sum()
    model = nn.Model(x, [free([x, x]), fixed([x, x], training=False)])
    model(X, training=True)
    assert free.training is True and fixed.training is False


def test_keywords_may_be_symbolic():
    class Masked(layers.Layer):
        def call(self, x, mask=None):
            return x * mask

    x = nn.Input((3,))
    out = nn.Model(x, Masked()(x, mask=x < 1))(X)
    np.testing.assert_array_equal(out, X * (X < 1))


def test_equality_of_symbolic_tensors_is_identity():
    x, y = nn.Input((3,)), nn.Input((3,))
    assert x == x and x != y and x in [y, x] and len({x, y}) == 2
    assert (x == 0).dtype == bool and (x != np.zeros(3)).shape == (None, 3)
    np.testing.assert_array_equal(nn.Model(x, x == X[0])(X), X == X[0])


def test_a_part_of_a_model():
    x = nn.Input((3,))
    hidden = layers.Dense(4, name="hidden")
    model = nn.Model(x, layers.Dense(2)(hidden(x)))
    features = nn.Model(model.inputs, model.get_layer("hidden").output)
    np.testing.assert_array_equal(features(X).data, hidden(X).data)
    head = nn.Model(hidden.output, model.outputs)
    np.testing.assert_allclose(head(features(X)).data, model(X).data, rtol=1e-6)
    assert head.count_params() == 10


def test_output_needs_one_symbolic_call():
    dense, x = layers.Dense(2), nn.Input((2,))
    with pytest.raises(AttributeError, match="0 calls on symbolic tensors"):
        _ = dense.output
    dense(dense(x))
    with pytest.raises(AttributeError, match="2 calls"):
        _ = dense.output


def test_names_are_apart_in_each_model():
    x = nn.Input((3,))
    a, b, c = layers.Dense(3), layers.Dense(3), layers.Dense(3, name="dense_1")
    model = nn.Model(x, c(b(a(x))) + x + x)
    assert [f.name for f in model.graph.functions] == [
        "input",
        "dense",
        "dense_2",
        "dense_1",
        "add",
        "add_1",
    ]
    other = nn.Model(x, layers.Dense(1)(b(x)))
    assert [layer.name for layer in other.layers] == ["input", "dense_2", "dense"]
    assert nn.Model(x, [a(x), a(x)]).output_names == ["dense", "dense_1"]


def test_inputs_cast_if_they_say_so():
    x = nn.Input((3,), dtype="int32")
    assert nn.Model(x, x + 0)(np.ones((2, 3), np.int64)).dtype == np.int32
    free = nn.Input((3,))
    assert nn.Model(free, free[:])(np.ones((2, 3), np.int64)).dtype == np.int64


def test_deep_graphs_need_no_recursion():
    x = y = nn.Input((1,))
    for _ in range(1500):
        y = y + 1
    np.testing.assert_array_equal(nn.Model(x, y)(np.zeros((1, 1), np.float32)), [[1500]])


def test_values_are_let_go_when_nothing_reads_them():
    alive = []

    class Watch(layers.Layer):
        def call(self, x):
            gc.collect()
            alive.append(sum(ref() is not None for ref in made))
            out = x + 1
            made.append(weakref.ref(out))
            return out

    made = []
    x = y = nn.Input((3,))
    for _ in range(6):
        y = Watch()(y)
    alive.clear(), made.clear()
    with ag.no_grad():
        nn.Model(x, y)(ag.tensor(X))
    assert max(alive) <= 1


# What is refused.


def test_disconnected_outputs():
    x, z = nn.Input((3,), name="x"), nn.Input((3,), name="z")
    with pytest.raises(ValueError, match=r"not among `inputs`(?s:.*)<Input 'x'>(?s:.*)add it to"):
        nn.Model(z, x + z)
    assert nn.Model([x, z], x + 1)([X, X]).shape == (6, 3)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda x: nn.Model(x, 3), "`outputs`: not a symbolic tensor"),
        (lambda x: nn.Model(X, x), "`inputs`: not a symbolic tensor"),
        (lambda x: nn.Model(x), "`outputs`: not a symbolic tensor"),
        (lambda x: nn.Model([layers.Dense(1)], x), r"nn\.Sequential\(\[\.\.\.\]\)"),
        (lambda x: nn.Model("name"), "`inputs`: not a symbolic tensor"),
        (lambda x: bool(x), "it has no values"),
        (lambda x: list(x), "it has no values"),
        (lambda x: np.asarray(x), "it has no values"),
        (lambda x: float(x), "a layer of your own"),
    ],
)
def test_what_makes_no_graph(make, text):
    with pytest.raises(TypeError, match=text):
        make(nn.Input((3,)))


def test_two_layers_of_one_name():
    x = nn.Input((3,))
    with pytest.raises(ValueError, match=r"two layers have the same name(?s:.*)'a'"):
        nn.Model(x, layers.Dense(3, name="a")(layers.Dense(3, name="a")(x)))
    with pytest.raises(ValueError, match="two layers have the same name"):
        nn.Sequential([layers.Dense(3, name="a"), layers.Dense(3, name="a")])


def test_an_input_given_twice():
    x = nn.Input((3,))
    with pytest.raises(ValueError, match="given twice"):
        nn.Model([x, x], x + 1)


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (X, "one array(?s:.*)2 arrays in a list, or a dict of 'x', 'z'"),
        ([X], "1 arrays"),
        ([X, Z, Z], "3 arrays"),
        ({"x": X}, "a dict of 'x'"),
    ],
)
def test_not_the_inputs_of_the_model(x, text):
    a, b = nn.Input((3,), name="x"), nn.Input((2,), name="z")
    with pytest.raises(ValueError, match=f"the model's inputs: not these(?s:.*){text}"):
        nn.Model([a, b], layers.Dense(2)(a) + b)(x)


def test_misfits_are_met_when_the_graph_is_made():
    x = nn.Input((3,))
    with pytest.raises(ValueError, match="shapes"):
        x + layers.Dense(4)(x)
    with pytest.raises(ValueError, match=r"expected: \(None, 3\)"):
        nn.Model(x, x + 1)(np.zeros((2, 4), np.float32))
    with pytest.raises(ValueError, match=r"nn\.Input\(\(3,\)\)"):
        nn.Input(3)


# What is shown.


def branched():
    x = nn.Input((3,), name="x")
    return nn.Model(x, x + layers.Dense(3, name="inside")(x), name="residual")


def test_summary_says_what_is_connected_to_what(capsys):
    branched().summary()
    assert capsys.readouterr().out.splitlines()[1:-4] == [
        "Layer            Output shape  Params  Connected to",
        "---------------------------------------------------",
        "x (Input)        (None, 3)          0",
        "inside (Dense)   (None, 3)         12  x",
        "add (Operation)  (None, 3)          0  x, inside",
    ]


def test_pictures(tmp_path):
    model = branched()
    source = nn.plot_model(model)
    assert 'n1 [label="inside (Dense)"];' in source and "n0 -> n2;" in source
    assert nn.plot_model(model, tmp_path / "m.dot", show_shapes=True) == (
        tmp_path / "m.dot"
    ).read_text("utf-8")
    chain = nn.plot_model(nn.Sequential([layers.Dense(1), layers.Flatten()]))
    assert "n0 -> n1;" in chain
    with pytest.raises(ValueError, match="no format for the file"):
        nn.plot_model(model, tmp_path / "m")


def test_pictures_need_graphviz(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="`dot` is not installed"):
        nn.plot_model(branched(), tmp_path / "m.svg")


def nested():
    a, b = nn.Input((3,), name="a"), nn.Input((4,), name="b")
    p, q = layers.Dense(2, name="p")(a), layers.Dense(2, name="q")(b)
    inner = nn.Model([a, b], [q, p + q], name="inner")
    x, y = nn.Input((4,), name="x"), nn.Input((3,), name="y")
    u, v = inner([y, x])
    chain = nn.Sequential([layers.Dense(3, name="s"), layers.ReLU(name="r")], name="chain")
    return nn.Model([x, y], [chain(u), layers.Dense(1, name="t")(v)])


def test_pictures_of_models_in_models():
    source = nn.plot_model(nested(), expand_nested=True)
    numbers = {name: n for n, name in re.findall(r'(n\d+) \[label="(\w+) ', source)}
    arrows = {tuple(pair) for pair in re.findall(r"(n\d+) -> (n\d+)", source)}
    expected = "y-a x-b a-p b-q p-add q-add q-s s-r add-t"
    assert arrows == {tuple(numbers[end] for end in a.split("-")) for a in expected.split()}
    assert source.count("subgraph cluster_") == 2 and source.count("{") == source.count("}")
    assert "inner (Model)" in nn.plot_model(nested())


def test_summary_of_models_in_models(capsys):
    nested().summary(expand_nested=True)
    rows = capsys.readouterr().out.splitlines()[3:-4]
    assert [row.split(" (")[0] for row in rows] == (
        ["y", "x", "inner", "  b", "  a", "  q", "  p", "  add", "chain", "  s", "  r", "t"]
    )
    assert rows[7].endswith("0  p, q")


def test_a_model_within_another_is_used_by_itself():
    x, z = nn.Input((3,)), nn.Input((2,))
    encoder, decoder = nn.Model(x, layers.Dense(2)(x)), nn.Model(z, layers.Dense(3)(z))
    both = nn.Model(x, decoder(encoder(x)))
    rows = np.ones((5, 3), np.float32)
    codes = encoder.predict(rows, verbose=0)
    np.testing.assert_array_equal(encoder.predict_on_batch(rows), codes)
    np.testing.assert_allclose(decoder.predict(codes), both.predict(rows), rtol=1e-6)
