"""Properties of every op, over the rows of op_cases."""

from __future__ import annotations

import numpy as np
import pytest
from op_cases import CASES, Case, flat

import autograd_lite as ag
from autograd_lite.graph import Traced
from autograd_lite.op import COMPOSED, OPS

OURS = [name for name, o in OPS.items() if o.call.__module__.startswith("autograd_lite.")]

each_case = pytest.mark.parametrize("case", CASES, ids=str)
with_gradient = pytest.mark.parametrize(
    "case",
    [c for c in CASES if c.floating and (c.op in COMPOSED or any(OPS[c.op].vjps))],
    ids=str,
)
with_numpy = pytest.mark.parametrize("case", [c for c in CASES if c.numpy], ids=str)


def tensors(case: Case, dtype=np.float64, requires_grad=True):
    """The arguments, random ones as Tensors."""
    return [
        ag.Tensor(a, requires_grad) if i in case.floating else a
        for i, a in enumerate(case.arrays(dtype))
    ]


def wanted(case: Case):
    """What the reference gives."""
    reference = case.reference
    if reference is None:
        return case.numpy(*case.arrays())
    nested = isinstance(case.arguments[0], list)
    arrays = case.arrays()
    return reference(arrays, **case.settings) if nested else reference(*arrays, **case.settings)


@each_case
def test_value_equals_the_reference(case):
    out = case.call(*case.arrays())
    np.testing.assert_allclose(out, wanted(case), rtol=1e-12, atol=1e-14, strict=np.ndim(out) > 0)


@each_case
def test_arrays_give_arrays_and_tensors_give_the_same_as_tensors(case):
    out = case.call(*case.arrays())
    traced = case.call(*tensors(case)) if case.floating else None
    assert not isinstance(out, Traced)
    if traced is not None:
        assert isinstance(traced, ag.Tensor)
        assert traced.dtype == np.asarray(out).dtype
        np.testing.assert_array_equal(traced.data, out, strict=np.ndim(out) > 0)


@with_gradient
def test_gradients_to_second_order(case):
    if all(case.arrays()[i].size for i in case.floating):
        assert ag.gradgradcheck(case.call, case.arrays())


@with_gradient
def test_pushing_forward_is_the_transpose_of_pulling_back(case):
    arrays = case.arrays()
    rng = np.random.default_rng(0)

    def of_floating(*xs):
        whole = list(arrays)
        for i, x in zip(case.floating, xs, strict=True):
            whole[i] = x
        return case.call(*whole)

    primals = [arrays[i] for i in case.floating]
    directions = [rng.standard_normal(np.shape(x)) for x in primals]
    out, pushed = ag.jvp(of_floating, primals, directions)
    v = rng.standard_normal(np.shape(out))
    _, pull = ag.vjp(of_floating, *primals)
    pulled = sum(np.vdot(g, u) for g, u in zip(pull(v), directions, strict=True))
    np.testing.assert_allclose(np.vdot(v, pushed), pulled, rtol=1e-10, atol=1e-12)


@with_gradient
def test_gradient_has_shape_and_dtype_of_its_argument(case):
    for dtype in (np.float32, np.float64):
        if case.op == "astype":
            continue
        args = tensors(case, dtype)
        out = case.call(*args)
        assert out.dtype == dtype
        out.backward(np.ones(out.shape, dtype))
        for i in case.floating:
            if args[i].grad is not None:
                assert args[i].grad.shape == args[i].shape
                assert args[i].grad.dtype == dtype
                assert args[i].grad.data.flags.writeable


@with_gradient
def test_float32_gradient_is_the_float64_one_rounded(case):
    gradients = []
    for dtype in (np.float32, np.float64):
        args = [
            ag.Tensor(a.data.astype(dtype), True) if isinstance(a, ag.Tensor) else a
            for a in tensors(case, np.float32)
        ]
        out = case.call(*args)
        out.backward(np.ones(out.shape, dtype))
        gradients.append([args[i].grad for i in case.floating])
    for single, double in zip(*gradients, strict=True):
        assert (single is None) == (double is None)
        if single is not None:
            np.testing.assert_allclose(single.data, double.data, rtol=3e-4, atol=3e-5)


@with_numpy
def test_numpy_call_is_the_own_call(case):
    if not case.floating:
        return
    ours, numpys = case.call(*tensors(case)), case.numpy(*tensors(case))
    assert isinstance(numpys, ag.Tensor)
    np.testing.assert_array_equal(ours.data, numpys.data)
    assert ours.requires_grad == numpys.requires_grad


@with_gradient
def test_strided_arguments_give_the_same(case):
    def strided(a):
        wide = np.repeat(np.asarray(a)[..., None], 3, axis=-1)
        return np.asfortranarray(wide)[..., 1]

    plain = tensors(case)
    odd = [ag.Tensor(strided(a.data), True) if isinstance(a, ag.Tensor) else a for a in plain]
    one, two = case.call(*plain), case.call(*odd)
    np.testing.assert_allclose(one.data, two.data, rtol=1e-13, atol=1e-15)
    one.backward(np.ones(one.shape))
    two.backward(np.ones(two.shape))
    for i in case.floating:
        if plain[i].grad is not None:
            np.testing.assert_allclose(plain[i].grad.data, odd[i].grad.data, rtol=1e-12, atol=1e-14)


def refuses(rule):
    """Whether a rule only says that there is no derivative by its argument."""
    return getattr(rule, "__name__", "") == "refuse"


@pytest.mark.parametrize(
    "name",
    [
        n
        for n in OURS
        if len(OPS[n].vjps) == 2
        and OPS[n].broadcasts
        and not any(map(refuses, OPS[n].vjps))
        and n != "polygamma"  # whose order is an integer
    ],
)
def test_the_same_argument_twice_gets_both_partials(name):
    call = OPS[name].call
    x = np.array([[0.7, 1.2], [1.9, 0.4]])
    both = ag.grad(lambda x: ag.sum(call(x, x)))(x)
    parts = ag.grad(lambda x, y: ag.sum(call(x, y)), argnums=(0, 1))(x, x)
    np.testing.assert_allclose(both, parts[0] + parts[1])


def test_every_op_has_a_case():
    assert {c.op for c in CASES} == {*OURS, *COMPOSED}


def test_cases_are_all_different():
    assert len({str(c) for c in CASES if len(flat(c.arguments))}) == len(CASES)
