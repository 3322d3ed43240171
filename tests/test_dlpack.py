"""Memory shared with other libraries by the DLPack protocol."""

import numpy as np
import pytest

import autograd_lite as ag


@pytest.mark.parametrize("dtype", ["f4", "f8", "i8", "c8"])
def test_numpy_shares_the_memory(dtype):
    t = ag.tensor(np.arange(6).reshape(2, 3).astype(dtype))
    a = np.from_dlpack(t)
    assert np.shares_memory(a, t.data) and a.dtype == dtype and a.shape == (2, 3)
    b = ag.from_dlpack(a)
    assert isinstance(b, ag.Tensor) and np.shares_memory(b.data, a) and not b.requires_grad


def test_tensors_share_with_each_other():
    t = ag.tensor([1.0, 2.0])
    assert np.shares_memory(ag.from_dlpack(t).data, t.data)


def test_a_gradient_is_not_lost_unseen():
    t = ag.tensor([1.0], requires_grad=True)
    with pytest.raises(ag.errors.GradientError, match=r"would lose it(?s:.*)detach\(\)"):
        np.from_dlpack(t)
    assert np.from_dlpack(t.detach()).tolist() == [1.0]


@pytest.mark.parametrize("array", [np.arange(4.0)[::-1], np.ones((2, 3))[:, ::-1]])
def test_memory_that_runs_backwards_is_not_given(array):
    with pytest.raises(BufferError, match=r"runs backwards(?s:.*)ag\.tensor"):
        np.from_dlpack(ag.Tensor(array))
    assert np.array_equal(np.from_dlpack(ag.tensor(array)), array)
    assert np.from_dlpack(ag.Tensor(array[:0])).size == 0


def test_what_is_read_only_stays_so():
    array = np.arange(3.0)
    array.flags.writeable = False
    assert not np.from_dlpack(ag.Tensor(array)).flags.writeable
    assert not ag.from_dlpack(array).data.flags.writeable


@pytest.mark.parametrize("x", [[1.0], "text", None])
def test_what_is_no_array_is_refused(x):
    with pytest.raises(TypeError, match=rf"from_dlpack: no array(?s:.*){type(x).__name__}"):
        ag.from_dlpack(x)


DTYPES = ("?", "i1", "u1", "i2", "i4", "i8", "f2", "f4", "f8", "c8", "c16")
ARRAYS = {
    "0-d": lambda a: a.reshape(-1)[0:1].reshape(()),
    "empty": lambda a: a[:0],
    "transposed": lambda a: a.T,
    "rows": lambda a: a[1:],
}


def library(name):
    if name == "numpy":
        return np
    if name == "torch":
        return pytest.importorskip("torch")
    pytest.importorskip("jax").config.update("jax_enable_x64", True)
    return pytest.importorskip("jax.numpy")


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["numpy", "torch", "jax"])
@pytest.mark.parametrize("kind", ARRAYS)
def test_there_and_back(name, kind):
    lib = library(name)
    for dtype in DTYPES:
        array = ARRAYS[kind](np.arange(12).reshape(3, 4).astype(dtype))
        theirs = lib.from_dlpack(ag.Tensor(array))
        assert tuple(theirs.shape) == array.shape
        back = ag.from_dlpack(theirs).data
        np.testing.assert_array_equal(back, array, strict=True)


@pytest.mark.peers
@pytest.mark.parametrize("name", ["numpy", "torch", "jax"])
def test_gradients_are_lost_to_nobody(name):
    lib, t = library(name), ag.tensor([1.0], requires_grad=True)
    with pytest.raises(ag.errors.GradientError):
        lib.from_dlpack(t)
    assert float(lib.from_dlpack(t.detach())[0]) == 1.0


@pytest.mark.peers
def test_torch_shares_the_memory():
    torch = pytest.importorskip("torch")
    t = ag.tensor([1.0, 2.0])
    theirs = torch.from_dlpack(t)
    theirs[0] = 7.0
    assert t.tolist() == [7.0, 2.0]
    back = ag.from_dlpack(theirs)
    assert np.shares_memory(back.data, t.data)


@pytest.mark.peers
def test_dtypes_that_numpy_does_not_have():
    torch = pytest.importorskip("torch")
    with pytest.raises(BufferError, match=r"NumPy has no such(?s:.*)bfloat16"):
        ag.from_dlpack(torch.ones(2, dtype=torch.bfloat16))
