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


@pytest.mark.peers
def test_torch_shares_the_memory():
    torch = pytest.importorskip("torch")
    t = ag.tensor([1.0, 2.0])
    theirs = torch.from_dlpack(t)
    theirs[0] = 7.0
    assert t.tolist() == [7.0, 2.0]
    back = ag.from_dlpack(theirs)
    assert np.shares_memory(back.data, t.data)
