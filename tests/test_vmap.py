"""vmap, and the pulls and pushes of many rows at once that make it and `jacobian` fast."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from op_cases import CASES

import autograd_lite as ag
from autograd_lite import batched, engine, forward
from autograd_lite.errors import GradientError, ShapeError
from autograd_lite.graph import place_of
from autograd_lite.op import COMPOSED, OPS
from autograd_lite.scope import Scope

RNG = np.random.default_rng(7)
A = RNG.standard_normal((4, 3))
X = RNG.standard_normal((5, 3))
W = RNG.standard_normal(3)

with_gradient = pytest.mark.parametrize(
    "case",
    [c for c in CASES if c.floating and (c.op in COMPOSED or any(OPS[c.op].vjps))],
    ids=str,
)


def same(got, wanted):
    np.testing.assert_allclose(got, wanted, rtol=1e-11, atol=1e-12, strict=True)


def recorded(case):
    """The value of a case as a Tensor, and the Tensors that it depends on."""
    arrays = case.arrays()
    args = [ag.Tensor(a, True) if i in case.floating else a for i, a in enumerate(arrays)]
    return case.call(*args), [args[i] for i in case.floating]


def loop(roots, rows, targets):
    """The gradients of `rows`, pulled one by one and stacked."""
    pulled = [engine.pull(roots, [row], targets, retain_graph=True) for row in rows]
    return {place: np.stack([found[place] for found in pulled]) for place in pulled[0]}


# Many rows at once, in the engine.


@with_gradient
def test_batched_pulls_and_pushes_are_the_loops(case):
    out, inputs = recorded(case)
    if not out.requires_grad:
        return
    root = place_of(out)
    for count in (2, 3):  # either may be the length of some other axis too
        rows = RNG.standard_normal((count, *out.shape)).astype(out.dtype)
        wanted = loop([root], rows, inputs)
        got = batched.pull([root], [rows], inputs)
        assert got.keys() == wanted.keys()
        for place, g in got.items():
            same(g, wanted[place])
    rows = {x: RNG.standard_normal((3, *x.shape)).astype(x.dtype) for x in inputs}
    (got,) = batched.push([root], rows)
    each = [forward.push([root], {x: t[i, ...] for x, t in rows.items()})[0] for i in range(3)]
    if got is None:
        assert each[0] is None
    else:
        same(got, np.stack(each))


SHAPES = [((3,), (3,)), ((3,), (3, 2)), ((2, 3), (3,)), ((3,), (2, 3, 4)), ((2, 4, 3), (3,))]
SHAPES += [((2, 2, 3), (3, 2)), ((2, 3), (2, 3, 2)), ((2, 1, 2, 3), (2, 3, 2)), ((2, 3), (3, 2))]


@pytest.mark.parametrize("shapes", SHAPES, ids=str)
@pytest.mark.parametrize("count", [2, 3])
def test_batched_pulls_through_products_of_all_ranks(shapes, count):
    a, b = (ag.Tensor(RNG.standard_normal(shape), True) for shape in shapes)
    out = a @ b
    rows = RNG.standard_normal((count, *out.shape))
    wanted = loop([place_of(out)], rows, [a, b])
    for place, g in batched.pull([place_of(out)], [rows], [a, b]).items():
        same(g, wanted[place])


INDICES = [1, (0, 1), (..., 0), None, (slice(None), None, [0, 0, 1]), ([0, 1], [2, 2])]
INDICES += [(0, slice(None), [1, 1]), ([1, 0, 0],), A[:2, :3] > 0, (slice(0, 2), np.array([2, 0]))]


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_batched_pulls_through_indices(index):
    x = ag.Tensor(RNG.standard_normal((2, 3)), True)
    if isinstance(index, tuple) and len(index) == 3:
        x = ag.Tensor(RNG.standard_normal((2, 3, 2)), True)
    out = x[index]
    rows = RNG.standard_normal((3, *out.shape))
    got = batched.pull([place_of(out)], [rows], [x])
    same(got[x], loop([place_of(out)], rows, [x])[x])


def test_a_batched_pull_stays_in_float32_and_sums_what_was_broadcast():
    x, y = ag.Tensor(np.ones((2, 3), np.float32), True), ag.Tensor(np.ones((1, 1)), True)
    out = np.exp(x * 2) * y + x
    rows = RNG.standard_normal((4, 2, 3))
    got = batched.pull([place_of(out)], [rows], [x, y])
    assert (got[x].dtype, got[y].dtype) == (np.float32, np.float64)
    assert got[y].shape == (4, 1, 1)
    np.testing.assert_allclose(got[x], loop([place_of(out)], rows, [x])[x], rtol=1e-6)


def test_the_rules_run_once_for_all_rows(monkeypatch):
    pulls = []
    one = engine.Pass.pull_node
    monkeypatch.setattr(engine.Pass, "pull_node", lambda *a: (pulls.append(1), one(*a))[1])
    ag.jacobian(lambda x: np.tanh(A @ np.mean(x * x, axis=0)))(X)
    assert pulls == []
    ag.jacobian(lambda x: np.sort(x))(W)
    assert len(pulls) == 3


def test_hooks_see_one_gradient_at_a_time():
    seen = []

    def f(x):
        y = np.sin(x)
        y.register_hook(lambda g: seen.append(g.shape) or g * 2)
        return y * 3

    same(ag.jacobian(f)(W), np.diag(6 * np.cos(W)))
    assert seen == [(3,)] * 3


def test_an_anomaly_is_found_in_a_jacobian():
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError, match="sqrt"):
        with ag.detect_anomaly():
            ag.jacobian(lambda x: np.sqrt(x))(np.array([1.0, 0.0]))


def test_an_op_of_the_same_name_is_not_taken_for_the_librarys():
    known = OPS["matmul"]

    @ag.op(vjps=(lambda g, b: g * b[:, 0], lambda g, a: None))
    def matmul(a, b):
        return a * b[:, 0]

    OPS["matmul"] = known
    b = np.arange(9.0).reshape(3, 3)
    same(ag.jacobian(lambda a: matmul(a, b))(W), np.diag(b[:, 0]))


def test_an_element_wise_op_may_read_a_shape():
    @ag.op(vjps=(lambda g, x_shape: ag.reshape(g * 2, x_shape),), domain=(-1, 1))
    def twice_by_shape(x):
        return x * 2

    del OPS["twice_by_shape"]
    for mode in ("forward", "reverse"):
        same(ag.jacobian(twice_by_shape, mode=mode)(W), 2 * np.eye(3))


def test_a_wrong_rule_of_an_element_wise_op_is_named():
    @ag.op(vjps=(lambda g: ag.sum(g),), domain=(-1, 1))
    def summed_up(x):
        return x * 1

    del OPS["summed_up"]
    with pytest.raises(GradientError, match=r"summed_up(.|\n)*wrong shape(.|\n)*\(3,\)"):
        ag.jacobian(summed_up)(W)


# jacobian in blocks of rows.


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("room", [1, 100, 1 << 20])
@pytest.mark.parametrize("dtype", [float, complex])
def test_jacobians_are_the_same_in_blocks_of_any_size(monkeypatch, mode, room, dtype):
    def f(a, x):
        return np.tanh(a @ x) * x[0], a.shape

    a, x = A.astype(dtype), W.astype(dtype)
    slope = 1 - np.tanh(a @ x) ** 2
    monkeypatch.setattr(batched, "_BYTES", room)
    got = ag.jacobian(lambda a, x: f(a, x)[0], argnums=(0, 1), mode=mode)(a, x)
    by_x = slope[:, None] * a * x[0]
    by_x[:, 0] += np.tanh(a @ x)
    same(got[1], by_x)
    same(got[0], np.einsum("i,ij,k->ijk", slope * x[0], np.eye(4), x))


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_jacobians_of_what_does_not_depend(mode):
    same(ag.jacobian(lambda x: A * 1.0, mode=mode)(W), np.zeros((4, 3, 3)))
    same(ag.jacobian(lambda x, y: y * 2, argnums=(0, 1), mode=mode)(W, W)[0], np.zeros((3, 3)))
    same(ag.jacobian(lambda x: x, mode=mode)(W), np.eye(3))
    same(ag.jacobian(lambda x: x[:0], mode=mode)(W), np.zeros((0, 3)))


def test_a_block_fits_its_memory():
    scope = Scope(np.sin, (0,), [np.zeros(1 << 16)])
    (x,) = scope.arguments()
    assert scope.rows_at_once(np.sin(x)) == batched._BYTES >> 19
    assert scope.rows_at_once(np.sin(np.ones(3))) == 1


# vmap.


def test_vmap_is_the_loop():
    def f(w, x):
        return np.tanh(w @ x), {"norm": np.sum(x * x)}

    out, parts = ag.vmap(f, in_axes=(None, 0))(A, X)
    same(out, np.tanh(X @ A.T))
    same(parts["norm"], np.sum(X * X, axis=1))


@pytest.mark.parametrize(
    ("in_axes", "out_axes"), [(0, 0), (1, 1), (-1, -1), ((0,), 1), ([1], -2), (0, (2))]
)
def test_axes(in_axes, out_axes):
    x = RNG.standard_normal((4, 2, 6))
    axis = in_axes if isinstance(in_axes, int) else in_axes[0]
    slices = [np.sort(s, axis=None).reshape(2, -1) for s in np.moveaxis(x, axis, 0)]
    got = ag.vmap(lambda s: np.reshape(np.sort(np.ravel(s)), (2, -1)), in_axes, out_axes)(x)
    same(got, np.stack(slices, axis=out_axes))


@dataclasses.dataclass
class Pair:
    left: object
    right: object


def test_axes_of_trees_may_be_given_for_whole_branches():
    tree = {"a": X, "b": (X.T, Pair(W, 2.0)), "c": None}
    axes = ({"b": (1, Pair(0, None)), "a": 0, "c": None}, None)
    sizes = np.arange(3.0)

    def f(t, y):
        return Pair(t["a"][0] + t["b"][0][0], t["b"][1].left * t["b"][1].right + y)

    first = ag.vmap(f, (({"b": (1, Pair(None, None)), "a": 0, "c": 0}), None), Pair(0, -1))
    got = first(tree, sizes)
    same(got.left, X[:, 0] * 2)
    same(got.right, np.stack([W * 2 + sizes] * 5, axis=-1))
    with pytest.raises(ShapeError, match="different lengths"):
        ag.vmap(f, axes)(tree, sizes)


def test_settings_go_to_each_call():
    same(ag.vmap(np.sum)(np.ones((2, 3, 4)), axis=0), np.full((2, 4), 3.0))


def test_arrays_give_arrays_and_tensors_graph():
    assert type(ag.vmap(np.sin)(X)) is np.ndarray
    x = ag.Tensor(X, True)
    y = ag.vmap(lambda row: np.sum(row**3), in_axes=1)(x)
    assert isinstance(y, ag.Tensor)
    y.backward(np.array([1.0, 2.0, 3.0]))
    same(x.grad.data, 3 * X**2 * [1.0, 2.0, 3.0])


def model(w, x):
    return np.sum(np.tanh(A @ (w * x)) ** 2)


def test_vmap_nests_with_every_transform():
    rows = [ag.grad(model)(W, x) for x in X]
    per_example = ag.vmap(ag.grad(model), in_axes=(None, 0))
    same(per_example(W, X), np.stack(rows))
    total = ag.grad(lambda w: np.sum(ag.vmap(model, (None, 0))(w, X)))
    same(total(W), np.sum(rows, axis=0))
    hessians = [ag.hessian(model)(W, x) for x in X]
    same(ag.vmap(ag.hessian(model), (None, 0))(W, X), np.stack(hessians))
    same(ag.jacobian(per_example)(W, X), np.stack(hessians))
    same(ag.jacobian(per_example, mode="forward")(W, X), np.stack(hessians))
    table = ag.vmap(ag.vmap(model, (None, 0)), (0, None))(A[:, :3] * W, X)
    same(table, np.array([[model(w, x) for x in X] for w in A * W]))
    third = ag.jacobian(ag.hessian(lambda w: model(w, X[0])))(W)
    mapped = ag.jacobian(ag.hessian(lambda w: ag.vmap(model, (None, 0))(w, X[:1])[0]))(W)
    same(mapped, third)
    assert ag.gradcheck(ag.vmap(model, (None, 0)), [W, X[:2]], order=2)


def test_a_pullback_takes_all_rows_at_once():
    (out, norm), pullback = ag.vjp(lambda w, x: (np.tanh(A @ w) * x, np.sum(w)), W, np.float64(2))
    assert out.shape == (4,)
    assert np.shape(norm) == ()
    many = (RNG.standard_normal((4, 6)), RNG.standard_normal(6))
    got = ag.vmap(pullback, in_axes=((1, 0),), out_axes=(1, 0))(many)
    rows = [pullback((v, s)) for v, s in zip(many[0].T, many[1], strict=True)]
    same(got[0], np.stack([row[0] for row in rows], axis=1))
    same(got[1], np.stack([row[1] for row in rows]))
    assert pullback.many(tuple(np.ones((2, *np.shape(y))) for y in (out, norm))) is not None
    got[0][...] = 0  # nobody else's memory


def test_a_pullback_of_a_constant_gives_zeros():
    _, pullback = ag.vjp(lambda x: (A, x * 0), W)
    same(ag.vmap(pullback)((np.ones((2, 4, 3)), np.ones((2, 3))))[0], np.zeros((2, 3)))
    _, pullback = ag.vjp(lambda x: A, W)
    same(ag.vmap(pullback)(np.ones((2, 4, 3)))[0], np.zeros((2, 3)))


def test_a_pushforward_takes_all_rows_at_once():
    _, pushforward = ag.linearize(lambda w, x: (np.tanh(A @ w) * x, w, A), W, np.float64(2))
    many = (RNG.standard_normal((6, 3)), RNG.standard_normal(6))
    got = ag.vmap(pushforward)(*many)
    rows = [pushforward(*row) for row in zip(*many, strict=True)]
    for i in range(3):
        same(got[i], np.stack([row[i] for row in rows]))
    with ag.detect_anomaly():
        same(ag.vmap(pushforward)(*many)[0], got[0])


def test_linear_maps_differentiate_when_mapped():
    """Where the result is graph, the rows go one by one."""
    _, pullback = ag.vjp(np.sin, W)
    _, pushforward = ag.linearize(np.sin, W)
    v = RNG.standard_normal((2, 3))
    for one in (lambda u: pullback(u)[0], pushforward):
        slope = ag.grad(lambda v, one=one: np.sum(ag.vmap(one)(v) ** 2))(v)
        same(slope, 2 * v * np.cos(W) ** 2)
    direct = ag.grad(lambda v: np.sum(ag.vmap(pullback)(v)[0] ** 2) + np.sum(pushforward(v[0])))(v)
    same(direct - [np.cos(W), 0 * W], 2 * v * np.cos(W) ** 2)
    curved = ag.grad(lambda x: np.sum(ag.vmap(ag.vjp(np.sin, x)[1])(v)[0]))(W)
    same(curved, -np.sin(W) * v.sum(0))


def test_what_wraps_a_pullback_is_not_taken_for_it():
    _, pullback = ag.vjp(np.sin, W)
    twice = ag.vmap(ag.vmap(pullback))(np.ones((2, 4, 3)))[0]
    same(twice, np.broadcast_to(np.cos(W), (2, 4, 3)))


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: ag.vmap(np.add)(A, X), ShapeError, r"different lengths(.|\n)*\(4, 3\).*\(5, 3\)"),
        (lambda: ag.vmap(np.sin)(2.0), ShapeError, r"axis 0 of shape \(\)"),
        (lambda: ag.vmap(np.sin, 2)(X), ShapeError, r"axis 2 of shape \(5, 3\)"),
        (lambda: ag.vmap(np.sin, None)(X), ShapeError, "nothing to map over(.|\n)*none"),
        (lambda: ag.vmap(np.sin)(X[:0]), ShapeError, r"nothing to map over(.|\n)*\(0, 3\)"),
        (lambda: ag.vmap(np.add, (0, 0, 0))(X, X), ValueError, "`in_axes`"),
        (lambda: ag.vmap(np.sin, ({"a": 0},))({"b": X}), ValueError, "`in_axes`(.|\n)*for a dict"),
        (lambda: ag.vmap(np.sin, ("0",))(X), ValueError, "`in_axes`(.|\n)*'0' for a ndarray"),
        (lambda: ag.vmap(np.sin, 0, (0, 0))(X), ValueError, "`out_axes`"),
        (lambda: ag.vmap(np.sin, 0, 2)(X), ValueError, r"no place(.|\n)*from -2 to 1"),
        (lambda: ag.vmap(np.sin, 0, None)(X), ValueError, "no place(.|\n)*None"),
        (lambda: ag.vmap(lambda n: np.ones(int(n)))(np.arange(2)), ShapeError, "different shapes"),
        (lambda: ag.vmap(ag.vjp(np.sin, W)[1])(A.T), ShapeError, r"pullback(.|\n)*\(4,\)"),
        (lambda: ag.vmap(ag.linearize(np.sin, W)[1])(A.T), ShapeError, "do not fit the primals"),
    ],
)
def test_errors(call, error, text):
    with pytest.raises(error, match=text):
        call()
