"""TensorBoard's files: read back record by record, their values those of the history."""

import struct
import sys

import numpy as np
import pytest

import autograd_lite as ag
import nn
from nn.callbacks import (
    BackupAndRestore,
    LambdaCallback,
    LearningRateScheduler,
    ReduceLROnPlateau,
    TensorBoard,
)
from nn.callbacks import Callbacks as Several

event_pb2 = pytest.importorskip("tensorboardX.proto.event_pb2")

X = np.random.default_rng(0).standard_normal((12, 3)).astype(np.float32)
Y = X.sum(axis=1)


def model(**settings):
    ag.set_seed(0)
    net = nn.Sequential([nn.layers.Dense(2, name="first"), nn.layers.Dense(1)])
    net.compile("adam", "mse", **{"metrics": ["mae"]} | settings)
    return net


def fit(net, *callbacks, **settings):
    given = {"epochs": 3, "validation_data": (X, Y), "verbose": 0} | settings
    return net.fit(X, Y, 4, callbacks=[*callbacks], **given).history


def checksum(data):
    """Castagnoli's CRC-32, rotated and shifted as TensorFlow does."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def events(path):
    """The events of a file, each record checked."""
    data, at = path.read_bytes(), 0
    while at < len(data):
        (size,) = struct.unpack_from("<Q", data, at)
        content = data[at + 12 : at + 12 + size]
        assert struct.unpack_from("<I", data, at + 8)[0] == checksum(data[at : at + 8])
        assert struct.unpack_from("<I", data, at + 12 + size)[0] == checksum(content)
        yield event_pb2.Event.FromString(content)
        at += size + 16
    assert at == len(data)


def read(folder, run="train", kind="simple_value"):
    """For each name the steps and the values."""
    found = {}
    for path in sorted((folder / run).iterdir()):
        first, *rest = events(path)
        assert first.file_version == "brain.Event:2" and "tfevents" in path.name
        for event in rest:
            for value in event.summary.value:
                if value.HasField(kind):
                    steps, values = found.setdefault(value.tag, ([], []))
                    steps.append(event.step)
                    values.append(getattr(value, kind))
    return found


def same(found, steps, values):
    assert found[0] == steps
    assert np.array_equal(np.float32(found[1]), np.float32(values))


def test_checksums_are_castagnolis():
    assert checksum(b"123456789") == ((0xE3069283 >> 15 | 0xE3069283 << 17) + 0xA282EAD8) % 2**32


def test_the_curves_are_those_of_the_history(tmp_path):
    history = fit(model(), TensorBoard(tmp_path))
    training, validation = read(tmp_path), read(tmp_path, "validation")
    assert set(training) == {"epoch_loss", "epoch_mae", "epoch_learning_rate"}
    for name in ("loss", "mae"):
        same(training[f"epoch_{name}"], [0, 1, 2], history[name])
        same(validation[f"epoch_{name}"], [0, 1, 2], history[f"val_{name}"])
        same(validation[f"evaluation_{name}_vs_iterations"], [3, 6, 9], history[f"val_{name}"])
    same(training["epoch_learning_rate"], [0, 1, 2], [0.001] * 3)
    assert len(validation) == 4


def test_without_validation_there_is_one_run(tmp_path):
    fit(model(), TensorBoard(tmp_path / "a" / "b"), validation_data=None)
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["train"]


@pytest.mark.parametrize(("freq", "steps"), [("batch", [*range(1, 10)]), (2, [2, 4, 6, 8])])
def test_values_by_steps(freq, steps, tmp_path):
    seen = []
    noting = LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(logs["loss"]))
    history = fit(model(), noting, TensorBoard(tmp_path, update_freq=freq))
    found = read(tmp_path)
    same(found["batch_loss"], steps, [seen[step - 1] for step in steps])
    assert found["batch_mae"][0] == steps
    same(found["epoch_loss"], [0, 1, 2], history["loss"])


def test_histograms_of_all_weights(tmp_path):
    net, kept = model(), []
    keeping = LambdaCallback(on_epoch_end=lambda epoch, logs: kept.append(net.get_weights()))
    fit(net, TensorBoard(tmp_path, histogram_freq=2), keeping)
    found = read(tmp_path, kind="histo")
    names = ("first/kernel", "first/bias", "dense/kernel", "dense/bias")
    assert [*found] == [f"sequential/{name}/histogram" for name in names]
    for i, (steps, histograms) in enumerate(found.values()):
        assert steps == [0, 2]
        for step, histogram in zip(steps, histograms, strict=True):
            weight = kept[step][i].astype(float)
            counts = [histogram.num, sum(histogram.bucket), len(histogram.bucket)]
            assert counts == [weight.size, weight.size, 30 if weight.size > 1 else 1]
            assert (histogram.min, histogram.max) == (weight.min(), weight.max())
            assert histogram.bucket_limit[-1] == weight.max()
            np.testing.assert_allclose(histogram.sum, weight.sum())
            np.testing.assert_allclose(histogram.sum_squares, (weight**2).sum())


def test_weights_of_a_subclass_are_named_by_its_attributes(tmp_path):
    class Net(nn.Model):
        def __init__(self):
            super().__init__()
            self.blocks = [nn.layers.Dense(2), nn.layers.Dense(1, name="last")]
            self.scale = nn.Parameter(np.ones(1, np.float32))

        def call(self, x):
            return self.blocks[1](self.blocks[0](x)) * self.scale

    net = Net()
    net.compile("sgd", "mse")
    fit(net, TensorBoard(tmp_path, histogram_freq=1), epochs=1)
    names = ("blocks/0/kernel", "blocks/0/bias", "last/kernel", "last/bias", "scale")
    assert set(read(tmp_path, kind="histo")) == {f"net/{name}/histogram" for name in names}


@pytest.mark.parametrize(
    ("weights", "size", "buckets"),
    [
        ([np.nan, 1.0, np.inf, 3.0], 2, 30),
        ([np.nan] * 4, 0, 0),
        ([2.0] * 4, 4, 1),
        ([1.0, np.nextafter(1.0, 2.0)] * 2, 4, 1),
    ],
)
def test_weights_of_any_kind_have_histograms(weights, size, buckets, tmp_path):
    ag.set_default_dtype(np.float64)
    net = nn.Sequential([nn.layers.Dense(1, use_bias=False)])
    net.compile(nn.optimizers.SGD(learning_rate=0.0), "mse")
    net.build((None, 4))
    ag.set_default_dtype(np.float32)
    net.set_weights([np.reshape(weights, (4, 1))])
    board = TensorBoard(tmp_path, histogram_freq=1)
    several = Several(board, net, {})
    several("on_epoch_begin", 0)
    several("on_epoch_end", 0, {})
    found = [h for _, (h,) in read(tmp_path, kind="histo").values()]
    assert [h.num for h in found] == [size] * bool(size)
    assert [len(h.bucket) for h in found] == [buckets] * bool(size)


def test_the_rate_is_that_of_the_epochs_steps(tmp_path):
    plateau = ReduceLROnPlateau("loss", 0.5, patience=1, min_delta=1e9)
    history = fit(model(), plateau, TensorBoard(tmp_path / "a"))
    same(read(tmp_path / "a")["epoch_learning_rate"], [0, 1, 2], history["learning_rate"])
    setting = LearningRateScheduler(lambda epoch: 0.5**epoch)
    fit(model(), TensorBoard(tmp_path / "b"), setting)
    same(read(tmp_path / "b")["epoch_learning_rate"], [0, 1, 2], [1.0, 0.5, 0.25])


def test_speed_is_written_if_asked_for(tmp_path):
    fit(model(), TensorBoard(tmp_path, write_steps_per_second=True, update_freq=3))
    found = read(tmp_path)
    assert found["epoch_steps_per_second"][0] == [0, 1, 2]
    assert found["batch_steps_per_second"][0] == [3, 6, 9]
    assert all(v > 0 for name in found if name.endswith("second") for v in found[name][1])


def test_evaluate_writes_its_results(tmp_path):
    net, board = model(), TensorBoard(tmp_path)
    fit(net, board, validation_data=None)
    loss, _ = net.evaluate(X, Y, callbacks=board, verbose=0)
    same(read(tmp_path, "validation")["evaluation_loss_vs_iterations"], [9], [loss])


def test_values_that_are_no_numbers_are_left_out(tmp_path):
    def add(epoch, logs):
        logs |= {"each": np.ones(3), "word": "x", "one": np.float32(2), "nan": np.nan, "far": 1e99}

    fit(model(), LambdaCallback(on_epoch_end=add), TensorBoard(tmp_path), epochs=1)
    found = read(tmp_path)
    assert "epoch_each" not in found and "epoch_word" not in found
    assert found["epoch_one"][1] == [2.0] and np.isnan(found["epoch_nan"][1])
    assert found["epoch_far"][1] == [np.inf]


def test_two_trainings_add_up_with_one_callback_or_two(tmp_path):
    board = TensorBoard(tmp_path, update_freq=1)
    for callback in (board, board, TensorBoard(tmp_path, update_freq=1)):
        fit(model(), callback, epochs=1)
    found = read(tmp_path)
    assert found["epoch_loss"][0] == [0, 0, 0] and found["batch_loss"][0] == [1, 2, 3] * 3
    assert len([*(tmp_path / "train").iterdir()]) == 2


# Ends that nobody planned.


def stop_at(number, hook):
    """A callback that raises in the call of this number of a hook, if it is not 0."""
    calls = []

    def count(*_):
        calls.append(1)
        if len(calls) == number:
            raise KeyboardInterrupt

    return LambdaCallback(**{hook: count})


def test_what_was_seen_is_there_when_training_raises(tmp_path):
    net = model()
    with pytest.raises(KeyboardInterrupt):
        fit(net, TensorBoard(tmp_path, update_freq=1), stop_at(5, "on_train_batch_end"))
    found = read(tmp_path)
    assert found["epoch_loss"][0] == [0] and found["batch_loss"][0] == [1, 2, 3, 4, 5]


def test_each_epoch_can_be_read_when_it_has_ended(tmp_path):
    seen = []
    looking = LambdaCallback(
        on_epoch_begin=lambda epoch: epoch and seen.append(read(tmp_path)["epoch_loss"][0])
    )
    fit(model(), TensorBoard(tmp_path), looking)
    assert seen == [[0], [0, 1]]


# An epoch is three steps. There always is a backup, but not always a file of events yet.
@pytest.mark.parametrize(
    ("save_freq", "hook", "number"),
    [
        ("epoch", "on_epoch_end", 2),
        ("epoch", "on_epoch_end", 3),
        ("epoch", "on_train_batch_end", 5),
        ("epoch", "on_test_end", 2),
        (2, "on_epoch_end", 1),
        (2, "on_epoch_end", 3),
        (2, "on_train_batch_end", 3),
        (2, "on_train_batch_end", 6),
        (2, "on_test_end", 1),
    ],
)
def test_a_resumed_training_writes_nothing_twice(save_freq, hook, number, tmp_path):
    def callbacks(folder, end=0):
        board = TensorBoard(tmp_path / folder, update_freq=1, histogram_freq=1)
        backup = BackupAndRestore(tmp_path / f"{folder} backup", save_freq)
        return board, stop_at(end, hook), backup

    fit(model(), *callbacks("whole"))
    for end in (number, 1):  # the resumed one is interrupted too
        with pytest.raises(KeyboardInterrupt):
            fit(model(), *callbacks("parts", end))
    fit(model(), *callbacks("parts"))
    for run in ("train", "validation"):
        whole, parts = read(tmp_path / "whole", run), read(tmp_path / "parts", run)
        assert [*whole] == [*parts]
        for name, (steps, values) in whole.items():
            same(parts[name], steps, values)
    histograms = read(tmp_path / "parts", kind="histo").values()
    assert [steps for steps, _ in histograms] == [[0, 1, 2]] * 4
    assert len([*(tmp_path / "parts" / "train").iterdir()]) == 1


def test_a_folder_that_was_deleted_is_made_again(tmp_path):
    board = TensorBoard(tmp_path)
    fit(model(), board)
    for path in tmp_path.glob("*/*"):
        path.unlink()
    fit(model(), board, epochs=1)
    assert read(tmp_path)["epoch_loss"][0] == [0]


# What is refused, and what costs nothing.


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"histogram_freq": -1}, "bad `histogram_freq`"),
        ({"update_freq": 0}, "bad `update_freq`(?s:.*)a positive integer"),
        ({"update_freq": "step"}, "bad `update_freq`(?s:.*)'step'(?s:.*)\"batch\" or a number"),
    ],
)
def test_bad_settings_are_refused(settings, text):
    with pytest.raises(ValueError, match=text):
        TensorBoard(**settings)


def test_a_missing_package_is_named_at_once(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX.proto.event_pb2", None)
    with pytest.raises(ImportError, match=r'pip install "autograd_lite\[tensorboard\]"'):
        TensorBoard()


@pytest.mark.parametrize(("freq", "costs"), [("epoch", False), (5, True)])
def test_nothing_is_done_in_each_step_that_is_not_asked_for(freq, costs, tmp_path):
    several = Several(TensorBoard(tmp_path, update_freq=freq), None, {})
    assert bool(several.hooks["on_train_batch_end"]) is costs
    assert not several.hooks["on_train_batch_begin"]
