"""`nn.utils`: windows of a series."""

import numpy as np
import pytest

import nn
from autograd_lite.errors import ShapeError
from nn.utils import timeseries_dataset_from_array

SERIES, TARGETS = np.arange(40).reshape(20, 2), np.arange(20) * 10


def windows(**settings):
    """Windows and targets one by one, as Keras' documentation defines them."""
    length, stride = settings["sequence_length"], settings.get("sequence_stride", 1)
    rate = settings.get("sampling_rate", 1)
    used = range(20)[settings.get("start_index") : settings.get("end_index")]
    starts = [i for i in used[::stride] if i + (length - 1) * rate <= used[-1]]
    return [(SERIES[i : i + length * rate : rate], TARGETS[i]) for i in starts]


@pytest.mark.parametrize(
    "settings",
    [
        {"sequence_length": 5},
        {"sequence_length": 3, "sequence_stride": 4, "sampling_rate": 2},
        {"sequence_length": 4, "start_index": 3, "end_index": 15, "sequence_stride": 2},
    ],
)
def test_windows(settings):
    dataset = timeseries_dataset_from_array(SERIES, TARGETS, batch_size=4, **settings)
    batches, known = list(dataset), windows(**settings)
    assert [len(x) for x, _ in batches[:-1]] == [4] * (len(batches) - 1)
    found = [pair for x, y in batches for pair in zip(x, y, strict=True)]
    for (x, y), (window, target) in zip(found, known, strict=True):
        np.testing.assert_array_equal(x, window)
        assert y == target


def test_the_targets_may_end_first():
    (x, y), *rest = timeseries_dataset_from_array(SERIES, TARGETS[:7], 5)
    assert (x.shape, y.tolist(), rest) == ((7, 5, 2), [0, 10, 20, 30, 40, 50, 60], [])


def test_windows_alone_one_by_one():
    found = list(timeseries_dataset_from_array(SERIES, None, 18, batch_size=None))
    assert [window.shape for window in found] == [(18, 2)] * 3


def test_shuffled_windows_keep_their_targets():
    for seed in (None, 1):
        dataset = timeseries_dataset_from_array(SERIES, TARGETS, 2, shuffle=True, seed=seed)
        (x, y), (_, again) = next(iter(dataset)), next(iter(dataset))
        np.testing.assert_array_equal(x[:, 0, 0] * 5, y)
        assert sorted(y) == TARGETS[:19].tolist() != y.tolist()
        assert (y.tolist() == again.tolist()) == (seed is not None)


def test_a_series_shorter_than_a_window():
    with pytest.raises(ShapeError, match=r"(?s)no window fits.*got: +20 steps.*at least 25 steps"):
        timeseries_dataset_from_array(SERIES, None, 7, sampling_rate=4)


def test_a_model_is_trained_on_them():
    model = nn.Sequential([nn.layers.LSTM(3), nn.layers.Dense(1)])
    model.compile("adam", "mse")
    data = timeseries_dataset_from_array(SERIES / 40, TARGETS / 200, 4, batch_size=5)
    history = model.fit(data, validation_data=data, epochs=2, verbose=0).history
    assert history["loss"][1] < history["loss"][0]
    assert model.predict(data, verbose=0).shape == (17, 1)
